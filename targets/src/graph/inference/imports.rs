//! Dependencies on the owners of imported modules.

use std::borrow::Cow;

use super::subject::{Preference, Subject};
use super::{named_files, strings};
use crate::error::{Error, GraphWarning, Topic};
use crate::files::LateFile;
use crate::graph::module_map::{Locality, Owners};
use crate::graph::roots::package_of;
use crate::graph::target::TargetId;
use crate::imports::{Strength, Strings};
use crate::modules::is_stdlib;
use crate::options::{Behavior, Switch};
use model::{Place, RepoPath};

/// Adds what the text of a source implies.
pub(super) fn add(subject: &mut Subject<'_>, path: &str, strings: Strings) -> Result<(), Error> {
    let targets = subject.targets;
    let source = targets.repository().late_file(path);
    let imports = subject.imports().imports_of(&source, strings);
    let imports = imports.map_err(|error| Error::Unmatched {
        message: format!(
            "cannot read `{path}` of `{}`: {}",
            subject.target().address,
            crate::requirements::reason(&error)
        ),
        place: Some(targets.place(subject.id, "source")),
    })?;
    if let Some((offset, message)) = &imports.syntax_error {
        let place = Place::at(path, &source.text(), *offset as usize);
        subject.found.warnings.push(
            GraphWarning::new(
                format!("cannot parse all of this file: {message}"),
                Some(place),
            )
            .hint("imports that could be read count; the others do not"),
        );
    }
    if let [first, others @ ..] = &imports.idle_pragmas[..] {
        let place = line_place(path, &source, *first);
        let elsewhere = match others.len() {
            0 => String::new(),
            further => format!(", nor on {further} more lines of this file"),
        };
        let message = format!("`# pants: no-infer-dep` does nothing here{elsewhere}");
        subject.found.warnings.push(
            GraphWarning::new(message, Some(place)).hint(
                "it counts on the line of an imported name, and after the closing parenthesis",
            ),
        );
    }
    for (named, line) in &imports.named_files {
        named_files::add(subject, path, (named, &|| line_place(path, &source, *line)))?;
    }
    let package = package_of(targets.roots().strip(path));
    if subject.infer().imports == Switch::On {
        let mut last: Option<(&str, Strength)> = None;
        for import in &imports.imports {
            // Imports of one module come in runs.
            let this = Some((import.module.as_str(), import.strength));
            if import.level == 0 && last == this {
                continue;
            }
            last = this;
            if let Some(module) = import.absolute(&package) {
                let place = || line_place(path, &source, import.line);
                let reference = ModuleReference {
                    module,
                    place: &place,
                    strength: import.strength,
                };
                add_module(subject, path, &reference)?;
            }
        }
    }
    if strings == Strings::Collect {
        strings::add(subject, path, &imports);
    }
    Ok(())
}

/// An import with what is needed to talk about it.
struct ModuleReference<'i> {
    module: Cow<'i, str>,
    place: &'i dyn Fn() -> Place,
    strength: Strength,
}

/// Adds the owners of an imported module.
fn add_module(
    subject: &mut Subject<'_>,
    path: &str,
    reference: &ModuleReference<'_>,
) -> Result<(), Error> {
    let dir = RepoPath::new(path).folder();
    match subject.owners(&reference.module, dir) {
        Owners::Clear(owners) if owners.is_empty() => {}
        Owners::Clear(owners) => {
            subject.found.targets.extend(owners);
            return Ok(());
        }
        Owners::Ambiguous(owners) => {
            match subject.preference(&owners) {
                Preference::One(owner) => subject.found.targets.push(owner),
                Preference::Explicit => {}
                Preference::None => warn_ambiguous(subject, reference, &owners),
            }
            return Ok(());
        }
    }
    let top_level = reference.module.split('.').next().unwrap_or_default();
    if reference.strength == Strength::Weak || is_stdlib(top_level) {
        return Ok(());
    }
    without_owner(subject, reference)
}

fn warn_ambiguous(subject: &mut Subject<'_>, reference: &ModuleReference<'_>, owners: &[TargetId]) {
    let owners = subject.targets.addresses(owners);
    let message = format!(
        "`{}` is provided by more than one target: `{}`",
        reference.module,
        owners.join("`, `")
    );
    let target = subject.target();
    let topic = Topic::Ambiguous(reference.module.to_string());
    let warning = GraphWarning::new(message, Some((reference.place)())).about(topic);
    subject.found.warnings.push(warning.hint(format!(
        "add `\"{}\"` to the `dependencies` of `{}` in the BUILD file of `{}`, or `\"!…\"` for all others",
        owners[0], target.address, target.dir
    )));
}

/// Warns of a module that nothing provides, or fails, as settings say.
fn without_owner(subject: &mut Subject<'_>, reference: &ModuleReference<'_>) -> Result<(), Error> {
    let infer = subject.infer();
    let module = &reference.module;
    let ignored = infer.ignored_unowned.iter().any(|prefix| {
        let rest = module.strip_prefix(prefix.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    });
    if infer.unowned == Behavior::Ignore || ignored {
        return Ok(());
    }
    let message = format!(
        "nothing provides `{module}`, imported by `{}`",
        subject.target().address
    );
    let hint = hint_elsewhere(subject, module);
    let place = (reference.place)();
    if infer.unowned == Behavior::Error {
        return Err(Error::Invalid {
            message,
            place,
            hint: Some(hint),
        });
    }
    let topic = Topic::Unowned(module.to_string());
    let warning = GraphWarning::new(message, Some(place))
        .hint(hint)
        .about(topic);
    subject.found.warnings.push(warning);
    Ok(())
}

/// What may be done about a module that nothing provides in the subject's resolve.
fn hint_elsewhere(subject: &Subject<'_>, module: &str) -> String {
    let targets = subject.targets;
    let elsewhere = match subject.modules().owners(module, None, Locality::Anywhere) {
        Owners::Clear(owners) | Owners::Ambiguous(owners) => owners,
    };
    if elsewhere.is_empty() {
        return "add a requirement or a target that provides it, or `# pants: no-infer-dep` to the line"
            .to_owned();
    }
    let mut named: Vec<String> = elsewhere
        .iter()
        .map(|other| {
            let resolve = targets.resolve_name(*other).unwrap_or("none");
            format!(
                "`{}` in the resolve `{resolve}`",
                targets.get(*other).address
            )
        })
        .collect();
    named.sort();
    format!(
        "the resolve here is `{}`; there is {}",
        targets.resolve_name(subject.id).unwrap_or("none"),
        named.join(", ")
    )
}

/// The place where the text of a line begins.
fn line_place(path: &str, source: &LateFile<'_>, line: usize) -> Place {
    let text = source.text();
    let above = text.split_inclusive('\n').take(line.saturating_sub(1));
    let start: usize = above.map(str::len).sum();
    let indent = text[start..].find(|c: char| !c.is_whitespace());
    Place::at(path, &text, start + indent.unwrap_or(0))
}
