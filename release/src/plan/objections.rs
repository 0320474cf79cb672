//! Checks everything that can forbid a release.

use globset::Glob;
use model::VersionFile;

use super::objection::Objection;
use super::planner::Planner;
use super::request::Pushing;
use crate::facts::{CommitObstacle, GitHistory, Locks, RemoteBranch, TagFact};
use crate::settings::{CommitOn, StepKind, fill};
use crate::version::ReleaseVersion;

/// Reasons that forbid beginning a release.
pub(super) fn before_start(planner: &Planner<'_>) -> Vec<Objection> {
    let tag = planner.settings.tag_of(&planner.request.version);
    let mut refusals = about_head(planner);
    refusals.extend(about_tag(planner, &tag));
    refusals.extend(about_own_branch(planner));
    refusals.extend(about_order(planner));
    refusals.extend(about_locks(planner));
    let uncommitted = planner.facts.uncommitted.iter();
    refusals.extend(uncommitted.map(|(path, reason)| Objection::NotCommitted {
        path: path.clone(),
        reason: reason.clone(),
    }));
    refusals
}

/// Reasons that forbid writing the version of what is developed next.
pub(super) fn before_development(planner: &Planner<'_>) -> Vec<Objection> {
    let mut refusals = about_head(planner);
    refusals.extend(about_own_branch(planner));
    refusals.extend(about_order(planner));
    refusals
}

/// What speaks against tagging what is checked out: the version must be written by that commit.
pub(super) fn about_commit(planner: &Planner<'_>) -> Option<Objection> {
    let facts = planner.facts;
    let version = planner.request.version.clone();
    match &facts.version_commit {
        Some(commit) if *commit == facts.head.commit => None,
        Some(commit) => Some(Objection::NotTheCommit {
            version,
            commit: commit.clone(),
            head: facts.head.commit.clone(),
        }),
        None if facts.history == GitHistory::Shallow => Some(Objection::UnknownCommit(version)),
        None => None,
    }
}

/// What speaks against tagging a commit that no branch needs to be at: it must be in one of those
/// from which releases are made.
pub(super) fn about_detached(planner: &Planner<'_>) -> Vec<Objection> {
    let facts = planner.facts;
    let mut refusals = Vec::new();
    if !facts.dirty.is_empty() {
        refusals.push(Objection::Dirty(facts.dirty.clone()));
    }
    let allowed = allowed(planner);
    let is_allowed = |branch: &String| allowed.iter().any(|pattern| matches(pattern, branch));
    if !facts.head.branches.iter().any(is_allowed) {
        refusals.push(Objection::Detached {
            commit: facts.head.commit.clone(),
        });
    }
    refusals.extend(about_obstacles(planner));
    refusals.extend(about_remote(planner));
    refusals
}

fn about_obstacles(planner: &Planner<'_>) -> impl Iterator<Item = Objection> {
    let obstacles = planner.facts.obstacles.iter();
    obstacles.map(|obstacle| match obstacle {
        CommitObstacle::NoIdentity(said) => Objection::NoIdentity(said.clone()),
        CommitObstacle::CannotSign(said) => Objection::CannotSign(said.clone()),
        CommitObstacle::BadName(name) => Objection::BadName(name.clone()),
    })
}

fn allowed(planner: &Planner<'_>) -> Vec<String> {
    let patterns = planner.settings.branches.iter();
    patterns
        .map(|pattern| fill(pattern, &planner.request.version))
        .collect()
}

/// Reasons that forbid a release from what is checked out.
pub(super) fn about_head(planner: &Planner<'_>) -> Vec<Objection> {
    let facts = planner.facts;
    let mut refusals = Vec::new();
    if !facts.dirty.is_empty() {
        refusals.push(Objection::Dirty(facts.dirty.clone()));
    }
    match &facts.head.branch {
        None => refusals.push(Objection::Detached {
            commit: facts.head.commit.clone(),
        }),
        Some(branch) => {
            let version = &planner.request.version;
            let allowed = allowed(planner);
            if !allowed.iter().any(|pattern| matches(pattern, branch)) {
                refusals.push(Objection::WrongBranch {
                    version: version.clone(),
                    branch: branch.clone(),
                    allowed,
                });
            }
        }
    }
    refusals.extend(about_obstacles(planner));
    refusals.extend(about_remote(planner));
    refusals
}

fn matches(pattern: &str, branch: &str) -> bool {
    pattern == branch
        || Glob::new(pattern).is_ok_and(|glob| glob.compile_matcher().is_match(branch))
}

