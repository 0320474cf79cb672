//! Writes archives of distributions at the same time. Each is checked before it gets its name.

mod as_actions;
mod locks;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};
use lockfile::export::FirstPartyComponent;
use locks::DistributionLocks;
use model::Place;
use rayon::prelude::*;
use targets::modules::is_stdlib;
use targets::{Glob, UnmatchedGlobs};
use wheel::{
    ArchiveTime, CoreMetadata, Member, SdistContents, SdistWheel, SetuptoolsFiles, Severity,
    Verification, WheelContents, WheelFinding, WheelTags,
};
use workspace::pending::{Pending, PersistError, alone_in};

use crate::actions::ActionRunner;
use crate::error::GoalError;
use crate::locking::IndexChoice;
use crate::packaging::archive::{Archive, from_start, same_again};
use crate::packaging::backend::Backends;
use crate::packaging::backend_version::{BackendVersions, FoundVersions};
use crate::packaging::describe::modules_of;
use crate::packaging::judged::{refuse_empty, refuse_other_platform};
use crate::packaging::licenses;
use crate::packaging::members::{as_script, namespace_packages};
use crate::packaging::metadata::{Versions, metadata};
use crate::packaging::source_file::{PackagingError, Portability, file_member, member_path};
use crate::packaging::{
    DataFile, OwnBackend, OwnedFile, PackagedDistribution, PackagedFiles, PlatformRequest,
    Previous, time,
};
use crate::session::Session;

/// The name of this tool in WHEEL.
const GENERATOR: &str = concat!("cargo-xtask (", env!("CARGO_PKG_VERSION"), ")");

/// The checks of an archive before it gets its name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checks {
    /// Wheels are read back and checked.
    pub verify: bool,
    /// Every archive is built twice, under different conditions, and compared.
    pub reproducible: bool,
}

/// How archives are built.
#[derive(Debug, Clone)]
pub struct BuildOptions {
    /// The output folder.
    pub out_dir: Utf8PathBuf,
    /// The checks of each archive before it gets its name.
    pub checks: Checks,
    /// The index of what build backends require.
    pub index: IndexChoice,
}

/// One archive to build.
#[derive(Debug, Clone)]
pub enum Job<'a> {
    /// A wheel with these tags and files.
    Wheel(&'a PackagedDistribution, WheelTags, &'a [OwnedFile]),
    /// The wheel that the distribution's own backend builds, for these platforms: for any if there
    /// are none.
    OwnWheel(
        &'a PackagedDistribution,
        &'a OwnBackend,
        Vec<PlatformRequest>,
    ),
    /// A source distribution.
    Sdist(&'a PackagedDistribution),
}

/// The hint for findings that keep an archive from getting its name.
pub const NOT_KEPT: &str = "the wheel was not kept; build without `--verify` to look at it";

/// An archive that was built and does not have its final name yet.
#[derive(Debug)]
pub struct BuiltArchive<'a> {
    /// The distribution.
    pub distribution: &'a PackagedDistribution,
    /// The file.
    pub pending: Pending,
    /// The findings of verification. None of them is an error.
    pub warnings: Vec<WheelFinding>,
}

impl BuiltArchive<'_> {
    /// The file name.
    pub fn name(&self) -> &str {
        let name = self.pending.path().file_name().unwrap_or_default();
        name.to_str().unwrap_or_default()
    }

    /// Gives it its final name. Gives the path.
    pub fn keep(self) -> Result<PathBuf, GoalError> {
        let path = self.pending.path().to_owned();
        let kept = self.pending.keep();
        kept.map_err(|error| packaging_error(&error.into(), self.distribution))?;
        Ok(path)
    }
}

/// An archive that is being written.
type PendingOutput<'f> = std::io::BufWriter<&'f std::fs::File>;

/// Builds archives of one repository.
pub struct Packager<'a> {
    session: &'a Session,
    actions: Option<&'a ActionRunner<'a>>,
    /// Canonical, so that the targets of links can be compared with it.
    root: PathBuf,
    options: BuildOptions,
    time: ArchiveTime,
    metadata: BTreeMap<String, CoreMetadata>,
    found_versions: FoundVersions,
    locks: DistributionLocks,
    /// The modules of distributions, by address.
    modules: BTreeMap<String, BTreeSet<String>>,
    previous: Option<Previous>,
    /// The files of this run.
    claimed: Mutex<BTreeSet<Utf8PathBuf>>,
}

