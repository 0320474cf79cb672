//! Backports as data: which commits are taken, and what they become on another branch.
//!
//! A package may have moved (`src/ai/backend/client` was a repository of its own once), so folders
//! can have other names on the other branch.

use std::sync::LazyLock;

use camino::{Utf8Path, Utf8PathBuf};
use regex::Regex;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What is backported, and where to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Backport {
    /// Any names of commits, and ranges, in the order in which they are applied.
    pub commits: Vec<String>,
    /// The branch; a branch of a remote becomes a local one.
    pub onto: String,
    /// The remote that has the branch; `None` where one alone has it.
    pub remote: Option<String>,
    /// Folders with another name on that branch.
    pub folders: Vec<FolderMapping>,
    /// `owner/name` for references in messages: `#12` becomes `owner/name#12`; `None` leaves them.
    pub references: Option<String>,
}

/// A folder and its name on the other branch; an empty path is the root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderMapping {
    /// In the commits.
    pub old: Utf8PathBuf,
    /// On the branch.
    pub new: Utf8PathBuf,
}

/// `OLD=NEW` without `=`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is not OLD=NEW, as in `src/ai/backend/client=src/client`")]
pub struct FolderMappingError(String);

impl Backport {
    /// The path of a file on the other branch, by the longest folder that it is in; `None` where its
    /// folder has no other name there.
    pub fn moved(&self, path: &str) -> Option<Utf8PathBuf> {
        let path = Utf8Path::new(path);
        let within = self
            .folders
            .iter()
            .filter(|folder| path.starts_with(&folder.old));
        let folder = within.max_by_key(|folder| folder.old.as_str().len())?;
        Some(folder.new.join(path.strip_prefix(&folder.old).ok()?))
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

/// The commits that a message says it was backported or cherry-picked from.
pub fn backported_from(message: &str) -> impl Iterator<Item = &str> {
    static NOTE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"\((?:backported|cherry picked) from commit ([0-9a-f]{7,64})\)").ok()
    });
    named(NOTE.as_ref(), message)
}

/// The commits that a message says it reverts.
pub fn reverted(message: &str) -> impl Iterator<Item = &str> {
    static NOTE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"This reverts commit ([0-9a-f]{7,64})").ok());
    named(NOTE.as_ref(), message)
}

fn named<'m>(note: Option<&'static Regex>, message: &'m str) -> impl Iterator<Item = &'m str> {
    let found = note
        .into_iter()
        .flat_map(|note| note.captures_iter(message));
    found.filter_map(|found| found.get(1).map(|commit| commit.as_str()))
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
    // A space, an opening bracket or quote, or a mark comes before it, in any of the widths of East Asia.
    const BEFORE: &str =
        r#"^|[\s(\[{<,;:!+|~*'"\x{2014}\x{2018}\x{201c}\x{3000}-\x{301f}\x{ff00}-\x{ff0f}]"#;
    static REFERENCE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(&format!(r"(?m)({BEFORE})#([0-9]+)\b")).ok());
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

/// The last part of a remote's URL or path: what a repository is called, whoever's copy it is.
pub fn repository_name(url: &str) -> &str {
    let path = without_ending(url);
    path.rsplit(['/', ':']).next().unwrap_or(path)
}

fn without_ending(url: &str) -> &str {
    let path = url.trim_end_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    path.trim_end_matches('/')
}

/// `owner/name` of a remote's URL, as code hosts have it; `group/subgroup/name` on GitLab.
pub fn repository_of(url: &str) -> Option<String> {
    let path = without_ending(url);
    let (host, path) = match path.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?,
        None => path.split_once(':')?,
    };
    let path = path.trim_start_matches('/');
    (!host.is_empty() && path.contains('/')).then(|| path.to_owned())
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
            remote: None,
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
    fn the_longest_folder_counts() {
        let job = Backport {
            commits: Vec::new(),
            onto: String::new(),
            remote: None,
            folders: ["src/ai=lib", "src/ai/client=.", "docs/=doc"]
                .map(|text| text.parse().unwrap())
                .to_vec(),
            references: None,
        };
        let moved = |path: &str| job.moved(path).map(Utf8PathBuf::into_string);
        assert_eq!(moved("src/ai/a.py").as_deref(), Some("lib/a.py"));
        assert_eq!(moved("src/ai/client/b/c.py").as_deref(), Some("b/c.py"));
        assert_eq!(moved("docs/x").as_deref(), Some("doc/x"));
        assert_eq!(moved("src/air/x"), None);
    }

    #[test]
    fn what_messages_name() {
        let message =
            "x\n\n(cherry picked from commit 0123456789abcdef)\n(backported from commit fedcba9)\n";
        let found: Vec<&str> = backported_from(message).collect();
        assert_eq!(found, ["0123456789abcdef", "fedcba9"]);
        let found: Vec<&str> = reverted("Revert\n\nThis reverts commit 0123456.\n").collect();
        assert_eq!(found, ["0123456"]);
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
        check(
            "**#9** '#8' \"#7\"",
            "**lablup/backend.ai#9** 'lablup/backend.ai#8' \"lablup/backend.ai#7\"",
        );
        check(
            "수정（#9）「#8」",
            "수정（lablup/backend.ai#9）「lablup/backend.ai#8」",
        );
        check("&#39; x?#5 =#6 a-#7", "&#39; x?#5 =#6 a-#7");
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
        check(
            "https://git.example/lablup/backend.ai.git/",
            Some("lablup/backend.ai"),
        );
        check("git@git.example:backend.ai.git", None);
        check(
            "git@gitlab.example:group/sub/deep/backend.ai.git",
            Some("group/sub/deep/backend.ai"),
        );
        check(
            "https://x:y@gitlab.example/group/sub/backend.ai",
            Some("group/sub/backend.ai"),
        );
        check("file:///srv/git/backend.ai.git", None);
        for url in [
            "git@git.example:backend.ai.git",
            "../backend.ai",
            "/srv/backend.ai/.git",
        ] {
            assert_eq!(repository_name(url), "backend.ai", "{url}");
        }
    }
}
