//! The entry points of a distribution, from its own field and from `provides`.

use super::Graph;
use super::target::TargetId;
use buildfile::Data;

/// One entry point of a distribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryPoint<'g> {
    /// Its group, such as `console_scripts`.
    pub group: &'g str,
    /// Its name.
    pub name: &'g str,
    /// `module:function`, or the address of a binary.
    pub value: &'g str,
    /// The address, if the value is one.
    pub target: Option<&'g str>,
}

impl Graph<'_> {
    /// The entry points of a distribution, in order of declaration.
    #[must_use]
    pub fn entry_points(&self, id: TargetId) -> Vec<EntryPoint<'_>> {
        let own = self.field(id, "entry_points");
        let provided = match self.field(id, "provides") {
            Some(Data::Object(artifact)) => artifact.get("entry_points"),
            _ => None,
        };
        [own, provided]
            .into_iter()
            .flatten()
            .filter_map(Data::as_dict)
            .flatten()
            .flat_map(|(group, entries)| group_entries(group, entries))
            .collect()
    }
}

fn group_entries<'g>(group: &'g Data, entries: &'g Data) -> Vec<EntryPoint<'g>> {
    let Some(group) = group.as_str() else {
        return Vec::new();
    };
    let pair = |(name, value): (&'g str, &'g str)| {
        let value = value.trim();
        // Pants takes a value for an address if it contains a slash or begins with a colon.
        let is_address = value.starts_with(':') || value.contains('/');
        EntryPoint {
            group,
            name: name.trim(),
            value,
            target: is_address.then_some(value),
        }
    };
    match entries {
        Data::Dict(pairs) => pairs
            .iter()
            .filter_map(|(name, value)| Some(pair((name.as_str()?, value.as_str()?))))
            .collect(),
        // `setup()` also takes a list of `name = value`.
        Data::List(items) => items
            .iter()
            .filter_map(|item| Some(pair(item.as_str()?.split_once('=')?)))
            .collect(),
        _ => Vec::new(),
    }
}
