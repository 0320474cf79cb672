//! A virtual environment: what is in it, whether that is right, and how it becomes right.
//!
//! A new environment is built beside its path and renamed. An existing one is changed in place. Its
//! state file is changed before the first file and after the last one. If a run was killed in
//! between, the next run therefore knows it, and builds the environment anew.
//!
//! Whether it is right is seen from what it says of itself, its state and the list of its files: the
//! store may have lost every wheel meanwhile.

use camino::{Utf8Path, Utf8PathBuf};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use super::damage::{Changes, EnvironmentFinding};
use super::error::EnvironmentError;
use super::folder_stamps::FolderStamps;
use super::layout::Layout;
use super::listing::InstalledFiles;
use super::report::{SyncOutcome, SyncReport, titles};
use super::run::EnvironmentRun;
use super::state::{FolderKind, Phase, State};
use super::strays::{Strays, installed, strays};
use super::wanted::{
    EnvironmentContents, EnvironmentIdentity, ForeignPackages, Relocation, Renewal, StoredWheel,
};
use crate::files;
use crate::store::{Store, UnpackedWheel};

/// A virtual environment, which may not exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    root: Utf8PathBuf,
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

    /// The interpreter that it was made with; none if it is not an environment of this tool.
    #[must_use]
    pub fn base_python(&self) -> Option<Utf8PathBuf> {
        self.state().map(|state| state.identity.python.executable)
    }

    /// The wheels that it was last made from; none if it is not an environment of this tool.
    #[must_use]
    pub fn recorded(&self) -> Vec<StoredWheel> {
        self.state()
            .map_or_else(Vec::new, |state| state.identity.wheels)
    }

    /// Whether the run that made or changed it last came to its end, and it is where it was made.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.state()
            .is_some_and(|state| state.phase == Phase::Complete && state.identity.root == self.root)
    }

    fn state(&self) -> Option<State> {
        match FolderKind::at(&self.root) {
            Ok(FolderKind::Ours(state)) => Some(*state),
            _ => None,
        }
    }

    /// Whether it was last made from what is wanted. Its files are not checked.
    #[must_use]
    pub fn is_current(&self, wanted: &EnvironmentContents<'_>) -> bool {
        self.state().is_some_and(|state| {
            state.phase == Phase::Complete && self.has_identity(&state, wanted)
        })
    }

    fn has_identity(&self, state: &State, wanted: &EnvironmentContents<'_>) -> bool {
        let identity = EnvironmentIdentity::of(&self.root, wanted);
        state.identity == identity.keeping(&state.identity)
    }

    /// What there is to report if it is right as it is, and nothing if something must be done.
    #[must_use]
    pub fn unchanged(&self, wanted: &EnvironmentContents<'_>) -> Option<SyncReport> {
        if wanted.policy.renewal == Renewal::Asked || !self.is_current(wanted) {
            return None;
        }
        let noted = FolderStamps::still(&self.root);
        let foreign = match noted {
            Some(noted) => noted.foreign,
            None => self.foreign_if_right(wanted)?,
        };
        let is_right = foreign.is_empty() || wanted.policy.foreign == ForeignPackages::Kept;
        is_right.then(|| SyncReport {
            foreign,
            ..SyncReport::of(SyncOutcome::Unchanged)
        })
    }

    /// Looks at all files. If they are right, gives what is there of others, and notes what the folders are.
    fn foreign_if_right(&self, wanted: &EnvironmentContents<'_>) -> Option<Vec<String>> {
        let files = InstalledFiles::read(&self.root)?;
        // What changes meanwhile has another stamp.
        let stamps = FolderStamps::of(&self.root, &files);
        let (is_right, strays) = rayon::join(
            || files.changed(&self.root).is_empty(),
            || self.strays(wanted, &files),
        );
        if !is_right || !strays.other_versions.is_empty() {
            return None;
        }
        let foreign = titles(&strays.foreign);
        if let Some(mut stamps) = stamps {
            stamps.foreign.clone_from(&foreign);
            stamps.write(&self.root);
        }
        Some(foreign)
    }

    fn strays(&self, wanted: &EnvironmentContents<'_>, files: &InstalledFiles) -> Strays {
        let layout = Layout::new(&self.root, wanted.interpreter);
        let identity = EnvironmentIdentity::of(&self.root, wanted);
        let own: FxHashSet<String> = files.distributions().map(str::to_owned).collect();
        strays(installed(&self.root, &layout), &own, &identity)
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
        let kind = FolderKind::at(&self.root)?;
        let wanted = &match &kind {
            FolderKind::Ours(state) => wanted.clone().keeping(&state.identity),
            _ => wanted.clone(),
        };
        let wheels = wheels_of(wanted, store)?;
        let mut run = EnvironmentRun::new(&self.root, wanted, &wheels)?;
        match kind {
            FolderKind::Nothing => run.build(SyncOutcome::Created),
            FolderKind::Other(reason) => Err(self.not_ours(reason)),
            FolderKind::Ours(state) => match run.reason_to_rebuild(&state, wanted.policy.renewal) {
                Some(reason) => run.build(SyncOutcome::Rebuilt(reason)),
                None => run.change(&state),
            },
        }
    }

    /// Makes it of links into `store`, which must have every wheel, if it is not there: for programs that
    /// read an environment and do not change it. A folder's name must follow from what is wanted, since
    /// one that is complete is taken as it is.
    ///
    /// # Errors
    /// Where that fails.
    pub fn link(
        &self,
        wanted: &EnvironmentContents<'_>,
        store: &Store,
    ) -> Result<(), EnvironmentError> {
        if self.is_complete() && self.python().exists() {
            return Ok(());
        }
        let parent = self.root.parent().unwrap_or(Utf8Path::new("/"));
        let lock = format!(".{}.lock", self.root.file_name().unwrap_or_default());
        let _guard = files::lock(&parent.join(lock))?;
        if self.is_complete() && self.python().exists() {
            return Ok(());
        }
        let wheels = wheels_of(wanted, store)?;
        let run = EnvironmentRun::new(&self.root, wanted, &wheels)?;
        run.linking_folders().build(SyncOutcome::Created)?;
        Ok(())
    }

    fn not_ours(&self, reason: &'static str) -> EnvironmentError {
        EnvironmentError::NotOurs {
            folder: self.root.clone(),
            reason,
        }
    }

    /// Finds how it differs from what is wanted, and changes nothing.
    ///
    /// # Errors
    /// Where it cannot be read, or is no environment of this tool.
    pub fn check(
        &self,
        wanted: &EnvironmentContents<'_>,
    ) -> Result<Vec<EnvironmentFinding>, EnvironmentError> {
        let state = match FolderKind::at(&self.root)? {
            FolderKind::Nothing => return Ok(vec![EnvironmentFinding::Missing]),
            FolderKind::Other(reason) => return Err(self.not_ours(reason)),
            FolderKind::Ours(state) => state,
        };
        if state.phase == Phase::Changing {
            return Ok(vec![EnvironmentFinding::Interrupted]);
        }
        let may_move = state.identity.relocation == Relocation::Relocatable;
        if state.identity.root != self.root && !may_move {
            return Ok(vec![EnvironmentFinding::Moved(state.identity.root)]);
        }
        if !self.has_identity(&state, wanted) {
            let identity = EnvironmentIdentity::of(&self.root, wanted).keeping(&state.identity);
            return Ok(differences(&state.identity, &identity));
        }
        let Some(files) = InstalledFiles::read(&self.root) else {
            return Ok(vec![EnvironmentFinding::Settings]);
        };
        let mut findings = Vec::new();
        let changed = files.changed(&self.root);
        if !changed.is_empty() {
            let places = changed.iter().map(|file| self.root.join(&file.path));
            let mut places: Vec<_> = places.collect();
            places.sort();
            findings.push(EnvironmentFinding::ChangedFiles(places));
        }
        let strays = self.strays(wanted, &files);
        if !strays.other_versions.is_empty() {
            let titles = titles(&strays.other_versions);
            findings.push(EnvironmentFinding::OtherVersions(titles));
        }
        if !strays.foreign.is_empty() {
            findings.push(EnvironmentFinding::Foreign(titles(&strays.foreign)));
        }
        if !findings.is_empty() {
            FolderStamps::forget(&self.root);
        }
        Ok(findings)
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
