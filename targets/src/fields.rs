//! Which values the fields of target types take. A field takes the same in every type that has it,
//! `entry_points` aside.

use buildfile::Data;
use model::{InterpreterConstraints, nearest};

use crate::kinds::{Role, SKIPS, TargetType};

/// What a field takes. `None` means that it is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Values {
    /// One text.
    Text,
    /// A list of texts.
    Texts,
    /// `True` or `False`.
    Flag,
    /// A number above zero.
    Positive,
    /// A number.
    Number,
    /// A dict.
    Table,
    /// A list of texts such as `CPython>=3.9`.
    Constraints,
    /// A list of patterns that stay within the folder.
    Patterns,
    /// The path of one file within the folder, or what stands for one.
    File,
    /// Anything: nothing is known.
    Any,
}

/// Sorted by name.
const FIELDS: &[(&str, Values)] = &[
    ("args", Values::Texts),
    ("batch_compatibility_tag", Values::Text),
    ("build_backend_env_vars", Values::Texts),
    ("check", Values::Text),
    ("complete_platforms", Values::Texts),
    ("dependencies", Values::Texts),
    ("description", Values::Text),
    ("dest", Values::Text),
    ("emit_warnings", Values::Flag),
    ("entry_point", Values::Text),
    ("env", Values::Table),
    ("env_vars", Values::Texts),
    ("environment", Values::Text),
    ("executable", Values::Text),
    ("execution_mode", Values::Text),
    ("extra_build_args", Values::Texts),
    ("extra_env_vars", Values::Texts),
    ("files", Values::Texts),
    ("files_targets", Values::Texts),
    ("find_links", Values::Texts),
    ("format", Values::Text),
    ("generate_setup", Values::Flag),
    ("ignore_errors", Values::Flag),
    ("include_requirements", Values::Flag),
    ("include_sources", Values::Flag),
    ("include_tools", Values::Flag),
    ("interpreter_constraints", Values::Constraints),
    ("layout", Values::Text),
    ("long_description_path", Values::Text),
    ("module_mapping", Values::Table),
    ("modules", Values::Texts),
    ("output_path", Values::Text),
    ("overrides", Values::Table),
    ("packages", Values::Texts),
    ("platforms", Values::Texts),
    ("repositories", Values::Texts),
    ("requirements", Values::Texts),
    ("resolve", Values::Text),
    ("resolve_local_platforms", Values::Flag),
    ("restartable", Values::Flag),
    ("run_goal_use_sandbox", Values::Flag),
    ("runtime_package_dependencies", Values::Texts),
    ("script", Values::Text),
    ("sdist", Values::Flag),
    ("sdist_config_settings", Values::Table),
    ("sh_boot", Values::Flag),
    ("shebang", Values::Text),
    ("source", Values::File),
    ("sources", Values::Patterns),
    ("src", Values::Text),
    ("stevedore_namespaces", Values::Texts),
    ("strip_pex_env", Values::Flag),
    ("tags", Values::Texts),
    ("testutil", Values::Flag),
    ("timeout", Values::Positive),
    ("type_stub_modules", Values::Texts),
    ("type_stubs_module_mapping", Values::Table),
    ("uses_mypyc", Values::Flag),
    ("venv_hermetic_scripts", Values::Flag),
    ("venv_site_packages_copies", Values::Flag),
    ("wheel", Values::Flag),
    ("wheel_config_settings", Values::Table),
    ("xdist_concurrency", Values::Number),
];

/// What is wrong with a field of a declaration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FieldProblem {
    /// The type has no such field: the field that may be meant.
    Unknown(Option<&'static str>),
    /// It does not take the value.
    Value {
        /// What it takes, and what it was given: follows the name of the field.
        message: String,
        /// The text in the value that is wrong, if one is.
        text: Option<String>,
    },
}

