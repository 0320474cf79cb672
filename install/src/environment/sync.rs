//! Makes an environment, or changes an existing one to what it should contain.
//!
//! A new environment is built beside its path and renamed. An existing one is changed in place. Its
//! state file is changed before the first file and after the last one. If a run was killed in
//! between, the next run therefore knows it, and builds the environment anew.

use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use wheel::Record;

use super::damage::{Changes, EnvironmentFinding, InstalledDistribution, damaged, installed};
use super::error::EnvironmentError;
use super::items::{Item, PackageItems, of_project, of_wheel};
use super::layout::Layout;
use super::owners::check_owners;
use super::place::{check_source, place_all, remove_all, remove_bytecode};
use super::skeleton::skeleton;
use super::state::{FolderKind, Phase, State};
use super::wanted::{Bytecode, EnvironmentContents, EnvironmentIdentity, StoredWheel};
use crate::files;
use crate::python::Interpreter;
use crate::store::{Store, UnpackedWheel};

/// A virtual environment, which may not exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    root: Utf8PathBuf,
}

/// What was done to an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncReport {
    /// Whether it was made, changed or left alone.
    pub outcome: SyncOutcome,
    /// The packages that changed.
    pub changes: Changes,
    /// Files that someone had changed or removed, and that were restored.
    pub restored: Vec<Utf8PathBuf>,
    /// Packages that someone installed with other tools and that were kept, as `name version`.
    pub foreign: Vec<String>,
}

/// Whether an environment was made, changed or left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SyncOutcome {
    /// It was made.
    Created,
    /// It was made anew, for this reason.
    Rebuilt(&'static str),
    /// It was changed in place.
    Changed,
    /// It was right already.
    Unchanged,
}

