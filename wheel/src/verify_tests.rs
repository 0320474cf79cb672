//! Tests of verification: a good wheel, and wheels with one mistake each.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use crate::build::{SetuptoolsFiles, WheelContents};
use crate::entry_points::EntryPoints;
use crate::member::Member;
use crate::metadata::CoreMetadata;
use crate::path::MemberPath;
use crate::time::ArchiveTime;
use crate::verify::{MemberImport, Verification, verify};
use crate::wheel_file::WheelTags;
use crate::zip_writer::ZipWriter;

const NAME: &str = "my_x-1.0-py3-none-manylinux2014_aarch64.whl";

fn contents() -> WheelContents {
    let mut entry_points = EntryPoints::default();
    entry_points
        .insert("console_scripts", "x", "my.x.cli:main")
        .unwrap();
    WheelContents {
        metadata: CoreMetadata {
            description: Some(crate::metadata::Description {
                content_type: "text/markdown".into(),
                body: "# My X\n".into(),
            }),
            ..CoreMetadata::new("my.x", "1.0".parse().unwrap())
        },
        tags: WheelTags::for_platform("manylinux2014_aarch64"),
        generator: "xtask (0)".into(),
        entry_points,
        members: vec![
            bytes("my/x/cli.py", b"import json\n"),
            bytes("my/x/x.so", &elf(183)),
        ],
        data_files: Vec::new(),
        license_files: Vec::new(),
        sboms: Vec::new(),
        setuptools_files: SetuptoolsFiles::None,
    }
}

fn bytes(path: &str, bytes: &[u8]) -> Member {
    Member::bytes(MemberPath::parse(path).unwrap(), bytes)
}

fn elf(machine: u8) -> Vec<u8> {
    [
        b"\x7fELF\x02\x01\x01".as_slice(),
        &[0; 9],
        &[3, 0, machine, 0],
    ]
    .concat()
}

fn build(contents: &WheelContents) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()), ArchiveTime::EARLIEST);
    contents.write(&mut writer).unwrap();
    writer.into_inner().into_inner()
}

fn report(verification: &Verification) -> String {
    let mut out = String::new();
    for finding in &verification.findings {
        let _ = writeln!(out, "{:?}: {finding}", finding.severity());
    }
    out
}

fn check(change: impl FnOnce(&mut WheelContents)) -> String {
    let mut contents = contents();
    change(&mut contents);
    let name = contents.filename().unwrap().to_string();
    let mut verification = verify(&name, Cursor::new(build(&contents)));
    verification.judge_entry_points(|_| false);
    report(&verification)
}

/// Writes the good wheel again, each text through `change`; `None` leaves the member out.
fn check_rewritten(change: impl Fn(&str, Vec<u8>) -> Option<Vec<u8>>) -> String {
    let mut good = zip::ZipArchive::new(Cursor::new(build(&contents()))).unwrap();
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..good.len() {
        let mut entry = good.by_index(at).unwrap();
        let (mut content, name) = (Vec::new(), entry.name().unwrap().into_owned());
        std::io::copy(&mut entry, &mut content).unwrap();
        if let Some(content) = change(&name, content) {
            out.start_file(&name, zip::write::SimpleFileOptions::default())
                .unwrap();
            out.write_all(&content).unwrap();
        }
    }
    report(&verify(NAME, out.finish().unwrap()))
}

fn check_replaced(member: &str, from: &str, to: &str) -> String {
    check_rewritten(|name, content| {
        let text = String::from_utf8_lossy(&content);
        Some(if name.ends_with(member) {
            text.replace(from, to).into_bytes()
        } else {
            content
        })
    })
}

#[test]
fn a_good_wheel() {
    assert_eq!(check(|_| {}), "");
    assert_eq!(check_rewritten(|_, content| Some(content)), "");
}

#[test]
fn names_of_files() {
    let wheel = build(&contents());
    let check = |name: &str| report(&verify(name, Cursor::new(&wheel)));
    insta::assert_snapshot!(check("my.x-1.0-py3-none-manylinux2014_aarch64.whl"), @"Error: the file name `my.x-1.0-py3-none-manylinux2014_aarch64.whl` is not normalised: `my_x-1.0-py3-none-manylinux2014_aarch64.whl`");
    insta::assert_snapshot!(check("my_x-1.0.whl"), @"Error: the file name says nothing: `my_x-1.0.whl` is not the file name of a wheel: it has not five or six parts joined by `-`");
    insta::assert_snapshot!(check("my_y-1.0-py3-none-manylinux2014_aarch64.whl"), @"Error: `my_y-1.0.dist-info` is not there; found my_x-1.0.dist-info");
}

