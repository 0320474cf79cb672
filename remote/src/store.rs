//! What all kinds of caches do: blobs by their digests, and results by the digests of actions.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use camino::Utf8Path;

use crate::blob::{Blob, BlobTransfer, Download, Receiver};
use crate::digest::Digest;
use crate::error::{RemoteCallError, RemoteError};
use crate::folder::SharedFolder;
use crate::headers::Headers;
use crate::messages::ActionResult;
#[cfg(feature = "object-storage")]
use crate::object_storage::ObjectStorage;
use crate::options::{RemoteOptions, RemoteProvider};
use crate::server::{RemoteServer, ServerAccess};

/// A cache of one kind.
#[derive(Clone)]
pub(crate) enum RemoteStore {
    Server(Arc<RemoteServer>),
    Folder(Arc<SharedFolder>),
    #[cfg(feature = "object-storage")]
    Objects(Arc<ObjectStorage>),
}

impl RemoteStore {
    /// The cache that the options name. Must be called inside a runtime.
    ///
    /// # Errors
    /// Where the options do not go together, or one of them cannot be used.
    pub(crate) fn open(options: &RemoteOptions) -> Result<Self, RemoteError> {
        let address = options.checked_store_address()?;
        match options.provider {
            RemoteProvider::Reapi => Ok(Self::Server(store_server(options, address)?)),
            RemoteProvider::File => {
                let path = address.strip_prefix("file://").unwrap_or_default();
                let path = Utf8Path::new(path);
                if !path.is_absolute() {
                    return Err(RemoteError::Setting {
                        setting: "remote_store_address",
                        value: address.to_owned(),
                        reason: "the path of a folder is absolute: `file:///srv/cache`".into(),
                    });
                }
                let path = match options.instance_name.as_str() {
                    "" => path.to_owned(),
                    instance => path.join(instance),
                };
                Ok(Self::Folder(Arc::new(SharedFolder::new(path))))
            }
            #[cfg(feature = "object-storage")]
            RemoteProvider::S3 | RemoteProvider::GithubActionsCache => {
                Ok(Self::Objects(ObjectStorage::open(options, address)?))
            }
            #[cfg(not(feature = "object-storage"))]
            RemoteProvider::S3 | RemoteProvider::GithubActionsCache => {
                let provider = options.provider.name();
                Err(crate::options::OptionsConflict::NoProvider { provider }.into())
            }
        }
    }

    /// The number of calls over a network.
    pub(crate) fn calls(&self) -> u64 {
        match self {
            Self::Server(server) => server.calls.load(Ordering::Relaxed),
            Self::Folder(_) => 0,
            #[cfg(feature = "object-storage")]
            Self::Objects(objects) => objects.calls.load(Ordering::Relaxed),
        }
    }

    /// Grows whenever something moves.
    pub(crate) fn progress(&self) -> u64 {
        match self {
            Self::Server(server) => server.progress.load(Ordering::Relaxed),
            Self::Folder(folder) => folder.moved.load(Ordering::Relaxed),
            #[cfg(feature = "object-storage")]
            Self::Objects(objects) => objects.moved.load(Ordering::Relaxed),
        }
    }

    /// How long an answer takes, on average, if there was one.
    pub(crate) fn pace(&self) -> Option<Duration> {
        match self {
            Self::Server(server) => server.pace(),
            Self::Folder(_) => Some(Duration::ZERO),
            #[cfg(feature = "object-storage")]
            Self::Objects(_) => Some(Duration::ZERO),
        }
    }

    pub(crate) async fn missing(&self, digests: &[Digest]) -> Result<Vec<Digest>, RemoteCallError> {
        match self {
            Self::Server(server) => server.missing(digests).await,
            Self::Folder(folder) => Ok(folder.missing(digests)),
            #[cfg(feature = "object-storage")]
            Self::Objects(objects) => objects.missing(digests).await,
        }
    }

