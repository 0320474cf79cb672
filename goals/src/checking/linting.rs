//! Tools that look: `lint` and `check`. They run at the same time, and change nothing.

use checks::{CallMode, CheckTool, ToolKind, Verdict};
use engine::{Action, ActionError, Outcome};
use workspace::pending::alone_in;

use super::daemon;
use super::findings::{self, within};
use super::look::{self, LookPlanner, PlannedLook};
use super::partition::FilePartition;
use super::process::{ToolAnswer, ToolCall, ToolProgram};
use super::program::ToolBox;
use super::report::{CheckReport, ToolState, ToolSummary};
use super::seen::those_left;
use super::trial;
use super::watcher::LookWatcher;
use crate::actions::ActionRunner;
use crate::error::GoalError;

/// A look of a tool at the files of a partition.
struct Look<'a> {
    tool: &'a CheckTool,
    partition: &'a FilePartition,
    /// Whether it is asked what it would fix.
    is_fix: bool,
}

/// What is to be done for a look.
enum LookPlan {
    /// These of the actions.
    Actions(std::ops::Range<usize>, PlannedLook),
    /// A trial on a copy, with this program.
    Trial(ToolProgram),
    /// A question to a daemon of this program.
    Daemon(ToolProgram),
}

/// Runs all tools, and says what they find in the order of the tools.
pub(super) fn run(
    tool_box: &ToolBox<'_>,
    partitions: &[(&CheckTool, Vec<FilePartition>)],
) -> Result<CheckReport, GoalError> {
    let looks = looks(tool_box, partitions);
    let runner = ActionRunner::new(tool_box.session, &tool_box.request.actions)?;
    let mut actions = Vec::new();
    let mut watcher = LookWatcher::new(tool_box);
    let mut planner = LookPlanner::new(&runner, tool_box.graph);
    let plans: Vec<Result<LookPlan, GoalError>> = looks
        .iter()
        .map(|look| look.plan(tool_box, &mut planner, (&mut actions, &mut watcher)))
        .collect();
    let ran = runner.run(&actions, &watcher);
    let mut report = CheckReport::new(tool_box.request.goal);
    let mut errors = Vec::new();
    for (look, plan) in looks.iter().zip(plans) {
        let answer = plan.and_then(|plan| look.answer(tool_box, plan, &ran.outcomes));
        match answer {
            Ok(answer) => {
                look.say(tool_box, &answer);
                report.add(look.summary(tool_box, &answer), answer.verdict);
            }
            Err(error) if errors.contains(&error) => {}
            Err(error) => errors.push(error),
        }
    }
    runner.finish()?;
    watcher.refuse_changes()?;
    if ran.interrupted {
        return Err(GoalError::failure("interrupted"));
    }
    let mut errors = errors.into_iter();
    match errors.next() {
        Some(first) => Err(first.beside(errors)),
        None => Ok(report),
    }
}

/// What is asked of the tools: each once, and those that fix in a mode of their own once more.
fn looks<'a>(
    tool_box: &ToolBox<'_>,
    partitions: &'a [(&'a CheckTool, Vec<FilePartition>)],
) -> Vec<Look<'a>> {
    let skips_fixers = tool_box.session.settings.lint.skip_fixers;
    let mut looks = Vec::new();
    for (tool, partitions) in partitions {
        for partition in partitions {
            looks.push(Look {
                tool,
                partition,
                is_fix: false,
            });
            if tool.check_fix.is_some() && !skips_fixers {
                looks.push(Look {
                    tool,
                    partition,
                    is_fix: true,
                });
            }
        }
    }
    looks
}

