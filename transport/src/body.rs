//! Bodies that are sent: how far they are, and whether they still move.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::Stream;
use reqwest::Body;
use tokio::fs::File;
use tokio::io::{AsyncRead as _, ReadBuf};

use crate::error::RequestPurpose;
use crate::options::RequestObserver;

/// The size of the pieces in which a file is sent.
const PIECE: usize = 64 << 10;
/// What the systems on the way may hold of a body that was handed over.
const UNDER_WAY: u64 = 4 << 20;
/// The slowest connection, in bytes a second, for which an answer is waited for.
const SLOWEST: u64 = 4 << 10;

/// What a request sends.
#[derive(Debug)]
pub enum RequestBody {
    /// A short text.
    Text(String),
    /// A file of this length, from its start.
    File(File, u64),
}

impl RequestBody {
    /// The body for the client, and its movement.
    pub(crate) fn watched(
        self,
        what: &RequestPurpose,
        observer: &Arc<dyn RequestObserver>,
    ) -> (Body, Arc<Movement>) {
        match self {
            Self::Text(text) => (Body::from(text), Arc::new(Movement::of(0))),
            Self::File(file, length) => {
                let movement = Arc::new(Movement::of(length));
                let pieces = Pieces {
                    file,
                    what: what.clone(),
                    observer: Arc::clone(observer),
                    movement: Arc::clone(&movement),
                };
                (Body::wrap_stream(pieces), movement)
            }
        }
    }
}

/// How much of a body was handed over.
pub(crate) struct Movement {
    sent: AtomicU64,
    length: u64,
}

impl Movement {
    fn of(length: u64) -> Self {
        Self {
            sent: AtomicU64::new(0),
            length,
        }
    }

    /// Waits until nothing has moved for `limit`, and longer by what a slow connection needs for
    /// what is under way. Says what did not move.
    pub(crate) async fn stops(&self, limit: Duration) -> String {
        let under_way = Duration::from_secs(self.length.min(UNDER_WAY) / SLOWEST);
        let mut before = None;
        loop {
            let now = self.sent.load(Ordering::Relaxed);
            match before == Some(now) {
                true if now >= self.length => {
                    return "the server did not answer in time".to_owned();
                }
                true => {
                    let length = self.length;
                    return format!("the server took no more after {now} of {length} bytes");
                }
                false => before = Some(now),
            }
            tokio::time::sleep(limit + under_way).await;
        }
    }
}

/// The pieces of a file, each read when the one before is on its way.
struct Pieces {
    file: File,
    what: RequestPurpose,
    observer: Arc<dyn RequestObserver>,
    movement: Arc<Movement>,
}

impl Stream for Pieces {
    type Item = io::Result<Vec<u8>>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let mut piece = vec![0; PIECE];
        let mut buffer = ReadBuf::new(&mut piece);
        if let Err(error) = ready!(Pin::new(&mut this.file).poll_read(context, &mut buffer)) {
            return Poll::Ready(Some(Err(error)));
        }
        let read = buffer.filled().len();
        if read == 0 {
            return Poll::Ready(None);
        }
        piece.truncate(read);
        let sent = read as u64 + this.movement.sent.fetch_add(read as u64, Ordering::Relaxed);
        this.observer.sent(&this.what, sent, this.movement.length);
        Poll::Ready(Some(Ok(piece)))
    }
}
