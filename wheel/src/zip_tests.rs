//! Tests of the zip archive: written here, read by an independent reader; and
//! broken on purpose, read by the strict one.

use std::io::{self, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::deflate::BATCH;
use crate::error::ArchiveError;
use crate::member::{FileMode, Member, MemberContent, MemberFile, MemberWriter};
use crate::member_reader::MemberReader;
use crate::path::MemberPath;
use crate::tar_writer::TarGzWriter;
use crate::time::ArchiveTime;
use crate::zip_format::{Directory, Header, Method};
use crate::zip_member::ZipError;
use crate::zip_reader::ZipReader;
use crate::zip_writer::ZipWriter;

/// Bytes that compress about as well as code does; the same for the same seed.
fn noise(size: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let word = |state: &mut u64| {
        *state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (*state >> 33) as u32
    };
    let mut out = Vec::with_capacity(size + 16);
    while out.len() < size {
        let n = word(&mut state);
        match n % 3 {
            0 => out.extend_from_slice(b"push rbp; mov"),
            1 => out.extend_from_slice(&n.to_le_bytes()),
            _ => out.extend_from_slice(format!("call {:x}", n % 977).as_bytes()),
        }
    }
    out.truncate(size);
    out
}

fn members() -> Vec<Member> {
    let path = |name: &str| MemberPath::parse(name).unwrap();
    vec![
        Member::bytes(path("a/empty.py"), *b""),
        Member {
            mode: FileMode::Executable,
            ..Member::bytes(path("a/run.sh"), *b"#!/bin/sh\n")
        },
        Member::bytes(path("b/exactly.bin"), noise(256 * 1024, 1)),
        Member::bytes(path("b/large.so"), noise(5_000_003, 2)),
        Member::bytes(path("é/wide.txt"), noise(70_000, 3)),
        Member::bytes(path("z.txt"), "ab".repeat(400).into_bytes()),
    ]
}

fn archive(members: &[Member], threads: usize) -> Vec<u8> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    pool.install(|| {
        let mut writer = ZipWriter::new(
            Cursor::new(Vec::new()),
            ArchiveTime::from_unix(1_727_699_696),
        );
        writer.write(members).unwrap();
        writer.finish().unwrap();
        writer.into_inner().into_inner()
    })
}

#[test]
fn an_independent_reader_finds_what_was_written() {
    let mut read = zip::ZipArchive::new(Cursor::new(archive(&members(), 2))).unwrap();
    assert_eq!(read.len(), members().len());
    for member in members() {
        let mut entry = read.by_name(member.path.as_str()).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        let MemberContent::Bytes(expect) = &member.source else {
            unreachable!()
        };
        assert!(bytes == **expect, "{}", member.path);
        let mode = if member.mode == FileMode::Executable {
            0o100_755
        } else {
            0o100_644
        };
        assert_eq!(entry.unix_mode(), Some(mode));
        assert_eq!(
            entry.last_modified().unwrap().to_string(),
            "2024-09-30 12:34:56"
        );
    }
}

#[test]
fn the_strict_reader_finds_what_was_written() {
    let mut read = ZipReader::open(Cursor::new(archive(&members(), 2))).unwrap();
    for member in members() {
        let MemberContent::Bytes(expect) = &member.source else {
            unreachable!()
        };
        assert!(
            read.read(member.path.as_str()).unwrap() == **expect,
            "{}",
            member.path
        );
    }
    assert_eq!(read.members()[1].mode(), FileMode::Executable);
}

#[test]
fn an_archive_is_read_by_many_at_once() {
    use rayon::prelude::*;
    let bytes = archive(&members(), 2);
    let mut one = ZipReader::open(Cursor::new(&bytes[..])).unwrap();
    let many = ZipReader::open(Cursor::new(&bytes[..])).unwrap();
    let read = many.members().par_iter().map_init(
        || MemberReader::new(Cursor::new(&bytes[..])),
        |reader, member| {
            let mut content = Vec::new();
            reader.copy(member, &mut content).unwrap();
            content
        },
    );
    let contents: Vec<Vec<u8>> = read.collect();
    for (member, content) in many.members().iter().zip(contents) {
        assert_eq!(one.read(&member.name).unwrap(), content);
    }
}

