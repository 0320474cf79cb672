//! No variable of git and no setting of a user changes an answer. Each of them is tried.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use git::{CLEARED_VARIABLES, Git, PINNED_SETTINGS, merge_files};

/// Names the repository that [`answers_of_a_child`] asks, and the file for its answers.
const ASKED: &str = "XTASK_TEST_ASKED";

/// Each pinned setting with a value that would change an answer, and settings of the user that are
/// kept but do not reach an answer.
const HOSTILE_SETTINGS: &[(&str, &str)] = &[
    ("apply.ignoreWhitespace", "change"),
    ("apply.whitespace", "error"),
    ("branch.sort", "-committerdate"),
    ("clone.defaultRemoteName", "upstream"),
    ("color.advice", "always"),
    ("color.branch", "always"),
    ("color.diff", "always"),
    ("color.push", "always"),
    ("color.remote", "always"),
    ("color.status", "always"),
    ("color.transport", "always"),
    ("color.ui", "always"),
    ("column.branch", "always"),
    ("column.status", "always"),
    ("column.tag", "always"),
    ("column.ui", "always"),
    ("commit.cleanup", "strip"),
    ("core.abbrev", "5"),
    ("core.fsmonitor", "false-monitor"),
    ("core.ignoreStat", "true"),
    ("core.quotePath", "true"),
    ("diff.algorithm", "patience"),
    ("diff.autoRefreshIndex", "false"),
    ("diff.context", "0"),
    ("diff.dstPrefix", "there/"),
    ("diff.interHunkContext", "9"),
    ("diff.mnemonicPrefix", "true"),
    ("diff.noprefix", "true"),
    ("diff.orderFile", "order"),
    ("diff.relative", "true"),
    ("diff.renames", "copies"),
    ("diff.srcPrefix", "here/"),
    ("diff.submodule", "log"),
    ("fetch.prune", "true"),
    ("fetch.pruneTags", "true"),
    ("i18n.commitEncoding", "ISO-8859-1"),
    ("i18n.logOutputEncoding", "ISO-8859-1"),
    ("log.date", "relative"),
    ("log.decorate", "full"),
    ("log.follow", "true"),
    ("log.showRoot", "false"),
    ("log.showSignature", "true"),
    ("merge.directoryRenames", "true"),
    ("merge.renames", "false"),
    ("merge.stat", "true"),
    ("push.followTags", "true"),
    ("status.branch", "true"),
    ("status.relativePaths", "false"),
    ("status.renames", "copies"),
    ("status.short", "true"),
    ("status.showStash", "true"),
    ("status.showUntrackedFiles", "no"),
    ("status.submoduleSummary", "true"),
    ("tag.sort", "-refname"),
    ("alias.log", "status"),
    ("commit.gpgSign", "true"),
    ("core.pager", "false"),
    ("diff.external", "false"),
    ("diff.shout.textconv", "tr a-z A-Z <"),
    ("format.pretty", "fuller"),
    ("gpg.program", "false"),
    ("log.mailmap", "true"),
    ("pager.log", "true"),
    ("tag.gpgSign", "true"),
];

fn write(folder: &Utf8Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, text).unwrap();
}

/// Two commits, two tags, a branch; a file renamed, one edited, one deleted, one unknown to git.
fn repository(folder: &Utf8Path) {
    let git = Git::at(folder);
    let run = |arguments: &[&str]| drop(git.text(arguments).unwrap());
    run(&["init", "--quiet", "--initial-branch=main"]);
    run(&["config", "user.name", "Jürgen"]);
    run(&["config", "user.email", "j@index.example"]);
    run(&["config", "commit.gpgSign", "false"]);
    let numbered: String = (0..30).map(|line| format!("line {line}\n")).collect();
    write(folder, ".gitattributes", "*.shout diff=shout\n");
    write(folder, "sub/메모.txt", &numbered);
    write(folder, "loud.shout", "quiet\n");
    write(folder, "gone.txt", "gone\n");
    run(&["add", "--all"]);
    run(&["commit", "--quiet", "--message", "Größe\n\nwith a body"]);
    run(&["tag", "1.0"]);
    run(&["mv", "sub/메모.txt", "sub/노트.txt"]);
    write(folder, "loud.shout", "quieter\n");
    run(&["add", "--all"]);
    run(&["commit", "--quiet", "--message", "second"]);
    run(&["tag", "--annotate", "--message", "two", "2.0"]);
    run(&["branch", "another"]);
    write(
        folder,
        "sub/노트.txt",
        &numbered.replace("line 7\n", "line seven\n"),
    );
    write(folder, "loud.shout", "loud\n");
    fs_err::remove_file(folder.join("gone.txt")).unwrap();
    write(folder, "sub/새.txt", "new\n");
}

