//! `parametrize`: makes several targets from one declaration.

use std::sync::Arc;

use crate::graph::target::{FieldValues, Parameters};
use buildfile::Field;
use buildfile::{Data, Parametrize};

/// One combination of choices: the parameters and the values of fields that go with them.
#[derive(Clone, Debug, Default)]
pub(crate) struct ParameterChoice {
    pub(crate) parameters: Vec<(Arc<str>, Arc<str>)>,
    pub(crate) values: Vec<(Arc<str>, Data)>,
}

impl ParameterChoice {
    /// The chosen aliases, sorted by parameter.
    pub(crate) fn parameters(&self) -> Parameters {
        let mut parameters = self.parameters.clone();
        parameters.sort();
        parameters.into()
    }

    /// The values of fields that go with the choice.
    pub(crate) fn fields(self) -> Option<FieldValues> {
        (!self.values.is_empty()).then(|| self.values.into())
    }

    /// The value of a field that goes with the choice.
    pub(crate) fn get(&self, field: &str) -> Option<&Data> {
        let own = self.values.iter().find(|(name, _)| &**name == field);
        own.map(|(_, value)| value)
    }

    /// Sets a field, unless the choice does.
    pub(crate) fn set_default(&mut self, field: &str, value: Data) {
        if self.get(field).is_none() {
            self.values.push((Arc::from(field), value));
        }
    }
}

/// The alias of a choice, and the fields that it sets.
type Alias = (Arc<str>, Vec<(Arc<str>, Data)>);

/// A field or group of fields with its choices.
struct Axis {
    name: Arc<str>,
    choices: Vec<Alias>,
}

/// Every combination of the parametrized fields; one without parameters if there are none.
///
/// # Errors
/// A message, and the field that it is about.
pub(crate) fn combinations<'f>(
    fields: impl Iterator<Item = (&'f Arc<str>, &'f Data)>,
) -> Result<Vec<ParameterChoice>, (Arc<str>, String)> {
    let mut axes: Vec<Axis> = Vec::new();
    for (name, value) in fields {
        let Data::Parametrize(choices) = value else {
            continue;
        };
        if choices.group {
            let choice = group(choices).map_err(|message| (Arc::clone(name), message))?;
            match axes.iter_mut().find(|axis| &*axis.name == "parametrize") {
                Some(axis) => axis.choices.push(choice),
                None => axes.push(Axis {
                    name: Arc::from("parametrize"),
                    choices: vec![choice],
                }),
            }
        } else {
            axes.push(Axis {
                name: Arc::clone(name),
                choices: choices_of(name, choices)
                    .map_err(|message| (Arc::clone(name), message))?,
            });
        }
    }
    let mut combined = vec![ParameterChoice::default()];
    for axis in axes {
        let mut next = Vec::with_capacity(combined.len() * axis.choices.len());
        for before in &combined {
            for (alias, values) in &axis.choices {
                let mut choice = before.clone();
                choice
                    .parameters
                    .push((Arc::clone(&axis.name), Arc::clone(alias)));
                choice.values.extend(values.iter().cloned());
                next.push(choice);
            }
        }
        combined = next;
    }
    Ok(combined)
}

/// The fields of a declaration that combinations are made of.
pub(crate) fn pairs(fields: &[Field]) -> impl Iterator<Item = (&Arc<str>, &Data)> {
    fields.iter().map(|field| (&field.name, &field.value))
}

fn choices_of(name: &Arc<str>, choices: &Parametrize) -> Result<Vec<Alias>, String> {
    let mut result = Vec::new();
    for value in &choices.positional {
        let Data::Str(alias) = value else {
            return Err(format!(
                "positional choices of `parametrize` must be texts, but {value} is a {}; give it a name: `parametrize(short_name={value})`",
                value.type_name()
            ));
        };
        result.push((Arc::clone(alias), vec![(Arc::clone(name), value.clone())]));
    }
    for (alias, value) in &choices.named {
        result.push((Arc::clone(alias), vec![(Arc::clone(name), value.clone())]));
    }
    if let Some((alias, _)) = result
        .iter()
        .find(|(alias, _)| alias.contains(['@', '=', ',', ':', '#', '/']) && &**name != "resolve")
    {
        return Err(format!("a choice cannot be called `{alias}`"));
    }
    if result.is_empty() {
        return Err("`parametrize` needs at least one choice".to_owned());
    }
    Ok(result)
}

fn group(choices: &Parametrize) -> Result<Alias, String> {
    match choices.positional.as_slice() {
        [Data::Str(alias)] => Ok((Arc::clone(alias), choices.named.clone())),
        _ => Err("`**parametrize(…)` needs the name of its group first".to_owned()),
    }
}