impl<'a> Packager<'a> {
    /// Prepares to build some of `all` distributions.
    pub fn new(
        session: &'a Session,
        all: &[PackagedDistribution],
        options: BuildOptions,
    ) -> Result<Self, GoalError> {
        let checks = options.checks;
        let root = session.root();
        let canonical = root.as_std_path().canonicalize();
        let versions = Versions::read(session, all)?;
        let of = |distribution: &PackagedDistribution| {
            let metadata = metadata(session, distribution, &versions)?;
            Ok(metadata.map(|metadata| (distribution.address.clone(), metadata)))
        };
        let all_metadata: Result<Vec<_>, GoalError> = all.iter().map(of).collect();
        let backends = BackendVersions {
            session,
            index: &options.index,
        };
        let found_versions = backends.of_distributions(all);
        Ok(Self {
            session,
            actions: None,
            root: canonical.map_err(|error| GoalError::file("open", root, &error))?,
            options,
            time: time::of_archives(session)?,
            metadata: all_metadata?.into_iter().flatten().collect(),
            found_versions,
            locks: if checks.verify || session.settings.package.bill_of_materials {
                DistributionLocks::read(session, all)?
            } else {
                DistributionLocks::default()
            },
            modules: all
                .iter()
                .map(|distribution| (distribution.address.clone(), distribution.modules()))
                .collect(),
            previous: if checks.verify {
                Previous::find(session)
            } else {
                None
            },
            claimed: Mutex::default(),
        })
    }

    /// The same packager, without checks.
    pub fn unchecked(mut self) -> Self {
        self.options.checks = Checks::default();
        self
    }

    /// Makes other runs that write to the same folder wait until the archives are kept.
    pub fn alone(&self) -> Result<fs_err::File, GoalError> {
        let folder = &self.options.out_dir;
        alone_in(folder.as_std_path()).map_err(|error| {
            let failure = GoalError::failure(error.to_string());
            match std::error::Error::source(&error) {
                Some(source) => failure.because(source.to_string()),
                None => failure,
            }
        })
    }

