//! The service ByteStream: large blobs in parts. A stream that breaks off is taken up where it
//! stopped.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bazel_remote_apis::google::bytestream as api;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;

use api::byte_stream_client::ByteStreamClient;

use crate::blob::{Blob, Receiver};
use crate::digest::Digest;
use crate::error::{RemoteCall, RemoteCallError, RemoteProblem};
use crate::server::{Connection, RemoteServer};

/// What a slow line carries in a second: a stream gets time for its size.
const SLOWEST: u64 = 64 * 1024;

/// How a stream ended that did not succeed, and whether it may be taken up again.
struct Interruption {
    problem: RemoteProblem,
    pause: Option<Duration>,
}

impl RemoteServer {
    fn streams(&self) -> ByteStreamClient<Connection> {
        ByteStreamClient::new(self.connection.clone())
            .max_decoding_message_size(self.message_limit())
            .max_encoding_message_size(self.message_limit())
    }

    /// Reads a blob into `receiver`, which then has to be finished.
    ///
    /// # Errors
    /// Where the server does not answer, lacks it, or gives too much.
    pub(crate) async fn read_stream(
        &self,
        digest: Digest,
        mut receiver: Receiver,
    ) -> Result<Vec<u8>, RemoteCallError> {
        let call = RemoteCall::Read(digest);
        let mut attempts = 0;
        loop {
            attempts += 1;
            let before = receiver.received();
            let end = self.read_on(digest, &mut receiver).await;
            let Err(interruption) = end else {
                let finished = receiver.finish();
                return finished.map_err(|problem| self.error(call, problem, attempts));
            };
            // What moves on is not tried in vain.
            if receiver.received() > before {
                attempts = 1;
            }
            let Interruption { problem, pause } = interruption;
            let Some(pause) = pause.filter(|_| attempts <= self.limits.retries) else {
                return Err(self.error(call, problem, attempts));
            };
            tokio::time::sleep(pause.max(self.back_off(attempts))).await;
        }
    }

    async fn read_on(&self, digest: Digest, receiver: &mut Receiver) -> Result<(), Interruption> {
        let interrupted = |(problem, pause)| Interruption { problem, pause };
        let ends = |problem| Interruption {
            problem,
            pause: None,
        };
        let limit = self.limits.store_timeout;
        let late = |_| ends(RemoteProblem::Timeout(limit));
        let judged = |status: tonic::Status| match status.code() {
            Code::NotFound => ends(RemoteProblem::Forgotten(digest)),
            _ => interrupted(self.judge(&status)),
        };
        let _permit = self.permit().await;
        let request = api::ReadRequest {
            resource_name: format!("{}blobs/{digest}", self.prefix()),
            read_offset: i64::try_from(receiver.received()).unwrap_or_default(),
            read_limit: 0,
        };
        let mut streams = self.streams();
        let opened = tokio::time::timeout(limit, streams.read(request)).await;
        let mut parts = opened.map_err(late)?.map_err(judged)?.into_inner();
        loop {
            let part = tokio::time::timeout(limit, parts.message()).await;
            match part.map_err(late)?.map_err(judged)? {
                Some(part) => {
                    self.progress.fetch_add(1, Ordering::Relaxed);
                    receiver.take(&part.data).map_err(ends)?;
                }
                None if receiver.received() < digest.size() => {
                    return Err(Interruption {
                        problem: RemoteProblem::Truncated {
                            expected: digest,
                            found: receiver.received(),
                        },
                        pause: Some(Duration::ZERO),
                    });
                }
                None => return Ok(()),
            }
        }
    }

    /// Stores a blob.
    ///
    /// # Errors
    /// Where the server does not answer or refuses it, or its file cannot be read.
    pub(crate) async fn write_stream(&self, blob: &Blob) -> Result<(), RemoteCallError> {
        let call = RemoteCall::Write(blob.digest);
        let name = format!(
            "{}uploads/{}/blobs/{}",
            self.prefix(),
            random_uuid(),
            blob.digest
        );
        let (mut attempts, mut offset) = (0, 0);
        loop {
            attempts += 1;
            let Err(interruption) = self.write_on(&name, blob, offset).await else {
                return Ok(());
            };
            let Interruption { problem, pause } = interruption;
            let Some(pause) = pause.filter(|_| attempts <= self.limits.retries) else {
                return Err(self.error(call, problem, attempts));
            };
            tokio::time::sleep(pause.max(self.back_off(attempts))).await;
            let committed = self.committed(&name).await.min(blob.digest.size());
            if committed > offset {
                attempts = 1;
            }
            offset = committed;
        }
    }

