//! RECORD: what a wheel holds, with digests; written here and read strictly.
//!
//! Format: <https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file>.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::member::Written;

/// One line of RECORD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordLine {
    /// The member's path.
    pub path: String,
    /// SHA-256 of its bytes; `None` where the line gives no digest.
    pub sha256: Option<[u8; 32]>,
    /// Its size in bytes; `None` where the line gives none.
    pub size: Option<u64>,
}

/// A line of RECORD that is not one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of RECORD, `{text}`: {problem}")]
pub struct RecordError {
    /// Counted from 1.
    pub line: usize,
    /// The line.
    pub text: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

/// The text of RECORD for what was written, and for RECORD itself at `record_path`.
pub fn render_record(written: &[Written], record_path: &str) -> String {
    let mut out = String::with_capacity(written.len() * 100);
    for member in written {
        push_field(&mut out, member.path.as_str());
        out.push_str(",sha256=");
        URL_SAFE_NO_PAD.encode_string(member.sha256, &mut out);
        out.push(',');
        out.push_str(&member.size.to_string());
        out.push('\n');
    }
    push_field(&mut out, record_path);
    out.push_str(",,\n");
    out
}

/// Reads RECORD. Digests of another kind than SHA-256 are errors: nothing else is
/// written today, and what cannot be checked must not look checked.
pub fn parse_record(text: &str) -> Result<Vec<RecordLine>, RecordError> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
        .map(|(at, line)| {
            parse_line(line).map_err(|problem| RecordError {
                line: at + 1,
                text: line.to_owned(),
                problem,
            })
        })
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
        .ok_or("its digest is not a SHA-256")?;
    let bytes = URL_SAFE_NO_PAD
        .decode(encoded)
        .map_err(|_| "its digest is not unpadded URL-safe base64")?;
    bytes
        .try_into()
        .map(Some)
        .map_err(|_| "its digest is not of 32 bytes")
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
fn split_fields(line: &str) -> Result<Vec<String>, &'static str> {
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

fn push_field(out: &mut String, field: &str) {
    if field.contains([',', '"', '\n', '\r']) {
        out.push('"');
        out.push_str(&field.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(field);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::MemberPath;

    fn written(path: &str) -> Written {
        Written {
            path: MemberPath::parse(path).unwrap(),
            sha256: [0xfb; 32],
            size: 3,
        }
    }

    #[test]
    fn digests_are_url_safe_and_unpadded() {
        let text = render_record(
            &[written("a/b.py"), written("a,b.txt")],
            "x.dist-info/RECORD",
        );
        insta::assert_snapshot!(text, @r#"
        a/b.py,sha256=-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s,3
        "a,b.txt",sha256=-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s,3
        x.dist-info/RECORD,,
        "#);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let text = render_record(&[written("a,b.txt"), written("c")], "RECORD");
        let lines = parse_record(&text).unwrap();
        let paths: Vec<_> = lines.iter().map(|l| l.path.as_str()).collect();
        assert_eq!(paths, ["a,b.txt", "c", "RECORD"]);
        assert_eq!(
            (lines[0].sha256, lines[0].size),
            (Some([0xfb; 32]), Some(3))
        );
        assert_eq!((lines[2].sha256, lines[2].size), (None, None));
    }

    fn check_error(line: &str, problem: &str) {
        assert_eq!(parse_record(line).unwrap_err().problem, problem, "{line}");
    }

    #[test]
    fn broken_lines() {
        check_error("a,b", "it has not three fields");
        check_error("a,md5=xx,3", "its digest is not a SHA-256");
        check_error(
            "a,sha256=xx,3",
            "its digest is not unpadded URL-safe base64",
        );
        check_error("a,sha256=AAAA,3", "its digest is not of 32 bytes");
        check_error("a,,x", "its size is not a number");
        check_error("\"a,,", "a quote is not closed");
        let error = parse_record("ok,,\na,b").unwrap_err();
        insta::assert_snapshot!(error, @"line 2 of RECORD, `a,b`: it has not three fields");
    }
}
