//! A throw-away repository with a bare remote, and a stand-in for our own commands.
#![allow(clippy::unwrap_used, dead_code, reason = "tests; each uses its part")]

use camino::{Utf8Path, Utf8PathBuf};
use git::Git;
use goals::error::GoalError;
use goals::releasing::forge::{ForgeRelease, PullRequest};
use goals::releasing::gather::gather;
use goals::releasing::run::ReleaseGoals;
use release::plan::{
    Decision, ForgeRequest, Plan, Publishing, Pushing, RefusedRelease, ReleasePurpose,
    ReleaseRequest, plan,
};
use release::settings::{Hook, HookReleases, HookTime, Profile, ReleaseSettings};
use release::version::ReleaseVersion;

pub(crate) struct Sandbox {
    folder: tempfile::TempDir,
    /// The folder that is released from.
    work: &'static str,
}

pub(crate) const PYPROJECT: &str = "[tool.towncrier]\ndirectory = \"changes\"\nfilename = \"CHANGELOG.md\"\ntitle_format = \"## {version} ({project_date})\"\n";

impl Sandbox {
    /// Branch `main` at 24.03.10, released; two fragments; a remote that has all of it.
    pub(crate) fn new() -> Self {
        let sandbox = Self {
            folder: tempfile::tempdir().unwrap(),
            work: "repo",
        };
        for folder in ["repo", "remote.git"] {
            fs_err::create_dir_all(sandbox.path(folder)).unwrap();
        }
        Git::at(sandbox.path("remote.git"))
            .text(&["init", "--quiet", "--bare", "--initial-branch=main"])
            .unwrap();
        sandbox.git(&["init", "--quiet", "--initial-branch=main"]);
        for (key, value) in [
            ("user.name", "T"),
            ("user.email", "t@example.invalid"),
            ("commit.gpgSign", "false"),
            ("tag.gpgSign", "false"),
        ] {
            sandbox.git(&["config", key, value]);
        }
        sandbox.git(&[
            "remote",
            "add",
            "origin",
            sandbox.path("remote.git").as_str(),
        ]);
        sandbox.write("VERSION", "24.03.10\n");
        fs_err::create_dir_all(sandbox.root().join("src/pkg")).unwrap();
        fs_err::os::unix::fs::symlink("../../VERSION", sandbox.root().join("src/pkg/VERSION"))
            .unwrap();
        sandbox.write("pyproject.toml", PYPROJECT);
        sandbox.write("CHANGELOG.md", "Changes\n=======\n\n<!-- towncrier release notes start -->\n\n## 24.03.10 (2024-09-01)\n\n- Old\n");
        sandbox.write(".gitignore", "/dist/\n");
        sandbox.write("dist/old-1.0-py3-none-any.whl", "old");
        sandbox.write("dist/pkg-24.9.0-py3-none-any.whl", "built by hand before");
        sandbox.commit("first");
        sandbox.git(&["tag", "-a", "-m", "Release v24.03.10", "24.03.10"]);
        sandbox.write("changes/1.feature.md", "One\n");
        sandbox.write("changes/2.bugfix.md", "Two\n");
        sandbox.commit("work");
        sandbox.git(&["push", "--quiet", "origin", "main", "24.03.10"]);
        sandbox
    }

    pub(crate) fn path(&self, name: &str) -> Utf8PathBuf {
        Utf8Path::from_path(self.folder.path())
            .unwrap()
            .canonicalize_utf8()
            .unwrap()
            .join(name)
    }

    pub(crate) fn root(&self) -> Utf8PathBuf {
        self.path(self.work)
    }

    /// Goes on in a linked work tree of the branch.
    pub(crate) fn in_linked_tree(mut self) -> Self {
        self.git(&["switch", "--quiet", "--detach"]);
        let work = self.path("work");
        self.git(&["worktree", "add", "--quiet", work.as_str(), "main"]);
        fs_err::create_dir_all(work.join("dist")).unwrap();
        for name in ["old-1.0-py3-none-any.whl", "pkg-24.9.0-py3-none-any.whl"] {
            fs_err::copy(
                self.root().join("dist").join(name),
                work.join("dist").join(name),
            )
            .unwrap();
        }
        self.work = "work";
        self
    }

