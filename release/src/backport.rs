//! Backports as data: which commits are taken, and what they become on another branch.
//!
//! `git cherry-pick` cannot follow a package that moved (`src/ai/backend/client` was a repository
//! of its own once), so the difference of each commit is taken apart by folder, and each part is
//! applied where its folder is.

use std::sync::LazyLock;

use camino::Utf8PathBuf;
use regex::Regex;
use thiserror::Error;

/// What is backported, and where to.
#[derive(Debug, Clone)]
pub struct Backport {
    /// Any names of the commits, in the order in which they are applied.
    pub commits: Vec<String>,
    /// The branch; a branch of the remote `origin` becomes a local one.
    pub onto: String,
    /// Folders with another name on that branch.
    pub folders: Vec<FolderMapping>,
    /// `owner/name` for references in messages: `#12` becomes `owner/name#12`; `None` leaves them.
    pub references: Option<String>,
}

/// A folder and its name on the other branch; an empty path is the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderMapping {
    /// In the commits.
    pub old: Utf8PathBuf,
    /// On the branch.
    pub new: Utf8PathBuf,
}

/// A part of a commit's difference: one folder without those that are parts of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackportPart {
    /// The folder on the other branch.
    pub new: Utf8PathBuf,
    /// Arguments that restrict the difference, options first.
    relative: Option<String>,
    others: Vec<String>,
}

/// `OLD=NEW` without `=`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not OLD=NEW, as in `src/ai/backend/client=src/client`")]
pub struct FolderMappingError(String);

impl Backport {
    /// The parts into which a commit is divided, one for each folder.
    pub fn parts(&self) -> Vec<BackportPart> {
        let mut folders = self.folders.clone();
        if !folders.iter().any(|folder| folder.old.as_str().is_empty()) {
            folders.push(FolderMapping {
                old: Utf8PathBuf::new(),
                new: Utf8PathBuf::new(),
            });
        }
        let inner = |folder: &FolderMapping| -> Vec<String> {
            let inner = folders
                .iter()
                .filter(|other| other.old != folder.old && other.old.starts_with(&folder.old));
            inner
                .map(|other| format!(":(top,exclude){}", other.old))
                .collect()
        };
        let part = |folder: &FolderMapping| BackportPart {
            new: folder.new.clone(),
            relative: (!folder.old.as_str().is_empty())
                .then(|| format!("--relative={}", folder.old)),
            others: inner(folder),
        };
        folders.iter().map(part).collect()
    }

    /// The message of a commit on the other branch.
    pub fn message(&self, message: &str, commit: &str) -> String {
        let message = message.trim_end();
        let message = match &self.references {
            Some(repository) => with_repository(message, repository),
            None => message.to_owned(),
        };
        let note = format!("(backported from commit {commit})");
        match trailers(&message) {
            Some((text, trailers)) => format!("{text}\n\n{note}\n\n{trailers}\n"),
            None => format!("{message}\n\n{note}\n"),
        }
    }
}

impl BackportPart {
    /// The revision for git. `git show` gives the difference to the first parent, for merges and
    /// first commits too.
    /// and first commits.
    pub fn diff_arguments<'a>(&'a self, commit: &'a str) -> Vec<&'a str> {
        let mut args = vec![
            "show",
            "--format=",
            "--first-parent",
            "--binary",
            "--full-index",
            "--no-renames",
        ];
        args.extend(self.relative.as_deref());
        args.extend([commit, "--", "."]);
        args.extend(self.others.iter().map(String::as_str));
        args
    }
}

impl std::str::FromStr for FolderMapping {
    type Err = FolderMappingError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (old, new) = text
            .split_once('=')
            .ok_or_else(|| FolderMappingError(text.to_owned()))?;
        let folder = |text: &str| match text.trim_matches('/') {
            "." => Utf8PathBuf::new(),
            text => Utf8PathBuf::from(text),
        };
        Ok(Self {
            old: folder(old),
            new: folder(new),
        })
    }
}

/// Splits a message into the text and the trailers (`Signed-off-by: …`), which are its last
/// paragraph for git.
fn trailers(message: &str) -> Option<(&str, &str)> {
    let (text, last) = message.rsplit_once("\n\n")?;
    let is_token = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let is_trailer = |line: &str| {
        let token = line.split_once(": ").map_or("", |(token, _)| token);
        line.starts_with([' ', '\t']) || (!token.is_empty() && token.chars().all(is_token))
    };
    last.lines().all(is_trailer).then_some((text, last))
}

/// Puts the repository before bare references: `#12` becomes `owner/name#12`.
///
/// References that name a repository already, headings, colours and URLs stay as they are.
pub fn with_repository(message: &str, repository: &str) -> String {
    static REFERENCE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?m)(^|[\s(\[{,;:])#([0-9]+)\b").ok());
    match REFERENCE.as_ref() {
        Some(reference) => {
            let with = format!("${{1}}{}#${{2}}", repository.replace('$', "$$"));
            // Neighbours share the space between them, so a second pass finds every other one.
            let once = reference.replace_all(message, with.as_str());
            reference.replace_all(&once, with.as_str()).into_owned()
        }
        None => message.to_owned(),
    }
}

/// `owner/name` of a remote's URL, as code hosts have it.
pub fn repository_of(url: &str) -> Option<String> {
    let path = url
        .strip_suffix(".git")
        .unwrap_or(url)
        .trim_end_matches('/');
    let path = match path.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?.1,
        None => path.split_once(':')?.1,
    };
    let mut parts = path.rsplit('/');
    let (name, owner) = (parts.next()?, parts.next()?);
    Some(format!("{owner}/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &str, expect: &str) {
        assert_eq!(with_repository(message, "lablup/backend.ai"), expect);
    }

    #[test]
    fn trailers_stay_the_last_paragraph() {
        let job = Backport {
            commits: Vec::new(),
            onto: String::new(),
            folders: Vec::new(),
            references: None,
        };
        let check = |message: &str, expect: &str| assert_eq!(job.message(message, "c0"), expect);
        check("fix: x\n", "fix: x\n\n(backported from commit c0)\n");
        check(
            "fix: x\n\nbody\n",
            "fix: x\n\nbody\n\n(backported from commit c0)\n",
        );
        check(
            "fix: x\n\nCo-authored-by: A <a@a.example>\nSigned-off-by: B <b@b.example>\n",
            "fix: x\n\n(backported from commit c0)\n\nCo-authored-by: A <a@a.example>\nSigned-off-by: B <b@b.example>\n",
        );
    }

    #[test]
    fn references() {
        check("fix: x (#123)", "fix: x (lablup/backend.ai#123)");
        check(
            "#1 #2, #3",
            "lablup/backend.ai#1 lablup/backend.ai#2, lablup/backend.ai#3",
        );
        check(
            "refs other/repo#4 and http://x/#5 and a#6",
            "refs other/repo#4 and http://x/#5 and a#6",
        );
        check("# 7 heading, #a8b colour", "# 7 heading, #a8b colour");
        check("Resolves: #9.", "Resolves: lablup/backend.ai#9.");
    }

    #[test]
    fn remotes() {
        let check =
            |url: &str, expect: Option<&str>| assert_eq!(repository_of(url).as_deref(), expect);
        check(
            "https://github.com/lablup/backend.ai.git",
            Some("lablup/backend.ai"),
        );
        check(
            "git@github.com:lablup/backend.ai.git",
            Some("lablup/backend.ai"),
        );
        check(
            "ssh://git@host:22/lablup/backend.ai",
            Some("lablup/backend.ai"),
        );
        check("/srv/git/backend.ai.git", None);
    }
}