/// The answers to the questions that the rooms ask, as one text.
fn answers(folder: &Utf8Path) -> String {
    let mut answers = Vec::new();
    let git = Git::at(folder);
    let mut ask = |arguments: &[&str]| {
        answers.push(format!("{arguments:?}\n{:?}", git.text(arguments)));
    };
    ask(&["symbolic-ref", "--quiet", "--short", "HEAD"]);
    ask(&["log", "-1", "--format=%s|%an <%ae>|%B", "1.0"]);
    ask(&["status", "--porcelain"]);
    ask(&["ls-files", "-z"]);
    ask(&["tag", "--merged", "HEAD"]);
    ask(&["for-each-ref", "--format=%(refname:strip=2)", "refs"]);
    ask(&["describe", "--tags", "--abbrev=0", "HEAD"]);
    ask(&["diff", "HEAD"]);
    ask(&["show", "--format=", "--binary", "--no-renames", "HEAD"]);
    ask(&["show", "--format=", "--binary", "--no-renames", "1.0"]);
    let git = Git::at(folder.join("sub"));
    answers.push(format!("{:?}", git.commit("HEAD")));
    answers.push(format!("{:?}", git.difference("1.0")));
    answers.push(format!("{:?}", git.untracked()));
    answers.push(format!("{:?}", git.last_change("")));
    answers.push(format!("{:?}", git.file("1.0", "메모.txt".into())));
    answers.push(format!("{:?}", git.entries("1.0", "".into())));
    answers.push(format!(
        "{:?}",
        git.files("1.0", &["메모.txt".into(), "새.txt".into()])
    ));
    let files = ["loud.shout", "sub/새.txt", ".gitattributes"].map(|name| folder.join(name));
    let [ours, base, theirs] = &files;
    answers.push(format!("{:?}", merge_files([ours, base, theirs], 7)));
    answers.join("\n")
}

fn sandbox() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8Path::from_path(folder.path()).unwrap();
    let path = path.canonicalize_utf8().unwrap();
    repository(&path);
    (folder, path)
}

#[test]
fn no_setting_changes_an_answer() {
    let (_kept, folder) = sandbox();
    write(&folder, ".git/order", "sub/*\n");
    let expected = answers(&folder);
    assert!(
        expected.contains("노트.txt") && !expected.contains("QUIET"),
        "{expected}"
    );
    let config = folder.join(".git/config");
    let own = fs_err::read_to_string(&config).unwrap();
    let with = |settings: &[(&str, &str)]| {
        let settings: String = settings.iter().map(section).collect();
        fs_err::write(&config, format!("{own}{settings}")).unwrap();
        answers(&folder)
    };
    if with(HOSTILE_SETTINGS) != expected {
        for setting in HOSTILE_SETTINGS {
            assert_eq!(with(&[*setting]), expected, "{setting:?}");
        }
        panic!("settings change an answer together that change none alone");
    }
}

/// A setting as git's files have it.
fn section((name, value): &(&str, &str)) -> String {
    let (section, key) = name.rsplit_once('.').unwrap();
    let section = match section.split_once('.') {
        Some((section, name)) => format!("{section} \"{name}\""),
        None => section.to_owned(),
    };
    format!("[{section}]\n{key} = \"{value}\"\n")
}

