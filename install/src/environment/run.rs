//! One run that makes an environment or changes it in place.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use camino::{Utf8Path, Utf8PathBuf};
use model::PackageName;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::compile::{StoredModule, compile, link_compiled};
use super::damage::Changes;
use super::error::EnvironmentError;
use super::folder_stamps::FolderStamps;
use super::folders::fold;
use super::items::{CopyTime, ItemContent, PackageItems, of_project, of_wheel};
use super::layout::Layout;
use super::listing::{InstalledFile, InstalledFiles};
use super::owners::{PathCase, settle};
use super::place::{ItemToPlace, check_source, place_all, remove_all, remove_bytecode};
use super::report::{SyncOutcome, SyncReport, titles};
use super::skeleton::skeleton;
use super::state::{Phase, State};
use super::strays::{InstalledDistribution, installed};
use super::wanted::{
    Bytecode, EnvironmentContents, EnvironmentIdentity, ForeignPackages, LinkMode, Relocation,
    Renewal,
};
use crate::files;
use crate::protected::LIST_FILE;
use crate::store::UnpackedWheel;

/// A run over one environment, with everything that should be in it.
pub(crate) struct EnvironmentRun<'a> {
    root: &'a Utf8Path,
    wanted: &'a EnvironmentContents<'a>,
    layout: Layout,
    identity: EnvironmentIdentity,
    // The skeleton comes first.
    packages: Vec<PackageItems<'a>>,
    folders: FolderLinks,
}

/// Whether a folder that one wheel has alone is a link into the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FolderLinks {
    /// It is a folder with the wheel's files.
    None,
    /// It is a link.
    Made,
}

