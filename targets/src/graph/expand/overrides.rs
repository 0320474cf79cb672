//! What a generator says about single targets that it generates: `overrides` and module mappings.

use std::sync::Arc;

use super::parametrize::{ParameterChoice, combinations};
use super::site::DeclarationSite;
use crate::error::Error;
use crate::fields::{self, FieldProblem};
use crate::globs::Glob;
use crate::kinds::ValueProblem;
use crate::options::GraphOptions;
use buildfile::Data;
use model::{PackageName, nearest};

/// How the keys of `overrides` name what they are about.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum OverrideKeys {
    /// Globs of files.
    Globs,
    /// Project names.
    Projects,
    /// Entry points, or their files.
    EntryPoints,
}

/// The `overrides` field: keys and the fields that they set.
pub(super) struct Overrides<'d> {
    entries: Vec<(&'d str, &'d [(Data, Data)])>,
}

/// What overrides are about.
pub(super) struct Overridden<'n> {
    /// The type of the generated targets.
    pub(super) kind: &'static str,
    /// The settings, which may declare types.
    pub(super) options: &'n GraphOptions,
    /// How keys name them.
    pub(super) keys: OverrideKeys,
    /// Their names.
    pub(super) names: &'n [&'n str],
}

impl<'d> Overrides<'d> {
    /// Reads the overrides of a declaration.
    ///
    /// # Errors
    /// A key that names nothing that is generated, a field that its type does not have, or a value
    /// that the field does not take.
    pub(super) fn of(site: &DeclarationSite<'d>, about: &Overridden<'_>) -> Result<Self, Error> {
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
            let items = keys.as_list().map_or(1, <[Data]>::len);
            if keys.strings().len() != items {
                let message = format!(
                    "`overrides` of `{}` must have texts or tuples of texts for keys, not {keys}",
                    site.address()
                );
                return Err(site.invalid("overrides", message));
            }
            for key in keys.strings() {
                about.check_key(site, key)?;
                entries.push((key, fields));
            }
            about.check_fields(site, fields)?;
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
            if !keys.name(key, name) {
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

impl OverrideKeys {
    /// Whether a key names a target.
    fn name(self, key: &str, name: &str) -> bool {
        match self {
            Self::Globs => Glob::new(key).is_match(name),
            Self::Projects => is_same_project(key, name),
            Self::EntryPoints => key == name || name.split(':').next() == Some(key),
        }
    }
}

impl Overridden<'_> {
    fn check_key(&self, site: &DeclarationSite<'_>, key: &str) -> Result<(), Error> {
        if self.names.iter().any(|name| self.keys.name(key, name)) {
            return Ok(());
        }
        let near = nearest(key, self.names.iter().copied());
        Err(Error::Invalid {
            message: format!(
                "`overrides` of `{}` is about nothing that it generates: `{key}`",
                site.address()
            ),
            place: site.declaration.call.text_place("overrides", key),
            hint: near.map(|near| format!("did you mean `{near}`?")),
        })
    }

    fn check_fields(
        &self,
        site: &DeclarationSite<'_>,
        pairs: &[(Data, Data)],
    ) -> Result<(), Error> {
        let Some(known) = self.options.target_type(self.kind) else {
            return Ok(());
        };
        for (name, value) in pairs {
            let Some(name) = name.as_str() else {
                let message = format!(
                    "`overrides` of `{}` has a field that is no text: {name}",
                    site.address()
                );
                return Err(site.invalid("overrides", message));
            };
            let (message, text, hint) = match fields::check(self.options, known, (name, value)) {
                // A plugin may define a field without a like.
                Ok(()) | Err(FieldProblem::Unknown(None)) => continue,
                Err(FieldProblem::Unknown(Some(near))) if near == name => (
                    format!("`{name}` is no field that `overrides` may set"),
                    name.to_owned(),
                    None,
                ),
                Err(FieldProblem::Unknown(Some(near))) => (
                    format!("`{}` has no field `{name}`", self.kind),
                    name.to_owned(),
                    Some(format!("did you mean `{near}`?")),
                ),
                Err(FieldProblem::OfOtherVersion(versions)) => (
                    format!("`{}` has no field `{name}`", self.kind),
                    name.to_owned(),
                    Some(self.options.of_other_version(versions)),
                ),
                Err(FieldProblem::Value(ValueProblem {
                    message,
                    text,
                    near,
                })) => (
                    format!("`{name}` in `overrides` of `{}` {message}", site.address()),
                    text.unwrap_or_else(|| name.to_owned()),
                    near.map(|near| format!("did you mean `{near}`?")),
                ),
            };
            return Err(Error::Invalid {
                message,
                place: site.declaration.call.text_place("overrides", &text),
                hint,
            });
        }
        Ok(())
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
