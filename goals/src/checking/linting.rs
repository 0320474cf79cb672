//! Tools that look: `lint` and `check`. They run at the same time, and change nothing.

use std::collections::BTreeSet;
use std::sync::Mutex;

use checks::{CallMode, CheckTool, ToolKind, Verdict};

use super::contents::FileContents;
use super::partition::FilePartition;
use super::process::ToolAnswer;
use super::program::ToolBox;
use super::report::{CheckReport, ToolState, ToolSummary};
use super::request::CheckGoal;
use super::trial;
use crate::error::GoalError;

/// A look of a tool at the files of a partition.
struct Look<'a> {
    tool: &'a CheckTool,
    partition: &'a FilePartition,
    /// Whether it is asked what it would fix.
    is_fix: bool,
}

/// Runs all tools, and says what they find in the order of the tools.
pub(super) fn run(
    tool_box: &ToolBox<'_>,
    partitions: &[(&CheckTool, Vec<FilePartition>)],
) -> Result<CheckReport, GoalError> {
    let looks = looks(tool_box, partitions);
    let files: BTreeSet<&String> = looks
        .iter()
        .flat_map(|look| &look.partition.files)
        .collect();
    let before = match tool_box.request.goal {
        CheckGoal::Lint => files,
        _ => BTreeSet::new(),
    };
    let before = FileContents::read(tool_box.session.root(), before)?;
    let answers: Vec<Result<ToolAnswer, GoalError>> = at_the_same_time(&looks, |look| {
        let answer = look.run(tool_box)?;
        Ok(answer)
    });
    let mut report = CheckReport::new();
    let mut errors = Vec::new();
    for (look, answer) in looks.iter().zip(answers) {
        match answer {
            Ok(answer) => {
                look.say(tool_box, &answer);
                report.add(look.summary(answer.verdict), answer.verdict);
            }
            Err(error) if errors.contains(&error) => {}
            Err(error) => errors.push(error),
        }
    }
    refuse_changes(tool_box, before)?;
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
    fn run(&self, tool_box: &ToolBox<'_>) -> Result<ToolAnswer, GoalError> {
        let program = tool_box.program(self.tool, self.partition)?;
        let mode = match self.is_fix {
            true => CallMode::CheckFix,
            false => CallMode::Check,
        };
        let folder = tool_box.session.root();
        match tool_box.call((self.tool, mode), &program, self.partition)? {
            Some(call) => {
                // Two runs do not write to one cache at the same time.
                let _guard = call.alone()?;
                call.run(folder, &self.partition.files)
            }
            None => trial::run(tool_box, (self.tool, self.partition), &program),
        }
    }

    fn label(&self) -> String {
        match self.is_fix {
            true => self.tool.fixer_label(),
            false => self.tool.label().to_owned(),
        }
    }

    fn summary(&self, verdict: Verdict) -> ToolSummary {
        ToolSummary {
            label: self.label(),
            kind: match self.is_fix {
                true => ToolKind::Fixer,
                false => self.tool.kind,
            },
            state: match verdict {
                Verdict::Clean => ToolState::Succeeded,
                Verdict::Findings => ToolState::Failed,
                Verdict::Misuse | Verdict::Broken => ToolState::Broken,
            },
        }
    }

    /// Says what it printed. What it prints when it succeeds matters to nobody.
    fn say(&self, tool_box: &ToolBox<'_>, answer: &ToolAnswer) {
        let session = tool_box.session;
        let printed = answer.printed();
        let printed = printed.trim_end();
        if answer.verdict == Verdict::Clean {
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
        session.say(format_args!("{partition}{printed}{ended}"));
    }
}

/// Takes back what tools changed though they were only to look.
fn refuse_changes(tool_box: &ToolBox<'_>, before: FileContents) -> Result<(), GoalError> {
    let changed = before.clone().take_changed();
    let Some(first) = changed.first() else {
        return Ok(());
    };
    before.restore()?;
    let more = match changed.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more files"),
    };
    let goal = tool_box.request.goal.name();
    Err(GoalError::failure(format!(
        "a tool changed {first}{more}, which `{goal}` must not; the files are as they were before"
    ))
    .hint("remove what makes it write from its arguments or its configuration, or use `cargo xtask fix`"))
}

/// Calls `job` for each item on as many threads as there are cores. The answers are in the order of the
/// items.
fn at_the_same_time<T: Sync, R: Send>(items: &[T], job: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = Mutex::new(0..items.len());
    let answers: Vec<Mutex<Option<R>>> = items.iter().map(|_| Mutex::new(None)).collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|threads| {
        for _ in 0..cores.min(items.len()) {
            threads.spawn(|| {
                loop {
                    let at = next.lock().ok().and_then(|mut next| next.next());
                    let Some(at) = at else { return };
                    if let Ok(mut answer) = answers[at].lock() {
                        *answer = Some(job(&items[at]));
                    }
                }
            });
        }
    });
    let answers = answers.into_iter();
    answers
        .filter_map(|answer| answer.into_inner().ok().flatten())
        .collect()
}
