//! The steps of a release and the order in which they come.

use camino::Utf8PathBuf;
use globset::Glob;
use regex::Regex;
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use super::{Planner, Publishing, Pushing};
use crate::facts::{Locks, NewsFile, TagFact};
use crate::settings::{
    CommitOn, FileEdit, FinalNewline, Hook, HookReleases, HookTime, StepKind, fill,
};
use changelog::{ChangelogSettings, Release, prepend};

/// Stands for the folder that wheels are built in, until the release is sure.
pub(crate) const STAGING: &str = "{staging}";

/// Where that is, for the reader.
const SHOWN_STAGING: &str = ".git/xtask-release/wheels";

/// One step. Each can be repeated: a run that was killed within a step begins with it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
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
    /// Runs another command of this program.
    Own {
        /// Its arguments.
        args: Vec<String>,
    },
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
        /// Branches and tags.
        refs: Vec<String>,
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
}

impl Step {
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
            Self::Own { args } => format!("cargo xtask {}", joined(args.iter().map(shown))),
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
            Self::Push { remote, refs } => {
                format!(
                    "git push --atomic {} {}",
                    quote(remote),
                    joined(refs.iter().map(String::as_str))
                )
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
            Self::Own { args } => match args.first().map(String::as_str) {
                Some("generate-lockfiles") => "check the locks".to_owned(),
                Some("package") => "build and verify the wheels".to_owned(),
                _ => format!("run cargo xtask {}", args.join(" ")),
            },
            Self::Deliver { out_dir } => format!("put the wheels into {out_dir}"),
            Self::Commit { message } => format!("commit \"{message}\""),
            Self::Tag { name, .. } => format!("make the tag {name}"),
            Self::Push { remote, .. } => format!("push to {remote}"),
            Self::Publish { index } => match index {
                Some(index) => format!("publish to {index}"),
                None => "publish".to_owned(),
            },
        }
    }
}

