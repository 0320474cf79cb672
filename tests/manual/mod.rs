//! The manual: its commands run, its links lead somewhere, and what it says of commands exists.
//!
//! In `docs/src`, a comment `<!-- repository: FOLDER -->` says that the console blocks below it run, one after
//! the other, in a copy of that folder. A line `...` stands for any lines of output, `...` in a line for any
//! text; without lines of output, only success counts. The commands of other console blocks, and those of
//! the README and of CONTRIBUTING, must be ones that the program takes.

mod casts;
mod links;
mod pages;
mod site;

use camino::{Utf8Path, Utf8PathBuf};
use testkit::{LoopbackIndex, Package, Repo};

use crate::{BINARY, repo};
use pages::{ConsoleCommand, Page};

/// The root of this repository.
fn root() -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The packages that the tutorial's repository requires.
fn index() -> LoopbackIndex {
    let ordinal =
        b"def ordinal(n):\n    return f\"{n}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(n, 'th') }\"\n";
    LoopbackIndex::start([
        Package::new("pytest", "8.0")
            .member("pytest/__init__.py", include_bytes!("../test/pytest.py")),
        Package::new("humanize", "4.8").member("humanize/__init__.py", ordinal),
        Package::new("humanize", "4.9").member("humanize/__init__.py", ordinal),
        Package::new("colorama", "0.4.6"),
        Package::new("colorlog", "6.12"),
        Package::new("tabulate", "0.9"),
        Package::new("hatchling", "1.25")
            .member("hatchling/__init__.py", b"")
            .member("hatchling/build.py", include_bytes!("hatchling_build.py")),
    ])
}

#[test]
fn what_the_pages_say_happens() {
    let pages = Page::all(&root());
    let running: Vec<&Page> = pages
        .iter()
        .filter(|page| page.repository.is_some())
        .collect();
    assert!(!running.is_empty(), "no page has a repository");
    if crate::fixtures::environments::repo().is_none() {
        return;
    }
    for page in running {
        run_page(page);
    }
}

fn run_page(page: &Page) {
    let index = index();
    let mut repo = repo().index(&index);
    // The driver may call cargo, which is rustup's where there is one.
    let of_rustup = std::env::var("RUSTUP_HOME").ok();
    let of_home = || {
        std::env::var("HOME")
            .map(|home| format!("{home}/.rustup"))
            .ok()
    };
    if let Some(folder) = of_rustup.or_else(of_home) {
        repo = repo.env("RUSTUP_HOME", &folder);
    }
    fs_err::remove_file(repo.root().join("Cargo.toml")).unwrap();
    copy(
        &root().join(page.repository.as_deref().unwrap()),
        &repo.root(),
    );
    let programs = repo.home().join("bin");
    fs_err::create_dir_all(&programs).unwrap();
    for name in ["xt", "cargo-xtask"] {
        fs_err::os::unix::fs::symlink(BINARY, programs.join(name)).unwrap();
    }
    for command in page.commands.iter().filter(|command| command.runs) {
        let line = format!("PATH='{programs}':\"$PATH\"; {{ {}\n}} 2>&1", command.text);
        let output = repo.run("sh".into(), &["-c", &line]);
        let place = format!("{}:{}", page.path, command.line);
        assert_eq!(output.status, 0, "{place}: {}\n{output}", command.text);
        let expected = &command.output;
        assert!(
            expected.is_empty() || pages::matches(expected, &output.stdout),
            "{place}: {}\n--- the page says\n{}\n--- it printed\n{}",
            command.text,
            expected.join("\n"),
            output.stdout
        );
    }
}

fn copy(from: &Utf8Path, to: &Utf8Path) {
    for entry in from.read_dir_utf8().unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs_err::create_dir_all(&target).unwrap();
            copy(entry.path(), &target);
        } else {
            fs_err::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn commands_that_pages_name_are_taken() {
    let mut pages = Page::all(&root());
    pages.extend(["README.md", "CONTRIBUTING.md"].map(|name| Page::read(&root(), name)));
    let repo = repo();
    let mut refused = Vec::new();
    let mut looked_at = 0;
    for page in &pages {
        for command in &page.commands {
            for words in command.of_ours() {
                looked_at += 1;
                if let Some(why) = why_refused(&repo, &words) {
                    refused.push(format!(
                        "{}:{}: {}\n{why}",
                        page.path, command.line, command.text
                    ));
                }
            }
        }
    }
    assert!(looked_at > 50, "only {looked_at} commands were found");
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

/// Why the program does not take these words: with `--help` it only reads them.
fn why_refused(repo: &Repo, words: &[String]) -> Option<String> {
    let own = words
        .iter()
        .take_while(|word| *word != "--")
        .map(String::as_str);
    let words: Vec<&str> = own.chain(["--help"]).collect();
    let output = repo.xtask(&words);
    // Of several goals only the last one has `--help`: the others run, and may find nothing to do.
    if output.status != 2 {
        return None;
    }
    // Help knows no flags of settings.
    let output = repo.xtask(&words[..words.len() - 1]);
    (output.status == 2).then(|| output.to_string())
}

#[test]
fn variables_are_in_the_reference() {
    let page = Page::read(&root(), "docs/src/reference/variables.md").text;
    let mut missing = Vec::new();
    let rooms = root().read_dir_utf8().unwrap().map(Result::unwrap);
    let rooms = rooms.filter(|room| room.file_name() != "testkit");
    let mut files = Vec::new();
    for sources in rooms
        .map(|room| room.path().join("src"))
        .filter(|path| path.is_dir())
    {
        pages::collect(&sources, sources.as_str(), ".rs", &mut files);
    }
    assert!(files.len() > 400, "only {} files were found", files.len());
    for path in files.iter().filter(|path| !path.ends_with("reference.rs")) {
        let text = fs_err::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let names = code.split('"').filter(|word| word.starts_with("XTASK_"));
        let plain = names.filter(|name| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'));
        let unknown = plain.filter(|name| !page.contains(&format!("`{name}`")));
        missing.extend(unknown.map(|name| format!("{path}: {name}")));
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn commands_are_parted_from_their_output() {
    let text = "# A\n<!-- repository: docs/x -->\n```console\n$ xt a && xt -v b 'c d'  # why\nout\n...\n$ cd x; cargo xtask y\n```\n";
    let page = Page::parse("a.md", text);
    assert_eq!(page.repository.as_deref(), Some("docs/x"));
    let shown: Vec<String> = page
        .commands
        .iter()
        .map(|command: &ConsoleCommand| {
            format!(
                "{} {:?} {:?}",
                command.line,
                command.output,
                command.of_ours()
            )
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    4 ["out", "..."] [["a"], ["-v", "b", "c d"]]
    7 [] [["y"]]
    "#);
}

#[test]
fn output_is_compared_with_gaps() {
    let says = |expected: &[&str], output: &str| {
        let expected: Vec<String> = expected.iter().map(|line| (*line).to_owned()).collect();
        pages::matches(&expected, output)
    };
    assert!(says(&["a", "...", "d"], "a\nb\nc\nd\n"));
    assert!(says(&["...", "d"], "d\n"));
    assert!(says(&["a ... c"], "a b c\n"));
    assert!(!says(&["a", "c"], "a\nb\nc\n"));
    assert!(!says(&["...", "x"], "a\n"));
    assert!(!says(&["a"], "a\nb\n"));
}
