//! How the tools of a goal came out.

use checks::{Finding, ToolKind, Verdict};

use super::request::CheckGoal;

/// How a tool came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolState {
    /// It found nothing.
    Succeeded,
    /// It found something.
    Failed,
    /// It was called wrongly, or broke.
    Broken,
    /// It changed files.
    MadeChanges,
    /// There was nothing to change.
    MadeNoChanges,
}

/// A tool, and how it came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolSummary {
    /// The tool.
    pub label: String,
    /// What it is for.
    pub kind: ToolKind,
    /// How it came out.
    pub state: ToolState,
    /// What it found, where that was wanted.
    pub findings: Vec<Finding>,
    /// The files that it changed.
    pub changed: Vec<String>,
}

/// How the tools of a goal came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    /// The goal.
    pub goal: CheckGoal,
    /// The tools, sorted by name, each once.
    pub tools: Vec<ToolSummary>,
    /// The worst of their answers.
    pub verdict: Verdict,
}

impl CheckReport {
    /// Nothing yet.
    pub(super) fn new(goal: CheckGoal) -> Self {
        Self {
            goal,
            tools: Vec::new(),
            verdict: Verdict::Clean,
        }
    }

    /// Adds an answer of a tool. Of several with one name, the worse counts.
    pub(super) fn add(&mut self, summary: ToolSummary, verdict: Verdict) {
        self.verdict = self.verdict.max(verdict);
        let known = self
            .tools
            .iter_mut()
            .find(|known| known.label == summary.label);
        match known {
            Some(known) => {
                known.state = known.state.worse(summary.state);
                known.findings.extend(summary.findings);
                known.changed.extend(summary.changed);
            }
            None => self.tools.push(summary),
        }
        self.tools.sort_by(|a, b| a.label.cmp(&b.label));
    }

    /// Whether a tool of a kind found something.
    #[must_use]
    pub fn has_found(&self, kind: ToolKind) -> bool {
        let mut tools = self.tools.iter();
        tools.any(|tool| tool.kind == kind && tool.state == ToolState::Failed)
    }
}

impl ToolState {
    /// Its name in what scripts read.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Broken => "broken",
            Self::MadeChanges => "made_changes",
            Self::MadeNoChanges => "made_no_changes",
        }
    }

    fn worse(self, other: Self) -> Self {
        let rank = |state: Self| match state {
            Self::Broken => 4,
            Self::Failed => 3,
            Self::MadeChanges => 2,
            Self::MadeNoChanges => 1,
            Self::Succeeded => 0,
        };
        match rank(other) > rank(self) {
            true => other,
            false => self,
        }
    }
}