impl Environment {
    /// The environment at this folder, absolute.
    pub fn at(root: impl Into<Utf8PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Its folder.
    #[must_use]
    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// The folder of its scripts.
    #[must_use]
    pub fn scripts(&self) -> Utf8PathBuf {
        self.root
            .join(if cfg!(windows) { "Scripts" } else { "bin" })
    }

    /// Its interpreter.
    #[must_use]
    pub fn python(&self) -> Utf8PathBuf {
        self.scripts().join("python")
    }

    /// The wheels that it was last made from; none if it is not an environment of this tool.
    #[must_use]
    pub fn recorded(&self) -> Vec<StoredWheel> {
        match FolderKind::at(&self.root) {
            Ok(FolderKind::Ours(state)) => state.identity.wheels,
            _ => Vec::new(),
        }
    }

    /// Whether it was last made from what is wanted. Its files are not checked.
    #[must_use]
    pub fn is_current(&self, wanted: &EnvironmentContents<'_>) -> bool {
        matches!(FolderKind::at(&self.root), Ok(FolderKind::Ours(state))
            if state.phase == Phase::Complete
                && state.identity == EnvironmentIdentity::of(&self.root, wanted).keeping(&state.identity))
    }

    /// Changes it to what is wanted. Every wheel must be in `store`.
    ///
    /// # Errors
    /// Where that fails. The environment is then unchanged, or the next run repairs it.
    pub fn sync(
        &self,
        wanted: &EnvironmentContents<'_>,
        store: &Store,
    ) -> Result<SyncReport, EnvironmentError> {
        let parent = self.root.parent().unwrap_or(Utf8Path::new("/"));
        let lock = format!(".{}.lock", self.root.file_name().unwrap_or_default());
        let _guard = files::lock(&parent.join(lock))?;
        let wheels = wheels_of(wanted, store)?;
        let mut run = Run::new(self, wanted, &wheels)?;
        match FolderKind::at(&self.root)? {
            FolderKind::Nothing => run.build(SyncOutcome::Created),
            FolderKind::Other(reason) => Err(EnvironmentError::NotOurs {
                folder: self.root.clone(),
                reason,
            }),
            FolderKind::Ours(state) => {
                run.identity = run.identity.keeping(&state.identity);
                match run.reason_to_rebuild(&state) {
                    Some(reason) => run.build(SyncOutcome::Rebuilt(reason)),
                    None => run.change(*state),
                }
            }
        }
    }

    /// Finds how it differs from what is wanted, and changes nothing.
    ///
    /// # Errors
    /// Where it cannot be read, or what is wanted is not possible.
    pub fn check(
        &self,
        wanted: &EnvironmentContents<'_>,
        store: &Store,
    ) -> Result<Vec<EnvironmentFinding>, EnvironmentError> {
        let state = match FolderKind::at(&self.root)? {
            FolderKind::Nothing => return Ok(vec![EnvironmentFinding::Missing]),
            FolderKind::Other(reason) => {
                return Err(EnvironmentError::NotOurs {
                    folder: self.root.clone(),
                    reason,
                });
            }
            FolderKind::Ours(state) => state,
        };
        let identity = EnvironmentIdentity::of(&self.root, wanted).keeping(&state.identity);
        if state.phase == Phase::Changing {
            return Ok(vec![EnvironmentFinding::Interrupted]);
        }
        if state.identity != identity {
            return Ok(differences(&state.identity, &identity));
        }
        let mut findings = Vec::new();
        // Without the store, only the state can be compared.
        if let Ok(wheels) = wheels_of(wanted, store) {
            let run = Run::new(self, wanted, &wheels)?;
            let changed = damaged(&self.root, &run.packages);
            if !changed.is_empty() {
                findings.push(EnvironmentFinding::ChangedFiles(self.places(&changed)));
            }
            let foreign = run.foreign(&state.identity);
            if !foreign.is_empty() {
                findings.push(EnvironmentFinding::Foreign(foreign));
            }
        }
        Ok(findings)
    }

    fn places(&self, items: &[&Item<'_>]) -> Vec<Utf8PathBuf> {
        let mut places: Vec<_> = items
            .iter()
            .map(|item| self.root.join(&item.path))
            .collect();
        places.sort();
        places
    }
}

fn differences(
    there: &EnvironmentIdentity,
    wanted: &EnvironmentIdentity,
) -> Vec<EnvironmentFinding> {
    let mut findings = Vec::new();
    if there.python != wanted.python {
        let text = |identity: &EnvironmentIdentity| {
            let python = &identity.python;
            format!(
                "{} {} at {}",
                python.implementation, python.version, python.executable
            )
        };
        findings.push(EnvironmentFinding::OtherPython(text(there), text(wanted)));
    }
    let changes = Changes::between(there, wanted);
    if !changes.is_empty() {
        findings.push(EnvironmentFinding::Packages(changes));
    }
    if findings.is_empty() {
        findings.push(EnvironmentFinding::Settings);
    }
    findings
}

fn wheels_of(
    wanted: &EnvironmentContents<'_>,
    store: &Store,
) -> Result<Vec<UnpackedWheel>, EnvironmentError> {
    wanted
        .wheels
        .par_iter()
        .map(|wheel| {
            store
                .get(&wheel.sha256)
                .ok_or_else(|| EnvironmentError::NotInStore {
                    name: wheel.name.clone(),
                    sha256: wheel.sha256,
                })
        })
        .collect()
}

/// One run over one environment, with everything that should be in it.
struct Run<'a> {
    environment: &'a Environment,
    python: &'a Interpreter,
    layout: Layout,
    identity: EnvironmentIdentity,
    // The skeleton comes first.
    packages: Vec<PackageItems<'a>>,
}

impl<'a> Run<'a> {
    fn new(
        environment: &'a Environment,
        wanted: &'a EnvironmentContents<'a>,
        wheels: &'a [UnpackedWheel],
    ) -> Result<Self, EnvironmentError> {
        let system = wanted.interpreter.sys_platform();
        if system == "win32" {
            return Err(EnvironmentError::System(system.to_owned()));
        }
        let layout = Layout::new(&environment.root, wanted.interpreter);
        let identity = EnvironmentIdentity::of(&environment.root, wanted);
        let mut packages = vec![skeleton(&layout, wanted.interpreter, &identity)];
        let of_wheels = wanted
            .wheels
            .par_iter()
            .zip(wheels)
            .map(|(wanted, wheel)| of_wheel(&layout, wanted, wheel))
            .collect::<Result<Vec<_>, _>>()?;
        packages.extend(of_wheels);
        for project in &wanted.projects {
            packages.push(of_project(&layout, project)?);
        }
        Ok(Self {
            environment,
            python: wanted.interpreter,
            layout,
            identity,
            packages,
        })
    }