impl<'a> EnvironmentRun<'a> {
    pub(crate) fn new(
        root: &'a Utf8Path,
        wanted: &'a EnvironmentContents<'a>,
        wheels: &'a [UnpackedWheel],
    ) -> Result<Self, EnvironmentError> {
        let system = wanted.interpreter.sys_platform();
        if system == "win32" {
            return Err(EnvironmentError::System(system.to_owned()));
        }
        let layout = Layout::new(root, wanted.interpreter).with(wanted.policy.relocation);
        let identity = EnvironmentIdentity::of(root, wanted);
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
            root,
            wanted,
            layout,
            identity,
            packages,
            folders: FolderLinks::None,
        })
    }

    /// The same, with links to folders of the store.
    pub(crate) fn linking_folders(mut self) -> Self {
        self.folders = FolderLinks::Made;
        self
    }

    pub(crate) fn reason_to_rebuild(
        &self,
        state: &State,
        renewal: Renewal,
    ) -> Option<&'static str> {
        if renewal == Renewal::Asked {
            return Some("that was asked for");
        }
        if state.phase == Phase::Changing {
            return Some("the run before was interrupted");
        }
        let may_move = state.identity.relocation == Relocation::Relocatable;
        if state.identity.root != self.identity.root && !may_move {
            return Some("it was moved");
        }
        if state.identity.python != self.identity.python {
            return Some("its Python is another");
        }
        None
    }

    /// Builds the environment beside its path and renames it.
    pub(crate) fn build(&mut self, outcome: SyncOutcome) -> Result<SyncReport, EnvironmentError> {
        let parent = self.root.parent().unwrap_or(Utf8Path::new("/"));
        fs_err::create_dir_all(parent)?;
        let collisions = settle(&mut self.packages, PathCase::of(parent))?;
        if self.folders == FolderLinks::Made {
            fold(&mut self.packages, self.layout.purelib());
        }
        let mut state = State::new(Phase::Complete, self.identity.clone());
        self.set_times(&mut state, &FxHashSet::default());
        let purpose = format!("{}-", self.root.file_name().unwrap_or_default());
        files::remove_temporary_folders(parent, &purpose)?;
        let temporary = files::temporary_folder(parent, &purpose)?;
        let new = files::utf8(temporary.path())?.join("new");
        let items: Vec<_> = self.items().collect();
        let listed = || {
            let files = items.iter();
            let files = files.map(|one| InstalledFile::of(one.item, one.placed));
            InstalledFiles::new(files.collect()).bytes()
        };
        let (placed, listed) = rayon::join(|| place_all(&new, &items), listed);
        placed?;
        self.compile(&new)?;
        files::write_atomically(&new.join(LIST_FILE), &listed?)?;
        state.write(&new)?;
        let old = new.with_file_name("old");
        if self.root.symlink_metadata().is_ok() {
            fs_err::rename(self.root, &old)?;
        }
        fs_err::rename(&new, self.root)?;
        let nothing = EnvironmentIdentity {
            wheels: Vec::new(),
            projects: Vec::new(),
            ..self.identity.clone()
        };
        Ok(SyncReport {
            changes: Changes::between(&nothing, &self.identity),
            collisions,
            ..SyncReport::of(outcome)
        })
    }

    /// Changes an existing environment.
    pub(crate) fn change(&mut self, before: &State) -> Result<SyncReport, EnvironmentError> {
        self.identity = self.identity.clone().keeping(&before.identity);
        let collisions = settle(&mut self.packages, PathCase::of(self.root))?;
        let changes = Changes::between(&before.identity, &self.identity);
        let same = self.unchanged_packages(before, &changes);
        let mut state = State::new(Phase::Changing, self.identity.clone());
        state.copied.clone_from(&before.copied);
        self.set_times(&mut state, &same);
        let old_files = InstalledFiles::read(self.root).unwrap_or_default();
        let compared = self.compare(&old_files, &same, before.identity.link_mode);
        let removal = self.removal(&before.identity, &old_files)?;
        let report = SyncReport {
            removed: titles(&removal.others),
            collisions,
            ..SyncReport::of(SyncOutcome::Changed).with_foreign(&removal.kept)
        };
        let is_right = compared.wrong.is_empty() && removal.paths.is_empty();
        if is_right && before.identity == self.identity && compared.list == old_files {
            return Ok(SyncReport {
                outcome: SyncOutcome::Unchanged,
                ..report
            });
        }
        // This comes before any change. Only files that the store lost are unpacked again then.
        compared
            .wrong
            .iter()
            .try_for_each(|one| check_source(one.item))?;
        state.write(self.root)?;
        FolderStamps::forget(self.root);
        for one in &compared.wrong {
            remove_bytecode(&self.root.join(&one.item.path))?;
        }
        place_all(self.root, &compared.wrong)?;
        remove_all(self.root, removal.paths.iter().map(String::as_str))?;
        let recompile = before.identity.bytecode != self.identity.bytecode;
        if recompile || !compared.wrong.is_empty() {
            self.compile(self.root)?;
        }
        compared.list.write(self.root)?;
        state.phase = Phase::Complete;
        state.write(self.root)?;
        Ok(SyncReport {
            restored: compared.restored,
            changes,
            ..report
        })
    }

    fn items<'p>(&'p self) -> impl Iterator<Item = ItemToPlace<'p, 'a>> {
        self.packages.iter().flat_map(|package| {
            package.items.iter().map(|item| ItemToPlace {
                item,
                placed: package.placed,
            })
        })
    }

    /// The packages that the environment has already as they should be; `None` is the skeleton.
    fn unchanged_packages(
        &self,
        before: &State,
        changes: &Changes,
    ) -> FxHashSet<Option<PackageName>> {
        let (old, new) = (&before.identity, &self.identity);
        let fresh: FxHashSet<&PackageName> = changes.fresh().collect();
        let names = new.names().filter(|name| !fresh.contains(name));
        let mut same: FxHashSet<_> = names.map(|name| Some(name.clone())).collect();
        let same_place = old.root == new.root && old.relocation == new.relocation;
        if old.prompt == new.prompt && old.source_roots == new.source_roots && same_place {
            same.insert(None);
        }
        if old.link_mode != new.link_mode {
            same.retain(|name| name.is_none());
        }
        same
    }

    /// When files are copied, they get the time of now, and keep that until their package changes.
    fn set_times(&mut self, state: &mut State, same: &FxHashSet<Option<PackageName>>) {
        if self.wanted.policy.link_mode == LinkMode::Hardlink {
            state.copied.clear();
            return;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.unwrap_or_default().as_secs();
        let before = std::mem::take(&mut state.copied);
        for package in &mut self.packages {
            let Some(name) = package.name else { continue };
            let kept = before
                .get(name)
                .filter(|_| same.contains(&Some(name.clone())));
            let seconds = *kept.unwrap_or(&now);
            state.copied.insert(name.clone(), seconds);
            package.placed = CopyTime(Some(UNIX_EPOCH + Duration::from_secs(seconds)));
        }
    }

    /// Compares the files that should be there with those that are.
    ///
    /// A file is right if one of the same content was put there and is as it was: the store may have
    /// unpacked it again since, at another time.
    fn compare<'p>(
        &'p self,
        old: &InstalledFiles,
        same: &FxHashSet<Option<PackageName>>,
        link_mode: LinkMode,
    ) -> ComparedFiles<'p, 'a> {
        let as_before = link_mode == self.identity.link_mode;
        let old: FxHashMap<&str, &InstalledFile> = old.by_path().collect();
        let packages = self.packages.par_iter().flat_map(|package| {
            let is_same = same.contains(&package.name.cloned());
            let old = &old;
            let root = self.root;
            package.items.par_iter().with_min_len(64).map(move |item| {
                let placed = package.placed;
                let one = ItemToPlace { item, placed };
                let new = InstalledFile::of(item, placed);
                let before = old.get(item.path.as_str());
                let Some(before) = before.filter(|file| file.has_content_of(&new)) else {
                    return (one, new, FileState::New);
                };
                let expected = if as_before {
                    (*before).clone()
                } else {
                    new.clone()
                };
                match expected.is_intact(root) {
                    true => (one, expected, FileState::Right),
                    false if is_same => (one, new, FileState::Damaged),
                    false => (one, new, FileState::New),
                }
            })
        });
        let files: Vec<_> = packages.collect();
        let mut compared = ComparedFiles::default();
        let mut list = Vec::with_capacity(files.len());
        for (one, file, state) in files {
            if state == FileState::Damaged {
                compared.restored.push(self.root.join(&one.item.path));
            }
            if state != FileState::Right {
                compared.wrong.push(one);
            }
            list.push(file);
        }
        compared.list = InstalledFiles::new(list);
        compared.restored.sort();
        compared
    }

    /// What should not be there: files of packages that are gone or have another version, and other
    /// versions of packages that someone else installed.
    fn removal(
        &self,
        old: &EnvironmentIdentity,
        old_files: &InstalledFiles,
    ) -> Result<FilesToRemove, EnvironmentError> {
        let kept: FxHashSet<&str> = self.items().map(|one| one.item.path.as_str()).collect();
        let own: FxHashSet<&str> = kept
            .iter()
            .filter_map(|path| path.strip_suffix("/RECORD"))
            .collect();
        let known: FxHashSet<&PackageName> = old.names().chain(self.identity.names()).collect();
        let mut removal = FilesToRemove::default();
        for found in installed(self.root, &self.layout) {
            if own.contains(format!("{}/{}", found.site, found.dist_info).as_str()) {
                continue;
            }
            let was_ours = old.has(&found.name, &found.version);
            let is_foreign = !known.contains(&found.name);
            if is_foreign && self.wanted.policy.foreign == ForeignPackages::Kept {
                removal.kept.push(found);
                continue;
            }
            removal.paths.extend(found.paths(self.root)?);
            if !was_ours {
                removal.others.push(found);
            }
        }
        let old_files = old_files.by_path().map(|(path, _)| path.to_owned());
        removal.paths.extend(old_files);
        if self.identity.source_roots.is_empty() && !old.source_roots.is_empty() {
            let site = self.layout.purelib();
            let sources = format!("{site}/{}", super::skeleton::SOURCES_PTH);
            removal.paths.push(sources);
        }
        removal.paths.retain(|path| !kept.contains(path.as_str()));
        removal.paths.sort();
        removal.paths.dedup();
        Ok(removal)
    }

    /// Compiles the modules in `place`, if that is wanted.
    fn compile(&self, place: &Utf8Path) -> Result<(), EnvironmentError> {
        match (self.identity.bytecode, self.identity.link_mode) {
            (Bytecode::OnImport, _) => Ok(()),
            (Bytecode::Ahead, LinkMode::Copy) => {
                compile(place, &self.layout, self.wanted.interpreter)
            }
            (Bytecode::Ahead, LinkMode::Hardlink) => {
                link_compiled(place, &self.modules(), self.wanted.interpreter)
            }
        }
    }

    /// The modules that are files of the store.
    fn modules(&self) -> Vec<StoredModule<'_>> {
        let sites = [self.layout.purelib(), self.layout.platlib()];
        let modules = self.items().filter_map(|one| {
            let ItemContent::Stored { wheel, file } = &one.item.content else {
                return None;
            };
            let path = one.item.path.as_str();
            let is_module =
                path.ends_with(".py") && sites.iter().any(|site| path.starts_with(site));
            is_module.then_some(StoredModule {
                path,
                wheel,
                file: &file.path,
            })
        });
        modules.collect()
    }
}

/// The files that should be there, compared with those that are.
#[derive(Default)]
struct ComparedFiles<'p, 'a> {
    /// Those to be put there.
    wrong: Vec<ItemToPlace<'p, 'a>>,
    /// Those of them that someone changed or removed.
    restored: Vec<Utf8PathBuf>,
    /// All, as they are then.
    list: InstalledFiles,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FileState {
    Right,
    Damaged,
    New,
}

#[derive(Default)]
struct FilesToRemove {
    /// Relative to the root.
    paths: Vec<String>,
    /// Packages that someone else installed and that go.
    others: Vec<InstalledDistribution>,
    /// Packages that someone else installed and that stay.
    kept: Vec<InstalledDistribution>,
}
