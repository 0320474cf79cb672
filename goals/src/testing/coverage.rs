//! The coverage of a run: the data of all batches, cached or not, combined and reported by coverage itself.

use camino::Utf8PathBuf;
use engine::{Action, InputTree, Location, OutputPath, ProcessEnd, Silence, Template, TreeNode};
use pytest::{CoverageFileFormat, CoverageReport};
use targets::TargetGraph;

use super::action::{COVERAGE_DATA, PlannedBatch};
use super::changed_coverage::{CHANGED_REPORT, ChangedLines};
use super::inputs::{coverage_file, of_tree, own_coverage_file};
use super::report;
use super::runner::BatchOutcome;
use crate::actions::ActionRunner;
use crate::environments::CachedEnvironment;
use crate::error::GoalError;
use crate::session::Session;

/// The exit code of coverage where too little is covered.
const INSUFFICIENT: i32 = 2;

/// The program that makes reports.
const PROGRAM: &str = include_str!("report_coverage.py");

/// The exit code of what reads the configuration where coverage cannot use that.
const UNREADABLE: i32 = 3;

/// The program that reads the configuration.
const READER: &str = include_str!("read_configuration.py");

const ENVIRONMENT: &str = "environment";

/// What coverage says of a run.
#[derive(Debug, Clone, Default)]
pub(super) struct CoverageOutcome {
    /// Lines for the user.
    pub(super) lines: Vec<String>,
    /// The exit code, if it is not good.
    pub(super) exit_code: Option<u8>,
    /// The first page for a browser, relative to the root.
    pub(super) page: Option<Utf8PathBuf>,
}

/// The batches of a run with what came of them.
pub(super) type RunBatches<'a> = [(&'a PlannedBatch, &'a BatchOutcome)];

/// What reports are made of.
pub(super) struct CoverageData<'a> {
    /// Where coverage itself is.
    pub(super) environment: &'a CachedEnvironment,
    /// The data files of tests.
    pub(super) files: Vec<TreeNode>,
    /// The sources that reports show.
    pub(super) sources: InputTree,
}

/// Makes the reports of a run and writes those that are files.
pub(super) fn report(
    session: &Session,
    graph: &TargetGraph<'_>,
    (runner, batches): (&ActionRunner<'_>, &RunBatches<'_>),
) -> Result<CoverageOutcome, GoalError> {
    let Some((first, _)) = batches.first() else {
        return Ok(CoverageOutcome::default());
    };
    let files = batches
        .iter()
        .filter_map(|(_, outcome)| outcome.outputs.get(COVERAGE_DATA));
    let data = CoverageData {
        environment: &first.environment,
        files: files.collect(),
        sources: sources(session, graph, (runner, batches))?,
    };
    report_data(session, runner, data)
}

/// Makes the reports of data files, and writes those that are files.
///
/// # Errors
/// Where coverage cannot make them.
pub(super) fn report_data(
    session: &Session,
    runner: &ActionRunner<'_>,
    data: CoverageData<'_>,
) -> Result<CoverageOutcome, GoalError> {
    if data.files.is_empty() {
        let least = wanted_coverage(session, runner, data.environment)?;
        let insufficient = INSUFFICIENT.try_into().ok().filter(|_| least > 0.0);
        let wanted = insufficient.map(|_| format!(", and {least} % are to be covered"));
        let line = format!("no coverage was measured{}", wanted.unwrap_or_default());
        return Ok(CoverageOutcome {
            lines: vec![line],
            exit_code: insufficient,
            ..CoverageOutcome::default()
        });
    }
    let since = session.settings.test.coverage_changed_since.as_deref();
    let changed = since.map(|since| ChangedLines::of(session, since));
    let changed = changed.transpose()?;
    let action = action_of(session, runner, (&data, changed.as_ref()))?;
    let outcome = runner.run(&[action], &Silence).outcomes.pop();
    let outcome = outcome.unwrap_or(Err(engine::ActionError::Interrupt));
    let outcome = outcome.map_err(|error| {
        GoalError::failure("cannot report the coverage").because(error.to_string())
    })?;
    let said = |kept: &engine::KeptOutput| kept.text().unwrap_or_default();
    let mut report = CoverageOutcome::default();
    let table = said(&outcome.stdout);
    if !table.trim().is_empty() {
        report
            .lines
            .extend([String::new(), table.trim_end().to_owned()]);
    }
    match outcome.end {
        ProcessEnd::Exit(0) => {}
        ProcessEnd::Exit(INSUFFICIENT) => {
            report.lines.push(
                "Test goal failed due to insufficient coverage. See coverage reports for details."
                    .to_owned(),
            );
            report.exit_code = Some(2);
        }
        end => {
            let error = GoalError::failure(format!("cannot report the coverage: {end}"));
            let printed = said(&outcome.stdout) + &said(&outcome.stderr);
            return Err(printed.lines().fold(error, GoalError::because));
        }
    }
    report.add_files(session, runner, &outcome.outputs)?;
    if let Some(changed) = changed {
        let (lines, exit_code) = changed.report((session, runner), &outcome.outputs)?;
        report.lines.extend(lines);
        report.exit_code = exit_code.or(report.exit_code);
    }
    Ok(report)
}

