//! Unpacks source distributions. Nothing is written outside of the given folder.
//!
//! Source of the rules: PEP 721 (the data filter of `tarfile`). Links are made last and never
//! followed: no member is unpacked through a link, and none is read for a hard link.

use std::io::{self, Read, Seek, SeekFrom, Write};

use bzip2::read::MultiBzDecoder;
use camino::{Utf8Path, Utf8PathBuf};
use flate2::read::GzDecoder;
use lzma_rust2::XzReader;
use tar::{Archive, Entry, EntryType};
use wheel::{FileMode, PathProblem, ZipReader, check_contained, most_unpacked};

use crate::files;
use crate::unpack_folder::{IfThere, UnpackFolder};

/// Why a source distribution cannot be unpacked.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// It is not a known kind of archive.
    #[error("only `.tar.gz`, `.tar.bz2`, `.tar.xz`, `.tar` and `.zip` archives can be unpacked")]
    Format,
    /// A member's name leads to another folder.
    #[error("it has a member {name:?}: {problem}")]
    Path {
        /// The name.
        name: String,
        /// What is wrong with it.
        problem: PathProblem,
    },
    /// A link leads out of the folder.
    #[error("its member `{name}` is a link to `{target}`, which leads elsewhere")]
    Link {
        /// The member.
        name: String,
        /// The target of the link.
        target: String,
    },
    /// A member is below another one that is no folder.
    #[error("its member `{0}` lies behind a link or a file, not in a folder")]
    Behind(String),
    /// A member is a device or another special file.
    #[error("its member `{0}` is neither a file nor a folder nor a link")]
    Special(String),
    /// The members are too large for the disk.
    #[error("it unpacks to more than a hundred times its size, as a bomb does")]
    Bomb,
    /// The top level does not have exactly one folder.
    #[error("it has not exactly one folder at the top")]
    Top,
    /// The zip archive is broken.
    #[error(transparent)]
    Zip(#[from] wheel::ZipError),
    /// It cannot be read, or the disk cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The most memory for unpacking: `xz -9` needs 65 MiB.
const XZ_MEMORY_KIB: u32 = 128 << 10;

/// Unpacks the archive with the file name `name` to the empty folder `folder`. Gives the project's
/// folder in it. Archives may be hundreds of megabytes long, so only a piece is held in memory.
///
/// # Errors
/// Where the archive is broken, or would write outside of the folder; what was unpacked before
/// stays.
pub fn unpack_sdist(
    mut archive: impl Read + Seek,
    name: &str,
    folder: &Utf8Path,
) -> Result<Utf8PathBuf, UnpackError> {
    let format = Format::of(name)?;
    let most = most_unpacked(archive.seek(SeekFrom::End(0))?);
    archive.rewind()?;
    let mut into = UnpackFolder::open(folder)?;
    match format {
        Format::Zip => unpack_zip(archive, most, &mut into)?,
        Format::Tar => unpack_tar(archive, most, &mut into)?,
        Format::Gzip => unpack_tar(GzDecoder::new(archive), most, &mut into)?,
        Format::Bzip2 => unpack_tar(MultiBzDecoder::new(archive), most, &mut into)?,
        Format::Xz => {
            let decoder = XzReader::new_mem_limit(archive, true, XZ_MEMORY_KIB);
            unpack_tar(decoder, most, &mut into)?;
        }
    }
    let tops: Vec<Utf8PathBuf> = folder
        .read_dir_utf8()?
        .map(|entry| entry.map(|entry| entry.into_path()))
        .collect::<Result<_, _>>()?;
    match &tops[..] {
        [top] if top.is_dir() => Ok(top.clone()),
        _ => Err(UnpackError::Top),
    }
}

/// The kind of an archive.
#[derive(Debug, Clone, Copy)]
enum Format {
    Zip,
    Tar,
    Gzip,
    Bzip2,
    Xz,
}

impl Format {
    /// The kind is found by the end of the name, as in pip and uv.
    fn of(name: &str) -> Result<Self, UnpackError> {
        const ENDS: [(&str, Format); 9] = [
            (".zip", Format::Zip),
            (".tar", Format::Tar),
            (".tar.gz", Format::Gzip),
            (".tgz", Format::Gzip),
            (".tar.bz2", Format::Bzip2),
            (".tbz", Format::Bzip2),
            (".tbz2", Format::Bzip2),
            (".tar.xz", Format::Xz),
            (".txz", Format::Xz),
        ];
        let name = name.to_ascii_lowercase();
        let found = ENDS.iter().find(|(end, _)| name.ends_with(end));
        found.map(|(_, format)| *format).ok_or(UnpackError::Format)
    }
}

fn unpack_zip(
    archive: impl Read + Seek,
    most: u64,
    folder: &mut UnpackFolder,
) -> Result<(), UnpackError> {
    let mut zip = ZipReader::open(archive)?;
    let declared = zip.members().iter().map(|member| member.size);
    if declared.fold(0, u64::saturating_add) > most {
        return Err(UnpackError::Bomb);
    }
    for member in zip.members().to_vec() {
        let name = member.name.trim_end_matches('/');
        check(name)?;
        if member.is_folder() {
            folder.make_folder(name).map_err(behind(name))?;
            continue;
        }
        let mode = member.mode();
        let out = folder.create(name, mode, IfThere::Replace);
        out.map_err(behind(name))?
            .write_all(&zip.read(&member.name)?)?;
    }
    Ok(())
}

fn unpack_tar(tar: impl Read, most: u64, folder: &mut UnpackFolder) -> Result<(), UnpackError> {
    let mut archive = Archive::new(Unpacked(tar).take(most));
    let unpacked = unpack_entries(&mut archive, folder);
    // What is cut off at the limit looks damaged.
    if archive.into_inner().limit() == 0 {
        return Err(UnpackError::Bomb);
    }
    unpacked?.iter().try_for_each(|link| link.make(folder))
}

/// Unpacks all but the links, which it gives.
fn unpack_entries(
    archive: &mut Archive<impl Read>,
    folder: &mut UnpackFolder,
) -> Result<Vec<Link>, UnpackError> {
    let mut links = Vec::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = name_of(&entry)?;
        if name.is_empty() {
            continue;
        }
        check(&name)?;
        match entry.header().entry_type() {
            EntryType::Directory => folder.make_folder(&name).map_err(behind(&name))?,
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                let mode = FileMode::of_unix(entry.header().mode()?);
                let out = folder.create(&name, mode, IfThere::Replace);
                write_entry(&mut entry, out.map_err(behind(&name))?)?;
            }
            EntryType::Symlink | EntryType::Link => links.push(link(&entry, name)?),
            EntryType::XGlobalHeader | EntryType::XHeader => {}
            _ => return Err(UnpackError::Special(name)),
        }
    }
    Ok(links)
}

