//! The entry points of a distribution, from its own field and from `provides`.

use super::roots::module_of;
use super::sources::Patterns;
use super::target::TargetId;
use super::targets::Targets;
use crate::error::Error;
use crate::tree::join;
use buildfile::Data;

/// One entry point of a distribution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryPointDeclaration<'g> {
    /// Its group, such as `console_scripts`.
    pub group: &'g str,
    /// Whether the group is declared as a namespace of stevedore.
    pub is_extension: bool,
    /// Its name.
    pub name: &'g str,
    /// `module:function`, or the address of a binary.
    pub value: &'g str,
    /// The address, if the value is one.
    pub target: Option<&'g str>,
}

impl EntryPointDeclaration<'_> {
    /// The module that it names.
    pub(crate) fn module(&self) -> &str {
        let module = self.value.split([':', '[']).next();
        module.unwrap_or_default().trim()
    }
}

impl Targets<'_> {
    /// The entry points of a distribution, in order of declaration.
    pub(crate) fn entry_points(&self, id: TargetId) -> Vec<EntryPointDeclaration<'_>> {
        let own = self.field(id, "entry_points");
        let provided = match self.field(id, "provides") {
            Some(Data::Object(artifact)) => artifact.get("entry_points"),
            _ => None,
        };
        declared_entry_points(own, provided)
    }

    /// The target that an entry point names by its address.
    pub(crate) fn entry_point_target(
        &self,
        id: TargetId,
        address: &str,
    ) -> Result<TargetId, Error> {
        self.find(address, &self.get(id).dir, None)
            .map_err(|problem| problem.error(address, self.text_place(id, "entry_points", address)))
    }

    /// The module of a file that an entry point names, relative to the BUILD file.
    pub(crate) fn module_of_file(
        &self,
        id: TargetId,
        field: &str,
        file: &str,
    ) -> Result<String, Error> {
        let dir = &self.get(id).dir;
        let tree = self.repository().tree();
        let found = Patterns::new(dir, [file]).map(|patterns| patterns.matched(tree, dir).files);
        let found = found.unwrap_or_default();
        match found.as_slice() {
            [one] => Ok(module_of(self.roots().strip(&join(dir, one)))),
            other => Err(Error::Unmatched {
                message: format!(
                    "`{field}` of `{}` must match one file, but `{file}` matches {}",
                    self.get(id).address,
                    if other.is_empty() {
                        "none".to_owned()
                    } else {
                        other.len().to_string()
                    }
                ),
                place: Some(self.text_place(id, field, file)),
            }),
        }
    }
}

/// The entry points in the field of a distribution, and in that of its `provides`.
#[must_use]
pub fn declared_entry_points<'g>(
    own: Option<&'g Data>,
    provided: Option<&'g Data>,
) -> Vec<EntryPointDeclaration<'g>> {
    // `setup()` also takes the text of `entry_points.txt`.
    let text = provided.and_then(Data::as_str).unwrap_or_default();
    [own, provided]
        .into_iter()
        .flatten()
        .filter_map(Data::as_dict)
        .flatten()
        .flat_map(|(group, entries)| group_entries(group, entries))
        .chain(entries_of_text(text))
        .collect()
}

/// The name of a group of entry points, which may be a `stevedore_namespace(…)`.
fn entry_point_group(group: &Data) -> Option<&str> {
    match group {
        Data::Object(namespace) if &*namespace.name == "stevedore_namespace" => {
            let (_, name) = namespace.arguments.first()?;
            name.as_str()
        }
        other => other.as_str(),
    }
}

fn group_entries<'g>(group: &'g Data, entries: &'g Data) -> Vec<EntryPointDeclaration<'g>> {
    let Some(name_of_group) = entry_point_group(group) else {
        return Vec::new();
    };
    let is_extension = matches!(group, Data::Object(_));
    let pair = |(name, value): (&'g str, &'g str)| EntryPointDeclaration {
        is_extension,
        ..declaration(name_of_group, name, value)
    };
    match entries {
        Data::Dict(pairs) => pairs
            .iter()
            .filter_map(|(name, value)| Some(pair((name.as_str()?, value.as_str().unwrap_or("")))))
            .collect(),
        // `setup()` also takes a list of `name = value`.
        Data::List(items) => items
            .iter()
            .map(|item| pair(name_and_value(item.as_str().unwrap_or(""))))
            .collect(),
        // So does a text of several lines.
        Data::Str(text) => lines(text).map(|line| pair(name_and_value(line))).collect(),
        _ => Vec::new(),
    }
}

fn declaration<'g>(group: &'g str, name: &'g str, value: &'g str) -> EntryPointDeclaration<'g> {
    let value = value.trim();
    // Pants takes a value for an address if it contains a slash or begins with a colon.
    let is_address = value.starts_with(':') || value.contains('/');
    EntryPointDeclaration {
        group,
        is_extension: false,
        name: name.trim(),
        value,
        target: is_address.then_some(value),
    }
}

/// The entry points in a text in the form of `entry_points.txt`.
fn entries_of_text(text: &str) -> Vec<EntryPointDeclaration<'_>> {
    let mut group = "";
    let mut entries = Vec::new();
    for line in lines(text) {
        let heading = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'));
        match (heading, name_and_value(line)) {
            (Some(name), _) => group = name.trim(),
            (None, (name, value)) => entries.push(declaration(group, name, value)),
        }
    }
    entries
}

/// The sides of `name = value`. What has no value is kept, so that it is refused and not lost.
fn name_and_value(text: &str) -> (&str, &str) {
    text.split_once('=').unwrap_or((text, ""))
}

/// The lines that are neither empty nor comments.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with(['#', ';']))
}
