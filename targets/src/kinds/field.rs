//! A field of a target type, as the table and settings describe it.

use super::values::Values;

/// A field of a target type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldType {
    /// Its name in BUILD files.
    pub name: &'static str,
    /// What it takes.
    pub values: Values,
    /// Whether it must be set.
    pub required: bool,
    /// The value where it is not set, as Python writes it.
    pub default: Option<&'static str>,
    /// Which versions of Pants have it.
    pub versions: PantsVersions,
    /// Whether it goes from a generator to what it generates.
    pub moves: bool,
}

/// Fields of every target type; `name` is not a field.
pub const COMMON: &[&str] = &["description", "tags"];

/// Which of the two versions of Pants have a type or field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PantsVersions {
    /// 2.17 and 2.34.
    Both,
    /// 2.17 alone.
    Older,
    /// 2.34 alone.
    Newer,
}

impl PantsVersions {
    /// The name without the sign at its end, and what that says.
    pub(super) fn split(text: &str) -> (&str, Self) {
        match (text.strip_suffix('+'), text.strip_suffix('-')) {
            (Some(name), _) => (name, Self::Newer),
            (_, Some(name)) => (name, Self::Older),
            _ => (text, Self::Both),
        }
    }
}

/// The texts of a Python tuple, or one text.
pub(super) fn texts(default: &'static str) -> Vec<&'static str> {
    let quoted = default.split('\'').skip(1).step_by(2);
    quoted.collect()
}
