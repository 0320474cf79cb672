//! Parallel deflate: one stream cut in chunks of a fixed size, each compressed
//! on its own after being primed with the 32 KiB before it, then joined.
//!
//! Where the cuts are depends on the data alone, so the bytes do not depend on
//! the number of threads. Chunks but the last end in an empty stored block (a
//! sync flush), which puts the next one on a byte boundary.

use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use rayon::prelude::*;

use crate::error::Error;

/// Bytes of input in one chunk: large enough that what the cuts cost in size
/// does not show, small enough that a few of them keep all threads busy.
pub(crate) const CHUNK: usize = 256 * 1024;
/// What deflate can refer back to.
pub(crate) const WINDOW: usize = 32 * 1024;
/// Bytes of input read ahead, compressed, or waiting to be written, each.
pub(crate) const BATCH: usize = 4 * 1024 * 1024;

/// A piece of a stream, with the bytes before it.
#[derive(Default)]
pub(crate) struct Chunk {
    /// `history` bytes of what came before, then the chunk.
    pub(crate) buffer: Vec<u8>,
    pub(crate) history: usize,
    /// Whether the stream ends here.
    pub(crate) last: bool,
}

/// A compressed chunk.
pub(crate) struct Deflated {
    pub(crate) bytes: Vec<u8>,
    /// Of the chunk alone.
    pub(crate) crc: Crc,
    /// The bytes are as they were: a whole stream that does not get smaller.
    pub(crate) stored: bool,
}

impl Chunk {
    /// The chunk without its history.
    pub(crate) fn data(&self) -> &[u8] {
        &self.buffer[self.history..]
    }

    /// Whether it is all of its stream.
    fn is_whole(&self) -> bool {
        self.history == 0 && self.last
    }

    /// An empty chunk that continues this one.
    pub(crate) fn successor(&self) -> Chunk {
        let start = self.buffer.len().saturating_sub(WINDOW);
        let mut buffer = Vec::with_capacity(WINDOW + CHUNK);
        buffer.extend_from_slice(&self.buffer[start..]);
        Chunk {
            history: buffer.len(),
            buffer,
            last: false,
        }
    }
}

/// Compresses chunks on all threads, in order.
pub(crate) fn deflate_all(chunks: &[Chunk]) -> Result<Vec<Deflated>, Error> {
    chunks
        .par_iter()
        .with_max_len(1)
        .map_init(compressor, deflate)
        .collect()
}

fn compressor() -> Compress {
    Compress::new(Compression::new(LEVEL), false)
}

/// The level whose sizes are those of `zip -6`.
const LEVEL: u32 = 6;

fn deflate(state: &mut Compress, chunk: &Chunk) -> Result<Deflated, Error> {
    state.reset();
    if chunk.history > 0 {
        state
            .set_dictionary(&chunk.buffer[..chunk.history])
            .map_err(Error::deflate)?;
    }
    let mut crc = Crc::new();
    crc.update(chunk.data());
    // Room for the worst case: a flush into a full buffer would have to be
    // repeated, and where it is repeated would show in the bytes.
    let mut bytes = Vec::with_capacity(chunk.data().len() + chunk.data().len() / 64 + 1024);
    run(state, chunk, &mut bytes)?;
    let stored = chunk.is_whole() && bytes.len() >= chunk.data().len();
    if stored {
        bytes = chunk.data().to_vec();
    }
    Ok(Deflated { bytes, crc, stored })
}

fn run(state: &mut Compress, chunk: &Chunk, out: &mut Vec<u8>) -> Result<(), Error> {
    let flush = if chunk.last {
        FlushCompress::Finish
    } else {
        FlushCompress::Sync
    };
    let mut rest = chunk.data();
    loop {
        let before = state.total_in();
        let status = state
            .compress_vec(rest, out, flush)
            .map_err(Error::deflate)?;
        rest = &rest[(state.total_in() - before) as usize..];
        match status {
            Status::StreamEnd => break,
            _ if !chunk.last && rest.is_empty() => break,
            _ => out.reserve(CHUNK),
        }
    }
    out.shrink_to_fit();
    Ok(())
}
