//! Which tools a goal runs.

use std::collections::BTreeSet;

use checks::{CheckTool, ToolKind, ToolTable};

use super::request::{CheckGoal, CheckRequest};
use crate::error::GoalError;
use crate::session::Session;

/// The tools of a goal, in the order in which they run.
#[derive(Debug)]
pub(super) struct ChosenTools {
    pub(super) tools: Vec<&'static CheckTool>,
}

impl ChosenTools {
    /// The tools that the settings choose, without those that they skip.
    pub(super) fn of(session: &Session, request: &CheckRequest) -> Result<Self, GoalError> {
        let settings = &session.settings;
        // The table is needed until the process ends.
        let table: &'static ToolTable = Box::leak(Box::new(ToolTable::with(&settings.checks.own)));
        let backends = &settings.global.backend_packages;
        request.goal.warn_of_unknown(session, table);
        let own = settings.checks.own.keys();
        let named: Vec<String> = settings.checks.tools.iter().chain(own).cloned().collect();
        let chosen = table.chosen(backends, &named);
        let chosen = chosen.map_err(|unknown| {
            let error = GoalError::failure(unknown.to_string())
                .at(model::Place::file(settings.file.as_str()));
            match &unknown.nearest {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint("`tools` in `[checks]` takes names of tools"),
            }
        })?;
        let goal = request.goal;
        let mut tools: Vec<&CheckTool> = chosen;
        tools.retain(|tool| goal.runs(tool));
        // Fixers change more than the layout, which formatters then mend.
        tools.sort_by_key(|tool| goal == CheckGoal::Fix && tool.kind == ToolKind::Formatter);
        match (tools.is_empty(), goal) {
            // Pants has a linter of its own always.
            (true, CheckGoal::Lint) => session.detail(no_tool(goal)),
            (true, _) => return Err(no_tool(goal)),
            (false, _) => {}
        }
        let only = goal.only(session);
        refuse_unknown(goal, only, &tools)?;
        tools.retain(|tool| only.is_empty() || only.iter().any(|name| tool.is_named(name)));
        tools.retain(|tool| !goal.leaves_out(session, tool));
        let skips = |tool: &CheckTool| {
            let options = settings.tool_options.get(tool.section());
            options.is_some_and(|options| options.skip)
        };
        tools.retain(|tool| !skips(tool));
        Ok(Self { tools })
    }
}

impl CheckGoal {
    fn runs(self, tool: &CheckTool) -> bool {
        match self {
            Self::Lint => tool.kind != ToolKind::Checker,
            Self::Fmt => tool.kind == ToolKind::Formatter,
            Self::Fix => tool.writes(),
            Self::Check => tool.kind == ToolKind::Checker,
        }
    }

    /// Says which backends of the settings are for this goal, and bring no tool.
    fn warn_of_unknown(self, session: &Session, table: &ToolTable) {
        let goal = self.name();
        for backend in &session.settings.global.backend_packages {
            let is_checker = backend.contains(".typecheck.");
            if is_checker != (self == Self::Check) {
                continue;
            }
            let hint = match table.unknown_backend(backend) {
                Some(Some(near)) => format!("did you mean `{near}`?"),
                Some(None) => "`[checks.own.NAME]` adds a tool".to_owned(),
                None => continue,
            };
            session.warn(format_args!(
                "`{goal}` has no tool for `{backend}` of `backend_packages` ({hint})"
            ));
        }
    }

    fn only(self, session: &Session) -> &[String] {
        let settings = &session.settings;
        match self {
            Self::Lint => &settings.lint.only,
            Self::Fmt => &settings.fmt.only,
            Self::Fix => &settings.fix.only,
            Self::Check => &settings.check.only,
        }
    }

    fn leaves_out(self, session: &Session, tool: &CheckTool) -> bool {
        let settings = &session.settings;
        let (formatters, fixers) = match self {
            Self::Lint => (settings.lint.skip_formatters, settings.lint.skip_fixers),
            Self::Fix => (settings.fix.skip_formatters, false),
            Self::Fmt | Self::Check => (false, false),
        };
        match tool.kind {
            ToolKind::Formatter => formatters,
            ToolKind::Fixer => fixers,
            ToolKind::Linter | ToolKind::Checker => false,
        }
    }
}

fn no_tool(goal: CheckGoal) -> GoalError {
    let kind = match goal {
        CheckGoal::Lint => "linter or formatter",
        CheckGoal::Fmt => "formatter",
        CheckGoal::Fix => "formatter or fixer",
        CheckGoal::Check => "type checker",
    };
    GoalError::failure(format!(
        "there is nothing to `{}` with: the settings choose no {kind}",
        goal.name()
    ))
    .hint("`backend_packages` in `[GLOBAL]` chooses as for Pants, or `tools` in `[checks]` by name")
}

/// The names of `--only` must be those of tools that the goal has.
fn refuse_unknown(goal: CheckGoal, only: &[String], tools: &[&CheckTool]) -> Result<(), GoalError> {
    let is_unknown = |name: &&String| !tools.iter().any(|tool| tool.is_named(name));
    let Some(unknown) = only.iter().find(is_unknown) else {
        return Ok(());
    };
    let known: BTreeSet<&str> = tools.iter().map(|tool| tool.id()).collect();
    let known: Vec<&str> = known.into_iter().collect();
    let error = GoalError::misuse(format!("`{}` has no tool `{unknown}`", goal.name()));
    Err(match model::nearest(unknown, known.iter().copied()) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error.hint(format!("it has `{}`", known.join("`, `"))),
    })
}
