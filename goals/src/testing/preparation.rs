//! What pytest does before it looks at a module, by which it is known for which modules it would do the same.

use std::sync::OnceLock;

use engine::InputTree;
use model::Sha256;

/// By what pytest finds its root and its configuration, and what it imports before it begins.
const PREPARING: [&str; 9] = [
    "conftest.py",
    "pytest.ini",
    ".pytest.ini",
    "pytest.toml",
    ".pytest.toml",
    "pyproject.toml",
    "tox.ini",
    "setup.cfg",
    "setup.py",
];

/// How pytest is prepared for a module. Whether another is prepared the same, `prepared.py` decides.
#[derive(Debug)]
pub(super) struct Preparation {
    module: String,
    inputs: InputTree,
    surroundings: String,
    identity: OnceLock<PreparationIdentity>,
}

/// What two modules have in common that are prepared the same.
#[derive(Debug)]
pub(super) struct PreparationIdentity {
    /// The innermost folder above the module below which there is nothing that pytest is prepared by.
    pub(super) folder: String,
    /// What they see beside modules of Python.
    pub(super) others: String,
    /// All of it, in short.
    pub(super) digest: String,
}

impl Preparation {
    /// That of a module with its inputs, and what else decides how pytest is prepared: its environment and variables.
    pub(super) fn new(module: &str, inputs: InputTree, surroundings: String) -> Self {
        Self {
            module: module.to_owned(),
            inputs,
            surroundings,
            identity: OnceLock::new(),
        }
    }

    /// What is the same for others that are prepared the same. It is found out where a module runs.
    pub(super) fn identity(&self) -> &PreparationIdentity {
        self.identity.get_or_init(|| {
            let others = self.inputs.subset(|path| !path.ends_with(".py"));
            let (folder, others) = (self.folder(), others.digest().to_string());
            let all = format!("{} {folder:?} {others}", self.surroundings);
            PreparationIdentity {
                folder,
                others,
                digest: Sha256::of(all.as_bytes()).to_string(),
            }
        })
    }

    fn folder(&self) -> String {
        let mut folder = self.module.as_str();
        while let Some((above, _)) = folder.rsplit_once('/') {
            folder = above;
            let prepares = |name: &&str| self.inputs.get(&format!("{folder}/{name}")).is_some();
            if PREPARING.iter().any(prepares) {
                return folder.to_owned();
            }
        }
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(module: &str, files: &[&str], expected: &str) {
        let files = files.iter().map(|path| ((*path).to_owned(), ""));
        let inputs = InputTree::of_literals(files).unwrap();
        let preparation = Preparation::new(module, inputs, String::new());
        assert_eq!(preparation.identity().folder, expected);
    }

    #[test]
    fn the_innermost_folder_with_something_of_pytest() {
        let files = [
            "a/b/c/test.py",
            "a/conftest.py",
            "a/b/tox.ini",
            "a/b/d/setup.py",
        ];
        check("a/b/c/test.py", &files, "a/b");
        check("a/b/d/e/test.py", &files, "a/b/d");
        check("a/x/test.py", &files, "a");
        check("x/test.py", &files, "");
        check("test.py", &files, "");
    }
}
