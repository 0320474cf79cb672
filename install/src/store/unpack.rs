//! Unpacks a wheel: each member is checked against RECORD before it is written.

use std::fs::FileTimes;
use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use camino::Utf8Path;
use model::WheelFilename;
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use wheel::ZipMember;

use super::manifest::{FILES, MANIFEST, Manifest, UnpackedFile};
use crate::archive::{Contents, WheelProblem, sha256};

/// Unpacks the wheel of `bytes` to `root`, a folder of our own; the manifest comes last.
pub(super) fn unpack(
    bytes: &[u8],
    filename: &WheelFilename,
    root: &Utf8Path,
) -> Result<(), WheelProblem> {
    let contents = Contents::read(bytes, filename)?;
    let folder = root.join(FILES);
    make_folders(&folder, &contents)?;
    let mut files = contents
        .files
        .par_iter()
        .filter(|member| !contents.is_record(&member.name))
        .map(|member| unpack_member(&contents, member, &folder))
        .collect::<Result<Vec<_>, _>>()?;
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    let manifest = Manifest {
        name: filename.name.clone(),
        version: filename.version.clone(),
        dist_info: contents.dist_info,
        root_is_purelib: contents.root_is_purelib,
        scripts: contents.scripts,
        files,
    };
    let manifest = postcard::to_stdvec(&manifest).map_err(std::io::Error::other)?;
    fs_err::write(root.join(MANIFEST), manifest)?;
    Ok(())
}

fn make_folders(root: &Utf8Path, contents: &Contents<'_>) -> Result<(), WheelProblem> {
    let mut folders: Vec<&str> = contents
        .files
        .iter()
        .filter_map(|file| file.name.rsplit_once('/').map(|(folder, _)| folder))
        .collect::<FxHashSet<_>>()
        .into_iter()
        .collect();
    folders.sort_unstable();
    fs_err::create_dir_all(root)?;
    for folder in folders {
        fs_err::create_dir_all(root.join(folder))?;
    }
    Ok(())
}

fn unpack_member(
    contents: &Contents<'_>,
    member: &ZipMember,
    folder: &Utf8Path,
) -> Result<UnpackedFile, WheelProblem> {
    let content = contents.zip.content(member)?;
    let sha256 = sha256(&content);
    contents
        .record
        .verify(&member.name, (&sha256, member.size))
        .map_err(|problem| WheelProblem::Record {
            name: member.name.clone(),
            problem,
        })?;
    let is_script = in_scripts_folder(&member.name);
    let executable = is_script || member.is_executable();
    let mut options = fs_err::OpenOptions::new();
    options.write(true).create_new(true);
    crate::files::open_with_mode(&mut options, executable);
    let mut file = options.open(folder.join(&member.name))?;
    file.write_all(&content)?;
    file.file()
        .set_times(FileTimes::new().set_modified(content_time(&sha256)))?;
    Ok(UnpackedFile {
        path: member.name.clone(),
        sha256,
        size: member.size,
        executable,
        shebang: is_script && content.starts_with(b"#!python"),
    })
}

fn in_scripts_folder(name: &str) -> bool {
    let mut parts = name.split('/');
    parts.next().is_some_and(|top| top.ends_with(".data")) && parts.next() == Some("scripts")
}

/// The modification time of a file with this hash, between 2001 and 2020.
///
/// It follows from the content, so that a file whose size or time is another was changed by
/// someone, and so that Python never takes the byte code of another version of the file for its
/// own, which it tells apart by size and time.
pub(crate) fn content_time(sha256: &[u8; 32]) -> SystemTime {
    let [a, b, c, d, ..] = *sha256;
    let number = u32::from_le_bytes([a, b, c, d]) % 600_000_000;
    UNIX_EPOCH + Duration::from_secs(1_000_000_000 + u64::from(number))
}
