//! Targets that own files: single ones, and one for each file that patterns match.

use std::sync::Arc;

use super::builder::{TargetBuilder, TargetParts};
use super::overrides::{Overridden, OverrideKeys, Overrides};
use super::site::DeclarationSite;
use crate::error::{Error, GraphWarning};
use crate::graph::sources::GlobMatches;
use crate::graph::targets::UnmatchedGlobs;
use crate::kinds::Content;
use crate::options::Behavior;
use crate::tree::join;

/// What a generator of one target a file makes.
pub(super) struct FileTargets {
    /// The type of the targets.
    pub(super) generates: &'static str,
    /// Sources where the field is not set.
    pub(super) default: &'static [&'static str],
    /// What the files are.
    pub(super) content: Content,
}

/// The field that names the one file of a target, and what the file is.
pub(super) struct FileField {
    pub(super) name: &'static str,
    pub(super) content: Content,
}

/// Adds the targets of a declaration that owns one file.
pub(super) fn single<'r>(
    builder: &mut TargetBuilder<'r>,
    site: &DeclarationSite<'r>,
    field: &FileField,
) -> Result<(), Error> {
    for choice in builder.choices(site)? {
        let value = choice.get(field.name).or(site.declaration.get(field.name));
        let path = match value {
            Some(value) => {
                let path = value.as_str();
                let path = path.map(|path| join(&site.dir.path, &without_dots(path)));
                if let Some(path) = &path {
                    if !builder.repository().tree().has_file(path) {
                        absent(builder, site, field.name, path);
                    }
                    site.check_extension(field.name, field.content, path)?;
                }
                path
            }
            None => default_file(builder, site, field)?,
        };
        let mut parts = TargetParts::of_declaration(site, choice);
        parts.source = path.map(Arc::from);
        builder.push(site, parts)?;
    }
    Ok(())
}

/// A path without parts that name the same folder: `./a` is `a`.
fn without_dots(path: &str) -> String {
    let parts = path.split('/').filter(|part| !matches!(*part, "" | "."));
    parts.collect::<Vec<_>>().join("/")
}

/// The file of a target that names none: that which its type means then, if it is there.
fn default_file(
    builder: &TargetBuilder<'_>,
    site: &DeclarationSite<'_>,
    named: &FileField,
) -> Result<Option<String>, Error> {
    let known = site.declaration.known.into_iter();
    let fields: Vec<_> = known.flat_map(|known| known.field(named.name)).collect();
    let usual = fields.iter().find_map(|field| field.default);
    match usual {
        Some(usual) => {
            let usual = join(&site.dir.path, usual.trim_matches('\''));
            Ok(Some(usual).filter(|path| builder.repository().tree().has_file(path)))
        }
        None if fields.iter().all(|field| !field.required) => Ok(None),
        None => Err(Error::Invalid {
            message: format!("`{}` does not say which file it owns", site.address()),
            place: site.declaration.call.place(),
            hint: Some(format!("add `{}=\"…\"`", named.name)),
        }),
    }
}

/// Adds the targets of a declaration that owns every file that its patterns match.
pub(super) fn several<'r>(
    builder: &mut TargetBuilder<'r>,
    site: &DeclarationSite<'r>,
    default: &[&'static str],
) -> Result<(), Error> {
    for choice in builder.choices(site)? {
        let written = choice.get("sources").or(site.declaration.get("sources"));
        let patterns = match written {
            Some(value) => value.strings(),
            None => default.to_vec(),
        };
        let patterns = builder.patterns(site, &patterns)?;
        let matched = patterns.matched(builder.repository().tree(), &site.dir.path);
        if written.is_some() {
            unmatched(builder, site, &matched)?;
        }
        let mut parts = TargetParts::of_declaration(site, choice.clone());
        let files = matched.files.iter();
        parts.sources = files
            .map(|file| Arc::from(join(&site.dir.path, file)))
            .collect();
        builder.push(site, parts)?;
    }
    Ok(())
}

/// Adds a generator, and a target for each file.
pub(super) fn generated<'r>(
    builder: &mut TargetBuilder<'r>,
    site: &DeclarationSite<'r>,
    what: &FileTargets,
) -> Result<(), Error> {
    let written = site.declaration.get("sources");
    let patterns = match written {
        Some(value) => value.strings(),
        None => what.default.to_vec(),
    };
    let patterns = builder.patterns(site, &patterns)?;
    let matched = patterns.matched(builder.repository().tree(), &site.dir.path);
    // The defaults need not match all, but something.
    let unmatched = match written.is_some() || matched.files.is_empty() {
        true => unmatched(builder, site, &matched)?,
        false => None,
    };
    let names: Vec<&str> = matched.files.iter().map(|file| &**file).collect();
    let about = Overridden {
        kind: what.generates,
        options: builder.options(),
        keys: OverrideKeys::Globs,
        names: &names,
    };
    let overrides = Overrides::of(site, &about)?;
    for choice in builder.generator_choices(site)? {
        builder.generator(site, &choice, |builder, generator| {
            let unmatched = unmatched.clone().map(|globs| (generator, globs));
            builder.targets.unmatched.extend(unmatched);
            for file in &matched.files {
                let path: Arc<str> = Arc::from(join(&site.dir.path, file));
                if written.is_some() {
                    site.check_extension("sources", what.content, &path)?;
                }
                for choice in overrides.apply(site, &choice, file, OverrideKeys::Globs)? {
                    let base = site.address_of_file(file);
                    let mut parts =
                        TargetParts::of_kind(builder.options(), (base, what.generates), choice);
                    parts.source = Some(Arc::clone(&path));
                    parts.generator = Some(generator);
                    builder.push_generated(site, parts)?;
                }
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Notes that the one file of a target is not there; who needs it will fail.
fn absent(builder: &mut TargetBuilder<'_>, site: &DeclarationSite<'_>, field: &str, path: &str) {
    if builder.options().unmatched_build_file_globs != Behavior::Ignore {
        let message = format!("`{field}` of `{}` is not there: `{path}`", site.address());
        builder.targets.warnings.push(
            GraphWarning::new(message, Some(site.place(field)))
                .hint("files that `.gitignore` or `pants_ignore` names are not seen"),
        );
    }
}

/// Warns of patterns that match nothing, and returns them; nothing where settings ignore them.
fn unmatched(
    builder: &mut TargetBuilder<'_>,
    site: &DeclarationSite<'_>,
    matched: &GlobMatches,
) -> Result<Option<UnmatchedGlobs>, Error> {
    let Some(first) = matched.unmatched.first() else {
        return Ok(None);
    };
    let message = format!(
        "`sources` of `{}` matches no file: `{}`",
        site.address(),
        matched.unmatched.join("`, `")
    );
    let place = Some(site.declaration.call.text_place("sources", first));
    let options = builder.options();
    let behavior = match options.unmatched_build_file_globs {
        // Since 2.22 Pants only fails if nothing at all matches.
        Behavior::Error if !matched.files.is_empty() && options.is_pants_since(2, 22) => {
            Behavior::Warn
        }
        other => other,
    };
    match behavior {
        Behavior::Ignore => Ok(None),
        Behavior::Warn => {
            let warning = GraphWarning::new(message, place)
                .hint("files that `.gitignore` or `pants_ignore` names are not seen");
            let place = warning.place.clone();
            builder.targets.warnings.push(warning);
            let patterns = matched.unmatched.clone();
            Ok(Some(UnmatchedGlobs { patterns, place }))
        }
        Behavior::Error => Err(Error::Unmatched { message, place }),
    }
}
