//! Makes targets of declarations, one after the other.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::parametrize::{ParameterChoice, combinations, pairs};
use super::site::DeclarationSite;
use crate::address;
use crate::error::Error;
use crate::graph::sources::Patterns;
use crate::graph::target::{ResolveId, Target, TargetId, TargetRange};
use crate::graph::targets::Targets;
use crate::kinds::TargetType;
use crate::options::{GraphOptions, Resolves};
use crate::repository::Repository;
use buildfile::Data;

/// The targets made so far.
pub(super) struct TargetBuilder<'r> {
    pub(super) targets: Targets<'r>,
    /// Patterns that were compiled, by whether they count from the root and their texts: most
    /// declarations have the same.
    patterns: FxHashMap<(bool, Vec<String>), Arc<Patterns>>,
}

/// What distinguishes a target from others of its declaration.
pub(super) struct TargetParts {
    /// Its address without parameters.
    pub(super) base: String,
    pub(super) kind: Arc<str>,
    pub(super) known: Option<&'static TargetType>,
    pub(super) source: Option<Arc<str>>,
    /// The files that it owns beside that one.
    pub(super) sources: Vec<Arc<str>>,
    pub(super) choice: ParameterChoice,
    pub(super) generator: Option<TargetId>,
}

impl TargetParts {
    /// Those of a target of a known type.
    pub(super) fn of_kind(
        options: &GraphOptions,
        (base, kind): (String, &str),
        choice: ParameterChoice,
    ) -> Self {
        Self {
            base,
            kind: Arc::from(kind),
            known: options.target_type(kind),
            source: None,
            sources: Vec::new(),
            choice,
            generator: None,
        }
    }

    /// Those of the target that a declaration declares.
    pub(super) fn of_declaration(site: &DeclarationSite<'_>, choice: ParameterChoice) -> Self {
        Self {
            base: site.address(),
            kind: Arc::clone(&site.declaration.kind),
            known: site.declaration.known,
            source: None,
            sources: Vec::new(),
            choice,
            generator: None,
        }
    }
}

impl<'r> TargetBuilder<'r> {
    /// No targets yet.
    pub(super) fn new(repository: &'r Repository) -> Self {
        Self {
            targets: Targets::new(repository),
            patterns: FxHashMap::default(),
        }
    }

    pub(super) fn repository(&self) -> &'r Repository {
        self.targets.repository()
    }

    pub(super) fn options(&self) -> &'r GraphOptions {
        self.targets.repository().options()
    }

    /// Adds a target; its address must be new.
    pub(super) fn push(
        &mut self,
        site: &DeclarationSite<'r>,
        parts: TargetParts,
    ) -> Result<TargetId, Error> {
        let parameters = parts.choice.parameters();
        let has_resolve = parts.known.is_some_and(TargetType::has_resolve);
        let resolve = if has_resolve {
            Some(self.resolve_of(site, &parts.choice)?)
        } else {
            None
        };
        let target = Target {
            address: address::with_parameters(&parts.base, &parameters),
            kind: parts.kind,
            known: parts.known,
            source: parts.source,
            sources: parts.sources.into(),
            dir: Arc::clone(&site.dir.path),
            declaration: Some(site.id),
            generator: parts.generator,
            generated: TargetRange::EMPTY,
            own: parts.choice.fields(),
            parameters,
            resolve,
        };
        let place = || site.declaration.call.place();
        self.targets.insert(target, parts.base, place)
    }

    /// Adds a target that a generator generates. One that overrides take out of the generator's
    /// choices is the same in each choice, and is added once.
    pub(super) fn push_generated(
        &mut self,
        site: &DeclarationSite<'r>,
        parts: TargetParts,
    ) -> Result<Option<TargetId>, Error> {
        let address = address::with_parameters(&parts.base, &parts.choice.parameters());
        let is_of_other_choice = |have: TargetId| {
            let have = self.targets.get(have);
            have.declaration == Some(site.id)
                && have.generator.is_some()
                && have.generator != parts.generator
        };
        if self.targets.at(&address).is_some_and(is_of_other_choice) {
            return Ok(None);
        }
        self.push(site, parts).map(Some)
    }

    /// The compiled patterns of the `sources` of a declaration.
    pub(super) fn patterns(
        &mut self,
        site: &DeclarationSite<'_>,
        patterns: &[&str],
    ) -> Result<Arc<Patterns>, Error> {
        let dir = &site.dir.path;
        let texts = patterns.iter().map(|text| (*text).to_owned()).collect();
        let key = (dir.is_empty(), texts);
        if let Some(compiled) = self.patterns.get(&key) {
            return Ok(Arc::clone(compiled));
        }
        let compiled = Patterns::new(dir, patterns.iter().copied());
        let compiled = Arc::new(compiled.map_err(|invalid| {
            Error::Invalid {
                message: format!(
                    "`sources` of `{}` has an invalid pattern: {}",
                    site.address(),
                    invalid.reason
                ),
                place: site
                    .declaration
                    .call
                    .text_place("sources", &invalid.pattern),
                hint: None,
            }
        })?);
        self.patterns.insert(key, Arc::clone(&compiled));
        Ok(compiled)
    }

    /// The resolve that a choice, else the declaration, else the settings name.
    pub(super) fn resolve_of(
        &self,
        site: &DeclarationSite<'r>,
        choice: &ParameterChoice,
    ) -> Result<ResolveId, Error> {
        let options = self.options();
        let declared = || choice.get("resolve").or(site.declaration.get("resolve"));
        let name = match options.enable_resolves {
            Resolves::Disabled => None,
            Resolves::Enabled => declared().and_then(Data::as_str),
        };
        let name = name.unwrap_or(&options.default_resolve);
        self.targets
            .resolve(name)
            .ok_or_else(|| Error::UnknownResolve {
                name: name.to_owned(),
                place: Some(site.declaration.call.text_place("resolve", name)),
                known: options.resolves.keys().cloned().collect(),
            })
    }

    /// The combinations of the parametrized fields of a declaration that generates nothing.
    pub(super) fn choices(
        &self,
        site: &DeclarationSite<'r>,
    ) -> Result<Vec<ParameterChoice>, Error> {
        combinations(pairs(&site.declaration.call.fields)).map_err(|(field, message)| {
            let message = format!("cannot parametrize `{}`: {message}", site.address());
            site.invalid(&field, message)
        })
    }

    /// The combinations of a generator's moved fields.
    pub(super) fn generator_choices(
        &self,
        site: &DeclarationSite<'r>,
    ) -> Result<Vec<ParameterChoice>, Error> {
        let moves = |name: &str| {
            let known = site.declaration.known;
            name.starts_with("parametrize_") || known.is_some_and(|known| known.moves(name))
        };
        let stays = pairs(&site.declaration.call.fields)
            .find(|(name, value)| matches!(value, Data::Parametrize(_)) && !moves(name));
        if let Some((name, _)) = stays {
            let message = format!(
                "`{name}` of the generator `{}` cannot be parametrized: only fields that move to the generated targets can",
                site.address()
            );
            return Err(site.invalid(name, message));
        }
        self.choices(site)
    }

    /// Adds the generator itself, runs `generate`, and notes what it generated.
    pub(super) fn generator(
        &mut self,
        site: &DeclarationSite<'r>,
        choice: &ParameterChoice,
        generate: impl FnOnce(&mut Self, TargetId) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let id = self.push(site, TargetParts::of_declaration(site, choice.clone()))?;
        generate(self, id)?;
        self.targets.end_generator(id);
        Ok(())
    }
}
