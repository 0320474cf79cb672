//! `requirements.txt` as pip reads it
//! (<https://pip.pypa.io/en/stable/reference/requirements-file-format/>).

use std::borrow::Cow;
use std::sync::Arc;

use super::logical::{LogicalLine, logical_lines};
use super::{
    Depth, Editable, IndexOption, IndexOptionKind, RequirementLine, RequirementsError,
    RequirementsFile, RequirementsReader,
};
use model::{DigestAlgorithm, FileDigest, FileDigestError, Place, RepoPath, nearest};

/// Options that stand alone, with how many values they take.
const OPTIONS: &[(&str, usize)] = &[
    ("--config-settings", 1),
    ("--constraint", 1),
    ("--editable", 1),
    ("--extra-index-url", 1),
    ("--find-links", 1),
    ("--global-option", 1),
    ("--hash", 1),
    ("--index-url", 1),
    ("--install-option", 1),
    ("--no-binary", 1),
    ("--no-index", 0),
    ("--only-binary", 1),
    ("--pre", 0),
    ("--prefer-binary", 0),
    ("--require-hashes", 0),
    ("--requirement", 1),
    ("--trusted-host", 1),
    ("--use-feature", 1),
    ("-C", 1),
    ("-c", 1),
    ("-e", 1),
    ("-f", 1),
    ("-i", 1),
    ("-r", 1),
];

/// Reads the requirement file at `path` and those that it includes.
///
/// # Errors
/// The first line that pip would refuse, or an included file that cannot be read.
pub fn read_requirements_txt(
    path: &str,
    text: &str,
    reader: &RequirementsReader<'_>,
) -> Result<RequirementsFile, RequirementsError> {
    let mut inclusion = Inclusion {
        reader,
        file: RequirementsFile::default(),
        seen: vec![path.to_owned()],
        role: LineRole::Requirements,
    };
    read_into(path, text, &mut inclusion)?;
    Ok(inclusion.file)
}

/// How a file came to be read.
struct Inclusion<'r> {
    reader: &'r RequirementsReader<'r>,
    /// What was read so far.
    file: RequirementsFile,
    /// Files on the way here, to notice a circle.
    seen: Vec<String>,
    /// What its lines are.
    role: LineRole,
}

impl Inclusion<'_> {
    /// What stands for a variable in a line, and none of this name is set.
    fn unset_in(&self, line: &Line<'_>) -> Option<&str> {
        let text = line.logical.text.as_str();
        let mut options = self.file.options.iter().map(|(name, ..)| name.as_str());
        options.find(|name| name.starts_with('$') && text.contains(name))
    }
}

/// What the lines of a file are.
#[derive(Clone, Copy, PartialEq)]
enum LineRole {
    Requirements,
    Constraints,
}

/// One line with its file.
struct Line<'l> {
    path: &'l Arc<str>,
    file: &'l str,
    logical: &'l LogicalLine,
}

impl Line<'_> {
    fn place(&self, offset: usize) -> Place {
        self.logical.place(self.path, self.file, offset)
    }
}

fn read_into(
    path: &str,
    text: &str,
    inclusion: &mut Inclusion<'_>,
) -> Result<(), RequirementsError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = &*with_line_feeds(text);
    let path: Arc<str> = Arc::from(path);
    for mut logical in logical_lines(text) {
        if logical.text.contains("${") {
            let place = logical.place(&path, text, 0);
            let (expanded, unset) = expand(&logical.text, inclusion.reader);
            logical.text = expanded;
            let unset = unset
                .into_iter()
                .map(|name| (name, String::new(), place.clone()));
            inclusion.file.options.extend(unset);
        }
        let line = Line {
            path: &path,
            file: text,
            logical: &logical,
        };
        let start = logical.text.len() - logical.text.trim_start().len();
        if logical.text[start..].starts_with('-') {
            option_line(&line, start, inclusion)?;
        } else {
            let entry = requirement_line(&line, start, inclusion);
            let entry = entry.map_err(|error| match inclusion.unset_in(&line) {
                Some(name) => error.hint(format!("no variable is set for `{name}`")),
                None => error,
            });
            push(entry?, inclusion);
        }
    }
    Ok(())
}

fn push(line: RequirementLine, inclusion: &mut Inclusion<'_>) {
    match inclusion.role {
        LineRole::Requirements => inclusion.file.requirements.push(Arc::new(line)),
        LineRole::Constraints => inclusion.file.constraints.push(line),
    }
}

/// The text with a line feed after each line, as pip, like Python, tells them apart.
fn with_line_feeds(text: &str) -> Cow<'_, str> {
    const ENDS: [char; 9] = [
        '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}',
    ];
    match text.contains(ENDS) {
        true => Cow::Owned(text.replace("\r\n", "\n").replace(ENDS, "\n")),
        false => Cow::Borrowed(text),
    }
}

