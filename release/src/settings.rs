//! The settings of releases: two profiles, every part of which can be changed.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::version::ReleaseVersion;

/// The settings of releases (`[release]`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseSettings {
    /// The file that holds the version, relative to the root.
    pub version_file: Utf8PathBuf,
    /// Whether that file ends with a line end.
    pub final_newline: FinalNewline,
    /// The news file, with placeholders; `None` where towncrier's settings say.
    pub news_file: Option<String>,
    /// The name of a tag, with placeholders.
    pub tag_name: String,
    /// The kind of tag.
    pub tag: TagKind,
    /// Patterns of the branches from which a release may be made, with placeholders.
    pub branches: Vec<String>,
    /// Where the release's commit goes.
    pub commit_on: CommitOn,
    /// The commit's message, with placeholders.
    pub commit_message: String,
    /// The remote that is compared with and pushed to.
    pub remote: String,
    /// Commands around the release.
    pub hooks: Vec<Hook>,
    /// Further files that name the version.
    pub files: Vec<FileEdit>,
    /// Steps that are left out.
    pub without: BTreeSet<StepKind>,
    /// Where wheels go, relative to the root.
    pub out_dir: Utf8PathBuf,
    /// Whether there must be news fragments.
    pub fragments: FragmentPolicy,
    /// What becomes of the notes of candidates.
    pub candidates: CandidateNotes,
    /// The folder of the news fragments, where it is not that of towncrier's settings.
    pub fragment_folder: Option<Utf8PathBuf>,
    /// The distribution that is released alone, with a version and a tag of its own.
    pub distribution: Option<String>,
}

/// A distribution with a version and a tag of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRelease {
    /// The file that holds its version.
    pub version_file: Utf8PathBuf,
    /// The name of its tags, with placeholders; without it `NAME/{version}`.
    pub tag_name: Option<String>,
    /// Its news file; without it that of the repository.
    pub news_file: Option<String>,
    /// The folder of its news fragments; without it that of the repository.
    pub fragments: Option<Utf8PathBuf>,
}

/// What becomes of the notes of release candidates when the final release is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CandidateNotes {
    /// They stay as they are, and the final release has what came after.
    Kept,
    /// They are gathered into the notes of the final release, and leave the news file.
    Gathered,
}

/// Whether a release must have news fragments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FragmentPolicy {
    /// It need not: the notes then say that nothing significant changed, as towncrier's templates
    /// do.
    Optional,
    /// It is refused without.
    Required,
}

/// Whether a file ends with a line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinalNewline {
    /// As the file has it now.
    Keep,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Kinds of tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagKind {
    /// An object with author, date and message: `Release vV` or `Pre-release vV`.
    Annotated,
    /// A name alone.
    Lightweight,
}

/// Where the release's commit goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitOn {
    /// The branch that is checked out; the tag follows at once.
    Current,
    /// A new branch of this name, with placeholders. It is merged (squashed) by review; then the
    /// same command on the branch that it went into makes the tag.
    Branch(String),
}

/// The steps of a release, as settings name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// Commands before.
    HooksBefore,
    /// The version file.
    Version,
    /// The changelog.
    Changelog,
    /// Further files.
    Files,
    /// The lock check.
    Locks,
    /// Wheels.
    Package,
    /// The commit.
    Commit,
    /// The tag.
    Tag,
    /// Commands after.
    HooksAfter,
}

impl StepKind {
    /// All of them with the names that settings use.
    pub const ALL: [(&'static str, Self); 9] = [
        ("hooks-before", Self::HooksBefore),
        ("version", Self::Version),
        ("changelog", Self::Changelog),
        ("files", Self::Files),
        ("locks", Self::Locks),
        ("package", Self::Package),
        ("commit", Self::Commit),
        ("tag", Self::Tag),
        ("hooks-after", Self::HooksAfter),
    ];
}

/// A command that runs before the version is written, or after the tag is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// What it is called in messages.
    pub name: String,
    /// Run by the shell in the root, with placeholders.
    pub command: String,
    /// The file that its standard output becomes, with placeholders; kept when it is there.
    pub output: Option<String>,
    /// When it runs.
    pub when: HookTime,
    /// For which releases it runs.
    pub releases: HookReleases,
}

/// When a hook runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookTime {
    /// Before the version is written; what it changes is part of the commit.
    Before,
    /// After the tag is made.
    After,
}

/// The releases for which something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookReleases {
    /// All.
    All,
    /// Final and post releases.
    Final,
    /// The others.
    PreReleases,
    /// The first release of a series, until the series has a final release. The series before must
    /// be finished.
    NewSeries,
}

/// A change in files that name the version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEdit {
    /// Which files: a glob relative to the root.
    pub path: String,
    /// What is replaced: a regular expression.
    pub search: String,
    /// By what, with placeholders and `$1`.
    pub replace: String,
    /// For which releases.
    pub releases: HookReleases,
}

/// A profile: a complete set of release settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// One changelog, an annotated tag on the commit made at once.
    OneChangelog,
    /// A changelog a series, a branch for each release, a lightweight tag after its merge.
    ReleaseBranches,
}