    /// Goes on in a clone that has the last commits only, and no tags.
    pub(crate) fn in_shallow_clone(mut self) -> Self {
        self.git(&["push", "--quiet", "origin", "main"]);
        let (from, to) = (
            format!("file://{}", self.path("remote.git")),
            self.path("work"),
        );
        let command = [
            "clone",
            "--quiet",
            "--depth=2",
            "--no-tags",
            &from,
            to.as_str(),
        ];
        Git::nowhere().text(&command).unwrap();
        self.work = "work";
        for (key, value) in [("user.name", "T"), ("user.email", "t@example.invalid")] {
            self.git(&["config", key, value]);
        }
        self
    }

    /// Goes on in a folder of a repository that has other things beside it.
    pub(crate) fn in_a_folder(mut self) -> Self {
        fs_err::create_dir(self.root().join("python")).unwrap();
        for name in [
            "VERSION",
            "CHANGELOG.md",
            "pyproject.toml",
            "changes",
            "src",
        ] {
            self.git(&["mv", name, "python"]);
        }
        self.work = "repo/python";
        self.commit("in a folder");
        self
    }

    pub(crate) fn git_folder(&self) -> Utf8PathBuf {
        self.git(&["rev-parse", "--absolute-git-dir"]).into()
    }

    pub(crate) fn git(&self, args: &[&str]) -> String {
        Git::at(self.root()).text(args).unwrap()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs_err::read_to_string(self.root().join(path)).unwrap()
    }

    pub(crate) fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
    }

    /// What stands in for `package`, `generate-lockfiles` and `publish`.
    pub(crate) fn goals(&self) -> SandboxGoals {
        SandboxGoals {
            published: self.path("published"),
        }
    }

    /// Everything that a release may change: files, index, branches, tags, what is checked out,
    /// and the remote. Commits by their trees and messages, since their times differ.
    pub(crate) fn snapshot(&self) -> String {
        let refs = "--format=%(refname) %(objecttype) %(contents) %(tree)%(*tree)";
        let remote = Git::at(self.path("remote.git"));
        let mut files = Vec::new();
        collect(&self.root(), &self.root(), &mut files);
        files.sort();
        [
            files.join("\n"),
            self.git(&["status", "--porcelain", "--ignored"]),
            self.git(&["ls-files", "--stage"]),
            self.git(&["for-each-ref", refs, "refs/heads", "refs/tags"]),
            self.git(&["log", "--format=%T %s"]),
            Git::at(self.root())
                .maybe(&["symbolic-ref", "HEAD"])
                .unwrap()
                .unwrap_or_default(),
            remote.text(&["for-each-ref", refs]).unwrap(),
            fs_err::read_to_string(self.path("published")).unwrap_or_default(),
            self.git_folder().join("xtask-release").exists().to_string(),
            self.git(&["worktree", "list", "--porcelain"])
                .replace("HEAD ", "")
                .lines()
                .filter(|line| line.starts_with("worktree"))
                .collect::<Vec<_>>()
                .join("\n"),
        ]
        .join("\n--\n")
    }
}

/// Goals that leave a trace.
pub(crate) struct SandboxGoals {
    published: Utf8PathBuf,
}

impl ReleaseGoals for SandboxGoals {
    fn check_locks(&mut self) -> Result<(), GoalError> {
        Ok(())
    }

    fn package(
        &mut self,
        root: &Utf8Path,
        _: &ReleaseVersion,
        out_dir: &Utf8Path,
    ) -> Result<(), GoalError> {
        fs_err::create_dir_all(out_dir).unwrap();
        for (name, text) in [
            ("pkg-24.9.0-py3-none-any.whl", "wheel\n"),
            ("run-24.9.0-py3-none-linux_x86_64.whl", "linux\n"),
        ] {
            fs_err::write(out_dir.join(name), text).unwrap();
        }
        fs_err::write(out_dir.join("pkg-24.9.0.tar.gz"), packed(root)).unwrap();
        Ok(())
    }

    fn forge_release(&mut self, remote: &str, release: &ForgeRelease) -> Result<(), GoalError> {
        let line = format!("forge {remote} {} {:?}\n", release.tag, release.notes);
        fs_err::write(&self.published, line).unwrap();
        Ok(())
    }

