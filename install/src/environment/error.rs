//! Why an environment cannot be made or changed.

use std::io;

use camino::Utf8PathBuf;
use model::{PackageName, Sha256};

/// Why an environment cannot be made or changed. The old environment is kept, or is repaired by the
/// next run.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// The folder is something else.
    #[error("{folder} is not an environment of ours: {reason}")]
    NotOurs {
        /// The folder.
        folder: Utf8PathBuf,
        /// What the folder is.
        reason: &'static str,
    },
    /// A wheel is not in the store.
    #[error("the wheel of {name} is not in the store")]
    NotInStore {
        /// The project.
        name: PackageName,
        /// The wheel's hash.
        sha256: Sha256,
    },
    /// A file of the store was changed, usually by an editor that followed a hard link.
    #[error("the file {file} of the store was changed, so that {name} must be unpacked again")]
    DamagedStore {
        /// The project.
        name: PackageName,
        /// The wheel's hash.
        sha256: Sha256,
        /// The file.
        file: Utf8PathBuf,
    },
    /// A file of one package stands where another one has a folder.
    #[error("{path} is a file in {file} and a folder in {folder}")]
    FileAndFolder {
        /// The path, relative to the environment.
        path: String,
        /// The package that has a file there.
        file: String,
        /// The package that has a folder there.
        folder: String,
    },
    /// An entry point of a project of the repository cannot be made.
    #[error("the entry point `{name} = {value}` of {project} cannot be made: {problem}")]
    EntryPoint {
        /// The project.
        project: PackageName,
        /// The entry point's name.
        name: String,
        /// Its value.
        value: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Modules cannot be compiled.
    #[error("the modules of {folder} cannot be compiled: {reason}")]
    Compile {
        /// The environment.
        folder: Utf8PathBuf,
        /// What Python says.
        reason: String,
    },
    /// Environments on this system have another layout, which this tool cannot write.
    #[error("environments on {0} are not supported yet")]
    System(String),
    /// A file cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
}
