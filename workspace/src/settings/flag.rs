//! Settings on the command line: `--python-infer-init-files=always`, as Pants takes them.
//!
//! A flag is one more layer on top of the files: the same keys, read by the same code. A variable
//! such as `PANTS_PYTHON_INFER_INIT_FILES` is known by the same names.

use std::ops::Range;

use model::nearest;

use super::keys::{Section, Sections, ToolOptions};
use super::pants_keys::{
    INSTALL_FROM_RESOLVE, PROGRAM_KEYS, PROGRAMS, TOOLS, pants_keys, pants_sections,
};
use super::tree::{SettingNode, SettingTree};

/// What an error names as the file of a flag.
pub(super) const COMMAND_LINE: &str = "the command line";

/// The section whose keys are flags without its name.
pub(super) const GLOBAL: &str = "GLOBAL";

/// A setting for one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingFlag {
    pub(super) section: String,
    pub(super) key: String,
    /// `--python-infer-init-files=always`
    pub(super) text: String,
}

/// What an option of the command line says about settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlagMeaning {
    /// A setting with its value.
    Setting(SettingFlag),
    /// A setting whose value is the next argument.
    Unfinished(SettingFlag),
    /// A setting of Pants that nothing here uses.
    Unused,
    /// A section of settings that has no such key; the flag that was probably meant.
    Misspelt(Option<String>),
}

/// A key of a section.
pub(super) struct KnownKey {
    pub(super) section: String,
    pub(super) key: String,
    /// Whether the flag alone, without a value, means `true`.
    is_switch: bool,
}

impl SettingFlag {
    /// The value of a key.
    #[must_use]
    pub fn new(section: &str, key: &str, value: &str) -> Self {
        let prefix = match section {
            GLOBAL => String::new(),
            _ => format!("{section}-"),
        };
        Self {
            section: section.to_owned(),
            key: key.to_owned(),
            text: format!("--{prefix}{}={value}", key.replace('_', "-")),
        }
    }

    /// Reads an option as Pants takes it, such as `--lint-only=black`, `--black-skip`,
    /// `--no-black-config-discovery` or `--black-args=--fast`; behind the name of a goal, its own
    /// settings need no section: `test --force`. None if it has nothing to do with settings.
    #[must_use]
    pub fn read(argument: &str, goal: Option<&str>) -> Option<FlagMeaning> {
        let typed = argument.strip_prefix("--")?;
        let (name, value) = match typed.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (typed, None),
        };
        let negated = name.strip_prefix("no-");
        let known = known_key(name, goal).map(|key| (key, name, value.map(str::to_owned)));
        let known = known.or_else(|| {
            let name = negated?;
            let key = known_key(name, goal).filter(|key| key.is_switch)?;
            let is_off = value.is_none_or(|value| value.eq_ignore_ascii_case("true"));
            Some((key, name, Some((!is_off).to_string())))
        });
        let Some((known, name, value)) = known else {
            return unknown(name).or_else(|| unknown(negated?));
        };
        let flag = |value: &str| Self {
            section: known.section.clone(),
            key: known.key.clone(),
            text: format!("--{name}{value}"),
        };
        Some(match value {
            Some(value) => FlagMeaning::Setting(flag(&format!("={value}"))),
            None if known.is_switch => FlagMeaning::Setting(flag("=true")),
            None => FlagMeaning::Unfinished(flag("")),
        })
    }

    /// The flag with the value that stood in the argument behind it.
    #[must_use]
    pub fn with_value(mut self, value: &str) -> Self {
        self.text = format!("{}={value}", self.text);
        self
    }

    /// What it sets: its section and key.
    pub fn name(&self) -> (&str, &str) {
        (&self.section, &self.key)
    }

    /// The value, as it was typed.
    pub fn value(&self) -> &str {
        self.text.split_once('=').map_or("", |(_, value)| value)
    }

    /// The value as it would be in a file: each kind of setting reads a text.
    pub(super) fn node(&self) -> SettingNode {
        let start = self.text.find('=').map_or(0, |equals| equals + 1);
        let span: Range<usize> = start..self.text.len();
        let tree = SettingTree::Text(self.text[start..].to_owned());
        SettingNode { tree, span }
    }
}

/// The key that the name of a flag stands for: `python-infer-init-files`, or `init-files` behind a
/// goal that is called as its section.
pub(super) fn known_key(name: &str, goal: Option<&str>) -> Option<KnownKey> {
    let of_goal = goal.and_then(|goal| key_of(goal, name));
    of_goal
        .or_else(|| key_of(GLOBAL, name))
        .or_else(|| {
            let mut names = Sections::NAMES.iter();
            names.find_map(|section| key_of(section, rest(name, section)?))
        })
        .or_else(|| key_of_tool(name))
}

/// A key of a section with fixed keys, in the spelling of flags.
fn key_of(section: &str, name: &str) -> Option<KnownKey> {
    let mut sections = Sections::default();
    let known = sections.get_mut(section)?;
    let key = name.replace('-', "_");
    known.keys().contains(&key.as_str()).then(|| KnownKey {
        section: section.to_owned(),
        is_switch: known.is_switch(&key),
        key,
    })
}

/// A key that the sections of tools have, such as `black-config-discovery`.
fn key_of_tool(name: &str) -> Option<KnownKey> {
    let others = TOOLS.iter().chain(Sections::NAMES).copied();
    let options = ToolOptions::default();
    let found = pants_sections().chain(others).filter_map(|tool| {
        let key = rest(name, tool)?.replace('-', "_");
        let is_shared = Sections::NAMES.contains(&tool);
        let is_known = match key == INSTALL_FROM_RESOLVE {
            true => true,
            false => !is_shared && options.keys().contains(&key.as_str()),
        };
        let is_of_program = PROGRAMS.contains(&tool) && PROGRAM_KEYS.contains(&key.as_str());
        (is_known || is_of_program).then(|| KnownKey {
            section: tool.to_owned(),
            is_switch: options.is_switch(&key),
            key,
        })
    });
    found.max_by_key(|known| known.section.len())
}

/// What a name means that no key of ours has.
fn unknown(name: &str) -> Option<FlagMeaning> {
    let key = name.replace('-', "_");
    if pants_keys(GLOBAL).is_some_and(|keys| keys.contains(&key.as_str())) {
        return Some(FlagMeaning::Unused);
    }
    let sections = Sections::NAMES.iter().copied().chain(pants_sections());
    let owners = sections.filter(|section| rest(name, section).is_some());
    // `python-infer-x` is of `python-infer`, not of `python`.
    let section = owners.max_by_key(|section| section.len())?;
    let key = rest(name, section)?.replace('-', "_");
    let theirs = pants_keys(section);
    let may_be_theirs = theirs.as_ref().is_some_and(Vec::is_empty);
    let theirs = theirs.unwrap_or_default();
    let mut sections = Sections::default();
    let Some(ours) = sections.get_mut(section) else {
        return Some(FlagMeaning::Unused);
    };
    if theirs.contains(&key.as_str()) || may_be_theirs {
        return Some(FlagMeaning::Unused);
    }
    let near = nearest(&key, ours.keys().iter().copied());
    let near = near.map(|near| format!("--{section}-{}", near.replace('_', "-")));
    (near.is_some() || !theirs.is_empty()).then_some(FlagMeaning::Misspelt(near))
}

/// What stands behind the name of a section.
fn rest<'n>(name: &'n str, section: &str) -> Option<&'n str> {
    name.strip_prefix(section)?.strip_prefix('-')
}
