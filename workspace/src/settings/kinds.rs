//! How each kind of setting is read from a value: strings, lists, tables, names, platforms.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::time::Duration;

use ::remote::{BearerToken, CacheContentBehavior, RemoteCacheWarnings, RemoteProvider};
use camino::{Utf8Path, Utf8PathBuf};
use checks::{BuildFileFormatter, CheckTool};
use engine::SandboxKeeping;
use install::environment::LinkMode;
use model::{
    ExtraName, ForkStrategy, InterpreterConstraints, MetadataOverride, Override, PackageName,
    PackageSet, Platform, PrereleasePolicy, RepoPath, Requirement, Specifiers, Version,
    VersionSpecifiers, nearest,
};
use pytest::{CoverageReport, OutputPolicy};
use targets::kinds::{TypeDeclaration, Values};
use targets::query::Dependents;
use targets::{Ambiguity, Behavior, InitFiles};
use wheel::MetadataVersion;
use wheel::RequiresPythonRule;
use wheel::rules::LicenseStyle;

use super::cutoff::Cutoff;
use super::level::MessageLevel;
use super::tree::{Entry, SettingMistake, SettingMistakeKind, SettingNode, SettingTree};

/// A type that settings can have.
pub(super) trait Setting: Sized {
    /// Whether a flag of the command line that gives no value means `true`.
    const SWITCH: bool = false;

    /// The value that `node` gives.
    fn read(node: &SettingNode) -> Result<Self, SettingMistake>;

    /// Changes the value that an earlier file or the default gave.
    fn update(&mut self, node: &SettingNode) -> Result<(), SettingMistake> {
        *self = Self::read(node)?;
        Ok(())
    }
}

impl Setting for bool {
    const SWITCH: bool = true;

    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        match &node.tree {
            SettingTree::Bool(value) => Ok(*value),
            // Pants reads the text of a value, whatever it is in TOML.
            SettingTree::Text(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            SettingTree::Text(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            _ => Err(node.wrong_type("`true` or `false`")),
        }
    }
}

/// The setting is a whole number.
macro_rules! whole_number {
    ($($Type:ty)+) => {$(
        impl Setting for $Type {
            fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
                let value = match &node.tree {
                    SettingTree::Integer(value) => Some(*value),
                    SettingTree::Text(text) => text.trim().parse::<i64>().ok(),
                    _ => None,
                };
                let value = value.ok_or_else(|| node.wrong_type("a whole number"))?;
                Self::try_from(value).map_err(|_| {
                    node.mistake(SettingMistakeKind::BadValue("must not be negative".to_owned()))
                })
            }
        }
    )+};
}

whole_number!(u32 u64 usize);

/// Seconds, which need not be whole.
impl Setting for Duration {
    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        const EXPECTED: &str = "a number of seconds";
        let seconds = match &node.tree {
            SettingTree::Integer(seconds) => seconds.to_string(),
            _ => node.text(EXPECTED)?.to_owned(),
        };
        let seconds = seconds.trim().parse::<f64>();
        let seconds = seconds.map_err(|_| node.wrong_type(EXPECTED))?;
        Self::try_from_secs_f64(seconds).map_err(|_| {
            node.mistake(SettingMistakeKind::BadValue(format!(
                "{seconds} seconds are no time"
            )))
        })
    }
}

impl Setting for String {
    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        node.text("a string").map(str::to_owned)
    }
}

impl Setting for Utf8PathBuf {
    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        node.text("a path").map(Self::from)
    }
}

/// A file of the repository: its path from the root, with `.` and `..` followed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RepositoryFile(Utf8PathBuf);

impl Deref for RepositoryFile {
    type Target = Utf8Path;

    fn deref(&self) -> &Utf8Path {
        &self.0
    }
}

impl fmt::Display for RepositoryFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl AsRef<Utf8Path> for RepositoryFile {
    fn as_ref(&self) -> &Utf8Path {
        &self.0
    }
}

