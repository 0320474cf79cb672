//! The changelog beside towncrier: one repository a file in `tests/towncrier`, the same bytes out.
//!
//! A file begins with what it is about, the version and the date; then the repository's files
//! follow, each under `-- PATH --`. `-- expect PATH --` at the end is what towncrier 26.9.0 made of
//! the news file; that part always runs. With `XTASK_PEERS` naming a virtual environment that has
//! towncrier, towncrier runs too, and with `UPDATE_EXPECT` its output replaces the expected one.
//!
//! Towncrier takes files in the order of the file system's listing, which shows where several
//! fragments have one issue and type. The peer runs with listings sorted by name.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use changelog::{ChangelogSource, EntryKind, FileTree, FolderEntry, ReleaseHeading};

struct Case {
    path: Utf8PathBuf,
    text: String,
    version: String,
    date: String,
    files: BTreeMap<String, String>,
    expect: Option<(String, String)>,
}

fn cases() -> Vec<Case> {
    let folder = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/towncrier");
    let mut paths: Vec<_> = folder
        .read_dir_utf8()
        .unwrap()
        .map(|entry| entry.unwrap().into_path())
        .collect();
    paths.sort();
    paths.into_iter().map(parse).collect()
}

fn parse(path: Utf8PathBuf) -> Case {
    let text = fs_err::read_to_string(&path).unwrap();
    let (head, members) = text.split_once("\n-- ").unwrap();
    let word = |key: &str| {
        head.lines()
            .find_map(|line| line.strip_prefix(key))
            .unwrap()
            .trim()
            .to_owned()
    };
    let mut files = BTreeMap::new();
    let mut expect = None;
    for member in members.split("\n-- ") {
        let (name, content) = member
            .split_once(" --\n")
            .unwrap_or((member.trim_end_matches(" --"), ""));
        let mut content = if content.is_empty() || content.ends_with('\n') {
            content.to_owned()
        } else {
            format!("{content}\n")
        };
        let name = match name.split_once(" (") {
            Some((name, "crlf)")) => {
                content = content.replace('\n', "\r\n");
                name
            }
            Some((name, _)) => {
                content.pop();
                name
            }
            None => name,
        };
        match name.strip_prefix("expect ") {
            Some(name) => expect = Some((name.to_owned(), content)),
            None => drop(files.insert(name.to_owned(), content)),
        }
    }
    Case {
        version: word("version "),
        date: word("date "),
        path,
        text: text.clone(),
        files,
        expect,
    }
}

fn write(case: &Case, root: &Utf8Path) {
    for (name, content) in &case.files {
        let path = root.join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, content).unwrap();
    }
}

/// The files of a case, without a disk.
impl FileTree for Case {
    fn read(&self, path: &Utf8Path) -> std::io::Result<Option<Vec<u8>>> {
        let text = self.files.get(path.as_str());
        Ok(text.map(|text| text.clone().into_bytes()))
    }

    fn list(&self, folder: &Utf8Path) -> std::io::Result<Vec<FolderEntry>> {
        let below = |name: &String| {
            let rest = Utf8Path::new(name).strip_prefix(folder).ok()?;
            let mut parts = rest.components();
            let name = parts.next()?.as_str().to_owned();
            let kind = match parts.next() {
                Some(_) => EntryKind::Folder,
                None => EntryKind::File,
            };
            Some(FolderEntry { name, kind })
        };
        let entries: BTreeSet<_> = self.files.keys().filter_map(below).collect();
        Ok(entries.into_iter().collect())
    }
}

fn ours(case: &Case) -> (String, String) {
    let source = ChangelogSource::read(case).unwrap().unwrap();
    let release = ReleaseHeading {
        version: &case.version,
        date: &case.date,
    };
    let change = source
        .news(case, &release, None)
        .unwrap_or_else(|error| panic!("{}: {error}", case.path));
    (change.path.into_string(), change.new)
}

/// The interpreter of the environment that has towncrier.
fn python() -> Option<Utf8PathBuf> {
    testkit::peer("towncrier").map(|towncrier| towncrier.with_file_name("python"))
}

const SORTED_TOWNCRIER: &str = "
import os
listdir = os.listdir
os.listdir = lambda *args: sorted(listdir(*args))
from towncrier._shell import cli
cli()
";

