//! From declarations to targets: generators are run, overrides and choices applied.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::overrides::{Keys, Mapping, Overrides, model_name};
use super::parametrize::{self, Choice, combinations, pairs};
use super::sources::Patterns;
use super::target::{Fields, Origin, Params, ResolveId, Target, TargetId};
use crate::address;
use crate::kinds::{COMMON, Content, Role, TargetType};
use crate::options::{Behavior, LockfileTargets, Resolves};
use crate::repository::{
    BuildDir, Declaration, Error, Repository, Warning, inline_entries, join, target_part,
};
use crate::requirements::{Depth, Wanted};
use buildfile::Data;
use model::Place;

/// All targets, and how to find them.
#[derive(Debug, Default)]
pub(crate) struct Targets {
    pub(crate) all: Vec<Target>,
    pub(crate) by_address: FxHashMap<Arc<str>, TargetId>,
    /// Parametrized targets by their address without parameters.
    pub(crate) parametrized: FxHashMap<Arc<str>, Vec<TargetId>>,
    /// Names of the resolves, sorted.
    pub(crate) resolves: Vec<String>,
    pub(crate) warnings: Vec<Warning>,
    /// Generators with patterns that match no file.
    pub(crate) unmatched: FxHashMap<TargetId, Unmatched>,
}

/// Patterns in `sources` that match no file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmatched {
    /// As they are written.
    pub patterns: Vec<String>,
    /// Where the first one stands.
    pub place: Option<Place>,
}

/// Runs every declaration of the repository.
pub(crate) fn expand(repository: &Repository) -> Result<Targets, Error> {
    let options = repository.options();
    let mut resolves: Vec<String> = options.resolves.keys().cloned().collect();
    if options.enable_resolves == Resolves::Disabled
        || !options.resolves.contains_key(&options.default_resolve)
    {
        resolves.push(options.default_resolve.clone());
        resolves.sort();
        resolves.dedup();
    }
    let mut builder = Builder {
        repository,
        targets: Targets {
            resolves,
            ..Targets::default()
        },
    };
    for (dir_at, dir) in repository.build_dirs().iter().enumerate() {
        for (at, declaration) in dir.declarations.iter().enumerate() {
            let origin = Origin::Declared {
                dir: u32::try_from(dir_at).unwrap_or(u32::MAX),
                at: u32::try_from(at).unwrap_or(u32::MAX),
            };
            builder.run(&Declared {
                dir,
                declaration,
                origin,
            })?;
        }
    }
    builder.lockfiles()?;
    Ok(builder.targets)
}

struct Builder<'r> {
    repository: &'r Repository,
    targets: Targets,
}

/// A declaration with its place.
pub(super) struct Declared<'r> {
    pub(super) dir: &'r BuildDir,
    pub(super) declaration: &'r Declaration,
    pub(super) origin: Origin,
}

impl Declared<'_> {
    pub(super) fn address(&self) -> String {
        address::declared(&self.dir.path, &self.declaration.name)
    }

    pub(super) fn invalid(&self, field: &str, message: String) -> Error {
        Error::Invalid {
            message,
            place: self.declaration.call.field_place(field),
            hint: None,
        }
    }
}

/// Whether other patterns of the field match.
#[derive(Clone, Copy, PartialEq)]
enum Matches {
    Some,
    None,
}

/// What distinguishes a target from others of its declaration.
struct Part {
    base: String,
    kind: Arc<str>,
    known: Option<&'static TargetType>,
    source: Option<Arc<str>>,
    choice: Choice,
    generator: Option<TargetId>,
}

impl<'r> Builder<'r> {
    fn run(&mut self, declared: &Declared<'r>) -> Result<(), Error> {
        match declared.declaration.known.map(|known| known.role) {
            Some(Role::Files {
                generates,
                default,
                content,
            }) => self.files(declared, generates, default, content),
            Some(Role::Requirements) => self.requirements(declared),
            Some(Role::PantsRequirements) => self.pants_requirements(declared),
            Some(Role::Binaries) => self.binaries(declared),
            Some(Role::File { field, content }) => self.single(declared, Some((field, content))),
            Some(Role::Requirement) => {
                inline_entries(declared.declaration)?;
                self.single(declared, None)
            }
            _ => self.single(declared, None),
        }
    }

