//! Versions that only the build backends of projects can tell, as of git's tags: asked where the projects lie, since a
//! copy has no history.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use git::{Git, GitError};
use install::build::{HookOptions, ProjectSource, SourceIdentity};
use model::{InterpreterConstraints, PackageName, Sha256, Version};
use rayon::prelude::*;
use toml_edit::Document;
use workspace::files;

use super::project_version::item;
use super::{PRETENDED_VERSION, PackagedDistribution};
use crate::error::GoalError;
use crate::locking::{IndexChoice, PackageIndexes};
use crate::session::Session;
use crate::supply::{Builds, VersionHook};

/// Asks the build backends of a repository's projects.
pub(crate) struct BackendVersions<'a> {
    pub(crate) session: &'a Session,
    /// Where what they require comes from.
    pub(crate) index: &'a IndexChoice,
}

/// A project whose backend finds its version.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UnversionedProject<'a> {
    pub(crate) name: &'a PackageName,
    /// Its folder, absolute.
    pub(crate) folder: &'a Utf8Path,
}

/// The folder of versions, in the cache. A new format gets a new name.
const FOLDER: &str = "project-versions-1";

/// Names of files on which a version may depend that git need not know.
const PROJECT_FILES: [&str; 3] = ["pyproject.toml", "setup.cfg", "setup.py"];

/// The version of each distribution whose backend finds one, or why it finds none, by address.
pub(super) type FoundVersions = BTreeMap<String, Result<Version, GoalError>>;

