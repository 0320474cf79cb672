//! Makes the changelogs of other projects again, release by release, beside their towncrier.
//!
//! ```text
//! cargo run -p goals --example replay_changelogs -- CLONES --towncriers VENVS [--only NAME] [--show COMMIT]
//! ```
//!
//! `CLONES` is a folder with clones, bare or not, of projects that use towncrier. Each commit that
//! removes news fragments and changes the news file is a release: it is made again from the parent's
//! files, nothing is checked out. `VENVS` is a folder with a virtual environment for each towncrier,
//! named by its version (`22.12.0/bin/python`). The one that the parent pins, or else the newest of
//! the commit's time, runs on the same files and must give the same bytes. Printed is how many do,
//! for each project, and beside it how many commits have those bytes: the others were edited.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a script")]

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use changelog::{ChangelogSource, EntryKind, FileTree, ReleaseHeading, TowncrierVersion};
use git::Git;
use goals::releasing::CommitTree;
use regex::Regex;

/// Where projects keep fragments, beside the folder that the newest settings name.
const FOLDERS: [&str; 8] = [
    "changelog",
    "changelog.d",
    "changes",
    "CHANGES",
    "docs/changelog",
    "news",
    "newsfragments",
    ":(glob)**/newsfragments/*",
];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let at = args.iter().position(|arg| arg == name)?;
        Some(args[at + 1].clone())
    };
    let clones = Utf8PathBuf::from(args.first().expect("CLONES"));
    let replay = Replay {
        venvs: Utf8PathBuf::from(option("--towncriers").expect("--towncriers VENVS"))
            .canonicalize_utf8()
            .unwrap(),
        show: option("--show"),
    };
    let only = option("--only");
    for (name, git) in repositories(&clones) {
        if only
            .as_ref()
            .is_some_and(|only| !name.contains(only.as_str()))
        {
            continue;
        }
        replay.project(&name, &git);
    }
}