    /// Builds archives at the same time. The result is in the order of `jobs`.
    pub fn build<'j>(&self, jobs: &[Job<'j>]) -> Vec<Result<BuiltArchive<'j>, GoalError>> {
        match self.actions {
            Some(actions) => self.build_as_actions(actions, jobs),
            None => jobs.par_iter().map(|job| self.build_one(job)).collect(),
        }
    }

    fn build_one<'j>(&self, job: &Job<'j>) -> Result<BuiltArchive<'j>, GoalError> {
        let archive = self.archive(job)?;
        let name = archive.file_name();
        let name = name.map_err(|error| packaging_error(&error.into(), job.distribution()))?;
        self.finish(job, &name, |out| {
            archive.write(out, self.time)?;
            Ok(())
        })
    }

    /// Writes the file of an archive, and checks it.
    fn finish<'j>(
        &self,
        job: &Job<'j>,
        name: &str,
        write: impl FnOnce(&mut PendingOutput<'_>) -> Result<(), PackagingError>,
    ) -> Result<BuiltArchive<'j>, GoalError> {
        let distribution = job.distribution();
        let time = self.time;
        let path = self
            .options
            .out_dir
            .join(&distribution.output_path)
            .join(name);
        self.claim(&path, distribution)?;
        let mut warnings = Vec::new();
        let mut refused = None;
        let written = Pending::write(path.as_std_path(), |out| {
            write(&mut *out)?;
            out.flush()?;
            match self.check(job, (name, time), out.get_ref()) {
                Ok(found) => warnings = found,
                Err(Refusal::Io(error)) => return Err(error),
                Err(Refusal::Findings(error)) => refused = Some(error),
            }
            match &refused {
                // Each of these findings keeps the archive from getting its name.
                Some(_) => Err(std::io::Error::other("refused").into()),
                None => Ok(()),
            }
        });
        match (written, refused) {
            (_, Some(findings)) => Err(findings.at(distribution.place.clone())),
            // If an archive cannot be written, the error names its file.
            (Err(PackagingError::Archive(wheel::ArchiveError::Write(source))), None) => {
                let path = path.into_std_path_buf();
                let error = PersistError { path, source }.into();
                Err(packaging_error(&error, distribution))
            }
            (Err(error), None) => Err(packaging_error(&error, distribution)),
            (Ok((pending, ())), None) => Ok(BuiltArchive {
                distribution,
                pending,
                warnings,
            }),
        }
    }

    fn archive(&self, job: &Job<'_>) -> Result<Archive, GoalError> {
        let distribution = job.distribution();
        Ok(match (job, &distribution.own_backend) {
            (Job::OwnWheel(_, own, platforms), _) => {
                let built = self.backends().wheel(distribution, own)?;
                refuse_other_platform(distribution, &built.filename, platforms)?;
                refuse_empty(distribution, &built)?;
                Archive::OfBackend(Box::new(built))
            }
            (Job::Sdist(_), Some(own)) => {
                let built = self.backends().sdist(distribution, own)?;
                refuse_empty(distribution, &built)?;
                Archive::OfBackend(Box::new(built))
            }
            (Job::Wheel(_, tags, files), _) => {
                Archive::Wheel(Box::new(self.wheel(distribution, tags.clone(), files)?))
            }
            (Job::Sdist(_), None) => Archive::Sdist(Box::new(self.sdist(distribution)?)),
        })
    }

    /// Refuses to write a file twice in one run, since a backend chooses the names of its archives.
    fn claim(&self, path: &Utf8Path, distribution: &PackagedDistribution) -> Result<(), GoalError> {
        let mut claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        match claimed.insert(path.to_owned()) {
            true => Ok(()),
            false => Err(GoalError::failure(format!(
                "{} and another distribution both build {}",
                distribution.address,
                path.file_name().unwrap_or_default()
            ))
            .at(distribution.place.clone())
            .hint("give each a name of its own")),
        }
    }

    fn backends(&self) -> Backends<'_> {
        Backends {
            session: self.session,
            index: &self.options.index,
            metadata: &self.metadata,
            versions: &self.found_versions,
        }
    }

    fn wheel(
        &self,
        distribution: &PackagedDistribution,
        tags: WheelTags,
        files: &[OwnedFile],
    ) -> Result<WheelContents, GoalError> {
        let metadata = self.metadata[&distribution.address].clone();
        let settings = &self.session.settings.package;
        let portability = self.portability(&tags.platform);
        let members = self.members(distribution, files, portability)?;
        Ok(WheelContents {
            tags,
            generator: GENERATOR.to_owned(),
            entry_points: distribution.entry_points.clone(),
            data_files: self.data_files(distribution)?,
            license_files: self.license_files(distribution)?,
            sboms: self.bills_of_materials(distribution, &metadata),
            setuptools_files: if settings.setuptools_files {
                SetuptoolsFiles::Written {
                    namespace_packages: namespace_packages(distribution, &members)
                        .map_err(|error| packaging_error(&error, distribution))?,
                }
            } else {
                SetuptoolsFiles::None
            },
            members,
            metadata,
        })
    }

    /// The source distribution, which builds the same wheels as are built from here.
    fn sdist(&self, distribution: &PackagedDistribution) -> Result<SdistContents, GoalError> {
        let mut wheels = Vec::new();
        let tags = |platform: &str| distribution.wheel_tags(platform);
        match &distribution.files {
            PackagedFiles::Any(files) => wheels.push(SdistWheel {
                platform: None,
                contents: self.wheel(distribution, tags("any"), files)?,
            }),
            PackagedFiles::ByPlatform(platforms) => {
                for (platform, files) in platforms {
                    let request = PlatformRequest::from(*platform);
                    let tag = request.tagged(self.session, distribution)?.tag;
                    wheels.push(SdistWheel {
                        platform: Some(platform.to_string()),
                        contents: self.wheel(distribution, tags(&tag), files)?,
                    });
                }
            }
        }
        Ok(SdistContents {
            wheels,
            root_files: self.license_files(distribution)?,
        })
    }

    /// Files for folders of the environment. Those that are Python scripts are started by the
    /// environment's Python.
    fn data_files(&self, distribution: &PackagedDistribution) -> Result<Vec<Member>, GoalError> {
        let member = |file: &DataFile| {
            let member = self.member(
                distribution,
                &file.path,
                (&file.place, Portability::Everywhere),
            )?;
            match file.place.starts_with("scripts/") {
                true => {
                    as_script(member).map_err(|error| packaging_error(&error.into(), distribution))
                }
                false => Ok(member),
            }
        };
        distribution.data_files.iter().map(member).collect()
    }

    fn members(
        &self,
        distribution: &PackagedDistribution,
        files: &[OwnedFile],
        portability: Portability,
    ) -> Result<Vec<Member>, GoalError> {
        let member =
            |file: &OwnedFile| self.member(distribution, &file.path, (&file.member, portability));
        files.iter().map(member).collect()
    }

    /// Where the wheels with a platform tag are unpacked, if the settings do not say otherwise.
    fn portability(&self, platform_tag: &str) -> Portability {
        let mut tags = platform_tag.split('.');
        let is_for_windows = tags.any(|tag| tag == "any" || tag.starts_with("win"));
        match self
            .session
            .settings
            .package
            .portable_names
            .unwrap_or(is_for_windows)
        {
            true => Portability::Everywhere,
            false => Portability::NotWindows,
        }
    }

    fn member(
        &self,
        distribution: &PackagedDistribution,
        path: &str,
        name: (&str, Portability),
    ) -> Result<Member, GoalError> {
        if let Some(content) = distribution.generated.get(path) {
            let path = member_path(name);
            let path = path.map_err(|error| packaging_error(&error.into(), distribution))?;
            return Ok(Member::bytes(path, Arc::clone(content)));
        }
        file_member(&self.root, Path::new(path), name)
            .map_err(|error| packaging_error(&error, distribution))
    }

    /// The licence files: those that are named, else those that setuptools takes for licences.
    fn license_files(&self, distribution: &PackagedDistribution) -> Result<Vec<Member>, GoalError> {
        let settings = self.session.settings.package.license_files.as_ref();
        let found = match distribution.license_files.as_ref().or(settings) {
            Some(patterns) => self.named_licenses(distribution, patterns)?,
            None => self.usual_licenses(distribution),
        };
        let member = |(path, name): (Utf8PathBuf, String)| {
            self.member(
                distribution,
                path.as_str(),
                (&name, Portability::Everywhere),
            )
        };
        found.into_iter().map(member).collect()
    }

    /// The files that names and patterns stand for, beside the BUILD file or at the root: path and
    /// name.
    fn named_licenses(
        &self,
        distribution: &PackagedDistribution,
        patterns: &[String],
    ) -> Result<Vec<(Utf8PathBuf, String)>, GoalError> {
        let mut all = Vec::new();
        for pattern in patterns {
            let mut folders = [distribution.folder.as_str(), ""].into_iter();
            let found = folders.find_map(|folder| {
                let names = licenses::matching(&self.session.root().join(folder), pattern);
                (!names.is_empty()).then_some((folder, names))
            });
            let Some((folder, names)) = found else {
                let own = Utf8Path::new(&distribution.folder).join(pattern);
                return Err(GoalError::failure(format!(
                    "there is no licence file `{pattern}` for {}",
                    distribution.address
                ))
                .at(distribution.place.clone())
                .because(format!("looked for {own} and {pattern}"))
                .hint("add it, or change `license_files` in `provides` or `[package]`"));
            };
            let paths = names
                .into_iter()
                .map(|name| (Utf8Path::new(folder).join(&name), name));
            all.extend(paths);
        }
        all.sort_by(|a, b| a.1.cmp(&b.1));
        all.dedup_by(|a, b| a.1 == b.1);
        Ok(all)
    }

    /// Files at the top of what the distribution reaches, and beside its BUILD file.
    fn usual_licenses(&self, distribution: &PackagedDistribution) -> Vec<(Utf8PathBuf, String)> {
        let mut found: BTreeMap<String, Utf8PathBuf> = BTreeMap::new();
        let folder = Utf8Path::new(&distribution.folder);
        for pattern in licenses::USUAL {
            for name in licenses::matching(&self.session.root().join(folder), pattern) {
                found.insert(name.clone(), folder.join(name));
            }
        }
        for file in &distribution.loose_files {
            if licenses::is_usual(&file.member) {
                found.insert(file.member.clone(), file.path.clone().into());
            }
        }
        found.into_iter().map(|(name, path)| (path, name)).collect()
    }

    fn bills_of_materials(
        &self,
        distribution: &PackagedDistribution,
        metadata: &CoreMetadata,
    ) -> Vec<(String, Vec<u8>)> {
        if !self.session.settings.package.bill_of_materials {
            return Vec::new();
        }
        let resolve = distribution.resolve.as_ref();
        let lock = resolve.and_then(|resolve| self.locks.ours.get(resolve));
        let (Some(lock), Some(subject)) = (lock, first_party(metadata)) else {
            return Vec::new();
        };
        let others = self.metadata.values().filter_map(first_party);
        let others: Vec<FirstPartyComponent> = others.filter(|other| *other != subject).collect();
        let bill = lockfile::export::cyclonedx_of(&subject, &others, lock);
        vec![(format!("{}.cdx.json", subject.name), bill.into_bytes())]
    }

    fn check(
        &self,
        job: &Job<'_>,
        (name, time): (&str, ArchiveTime),
        file: &std::fs::File,
    ) -> Result<Vec<WheelFinding>, Refusal> {
        let mut warnings = Vec::new();
        if let (true, Job::Sdist(_)) = (self.options.checks.verify, job) {
            let findings = wheel::verify_sdist(name, BufReader::new(from_start(file)?));
            let verification = Verification::of_findings(findings);
            warnings = judged(name, self.accepted(verification))?;
        }
        if let (true, Job::Wheel(distribution, ..) | Job::OwnWheel(distribution, ..)) =
            (self.options.checks.verify, job)
        {
            let mut verification = wheel::verify(name, BufReader::new(from_start(file)?));
            let met = self.met_elsewhere(distribution);
            verification.judge_imports(&distribution.imports, |module| met.contains_prefix(module));
            verification.judge_entry_points(|module| met.contains_prefix(module));
            let syntax = distribution.syntax_errors.iter();
            let shipped = syntax.filter(|(member, ..)| verification.members.contains_key(member));
            let shipped: Vec<WheelFinding> = shipped
                .map(|(name, line, problem)| WheelFinding::Syntax {
                    name: name.clone(),
                    line: *line,
                    problem: problem.clone(),
                })
                .collect();
            verification.findings.extend(shipped);
            for UnmatchedGlobs { patterns, place } in &distribution.unmatched {
                let place = place.as_ref().map(ToString::to_string);
                verification.judge_unmatched(patterns, &place.unwrap_or_default());
            }
            if let Some(previous) = &self.previous {
                let members = previous.members(&distribution.artifact.name);
                let here = distribution.files.of_all_platforms();
                // Files in the wheel of another platform are not missing.
                let gone = |member: &String| !here.iter().any(|file| file.member == *member);
                let gone: Vec<String> = members.into_iter().filter(gone).collect();
                verification.judge_dropped(&previous.tag, &gone);
            }
            warnings = judged(name, self.accepted(verification))?;
        }
        if self.options.checks.reproducible {
            let again = self.archive(job).map_err(Refusal::Findings)?;
            if !same_again(again, time, file)? {
                return Err(Refusal::Findings(not_reproducible(name, job)));
            }
        }
        Ok(warnings)
    }

    /// Leaves out what the settings accept.
    fn accepted(&self, mut verification: Verification) -> Verification {
        let settings = &self.session.settings.package;
        let foreign: Vec<Glob> = settings
            .foreign_binaries
            .iter()
            .map(|pattern| Glob::new(pattern))
            .collect();
        verification.findings.retain(|finding| match finding {
            WheelFinding::WindowsName { .. } => settings.portable_names != Some(false),
            finding => finding
                .binary()
                .is_none_or(|name| !foreign.iter().any(|glob| glob.is_match(name))),
        });
        verification
    }

    /// The modules that a distribution's requirements provide: those of locked packages, and those
    /// of the repository's distributions.
    fn met_elsewhere(&self, distribution: &PackagedDistribution) -> Modules {
        let settings = &self.session.settings.python_infer;
        let mut modules = distribution.provided.clone();
        modules.extend(settings.ignored_unowned_imports.iter().cloned());
        let resolve = distribution.resolve.as_ref();
        let locked = resolve.and_then(|resolve| self.locks.projects.get(resolve));
        modules.extend(
            locked
                .into_iter()
                .flatten()
                .flat_map(|project| modules_of(project.as_str())),
        );
        let others = distribution
            .first_party
            .iter()
            .filter_map(|address| self.modules.get(address));
        modules.extend(others.flatten().cloned());
        Modules(modules)
    }
}

