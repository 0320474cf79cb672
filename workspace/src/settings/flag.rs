//! Settings on the command line: `--python-infer-init-files=always`, as Pants takes them.
//!
//! A flag is one more layer on top of the files: the same keys, read by the same code.

use std::ops::Range;
use std::sync::LazyLock;

use super::keys::{Section, Sections, ToolOptions};
use super::tree::{SettingNode, SettingTree};

/// The sections whose keys can be set by flags. Only sections that people set by flag are listed,
/// since every flag is declared for every command, which takes time at the start.
const SECTIONS: &[&str] = &[
    "coverage-py",
    "debug-adapter",
    "pytest",
    "python-infer",
    "subprocess-environment",
    "test",
];

/// What an error names as the file of a flag.
pub(super) const COMMAND_LINE: &str = "the command line";

static KEYS: LazyLock<Vec<FlagKey>> = LazyLock::new(|| {
    let mut sections = Sections::default();
    let mut keys = Vec::new();
    for section in SECTIONS {
        let Some(known) = sections.get_mut(section) else {
            continue;
        };
        keys.extend(known.keys().iter().map(|key| FlagKey {
            section,
            key,
            name: format!("{section}-{}", key.replace('_', "-")),
            negation: format!("no-{section}-{}", key.replace('_', "-")),
            own: format!("own-{section}-{}", key.replace('_', "-")),
            switch: known.is_switch(key),
        }));
    }
    keys
});

/// A key that can be set by a flag.
#[derive(Debug, PartialEq, Eq)]
pub struct FlagKey {
    pub(super) section: &'static str,
    pub(super) key: &'static str,
    name: String,
    negation: String,
    own: String,
    switch: bool,
}

/// A setting for one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingFlag {
    pub(super) section: String,
    pub(super) key: String,
    /// `--python-infer-init-files=always`
    pub(super) text: String,
}

/// The section whose keys are flags without its name.
const GLOBAL: &str = "GLOBAL";

/// The sections whose keys can be set by flags that no command declares.
const OF_GOALS: &[&str] = &[
    "lint",
    "fmt",
    "fix",
    "check",
    "tailor",
    "update-build-files",
    "python",
    "shell-setup",
    "docker",
    "protoc",
];

impl FlagKey {
    /// The keys of the sections that people set for one run.
    pub fn of_sections_with_flags() -> &'static [Self] {
        &KEYS
    }

    /// The section.
    pub fn section(&self) -> &'static str {
        self.section
    }

    /// The key as a flag of the section's own command has it: `init-files`.
    pub fn short_name(&self) -> &str {
        &self.name[self.section.len() + 1..]
    }

    /// The name of the flag: `python-infer-init-files`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of the flag that switches it off: `no-test-force`.
    pub fn negation(&self) -> &str {
        &self.negation
    }

    /// What the parser knows the flag of the section's own command by.
    pub fn own_id(&self) -> &str {
        &self.own
    }

    /// Whether the flag alone, without a value, means `true`.
    pub fn is_switch(&self) -> bool {
        self.switch
    }
}

impl SettingFlag {
    /// The value of a key, as it was typed.
    pub fn new(key: &FlagKey, value: &str) -> Self {
        Self {
            section: key.section.to_owned(),
            key: key.key.to_owned(),
            text: format!("--{}={value}", key.name),
        }
    }

    /// An argument as Pants takes it for a goal or a tool, such as `--lint-only=black`,
    /// `--black-skip`, `--no-black-config-discovery` or `--black-args=--fast`; none if it is another.
    #[must_use]
    pub fn parse(argument: &str) -> Option<Self> {
        let typed = argument.strip_prefix("--")?;
        let (name, value) = match typed.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (typed, None),
        };
        let (name, value) = match (name.strip_prefix("no-"), value) {
            (Some(name), None) => (name, Some("false")),
            _ => (name, value),
        };
        let is_declared = |key: &FlagKey| key.name == name || name.starts_with(key.section);
        if FlagKey::of_sections_with_flags().iter().any(is_declared) {
            return None;
        }
        let (section, key, is_switch) = section_and_key(name)?;
        let value = value.or(is_switch.then_some("true"))?;
        Some(Self {
            text: format!("--{name}={value}"),
            section,
            key,
        })
    }

    /// The value as it would be in a file: text if the key takes text, otherwise TOML.
    pub(super) fn node(&self) -> SettingNode {
        let start = self.text.find('=').map_or(0, |equals| equals + 1);
        let span: Range<usize> = start..self.text.len();
        let value = &self.text[start..];
        let tree = match (value, value.parse()) {
            ("true", _) => SettingTree::Bool(true),
            ("false", _) => SettingTree::Bool(false),
            (_, Ok(number)) => SettingTree::Integer(number),
            (text, Err(_)) => SettingTree::Text(text.to_owned()),
        };
        SettingNode { tree, span }
    }
}

/// The section and key that the name of a flag stands for, and whether the key is a switch.
fn section_and_key(name: &str) -> Option<(String, String, bool)> {
    let mut sections = Sections::default();
    let global = sections.get_mut(GLOBAL)?;
    let key = name.replace('-', "_");
    if global.keys().contains(&key.as_str()) {
        let is_switch = global.is_switch(&key);
        return Some((GLOBAL.to_owned(), key, is_switch));
    }
    for goal in OF_GOALS {
        let section = sections.get_mut(goal)?;
        let rest = name
            .strip_prefix(goal)
            .and_then(|rest| rest.strip_prefix('-'));
        let key = rest.map(|rest| rest.replace('-', "_"));
        if let Some(key) = key.filter(|key| section.keys().contains(&key.as_str())) {
            let is_switch = section.is_switch(&key);
            return Some(((*goal).to_owned(), key, is_switch));
        }
    }
    let options = ToolOptions::default();
    let of_tool = options.keys().iter().filter_map(|key| {
        let end = format!("-{}", key.replace('_', "-"));
        let tool = name.strip_suffix(&end).filter(|tool| !tool.is_empty())?;
        Some((tool.to_owned(), (*key).to_owned(), options.is_switch(key)))
    });
    // `--black-config-discovery` ends with the shorter name of no key, but may with that of another.
    of_tool.min_by_key(|(tool, _, _)| tool.len())
}
