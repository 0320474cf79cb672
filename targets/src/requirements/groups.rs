//! Dependency groups (PEP 735), and what they have in common with those of Poetry: they include each
//! other.

use toml_edit::Item;

use super::toml::TomlText;
use super::{RequirementGroup, RequirementsError, RequirementsFile};
use model::{ExtraName, PackageName, Place, nearest};

/// The groups of PEP 735. What one includes of another is read with the other.
pub(super) fn read(
    toml: &TomlText<'_>,
    item: &Item,
    file: &mut RequirementsFile,
) -> Result<(), RequirementsError> {
    let wrong = |span| {
        let message = "`dependency-groups` must be a table of lists";
        RequirementsError::new(message, toml.place(span))
    };
    let groups = item.as_table_like().ok_or_else(|| wrong(item.span()))?;
    let named = |name: &str| groups.iter().any(|(have, _)| same_group(have, name));
    let mut own: Vec<(ExtraName, Vec<ExtraName>)> = Vec::new();
    for (name, item) in groups.iter() {
        let array = item.as_array().ok_or_else(|| wrong(item.span()))?;
        let first = file.requirements.len();
        let mut includes = Vec::<ExtraName>::new();
        for value in array {
            let Some(table) = value.as_inline_table() else {
                let key = format!("dependency-groups.{name}");
                toml.text(value, &key, file)?;
                continue;
            };
            let included = table
                .get("include-group")
                .and_then(toml_edit::Value::as_str);
            let Some(included) = included else {
                let message = format!(
                    "`dependency-groups.{name}` has an item that is neither a text nor `{{include-group = \"…\"}}`"
                );
                return Err(RequirementsError::new(message, toml.place(value.span())));
            };
            if !named(included) {
                let known = groups.iter().map(|(have, _)| have);
                return Err(no_group(included, known, toml.place(value.span())));
            }
            includes.extend(included.parse());
        }
        let group = toml.name(name, "a dependency group", item)?;
        if own.iter().any(|(known, _)| *known == group) {
            let message = format!("there are two dependency groups `{group}`");
            return Err(RequirementsError::new(message, toml.place(item.span())));
        }
        let first_part = RequirementGroup::Group(group.clone());
        file.declare(first_part.clone(), first);
        for other in &includes {
            file.include(&first_part, RequirementGroup::Group(other.clone()));
        }
        own.push((group, includes));
    }
    refuse_circles(&own, |group| {
        let item = groups
            .iter()
            .find(|(name, _)| same_group(name, group.as_str()));
        toml.place(item.and_then(|(_, item)| item.span()))
    })
}

/// There is no group of this name to include.
pub(super) fn no_group<'g>(
    name: &str,
    known: impl Iterator<Item = &'g str>,
    place: Place,
) -> RequirementsError {
    let message = format!("there is no dependency group `{name}`");
    let error = RequirementsError::new(message, place);
    match nearest(name, known) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    }
}

/// Fails where a group includes itself, by way of others. `place` is that of a group.
pub(super) fn refuse_circles(
    groups: &[(ExtraName, Vec<ExtraName>)],
    place: impl Fn(&ExtraName) -> Place,
) -> Result<(), RequirementsError> {
    for (group, _) in groups {
        if let Some(circle) = circle(groups, &mut vec![group]) {
            let names: Vec<String> = circle.iter().map(|name| format!("`{name}`")).collect();
            let message = format!(
                "dependency groups include each other: {}",
                names.join(" -> ")
            );
            return Err(RequirementsError::new(message, place(group)));
        }
    }
    Ok(())
}

/// The way from a group back to itself over what groups include, if there is one.
fn circle<'g>(
    groups: &'g [(ExtraName, Vec<ExtraName>)],
    way: &mut Vec<&'g ExtraName>,
) -> Option<Vec<&'g ExtraName>> {
    let last = *way.last()?;
    let (_, includes) = groups.iter().find(|(name, _)| name == last)?;
    for next in includes {
        let is_back = way.first() == Some(&next);
        if !is_back && way.contains(&next) {
            continue;
        }
        way.push(next);
        if is_back {
            return Some(way.clone());
        }
        if let Some(found) = circle(groups, way) {
            return Some(found);
        }
        way.pop();
    }
    None
}

/// Whether two names mean one group: they are compared as names of projects are (PEP 735).
pub(super) fn same_group(one: &str, other: &str) -> bool {
    let normal = |name: &str| name.parse::<PackageName>().ok();
    one == other || normal(one).is_some_and(|one| normal(other) == Some(one))
}
