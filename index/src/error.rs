//! Errors of this room, with the facts that a message needs: what was attempted, for which package,
//! at which URL, how often, and why it failed. URLs in them are redacted.

use std::io;
use std::sync::Arc;

use camino::Utf8PathBuf;
use model::{DistFile, PackageName, Sha256, Version};
use transport::TransportError;

/// Why the index has no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum IndexError {
    /// No answer came over the network.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// No index and no `find_links` folder or page has the package.
    #[error("there is no package `{name}` in {}", .looked_in.join(", "))]
    NoSuchPackage {
        /// The package.
        name: PackageName,
        /// The URLs and folders that were asked, in order, redacted.
        looked_in: Vec<String>,
    },
    /// The package is a distribution of the repository itself, which no index is asked for.
    #[error(
        "`{name}` is the distribution `{address}` of this repository, and no index is asked for it"
    )]
    OwnDistribution {
        /// The package.
        name: PackageName,
        /// The address of its target.
        address: String,
    },
    /// The package does not have this version, or not any more, or not before the cut-off.
    #[error("`{name}` has no version {version}")]
    NoSuchVersion {
        /// The package.
        name: PackageName,
        /// The version.
        version: Version,
    },
    /// The index does not list the file, or not any more.
    #[error("the index lists no file `{filename}` for `{name}` {version}")]
    NoSuchFile {
        /// The package.
        name: PackageName,
        /// The version.
        version: Version,
        /// The file.
        filename: String,
    },
    /// The policy admits no file of the release.
    #[error("`{name}` {version} has no {wanted}")]
    NoUsableFile {
        /// The package.
        name: PackageName,
        /// The version.
        version: Version,
        /// `wheel`, `source distribution` or `file`.
        wanted: &'static str,
    },
    /// The metadata is only known after this source distribution is built. The file is in the
    /// cache.
    #[error("the metadata of `{name}` {version} is known only once `{}` is built", .file.filename)]
    NeedsBuild {
        /// The package.
        name: PackageName,
        /// The version.
        version: Version,
        /// The file, as it is listed.
        file: Box<DistFile>,
        /// The path of the file on this machine. Its digest was checked.
        path: Utf8PathBuf,
        /// The key for [`crate::Index::store_built_metadata`].
        sha256: Sha256,
    },
    /// The digest of a file is wrong.
    #[error("`{filename}` from {url} has the wrong hash: expected sha256 {expected}, got {actual}")]
    Hash {
        /// The file.
        filename: String,
        /// The URL it came from.
        url: String,
        /// The expected digest.
        expected: Sha256,
        /// The digest of the file, or the one that the index lists.
        actual: Sha256,
    },
    /// A file's metadata cannot be read.
    #[error("the metadata in `{filename}` cannot be read: {reason}")]
    Metadata {
        /// The file.
        filename: String,
        /// Why it cannot be read.
        reason: String,
    },
    /// A file or folder on this machine cannot be read or written.
    #[error("cannot {action} {path}: {source}")]
    File {
        /// What was attempted: `write the cache file`, `read`.
        action: &'static str,
        /// The path.
        path: Utf8PathBuf,
        /// Why it failed.
        source: Arc<io::Error>,
    },
    /// A cached file was damaged. It was removed, and the next run downloads it again.
    #[error("the cache file {path} was damaged and has been removed; run again")]
    Damaged {
        /// The path.
        path: Utf8PathBuf,
    },
    /// Git could not get a revision of a repository.
    #[error("cannot get `{revision}` of {url} by git: {reason}")]
    Git {
        /// The repository.
        url: String,
        /// The revision.
        revision: String,
        /// The message of git.
        reason: String,
    },
    /// There are more indexes than a lock can number.
    #[error("more than 255 package indexes are configured")]
    TooManyIndexes,
    /// No setting names an index.
    #[error("no package index is configured, and no pip was found to ask for its default")]
    NoIndex,
}

/// What to do about a file that has another hash than it should.
pub const REPLACED_FILE_HINT: &str = "someone replaced the file, or the connection is tampered with: \
     find out which before you lock again";

impl IndexError {
    /// What the user can do about it, if that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Transport(error) => error.hint(),
            Self::NoSuchPackage { .. } => {
                Some("check the name; a further index is set under `[python-repos] indexes`".into())
            }
            Self::OwnDistribution { name, .. } => Some(format!(
                "remove it from the requirements; what packages require of it, \
                 `resolves_to_excludes = {{ RESOLVE = [\"{name}\"] }}` in `[python]` leaves out"
            )),
            Self::Hash { .. } => Some(REPLACED_FILE_HINT.into()),
            Self::File { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                Some("free some space, or name another cache folder".into())
            }
            Self::File { source, .. }
                if matches!(
                    source.kind(),
                    io::ErrorKind::PermissionDenied
                        | io::ErrorKind::ReadOnlyFilesystem
                        | io::ErrorKind::NotFound
                        | io::ErrorKind::NotADirectory
                ) =>
            {
                Some("name a cache folder that can be written".into())
            }
            Self::NoIndex => Some(
                "name one: `--index-url URL`, PIP_INDEX_URL, or `[python-repos] indexes`".into(),
            ),
            _ => None,
        }
    }

    pub(crate) fn file(
        action: &'static str,
        path: impl Into<Utf8PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            action,
            path,
            source: Arc::new(without_path(source)),
        }
    }
}

/// `fs_err` adds the path to its messages, and our messages already have it.
fn without_path(error: io::Error) -> io::Error {
    let plain = io::Error::from(error.kind());
    // An error without a name in the standard library has its number only in the message.
    if plain.to_string().starts_with("uncategorized") {
        error
    } else {
        plain
    }
}
