//! Settings on the command line: `--python-infer-init-files=always`, as Pants takes them.
//!
//! A flag is one more layer on top of the files: the same keys, read by the same code.

use std::ops::Range;
use std::sync::LazyLock;

use super::keys::Sections;
use super::tree::{SettingNode, SettingTree};

/// The sections whose keys can be set by flags. Only sections that people set by flag are listed,
/// since every flag is declared for every command, which takes time at the start.
const SECTIONS: &[&str] = &[
    "coverage-py",
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
    pub(super) key: &'static FlagKey,
    /// `--python-infer-init-files=always`
    pub(super) text: String,
}

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
    pub fn new(key: &'static FlagKey, value: &str) -> Self {
        Self {
            key,
            text: format!("--{}={value}", key.name),
        }
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