    async fn write_on(&self, name: &str, blob: &Blob, offset: u64) -> Result<(), Interruption> {
        let ends = |problem| Interruption {
            problem,
            pause: None,
        };
        let size = blob.digest.size();
        let limit = self.limits.store_timeout + Duration::from_secs(size / SLOWEST);
        let _permit = self.permit().await;
        let (parts, fault) = self.parts(name, blob, offset);
        let mut streams = self.streams();
        let answer = tokio::time::timeout(limit, streams.write(parts)).await;
        let fault = fault.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(problem) = fault {
            return Err(ends(problem));
        }
        let answer = answer.map_err(|_| ends(RemoteProblem::Timeout(limit)))?;
        match answer {
            // A server that has the blob already says so at once, with its size.
            Ok(answer) if answer.get_ref().committed_size == -1 => Ok(()),
            Ok(answer) => match u64::try_from(answer.get_ref().committed_size) {
                Ok(committed) if committed == size => Ok(()),
                _ => Err(Interruption {
                    problem: RemoteProblem::BadAnswer(format!(
                        "it has stored {} of {size} bytes",
                        answer.get_ref().committed_size
                    )),
                    pause: Some(Duration::ZERO),
                }),
            },
            Err(status) if status.code() == Code::AlreadyExists => Ok(()),
            Err(status) => {
                let (problem, pause) = self.judge(&status);
                Err(Interruption { problem, pause })
            }
        }
    }

    /// The parts of a blob from `offset` on, and the place of what went wrong with its file.
    fn parts(
        &self,
        name: &str,
        blob: &Blob,
        offset: u64,
    ) -> (
        ReceiverStream<api::WriteRequest>,
        Arc<Mutex<Option<RemoteProblem>>>,
    ) {
        let (sender, receiver) = mpsc::channel(4);
        let fault = Arc::new(Mutex::new(None));
        let (place, progress) = (fault.clone(), self.progress.clone());
        let (blob, length, mut name) = (blob.clone(), self.limits.chunk_bytes, name.to_owned());
        let length = length.clamp(1024, 3 << 20);
        tokio::task::spawn_blocking(move || {
            let (size, mut offset) = (blob.digest.size(), offset);
            loop {
                let part = match blob.part(offset, length) {
                    Ok(part) if !part.is_empty() || offset == size => part,
                    Ok(_) => {
                        return set(
                            &place,
                            RemoteProblem::BadAnswer("its file is shorter".into()),
                        );
                    }
                    Err(problem) => return set(&place, problem),
                };
                let (start, end) = (offset, offset + part.len() as u64);
                let request = api::WriteRequest {
                    resource_name: std::mem::take(&mut name),
                    write_offset: i64::try_from(start).unwrap_or_default(),
                    finish_write: end >= size,
                    data: part,
                };
                if sender.blocking_send(request).is_err() || end >= size {
                    return;
                }
                progress.fetch_add(1, Ordering::Relaxed);
                offset = end;
            }
        });
        (ReceiverStream::new(receiver), fault)
    }

    /// How much of a stream has arrived; nothing if the server does not say.
    async fn committed(&self, name: &str) -> u64 {
        let request = api::QueryWriteStatusRequest {
            resource_name: name.to_owned(),
        };
        let mut streams = self.streams();
        let asked = self.once(
            self.limits.store_timeout,
            streams.query_write_status(request),
        );
        asked.await.map_or(0, |answer| {
            u64::try_from(answer.into_inner().committed_size).unwrap_or_default()
        })
    }
}

fn set(place: &Mutex<Option<RemoteProblem>>, problem: RemoteProblem) {
    *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem);
}

/// A UUID of version 4 (RFC 9562): it tells uploads apart.
fn random_uuid() -> String {
    let word = || RandomState::new().hash_one(std::process::id());
    let (high, low) = (word(), word());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        0x8000 | ((low >> 48) & 0x3fff),
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::random_uuid;

    #[test]
    fn uploads_have_names_of_their_own() {
        let (a, b) = (random_uuid(), random_uuid());
        assert_ne!(a, b);
        assert_eq!(a.len(), 36);
        assert_eq!(&a[14..15], "4");
    }
}