    fn pull_request(&mut self, remote: &str, pull: &PullRequest) -> Result<(), GoalError> {
        let line = format!(
            "pull {remote} {} into {}: {}\n{}\n",
            pull.head, pull.base, pull.title, pull.body
        );
        fs_err::write(&self.published, line).unwrap();
        Ok(())
    }

    fn publish(&mut self, index: Option<&str>, files: &[Utf8PathBuf]) -> Result<(), GoalError> {
        let files: Vec<&str> = files.iter().map(|file| file.as_str()).collect();
        let line = format!("--index {} {}\n", index.unwrap_or("-"), files.join(" "));
        fs_err::write(&self.published, line).unwrap();
        Ok(())
    }
}

/// Every file of a tree with its name, for a source distribution.
fn packed(root: &Utf8Path) -> String {
    let mut files = Vec::new();
    collect(root, root, &mut files);
    files.retain(|file| !file.ends_with('/'));
    files.sort();
    files.join("\n")
}

/// What is packaged of a commit: its files, and nothing else.
pub(crate) fn packed_of(git: &Git, commit: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let tree = Utf8Path::from_path(folder.path()).unwrap().join("tree");
    let common = ["rev-parse", "--path-format=absolute", "--git-common-dir"];
    let bare = git.text(&common).unwrap();
    let clone = ["clone", "--quiet", "--no-checkout", &bare, tree.as_str()];
    Git::nowhere().text(&clone).unwrap();
    let checkout = [
        "-c",
        "core.autocrlf=false",
        "checkout",
        "--quiet",
        "--detach",
        commit,
    ];
    Git::at(&tree).text(&checkout).unwrap();
    packed(&tree)
}

fn collect(root: &Utf8Path, folder: &Utf8Path, files: &mut Vec<String>) {
    for entry in folder.read_dir_utf8().unwrap() {
        let entry = entry.unwrap();
        let path = entry.path();
        if entry.file_name() == ".git" {
            continue;
        }
        let name = path.strip_prefix(root).unwrap();
        if entry.file_type().unwrap().is_dir() {
            files.push(format!("{name}/"));
            collect(root, path, files);
        } else {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs_err::symlink_metadata(path).unwrap().permissions().mode();
            let bytes = fs_err::read(path).unwrap_or_default();
            files.push(format!(
                "{name} {mode:o} {:?}",
                String::from_utf8_lossy(&bytes)
            ));
        }
    }
}

pub(crate) fn request(version: &str) -> ReleaseRequest {
    ReleaseRequest {
        version: version.parse().unwrap(),
        date: "2024-10-21".into(),
        push: Pushing::No,
        publish: Publishing::No,
        forge: ForgeRequest::default(),
        purpose: ReleasePurpose::Release,
    }
}

pub(crate) fn pushed(version: &str) -> ReleaseRequest {
    ReleaseRequest {
        push: Pushing::Yes,
        ..request(version)
    }
}

/// The 24.09 habits with the history dump and a hook after.
pub(crate) fn settings() -> ReleaseSettings {
    let hook = |name: &str, command: &str, when| Hook {
        name: name.into(),
        command: command.into(),
        output: None,
        when,
        releases: HookReleases::All,
    };
    ReleaseSettings {
        hooks: vec![
            Hook {
                output: Some("history/{prior}.json".into()),
                releases: HookReleases::NewSeries,
                ..hook(
                    "history",
                    "echo '{\"prior\": \"{prior}\"}'",
                    HookTime::Before,
                )
            },
            hook(
                "sample",
                "mkdir -p generated && echo {version} > generated/sample.toml",
                HookTime::Before,
            ),
            hook(
                "announce",
                "echo {version} {date} > .git/announced",
                HookTime::After,
            ),
        ],
        ..Profile::OneChangelog.settings()
    }
}

pub(crate) fn decide(
    sandbox: &Sandbox,
    settings: &ReleaseSettings,
    request: &ReleaseRequest,
) -> Result<Decision, RefusedRelease> {
    let facts = gather(&sandbox.root(), settings, request).unwrap();
    plan(settings, &facts, request)
}

pub(crate) fn go(sandbox: &Sandbox, settings: &ReleaseSettings, request: &ReleaseRequest) -> Plan {
    match decide(sandbox, settings, request) {
        Ok(Decision::Go(plan)) => plan,
        other => panic!("no plan: {other:?}"),
    }
}
