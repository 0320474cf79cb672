//! RECORD: the files of a wheel or of an installed distribution, with hashes. It is written here, and
//! read in two ways: strictly, line by line, to judge a wheel of ours, and as a [`Record`], which
//! takes what real wheels have as installers take it.
//!
//! Its lines are CSV, but the crate `csv` is not used to read them. It takes an unclosed quote for
//! a field that reaches to the end of the file, which hides the lines behind it.
//!
//! Format: <https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file>.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// One line of RECORD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordLine {
    /// The member's path.
    pub path: String,
    /// SHA-256 of its bytes; `None` where the line gives no hash.
    pub sha256: Option<[u8; 32]>,
    /// Its size in bytes; `None` where the line gives none.
    pub size: Option<u64>,
}

/// A line of RECORD that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of RECORD, `{text}`: {problem}")]
pub struct RecordLineError {
    /// Counted from 1.
    pub line: usize,
    /// The line.
    pub text: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

/// The text of a RECORD, line by line.
#[derive(Clone, Debug, Default)]
pub struct RecordWriter {
    text: String,
}

impl RecordWriter {
    /// An empty RECORD with room for so many files.
    pub fn with_capacity(files: usize) -> RecordWriter {
        RecordWriter {
            text: String::with_capacity(files * 110),
        }
    }

    /// Adds the line of a file.
    pub fn push(&mut self, path: &str, sha256: &[u8; 32], size: u64) {
        self.push_path(path);
        self.text.push_str(",sha256=");
        URL_SAFE_NO_PAD.encode_string(sha256, &mut self.text);
        self.text.push(',');
        self.text.push_str(&size.to_string());
        self.text.push('\n');
    }

    /// Adds the line of a file without its hash, as RECORD's own line is.
    pub fn push_unhashed(&mut self, path: &str) {
        self.push_path(path);
        self.text.push_str(",,\n");
    }

    /// The whole text.
    pub fn finish(self) -> String {
        self.text
    }

    fn push_path(&mut self, path: &str) {
        if path.contains([',', '"', '\n', '\r']) {
            self.text.push('"');
            self.text.push_str(&path.replace('"', "\"\""));
            self.text.push('"');
        } else {
            self.text.push_str(path);
        }
    }
}

/// Reads RECORD. A hash of another kind than SHA-256 is an error: no tool writes one today, and a
/// file that cannot be checked must not pass as checked.
pub fn parse_record(text: &str) -> Result<Vec<RecordLine>, RecordLineError> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
        .map(|(at, line)| {
            parse_line(line).map_err(|problem| RecordLineError {
                line: at + 1,
                text: line.to_owned(),
                problem,
            })
        })
        .collect()
}

/// The paths in a RECORD, whatever else its lines say. Lines without a path are skipped.
pub fn recorded_paths(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.is_empty());
    lines
        .filter_map(|line| split_fields(line).ok()?.into_iter().next())
        .collect()
}

fn parse_line(line: &str) -> Result<RecordLine, &'static str> {
    let fields = split_fields(line)?;
    let [path, digest, size] =
        <[String; 3]>::try_from(fields).map_err(|_| "it has not three fields")?;
    Ok(RecordLine {
        path,
        sha256: parse_digest(&digest)?,
        size: parse_size(&size)?,
    })
}

fn parse_digest(field: &str) -> Result<Option<[u8; 32]>, &'static str> {
    if field.is_empty() {
        return Ok(None);
    }
    let encoded = field
        .strip_prefix("sha256=")
        .ok_or("its hash is not a SHA-256")?;
    let bytes = URL_SAFE_NO_PAD
        .decode(encoded)
        .map_err(|_| "its hash is not unpadded URL-safe base64")?;
    bytes
        .try_into()
        .map(Some)
        .map_err(|_| "its hash is not of 32 bytes")
}

fn parse_size(field: &str) -> Result<Option<u64>, &'static str> {
    match field {
        "" => Ok(None),
        _ => field
            .parse()
            .map(Some)
            .map_err(|_| "its size is not a number"),
    }
}

/// Splits a line of CSV (RFC 4180) as Python's `csv` writes it.
pub(crate) fn split_fields(line: &str) -> Result<Vec<String>, &'static str> {
    let mut fields = vec![String::new()];
    let (mut quoted, mut chars) = (false, line.chars().peekable());
    while let Some(c) = chars.next() {
        let field = fields.last_mut().ok_or("it is empty")?;
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' if quoted || field.is_empty() => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => field.push(c),
        }
    }
    if quoted {
        Err("a quote is not closed")
    } else {
        Ok(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(paths: &[&str]) -> String {
        let mut record = RecordWriter::with_capacity(paths.len());
        for path in paths {
            record.push(path, &[0xfb; 32], 3);
        }
        record.push_unhashed("x.dist-info/RECORD");
        record.finish()
    }

    #[test]
    fn digests_are_url_safe_and_unpadded() {
        insta::assert_snapshot!(text(&["a/b.py", "a,b.txt"]), @r#"
        a/b.py,sha256=-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s,3
        "a,b.txt",sha256=-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s,3
        x.dist-info/RECORD,,
        "#);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let lines = parse_record(&text(&["a,\"b\".txt", "c"])).unwrap();
        let paths: Vec<_> = lines.iter().map(|l| l.path.as_str()).collect();
        assert_eq!(paths, ["a,\"b\".txt", "c", "x.dist-info/RECORD"]);
        assert_eq!(
            (lines[0].sha256, lines[0].size),
            (Some([0xfb; 32]), Some(3))
        );
        assert_eq!((lines[2].sha256, lines[2].size), (None, None));
    }

    #[test]
    fn paths_alone() {
        let text = "a/b.py,md5=xx,3\n\"a,b.py\"\n\n\"not closed\n";
        assert_eq!(recorded_paths(text), ["a/b.py", "a,b.py"]);
    }

    fn check_error(line: &str, problem: &str) {
        assert_eq!(parse_record(line).unwrap_err().problem, problem, "{line}");
    }

    #[test]
    fn broken_lines() {
        check_error("a,b", "it has not three fields");
        check_error("a,md5=xx,3", "its hash is not a SHA-256");
        check_error("a,sha256=xx,3", "its hash is not unpadded URL-safe base64");
        check_error("a,sha256=AAAA,3", "its hash is not of 32 bytes");
        check_error("a,,x", "its size is not a number");
        check_error("\"a,,", "a quote is not closed");
        let error = parse_record("ok,,\na,b").unwrap_err();
        insta::assert_snapshot!(error, @"line 2 of RECORD, `a,b`: it has not three fields");
    }
}
