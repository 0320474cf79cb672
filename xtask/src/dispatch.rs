//! Calls the command that was typed.

use goals::checking::CheckGoal;
use goals::error::GoalError;
use goals::session::Session;

use crate::cli::{Cli, Command};
use crate::command_table::CommandTable;
use crate::commands::dependencies::Direction;
use crate::commands::{
    backport, changed_distributions, changelog, check_export, check_visibility, checks, clean,
    completions, count_loc, dependencies, doctor, explain, export, filedeps, generate_lockfiles,
    help, import, init, install_hooks, install_merge_driver, install_plugin, linked_packages, list,
    lock, merge_lockfile, migrate, module_mapping, outdated, own, package, paths, peek, publish,
    py_constraints, release, resolves, roots, run, tailor, test, tree, update_build_files, vendor,
    why, why_not,
};
use crate::outcome::CommandOutcome;

/// Runs the command.
pub(crate) fn run(cli: Cli, table: &CommandTable) -> Result<CommandOutcome, GoalError> {
    if let Some(result) = without_repository(&cli, table) {
        return result;
    }
    // During a merge the settings may have conflicts, so this command reads them only if it needs
    // them.
    if let Command::MergeLockfile(arguments) = &cli.command {
        return merge_lockfile::run(cli.global, arguments);
    }
    if let Command::Own(command) = &cli.command {
        return own::run(command);
    }
    let mut global = cli.global;
    if let Command::Help(arguments) = &cli.command {
        // Help is there outside of a repository too, and where settings are wrong.
        return help::run(global.open().ok().as_ref(), arguments, table);
    }
    if let Some((goal, arguments)) = check_goal(&cli.command) {
        global.set(&arguments.settings(goal));
    }
    match &cli.command {
        Command::Tailor(arguments) => global.set(&arguments.settings()),
        Command::UpdateBuildFiles(arguments) => global.set(&arguments.settings()),
        Command::Init(_) => init::prepare(&global)?,
        _ => {}
    }
    let session = global.open()?;
    let Some(goal) = timed_goal(&cli.command) else {
        return in_session(&session, cli.command, table);
    };
    let session = session.with_timings();
    let outcome = in_session(&session, cli.command, table)?;
    if let Some(timings) = session.timings() {
        let page = timings.write(session.root(), goal)?;
        session.say(format_args!("wrote {page}"));
    }
    Ok(outcome)
}

