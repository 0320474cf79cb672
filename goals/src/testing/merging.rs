//! The reports of several shards as one: junit reports, the times of tests, and coverage.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use engine::{InputFile, TreeNode};
use model::Place;
use pytest::{TestTimes, merged};

use super::action::COVERAGE_DATA;
use super::coverage::{CoverageData, CoverageOutcome, report_data};
use super::inputs::of_tree;
use super::packages;
use super::report::{self, TIMES};
use crate::actions::{ActionOptions, ActionRunner};
use crate::error::GoalError;
use crate::graph::BuildFiles;
use crate::locking::IndexChoice;
use crate::session::Session;

/// The file of all reports.
const MERGED: &str = "merged.xml";

/// The report of coverage that is no junit report.
const COVERAGE_REPORT: &str = "coverage.xml";

/// The folders below `dist` that shards write into.
const WITHIN: &[&str] = &["", "test/reports", "coverage/python"];

/// Shards whose reports are to be merged.
#[derive(Debug, Clone, Default)]
pub struct ShardMerge {
    /// For each shard the folder that its reports are in, or the `dist` that has them.
    pub folders: Vec<Utf8PathBuf>,
    /// Where packages come from.
    pub index: IndexChoice,
    /// How actions run.
    pub actions: ActionOptions,
}

/// What came of a merge.
#[derive(Debug, Clone, Default)]
pub struct MergeReport {
    /// What was written, and the coverage of all shards.
    pub lines: Vec<String>,
    /// The exit code that follows.
    pub exit_code: u8,
}

/// What shards wrote.
#[derive(Debug, Default)]
struct ShardReports {
    /// junit reports by name: their path, and their text.
    reports: BTreeMap<String, (Utf8PathBuf, String)>,
    times: TestTimes,
    /// Data files of coverage.
    coverage: Vec<Utf8PathBuf>,
}

impl ShardMerge {
    /// Merges junit reports and times into the folder of reports, and makes the reports of coverage of all data files.
    ///
    /// # Errors
    /// A folder or file that cannot be read, or is no report.
    pub fn run(&self, session: &Session) -> Result<MergeReport, GoalError> {
        let mut found = ShardReports::default();
        for folder in &self.folders {
            found.add(session, folder)?;
        }
        if found.reports.is_empty() && found.coverage.is_empty() {
            return Err(GoalError::failure("there is nothing to merge in these folders")
                .because("they have no junit report, and no data file of coverage")
                .hint("`test --report` writes junit reports, and `--coverage-py-report=raw` the data of coverage"));
        }
        let mut report = MergeReport {
            lines: found.write(session)?,
            exit_code: 0,
        };
        if !found.coverage.is_empty() {
            let coverage = self.coverage(session, &found.coverage)?;
            report.lines.extend(coverage.lines);
            report.exit_code = coverage.exit_code.unwrap_or_default();
        }
        Ok(report)
    }

    /// The coverage of all shards, over all sources of the repository.
    fn coverage(
        &self,
        session: &Session,
        files: &[Utf8PathBuf],
    ) -> Result<CoverageOutcome, GoalError> {
        let runner = ActionRunner::new(session, &self.actions)?;
        let workspace = BuildFiles::load(session)?;
        let graph = workspace.graph()?;
        let environment = packages::reporting_environment(session, &self.index)?;
        let mut nodes = Vec::new();
        for path in files {
            let stored = runner.engine().store().put_file(path);
            let digest = stored.map_err(|error| {
                GoalError::failure(format!("cannot read {path}")).because(error.to_string())
            })?;
            nodes.push(TreeNode::File(InputFile::stored(digest)));
        }
        let sources = graph.repository().tree().files();
        let sources: Vec<String> = sources.filter(|path| path.ends_with(".py")).collect();
        let sources = runner.files().tree(&sources);
        let data = CoverageData {
            environment: &environment,
            files: nodes,
            sources: sources.map_err(|error| of_tree(&error))?,
        };
        let outcome = report_data(session, &runner, data)?;
        runner.finish()?;
        Ok(outcome)
    }
}

impl ShardReports {
    /// Adds what a shard wrote.
    fn add(&mut self, session: &Session, folder: &Utf8Path) -> Result<(), GoalError> {
        let above = session.working_folder()?.join(folder);
        if !above.is_dir() {
            let error = match fs_err::read_dir(&above) {
                Err(error) => error,
                Ok(_) => std::io::Error::other("it is no folder"),
            };
            return Err(unreadable(folder, &error));
        }
        for within in WITHIN {
            let here = above.join(within);
            if here.is_dir() {
                self.add_files(&here, &folder.join(within))?;
            }
        }
        Ok(())
    }

    fn add_files(&mut self, here: &Utf8Path, shown: &Utf8Path) -> Result<(), GoalError> {
        let failed = |error: std::io::Error| unreadable(shown, &error);
        let mut names = Vec::new();
        for entry in here.read_dir_utf8().map_err(failed)? {
            names.push(entry.map_err(failed)?.file_name().to_owned());
        }
        names.sort();
        for name in names {
            let path = here.join(&name);
            if name == TIMES {
                self.times.extend(read_times(&path, &shown.join(&name))?);
            } else if name == COVERAGE_DATA {
                self.coverage.push(path);
            } else if name.ends_with(".xml") && name != MERGED && name != COVERAGE_REPORT {
                let text = fs_err::read_to_string(&path).map_err(failed)?;
                self.reports.insert(name.clone(), (shown.join(&name), text));
            }
        }
        Ok(())
    }

    /// Writes junit reports and times; gives what was written.
    fn write(&self, session: &Session) -> Result<Vec<String>, GoalError> {
        for (path, text) in self.reports.values() {
            merged([text.as_str()]).map_err(|error| {
                GoalError::failure("this is no junit report")
                    .at(Place::file(path.as_str()))
                    .because(error.to_string())
                    .hint("a shard that was ended leaves half a report: run it again")
            })?;
        }
        let folder = report::folder(session, &session.settings.test.report_dir);
        let mut written = Vec::new();
        if !self.reports.is_empty() {
            let all = merged(self.reports.values().map(|(_, text)| text.as_str()));
            let all = all.map_err(|error| GoalError::failure(error.to_string()))?;
            written.push((folder.join(MERGED), all));
        }
        if !self.times.is_empty() {
            written.push((folder.join(TIMES), self.times.text()));
        }
        let mut lines = Vec::new();
        for (path, text) in written {
            report::write_text(session, &path, &text)?;
            lines.push(format!("Wrote {path}"));
        }
        Ok(lines)
    }
}

fn unreadable(folder: &Utf8Path, error: &std::io::Error) -> GoalError {
    GoalError::file("read the reports in", folder, error)
        .hint("`--merge` takes the folders that `test --report` wrote, one for each shard")
}

/// The times in a file.
///
/// # Errors
/// It cannot be read, or is something else.
pub(super) fn read_times(path: &Utf8Path, shown: &Utf8Path) -> Result<TestTimes, GoalError> {
    let text = fs_err::read_to_string(path);
    let text =
        text.map_err(|error| GoalError::file("read the times of tests in", shown, &error))?;
    TestTimes::parse(&text).map_err(|error| {
        GoalError::failure("the times of tests cannot be read")
            .at(Place::file(shown.as_str()))
            .because(error.to_string())
            .hint("`cargo xtask test --report` writes them anew")
    })
}
