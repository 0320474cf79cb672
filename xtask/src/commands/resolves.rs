//! `resolves`: the names of the resolves, for people and for completion in a shell.

use clap::Args;
use serde::Serialize;

use crate::json::{self, FormatArguments};
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

    #[command(flatten)]
    format: FormatArguments,
}

/// A resolve with what is known of it.
#[derive(Debug, Serialize)]
struct ResolveDetails<'s> {
    name: String,
    lockfile: &'s str,
    locked: bool,
    exported: bool,
    default: bool,
    tools: Vec<&'s str>,
}

/// Prints the names, one a line, sorted.
pub(crate) fn run(
    session: &Session,
    arguments: &ResolvesArguments,
) -> Result<CommandOutcome, GoalError> {
    let exporter = Exporter::new(session, goals::environments::ExportOptions::default())?;
    let all = exporter.all().into_iter();
    let all: Vec<ResolveDetails<'_>> = all
        .map(|name| ResolveDetails::of(session, &exporter, name))
        .collect();
    if arguments.format.is_json() {
        json::print(&all)?;
        return Ok(CommandOutcome::Done);
    }
    for resolve in &all {
        match arguments.details {
            true => terminal::print(format_args!("{}\n", resolve.text())),
            false => terminal::print(format_args!("{}\n", resolve.name)),
        }
    }
    Ok(CommandOutcome::Done)
}

impl<'s> ResolveDetails<'s> {
    fn of(session: &'s Session, exporter: &Exporter<'_>, name: String) -> Self {
        let settings = &session.settings;
        let lockfile = settings.lockfile(&name).map_or("", |path| path.as_str());
        let tools = settings.tools.iter().filter(|(_, tool)| **tool == name);
        Self {
            lockfile,
            locked: session.root().join(lockfile).is_file(),
            exported: exporter.was_exported(&name),
            default: name == settings.python.default_resolve,
            tools: tools.map(|(tool, _)| tool.as_str()).collect(),
            name,
        }
    }

    fn text(&self) -> String {
        let mut notes = vec![self.lockfile.to_owned()];
        for (note, is_said) in [
            ("not locked", !self.locked),
            ("exported", self.exported),
            ("the default", self.default),
        ] {
            notes.extend(is_said.then(|| note.to_owned()));
        }
        if !self.tools.is_empty() {
            notes.push(format!("for {}", self.tools.join(", ")));
        }
        format!("{}: {}", self.name, notes.join(", "))
    }
}
