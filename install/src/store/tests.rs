//! Wheels that lie, one test each: none may be unpacked, and nothing be written outside.

use camino::{Utf8Path, Utf8PathBuf};
use model::WheelFilename;

use super::Store;
use crate::testing::{Member, WheelBuilder};

/// The error of unpacking what `edit` makes of a good wheel.
#[track_caller]
fn refusal(edit: impl FnOnce(&mut WheelBuilder)) -> String {
    let mut builder = WheelBuilder::new("good", "1.0");
    builder.file("good/__init__.py", "x = 1\n");
    edit(&mut builder);
    refusal_of(&builder.bytes(), "good-1.0-py3-none-any.whl")
}

#[track_caller]
fn refusal_of(bytes: &[u8], filename: &str) -> String {
    let temp = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(temp.path()).unwrap();
    let archive = root.join("in").join(filename);
    crate::files::write_atomically(&archive, bytes).unwrap();
    let store = Store::new(&root.join("a/cache"));
    let error = store
        .unpack(&archive, &filename.parse().unwrap(), None)
        .unwrap_err();
    let mut left = Vec::new();
    files_below(root, &mut left);
    assert_eq!(left, [archive], "something was written");
    error.to_string()
}

fn files_below(folder: &Utf8Path, out: &mut Vec<Utf8PathBuf>) {
    for entry in folder.read_dir_utf8().unwrap() {
        let path = entry.unwrap().into_path();
        match path.symlink_metadata().unwrap().is_dir() {
            true => files_below(&path, out),
            false => out.push(path),
        }
    }
}

#[test]
fn a_good_wheel_is_unpacked_once() {
    let temp = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(temp.path()).unwrap();
    let archive = root.join("good-1.0-py3-none-any.whl");
    let mut builder = WheelBuilder::new("good", "1.0");
    builder.file("good/__init__.py", "x = 1\n");
    fs_err::write(&archive, builder.bytes()).unwrap();
    let store = Store::new(&root.join("cache"));
    let filename: WheelFilename = archive.file_name().unwrap().parse().unwrap();
    let wheel = store.unpack(&archive, &filename, None).unwrap();
    assert!(wheel.damaged().is_empty());
    assert!(wheel.metadata().unwrap().contains("Name: good"));
    fs_err::remove_file(&archive).unwrap();
    let again = store
        .unpack(&archive, &filename, Some(wheel.sha256()))
        .unwrap();
    assert_eq!(again.manifest(), wheel.manifest());
    fs_err::write(wheel.file("good/__init__.py"), "x = 2\n").unwrap();
    assert_eq!(wheel.damaged(), [wheel.file("good/__init__.py")]);
    store.discard(wheel.sha256()).unwrap();
    assert!(store.get(wheel.sha256()).is_none());
}

#[test]
fn many_may_unpack_at_once() {
    let temp = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(temp.path()).unwrap();
    let archive = root.join("good-1.0-py3-none-any.whl");
    let mut builder = WheelBuilder::new("good", "1.0");
    for n in 0..200 {
        builder.file(&format!("good/m{n}.py"), "x = 1\n");
    }
    fs_err::write(&archive, builder.bytes()).unwrap();
    let store = Store::new(&root.join("cache"));
    let filename: WheelFilename = archive.file_name().unwrap().parse().unwrap();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| store.unpack(&archive, &filename, None).unwrap()))
            .collect();
        for thread in threads {
            assert!(thread.join().unwrap().damaged().is_empty());
        }
    });
}

#[test]
fn another_hash() {
    let temp = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(temp.path()).unwrap();
    let archive = root.join("good-1.0-py3-none-any.whl");
    fs_err::write(&archive, "anything").unwrap();
    let error = Store::new(root)
        .unpack(
            &archive,
            &archive.file_name().unwrap().parse().unwrap(),
            Some(&model::Sha256([7; 32])),
        )
        .unwrap_err();
    insta::assert_snapshot!(error, @"cannot use good-1.0-py3-none-any.whl: its sha256 is ee0874170b7f6f32b8c2ac9573c428d35b575270a66b757c2c0185d2bd09718d, not 0707070707070707070707070707070707070707070707070707070707070707");
}

