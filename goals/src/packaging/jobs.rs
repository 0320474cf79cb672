//! The archives to build of the selected distributions: which wheels for which platforms, and which
//! source distributions.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use crate::codes::ErrorCode;
use crate::error::GoalError;
use crate::locking::IndexChoice;
use crate::packaging::{
    BuildOptions, Checks, Formats, Job, PackagedDistribution, PackagedFiles, Packager,
    PlatformRequest, SelectedDistributions,
};
use crate::session::Session;

/// Which distributions a release builds.
#[derive(Debug, Clone)]
pub enum ReleasedDistributions {
    /// The one of this name.
    Alone(String),
    /// Those without a version of their own.
    Together,
}

impl ReleasedDistributions {
    /// Whether a distribution is one of them.
    pub fn holds(&self, session: &Session, distribution: &PackagedDistribution) -> bool {
        let name = &distribution.artifact.name;
        match self {
            Self::Alone(alone) => alone == name,
            Self::Together => !session.settings.release.distributions.contains_key(name),
        }
    }
}

/// The address of a distribution, and one of its archives or why it could not be built.
pub type AddressedArchive = (String, Result<Utf8PathBuf, GoalError>);

/// Builds what `package --all-platforms` builds, into a folder of its own, and prints nothing. Gives
/// the address of each distribution with each of its archives. The wheels stand for the source
/// distribution, where there are any.
pub fn built_apart(
    session: &Session,
    selected: &SelectedDistributions,
    out_dir: &Utf8Path,
) -> Result<Vec<AddressedArchive>, GoalError> {
    let options = BuildOptions {
        out_dir: out_dir.to_owned(),
        checks: Checks::default(),
        index: IndexChoice::default(),
    };
    let packager = Packager::new(session, &selected.all, options)?;
    let mut jobs = jobs(session, &JobChoice::everything(), selected)?;
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
/// pattern is not, unless nothing else did.
pub fn refuse_binaries(
    session: &Session,
    selected: &SelectedDistributions,
) -> Result<(), GoalError> {
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
    if selected.needs_any && selected.asked.is_empty() && !selected.binaries.is_empty() {
        return Err(
            GoalError::failure("nothing that was asked for can be built here")
                .code(ErrorCode::NothingToPackage)
                .hint("package the code as a `python_distribution`, and install that"),
        );
    }
    Ok(())
}

/// Wheels for this machine that are required by those among `jobs` and are not among them. They are
/// built to try the others.
pub fn required<'a>(
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
        .filter_map(|one| wheels(session, &PlatformChoice::These(vec![host.clone()]), one).ok())
        .flatten()
        .collect()
}

/// Two distributions with the same name would overwrite each other's archives.
pub fn refuse_twins(selected: &SelectedDistributions) -> Result<(), GoalError> {
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

/// The archives of the selected distributions.
///
/// # Errors
/// Where a platform is asked for that a distribution has nothing for.
pub fn jobs<'a>(
    session: &Session,
    choice: &JobChoice,
    selected: &'a SelectedDistributions,
) -> Result<Vec<Job<'a>>, GoalError> {
    let mut jobs = Vec::new();
    for distribution in selected.distributions() {
        let formats = distribution.formats;
        if formats.wheel && choice.formats.wheel {
            jobs.extend(wheels(session, &choice.platforms, distribution)?);
        }
        if formats.sdist && choice.formats.sdist {
            jobs.push(Job::Sdist(distribution));
        }
    }
    Ok(jobs)
}

/// The platforms to build for.
#[derive(Debug, Clone)]
pub enum PlatformChoice {
    /// Every platform that a distribution has resources for.
    All,
    /// The platform of this machine.
    Host,
    /// The named ones.
    These(Vec<PlatformRequest>),
}

/// Which archives are built of the selected distributions.
#[derive(Debug, Clone)]
pub struct JobChoice {
    /// The platforms of wheels.
    pub platforms: PlatformChoice,
    /// The formats that are wanted, of those that a distribution has.
    pub formats: Formats,
}

impl JobChoice {
    /// Every archive for every platform.
    pub fn everything() -> Self {
        Self {
            platforms: PlatformChoice::All,
            formats: Formats {
                wheel: true,
                sdist: true,
            },
        }
    }
}

/// One wheel if the files are the same on every platform; otherwise one for each platform.
fn wheels<'a>(
    session: &Session,
    asked: &PlatformChoice,
    distribution: &'a PackagedDistribution,
) -> Result<Vec<Job<'a>>, GoalError> {
    if let Some(own) = &distribution.own_backend {
        // The build backend decides itself what it ships on which platform.
        let platforms = match asked {
            PlatformChoice::All | PlatformChoice::Host => Vec::new(),
            PlatformChoice::These(asked) => asked.clone(),
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
        PlatformChoice::All => platforms
            .keys()
            .copied()
            .map(PlatformRequest::from)
            .collect(),
        PlatformChoice::Host => vec![PlatformRequest::host()?],
        PlatformChoice::These(asked) => asked.clone(),
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
