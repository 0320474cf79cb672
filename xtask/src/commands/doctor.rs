//! `doctor`: checks this machine and this repository. For each problem it prints the command that
//! mends it.

use camino::Utf8Path;
use clap::Args;
use git::Git;
use install::environment::EnvironmentFinding;
use install::sweep;
use model::PackageName;
use serde::Serialize;
use xshell::{Shell, cmd};

use crate::arguments::IndexArguments;
use crate::commands::clean::Bytes;
use crate::json::{self, FormatArguments};
use crate::outcome::CommandOutcome;
use crate::style::{BAD, GOOD};
use goals::actions::ask_shared_cache;
use goals::checking::{GitHooks, HookState};
use goals::environments::{ExportOptions, Exporter, RepositoryScripts, folders, relative};
use goals::error::GoalError;
use goals::locking::{
    Freshness, IndexChoice, LockPath, MergeDriver, PackageIndexes, ResolveDeclaration,
};
use goals::session::Session;
use transport::NetworkAccess;

/// The arguments of `doctor`.
#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    /// Check what continuous integration needs: the history, the names of lockfiles for the merge
    /// driver, sound locks, and a workflow that checks them
    #[arg(long)]
    ci: bool,

    #[command(flatten)]
    index: IndexArguments,

    #[command(flatten)]
    format: FormatArguments,
}

/// A check and what it found.
#[derive(Debug, Serialize)]
struct DoctorCheck {
    /// What was looked at.
    name: String,
    /// Whether it is as it shall be.
    ok: bool,
    /// What was found.
    found: String,
    /// The command that mends it; empty where there is nothing to mend, or none is known.
    mend: String,
}

/// Free disk space below which a large environment may not fit.
const ENOUGH_SPACE: u64 = 2 << 30;

/// Makes all checks. The exit code is 1 if there is a problem.
pub(crate) fn run(
    session: &Session,
    arguments: &DoctorArguments,
) -> Result<CommandOutcome, GoalError> {
    let exporter = Exporter::new(
        session,
        ExportOptions {
            index: arguments.index.choice(),
            ..ExportOptions::default()
        },
    )?;
    let choice = arguments.index.choice();
    let mut report = Report {
        session,
        index: &choice,
        format: arguments.format,
        checks: Vec::new(),
    };
    match arguments.ci {
        true => in_ci(&mut report)?,
        false => of_machine(&mut report, &exporter)?,
    }
    if arguments.format.is_json() {
        json::print(&report.checks)?;
    }
    Ok(match report.checks.iter().all(|check| check.ok) {
        true => CommandOutcome::Done,
        false => CommandOutcome::Found,
    })
}

/// The checks of this machine and this clone.
fn of_machine(report: &mut Report<'_>, exporter: &Exporter<'_>) -> Result<(), GoalError> {
    let session = report.session;
    cache(report)?;
    actions(report)?;
    if report.index.access == NetworkAccess::Online {
        index(report);
        if let Some(answer) = ask_shared_cache(&session.settings) {
            report.result("shared cache", answer);
        }
    }
    git_calls(report);
    scripts(report);
    let repository = workspace::load(session.root(), session.target_options())?;
    for resolve in exporter.all() {
        report.result(
            &format!("Python for `{resolve}`"),
            exporter.interpreter(&resolve),
        );
        let stale = stale(report, &repository, &resolve);
        let mend = format!("cargo xtask generate-lockfiles --resolve {resolve}");
        report.finding(&format!("lock of `{resolve}`"), &stale, &mend);
        if exporter.was_exported(&resolve) && stale.as_ref().is_ok_and(Option::is_none) {
            environment(report, exporter, &resolve);
        }
    }
    leftovers(report)
}

/// The checks that do not depend on the machine: those of the clone and of what is committed.
fn in_ci(report: &mut Report<'_>) -> Result<(), GoalError> {
    let session = report.session;
    let git = Git::at(session.root());
    let shallow = git.text(&["rev-parse", "--is-shallow-repository"])? == "true";
    let history =
        shallow.then(|| "it is shallow: what merges and releases need is missing".to_owned());
    let mend = "git fetch --unshallow; with actions/checkout `fetch-depth: 0`";
    report.finding("clone", &Ok(history), mend);
    let unnamed = MergeDriver::of(session).and_then(|driver| driver.unnamed());
    report.finding(
        ".gitattributes",
        &unnamed,
        "cargo xtask install-merge-driver, then commit it",
    );
    let checked = goals::locking::checked_in_ci(session.root());
    let missing = (!checked)
        .then(|| "no workflow runs `lock check` or `generate-lockfiles --check`".to_owned());
    let mend = "copy .ci/workflows/lockfiles.yml of cargo-xtask to .github/workflows";
    report.finding("workflow", &Ok(missing), mend);
    let repository = workspace::load(session.root(), session.target_options())?;
    for resolve in session.settings.python.resolves.keys() {
        let stale = stale(report, &repository, resolve);
        let mend = format!("cargo xtask generate-lockfiles --resolve {resolve}");
        report.finding(&format!("lock of `{resolve}`"), &stale, &mend);
    }
    Ok(())
}

