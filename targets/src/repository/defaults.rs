//! Applies `__defaults__` and visibility rules, folder by folder from the root, and turns the
//! events of BUILD files into declarations.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::declaration::{BuildDir, Declaration, Rules, RulesId};
use crate::address;
use crate::error::{Error, GraphWarning};
use crate::fields::{self, FieldProblem};
use crate::kinds::{Role, TargetType, ValueProblem, shipped_types};
use crate::options::GraphOptions;
use crate::vocabulary::{DEFAULTS, DEPENDENCIES_RULES, DEPENDENTS_RULES};
use buildfile::Data;
use buildfile::{Call, Field};
use model::{Place, RepoPath, nearest};

/// Default values by target type.
type Defaults = BTreeMap<Arc<str>, FieldDefaults>;

/// Default values by field.
type FieldDefaults = Vec<(Arc<str>, Data)>;

/// What a folder hands down to those below it.
#[derive(Clone, Default)]
struct State {
    defaults: Arc<Defaults>,
    dependencies_rules: Option<RulesId>,
    dependents_rules: Option<RulesId>,
}

/// A file that declares what there is in a folder: a BUILD file of this folder, or that of the project
/// which the declarations follow from.
pub(super) struct DeclaringFile {
    pub(super) folder: Arc<str>,
    pub(super) file: Arc<str>,
}

/// Turns the calls of all BUILD files, sorted by folder, into declarations and rules.
pub(super) fn apply(
    files: Vec<(DeclaringFile, Vec<Call>)>,
    options: &GraphOptions,
    warnings: &mut Vec<GraphWarning>,
) -> Result<(Vec<BuildDir>, Vec<Rules>), Error> {
    let mut states: FxHashMap<Arc<str>, State> = FxHashMap::default();
    let mut dirs: Vec<BuildDir> = Vec::new();
    let mut rules: Vec<Rules> = Vec::new();
    let mut checks = Checks {
        options,
        warned: Vec::new(),
        warnings,
    };
    for (DeclaringFile { folder: path, file }, calls) in files {
        if dirs.last().is_none_or(|last| last.path != path) {
            dirs.push(BuildDir {
                path: Arc::clone(&path),
                files: Vec::new(),
                declarations: Vec::new(),
                dependencies_rules: None,
                dependents_rules: None,
            });
            states.insert(Arc::clone(&path), inherited(&states, &path));
        }
        let (Some(dir), Some(state)) = (dirs.last_mut(), states.get_mut(&path)) else {
            continue;
        };
        dir.files.push(Arc::clone(&file));
        let before = state.clone();
        for call in calls {
            match &*call.name {
                DEFAULTS => {
                    let mut defaults = (*state.defaults).clone();
                    set_defaults(&mut defaults, &call, &mut checks)?;
                    state.defaults = Arc::new(defaults);
                }
                DEPENDENCIES_RULES => {
                    rules.push(dir.rules(&call, before.dependencies_rules));
                    state.dependencies_rules = Some(RulesId(rules.len() - 1));
                }
                DEPENDENTS_RULES => {
                    rules.push(dir.rules(&call, before.dependents_rules));
                    state.dependents_rules = Some(RulesId(rules.len() - 1));
                }
                _ => {
                    let declaration = declare(call, dir, &state.defaults, &mut checks)?;
                    dir.add(declaration)?;
                }
            }
        }
        dir.dependencies_rules = state.dependencies_rules;
        dir.dependents_rules = state.dependents_rules;
    }
    Ok((dirs, rules))
}

/// The state of the nearest folder above that has BUILD files.
fn inherited(states: &FxHashMap<Arc<str>, State>, path: &str) -> State {
    let mut at = path;
    while !at.is_empty() {
        at = RepoPath::new(at).folder();
        if let Some(state) = states.get(at) {
            return state.clone();
        }
    }
    State::default()
}

fn invalid(message: impl Into<String>, place: Place) -> Error {
    Error::Invalid {
        message: message.into(),
        place,
        hint: None,
    }
}

/// Whose field is checked: a type, what messages call its target, and the call that sets the field.
struct FieldOwner<'a> {
    known: &'a TargetType,
    address: &'a str,
    call: &'a Call,
}

/// What has been checked and warned about so far.
struct Checks<'w> {
    options: &'w GraphOptions,
    warned: Vec<String>,
    warnings: &'w mut Vec<GraphWarning>,
}

