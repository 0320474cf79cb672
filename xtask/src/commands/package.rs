//! `package`: builds wheels and source distributions of the repository's distributions.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use install::python::PythonRequest;
use wheel::Severity;

use crate::arguments::{ActionArguments, IndexArguments, python_request};
use crate::error;
use crate::outcome::CommandOutcome;
use goals::actions::ActionRunner;
use goals::error::GoalError;
use goals::packaging::{
    BuildOptions, BuiltArchive, Checks, Choice, Formats, ImportCollection, JobChoice, Packager,
    PlatformChoice, PlatformRequest, ReleasedDistributions, SelectedDistributions, jobs,
    refuse_binaries, refuse_twins, required, select,
};
use goals::session::Session;
use goals::trial::{TrialOptions, try_wheels};

/// The arguments of `package`.
#[derive(Debug, Args)]
pub(crate) struct PackageArguments {
    /// What to build: addresses such as `src/app:dist`, `src/app::`; without any, every distribution
    #[arg(value_name = "SPEC")]
    specs: Vec<String>,

    /// Leave these out, like a spec with `-` in front
    #[arg(long, value_name = "SPEC")]
    exclude: Vec<String>,

    /// Only targets with this tag; `-TAG` for those without; may be repeated
    #[arg(long = "tag", value_name = "TAG", allow_hyphen_values = true)]
    tags: Vec<String>,

    /// Build for this platform or platform tag; may be repeated [default: this machine's]
    #[arg(
        long = "platform",
        alias = "platform-specific-resources-target",
        value_name = "PLATFORM"
    )]
    platforms: Vec<PlatformRequest>,

    /// Build for every platform that a distribution has resources for
    #[arg(long, conflicts_with = "platforms")]
    all_platforms: bool,

    /// Build wheels only
    #[arg(long, conflicts_with = "sdist")]
    wheel: bool,

    /// Build source distributions only
    #[arg(long)]
    sdist: bool,

    /// The output folder [default: `dist` at the root]
    #[arg(long, value_name = "DIR")]
    out_dir: Option<Utf8PathBuf>,

    /// Only distributions that changed since this commit, and those that depend on them
    #[arg(long, value_name = "REF")]
    changed_since: Option<String>,

    /// Read each wheel back, install it and load its entry points; keep no wheel that is wrong
    #[arg(long)]
    verify: bool,

    /// The Python to verify with: a path, or a version such as `3.12`
    #[arg(long, value_name = "PYTHON", requires = "verify", value_parser = python_request)]
    python: Option<PythonRequest>,

    /// Build everything twice, under different conditions, and compare
    #[arg(long)]
    check_reproducible: bool,

    /// Build everything again, also what a cache has
    #[arg(long)]
    force: bool,

    #[command(flatten)]
    index: IndexArguments,

    #[command(flatten)]
    pub(crate) actions: ActionArguments,

    /// The folder that shown paths are relative to; without it the root.
    #[arg(skip)]
    shown_below: Option<Utf8PathBuf>,

    /// Which distributions a release builds: this one, or those without a version of their own.
    #[arg(skip)]
    released: Option<ReleasedDistributions>,
}

impl PackageArguments {
    /// What a release builds: every distribution for every platform, verified. Paths are shown
    /// relative to `shown_below`.
    pub(crate) fn of_release(out_dir: Utf8PathBuf, shown_below: Utf8PathBuf) -> Self {
        Self {
            shown_below: Some(shown_below),
            released: None,
            specs: Vec::new(),
            exclude: Vec::new(),
            tags: Vec::new(),
            platforms: Vec::new(),
            all_platforms: true,
            wheel: false,
            sdist: false,
            out_dir: Some(out_dir),
            changed_since: None,
            verify: true,
            python: None,
            check_reproducible: false,
            force: false,
            index: IndexArguments::default(),
            actions: ActionArguments::default(),
        }
    }

    /// The same for some of the distributions.
    pub(crate) fn only(self, released: ReleasedDistributions) -> Self {
        Self {
            released: Some(released),
            ..self
        }
    }

    /// The archives that are asked for.
    fn archives(&self) -> JobChoice {
        JobChoice {
            platforms: match (self.all_platforms, self.platforms.as_slice()) {
                (true, _) => PlatformChoice::All,
                (false, []) => PlatformChoice::Host,
                (false, asked) => PlatformChoice::These(asked.to_vec()),
            },
            formats: Formats {
                wheel: !self.sdist,
                sdist: !self.wheel,
            },
        }
    }

