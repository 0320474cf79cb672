//! Replays the release commits of a repository's history, and compares.
//!
//! ```text
//! cargo run -p goals --example replay_releases -- GIT_DIR [--towncrier PYTHON] [--show KIND]
//! ```
//!
//! `GIT_DIR` is the git directory of a repository whose releases are commits named
//! `release: VERSION` that change the file `VERSION` (lablup/backend.ai). For each, the release is
//! made again from the parent's files with the version and date of the commit, under the habits of
//! its time; nothing is checked out. Printed is how many give the same `VERSION` and the same
//! changelog, the others by kind of difference. With `--towncrier` the towncrier of that
//! interpreter runs on the same files and must give the same bytes as ours.
//! `--show` lists the commits of a kind; further arguments are commits whose difference is shown.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a script")]

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use changelog::{ChangelogSource, EntryKind, FileTree, NewsChange, ReleaseHeading, extract};
use git::Git;
use goals::releasing::CommitTree;
use regex::Regex;
use release::settings::{FinalNewline, Profile};
use release::version::ReleaseVersion;

/// A release commit.
struct Commit {
    id: String,
    version: ReleaseVersion,
    date: String,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        args.iter()
            .position(|arg| arg == name)
            .map(|at| args[at + 1].clone())
    };
    let git = Git::bare(args.first().expect("GIT_DIR").as_str());
    let python = option("--towncrier");
    let show = option("--show");
    let mut kinds: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut versions = BTreeMap::new();
    let mut towncrier = BTreeMap::new();
    let mut commits = commits(&git);
    let wanted: Vec<&String> = args
        .iter()
        .skip(1)
        .filter(|arg| arg.len() >= 7 && arg.chars().all(|c| c.is_ascii_hexdigit()))
        .collect();
    if !wanted.is_empty() {
        commits.retain(|commit| wanted.iter().any(|id| commit.id.starts_with(*id)));
    }
    for commit in &commits {
        let label = format!("{} {}", &commit.id[..10], commit.version);
        *versions.entry(version_kind(&git, commit)).or_insert(0) += 1;
        let (kind, peer) = changelog_kind(&git, commit, python.as_deref());
        kinds.entry(kind).or_default().push(label.clone());
        if let Some(peer) = peer {
            towncrier.entry(peer).or_insert_with(Vec::new).push(label);
        }
    }
    println!("{} release commits", commits.len());
    println!("\nVERSION");
    for (kind, count) in versions {
        println!("{count:5}  {kind}");
    }
    println!("\nchangelog");
    for (kind, labels) in &kinds {
        println!("{:5}  {kind}", labels.len());
    }
    if !towncrier.is_empty() {
        println!("\nours beside towncrier's, on the parents' files");
        for (kind, labels) in &towncrier {
            println!("{:5}  {kind}", labels.len());
        }
    }
    for (kind, labels) in kinds.iter().chain(&towncrier) {
        if show.as_deref().is_some_and(|show| kind.starts_with(show)) {
            println!("\n{kind}\n{}", labels.join("\n"));
        }
    }
}

/// The release commits from 22.09 on, oldest first, each once.
fn commits(git: &Git) -> Vec<Commit> {
    let subject = Regex::new(r"^(?:pre-)?release: ?v?([0-9]\S*)").unwrap();
    let log = git
        .text(&[
            "log",
            "--all",
            "--no-merges",
            "--reverse",
            "--date=short",
            "--format=%H%x09%ad%x09%s",
            "--",
            "VERSION",
        ])
        .unwrap();
    let first: ReleaseVersion = "22.09.0a0".parse().unwrap();
    let commit = |line: &str| {
        let mut fields = line.splitn(3, '\t');
        let (id, date) = (fields.next()?.to_owned(), fields.next()?.to_owned());
        let named = subject.captures(fields.next()?)?;
        let version: ReleaseVersion = named[1].parse().ok()?;
        (version >= first).then_some(Commit { id, version, date })
    };
    log.lines().filter_map(commit).collect()
}

/// The habits of the commit's time.
fn profile(git: &Git, commit: &Commit) -> Profile {
    let file = Profile::ReleaseBranches
        .settings()
        .news_file_of(&commit.version)
        .unwrap();
    match CommitTree::new(git.clone(), commit.id.clone()).read(&file) {
        Ok(Some(_)) => Profile::ReleaseBranches,
        _ => Profile::OneChangelog,
    }
}

