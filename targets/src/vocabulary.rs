//! What a BUILD file may say beyond Python: target types, what holds for a folder, objects such as
//! `python_artifact(…)`, `parametrize`, and what it may ask.

use std::sync::Arc;

use buildfile::{Data, Positional, Symbol, UnknownNames, Vocabulary};

use crate::kinds::{TYPES, TargetType};
use crate::options::GraphOptions;

/// Default field values of the targets below a folder.
pub(crate) const DEFAULTS: &str = "__defaults__";
/// What targets of a folder may depend on.
pub(crate) const DEPENDENCIES_RULES: &str = "__dependencies_rules__";
/// What may depend on targets of a folder.
pub(crate) const DEPENDENTS_RULES: &str = "__dependents_rules__";

/// What holds for a folder.
const FOLDER: &[&str] = &[DEFAULTS, DEPENDENCIES_RULES, DEPENDENTS_RULES];

/// What makes an object of its arguments.
const OBJECTS: &[&str] = &[
    "http_source",
    "jvm_exclude",
    "node_build_script",
    "node_test_script",
    "per_platform",
    "python_artifact",
    "setup_py",
    "stevedore_namespace",
];

/// The rest.
const OTHERS: &[&str] = &["PANTS_VERSION", "build_file_dir", "env", "parametrize"];

/// The names that the BUILD files of one folder may use.
pub(crate) struct BuildVocabulary<'o> {
    /// The folder relative to the root, `""` for the root itself.
    pub(crate) folder: &'o str,
    pub(crate) options: &'o GraphOptions,
}

impl Vocabulary for BuildVocabulary<'_> {
    fn find(&self, name: &str) -> Option<Symbol<'_>> {
        Some(match name {
            "parametrize" => Symbol::Choice,
            "build_file_dir" => Symbol::Path(self.folder),
            "env" => Symbol::Function(Box::new(|positional, named| self.env(positional, named))),
            "PANTS_VERSION" => {
                let version = self.options.pants_version.as_str();
                Symbol::Constant(Data::Str(Arc::from(version)))
            }
            _ if FOLDER.contains(&name) => Symbol::Declaration(Positional::Allowed),
            _ if OBJECTS.contains(&name) => Symbol::Constructor,
            _ if TargetType::find(name).is_some() => Symbol::Declaration(Positional::Refused),
            _ => return None,
        })
    }

    fn names(&self) -> Vec<&str> {
        let types = TYPES.iter().map(|known| known.name);
        let others = [FOLDER, OBJECTS, OTHERS].into_iter().flatten().copied();
        types.chain(others).collect()
    }

    fn unknown_names(&self) -> UnknownNames {
        match self.options.may_have_plugins() {
            true => UnknownNames::Declarations,
            false => UnknownNames::Errors,
        }
    }
}

impl BuildVocabulary<'_> {
    /// `env(name, default=None)`: a variable of the environment that BUILD files may see.
    fn env(&self, positional: &[Data], named: &[(Arc<str>, Data)]) -> Result<Data, String> {
        let argument = |at: usize, name: &str| {
            let by_name = named.iter().find(|(key, _)| &**key == name);
            positional.get(at).or(by_name.map(|(_, value)| value))
        };
        let Some(Data::Str(name)) = argument(0, "name") else {
            return Err("`env` needs the name of a variable".to_owned());
        };
        Ok(match self.options.env.get(&**name) {
            Some(value) => Data::Str(Arc::from(value.as_str())),
            None => argument(1, "default").cloned().unwrap_or(Data::None),
        })
    }
}
