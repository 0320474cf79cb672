//! `release`: the whole release, shown before, done step by step, resumed or taken back.

use std::io::{BufRead, IsTerminal, Write};

use ::release::facts::{Facts, Locks};
use ::release::gather::gather;
use ::release::plan::{Decision, Plan, Publishing, Pushing, Refused, Request, Step, plan, show};
use ::release::run::{JournalFolder, Runner, Watch};
use ::release::settings::{ReleaseSettings, StepKind};
use clap::Args;

use crate::commands::Outcome;
use goals::error::CommandError;
use goals::releasing;
use goals::session::Session;

/// What can be said to `release`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// As it is to appear in the tag and the changelog, such as `24.09.0`
    #[arg(value_name = "VERSION")]
    version: String,

    /// Show the plan and do nothing
    #[arg(long, alias = "draft")]
    dry_run: bool,

    /// The date in the changelog; without it today
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    date: Option<String>,

    /// Push the commit and the tag, both or none
    #[arg(long)]
    push: bool,

    /// Publish the wheels, to this index or to the one of the settings
    #[arg(long, value_name = "INDEX", num_args = 0..=1)]
    publish: Option<Option<String>>,

    /// Go on with a release that stopped
    #[arg(long, conflicts_with_all = ["abort", "dry_run"])]
    resume: bool,

    /// Take back a release that stopped, as long as nothing was pushed
    #[arg(long, conflicts_with = "dry_run")]
    abort: bool,

    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

fn date(text: &str) -> Result<String, String> {
    let date: jiff::civil::Date = text.parse().map_err(|_| "expected YYYY-MM-DD".to_owned())?;
    Ok(date.to_string())
}

/// Plans the release and shows it; does it when asked to.
pub(crate) fn run(session: &Session, arguments: &Arguments) -> Result<Outcome, CommandError> {
    let version = releasing::version(&arguments.version)?;
    let own = own_program(session)?;
    let mut terminal = Terminal { session };
    let mut runner = Runner::new(session.root(), &own, &mut terminal)?;
    if arguments.abort {
        let journal = runner.abort(&version)?;
        session.say(format_args!(
            "took back the release of {}",
            journal.plan.version
        ));
        return Ok(Outcome::Done);
    }
    if arguments.resume {
        runner.resume(&version)?;
        session.say(format_args!("released {version}"));
        return Ok(Outcome::Done);
    }
    let request = Request {
        version,
        date: arguments
            .date
            .clone()
            .map_or_else(|| releasing::today(session), Ok)?,
        push: match arguments.push {
            true => Pushing::Yes,
            false => Pushing::No,
        },
        publish: match &arguments.publish {
            None => Publishing::No,
            Some(index) => Publishing::To(
                index
                    .clone()
                    .or_else(|| session.settings.release.index.clone()),
            ),
        },
    };
    let settings = releasing::settings(session);
    let decision = decide(session, &settings, &request, &own)?
        .map_err(|reasons| refused(session, reasons, arguments.dry_run))?;
    match decision {
        Decision::AlreadyReleased { tag, commit } => {
            session.say(format_args!(
                "{} is released already: the tag {tag} names {commit}",
                request.version
            ));
            Ok(Outcome::Done)
        }
        Decision::AwaitingMerge { branch } => {
            session.say(format_args!(
                "{} waits for the merge of {branch}; then run the same command on the branch that it went into",
                request.version
            ));
            Ok(Outcome::Done)
        }
        Decision::Go(plan) => {
            session.print(show(&plan));
            if arguments.dry_run {
                return Ok(Outcome::Done);
            }
            go(session, arguments, plan, &mut runner)
        }
    }
}

fn go(
    session: &Session,
    arguments: &Arguments,
    plan: Plan,
    runner: &mut Runner<'_>,
) -> Result<Outcome, CommandError> {
    if !arguments.yes && !confirmed(session)? {
        session.say("nothing was done");
        return Ok(Outcome::Found);
    }
    let version = plan.version.clone();
    runner.start(plan)?;
    session.say(format_args!("released {version}"));
    Ok(Outcome::Done)
}

fn confirmed(session: &Session) -> Result<bool, CommandError> {
    if !std::io::stdin().is_terminal() {
        return Err(
            CommandError::misuse("cannot ask whether to go on: this is no terminal")
                .hint("`--yes` goes on without asking, `--dry-run` only shows the plan"),
        );
    }
    session.say("\nGo on? [y/N]");
    let mut answer = String::new();
    let _ = std::io::stderr().flush();
    std::io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|error| CommandError::failure(format!("cannot read the answer: {error}")))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Gathers the facts and plans.
fn decide(
    session: &Session,
    settings: &ReleaseSettings,
    request: &Request,
    own: &[String],
) -> Result<Result<Decision, Refused>, CommandError> {
    refuse_when_under_way(session)?;
    let mut facts = gather(session.root(), settings, request)?;
    facts.locks = locks(session, settings, &facts, own)?;
    Ok(plan(settings, &facts, request))
}

/// Prints all reasons but the last, which is returned. Who only wants to see the plan sees it too.
fn refused(session: &Session, refused: Refused, dry_run: bool) -> CommandError {
    if let Some(plan) = refused.plan.filter(|_| dry_run) {
        session.print(show(&plan));
    }
    let mut errors: Vec<CommandError> = refused
        .reasons
        .into_iter()
        .map(CommandError::from)
        .collect();
    let last = errors.pop();
    errors.iter().for_each(CommandError::print);
    last.unwrap_or_else(|| CommandError::failure("the release is refused"))
}

fn refuse_when_under_way(session: &Session) -> Result<(), CommandError> {
    let folder = JournalFolder::of(&::git::Git::at(session.root()))?;
    match folder.read()? {
        Some(journal) => Err(journal.under_way().into()),
        None => Ok(()),
    }
}

/// Checks the locks with our own command, which says what is stale.
fn locks(
    session: &Session,
    settings: &ReleaseSettings,
    facts: &Facts,
    own: &[String],
) -> Result<Locks, CommandError> {
    let mut lockfiles = session.settings.python.resolves.values();
    let has_locks = lockfiles.any(|path| facts.tracked.contains(path));
    if settings.without.contains(&StepKind::Locks) || !has_locks {
        return Ok(Locks::Unchecked);
    }
    let (program, first) = own.split_first().unwrap_or((&own[0], &[]));
    let args = first
        .iter()
        .map(String::as_str)
        .chain(["generate-lockfiles", "--check"]);
    let checked = duct::cmd(program, args)
        .stderr_to_stdout()
        .stdout_capture()
        .unchecked()
        .run()
        .map_err(|error| CommandError::failure(format!("cannot check the locks: {error}")))?;
    Ok(match checked.status.success() {
        true => Locks::Fresh,
        false => Locks::Stale(String::from_utf8_lossy(&checked.stdout).into_owned()),
    })
}

/// This program, for its other commands in the same repository.
fn own_program(session: &Session) -> Result<Vec<String>, CommandError> {
    let program = std::env::current_exe().map_err(|error| {
        CommandError::failure(format!("cannot tell this program's path: {error}"))
    })?;
    Ok(vec![
        program.to_string_lossy().into_owned(),
        "-C".to_owned(),
        session.root().to_string(),
    ])
}

/// Says which step runs.
struct Terminal<'a> {
    session: &'a Session,
}

impl Watch for Terminal<'_> {
    fn step(&mut self, number: usize, total: usize, step: &Step) {
        self.session
            .say(format_args!("[{number}/{total}] {}", step.title()));
    }
}