fn towncriers(case: &Case, python: &Utf8Path, news_file: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let root = Utf8Path::from_path(folder.path()).unwrap();
    write(case, root);
    let args = [
        "-c",
        SORTED_TOWNCRIER,
        "build",
        "--yes",
        "--version",
        &case.version,
        "--date",
        &case.date,
    ];
    let output = duct::cmd(python.as_std_path(), args)
        .dir(root)
        .stderr_to_stdout()
        .stdout_capture()
        .unchecked()
        .run()
        .unwrap();
    assert!(
        output.status.success(),
        "{}: {}",
        case.path,
        String::from_utf8_lossy(&output.stdout)
    );
    fs_err::read_to_string(root.join(news_file)).unwrap()
}

fn update(case: &Case, name: &str, expected: &str) {
    let inputs = case.text.split("\n-- expect ").next().unwrap();
    let mark = if expected.ends_with('\n') {
        ""
    } else {
        " (no final newline)"
    };
    let inputs = inputs.trim_end_matches('\n');
    let end = if mark.is_empty() { "" } else { "\n" };
    fs_err::write(
        &case.path,
        format!("{inputs}\n-- expect {name}{mark} --\n{expected}{end}"),
    )
    .unwrap();
}

#[test]
fn same_bytes_as_recorded() {
    let cases = cases();
    assert!(cases.len() >= 20, "only {} fixtures", cases.len());
    for case in cases {
        let expected = case
            .expect
            .clone()
            .unwrap_or_else(|| panic!("{}: nothing expected", case.path));
        assert_eq!(ours(&case), expected, "{}", case.path);
    }
}

/// What the towncrier that a repository pins makes of it. Recorded from that version.
#[track_caller]
fn check_pinned(towncrier: &str, files: &[(&str, &str)], expected: &str) {
    assert_eq!(pinned(towncrier, files), expected, "{towncrier}");
}

/// The news file of version 1.0 in a repository that pins a towncrier.
fn pinned(towncrier: &str, files: &[(&str, &str)]) -> String {
    let pin = ("requirements-dev.txt", format!("towncrier=={towncrier}\n"));
    let files = files.iter().map(|(name, text)| (*name, (*text).to_owned()));
    let files = files.chain([pin]);
    let case = Case {
        path: towncrier.into(),
        text: String::new(),
        version: "1.0".to_owned(),
        date: "2020-01-02".to_owned(),
        files: files.map(|(name, text)| (name.to_owned(), text)).collect(),
        expect: None,
    };
    ours(&case).1
}

#[test]
fn entries_without_text_or_issues() {
    const SETTINGS: &str = "[tool.towncrier]\nname = 'N'\ndirectory = 'news'\n";
    let markdown = format!("{SETTINGS}filename = 'N.md'\n");
    let fragments = [
        ("news/1.feature", ""),
        ("news/2.feature", "text"),
        ("news/+e.bugfix", "orphan"),
        ("news/+f.bugfix", ""),
    ];
    let rst = [&fragments[..], &[("pyproject.toml", SETTINGS)]].concat();
    let markdown = [&fragments[..], &[("pyproject.toml", &markdown)]].concat();
    let titled = |lists: &str| format!("N 1.0 (2020-01-02)\n==================\n\n{lists}");
    let types = |features: &str, fixes: &str| {
        titled(&format!(
            "Features\n--------\n\n{features}\n\nBugfixes\n--------\n\n{fixes}"
        ))
    };
    let bare = "-  (#1)\n- text (#2)\n";
    check_pinned("21.9.0", &rst, &types(bare, "- orphan (+e)\n-  (+f)\n"));
    check_pinned("22.12.0", &rst, &types(bare, "- \n- orphan\n"));
    check_pinned("23.11.0", &rst, &types(bare, "- \n- orphan\n"));
    let bare = "- #1\n- text (#2)\n";
    check_pinned("24.8.0", &rst, &types(bare, "- \n- orphan\n"));
    check_pinned(
        "23.11.0",
        &markdown,
        "# N 1.0 (2020-01-02)\n\n### Features\n\n-  (#1)\n- text (#2)\n\n### Bugfixes\n\n- \n- orphan\n",
    );
    check_pinned(
        "24.8.0",
        &markdown,
        "# N 1.0 (2020-01-02)\n\n### Features\n\n- #1\n- text (#2)\n\n### Bugfixes\n\n- \n- orphan\n",
    );
    check_pinned(
        "25.8.0",
        &markdown,
        "# N 1.0 (2020-01-02)\n\n## Features\n\n- #1\n- text (#2)\n\n## Bugfixes\n\n- orphan\n",
    );
}