impl Checks<'_> {
    /// Warns unless the same was said before.
    fn warn_once(&mut self, key: String, warning: impl FnOnce() -> GraphWarning) {
        if !self.warned.contains(&key) {
            self.warned.push(key);
            self.warnings.push(warning());
        }
    }

    /// Refuses a target that does not set a field which its type needs.
    fn required(&self, owner: &FieldOwner<'_>) -> Result<(), Error> {
        let FieldOwner {
            known,
            address,
            call,
        } = *owner;
        let grouped = |field: &Field| field.name.starts_with("parametrize_");
        if call.fields.iter().any(grouped) {
            return Ok(());
        }
        // Files, requirements and what is provided have messages of their own.
        let own_message = |name: &str| matches!(name, "source" | "requirements" | "provides");
        let is_set = |name: &str| {
            call.get(name)
                .is_some_and(|value| !matches!(value, Data::None))
        };
        let may_lack = |name: &str| {
            let mut variants = known
                .field(name)
                .filter(|field| self.options.has(field.versions));
            variants.any(|field| !field.required || field.default.is_some())
        };
        let mut fields = known
            .fields
            .iter()
            .filter(|field| self.options.has(field.versions));
        let missing = fields
            .find(|field| !own_message(field.name) && !may_lack(field.name) && !is_set(field.name));
        match missing {
            None => Ok(()),
            Some(field) => Err(Error::Invalid {
                message: format!("`{}` of `{address}` must be set", field.name),
                place: call.place(),
                hint: Some(format!("`{}` has no default for it", known.name)),
            }),
        }
    }

    /// Refuses a field that the type does not have, or a value that the field does not take.
    fn field(&mut self, owner: &FieldOwner<'_>, name: &str, value: &Data) -> Result<(), Error> {
        let FieldOwner {
            known,
            address,
            call,
        } = *owner;
        let near = match fields::check(self.options, known, (name, value)) {
            Ok(()) => return Ok(()),
            Err(FieldProblem::OfOtherVersion(versions)) => {
                return Err(Error::Invalid {
                    message: format!("`{}` has no field `{name}`", known.name),
                    place: call.field_place(name),
                    hint: Some(self.options.of_other_version(versions)),
                });
            }
            Err(FieldProblem::Value(ValueProblem {
                message,
                text,
                near,
            })) => {
                let place = match text {
                    Some(text) => call.text_place(name, &text),
                    None => call.field_place(name),
                };
                let name = match name.starts_with("parametrize_") {
                    true => "**parametrize(…)",
                    false => name,
                };
                return Err(Error::Invalid {
                    message: format!("`{name}` of `{address}` {message}"),
                    place,
                    hint: near.map(|near| format!("did you mean `{near}`?")),
                });
            }
            Err(FieldProblem::Unknown(near)) => near,
        };
        let message = format!("`{}` has no field `{name}`", known.name);
        let place = call.field_place(name);
        // The fields of a binary grow with Pants.
        let may_exist =
            self.options.may_have_plugins() || matches!(known.role, Role::Binary | Role::Binaries);
        if may_exist && near.is_none() {
            self.warn_once(message.clone(), || {
                GraphWarning::new(message, Some(place))
                    .hint("a plugin may define it; it is ignored here")
            });
            return Ok(());
        }
        let names = fields::names(self.options, known);
        Err(Error::Invalid {
            message,
            place,
            hint: Some(match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("its fields are `{}`", names.join("`, `")),
            }),
        })
    }
}

fn declare(
    mut call: Call,
    dir: &BuildDir,
    defaults: &Defaults,
    checks: &mut Checks<'_>,
) -> Result<Declaration, Error> {
    let kind = Arc::clone(&call.name);
    let known = checks.options.target_type(&kind);
    let name = match call.get("name") {
        None | Some(Data::None) => Arc::from(address::default_name(&dir.path)),
        // For Pants an empty name is none.
        Some(Data::Str(name)) if name.is_empty() => Arc::from(address::default_name(&dir.path)),
        Some(Data::Str(name)) => Arc::clone(name),
        Some(other) => {
            let message = format!("`name` must be a text, not a {}", other.type_name());
            return Err(invalid(message, call.field_place("name")));
        }
    };
    if let Some(bad) = name.chars().find(|c| "@!?/\\:=#".contains(*c)) {
        let message = format!("a target name cannot contain `{bad}`: `{name}`");
        return Err(invalid(message, call.field_place("name")));
    }
    match known {
        Some(known) => {
            let address = address::declared(&dir.path, &name);
            let owner = FieldOwner {
                known,
                address: &address,
                call: &call,
            };
            for field in call.fields.iter().filter(|field| &*field.name != "name") {
                checks.field(&owner, &field.name, &field.value)?;
            }
        }
        None => checks.warn_once(format!("type {kind}"), || {
            GraphWarning::new(format!("unknown target type `{kind}`"), Some(call.place()))
                .hint("a plugin may define it; such targets only have dependencies here")
        }),
    }
    for (field, value) in defaults.get(&kind).into_iter().flatten() {
        if call.get(field).is_none() {
            call.fields.push(Field {
                name: Arc::clone(field),
                value: value.clone(),
                offset: call.offset,
            });
        }
    }
    if let Some(known) = known {
        let address = address::declared(&dir.path, &name);
        checks.required(&FieldOwner {
            known,
            address: &address,
            call: &call,
        })?;
    }
    Ok(Declaration {
        name,
        kind,
        known,
        file: dir.last_file(),
        call,
    })
}