impl BackendVersions<'_> {
    /// The versions of those distributions whose backends find them.
    pub(super) fn of_distributions(&self, all: &[PackagedDistribution]) -> FoundVersions {
        let asked = all.iter().filter_map(|distribution| {
            let own = distribution.own_backend.as_ref();
            let own = own.filter(|own| own.finds_version)?;
            let name: PackageName = distribution.artifact.name.parse().ok()?;
            let folder = own.project_folder(self.session.root())?;
            Some((distribution.address.clone(), name, folder))
        });
        let asked: Vec<_> = asked.collect();
        let projects = asked
            .iter()
            .map(|(_, name, folder)| UnversionedProject { name, folder });
        let versions = self.ask(&projects.collect::<Vec<_>>());
        let addresses = asked.iter().map(|(address, ..)| address.clone());
        addresses.zip(versions).collect()
    }

    /// The versions of projects, in their order. What git says of the repository is asked once.
    ///
    /// # Errors
    /// For each project: what its backend requires cannot be had, or it fails.
    pub(crate) fn ask(
        &self,
        projects: &[UnversionedProject<'_>],
    ) -> Vec<Result<Version, GoalError>> {
        let asked = self.ask_all(projects);
        asked.unwrap_or_else(|error| {
            let reason = error.to_string();
            let same = |_| Err(GoalError::failure(reason.clone()));
            projects.iter().map(same).collect()
        })
    }

    fn ask_all(
        &self,
        projects: &[UnversionedProject<'_>],
    ) -> Result<Vec<Result<Version, GoalError>>, GoalError> {
        if let Some(version) = self.session.environment.get(PRETENDED_VERSION)
            && let Ok(version) = version.parse::<Version>()
        {
            return Ok(projects.iter().map(|_| Ok(version.clone())).collect());
        }
        if projects.is_empty() {
            return Ok(Vec::new());
        }
        let kept = self.kept_files(projects)?;
        let known = |(project, kept): (&UnversionedProject<'_>, &Option<Utf8PathBuf>)| {
            let file = kept.as_ref()?;
            let is_written = |path: &Utf8PathBuf| project.folder.join(path).is_file();
            let text = fs_err::read_to_string(file).ok()?;
            let all = written_files(project.folder).iter().all(is_written);
            text.parse().ok().filter(|_: &Version| all)
        };
        let known: Vec<Option<Version>> = projects.iter().zip(&kept).map(known).collect();
        if known.iter().all(Option::is_some) {
            return Ok(known.into_iter().flatten().map(Ok).collect());
        }
        let index = PackageIndexes::new(self.session, self.index.clone())?.plain_index()?;
        let settings = &self.session.settings;
        let constraints = settings.interpreter_constraints(&settings.python.default_resolve);
        let constraints =
            constraints.map_or_else(|_| InterpreterConstraints::any_recent(), Clone::clone);
        let scratch = tempfile::tempdir().map_err(|error| failure(&error))?;
        let builds = Builds::new(self.session, &index, &constraints, Vec::new())
            .with_options(in_place(scratch.path()).map_err(|error| failure(&error))?);
        let work = projects.par_iter().zip(kept).zip(known);
        let answers = work.map(|((project, kept), known)| match known {
            Some(version) => Ok(version),
            None => answer(&builds, project, kept.as_deref()),
        });
        Ok(answers.collect())
    }

    /// The file with the version of each in the cache; `None` where nothing says when the version changes.
    fn kept_files(
        &self,
        projects: &[UnversionedProject<'_>],
    ) -> Result<Vec<Option<Utf8PathBuf>>, GoalError> {
        let cache = self.session.cache()?.join(FOLDER);
        let mut states: BTreeMap<&Utf8Path, Option<String>> = BTreeMap::new();
        let mut files = Vec::new();
        for project in projects {
            let mut above = project.folder.ancestors();
            let top = above.find(|folder| folder.join(".git").exists());
            let top = top.unwrap_or(project.folder);
            let state = match states.get(top) {
                Some(state) => state,
                None => states.entry(top).or_insert(git_state(top)?),
            };
            let key = state.as_ref().map(|state| {
                let own = PROJECT_FILES.map(|name| {
                    let content = fs_err::read(project.folder.join(name)).unwrap_or_default();
                    Sha256::of(&content).to_string()
                });
                format!("{} {state} {}", project.folder, own.join(" "))
            });
            files.push(key.map(|key| cache.join(Sha256::of(key.as_bytes()).to_string())));
        }
        Ok(files)
    }
}

fn answer(
    builds: &Builds<'_>,
    project: &UnversionedProject<'_>,
    kept: Option<&Utf8Path>,
) -> Result<Version, GoalError> {
    let source = ProjectSource {
        path: project.folder.to_owned(),
        identity: SourceIdentity::Folder,
    };
    let hook = match has_hatch_hook(project.folder) {
        true => VersionHook::Editable,
        false => VersionHook::Metadata,
    };
    let version = builds.version_in_place(&source, project.name, hook)?;
    if let Some(file) = kept {
        // Without it the backend is asked again.
        let _ = files::replace(file, version.to_string().as_bytes());
    }
    Ok(version)
}

/// Variables by which tools that ask git for a version are told one: a copy of a project has no history.
pub(super) fn pretended(project: &PackageName, version: &Version) -> Vec<(String, String)> {
    let own = project.as_str().to_uppercase().replace('-', "_");
    let names = [
        PRETENDED_VERSION.to_owned(),
        format!("{PRETENDED_VERSION}_FOR_{own}"),
        "PDM_BUILD_SCM_VERSION".to_owned(),
        "POETRY_DYNAMIC_VERSIONING_BYPASS".to_owned(),
        "UV_DYNAMIC_VERSIONING_BYPASS".to_owned(),
        "PBR_VERSION".to_owned(),
    ];
    names.map(|name| (name, version.to_string())).into()
}

fn failure(error: &dyn std::fmt::Display) -> GoalError {
    GoalError::failure(format!("cannot make a temporary folder: {error}"))
}

/// setuptools writes its `.egg-info` beside the code, unless it is told another folder.
fn in_place(scratch: &std::path::Path) -> std::io::Result<HookOptions> {
    let (config, bases) = (scratch.join("distutils.cfg"), scratch.join("egg-info"));
    fs_err::create_dir(&bases)?;
    fs_err::write(
        &config,
        format!("[egg_info]\negg_base = {}\n", bases.display()),
    )?;
    let variable = ("DIST_EXTRA_CONFIG".to_owned(), config.display().to_string());
    Ok(HookOptions {
        variables: vec![variable],
        ..HookOptions::default()
    })
}

/// What a version follows from in the git repository: its commit, branch and tags, and what differs from the commit.
/// `None` outside of a repository, and before the first commit.
fn git_state(root: &Utf8Path) -> Result<Option<String>, GitError> {
    let git = Git::at(root);
    let Ok(Some(head)) = git.maybe(&["rev-parse", "HEAD", "--abbrev-ref", "HEAD"]) else {
        return Ok(None);
    };
    let tags = git
        .bytes(&["show-ref", "--tags", "--dereference"])
        .unwrap_or_default();
    let edits = git.bytes(&["diff", "HEAD"])?;
    let is_shallow = git.is_shallow()?;
    let [tags, edits] = [tags, edits].map(|bytes| Sha256::of(&bytes).to_string());
    Ok(Some(format!("{head} {tags} {edits} {is_shallow}")))
}

fn manifest(folder: &Utf8Path) -> Option<Document<String>> {
    let text = fs_err::read_to_string(folder.join("pyproject.toml")).ok()?;
    Document::parse(text).ok()
}

/// The hook that writes a module with the version.
const HATCH_HOOKS: [&[&str]; 2] = [
    &["tool", "hatch", "build", "hooks", "vcs"],
    &["tool", "hatch", "build", "targets", "wheel", "hooks", "vcs"],
];

/// Whether hatch writes a module with the version, which it does only when it builds.
fn has_hatch_hook(folder: &Utf8Path) -> bool {
    let document = manifest(folder);
    document.is_some_and(|document| {
        let mut hooks = HATCH_HOOKS.iter();
        hooks.any(|keys| item(document.as_item(), keys).is_some())
    })
}

/// The modules that backends write beside the code when they are asked: its imports need them.
fn written_files(folder: &Utf8Path) -> BTreeSet<Utf8PathBuf> {
    let Some(document) = manifest(folder) else {
        return BTreeSet::new();
    };
    let path = |keys: &[&str], key: &str| {
        let path = item(document.as_item(), keys)?.get(key)?.as_str()?;
        Some(Utf8PathBuf::from(path))
    };
    let hatch = HATCH_HOOKS
        .iter()
        .filter_map(|keys| path(keys, "version-file"));
    let scm = path(&["tool", "setuptools_scm"], "version_file");
    hatch.chain(scm).collect()
}