fn version_kind(git: &Git, commit: &Commit) -> &'static str {
    let read = |rev: String| {
        CommitTree::new(git.clone(), rev)
            .read("VERSION".into())
            .ok()
            .flatten()
    };
    let theirs = read(commit.id.clone());
    let before = read(format!("{}^", commit.id));
    let newline = match profile(git, commit).settings().final_newline {
        FinalNewline::Always => true,
        FinalNewline::Never => false,
        FinalNewline::Keep => before.as_ref().is_some_and(|text| text.ends_with(b"\n")),
    };
    let ours = format!("{}{}", commit.version, if newline { "\n" } else { "" });
    match theirs {
        None => "the commit's file cannot be read",
        Some(theirs) if theirs == ours.as_bytes() => "the same",
        Some(theirs) if theirs.trim_ascii() == ours.trim().as_bytes() => "another line end",
        Some(_) => "another version than the message says",
    }
}

/// A release made again.
struct Replayed<'a> {
    git: &'a Git,
    commit: &'a Commit,
    parent: CommitTree,
    source: ChangelogSource,
    date: String,
    change: NewsChange,
    /// The commit's own changelog.
    theirs: String,
}

/// The kind of difference between the commit's changelog and ours, and between ours and
/// towncrier's.
fn changelog_kind(git: &Git, commit: &Commit, python: Option<&str>) -> (String, Option<String>) {
    match Replayed::new(git, commit) {
        Err(kind) => (kind, None),
        Ok(replayed) => {
            let peer = python.map(|python| replayed.beside(python));
            (replayed.difference().to_owned(), peer)
        }
    }
}

impl<'a> Replayed<'a> {
    fn new(git: &'a Git, commit: &'a Commit) -> Result<Self, String> {
        let parent = CommitTree::new(git.clone(), format!("{}^", commit.id));
        let source = match ChangelogSource::read(&parent) {
            Ok(Some(source)) => source,
            Ok(None) => return Err("no settings".to_owned()),
            Err(error) => return Err(format!("not readable: {error}")),
        };
        let settings = profile(git, commit).settings();
        let path = settings.news_file_of(&commit.version);
        let path = path.unwrap_or_else(|| source.settings.filename.clone().into());
        let Ok(Some(theirs)) = CommitTree::new(git.clone(), commit.id.clone()).read(&path) else {
            return Err("the commit has no changelog".to_owned());
        };
        let theirs = String::from_utf8_lossy(&theirs).into_owned();
        let date = heading_date(&theirs, commit.version.as_str());
        let date = date.unwrap_or_else(|| commit.date.clone());
        let release = ReleaseHeading {
            version: commit.version.as_str(),
            date: &date,
        };
        let change = source.news(&parent, &release, Some(&path));
        let change = change.map_err(|error| format!("not made: {error}"))?;
        Ok(Self {
            git,
            commit,
            parent,
            source,
            date,
            change,
            theirs,
        })
    }

