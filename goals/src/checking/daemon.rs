//! A type checker that stays, so that the next look need not read everything again: dmypy.
//!
//! It is no action, since what an action starts ends with it. It ends by itself when nobody asks it for a while.

use checks::{CallMode, CheckTool};
use model::Sha256;
use workspace::pending::alone_in;

use super::partition::FilePartition;
use super::process::{ToolAnswer, ToolProgram};
use super::program::ToolBox;
use crate::error::GoalError;

/// The folder of a daemon's cache, which no other process may use meanwhile.
const FOLDER: &str = "daemon";

/// Asks the daemon of a tool, which is started if it is not there.
pub(super) fn run(
    tool_box: &ToolBox<'_>,
    (tool, partition): (&CheckTool, &FilePartition),
    program: &ToolProgram,
) -> Result<ToolAnswer, GoalError> {
    let Some((name, arguments)) = tool.daemon.split_first() else {
        return Ok(ToolAnswer::default());
    };
    let program = ToolProgram {
        program: program.program.with_file_name(name),
        identity: program.identity.clone(),
    };
    if !program.program.is_file() {
        return Err(GoalError::failure(format!(
            "{} has no program `{name}`, which stays",
            tool.label()
        ))
        .hint("leave `--daemon` out"));
    }
    let call = tool_box.call((tool, CallMode::Check), &program, partition)?;
    let Some(mut call) = call else {
        return Ok(ToolAnswer::default());
    };
    call.use_cache(FOLDER)?;
    // A daemon has the variables that it was started with.
    let state = Sha256::of(format!("{:?}", call.variables).as_bytes()).to_string();
    let arguments = arguments
        .iter()
        .map(|text| text.replace("{daemon}", &state[..16]));
    call.arguments.splice(0..0, arguments);
    let _guard = alone_in(call.cache.as_std_path())
        .map_err(|error| GoalError::failure(error.to_string()))?;
    call.run_as_one(tool_box.session.root(), &partition.files)
}
