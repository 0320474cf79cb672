//! What tests leave in the repository: junit reports, and files that they wrote for their user.

use camino::{Utf8Path, Utf8PathBuf};
use engine::{BlobStore, InputOrigin, InputTree, TreeNode};
use workspace::files;

use pytest::{JunitReport, TestCase, TestTimes, TestVerdict, with_earlier_failures};

use super::action::PlannedBatch;
use super::inputs::EXTRA_OUTPUT;
use super::runner::BatchOutcome;
use crate::error::GoalError;
use crate::session::Session;

/// What stands for the folder of what is built in paths of settings.
const DIST: &str = "{distdir}";

/// The file with the times of tests in seconds, by address.
pub(super) const TIMES: &str = "times.json";

/// Writes reports and files of batches, and says what.
pub(super) fn write(
    session: &Session,
    (store, batches): (&BlobStore, &[(&PlannedBatch, &BatchOutcome)]),
) -> Result<(), GoalError> {
    let settings = &session.settings.test;
    let mut reports = false;
    for (planned, outcome) in batches {
        let extra = outcome.outputs.below(EXTRA_OUTPUT);
        if !extra.is_empty() {
            let folder = Utf8PathBuf::from("dist/test").join(planned.batch.report_name());
            write_tree(session, store, (&extra, &folder))?;
            session.say(format_args!("Wrote extra output from test to {folder}"));
        }
        if !settings.report || settings.is_interactive() {
            continue;
        }
        let name = planned.junit_name();
        match outcome.outputs.get(&name) {
            Some(node) => {
                let path = folder(session, &settings.report_dir).join(&name);
                match flaky_report(store, (planned, outcome)) {
                    Some(text) => write_text(session, &path, &text)?,
                    None => write_node(session, store, (&node, &path))?,
                }
                reports = true;
            }
            None if outcome.is_interrupted => {}
            None => session.warn(format_args!(
                "there is no junit report of {}",
                planned.batch.title()
            )),
        }
    }
    if reports {
        let folder = folder(session, &settings.report_dir);
        write_text(session, &folder.join(TIMES), &times(batches).text())?;
        session.say(format_args!("Wrote test reports to {folder}"));
    }
    Ok(())
}

/// The report of a batch that passed at a later attempt, with how the earlier ones failed.
fn flaky_report(
    store: &BlobStore,
    (planned, outcome): (&PlannedBatch, &BatchOutcome),
) -> Option<String> {
    if !outcome.line.succeeded || outcome.earlier.is_empty() {
        return None;
    }
    let name = planned.junit_name();
    let mut failures = Vec::new();
    for attempt in &outcome.earlier {
        let report = junit_text(store, (&attempt.outputs, &name));
        let report = report.and_then(|text| JunitReport::parse(&text).ok());
        let mut cases = report.unwrap_or_default().cases;
        cases.retain(|case| matches!(case.verdict, TestVerdict::Failed | TestVerdict::Error));
        if cases.is_empty() {
            cases.push(TestCase {
                classname: String::new(),
                name: String::new(),
                time: 0.0,
                verdict: TestVerdict::Error,
                message: Some(format!(
                    "attempt {} ended with exit code {}",
                    attempt.number, attempt.exit_code
                )),
            });
        }
        failures.extend(cases);
    }
    let text = junit_text(store, (&outcome.outputs, &name))?;
    with_earlier_failures(&text, &failures).ok()
}

/// The junit report among what a batch wrote.
fn junit_text(store: &BlobStore, (outputs, name): (&InputTree, &str)) -> Option<String> {
    let bytes = bytes(store, &outputs.get(name)?).ok().flatten()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// How long tests took; those of one batch together.
fn times(batches: &[(&PlannedBatch, &BatchOutcome)]) -> TestTimes {
    let mut times = TestTimes::default();
    for (_, outcome) in batches
        .iter()
        .filter(|(_, outcome)| !outcome.is_interrupted)
    {
        let share = outcome.line.elapsed.as_secs_f64() / outcome.addresses.len().max(1) as f64;
        for address in &outcome.addresses {
            times.note(address, share);
        }
    }
    times
}

/// Adds the tests of a batch that its report has.
pub(super) fn add_cases(store: &BlobStore, (planned, outcome): (&PlannedBatch, &mut BatchOutcome)) {
    let text = junit_text(store, (&outcome.outputs, &planned.junit_name()));
    if let Some(Ok(report)) = text.map(|text| JunitReport::parse(&text)) {
        outcome.cases = report.cases;
    }
}

/// A folder of the settings, relative to the root.
pub(super) fn folder(session: &Session, text: &str) -> Utf8PathBuf {
    let path = Utf8PathBuf::from(text.replace(DIST, "dist"));
    match path.strip_prefix(session.root()) {
        Ok(relative) => relative.to_owned(),
        Err(_) => path,
    }
}

/// Writes a file of the repository.
pub(super) fn write_text(session: &Session, path: &Utf8Path, text: &str) -> Result<(), GoalError> {
    let full = session.root().join(path);
    let parent = full.parent().unwrap_or(session.root());
    make_folder(session, parent)?;
    files::replace(&full, text).map_err(|error| GoalError::file("write", path, &error))
}

fn make_folder(session: &Session, folder: &Utf8Path) -> Result<(), GoalError> {
    let shown = folder.strip_prefix(session.root()).unwrap_or(folder);
    fs_err::create_dir_all(folder).map_err(|error| {
        GoalError::file("create the folder", shown, &error).hint(
            "`--test-report-dir` and `--coverage-py-output-dir` name other folders for reports",
        )
    })
}

/// Writes all files of a tree below a folder, relative to the root.
pub(super) fn write_tree(
    session: &Session,
    store: &BlobStore,
    (tree, folder): (&InputTree, &Utf8Path),
) -> Result<(), GoalError> {
    for (path, node) in tree.nodes() {
        write_node(session, store, (&node, &folder.join(path)))?;
    }
    Ok(())
}

/// Writes a file of the store, relative to the root. Links and empty folders are left out.
pub(super) fn write_node(
    session: &Session,
    store: &BlobStore,
    (node, path): (&TreeNode, &Utf8Path),
) -> Result<(), GoalError> {
    let Some(bytes) = bytes(store, node)? else {
        return Ok(());
    };
    let full = session.root().join(path);
    let parent = full.parent().unwrap_or(session.root());
    make_folder(session, parent)?;
    files::replace(&full, &bytes).map_err(|error| GoalError::file("write", path, &error))
}

/// The bytes of a file of the store.
pub(super) fn bytes(store: &BlobStore, node: &TreeNode) -> Result<Option<Vec<u8>>, GoalError> {
    let TreeNode::File(file) = node else {
        return Ok(None);
    };
    match &file.origin {
        InputOrigin::Literal(bytes) => Ok(Some(bytes.to_vec())),
        _ => {
            let read = store.read(&file.digest);
            read.map(Some)
                .map_err(|error| GoalError::failure(error.to_string()).caused_by(error))
        }
    }
}
