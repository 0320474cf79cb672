//! `package`: builds wheels and source distributions of the repository's distributions.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use install::python::PythonRequest;
use wheel::Severity;

use crate::arguments::{IndexArguments, python_request};
use crate::error;
use crate::outcome::CommandOutcome;
use goals::error::GoalError;
use goals::packaging::{
    BuildOptions, BuiltArchive, Checks, Choice, ImportCollection, Job, PackagedDistribution,
    PackagedFiles, Packager, PlatformRequest, SelectedDistributions, select,
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

    #[command(flatten)]
    index: IndexArguments,

    /// The folder that shown paths are relative to; without it the root.
    #[arg(skip)]
    shown_below: Option<Utf8PathBuf>,

    /// Which distributions a release builds: this one, or those without a version of their own.
    #[arg(skip)]
    released: Option<Released>,
}

/// Which distributions a release builds.
#[derive(Debug, Clone)]
pub(crate) enum Released {
    /// The one of this name.
    Alone(String),
    /// Those without a version of their own.
    Together,
}

impl Released {
    fn holds(&self, session: &Session, distribution: &PackagedDistribution) -> bool {
        let name = &distribution.artifact.name;
        match self {
            Self::Alone(alone) => alone == name,
            Self::Together => !session.settings.release.distributions.contains_key(name),
        }
    }
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
            index: IndexArguments::default(),
        }
    }

    /// The same for some of the distributions.
    pub(crate) fn only(self, released: Released) -> Self {
        Self {
            released: Some(released),
            ..self
        }
    }

    /// Why none of the requested distributions is left.
    fn nothing(&self) -> String {
        match (&self.changed_since, self.sdist) {
            (Some(revision), _) => {
                format!("no distribution that was asked for has changed since {revision}")
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
    let packager = Packager::new(session, &selected.all, options)?;
    let jobs = jobs(session, arguments, &selected)?;
    if jobs.is_empty() && selected.binaries.is_empty() {
        session.say(format_args!("nothing to build: {}", arguments.nothing()));
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

/// The address of a distribution, and one of its archives or why it could not be built.
pub(crate) type AddressedArchive = (String, Result<Utf8PathBuf, GoalError>);

/// Builds what `package --all-platforms` builds, into a folder of its own, and prints nothing. Gives
/// the address of each distribution with each of its archives. The wheels stand for the source
/// distribution, where there are any.
pub(crate) fn built_apart(
    session: &Session,
    selected: &SelectedDistributions,
    out_dir: &Utf8Path,
) -> Result<Vec<AddressedArchive>, GoalError> {
    let arguments = PackageArguments::of_release(out_dir.to_owned(), out_dir.to_owned());
    let options = BuildOptions {
        out_dir: out_dir.to_owned(),
        checks: Checks::default(),
        index: arguments.index.choice(),
    };
    let packager = Packager::new(session, &selected.all, options)?;
    let mut jobs = jobs(session, &arguments, selected)?;
    jobs.retain(|job| !matches!(job, Job::Sdist(distribution) if distribution.formats.wheel));
    let built = packager.build(&jobs).into_iter();
    let kept = built.map(|built| {
        let path = built?.keep()?;
        Utf8PathBuf::from_path_buf(path)
            .map_err(|path| GoalError::failure(format!("{} is not UTF-8", path.display())))
    });
    let addresses = jobs.iter().map(|job| job.distribution().address.clone());
    Ok(addresses.zip(kept).collect())
}

/// Reports binaries, which are not built. A binary that was named is an error; one that matched a
/// pattern is not.
fn refuse_binaries(session: &Session, selected: &SelectedDistributions) -> Result<(), GoalError> {
    for binary in &selected.binaries {
        if binary.named {
            return Err(GoalError::failure(format!(
                "cannot build {}: `{}` is not built yet",
                binary.address, binary.kind
            ))
            .hint("package its code as a `python_distribution`, and install that"));
        }
        session.say(format_args!(
            "{} is left out: `{}` is not built yet",
            binary.address, binary.kind
        ));
    }
    Ok(())
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

/// Wheels for this machine that are required by those among `jobs` and are not among them. They are
/// built to try the others.
fn required<'a>(
    session: &Session,
    jobs: &[Job<'a>],
    selected: &'a SelectedDistributions,
) -> Vec<Job<'a>> {
    let Ok(host) = PlatformRequest::host() else {
        return Vec::new();
    };
    let here = jobs.iter().filter(|job| job.fits(&host));
    let here: Vec<&PackagedDistribution> = here.map(Job::distribution).collect();
    let is_here =
        |one: &PackagedDistribution| here.iter().any(|other| other.address == one.address);
    let is_required = |one: &PackagedDistribution| {
        here.iter()
            .any(|other| other.first_party.contains(&one.address))
    };
    let missing = selected
        .all
        .iter()
        .filter(|one| is_required(one) && !is_here(one));
    // If it cannot be built for this machine, the trial reports that it is missing.
    missing
        .filter_map(|one| wheels(session, &Platforms::These(vec![host.clone()]), one).ok())
        .flatten()
        .collect()
}

/// Two distributions with the same name would overwrite each other's archives.
fn refuse_twins(selected: &SelectedDistributions) -> Result<(), GoalError> {
    let mut names: BTreeMap<String, &PackagedDistribution> = BTreeMap::new();
    for distribution in selected.distributions() {
        let name = &distribution.artifact.name;
        let normal = name.parse::<model::PackageName>();
        let key = normal.map_or_else(|_| name.clone(), |normal| normal.to_string());
        if let Some(first) = names.insert(key, distribution) {
            return Err(GoalError::failure(format!(
                "{} and {} both provide `{name}`",
                first.address, distribution.address
            ))
            .at(distribution.place.clone())
            .hint("give each a name of its own"));
        }
    }
    Ok(())
}

fn jobs<'a>(
    session: &Session,
    arguments: &PackageArguments,
    selected: &'a SelectedDistributions,
) -> Result<Vec<Job<'a>>, GoalError> {
    let platforms = match (arguments.all_platforms, arguments.platforms.as_slice()) {
        (true, _) => Platforms::All,
        (false, []) => Platforms::Host,
        (false, asked) => Platforms::These(asked.to_vec()),
    };
    let mut jobs = Vec::new();
    for distribution in selected.distributions() {
        let formats = distribution.formats;
        if formats.wheel && !arguments.sdist {
            jobs.extend(wheels(session, &platforms, distribution)?);
        }
        if formats.sdist && !arguments.wheel {
            jobs.push(Job::Sdist(distribution));
        }
    }
    Ok(jobs)
}

/// The platforms to build for.
enum Platforms {
    /// Every platform that a distribution has resources for.
    All,
    /// The platform of this machine.
    Host,
    These(Vec<PlatformRequest>),
}

/// One wheel if the files are the same on every platform; otherwise one for each platform.
fn wheels<'a>(
    session: &Session,
    asked: &Platforms,
    distribution: &'a PackagedDistribution,
) -> Result<Vec<Job<'a>>, GoalError> {
    if let Some(own) = &distribution.own_backend {
        // The build backend decides itself what it ships on which platform.
        let platforms = match asked {
            Platforms::All | Platforms::Host => Vec::new(),
            Platforms::These(asked) => asked.clone(),
        };
        return Ok(vec![Job::OwnWheel(distribution, own, platforms)]);
    }
    let tags = |platform: &str| distribution.wheel_tags(platform);
    let platforms = match &distribution.files {
        PackagedFiles::Any(files) => {
            return Ok(vec![Job::Wheel(distribution, tags("any"), files)]);
        }
        PackagedFiles::ByPlatform(platforms) => platforms,
    };
    let asked = match asked {
        Platforms::All => platforms
            .keys()
            .copied()
            .map(PlatformRequest::from)
            .collect(),
        Platforms::Host => vec![PlatformRequest::host()?],
        Platforms::These(asked) => asked.clone(),
    };
    let mut by_tag = BTreeMap::new();
    for asked in asked {
        let wanted = asked.tagged(session, distribution)?;
        let files = platforms.get(&wanted.platform).ok_or_else(|| {
            let known: Vec<&str> = platforms.keys().map(|platform| platform.as_str()).collect();
            GoalError::failure(format!(
                "cannot build {} for {}: its platform resources have no entry for it",
                distribution.address, wanted.platform
            ))
            .at(distribution.place.clone())
            .because(format!("there are entries for {}", known.join(", ")))
            .hint("add it to the `dependency_map` of the `platform_resources`, or leave the platform out")
        })?;
        match by_tag.insert(wanted.tag.clone(), files) {
            Some(other) if other != files => {
                return Err(GoalError::failure(format!(
                    "two platforms with different files would be one wheel of {}: both have the tag {}",
                    distribution.address, wanted.tag
                ))
                .at(distribution.place.clone())
                .hint("give each its own tag under `[package.platform_tags]`"));
            }
            _ => {}
        }
    }
    Ok(by_tag
        .into_iter()
        .map(|(tag, files)| Job::Wheel(distribution, tags(&tag), files))
        .collect())
}