/// The error of opening a member of this name.
fn behind(name: &str) -> impl Fn(io::Error) -> UnpackError + '_ {
    |error| match error.kind() {
        io::ErrorKind::NotADirectory => UnpackError::Behind(name.to_owned()),
        _ => UnpackError::Io(error),
    }
}

/// The input of a decoder. Its errors say what they belong to.
struct Unpacked<R>(R);

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            _ => io::Error::new(
                io::ErrorKind::InvalidData,
                format!("the archive is damaged: {error}"),
            ),
        })
    }
}

fn name_of<R: Read>(entry: &Entry<'_, R>) -> Result<String, UnpackError> {
    let bytes = entry.path_bytes();
    let name = std::str::from_utf8(&bytes).map_err(|_| UnpackError::Path {
        name: String::from_utf8_lossy(&bytes).into_owned(),
        problem: PathProblem::Control,
    })?;
    let name = name.trim_end_matches('/');
    Ok(name
        .strip_prefix("./")
        .unwrap_or(name)
        .trim_start_matches("./")
        .to_owned())
    .map(|name| if name == "." { String::new() } else { name })
}

fn check(name: &str) -> Result<(), UnpackError> {
    check_contained(name).map_err(|problem| UnpackError::Path {
        name: name.to_owned(),
        problem,
    })
}