/// The checks so far, each of which is a line for people.
struct Report<'a> {
    session: &'a Session,
    index: &'a IndexChoice,
    format: FormatArguments,
    checks: Vec<DoctorCheck>,
}

impl Report<'_> {
    fn good(&mut self, what: &str, how: &str) {
        self.add(DoctorCheck {
            name: what.to_owned(),
            ok: true,
            found: how.to_owned(),
            mend: String::new(),
        });
    }

    fn amiss(&mut self, what: &str, how: &str, mend: &str) {
        self.add(DoctorCheck {
            name: what.to_owned(),
            ok: false,
            found: how.to_owned(),
            mend: mend.to_owned(),
        });
    }

    fn add(&mut self, check: DoctorCheck) {
        if !self.format.is_json() {
            let DoctorCheck {
                name, found, mend, ..
            } = &check;
            self.session.say(match check.ok {
                true => format!("{GOOD}ok{GOOD:#}     {name}: {found}"),
                false => format!("{BAD}amiss{BAD:#}  {name}: {found}"),
            });
            if !mend.is_empty() {
                self.session.say(format_args!("       mend it: {mend}"));
            }
        }
        self.checks.push(check);
    }

    /// The result of a check: what is right, or an error with a hint.
    fn result(&mut self, what: &str, result: Result<String, GoalError>) {
        match result {
            Ok(how) => self.good(what, &how),
            Err(error) => self.amiss(what, error.message(), &error.hints().join("; ")),
        }
    }

    /// The result of a check that is right if it found nothing.
    fn finding(&mut self, what: &str, found: &Result<Option<String>, GoalError>, mend: &str) {
        match found {
            Ok(None) => self.good(what, "as it shall be"),
            Ok(Some(how)) => self.amiss(what, how, mend),
            Err(error) => self.amiss(what, error.message(), &error.hints().join("; ")),
        }
    }
}

fn cache(report: &mut Report<'_>) -> Result<(), GoalError> {
    let cache = report.session.cache()?;
    let (what, root) = ("cache folder", report.session.root());
    let probe = fs_err::create_dir_all(&cache)
        .and_then(|()| tempfile::Builder::new().prefix(".tmp-").tempfile_in(&cache));
    let probe = match probe {
        Ok(probe) => probe,
        Err(error) => {
            let mend = format!(
                "sudo chown -R \"$USER\" {cache}, or set XTASK_CACHE_DIR to another folder"
            );
            report.amiss(what, &error.to_string(), &mend);
            return Ok(());
        }
    };
    match free_space(&cache) {
        Some(free) if free < ENOUGH_SPACE => report.amiss(
            what,
            &format!("{cache} has only {} free", Bytes(free)),
            "cargo xtask clean --cache",
        ),
        Some(free) => report.good(what, &format!("{cache}, {} free", Bytes(free))),
        None => report.good(what, cache.as_str()),
    }
    let link = root.join(".xtask-link-probe");
    let linked = fs_err::hard_link(probe.path(), &link);
    let _ = fs_err::remove_file(&link);
    match linked {
        Ok(()) => report.good("file system", "environments share their files with the cache"),
        Err(_) => report.amiss(
            "file system",
            "the cache and the repository are on two file systems, or theirs has no hard links: each environment is a copy",
            "set XTASK_CACHE_DIR to a folder on the repository's file system",
        ),
    }
    Ok(())
}

/// The results of actions in the cache, if there are any.
fn actions(report: &mut Report<'_>) -> Result<(), GoalError> {
    let what = "results of actions";
    match goals::actions::cache_contents(report.session)? {
        None => {}
        Some(Ok(contents)) => {
            let files = contents.files;
            report.good(what, &format!("{files} files, {}", Bytes(contents.bytes)));
        }
        Some(Err(reason)) => {
            report.amiss(
                what,
                &format!("none is kept: {reason}"),
                "cargo xtask clean --cache",
            );
        }
    }
    Ok(())
}

