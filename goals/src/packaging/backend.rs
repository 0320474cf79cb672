//! Distributions with their own build backend: of `generate_setup=False`, and those with a project
//! file beside their code. A copy of the code that they reach is built in isolation. The resulting archive is packed again, so that its bytes are
//! the same everywhere, whatever times and order the backend gives.

use std::collections::BTreeMap;
use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use engine::{Action, FileIndex, InputFile, InputTree, TreeNode};
use install::build::{BuiltSdist, HookOptions, ProjectSource, SourceIdentity};
use model::InterpreterConstraints;
use wheel::{CoreMetadata, Member, MemberDigest, MemberWriter, write_sdist, write_wheel};
use workspace::pending::alone_in;

use crate::actions::OUTPUT;
use crate::error::GoalError;
use crate::locking::{IndexChoice, PackageIndexes};
use crate::packaging::action_files::input_files;
use crate::packaging::backend_version::{FoundVersions, pretended};
use crate::packaging::setup_py::setup_py;
use crate::packaging::source_file::{Portability, file_member};
use crate::packaging::{OwnBackend, PackagedDistribution};
use crate::session::Session;
use crate::supply::{Builds, COMPILER_VARIABLES};

/// Stands for the way in which backends are called. Another one stands for other results.
const BUILDER: &str = "1";

/// Runs the build backends of distributions.
pub(super) struct Backends<'a> {
    pub session: &'a Session,
    /// The index of what builds require.
    pub index: &'a IndexChoice,
    /// Core metadata of distributions, by address.
    pub metadata: &'a BTreeMap<String, CoreMetadata>,
    /// What backends found as versions, by address.
    pub versions: &'a FoundVersions,
}

/// An unpacked archive that a backend built.
#[derive(Debug)]
pub(super) struct BackendArchive {
    /// Its name.
    pub filename: String,
    /// Whether its backend required more than its project says.
    pub(super) further: bool,
    pub(super) members: Vec<Member>,
    format: Format,
}

#[derive(Debug)]
enum Format {
    /// A wheel, with the name of its `.dist-info` folder.
    Wheel(String),
    /// The members are files of it.
    Sdist { _files: BuiltSdist },
}