fn repositories(clones: &Utf8Path) -> Vec<(String, Git)> {
    let mut found = Vec::new();
    for entry in clones.read_dir_utf8().unwrap() {
        let entry = entry.unwrap();
        let candidates = ["repo", ".git", ""].map(|below| entry.path().join(below));
        let bare = candidates.iter().find(|path| path.join("HEAD").is_file());
        if let Some(path) = bare {
            found.push((entry.file_name().to_owned(), Git::bare(path.clone())));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

struct Replay {
    venvs: Utf8PathBuf,
    show: Option<String>,
}

/// A commit that made a release.
struct ReleaseCommit {
    id: String,
    /// Year and month.
    time: (u64, u64),
    date: String,
}

impl Replay {
    fn project(&self, name: &str, git: &Git) {
        let commits = release_commits(git);
        let mut kinds: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let (mut same, mut committed, mut tried) = (0, 0, 0);
        let shown = |commit: &&ReleaseCommit| match &self.show {
            Some(id) => commit.id.starts_with(id.as_str()),
            None => true,
        };
        for commit in commits.iter().filter(shown) {
            match self.release(git, commit) {
                Ok((equal, as_committed)) => {
                    tried += 1;
                    same += usize::from(equal.is_ok());
                    committed += usize::from(as_committed);
                    if let Err(kind) = equal {
                        kinds
                            .entry(kind)
                            .or_default()
                            .push(commit.id[..10].to_owned());
                    }
                }
                Err(kind) => kinds
                    .entry(kind)
                    .or_default()
                    .push(commit.id[..10].to_owned()),
            }
        }
        println!(
            "{name}: {same} of {tried} releases give towncrier's bytes; {committed} commits have them"
        );
        for (kind, ids) in kinds {
            println!(
                "    {:3} {kind}: {}",
                ids.len(),
                ids[..ids.len().min(8)].join(" ")
            );
        }
    }

    /// Whether ours and towncrier's are equal, and whether the commit has ours.
    fn release(
        &self,
        git: &Git,
        commit: &ReleaseCommit,
    ) -> Result<(Result<(), String>, bool), String> {
        let parent = CommitTree::new(git.clone(), format!("{}^", commit.id));
        let (year, month) = commit.time;
        let newest = TowncrierVersion::of(year, month);
        let towncrier =
            TowncrierVersion::pinned(&parent, newest).map_err(|error| error.to_string())?;
        let source = match ChangelogSource::read_as(&parent, towncrier) {
            Ok(Some(source)) => source,
            Ok(None) => return Err("no settings".to_owned()),
            Err(error) => return Err(format!("settings are refused: {error}")),
        };
        if source.fragments.is_empty() {
            return Err("no fragments".to_owned());
        }
        let (version, date) = self.heading(git, commit, &source);
        let release = ReleaseHeading {
            version: &version,
            date: &date,
        };
        let change = match source.news(&parent, &release, None) {
            Ok(change) => change,
            Err(error) => return Ok((Err(format!("not made: {error}")), false)),
        };
        let theirs = self.towncrier(&parent, &source, &release)?;
        let tree = CommitTree::new(git.clone(), commit.id.clone());
        let committed = tree.read(&change.path).ok().flatten();
        let is_committed = committed.as_deref() == Some(change.new.as_bytes());
        if theirs == change.new {
            return Ok((Ok(()), is_committed));
        }
        if self
            .show
            .as_ref()
            .is_some_and(|id| commit.id.starts_with(id.as_str()))
        {
            let diff = similar::TextDiff::from_lines(&theirs, &change.new);
            println!("{}", diff.unified_diff().header("towncrier", "ours"));
        }
        Ok((
            Err(format!("DIFFERENT BYTES, {}", source.settings.towncrier)),
            is_committed,
        ))
    }

    /// Version and date as the commit has them in its heading.
    fn heading(
        &self,
        git: &Git,
        commit: &ReleaseCommit,
        source: &ChangelogSource,
    ) -> (String, String) {
        let news = source.settings.filename.clone();
        let added = git
            .text(&["show", "--format=", "--unified=0", &commit.id, "--", &news])
            .unwrap_or_default();
        let version = Regex::new(r"(?m)^\+[^\n]*?\bv?([0-9]+\.[0-9]+[0-9A-Za-z.]*)").unwrap();
        let day = Regex::new(r"(?m)^\+[^\n]*\b([0-9]{4}-[0-9]{2}-[0-9]{2})\b").unwrap();
        let first = |pattern: &Regex| pattern.captures(&added).map(|found| found[1].to_owned());
        (
            first(&version).unwrap_or_else(|| "99.1".to_owned()),
            first(&day).unwrap_or_else(|| commit.date.clone()),
        )
    }

    /// The news file as towncrier writes it, in a folder with what it reads.
    fn towncrier(
        &self,
        parent: &CommitTree,
        source: &ChangelogSource,
        release: &ReleaseHeading<'_>,
    ) -> Result<String, String> {
        let settings = &source.settings;
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        Git::at(root).text(&["init", "--quiet"]).unwrap();
        let news = settings.news_file(release).unwrap();
        let mut paths: Vec<Utf8PathBuf> = vec!["towncrier.toml".into(), "pyproject.toml".into()];
        if let changelog::TemplateSource::File(path) = &settings.template {
            paths.push(path.clone());
        }
        paths.push(news.clone());
        fs_err::create_dir_all(root.join(&news).parent().unwrap()).unwrap();
        for (_, section) in &settings.sections {
            let section = settings.section_folder(section);
            fs_err::create_dir_all(root.join(&section)).unwrap();
            for entry in parent.list(&section).unwrap() {
                if entry.kind == EntryKind::File {
                    paths.push(section.join(entry.name));
                }
            }
        }
        let contents = parent.read_all(&paths).unwrap();
        for (path, content) in paths.iter().zip(contents) {
            let Some(content) = content else { continue };
            let path = root.join(path);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, content).unwrap();
        }
        // The project's name is asked of the package.
        let text = parent.read(&settings.source).unwrap().unwrap();
        let text = String::from_utf8_lossy(&text).into_owned();
        let setting = |key: &str| {
            let line = Regex::new(&format!(r#"(?m)^\s*{key}\s*=\s*["']([^"']*)["']"#)).unwrap();
            let section = text
                .split("[tool.towncrier]")
                .nth(1)
                .unwrap_or_default()
                .to_owned();
            line.captures(&section).map(|found| found[1].to_owned())
        };
        if let Some(package) = setting("package") {
            let folder = setting("package_dir").unwrap_or_default();
            let module = root
                .join(folder)
                .join(package.replace('.', "/"))
                .join("__init__.py");
            fs_err::create_dir_all(module.parent().unwrap()).unwrap();
            let own = module.with_file_name("_version.py");
            let own = own.strip_prefix(root).unwrap();
            let own = parent.read(own).unwrap().unwrap_or_default();
            let own = String::from_utf8_lossy(&own).into_owned();
            let version = match own.contains("incremental") {
                true => own,
                false => "__version__ = '0'\n".to_owned(),
            };
            fs_err::write(module, version).unwrap();
        }
        let version = settings.towncrier.to_string();
        let mut venvs: Vec<String> = self
            .venvs
            .read_dir_utf8()
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_owned())
            .filter(|name| name.starts_with(&format!("{version}.")))
            .collect();
        venvs.sort();
        let venv = venvs
            .pop()
            .ok_or_else(|| format!("no towncrier {version}"))?;
        let python = self.venvs.join(venv).join("bin/python");
        let script = "import functools, os; os.listdir = functools.partial(lambda listdir, *args: sorted(listdir(*args)), os.listdir)\ntry:\n    from towncrier._shell import cli as main\nexcept ImportError:\n    from towncrier import _main as main\nmain()";
        let mut arguments = vec!["-c", script];
        if settings.towncrier >= TowncrierVersion::of(19, 9) {
            arguments.push("build");
        }
        if settings.towncrier >= TowncrierVersion::of(17, 8) {
            arguments.push("--yes");
        }
        arguments.extend(["--version", release.version, "--date", release.date]);
        let output = duct::cmd(python.as_std_path(), arguments)
            .dir(root)
            .stdin_bytes("y\n")
            .stderr_to_stdout()
            .stdout_capture()
            .unchecked()
            .run()
            .unwrap();
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            return Err(format!(
                "towncrier {version} fails: {}",
                said.trim().lines().last().unwrap_or_default()
            ));
        }
        let bytes = fs_err::read(root.join(&news)).map_err(|error| error.to_string())?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// The commits that remove three files or more among the fragments, the oldest first.
fn release_commits(git: &Git) -> Vec<ReleaseCommit> {
    let mut arguments = vec![
        "log",
        "--all",
        "--no-merges",
        "--no-renames",
        "--diff-filter=D",
        "--date=format:%Y-%m-%d",
        "--format=%x01%H %cd",
        "--name-only",
        "--",
    ];
    arguments.extend(FOLDERS);
    let log = git.text(&arguments).unwrap();
    let mut commits = Vec::new();
    for entry in log.split('\u{1}').filter(|entry| !entry.is_empty()) {
        let mut lines = entry.lines().filter(|line| !line.is_empty());
        let head = lines.next().unwrap();
        let (id, date) = head.split_once(' ').unwrap();
        if lines.count() < 3 {
            continue;
        }
        let mut parts = date.split('-').map(|part| part.parse().unwrap());
        commits.push(ReleaseCommit {
            id: id.to_owned(),
            time: (parts.next().unwrap(), parts.next().unwrap()),
            date: date.to_owned(),
        });
    }
    for commit in &mut commits {
        commit.time.0 -= 2000;
    }
    commits.reverse();
    commits
}
