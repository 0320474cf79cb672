//! What the fields of a target say about its dependencies.

use std::sync::Arc;

use super::Graph;
use super::lookup::NotFound;
use super::target::{ResolveId, TargetId};
use crate::kinds::Role;
use crate::repository::Error;
use buildfile::Data;
use model::Place;

/// The explicit dependencies of a target, resolved.
#[derive(Debug, Default)]
pub(crate) struct Explicit {
    /// Plain ones.
    pub(crate) includes: Vec<TargetId>,
    /// `!` and `!!`: not a direct dependency.
    pub(crate) ignores: Vec<TargetId>,
    /// `!!`: not anywhere in the closure either.
    pub(crate) transitive_ignores: Vec<TargetId>,
}

/// What makes the explicit dependencies of two targets the same: the identity of the list,
/// the resolve, and the identity of the fields that are not those of the declaration.
pub(super) type Key = (usize, Option<ResolveId>, usize);

impl Graph<'_> {
    /// The explicit dependencies of a target. Those of a generator go to what it generates.
    pub(crate) fn explicit(&self, id: TargetId) -> Result<Arc<Explicit>, Error> {
        let target = self.target(id);
        let moved = target.generator.is_none()
            && target
                .known
                .is_some_and(|known| known.moves("dependencies"));
        let Some(Data::List(list)) = self.field(id, "dependencies").filter(|_| !moved) else {
            return Ok(Arc::default());
        };
        let own = target.own.as_ref().map_or(0, |own| own.as_ptr().addr());
        let key = (list.as_ptr().addr(), target.resolve, own);
        if let Some(known) = self
            .explicit
            .lock()
            .ok()
            .and_then(|it| it.get(&key).cloned())
        {
            return Ok(known);
        }
        let explicit = Arc::new(self.read_explicit(id, list)?);
        if let Ok(mut cache) = self.explicit.lock() {
            cache.insert(key, Arc::clone(&explicit));
        }
        Ok(explicit)
    }

    fn read_explicit(&self, id: TargetId, list: &[Data]) -> Result<Explicit, Error> {
        let mut explicit = Explicit::default();
        for item in list {
            let Data::Str(text) = item else {
                return Err(Error::Invalid {
                    message: format!("a dependency must be a text, not a {}", item.type_name()),
                    place: self.place(id, "dependencies"),
                    hint: None,
                });
            };
            let address = text.trim_start_matches('!');
            let found = self.written(id, "dependencies", address)?;
            match text.len() - address.len() {
                0 => explicit.includes.push(found),
                1 => explicit.ignores.push(found),
                _ => {
                    explicit.ignores.push(found);
                    explicit.transitive_ignores.push(found);
                }
            }
        }
        Ok(explicit)
    }

    /// Dependencies in fields with a meaning of their own.
    pub(crate) fn special(&self, id: TargetId) -> Result<Vec<TargetId>, Error> {
        let fields: &[&str] = match (
            self.target(id).known.map(|it| it.role),
            &*self.target(id).kind,
        ) {
            (Some(Role::Relocated), _) => &["files_targets"],
            (Some(Role::Archive), _) => &["files", "packages"],
            (_, "python_test") => &["runtime_package_dependencies"],
            _ => &[],
        };
        let mut found = Vec::new();
        for field in fields {
            for text in self.field(id, field).map(Data::strings).unwrap_or_default() {
                found.push(self.written(id, field, text)?);
            }
        }
        Ok(found)
    }

    /// The dependencies that a `platform_resources` target picks for a platform.
    pub(crate) fn platform(&self, id: TargetId, platform: &str) -> Result<Vec<TargetId>, Error> {
        let Some(value) = self
            .field(id, "dependency_map")
            .and_then(|map| map.get(platform))
        else {
            return Ok(Vec::new());
        };
        let texts = value.strings().into_iter();
        texts
            .map(|text| self.written(id, "dependency_map", text))
            .collect()
    }

    /// The target that an address in a field means.
    pub(crate) fn written(&self, id: TargetId, field: &str, text: &str) -> Result<TargetId, Error> {
        let target = self.target(id);
        self.find(text, &target.dir, Some(id))
            .map_err(|missing| self.unknown(text, missing, Some(self.text_place(id, field, text))))
    }

    pub(crate) fn unknown(&self, text: &str, missing: NotFound, place: Option<Place>) -> Error {
        Error::UnknownTarget {
            address: text.to_owned(),
            reason: missing.reason,
            place,
            candidates: missing.candidates,
        }
    }

    /// Where a field of a target stands.
    pub(crate) fn place(&self, id: TargetId, field: &str) -> Place {
        match self.declaration(id) {
            Some(declaration) => declaration.call.field_place(field),
            None => Place::file("pants.toml"),
        }
    }

    /// Where a text within a field of a target stands.
    pub(crate) fn text_place(&self, id: TargetId, field: &str, text: &str) -> Place {
        match self.declaration(id) {
            Some(declaration) => declaration.call.text_place(field, text),
            None => Place::file("pants.toml"),
        }
    }
}