    /// Adds a target; its address must be new.
    fn push(&mut self, declared: &Declared<'r>, part: Part) -> Result<TargetId, Error> {
        let params = part.choice.params();
        let address = parametrize::address(&part.base, &params);
        let resolve = self.resolve_of(declared, &part)?;
        let target = Target {
            address: Arc::clone(&address),
            kind: part.kind,
            known: part.known,
            source: part.source,
            dir: Arc::clone(&declared.dir.path),
            origin: declared.origin,
            generator: part.generator,
            generated: 0..0,
            own: part.choice.fields(),
            params: Arc::clone(&params),
            resolve,
        };
        self.insert(target, part.base, || declared.declaration.call.place())
    }

    fn insert(
        &mut self,
        target: Target,
        base: String,
        place: impl Fn() -> Place,
    ) -> Result<TargetId, Error> {
        let id = TargetId(u32::try_from(self.targets.all.len()).unwrap_or(u32::MAX));
        if let Some(first) = self
            .targets
            .by_address
            .insert(Arc::clone(&target.address), id)
        {
            let first = self.declaration_place(first).unwrap_or_else(&place);
            return Err(Error::Duplicate {
                address: target.address.to_string(),
                first,
                second: place(),
            });
        }
        if !target.params.is_empty() {
            let same = self.targets.parametrized.entry(Arc::from(base));
            same.or_default().push(id);
        }
        self.targets.all.push(target);
        Ok(id)
    }

    fn declaration_place(&self, id: TargetId) -> Option<Place> {
        match self.targets.all[id.index()].origin {
            Origin::Declared { dir, at } => {
                let dir = &self.repository.build_dirs()[dir as usize];
                Some(dir.declarations[at as usize].call.place())
            }
            Origin::Settings => None,
        }
    }

    fn resolve_of(&self, declared: &Declared<'r>, part: &Part) -> Result<Option<ResolveId>, Error> {
        let has_resolve = part.known.is_some_and(|known| match known.role {
            Role::Binary | Role::Binaries => true,
            Role::Opaque | Role::PlatformResources => false,
            _ => known.accepts("resolve"),
        });
        if !has_resolve {
            return Ok(None);
        }
        let options = self.repository.options();
        if options.enable_resolves == Resolves::Disabled {
            return Ok(Some(ResolveId(0)));
        }
        let own = part
            .choice
            .values
            .iter()
            .find(|(name, _)| &**name == "resolve");
        let value = match own {
            Some((_, value)) => Some(value),
            None => declared.declaration.get("resolve"),
        };
        let name = value
            .and_then(Data::as_str)
            .unwrap_or(&options.default_resolve);
        match self
            .targets
            .resolves
            .binary_search_by(|it| (**it).cmp(name))
        {
            Ok(at) => Ok(Some(ResolveId(u16::try_from(at).unwrap_or(u16::MAX)))),
            Err(_) => Err(Error::UnknownResolve {
                name: name.to_owned(),
                place: Some(declared.declaration.call.text_place("resolve", name)),
                known: options.resolves.keys().cloned().collect(),
            }),
        }
    }

    /// The combinations of a generator's moved fields.
    fn generator_choices(&self, declared: &Declared<'r>) -> Result<Vec<Choice>, Error> {
        let declaration = declared.declaration;
        let moves = |name: &str| {
            name.starts_with("parametrize_")
                || declaration.known.is_some_and(|known| known.moves(name))
        };
        let stays = pairs(&declaration.call.fields)
            .find(|(name, value)| matches!(value, Data::Parametrize(_)) && !moves(name));
        if let Some((name, _)) = stays {
            let message = format!(
                "`{name}` of the generator `{}` cannot be parametrized: only fields that move to the generated targets can",
                declared.address()
            );
            return Err(declared.invalid(name, message));
        }
        self.choices(declared)
    }

    fn choices(&self, declared: &Declared<'r>) -> Result<Vec<Choice>, Error> {
        combinations(pairs(&declared.declaration.call.fields)).map_err(|(field, message)| {
            let message = format!("cannot parametrize `{}`: {message}", declared.address());
            declared.invalid(&field, message)
        })
    }

