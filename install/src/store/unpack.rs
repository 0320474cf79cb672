//! Unpacks a wheel to a folder of its own: each member is checked against RECORD while it is written,
//! and the folder gets its place only where all of them hold.

use std::fs::FileTimes;
use std::io::{self, Write};

use camino::Utf8Path;
use model::WheelFilename;
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};
use wheel::{FileMode, MemberReader, WheelArchive, WheelProblem, ZipMember, data_file};

use super::content_time::content_time;
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
    let mut files = wheel
        .files
        .par_iter()
        .filter(|member| !wheel.is_record(&member.name))
        .map_init(
            || Ok((MemberReader::new(open()?), UnpackFolder::open(&folder)?)),
            |ends, member| match ends {
                Ok((reader, folder)) => unpack_member(&wheel, member, reader, folder),
                Err(error) => Err(io::Error::new(io::Error::kind(error), error.to_string()).into()),
            },
        )
        .collect::<Result<Vec<_>, _>>()?;
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    let manifest = Manifest {
        name: filename.name.clone(),
        version: filename.version.clone(),
        dist_info: wheel.dist_info,
        root_is_purelib: wheel.root_is_purelib,
        scripts: wheel.scripts,
        files,
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

fn unpack_member(
    wheel: &WheelArchive,
    member: &ZipMember,
    reader: &mut MemberReader<fs_err::File>,
    folder: &mut UnpackFolder,
) -> Result<UnpackedFile, UnpackProblem> {
    let is_script = in_scripts_folder(&member.name);
    let mode = match is_script {
        true => FileMode::Executable,
        false => member.mode(),
    };
    let mut out = Hashed {
        file: folder.create(&member.name, mode, IfThere::Refuse)?,
        hasher: Sha256::new(),
        start: Vec::new(),
    };
    reader.copy(member, &mut out)?;
    let sha256 = out.hasher.finalize().into();
    wheel
        .record
        .check(&member.name, &sha256, member.size)
        .map_err(|problem| WheelProblem::Record {
            name: member.name.clone(),
            problem,
        })?;
    out.file
        .file()
        .set_times(FileTimes::new().set_modified(content_time(&sha256)))?;
    Ok(UnpackedFile {
        path: member.name.clone(),
        sha256,
        size: member.size,
        executable: mode == FileMode::Executable,
        shebang: is_script && out.start == SHEBANG,
    })
}

const SHEBANG: &[u8] = b"#!python";

/// A file that is hashed while it is written.
struct Hashed {
    file: fs_err::File,
    hasher: Sha256,
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
