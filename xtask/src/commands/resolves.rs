//! `resolves`: the names of the resolves, for people and for completion in a shell.

use clap::Args;

use crate::outcome::CommandOutcome;
use crate::terminal;
use goals::environments::Exporter;
use goals::error::GoalError;
use goals::session::Session;

/// The arguments of `resolves`.
#[derive(Debug, Args)]
pub(crate) struct ResolvesArguments {
    /// Print the lockfile and the tools of each resolve, and whether it is locked and exported
    #[arg(long)]
    details: bool,
}

/// Prints the names, one a line, sorted.
pub(crate) fn run(
    session: &Session,
    arguments: &ResolvesArguments,
) -> Result<CommandOutcome, GoalError> {
    let exporter = Exporter::new(session, goals::environments::ExportOptions::default())?;
    for resolve in exporter.all() {
        if arguments.details {
            terminal::print(format_args!("{}\n", details(session, &exporter, &resolve)));
        } else {
            terminal::print(format_args!("{resolve}\n"));
        }
    }
    Ok(CommandOutcome::Done)
}

fn details(session: &Session, exporter: &Exporter<'_>, resolve: &str) -> String {
    let settings = &session.settings;
    let lockfile = settings.lockfile(resolve).map_or("", |path| path.as_str());
    let mut notes = vec![lockfile.to_owned()];
    if !session.root().join(lockfile).is_file() {
        notes.push("not locked".to_owned());
    }
    if exporter.was_exported(resolve) {
        notes.push("exported".to_owned());
    }
    if resolve == settings.python.default_resolve {
        notes.push("the default".to_owned());
    }
    let tools = settings.tools.iter().filter(|(_, tool)| *tool == resolve);
    let tools: Vec<&str> = tools.map(|(tool, _)| tool.as_str()).collect();
    if !tools.is_empty() {
        notes.push(format!("for {}", tools.join(", ")));
    }
    format!("{resolve}: {}", notes.join(", "))
}