    /// These blobs, in their order.
    pub(crate) async fn read(&self, digests: &[Digest]) -> Result<Vec<Vec<u8>>, RemoteCallError> {
        let mut found = vec![Vec::new(); digests.len()];
        let asked = || digests.iter().copied().enumerate();
        match self {
            Self::Folder(folder) => {
                for (at, digest) in asked() {
                    found[at] = folder.read(digest)?;
                }
            }
            #[cfg(feature = "object-storage")]
            Self::Objects(objects) => {
                for (at, digest) in asked() {
                    found[at] = objects.read(digest).await?;
                }
            }
            Self::Server(server) => {
                // The empty blob is known to everyone.
                let asked = asked().filter(|(_, digest)| digest.size() > 0);
                let batches = server.read_batches(asked, |(_, digest)| *digest).await?;
                for batch in batches.small {
                    let digests: Vec<_> = batch.iter().map(|(_, digest)| *digest).collect();
                    let blobs = server.batch_read(&digests).await?;
                    for ((at, _), blob) in batch.into_iter().zip(blobs) {
                        found[at] = blob;
                    }
                }
                for (at, digest) in batches.large {
                    let receiver = Receiver::in_memory(digest);
                    found[at] = server.read_stream(digest, receiver).await?;
                }
            }
        }
        Ok(found)
    }

    /// Reads blobs into files. Where it fails, some of the files are there.
    pub(crate) async fn download(&self, wanted: &[Download]) -> Result<(), RemoteCallError> {
        match self {
            Self::Folder(folder) => {
                for download in wanted {
                    folder.download(download)?;
                }
                Ok(())
            }
            Self::Server(server) => server.download(wanted).await,
            #[cfg(feature = "object-storage")]
            Self::Objects(objects) => objects.download(wanted).await,
        }
    }

    /// Stores those of these blobs that are missing. Gives their number and size.
    pub(crate) async fn upload(&self, blobs: &[Blob]) -> Result<BlobTransfer, RemoteCallError> {
        match self {
            Self::Folder(folder) => folder.upload(blobs),
            #[cfg(feature = "object-storage")]
            Self::Objects(objects) => objects.upload(blobs).await,
            Self::Server(server) => server.upload(blobs).await,
        }
    }

    pub(crate) async fn action_result(
        &self,
        action: Digest,
    ) -> Result<Option<ActionResult>, RemoteCallError> {
        match self {
            Self::Server(server) => server.action_result(action).await,
            Self::Folder(folder) => folder.action_result(action),
            #[cfg(feature = "object-storage")]
            Self::Objects(objects) => objects.action_result(action).await,
        }
    }

    pub(crate) async fn update_action_result(
        &self,
        action: Digest,
        result: &ActionResult,
    ) -> Result<(), RemoteCallError> {
        match self {
            Self::Server(server) => server.update_action_result(action, result).await,
            Self::Folder(folder) => folder.update_action_result(action, result),
            #[cfg(feature = "object-storage")]
            Self::Objects(objects) => objects.update_action_result(action, result).await,
        }
    }
}

fn store_server(options: &RemoteOptions, address: &str) -> Result<Arc<RemoteServer>, RemoteError> {
    RemoteServer::new(ServerAccess {
        address,
        setting: "remote_store_address",
        instance: &options.instance_name,
        headers: Headers::new(
            "remote_store_headers",
            &options.store_headers,
            options.token.as_ref(),
        )?,
        certificates: &options.certificates,
        limits: &options.limits,
        concurrency: options.limits.store_concurrency,
    })
}

/// The server that runs actions.
///
/// # Errors
/// Where the options do not go together, or one of them cannot be used.
pub(crate) fn execution_server(options: &RemoteOptions) -> Result<Arc<RemoteServer>, RemoteError> {
    RemoteServer::new(ServerAccess {
        address: options.checked_execution_address()?,
        setting: "remote_execution_address",
        instance: &options.instance_name,
        headers: Headers::new(
            "remote_execution_headers",
            &options.execution_headers,
            options.token.as_ref(),
        )?,
        certificates: &options.certificates,
        limits: &options.limits,
        concurrency: options.limits.execution_concurrency,
    })
}
