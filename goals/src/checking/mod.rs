//! `lint`, `fmt`, `fix` and `check`: a team's tools, each run as its makers mean it, on the files that
//! targets name.

mod build_files;
mod choice;
mod clean_files;
mod code_environment;
mod contents;
mod daemon;
mod findings;
mod fixing;
mod formats;
mod hooks;
mod in_place;
mod linting;
mod look;
mod partition;
mod process;
mod program;
mod report;
mod request;
mod seen;
mod staged;
mod trial;
mod watcher;

use crate::error::GoalError;
use crate::session::Session;

pub use build_files::{BuildFilesReport, update_build_files};
pub use hooks::{GitHooks, HookState};
pub use report::{CheckReport, ToolState, ToolSummary};
pub use request::{CheckGoal, CheckRequest};

/// Runs the tools that the settings choose.
///
/// # Errors
/// Where no tool is chosen, a tool cannot be had or started, or the selection names nothing.
pub fn run(session: &Session, request: &CheckRequest) -> Result<CheckReport, GoalError> {
    match request.is_staged {
        true => staged::run(session, request),
        false => in_place::run(session, request),
    }
}
