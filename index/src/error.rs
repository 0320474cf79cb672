//! What can go wrong, with the facts that a message needs: what was attempted, for which package,
//! where, how often, and why it failed. URLs in here are redacted.

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
    /// No index and no `find_links` place has the package.
    #[error("there is no package `{name}` in {}", .looked_in.join(", "))]
    NoSuchPackage {
        /// The package.
        name: PackageName,
        /// The places asked, in order, redacted.
        looked_in: Vec<String>,
    },
    /// The package has no such version (any more, or before the cut-off).
    #[error("`{name}` has no version {version}")]
    NoSuchVersion {
        /// The package.
        name: PackageName,
        /// The version.
        version: Version,
    },
    /// The index does not list the file (any more).
    #[error("the index lists no file `{filename}` for `{name}` {version}")]
    NoSuchFile {
        /// The package.
        name: PackageName,
        /// The version.
        version: Version,
        /// The file.
        filename: String,
    },
    /// The release has no file that the policy admits.
    #[error("`{name}` {version} has no {wanted}")]
    NoUsableFile {
        /// The package.
        name: PackageName,
        /// The version.
        version: Version,
        /// `wheel`, `source distribution` or `file`.
        wanted: &'static str,
    },
    /// The metadata is known only once this source distribution is built; the file is in the cache.
    #[error("the metadata of `{name}` {version} is known only once `{}` is built", .file.filename)]
    NeedsBuild {
        /// The package.
        name: PackageName,
        /// The version.
        version: Version,
        /// The file as listed.
        file: Box<DistFile>,
        /// Where it is on this machine, checked.
        path: Utf8PathBuf,
        /// What [`crate::Index::store_built_metadata`] wants to know it by.
        sha256: Sha256,
    },
    /// A file is not what it should be.
    #[error("`{filename}` from {url} has the wrong hash: expected sha256 {expected}, got {actual}")]
    Hash {
        /// The file.
        filename: String,
        /// Where it came from.
        url: String,
        /// The digest that it should have.
        expected: Sha256,
        /// The digest that it has, or that the index lists.
        actual: Sha256,
    },
    /// A file's metadata cannot be read.
    #[error("the metadata in `{filename}` cannot be read: {reason}")]
    Metadata {
        /// The file.
        filename: String,
        /// Why not.
        reason: String,
    },
    /// A file or folder on this machine cannot be read or written.
    #[error("cannot {action} {path}: {source}")]
    File {
        /// `write the cache file`, `read`.
        action: &'static str,
        /// The path.
        path: Utf8PathBuf,
        /// Why not.
        source: Arc<io::Error>,
    },
    /// A cached file is damaged; it was removed, so that the next run fetches it again.
    #[error("the cache file {path} was damaged and has been removed; run again")]
    Damaged {
        /// The path.
        path: Utf8PathBuf,
    },
    /// Git could not get a revision.
    #[error("cannot get `{revision}` of {url} by git: {reason}")]
    Git {
        /// The repository.
        url: String,
        /// The revision.
        revision: String,
        /// What git says.
        reason: String,
    },
    /// More indexes are configured than a lock can tell apart.
    #[error("more than 255 package indexes are configured")]
    TooManyIndexes,
    /// Nothing says which index to use.
    #[error("no package index is configured, and no pip was found to ask for its default")]
    NoIndex,
}

impl IndexError {
    /// What the user can do about it, where that is known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Transport(error) => error.hint(),
            Self::NoSuchPackage { .. } => {
                Some("check the name; a further index is set under `[python-repos] indexes`".into())
            }
            Self::Hash { .. } => Some(
                "someone replaced the file, or the connection is tampered with: \
                 find out which before you lock again"
                    .into(),
            ),
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

/// `fs_err` puts the path into its messages, and ours say it already.
fn without_path(error: io::Error) -> io::Error {
    let plain = io::Error::from(error.kind());
    // What the standard library has no name for has a number only in the message.
    if plain.to_string().starts_with("uncategorized") {
        error
    } else {
        plain
    }
}
