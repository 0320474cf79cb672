//! `vendor`: copies every file of a lock to one folder, for sites without a network.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use index::Index;
use lockfile::Lock;
use model::{DistFile, LockedPackage, PackageSource, Platform};

use crate::arguments::IndexArguments;
use crate::outcome::CommandOutcome;
use goals::error::GoalError;
use goals::locking::{self, LockPath, PackageIndexes};
use goals::session::Session;
use goals::supply::Builds;
use workspace::files;
use workspace::pending::{Pending, PersistError};

/// The arguments of `vendor`.
#[derive(Debug, Args)]
pub(crate) struct VendorArguments {
    /// The resolve; without it the default one
    #[arg(long, value_name = "NAME")]
    resolve: Option<String>,

    /// Only files that this platform can use; may be repeated
    #[arg(long = "platform", value_name = "PLATFORM")]
    platforms: Vec<Platform>,

    /// The folder, which `find_links` can name
    #[arg(long, value_name = "DIR")]
    output: Utf8PathBuf,

    #[command(flatten)]
    index: IndexArguments,
}

/// Fills the folder. Files in it with the right hash are kept, so that an interrupted run can be
/// continued.
pub(crate) fn run(
    session: &Session,
    arguments: &VendorArguments,
) -> Result<CommandOutcome, GoalError> {
    let resolve = session.resolve(arguments.resolve.as_deref());
    let lock = LockPath::of(session, resolve)?.lock(resolve)?;
    let indexes = PackageIndexes::new(session, arguments.index.choice())?;
    let index = indexes.index_of(resolve)?;
    let output = session.working_folder()?.join(&arguments.output);
    let constraints = &lock.inputs.interpreter_constraints;
    let builds = indexes.builds(&index, constraints, Vec::new());
    let vendor = Vendor {
        index: &index,
        builds: &builds,
        platforms: &arguments.platforms,
        output: &output,
    };
    let mut copied = vendor.bring(std::slice::from_ref(&lock))?;
    let platforms = match arguments.platforms.is_empty() {
        true => &lock.inputs.platforms,
        false => &arguments.platforms,
    };
    let for_builds = locking::build_locks(session, &lock, platforms, &builds)?;
    copied.add(&vendor.bring(&for_builds)?);
    for package in lock.packages.iter().filter(has_no_file) {
        session.warn(format_args!(
            "{} {} is a repository or a folder: it has no file to vendor",
            package.name, package.version
        ));
    }
    session.say(format_args!(
        "{resolve}: {} files in {}, {} of them new",
        copied.names.len(),
        arguments.output,
        copied.new
    ));
    for lock in &for_builds {
        let packages = lock.packages.iter();
        let packages: Vec<String> = packages
            .map(|package| format!("{} {}", package.name, package.version))
            .collect();
        session.say(format_args!(
            "  for {}: {}",
            lock.resolve,
            packages.join(", ")
        ));
    }
    Ok(CommandOutcome::Done)
}

struct Vendor<'a> {
    index: &'a Index,
    builds: &'a Builds<'a>,
    platforms: &'a [Platform],
    output: &'a Utf8Path,
}

/// What is in the folder after a run.
#[derive(Default)]
struct Copied {
    names: BTreeSet<String>,
    new: usize,
}

impl Copied {
    fn add(&mut self, other: &Self) {
        self.names.extend(other.names.iter().cloned());
        self.new += other.new;
    }
}

impl Vendor<'_> {
    /// Copies the files of some locks to the folder, several at the same time.
    fn bring(&self, locks: &[Lock]) -> Result<Copied, GoalError> {
        let wanted: BTreeMap<&str, Wanted<'_>> = locks
            .iter()
            .flat_map(|lock| wanted(lock, self.platforms))
            .collect();
        let missing: Vec<&Wanted<'_>> = wanted
            .values()
            .filter(|wanted| !is_there(self.output, wanted.file))
            .collect();
        for wanted in &missing {
            wanted.prefetch(self.index);
        }
        for wanted in &missing {
            let cached = self.builds.sources().file(wanted.package, wanted.file)?;
            copy(&cached, &self.output.join(&wanted.file.filename))
                .map_err(|error| GoalError::file("write to", self.output, &error.source))?;
        }
        Ok(Copied {
            new: missing.len(),
            names: wanted.into_keys().map(str::to_owned).collect(),
        })
    }
}

/// A file and its package.
struct Wanted<'a> {
    package: &'a LockedPackage,
    file: &'a DistFile,
}

impl Wanted<'_> {
    fn prefetch(&self, index: &Index) {
        if matches!(self.package.source, PackageSource::Index(_)) {
            index.prefetch_download(&self.package.name, &self.package.version, self.file);
        }
    }
}

/// The files of a lock that one of the platforms can use, by name; all files if no platform is
/// named.
fn wanted<'a>(lock: &'a Lock, platforms: &[Platform]) -> BTreeMap<&'a str, Wanted<'a>> {
    let narrowed: Vec<Lock> = platforms
        .iter()
        .map(|platform| lockfile::export::for_platform(lock, *platform))
        .collect();
    let kept = |file: &DistFile| {
        let mut all = narrowed.iter().flat_map(|lock| &lock.packages);
        platforms.is_empty()
            || all.any(|package| files_of(package).any(|kept| kept.filename == file.filename))
    };
    let packages = lock.packages.iter();
    packages
        .flat_map(|package| files_of(package).map(move |file| Wanted { package, file }))
        .filter(|wanted| kept(wanted.file))
        .map(|wanted| (wanted.file.filename.as_str(), wanted))
        .collect()
}

/// Copies a file completely or not at all.
fn copy(from: &Utf8Path, to: &Utf8Path) -> Result<(), PersistError> {
    let (pending, _size) = Pending::write(to.as_std_path(), |out| {
        let copied = fs_err::File::open(from).and_then(|mut file| std::io::copy(&mut file, out));
        copied.map_err(|source| PersistError {
            path: to.into(),
            source,
        })
    })?;
    pending.keep()
}

fn files_of(package: &LockedPackage) -> impl Iterator<Item = &DistFile> {
    package.sdist.iter().chain(&package.wheels)
}

fn has_no_file(package: &&LockedPackage) -> bool {
    let is_direct = matches!(
        package.source,
        PackageSource::Git { .. } | PackageSource::Path { .. }
    );
    is_direct && files_of(package).next().is_none()
}

fn is_there(folder: &Utf8Path, file: &DistFile) -> bool {
    let found = files::sha256_of(&folder.join(&file.filename));
    found.is_ok_and(|found| Some(found) == file.sha256)
}
