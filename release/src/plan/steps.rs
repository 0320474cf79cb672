//! The steps of a release as data, and their text for the user.

use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use crate::version::ReleaseVersion;

/// The folder, as shown to the user, where wheels are kept until the release is certain.
const SHOWN_STAGING: &str = ".git/xtask-release/wheels";

/// The refs of a remote that name what releases proposed.
const PROPOSALS: &str = "refs/proposals/";

/// The ref of the remote that names what a release proposed last on this branch of its own. Another
/// commit on the branch is somebody else's.
pub fn proposal_ref(branch: &str) -> String {
    format!("{PROPOSALS}{branch}")
}

/// The steps of a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The version.
    pub version: ReleaseVersion,
    /// In this order.
    pub steps: Vec<ReleaseStep>,
    /// What follows by itself, for the reader.
    pub notes: Vec<String>,
}

/// One step. A step can be repeated: a resumed run begins with the step in which the last run was
/// killed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReleaseStep {
    /// Makes a branch at the commit that is checked out, and checks it out.
    SwitchBranch {
        /// Its name.
        branch: String,
    },
    /// A command of the settings.
    Hook {
        /// Its name in messages.
        name: String,
        /// Run by the shell in the root.
        command: String,
        /// The file that its standard output becomes.
        output: Option<Utf8PathBuf>,
        /// Whether what it changes becomes part of the commit.
        staged: bool,
    },
    /// Replaces a file.
    Write {
        /// Relative to the root.
        path: Utf8PathBuf,
        /// Its content now; `None` when there is no such file.
        old: Option<String>,
        /// Its content afterwards.
        new: String,
    },
    /// Removes the fragments that went into the changelog.
    RemoveFragments {
        /// Relative to the root.
        paths: Vec<Utf8PathBuf>,
    },
    /// Sees whether every lock is what its inputs ask for.
    CheckLocks,
    /// Builds all wheels for all platforms, verifies them, and keeps them aside.
    Package,
    /// Moves the wheels from the staging folder to where they belong.
    Deliver {
        /// Relative to the root.
        out_dir: Utf8PathBuf,
    },
    /// Commits what the steps before changed.
    Commit {
        /// The message.
        message: String,
    },
    /// Makes the tag.
    Tag {
        /// Its name.
        name: String,
        /// Its message; `None` for a lightweight tag.
        message: Option<String>,
    },
    /// Pushes, all or nothing.
    Push {
        /// The remote.
        remote: String,
        /// Branches, tags and what is proposed on a branch, by their full names.
        refs: Vec<String>,
        /// The commit that the branch has there and that is replaced; `None` where it only moves on.
        #[serde(default)]
        replaces: Option<String>,
    },
    /// Makes a release on the forge, with notes and what was delivered.
    ForgeRelease {
        /// The remote that is on the forge.
        remote: String,
        /// The tag.
        tag: String,
        /// The notes, in Markdown.
        notes: String,
    },
    /// Opens a pull request, or brings it up to date.
    PullRequest {
        /// The remote that is on the forge.
        remote: String,
        /// The branch that is to be merged.
        head: String,
        /// The branch that it is merged into.
        base: String,
        /// The title.
        title: String,
        /// The text.
        body: String,
    },
    /// Uploads what was delivered.
    Publish {
        /// The index; `None` for that of the settings.
        index: Option<String>,
    },
}

/// What a step does, for the reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect<'a> {
    /// A file changes.
    Change {
        /// Relative to the root.
        path: &'a Utf8PathBuf,
        /// Before.
        old: Option<&'a str>,
        /// After.
        new: &'a str,
    },
    /// A command runs, as one would type it.
    Command(String),
    /// Something is asked of a server.
    Request(String),
}

impl ReleaseStep {
    /// What the step does, for the reader.
    pub fn effect(&self) -> Effect<'_> {
        let command = match self {
            Self::Write { path, old, new } => {
                return Effect::Change {
                    path,
                    old: old.as_deref(),
                    new,
                };
            }
            Self::SwitchBranch { branch } => format!("git switch --create {}", quote(branch)),
            Self::Hook {
                command, output, ..
            } => match output {
                Some(output) => format!("{command} > {}", quote(output.as_str())),
                None => command.clone(),
            },
            Self::RemoveFragments { paths } => {
                format!("git rm {}", joined(paths.iter().map(|path| path.as_str())))
            }
            Self::CheckLocks => "cargo xtask generate-lockfiles --check".to_owned(),
            Self::Package => {
                format!("cargo xtask package --all-platforms --verify --out-dir {SHOWN_STAGING}")
            }
            Self::Deliver { out_dir } => {
                format!("mv {SHOWN_STAGING}/* {}", quote(out_dir.as_str()))
            }
            Self::Commit { message } => format!("git commit --message {}", quote(message)),
            Self::Tag {
                name,
                message: Some(message),
            } => {
                format!(
                    "git tag --annotate --message {} {}",
                    quote(message),
                    quote(name)
                )
            }
            Self::Tag {
                name,
                message: None,
            } => format!("git tag {}", quote(name)),
            Self::Push {
                remote,
                refs,
                replaces,
            } => {
                let lease = match (replaces, refs.first()) {
                    (Some(old), Some(name)) => format!("--force-with-lease={name}:{old} "),
                    _ => String::new(),
                };
                let refspec = |name: &String| match name.strip_prefix(PROPOSALS) {
                    Some(branch) => format!("+refs/heads/{branch}:{name}"),
                    None => name.clone(),
                };
                let refspecs: Vec<String> = refs.iter().map(refspec).collect();
                format!(
                    "git push --atomic {lease}{} {}",
                    quote(remote),
                    joined(refspecs.iter().map(String::as_str))
                )
            }
            Self::ForgeRelease { tag, .. } => {
                let request = format!("make the release {tag} there, with notes and files");
                return Effect::Request(request);
            }
            Self::PullRequest {
                head, base, title, ..
            } => {
                return Effect::Request(format!(
                    "open or update the pull request of {head} into {base}: {title}"
                ));
            }
            Self::Publish { index: Some(index) } => {
                format!("cargo xtask publish --index {}", quote(index))
            }
            Self::Publish { index: None } => "cargo xtask publish".to_owned(),
        };
        Effect::Command(command)
    }

    /// What the step is for, in a few words.
    pub fn title(&self) -> String {
        match self {
            Self::SwitchBranch { branch } => format!("make the branch {branch}"),
            Self::Hook { name, .. } => format!("run the hook {name}"),
            Self::Write { path, .. } => format!("write {path}"),
            Self::RemoveFragments { paths } => match paths.len() {
                1 => "remove 1 news fragment".to_owned(),
                count => format!("remove {count} news fragments"),
            },
            Self::CheckLocks => "check the locks".to_owned(),
            Self::Package => "build and verify the wheels".to_owned(),
            Self::Deliver { out_dir } => format!("put the wheels into {out_dir}"),
            Self::Commit { message } => format!("commit \"{message}\""),
            Self::Tag { name, .. } => format!("make the tag {name}"),
            Self::Push { remote, .. } => format!("push to {remote}"),
            Self::ForgeRelease { .. } => "make the release on the forge".to_owned(),
            Self::PullRequest { base, .. } => format!("propose the merge into {base}"),
            Self::Publish { index } => match index {
                Some(index) => format!("publish to {index}"),
                None => "publish".to_owned(),
            },
        }
    }
}

fn quote(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:=@,+{}*".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

fn joined<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.map(quote).collect::<Vec<_>>().join(" ")
}