    fn root(&self) -> &Utf8Path {
        &self.environment.root
    }

    fn reason_to_rebuild(&self, state: &State) -> Option<&'static str> {
        if state.phase == Phase::Changing {
            return Some("the run before was interrupted");
        }
        if state.identity.root != self.identity.root {
            return Some("it was moved");
        }
        if state.identity.python != self.identity.python {
            return Some("its Python is another");
        }
        None
    }

    /// Builds the environment beside its path and renames it.
    fn build(&self, outcome: SyncOutcome) -> Result<SyncReport, EnvironmentError> {
        check_owners(&self.packages)?;
        let parent = self.root().parent().unwrap_or(Utf8Path::new("/"));
        fs_err::create_dir_all(parent)?;
        let purpose = format!("{}-", self.root().file_name().unwrap_or_default());
        files::remove_temporary_folders(parent, &purpose)?;
        let temporary = files::temporary_folder(parent, &purpose)?;
        let new = files::utf8(temporary.path())?.join("new");
        let items: Vec<&Item<'_>> = self
            .packages
            .iter()
            .flat_map(|package| &package.items)
            .collect();
        place_all(&new, &items)?;
        self.compile(&new)?;
        State::new(Phase::Complete, self.identity.clone()).write(&new)?;
        let old = new.with_file_name("old");
        if self.root().symlink_metadata().is_ok() {
            fs_err::rename(self.root(), &old)?;
        }
        fs_err::rename(&new, self.root())?;
        let nothing = EnvironmentIdentity {
            wheels: Vec::new(),
            projects: Vec::new(),
            ..self.identity.clone()
        };
        Ok(SyncReport {
            outcome,
            changes: Changes::between(&nothing, &self.identity),
            restored: Vec::new(),
            foreign: Vec::new(),
        })
    }

    /// Changes an existing environment.
    fn change(&self, state: State) -> Result<SyncReport, EnvironmentError> {
        let root = self.root();
        let foreign = self.foreign(&state.identity);
        let changed = damaged(root, &self.packages);
        let old_paths = self.paths_to_remove(&state.identity)?;
        let recompile = state.identity.bytecode != self.identity.bytecode;
        let unchanged = |outcome, changes| SyncReport {
            outcome,
            changes,
            restored: Vec::new(),
            foreign: foreign.clone(),
        };
        if changed.is_empty() && old_paths.is_empty() && state.identity == self.identity {
            return Ok(unchanged(SyncOutcome::Unchanged, Changes::default()));
        }
        check_owners(&self.packages)?;
        // This comes before any change. Only files that the store lost are unpacked again then.
        changed.iter().try_for_each(|item| check_source(item))?;
        let changes = Changes::between(&state.identity, &self.identity);
        let restored = self.restored(&changed, &changes, &state.identity);
        State::new(Phase::Changing, self.identity.clone()).write(root)?;
        for item in &changed {
            remove_bytecode(&root.join(&item.path))?;
        }
        place_all(root, &changed)?;
        remove_all(root, old_paths.iter().map(String::as_str))?;
        if recompile || !changed.is_empty() {
            self.compile(root)?;
        }
        State::new(Phase::Complete, self.identity.clone()).write(root)?;
        Ok(SyncReport {
            restored,
            ..unchanged(SyncOutcome::Changed, changes)
        })
    }

