//! Pages of Markdown, as far as tests look at them: the commands of console blocks.

use camino::Utf8Path;

/// A page.
pub(crate) struct Page {
    /// Relative to the root of this repository.
    pub(crate) path: String,
    pub(crate) text: String,
    /// The folder in a copy of which its commands run.
    pub(crate) repository: Option<String>,
    pub(crate) commands: Vec<ConsoleCommand>,
}

/// A line that begins with `$`, and what follows it.
#[derive(Debug)]
pub(crate) struct ConsoleCommand {
    pub(crate) line: usize,
    pub(crate) text: String,
    pub(crate) output: Vec<String>,
    /// Whether it stands below the comment that names a repository.
    pub(crate) runs: bool,
}

impl Page {
    /// All pages of the manual, sorted.
    pub(crate) fn all(root: &Utf8Path) -> Vec<Self> {
        let mut paths = Vec::new();
        collect(&root.join("docs/src"), "docs/src", ".md", &mut paths);
        paths.sort();
        paths.iter().map(|path| Self::read(root, path)).collect()
    }

    pub(crate) fn read(root: &Utf8Path, path: &str) -> Self {
        Self::parse(path, &fs_err::read_to_string(root.join(path)).unwrap())
    }

    pub(crate) fn parse(path: &str, text: &str) -> Self {
        let mut page = Self {
            path: path.to_owned(),
            text: text.to_owned(),
            repository: None,
            commands: Vec::new(),
        };
        let mut in_console = false;
        for (at, line) in text.lines().enumerate() {
            if let Some(rest) = line.strip_prefix("<!-- repository: ") {
                page.repository = Some(rest.trim_end_matches("-->").trim().to_owned());
            } else if line.starts_with("```") {
                in_console = line == "```console";
            } else if in_console {
                page.add(at + 1, line);
            }
        }
        page
    }

    fn add(&mut self, number: usize, line: &str) {
        if let Some(text) = line.strip_prefix("$ ") {
            self.commands.push(ConsoleCommand {
                line: number,
                text: text.to_owned(),
                output: Vec::new(),
                runs: self.repository.is_some(),
            });
        } else if let Some(last) = self.commands.last_mut() {
            last.output.push(line.to_owned());
        }
    }
}

impl ConsoleCommand {
    /// The words behind the name of our program, of each call in the line.
    pub(crate) fn of_ours(&self) -> Vec<Vec<String>> {
        let mut calls: Vec<Vec<String>> = vec![Vec::new()];
        for word in words(&self.text) {
            match word.as_str() {
                "&&" | "||" | ";" | "|" | ">" => calls.push(Vec::new()),
                _ => calls.last_mut().unwrap().push(word),
            }
        }
        let ours = calls.iter().filter_map(|call| {
            let start = call
                .iter()
                .position(|word| !word.contains('=') || word.starts_with('-'))?;
            match &call[start..] {
                [cargo, xtask, rest @ ..] if cargo == "cargo" && xtask == "xtask" => Some(rest),
                [xt, rest @ ..] if xt == "xt" => Some(rest),
                _ => None,
            }
        });
        ours.map(<[String]>::to_vec).collect()
    }
}

/// The words of a line as a shell has them, up to a comment.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => return words,
            (None, ' ') => words.extend(word.take()),
            (None, ';') => {
                words.extend(word.take());
                words.push(";".to_owned());
            }
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Whether a command printed what a page says.
pub(crate) fn matches(expected: &[String], output: &str) -> bool {
    let lines: Vec<&str> = output.trim_end().lines().collect();
    matches_lines(expected, &lines)
}

fn matches_lines(expected: &[String], lines: &[&str]) -> bool {
    match (expected.split_first(), lines.split_first()) {
        (None, None) => true,
        (Some((first, rest)), _) if first == "..." => {
            (0..=lines.len()).any(|skip| matches_lines(rest, &lines[skip..]))
        }
        (Some((first, rest)), Some((line, lines))) => {
            matches_line(first, line) && matches_lines(rest, lines)
        }
        _ => false,
    }
}

fn matches_line(expected: &str, line: &str) -> bool {
    let mut parts = expected.split("...");
    let Some(mut rest) = parts.next().and_then(|first| line.strip_prefix(first)) else {
        return false;
    };
    let mut is_open = false;
    for part in parts {
        is_open = true;
        match rest.find(part) {
            Some(at) if !part.is_empty() => rest = &rest[at + part.len()..],
            _ if part.is_empty() => return true,
            _ => return false,
        }
    }
    rest.is_empty() || is_open && expected.ends_with("...")
}

/// Adds the files below a folder whose names end so, with `path` in place of the folder.
pub(crate) fn collect(folder: &Utf8Path, path: &str, end: &str, into: &mut Vec<String>) {
    for entry in folder.read_dir_utf8().unwrap().map(Result::unwrap) {
        let path = format!("{path}/{}", entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            collect(entry.path(), &path, end, into);
        } else if path.ends_with(end) {
            into.push(path);
        }
    }
}
