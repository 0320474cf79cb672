//! Many blobs at once, to and from a server: small ones share a call, large ones have a stream.

use std::collections::BTreeSet;

use tokio::task::JoinSet;

use crate::blob::{Blob, BlobTransfer, Download, Receiver, in_file};
use crate::cas::Batches;
use crate::digest::Digest;
use crate::error::{RemoteCall, RemoteCallError, RemoteProblem};
use crate::server::RemoteServer;

impl RemoteServer {
    /// As [`RemoteServer::batches`], but for reading, where a setting may turn batches off.
    pub(crate) async fn read_batches<T>(
        &self,
        blobs: impl IntoIterator<Item = T>,
        digest: impl Fn(&T) -> Digest,
    ) -> Result<Batches<T>, RemoteCallError> {
        if !self.limits.batch_load {
            return Ok(Batches {
                small: Vec::new(),
                large: blobs.into_iter().collect(),
            });
        }
        self.batches(blobs, digest).await
    }

    /// Reads blobs into files.
    pub(crate) async fn download(
        self: &std::sync::Arc<Self>,
        wanted: &[Download],
    ) -> Result<(), RemoteCallError> {
        let batches = self.read_batches(wanted, |wanted| wanted.digest).await?;
        let mut tasks = JoinSet::new();
        for batch in batches.small {
            let batch: Vec<Download> = batch.into_iter().cloned().collect();
            let server = self.clone();
            tasks.spawn(async move { server.download_batch(&batch).await });
        }
        for download in batches.large {
            let (server, download) = (self.clone(), download.clone());
            tasks.spawn(async move { server.download_large(&download).await });
        }
        all(tasks).await
    }

    async fn download_batch(&self, batch: &[Download]) -> Result<(), RemoteCallError> {
        let call = RemoteCall::BatchRead(batch.len());
        let asked = batch.iter().map(|download| download.digest);
        let asked: Vec<_> = asked.filter(|digest| digest.size() > 0).collect();
        let mut blobs = match asked.as_slice() {
            [] => Vec::new(),
            asked => self.batch_read(asked).await?,
        }
        .into_iter();
        for Download { digest, path } in batch {
            let bytes = match digest.size() {
                0 => Vec::new(),
                _ => blobs.next().unwrap_or_default(),
            };
            fs_err::write(path, bytes).map_err(|e| self.error(call, in_file(path, &e), 1))?;
        }
        Ok(())
    }

    async fn download_large(&self, download: &Download) -> Result<(), RemoteCallError> {
        let digest = download.digest;
        let receiver = Receiver::in_file(download);
        let receiver =
            receiver.map_err(|problem| self.error(RemoteCall::Read(digest), problem, 1))?;
        let read = self.read_stream(digest, receiver).await;
        if read.is_err() {
            // What is half there is of no use; the failure is told either way.
            let _ = fs_err::remove_file(&download.path);
        }
        read.map(|_| ())
    }

    /// Stores those of these blobs that the server lacks.
    pub(crate) async fn upload(
        self: &std::sync::Arc<Self>,
        blobs: &[Blob],
    ) -> Result<BlobTransfer, RemoteCallError> {
        let digests: BTreeSet<Digest> = blobs.iter().map(|blob| blob.digest).collect();
        let digests: Vec<Digest> = digests.into_iter().collect();
        let mut missing: BTreeSet<Digest> = self.missing(&digests).await?.into_iter().collect();
        let sent = BlobTransfer::of(missing.iter().copied());
        self.check_sizes(&missing).await?;
        let lacking = blobs.iter().filter(|blob| missing.remove(&blob.digest));
        let lacking: Vec<&Blob> = lacking.collect();
        let batches = self.batches(lacking, |blob| blob.digest).await?;
        let mut tasks = JoinSet::new();
        for batch in batches.small {
            let batch: Vec<Blob> = batch.into_iter().cloned().collect();
            let server = self.clone();
            tasks.spawn(async move {
                let batch: Vec<&Blob> = batch.iter().collect();
                server.batch_update(&batch).await
            });
        }
        for blob in batches.large {
            let (server, blob) = (self.clone(), blob.clone());
            tasks.spawn(async move { server.write_stream(&blob).await });
        }
        all(tasks).await?;
        Ok(sent)
    }

    /// Refuses what the server would refuse after it was sent.
    async fn check_sizes(&self, digests: &BTreeSet<Digest>) -> Result<(), RemoteCallError> {
        let Some(largest) = self.capabilities().await?.max_blob_size_bytes else {
            return Ok(());
        };
        match digests.iter().find(|digest| digest.size() > largest) {
            None => Ok(()),
            Some(digest) => {
                let problem = RemoteProblem::Unsupported(format!(
                    "it takes blobs of at most {largest} bytes"
                ));
                Err(self.error(RemoteCall::Write(*digest), problem, 1))
            }
        }
    }
}

/// Waits for all; the first failure ends the others.
async fn all(mut tasks: JoinSet<Result<(), RemoteCallError>>) -> Result<(), RemoteCallError> {
    while let Some(end) = tasks.join_next().await {
        // A task that panicked is a defect of ours, and goes on as such.
        match end {
            Ok(result) => result?,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => {}
        }
    }
    Ok(())
}
