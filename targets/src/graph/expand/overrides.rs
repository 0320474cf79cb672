//! What a generator says about single targets that it generates: `overrides` and module mappings.

use std::sync::Arc;

use super::parametrize::{ParameterChoice, combinations};
use super::site::DeclarationSite;
use crate::error::Error;
use buildfile::Data;
use model::PackageName;

/// How the keys of `overrides` name what they are about.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum OverrideKeys {
    /// Globs of files.
    Globs,
    /// Project names.
    Projects,
    /// Exactly.
    Exact,
}

/// The `overrides` field: keys and the fields that they set.
pub(super) struct Overrides<'d> {
    entries: Vec<(&'d str, &'d [(Data, Data)])>,
}

impl<'d> Overrides<'d> {
    pub(super) fn of(site: &DeclarationSite<'d>) -> Result<Self, Error> {
        let mut entries = Vec::new();
        let value = site.declaration.get("overrides");
        for (keys, fields) in value.and_then(Data::as_dict).into_iter().flatten() {
            let Some(fields) = fields.as_dict() else {
                let message = format!(
                    "`overrides` of `{}` must map to dicts of fields, not to a {}",
                    site.address(),
                    fields.type_name()
                );
                return Err(site.invalid("overrides", message));
            };
            entries.extend(keys.strings().into_iter().map(|key| (key, fields)));
        }
        Ok(Self { entries })
    }

    /// The choices for one generated target: those of the generator with the overrides.
    pub(super) fn apply(
        &self,
        site: &DeclarationSite<'_>,
        choice: &ParameterChoice,
        name: &str,
        keys: OverrideKeys,
    ) -> Result<Vec<ParameterChoice>, Error> {
        if self.entries.is_empty() {
            return Ok(vec![choice.clone()]);
        }
        let mut fields: Vec<(Arc<str>, Data)> = Vec::new();
        for (key, values) in &self.entries {
            let applies = match keys {
                OverrideKeys::Globs => crate::globs::Glob::new(key).is_match(name),
                OverrideKeys::Projects => is_same_project(key, name),
                OverrideKeys::Exact => *key == name,
            };
            if !applies {
                continue;
            }
            for (field, value) in *values {
                let Data::Str(field) = field else { continue };
                if let Some((_, other)) = fields.iter().find(|(have, _)| have == field) {
                    let message = format!(
                        "two overrides of `{}` set `{field}` for `{name}`: to {other} and to {value}",
                        site.address()
                    );
                    return Err(site.invalid("overrides", message));
                }
                fields.push((Arc::clone(field), value.clone()));
            }
        }
        let combined = combinations(fields.iter().map(|(name, value)| (name, value)))
            .map_err(|(_, message)| site.invalid("overrides", message))?;
        Ok(combined
            .into_iter()
            .map(|own| merge(choice, &fields, own))
            .collect())
    }
}

/// The generator's choice, the plain overrides, and one combination of parametrized ones.
fn merge(
    choice: &ParameterChoice,
    fields: &[(Arc<str>, Data)],
    own: ParameterChoice,
) -> ParameterChoice {
    let overridden = |name: &str| fields.iter().any(|(field, _)| &**field == name);
    let mut merged = ParameterChoice::default();
    for param in &choice.parameters {
        if !overridden(&param.0) {
            merged.parameters.push(param.clone());
        }
    }
    for value in &choice.values {
        if !overridden(&value.0) {
            merged.values.push(value.clone());
        }
    }
    for (name, value) in fields {
        if !matches!(value, Data::Parametrize(_)) {
            merged.values.push((Arc::clone(name), value.clone()));
        }
    }
    merged.parameters.extend(own.parameters);
    merged.values.extend(own.values);
    merged
}

/// A mapping from projects to modules.
pub(super) struct ProjectModules<'d> {
    rows: Vec<(PackageName, &'d Data)>,
}

impl<'d> ProjectModules<'d> {
    pub(super) fn of(site: &DeclarationSite<'d>, field: &str) -> Self {
        let pairs = site.declaration.get(field).and_then(Data::as_dict);
        let rows = pairs.into_iter().flatten();
        let rows =
            rows.filter_map(|(name, modules)| Some((package_name(name.as_str()?)?, modules)));
        Self {
            rows: rows.collect(),
        }
    }

    pub(super) fn get(&self, project: &str) -> Option<&'d Data> {
        let project = package_name(project)?;
        let mut rows = self.rows.iter();
        let (_, modules) = rows.find(|(have, _)| *have == project)?;
        Some(modules)
    }
}

/// Whether two spellings name one project.
pub(super) fn is_same_project(one: &str, other: &str) -> bool {
    package_name(one).is_some_and(|one| package_name(other) == Some(one))
}

/// A project name in the form in which names are compared.
fn package_name(name: &str) -> Option<PackageName> {
    name.parse().ok()
}
