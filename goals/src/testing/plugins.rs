//! Plug-ins that pytest lacks: those that the settings need are refused before anything runs, others are named after.

use std::collections::BTreeSet;

use install::environment::StoredWheel;
use pytest::{MissingPlugin, missing_plugins};
use targets::TargetGraph;

use super::missing::providers;
use crate::error::GoalError;
use crate::session::Session;

/// The project that editors' debuggers speak to.
pub(super) const DEBUGGER: &str = "debugpy";

/// Refuses what the settings want where none of the packages that tests run with does it.
pub(super) fn refuse_missing(session: &Session, wheels: &[StoredWheel]) -> Result<(), GoalError> {
    let (test, pytest) = (&session.settings.test, &session.settings.pytest);
    let needed = [
        (
            test.debug_adapter,
            DEBUGGER,
            "cannot wait for an editor's debugger",
        ),
        (
            test.measures_coverage(),
            "pytest-cov",
            "cannot measure coverage",
        ),
        (
            pytest.xdist_enabled && !test.is_interactive(),
            "pytest-xdist",
            "cannot run the tests of a module in several processes, as `xdist_enabled` in `[pytest]` wants",
        ),
    ];
    let is_there = |project: &str| wheels.iter().any(|wheel| wheel.name.as_str() == project);
    for (is_wanted, project, message) in needed {
        if is_wanted && !is_there(project) {
            let message = format!("{message}: pytest is installed without `{project}`");
            let hint = way_to_bring(session, &format!("`{project}`"));
            return Err(GoalError::failure(message).hint(hint));
        }
    }
    Ok(())
}

/// Says for each plug-in that modules lacked, by what they printed, how it comes to them. Modules of one run mostly
/// lack the same ones.
pub(super) fn explained<'o>(
    session: &Session,
    graph: &TargetGraph<'_>,
    outputs: impl Iterator<Item = &'o str>,
) -> Vec<String> {
    let missing: BTreeSet<MissingPlugin> = outputs.flat_map(missing_plugins).collect();
    // A plug-in of the repository's own is a module like others.
    let is_foreign = |plugin: &MissingPlugin| match plugin {
        MissingPlugin::Module(module) => providers(graph, module).is_empty(),
        MissingPlugin::Option(_) | MissingPlugin::Required(_) => true,
    };
    let foreign = missing.into_iter().filter(is_foreign);
    let explained = foreign.map(|plugin| {
        let (what, added) = match plugin {
            MissingPlugin::Option(option) => (
                format!("has the option `{option}`"),
                "the project that has it".to_owned(),
            ),
            MissingPlugin::Module(module) => (
                format!("has the module `{module}`"),
                "the project that has it".to_owned(),
            ),
            MissingPlugin::Required(required) => (
                format!("is `{required}`, which `required_plugins` wants"),
                format!("`{required}`"),
            ),
        };
        format!(
            "no plug-in of pytest {what}: {}",
            way_to_bring(session, &added)
        )
    });
    explained.collect()
}

/// How a project comes to pytest.
fn way_to_bring(session: &Session, project: &str) -> String {
    match session.settings.tools.get("pytest") {
        Some(resolve) => format!(
            "add {project} to the requirements of the resolve `{resolve}`, then `cargo xtask generate-lockfiles --resolve {resolve}`"
        ),
        None => format!("add {project} to `extra_requirements` in `[pytest]`"),
    }
}
