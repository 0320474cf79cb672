//! Decides how far a release has come, and which steps are left.

use model::VersionFile;

use super::objection::Objection;
use super::planner::Planner;
use super::request::{Pushing, ReleasePurpose, ReleaseRequest};
use super::steps::{Plan, ReleaseStep};
use super::{objections, order};
use crate::facts::{ReleaseFacts, RemoteBranch, TagFact};
use crate::settings::{CommitOn, ReleaseSettings, StepKind, fill};

/// What is to be done for a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Nothing: it is done.
    AlreadyReleased {
        /// The tag.
        tag: String,
        /// The commit that it names.
        commit: String,
    },
    /// Nothing yet: the branch of the release must be merged first.
    AwaitingMerge {
        /// The release's branch.
        branch: String,
    },
    /// These steps.
    Go(Plan),
}

/// A release that is not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRelease {
    /// Every reason, not only the first.
    pub reasons: Vec<Objection>,
    /// What would be done without them, as far as it can be told.
    pub plan: Option<Plan>,
}

/// Plans a release.
///
/// # Errors
/// Every reason against it, not only the first.
pub fn plan(
    settings: &ReleaseSettings,
    facts: &ReleaseFacts,
    request: &ReleaseRequest,
) -> Result<Decision, RefusedRelease> {
    let planner = Planner {
        settings,
        facts,
        request,
    };
    if request.purpose == ReleasePurpose::Development {
        return planner.develop();
    }
    let tag = settings.tag_of(&request.version);
    match planner.stage(&tag) {
        Stage::Tagged(tag) => planner.after_tag(tag),
        Stage::OnReleaseBranch(branch) => Ok(planner.on_release_branch(branch)),
        Stage::Committed => planner.finish(&tag),
        Stage::Fresh => planner.begin(),
    }
}

/// How far a release has come.
enum Stage<'a> {
    Fresh,
    /// Committed on its own branch, which is checked out.
    OnReleaseBranch(String),
    /// Committed, or merged, without a tag.
    Committed,
    Tagged(&'a TagFact),
}

impl<'a> Planner<'a> {
    fn stage(&self, tag: &str) -> Stage<'a> {
        let known = self.facts.tags.iter().find(|known| known.name == tag);
        if let Some(known) = known.filter(|known| known.in_head) {
            return Stage::Tagged(known);
        }
        if !self.version_is_written() || !self.changelog_has_release() {
            return Stage::Fresh;
        }
        if self.on_own_branch() {
            return Stage::OnReleaseBranch(self.facts.head.branch.clone().unwrap_or_default());
        }
        Stage::Committed
    }

    fn version_is_written(&self) -> bool {
        self.facts
            .version_file
            .as_deref()
            .is_some_and(|text| VersionFile::parse(text).version() == self.request.version.as_str())
    }

    /// Whether the news file has a heading for the version.
    fn changelog_has_release(&self) -> bool {
        if !self.does(StepKind::Changelog) || self.facts.changelog.is_none() {
            // There is no heading to look for, so the commit's message is used.
            let message = fill(&self.settings.commit_message, &self.request.version);
            return self.facts.head.subject.starts_with(&message);
        }
        let news = self.facts.news_file.as_ref();
        let text =
            news.and_then(|news| Some((news, std::str::from_utf8(news.content.as_deref()?).ok()?)));
        text.is_some_and(|(news, text)| {
            changelog::extract(&news.path, text, self.request.version.as_str()).is_ok()
        })
    }

    fn on_own_branch(&self) -> bool {
        let CommitOn::Branch(pattern) = &self.settings.commit_on else {
            return false;
        };
        self.facts.head.branch.as_deref() == Some(fill(pattern, &self.request.version).as_str())
    }

    fn begin(&self) -> Result<Decision, RefusedRelease> {
        let mut refusals = objections::before_start(self);
        let (steps, mut notes) = match order::from_start(self) {
            Ok(found) => found,
            Err(refusal) => {
                refusals.push(refusal);
                Default::default()
            }
        };
        notes.extend(self.unknown());
        self.go(refusals, steps, notes)
    }

    /// The version alone is written.
    fn develop(&self) -> Result<Decision, RefusedRelease> {
        let mut refusals = objections::before_development(self);
        let steps = order::development(self).unwrap_or_else(|refusal| {
            refusals.push(refusal);
            Vec::new()
        });
        self.go(refusals, steps, self.unknown())
    }

    /// The release is committed (or merged): what is left is the tag and what follows.
    fn finish(&self, tag: &str) -> Result<Decision, RefusedRelease> {
        let mut refusals = match &self.facts.head.branch {
            Some(_) => objections::about_head(self),
            None => objections::about_detached(self),
        };
        refusals.extend(objections::about_commit(self));
        refusals.extend(objections::about_tag(self, tag));
        let notes = vec![format!(
            "{} is committed already; its tag is missing",
            self.request.version
        )];
        self.go(refusals, order::from_tag(self), notes)
    }

    /// The tag is there: at most it has to be pushed or published.
    fn after_tag(&self, tag: &TagFact) -> Result<Decision, RefusedRelease> {
        let steps = order::after_tag(self, tag);
        if steps.is_empty() {
            return Ok(Decision::AlreadyReleased {
                tag: tag.name.clone(),
                commit: tag.commit.clone(),
            });
        }
        let notes = vec![format!(
            "{} is tagged already, at {}",
            self.request.version, tag.commit
        )];
        self.go(objections::about_remote_tag(self, tag), steps, notes)
    }

    fn on_release_branch(&self, branch: String) -> Decision {
        let pushes = self.request.push == Pushing::Yes;
        let there = matches!(
            self.facts.remote.as_ref().map(|remote| remote.branch),
            Some(RemoteBranch::Same)
        );
        match order::push(self, vec![order::branch_ref(&branch)]).filter(|_| pushes && !there) {
            Some(step) => Decision::Go(Plan {
                version: self.request.version.clone(),
                steps: vec![step],
                notes: vec![format!("{branch} is committed already")],
            }),
            None => Decision::AwaitingMerge { branch },
        }
    }

    fn go(
        &self,
        refusals: Vec<Objection>,
        steps: Vec<ReleaseStep>,
        notes: Vec<String>,
    ) -> Result<Decision, RefusedRelease> {
        let plan = Plan {
            version: self.request.version.clone(),
            steps,
            notes,
        };
        match refusals.is_empty() {
            true => Ok(Decision::Go(plan)),
            false => Err(RefusedRelease {
                plan: (!plan.steps.is_empty()).then_some(plan),
                reasons: refusals,
            }),
        }
    }
}
