//! Reads the table of target types, `pants.txt`.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::field::{FieldType, PantsVersions};
use super::role::OPEN;
use super::target_type::TargetType;
use super::values::Values;

/// The table as text. It is read once, when the first type is asked for.
const TEXT: &str = include_str!("pants.txt");

/// All types, sorted by name.
static TYPES: LazyLock<Vec<TargetType>> = LazyLock::new(|| {
    let (fields, types) = TEXT.split_once("[types]\n").unwrap_or_default();
    let fields = fields.split_once("[fields]\n").unwrap_or_default().1;
    let fields: FxHashMap<&str, FieldType> = fields.lines().filter_map(field).collect();
    let mut types: Vec<TargetType> = types
        .lines()
        .map(|line| target_type(line, &fields))
        .collect();
    types.extend(OPEN.iter().map(|name| TargetType::open(name)));
    types.sort_unstable_by_key(|one| one.name);
    types
});

/// The types that Pants ships, sorted by name.
#[must_use]
pub fn shipped_types() -> &'static [TargetType] {
    &TYPES
}

impl TargetType {
    /// The type of that name that Pants ships.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        let types = shipped_types();
        let at = types.binary_search_by(|known| known.name.cmp(name)).ok()?;
        Some(&types[at])
    }
}

/// A line below `[fields]`: the name that lines of types use, and the field.
fn field(line: &'static str) -> Option<(&'static str, FieldType)> {
    let (key, rest) = line.split_once(' ')?;
    let (takes, default) = match rest.split_once(" = ") {
        Some((takes, default)) => (takes, Some(default)),
        None => (rest, None),
    };
    let required = takes.ends_with('!');
    let field = FieldType {
        name: key.split_once('/').map_or(key, |(name, _)| name),
        values: Values::read(takes.trim_end_matches('!'))?,
        required,
        default,
        versions: PantsVersions::Both,
        moves: false,
    };
    Some((key, field))
}

/// A line below `[types]`.
fn target_type(line: &'static str, fields: &FxHashMap<&str, FieldType>) -> TargetType {
    let (head, names) = line
        .split_once(": ")
        .unwrap_or((line.trim_end_matches(':'), ""));
    let (name, generates) = match head.split_once(" -> ") {
        Some((name, generates)) => (name, Some(generates)),
        None => (head, None),
    };
    let (name, versions) = PantsVersions::split(name);
    let own = names.split_whitespace().filter_map(|text| {
        let moves = text.ends_with('>');
        let (key, versions) = PantsVersions::split(text.trim_end_matches('>'));
        let field = fields.get(key)?;
        Some(FieldType {
            versions,
            moves,
            ..field.clone()
        })
    });
    TargetType::new(name, generates, own.collect()).of(versions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read() {
        let lines = |text: &str| text.lines().filter(|line| !line.is_empty()).count();
        let (fields, types) = TEXT.split_once("[types]\n").unwrap();
        let fields = fields.split_once("[fields]\n").unwrap().1;
        assert_eq!(fields.lines().filter_map(field).count(), lines(fields));
        assert_eq!(TYPES.len(), lines(types) + OPEN.len());
        let named: usize = types
            .lines()
            .map(|line| {
                line.split(": ")
                    .nth(1)
                    .map_or(0, |names| names.split_whitespace().count())
            })
            .sum();
        assert_eq!(
            TYPES.iter().map(|one| one.fields.len()).sum::<usize>(),
            named
        );
        assert!(TYPES.windows(2).all(|pair| pair[0].name < pair[1].name));
    }
}