impl Backends<'_> {
    /// The wheel that the distribution's backend builds.
    pub(super) fn wheel(
        &self,
        distribution: &PackagedDistribution,
        own: &OwnBackend,
    ) -> Result<BackendArchive, GoalError> {
        self.with_copy(distribution, own, |builds, source| {
            let built = builds.wheel(source)?;
            let files = built.wheel.files();
            let members = files
                .map(|(name, path)| member(path.parent().unwrap_or(&path), &path, name))
                .collect::<Result<Vec<Member>, GoalError>>()?;
            let mut top = members.iter().map(|member| member.path.top_level());
            let dist_info = top.find(|top| top.ends_with(".dist-info"));
            Ok(BackendArchive {
                filename: built.filename.to_string(),
                further: built.further,
                format: Format::Wheel(dist_info.unwrap_or_default().to_owned()),
                members,
            })
        })
    }

    /// The source distribution that the distribution's backend builds.
    pub(super) fn sdist(
        &self,
        distribution: &PackagedDistribution,
        own: &OwnBackend,
    ) -> Result<BackendArchive, GoalError> {
        self.with_copy(distribution, own, |builds, source| {
            let leave_out = "`sdist=False` leaves the source distribution out";
            let built = builds
                .sdist(source)
                .map_err(|error| error.hint(leave_out))?;
            let members = unpacked(&built.folder)?;
            Ok(BackendArchive {
                filename: built.filename.clone(),
                further: built.further,
                members,
                format: Format::Sdist { _files: built },
            })
        })
    }

    /// The action of the archive that the distribution's backend builds, known by what that follows from: the files
    /// that it reaches, what is said to it, the interpreter, what is required, and compilers' variables.
    pub(super) fn action(
        &self,
        distribution: &PackagedDistribution,
        own: &OwnBackend,
        (format, files): (&str, &FileIndex),
    ) -> Result<Action, GoalError> {
        let root = self.session.root();
        let (generated, on_disk): (Vec<_>, Vec<_>) =
            (own.sources.iter()).partition(|file| distribution.generated.contains_key(&file.path));
        let paths: Vec<_> = on_disk.iter().map(|file| root.join(&file.path)).collect();
        let unread = |error: std::io::Error| GoalError::failure(error.to_string());
        let read = input_files(files, &paths).map_err(unread)?;
        let on_disk = on_disk.into_iter().map(|file| file.member.clone());
        let mut nodes: BTreeMap<_, _> = on_disk.zip(read).collect();
        nodes.extend(generated.into_iter().map(|file| {
            let content = distribution.generated[&file.path].to_vec();
            (file.member.clone(), InputFile::literal(content))
        }));
        let project = Utf8Path::new(&own.folder);
        if own.adds_setup_py
            && let Some(metadata) = self.metadata.get(&distribution.address)
        {
            let text = setup_py(distribution, metadata);
            nodes.insert(
                project.join("setup.py").into_string(),
                InputFile::literal(text),
            );
        }
        let nodes = nodes
            .into_iter()
            .map(|(path, file)| (path, TreeNode::File(file)));
        let inputs =
            InputTree::of_nodes(nodes).map_err(|error| GoalError::failure(error.to_string()))?;
        let folder = own.project_folder(root);
        let folder = folder.unwrap_or_else(|| root.join("no project"));
        let made_with = self.with_builds(distribution, HookOptions::default(), |builds| {
            builds.made_with(&folder)
        })?;
        let settings = match format {
            "wheel" => &own.wheel_settings,
            _ => &own.sdist_settings,
        };
        let arguments = [
            "cargo-xtask",
            "build",
            BUILDER,
            format,
            &own.folder,
            &settings.to_string(),
            &own.source_roots.join(":"),
            &made_with.join(" "),
        ];
        let mut action = Action::new(
            format!("package {}: {format} of its backend", distribution.address),
            arguments,
        )
        .inputs(inputs)
        .output(OUTPUT);
        let said = self.variables(distribution, own);
        let seen = COMPILER_VARIABLES.iter().filter_map(|name| {
            let value = self.session.environment.get(*name)?;
            Some(((*name).to_owned(), value.clone()))
        });
        for (name, value) in seen.chain(said) {
            action = action.variable(&name, value);
        }
        Ok(action)
    }

    /// Builds with the interpreter of a distribution.
    fn with_builds<T>(
        &self,
        distribution: &PackagedDistribution,
        options: HookOptions,
        build: impl FnOnce(&Builds<'_>) -> Result<T, GoalError>,
    ) -> Result<T, GoalError> {
        let constraints = distribution.interpreter_constraints.clone();
        let constraints = constraints.unwrap_or_else(InterpreterConstraints::any_recent);
        let index = PackageIndexes::new(self.session, self.index.clone())?.plain_index()?;
        let builds = Builds::new(self.session, &index, &constraints, Vec::new());
        let project = distribution.artifact.name.parse().ok();
        build(&builds.with_options(options).of_project(project))
    }

    /// Works on a copy of everything that the distribution reaches, in a folder whose name is always
    /// the same: compilers write it into what they make.
    fn with_copy(
        &self,
        distribution: &PackagedDistribution,
        own: &OwnBackend,
        build: impl FnOnce(&Builds<'_>, &ProjectSource) -> Result<BackendArchive, GoalError>,
    ) -> Result<BackendArchive, GoalError> {
        let folder = BuildFolder::new(&distribution.artifact.name)?;
        let copy = &folder.path;
        for file in &own.sources {
            let to = copy.join(&file.member);
            match distribution.generated.get(&file.path) {
                Some(content) => write_file(&to, content)?,
                None => copy_file(&self.session.root().join(&file.path), &to)?,
            }
        }
        let project = copy.join(&own.folder);
        if own.adds_setup_py
            && let Some(metadata) = self.metadata.get(&distribution.address)
        {
            let path = project.join("setup.py");
            fs_err::write(&path, setup_py(distribution, metadata))
                .map_err(|error| GoalError::file("write", &path, &error))?;
        }
        let roots = own.source_roots.iter();
        let options = HookOptions {
            wheel_settings: own.wheel_settings.clone(),
            sdist_settings: own.sdist_settings.clone(),
            variables: self.variables(distribution, own),
            import_path: roots.map(|root| copy.join(root)).collect(),
        };
        let source = ProjectSource {
            path: project,
            identity: SourceIdentity::Folder,
        };
        let built = self.with_builds(distribution, options, |builds| build(builds, &source));
        built.map_err(|error| {
            // A copy has no history: what its backend says of the version is of no use then.
            let of_version = self.versions.get(&distribution.address);
            let error = of_version
                .and_then(|asked| asked.clone().err())
                .unwrap_or(error);
            error.at(distribution.place.clone())
        })
    }

    /// What the backend is told: the version that it found where the project lies, and what the target says.
    fn variables(
        &self,
        distribution: &PackagedDistribution,
        own: &OwnBackend,
    ) -> Vec<(String, String)> {
        let version = self.versions.get(&distribution.address);
        let name = distribution.artifact.name.parse().ok();
        let told = name.zip(version.and_then(|version| version.as_ref().ok()));
        let mut variables = told.map_or_else(Vec::new, |(name, version)| pretended(&name, version));
        variables.extend(own.variables.iter().cloned());
        variables
    }
}

/// The folder that a distribution is built in. It is this run's alone until it is dropped.
struct BuildFolder {
    path: Utf8PathBuf,
    _guard: Option<fs_err::File>,
    _temporary: Option<tempfile::TempDir>,
}

impl BuildFolder {
    fn new(name: &str) -> Result<Self, GoalError> {
        let failure = |error: &dyn std::fmt::Display| {
            GoalError::failure(format!("cannot make a temporary folder: {error}"))
        };
        let temporary = tempfile::tempdir().map_err(|error| failure(&error))?;
        let utf8 = |path: &Path| {
            Utf8PathBuf::from_path_buf(path.to_owned())
                .map_err(|path| GoalError::failure(format!("{} is not UTF-8", path.display())))
        };
        let random = utf8(temporary.path())?;
        let Some(common) = common_folder(&random) else {
            return Ok(Self {
                path: random,
                _guard: None,
                _temporary: Some(temporary),
            });
        };
        let folder = common.join(name.replace(['/', '\\', '.'], "-"));
        let guard = alone_in(folder.as_std_path()).map_err(|error| failure(&error))?;
        let path = folder.join("tree");
        match fs_err::remove_dir_all(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(failure(&error));
            }
            _ => {}
        }
        fs_err::create_dir_all(&path).map_err(|error| failure(&error))?;
        Ok(Self {
            path,
            _guard: Some(guard),
            _temporary: None,
        })
    }
}

