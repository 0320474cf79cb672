//! What `conflicts` of uv says cannot be together, and into which resolves a group of projects is parted
//! for it. See uv's documentation, "Conflicting dependencies".
//!
//! A resolve is one set of versions. So what may not be together is locked apart: the default resolve has
//! the first of each list, where groups that are installed by default go before others, and each further
//! resolve has what it left out, with everything that can be together with it.

use toml_edit::{Item, TableLike, Value};

use super::found::{ProjectId, Projects};
use super::manifest::{HOOK_EXTRAS, ProjectManifest};
use crate::requirements::{RequirementGroup, RequirementsError};
use model::{ExtraName, PackageName, nearest};

/// What `default-groups` is where a project does not say it.
const DEFAULT_GROUPS: &[&str] = &["dev"];

/// A part of a project's requirements that cannot be with another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ConflictItem {
    /// The project.
    pub(super) project: ProjectId,
    /// Which of its extras or groups; `None` for all that it requires.
    pub(super) part: Option<RequirementGroup>,
}

/// Parts the items that conflict: each list of the answer can be together, and the first one is what the
/// default resolve has. Every item is in one of them. Empty where nothing conflicts.
///
/// # Errors
/// An item that names no project of the group, or no extra or dependency group of it.
pub(super) fn parted(
    projects: &Projects,
    own: &[ProjectId],
) -> Result<Vec<Vec<ConflictItem>>, RequirementsError> {
    let mut sets: Vec<Vec<ConflictItem>> = Vec::new();
    for id in own {
        sets.extend(declared(projects, own, *id)?);
    }
    let mut items: Vec<&ConflictItem> = Vec::new();
    for item in sets.iter().flatten() {
        if !items.contains(&item) {
            items.push(item);
        }
    }
    // The sort is stable: among equals the order of the file counts.
    items.sort_by_key(|item| !is_default(projects, item));
    let conflict = |one: &ConflictItem, other: &ConflictItem| {
        let mut sets = sets.iter();
        sets.any(|set| set.contains(one) && set.contains(other))
    };
    let mut parts: Vec<Vec<ConflictItem>> = Vec::new();
    let fits = |item: &ConflictItem, part: &[ConflictItem]| {
        !part.contains(item) && part.iter().all(|other| !conflict(item, other))
    };
    for item in &items {
        match parts.iter_mut().find(|part| fits(item, part)) {
            Some(part) => part.push((*item).clone()),
            None => parts.push(vec![(*item).clone()]),
        }
    }
    for part in &mut parts {
        for item in &items {
            if fits(item, part) {
                part.push((*item).clone());
            }
        }
    }
    Ok(parts)
}

impl ConflictItem {
    /// What a resolve is called by that has the item.
    pub(super) fn name(&self, projects: &Projects) -> String {
        match &self.part {
            Some(RequirementGroup::Extra(name) | RequirementGroup::Group(name)) => name.to_string(),
            None => {
                let name = projects.get(self.project).name.as_ref();
                name.map(PackageName::to_string).unwrap_or_default()
            }
        }
    }
}

/// Whether an item is a group that is installed where nothing else is said.
fn is_default(projects: &Projects, item: &ConflictItem) -> bool {
    let Some(RequirementGroup::Group(name)) = &item.part else {
        return false;
    };
    match projects.get(item.project).default_groups() {
        Some(groups) => groups.contains(&name.as_str()),
        None => DEFAULT_GROUPS.contains(&name.as_str()),
    }
}

/// The lists of a project's `conflicts`.
fn declared(
    projects: &Projects,
    own: &[ProjectId],
    id: ProjectId,
) -> Result<Vec<Vec<ConflictItem>>, RequirementsError> {
    let keys = ["tool", "uv", "conflicts"];
    let project = projects.get(id);
    let lists = project.item(&keys).and_then(Item::as_array);
    let mut sets = Vec::new();
    for list in lists.into_iter().flatten() {
        let tables = list.as_array().into_iter().flatten();
        let items = tables.map(|value| item(projects, own, (id, value)));
        sets.push(items.collect::<Result<Vec<_>, _>>()?);
    }
    Ok(sets)
}

/// One item, which stands in the file of a project.
fn item(
    projects: &Projects,
    own: &[ProjectId],
    (id, value): (ProjectId, &Value),
) -> Result<ConflictItem, RequirementsError> {
    let file = projects.get(id);
    let wrong = |message: String, near: Option<&str>| {
        let error = RequirementsError::new(message, file.place_of(value.span()));
        match near {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        }
    };
    let table = value.as_inline_table();
    let text = |key: &str| table.and_then(|table| table.get(key)?.as_str());
    let project = match text("package") {
        None => id,
        Some(name) => {
            let named = |id: &ProjectId| projects.get(*id).name.as_ref();
            let wanted = name.parse::<PackageName>().ok();
            let mut all = own.iter();
            let found = all.find(|id| wanted.is_some() && named(id) == wanted.as_ref());
            *found.ok_or_else(|| {
                let names = own.iter().filter_map(named).map(PackageName::as_str);
                let message = format!(
                    "`tool.uv.conflicts` names `{name}`, which is no project of the workspace"
                );
                wrong(message, nearest(name, names))
            })?
        }
    };
    let having = projects.get(project);
    let (what, known, name) = match (text("extra"), text("group")) {
        (Some(name), _) => ("extra", having.extras(), name),
        (None, Some(name)) => ("dependency group", having.groups(), name),
        (None, None) if text("package").is_some() => {
            return Ok(ConflictItem {
                project,
                part: None,
            });
        }
        (None, None) => {
            let message =
                "an item of `tool.uv.conflicts` names an `extra`, a `group` or a `package`";
            return Err(wrong(message.to_owned(), None));
        }
    };
    let is_there = |one: &&str| one.parse::<ExtraName>().ok() == name.parse().ok();
    let parsed = known
        .iter()
        .find(|one| is_there(one))
        .and_then(|_| name.parse().ok());
    let name = parsed.ok_or_else(|| {
        let of = having.name.as_ref().map(PackageName::to_string);
        let of = of.map_or_else(|| "the project".to_owned(), |name| format!("`{name}`"));
        let message =
            format!("`tool.uv.conflicts` names the {what} `{name}`, which {of} does not have");
        wrong(message, nearest(name, known.iter().copied()))
    })?;
    let part = match what {
        "extra" => RequirementGroup::Extra(name),
        _ => RequirementGroup::Group(name),
    };
    Ok(ConflictItem {
        project,
        part: Some(part),
    })
}

impl ProjectManifest {
    /// The groups that uv installs where nothing else is said, if the file names them.
    pub(super) fn default_groups(&self) -> Option<Vec<&str>> {
        let keys = ["tool", "uv", "default-groups"];
        match self.item(&keys)?.as_str() {
            Some("all") => Some(self.groups()),
            _ => Some(self.texts(&keys)),
        }
    }

    /// The names of its dependency groups.
    pub(super) fn groups(&self) -> Vec<&str> {
        let mut names = self.names(&["dependency-groups"]);
        let is_old = self.item(&["tool", "uv", "dev-dependencies"]).is_some();
        names.extend(Some("dev").filter(|_| is_old));
        names
    }

    /// The names of its extras.
    fn extras(&self) -> Vec<&str> {
        let mut names = self.names(&["project", "optional-dependencies"]);
        names.extend(self.names(HOOK_EXTRAS));
        names
    }

    fn names(&self, keys: &[&str]) -> Vec<&str> {
        let table = self.table(keys).into_iter().flat_map(TableLike::iter);
        table.map(|(name, _)| name).collect()
    }
}
