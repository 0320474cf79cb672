//! How much a run tells.

use std::str::FromStr;

/// How much is told: each level tells what the levels before it do, and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum MessageLevel {
    /// Errors alone.
    Error,
    /// Warnings too.
    Warn,
    /// What happens.
    #[default]
    Info,
    /// What is downloaded, why something is done again, which settings are not used.
    Debug,
    /// Each message with the time since the start.
    Trace,
}

impl MessageLevel {
    /// The words for the levels, which are Pants'.
    pub const WORDS: [(&'static str, Self); 5] = [
        ("error", Self::Error),
        ("warn", Self::Warn),
        ("info", Self::Info),
        ("debug", Self::Debug),
        ("trace", Self::Trace),
    ];
}

impl FromStr for MessageLevel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::WORDS
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(text));
        known.map(|(_, level)| *level).ok_or_else(|| {
            let words = Self::WORDS.map(|(word, _)| word);
            format!("`{text}` is not one of `{}`", words.join("` `"))
        })
    }
}
