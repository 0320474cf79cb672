//! How many programs run at one time, and how much memory they have.

use std::num::NonZeroUsize;

use super::kinds::Setting;
use super::tree::{SettingMistake, SettingMistakeKind, SettingNode, SettingTree};

/// A number of programs: one or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parallelism(pub NonZeroUsize);

/// A number of bytes, as Pants writes it: `2GiB`, `512MiB`, `1000`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MemorySize(u64);

impl MemorySize {
    /// So many mebibytes.
    #[must_use]
    pub const fn mebibytes(number: u64) -> Self {
        Self(number << 20)
    }

    /// How many parts of this size it has, at least one.
    #[must_use]
    pub fn parts(self, part: Self) -> NonZeroUsize {
        let parts = self.0 / part.0.max(1);
        let parts = usize::try_from(parts).ok().and_then(NonZeroUsize::new);
        parts.unwrap_or(NonZeroUsize::MIN)
    }

    fn parse(text: &str) -> Option<Self> {
        const UNITS: &[(&str, u64)] = &[("GiB", 30), ("MiB", 20), ("KiB", 10), ("B", 0)];
        let text = text.trim();
        let unit = UNITS.iter().find_map(|(unit, shift)| {
            let number = text.strip_suffix(unit)?;
            Some((number, *shift))
        });
        let (number, shift) = unit.unwrap_or((text, 0));
        let number: u64 = number.trim().parse().ok()?;
        number.checked_mul(1 << shift).map(Self)
    }
}

impl Setting for Parallelism {
    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        NonZeroUsize::read(node).map(Self)
    }
}

impl Setting for NonZeroUsize {
    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        Self::new(usize::read(node)?).ok_or_else(|| {
            let reason = "must be one or more".to_owned();
            node.mistake(SettingMistakeKind::BadValue(reason))
        })
    }
}

impl Setting for MemorySize {
    fn read(node: &SettingNode) -> Result<Self, SettingMistake> {
        const EXPECTED: &str = "a size, such as `2GiB` or `512MiB`";
        let size = match &node.tree {
            SettingTree::Integer(number) => u64::try_from(*number).ok().map(Self),
            SettingTree::Text(text) => Self::parse(text),
            _ => None,
        };
        size.ok_or_else(|| node.wrong_type(EXPECTED))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_as_pants_writes_them() {
        for (text, bytes) in [
            ("1GiB", Some(1 << 30)),
            (" 2 MiB", Some(2 << 20)),
            ("1000", Some(1000)),
            ("7B", Some(7)),
            ("GiB", None),
            ("-1", None),
            ("99999999999GiB", None),
        ] {
            assert_eq!(MemorySize::parse(text), bytes.map(MemorySize), "{text}");
        }
    }

    #[test]
    fn at_least_one_program_runs() {
        let parts = |total, part| {
            let size = MemorySize::mebibytes;
            size(total).parts(size(part)).get()
        };
        assert_eq!(
            [parts(2048, 512), parts(100, 512), parts(100, 0)],
            [4, 1, 100 << 20]
        );
    }
}