/// Before 17.8 the layout sorted sections, types and issues by their names, and lines ended within words.
#[test]
fn the_layout_of_2017() {
    const SETTINGS: &str = "[tool.towncrier]\npackage = 'acme'\npackage_dir = 'src'\ndirectory = 'news'\n[[tool.towncrier.section]]\nname = 'Zoo'\npath = 'top'\n[[tool.towncrier.section]]\nname = 'animals'\npath = 'web'\n";
    let files = [
        ("pyproject.toml", SETTINGS),
        ("src/acme/__init__.py", "__version__ = '1.0'\n"),
        (
            "news/top/9.bugfix",
            "A fix of mis-encoding that is well-known to everybody-who-reads-long-lines and to others-too, at last.\n",
        ),
        ("news/top/10.bugfix", "Later\n"),
        ("news/top/3.feature", "Same"),
        ("news/top/21.feature", "Same"),
        ("news/top/4.misc", "x"),
        ("news/top/12.misc", "y"),
        ("news/top/5.removal", "Gone"),
        ("news/web/7.feature", "In web"),
    ];
    let expected = "\
Acme 1.0 (2020-01-02)
=====================
animals
-------

Features
~~~~~~~~

- In web (#7)


Zoo
---

Bugfixes
~~~~~~~~

- Later (#10)
- A fix of mis-encoding that is well-known to everybody-who-reads-long-lines
  and to others-too, at last. (#9)


Features
~~~~~~~~

- Same (#21, #3)


Misc
~~~~

- #12, #4


Deprecations and Removals
~~~~~~~~~~~~~~~~~~~~~~~~~

- Gone (#5)
";
    check_pinned("17.4.0", &files, expected);
}

/// A layout of the repository's own has types as the settings do, and entries as the folder does.
#[test]
fn own_layouts_of_2017() {
    let kind = |directory: &str, name: &str, shown: bool| {
        format!(
            "[[tool.towncrier.type]]\ndirectory = '{directory}'\nname = '{name}'\nshowcontent = {shown}\n"
        )
    };
    let settings = [
        "[tool.towncrier]\npackage = 'acme'\npackage_dir = 'src'\ndirectory = 'news'\ntemplate = 'news/_template.rst'\n",
        &kind("removal", "Removals", true),
        &kind("bugfix", "Fixes", true),
        &kind("misc", "Misc", false),
    ];
    let settings = settings.concat();
    let template = "\
{% for section in sections %}
{% for category, val in definitions.items() if category in sections[section] %}
{{ val['name'] }}
{% for text, values in sections[section][category].items() %}
* {{ text }} {{ values|join(', ') }}
{% endfor %}
{% endfor %}
{% endfor %}
";
    let files = [
        ("pyproject.toml", settings.as_str()),
        ("src/acme/__init__.py", "__version__ = '0'\n"),
        ("news/_template.rst", template),
        ("news/9.bugfix", "one\n"),
        ("news/10.bugfix", "two\n"),
        ("news/1.bugfix", "one\n"),
        ("news/3.removal", "gone\n"),
        ("news/20.misc", "x\n"),
        ("news/5.misc", "x\n"),
    ];
    let expected = "\
Acme 1.0 (2020-01-02)
=====================
Removals
* gone #3
Fixes
* one #1, #9
* two #10
Misc
*  #20, #5
";
    check_pinned("17.4.0", &files, expected);
}

#[test]
fn names_of_projects() {
    const PACKAGE: &str =
        "[project]\nname = 'own'\n[tool.towncrier]\npackage = 'acme'\npackage_dir = 'src'\n";
    const NONE: &str = "[project]\nname = 'own'\n[tool.towncrier]\n";
    const INCREMENTAL: &str =
        "from incremental import Version\n\n__version__ = Version(\"acmeTool\", 24, 3, 0)\n";
    #[track_caller]
    fn check(towncrier: &str, settings: &str, module: &str, name: &str) {
        let settings = format!("{settings}directory = 'news'\n");
        let files = [
            ("news/2.feature", "text"),
            ("pyproject.toml", &settings),
            ("src/acme/_version.py", module),
        ];
        let line = "=".repeat(name.len());
        let expected = format!("{name}\n{line}\n\nFeatures\n--------\n\n- text (#2)\n");
        check_pinned(towncrier, &files, &expected);
    }
    check("24.8.0", PACKAGE, "", "Acme 1.0 (2020-01-02)");
    check("25.8.0", PACKAGE, "", "acme 1.0 (2020-01-02)");
    check("19.9.0", PACKAGE, INCREMENTAL, "acmeTool 1.0 (2020-01-02)");
    check("24.8.0", PACKAGE, INCREMENTAL, "acmeTool 1.0 (2020-01-02)");
    check("25.8.0", PACKAGE, INCREMENTAL, "acme 1.0 (2020-01-02)");
    check("24.8.0", NONE, "", "1.0 (2020-01-02)");
    const NAMED: &str = "[tool.towncrier]\nname = 'N'\n";
    check("19.9.0", NAMED, "", "1.0 (2020-01-02)");
    check("21.3.0", NAMED, "", "N 1.0 (2020-01-02)");
}

/// The blank lines between a release and the one before it: until 23.6 towncrier wrote them, from 23.10 on they are the
/// template's.
#[test]
fn gaps_to_the_release_before() {
    const SETTINGS: &str = "[tool.towncrier]\ndirectory = 'news'\n";
    const TEMPLATE: &str =
        "{% for section in sections.values() %}{% for entries in section.values() %}
{% for text, issues in entries.items() %}
- {{ text }} ({{ issues|join(',') }})
{% endfor %}{% endfor %}{% endfor %}";
    /// What follows the entry, without a release before, after blank lines alone, and with a release before.
    #[track_caller]
    fn check(towncrier: &str, settings: &str, expected: [&str; 4]) {
        let before = ["", "\n\n", "Older\n", "\n\n \n\nOlder\n"];
        let found = before.map(|before| {
            let news = format!("Head\n\n.. towncrier release notes start\n{before}");
            let files = [
                ("pyproject.toml", settings),
                ("news.jinja", TEMPLATE),
                ("news/2.feature", "text\n"),
                ("NEWS.rst", &news),
            ];
            let news = pinned(towncrier, &files);
            news.rsplit_once("(#2)").unwrap().1.to_owned()
        });
        assert_eq!(found, expected, "{towncrier}");
    }
    let own = &format!("{SETTINGS}template = 'news.jinja'\n");
    let wide = "\n\n\nOlder\n";
    for settings in [SETTINGS, own] {
        for version in ["19.9.0", "21.9.0", "22.8.0"] {
            check(version, settings, ["\n", "\n\n\n", wide, wide]);
        }
        for version in ["22.12.0", "23.6.0"] {
            check(version, settings, ["\n", "\n", wide, wide]);
        }
    }
    for version in ["23.10.0", "24.8.0", "25.8.0"] {
        check(version, SETTINGS, ["\n", "\n", wide, wide]);
        check(version, own, ["\n", "\n", "\nOlder\n", "\nOlder\n"]);
    }
}

#[test]
fn same_bytes_as_towncrier() {
    let Some(python) = python() else { return };
    for case in cases() {
        let (name, text) = ours(&case);
        let theirs = towncriers(&case, &python, &name);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            update(&case, &name, &theirs);
        }
        assert_eq!(text, theirs, "{}", case.path);
    }
}

/// Towncrier's own template files, named as a project names its own, on every fixture without one.
#[test]
fn towncriers_template_files_as_they_are() {
    let Some(python) = python() else { return };
    let script = "import towncrier.templates as t; print(list(t.__path__)[0])";
    let folder = duct::cmd!(python.as_std_path(), "-c", script)
        .read()
        .unwrap();
    let mut compared = 0;
    for template in Utf8Path::new(&folder).read_dir_utf8().unwrap() {
        let template = template.unwrap().into_path();
        if template.is_dir() {
            continue;
        }
        let name = format!("layout.{}", template.extension().unwrap());
        for mut case in cases() {
            let settings = case
                .files
                .values_mut()
                .find(|text| text.contains("[tool.towncrier]\n"))
                .unwrap();
            if settings.contains("template = ") {
                continue;
            }
            let with_template = format!("[tool.towncrier]\ntemplate = \"{name}\"\n");
            *settings = settings.replacen("[tool.towncrier]\n", &with_template, 1);
            case.files
                .insert(name.clone(), fs_err::read_to_string(&template).unwrap());
            let (news_file, text) = ours(&case);
            let theirs = towncriers(&case, &python, &news_file);
            assert_eq!(text, theirs, "{} with {template}", case.path);
            compared += 1;
        }
    }
    assert!(compared >= 80, "only {compared} comparisons");
}
