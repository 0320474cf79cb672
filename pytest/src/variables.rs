//! The environment variables that a test asks for: `NAME=value`, `NAME` with the caller's value, or a
//! glob of names.

use std::collections::BTreeMap;

/// An entry of `extra_env_vars`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VariableRequest {
    /// `NAME=value`
    Value(String, String),
    /// `NAME`
    Forwarded(String),
    /// `PREFIX_*`, as fnmatch reads it.
    Glob(String),
}

impl VariableRequest {
    /// Reads an entry. `%(buildroot)s` was replaced before.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.split_once('=') {
            Some((name, value)) => Self::Value(name.to_owned(), value.to_owned()),
            None if text.contains(['*', '?', '[']) => Self::Glob(text.to_owned()),
            None => Self::Forwarded(text.to_owned()),
        }
    }
}

/// The variables that entries ask for, of which later ones count; a name that the caller has not set is
/// left out.
#[must_use]
pub fn requested_variables<'e>(
    entries: impl IntoIterator<Item = &'e str>,
    caller: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    for entry in entries {
        match VariableRequest::parse(entry) {
            VariableRequest::Value(name, value) => drop(variables.insert(name, value)),
            VariableRequest::Forwarded(name) => {
                if let Some(value) = caller.get(&name) {
                    variables.insert(name, value.clone());
                }
            }
            VariableRequest::Glob(glob) => {
                let fitting = caller.iter().filter(|(name, _)| fits(&glob, name));
                variables.extend(fitting.map(|(name, value)| (name.clone(), value.clone())));
            }
        }
    }
    variables
}

/// Whether a name fits a glob with `*`, `?` and `[…]`, as fnmatch reads it.
///
/// Source: <https://docs.python.org/3/library/fnmatch.html>.
fn fits(glob: &str, name: &str) -> bool {
    let glob: Vec<char> = glob.chars().collect();
    let name: Vec<char> = name.chars().collect();
    fits_from(&glob, &name)
}

fn fits_from(glob: &[char], name: &[char]) -> bool {
    match glob {
        [] => name.is_empty(),
        ['*', rest @ ..] => (0..=name.len()).any(|at| fits_from(rest, &name[at..])),
        ['[', rest @ ..] => match (set(rest), name) {
            (Some((members, rest)), [first, name @ ..]) => {
                is_member(members, *first) && fits_from(rest, name)
            }
            (Some(_), []) => false,
            (None, [first, name @ ..]) => *first == '[' && fits_from(rest, name),
            (None, []) => false,
        },
        [c, rest @ ..] => match name {
            [first, name @ ..] => (*c == '?' || c == first) && fits_from(rest, name),
            [] => false,
        },
    }
}

/// The members of a set whose opening bracket was read, and what follows it.
fn set(rest: &[char]) -> Option<(&[char], &[char])> {
    let from = usize::from(rest.first() == Some(&'!')) + 1;
    let end = (from..rest.len()).find(|at| rest[*at] == ']')?;
    Some((&rest[..end], &rest[end + 1..]))
}

fn is_member(members: &[char], c: char) -> bool {
    let (members, wanted) = match members {
        ['!', members @ ..] => (members, false),
        members => (members, true),
    };
    let mut rest = members;
    let mut found = false;
    loop {
        match rest {
            [] => return found == wanted,
            [from, '-', to, after @ ..] => {
                found |= (*from..=*to).contains(&c);
                rest = after;
            }
            [one, after @ ..] => {
                found |= *one == c;
                rest = after;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_in_their_order() {
        let caller = [("A", "1"), ("WILD_A", "x"), ("WILD_B", "y"), ("EMPTY", "")];
        let caller = caller
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let found = requested_variables(
            ["A", "MISSING", "B=C=D", "E=", "WILD_*", "A=own", "EMPTY"],
            &caller,
        );
        let found: Vec<String> = found
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(
            found,
            ["A=own", "B=C=D", "E=", "EMPTY=", "WILD_A=x", "WILD_B=y"]
        );
    }

    #[test]
    fn globs_are_those_of_fnmatch() {
        for (glob, name, expect) in [
            ("A?C", "ABC", true),
            ("A?C", "AC", false),
            ("[AB]_*", "B_x", true),
            ("[!AB]_*", "B_x", false),
            ("[A-C]X", "BX", true),
            ("[", "[", true),
            ("[]x]", "]", true),
            ("*_*_*", "a_b", false),
            ("*", "", true),
        ] {
            assert_eq!(fits(glob, name), expect, "{glob} {name}");
        }
    }
}
