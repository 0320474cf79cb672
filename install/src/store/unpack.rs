//! Unpacks a wheel to a folder of its own: each member is checked against RECORD while it is written,
//! and the folder gets its place only where all of them hold.

use std::fs::FileTimes;
use std::io::{self, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use camino::Utf8Path;
use model::WheelFilename;
use rayon::prelude::*;
use wheel::{
    FileMode, FoldedPath, MemberHasher, MemberReader, RecordRemark, WheelArchive, WheelProblem,
    ZipMember, data_file,
};

use super::error::UnpackProblem;
use super::manifest::{FILES, MANIFEST, Manifest, UnpackedFile};
use crate::protected::{is_environment_file, is_environment_script};
use crate::unpack_folder::{IfThere, UnpackFolder};

/// Unpacks the wheel at `archive` to `root`, a folder of our own; the manifest comes last.
pub(super) fn unpack(
    archive: &Utf8Path,
    filename: &WheelFilename,
    root: &Utf8Path,
) -> Result<(), UnpackProblem> {
    let open = || fs_err::File::open(archive);
    let input = open()?;
    let size = input.metadata()?.len();
    let wheel = WheelArchive::read(input, size, filename)?;
    refuse_environment_files(&wheel)?;
    let folder = root.join(FILES);
    let unpacking = Unpacking {
        wheel: &wheel,
        time: now(),
    };
    let unpacked = wheel
        .files
        .par_iter()
        .filter(|member| !wheel.is_record(&member.name))
        .map_init(
            || Ok((MemberReader::new(open()?), UnpackFolder::open(&folder)?)),
            |ends, member| match ends {
                Ok((reader, folder)) => unpacking.member(member, reader, folder),
                Err(error) => Err(io::Error::new(io::Error::kind(error), error.to_string()).into()),
            },
        )
        .collect::<Result<Vec<_>, _>>()?;
    let (mut files, remarks): (Vec<_>, Vec<_>) = unpacked.into_iter().unzip();
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    let mut remarks: Vec<_> = remarks.into_iter().flatten().collect();
    remarks.splice(0..0, wheel.remarks.iter().cloned());
    let manifest = Manifest {
        name: filename.name.clone(),
        version: filename.version.clone(),
        dist_info: wheel.dist_info.clone(),
        root_is_purelib: wheel.root_is_purelib,
        scripts: wheel.scripts.clone(),
        files,
        seconds: unpacking.time.as_secs(),
        remarks,
    };
    let manifest = postcard::to_stdvec(&manifest).map_err(std::io::Error::other)?;
    fs_err::write(root.join(MANIFEST), manifest)?;
    Ok(())
}

/// Nothing that a wheel ships replaces what makes the environment.
fn refuse_environment_files(wheel: &WheelArchive) -> Result<(), UnpackProblem> {
    let names = wheel.scripts.iter().map(|script| &script.name);
    let scripts = names.filter(|name| is_environment_script(name));
    let members = wheel.files.iter().map(|file| &file.name);
    let files = members.filter(|name| match data_file(name, &wheel.dist_info) {
        Some(("scripts", path)) => is_environment_script(path),
        Some(("data", path)) => is_environment_file(path),
        _ => false,
    });
    match scripts.chain(files).next() {
        Some(name) => Err(UnpackProblem::Environment(name.clone())),
        None => Ok(()),
    }
}

/// The time of a wheel's files, since the start of 1970. It has whole seconds, so that a change by
/// someone else hardly ever has the same.
fn now() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    Duration::from_secs(now.unwrap_or_default().as_secs())
}

/// A wheel while it is unpacked.
struct Unpacking<'w> {
    wheel: &'w WheelArchive,
    /// The time that all files get, since the start of 1970.
    time: Duration,
}

impl Unpacking<'_> {
    fn member(
        &self,
        member: &ZipMember,
        reader: &mut MemberReader<fs_err::File>,
        folder: &mut UnpackFolder,
    ) -> Result<(UnpackedFile, Option<RecordRemark>), UnpackProblem> {
        let is_script = in_scripts_folder(&member.name);
        let mode = match is_script {
            true => FileMode::Executable,
            false => member.mode(),
        };
        let file = folder.create(&member.name, mode, IfThere::Refuse);
        let mut out = Hashed {
            file: file.map_err(|error| self.is_there(member, error))?,
            hasher: self.wheel.record.hasher(&member.name),
            start: Vec::new(),
        };
        reader.copy(member, &mut out)?;
        let hashes = out.hasher.finish();
        let record = &self.wheel.record;
        let remark = record
            .check(&member.name, &hashes, member.size)
            .map_err(|problem| WheelProblem::Record {
                name: member.name.clone(),
                problem,
            })?;
        let times = FileTimes::new().set_modified(UNIX_EPOCH + self.time);
        out.file.file().set_times(times)?;
        let file = UnpackedFile {
            path: member.name.clone(),
            sha256: hashes.sha256,
            size: member.size,
            executable: mode == FileMode::Executable,
            shebang: is_script && out.start == SHEBANG,
        };
        Ok((file, remark))
    }

    /// No two members have one name. Where a file is there already, this file system knows no case.
    fn is_there(&self, member: &ZipMember, error: io::Error) -> UnpackProblem {
        let folded = FoldedPath::of(&member.name);
        let other = self
            .wheel
            .files
            .iter()
            .find(|other| other.name != member.name && FoldedPath::of(&other.name) == folded);
        match (error.kind(), other) {
            (io::ErrorKind::AlreadyExists, Some(other)) => {
                WheelProblem::Case(other.name.clone(), member.name.clone()).into()
            }
            _ => error.into(),
        }
    }
}

const SHEBANG: &[u8] = b"#!python";

/// A file that is hashed while it is written.
struct Hashed {
    file: fs_err::File,
    hasher: MemberHasher,
    /// As many of its first bytes as [`SHEBANG`] has.
    start: Vec<u8>,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        let bytes = &bytes[..written];
        self.hasher.update(bytes);
        let wanted = SHEBANG.len() - self.start.len();
        self.start.extend(bytes.iter().take(wanted));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn in_scripts_folder(name: &str) -> bool {
    let mut parts = name.split('/');
    parts.next().is_some_and(|top| top.ends_with(".data")) && parts.next() == Some("scripts")
}