fn write_entry<R: Read>(
    entry: &mut Entry<'_, R>,
    mut out: fs_err::File,
) -> Result<(), UnpackError> {
    io::copy(entry, &mut out)?;
    out.flush()?;
    let since = std::time::Duration::from_secs(entry.header().mtime()?);
    if let Some(time) = std::time::UNIX_EPOCH.checked_add(since) {
        // Builds compare times. A time that the file system cannot store is no reason to fail.
        let _ = out.file().set_modified(time);
    }
    Ok(())
}

/// A link in the archive. It is made when all files are there.
enum Link {
    Symbolic { name: String, target: String },
    Hard { name: String, target: String },
}

fn link<R: Read>(entry: &Entry<'_, R>, name: String) -> Result<Link, UnpackError> {
    let target = entry.link_name_bytes().unwrap_or_default();
    let target = String::from_utf8_lossy(&target).into_owned();
    let error = |name: &str, target: &str| UnpackError::Link {
        name: name.to_owned(),
        target: target.to_owned(),
    };
    if entry.header().entry_type() == EntryType::Link {
        let target = target.trim_start_matches("./").to_owned();
        return match check_contained(&target) {
            Ok(()) => Ok(Link::Hard { name, target }),
            Err(_) => Err(error(&name, &target)),
        };
    }
    // No link is made behind another link. Only leading `..` can therefore leave the folder, one
    // level each.
    let mut rest = target.as_str();
    let mut up = 0;
    while let Some(below) = rest.strip_prefix("../") {
        rest = below;
        up += 1;
    }
    let depth = name.matches('/').count();
    if up >= depth.max(1) && up > 0 || check_contained(rest).is_err() {
        return Err(error(&name, &target));
    }
    Ok(Link::Symbolic { name, target })
}

