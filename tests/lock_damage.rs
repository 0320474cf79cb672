//! Locks that somebody edited by hand: what `lock check`, `generate-lockfiles --check` and `export`
//! say of each is true, and none panics.

use testkit::{LoopbackIndex, Package, Repo};

use crate::{done, lock, repo};

/// What happens to the text of a lock.
enum Damage {
    /// The first text becomes the second.
    Replaced(&'static str, &'static str),
    /// So many bytes of ten thousand are left.
    Cut(usize),
    /// Something else.
    Edited(fn(&str) -> String),
}

use Damage::{Cut, Edited, Replaced};

/// What is true of a damaged lock.
enum Truth {
    /// Nothing is wrong: space and order do not matter.
    Sound,
    /// It cannot be read, and each command says why.
    Unreadable(&'static str),
    /// It can be read, and is not what is asked for.
    Stale(&'static str),
    /// It is what is asked for, and not what the index has.
    Other(&'static str),
}

use Truth::{Other, Sound, Stale, Unreadable};

/// A repository with a lock that has something of everything.
fn locked(index: &LoopbackIndex) -> Repo {
    let url = index.file_url("zipped-1.0-py3-none-any.whl");
    let lines = format!(
        "app\nwin ; sys_platform == 'win32'\nzipped @ {url}\ndual<2 ; os_name == 'nt'\n\
         dual>=2 ; os_name != 'nt'\n-c bounds.txt\n"
    );
    let repo = repo()
        .index(index)
        .requirements(&lines)
        .file("bounds.txt", "deep<3\n");
    lock(&repo);
    for check in [&["lock", "check"][..], &["generate-lockfiles", "--check"]] {
        done(&repo, check);
    }
    repo
}

fn index() -> LoopbackIndex {
    LoopbackIndex::start([
        Package::new("app", "1.0").requires("lib[x]>=1,<2"),
        Package::new("lib", "1.5")
            .requires_python(">=3.8")
            .extra("x", "deep")
            .sdist()
            .wheel("py3-none-any"),
        Package::new("lib", "1.4").extra("x", "deep"),
        Package::new("deep", "2.0").requires("leaf ; python_version >= '3'"),
        Package::new("leaf", "1.0"),
        Package::new("win", "1.0"),
        Package::new("dual", "1.0"),
        Package::new("dual", "2.0"),
        Package::new("zipped", "1.0"),
        Package::new("extra", "1.0"),
    ])
}

fn without(text: &str, package: &str) -> String {
    let blocks = text.split("\n[[packages]]\n");
    let kept = blocks.filter(|block| !block.starts_with(&format!("name = \"{package}\"")));
    kept.collect::<Vec<_>>().join("\n[[packages]]\n")
}

/// The text with the hash of a file replaced.
fn rehashed(text: &str, file: &str, hash: &str) -> String {
    let at = text.find(file).unwrap();
    let start = at + text[at..].find("sha256 = \"").unwrap() + 10;
    format!("{}{hash}{}", &text[..start], &text[start + 64..])
}

const LIB: &str = "name = \"lib\"\nversion = \"1.5\"\n";

const DAMAGES: &[(&str, Damage, Truth)] = &[
    // The text.
    (
        "nothing is left",
        Cut(0),
        Stale("it is not a lock of this tool"),
    ),
    ("cut in the head", Cut(300), Unreadable("")),
    ("cut in the middle", Cut(5000), Unreadable("")),
    ("cut at the end", Cut(9990), Unreadable("not valid TOML")),
    (
        "a quote is lost",
        Replaced("resolve = \"", "resolve = "),
        Unreadable("not valid TOML"),
    ),
    (
        "a control character",
        Replaced("name = \"lib\"", "name = \"l\u{1}ib\""),
        Unreadable("not valid TOML"),
    ),
    (
        "line ends of Windows",
        Edited(|text| text.replace('\n', "\r\n")),
        Sound,
    ),
    (
        "a comment",
        Replaced("[tool.xtask]", "# a comment\n[tool.xtask] # another"),
        Sound,
    ),
    (
        "spaces",
        Replaced("name = \"lib\"", "name   =   \"lib\""),
        Sound,
    ),
    (
        "packages in another order",
        Edited(|text| {
            let (head, packages) = text.split_once("\n[[packages]]\n").unwrap();
            let mut packages: Vec<&str> = packages.split("\n[[packages]]\n").collect();
            packages.reverse();
            format!(
                "{head}\n[[packages]]\n{}\n",
                packages.join("\n[[packages]]\n")
            )
        }),
        Sound,
    ),
    (
        "a conflict of git",
        Edited(|text| format!("<<<<<<< ours\n{text}=======\n{text}>>>>>>> theirs\n")),
        Stale("it has an unresolved merge conflict"),
    ),
    (
        "a half of a conflict",
        Replaced("[[packages]]", "=======\n[[packages]]"),
        Unreadable(""),
    ),
    (
        "something else",
        Edited(|_| "hello\n".to_owned()),
        Stale("it is not a lock of this tool"),
    ),
    // The head.
    (
        "a newer format",
        Replaced("format = 1", "format = 99"),
        Unreadable("this lock has format 99"),
    ),
    (
        "no format",
        Replaced("format = 1\n", ""),
        Unreadable("`format` is missing"),
    ),
    (
        "a format of another type",
        Replaced("format = 1", "format = \"1\""),
        Unreadable("expected an integer"),
    ),
    (
        "a version of PEP 751 that does not exist",
        Replaced("lock-version = \"1.0\"", "lock-version = \"9\""),
        Unreadable("`lock-version`: expected"),
    ),
    (
        "other Pythons than the constraints say",
        Replaced(
            "requires-python = \">=3.12,<3.13\"",
            "requires-python = \">=3.9\"",
        ),
        Unreadable("the interpreter constraints say `>=3.12,<3.13`"),
    ),
    (
        "another resolve",
        Replaced("resolve = \"python-default\"", "resolve = \"mypy\""),
        Stale("it is the lock of `mypy`"),
    ),
    (
        "an unknown key",
        Replaced("resolve = ", "reslove = "),
        Unreadable("`reslove` is no key of this format"),
    ),
    (
        "an unknown key beside others",
        Replaced("format = 1", "format = 1\ncolour = 2"),
        Unreadable("`colour` is no key of this format"),
    ),
    (
        "another interpreter",
        Replaced("[\"CPython==3.12.*\"]", "[\"PyPy==3.12.*\"]"),
        Stale("`interpreter-constraints` was"),
    ),
    (
        "no requirement",
        Replaced("    \"app\",\n", ""),
        Stale("the requirement `app` is new"),
    ),
    (
        "another requirement",
        Replaced("    \"app\",", "    \"app>=2\","),
        Stale("the requirement `app>=2` is now `app`"),
    ),
    (
        "a requirement that is none",
        Replaced("    \"app\",", "    \"app>>2\","),
        Unreadable("is not a requirement"),
    ),
    (
        "a requirement twice",
        Replaced("    \"app\",", "    \"app\",\n    \"app\","),
        Sound,
    ),
    (
        "no constraint",
        Replaced("constraints = [\n    \"deep<3\",\n]\n", ""),
        Stale("the constraint `deep<3` is new"),
    ),
    (
        "a platform",
        Replaced(
            "\nconstraints = [",
            "\nplatforms = [\"linux_x86_64\"]\nconstraints = [",
        ),
        Stale("`platforms` was `linux_x86_64`"),
    ),
    (
        "a platform that is none",
        Replaced(
            "\nconstraints = [",
            "\nplatforms = [\"amiga\"]\nconstraints = [",
        ),
        Unreadable("`amiga` is not a platform"),
    ),
    (
        "a setting",
        Replaced(
            "\nconstraints = [",
            "\nrequire-wheels = true\nconstraints = [",
        ),
        Stale("`require-wheels` was `true`"),
    ),
    (
        "a fork is gone",
        Replaced("    \"os_name == 'nt'\",\n", ""),
        Stale("the forks overlap, or leave environments out"),
    ),
    (
        "forks overlap",
        Replaced(
            "    \"os_name == 'nt'\",\n",
            "    \"python_version > '3'\",\n",
        ),
        Stale("the forks overlap, or leave environments out"),
    ),
    // Packages.
    (
        "a package is gone",
        Edited(|text| without(text, "lib")),
        Stale("no locked package answers the requirement `lib[x]>=1,<2` of app 1.0"),
    ),
    (
        "a package twice",
        Edited(|text| format!("{text}\n[[packages]]\nname = \"leaf\"\nversion = \"1.0\"\n")),
        Unreadable("leaf 1.0 is there twice"),
    ),
    (
        "a package too many",
        Edited(|text| format!("{text}\n[[packages]]\nname = \"extra\"\nversion = \"1.0\"\n")),
        Stale("nothing requires extra 1.0"),
    ),
    (
        "no name",
        Replaced("name = \"lib\"\n", ""),
        Unreadable("`name` is missing"),
    ),
    (
        "a name in another spelling",
        Replaced("name = \"lib\"\n", "name = \"LIB\"\n"),
        Sound,
    ),
    (
        "another name",
        Replaced("name = \"leaf\"\n", "name = \"leef\"\n"),
        Stale("no locked package answers the requirement `leaf"),
    ),
    (
        "another version",
        Replaced(LIB, "name = \"lib\"\nversion = \"1.4\"\n"),
        Stale("lib-1.5-py3-none-any.whl is no file of lib 1.4"),
    ),
    (
        "a version out of range",
        Replaced(LIB, "name = \"lib\"\nversion = \"2.5\"\n"),
        Stale("no locked package answers the requirement `lib[x]>=1,<2` of app 1.0"),
    ),
    (
        "a version that is none",
        Replaced(LIB, "name = \"lib\"\nversion = \"1.x\"\n"),
        Unreadable("`version`"),
    ),
    (
        "a version as a number",
        Replaced(LIB, "name = \"lib\"\nversion = 1.5\n"),
        Unreadable("`version`: expected a string"),
    ),
    (
        "no extra",
        Replaced("extras = [\"x\"]\n", ""),
        Stale("the extras of the requirement `lib[x]>=1,<2` of app 1.0 are not locked"),
    ),
    (
        "an extra too many",
        Replaced("extras = [\"x\"]\n", "extras = [\"x\", \"y\"]\n"),
        Stale("nothing asks for the extra `y` of lib 1.5"),
    ),
    (
        "other Pythons of a package",
        Replaced("requires-python = \">=3.8\"", "requires-python = \">=3.9\""),
        Other("lib 1.5 requires Python `>=3.8`, and `>=3.9` in the lock"),
    ),
    (
        "no dependency",
        Edited(|text| text.replacen("dependencies = [\n    \"lib[x]>=1,<2\",\n]\n", "", 1)),
        Stale("nothing requires lib 1.5"),
    ),
    (
        "another dependency",
        Replaced(
            "    \"lib[x]>=1,<2\",\n]\nwheels",
            "    \"lib[x]>=1\",\n]\nwheels",
        ),
        Other("app 1.0 requires `lib[x]>=1,<2`, and the lock does not"),
    ),
    (
        "a dependency too many",
        Replaced(
            "    \"lib[x]>=1,<2\",\n]\nwheels",
            "    \"lib[x]>=1,<2\",\n    \"nothing\",\n]\nwheels",
        ),
        Stale("no locked package answers the requirement `nothing` of app 1.0"),
    ),
    (
        "a dependency that is none",
        Replaced("\"deep ; extra", "\"deep ;; extra"),
        Unreadable("`dependencies`"),
    ),
    (
        "a marker that is narrower",
        Replaced(
            LIB,
            "name = \"lib\"\nversion = \"1.5\"\nmarker = \"os_name == 'nt'\"\n",
        ),
        Stale(
            "no locked package answers the requirement `lib[x]>=1,<2` of app 1.0 where os_name != 'nt'",
        ),
    ),
    (
        "a marker that is wider",
        Replaced("marker = \"sys_platform == 'win32'\"\n", ""),
        Stale("nothing requires win 1.0 where sys_platform != 'win32'"),
    ),
    (
        "a marker that overlaps",
        Replaced(
            "version = \"1.0\"\nmarker = \"os_name == 'nt'\"",
            "version = \"1.0\"",
        ),
        Stale("both dual 1.0 and dual 2.0 are locked where os_name != 'nt'"),
    ),
    (
        "a marker that is none",
        Replaced(
            "marker = \"sys_platform == 'win32'\"",
            "marker = \"sys_platform = 'win32'\"",
        ),
        Unreadable("`marker`"),
    ),
    (
        "another index",
        Replaced(LIB, "name = \"lib\"\nversion = \"1.5\"\nindex = 2\n"),
        Other("lib 1.5 is locked from index 2, and comes from the first index"),
    ),
    (
        "an index that is none",
        Replaced(LIB, "name = \"lib\"\nversion = \"1.5\"\nindex = 0\n"),
        Unreadable("`index`"),
    ),
    (
        "another URL",
        Replaced("/files/zipped", "/files/zapped"),
        Stale("no locked package answers the requirement `zipped @"),
    ),
    (
        "a URL that is none",
        Replaced("archive = { url = \"http", "archive = { url = \""),
        Unreadable("`url`"),
    ),
    // Files.
    (
        "another hash",
        Edited(|text| rehashed(text, "lib-1.5-py3-none-any.whl", &"0".repeat(64))),
        Other("lib 1.5: the sha256 of lib-1.5-py3-none-any.whl is"),
    ),
    (
        "another hash of an archive",
        Edited(|text| rehashed(text, "{ name = \"zipped-1.0", &"0".repeat(64))),
        Other("zipped 1.0: the sha256 of zipped-1.0-py3-none-any.whl is"),
    ),
    (
        "a hash that is none",
        Replaced("sha256 = \"", "sha256 = \"x"),
        Unreadable("is not a sha256"),
    ),
    (
        "no hash",
        Edited(|text| {
            let at = text.find("lib-1.5-py3-none-any.whl").unwrap();
            let start = at + text[at..].find(", hashes = ").unwrap();
            let end = start + text[start..].find('}').unwrap() + 1;
            format!("{}{}", &text[..start], &text[end..])
        }),
        Other("lib 1.5 has no hash for lib-1.5-py3-none-any.whl"),
    ),
    (
        "another size",
        Replaced("size = ", "size = 1"),
        Other("the size of app-1.0-py3-none-any.whl is 1"),
    ),
    (
        "a negative size",
        Replaced("size = ", "size = -"),
        Unreadable("`size`: it is negative"),
    ),
    (
        "another time",
        Replaced("2024-01-01T00:00:00Z", "2023-01-01T00:00:00Z"),
        Other("the upload time of app-1.0-py3-none-any.whl is"),
    ),
    (
        "a time that is none",
        Replaced("2024-01-01T00:00:00Z", "2024-99-01T00:00:00Z"),
        Unreadable(""),
    ),
    (
        "another file",
        Replaced("leaf-1.0-py3-none-any.whl", "leaf-1.0-py2-none-any.whl"),
        Stale("the inputs do not allow the file leaf-1.0-py2-none-any.whl of leaf 1.0"),
    ),
    (
        "a file of another project",
        Replaced("leaf-1.0-py3-none-any.whl", "deep-1.0-py3-none-any.whl"),
        Stale("deep-1.0-py3-none-any.whl is no file of leaf 1.0"),
    ),
    (
        "a file that leads away",
        Replaced("leaf-1.0-py3-none-any.whl", "../leaf-1.0-py3-none-any.whl"),
        Unreadable("it is not the name of a file in a folder"),
    ),
    (
        "no file",
        Edited(|text| {
            let at = text.find("name = \"leaf\"").unwrap();
            let (before, after) = text.split_at(at);
            let start = after.find("wheels = [").unwrap();
            let end = start + after[start..].find("\n]").unwrap() + 3;
            format!("{before}{}{}", &after[..start], &after[end..])
        }),
        Other("leaf 1.0 has no file"),
    ),
    (
        "a yank",
        Replaced(
            "{ name = \"leaf-1.0-py3-none-any.whl\"",
            "{ yanked = \"gone\", name = \"leaf-1.0-py3-none-any.whl\"",
        ),
        Other("leaf 1.0 is yanked: gone"),
    ),
];

#[test]
fn what_is_said_of_a_damaged_lock_is_true() {
    assert!(DAMAGES.len() >= 40);
    let index = index();
    let repo = locked(&index);
    let whole = repo.read("python.lock");
    let mut wrong = Vec::new();
    for (name, damage, truth) in DAMAGES {
        let text = match damage {
            Replaced(from, to) => {
                assert!(whole.contains(from), "{name}: {from}\n{whole}");
                whole.replacen(from, to, 1)
            }
            Cut(of_ten_thousand) => whole[..whole.len() * of_ten_thousand / 10_000].to_owned(),
            Edited(edit) => edit(&whole),
        };
        assert_ne!(text, whole, "{name}");
        repo.write("python.lock", &text);
        let check = repo.xtask(&["lock", "check"]);
        let fresh = repo.xtask(&["generate-lockfiles", "--check"]);
        let export = repo.xtask(&["export", "--format", "requirements", "--output", "-"]);
        let (check_expected, fresh_expected, export_expected) = match truth {
            Sound => ((0, ": sound"), (0, "up to date"), 0),
            Unreadable(why) => ((1, *why), (1, *why), 1),
            Stale(why) => ((1, *why), (1, *why), export.status),
            Other(why) => ((1, *why), (0, "up to date"), export.status),
        };
        for (command, output, (status, part)) in [
            ("lock check", &check, check_expected),
            ("generate-lockfiles --check", &fresh, fresh_expected),
            ("export", &export, (export_expected, "")),
        ] {
            if output.status != status || !output.stderr.contains(part) || output.status > 1 {
                wrong.push(format!("{name}: {command} should say `{part}`: {output}"));
            }
        }
        assert_eq!(repo.read("python.lock"), text, "{name}: nothing is written");
    }
    assert!(wrong.is_empty(), "{}\n{whole}", wrong.join("\n"));
}