impl FromStr for RepositoryFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match RepoPath::new("").follow(text) {
            None => Err(format!(
                "`{text}` is not in the repository: paths are relative to its root"
            )),
            Some(_) if is_folder(text) => Err(format!("`{text}` is a folder, not a file")),
            Some(path) => Ok(Self(path.into())),
        }
    }
}

/// Whether a path names a folder by its last part.
fn is_folder(path: &str) -> bool {
    let last = path.rsplit('/').next();
    last.is_some_and(|last| ["", ".", ".."].contains(&last))
}

impl Setting for RepositoryFile {
    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        let path = node.text("a path")?.parse();
        path.map_err(|reason| node.mistake(SettingMistakeKind::BadValue(reason)))
    }
}

impl<T: Setting> Setting for Option<T> {
    const SWITCH: bool = T::SWITCH;

    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        T::read(node).map(Some)
    }
}

/// Replaced by a list; changed by `{ add = […], remove = […] }`, `"+[…]"`, `"-[…]"` or one item
/// alone, as in Pants.
impl<T: Setting + PartialEq> Setting for Vec<T> {
    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        node.list("a list")?.iter().map(T::read).collect()
    }

    fn update(&mut self, node: &SettingNode) -> Result<(), SettingMistake> {
        match &node.tree {
            SettingTree::Table(entries) => {
                for entry in entries {
                    match entry.name.as_str() {
                        "add" => self.extend(Self::read(&entry.node)?),
                        "remove" => self.take_away(&Self::read(&entry.node)?),
                        _ => {
                            return Err(node.wrong_type("a list, or a table of `add` and `remove`"));
                        }
                    }
                }
            }
            SettingTree::Text(_) if let Some(changes) = node.changes() => {
                for (is_added, change) in changes {
                    let items = Self::read(&change)?;
                    match is_added {
                        true => self.extend(items),
                        false => self.take_away(&items),
                    }
                }
            }
            SettingTree::Text(text) if !text.starts_with(['[', '(']) => self.push(T::read(node)?),
            _ => *self = Self::read(node)?,
        }
        Ok(())
    }
}

/// Arguments of a tool. A text is split as a shell splits it, and added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolArguments(pub Vec<String>);

impl Setting for ToolArguments {
    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        let mut words = Vec::new();
        for item in node.list("a list of arguments")? {
            let text = item.text("an argument")?;
            let split = shlex::split(text).ok_or_else(|| {
                let reason = format!("`{text}` has a quote that does not end");
                item.mistake(SettingMistakeKind::BadValue(reason))
            })?;
            words.extend(split);
        }
        Ok(Self(words))
    }

    fn update(&mut self, node: &SettingNode) -> Result<(), SettingMistake> {
        let of = |tree| SettingNode {
            tree,
            span: node.span.clone(),
        };
        match &node.tree {
            SettingTree::Text(text) if text.starts_with('[') => *self = Self::read(node)?,
            SettingTree::Text(_) if let Some(changes) = node.changes() => {
                for (is_added, change) in changes {
                    let words = Self::read(&change)?.0;
                    match is_added {
                        true => self.0.extend(words),
                        false => self.0.take_away(&words),
                    }
                }
            }
            SettingTree::Text(_) => {
                let added = of(SettingTree::List(vec![node.clone()]));
                self.0.extend(Self::read(&added)?.0);
            }
            SettingTree::Table(_) => self.0.update(node)?,
            _ => *self = Self::read(node)?,
        }
        Ok(())
    }
}

trait TakeAway {
    fn take_away(&mut self, items: &Self);
}

impl<T: PartialEq> TakeAway for Vec<T> {
    fn take_away(&mut self, items: &Self) {
        self.retain(|item| !items.contains(item));
    }
}