#[test]
fn names_that_leave_the_folder() {
    insta::assert_snapshot!(refusal(|w| w.file("../evil.py", "")), @r#"cannot use good-1.0-py3-none-any.whl: it has a member "../evil.py": it leaves the folder by `..`"#);
    insta::assert_snapshot!(refusal(|w| w.file("good/../../evil.py", "")), @r#"cannot use good-1.0-py3-none-any.whl: it has a member "good/../../evil.py": it leaves the folder by `..`"#);
    insta::assert_snapshot!(refusal(|w| w.file("/evil.py", "")), @r#"cannot use good-1.0-py3-none-any.whl: it has a member "/evil.py": it is absolute"#);
    insta::assert_snapshot!(refusal(|w| w.file("C:evil.py", "")), @r#"cannot use good-1.0-py3-none-any.whl: it has a member "C:evil.py": it names a drive"#);
    insta::assert_snapshot!(refusal(|w| w.file("good\\..\\evil.py", "")), @r#"cannot use good-1.0-py3-none-any.whl: it has a member "good\\..\\evil.py": it has a backslash, which separates folders on Windows"#);
    insta::assert_snapshot!(refusal(|w| w.file("good/evil.py\0.txt", "")), @"cannot use good-1.0-py3-none-any.whl: the member `good/evil.py\0.txt` is not valid: its name has a NUL");
    insta::assert_snapshot!(refusal(|w| w.file("good-1.0.data/data/../../evil.py", "")), @r#"cannot use good-1.0-py3-none-any.whl: it has a member "good-1.0.data/data/../../evil.py": it leaves the folder by `..`"#);
}

#[test]
fn members_that_clash() {
    insta::assert_snapshot!(refusal(|w| w.member(Member::new("good/__init__.py", "x = 2\n"))), @"cannot use good-1.0-py3-none-any.whl: the member `good/__init__.py` is not valid: its name occurs twice");
    insta::assert_snapshot!(refusal(|w| w.file("good/__init__.py/a", "x = 2\n")), @"cannot use good-1.0-py3-none-any.whl: its member `good/__init__.py` is a file, and a folder for other members");
}

#[test]
fn members_that_are_no_files() {
    let link = |w: &mut WheelBuilder| {
        w.member(Member {
            mode: 0o120_777,
            ..Member::new("good/link", "/etc/passwd")
        });
    };
    insta::assert_snapshot!(refusal(link), @"cannot use good-1.0-py3-none-any.whl: its member `good/link` is a symbolic link or another special file");
    let device = |w: &mut WheelBuilder| {
        w.member(Member {
            mode: 0o020_666,
            ..Member::new("good/tty", "")
        })
    };
    insta::assert_snapshot!(refusal(device), @"cannot use good-1.0-py3-none-any.whl: its member `good/tty` is a symbolic link or another special file");
}

#[test]
fn a_record_that_lies() {
    insta::assert_snapshot!(refusal(|w| w.recorded_as("good/__init__.py", "x = 2\n")), @"cannot use good-1.0-py3-none-any.whl: its member `good/__init__.py` is not what `RECORD` says: its hash is another");
    insta::assert_snapshot!(refusal(|w| w.recorded_as("good/__init__.py", "x = 12\n")), @"cannot use good-1.0-py3-none-any.whl: its member `good/__init__.py` is not what `RECORD` says: its hash is another");
    insta::assert_snapshot!(refusal(|w| w.without("RECORD")), @"cannot use good-1.0-py3-none-any.whl: `good-1.0.dist-info/RECORD` is missing");
}

/// What is remarked about the RECORD of a wheel that is unpacked nevertheless, and its files.
#[track_caller]
fn remarks(edit: impl FnOnce(&mut WheelBuilder)) -> String {
    let mut builder = WheelBuilder::new("good", "1.0");
    builder.file("good/__init__.py", "x = 1\n");
    edit(&mut builder);
    let temp = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(temp.path()).unwrap();
    let archive = root.join("good-1.0-py3-none-any.whl");
    fs_err::write(&archive, builder.bytes()).unwrap();
    let filename: WheelFilename = archive.file_name().unwrap().parse().unwrap();
    let wheel = Store::new(root).unpack(&archive, &filename, None).unwrap();
    let remarks = wheel.remarks().iter().map(ToString::to_string);
    let files = wheel.files().map(|(path, _)| path.to_owned());
    let files = files.filter(|path| !path.starts_with("good-1.0.dist-info/"));
    format!(
        "{}; {}",
        remarks.collect::<Vec<_>>().join(", "),
        files.collect::<Vec<_>>().join(" ")
    )
}

#[test]
fn imperfect_records_of_real_wheels() {
    insta::assert_snapshot!(remarks(|_| ()), @"; good/__init__.py");
    insta::assert_snapshot!(remarks(|w| w.member(Member::new("META-INF/MANIFEST.MF", ""))), @"does not list `META-INF/MANIFEST.MF`, which is left out; good/__init__.py");
    insta::assert_snapshot!(remarks(|w| w.recorded_as("good/other.py", "")), @"lists `good/other.py`, which is not there; good/__init__.py");
    insta::assert_snapshot!(remarks(|w| w.record_line("good/weak.py,md5=abcd,1")), @"lists `good/weak.py`, which is not there; good/__init__.py");
    insta::assert_snapshot!(remarks(|w| w.record_line("good/__init__.py,,")), @"; good/__init__.py");
    insta::assert_snapshot!(remarks(|w| w.record_line("../../etc/passwd,,")), @"lists `../../etc/passwd`, which is not there; good/__init__.py");
    insta::assert_snapshot!(remarks(|w| { w.member(Member::new("good/a.py", "")); w.record_line("good/a.py,,"); }), @"has no hash of `good/a.py` that can be checked; good/__init__.py good/a.py");
    insta::assert_snapshot!(remarks(|w| { w.member(Member::new("good/a.py", "")); w.record_line("/good/a.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0"); }), @"; good/__init__.py good/a.py");
    insta::assert_snapshot!(remarks(|w| { w.member(Member::new("good/a.py", "")); w.record_line("good/a.py,sha512=z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg_SpIdNs6c5H0NE8XYXysP-DGNKHfuwvY7kxvUdBeoGlODJ6-SfaPg,0"); }), @"; good/__init__.py good/a.py");
    insta::assert_snapshot!(remarks(|w| { w.member(Member::new("good-1.0.dist-info/entry_points.txt", "[console_scripts]\na = good:a\n")); }), @"has no hash of `good-1.0.dist-info/entry_points.txt` that can be checked; good/__init__.py");
    insta::assert_snapshot!(refusal(|w| { w.member(Member::new("good/a.py", "")); w.record_line("good/a.py,sha512=z4PhNX7vuL3xVChQ1m2AB9Yg,0"); }), @"cannot use good-1.0-py3-none-any.whl: its member `good/a.py` is not what `RECORD` says: its hash is another");
}

/// Names that differ in case only are two files where the file system says so.
#[cfg(target_os = "linux")]
#[test]
fn members_that_differ_in_case() {
    insta::assert_snapshot!(remarks(|w| w.file("good/__INIT__.py", "x = 2\n")), @"; good/__INIT__.py good/__init__.py");
}

#[test]
fn another_project_inside() {
    let wheel = WheelBuilder::new("evil", "1.0").bytes();
    insta::assert_snapshot!(refusal_of(&wheel, "good-1.0-py3-none-any.whl"), @"cannot use good-1.0-py3-none-any.whl: `evil-1.0.dist-info` says `evil-1.0`, and the file name `good-1.0`");
    let wheel = WheelBuilder::new("good", "2.0").bytes();
    insta::assert_snapshot!(refusal_of(&wheel, "good-1.0-py3-none-any.whl"), @"cannot use good-1.0-py3-none-any.whl: `good-2.0.dist-info` says `good-2.0`, and the file name `good-1.0`");
    let metadata = "Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n";
    insta::assert_snapshot!(refusal(|w| w.metadata(metadata)), @"cannot use good-1.0-py3-none-any.whl: `good-1.0.dist-info/METADATA` says `evil`, and the file name `good`");
    let metadata = "Metadata-Version: 2.1\nName: good\nVersion: 9\n";
    insta::assert_snapshot!(refusal(|w| w.metadata(metadata)), @"cannot use good-1.0-py3-none-any.whl: `good-1.0.dist-info/METADATA` says `9`, and the file name `1.0`");
}

#[test]
fn dist_info() {
    insta::assert_snapshot!(refusal(|w| w.file("evil-1.0.dist-info/METADATA", "")), @"cannot use good-1.0-py3-none-any.whl: it has two `.dist-info` folders, `evil-1.0.dist-info` and `good-1.0.dist-info`");
    insta::assert_snapshot!(refusal(|w| w.without("METADATA")), @"cannot use good-1.0-py3-none-any.whl: `good-1.0.dist-info/METADATA` is missing");
    insta::assert_snapshot!(refusal(|w| w.without("WHEEL")), @"cannot use good-1.0-py3-none-any.whl: `good-1.0.dist-info/WHEEL` is missing");
    insta::assert_snapshot!(refusal(|w| w.wheel("Wheel-Version: 2.0\n")), @"cannot use good-1.0-py3-none-any.whl: it has Wheel-Version 2.0, and this tool knows 1.*");
    insta::assert_snapshot!(refusal_of(&crate::testing::zip(&[]), "good-1.0-py3-none-any.whl"), @"cannot use good-1.0-py3-none-any.whl: it has no `.dist-info` folder");
}

#[test]
fn scripts_and_data() {
    let script =
        |text: &'static str| refusal(move |w| w.file("good-1.0.dist-info/entry_points.txt", text));
    insta::assert_snapshot!(script("[console_scripts]\n../../evil = good:main\n"), @"cannot use good-1.0-py3-none-any.whl: its script `../../evil = good:main` cannot be made: its name would leave the folder of scripts");
    insta::assert_snapshot!(script("[console_scripts]\nevil = good:main(); import os\n"), @"cannot use good-1.0-py3-none-any.whl: its script `evil = good:main(); import os` cannot be made: its attribute must be dotted identifiers, as in `package.module:attribute`");
    insta::assert_snapshot!(script("[console_scripts]\npython = good:main\n"), @"cannot use good-1.0-py3-none-any.whl: its member `python` would replace a file of the environment itself");
    insta::assert_snapshot!(refusal(|w| w.file("good-1.0.data/evil/x", "")), @"cannot use good-1.0-py3-none-any.whl: its member `good-1.0.data/evil/x` is in no folder of `.data` that means something: purelib, platlib, scripts, headers or data");
    insta::assert_snapshot!(refusal(|w| w.file("other-1.0.data/purelib/x", "")), @"cannot use good-1.0-py3-none-any.whl: its member `other-1.0.data/purelib/x` is in no folder of `.data` that means something: purelib, platlib, scripts, headers or data");
    insta::assert_snapshot!(refusal(|w| w.file("good-1.0.data/scripts/python3.12", "")), @"cannot use good-1.0-py3-none-any.whl: its member `good-1.0.data/scripts/python3.12` would replace a file of the environment itself");
    insta::assert_snapshot!(refusal(|w| w.file("good-1.0.data/data/pyvenv.cfg", "")), @"cannot use good-1.0-py3-none-any.whl: its member `good-1.0.data/data/pyvenv.cfg` would replace a file of the environment itself");
    insta::assert_snapshot!(refusal(|w| w.file("good-1.0.data/data/xtask-environment.json", "{}")), @"cannot use good-1.0-py3-none-any.whl: its member `good-1.0.data/data/xtask-environment.json` would replace a file of the environment itself");
}

#[test]
fn bombs() {
    let bomb = |w: &mut WheelBuilder| {
        for n in 0..8 {
            w.member(Member {
                declared: Some(4_000_000_000),
                ..Member::new(&format!("good/{n}"), "")
            });
        }
    };
    insta::assert_snapshot!(refusal(bomb), @"cannot use good-1.0-py3-none-any.whl: it is 1584 bytes long and declares to unpack to 32000000370 bytes, as a zip bomb does");
    let longer = |w: &mut WheelBuilder| {
        w.member(Member {
            declared: Some(3),
            ..Member::new("good/long", "much longer")
        });
        w.recorded_as("good/long", "much longer");
    };
    insta::assert_snapshot!(refusal(longer), @"cannot use good-1.0-py3-none-any.whl: the member `good/long` is not valid: it is longer than declared");
}

#[test]
fn archives_with_two_meanings() {
    let renamed = |w: &mut WheelBuilder| {
        w.member(Member {
            local_name: Some("good/evil.py".to_owned()),
            ..Member::new("good/a.py", "")
        });
    };
    insta::assert_snapshot!(refusal(renamed), @"cannot use good-1.0-py3-none-any.whl: the member `good/a.py` is not valid: its header and the directory disagree");
    let mut builder = WheelBuilder::new("good", "1.0");
    builder.file("good/__init__.py", "x = 1\n");
    let bytes = builder.bytes();
    let name = "good-1.0-py3-none-any.whl";
    insta::assert_snapshot!(refusal_of(&[b"#!/bin/sh\n", &bytes[..]].concat(), name), @"cannot use good-1.0-py3-none-any.whl: the archive is not valid: its directory does not reach to its end");
    insta::assert_snapshot!(refusal_of(&bytes[..bytes.len() - 3], name), @"cannot use good-1.0-py3-none-any.whl: the archive is not valid: it does not end as a zip archive does");
    insta::assert_snapshot!(refusal_of(b"not a zip", name), @"cannot use good-1.0-py3-none-any.whl: the archive is not valid: it does not end as a zip archive does");
}

#[test]
fn members_that_cannot_be_read() {
    let member = |edit: fn(&mut Member)| {
        refusal(move |w| {
            let mut member = Member::new("good/a.py", "x = 1\n");
            edit(&mut member);
            w.member(member);
            w.recorded_as("good/a.py", "x = 1\n");
        })
    };
    insta::assert_snapshot!(member(|m| m.flags = 1), @"cannot use good-1.0-py3-none-any.whl: the member `good/a.py` is not valid: it is encrypted");
    insta::assert_snapshot!(member(|m| m.method = 12), @"cannot use good-1.0-py3-none-any.whl: the member `good/a.py` is not valid: its compression is neither none nor deflate");
    insta::assert_snapshot!(member(|m| m.method = 8), @"cannot use good-1.0-py3-none-any.whl: the member `good/a.py` is not valid: its compressed data is damaged");
    insta::assert_snapshot!(member(|m| m.local_crc = Some(7)), @"cannot use good-1.0-py3-none-any.whl: the member `good/a.py` is not valid: its header and the directory disagree on size or checksum");
    insta::assert_snapshot!(member(|m| m.flags = 1 << 3), @"cannot use good-1.0-py3-none-any.whl: the member `good/a.py` is not valid: its data descriptor and the directory disagree");
}

#[test]
fn bytes_beside_the_archive() {
    let mut builder = WheelBuilder::new("good", "1.0");
    builder.file("good/__init__.py", "x = 1\n");
    let bytes = builder.bytes();
    let name = "good-1.0-py3-none-any.whl";
    insta::assert_snapshot!(refusal_of(&[&bytes[..], b"#!/bin/sh"].concat(), name), @"cannot use good-1.0-py3-none-any.whl: the archive is not valid: bytes follow its end");
    insta::assert_snapshot!(refusal_of(&[&bytes[..], &bytes[..]].concat(), name), @"cannot use good-1.0-py3-none-any.whl: the archive is not valid: its directory does not reach to its end");
}

#[test]
fn a_record_that_says_too_little() {
    insta::assert_snapshot!(refusal(|w| { w.without("RECORD"); w.member(Member::new("good-1.0.dist-info/RECORD", "\"good/__init__.py")); }), @r#"cannot use good-1.0-py3-none-any.whl: `good-1.0.dist-info/RECORD` cannot be read: line 1 of RECORD, `"good/__init__.py`: a quote is not closed"#);
}

#[test]
fn scripts_that_take_the_place_of_others() {
    let script = |line: &str| {
        let text = format!("[gui_scripts]\n{line} = good:main\n");
        refusal(|w| w.file("good-1.0.dist-info/entry_points.txt", &text))
    };
    insta::assert_snapshot!(script("Python3.exe"), @"cannot use good-1.0-py3-none-any.whl: its member `Python3.exe` would replace a file of the environment itself");
    insta::assert_snapshot!(script("activate"), @"cannot use good-1.0-py3-none-any.whl: its member `activate` would replace a file of the environment itself");
    insta::assert_snapshot!(script("a\\b"), @r"cannot use good-1.0-py3-none-any.whl: its script `a\b = good:main` cannot be made: its name would leave the folder of scripts");
    insta::assert_snapshot!(script("/bin/sh"), @"cannot use good-1.0-py3-none-any.whl: its script `/bin/sh = good:main` cannot be made: its name would leave the folder of scripts");
    insta::assert_snapshot!(script(".."), @"cannot use good-1.0-py3-none-any.whl: its script `.. = good:main` cannot be made: its name would leave the folder of scripts");
    insta::assert_snapshot!(refusal(|w| w.file("good-1.0.data/data/bin/python", "")), @"cannot use good-1.0-py3-none-any.whl: its member `good-1.0.data/data/bin/python` would replace a file of the environment itself");
    insta::assert_snapshot!(refusal(|w| w.file("good-1.0.data/data//etc/passwd", "")), @r#"cannot use good-1.0-py3-none-any.whl: it has a member "good-1.0.data/data//etc/passwd": it has an empty component or `.`"#);
    insta::assert_snapshot!(refusal(|w| w.file("good-1.0.data/data/lib64/a", "")), @"cannot use good-1.0-py3-none-any.whl: its member `good-1.0.data/data/lib64/a` would replace a file of the environment itself");
    insta::assert_snapshot!(refusal(|w| w.file("good-1.0.data/scripts", "")), @"cannot use good-1.0-py3-none-any.whl: its member `good-1.0.data/scripts` is in no folder of `.data` that means something: purelib, platlib, scripts, headers or data");
}

#[test]
fn metadata_that_cannot_be_read() {
    insta::assert_snapshot!(refusal(|w| w.metadata("Name: good\n")), @"cannot use good-1.0-py3-none-any.whl: `good-1.0.dist-info/METADATA` cannot be read: the field `Version` is missing");
    insta::assert_snapshot!(refusal(|w| w.wheel("Root-Is-Purelib: true\n")), @"cannot use good-1.0-py3-none-any.whl: `good-1.0.dist-info/WHEEL` cannot be read: the field `Wheel-Version` is missing");
    let latin = |w: &mut WheelBuilder| {
        w.without("METADATA");
        let mut member = Member::new("good-1.0.dist-info/METADATA", "");
        member.content = b"Name: g\xf6\xf6d\n".to_vec();
        w.member(member);
    };
    insta::assert_snapshot!(refusal(latin), @"cannot use good-1.0-py3-none-any.whl: `good-1.0.dist-info/METADATA` cannot be read: it is not UTF-8");
}

#[test]
fn every_cut_is_refused() {
    let mut builder = WheelBuilder::new("good", "1.0");
    builder.file("good/__init__.py", "x = 1\n");
    let bytes = builder.bytes();
    for length in (0..bytes.len()).step_by(29) {
        refusal_of(&bytes[..length], "good-1.0-py3-none-any.whl");
    }
}

#[test]
fn a_flipped_byte_is_refused_or_harmless() {
    let mut builder = WheelBuilder::new("good", "1.0");
    builder.file("good/__init__.py", "x = 1\n");
    let bytes = builder.bytes();
    let filename: WheelFilename = "good-1.0-py3-none-any.whl".parse().unwrap();
    for at in 0..bytes.len() {
        let mut bytes = bytes.clone();
        bytes[at] ^= 0x55;
        let input = std::io::Cursor::new(&bytes);
        if let Ok(wheel) = wheel::WheelArchive::read(input.clone(), bytes.len() as u64, &filename) {
            let mut reader = wheel::MemberReader::new(input);
            for member in &wheel.files {
                // Whatever passes here is checked against RECORD; nothing panics.
                let _ = reader.copy(member, &mut std::io::sink());
            }
        }
    }
}