/// A distribution as a bill of materials has it.
fn first_party(metadata: &CoreMetadata) -> Option<FirstPartyComponent> {
    let requirements = metadata.requires_dist.iter();
    Some(FirstPartyComponent {
        name: metadata.package_name().ok()?,
        version: metadata.version.clone(),
        requires: requirements
            .map(|required| required.requirement().clone())
            .collect(),
    })
}

/// The modules that are available.
struct Modules(BTreeSet<String>);

impl Modules {
    /// Whether the module, or a package that contains it, is available or in the standard library.
    fn contains_prefix(&self, module: &str) -> bool {
        let top = module.split('.').next().unwrap_or(module);
        let mut above = module.match_indices('.').map(|(at, _)| &module[..at]);
        is_stdlib(top) || self.0.contains(module) || above.any(|package| self.0.contains(package))
    }
}

impl<'a> Job<'a> {
    /// Whether the archive is a wheel that can be installed on a platform.
    pub fn fits(&self, platform: &PlatformRequest) -> bool {
        match self {
            Job::Wheel(_, tags, _) => platform.accepts(&tags.platform),
            Job::OwnWheel(..) => true,
            Job::Sdist(_) => false,
        }
    }

    /// The distribution of an archive.
    pub fn distribution(&self) -> &'a PackagedDistribution {
        match self {
            Job::Wheel(distribution, ..)
            | Job::OwnWheel(distribution, ..)
            | Job::Sdist(distribution) => distribution,
        }
    }
}

