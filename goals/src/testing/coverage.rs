//! The coverage of a run: the data of all batches, cached or not, combined and reported by coverage itself.

use camino::Utf8PathBuf;
use engine::{Action, InputTree, Location, OutputPath, ProcessEnd, Silence, Template, TreeNode};
use pytest::CoverageReport;
use targets::TargetGraph;

use super::action::{COVERAGE_DATA, PlannedBatch};
use super::inputs::{coverage_file, of_tree};
use super::report;
use super::runner::BatchOutcome;
use crate::actions::ActionRunner;
use crate::error::GoalError;
use crate::session::Session;

/// The exit code of coverage where too little is covered.
const INSUFFICIENT: i32 = 2;

/// The program that makes reports.
const PROGRAM: &str = include_str!("report_coverage.py");

const ENVIRONMENT: &str = "environment";

/// What coverage says of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct CoverageOutcome {
    /// Lines for the user.
    pub(super) lines: Vec<String>,
    /// The exit code, if it is not good.
    pub(super) exit_code: Option<u8>,
}

/// The batches of a run with what came of them.
pub(super) type RunBatches<'a> = [(&'a PlannedBatch, &'a BatchOutcome)];

/// Makes the reports of a run and writes those that are files.
pub(super) fn report(
    session: &Session,
    graph: &TargetGraph<'_>,
    (runner, batches): (&ActionRunner<'_>, &RunBatches<'_>),
) -> Result<CoverageOutcome, GoalError> {
    let Some((first, _)) = batches.first() else {
        return Ok(CoverageOutcome::default());
    };
    let (configuration, text) = coverage_file(session)?;
    let mut nodes = Vec::new();
    for (at, (_, outcome)) in batches.iter().enumerate() {
        if let Some(data) = outcome.outputs.get(COVERAGE_DATA) {
            nodes.push((format!("data/{at:05}/{COVERAGE_DATA}"), data));
        }
    }
    if nodes.is_empty() {
        let line = "no coverage was measured".to_owned();
        return Ok(CoverageOutcome {
            lines: vec![line],
            exit_code: None,
        });
    }
    let mut inputs = sources(session, graph, (runner, batches))?;
    let own = InputTree::of_nodes(nodes).map_err(|error| of_tree(&error))?;
    let file = InputTree::of_literals([(configuration.clone(), text)]);
    for more in [own, file.map_err(|error| of_tree(&error))?] {
        let merged = inputs.merge(&more);
        inputs = merged.map_err(|error| of_tree(&error))?;
    }
    let action = action(session, first, (&configuration, inputs));
    let outcome = runner.run(&[action], &Silence).outcomes.pop();
    let outcome = outcome.unwrap_or(Err(engine::ActionError::Interrupt));
    let outcome = outcome.map_err(|error| {
        GoalError::failure("cannot report the coverage").because(error.to_string())
    })?;
    let said = |kept: &engine::KeptOutput| kept.text().unwrap_or_default();
    let mut lines = Vec::new();
    let table = said(&outcome.stdout);
    if !table.trim().is_empty() {
        lines.extend([String::new(), table.trim_end().to_owned()]);
    }
    let exit_code = match outcome.end {
        ProcessEnd::Exit(0) => None,
        ProcessEnd::Exit(INSUFFICIENT) => {
            lines.push(
                "Test goal failed due to insufficient coverage. See coverage reports for details."
                    .to_owned(),
            );
            Some(2)
        }
        end => {
            let error = GoalError::failure(format!("cannot report the coverage: {end}"));
            let printed = said(&outcome.stdout) + &said(&outcome.stderr);
            return Err(printed.lines().fold(error, GoalError::because));
        }
    };
    lines.extend(write(session, runner, &outcome.outputs)?);
    Ok(CoverageOutcome { lines, exit_code })
}

/// The sources that reports show: those of all batches, or of all source roots.
fn sources(
    session: &Session,
    graph: &TargetGraph<'_>,
    (runner, batches): (&ActionRunner<'_>, &RunBatches<'_>),
) -> Result<InputTree, GoalError> {
    let is_source = |path: &str| path.ends_with(".py") || path.ends_with(".pyi");
    let mut all = InputTree::default();
    for (planned, _) in batches {
        let own = planned.inputs.tree.subset(is_source);
        all = all.merge(&own).map_err(|error| of_tree(&error))?;
    }
    if session.settings.coverage_py.global_report {
        let files = graph
            .repository()
            .tree()
            .files()
            .filter(|path| path.ends_with(".py"));
        let files: Vec<String> = files.collect();
        let tree = runner
            .files()
            .tree(&files)
            .map_err(|error| of_tree(&error))?;
        all = all.merge(&tree).map_err(|error| of_tree(&error))?;
    }
    Ok(all)
}

fn action(
    session: &Session,
    batch: &PlannedBatch,
    (configuration, inputs): (&str, InputTree),
) -> Action {
    let settings = &session.settings.coverage_py;
    let scope = match settings.global_report {
        true => "global",
        false => "reached",
    };
    let least = settings.fail_under.map(|least| least.0.to_string());
    let python = Template::location(ENVIRONMENT).then("/bin/python");
    let mut line: Vec<Template> = vec![python];
    line.extend(["-s", "-E", "-c", PROGRAM, configuration, scope].map(Template::from));
    line.push(least.unwrap_or_default().into());
    line.extend(settings.report.iter().map(|report| name(*report).into()));
    let environment = &batch.environment;
    let location = Location::new(
        environment.identity.to_string(),
        environment.environment.root(),
    );
    let mut action = Action::new("coverage", line)
        .inputs(inputs)
        .location(ENVIRONMENT, location);
    let outputs = settings.report.iter().filter_map(|report| output(*report));
    action.outputs = outputs
        .map(|path| OutputPath {
            path: path.to_owned(),
            optional: true,
        })
        .collect();
    action
}

fn name(report: CoverageReport) -> &'static str {
    match report {
        CoverageReport::Console => "console",
        CoverageReport::Xml => "xml",
        CoverageReport::Html => "html",
        CoverageReport::Raw => "raw",
        CoverageReport::Json => "json",
        CoverageReport::Lcov => "lcov",
    }
}

/// What a report writes.
fn output(report: CoverageReport) -> Option<&'static str> {
    match report {
        CoverageReport::Console => None,
        CoverageReport::Xml => Some("coverage.xml"),
        CoverageReport::Html => Some("htmlcov"),
        CoverageReport::Raw => Some(COVERAGE_DATA),
        CoverageReport::Json => Some("coverage.json"),
        CoverageReport::Lcov => Some("coverage.lcov"),
    }
}

/// Writes reports into the repository; what is said of them.
fn write(
    session: &Session,
    runner: &ActionRunner<'_>,
    outputs: &InputTree,
) -> Result<Vec<String>, GoalError> {
    let settings = &session.settings.coverage_py;
    let folder = report::folder(session, &settings.output_dir);
    let mut lines = Vec::new();
    for kind in &settings.report {
        let Some(path) = output(*kind) else { continue };
        let store = runner.engine().store();
        let target: Utf8PathBuf = folder.join(path);
        match outputs.get(path) {
            Some(node @ TreeNode::File(_)) => {
                report::write_node(session, store, (&node, &target))?;
            }
            _ => report::write_tree(session, store, (&outputs.below(path), &target))?,
        }
        lines.push(format!("Wrote {} coverage report to {target}", name(*kind)));
    }
    Ok(lines)
}
