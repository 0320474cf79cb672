//! What a BUILD file may say beyond Python: target types, what holds for a folder, objects such as
//! `python_artifact(…)`, `parametrize`, and what it may ask.

use std::sync::{Arc, Mutex};

use buildfile::{Data, Positional, Symbol, UnknownNames, Vocabulary};

use crate::files::RepositoryFiles;
use crate::kinds::shipped_types;
use crate::options::GraphOptions;
use crate::tree::join;

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
const OTHERS: &[&str] = &[
    "PANTS_VERSION",
    "build_file_dir",
    "env",
    "open",
    "parametrize",
];

/// The names that the BUILD files of one folder may use.
pub(crate) struct BuildVocabulary<'o> {
    /// The folder relative to the root, `""` for the root itself.
    pub(crate) folder: &'o str,
    pub(crate) options: &'o GraphOptions,
    /// What they may read.
    pub(crate) files: &'o dyn RepositoryFiles,
    /// The files that were read.
    pub(crate) inputs: Mutex<Vec<Arc<str>>>,
}

impl Vocabulary for BuildVocabulary<'_> {
    fn find(&self, name: &str) -> Option<Symbol<'_>> {
        Some(match name {
            "parametrize" => Symbol::Choice,
            "build_file_dir" => Symbol::Path(self.folder),
            "open" => Symbol::Open(Box::new(|path| self.read(path))),
            "env" => Symbol::Function(Box::new(|positional, named| self.env(positional, named))),
            "PANTS_VERSION" => {
                let version = self.options.pants_version.as_str();
                Symbol::Constant(Data::Str(Arc::from(version)))
            }
            _ if FOLDER.contains(&name) => Symbol::Declaration(Positional::Allowed),
            _ if OBJECTS.contains(&name) => Symbol::Constructor,
            _ if self.options.target_type(name).is_some() => {
                Symbol::Declaration(Positional::Refused)
            }
            _ => return None,
        })
    }

    fn names(&self) -> Vec<&str> {
        let declared = self.options.declared_types.iter().copied();
        let types = shipped_types()
            .iter()
            .chain(declared)
            .map(|known| known.name);
        let others = [FOLDER, OBJECTS, OTHERS].into_iter().flatten().copied();
        types.chain(others).collect()
    }

    fn unknown_names(&self) -> UnknownNames {
        match self.options.may_have_plugins() {
            true => UnknownNames::Declarations,
            false => UnknownNames::Errors,
        }
    }

    fn is_added(&self, name: &str) -> bool {
        let quoted = ['"', '\''].map(|quote| format!("{quote}{name}{quote}"));
        let tree = self.files.tree();
        let mut dirs = self
            .options
            .plugin_folders
            .iter()
            .flat_map(|folder| tree.below(folder));
        dirs.any(|dir| {
            let mut sources = dir.files.iter().filter(|file| file.ends_with(".py"));
            sources.any(|file| {
                let text = self.files.read(&join(&dir.path, file)).unwrap_or_default();
                let text = String::from_utf8_lossy(&text);
                quoted.iter().any(|quoted| text.contains(quoted))
            })
        })
    }
}

impl BuildVocabulary<'_> {
    /// The text of a file of the repository; a path counts from the root, as in Pants.
    fn read(&self, path: &str) -> Result<String, String> {
        let normal = path.split('/').filter(|part| !matches!(*part, "" | "."));
        let normal: Vec<&str> = normal.collect();
        if path.starts_with('/') || normal.contains(&"..") {
            return Err(format!(
                "a BUILD file reads files of the repository, not `{path}`"
            ));
        }
        let normal = normal.join("/");
        if !self.files.tree().has_file(&normal) {
            return Err(format!(
                "there is no file `{normal}` in the repository, or ignore rules hide it"
            ));
        }
        let text = self
            .files
            .read(&normal)
            .map_err(|error| error.to_string())?;
        let text = String::from_utf8(text).map_err(|_| format!("`{normal}` is not UTF-8"))?;
        if let Ok(mut inputs) = self.inputs.lock() {
            inputs.push(Arc::from(normal));
        }
        Ok(text)
    }

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
