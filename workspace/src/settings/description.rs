//! What is known of each setting, for help and for the manual: the comments and types of [`keys`].
//!
//! [`keys`]: super::keys

use std::fmt::Debug;

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingDescription {
    /// `string_imports`
    pub key: &'static str,
    /// What it is for, as lines.
    pub about: &'static [&'static str],
    /// Its type, in Rust's words.
    pub(super) kind: &'static str,
    /// Its default.
    pub default: String,
    /// Its value now.
    pub value: String,
}

/// What is known of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionDescription {
    /// `python-infer`
    pub name: &'static str,
    /// What it is about, as lines.
    pub about: &'static [&'static str],
    /// Its keys.
    pub settings: Vec<SettingDescription>,
}

impl SettingDescription {
    /// What kind of value it takes.
    pub fn kind(&self) -> &'static str {
        let kind = self.kind.strip_prefix("Option<").unwrap_or(self.kind);
        let is = |start: &str| kind.starts_with(start);
        match kind {
            _ if is("Vec<") || is("ToolArguments") || is("PackageSet") || is("Interpreter") => {
                "list"
            }
            _ if is("BTreeMap<") => "table",
            _ if is("bool") => "switch",
            _ if is("u32") || is("u64") || is("usize") || is("NonZeroUsize") => "number",
            _ if is("Percentage") || is("Parallelism") => "number",
            _ if is("Duration") => "seconds",
            _ if is("Utf8PathBuf") => "path",
            _ => "text",
        }
    }
}

/// A value as it would be in a settings file, or much like it.
pub(super) fn shown(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    let inner = text
        .strip_prefix("Some(")
        .and_then(|rest| rest.strip_suffix(')'))
        .unwrap_or(&text);
    let is_word = |text: &str| {
        text.starts_with(char::is_uppercase) && text.chars().all(|one| one.is_alphanumeric())
    };
    match inner {
        "None" => "none".to_owned(),
        "{}" | "[]" => inner.to_owned(),
        word if is_word(word) => in_words(word),
        other => match (other.find('('), other.strip_suffix(')')) {
            // `ToolArguments([])`
            (Some(open), Some(_)) if is_word(&other[..open]) => {
                other[open + 1..other.len() - 1].to_owned()
            }
            _ => other.to_owned(),
        },
    }
}

/// `ContentOnly` as `content_only`.
fn in_words(word: &str) -> String {
    let mut words = String::new();
    for letter in word.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push('_');
        }
        words.extend(letter.to_lowercase());
    }
    words
}