impl Profile {
    /// The names that settings use.
    pub const ALL: [(&'static str, Self); 2] = [
        ("24.09", Self::OneChangelog),
        ("26.x", Self::ReleaseBranches),
    ];

    /// The settings that a profile stands for.
    pub fn settings(self) -> ReleaseSettings {
        let text = |text: &str| text.to_owned();
        let one = ReleaseSettings {
            version_file: "VERSION".into(),
            final_newline: FinalNewline::Keep,
            news_file: None,
            tag_name: text("{version}"),
            tag: TagKind::Annotated,
            branches: vec![text("main"), text("master"), text("{series}")],
            commit_on: CommitOn::Current,
            commit_message: text("release: {version}"),
            remote: text("origin"),
            hooks: Vec::new(),
            files: Vec::new(),
            without: BTreeSet::new(),
            out_dir: "dist".into(),
            fragments: FragmentPolicy::Optional,
            candidates: CandidateNotes::Kept,
            fragment_folder: None,
            distribution: None,
        };
        match self {
            Self::OneChangelog => one,
            Self::ReleaseBranches => ReleaseSettings {
                final_newline: FinalNewline::Always,
                news_file: Some(text("CHANGELOG/{series}.md")),
                tag: TagKind::Lightweight,
                commit_on: CommitOn::Branch(text("release/{version}")),
                ..one
            },
        }
    }
}

impl ReleaseSettings {
    /// The tag of a version.
    pub fn tag_of(&self, version: &ReleaseVersion) -> String {
        fill(&self.tag_name, version)
    }

    /// The version that a tag is of; `None` for tags of something else.
    pub fn version_of(&self, tag: &str) -> Option<ReleaseVersion> {
        let alone = VERSION_PLACEHOLDERS.iter().find_map(|holder| {
            let (before, after) = self.tag_name.split_once(holder)?;
            (!before.contains('{') && !after.contains('{')).then_some((before, after))
        });
        if let Some((before, after)) = alone {
            return tag.strip_prefix(before)?.strip_suffix(after)?.parse().ok();
        }
        let tells = |holder: &&str| self.tag_name.contains(*holder);
        if !VERSION_PLACEHOLDERS.iter().any(tells) {
            return None;
        }
        // Several placeholders: the version is the longest part from which the tag can be made.
        let parts = (0..tag.len()).flat_map(|from| {
            let ends = (from + 1..=tag.len()).rev();
            ends.filter_map(move |to| tag.get(from..to))
        });
        parts
            .filter(|part| part.starts_with(|c: char| c.is_ascii_digit()))
            .filter_map(|part| part.parse().ok())
            .find(|version| self.tag_of(version) == tag)
    }

    /// The message of the tag.
    pub fn tag_message(&self, version: &ReleaseVersion) -> Option<String> {
        let word = match version.is_prerelease() {
            true => "Pre-release",
            false => "Release",
        };
        (self.tag == TagKind::Annotated).then(|| format!("{word} v{version}"))
    }

    /// The branch of a release, where its commit goes to one of its own.
    pub fn own_branch(&self, version: &ReleaseVersion) -> Option<String> {
        match &self.commit_on {
            CommitOn::Current => None,
            CommitOn::Branch(pattern) => Some(fill(pattern, version)),
        }
    }

    /// The same settings for a distribution that is released alone.
    #[must_use]
    pub fn of_distribution(self, name: &str, own: &OwnRelease) -> Self {
        let tag_name = own.tag_name.clone();
        Self {
            version_file: own.version_file.clone(),
            tag_name: tag_name.unwrap_or_else(|| format!("{name}/{{version}}")),
            news_file: own.news_file.clone().or(self.news_file),
            fragment_folder: own.fragments.clone(),
            commit_message: format!("release: {name} {{version}}"),
            distribution: Some(name.to_owned()),
            ..self
        }
    }

    /// Where the news go, when the settings of releases say so.
    pub fn news_file_of(&self, version: &ReleaseVersion) -> Option<Utf8PathBuf> {
        self.news_file
            .as_deref()
            .map(|pattern| fill(pattern, version).into())
    }
}

/// What stands for a version in texts of the settings.
pub const PLACEHOLDERS: [&str; 3] = ["{version}", "{normalized}", "{series}"];

/// Those of them that tell the whole version.
pub const VERSION_PLACEHOLDERS: [&str; 2] = ["{version}", "{normalized}"];

/// A word in braces that stands for nothing, or a brace that nothing closes.
pub fn unknown_placeholder(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some(from) = rest.find('{') {
        let here = &rest[from..];
        let to = here.find('}').map_or(here.len(), |to| to + 1);
        // With a comma these are the alternatives of a glob.
        let is_known = PLACEHOLDERS.contains(&&here[..to]) || here[..to].contains(',');
        if !is_known {
            return Some(&here[..to]);
        }
        rest = &here[to..];
    }
    None
}

/// Puts `{version}`, `{normalized}` and `{series}` into a text of the settings.
pub(crate) fn fill(pattern: &str, version: &ReleaseVersion) -> String {
    pattern
        .replace("{version}", version.as_str())
        .replace("{normalized}", &version.normalized())
        .replace("{series}", version.series().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_braces_that_stand_for_nothing() {
        for (text, expected) in [
            ("v{version}", None),
            ("{series}/{normalized}", None),
            ("release/{a,b}", None),
            ("v{nosuch}", Some("{nosuch}")),
            ("{version", Some("{version")),
            ("{version} {Version}", Some("{Version}")),
        ] {
            assert_eq!(unknown_placeholder(text), expected, "{text}");
        }
    }
}
