//! The order in which the steps of a release come.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use changelog::{ChangelogSettings, ChangelogSource, Fragment, ReleaseHeading, prepend};
use globset::Glob;
use model::VersionFile;
use regex::Regex;

use super::objection::Objection;
use super::planner::Planner;
use super::request::{Publishing, Pushing};
use super::steps::{ReleaseStep, proposal_ref};
use crate::facts::{CandidateFacts, Locks, NewsFile, TagFact};
use crate::settings::{
    CandidateNotes, CommitOn, FileEdit, FinalNewline, FragmentPolicy, Hook, HookReleases, HookTime,
    StepKind, fill,
};

/// All steps and the notes about them.
pub(super) fn from_start(
    planner: &Planner<'_>,
) -> Result<(Vec<ReleaseStep>, Vec<String>), Objection> {
    let mut steps = Vec::new();
    let mut notes = Vec::new();
    let version = &planner.request.version;
    if let CommitOn::Branch(pattern) = &planner.settings.commit_on {
        steps.push(ReleaseStep::SwitchBranch {
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
        steps.push(ReleaseStep::CheckLocks);
    }
    match &planner.settings.commit_on {
        CommitOn::Current => {
            steps.extend(commit(planner));
            steps.extend(package(planner));
            steps.extend(tag_and_after(planner));
        }
        CommitOn::Branch(pattern) => {
            let branch = fill(pattern, version);
            steps.extend(commit(planner));
            notes.push(format!("merge {branch} by review, then run the same command on the branch it went into: that makes the tag"));
            let pushes = planner.request.push == Pushing::Yes;
            let mut refs = vec![branch_ref(&branch)];
            refs.extend(Some(proposal_ref(&branch)).filter(|_| planner.request.forge.pull_request));
            steps.extend(push(planner, refs).filter(|_| pushes));
            steps.extend(pull_request(planner, &branch)?);
        }
    }
    Ok((steps, notes))
}

/// The steps that write the version which is developed from now on.
pub(super) fn development(planner: &Planner<'_>) -> Result<Vec<ReleaseStep>, Objection> {
    let mut steps = Vec::new();
    let own = planner.settings.own_branch(&planner.request.version);
    steps.extend(
        own.clone()
            .map(|branch| ReleaseStep::SwitchBranch { branch }),
    );
    steps.extend(write_version(planner)?);
    steps.extend(edit_files(planner)?);
    steps.push(ReleaseStep::Commit {
        message: format!("Begin {}", planner.request.version),
    });
    let branch = own.or_else(|| planner.facts.head.branch.clone());
    let refs = branch.iter().map(|branch| branch_ref(branch)).collect();
    let pushes = planner.request.push == Pushing::Yes;
    steps.extend(push(planner, refs).filter(|_| pushes));
    Ok(steps)
}

/// The pull request of the release's branch.
fn pull_request(planner: &Planner<'_>, branch: &str) -> Result<Option<ReleaseStep>, Objection> {
    let (Some(remote), Some(base)) = (&planner.facts.remote, &planner.facts.head.branch) else {
        return Ok(None);
    };
    if !planner.request.forge.pull_request {
        return Ok(None);
    }
    let version = &planner.request.version;
    let notes = match (&planner.facts.changelog, planner.does(StepKind::Changelog)) {
        (Some(source), true) => {
            let heading = heading(planner);
            let notes = source.notes_of(&fragments(planner, source), &heading)?;
            let text = changelog::extract("".into(), &notes.text, version.as_str());
            text.unwrap_or(notes.text)
        }
        _ => String::new(),
    };
    let after = format!(
        "After the merge `cargo xtask release {version} --push` builds and verifies the wheels, and tags the merge commit as {}.",
        planner.settings.tag_of(version)
    );
    Ok(Some(ReleaseStep::PullRequest {
        remote: remote.name.clone(),
        head: branch.to_owned(),
        base: base.clone(),
        title: fill(&planner.settings.commit_message, version),
        body: format!("{}\n\n---\n{after}\n", notes.trim())
            .trim_start()
            .to_owned(),
    }))
}

/// The release on the forge, with the notes that are planned or those that are written.
fn forge_release(planner: &Planner<'_>) -> Option<ReleaseStep> {
    let remote = planner.facts.remote.as_ref()?;
    let version = &planner.request.version;
    if !planner.request.forge.release {
        return None;
    }
    let written = || {
        let news = planner.facts.news_file.as_ref()?;
        let text = std::str::from_utf8(news.content.as_deref()?).ok()?;
        changelog::extract(&news.path, text, version.as_str()).ok()
    };
    let planned = || {
        let source = planner.facts.changelog.as_ref()?;
        let notes = source
            .notes_of(&fragments(planner, source), &heading(planner))
            .ok()?;
        let text = changelog::extract("".into(), &notes.text, version.as_str());
        Some(text.unwrap_or(notes.text))
    };
    Some(ReleaseStep::ForgeRelease {
        remote: remote.name.clone(),
        tag: planner.settings.tag_of(version),
        notes: written().or_else(planned).unwrap_or_default(),
    })
}

fn heading<'a>(planner: &'a Planner<'_>) -> ReleaseHeading<'a> {
    ReleaseHeading {
        version: planner.request.version.as_str(),
        date: &planner.request.date,
    }
}

/// The fragments of a release: those that are there, after those of its candidates where they are
/// gathered.
fn fragments(planner: &Planner<'_>, source: &ChangelogSource) -> Vec<Fragment> {
    let candidates = gathered(planner);
    let of_candidates = candidates.iter().flat_map(|one| &one.fragments);
    let mut all: Vec<Fragment> = Vec::new();
    for fragment in of_candidates.chain(&source.fragments) {
        // One that was brought back counts as it is now.
        all.retain(|known| known.path != fragment.path);
        all.push(fragment.clone());
    }
    all.sort_by(|a, b| (&a.section, &a.path).cmp(&(&b.section, &b.path)));
    all
}

fn gathered<'a>(planner: &'a Planner<'_>) -> &'a [CandidateFacts] {
    let gathers = planner.settings.candidates == CandidateNotes::Gathered
        && !planner.request.version.is_prerelease();
    match gathers {
        true => &planner.facts.candidates,
        false => &[],
    }
}

/// What is left when the release is committed.
pub(super) fn from_tag(planner: &Planner<'_>) -> Vec<ReleaseStep> {
    let mut steps: Vec<ReleaseStep> = package(planner).into_iter().collect();
    steps.extend(tag_and_after(planner));
    steps
}

/// What is left when the tag is there.
pub(super) fn after_tag(planner: &Planner<'_>, tag: &TagFact) -> Vec<ReleaseStep> {
    let remote_tag = planner
        .facts
        .remote
        .as_ref()
        .and_then(|remote| remote.tag.as_ref());
    let pushed = remote_tag == Some(&tag.commit);
    let mut steps = Vec::new();
    if !pushed && planner.request.push == Pushing::Yes {
        steps.extend(push(planner, branch_and(planner, &tag.name)));
    }
    steps.extend(forge_release(planner));
    steps.extend(publish(planner));
    steps
}

fn tag_and_after(planner: &Planner<'_>) -> Vec<ReleaseStep> {
    let version = &planner.request.version;
    let tag = planner.settings.tag_of(version);
    let mut steps = Vec::new();
    let mut refs = branch_and(planner, &tag);
    if planner.does(StepKind::Tag) {
        steps.push(ReleaseStep::Tag {
            name: tag,
            message: planner.settings.tag_message(version),
        });
    } else {
        refs.pop();
    }
    if planner.does(StepKind::Package) {
        steps.push(ReleaseStep::Deliver {
            out_dir: planner.settings.out_dir.clone(),
        });
    }
    if planner.does(StepKind::HooksAfter) {
        let hooks = planner
            .settings
            .hooks
            .iter()
            .filter(|hook| hook.when == HookTime::After);
        let hooks = hooks.filter(|hook| planner.applies(hook.releases));
        steps.extend(hooks.map(|hook| hook_step(planner, hook, None)));
    }
    if planner.request.push == Pushing::Yes {
        steps.extend(push(planner, refs));
        steps.extend(forge_release(planner));
    }
    steps.extend(publish(planner));
    steps
}

/// The branch that is checked out and a tag, in full: a branch and a tag may have one name.
fn branch_and(planner: &Planner<'_>, tag: &str) -> Vec<String> {
    let branch = planner.facts.head.branch.as_deref().map(branch_ref);
    branch
        .into_iter()
        .chain([format!("refs/tags/{tag}")])
        .collect()
}

pub(super) fn branch_ref(branch: &str) -> String {
    format!("refs/heads/{branch}")
}

/// Pushes these refs to the remote, if there is one.
pub(super) fn push(planner: &Planner<'_>, refs: Vec<String>) -> Option<ReleaseStep> {
    planner
        .facts
        .remote
        .as_ref()
        .map(|remote| ReleaseStep::Push {
            remote: remote.name.clone(),
            refs,
            replaces: remote
                .own_branch
                .clone()
                .filter(|_| planner.request.forge.pull_request),
        })
}

fn publish(planner: &Planner<'_>) -> Option<ReleaseStep> {
    match &planner.request.publish {
        Publishing::No => None,
        Publishing::To(index) => Some(ReleaseStep::Publish {
            index: index.clone(),
        }),
    }
}

fn package(planner: &Planner<'_>) -> Option<ReleaseStep> {
    planner
        .does(StepKind::Package)
        .then_some(ReleaseStep::Package)
}

fn commit(planner: &Planner<'_>) -> Option<ReleaseStep> {
    let message = fill(&planner.settings.commit_message, &planner.request.version);
    planner
        .does(StepKind::Commit)
        .then_some(ReleaseStep::Commit { message })
}

fn write_version(planner: &Planner<'_>) -> Result<Option<ReleaseStep>, Objection> {
    let path = &planner.settings.version_file;
    let old = planner.facts.version_file.as_ref();
    let old = old.ok_or_else(|| Objection::NoVersionFile(path.clone()))?;
    // A file of another system keeps its line ends.
    let line_end = if old.contains("\r\n") { "\r\n" } else { "\n" };
    let line_end = match planner.settings.final_newline {
        FinalNewline::Keep if !old.ends_with('\n') => "",
        FinalNewline::Keep | FinalNewline::Always => line_end,
        FinalNewline::Never => "",
    };
    let file = VersionFile::parse(old);
    if file.is_other_text() {
        return Err(Objection::NoVersionIn(path.clone()));
    }
    let version = planner.request.version.as_str();
    let new = match file.is_module() {
        true => file.with_version(version),
        false => format!("{version}{line_end}"),
    };
    Ok((new != *old).then(|| ReleaseStep::Write {
        path: path.clone(),
        old: Some(old.clone()),
        new,
    }))
}

fn changelog(planner: &Planner<'_>) -> Result<Vec<ReleaseStep>, Objection> {
    let (Some(source), Some(news)) = (&planner.facts.changelog, &planner.facts.news_file) else {
        return Ok(Vec::new());
    };
    if fragments(planner, source).is_empty()
        && planner.settings.fragments == FragmentPolicy::Required
    {
        return Err(Objection::NoFragments {
            folder: first_folder(&source.settings),
        });
    }
    let NewsFile { path, content: old } = news;
    let notes = source.notes_of(&fragments(planner, source), &heading(planner))?;
    let mut kept = old.clone();
    for candidate in gathered(planner) {
        let text = kept
            .as_deref()
            .and_then(|bytes| std::str::from_utf8(bytes).ok());
        if let Some(without) = text.and_then(|text| changelog::without(text, &candidate.version)) {
            kept = Some(without.into_bytes());
        }
    }
    let new = prepend(&source.settings, path, kept.as_deref(), &notes)?;
    let old = old
        .as_ref()
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let paths = source
        .fragments
        .iter()
        .map(|fragment| fragment.path.clone())
        .collect();
    let mut steps = vec![ReleaseStep::Write {
        path: path.clone(),
        old,
        new,
    }];
    if !source.fragments.is_empty() {
        steps.push(ReleaseStep::RemoveFragments { paths });
    }
    Ok(steps)
}

fn first_folder(settings: &ChangelogSettings) -> Utf8PathBuf {
    let path = settings
        .sections
        .first()
        .map_or("", |(_, path)| path.as_str());
    settings.section_folder(path)
}

fn edit_files(planner: &Planner<'_>) -> Result<Vec<ReleaseStep>, Objection> {
    let edits = planner
        .settings
        .files
        .iter()
        .filter(|edit| planner.applies(edit.releases));
    let mut contents = planner.facts.files.clone();
    for edit in edits {
        apply_edit(planner, edit, &mut contents)?;
    }
    let changed = contents.into_iter().filter_map(|(path, new)| {
        let old = planner.facts.files.get(&path)?;
        (new != *old).then(|| ReleaseStep::Write {
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
    contents: &mut BTreeMap<Utf8PathBuf, String>,
) -> Result<(), Objection> {
    let bad = |pattern: &str, message: String| Objection::BadPattern {
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
        false => Err(Objection::NothingToEdit {
            path: edit.path.clone(),
            search: edit.search.clone(),
        }),
    }
}

fn hooks_before(planner: &Planner<'_>) -> Result<Vec<ReleaseStep>, Objection> {
    if !planner.does(StepKind::HooksBefore) {
        return Ok(Vec::new());
    }
    let hooks = planner
        .settings
        .hooks
        .iter()
        .filter(|hook| hook.when == HookTime::Before);
    let mut steps = Vec::new();
    for hook in hooks.filter(|hook| planner.applies(hook.releases)) {
        let needs_prior = hook.releases == HookReleases::NewSeries
            || hook.command.contains("{prior}")
            || hook
                .output
                .as_deref()
                .is_some_and(|output| output.contains("{prior}"));
        let prior = needs_prior
            .then(|| planner.prior(&hook.name))
            .transpose()?
            .flatten();
        if needs_prior && prior.is_none() {
            continue; // the first series of all has nothing before it
        }
        let step = hook_step(planner, hook, prior.as_deref());
        let ReleaseStep::Hook {
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

fn hook_step(planner: &Planner<'_>, hook: &Hook, prior: Option<&str>) -> ReleaseStep {
    let text = |pattern: &str| {
        fill(pattern, &planner.request.version)
            .replace("{date}", &planner.request.date)
            .replace("{prior}", prior.unwrap_or(""))
    };
    ReleaseStep::Hook {
        name: hook.name.clone(),
        command: text(&hook.command),
        output: hook.output.as_deref().map(|output| text(output).into()),
        staged: hook.when == HookTime::Before,
    }
}