#[allow(clippy::ptr_arg, reason = "maps over a list of strings")]
fn shown(arg: &String) -> &str {
    match arg.as_str() {
        STAGING => SHOWN_STAGING,
        arg => arg,
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

/// All steps and the notes about them.
pub(super) fn from_start(planner: &Planner<'_>) -> Result<(Vec<Step>, Vec<String>), Refusal> {
    let mut steps = Vec::new();
    let mut notes = Vec::new();
    let version = &planner.request.version;
    if let CommitOn::Branch(pattern) = &planner.settings.commit_on {
        steps.push(Step::SwitchBranch {
            branch: fill(pattern, version),
        });
    }
    steps.extend(hooks_before(planner)?);
    if planner.does(StepKind::Version) {
        steps.extend(write_version(planner)?);
        let links = planner.facts.version_links.iter();
        notes.extend(links.map(|link| format!("{link} follows: it is a symbolic link")));
    }
    if planner.does(StepKind::Changelog) {
        steps.extend(changelog(planner)?);
    }
    if planner.does(StepKind::Files) {
        steps.extend(edit_files(planner)?);
    }
    if planner.does(StepKind::Locks) && planner.facts.locks != Locks::Unchecked {
        steps.push(own(&["generate-lockfiles", "--check"]));
    }
    match &planner.settings.commit_on {
        CommitOn::Current => {
            steps.extend(package(planner));
            steps.extend(commit(planner));
            steps.extend(tag_and_after(planner));
        }
        CommitOn::Branch(pattern) => {
            let branch = fill(pattern, version);
            steps.extend(commit(planner));
            notes.push(format!("merge {branch} by review, then run the same command on the branch it went into: that makes the tag"));
            let pushes = planner.request.push == Pushing::Yes;
            steps.extend(push(planner, vec![branch]).filter(|_| pushes));
        }
    }
    Ok((steps, notes))
}

/// What is left when the release is committed.
pub(super) fn from_tag(planner: &Planner<'_>) -> Vec<Step> {
    let mut steps: Vec<Step> = package(planner).into_iter().collect();
    steps.extend(tag_and_after(planner));
    steps
}

/// What is left when the tag is there.
pub(super) fn after_tag(planner: &Planner<'_>, tag: &TagFact) -> Vec<Step> {
    let remote_tag = planner
        .facts
        .remote
        .as_ref()
        .and_then(|remote| remote.tag.as_ref());
    let pushed = remote_tag == Some(&tag.commit);
    let mut steps = Vec::new();
    if !pushed && planner.request.push == Pushing::Yes {
        steps.extend(push(planner, branch_and(planner, tag.name.clone())));
    }
    steps.extend(publish(planner));
    steps
}

fn tag_and_after(planner: &Planner<'_>) -> Vec<Step> {
    let version = &planner.request.version;
    let tag = planner.settings.tag_of(version);
    let mut steps = Vec::new();
    let mut refs = branch_and(planner, tag.clone());
    if planner.does(StepKind::Tag) {
        steps.push(Step::Tag {
            name: tag,
            message: planner.settings.tag_message(version),
        });
    } else {
        refs.pop();
    }
    if planner.does(StepKind::Package) {
        steps.push(Step::Deliver {
            out_dir: planner.settings.out_dir.clone(),
        });
    }
    if planner.does(StepKind::HooksAfter) {
        let hooks = planner
            .settings
            .hooks
            .iter()
            .filter(|hook| hook.when == HookTime::After);
        let hooks = hooks.filter(|hook| applies(planner, hook.releases));
        steps.extend(hooks.map(|hook| hook_step(planner, hook, None)));
    }
    if planner.request.push == Pushing::Yes {
        steps.extend(push(planner, refs));
    }
    steps.extend(publish(planner));
    steps
}

fn branch_and(planner: &Planner<'_>, tag: String) -> Vec<String> {
    planner
        .facts
        .head
        .branch
        .clone()
        .into_iter()
        .chain([tag])
        .collect()
}

/// Pushes these refs to the remote, if there is one.
pub(super) fn push(planner: &Planner<'_>, refs: Vec<String>) -> Option<Step> {
    planner.facts.remote.as_ref().map(|remote| Step::Push {
        remote: remote.name.clone(),
        refs,
    })
}

fn publish(planner: &Planner<'_>) -> Option<Step> {
    match &planner.request.publish {
        Publishing::No => None,
        Publishing::To(index) => Some(Step::Publish {
            index: index.clone(),
        }),
    }
}

fn own(args: &[&str]) -> Step {
    Step::Own {
        args: args.iter().map(|&arg| arg.to_owned()).collect(),
    }
}

fn package(planner: &Planner<'_>) -> Option<Step> {
    let step = own(&[
        "package",
        "--all-platforms",
        "--verify",
        "--out-dir",
        STAGING,
    ]);
    planner.does(StepKind::Package).then_some(step)
}

fn commit(planner: &Planner<'_>) -> Option<Step> {
    let message = fill(&planner.settings.commit_message, &planner.request.version);
    planner
        .does(StepKind::Commit)
        .then_some(Step::Commit { message })
}

fn write_version(planner: &Planner<'_>) -> Result<Option<Step>, Refusal> {
    let path = &planner.settings.version_file;
    let old = planner.facts.version_file.as_ref();
    let old = old.ok_or_else(|| Refusal::NoVersionFile(path.clone()))?;
    let newline = match planner.settings.final_newline {
        FinalNewline::Keep => old.ends_with('\n'),
        FinalNewline::Always => true,
        FinalNewline::Never => false,
    };
    let new = format!(
        "{}{}",
        planner.request.version,
        if newline { "\n" } else { "" }
    );
    Ok((new != *old).then(|| Step::Write {
        path: path.clone(),
        old: Some(old.clone()),
        new,
    }))
}

fn changelog(planner: &Planner<'_>) -> Result<Vec<Step>, Refusal> {
    let (Some(source), Some(news)) = (&planner.facts.changelog, &planner.facts.news_file) else {
        return Ok(Vec::new());
    };
    if source.fragments.is_empty() {
        return Err(Refusal::NoFragments {
            folder: first_folder(&source.settings),
        });
    }
    let NewsFile { path, content: old } = news;
    let release = Release {
        version: planner.request.version.as_str(),
        date: &planner.request.date,
    };
    let new = prepend(
        &source.settings,
        path,
        old.as_deref(),
        &source.notes(&release)?,
    )?;
    let old = old
        .as_ref()
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let paths = source
        .fragments
        .iter()
        .map(|fragment| fragment.path.clone())
        .collect();
    Ok(vec![
        Step::Write {
            path: path.clone(),
            old,
            new,
        },
        Step::RemoveFragments { paths },
    ])
}

fn first_folder(settings: &ChangelogSettings) -> Utf8PathBuf {
    let path = settings
        .sections
        .first()
        .map_or("", |(_, path)| path.as_str());
    settings.section_folder(path)
}

fn edit_files(planner: &Planner<'_>) -> Result<Vec<Step>, Refusal> {
    let edits = planner
        .settings
        .files
        .iter()
        .filter(|edit| applies(planner, edit.releases));
    let mut contents = planner.facts.files.clone();
    for edit in edits {
        apply_edit(planner, edit, &mut contents)?;
    }
    let changed = contents.into_iter().filter_map(|(path, new)| {
        let old = planner.facts.files.get(&path)?;
        (new != *old).then(|| Step::Write {
            path,
            old: Some(old.clone()),
            new,
        })
    });
    Ok(changed.collect())
}

fn apply_edit(
    planner: &Planner<'_>,
    edit: &FileEdit,
    contents: &mut std::collections::BTreeMap<Utf8PathBuf, String>,
) -> Result<(), Refusal> {
    let bad = |pattern: &str, message: String| Refusal::BadPattern {
        pattern: pattern.to_owned(),
        message,
    };
    let glob = Glob::new(&edit.path).map_err(|error| bad(&edit.path, error.to_string()))?;
    let search = Regex::new(&edit.search).map_err(|error| bad(&edit.search, error.to_string()))?;
    let replace = fill(&edit.replace, &planner.request.version);
    let matcher = glob.compile_matcher();
    let mut found = false;
    for (_, text) in contents
        .iter_mut()
        .filter(|(path, _)| matcher.is_match(path.as_str()))
    {
        found |= search.is_match(text);
        *text = search.replace_all(text, replace.as_str()).into_owned();
    }
    match found {
        true => Ok(()),
        false => Err(Refusal::NothingToEdit {
            path: edit.path.clone(),
            search: edit.search.clone(),
        }),
    }
}

fn hooks_before(planner: &Planner<'_>) -> Result<Vec<Step>, Refusal> {
    if !planner.does(StepKind::HooksBefore) {
        return Ok(Vec::new());
    }
    let hooks = planner
        .settings
        .hooks
        .iter()
        .filter(|hook| hook.when == HookTime::Before);
    let mut steps = Vec::new();
    for hook in hooks.filter(|hook| applies(planner, hook.releases)) {
        let needs_prior = hook.releases == HookReleases::NewSeries
            || hook.command.contains("{prior}")
            || hook
                .output
                .as_deref()
                .is_some_and(|output| output.contains("{prior}"));
        let prior = needs_prior
            .then(|| prior(planner, &hook.name))
            .transpose()?
            .flatten();
        if needs_prior && prior.is_none() {
            continue; // the first series of all has nothing before it
        }
        let step = hook_step(planner, hook, prior.as_deref());
        let Step::Hook {
            output: Some(output),
            ..
        } = &step
        else {
            steps.push(step);
            continue;
        };
        if !planner.facts.tracked.contains(output) {
            steps.push(step);
        }
    }
    Ok(steps)
}

fn hook_step(planner: &Planner<'_>, hook: &Hook, prior: Option<&str>) -> Step {
    let text = |pattern: &str| {
        fill(pattern, &planner.request.version)
            .replace("{date}", &planner.request.date)
            .replace("{prior}", prior.unwrap_or(""))
    };
    Step::Hook {
        name: hook.name.clone(),
        command: text(&hook.command),
        output: hook.output.as_deref().map(|output| text(output).into()),
        staged: hook.when == HookTime::Before,
    }
}

fn applies(planner: &Planner<'_>, releases: HookReleases) -> bool {
    let version = &planner.request.version;
    match releases {
        HookReleases::All => true,
        HookReleases::Final => !version.is_prerelease(),
        HookReleases::PreReleases => version.is_prerelease(),
        HookReleases::NewSeries => {
            let series = version.series();
            let mut released = planner.released();
            !released.any(|known| known.series() == series && !known.is_prerelease())
        }
    }
}

/// The last release of the series before, as it is written; `None` when there is no such series.
///
/// Refused when a higher pre-release of that series waits for its final release.
fn prior(planner: &Planner<'_>, hook: &str) -> Result<Option<String>, Refusal> {
    let series = planner.request.version.series();
    let Some(before) = planner
        .released()
        .map(|known| known.series())
        .filter(|known| *known < series)
        .max()
    else {
        return Ok(None);
    };
    let of_series = || planner.released().filter(|known| known.series() == before);
    let newest_final = of_series().filter(|known| !known.is_prerelease()).max();
    let newest = of_series().max();
    let refusal = |found: String| Refusal::PriorNotReleased {
        version: planner.request.version.clone(),
        hook: hook.to_owned(),
        found,
    };
    match (newest_final, newest) {
        (Some(last), Some(newest)) if last == newest => Ok(Some(last.as_str().to_owned())),
        (Some(last), Some(newest)) => Err(refusal(format!(
            "of {before} the last final release is {last}, but {newest} is out and not final yet"
        ))),
        _ => Err(refusal(format!("{before} has no final release"))),
    }
}

impl Planner<'_> {
    /// The versions that tags name.
    fn released(&self) -> impl Iterator<Item = crate::version::ReleaseVersion> {
        self.facts
            .tags
            .iter()
            .filter_map(|tag| self.settings.version_of(&tag.name))
    }
}