/// Why an archive does not get its name.
enum Refusal {
    Io(PackagingError),
    Findings(GoalError),
}

impl From<wheel::ArchiveError> for Refusal {
    fn from(error: wheel::ArchiveError) -> Self {
        Refusal::Io(error.into())
    }
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Refusal::Io(error.into())
    }
}

fn not_reproducible(name: &str, job: &Job<'_>) -> GoalError {
    let message = format!("{name} is not reproducible: built again, its bytes differ");
    GoalError::failure(message).hint(match job.distribution().own_backend {
        Some(_) => {
            "what its build backend writes must depend on the sources and SOURCE_DATE_EPOCH alone"
        }
        None => "please report this with the repository's revision",
    })
}

/// The warnings of a wheel that passes.
fn judged(name: &str, verification: Verification) -> Result<Vec<WheelFinding>, Refusal> {
    if verification.passes() {
        return Ok(verification.findings);
    }
    let mut error = GoalError::failure(format!("{name} does not pass verification"));
    let fatal = verification
        .findings
        .iter()
        .filter(|finding| finding.severity() == Severity::Error);
    let (pointers, others): (Vec<&WheelFinding>, Vec<&WheelFinding>) =
        fatal.partition(|finding| matches!(finding, WheelFinding::LfsPointer { .. }));
    // A checkout without Git LFS has dozens of them.
    for finding in others.into_iter().chain(pointers.first().copied()) {
        error = error.because(finding.to_string());
    }
    if pointers.len() > 1 {
        error = error.because(format!("and so are {} other files", pointers.len() - 1));
    }
    Err(Refusal::Findings(error.hint(NOT_KEPT)))
}

