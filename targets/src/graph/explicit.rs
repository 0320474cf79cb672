//! What the fields of a target say about its dependencies.

use super::target::TargetId;
use super::targets::Targets;
use crate::error::Error;
use crate::kinds::{Role, TargetType, Values};
use buildfile::Data;

/// The dependencies that a target's `dependencies` names.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExplicitDependencies {
    /// Plain ones.
    pub(crate) includes: Vec<TargetId>,
    /// `!` and `!!`: not a direct dependency.
    pub(crate) ignores: Vec<TargetId>,
    /// `!!`: not anywhere in the closure either.
    pub(crate) transitive_ignores: Vec<TargetId>,
}

impl Targets<'_> {
    /// The target that has the same explicit dependencies and is asked first: those of a generator
    /// are the same for everything that it generates without fields of its own.
    pub(crate) fn explicit_like(&self, id: TargetId) -> TargetId {
        let target = self.get(id);
        match (target.generator, &target.own) {
            (Some(generator), None) => generator,
            _ => id,
        }
    }

    /// The explicit dependencies of a target. Those of a generator go to what it generates.
    pub(crate) fn explicit(&self, id: TargetId) -> Result<ExplicitDependencies, Error> {
        let mut explicit = ExplicitDependencies::default();
        let known = self.get(id).known;
        let field = known.map_or("dependencies", TargetType::dependencies_field);
        let Some(Data::List(list)) = self.field(id, field) else {
            return Ok(explicit);
        };
        for item in &**list {
            let Data::Str(text) = item else {
                return Err(Error::Invalid {
                    message: format!("a dependency must be a text, not a {}", item.type_name()),
                    place: self.place(id, field),
                    hint: None,
                });
            };
            let address = text.trim_start_matches('!');
            let found = self.named(id, field, address)?;
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

    /// Dependencies in fields of addresses besides `dependencies`.
    pub(crate) fn special(&self, id: TargetId) -> Result<Vec<TargetId>, Error> {
        let known = self.get(id).known;
        let fields = known.map_or(&[][..], |known| &known.fields).iter();
        let mut found = Vec::new();
        for field in fields.filter(|field| field.values == Values::Addresses) {
            for text in self.texts(id, field.name) {
                found.push(self.named(id, field.name, text)?);
            }
        }
        Ok(found)
    }

    /// The dependencies that a `platform_resources` target picks for a platform.
    pub(crate) fn on_platform(&self, id: TargetId, platform: &str) -> Result<Vec<TargetId>, Error> {
        let map = self.field(id, "dependency_map");
        let Some(value) = map.and_then(|map| map.get(platform)) else {
            return Ok(Vec::new());
        };
        let texts = value.strings().into_iter();
        texts
            .map(|text| self.named(id, "dependency_map", text))
            .collect()
    }

    /// A generated requirement depends on its file and on the lockfile of its resolve.
    pub(crate) fn requirement_files_of(&self, id: TargetId) -> Vec<TargetId> {
        let target = self.get(id);
        let generator = target
            .generator
            .filter(|_| target.role() == Role::Requirement);
        let first = generator.and_then(|generator| self.get(generator).generated.first());
        let Some(file) = first.filter(|id| self.get(*id).role() == Role::RequirementsFile) else {
            return Vec::new();
        };
        let lockfile = self.resolve_name(id).and_then(|resolve| {
            let path = self.repository().options().resolves.get(resolve)?;
            self.at(&crate::address::of_lockfile(resolve, path))
        });
        [file].into_iter().chain(lockfile).collect()
    }
}
