//! `explain`: what a code of an error stands for.

use clap::Args;
use goals::codes::ErrorCode;
use goals::error::GoalError;

use crate::outcome::CommandOutcome;
use crate::style::SUBJECT;
use crate::terminal;

/// The arguments of `explain`.
#[derive(Debug, Args)]
pub(crate) struct ExplainArguments {
    /// The code, as in `error[X101]`; without it all codes are listed
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

/// Prints what a code stands for, or all codes.
pub(crate) fn run(arguments: &ExplainArguments) -> Result<CommandOutcome, GoalError> {
    let Some(typed) = &arguments.code else {
        let lines = ErrorCode::ALL.iter();
        let lines = lines.map(|code| format!("{}  {}\n", code.id(), code.title()));
        terminal::print(lines.collect::<String>());
        return Ok(CommandOutcome::Done);
    };
    let typed = typed
        .trim_start_matches("error[")
        .trim_end_matches([']', ':']);
    let code = ErrorCode::named(typed).ok_or_else(|| {
        GoalError::misuse(format!("there is no code `{typed}`"))
            .hint("`cargo xtask explain` lists them")
    })?;
    let lines: Vec<&str> = code.explanation().iter().map(|line| line.trim()).collect();
    let text = format!(
        "{SUBJECT}{}: {}{SUBJECT:#}\n\n{}\n",
        code.id(),
        code.title(),
        lines.join("\n")
    );
    terminal::print(crate::called::named(&text));
    Ok(CommandOutcome::Done)
}
