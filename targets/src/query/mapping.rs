//! The module mapping of a resolve, row by row: where each row comes from, rows in BUILD files that
//! are unnecessary or wrong, imports that nothing provides, and requirements that nothing imports.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::PackageName;

use crate::error::{Error, Topic};
use crate::graph::{TargetGraph, TargetId};
use crate::kinds::Role;
use crate::modules::{Provides, default_modules};
use buildfile::Data;
use model::Place;

/// The modules in the locked wheels, by project.
pub type WheelModules = BTreeMap<PackageName, Vec<String>>;

/// The mapping of a resolve, with what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct MappingReport {
    /// One row for each requirement, sorted by project.
    pub rows: Vec<MappingRow>,
    /// Imports that nothing provides: module and place, sorted by place.
    pub unprovided: Vec<(String, Place)>,
    /// Addresses of requirements that nothing depends on.
    pub unused: Vec<Arc<str>>,
    /// Projects in a mapping written by hand that its file does not require, with the target.
    pub idle: Vec<(String, Arc<str>)>,
}

/// What one requirement provides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappingRow {
    /// The project, as it is written.
    pub project: String,
    /// The requirement's target.
    pub target: Arc<str>,
    /// The modules that imports are matched with.
    pub modules: Vec<String>,
    /// Whether they are type stubs.
    pub provides: Provides,
    /// Who says so.
    pub source: MappingSource,
    /// What the locked wheel contains, if that is known.
    pub wheel: Option<Vec<String>>,
    /// What is wrong with a row that is written by hand.
    pub verdict: MappingVerdict,
}

/// Where a row of the mapping comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MappingSource {
    /// A BUILD file.
    Explicit,
    /// The table of well-known projects, or the project's name.
    Default,
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MappingVerdict {
    /// Nothing.
    Fine,
    /// It is in a BUILD file, and would be the same without it.
    Redundant,
    /// It is in a BUILD file, and the wheel does not contain these modules.
    Contradicts(Vec<String>),
    /// It is not in a BUILD file, and the wheel contains none of the modules.
    Missing,
}

/// Compares the mapping of a resolve with the wheels and the imports.
///
/// # Errors
/// A dependency that leads nowhere, a violated visibility rule.
pub fn mapping_report(
    graph: &TargetGraph<'_>,
    resolve: &str,
    wheels: &WheelModules,
) -> Result<MappingReport, Error> {
    let mut report = MappingReport::default();
    let dependents = graph.dependents()?;
    for id in graph.all() {
        report.idle.extend(idle(graph, id, resolve));
        if graph.target(id).role() != Role::Requirement || graph.resolve_name(id) != Some(resolve) {
            continue;
        }
        let used = dependents[id]
            .iter()
            .any(|other| Some(*other) != graph.target(id).generator);
        if !used {
            report.unused.push(Arc::clone(&graph.target(id).address));
        }
        report.rows.extend(rows(graph, id, wheels));
    }
    for warning in graph.warnings() {
        if let (Topic::Unowned(module), Some(place)) = (warning.topic, warning.place) {
            report.unprovided.push((module, place));
        }
    }
    report.rows.sort_by_key(|row| row.project.to_lowercase());
    report.unused.sort_unstable();
    Ok(report)
}

/// The projects that the mapping of a generator names and its file does not.
fn idle(graph: &TargetGraph<'_>, id: TargetId, resolve: &str) -> Vec<(String, Arc<str>)> {
    let is_file = matches!(graph.target(id).role(), Role::Requirements { .. });
    if !is_file || graph.resolve_name(id) != Some(resolve) {
        return Vec::new();
    }
    let name = |text: &str| text.parse::<PackageName>().ok();
    let required: Vec<&PackageName> = graph
        .generated(id)
        .flat_map(|id| graph.required_by(id))
        .filter_map(|line| Some(&line.specifier.requirement()?.name))
        .collect();
    ["module_mapping", "type_stubs_module_mapping"]
        .into_iter()
        .filter_map(|field| graph.field(id, field)?.as_dict())
        .flatten()
        .filter_map(|(project, _)| project.as_str())
        .filter(|project| name(project).is_none_or(|name| !required.contains(&&name)))
        .map(|project| (project.to_owned(), Arc::clone(&graph.target(id).address)))
        .collect()
}

/// The rows of one target: one for each of its requirements.
fn rows(graph: &TargetGraph<'_>, id: TargetId, wheels: &WheelModules) -> Vec<MappingRow> {
    let explicit = |field: &str| -> Vec<String> {
        let texts = graph
            .field(id, field)
            .map(Data::strings)
            .unwrap_or_default();
        texts.into_iter().map(str::to_owned).collect()
    };
    let (mut modules, mut provides) = (explicit("modules"), Provides::Implementation);
    if modules.is_empty() {
        (modules, provides) = (explicit("type_stub_modules"), Provides::Stub);
    }
    let mut rows: Vec<MappingRow> = Vec::new();
    for line in graph.required_by(id) {
        let Some(project) = line.specifier.name_spelling().map(str::to_owned) else {
            continue;
        };
        if rows.iter().any(|row| row.project == project) {
            continue;
        }
        let wheel = project
            .parse()
            .ok()
            .and_then(|name: PackageName| wheels.get(&name).cloned());
        let (default, default_provides) = default_modules(&project);
        let default: Vec<String> = default
            .into_iter()
            .map(|module| module.into_owned())
            .collect();
        let by_hand = !modules.is_empty();
        rows.push(MappingRow {
            verdict: if by_hand {
                verdict_by_hand(
                    &modules,
                    (&default, default_provides == provides),
                    wheel.as_deref(),
                )
            } else {
                verdict_by_default(&default, wheel.as_deref())
            },
            modules: if by_hand { modules.clone() } else { default },
            provides: if by_hand { provides } else { default_provides },
            source: if by_hand {
                MappingSource::Explicit
            } else {
                MappingSource::Default
            },
            target: Arc::clone(&graph.target(id).address),
            project,
            wheel,
        });
    }
    rows
}

/// Whether a module is another one or lies within it.
fn within(module: &str, other: &str) -> bool {
    module
        .strip_prefix(other)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn verdict_by_hand(
    modules: &[String],
    (default, same_kind): (&[String], bool),
    wheel: Option<&[String]>,
) -> MappingVerdict {
    if let Some(wheel) = wheel.filter(|wheel| !wheel.is_empty()) {
        let absent = |module: &&String| {
            !wheel
                .iter()
                .any(|have| within(module, have) || within(have, module))
        };
        let absent: Vec<String> = modules.iter().filter(absent).cloned().collect();
        if !absent.is_empty() {
            return MappingVerdict::Contradicts(absent);
        }
    }
    let covered = modules
        .iter()
        .all(|module| default.iter().any(|other| within(module, other)));
    if same_kind && covered {
        MappingVerdict::Redundant
    } else {
        MappingVerdict::Fine
    }
}

fn verdict_by_default(default: &[String], wheel: Option<&[String]>) -> MappingVerdict {
    let Some(wheel) = wheel.filter(|wheel| !wheel.is_empty()) else {
        return MappingVerdict::Fine;
    };
    let present = |module: &String| {
        wheel
            .iter()
            .any(|have| within(module, have) || within(have, module))
    };
    if default.iter().any(present) {
        MappingVerdict::Fine
    } else {
        MappingVerdict::Missing
    }
}
