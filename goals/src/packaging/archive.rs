//! An archive that can be written any number of times, and a check that the bytes are the same.

use std::io::{BufReader, Read, Seek, SeekFrom, Write};

use wheel::{
    ArchiveTime, MemberDigest, MemberWriter, SdistContents, TarGzWriter, WheelContents, ZipWriter,
};

use crate::packaging::backend::BackendArchive;

/// An archive.
pub(super) enum Archive {
    Wheel(Box<WheelContents>),
    OfBackend(Box<BackendArchive>),
    Sdist(Box<SdistContents>),
}

impl Archive {
    /// Its file name.
    pub(super) fn file_name(&self) -> Result<String, wheel::ArchiveError> {
        match self {
            Archive::Wheel(contents) => Ok(contents.filename()?.to_string()),
            Archive::OfBackend(built) => Ok(built.filename.clone()),
            Archive::Sdist(contents) => contents.filename(),
        }
    }

    /// Whether it came of more than its distribution's files and what they require.
    pub(super) fn came_of_more(&self) -> bool {
        matches!(self, Archive::OfBackend(built) if built.further)
    }

    /// Writes it. Gives its members, without the list of them.
    pub(super) fn write(
        &self,
        out: impl Write + Seek + Send,
        time: ArchiveTime,
    ) -> Result<Vec<MemberDigest>, wheel::ArchiveError> {
        match self.is_zip() {
            true => self.write_to(&mut ZipWriter::new(out, time)),
            false => self.write_to(&mut TarGzWriter::new(out, time)),
        }
    }

    /// Gives its members to a writer.
    pub(super) fn write_to(
        &self,
        writer: &mut impl MemberWriter,
    ) -> Result<Vec<MemberDigest>, wheel::ArchiveError> {
        match self {
            Archive::Wheel(contents) => contents.write(writer),
            Archive::OfBackend(built) => built.write_to(writer),
            Archive::Sdist(contents) => contents.write(writer),
        }
    }

    fn is_zip(&self) -> bool {
        match self {
            Archive::Wheel(_) => true,
            Archive::OfBackend(built) => built.is_wheel(),
            Archive::Sdist(_) => false,
        }
    }

    /// The same archive, with its members in another order.
    fn shuffled(mut self) -> Self {
        match &mut self {
            Archive::OfBackend(built) => built.members.reverse(),
            Archive::Wheel(contents) => contents.members.reverse(),
            Archive::Sdist(contents) => {
                for wheel in &mut contents.wheels {
                    wheel.contents.members.reverse();
                }
            }
        }
        self
    }
}

/// Writes the archive again, with one thread and another order of members, and compares.
pub(super) fn same_again(
    again: Archive,
    time: ArchiveTime,
    file: &std::fs::File,
) -> Result<bool, wheel::ArchiveError> {
    let second = tempfile::tempfile()?;
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(1)
        .build()
        .map_err(std::io::Error::other)?;
    pool.install(|| again.shuffled().write(&second, time))?;
    let (mut first, mut second) = (
        BufReader::new(from_start(file)?),
        BufReader::new(from_start(&second)?),
    );
    let (mut a, mut b) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        let (n, m) = (fill(&mut first, &mut a)?, fill(&mut second, &mut b)?);
        if n != m || a[..n] != b[..m] {
            return Ok(false);
        }
        if n == 0 {
            return Ok(true);
        }
    }
}

fn fill(from: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..])? {
            0 => break,
            n => filled += n,
        }
    }
    Ok(filled)
}

/// A file that is read from its start.
pub(super) fn from_start(mut file: &std::fs::File) -> std::io::Result<&std::fs::File> {
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}