    fn difference(&self) -> &'static str {
        let (change, theirs, source) = (&self.change, &self.theirs, &self.source);
        let old = change
            .old
            .as_deref()
            .map(String::from_utf8_lossy)
            .unwrap_or_default();
        if *theirs == change.new {
            return "the same";
        }
        if *theirs == old {
            return "the commit leaves the changelog alone";
        }
        let removed = removed(self.git, self.commit);
        let consumed: BTreeSet<Utf8PathBuf> = source
            .fragments
            .iter()
            .map(|fragment| fragment.path.clone())
            .collect();
        if consumed.is_empty() {
            return "no fragments at the parent: the changelog was made or moved by hand";
        }
        if consumed.is_disjoint(&removed) {
            return "the commit consumes no fragments of the parent: written by hand, or carried over from another branch";
        }
        if consumed != removed {
            return "the commit consumes other fragments than its parent has";
        }
        if std::env::args().any(|arg| self.commit.id.starts_with(&arg)) {
            let diff = similar::TextDiff::from_lines(theirs, &change.new);
            println!("{}", diff.unified_diff().header("the commit", "ours"));
        }
        let version = self.commit.version.as_str();
        let (Ok(our_notes), Ok(their_notes)) = (
            extract(&change.path, &change.notes.text, version),
            extract(&change.path, theirs, version),
        ) else {
            return "the heading was edited by hand: it names another version or has another form";
        };
        if our_notes == their_notes {
            let squeezed = |text: &str| text.split_whitespace().collect::<String>();
            return match squeezed(theirs) == squeezed(&change.new) {
                true => {
                    "the same notes; the towncrier of that time, or a hand, put other blank lines around them"
                }
                false => "the same notes; the rest of the file was edited too",
            };
        }
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        if words(&our_notes) == words(&their_notes) {
            return "the same words, other white space";
        }
        let lines = |text: &str| -> BTreeSet<String> {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            lines.map(str::to_owned).collect()
        };
        let (our_lines, their_lines) = (lines(&our_notes), lines(&their_notes));
        let shared = our_lines.intersection(&their_lines).count();
        if our_lines == their_lines {
            "the same entries in another order"
        } else if shared == our_lines.len() {
            "entries or texts were added by hand"
        } else if shared * 2 >= our_lines.len() {
            "some entries were edited by hand"
        } else {
            "most entries were rewritten by hand"
        }
    }

    /// Runs towncrier in a folder that has the parent's settings, template, fragments and news
    /// file.
    fn beside(&self, python: &str) -> String {
        let (source, tree, news_file) = (&self.source, &self.parent, &self.change.path);
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let write = |path: &Utf8Path, content: &[u8]| {
            let path = root.join(path);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, content).unwrap();
        };
        let mut settings =
            String::from_utf8(tree.read(&source.settings.source).unwrap().unwrap()).unwrap();
        if *news_file != *Utf8Path::new(&source.settings.filename) {
            let line = Regex::new(r"(?m)^filename = .*$").unwrap();
            settings = line
                .replace(&settings, format!("filename = \"{news_file}\""))
                .into_owned();
        }
        write(&source.settings.source, settings.as_bytes());
        let section = source.settings.section_folder("");
        for entry in tree.list(&section).unwrap() {
            if entry.kind == EntryKind::File {
                let path = section.join(entry.name);
                write(&path, &tree.read(&path).unwrap().unwrap());
            }
        }
        // The project's name is asked of the package.
        write(
            "ai/backend/manager/__init__.py".into(),
            b"__version__ = '0'\n",
        );
        match tree.read(news_file).unwrap() {
            Some(old) => write(news_file, &old),
            None => fs_err::create_dir_all(root.join(news_file).parent().unwrap()).unwrap(),
        }
        let script = "import os; listdir = os.listdir; os.listdir = lambda *args: sorted(listdir(*args)); from towncrier._shell import cli; cli()";
        let args = [
            "-c",
            script,
            "build",
            "--yes",
            "--version",
            self.commit.version.as_str(),
            "--date",
            &self.date,
        ];
        let output = duct::cmd(python, args)
            .dir(root)
            .stderr_to_stdout()
            .stdout_capture()
            .unchecked()
            .run()
            .unwrap();
        if !output.status.success() {
            return format!(
                "towncrier fails: {}",
                String::from_utf8_lossy(&output.stdout)
                    .lines()
                    .last()
                    .unwrap_or_default()
            );
        }
        match fs_err::read_to_string(root.join(news_file)) {
            Ok(theirs) if theirs == self.change.new => "the same bytes".to_owned(),
            Ok(_) => "DIFFERENT BYTES".to_owned(),
            Err(error) => error.to_string(),
        }
    }
}

fn heading_date(text: &str, version: &str) -> Option<String> {
    let heading = Regex::new(&format!(
        r"(?m)^## {} \(([0-9-]+)\)",
        regex::escape(version)
    ))
    .unwrap();
    heading.captures(text).map(|found| found[1].to_owned())
}

/// The files that a commit removes.
fn removed(git: &Git, commit: &Commit) -> BTreeSet<Utf8PathBuf> {
    let listed = git
        .text(&[
            "diff-tree",
            "-r",
            "--no-commit-id",
            "--no-renames",
            "--name-only",
            "--diff-filter=D",
            &commit.id,
            "--",
            "changes",
        ])
        .unwrap_or_default();
    listed.lines().map(Utf8PathBuf::from).collect()
}
