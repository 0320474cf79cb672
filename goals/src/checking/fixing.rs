//! Tools that change files: `fmt` and `fix`. One after the other, each on what the one before left; if
//! one fails, all files are as they were.

use checks::{CallMode, CheckTool, Verdict};
use workspace::pending::alone_in;

use super::contents::FileContents;
use super::findings;
use super::partition::FilePartition;
use super::process::ToolAnswer;
use super::program::ToolBox;
use super::report::{CheckReport, ToolState, ToolSummary};
use super::seen::those_left;
use crate::error::GoalError;

/// Runs the tools.
pub(super) fn run(
    tool_box: &ToolBox<'_>,
    partitions: &[(&CheckTool, Vec<FilePartition>)],
) -> Result<CheckReport, GoalError> {
    let mut report = CheckReport::new(tool_box.request.goal);
    let files = partitions.iter().flat_map(|(_, partitions)| partitions);
    let files: Vec<&String> = files.flat_map(|partition| &partition.files).collect();
    if files.is_empty() {
        return Ok(report);
    }
    let _guard = alone(tool_box)?;
    let original = FileContents::read(tool_box.session.root(), files)?;
    let mut current = original.clone();
    for (tool, partitions) in partitions {
        for partition in partitions {
            let fix = Fix { tool, partition };
            let fixed = fix.run(tool_box, &mut current);
            let (answer, changed) = match fixed {
                Ok(fixed) => fixed,
                Err(error) => {
                    original.restore()?;
                    return Err(error);
                }
            };
            let failed = answer.verdict != Verdict::Clean;
            fix.say(tool_box, &answer, &changed);
            report.add(fix.summary(tool_box, &answer, &changed), answer.verdict);
            if failed {
                original.restore()?;
                report.tools.retain(|tool| tool.state == ToolState::Failed);
                report
                    .tools
                    .iter_mut()
                    .for_each(|tool| tool.changed.clear());
                tool_box.session.say("no file was changed");
                return Ok(report);
            }
        }
    }
    Ok(report)
}

/// Two runs do not change files at the same time.
fn alone(tool_box: &ToolBox<'_>) -> Result<fs_err::File, GoalError> {
    let folder = tool_box.lock_folder();
    alone_in(folder.as_std_path()).map_err(|error| GoalError::failure(error.to_string()))
}

/// A tool that changes the files of a partition.
struct Fix<'a> {
    tool: &'a CheckTool,
    partition: &'a FilePartition,
}

impl Fix<'_> {
    /// Runs it until it changes nothing more, at most as often as it needs. Gives the files that it
    /// changed.
    fn run(
        &self,
        tool_box: &ToolBox<'_>,
        current: &mut FileContents,
    ) -> Result<(ToolAnswer, Vec<String>), GoalError> {
        let program = tool_box.program(self.tool, self.partition)?;
        let Some(call) = tool_box.call((self.tool, CallMode::Write), &program, self.partition)?
        else {
            return Ok((ToolAnswer::default(), Vec::new()));
        };
        let mut changed = Vec::new();
        let mut answer = ToolAnswer::default();
        let root = tool_box.session.root();
        for _ in 0..self.tool.passes {
            let files = those_left(root, &self.partition.files);
            answer = call.run(root, &files)?;
            if answer.verdict != Verdict::Clean {
                let left = those_left(root, &files);
                // What was deleted meanwhile may be all that it minds.
                if left.len() < files.len() {
                    answer = call.run(root, &left)?;
                }
            }
            let now = current.take_changed();
            let is_done = now.is_empty() || answer.verdict != Verdict::Clean;
            changed.extend(now);
            if is_done {
                break;
            }
        }
        changed.sort();
        changed.dedup();
        Ok((answer, changed))
    }

    fn label(&self) -> String {
        self.tool.fixer_label()
    }

    fn summary(
        &self,
        tool_box: &ToolBox<'_>,
        answer: &ToolAnswer,
        changed: &[String],
    ) -> ToolSummary {
        let failed = answer.verdict != Verdict::Clean;
        ToolSummary {
            label: self.label(),
            kind: self.tool.kind,
            state: match (failed, changed.is_empty()) {
                (true, _) => ToolState::Failed,
                (false, true) => ToolState::MadeNoChanges,
                (false, false) => ToolState::MadeChanges,
            },
            findings: match failed && tool_box.request.wants_findings {
                true => findings::of(
                    self.tool,
                    answer,
                    (tool_box.session.root(), &self.partition.files),
                ),
                false => Vec::new(),
            },
            changed: changed.to_vec(),
        }
    }

    fn say(&self, tool_box: &ToolBox<'_>, answer: &ToolAnswer, changed: &[String]) {
        let session = tool_box.session;
        let printed = answer.printed();
        let printed = printed.trim_end();
        let label = self.label();
        if answer.verdict == Verdict::Clean {
            for complaint in answer.complaints(self.tool) {
                let complaint = findings::within(session.root(), complaint);
                session.warn(format_args!("{label}: {}", complaint.trim_end()));
            }
        }
        match (answer.verdict, changed.is_empty()) {
            (Verdict::Clean, true) => session.detail(format_args!("{label}: {printed}")),
            (Verdict::Clean, false) => {
                session.say(format_args!("{label} changed:\n  {}", changed.join("\n  ")));
            }
            _ => session.tell_result(printed),
        }
    }
}