/// The number of free bytes, read from `df`.
fn free_space(folder: &Utf8Path) -> Option<u64> {
    let shell = Shell::new().ok()?;
    let df = cmd!(shell, "df -Pk {folder}").quiet().ignore_stderr();
    let text = df.read().ok()?;
    let kilobytes: u64 = text
        .lines()
        .nth(1)?
        .split_whitespace()
        .nth(3)?
        .parse()
        .ok()?;
    Some(kilobytes * 1024)
}

fn index(report: &mut Report<'_>) {
    let asked = || -> Result<String, GoalError> {
        let indexes = PackageIndexes::new(report.session, report.index.clone())?;
        let index = indexes.plain_index()?;
        let locations = index.locations()?.clone();
        let Ok(name) = "pip".parse::<PackageName>() else {
            return Ok(String::new());
        };
        match index.listing(&name) {
            // If the index does not have the project, it answers nevertheless.
            Ok(_) | Err(index::IndexError::NoSuchPackage { .. }) => {
                let count = locations.indexes.len() + locations.find_links.len();
                Ok(format!("{count} configured, and it answers"))
            }
            Err(error) => Err(error.into()),
        }
    };
    let asked = asked().map_err(|error| match error.hints() {
        [] => error.hint(
            "see what is configured, as with `pip config list`, and whether the network is there",
        ),
        _ => error,
    });
    report.result("package index", asked);
}

/// What git calls: the merge driver and our hook.
fn git_calls(report: &mut Report<'_>) {
    if !report.session.root().join(".git").exists() {
        return;
    }
    let found = MergeDriver::of(report.session).and_then(|driver| {
        let missing = driver.missing()?;
        match missing.is_empty() {
            true => driver.unusable(),
            false => Ok(Some(missing.join("; "))),
        }
    });
    report.finding("merge driver", &found, "cargo xtask install-merge-driver");
    // Hooks that all repositories share are not ours.
    let Ok(hooks) = GitHooks::of(report.session) else {
        return;
    };
    if matches!(hooks.state(), Ok(HookState::Installed | HookState::Old)) {
        report.finding("hook", &hooks.unusable(), "cargo xtask install-hooks");
    }
}

/// The scripts in the root, if there are any.
fn scripts(report: &mut Report<'_>) {
    for (name, problem) in RepositoryScripts::of(report.session).tried() {
        let what = format!("script `{name}`");
        report.finding(&what, &Ok(problem), "cargo xtask export --scripts");
    }
}

/// Why the lock of a resolve is stale.
fn stale(
    report: &Report<'_>,
    repository: &targets::Repository,
    resolve: &str,
) -> Result<Option<String>, GoalError> {
    let path = LockPath::of(report.session, resolve)?;
    let text = path.read()?;
    let indexes = PackageIndexes::new(report.session, report.index.clone())?;
    let declared = ResolveDeclaration::collect(report.session, repository, resolve, |source| {
        indexes.name_of(source, resolve)
    })?;
    let freshness = Freshness::of(&indexes, &path, text.as_deref(), &declared)?;
    Ok(match freshness {
        Freshness::Fresh(_) => None,
        Freshness::Stale(stale) => Some(stale.reasons.join("; ")),
    })
}

fn environment(report: &mut Report<'_>, exporter: &Exporter<'_>, resolve: &str) {
    let findings = exporter.check(resolve).map(|checked| {
        let differs = checked
            .iter()
            .flat_map(|one| &one.findings)
            .any(|finding| !matches!(finding, EnvironmentFinding::Foreign(_)));
        differs
            .then(|| "it does not match its lock: `cargo xtask check-export` says more".to_owned())
    });
    let mend = format!("cargo xtask export --resolve {resolve}");
    report.finding(&format!("environment of `{resolve}`"), &findings, &mend);
}

fn leftovers(report: &mut Report<'_>) -> Result<(), GoalError> {
    let leftovers = folders::leftovers(report.session)?;
    if leftovers.is_empty() {
        return Ok(());
    }
    let paths: Vec<_> = leftovers.iter().map(|owned| owned.path.clone()).collect();
    let names: Vec<String> = paths
        .iter()
        .map(|path| relative(report.session, path).to_string())
        .collect();
    let how = format!(
        "{} of no more use: {}",
        Bytes(sweep::size(&paths).freed),
        names.join(", ")
    );
    report.amiss("leftovers", &how, "cargo xtask clean");
    Ok(())
}
