//! What a generator says about single targets that it generates: `overrides` and module mappings.

use std::sync::Arc;

use super::expand::Declared;
use super::parametrize::{Choice, combinations};
use crate::repository::Error;
use buildfile::Data;

/// How the keys of `overrides` name what they are about.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Keys {
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
    pub(super) fn of(declared: &Declared<'d>) -> Result<Self, Error> {
        let mut entries = Vec::new();
        let value = declared.declaration.get("overrides");
        for (keys, fields) in value.and_then(Data::as_dict).into_iter().flatten() {
            let Some(fields) = fields.as_dict() else {
                let message = format!(
                    "`overrides` of `{}` must map to dicts of fields, not to a {}",
                    declared.address(),
                    fields.type_name()
                );
                return Err(declared.invalid("overrides", message));
            };
            entries.extend(keys.strings().into_iter().map(|key| (key, fields)));
        }
        Ok(Self { entries })
    }

    /// The choices for one generated target: those of the generator with the overrides.
    pub(super) fn apply(
        &self,
        declared: &Declared<'_>,
        choice: &Choice,
        name: &str,
        keys: Keys,
    ) -> Result<Vec<Choice>, Error> {
        if self.entries.is_empty() {
            return Ok(vec![choice.clone()]);
        }
        let mut fields: Vec<(Arc<str>, Data)> = Vec::new();
        for (key, values) in &self.entries {
            let applies = match keys {
                Keys::Globs => crate::globs::Glob::new(key).is_match(name),
                Keys::Projects => model_name(key).is_some() && model_name(key) == model_name(name),
                Keys::Exact => *key == name,
            };
            if !applies {
                continue;
            }
            for (field, value) in *values {
                let Data::Str(field) = field else { continue };
                if let Some((_, other)) = fields.iter().find(|(have, _)| have == field) {
                    let message = format!(
                        "two overrides of `{}` set `{field}` for `{name}`: to {other} and to {value}",
                        declared.address()
                    );
                    return Err(declared.invalid("overrides", message));
                }
                fields.push((Arc::clone(field), value.clone()));
            }
        }
        let combined = combinations(fields.iter().map(|(name, value)| (name, value)))
            .map_err(|(_, message)| declared.invalid("overrides", message))?;
        Ok(combined
            .into_iter()
            .map(|own| merge(choice, &fields, own))
            .collect())
    }
}

/// The generator's choice, the plain overrides, and one combination of parametrized ones.
fn merge(choice: &Choice, fields: &[(Arc<str>, Data)], own: Choice) -> Choice {
    let overridden = |name: &str| fields.iter().any(|(field, _)| &**field == name);
    let mut merged = Choice::default();
    for param in &choice.params {
        if !overridden(&param.0) {
            merged.params.push(param.clone());
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
    merged.params.extend(own.params);
    merged.values.extend(own.values);
    merged
}

/// A mapping from projects to modules.
pub(super) struct Mapping<'d> {
    rows: Vec<(Option<model::PackageName>, &'d Data)>,
}

impl<'d> Mapping<'d> {
    pub(super) fn of(declared: &Declared<'d>, field: &str) -> Self {
        let pairs = declared.declaration.get(field).and_then(Data::as_dict);
        Self {
            rows: pairs
                .into_iter()
                .flatten()
                .map(|(name, modules)| (name.as_str().and_then(model_name), modules))
                .collect(),
        }
    }

    pub(super) fn get(&self, name: Option<&model::PackageName>) -> Option<&'d Data> {
        let name = name?;
        self.rows
            .iter()
            .find(|(have, _)| have.as_ref() == Some(name))
            .map(|(_, modules)| *modules)
    }
}

/// A project name in the form in which names are compared.
pub(super) fn model_name(name: &str) -> Option<model::PackageName> {
    name.parse().ok()
}