fn packaging_error(error: &PackagingError, distribution: &PackagedDistribution) -> GoalError {
    let hint = match error {
        PackagingError::SymlinkOutside { .. } => {
            Some("put a copy of the file there, or link to a file of the repository")
        }
        PackagingError::Archive(wheel::ArchiveError::CaseClash { .. }) => {
            Some("rename one of the files")
        }
        PackagingError::Archive(wheel::ArchiveError::UnsafePath { problem, .. }) => {
            Some(match problem.is_of_windows() {
                true => {
                    "rename the file, or do without Windows: `[package] portable_names = false`"
                }
                false => "rename the file",
            })
        }
        PackagingError::Archive(wheel::ArchiveError::ChangedWhileRead { .. }) => {
            Some("run it again when nothing writes to the file")
        }
        _ => None,
    };
    let full = std::iter::successors(std::error::Error::source(error), |error| error.source())
        .filter_map(|error| error.downcast_ref::<std::io::Error>())
        .any(|error| error.kind() == std::io::ErrorKind::StorageFull);
    let hint = if full {
        Some("free some space and run it again")
    } else {
        hint
    };
    let mut command_error =
        GoalError::failure(format!("cannot build {}: {error}", distribution.address));
    if let Some(source) = std::error::Error::source(error) {
        command_error = command_error.because(source.to_string());
    }
    command_error = command_error.at(Place::clone(&distribution.place));
    match hint {
        Some(hint) => command_error.hint(hint),
        None => command_error,
    }
}
