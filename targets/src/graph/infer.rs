//! Dependencies that nobody wrote down: imports, entry points, ancestor `__init__.py` and
//! `conftest.py` files.

use std::borrow::Cow;

use super::Graph;
use super::explicit::Explicit;
use super::owners::{Locality, Owners};
use super::roots::package_of;
use super::target::TargetId;
use crate::imports::{Imports, Strength, Strings};
use crate::kinds::{Content, Role};
use crate::modules::is_stdlib;
use crate::options::{Behavior, InitFiles, Switch};
use crate::repository::{Error, Topic, Warning, join};
use buildfile::Data;
use model::Place;

/// An import with what is needed to talk about it.
struct Reference<'i> {
    module: Cow<'i, str>,
    place: &'i dyn Fn() -> Place,
    strength: Strength,
}

impl Graph<'_> {
    /// Whether the target is a Python source.
    pub(crate) fn is_python(&self, id: TargetId) -> bool {
        let content = |role| match role {
            Role::File { content, .. } => matches!(content, Content::Python | Content::Test),
            _ => false,
        };
        self.target(id)
            .known
            .is_some_and(|known| content(known.role))
    }

    fn is_test(&self, id: TargetId) -> bool {
        &*self.target(id).kind == "python_test"
    }

    /// Dependencies of a Python source that its text and its place imply.
    pub(super) fn infer_source(
        &self,
        id: TargetId,
        explicit: &Explicit,
        into: &mut Vec<TargetId>,
    ) -> Result<(), Error> {
        let Some(path) = &self.target(id).source else {
            return Ok(());
        };
        let infer = &self.repository.options().infer;
        let reads_text = [infer.imports, infer.assets, infer.string_imports].contains(&Switch::On);
        if reads_text {
            self.infer_imports(id, path, (explicit, into))?;
        }
        let dir = path.rsplit_once('/').map_or("", |(dir, _)| dir);
        if infer.init_files != InitFiles::Never {
            self.ancestors(dir, |graph, at| {
                into.extend(
                    graph
                        .init_owners(at)
                        .iter()
                        .filter(|it| graph.goes_with(id, **it)),
                );
            });
        }
        if infer.conftests == Switch::On && self.is_test(id) {
            self.infer_conftests(id, dir, into)?;
        }
        Ok(())
    }

    /// Whether `other` can be used beside `id`, and is another file.
    fn goes_with(&self, id: TargetId, other: TargetId) -> bool {
        let (own, other) = (self.target(id), self.target(other));
        own.resolve == other.resolve && own.source != other.source
    }

    /// Runs `visit` for a folder and every folder above it, by position in the tree.
    fn ancestors(&self, dir: &str, mut visit: impl FnMut(&Self, usize)) {
        let mut at = Some(dir);
        while let Some(path) = at {
            if let Some(index) = self.repository.tree().position(path) {
                visit(self, index);
            }
            at = match path {
                "" => None,
                _ => Some(path.rsplit_once('/').map_or("", |(parent, _)| parent)),
            };
        }
    }

    /// Owners of the `__init__` files of a folder that count.
    fn init_owners(&self, at: usize) -> &[TargetId] {
        self.init_owners[at].get_or_init(|| {
            let dir = &self.repository.tree().dirs()[at];
            let mut owners = Vec::new();
            for name in ["__init__.py", "__init__.pyi"] {
                if dir
                    .files
                    .binary_search_by(|file| (**file).cmp(name))
                    .is_err()
                {
                    continue;
                }
                let path = join(&dir.path, name);
                let counts = self.repository.options().infer.init_files == InitFiles::Always
                    || self.has_content(&path);
                if counts {
                    let python = self.owners_of_file(&path).into_iter();
                    owners.extend(python.filter(|id| self.is_python(*id)));
                }
            }
            owners.into()
        })
    }

    fn has_content(&self, path: &str) -> bool {
        let bytes = fs_err::read(self.repository.root().join(path)).unwrap_or_default();
        !bytes.trim_ascii().is_empty()
    }

    fn infer_conftests(
        &self,
        id: TargetId,
        dir: &str,
        into: &mut Vec<TargetId>,
    ) -> Result<(), Error> {
        let mut unowned = None;
        self.ancestors(dir, |graph, at| {
            let dir = &graph.repository.tree().dirs()[at];
            if dir
                .files
                .binary_search_by(|file| (**file).cmp("conftest.py"))
                .is_err()
            {
                return;
            }
            let path = join(&dir.path, "conftest.py");
            let owners = graph.owners_of_file(&path);
            if owners.is_empty() {
                unowned = Some(path);
                return;
            }
            let python = owners.into_iter().filter(|it| graph.is_python(*it));
            into.extend(python.filter(|it| graph.goes_with(id, *it)));
        });
        match unowned {
            None => Ok(()),
            Some(path) => Err(Error::Invalid {
                message: format!(
                    "no target owns this file, but `{}` uses it",
                    self.target(id).address
                ),
                hint: Some(format!(
                    "add `python_test_utils()` to the BUILD file in `{}`",
                    path.rsplit_once('/').map_or("", |(dir, _)| dir)
                )),
                place: Place::file(path),
            }),
        }
    }

    fn infer_imports(
        &self,
        id: TargetId,
        path: &str,
        (explicit, into): (&Explicit, &mut Vec<TargetId>),
    ) -> Result<(), Error> {
        let infer = &self.repository.options().infer;
        let strings = match (infer.string_imports, infer.assets) {
            (Switch::Off, Switch::Off) => Strings::Skip,
            _ => Strings::Collect,
        };
        let source =
            fs_err::read(self.repository.root().join(path)).map_err(|error| Error::Unmatched {
                message: format!(
                    "cannot read `{path}` of `{}`: {}",
                    self.target(id).address,
                    crate::requirements::reason(&error)
                ),
                place: Some(self.place(id, "source")),
            })?;
        let imports = self.cache.imports(&source, strings);
        if let Some((offset, message)) = &imports.syntax_error {
            let text = String::from_utf8_lossy(&source);
            let place = Place::at(path, &text, *offset as usize);
            self.warn(
                Warning::new(
                    format!("cannot parse all of this file: {message}"),
                    Some(place),
                )
                .hint("imports that could be read count; the others do not"),
            );
        }
        let package = package_of(self.roots.strip(path));
        if infer.imports == Switch::On {
            let mut seen: Vec<&str> = Vec::new();
            for import in &imports.imports {
                // Imports of one module come in runs.
                if import.level == 0 && seen.last() == Some(&import.module.as_str()) {
                    continue;
                }
                seen.push(&import.module);
                if let Some(module) = import.absolute(&package) {
                    let place = || line_place(path, &source, import.line);
                    let reference = Reference {
                        module,
                        place: &place,
                        strength: import.strength,
                    };
                    self.infer_module(id, &reference, (explicit, into))?;
                }
            }
        }
        if strings == Strings::Collect {
            self.infer_strings(id, path, (&imports, explicit, into));
        }
        Ok(())
    }

    /// Adds the owners of an imported module.
    fn infer_module(
        &self,
        id: TargetId,
        reference: &Reference<'_>,
        (explicit, into): (&Explicit, &mut Vec<TargetId>),
    ) -> Result<(), Error> {
        let target = self.target(id);
        let source = target.source.as_deref().unwrap_or_default();
        let dir = source.rsplit_once('/').map_or("", |(dir, _)| dir);
        let modules = self.modules();
        let owners = modules.owners(&reference.module, target.resolve, Locality::of(self, dir));
        let ambiguous = match owners {
            Owners::Clear(owners) if owners.is_empty() => Vec::new(),
            Owners::Clear(owners) => {
                into.extend(owners);
                return Ok(());
            }
            Owners::Ambiguous(owners) => owners,
        };
        if !ambiguous.is_empty() {
            match self.disambiguate(&ambiguous, explicit) {
                Decided::One(owner) => {
                    into.push(owner);
                    return Ok(());
                }
                Decided::Explicitly => {}
                Decided::Not => self.warn_ambiguous(id, reference, &ambiguous),
            }
            return Ok(());
        }
        let top_level = reference.module.split('.').next().unwrap_or_default();
        if reference.strength == Strength::Weak || is_stdlib(top_level) {
            return Ok(());
        }
        self.unowned(id, reference)
    }

    /// Whether the explicit dependencies decide between owners.
    fn disambiguate(&self, owners: &[TargetId], explicit: &Explicit) -> Decided {
        let named = |list: &[TargetId], id: TargetId| {
            list.contains(&id)
                || self
                    .target(id)
                    .generator
                    .is_some_and(|generator| list.contains(&generator))
        };
        let remaining: Vec<TargetId> = owners
            .iter()
            .copied()
            .filter(|id| !named(&explicit.ignores, *id))
            .collect();
        match remaining.as_slice() {
            [one] => Decided::One(*one),
            _ if owners.iter().any(|id| named(&explicit.includes, *id)) => Decided::Explicitly,
            _ => Decided::Not,
        }
    }

    fn warn_ambiguous(&self, id: TargetId, reference: &Reference<'_>, owners: &[TargetId]) {
        let owners = self.addresses(owners);
        let message = format!(
            "`{}` is provided by more than one target: `{}`",
            reference.module,
            owners.join("`, `")
        );
        let target = self.target(id);
        let topic = Topic::Ambiguous(reference.module.to_string());
        let warning = Warning::new(message, Some((reference.place)())).about(topic);
        self.warn(warning.hint(format!(
            "add `\"{}\"` to the `dependencies` of `{}` in the BUILD file of `{}`, or `\"!…\"` for all others",
            owners[0], target.address, target.dir
        )));
    }

    fn unowned(&self, id: TargetId, reference: &Reference<'_>) -> Result<(), Error> {
        let infer = &self.repository.options().infer;
        let behavior = infer.unowned;
        let module = &reference.module;
        let ignored = infer.ignored_unowned.iter().any(|it| {
            module
                .strip_prefix(it.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        });
        if behavior == Behavior::Ignore || ignored {
            return Ok(());
        }
        let elsewhere = match self.modules().owners(module, None, Locality::Anywhere) {
            Owners::Clear(owners) | Owners::Ambiguous(owners) => owners,
        };
        let message = format!(
            "nothing provides `{module}`, imported by `{}`",
            self.target(id).address
        );
        let hint = match elsewhere.as_slice() {
            [] => "add a requirement or a target that provides it, or `# pants: no-infer-dep` to the line".to_owned(),
            others => {
                let mut named: Vec<String> = others
                    .iter()
                    .map(|other| {
                        let resolve = self.resolve_name(*other).unwrap_or("none");
                        format!("`{}` in the resolve `{resolve}`", self.target(*other).address)
                    })
                    .collect();
                named.sort();
                format!(
                    "the resolve here is `{}`; there is {}",
                    self.resolve_name(id).unwrap_or("none"),
                    named.join(", ")
                )
            }
        };
        let place = (reference.place)();
        if behavior == Behavior::Error {
            return Err(Error::Invalid {
                message,
                place,
                hint: Some(hint),
            });
        }
        let topic = Topic::Unowned(module.to_string());
        self.warn(Warning::new(message, Some(place)).hint(hint).about(topic));
        Ok(())
    }

    /// Texts that name modules or files.
    fn infer_strings(
        &self,
        id: TargetId,
        path: &str,
        (imports, explicit, into): (&Imports, &Explicit, &mut Vec<TargetId>),
    ) {
        let infer = &self.repository.options().infer;
        let target = self.target(id);
        let dir = path.rsplit_once('/').map_or("", |(dir, _)| dir);
        for (text, _) in &imports.strings {
            let dots = text.matches('.').count();
            if infer.string_imports == Switch::On
                && dots >= infer.string_imports_min_dots
                && is_module(text)
            {
                let owners = self
                    .modules()
                    .owners(text, target.resolve, Locality::of(self, dir));
                match owners {
                    Owners::Clear(owners) => into.extend(owners),
                    Owners::Ambiguous(owners) => {
                        if let Decided::One(owner) = self.disambiguate(&owners, explicit) {
                            into.push(owner);
                        }
                    }
                }
            }
            if infer.assets == Switch::On
                && text.matches('/').count() >= infer.assets_min_slashes
                && text
                    .rsplit('/')
                    .next()
                    .is_some_and(|name| name.contains('.'))
            {
                into.extend(self.asset(dir, text));
            }
        }
    }

    /// The resource beside a source, or the file from the root, that a text names.
    fn asset(&self, dir: &str, text: &str) -> Option<TargetId> {
        let of = |path: &str, kind: &str| {
            let owners = self.owners_of_file(path).into_iter();
            owners
                .filter(|id| &*self.target(*id).kind == kind)
                .collect::<Vec<_>>()
        };
        let mut found = of(&join(dir, text), "resource");
        found.extend(of(text, "file"));
        match found.as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }

    /// Dependencies of a binary or distribution on the code that it starts.
    pub(super) fn infer_entry_points(
        &self,
        id: TargetId,
        explicit: &Explicit,
        into: &mut Vec<TargetId>,
    ) -> Result<(), Error> {
        match self.target(id).known.map(|known| known.role) {
            Some(Role::Binary) => self.infer_binary(id, explicit, into),
            Some(Role::Distribution) => self.infer_distribution(id, explicit, into),
            _ => Ok(()),
        }
    }

    fn infer_binary(
        &self,
        id: TargetId,
        explicit: &Explicit,
        into: &mut Vec<TargetId>,
    ) -> Result<(), Error> {
        for field in ["entry_point", "executable"] {
            let Some(text) = self.field(id, field).and_then(Data::as_str) else {
                continue;
            };
            let module = match text.split_once(':') {
                Some((module, _)) => module,
                None => text,
            };
            let is_file = module.ends_with(".py") || field == "executable";
            let module = if is_file {
                self.module_of_file(id, field, module)?
            } else {
                module.to_owned()
            };
            self.infer_entry(&module, id, (explicit, into));
        }
        Ok(())
    }

    /// The module of a file that an entry point names, relative to the BUILD file.
    pub(super) fn module_of_file(
        &self,
        id: TargetId,
        field: &str,
        file: &str,
    ) -> Result<String, Error> {
        let dir = &self.target(id).dir;
        let patterns = super::sources::Patterns::of([file]);
        let found = patterns.matched(self.repository.tree(), dir).files;
        match found.as_slice() {
            [one] => Ok(super::roots::module_of(self.roots.strip(&join(dir, one)))),
            other => Err(Error::Unmatched {
                message: format!(
                    "`{field}` of `{}` must match one file, but `{file}` matches {}",
                    self.target(id).address,
                    if other.is_empty() {
                        "none".to_owned()
                    } else {
                        other.len().to_string()
                    }
                ),
                place: Some(self.text_place(id, field, file)),
            }),
        }
    }

    fn infer_entry(
        &self,
        module: &str,
        id: TargetId,
        (explicit, into): (&Explicit, &mut Vec<TargetId>),
    ) {
        let target = self.target(id);
        let locality = Locality::of(self, &target.dir);
        match self.modules().owners(module, target.resolve, locality) {
            Owners::Clear(owners) => into.extend(owners),
            Owners::Ambiguous(owners) => {
                if let Decided::One(owner) = self.disambiguate(&owners, explicit) {
                    into.push(owner);
                }
            }
        }
    }

    /// The target that an entry point names by its address.
    pub(super) fn written_entry_point(
        &self,
        id: TargetId,
        address: &str,
    ) -> Result<TargetId, Error> {
        self.find(address, &self.target(id).dir, None)
            .map_err(|missing| {
                let place = self.text_place(id, "entry_points", address);
                self.unknown(address, missing, Some(place))
            })
    }

    fn infer_distribution(
        &self,
        id: TargetId,
        explicit: &Explicit,
        into: &mut Vec<TargetId>,
    ) -> Result<(), Error> {
        for entry in self.entry_points(id) {
            match entry.target {
                Some(address) => {
                    into.push(self.written_entry_point(id, address)?);
                }
                None => {
                    let module = entry.value.split([':', '[']).next().unwrap_or_default();
                    self.infer_entry(module.trim(), id, (explicit, into));
                }
            }
        }
        Ok(())
    }
}

/// Whether explicit dependencies settle an ambiguity.
enum Decided {
    /// One owner remains.
    One(TargetId),
    /// One is a dependency anyway.
    Explicitly,
    /// They do not.
    Not,
}

fn is_module(text: &str) -> bool {
    text.split('.').all(|part| {
        let mut characters = part.chars();
        characters
            .next()
            .is_some_and(|c| c.is_alphabetic() || c == '_')
            && characters.all(|c| c.is_alphanumeric() || c == '_')
    })
}

/// The place where the text of a line begins.
fn line_place(path: &str, source: &[u8], line: u32) -> Place {
    let text = String::from_utf8_lossy(source);
    let above = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1) as usize);
    let start: usize = above.map(str::len).sum();
    let indent = text[start..].find(|c: char| !c.is_whitespace());
    Place::at(path, &text, start + indent.unwrap_or(0))
}
