//! `generate-lockfiles`: lock the third-party requirements of each resolve.

use std::mem::ManuallyDrop;

use clap::{Args, ValueEnum};
use resolve::ResolveWarning;

use crate::arguments::IndexArguments;
use crate::commands::CommandOutcome;
use crate::error;
use crate::style::HINT;
use crate::summary::SummaryText;
use crate::terminal;
use goals::error::CommandError;
use goals::locking::{
    self, Declared, Existing, Freshness, IndexProvider, LockPath, Places, Status, Summary, Upgrade,
};
use goals::session::Session;

/// What can be said to `generate-lockfiles`.
#[derive(Debug, Args)]
pub(crate) struct GenerateLockfilesArguments {
    /// Lock only this resolve; may be repeated
    #[arg(long = "resolve", value_name = "NAME")]
    resolves: Vec<String>,

    /// Write nothing; exit with 1 where a lock is not what its inputs say
    #[arg(long)]
    check: bool,

    /// Keep no pins: choose the newest versions
    #[arg(long)]
    upgrade: bool,

    /// Do not keep the pin of this package; `NAME<3` bounds it; may be repeated
    #[arg(long = "upgrade-package", value_name = "NAME")]
    upgrade_packages: Vec<String>,

    #[command(flatten)]
    index: IndexArguments,

    /// Ask for a wheel of every package on each platform, for sites that cannot build
    #[arg(long)]
    require_wheels: bool,

    /// How to print what changed
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    output_format: OutputFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OutputFormat {
    /// For people, on stderr
    Text,
    /// For scripts, on stdout
    Json,
}

/// Locks the resolves that were asked for, side by side; writes all of them or, where one
/// fails, none.
pub(crate) fn run(
    session: &Session,
    arguments: &GenerateLockfilesArguments,
) -> Result<CommandOutcome, CommandError> {
    let locked = lock(session, arguments)?;
    report(session, arguments, &locked)
}

/// The locks that are not what their inputs ask for; nothing is written.
pub(crate) fn stale(session: &Session) -> Result<Vec<Summary>, CommandError> {
    let arguments = GenerateLockfilesArguments {
        resolves: Vec::new(),
        check: true,
        upgrade: false,
        upgrade_packages: Vec::new(),
        index: IndexArguments::default(),
        require_wheels: false,
        output_format: OutputFormat::Text,
    };
    let summaries = lock(session, &arguments)?
        .into_iter()
        .map(|one| one.summary);
    Ok(summaries
        .filter(|summary| summary.status == Status::Stale)
        .collect())
}

fn lock(
    session: &Session,
    arguments: &GenerateLockfilesArguments,
) -> Result<Vec<Locked>, CommandError> {
    let upgrade = Upgrade::new(arguments.upgrade, &arguments.upgrade_packages)?;
    let paths = locking::lock_paths(session, &arguments.resolves)?;
    let repository = workspace::load(session.root(), session.target_options())?;
    targets::check_resolves(&repository)?;
    for warning in repository.warnings() {
        session.warn(goals::error::warning_text(warning));
    }
    let progress = session.progress();
    let places = Places::new(session, arguments.index.choice())?.watched_by(progress.clone());
    // The process ends with this run: to take thousands of listings apart would only cost time.
    let places = ManuallyDrop::new(places);
    let run = Run {
        session,
        arguments,
        upgrade: &upgrade,
        repository: &repository,
        places: &places,
    };
    let locked = run.side_by_side(&paths);
    progress.finish();
    session.detail(places.statistics());
    let locked = all_or_errors(locked)?;
    if !arguments.check {
        for (one, path) in locked.iter().zip(&paths) {
            if let Some(text) = &one.text {
                path.1.write(text)?;
            }
        }
    }
    Ok(locked)
}

type Paths = Vec<(String, LockPath)>;

/// What became of one resolve.
struct Locked {
    summary: Summary,
    warnings: Vec<ResolveWarning>,
    /// The lock to write, where it differs from the one that is there.
    text: Option<String>,
}

struct Run<'a> {
    session: &'a Session,
    arguments: &'a GenerateLockfilesArguments,
    upgrade: &'a Upgrade,
    repository: &'a targets::Repository,
    places: &'a Places<'a>,
}