/// Replaced by a table; changed by `{ add = {…}, remove = […] }` and `"+{…}"`, as in Pants.
impl<T: Setting> Setting for BTreeMap<String, T> {
    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        node.table("a table")?
            .into_iter()
            .map(|entry| Ok((entry.name, T::read(&entry.node)?)))
            .collect()
    }

    fn update(&mut self, node: &SettingNode) -> Result<(), SettingMistake> {
        match &node.tree {
            SettingTree::Table(entries) if is_change(entries) => {
                for entry in entries {
                    match entry.name.as_str() {
                        "add" => self.extend(Self::read(&entry.node)?),
                        _ => {
                            let names = Vec::<String>::read(&entry.node)?;
                            self.retain(|name, _| !names.contains(name));
                        }
                    }
                }
            }
            SettingTree::Text(_) if let Some(changes) = node.changes() => {
                for (_, added) in changes {
                    self.extend(Self::read(&added)?);
                }
            }
            _ => *self = Self::read(node)?,
        }
        Ok(())
    }
}

/// Whether a table changes another: a resolve that is called `add` has a text for its value.
fn is_change(entries: &[Entry]) -> bool {
    let changes = |entry: &Entry| {
        matches!(
            (entry.name.as_str(), &entry.node.tree),
            ("add", SettingTree::Table(_)) | ("remove", SettingTree::List(_))
        )
    };
    !entries.is_empty() && entries.iter().all(changes)
}

/// The entries of a table whose keys are fixed.
pub(super) struct Fields<'a> {
    node: &'a SettingNode,
    entries: Vec<Entry>,
}

impl<'a> Fields<'a> {
    pub(super) fn read(
        node: &'a SettingNode,
        known: &'static [&'static str],
    ) -> Result<Self, SettingMistake> {
        let entries = node.table("a table")?;
        for entry in &entries {
            if !known.contains(&entry.name.as_str()) {
                let hint = match nearest(&entry.name, known.iter().copied()) {
                    Some(nearest) => format!("did you mean `{nearest}`?"),
                    None => format!("known are {}", known.join(", ")),
                };
                return Err(entry.node.mistake(SettingMistakeKind::BadValue(format!(
                    "`{}` is no key here; {hint}",
                    entry.name
                ))));
            }
        }
        Ok(Self { node, entries })
    }

    pub(super) fn get<T: Setting>(&self, name: &str) -> Result<Option<T>, SettingMistake> {
        let entry = self.entries.iter().find(|entry| entry.name == name);
        entry.map(|entry| T::read(&entry.node)).transpose()
    }

    pub(super) fn need(&self, name: &str) -> Result<String, SettingMistake> {
        self.get(name)?.ok_or_else(|| {
            let reason = format!("a `{name}` is missing");
            self.node.mistake(SettingMistakeKind::BadValue(reason))
        })
    }
}

/// The keys are names of projects, in any spelling.
impl<T: Setting> Setting for BTreeMap<PackageName, T> {
    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        let named = |entry: Entry| {
            let name = entry.name.parse();
            let name = name.map_err(|error| entry.node.mistake(first_line(&error)))?;
            Ok((name, T::read(&entry.node)?))
        };
        node.table("a table")?.into_iter().map(named).collect()
    }
}

impl Setting for MetadataOverride {
    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        const KEYS: [&str; 5] = [
            "name",
            "version",
            "requires_dist",
            "requires_python",
            "provides_extra",
        ];
        let fields = Fields::read(node, &KEYS)?;
        Ok(Self {
            name: match fields.get("name")? {
                Some(name) => name,
                None => fields
                    .need("name")?
                    .parse()
                    .map_err(|_| node.wrong_type("a name"))?,
            },
            version: fields.get("version")?,
            requires_dist: fields.get("requires_dist")?.unwrap_or_default(),
            requires_python: fields.get("requires_python")?.map(Specifiers),
            provides_extra: fields.get("provides_extra")?.unwrap_or_default(),
        })
    }
}

impl Setting for InterpreterConstraints {
    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        let items = node.list("a list such as [\"CPython==3.12.*\"]")?;
        let mut constraints = Vec::new();
        for item in &items {
            let constraint = item.text("a string such as \"CPython==3.12.*\"")?;
            Self::parse(&[constraint]).map_err(|error| item.mistake(first_line(&error)))?;
            constraints.push(constraint);
        }
        Self::parse(&constraints).map_err(|error| node.mistake(first_line(&error)))
    }
}

