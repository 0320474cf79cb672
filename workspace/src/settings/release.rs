//! How the settings of `[release]` are read: hooks, edits, steps, profiles.

use std::fmt;

use ::release::next::NextVersion;
use ::release::settings::{
    CandidateNotes, FileEdit, FinalNewline, FragmentPolicy, Hook, HookReleases, HookTime,
    OwnRelease, PLACEHOLDERS, Profile, StepKind, TagKind, VERSION_PLACEHOLDERS,
    unknown_placeholder,
};

use super::kinds::{Fields, Setting};
use super::tree::{SettingMistake, SettingMistakeKind, SettingNode};

/// An index to publish to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishIndex {
    /// Where files are sent.
    pub upload: String,
    /// The listing of the same index.
    pub check: Option<String>,
}

/// A text in which placeholders stand for parts of the version.
#[derive(Clone, PartialEq, Eq)]
pub struct VersionedText(pub String);

/// The name of a tag, which tells the version.
#[derive(Clone, PartialEq, Eq)]
pub struct TagTemplate(pub String);

// Values of settings are shown as they are in a file.
impl fmt::Debug for VersionedText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Debug for TagTemplate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Setting for VersionedText {
    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        let text: String = Setting::read(node)?;
        match unknown_placeholder(&text) {
            None => Ok(Self(text)),
            Some(unknown) => Err(bad(
                node,
                format!(
                    "`{unknown}` stands for nothing: placeholders are {}",
                    quoted(&PLACEHOLDERS).join(", ")
                ),
            )),
        }
    }
}

impl Setting for TagTemplate {
    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        let VersionedText(text) = Setting::read(node)?;
        match VERSION_PLACEHOLDERS.iter().any(|name| text.contains(name)) {
            true => Ok(Self(text)),
            false => Err(bad(
                node,
                format!(
                    "`{text}` is the same tag for each version: it needs {}",
                    quoted(&VERSION_PLACEHOLDERS).join(" or ")
                ),
            )),
        }
    }
}

fn quoted(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| format!("`{word}`")).collect()
}

/// Reads one of some words.
fn word<T: Copy>(node: &SettingNode, words: &[(&'static str, T)]) -> Result<T, SettingMistake> {
    let text = node.text("a word")?;
    let found = words.iter().find(|(word, _)| *word == text);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let known: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
        bad(node, format!("`{text}` is not one of {}", known.join(", ")))
    })
}

fn bad(node: &SettingNode, reason: String) -> SettingMistake {
    node.mistake(SettingMistakeKind::BadValue(reason))
}

macro_rules! words {
    ($($Type:ty: $words:expr,)+) => {$(
        impl Setting for $Type {
            fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
                word(node, &$words)
            }
        }
    )+};
}

words! {
    Profile: Profile::ALL,
    StepKind: StepKind::ALL,
    FinalNewline: [
        ("keep", FinalNewline::Keep),
        ("always", FinalNewline::Always),
        ("never", FinalNewline::Never),
    ],
    CandidateNotes: [
        ("kept", CandidateNotes::Kept),
        ("gathered", CandidateNotes::Gathered),
    ],
    NextVersion: [
        ("patch", NextVersion::Patch),
        ("minor", NextVersion::Minor),
        ("major", NextVersion::Major),
    ],
    FragmentPolicy: [
        ("optional", FragmentPolicy::Optional),
        ("required", FragmentPolicy::Required),
    ],
    TagKind: [("annotated", TagKind::Annotated), ("lightweight", TagKind::Lightweight)],
    HookTime: [("before", HookTime::Before), ("after", HookTime::After)],
    HookReleases: [
        ("all", HookReleases::All),
        ("final", HookReleases::Final),
        ("pre-releases", HookReleases::PreReleases),
        ("new-series", HookReleases::NewSeries),
    ],
}

impl Setting for Hook {
    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        let fields = Fields::read(node, &["name", "run", "output", "when", "releases"])?;
        Ok(Self {
            name: fields.need("name")?,
            command: fields.need("run")?,
            output: fields.get("output")?,
            when: fields.get("when")?.unwrap_or(HookTime::Before),
            releases: fields.get("releases")?.unwrap_or(HookReleases::All),
        })
    }
}

impl Setting for FileEdit {
    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        let fields = Fields::read(node, &["path", "search", "replace", "releases"])?;
        Ok(Self {
            path: fields.need("path")?,
            search: fields.need("search")?,
            replace: fields.need("replace")?,
            releases: fields.get("releases")?.unwrap_or(HookReleases::All),
        })
    }
}

impl Setting for OwnRelease {
    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        let known = &["version_file", "tag_name", "news_file", "fragments"];
        let fields = Fields::read(node, known)?;
        Ok(Self {
            version_file: fields.need("version_file")?.into(),
            tag_name: fields.get::<TagTemplate>("tag_name")?.map(|name| name.0),
            news_file: fields.get::<VersionedText>("news_file")?.map(|name| name.0),
            fragments: fields.get::<String>("fragments")?.map(Into::into),
        })
    }
}

impl Setting for PublishIndex {
    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        let fields = Fields::read(node, &["upload", "check"])?;
        Ok(Self {
            upload: fields.need("upload")?,
            check: fields.get("check")?,
        })
    }
}
