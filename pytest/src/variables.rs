//! The environment variables that a test asks for: `NAME=value`, `NAME` with the caller's value, or a
//! glob of names.

use std::collections::BTreeMap;

use model::ShellPattern;

/// An entry of `extra_env_vars`.
#[derive(Debug, Clone)]
pub enum VariableRequest {
    /// `NAME=value`
    Value(String, String),
    /// `NAME`
    Forwarded(String),
    /// `PREFIX_*`
    Glob(ShellPattern),
}

impl VariableRequest {
    /// Reads an entry. `%(buildroot)s` was replaced before.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.split_once('=') {
            Some((name, value)) => Self::Value(name.to_owned(), value.to_owned()),
            None if !text.contains(['*', '?', '[']) => Self::Forwarded(text.to_owned()),
            None => match ShellPattern::parse(text) {
                Some(pattern) => Self::Glob(pattern),
                None => Self::Forwarded(text.to_owned()),
            },
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
                let fitting = caller.iter().filter(|(name, _)| glob.matches(name));
                variables.extend(fitting.map(|(name, value)| (name.clone(), value.clone())));
            }
        }
    }
    variables
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
}
