//! Which fields a target type has, and which values they take.

use buildfile::Data;
use model::nearest;

use crate::kinds::{COMMON, PantsVersions, TargetType, ValueProblem, Values};
use crate::options::GraphOptions;

/// What is wrong with a field of a declaration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FieldProblem {
    /// The type has no such field: the field that may be meant.
    Unknown(Option<&'static str>),
    /// The type has the field in other versions of Pants only.
    OfOtherVersion(PantsVersions),
    /// It does not take the value.
    Value(ValueProblem),
}

/// Checks a field and its value.
pub(crate) fn check(
    options: &GraphOptions,
    known: &TargetType,
    (name, value): (&str, &Data),
) -> Result<(), FieldProblem> {
    if name.starts_with("parametrize_")
        && let Data::Parametrize(group) = value
    {
        let mut fields = group.named.iter();
        return fields.try_for_each(|(name, value)| {
            check(options, known, (name, value)).map_err(|problem| match problem {
                FieldProblem::Value(problem) => FieldProblem::Value(ValueProblem {
                    message: format!("sets `{name}`, which {}", problem.message),
                    ..problem
                }),
                other => other,
            })
        });
    }
    let common = match name {
        "tags" => Some(Values::Texts),
        "description" => Some(Values::Text),
        _ => None,
    };
    if let Some(values) = common.filter(|_| known.field(name).next().is_none()) {
        return values.check(value).map_err(FieldProblem::Value);
    }
    if !known.accepts(name) {
        return Err(FieldProblem::Unknown(nearest(name, known.field_names())));
    }
    // Of a type that is known by name only, the fields of every type are known.
    if name == "dependencies" && known.field(name).next().is_none() {
        let checked = Values::Dependencies.check(value);
        return checked.map_err(FieldProblem::Value);
    }
    let mut problem = None;
    for field in known.field(name) {
        if !options.has(field.versions) {
            problem.get_or_insert(FieldProblem::OfOtherVersion(field.versions));
            continue;
        }
        match field.values.check(value) {
            Ok(()) => return Ok(()),
            Err(wrong) => problem = Some(FieldProblem::Value(wrong)),
        }
    }
    problem.map_or(Ok(()), Err)
}

/// All fields of a type by name, for messages.
pub(crate) fn names(options: &GraphOptions, known: &TargetType) -> Vec<&'static str> {
    let own = known
        .fields
        .iter()
        .filter(|field| options.has(field.versions));
    let own = own.map(|field| field.name);
    let mut names: Vec<&str> = COMMON.iter().copied().chain(own).collect();
    names.retain(|name| !name.starts_with("skip_"));
    names.sort_unstable();
    names.dedup();
    names
}