/// Applies one `__defaults__` call.
fn set_defaults(current: &mut Defaults, call: &Call, checks: &mut Checks<'_>) -> Result<(), Error> {
    let flag = |name| call.get(name).and_then(Data::as_bool) == Some(true);
    let mut new = if flag("extend") {
        current.clone()
    } else {
        Defaults::new()
    };
    if let Some(all) = call.get("all").filter(|all| !matches!(all, Data::None)) {
        let fields = field_defaults(all, call)?;
        for known in shipped_types() {
            let owner = FieldOwner {
                known,
                address: "all",
                call,
            };
            for (field, value) in fields.iter().filter(|(field, _)| known.accepts(field)) {
                checks.field(&owner, field, value)?;
            }
            let entry = new.entry(Arc::from(known.name)).or_default();
            merge(entry, &fields, |field| known.accepts(field));
        }
    }
    for argument in &call.positional {
        let Some(pairs) = argument.as_dict() else {
            let message = format!("`__defaults__` needs dicts, not a {}", argument.type_name());
            return Err(invalid(message, call.place()));
        };
        for (targets, fields) in pairs {
            let fields = field_defaults(fields, call)?;
            for kind in type_names(targets) {
                let known = checks.options.target_type(kind);
                if known.is_none() && flag("ignore_unknown_targets") {
                    continue;
                }
                if known.is_none() && !checks.options.may_have_plugins() {
                    return Err(unknown_type(kind, call));
                }
                if let Some(known) = known {
                    let owner = FieldOwner {
                        known,
                        address: kind,
                        call,
                    };
                    let ignored =
                        |field: &str| flag("ignore_unknown_fields") && !known.accepts(field);
                    for (field, value) in fields.iter().filter(|(field, _)| !ignored(field)) {
                        checks.field(&owner, field, value)?;
                    }
                }
                let entry = new.entry(Arc::from(kind)).or_default();
                merge(entry, &fields, |field| {
                    known.is_none_or(|known| known.accepts(field))
                });
            }
        }
    }
    for (kind, fields) in new {
        if fields.is_empty() {
            current.remove(&kind);
        } else {
            current.insert(kind, fields);
        }
    }
    Ok(())
}

/// The error that defaults are for a type that there is not.
fn unknown_type(kind: &str, call: &Call) -> Error {
    let near = nearest(kind, shipped_types().iter().map(|known| known.name));
    Error::Invalid {
        message: format!("`{DEFAULTS}` is about `{kind}`, which is no target type"),
        place: call.place(),
        hint: near.map(|near| format!("did you mean `{near}`?")),
    }
}

/// Puts the defaults that a type accepts over those that it has.
fn merge(entry: &mut FieldDefaults, fields: &FieldDefaults, accepts: impl Fn(&str) -> bool) {
    for (name, value) in fields.iter().filter(|(name, _)| accepts(name)) {
        entry.retain(|(have, _)| have != name);
        entry.push((Arc::clone(name), value.clone()));
    }
}

fn field_defaults(value: &Data, call: &Call) -> Result<FieldDefaults, Error> {
    let misfit = || {
        let message = format!("default values must be a dict, not a {}", value.type_name());
        invalid(message, call.place())
    };
    value
        .as_dict()
        .ok_or_else(misfit)?
        .iter()
        .map(|(name, value)| match name {
            Data::Str(name) => Ok((Arc::clone(name), value.clone())),
            _ => Err(misfit()),
        })
        .collect()
}

fn type_names(value: &Data) -> Vec<&str> {
    match value {
        Data::Symbol(name) | Data::Str(name) => vec![name],
        Data::List(items) => items.iter().flat_map(type_names).collect(),
        _ => Vec::new(),
    }
}
