//! `export`: makes an environment for each resolve from its lock, for this machine.

use install::environment::{
    Bytecode, Environment, ForeignPackages, Relocation, Renewal, SyncOutcome, SyncPolicy,
};

use super::arguments::ExportArguments;
use super::editor::{self, EditorRequest, Write};
use crate::error;
use crate::outcome::CommandOutcome;
use crate::processes::say_when_interrupted;
use goals::environments::{
    ExportOptions, ExportedEnvironment, Exporter, RepositoryScripts, SeedPolicy, StaleLocks,
    folders, relative,
};
use goals::error::GoalError;
use goals::locking::LockPath;
use goals::session::Session;
use workspace::files;
use workspace::settings::Settings;

/// Makes the requested environments, several at the same time.
pub(super) fn run(
    session: &Session,
    arguments: &ExportArguments,
) -> Result<CommandOutcome, GoalError> {
    let exporter = Exporter::new(session, arguments.options(&session.settings))?;
    let resolves = resolves(session, arguments, &exporter)?;
    if let Some(editor) = arguments.editor {
        let resolve = session.resolve(arguments.resolves.first().map(String::as_str));
        let write = match (arguments.write, arguments.dry_run) {
            (_, true) => Write::Show,
            (true, false) => Write::Merge,
            (false, false) => Write::Print,
        };
        // The editor uses the tools of all these environments.
        if write != Write::Show {
            for other in resolves.iter().filter(|other| *other != resolve) {
                exporter.ensure(other)?;
            }
        }
        let request = EditorRequest {
            editor,
            resolve,
            write,
        };
        return editor::run(session, &exporter, &request);
    }
    say_when_interrupted(
        "an environment that was there is as it was, or is repaired when this is run again",
    );
    let mut exported = Vec::new();
    let mut errors = Vec::new();
    for (resolve, result) in resolves.iter().zip(side_by_side(&exporter, &resolves)) {
        match result {
            Ok(one) => {
                report(session, resolve, &one);
                exported.push(one);
            }
            Err(error) => errors.push(error),
        }
    }
    if let Some(last) = errors.pop() {
        errors.iter().for_each(error::print);
        return Err(last);
    }
    let environments: Vec<&Environment> = exported.iter().map(|one| &one.environment).collect();
    for name in &arguments.bins {
        if exporter.program(name)?.is_none() {
            link_script(session, name, &environments)?;
        }
    }
    let asked = |name: &&String| !arguments.bins.contains(name);
    for name in session.settings.export.bin.iter().filter(asked) {
        // What the settings name may be a tool of a resolve that is not exported now.
        match exporter.program(name) {
            Ok(Some(_)) => {}
            Ok(None)
                if environments
                    .iter()
                    .any(|one| one.scripts().join(name).is_file()) =>
            {
                link_script(session, name, &environments)?;
            }
            Ok(None) => session.detail(format_args!("no environment has a script `{name}`")),
            Err(error) => crate::error::print(&error),
        }
    }
    if arguments.scripts {
        let default = session.resolve(resolves.first().map(String::as_str));
        for path in RepositoryScripts::of(session).write(default)? {
            session.say(format_args!("wrote {path}"));
        }
    }
    Ok(CommandOutcome::Done)
}

impl ExportArguments {
    fn options(&self, settings: &Settings) -> ExportOptions {
        ExportOptions {
            python: self.python.clone(),
            policy: self.policy(settings),
            stale: match self.locked {
                true => StaleLocks::Refused,
                false => StaleLocks::Warned,
            },
            index: self.index.choice(),
            seeds: match self.seed {
                true => SeedPolicy::Asked,
                false => SeedPolicy::AsSet,
            },
            groups: self.groups.selection(),
            editables: match (self.no_editable, self.editables.is_empty()) {
                (true, _) => Some(Vec::new()),
                (false, true) => None,
                (false, false) => Some(self.editables.clone()),
            },
        }
    }
}

impl ExportArguments {
    fn policy(&self, settings: &Settings) -> SyncPolicy {
        SyncPolicy {
            bytecode: match self.compile {
                true => Bytecode::Ahead,
                false => Bytecode::OnImport,
            },
            link_mode: self.link_mode.unwrap_or(settings.export.link_mode),
            foreign: match self.exact {
                true => ForeignPackages::Removed,
                false => ForeignPackages::Kept,
            },
            renewal: match self.reinstall {
                true => Renewal::Asked,
                false => Renewal::Needed,
            },
            relocation: match self.relocatable {
                true => Relocation::Relocatable,
                false => Relocation::Fixed,
            },
        }
    }
}