/// The reason without the excerpt that some parsers add: ours shows the whole line.
fn first_line(error: &impl std::fmt::Display) -> SettingMistakeKind {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    SettingMistakeKind::BadValue(line.trim_end_matches(':').to_owned())
}

/// The setting is a string that `FromStr` reads.
macro_rules! parsed {
    ($($Type:ty: $expected:literal,)+) => {$(
        impl Setting for $Type {
            fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
                Self::from_str(node.text($expected)?)
                    .map_err(|error| node.mistake(first_line(&error)))
            }
        }
    )+};
}

parsed! {
    MessageLevel: "how much is told, such as `warn`",
    PackageName: "the name of a package",
    Override: "a requirement, or `project=requirement`",
    Platform: "the name of a platform",
    Cutoff: "a date or a point in time",
    LinkMode: "`hardlink` or `copy`",
    Requirement: "a requirement such as `a>=1`",
    Version: "a version",
    VersionSpecifiers: "version specifiers such as `>=3.9`",
    ExtraName: "the name of an extra or group",
}

/// A token, or `@FILE` for the one in a file, as Pants has it.
impl Setting for BearerToken {
    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        let text = node.text("a token, or `@FILE`")?;
        Ok(match text.strip_prefix('@') {
            Some(file) => Self::File(file.into()),
            None => Self::Text(text.to_owned()),
        })
    }
}

impl Setting for PackageSet {
    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        let items = node.list("a list")?;
        let read = |item: &SettingNode| {
            let entry = item.text("the name of a package, or `:all:`")?;
            Self::from_str(entry).map_err(|error| item.mistake(first_line(&error)))
        };
        items.iter().map(read).collect()
    }
}

impl Setting for Values {
    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        let word = node.text("what a field takes, such as `texts`")?;
        Self::named(word).ok_or_else(|| {
            let words: Vec<&str> = Self::NAMED.iter().map(|(word, _)| *word).collect();
            let message = format!("`{word}` is not one of `{}`", words.join("`, `"));
            node.mistake(SettingMistakeKind::BadValue(message))
        })
    }
}

impl Setting for TypeDeclaration {
    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        let mut declaration = Self::default();
        for entry in node.table("a table that describes a target type")? {
            match entry.name.as_str() {
                "generates" => declaration.generates = Some(String::read(&entry.node)?),
                "source" => declaration.source = Some(String::read(&entry.node)?),
                "sources" => declaration.sources = Some(Vec::read(&entry.node)?),
                "fields" => declaration.fields = BTreeMap::read(&entry.node)?,
                other => {
                    let message = format!(
                        "`{other}` is not one of `generates`, `source`, `sources` and `fields`"
                    );
                    return Err(entry.node.mistake(SettingMistakeKind::BadValue(message)));
                }
            }
        }
        Ok(declaration)
    }
}

impl Setting for CheckTool {
    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        let entries = node.table("a table that describes a tool")?;
        Self::read(node.value()).map_err(|problem| {
            // The key that a message names is where the mistake is.
            let named = |entry: &&Entry| problem.contains(&format!("`{}`", entry.name));
            let place = entries.iter().find(named);
            let span = place.map_or(&node.span, |entry| &entry.name_span);
            SettingMistake {
                span: span.clone(),
                kind: SettingMistakeKind::BadValue(problem),
            }
        })
    }
}

/// The setting is one of some words.
macro_rules! choice {
    ($Type:ty { $($word:literal => $value:expr,)+ }) => {
        impl Setting for $Type {
            fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
                const EXPECTED: &str = concat!("one of", $(" `", $word, "`",)+);
                match node.text(EXPECTED)? {
                    $($word => Ok($value),)+
                    other => Err(node.mistake(SettingMistakeKind::BadValue(
                        format!("`{other}` is not {EXPECTED}"),
                    ))),
                }
            }
        }
    };
}