impl Look<'_> {
    fn plan(
        &self,
        tool_box: &ToolBox<'_>,
        planner: &mut LookPlanner<'_>,
        (actions, watcher): (&mut Vec<Action>, &mut LookWatcher<'_>),
    ) -> Result<LookPlan, GoalError> {
        let program = tool_box.program(self.tool, self.partition)?;
        if tool_box.request.uses_daemon && !self.tool.daemon.is_empty() {
            return Ok(LookPlan::Daemon(program));
        }
        let call = tool_box.call((self.tool, self.mode()), &program, self.partition)?;
        let Some(call) = call else {
            return Ok(LookPlan::Trial(program));
        };
        let start = actions.len();
        let planned = planner.plan((&call, self.partition), actions)?;
        watcher.watch(&planned.files);
        for index in start..actions.len() {
            watcher.lock(index, &call);
        }
        Ok(LookPlan::Actions(start..actions.len(), planned))
    }

    fn answer(
        &self,
        tool_box: &ToolBox<'_>,
        plan: LookPlan,
        outcomes: &[Result<Outcome, ActionError>],
    ) -> Result<ToolAnswer, GoalError> {
        let (range, planned) = match plan {
            LookPlan::Actions(range, planned) => (range, planned),
            LookPlan::Trial(program) => {
                return trial::run(tool_box, (self.tool, self.partition), &program);
            }
            LookPlan::Daemon(program) => {
                return daemon::run(tool_box, (self.tool, self.partition), &program);
            }
        };
        let mut answer = ToolAnswer {
            code: Some(0),
            ..ToolAnswer::default()
        };
        for outcome in &outcomes[range] {
            let outcome = outcome.as_ref().map_err(|error| {
                GoalError::failure(format!("cannot run {}", self.tool.label()))
                    .because(error.to_string())
            })?;
            answer.add(look::answer(self.tool, outcome)?);
        }
        let answer = self.with_empty_cache(tool_box, &planned.files, answer)?;
        let answer = self.without_gone(tool_box, &planned.files, answer)?;
        let is_quiet = answer.complaints(self.tool).is_empty() && !self.matters(tool_box, &answer);
        if let (Verdict::Clean, true, Some(note)) = (answer.verdict, is_quiet, planned.note) {
            note.keep(tool_box.graph.repository().tree());
        }
        Ok(answer)
    }

    /// Runs a tool that broke once more with an empty cache: what a killed run left may have broken it.
    fn with_empty_cache(
        &self,
        tool_box: &ToolBox<'_>,
        files: &[String],
        answer: ToolAnswer,
    ) -> Result<ToolAnswer, GoalError> {
        // What a signal ended did not end by itself.
        if answer.verdict != Verdict::Broken || answer.code.is_none() || !self.tool.has_cache() {
            return Ok(answer);
        }
        self.again(tool_box, files, &|call| {
            if call.has_empty_cache() {
                return Ok(false);
            }
            tool_box.session.warn(format_args!(
                "{} broke, and is run again with an empty cache",
                self.tool.label()
            ));
            call.empty_cache().map(|()| true)
        })
        .map(|again| again.unwrap_or(answer))
    }

    /// Runs a tool once more that may mind nothing but files that were deleted since they were listed.
    fn without_gone(
        &self,
        tool_box: &ToolBox<'_>,
        files: &[String],
        answer: ToolAnswer,
    ) -> Result<ToolAnswer, GoalError> {
        let is_done = answer.verdict == Verdict::Clean || answer.code.is_none();
        let left = those_left(tool_box.session.root(), files);
        if is_done || left.len() == files.len() {
            return Ok(answer);
        }
        let again = self.again(tool_box, &left, &|_| Ok(true))?;
        Ok(again.unwrap_or(answer))
    }

    /// Runs a tool once more on files, outside of the engine, with its cache for itself; if `prepare` is for it.
    fn again(
        &self,
        tool_box: &ToolBox<'_>,
        files: &[String],
        prepare: &dyn Fn(&ToolCall<'_>) -> Result<bool, GoalError>,
    ) -> Result<Option<ToolAnswer>, GoalError> {
        let program = tool_box.program(self.tool, self.partition)?;
        let call = tool_box.call((self.tool, self.mode()), &program, self.partition)?;
        let Some(call) = call else { return Ok(None) };
        let _guard = alone_in(call.cache.as_std_path())
            .map_err(|error| GoalError::failure(error.to_string()))?;
        if !prepare(&call)? {
            return Ok(None);
        }
        let root = tool_box.session.root();
        let answer = match call.needs_cache_alone() && !files.is_empty() {
            true => call.run_as_one(root, files),
            false => call.run(root, files),
        };
        answer.map(Some)
    }

    fn mode(&self) -> CallMode {
        match self.is_fix {
            true => CallMode::CheckFix,
            false => CallMode::Check,
        }
    }

    fn label(&self) -> String {
        match self.is_fix {
            true => self.tool.fixer_label(),
            false => self.tool.label().to_owned(),
        }
    }

    fn summary(&self, tool_box: &ToolBox<'_>, answer: &ToolAnswer) -> ToolSummary {
        ToolSummary {
            label: self.label(),
            kind: match self.is_fix {
                true => ToolKind::Fixer,
                false => self.tool.kind,
            },
            state: match answer.verdict {
                Verdict::Clean => ToolState::Succeeded,
                Verdict::Findings => ToolState::Failed,
                Verdict::Misuse | Verdict::Broken => ToolState::Broken,
            },
            findings: match tool_box.request.wants_findings {
                true => findings::of(
                    self.tool,
                    answer,
                    (tool_box.session.root(), &self.partition.files),
                ),
                false => Vec::new(),
            },
            changed: Vec::new(),
        }
    }

    /// Whether what it printed matters though it succeeded: warnings, what it reveals, and what its arguments
    /// ask for. What a formatter prints does not.
    fn matters(&self, tool_box: &ToolBox<'_>, answer: &ToolAnswer) -> bool {
        if !matches!(self.tool.kind, ToolKind::Linter | ToolKind::Checker) || self.is_fix {
            return false;
        }
        let printed = answer.printed();
        let mut lines = printed.lines();
        !tool_box.request.arguments.is_empty()
            || lines.any(|line| self.tool.finding(line).is_some())
    }

    /// Says what it printed.
    fn say(&self, tool_box: &ToolBox<'_>, answer: &ToolAnswer) {
        let session = tool_box.session;
        let printed = within(session.root(), &answer.printed());
        let printed = printed.trim_end();
        let is_clean = answer.verdict == Verdict::Clean;
        if is_clean && !self.matters(tool_box, answer) {
            for complaint in answer.complaints(self.tool) {
                let complaint = within(session.root(), complaint);
                session.warn(format_args!("{}: {}", self.label(), complaint.trim_end()));
            }
            session.detail(format_args!("{}: {printed}", self.label()));
            return;
        }
        let partition = self
            .partition
            .title
            .iter()
            .map(|title| format!("Partition: {title}\n"));
        let partition: String = partition.collect();
        let ended = match (answer.verdict, answer.code) {
            (Verdict::Broken, None) => format!("\n{} was ended by a signal", self.label()),
            (Verdict::Broken, Some(code)) => {
                format!("\n{} broke: its exit code is {code}", self.label())
            }
            _ => String::new(),
        };
        session.tell_result(format_args!("{partition}{printed}{ended}"));
    }
}
