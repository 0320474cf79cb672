//! `migrate`: what of a repository of Pants works as it is, and a trial beside it.

use clap::{Args, ValueEnum};
use goals::error::GoalError;
use goals::locking::{LockReport, LockRequest, Upgrade, WriteLocks, generate};
use goals::migration::{
    JudgedCommand, MigrationLine, MigrationVerdict, judged_lines, undo, write_trial,
};
use goals::session::Session;

use crate::arguments::IndexArguments;
use crate::command_table::CommandTable;
use crate::goal_words::{GoalWords, WordContext};
use crate::json;
use crate::outcome::CommandOutcome;
use crate::pants_goals::counterpart;
use crate::style::{BAD, CHANGED, GOOD};
use crate::terminal;

/// The arguments of `migrate`.
#[derive(Debug, Args)]
pub(crate) struct MigrateArguments {
    /// Lock beside the locks of Pants, at paths of their own, which `xtask.toml` names
    #[arg(long, conflicts_with = "undo")]
    write: bool,

    /// Remove what `--write` wrote
    #[arg(long)]
    undo: bool,

    /// Show what works as it is, too
    #[arg(long)]
    all: bool,

    /// How the lines are printed
    #[arg(long, value_enum, default_value_t = MigrationFormat::Text)]
    output_format: MigrationFormat,

    #[command(flatten)]
    index: IndexArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MigrationFormat {
    /// For people
    Text,
    /// For scripts
    Json,
}

/// Judges the lines of a repository, starts a trial, or ends it.
pub(crate) fn run(
    session: &Session,
    arguments: &MigrateArguments,
    table: &CommandTable,
) -> Result<CommandOutcome, GoalError> {
    if arguments.undo {
        for path in undo(session)? {
            session.say(format_args!("removed {path}"));
        }
        return Ok(CommandOutcome::Done);
    }
    if arguments.write {
        return trial(session, arguments);
    }
    let lines = judged_lines(session, &|words| judged(table, words))?;
    match arguments.output_format {
        MigrationFormat::Json => json::print(&lines)?,
        MigrationFormat::Text => print_lines(session, &lines, arguments),
    }
    Ok(CommandOutcome::Done)
}

fn trial(session: &Session, arguments: &MigrateArguments) -> Result<CommandOutcome, GoalError> {
    for path in write_trial(session)?.written {
        session.say(format_args!("wrote {path}"));
    }
    session.say("`cargo xtask migrate --undo` removes it all; nothing of Pants was changed");
    let session = session.at(session.root())?;
    let request = LockRequest {
        resolves: Vec::new(),
        upgrade: Upgrade::default(),
        write: WriteLocks::Yes,
        index: arguments.index.choice(),
        require_wheels: false,
        fork_strategy: None,
    };
    let again = |error: GoalError| {
        error.hint("environments work with the copies already; `cargo xtask generate-lockfiles` tries again")
    };
    let LockReport { locked, failed } = generate(&session, &request).map_err(again)?;
    super::generate_lockfiles::say(&session, &locked);
    failed.map_or(Ok(CommandOutcome::Done), |error| Err(again(error)))
}

/// How a command line of Pants fares here.
fn judged(table: &CommandTable, words: &[String]) -> JudgedCommand {
    let context = WordContext {
        table,
        // What is typed there may name any file.
        exists: &|word| table.command(word).is_none() && counterpart(word).is_none(),
    };
    let parsed = match GoalWords::parse(words, &context) {
        Ok(parsed) => parsed,
        Err(error) => {
            let lines: Vec<&str> = error.lines().collect();
            return (MigrationVerdict::Missing, Some(lines.join(": ")));
        }
    };
    for command in &parsed.commands {
        if let Err(refused) = table.read(command.iter().map(Into::into)) {
            if !refused.use_stderr() {
                continue;
            }
            let text = refused.render().to_string();
            let line = text.lines().next().unwrap_or_default();
            let reason = line.trim_start_matches("error: ").to_owned();
            return (MigrationVerdict::Missing, Some(reason));
        }
    }
    match parsed.unused.as_slice() {
        [] => (MigrationVerdict::Works, None),
        unused => {
            let names = unused.join("`, `");
            let reason = format!("`{names}` has no meaning here, and is passed over");
            (MigrationVerdict::Differs, Some(reason))
        }
    }
}

fn print_lines(session: &Session, lines: &[MigrationLine], arguments: &MigrateArguments) {
    let mut text = String::new();
    for line in lines {
        let (style, word) = match line.verdict {
            MigrationVerdict::Works => (GOOD, "works"),
            MigrationVerdict::Differs => (CHANGED, "differs"),
            MigrationVerdict::Missing => (BAD, "missing"),
        };
        if line.verdict == MigrationVerdict::Works && !arguments.all {
            continue;
        }
        text.push_str(&format!(
            "{}:{}: {style}{word}{style:#}: {}\n",
            line.file, line.line, line.text
        ));
        if let Some(reason) = &line.reason {
            text.push_str(&format!("    {}\n", crate::called::named(reason)));
        }
    }
    terminal::print(text);
    let count = |verdict| lines.iter().filter(|line| line.verdict == verdict).count();
    session.say(format_args!(
        "{} lines work as they are, {} differ, {} have no counterpart",
        count(MigrationVerdict::Works),
        count(MigrationVerdict::Differs),
        count(MigrationVerdict::Missing)
    ));
    session
        .say("`cargo xtask migrate --write` locks beside Pants' locks, `--undo` takes that back");
}
