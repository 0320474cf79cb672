//! What is asked of a team's tools.

use std::collections::BTreeSet;

use crate::actions::ActionOptions;
use crate::graph::TargetSelection;
use crate::locking::IndexChoice;

/// What is asked of the tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckGoal {
    /// Linters look, and formatters and fixers say what they would change.
    Lint,
    /// Formatters change files.
    Fmt,
    /// Fixers change files, then formatters.
    Fix,
    /// Type checkers look.
    Check,
}

impl CheckGoal {
    /// The name of its command.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lint => "lint",
            Self::Fmt => "fmt",
            Self::Fix => "fix",
            Self::Check => "check",
        }
    }
}

/// One of these goals, and what it is for.
#[derive(Debug, Clone)]
pub struct CheckRequest {
    /// The goal.
    pub goal: CheckGoal,
    /// Whose files.
    pub selection: TargetSelection,
    /// Whether only what is staged is looked at, as the next commit will have it.
    pub is_staged: bool,
    /// Only these files of the selection.
    pub only: Option<BTreeSet<String>>,
    /// Whether type checkers that can stay do.
    pub uses_daemon: bool,
    /// Whether each finding is wanted by itself.
    pub wants_findings: bool,
    /// More arguments of the tool.
    pub arguments: Vec<String>,
    /// How processes are run, and whether what was clean is looked at again.
    pub actions: ActionOptions,
    /// Where tools come from.
    pub index: IndexChoice,
}