/// The requested resolves; with `--all`, those with a lock.
fn resolves(
    session: &Session,
    arguments: &ExportArguments,
    exporter: &Exporter<'_>,
) -> Result<Vec<String>, GoalError> {
    if !arguments.all {
        let mut asked = arguments.resolves.clone();
        asked.dedup();
        if asked.is_empty() {
            asked.clone_from(&session.settings.export.resolve);
        }
        if asked.is_empty() {
            asked.push(session.resolve(None).to_owned());
        }
        return Ok(asked);
    }
    let mut locked = Vec::new();
    for resolve in exporter.all() {
        let path = LockPath::of(session, &resolve)?;
        match path.read()? {
            Some(_) => locked.push(resolve),
            None => session.warn(format_args!(
                "`{resolve}` is left out: there is no lock at {}; run `cargo xtask generate-lockfiles --resolve {resolve}`",
                path.relative
            )),
        }
    }
    Ok(locked)
}

fn side_by_side(
    exporter: &Exporter<'_>,
    resolves: &[String],
) -> Vec<Result<ExportedEnvironment, GoalError>> {
    if let [resolve] = resolves {
        return vec![exporter.export(resolve)];
    }
    std::thread::scope(|scope| {
        let threads: Vec<_> = resolves
            .iter()
            .map(|resolve| scope.spawn(move || exporter.export(resolve)))
            .collect();
        threads
            .into_iter()
            .map(|thread| match thread.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    })
}

/// The lines about an environment: the first is its result, the others are remarks.
fn report(session: &Session, resolve: &str, exported: &ExportedEnvironment) {
    let folder = relative(session, exported.environment.root());
    let synced = &exported.synced;
    let changes = &synced.changes;
    let count = match exported.packages {
        1 => "1 package".to_owned(),
        more => format!("{more} packages"),
    };
    let content = format!("{count}, {}", exported.python);
    session.say(match &synced.outcome {
        SyncOutcome::Created => format!("{resolve}: made {folder} ({content})"),
        SyncOutcome::Rebuilt(reason) => {
            format!("{resolve}: made {folder} anew, as {reason} ({content})")
        }
        SyncOutcome::Unchanged => format!("{resolve}: {folder} is up to date"),
        SyncOutcome::Changed => format!("{resolve}: changed {folder} ({content})"),
    });
    if synced.outcome == SyncOutcome::Changed {
        for (name, version) in &changes.added {
            session.say(format_args!("  + {name} {version}"));
        }
        for (name, version) in &changes.removed {
            session.say(format_args!("  - {name} {version}"));
        }
        for (name, before, now) in &changes.updated {
            session.say(match before == now {
                true => format!("  ~ {name} {now} (other files)"),
                false => format!("  ~ {name} {before} -> {now}"),
            });
        }
    }
    match synced.restored.as_slice() {
        [] => {}
        [file] => session.warn(format_args!(
            "{} was changed by hand and is again what the lock says",
            relative(session, file)
        )),
        [file, more @ ..] => session.warn(format_args!(
            "{} and {} more files were changed by hand and are again what the lock says",
            relative(session, file),
            more.len()
        )),
    }
    for collision in &synced.collisions {
        let (winner, loser) = (&collision.winner, &collision.loser);
        let more = match collision.paths.len() - 1 {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        session.warn(format_args!(
            "{resolve}: both {winner} and {loser} have {}{more}, with other content: that of {winner} is installed",
            collision.paths.first().map_or("", String::as_str),
        ));
    }
    for package in &synced.removed {
        session.warn(format_args!(
            "{package} was removed from {folder}: it was installed by other means"
        ));
    }
    for package in &synced.foreign {
        session.warn(format_args!(
            "{package} is in {folder} and not in the lock: it was installed by other means and is let be"
        ));
    }
}

/// Links the script `name` of the first environment that has it into `dist/export/bin`.
fn link_script(
    session: &Session,
    name: &str,
    environments: &[&Environment],
) -> Result<(), GoalError> {
    let script = environments
        .iter()
        .map(|environment| environment.scripts().join(name))
        .find(|script| script.is_file())
        .ok_or_else(|| {
            GoalError::failure(format!("no environment has a console script `{name}`")).hint(
                "name the resolve that has it, as in `--resolve mypy --bin mypy`, or see what there is in its `bin` folder",
            )
        })?;
    let link = session.root().join(folders::BIN).join(name);
    files::replace_with_link(&link, &script)
        .map_err(|error| GoalError::file("write", &link, &error))?;
    session.say(format_args!("linked {}", relative(session, &link)));
    Ok(())
}
