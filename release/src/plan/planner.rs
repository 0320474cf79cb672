//! What a plan is made from, and the questions that several of its parts ask.

use super::objection::Objection;
use super::request::ReleaseRequest;
use crate::facts::ReleaseFacts;
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

    /// The versions that tags name.
    pub(super) fn released(&self) -> impl Iterator<Item = ReleaseVersion> {
        self.facts
            .tags
            .iter()
            .filter_map(|tag| self.settings.version_of(&tag.name))
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
