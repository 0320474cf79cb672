//! What a plan is made from, and the questions that several of its parts ask.

use super::objection::Objection;
use super::request::ReleaseRequest;
use crate::facts::{GitHistory, ReleaseFacts, RemoteBranch, TagFact};
use crate::settings::{HookReleases, ReleaseSettings, StepKind};
use crate::version::ReleaseVersion;

/// The inputs of a plan.
pub(crate) struct Planner<'a> {
    pub(crate) settings: &'a ReleaseSettings,
    pub(crate) facts: &'a ReleaseFacts,
    pub(crate) request: &'a ReleaseRequest,
}

impl Planner<'_> {
    /// Whether the settings leave this step in.
    pub(crate) fn does(&self, kind: StepKind) -> bool {
        !self.settings.without.contains(&kind)
    }

    /// The versions that tags name, here and on the remote.
    pub(super) fn released(&self) -> impl Iterator<Item = ReleaseVersion> {
        let tags = self.facts.tags.iter().chain(self.remote_tags());
        tags.filter_map(|tag| self.settings.version_of(&tag.name))
    }

    /// The tags that the remote has and that are not here.
    pub(super) fn remote_tags(&self) -> impl Iterator<Item = &TagFact> {
        self.facts.remote.iter().flat_map(|remote| &remote.tags)
    }

    /// What cannot be known about earlier releases.
    pub(super) fn unknown(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(remote) = &self.facts.remote
            && remote.branch == RemoteBranch::Unknown
        {
            notes.push(format!(
                "`{}` cannot be asked for its tags: only those that are here were looked at",
                remote.name
            ));
        }
        if self.facts.remote.is_none() && !self.facts.other_remotes.is_empty() {
            notes.push(format!(
                "there is no remote `{}`: the tags of {} were not looked at (`[release] remote` names the one that counts)",
                self.settings.remote,
                self.facts.other_remotes.join(", "),
            ));
        }
        if self.facts.history == GitHistory::Shallow {
            notes.push("this clone is shallow: of other series only the releases in the commits that are here were looked at (`git fetch --unshallow` gets the others)".to_owned());
        }
        notes
    }

    /// Whether something is done for this release.
    pub(super) fn applies(&self, releases: HookReleases) -> bool {
        let version = &self.request.version;
        match releases {
            HookReleases::All => true,
            HookReleases::Final => !version.is_prerelease(),
            HookReleases::PreReleases => version.is_prerelease(),
            HookReleases::NewSeries => {
                let series = version.series();
                let mut released = self.released();
                !released.any(|known| known.series() == series && !known.is_prerelease())
            }
        }
    }

    /// The last release of the series before, as it is written; `None` if there is no such series.
    ///
    /// Refused if a higher pre-release of that series still waits for its final release.
    pub(super) fn prior(&self, hook: &str) -> Result<Option<String>, Objection> {
        let series = self.request.version.series();
        let Some(before) = self
            .released()
            .map(|known| known.series())
            .filter(|known| *known < series)
            .max()
        else {
            return Ok(None);
        };
        let of_series = || self.released().filter(|known| known.series() == before);
        let newest_final = of_series().filter(|known| !known.is_prerelease()).max();
        let newest = of_series().max();
        let refusal = |found: String| Objection::PriorNotReleased {
            version: self.request.version.clone(),
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
}