impl Run<'_> {
    fn side_by_side(&self, paths: &Paths) -> Vec<Result<Locked, CommandError>> {
        if let [(resolve, path)] = &paths[..] {
            return vec![self.lock(resolve, path)];
        }
        std::thread::scope(|scope| {
            let threads: Vec<_> = paths
                .iter()
                .map(|(resolve, path)| scope.spawn(move || self.lock(resolve, path)))
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

    fn lock(&self, resolve: &str, path: &LockPath) -> Result<Locked, CommandError> {
        let mut declared = Declared::collect(self.session, self.repository, resolve, |source| {
            self.places.name_of(source, resolve)
        })?;
        declared.inputs.require_wheels |= self.arguments.require_wheels;
        let before = path.read()?;
        let freshness = Freshness::of(self.places, path, before.as_deref(), &declared.inputs)?;
        let stale = match freshness {
            Freshness::Fresh(packages) if self.upgrade.is_none() => {
                return Ok(Locked {
                    summary: self.summary(resolve, path, packages, Status::Unchanged),
                    warnings: Vec::new(),
                    text: None,
                });
            }
            Freshness::Fresh(_) => Vec::new(),
            Freshness::Stale(reasons) => reasons,
        };
        if self.arguments.check && self.upgrade.is_none() {
            let mut summary = self.summary(resolve, path, 0, Status::Stale);
            summary.reasons = stale;
            return Ok(Locked {
                summary,
                warnings: Vec::new(),
                text: None,
            });
        }
        self.resolve(&declared, path, before.as_deref())
    }

    fn resolve(
        &self,
        declared: &Declared,
        path: &LockPath,
        before: Option<&str>,
    ) -> Result<Locked, CommandError> {
        let existing = Existing::parse(before, path)?;
        let changed = match existing.lock() {
            Some(lock) => lockfile::changed_projects(&lock.inputs, &declared.inputs),
            None => Vec::new(),
        };
        let index = self.places.index(declared)?;
        let builds = self.places.builds(
            &index,
            &declared.inputs.interpreter_constraints,
            existing.sources(self.upgrade),
        );
        let provider = IndexProvider::new(&index, &builds, declared)
            .preferring(existing.preferred(self.upgrade));
        let pins = existing.pins(changed, self.upgrade);
        let (lock, warnings) = locking::lock(declared, pins, self.upgrade, &provider)?;
        let text = lockfile::write(&lock);
        let is_new = before != Some(text.as_str());
        let status = match (is_new, self.arguments.check) {
            (false, _) => Status::Unchanged,
            (true, true) => Status::Stale,
            (true, false) => Status::Written,
        };
        let mut summary = self.summary(&declared.resolve, path, lock.packages.len(), status);
        summary.changes = lockfile::diff(&existing.as_lock(&lock), &lock).packages;
        Ok(Locked {
            summary,
            warnings,
            text: is_new.then_some(text),
        })
    }

    fn summary(&self, resolve: &str, path: &LockPath, packages: usize, status: Status) -> Summary {
        Summary {
            resolve: resolve.to_owned(),
            lockfile: path.relative.to_string(),
            packages,
            status,
            changes: Vec::new(),
            reasons: Vec::new(),
        }
    }
}

/// All results, or, where some are errors, the last of them after the others were printed.
fn all_or_errors(locked: Vec<Result<Locked, CommandError>>) -> Result<Vec<Locked>, CommandError> {
    let mut good = Vec::new();
    let mut errors = Vec::new();
    for result in locked {
        match result {
            Ok(one) => good.push(one),
            Err(error) => errors.push(error),
        }
    }
    let Some(last) = errors.pop() else {
        return Ok(good);
    };
    for error in errors {
        error::print(&error);
    }
    Err(last)
}

fn report(
    session: &Session,
    arguments: &GenerateLockfilesArguments,
    locked: &[Locked],
) -> Result<CommandOutcome, CommandError> {
    for one in locked {
        for warning in &one.warnings {
            match warning {
                ResolveWarning::MissingExtra(name, extra) => {
                    session.warn(format_args!(
                        "{}: {name} has no extra `{extra}`",
                        one.summary.resolve
                    ));
                }
            }
        }
    }
    match arguments.output_format {
        OutputFormat::Text => {
            for one in locked {
                session.say(SummaryText(&one.summary));
            }
        }
        OutputFormat::Json => {
            let summaries: Vec<&Summary> = locked.iter().map(|one| &one.summary).collect();
            let json = serde_json::to_string_pretty(&summaries)
                .map_err(|error| CommandError::failure(error.to_string()))?;
            terminal::print(format_args!("{json}\n"));
        }
    }
    let stale: Vec<&str> = locked
        .iter()
        .filter(|one| one.summary.status == Status::Stale)
        .map(|one| one.summary.resolve.as_str())
        .collect();
    if stale.is_empty() {
        return Ok(CommandOutcome::Done);
    }
    if arguments.output_format == OutputFormat::Text {
        session.say(format_args!(
            "{HINT}hint{HINT:#}: run `cargo xtask generate-lockfiles{}`",
            stale
                .iter()
                .map(|name| format!(" --resolve {name}"))
                .collect::<String>()
        ));
    }
    Ok(CommandOutcome::Found)
}