impl Link {
    fn make(&self, folder: &mut UnpackFolder) -> Result<(), UnpackError> {
        match self {
            Self::Symbolic { name, target } => folder.symlink(target, name).map_err(behind(name)),
            Self::Hard { name, target } => {
                // The target is copied, so that changing one file does not change the other.
                let Some(mut source) = folder.open_file(target).map_err(behind(target))? else {
                    return Ok(());
                };
                let mode = files::mode_of(&source.metadata()?);
                let out = folder.create(name, mode, IfThere::Replace);
                io::copy(&mut source, &mut out.map_err(behind(name))?)?;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod bomb_tests {
    use super::*;

    #[test]
    fn what_is_cut_off_at_the_limit_is_a_bomb() {
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(50_000);
        header.set_mode(0o644);
        tar.append_data(&mut header, "a/zeros", &vec![0; 50_000][..])
            .unwrap();
        let tar = tar.into_inner().unwrap();
        let temp = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(temp.path()).unwrap();
        let mut into = UnpackFolder::open(folder).unwrap();
        for most in [100, 512, 10_000, 50_512] {
            let error = unpack_tar(&tar[..], most, &mut into).unwrap_err();
            assert!(matches!(error, UnpackError::Bomb), "{most}: {error}");
        }
        unpack_tar(&tar[..], 1_000_000, &mut into).unwrap();
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;

    use super::*;

    fn tar_gz(fill: impl FnOnce(&mut tar::Builder<flate2::write::GzEncoder<Vec<u8>>>)) -> Vec<u8> {
        let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let mut builder = tar::Builder::new(encoder);
        fill(&mut builder);
        builder.into_inner().unwrap().finish().unwrap()
    }

    fn add(
        builder: &mut tar::Builder<flate2::write::GzEncoder<Vec<u8>>>,
        name: &str,
        kind: EntryType,
        text: &str,
    ) {
        let mut header = tar::Header::new_gnu();
        // This is written past the checks of the crate, as the maker of a hostile archive would do.
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(0o644);
        if kind == EntryType::Regular {
            header.set_size(text.len() as u64);
            header.set_cksum();
            builder.append(&header, text.as_bytes()).unwrap();
        } else {
            header.set_size(0);
            header.as_gnu_mut().unwrap().linkname[..text.len()].copy_from_slice(text.as_bytes());
            header.set_cksum();
            builder.append(&header, &b""[..]).unwrap();
        }
    }

    fn check(members: &[(&str, EntryType, &str)]) -> String {
        let temp = tempfile::tempdir().unwrap();
        let folder = Utf8Path::from_path(temp.path()).unwrap().join("in/side");
        fs_err::create_dir_all(&folder).unwrap();
        let bytes = tar_gz(|builder| {
            add(builder, "a-1/setup.py", EntryType::Regular, "");
            for (name, kind, text) in members {
                add(builder, name, *kind, text);
            }
        });
        let result = unpack_sdist(io::Cursor::new(&bytes), "a-1.tar.gz", &folder);
        let outside: Vec<_> = fs_err::read_dir(temp.path().join("in")).unwrap().collect();
        assert_eq!(outside.len(), 1, "something was written outside");
        match result {
            Ok(top) => top.strip_prefix(&folder).unwrap().to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn good_ones() {
        use EntryType::{Link, Regular, Symlink};
        insta::assert_snapshot!(check(&[("./a-1/x/y.py", Regular, "y")]), @"a-1");
        insta::assert_snapshot!(check(&[("a-1/x/l", Symlink, "../setup.py"), ("a-1/h", Link, "a-1/setup.py")]), @"a-1");
    }

    #[test]
    fn hostile_ones() {
        use EntryType::{Fifo, Link, Regular, Symlink};
        insta::assert_snapshot!(check(&[("../evil", Regular, "")]), @r#"it has a member "../evil": it leaves the folder by `..`"#);
        insta::assert_snapshot!(check(&[("/tmp/evil", Regular, "")]), @r#"it has a member "/tmp/evil": it is absolute"#);
        insta::assert_snapshot!(check(&[("a-1/l", Symlink, "../../evil")]), @"its member `a-1/l` is a link to `../../evil`, which leads elsewhere");
        insta::assert_snapshot!(check(&[("a-1/l", Symlink, "/etc/passwd")]), @"its member `a-1/l` is a link to `/etc/passwd`, which leads elsewhere");
        insta::assert_snapshot!(check(&[("a-1/l", Symlink, "x/../../..")]), @"its member `a-1/l` is a link to `x/../../..`, which leads elsewhere");
        insta::assert_snapshot!(check(&[("a-1/l", Link, "../evil")]), @"its member `a-1/l` is a link to `../evil`, which leads elsewhere");
        insta::assert_snapshot!(check(&[("a-1/p", Fifo, "")]), @"its member `a-1/p` is neither a file nor a folder nor a link");
        insta::assert_snapshot!(check(&[("b-1/x", Regular, "")]), @"it has not exactly one folder at the top");
        insta::assert_snapshot!(check(&[("a-1/setup.py/x", Regular, "")]), @"its member `a-1/setup.py/x` lies behind a link or a file, not in a folder");
    }

    /// A link is checked relative to its own folder. Behind another link, it would be in another
    /// folder.
    #[test]
    fn links_behind_links() {
        use EntryType::{Link, Regular, Symlink};
        let deep = ("a-1/x/y/z/file", Regular, "");
        let up = ("a-1/up", Symlink, "x/y/z");
        insta::assert_snapshot!(check(&[deep, up, ("a-1/up/out", Symlink, "../evil")]), @"its member `a-1/up/out` lies behind a link or a file, not in a folder");
        insta::assert_snapshot!(check(&[deep, up, ("a-1/up/file", Link, "a-1/setup.py")]), @"its member `a-1/up/file` lies behind a link or a file, not in a folder");
        insta::assert_snapshot!(check(&[deep, up, ("a-1/copy", Link, "a-1/up/file")]), @"its member `a-1/up/file` lies behind a link or a file, not in a folder");
        // Each of the two links is valid where it claims to be, but together they lead out.
        let first = ("a-1/x/one", Symlink, "../x/y/z");
        let second = ("a-1/x/one/two", Symlink, "../../../../evil");
        insta::assert_snapshot!(check(&[deep, first, second]), @"its member `a-1/x/one/two` is a link to `../../../../evil`, which leads elsewhere");
    }

    #[test]
    fn a_file_is_not_written_through_a_link() {
        let temp = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(temp.path()).unwrap();
        fs_err::create_dir_all(root.join("in")).unwrap();
        fs_err::write(root.join("outside"), "mine").unwrap();
        crate::files::symlink("../outside".into(), &root.join("in/file")).unwrap();
        crate::files::symlink("..".into(), &root.join("in/folder")).unwrap();
        let mut folder = UnpackFolder::open(&root.join("in")).unwrap();
        let mut create = |path, there| folder.create(path, FileMode::Regular, there).is_err();
        assert!(create("file", IfThere::Replace));
        assert!(create("file", IfThere::Refuse));
        assert!(create("folder/outside", IfThere::Replace));
        assert!(folder.open_file("file").unwrap().is_none());
        assert!(folder.open_file("folder/outside").is_err());
        let text = fs_err::read_to_string(root.join("outside")).unwrap();
        assert_eq!(text, "mine");
    }

    #[test]
    fn other_archives() {
        let unpacked = |name: &str, text: &str| {
            let temp = tempfile::tempdir().unwrap();
            let folder = Utf8Path::from_path(temp.path()).unwrap();
            let bytes = BASE64_STANDARD.decode(text).unwrap();
            let top = unpack_sdist(io::Cursor::new(&bytes), name, folder)?;
            let text = fs_err::read_to_string(top.join("setup.py"))?;
            Ok::<_, UnpackError>(text)
        };
        for (name, text) in [
            ("a-1.tar.bz2", BZIP2),
            ("a-1.tbz2", BZIP2),
            ("A-1.TAR.XZ", XZ),
            ("a-1.txz", XZ),
        ] {
            assert_eq!(unpacked(name, text).unwrap(), "x=1\n", "{name}");
        }
        let error = |name, text| unpacked(name, text).unwrap_err().to_string();
        insta::assert_snapshot!(error("a-1.tar.lz", XZ), @"only `.tar.gz`, `.tar.bz2`, `.tar.xz`, `.tar` and `.zip` archives can be unpacked");
        insta::assert_snapshot!(error("a-1.tar.xz", BZIP2), @"the archive is damaged: invalid XZ magic bytes");
        insta::assert_snapshot!(error("a-1.tar.bz2", XZ), @"the archive is damaged: bzip2: bz2 header missing");
        insta::assert_snapshot!(error("a-1.tar.xz", &XZ[..120]), @"the archive is damaged: failed to fill whole buffer");
    }

    /// `a-1/setup.py` with `x=1` in it, packed by Python.
    const BZIP2: &str = "QlpoOTFBWSZTWbhbV2AAAC7bgMmQQAP1ggQAYgBeYAgIIABUVoRiaYNQ9TGQJJRiaaBoNNAeSIfIckMyU6ziNKMBDBpZStubxPYRSwHM0hYqIk4kYBmmBy3hHJoogGxdyRThQkLhbV2A";
    const XZ: &str = "/Td6WFoAAATm1rRGAgAhAQwAAACPmEGc4Af/AEldADCLQiMSrYPYyJCEjauMmIa78CDubJqqBGYN4CVr2A1r8Wi3EwF4BvIryf1N6dWQPF7hWd49RVzhJhFx7uUgz6iRFCS8uraNDwAAAAAAAcX/CT9LhEMAAWWAEAAAADmtk3qxxGf7AgAAAAAEWVo=";
}
