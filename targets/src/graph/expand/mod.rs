//! Makes targets from declarations: runs generators, and applies overrides and choices. Every
//! question about which targets there are, or what a resolve requires, is answered from here.

mod binaries;
mod builder;
mod files;
mod lockfiles;
mod overrides;
mod parametrize;
mod requirements;
mod site;

use std::collections::BTreeMap;

use buildfile::Data;
use model::PackageName;

use super::requirements::ResolveRequirements;
use super::targets::Targets;
use crate::error::Error;
use crate::kinds::{Role, TargetType};
use crate::repository::Repository;
use builder::{TargetBuilder, TargetParts};
use files::{FileField, FileTargets};
use site::DeclarationSite;

/// Runs every declaration of the repository.
pub(crate) fn expand(repository: &Repository) -> Result<Targets<'_>, Error> {
    let mut builder = TargetBuilder::new(repository);
    for site in sites(repository) {
        run(&mut builder, &site)?;
    }
    lockfiles::add(&mut builder)?;
    builder.targets.finish();
    Ok(builder.targets)
}

/// Everything that the targets of a repository ask of a resolve. Only declarations of requirements
/// are run.
///
/// # Errors
/// The resolve is unknown, or a declaration or requirement file is invalid.
pub fn resolve_requirements(
    repository: &Repository,
    resolve: &str,
) -> Result<ResolveRequirements, Error> {
    let mut builder = TargetBuilder::new(repository);
    let mut declarations = Vec::new();
    for site in sites(repository) {
        if is_of_requirements(role(&site)) {
            run(&mut builder, &site)?;
        }
        if may_require(&builder, &site, resolve) {
            let kind = site.declaration.kind.to_string();
            declarations.push((kind, site.declaration.call.place()));
        }
    }
    let mut required = builder.targets.requirements(resolve)?;
    required.declarations = declarations;
    Ok(required)
}

/// Whether a declaration may require something of a resolve: it is of a type of requirements, even
/// one that is not known.
fn may_require(builder: &TargetBuilder<'_>, site: &DeclarationSite<'_>, resolve: &str) -> bool {
    let kind = &*site.declaration.kind;
    if !kind.ends_with("_requirement") && !kind.ends_with("_requirements") {
        return false;
    }
    let known = site.declaration.known;
    if !known.is_some_and(|known| known.accepts("resolve")) {
        return true;
    }
    let wanted = builder.targets.resolve(resolve);
    let choices = builder.choices(site).unwrap_or_default();
    choices
        .iter()
        .any(|choice| builder.resolve_of(site, choice).ok() == wanted)
}

/// The names of the distributions of the repository, each with the address of its target.
#[must_use]
pub fn distribution_names(repository: &Repository) -> BTreeMap<PackageName, String> {
    let named = |site: DeclarationSite<'_>| {
        let provides = match site.declaration.get("provides") {
            Some(Data::Object(provides)) => provides.get("name")?.as_str()?.parse().ok()?,
            _ => return None,
        };
        Some((provides, site.address().to_string()))
    };
    sites(repository).filter_map(named).collect()
}

/// Sees that settings name every resolve that a target names.
///
/// # Errors
/// The first target that names another.
pub fn check_resolves(repository: &Repository) -> Result<(), Error> {
    let builder = TargetBuilder::new(repository);
    for site in sites(repository) {
        let known = site.declaration.known;
        if known.is_some_and(TargetType::has_resolve) {
            for choice in builder.choices(&site)? {
                builder.resolve_of(&site, &choice)?;
            }
        }
    }
    Ok(())
}

fn sites(repository: &Repository) -> impl Iterator<Item = DeclarationSite<'_>> {
    let declarations = repository.declarations_by_id();
    declarations.map(|(id, dir, declaration)| DeclarationSite {
        dir,
        declaration,
        id,
    })
}

fn role(site: &DeclarationSite<'_>) -> Role {
    let known: Option<&TargetType> = site.declaration.known;
    known.map_or(Role::Opaque, |known| known.role)
}

fn is_of_requirements(role: Role) -> bool {
    matches!(
        role,
        Role::Requirement | Role::Requirements { .. } | Role::PantsRequirements
    )
}

/// Adds the targets of one declaration.
fn run<'r>(builder: &mut TargetBuilder<'r>, site: &DeclarationSite<'r>) -> Result<(), Error> {
    match role(site) {
        Role::Files {
            generates,
            default,
            content,
        } => {
            let what = FileTargets {
                generates,
                default,
                content,
            };
            files::generated(builder, site, &what)
        }
        Role::File { field, content } => {
            let name = field;
            files::single(builder, site, &FileField { name, content })
        }
        Role::Sources { default } => files::several(builder, site, default),
        Role::Requirement => requirements::declared(builder, site),
        Role::Requirements { file, format } => requirements::of_file(builder, site, (file, format)),
        Role::PantsRequirements => requirements::of_pants(builder, site),
        Role::Binaries => binaries::generated(builder, site),
        _ => {
            for choice in builder.choices(site)? {
                builder.push(site, TargetParts::of_declaration(site, choice))?;
            }
            Ok(())
        }
    }
}