    /// The paths in `changed` that belong to packages which did not change themselves.
    fn restored(
        &self,
        changed: &[&Item<'_>],
        changes: &Changes,
        old: &EnvironmentIdentity,
    ) -> Vec<Utf8PathBuf> {
        let fresh: FxHashSet<&model::PackageName> = changes
            .added
            .iter()
            .map(|(name, _)| name)
            .chain(changes.updated.iter().map(|(name, _, _)| name))
            .collect();
        let same_settings =
            old.prompt == self.identity.prompt && old.source_roots == self.identity.source_roots;
        let expected: FxHashSet<&str> = self
            .packages
            .iter()
            .filter(|package| match package.name {
                Some(name) => fresh.contains(name),
                None => !same_settings,
            })
            .flat_map(|package| package.items.iter().map(|item| item.path.as_str()))
            .collect();
        let by_someone: Vec<&Item<'_>> = changed
            .iter()
            .copied()
            .filter(|item| !expected.contains(item.path.as_str()))
            .collect();
        self.environment.places(&by_someone)
    }

    /// The files of packages that should not be there, or should have another version.
    fn paths_to_remove(&self, old: &EnvironmentIdentity) -> Result<Vec<String>, EnvironmentError> {
        let changes = Changes::between(old, &self.identity);
        let names: FxHashSet<&model::PackageName> = changes
            .removed
            .iter()
            .map(|(name, _)| name)
            .chain(changes.updated.iter().map(|(name, _, _)| name))
            .collect();
        let sources_gone = !old.source_roots.is_empty() && self.identity.source_roots.is_empty();
        if names.is_empty() && !sources_gone {
            return Ok(Vec::new());
        }
        let mut paths = Vec::new();
        for (site, there) in self.installed() {
            if names.contains(&there.name) {
                paths.extend(recorded_paths(self.root(), site, &there)?);
            }
        }
        if sources_gone {
            paths.push(format!(
                "{}/{}",
                self.layout.purelib(),
                super::skeleton::SOURCES_PTH
            ));
        }
        let kept: FxHashSet<&str> = self
            .packages
            .iter()
            .flat_map(|package| package.items.iter().map(|item| item.path.as_str()))
            .collect();
        paths.retain(|path| !kept.contains(path.as_str()));
        Ok(paths)
    }

    fn installed(&self) -> Vec<(&str, InstalledDistribution)> {
        let (purelib, platlib) = (self.layout.purelib(), self.layout.platlib());
        let mut sites = vec![purelib];
        if platlib != purelib {
            sites.push(platlib);
        }
        sites
            .into_iter()
            .flat_map(|site| {
                installed(self.root(), site)
                    .into_iter()
                    .map(move |there| (site, there))
            })
            .collect()
    }

    /// Packages that neither this run nor the one before installed.
    fn foreign(&self, old: &EnvironmentIdentity) -> Vec<String> {
        let known: FxHashSet<&model::PackageName> = [old, &self.identity]
            .into_iter()
            .flat_map(|identity| {
                let wheels = identity.wheels.iter().map(|wheel| &wheel.name);
                wheels.chain(identity.projects.iter().map(|project| &project.name))
            })
            .collect();
        let mut foreign: Vec<String> = self
            .installed()
            .into_iter()
            .filter(|(_, there)| !known.contains(&there.name))
            .map(|(_, there)| format!("{} {}", there.name, there.version))
            .collect();
        foreign.sort();
        foreign
    }

    /// Compiles the modules in `place`, if that is wanted. Their byte code names the final path.
    fn compile(&self, place: &Utf8Path) -> Result<(), EnvironmentError> {
        if self.identity.bytecode == Bytecode::OnImport {
            return Ok(());
        }
        let folder = place.join(self.layout.purelib());
        let output = duct::cmd(
            self.python.executable().as_str(),
            [
                "-I",
                "-m",
                "compileall",
                "-q",
                "-j",
                "0",
                "-s",
                place.as_str(),
                "-p",
                self.root().as_str(),
                folder.as_str(),
            ],
        )
        .stdin_null()
        .stdout_capture()
        .stderr_capture()
        .unchecked()
        .run()?;
        // Some packages have templates that are not valid modules. compileall reports them and
        // continues.
        match output.status.code() {
            Some(0 | 1) => Ok(()),
            _ => Err(EnvironmentError::Compile {
                folder: self.root().to_owned(),
                reason: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            }),
        }
    }
}

/// The files that RECORD lists of a distribution, relative to `root`.
fn recorded_paths(
    root: &Utf8Path,
    site: &str,
    there: &InstalledDistribution,
) -> io::Result<Vec<String>> {
    let text = match fs_err::read_to_string(root.join(site).join(&there.dist_info).join("RECORD")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        text => text?,
    };
    let record = Record::parse(&text).unwrap_or_default();
    Ok(record
        .paths()
        .filter_map(|path| Layout::from_site(path, site))
        .collect())
}
