//! Parallel deflate: one stream cut in chunks of a fixed size, each compressed
//! on its own after being primed with the 32 KiB before it, then joined.
//!
//! Where the cuts are, and which level a chunk gets, depends on the data alone, so
//! the bytes do not depend on the number of threads. Chunks but the last end in an
//! empty stored block (a sync flush), which puts the next one on a byte boundary.

use std::cell::RefCell;

use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use rayon::prelude::*;

use crate::error::ArchiveError;

/// Bytes of input in one chunk: large enough that the cuts do not matter for the size, and small
/// enough that several of them keep all threads busy.
pub(crate) const CHUNK: usize = 256 * 1024;
/// The distance that deflate can refer back to.
pub(crate) const WINDOW: usize = 32 * 1024;
/// Bytes of input read ahead, compressed, or waiting to be written, each.
pub(crate) const BATCH: usize = 4 * 1024 * 1024;

/// A piece of a stream, with the bytes before it.
#[derive(Default)]
pub(crate) struct Chunk {
    /// `history` bytes of what came before, then the chunk.
    pub(crate) buffer: Vec<u8>,
    pub(crate) history: usize,
    /// Whether it is the end of the stream.
    pub(crate) last: bool,
}

/// A compressed chunk.
pub(crate) struct DeflatedChunk {
    pub(crate) bytes: Vec<u8>,
    /// The checksum of the chunk alone.
    pub(crate) crc: Crc,
    /// The bytes are not compressed, since the whole stream does not get smaller.
    pub(crate) stored: bool,
}

impl Chunk {
    /// The chunk without its history.
    pub(crate) fn data(&self) -> &[u8] {
        &self.buffer[self.history..]
    }

    /// Whether it is the whole stream.
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

/// The level that is twice as fast as `zip -6` and gives about the same size, at most 3% more.
const FAST: u32 = 6;
/// The level that takes two to three times as long as the other and, if it helps, gives smaller
/// sizes than `zip -6`.
const THOROUGH: u32 = 9;
/// How much of a chunk is compressed at both levels to choose between them.
const PROBE: usize = 16 * 1024;
/// Chunks shorter than this are compressed at the fast level without a probe.
const PROBED: usize = 4 * PROBE;

/// A compressor of each level, kept by each thread: making one costs more than
/// compressing a small file.
struct Compressors {
    fast: Compress,
    thorough: Compress,
    scratch: Vec<u8>,
}

thread_local! {
    static COMPRESSORS: RefCell<Compressors> = RefCell::new(Compressors {
        fast: Compress::new(Compression::new(FAST), false),
        thorough: Compress::new(Compression::new(THOROUGH), false),
        scratch: Vec::new(),
    });
}

/// Compresses chunks on all threads, in order.
pub(crate) fn deflate_all(chunks: &[Chunk]) -> Result<Vec<DeflatedChunk>, ArchiveError> {
    let deflate = |chunk| COMPRESSORS.with_borrow_mut(|compressors| compressors.deflate(chunk));
    chunks.par_iter().with_max_len(1).map(deflate).collect()
}

impl Compressors {
    fn deflate(&mut self, chunk: &Chunk) -> Result<DeflatedChunk, ArchiveError> {
        let mut crc = Crc::new();
        crc.update(chunk.data());
        // There must be room for the worst case: a flush into a full buffer would have to be
        // repeated, and the bytes would depend on where that happens.
        let mut bytes = Vec::with_capacity(worst_case(chunk.data().len()));
        let state = if self.thorough_pays(chunk)? {
            &mut self.thorough
        } else {
            &mut self.fast
        };
        state.reset();
        if chunk.history > 0 {
            let history = &chunk.buffer[..chunk.history];
            state
                .set_dictionary(history)
                .map_err(ArchiveError::deflate)?;
        }
        let end = if chunk.last {
            FlushCompress::Finish
        } else {
            FlushCompress::Sync
        };
        run(state, chunk.data(), end, &mut bytes)?;
        bytes.shrink_to_fit();
        let stored = chunk.is_whole() && bytes.len() >= chunk.data().len();
        if stored {
            bytes = chunk.data().to_vec();
        }
        Ok(DeflatedChunk { bytes, crc, stored })
    }

    /// Whether the thorough level makes the start of a chunk smaller by 3%.
    fn thorough_pays(&mut self, chunk: &Chunk) -> Result<bool, ArchiveError> {
        if chunk.data().len() < PROBED {
            return Ok(false);
        }
        let start = &chunk.data()[..PROBE];
        let mut sizes = [0, 0];
        for (state, size) in [&mut self.fast, &mut self.thorough]
            .into_iter()
            .zip(&mut sizes)
        {
            self.scratch.clear();
            self.scratch.reserve(worst_case(PROBE));
            state.reset();
            run(state, start, FlushCompress::Finish, &mut self.scratch)?;
            *size = self.scratch.len();
        }
        let [fast, thorough] = sizes;
        Ok(thorough * 100 < fast * 97)
    }
}

/// More than deflate needs for data that does not get smaller.
fn worst_case(size: usize) -> usize {
    size + size / 64 + 1024
}

fn run(
    state: &mut Compress,
    data: &[u8],
    end: FlushCompress,
    out: &mut Vec<u8>,
) -> Result<(), ArchiveError> {
    let mut rest = data;
    loop {
        let before = state.total_in();
        let status = state
            .compress_vec(rest, out, end)
            .map_err(ArchiveError::deflate)?;
        rest = &rest[(state.total_in() - before) as usize..];
        match status {
            Status::StreamEnd => return Ok(()),
            _ if end == FlushCompress::Sync && rest.is_empty() => return Ok(()),
            _ => out.reserve(CHUNK),
        }
    }
}