/// Replaces `${NAME}` of upper-case names that are set; gives those that are not too.
fn expand(text: &str, reader: &RequirementsReader<'_>) -> (String, Vec<String>) {
    let mut result = String::new();
    let mut unset = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        result.push_str(before);
        let name = from[2..].split_once('}').map(|(name, _)| name);
        let name = name.filter(|name| !name.is_empty() && name.bytes().all(is_variable_byte));
        match name.map(|name| (name, reader.env.get(name))) {
            Some((name, Some(value))) => {
                result.push_str(value);
                rest = &from[name.len() + 3..];
            }
            of_name => {
                unset.extend(of_name.map(|(name, _)| format!("${{{name}}}")));
                result.push_str("${");
                rest = &from[2..];
            }
        }
    }
    (result + rest, unset)
}

fn is_variable_byte(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_'
}

/// A word of a line with its offset.
type Word<'t> = (usize, &'t str);

/// Splits at white space, quotes kept together and removed from the ends.
fn words(text: &str, start: usize) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut begin = None;
    let mut quote = None;
    for (at, c) in text.char_indices().skip_while(|(at, _)| *at < start) {
        match (quote, c) {
            (Some(mark), _) if c == mark => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                begin = begin.or(Some(at));
            }
            (None, _) if c.is_whitespace() => {
                if let Some(begin) = begin.take() {
                    words.push((begin, &text[begin..at]));
                }
            }
            _ => begin = begin.or(Some(at)),
        }
    }
    if let Some(begin) = begin {
        words.push((begin, &text[begin..]));
    }
    words
        .into_iter()
        .map(|(at, word)| (at, word.trim_matches(['"', '\''])))
        .collect()
}

/// An option with its value, from `--name value`, `--name=value` or `-nvalue`.
fn option<'t>(
    line: &Line<'_>,
    words: &[Word<'t>],
    next: &mut usize,
) -> Result<(&'static str, Word<'t>), RequirementsError> {
    let (at, word) = words[*next];
    *next += 1;
    let (name, inline) = match word.split_once('=') {
        Some((name, value)) if name.starts_with("--") => (name, Some((at + name.len() + 1, value))),
        _ if !word.starts_with("--") && word.len() > 2 && word.is_char_boundary(2) => {
            (&word[..2], Some((at + 2, &word[2..])))
        }
        _ => (word, None),
    };
    let Some((name, arity)) = OPTIONS.iter().find(|(known, _)| *known == name).copied() else {
        let error = RequirementsError::new(format!("unknown option `{name}`"), line.place(at));
        let near = nearest(name, OPTIONS.iter().map(|(known, _)| *known));
        return Err(match near {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        });
    };
    match (arity, inline) {
        (0, None) => Ok((name, (at, ""))),
        (0, Some((at, _))) => Err(RequirementsError::new(
            format!("the option `{name}` takes no value"),
            line.place(at),
        )),
        (_, Some(value)) => Ok((name, value)),
        (_, None) => {
            let value = words.get(*next).copied().ok_or_else(|| {
                RequirementsError::new(format!("the option `{name}` needs a value"), line.place(at))
            })?;
            *next += 1;
            Ok((name, value))
        }
    }
}

fn option_line(
    line: &Line<'_>,
    start: usize,
    inclusion: &mut Inclusion<'_>,
) -> Result<(), RequirementsError> {
    let words = words(&line.logical.text, start);
    let mut next = 0;
    while next < words.len() {
        let (at, word) = words[next];
        if !word.starts_with('-') {
            return Err(RequirementsError::new(
                format!("`{word}` is neither an option nor its value"),
                line.place(at),
            ));
        }
        let (name, (value_at, value)) = option(line, &words, &mut next)?;
        let index = |kind| IndexOption {
            kind,
            value: value.to_owned(),
            place: line.place(at),
        };
        match name {
            "-r" | "--requirement" => {
                include(line, (value_at, value), inclusion)?;
            }
            "-c" | "--constraint" => {
                let outer = std::mem::replace(&mut inclusion.role, LineRole::Constraints);
                let included = include(line, (value_at, value), inclusion);
                inclusion.role = outer;
                included?;
            }
            "-e" | "--editable" => {
                // Everything up to the next option belongs to the project: extras, marker.
                let rest = &words[next..];
                let count = rest.iter().position(|(_, word)| word.starts_with("--"));
                let end = count.map_or(words.len(), |count| next + count);
                let stop = words
                    .get(end)
                    .map_or(line.logical.text.len(), |(at, _)| *at);
                let text = line.logical.text[value_at..stop].trim_end();
                let mut entry = entry(line, (value_at, text), inclusion)?;
                entry.editable = Editable::Yes;
                next = end;
                push(entry, inclusion);
            }
            "-i" | "--index-url" => inclusion.file.indexes.push(index(IndexOptionKind::Index)),
            "--extra-index-url" => inclusion
                .file
                .indexes
                .push(index(IndexOptionKind::ExtraIndex)),
            "-f" | "--find-links" => inclusion
                .file
                .indexes
                .push(index(IndexOptionKind::FindLinks)),
            "--no-index" => inclusion.file.indexes.push(index(IndexOptionKind::NoIndex)),
            "--hash" => {
                return Err(RequirementsError::new(
                    "`--hash` belongs to a requirement on the same line",
                    line.place(at),
                )
                .hint("end the requirement's line with `\\`, or put both on one line"));
            }
            _ => inclusion
                .file
                .options
                .push((name.to_owned(), value.to_owned(), line.place(at))),
        }
    }
    Ok(())
}