#[test]
fn bytes_do_not_depend_on_the_number_of_threads() {
    let one = archive(&members(), 1);
    for threads in [2, 3, 8] {
        assert!(archive(&members(), threads) == one, "{threads} threads");
    }
}

#[test]
fn members_that_do_not_get_smaller_are_stored() {
    let random = Member::bytes(MemberPath::parse("x").unwrap(), *b"q7");
    let bytes = archive(&[random], 1);
    assert!(bytes.windows(3).any(|w| w == b"xq7"));
}

#[test]
fn a_source_distribution_is_read_by_tar_and_does_not_depend_on_threads() {
    let write = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let mut out = Vec::new();
            let mut writer = TarGzWriter::new(&mut out, ArchiveTime::from_unix(1_727_699_696));
            writer.write(&members()).unwrap();
            writer.finish().unwrap();
            drop(writer);
            out
        })
    };
    let bytes = write(1);
    assert!(bytes == write(4));
    let mut read = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()));
    for (entry, member) in read.entries().unwrap().zip(members()) {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        let MemberContent::Bytes(expect) = &member.source else {
            unreachable!()
        };
        assert!(content == **expect, "{}", member.path);
        assert_eq!(entry.path().unwrap().to_str(), Some(member.path.as_str()));
        assert_eq!(entry.header().mtime().unwrap(), 1_727_699_696);
    }
}

/// The specification of source distributions asks for pax: its headers have the magic of `ustar`, and what that
/// cannot hold is in records, never in GNU's headers.
#[test]
fn a_source_distribution_is_pax() {
    let long = format!("{}/x.py", "a_folder".repeat(40));
    let names = ["x.py", "na\u{ef}ve.py", long.as_str()];
    let files = names.map(|name| Member::bytes(MemberPath::parse(name).unwrap(), *b"1"));
    let mut out = Vec::new();
    let mut writer = TarGzWriter::new(&mut out, ArchiveTime::from_unix(0));
    writer.write(&files).unwrap();
    writer.finish().unwrap();
    drop(writer);
    let mut raw = Vec::new();
    let mut gz = flate2::read::GzDecoder::new(out.as_slice());
    gz.read_to_end(&mut raw).unwrap();
    let mut kinds = String::new();
    let mut rest = raw.as_slice();
    while let Some(header) = rest
        .get(..512)
        .filter(|header| header.iter().any(|byte| *byte != 0))
    {
        assert_eq!(&header[257..265], b"ustar\x0000");
        kinds.push(char::from(header[156]));
        let size = std::str::from_utf8(&header[124..135]).unwrap();
        let size = usize::from_str_radix(size, 8).unwrap();
        rest = &rest[512 + size.div_ceil(512) * 512..];
    }
    assert_eq!(kinds, "0x0x0");
}

/// A file that says another size than it has.
struct Lying {
    says: u64,
    has: &'static [u8],
}

impl MemberFile for Lying {
    fn open(&self) -> io::Result<(Box<dyn Read + Send>, u64)> {
        Ok((Box::new(self.has), self.says))
    }

    fn origin(&self) -> String {
        "src/x.so".to_owned()
    }
}

fn check_lying(says: u64, has: &'static [u8]) -> ArchiveError {
    let source = MemberContent::Opener(Arc::new(Lying { says, has }));
    let member = Member {
        path: MemberPath::parse("x.so").unwrap(),
        source,
        mode: FileMode::Regular,
    };
    let mut tar = TarGzWriter::new(Vec::new(), ArchiveTime::EARLIEST);
    assert_eq!(
        tar.write(std::slice::from_ref(&member)).is_err(),
        says > has.len() as u64
    );
    ZipWriter::new(Cursor::new(Vec::new()), ArchiveTime::EARLIEST)
        .write(&[member])
        .unwrap_err()
}

