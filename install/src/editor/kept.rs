//! What is the user's and what is ours: a value that this tool did not write stays.

/// A setting that the user has set otherwise than this tool would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSetting {
    /// Its keys, with dots between them.
    pub key: String,
    /// The value that is there and stays.
    pub there: String,
    /// The value that this tool would set.
    pub ours: String,
}

/// Whether a value was written by this tool, or by Pants: it leads to an exported environment.
pub(super) fn is_ours(value: &str) -> bool {
    value.contains("dist/export/")
}