    /// A declaration that generates nothing.
    fn single(
        &mut self,
        declared: &Declared<'r>,
        file: Option<(&'static str, Content)>,
    ) -> Result<(), Error> {
        let declaration = declared.declaration;
        for choice in self.choices(declared)? {
            let value = |name: &str| {
                let own = choice.values.iter().find(|(key, _)| &**key == name);
                own.map(|(_, value)| value)
                    .or_else(|| declaration.get(name))
            };
            let source = file.and_then(|(field, _)| value(field)?.as_str());
            let source = source.map(|path| Arc::from(join(&declared.dir.path, path)));
            if let (Some(path), Some((field, content))) = (&source, file) {
                if !self.repository.tree().has_file(path) {
                    self.absent(declared, field, path);
                }
                check_extension(declared, field, content, path)?;
            }
            self.push(
                declared,
                Part {
                    base: declared.address(),
                    kind: Arc::clone(&declaration.kind),
                    known: declaration.known,
                    source,
                    choice,
                    generator: None,
                },
            )?;
        }
        Ok(())
    }

    /// Pushes the generator itself, runs `generate`, and notes what it generated.
    fn generator(
        &mut self,
        declared: &Declared<'r>,
        choice: &Choice,
        generate: impl FnOnce(&mut Self, TargetId) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let id = self.push(
            declared,
            Part {
                base: declared.address(),
                kind: Arc::clone(&declared.declaration.kind),
                known: declared.declaration.known,
                source: None,
                choice: choice.clone(),
                generator: None,
            },
        )?;
        let start = id.0 + 1;
        generate(self, id)?;
        let end = u32::try_from(self.targets.all.len()).unwrap_or(u32::MAX);
        self.targets.all[id.index()].generated = start..end;
        Ok(())
    }

    fn files(
        &mut self,
        declared: &Declared<'r>,
        generates: &'static str,
        default: &'static [&'static str],
        content: Content,
    ) -> Result<(), Error> {
        let declaration = declared.declaration;
        let explicit = declaration.get("sources");
        let patterns = match explicit {
            Some(value) => Patterns::of_field(value),
            None => Patterns::of(default.iter().copied()),
        };
        let matched = patterns.matched(self.repository.tree(), &declared.dir.path);
        let unmatched = match (matched.files.is_empty(), explicit) {
            (true, _) => {
                self.unmatched(declared, "sources", (&matched.unmatched, Matches::None))?
            }
            (false, Some(_)) => {
                self.unmatched(declared, "sources", (&matched.unmatched, Matches::Some))?
            }
            (false, None) => None,
        };
        let kind: Arc<str> = Arc::from(generates);
        let known = TargetType::find(generates);
        let overrides = Overrides::of(declared)?;
        let choices = self.generator_choices(declared)?;
        for choice in choices {
            self.generator(declared, &choice, |this, generator| {
                let unmatched = unmatched.clone().map(|unmatched| (generator, unmatched));
                this.targets.unmatched.extend(unmatched);
                for file in &matched.files {
                    let path: Arc<str> = Arc::from(join(&declared.dir.path, file));
                    if explicit.is_some() {
                        check_extension(declared, "sources", content, &path)?;
                    }
                    for choice in overrides.apply(declared, &choice, file, Keys::Globs)? {
                        this.push(
                            declared,
                            Part {
                                base: address::of_file(&declared.dir.path, &declaration.name, file),
                                kind: Arc::clone(&kind),
                                known,
                                source: Some(Arc::clone(&path)),
                                choice,
                                generator: Some(generator),
                            },
                        )?;
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Notes that the one file of a target is not there; who needs it will fail.
    fn absent(&mut self, declared: &Declared<'r>, field: &str, path: &str) {
        if self.repository.options().unmatched_build_file_globs != Behavior::Ignore {
            let message = format!(
                "`{field}` of `{}` is not there: `{path}`",
                declared.address()
            );
            let place = Some(declared.declaration.call.field_place(field));
            self.targets.warnings.push(
                Warning::new(message, place)
                    .hint("files that `.gitignore` or `pants_ignore` names are not seen"),
            );
        }
    }

    /// Warns of patterns that match nothing, and returns them; nothing where settings ignore them.
    fn unmatched(
        &mut self,
        declared: &Declared<'r>,
        field: &str,
        (patterns, matches): (&[String], Matches),
    ) -> Result<Option<Unmatched>, Error> {
        if patterns.is_empty() {
            return Ok(None);
        }
        let message = format!(
            "`{field}` of `{}` matches no file: `{}`",
            declared.address(),
            patterns.join("`, `")
        );
        let place = Some(declared.declaration.call.text_place(field, &patterns[0]));
        let options = self.repository.options();
        let behavior = match options.unmatched_build_file_globs {
            // Since 2.22 Pants only fails if nothing at all matches.
            Behavior::Error if matches == Matches::Some && options.is_pants_since(2, 22) => {
                Behavior::Warn
            }
            other => other,
        };
        match behavior {
            Behavior::Ignore => Ok(None),
            Behavior::Warn => {
                let warning = Warning::new(message, place)
                    .hint("files that `.gitignore` or `pants_ignore` names are not seen");
                let place = warning.place.clone();
                self.targets.warnings.push(warning);
                let patterns = patterns.to_vec();
                Ok(Some(Unmatched { patterns, place }))
            }
            Behavior::Error => Err(Error::Unmatched { message, place }),
        }
    }

    fn requirements(&mut self, declared: &Declared<'r>) -> Result<(), Error> {
        let declaration = declared.declaration;
        let file = self
            .repository
            .requirements_file(declared.dir, declaration)?;
        let path: Arc<str> = Arc::from(self.repository.source_path(declared.dir, declaration));
        let mut groups: Vec<(String, Vec<Data>)> = Vec::new();
        for entry in &file.requirements {
            // Pants makes no targets of lines without a name, nor of included files.
            let (Some(name), Depth::Own, Wanted::Named(_)) =
                (entry.written_name(), entry.depth, &entry.wanted)
            else {
                continue;
            };
            if entry.editable == crate::requirements::Editable::Yes {
                continue;
            }
            let part = target_part(name);
            let text = Data::Str(Arc::clone(&entry.text));
            match groups.iter_mut().find(|(have, _)| *have == part) {
                Some((_, texts)) => texts.push(text),
                None => groups.push((part, vec![text])),
            }
        }
        let overrides = Overrides::of(declared)?;
        let modules = Mapping::of(declared, "module_mapping");
        let stubs = Mapping::of(declared, "type_stubs_module_mapping");
        for choice in self.generator_choices(declared)? {
            self.generator(declared, &choice, |this, generator| {
                this.requirements_helper(declared, &path, (&choice, generator))?;
                for (name, texts) in &groups {
                    for mut choice in overrides.apply(declared, &choice, name, Keys::Projects)? {
                        let key = model_name(name);
                        let mut set = |field: &str, value: Data| {
                            if !choice.values.iter().any(|(have, _)| &**have == field) {
                                choice.values.push((Arc::from(field), value));
                            }
                        };
                        set("requirements", Data::List(texts.as_slice().into()));
                        if let Some(modules) = modules.get(key.as_ref()) {
                            set("modules", modules.clone());
                        }
                        if let Some(modules) = stubs.get(key.as_ref()) {
                            set("type_stub_modules", modules.clone());
                        }
                        this.requirement(declared, name, (choice, generator))?;
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// The target that stands for the requirements file itself.
    fn requirements_helper(
        &mut self,
        declared: &Declared<'r>,
        path: &Arc<str>,
        (choice, generator): (&Choice, TargetId),
    ) -> Result<(), Error> {
        let within = path[declared.dir.path.len()..].trim_start_matches('/');
        self.push(
            declared,
            Part {
                base: address::of_file(&declared.dir.path, &declared.declaration.name, within),
                kind: Arc::from("_generator_sources_helper"),
                known: TargetType::find("_generator_sources_helper"),
                source: Some(Arc::clone(path)),
                choice: choice.clone(),
                generator: Some(generator),
            },
        )?;
        Ok(())
    }

    fn requirement(
        &mut self,
        declared: &Declared<'r>,
        name: &str,
        (choice, generator): (Choice, TargetId),
    ) -> Result<(), Error> {
        self.push(
            declared,
            Part {
                base: address::generated(&declared.dir.path, &declared.declaration.name, name),
                kind: Arc::from("python_requirement"),
                known: TargetType::find("python_requirement"),
                source: None,
                choice,
                generator: Some(generator),
            },
        )?;
        Ok(())
    }

    fn pants_requirements(&mut self, declared: &Declared<'r>) -> Result<(), Error> {
        let packages = self.repository.pants_packages(declared.declaration)?;
        for choice in self.generator_choices(declared)? {
            self.generator(declared, &choice, |this, generator| {
                for (name, module, text) in &packages {
                    let mut choice = choice.clone();
                    let one = |text: &str| Data::List([Data::Str(Arc::from(text))].into());
                    choice.values.push((Arc::from("requirements"), one(text)));
                    choice.values.push((Arc::from("modules"), one(module)));
                    this.requirement(declared, name, (choice, generator))?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    fn binaries(&mut self, declared: &Declared<'r>) -> Result<(), Error> {
        let declaration = declared.declaration;
        let overrides = Overrides::of(declared)?;
        let entry_points = declaration.get("entry_points").map(Data::strings);
        for choice in self.generator_choices(declared)? {
            self.generator(declared, &choice, |this, generator| {
                for entry_point in entry_points.iter().flatten() {
                    let file = entry_point.split(':').next().unwrap_or(entry_point);
                    for mut choice in overrides.apply(declared, &choice, file, Keys::Exact)? {
                        let value = Data::Str(Arc::from(*entry_point));
                        choice.values.push((Arc::from("entry_point"), value));
                        let name = entry_point.replace(':', "-");
                        this.push(
                            declared,
                            Part {
                                base: address::generated(
                                    &declared.dir.path,
                                    &declaration.name,
                                    &name,
                                ),
                                kind: Arc::from("pex_binary"),
                                known: TargetType::find("pex_binary"),
                                source: None,
                                choice,
                                generator: Some(generator),
                            },
                        )?;
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// The targets that stand for lockfiles.
    fn lockfiles(&mut self) -> Result<(), Error> {
        let options = self.repository.options();
        if options.enable_resolves == Resolves::Disabled
            || options.lockfile_targets == LockfileTargets::Disabled
        {
            return Ok(());
        }
        for (resolve, path) in &options.resolves {
            let (dir, file) = path.rsplit_once('/').unwrap_or(("", path));
            let name = format!("_{resolve}_lockfile");
            let generator = self.lockfile(address::declared(dir, &name), "_lockfiles", dir)?;
            if self.repository.tree().has_file(path) {
                let id = self.lockfile(address::of_file(dir, &name, file), "_lockfile", dir)?;
                let target = &mut self.targets.all[id.index()];
                target.source = Some(Arc::from(path.as_str()));
                target.generator = Some(generator);
                self.targets.all[generator.index()].generated = id.0..id.0 + 1;
            }
        }
        Ok(())
    }

    fn lockfile(&mut self, address: String, kind: &str, dir: &str) -> Result<TargetId, Error> {
        let target = Target {
            address: Arc::from(address.as_str()),
            kind: Arc::from(kind),
            known: TargetType::find(kind),
            source: None,
            dir: Arc::from(dir),
            origin: Origin::Settings,
            generator: None,
            generated: 0..0,
            own: None,
            params: Params::from([]),
            resolve: None,
        };
        self.insert(target, address, || Place::file("pants.toml"))
    }
}

fn check_extension(
    declared: &Declared<'_>,
    field: &str,
    content: Content,
    path: &str,
) -> Result<(), Error> {
    let python = matches!(content, Content::Python | Content::Test | Content::TestUtil);
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    if !python || matches!(extension, "" | "py" | "pyi") {
        return Ok(());
    }
    let message = format!("`{}` is no Python file: `{path}`", declared.address());
    Err(Error::Invalid {
        message,
        place: declared.declaration.call.field_place(field),
        hint: Some("use `resources` or `files` for other files".to_owned()),
    })
}

/// Fields that a generated target shares with its generator.
pub(crate) fn is_shared(known: Option<&TargetType>, field: &str) -> bool {
    COMMON.contains(&field) || known.is_some_and(|known| known.moves(field))
}

/// The value among a target's own fields.
pub(crate) fn own_value<'f>(own: Option<&'f Fields>, name: &str) -> Option<&'f Data> {
    own?.iter()
        .find(|(have, _)| &**have == name)
        .map(|(_, value)| value)
}