#[test]
fn tags_that_disagree_with_the_name() {
    insta::assert_snapshot!(check_replaced("WHEEL", "Tag: py3-none-manylinux2014_aarch64", "Tag: py3-none-any"), @"
    Error: the hash or size of `my_x-1.0.dist-info/WHEEL` in RECORD is not that of the member
    Error: WHEEL says Tag `py3-none-any`, the file name says `py3-none-manylinux2014_aarch64`
    ");
    insta::assert_snapshot!(check_replaced("WHEEL", "Purelib: false", "Purelib: true"), @"
    Error: the hash or size of `my_x-1.0.dist-info/WHEEL` in RECORD is not that of the member
    Error: WHEEL says Root-Is-Purelib `true`, the file name says `manylinux2014_aarch64`
    ");
}

#[test]
fn metadata_that_disagrees_with_the_name() {
    insta::assert_snapshot!(check_replaced("METADATA", "Name: my.x", "Name: my.z"), @"
    Error: the hash or size of `my_x-1.0.dist-info/METADATA` in RECORD is not that of the member
    Error: METADATA says Name `my-z`, the file name says `my-x`
    ");
    insta::assert_snapshot!(check_replaced("METADATA", "Version: 1.0", "Version: 1.1"), @"
    Error: the hash or size of `my_x-1.0.dist-info/METADATA` in RECORD is not that of the member
    Error: METADATA says Version `1.1`, the file name says `1.0`
    ");
}

#[test]
fn a_record_that_lies() {
    insta::assert_snapshot!(check_replaced("cli.py", "json", "JSON"), @"Error: the hash or size of `my/x/cli.py` in RECORD is not that of the member");
    insta::assert_snapshot!(check_replaced("RECORD", "my/x/cli.py", "my/x/cli.txt"), @"
    Error: RECORD names `my/x/cli.txt`, which is not in the wheel
    Error: `my/x/cli.py` is not in RECORD
    ");
    insta::assert_snapshot!(check_replaced("RECORD", ",,", ",,\nmy/x/x.so,,"), @"Error: RECORD names `my/x/x.so` more than once");
    insta::assert_snapshot!(check_replaced("RECORD", "sha256=", "md5="), @"Error: line 1 of RECORD, `my/x/cli.py,md5=JhqREqKRjiq6A-GaLyIaAnq0tvnpRqbDmBT1Thjgffw,12`: its hash is not a SHA-256");
}

#[test]
fn files_that_are_missing() {
    insta::assert_snapshot!(check_rewritten(|name, content| (!name.ends_with("WHEEL")).then_some(content)), @"
    Error: `my_x-1.0.dist-info/WHEEL` is not there
    Error: RECORD names `my_x-1.0.dist-info/WHEEL`, which is not in the wheel
    ");
    insta::assert_snapshot!(check_rewritten(|name, content| (!name.contains("dist-info")).then_some(content)), @"Error: `my_x-1.0.dist-info` is not there; found none");
}

#[test]
fn an_entry_point_of_a_module_not_shipped() {
    insta::assert_snapshot!(check(|c| c.entry_points.insert("plug", "y", "my.y:main").unwrap()), @"Error: the entry point `y = my.y` of `plug` names a module that the wheel does not ship");
}

#[test]
fn binaries_for_another_machine() {
    insta::assert_snapshot!(check(|c| c.members.push(bytes("my/x/y.so", &elf(62)))), @"Error: `my/x/y.so` is ELF for x86_64, but the wheel is for manylinux2014_aarch64");
    insta::assert_snapshot!(check(|c| c.tags = WheelTags::for_platform("macosx_11_0_arm64")), @"Warning: `my/x/x.so` is ELF for arm64, which no system of macosx_11_0_arm64 runs");
    insta::assert_snapshot!(check(|c| c.tags = WheelTags::any()), @"Warning: `my/x/x.so` is ELF for arm64, but the wheel is for any platform");
}

#[test]
fn one_wheel_for_two_systems() {
    assert_eq!(
        check(|c| c.tags = WheelTags::for_platform("manylinux2014_aarch64.macosx_11_0_arm64")),
        ""
    );
}

#[test]
fn a_git_lfs_pointer() {
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n";
    insta::assert_snapshot!(check(|c| c.members.push(bytes("my/x/font.ttf", pointer))), @"Error: `my/x/font.ttf` is a Git LFS pointer, not the file: run `git lfs pull` and build again");
}

#[test]
fn names_that_escape_and_names_that_clash() {
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for name in ["../evil.py", "a/CON.txt", "a/b", "A/B"] {
        out.start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
    }
    out.add_symlink(
        "link",
        "/etc/passwd",
        zip::write::SimpleFileOptions::default(),
    )
    .unwrap();
    insta::assert_snapshot!(report(&verify(NAME, out.finish().unwrap())), @"
    Error: the member `../evil.py`: it leaves the folder by `..`
    Error: the members `a/b` and `A/B` differ in case only
    Error: the member `link` is a symbolic link, which installers write as a file or refuse
    Note: `../evil.py` is a module that cannot be imported: not all of its path are identifiers (W004)
    Note: `link` is installed beside the modules of all projects (W003)
    Note: there is more than one name at the top: .., A, a, link (W009)
    Note: `A` at the top has no module (W010)
    Note: `a` at the top has no module (W010)
    Error: `my_x-1.0.dist-info` is not there; found none
    ");
}

#[test]
fn imports_that_nothing_meets() {
    let mut verification = verify(NAME, Cursor::new(build(&contents())));
    let import = |module: &str| MemberImport {
        member: "my/x/cli.py".into(),
        line: 3,
        module: module.into(),
    };
    let imports = ["json", "my.x.cli.main", "my.x", "my.y.z", "attrs"].map(import);
    verification.judge_imports(&imports, |module| module == "json");
    insta::assert_snapshot!(report(&verification), @"
    Error: `my/x/cli.py`, line 3: `my.y.z` is neither in the wheel, in what it requires, nor in the standard library
    Error: `my/x/cli.py`, line 3: `attrs` is neither in the wheel, in what it requires, nor in the standard library
    ");
}

#[test]
fn files_that_are_shipped_no_more() {
    let mut verification = verify(NAME, Cursor::new(build(&contents())));
    verification.judge_dropped(
        "0.9",
        &[
            "my/x/cli.py".into(),
            "my/x/old.py".into(),
            "my_x-0.9.dist-info/WHEEL".into(),
        ],
    );
    insta::assert_snapshot!(report(&verification), @"Warning: `my/x/old.py` was shipped by 0.9 and is not shipped any more");
    assert!(verification.passes());
}

#[test]
fn what_is_no_archive() {
    insta::assert_snapshot!(report(&verify(NAME, Cursor::new(b"<html>"))), @"Error: the archive is not valid: it does not end as a zip archive does");
}