#[test]
fn a_file_that_changes_while_it_is_read() {
    insta::assert_snapshot!(check_lying(4, b"123"), @"`src/x.so` changed while it was read: 4 bytes when opened, 3 read");
    insta::assert_snapshot!(check_lying(2, b"123"), @"`src/x.so` changed while it was read: 2 bytes when opened, 3 read");
}

/// Room for a few bytes only.
struct FullDisk(Cursor<Vec<u8>>);

impl io::Write for FullDisk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.position() > 100_000 {
            return Err(io::Error::new(
                io::ErrorKind::StorageFull,
                "no space left on device",
            ));
        }
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl io::Seek for FullDisk {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn a_full_disk() {
    let error = ZipWriter::new(FullDisk(Cursor::new(Vec::new())), ArchiveTime::EARLIEST)
        .write(&members())
        .unwrap_err();
    let ArchiveError::Write(source) = error else {
        panic!("{error}")
    };
    assert_eq!(source.kind(), io::ErrorKind::StorageFull);
}

#[test]
fn numbers_of_64_bits() {
    let header = Header {
        name: "big".into(),
        method: Method::Stored,
        dos: (0, 33),
        crc: 7,
        packed: 5 << 32,
        size: 5 << 32,
        mode: FileMode::Regular,
        zip64: Header::needs_zip64(5 << 32),
    };
    assert!(
        header.zip64
            && Header::needs_zip64(u64::from(u32::MAX) - 10)
            && !Header::needs_zip64(4_000_000_000)
    );
    assert_eq!(header.local().len(), 30 + 3 + 20);
    let central = header.central(6 << 32);
    assert_eq!(central.len(), 46 + 3 + 4 + 24);
    assert_eq!(&central[central.len() - 8..], (6_u64 << 32).to_le_bytes());
    let end = Directory {
        entries: 70_000,
        offset: 6 << 32,
        size: 100,
    }
    .end();
    assert_eq!(end.len(), 56 + 20 + 22);
}

/// More members than 16 bits can count.
#[test]
fn more_members_than_the_old_format_counts() {
    let members: Vec<Member> = (0..70_000)
        .map(|n| Member::bytes(MemberPath::parse(&format!("{n:05}")).unwrap(), *b""))
        .collect();
    let bytes = archive(&members, 2);
    assert_eq!(
        zip::ZipArchive::new(Cursor::new(&bytes)).unwrap().len(),
        70_000
    );
    assert_eq!(
        ZipReader::open(Cursor::new(&bytes))
            .unwrap()
            .members()
            .len(),
        70_000
    );
}

fn check_broken(break_it: impl FnOnce(&mut Vec<u8>)) -> String {
    let path = |name: &str| MemberPath::parse(name).unwrap();
    let members = [
        Member::bytes(path("one.txt"), "ab".repeat(99).into_bytes()),
        Member::bytes(path("two.txt"), *b"2"),
    ];
    let mut bytes = archive(&members, 1);
    break_it(&mut bytes);
    let result = ZipReader::open(Cursor::new(bytes)).and_then(|mut read| {
        (0..read.members().len()).try_for_each(|at| read.copy(at, &mut io::sink()).map(|_| ()))
    });
    result.unwrap_err().to_string()
}

fn replace_all(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    for at in 0..=bytes.len() - from.len() {
        if bytes[at..].starts_with(from) {
            bytes[at..at + from.len()].copy_from_slice(to);
        }
    }
}

#[test]
fn broken_archives() {
    insta::assert_snapshot!(check_broken(|b| b.truncate(b.len() - 1)), @"the archive is not valid: it does not end as a zip archive does");
    insta::assert_snapshot!(check_broken(|b| b.push(0)), @"the archive is not valid: bytes follow its end");
    insta::assert_snapshot!(check_broken(|b| { b.insert(0, 0); }), @"the archive is not valid: its directory does not reach to its end");
    insta::assert_snapshot!(check_broken(|b| b.clear()), @"the archive is not valid: it does not end as a zip archive does");
    insta::assert_snapshot!(check_broken(|b| replace_all(b, b"two.txt", b"one.txt")), @"the member `one.txt` is not valid: its name occurs twice");
    insta::assert_snapshot!(check_broken(|b| replace_all(&mut b[..60], b"one.txt", b"One.txt")), @"the member `one.txt` is not valid: its header and the directory disagree");
    insta::assert_snapshot!(check_broken(|b| b[14] ^= 1), @"the member `one.txt` is not valid: its header and the directory disagree on size or checksum");
    insta::assert_snapshot!(check_broken(|b| b[39] ^= 0x55), @"the member `one.txt` is not valid: its compressed data is damaged");
}

#[test]
fn garbage_never_panics() {
    let good = archive(&members()[..2], 1);
    for at in 0..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 0xff;
        let result = ZipReader::open(Cursor::new(bytes));
        let _: Result<(), ZipError> = result.and_then(|mut r| {
            (0..r.members().len()).try_for_each(|i| r.copy(i, &mut io::sink()).map(|_| ()))
        });
    }
}

