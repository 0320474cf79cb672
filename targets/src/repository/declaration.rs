//! What BUILD files declare, folder by folder: targets, and the visibility rules in force.

use std::sync::Arc;

use crate::address;
use crate::error::Error;
use crate::kinds::TargetType;
use buildfile::{Call, Data};

/// A target as a BUILD file declares it, with defaults applied.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// Its name within its folder.
    pub name: Arc<str>,
    /// Its type as written.
    pub kind: Arc<str>,
    /// What is known of the type; `None` if a plugin defines it.
    pub known: Option<&'static TargetType>,
    /// Path of the BUILD file that declares it.
    pub file: Arc<str>,
    /// The call that declared it; its fields include the defaults.
    pub call: Call,
}

/// Visibility rules as they were declared.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// The folder of the BUILD file that declares them.
    pub(crate) dir: Arc<str>,
    /// Path of that BUILD file.
    pub(crate) file: Arc<str>,
    /// The rule sets.
    pub(crate) sets: Vec<Data>,
    /// Rules of the parent folder that apply as well, after these.
    pub(crate) extends: Option<RulesId>,
}

/// Visibility rules, by their position among those of the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RulesId(pub(super) usize);

impl RulesId {
    /// Where they stand.
    pub(crate) fn index(self) -> usize {
        self.0
    }
}

impl Declaration {
    /// The value of a field; `None` where it is not set or set to `None`.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Data> {
        self.call
            .get(field)
            .filter(|value| !matches!(value, Data::None))
    }

    /// The text in a field.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.get(field).and_then(Data::as_str)
    }
}

/// A declaration, by the positions of its folder and within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DeclarationId {
    pub(super) dir: usize,
    pub(super) at: usize,
}

/// A folder with BUILD files.
#[derive(Debug)]
pub struct BuildDir {
    /// Its path relative to the root.
    pub path: Arc<str>,
    /// Paths of its BUILD files.
    pub files: Vec<Arc<str>>,
    /// The targets that they declare, in order.
    pub declarations: Vec<Declaration>,
    /// `__dependencies_rules__` in force here, own or inherited.
    pub(crate) dependencies_rules: Option<RulesId>,
    /// `__dependents_rules__` in force here, own or inherited.
    pub(crate) dependents_rules: Option<RulesId>,
}

impl BuildDir {
    /// The BUILD file that is being read.
    pub(super) fn last_file(&self) -> Arc<str> {
        self.files.last().map_or_else(|| Arc::from(""), Arc::clone)
    }

    /// Adds a declaration, whose name must be new.
    pub(super) fn add(&mut self, declaration: Declaration) -> Result<(), Error> {
        let same = |first: &&Declaration| first.name == declaration.name;
        if let Some(first) = self.declarations.iter().find(same) {
            return Err(Error::Duplicate {
                address: address::declared(&self.path, &declaration.name),
                first: first.call.place(),
                second: declaration.call.place(),
            });
        }
        self.declarations.push(declaration);
        Ok(())
    }

    /// The rules that a call in the BUILD file declares.
    pub(super) fn rules(&self, call: &Call, parent: Option<RulesId>) -> Rules {
        let extend = call.get("extend").and_then(Data::as_bool) == Some(true);
        let sets = call.positional.iter();
        Rules {
            dir: Arc::clone(&self.path),
            file: self.last_file(),
            sets: sets
                .filter(|set| !matches!(set, Data::None))
                .cloned()
                .collect(),
            extends: parent.filter(|_| extend),
        }
    }
}
