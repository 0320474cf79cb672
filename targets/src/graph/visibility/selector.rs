//! Patterns of visibility rules, and whether a target fits one.

use std::sync::OnceLock;

use regex::Regex;

use model::RepoPath;

use crate::graph::target::TargetId;
use crate::graph::targets::Targets;
use buildfile::Data;

/// A pattern for targets: type, path, name and tags, each optional.
#[derive(Debug, Default)]
pub(super) struct Selector {
    kind: Option<LateRegex>,
    path: Option<PathPattern>,
    name: Option<LateRegex>,
    tags: Vec<LateRegex>,
}

#[derive(Debug)]
struct PathPattern {
    anchor: Anchor,
    regex: LateRegex,
}

/// What a path pattern counts from.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Anchor {
    /// `//…` or `/…`: a path from the root.
    Root,
    /// `.` or `../…`: the folder of the target that the rules hold for, so many levels up.
    Own(usize),
    /// Anywhere in the path.
    Floating,
}

/// A regular expression that is compiled when a text is first compared with it: most goals ask few.
#[derive(Debug)]
struct LateRegex {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

/// A text of up to this many bytes is never too large to be compiled.
const SURELY_COMPILED: usize = 500;

impl LateRegex {
    /// What [`translate`] made, so that only its size can be wrong.
    fn new(text: String) -> Result<Self, String> {
        let compiled = OnceLock::new();
        if text.len() > SURELY_COMPILED {
            let regex = Regex::new(&text).map_err(|error| error.to_string())?;
            let _ = compiled.set(Some(regex));
        }
        Ok(Self { text, compiled })
    }

    fn is_match(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| Regex::new(&self.text).ok());
        compiled.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

impl Selector {
    /// Reads a pattern in a BUILD file of the folder `dir`.
    pub(super) fn parse(text: &str, dir: &str) -> Result<Self, String> {
        let mut selector = Self::default();
        let first = text.chars().next();
        if first.is_some_and(|c| c.is_alphanumeric() || "_.:/*".contains(c)) {
            let (path, name) = text.split_once(':').unwrap_or((text, ""));
            selector.set_path(path, dir)?;
            selector.set_name(name)?;
            return Ok(selector);
        }
        let mut rest = text;
        while let Some(open) = rest.chars().next() {
            let close = match open {
                '<' => '>',
                '[' => ']',
                '(' => ')',
                _ => return Err(format!("not a target selector: `{text}`")),
            };
            let end = rest
                .find(close)
                .ok_or_else(|| format!("`{open}` without `{close}`: `{text}`"))?;
            let inside = &rest[1..end];
            match open {
                '<' => selector.kind = Some(glob(inside)?),
                '[' => {
                    let (path, name) = inside.split_once(':').unwrap_or((inside, ""));
                    selector.set_path(path, dir)?;
                    selector.set_name(name)?;
                }
                _ => {
                    for tag in inside
                        .split(',')
                        .map(str::trim)
                        .filter(|tag| !tag.is_empty())
                    {
                        selector.tags.push(glob(tag)?);
                    }
                }
            }
            rest = &rest[end + 1..];
        }
        Ok(selector)
    }

    fn set_name(&mut self, name: &str) -> Result<(), String> {
        if !name.is_empty() {
            self.name = Some(glob(name)?);
        }
        Ok(())
    }

    fn set_path(&mut self, path: &str, dir: &str) -> Result<(), String> {
        if path.is_empty() {
            return Ok(());
        }
        let relative = path.starts_with('.')
            && matches!(
                path.trim_start_matches('.').chars().next(),
                None | Some('/')
            );
        let (anchor, pattern) = if let Some(rest) = path.strip_prefix("//") {
            (Anchor::Root, normalise(rest))
        } else if let Some(rest) = path.strip_prefix('/') {
            (Anchor::Root, normalise(&format!("{dir}/{rest}")))
        } else if relative {
            let normal = normalise(path);
            let levels = normal.split('/').filter(|part| *part == "..").count();
            let rest = normal
                .trim_start_matches("../")
                .trim_start_matches("..")
                .to_owned();
            let rest = if rest == "." { String::new() } else { rest };
            (Anchor::Own(levels), rest)
        } else {
            (Anchor::Floating, normalise(path))
        };
        let body = translate(&pattern);
        let regex = match anchor {
            Anchor::Floating if pattern.starts_with(|c: char| c.is_alphanumeric()) => {
                format!(r"(?:/?\b{body})$")
            }
            Anchor::Floating => format!("(?:{body})$"),
            _ => format!("^(?:{body})$"),
        };
        self.path = Some(PathPattern {
            anchor,
            regex: LateRegex::new(regex)?,
        });
        Ok(())
    }