impl Drop for BuildFolder {
    fn drop(&mut self) {
        if self._guard.is_some() {
            // The next build removes what is left.
            let _ = fs_err::remove_dir_all(&self.path);
        }
    }
}

/// The folder of all builds, if it is this user's: another could exchange what is built there.
/// `own` is a folder of this user.
#[cfg(unix)]
fn common_folder(own: &Utf8Path) -> Option<Utf8PathBuf> {
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
    let folder = own.parent()?.join("cargo-xtask-builds");
    match std::fs::DirBuilder::new().mode(0o700).create(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return None,
        _ => {}
    }
    let found = fs_err::symlink_metadata(&folder).ok()?;
    let is_own = found.is_dir()
        && found.uid() == fs_err::metadata(own).ok()?.uid()
        && found.mode() & 0o077 == 0;
    is_own.then_some(folder)
}

#[cfg(not(unix))]
fn common_folder(own: &Utf8Path) -> Option<Utf8PathBuf> {
    let folder = own.parent()?.join("cargo-xtask-builds");
    fs_err::create_dir_all(&folder).ok()?;
    Some(folder)
}

impl BackendArchive {
    /// The names of its members.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|member| member.path.as_str())
    }

    /// Whether it is a wheel.
    pub(super) fn is_wheel(&self) -> bool {
        matches!(self.format, Format::Wheel(_))
    }

    /// Gives its members to a writer.
    pub(super) fn write_to(
        &self,
        writer: &mut impl MemberWriter,
    ) -> Result<Vec<MemberDigest>, wheel::ArchiveError> {
        let members = self.members.clone();
        match &self.format {
            Format::Wheel(dist_info) => write_wheel(members, dist_info, writer),
            Format::Sdist { .. } => write_sdist(members, writer),
        }
    }
}

/// The files of an unpacked source distribution. Archives of ours have no links: what is linked is there twice.
fn unpacked(root: &Utf8Path) -> Result<Vec<Member>, GoalError> {
    let mut members = Vec::new();
    let mut folders = vec![(root.to_owned(), String::new())];
    while let Some((folder, above)) = folders.pop() {
        let error = |error: std::io::Error| GoalError::file("read", &folder, &error);
        let itself = folder.canonicalize_utf8().map_err(error)?;
        for entry in folder.read_dir_utf8().map_err(error)? {
            let entry = entry.map_err(error)?;
            let (path, name) = (entry.path(), format!("{above}{}", entry.file_name()));
            if !path.is_dir() {
                members.push(member(root, path, &name)?);
                continue;
            }
            let target = path.canonicalize_utf8().map_err(error)?;
            if itself.starts_with(&target) {
                let link = format!("`{name}` is a symbolic link to a folder that it lies in");
                return Err(GoalError::failure(link).hint("leave the link out of the project"));
            }
            folders.push((path.to_owned(), format!("{name}/")));
        }
    }
    Ok(members)
}

/// A file below a folder, as a member of this name.
fn member(folder: &Utf8Path, path: &Utf8Path, name: &str) -> Result<Member, GoalError> {
    let error = |error: std::io::Error| GoalError::file("open", path, &error);
    let root = folder.canonicalize_utf8().map_err(error)?;
    let relative = path.strip_prefix(folder).unwrap_or(path).as_std_path();
    file_member(
        root.as_std_path(),
        relative,
        (name, Portability::NotWindows),
    )
    .map_err(|error| GoalError::failure(error.to_string()))
}

fn write_file(to: &Utf8Path, content: &[u8]) -> Result<(), GoalError> {
    make_folder_of(to)?;
    fs_err::write(to, content).map_err(|error| GoalError::file("write", to, &error))
}

fn make_folder_of(path: &Utf8Path) -> Result<(), GoalError> {
    let folder = path.parent().unwrap_or(path);
    fs_err::create_dir_all(folder).map_err(|error| GoalError::file("make", folder, &error))
}

fn copy_file(from: &Utf8Path, to: &Utf8Path) -> Result<(), GoalError> {
    make_folder_of(to)?;
    fs_err::copy(from, to).map_err(|error| GoalError::file("copy", from, &error))?;
    Ok(())
}