/// Settings may only matter together: random choices of them, the same in each run.
#[test]
fn no_choice_of_settings_changes_an_answer() {
    let (_kept, folder) = sandbox();
    write(&folder, ".git/order", "sub/*\n");
    let expected = answers(&folder);
    let config = folder.join(".git/config");
    let own = fs_err::read_to_string(&config).unwrap();
    let mut state: u64 = 15;
    for _ in 0..12 {
        let mut chosen = Vec::new();
        for setting in HOSTILE_SETTINGS {
            // xorshift64 (Marsaglia, "Xorshift RNGs").
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            if state.is_multiple_of(3) {
                chosen.push(*setting);
            }
        }
        let settings: String = chosen.iter().map(section).collect();
        fs_err::write(&config, format!("{own}{settings}")).unwrap();
        assert_eq!(answers(&folder), expected, "{chosen:?}");
    }
}

#[test]
fn every_pinned_setting_is_tried() {
    let pinned: BTreeSet<&str> = PINNED_SETTINGS.iter().map(|(name, _)| *name).collect();
    let tried: BTreeSet<&str> = HOSTILE_SETTINGS.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        pinned.difference(&tried).collect::<Vec<_>>(),
        Vec::<&&str>::new()
    );
}

/// This part of the next test runs in a process with other variables.
#[test]
fn answers_of_a_child() {
    let Ok(asked) = std::env::var(ASKED) else {
        return;
    };
    let (folder, file) = asked.split_once('|').unwrap();
    fs_err::write(file, answers(folder.into())).unwrap();
}

#[test]
fn no_variable_changes_an_answer() {
    let (_kept, folder) = sandbox();
    let (_other, other) = sandbox();
    let file = folder.join(".git/answers");
    let this = std::env::current_exe().unwrap();
    let child = |variables: &[(&str, &str)]| {
        let child = duct::cmd!(this.as_path(), "--exact", "answers_of_a_child")
            .env(ASKED, format!("{folder}|{file}"))
            .stdout_null();
        let child = variables
            .iter()
            .fold(child, |child, (name, value)| child.env(name, value));
        child.run().unwrap();
        fs_err::read_to_string(&file).unwrap()
    };
    let expected = child(&[]);
    let local = Git::at(&folder)
        .text(&["rev-parse", "--local-env-vars"])
        .unwrap();
    let variables: BTreeSet<&str> = CLEARED_VARIABLES
        .iter()
        .copied()
        .chain(local.lines())
        .collect();
    for variable in variables {
        for value in [".git", other.join(".git").as_str()] {
            assert_eq!(child(&[(variable, value)]), expected, "{variable}={value}");
        }
    }
    let colours = [
        ("GIT_CONFIG_COUNT", "2"),
        ("GIT_CONFIG_KEY_0", "core.worktree"),
        ("GIT_CONFIG_VALUE_0", other.as_str()),
        ("GIT_CONFIG_KEY_1", "color.ui"),
        ("GIT_CONFIG_VALUE_1", "always"),
    ];
    assert_eq!(child(&colours), expected);
    for (variable, value) in [
        ("LC_ALL", "de_DE.UTF-8"),
        ("LANGUAGE", "de"),
        ("TZ", "Asia/Seoul"),
        ("CLICOLOR_FORCE", "1"),
        ("COLUMNS", "20"),
        ("FORCE_COLOR", "1"),
        ("GIT_ADVICE", "1"),
        ("GIT_EDITOR", "false"),
        ("GIT_MERGE_AUTOEDIT", "yes"),
        ("GIT_TRACE", "1"),
        ("GIT_TRACE_SETUP", "1"),
        ("LESS", "FRX"),
        ("PAGER", "false"),
        ("TERM", "xterm-256color"),
    ] {
        assert_eq!(child(&[(variable, value)]), expected, "{variable}={value}");
    }
    let name = [
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "alias.x"),
        ("GIT_CONFIG_VALUE_0", "status"),
    ];
    assert_eq!(child(&name), expected);
}
