//! `tailor`: which targets are missing, and the BUILD files that have them.

mod edit;
mod languages;
mod putative;
mod python;
mod search;

use std::collections::BTreeSet;

use model::RepoPath;
use targets::{Glob, TargetGraph};

pub use edit::{BuildFileEdit, TailorReport};
use putative::PutativeTarget;
use search::SearchedFiles;

use crate::error::GoalError;
use crate::graph::{BuildFiles, TargetSelection};
use crate::session::Session;

/// Finds the targets that files of the selection lack, and adds them to BUILD files, unless the settings
/// say that it only looks.
///
/// # Errors
/// Where BUILD files cannot be read or written, or the selection names nothing that there is.
pub fn tailor(session: &Session, selection: &TargetSelection) -> Result<TailorReport, GoalError> {
    refuse_name_that_is_not_read(session)?;
    let build_files = BuildFiles::load(session)?;
    let graph = build_files.graph()?;
    let searched = SearchedFiles::of(session, &graph, selection)?;
    if searched.is_without_specs {
        session.warn(
            "no folders are named, so that `tailor` does nothing: `::` names all, `dir::` those in `dir` and below",
        );
    }
    let mut missing = python::missing(session, &graph, &searched);
    missing.extend(languages::missing(session, &graph, &searched));
    let missing = named(session, &graph, missing);
    let missing: Vec<PutativeTarget> = missing
        .into_iter()
        .map(|target| restricted(&graph, target))
        .filter(|target| !is_ignored(session, target))
        .collect();
    let report = edit::edit(session, &graph, missing)?;
    build_files.finish(session, &graph);
    Ok(report)
}

/// A BUILD file that is made must be one that is read.
fn refuse_name_that_is_not_read(session: &Session) -> Result<(), GoalError> {
    let name = &session.settings.tailor.build_file_name;
    let patterns = &session.settings.global.build_patterns;
    if patterns
        .iter()
        .any(|pattern| Glob::new(pattern).is_match(name))
    {
        return Ok(());
    }
    Err(GoalError::failure(format!(
        "`[tailor] build_file_name` is `{name}`, which would not be read: `[GLOBAL] build_patterns` has `{}`",
        patterns.join("`, `")
    ))
    .hint("let one of the patterns match the name"))
}

/// The targets with the aliases of the settings, sorted by address, and with names that no other has.
fn named(
    session: &Session,
    graph: &TargetGraph<'_>,
    mut missing: Vec<PutativeTarget>,
) -> Vec<PutativeTarget> {
    let aliases = &session.settings.tailor.alias_mapping;
    for target in &mut missing {
        if let Some(alias) = aliases.get(&target.kind) {
            target.kind.clone_from(alias);
        }
    }
    missing.sort();
    missing.dedup();
    let mut taken: BTreeSet<String> = graph
        .all()
        .map(|id| graph.target(id).address.to_string())
        .collect();
    for target in &mut missing {
        let own = target.name.clone();
        if target.folder.is_empty() {
            // No folder gives a target at the root its name.
            "root".clone_into(&mut target.name);
        }
        let mut number = 0;
        while taken.contains(&target.address()) {
            target.name = format!("{own}{number}");
            number += 1;
        }
        taken.insert(target.address());
    }
    missing.sort();
    missing
}

/// The target with the sources that made it missing, where others own some of what it would have.
fn restricted(graph: &TargetGraph<'_>, target: PutativeTarget) -> PutativeTarget {
    let Some(dir) = graph.repository().tree().dir(&target.folder) else {
        return target;
    };
    let owned = dir.files.iter().filter(|name| target.would_own(name));
    let owners = owned.flat_map(|name| {
        let path = RepoPath::new(&target.folder).join(name);
        let owners = graph.owners_of_file(&path);
        let generators = match owners.is_empty() {
            true => Vec::new(),
            false => graph.generators_of(&path),
        };
        owners.into_iter().chain(generators)
    });
    let conflicts: BTreeSet<String> = owners
        .map(|id| graph.target(id).address.to_string())
        .collect();
    match conflicts.is_empty() {
        true => target,
        false => target.restricted(&conflicts),
    }
}

/// Whether the settings keep a target from being added.
fn is_ignored(session: &Session, target: &PutativeTarget) -> bool {
    let settings = &session.settings;
    let file = RepoPath::new(&target.folder).join(&settings.tailor.build_file_name);
    let globs = settings.tailor.ignore_paths.iter();
    let mut globs = globs.chain(&settings.global.build_ignore);
    let ignored = &settings.tailor.ignore_adding_targets;
    globs.any(|glob| Glob::new(glob).is_match(&file)) || ignored.contains(&target.address())
}