fn about_remote(planner: &Planner<'_>) -> Vec<Objection> {
    let pushes = planner.request.push == Pushing::Yes;
    let Some(remote) = &planner.facts.remote else {
        let missing = Objection::NoRemote(planner.settings.remote.clone());
        return if pushes { vec![missing] } else { Vec::new() };
    };
    let mut refusals = Vec::new();
    if let (RemoteBranch::MovedOn, Some(branch)) = (remote.branch, &planner.facts.head.branch) {
        refusals.push(Objection::RemoteMovedOn {
            remote: remote.name.clone(),
            branch: branch.clone(),
        });
    } else if let Some(said) = remote.refuses_push.as_ref().filter(|_| pushes) {
        refusals.push(Objection::NoPush {
            remote: remote.name.clone(),
            said: said.clone(),
        });
    }
    let own = planner.settings.own_branch(&planner.request.version);
    if let Some(branch) = own.filter(|_| !remote.foreign.is_empty()) {
        refusals.push(Objection::ForeignCommits {
            remote: remote.name.clone(),
            branch,
            commits: remote.foreign.clone(),
        });
    }
    refusals
}

/// Reasons that forbid making the tag.
pub(super) fn about_tag(planner: &Planner<'_>, tag: &str) -> Vec<Objection> {
    let known = planner.facts.tags.iter().find(|known| known.name == tag);
    if let Some(known) = known {
        return vec![Objection::TagExists {
            tag: tag.to_owned(),
            commit: known.commit.clone(),
        }];
    }
    let remote = planner.facts.remote.as_ref();
    let on_remote = remote.and_then(|remote| Some((&remote.name, remote.tag.as_ref()?)));
    let refusal = on_remote.map(|(remote, commit)| Objection::TagOnRemote {
        tag: tag.to_owned(),
        remote: remote.clone(),
        commit: commit.clone(),
    });
    refusal.into_iter().collect()
}

/// Reasons that forbid pushing an existing tag.
pub(super) fn about_remote_tag(planner: &Planner<'_>, tag: &TagFact) -> Vec<Objection> {
    let mut refusals = about_remote(planner);
    let remote = planner.facts.remote.as_ref();
    let other = remote.and_then(|remote| {
        let commit = remote
            .tag
            .as_ref()
            .filter(|commit| **commit != tag.commit)?;
        Some((&remote.name, commit))
    });
    refusals.extend(other.map(|(remote, commit)| Objection::TagOnRemote {
        tag: tag.name.clone(),
        remote: remote.clone(),
        commit: commit.clone(),
    }));
    refusals
}

fn about_own_branch(planner: &Planner<'_>) -> Option<Objection> {
    let CommitOn::Branch(pattern) = &planner.settings.commit_on else {
        return None;
    };
    let branch = fill(pattern, &planner.request.version);
    let exists = planner.facts.branches.contains(&branch);
    exists.then_some(Objection::BranchExists(branch))
}

fn about_order(planner: &Planner<'_>) -> Option<Objection> {
    let version = &planner.request.version;
    let file = &planner.settings.version_file;
    let written = planner
        .facts
        .version_file
        .as_deref()
        .and_then(|text| VersionFile::parse(text).version().parse().ok());
    let written = written.map(|last: ReleaseVersion| (last, format!("{file} holds")));
    let remote = planner.facts.remote.as_ref();
    let remote = remote.map_or("", |remote| remote.name.as_str());
    let here = planner.facts.tags.iter().map(|tag| (tag, String::new()));
    let there = planner
        .remote_tags()
        .map(|tag| (tag, format!(" on `{remote}`")));
    let tags = here.chain(there).filter_map(|(tag, place)| {
        let last = planner.settings.version_of(&tag.name)?;
        let counts = tag.in_head || last.series() == version.series();
        counts.then(|| (last, format!("the tag `{}`{place} names", tag.name)))
    });
    let (last, place) = written
        .into_iter()
        .chain(tags)
        .max_by(|a, b| a.0.cmp(&b.0))?;
    (*version < last).then(|| Objection::NotHigher {
        version: version.clone(),
        last,
        place,
    })
}

fn about_locks(planner: &Planner<'_>) -> Option<Objection> {
    match &planner.facts.locks {
        Locks::Stale(locks) if planner.does(StepKind::Locks) => {
            Some(Objection::StaleLocks(locks.clone()))
        }
        _ => None,
    }
}
