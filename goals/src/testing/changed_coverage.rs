//! Which of the lines that changed since a commit are covered.

use std::collections::BTreeMap;

use engine::{FileIndex, InputFile, InputTree, TreeNode};
use pytest::{ChangedCoverage, LineNumbers};

use super::inputs::of_tree;
use super::report;
use crate::actions::ActionRunner;
use crate::error::GoalError;
use crate::graph::edited_lines;
use crate::session::Session;

/// What coverage says of the files that changed.
pub(super) const CHANGED_REPORT: &str = "changed.json";

/// The file that names files which changed, for the program that makes reports.
const CHANGED_FILES: &str = "changed-files";

/// Lines of Python that changed since a commit.
pub(super) struct ChangedLines {
    since: String,
    lines: BTreeMap<String, LineNumbers>,
}

impl ChangedLines {
    /// The lines that changed since a commit.
    ///
    /// # Errors
    /// There is no such commit.
    pub(super) fn of(session: &Session, since: &str) -> Result<Self, GoalError> {
        let mut lines = edited_lines(session, since)?;
        lines.retain(|path, _| path.ends_with(".py") && session.root().join(path).is_file());
        Ok(Self {
            since: since.to_owned(),
            lines,
        })
    }

    /// Adds to the inputs of the program what it has to know.
    pub(super) fn add_to(
        &self,
        inputs: &InputTree,
        (session, files): (&Session, &FileIndex),
    ) -> Result<InputTree, GoalError> {
        // What is not to be measured is not covered by nobody.
        let is_all_measured = session.settings.coverage_py.filter.is_empty();
        let paths: Vec<String> = self.lines.keys().cloned().collect();
        let tree = files.tree(&paths).map_err(|error| of_tree(&error))?;
        let named = match is_all_measured {
            true => paths.join("\n"),
            false => String::new(),
        };
        let list = TreeNode::File(InputFile::literal(named));
        let inputs = inputs
            .merge(&tree)
            .and_then(|all| all.with(CHANGED_FILES, list));
        inputs.map_err(|error| of_tree(&error))
    }

    /// What of the lines is covered, by the report that the program wrote: lines for the user, and the exit code if it
    /// is too little.
    pub(super) fn report(
        &self,
        (session, runner): (&Session, &ActionRunner<'_>),
        outputs: &InputTree,
    ) -> Result<(Vec<String>, Option<u8>), GoalError> {
        let node = outputs.get(CHANGED_REPORT);
        let bytes = node.map(|node| report::bytes(runner.engine().store(), &node));
        let text = bytes.transpose()?.flatten().unwrap_or_default();
        let found = ChangedCoverage::of(&String::from_utf8_lossy(&text), &self.lines);
        let found = found.map_err(|error| {
            GoalError::failure("the report of coverage cannot be read").because(error.to_string())
        })?;
        let mut lines = vec![format!("\nChanged since {}: {found}", self.since)];
        let least = session.settings.coverage_py.changed_fail_under;
        let Some(least) = least.filter(|least| found.percentage() < least.0) else {
            return Ok((lines, None));
        };
        lines.push(format!(
            "Test goal failed: less than {}% of the changed lines are covered (`changed_fail_under` in `[coverage-py]`)",
            least.0
        ));
        Ok((lines, Some(2)))
    }
}