    /// Whether what fits depends on the target that the rules hold for.
    pub(super) fn is_relative(&self) -> bool {
        let anchor = self.path.as_ref().map(|path| path.anchor);
        matches!(anchor, Some(Anchor::Own(_)))
    }

    /// Whether a target fits, where `.` means the folder `base`.
    pub(super) fn is_match(&self, targets: &Targets<'_>, id: TargetId, base: &str) -> bool {
        if self.kind.is_none() && self.path.is_none() && self.name.is_none() && self.tags.is_empty()
        {
            return false;
        }
        // A generated target counts as its generator.
        let (kind, name, tags) = match targets.declaration(id) {
            Some(declaration) => (
                &*declaration.kind,
                &*declaration.name,
                declaration.get("tags"),
            ),
            None => {
                let target = targets.get(targets.get(id).generator.unwrap_or(id));
                let name = target.address.rsplit(':').next().unwrap_or_default();
                (&*target.kind, name, None)
            }
        };
        if self
            .kind
            .as_ref()
            .is_some_and(|pattern| !pattern.is_match(kind))
            || self
                .name
                .as_ref()
                .is_some_and(|pattern| !pattern.is_match(name))
            || self
                .path
                .as_ref()
                .is_some_and(|pattern| !pattern.is_match(&path_of(targets, id), base))
        {
            return false;
        }
        let own = tags.map(Data::strings).unwrap_or_default();
        self.tags
            .iter()
            .all(|tag| own.iter().any(|have| tag.is_match(have)))
    }
}

impl PathPattern {
    fn is_match(&self, path: &str, base: &str) -> bool {
        let Anchor::Own(levels) = self.anchor else {
            return self.regex.is_match(path);
        };
        let mut from = base;
        for _ in 0..levels {
            from = RepoPath::new(from).folder();
        }
        let below = match path.strip_prefix(from) {
            Some("") => Some(""),
            Some(rest) if from.is_empty() => Some(rest),
            Some(rest) => rest.strip_prefix('/'),
            None => None,
        };
        below.is_some_and(|below| self.regex.is_match(below))
    }
}

fn normalise(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

/// A glob as a regular expression: `*` within a folder, `**` across, slashes beside it optional.
fn translate(pattern: &str) -> String {
    regex::escape(pattern)
        .replace(r"\*", "*")
        .replace("/**", "(/.<>)?")
        .replace("**/", r"/?\b")
        .replace("**", ".<>")
        .replace('*', "[^/]<>")
        .replace("<>", "*")
}

fn glob(pattern: &str) -> Result<LateRegex, String> {
    LateRegex::new(format!("^(?:{})$", translate(pattern)))
}

/// The folder that `.` means for the target: of its file, else of its BUILD file.
pub(super) fn own_folder(targets: &Targets<'_>, id: TargetId) -> String {
    let target = targets.get(id);
    match file_of(targets, id) {
        Some(path) => RepoPath::new(path).folder().to_owned(),
        None => target.dir.to_string(),
    }
}

/// The file of a target that is named after one.
fn file_of<'g>(targets: &'g Targets<'_>, id: TargetId) -> Option<&'g str> {
    let target = targets.get(id);
    target.generator?;
    target.source.as_deref()
}

/// The path that patterns are matched against.
fn path_of(targets: &Targets<'_>, id: TargetId) -> String {
    let target = targets.get(id);
    match file_of(targets, id) {
        Some(path) => path.to_owned(),
        None if target.generator.is_some() => target
            .address
            .replace(':', "/")
            .trim_start_matches('/')
            .to_owned(),
        None => target.dir.to_string(),
    }
}