/// How a distribution requires another of the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstPartyRequirements {
    /// `==`
    Exact,
    /// `~=`
    Compatible,
    /// `>=`
    Minimum,
    /// Any version.
    Any,
}

/// A number from 0 to 100, with a fraction or without.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percentage(pub f64);

impl Setting for Percentage {
    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        let value = match &node.tree {
            SettingTree::Integer(value) => value.to_string().parse().ok(),
            SettingTree::Text(text) => text.trim().parse::<f64>().ok(),
            _ => None,
        };
        match value {
            Some(value) if (0.0..=100.0).contains(&value) => Ok(Self(value)),
            Some(_) => {
                let reason = "must be from 0 to 100".to_owned();
                Err(node.mistake(SettingMistakeKind::BadValue(reason)))
            }
            None => Err(node.wrong_type("a number from 0 to 100")),
        }
    }
}

choice!(BuildFileFormatter {
    "black" => Self::Black,
    "ruff" => Self::Ruff,
    "yapf" => Self::Yapf,
});

choice!(Dependents {
    "none" => Self::None,
    "direct" => Self::Direct,
    "transitive" => Self::Transitive,
});

choice!(OutputPolicy {
    "all" => Self::All,
    "failed" => Self::Failed,
    "none" => Self::None,
});

choice!(CoverageReport {
    "console" => Self::Console,
    "xml" => Self::Xml,
    "html" => Self::Html,
    "raw" => Self::Raw,
    "json" => Self::Json,
    "lcov" => Self::Lcov,
});

choice!(Behavior {
    "ignore" => Self::Ignore,
    "warn" => Self::Warn,
    "warning" => Self::Warn,
    "error" => Self::Error,
});

choice!(SandboxKeeping {
    "always" => Self::Always,
    "on_failure" => Self::OnFailure,
    "never" => Self::Never,
});

choice!(InitFiles {
    "always" => Self::Always,
    "content_only" => Self::ContentOnly,
    "never" => Self::Never,
});

choice!(Ambiguity {
    "none" => Self::None,
    "by_source_root" => Self::BySourceRoot,
    "by_project" => Self::ByProject,
});

choice!(PrereleasePolicy {
    "if-necessary" => Self::IfNecessary,
    "allow" => Self::Allow,
    "disallow" => Self::Disallow,
});

choice!(ForkStrategy {
    "requires-python" => Self::RequiresPython,
    "fewest" => Self::Fewest,
});

choice!(FirstPartyRequirements {
    "==" => Self::Exact,
    "~=" => Self::Compatible,
    ">=" => Self::Minimum,
    "exact" => Self::Exact,
    "compatible" => Self::Compatible,
    "any" => Self::Any,
});

choice!(MetadataVersion {
    "2.1" => Self::V2_1,
    "2.2" => Self::V2_2,
    "2.3" => Self::V2_3,
    "2.4" => Self::V2_4,
    "2.5" => Self::V2_5,
});

choice!(LicenseStyle {
    "expression" => Self::Expression,
    "classifier" => Self::Classifier,
});

choice!(RequiresPythonRule {
    "as-written" => Self::AsWritten,
    "minor-range" => Self::MinorRange,
});

choice!(RemoteProvider {
    "reapi" => Self::Reapi,
    "file" => Self::File,
    "experimental-file" => Self::File,
    "s3" => Self::S3,
    "github-actions-cache" => Self::GithubActionsCache,
    "experimental-github-actions-cache" => Self::GithubActionsCache,
});

choice!(RemoteCacheWarnings {
    "ignore" => Self::Ignore,
    "first_only" => Self::FirstOnly,
    "backoff" => Self::Backoff,
    "always" => Self::Always,
});

choice!(CacheContentBehavior {
    "fetch" => Self::Fetch,
    "validate" => Self::Validate,
    "defer" => Self::Defer,
});