/// The largest percentage that settings want to be covered, and the configuration of coverage. Coverage itself reads that,
/// so that a mistake is told once, and before tests run.
///
/// # Errors
/// What coverage says of the configuration.
pub(super) fn wanted_coverage(
    session: &Session,
    runner: &ActionRunner<'_>,
    environment: &CachedEnvironment,
) -> Result<f64, GoalError> {
    let settings = &session.settings.coverage_py;
    let least = settings
        .fail_under
        .iter()
        .chain(&settings.changed_fail_under);
    let least = least.map(|least| least.0).fold(0.0, f64::max);
    let Some((path, text)) = own_coverage_file(session) else {
        return Ok(least);
    };
    let name = CoverageFileFormat::of(&path).file_name();
    let python = Template::location(ENVIRONMENT).then("/bin/python");
    let mut line = vec![python];
    line.extend(["-s", "-E", "-c", READER, name].map(Template::from));
    let file = InputTree::of_literals([(name.to_owned(), text)]);
    let action = Action::new("the configuration of coverage", line)
        .inputs(file.map_err(|error| of_tree(&error))?)
        .location(ENVIRONMENT, location(environment));
    let outcome = runner.run(&[action], &Silence).outcomes.pop();
    let Some(Ok(outcome)) = outcome else {
        // Tests tell what is wrong.
        return Ok(least);
    };
    let said = |kept: &engine::KeptOutput| kept.text().unwrap_or_default();
    match outcome.end {
        ProcessEnd::Exit(0) => {
            let own = said(&outcome.stdout).trim().parse().unwrap_or(0.0);
            Ok(settings.fail_under.map_or(own, |_| least).max(least))
        }
        ProcessEnd::Exit(UNREADABLE) => {
            let error = GoalError::failure("the configuration of coverage cannot be used");
            let error = error.at(model::Place::file(path.as_str()));
            Err(said(&outcome.stderr)
                .lines()
                .fold(error, GoalError::because))
        }
        _ => Ok(least),
    }
}

fn location(environment: &CachedEnvironment) -> Location {
    let identity = environment.identity.to_string();
    Location::new(identity, environment.environment.root())
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

/// What makes the reports.
fn action_of(
    session: &Session,
    runner: &ActionRunner<'_>,
    (data, changed): (&CoverageData<'_>, Option<&ChangedLines>),
) -> Result<Action, GoalError> {
    let (configuration, text) = coverage_file(session)?;
    let files = data.files.iter().enumerate();
    let files = files.map(|(at, node)| (format!("data/{at:05}/{COVERAGE_DATA}"), node.clone()));
    let own = InputTree::of_nodes(files).map_err(|error| of_tree(&error))?;
    let file = InputTree::of_literals([(configuration.clone(), text)]);
    let mut inputs = data.sources.clone();
    for more in [own, file.map_err(|error| of_tree(&error))?] {
        let merged = inputs.merge(&more);
        inputs = merged.map_err(|error| of_tree(&error))?;
    }
    if let Some(changed) = changed {
        inputs = changed.add_to(&inputs, (session, runner.files()))?;
    }
    let mut action = action(session, data.environment, (&configuration, inputs));
    if changed.is_some() {
        action = action.optional_output(CHANGED_REPORT);
    }
    Ok(action)
}

fn action(
    session: &Session,
    environment: &CachedEnvironment,
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
    let mut action = Action::new("coverage", line)
        .inputs(inputs)
        .location(ENVIRONMENT, location(environment));
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

impl CoverageOutcome {
    /// Writes reports into the repository.
    fn add_files(
        &mut self,
        session: &Session,
        runner: &ActionRunner<'_>,
        outputs: &InputTree,
    ) -> Result<(), GoalError> {
        let settings = &session.settings.coverage_py;
        let folder = report::folder(session, &settings.output_dir);
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
            let line = format!("Wrote {} coverage report to {target}", name(*kind));
            self.lines.push(line);
            if *kind == CoverageReport::Html {
                self.page = Some(target.join("index.html"));
            }
        }
        Ok(())
    }
}