/// Runs a command in a repository.
fn in_session(
    session: &Session,
    command: Command,
    table: &CommandTable,
) -> Result<CommandOutcome, GoalError> {
    match command {
        Command::Init(_) => init::run(session),
        Command::GenerateLockfiles(arguments) => generate_lockfiles::run(session, &arguments),
        Command::Export(arguments) => export::run(session, &arguments),
        Command::Run(arguments) => run::run(session, &arguments),
        Command::Resolves(arguments) => resolves::run(session, &arguments),
        Command::CheckExport(arguments) => check_export::run(session, &arguments),
        Command::InstallPlugin(arguments) => install_plugin::run(session, &arguments),
        Command::Clean(arguments) => clean::run(session, &arguments),
        Command::Doctor(arguments) => doctor::run(session, &arguments),
        Command::Lock(arguments) => lock::run(session, &arguments),
        Command::Why(arguments) => why::run(session, &arguments),
        Command::WhyNot(arguments) => why_not::run(session, &arguments),
        Command::Outdated(arguments) => outdated::run(session, &arguments),
        Command::Import(arguments) => import::run(session, &arguments),
        Command::Vendor(arguments) => vendor::run(session, &arguments),
        Command::Tree(arguments) => tree::run(session, &arguments),
        // They ran above.
        Command::MergeLockfile(_)
        | Command::Own(_)
        | Command::Help(_)
        | Command::Completions(_)
        | Command::Man(_)
        | Command::Explain(_)
        | Command::Version => Ok(CommandOutcome::Done),
        Command::Migrate(arguments) => migrate::run(session, &arguments, table),
        Command::InstallMergeDriver(arguments) => install_merge_driver::run(session, &arguments),
        Command::InstallHooks(arguments) => install_hooks::run(session, &arguments),
        Command::Test(arguments) => test::run(session, &arguments),
        Command::Package(arguments) => package::run(session, &arguments),
        Command::Lint(_) | Command::Fmt(_) | Command::Fix(_) | Command::Check(_) => {
            match check_goal(&command) {
                Some((goal, arguments)) => checks::run(session, arguments, goal),
                None => Ok(CommandOutcome::Done),
            }
        }
        Command::Tailor(arguments) => tailor::run(session, &arguments),
        Command::UpdateBuildFiles(arguments) => update_build_files::run(session, &arguments),
        Command::List(arguments) => list::run(session, &arguments),
        Command::Dependencies(arguments) => {
            dependencies::run(session, &arguments, Direction::Dependencies)
        }
        Command::Dependents(arguments) => {
            dependencies::run(session, &arguments, Direction::Dependents)
        }
        Command::Filedeps(arguments) => filedeps::run(session, &arguments),
        Command::Peek(arguments) => peek::run(session, &arguments),
        Command::Paths(arguments) => paths::run(session, &arguments),
        Command::ModuleMapping(arguments) => module_mapping::run(session, &arguments),
        Command::PyConstraints(arguments) => py_constraints::run(session, &arguments),
        Command::CountLoc(arguments) => count_loc::run(session, &arguments),
        Command::Roots(arguments) => roots::run(session, &arguments),
        Command::CheckVisibility(arguments) => check_visibility::run(session, &arguments),
        Command::LinkedPackages(arguments) => linked_packages::run(session, &arguments),
        Command::Release(arguments) => release::run(session, &arguments),
        Command::Changelog(arguments) => changelog::run(session, &arguments),
        Command::Publish(arguments) => publish::run(session, &arguments),
        Command::Backport(arguments) => backport::run(session, &arguments),
        Command::ChangedDistributions(arguments) => changed_distributions::run(session, &arguments),
    }
}

/// The name of a goal of which it shall be recorded what takes time.
fn timed_goal(command: &Command) -> Option<&'static str> {
    let (name, is_timed) = match command {
        Command::GenerateLockfiles(arguments) => ("generate-lockfiles", arguments.timings),
        Command::Export(arguments) => ("export", arguments.timings),
        Command::Package(arguments) => ("package", arguments.actions.timings),
        Command::Test(arguments) => ("test", arguments.actions.timings),
        command => {
            let (goal, arguments) = check_goal(command)?;
            (goal.name(), arguments.actions.timings)
        }
    };
    is_timed.then_some(name)
}

/// Runs a command that is about this program alone.
fn without_repository(
    cli: &Cli,
    table: &CommandTable,
) -> Option<Result<CommandOutcome, GoalError>> {
    match &cli.command {
        Command::Completions(arguments) => Some(Ok(completions::completions(arguments, table))),
        Command::Man(arguments) => Some(completions::man(arguments, table)),
        Command::Explain(arguments) => Some(explain::run(arguments)),
        Command::Version => {
            crate::terminal::print(concat!(env!("CARGO_PKG_VERSION"), "\n"));
            Some(Ok(CommandOutcome::Done))
        }
        _ => None,
    }
}

/// The goal of a command that runs a team's tools.
fn check_goal(command: &Command) -> Option<(CheckGoal, &checks::CheckArguments)> {
    match command {
        Command::Lint(arguments) => Some((CheckGoal::Lint, arguments)),
        Command::Fmt(arguments) => Some((CheckGoal::Fmt, arguments)),
        Command::Fix(arguments) => Some((CheckGoal::Fix, arguments)),
        Command::Check(arguments) => Some((CheckGoal::Check, arguments)),
        _ => None,
    }
}