/// Checks a field and its value.
pub(crate) fn check(known: &TargetType, name: &str, value: &Data) -> Result<(), FieldProblem> {
    if name.starts_with("parametrize_")
        && let Data::Parametrize(group) = value
    {
        let mut fields = group.named.iter();
        return fields.try_for_each(|(name, value)| {
            check(known, name, value).map_err(|problem| match problem {
                FieldProblem::Value { message, text } => FieldProblem::Value {
                    message: format!("sets `{name}`, which {message}"),
                    text,
                },
                unknown @ FieldProblem::Unknown(_) => unknown,
            })
        });
    }
    if !known.accepts(name) {
        return Err(FieldProblem::Unknown(nearest(name, known.field_names())));
    }
    values_of(known, name).check(value)
}

fn values_of(known: &TargetType, name: &str) -> Values {
    if name == "entry_points" {
        return match known.role {
            Role::Binaries => Values::Texts,
            Role::Distribution => Values::Table,
            _ => Values::Any,
        };
    }
    if SKIPS.binary_search(&name).is_ok() {
        return Values::Flag;
    }
    // Of a type that is known by name only, the fields of every type are known.
    let everywhere = matches!(name, "dependencies" | "description" | "tags");
    if known.fields.is_empty() && !everywhere {
        return Values::Any;
    }
    let at = FIELDS.binary_search_by(|(have, _)| (*have).cmp(name));
    at.map_or(Values::Any, |at| FIELDS[at].1)
}

impl Values {
    fn check(self, value: &Data) -> Result<(), FieldProblem> {
        match (self, value) {
            (Self::Any, _) | (_, Data::None) => Ok(()),
            (_, Data::Parametrize(choices)) => {
                let named = choices.named.iter().map(|(_, value)| value);
                let mut choices = choices.positional.iter().chain(named);
                choices.try_for_each(|value| self.check(value))
            }
            (Self::Text, Data::Str(_))
            | (Self::Flag, Data::Bool(_))
            | (Self::Number, Data::Int(_))
            | (Self::Table, Data::Dict(_))
            | (Self::File, Data::Object(_)) => Ok(()),
            (Self::Positive, Data::Int(number)) if *number > 0 => Ok(()),
            (Self::File, Data::Str(text)) => self.check_text(text),
            (Self::Texts | Self::Constraints | Self::Patterns, Data::List(items)) => {
                items.iter().try_for_each(|item| match item {
                    Data::Str(text) => self.check_text(text),
                    other => Err(self.misfit(other)),
                })
            }
            (_, other) => Err(self.misfit(other)),
        }
    }

    /// Checks one of the texts of a value.
    fn check_text(self, text: &str) -> Result<(), FieldProblem> {
        let fault = |message: String| FieldProblem::Value {
            message,
            text: Some(text.to_owned()),
        };
        match self {
            Self::Constraints => {
                let parsed = InterpreterConstraints::parse(&[text]);
                parsed
                    .map(|_| ())
                    .map_err(|error| fault(format!("is wrong: {error}")))
            }
            Self::Patterns | Self::File if leaves_folder(text) => Err(fault(format!(
                "must stay within the folder of the BUILD file, but names `{text}`"
            ))),
            Self::File if text.contains('*') => Err(fault(format!(
                "must name one file, but `{text}` is a pattern"
            ))),
            _ => Ok(()),
        }
    }

    fn misfit(self, value: &Data) -> FieldProblem {
        let takes = match self {
            Self::Text => "a text",
            Self::Texts | Self::Constraints => "a list of texts",
            Self::Patterns => "a list of patterns",
            Self::Flag => "`True` or `False`",
            Self::Positive => "a number above zero",
            Self::Number => "a number",
            Self::Table => "a dict",
            Self::File => "the path of one file",
            Self::Any => "anything",
        };
        FieldProblem::Value {
            message: format!("must be {takes}, not the {} `{value}`", value.type_name()),
            text: value.as_str().map(str::to_owned),
        }
    }
}

/// Whether a path or pattern leads out of the folder that it counts from.
fn leaves_folder(text: &str) -> bool {
    let text = text.strip_prefix('!').unwrap_or(text);
    text.split('/').any(|part| part == "..")
}

#[cfg(test)]
mod tests {
    use super::{FIELDS, SKIPS};

    #[test]
    fn tables_are_sorted() {
        assert!(FIELDS.is_sorted_by_key(|(name, _)| name));
        assert!(SKIPS.is_sorted());
    }
}