    /// What takes archives from a cache. A release is built of what is tagged, on this machine, so it has none.
    fn runner<'a>(&self, session: &'a Session) -> Result<Option<ActionRunner<'a>>, GoalError> {
        if self.shown_below.is_some() {
            return Ok(None);
        }
        let mut options = self.actions.options();
        if self.force || self.check_reproducible {
            options.force();
        }
        ActionRunner::new(session, &options).map(Some)
    }

    /// Why none of the requested distributions is left.
    fn nothing(&self, selected: &SelectedDistributions) -> String {
        match (&self.changed_since, self.sdist) {
            (Some(revision), _) => {
                format!("no distribution that was asked for has changed since {revision}")
            }
            (None, _) if selected.asked.is_empty() => {
                "no BUILD file that was asked for declares a `python_distribution`".to_owned()
            }
            (None, true) => "no distribution that was asked for has `sdist=True`".to_owned(),
            (None, false) => "no distribution that was asked for has `wheel=True`".to_owned(),
        }
    }
}

/// Builds the requested archives at the same time. If one fails, the others are kept.
pub(crate) fn run(
    session: &Session,
    arguments: &PackageArguments,
) -> Result<CommandOutcome, GoalError> {
    let excluded = arguments.exclude.iter().map(|spec| format!("-{spec}"));
    let specs: Vec<String> = arguments.specs.iter().cloned().chain(excluded).collect();
    let choice = Choice {
        specs: &specs,
        tags: &arguments.tags,
        changed_since: arguments.changed_since.as_deref(),
        imports: if arguments.verify {
            ImportCollection::Collected
        } else {
            ImportCollection::Skipped
        },
    };
    let mut selected = select(session, choice)?;
    if let Some(released) = &arguments.released {
        let all = &selected.all;
        selected
            .asked
            .retain(|at| released.holds(session, &all[*at]));
    }
    refuse_binaries(session, &selected)?;
    refuse_twins(&selected)?;
    let out_dir = match &arguments.out_dir {
        Some(folder) => session.working_folder()?.join(folder),
        None => session.root().join("dist"),
    };
    let options = BuildOptions {
        out_dir,
        checks: Checks {
            verify: arguments.verify,
            reproducible: arguments.check_reproducible,
        },
        index: arguments.index.choice(),
    };
    let runner = arguments.runner(session)?;
    let packager = Packager::new(session, &selected.all, options)?;
    let packager = match &runner {
        Some(runner) => packager.with_actions(runner),
        None => packager,
    };
    let jobs = jobs(session, &arguments.archives(), &selected)?;
    if jobs.is_empty() && selected.binaries.is_empty() {
        session.say(format_args!(
            "nothing to build: {}",
            arguments.nothing(&selected)
        ));
    }
    let _guard = packager.alone()?;
    let mut built = packager.build(&jobs);
    if arguments.verify {
        let required = packager
            .unchecked()
            .build(&required(session, &jobs, &selected));
        let required: Vec<BuiltArchive<'_>> = required.into_iter().flatten().collect();
        let options = TrialOptions {
            index: arguments.index.choice(),
            python: arguments.python.clone(),
        };
        try_wheels(session, &options, &mut built, &required)?;
    }
    runner.map_or(Ok(()), |runner| runner.finish())?;
    let shown_below = arguments.shown_below.as_deref().unwrap_or(session.root());
    let mut failures = Vec::new();
    for built in built {
        match built.and_then(|built| keep(session, built, shown_below)) {
            Ok(()) => {}
            // A wheel and its source distribution may fail for the same reason, which is printed
            // once.
            Err(error) if failures.contains(&error) => {}
            Err(error) => failures.push(error),
        }
    }
    let Some(last) = failures.pop() else {
        return Ok(CommandOutcome::Done);
    };
    failures.iter().for_each(error::print);
    Err(last)
}

/// Gives an archive its final name, and prints it.
fn keep(
    session: &Session,
    built: BuiltArchive<'_>,
    shown_below: &Utf8Path,
) -> Result<(), GoalError> {
    for finding in &built.warnings {
        match finding.severity() {
            Severity::Note => session.detail(format_args!("{}: {finding}", built.name())),
            _ => session.warn(format_args!("{}: {finding}", built.name())),
        }
    }
    let path = built.keep()?;
    let shown = path.strip_prefix(shown_below).unwrap_or(&path);
    session.say(format_args!("wrote {}", shown.display()));
    Ok(())
}