/// So many bytes, made as they are read; counts how many were.
struct Generated {
    size: u64,
    compressible: bool,
    read: Arc<AtomicU64>,
}

impl MemberFile for Generated {
    fn open(&self) -> io::Result<(Box<dyn Read + Send>, u64)> {
        let stream = Stream {
            state: 1,
            compressible: self.compressible,
            read: Arc::clone(&self.read),
        };
        Ok((Box::new(stream.take(self.size)), self.size))
    }

    fn origin(&self) -> String {
        "generated".to_owned()
    }
}

struct Stream {
    state: u64,
    compressible: bool,
    read: Arc<AtomicU64>,
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.compressible {
            buffer.fill(0);
        } else {
            for word in buffer.chunks_mut(4) {
                self.state = self
                    .state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                word.copy_from_slice(&self.state.to_be_bytes()[..word.len()]);
            }
        }
        self.read.fetch_add(buffer.len() as u64, Ordering::Relaxed);
        Ok(buffer.len())
    }
}

/// Notes by how much reading was ever ahead of writing.
struct Behind {
    position: u64,
    end: u64,
    read: Arc<AtomicU64>,
    most: u64,
}

impl io::Write for Behind {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let read = self.read.load(Ordering::Relaxed);
        self.most = self.most.max(read.saturating_sub(self.end));
        self.position += bytes.len() as u64;
        self.end = self.end.max(self.position);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl io::Seek for Behind {
    fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
        if let io::SeekFrom::Start(at) = to {
            self.position = at;
        }
        Ok(self.position)
    }
}

fn generated(size: u64, compressible: bool) -> (Member, Arc<AtomicU64>) {
    let read = Arc::new(AtomicU64::new(0));
    let opener = Generated {
        size,
        compressible,
        read: Arc::clone(&read),
    };
    let path = MemberPath::parse("x.bin").unwrap();
    (
        Member {
            path,
            source: MemberContent::Opener(Arc::new(opener)),
            mode: FileMode::Regular,
        },
        read,
    )
}

#[test]
fn memory_does_not_grow_with_the_package() {
    let (member, read) = generated(40 << 20, false);
    let out = Behind {
        position: 0,
        end: 0,
        read,
        most: 0,
    };
    let mut writer = ZipWriter::new(out, ArchiveTime::EARLIEST);
    writer.write(&[member]).unwrap();
    let most = writer.into_inner().most;
    assert!(
        most <= 3 * BATCH as u64,
        "{most} bytes between reading and writing"
    );
}

/// Not run by default: it compresses more than 4 GiB.
#[test]
#[ignore = "takes a minute"]
fn a_member_of_more_than_four_gigabytes() {
    let size = (4 << 30) + 12_345;
    let (member, _) = generated(size, true);
    let bytes = archive(&[member], 2);
    let mut independent = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
    assert_eq!(
        io::copy(&mut independent.by_index(0).unwrap(), &mut io::sink()).unwrap(),
        size
    );
    let mut strict = ZipReader::open(Cursor::new(&bytes)).unwrap();
    assert_eq!(strict.copy(0, &mut io::sink()).unwrap(), size);
}