fn include(
    line: &Line<'_>,
    word: Word<'_>,
    inclusion: &mut Inclusion<'_>,
) -> Result<(), RequirementsError> {
    let (at, value) = word;
    let place = line.place(at);
    if value.contains("://") {
        return Err(RequirementsError::new(
            "requirement files from a URL are not supported",
            place,
        )
        .hint("keep the file in the repository"));
    }
    let path = resolve_path(line.path, value);
    if inclusion.seen.contains(&path) {
        let message = format!("`{path}` includes itself: {}", inclusion.seen.join(" -> "));
        return Err(RequirementsError::new(message, place));
    }
    let text = (inclusion.reader.read)(&path)
        .map_err(|error| RequirementsError::new(format!("cannot read `{path}`: {error}"), place))?;
    inclusion.seen.push(path.clone());
    let result = read_into(&path, &text, inclusion);
    inclusion.seen.pop();
    result
}

/// `value` as seen from the folder of `from`, normalised.
fn resolve_path(from: &str, value: &str) -> String {
    let folder = RepoPath::new(from).folder();
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(value.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    let joined = parts.join("/");
    if value.starts_with('/') {
        value.to_owned()
    } else {
        joined
    }
}

fn requirement_line(
    line: &Line<'_>,
    start: usize,
    inclusion: &mut Inclusion<'_>,
) -> Result<RequirementLine, RequirementsError> {
    let text = &line.logical.text;
    let end = options_start(&text[start..]).map_or(text.len(), |at| start + at);
    let body = text[start..end].trim_end();
    let mut entry = entry(line, (start, body), inclusion)?;
    let words = words(text, end);
    let mut next = 0;
    while next < words.len() {
        let (at, word) = words[next];
        if !word.starts_with('-') {
            return Err(RequirementsError::new(
                format!("`{word}` is neither an option nor its value"),
                line.place(at),
            ));
        }
        let (name, (value_at, value)) = option(line, &words, &mut next)?;
        match name {
            "--hash" => {
                let hash = hash(value)
                    .map_err(|message| RequirementsError::new(message, line.place(value_at)))?;
                entry.hashes.push(hash);
            }
            "--global-option" | "--install-option" | "--config-settings" | "-C" => {
                let option = (name.to_owned(), value.to_owned(), line.place(at));
                inclusion.file.options.push(option);
            }
            _ => {
                return Err(RequirementsError::new(
                    format!("the option `{name}` must stand on a line of its own"),
                    line.place(at),
                ));
            }
        }
    }
    Ok(entry)
}

/// A `--hash` option's value: pip takes algorithms that are not known to be broken.
fn hash(value: &str) -> Result<FileDigest, String> {
    let digest: FileDigest = value
        .parse()
        .map_err(|it: FileDigestError| it.to_string())?;
    match digest.algorithm() {
        DigestAlgorithm::Sha256 | DigestAlgorithm::Sha384 | DigestAlgorithm::Sha512 => Ok(digest),
        weak => Err(format!(
            "`--hash` takes sha256, sha384 and sha512, and not {weak}"
        )),
    }
}

/// Where ` --option` begins.
fn options_start(text: &str) -> Option<usize> {
    text.match_indices(" -")
        .map(|(at, _)| at + 1)
        .find(|at| text[*at..].starts_with("--") || text[*at..].starts_with("-C"))
}

/// Reads what a requirement line asks for.
fn entry(
    line: &Line<'_>,
    (at, text): Word<'_>,
    inclusion: &Inclusion<'_>,
) -> Result<RequirementLine, RequirementsError> {
    let plain = RequirementLine::plain(text, line.place(at))
        .map_err(|error| RequirementsError::new(error.reason, line.place(at + error.offset)))?;
    Ok(RequirementLine {
        depth: if inclusion.seen.len() > 1 {
            Depth::Included
        } else {
            Depth::Own
        },
        ..plain
    })
}

/// Why a file cannot be read, without its path on this machine.
pub(crate) fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::InvalidData => "it is not UTF-8".to_owned(),
        // What is neither a file nor a folder is not opened.
        std::io::ErrorKind::InvalidInput => "it is a pipe, a socket or a device".to_owned(),
        kind => kind.to_string(),
    }
}
