//! Chooses a version of one project: first the version that the lock holds, then the highest stable
//! release, and a pre-release only if no stable release satisfies the requirements.

use model::{
    FileKind, Marker, PackageName, Platform, PrereleasePolicy, Requirement, Version, VersionRange,
    specifiers_range,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::need::Need;
use crate::pins::Pins;
use crate::problem::Problem;
use crate::provider::{CandidateFile, CandidateFiles, Provider, ReleaseMetadata};
use crate::reason::Reason;
use crate::requires_python;

/// The constraints that name a place in place of versions, by project.
pub(crate) type DirectConstraints = FxHashMap<PackageName, Vec<Requirement>>;

/// Chooses versions in one part of the universe.
pub(crate) struct Chooser<'a, P> {
    pub(crate) problem: &'a Problem,
    pub(crate) provider: &'a P,
    /// The projects whose pins are kept.
    pub(crate) kept: &'a FxHashSet<PackageName>,
    /// What other parts of the universe chose.
    pub(crate) chosen_elsewhere: &'a Pins,
    /// Versions that the user requires by `==`: such a version may be yanked.
    pub(crate) exact: &'a FxHashMap<PackageName, VersionRange>,
    /// The constraints that name a place.
    pub(crate) direct_constraints: &'a DirectConstraints,
}

/// The version to try next.
pub(crate) enum VersionChoice {
    /// This version is tried next.
    Version(Version),
    /// No version can be used, for these reasons. A version in none of the ranges does not exist.
    None(Vec<(VersionRange, Reason)>),
}

/// Whether a version can be used.
pub(crate) enum Usability {
    /// It can be used.
    Usable,
    /// It cannot be used, for this reason.
    Unusable(Reason),
}

impl<P: Provider> Chooser<'_, P> {
    /// Chooses a version of the project `need.name`.
    pub(crate) fn choose(&self, need: Need<'_>) -> Result<VersionChoice, P::Error> {
        let Some(versions) = self.provider.versions(need.name)? else {
            return Ok(VersionChoice::None(vec![(
                VersionRange::full(),
                Reason::NotFound,
            )]));
        };
        let mut unusable = Vec::<(Version, Reason)>::new();
        for version in self.order(need, &versions) {
            match self.judge(need, version)? {
                Usability::Usable => return Ok(VersionChoice::Version(version.clone())),
                Usability::Unusable(reason) => unusable.push((version.clone(), reason)),
            }
        }
        if self.problem.inputs.prereleases == PrereleasePolicy::Disallow {
            let pre = versions
                .iter()
                .filter(|v| v.any_prerelease() && need.range.contains(v));
            unusable.extend(pre.map(|v| (v.clone(), Reason::Prerelease)));
        }
        Ok(VersionChoice::None(by_reason(unusable, &versions)))
    }

    /// The versions in `need.range`, in the order in which they are tried.
    fn order<'v>(
        &self,
        need: Need<'v>,
        versions: &'v [Version],
    ) -> impl Iterator<Item = &'v Version> + use<'v, P> {
        let range = need.range;
        let policy = self.problem.inputs.prereleases;
        let pinned = self.problem.pins.versions(need);
        let elsewhere = self.chosen_elsewhere.versions(need);
        let preferred: Vec<&Version> = pinned
            .chain(elsewhere)
            .filter(|version| range.contains(version))
            .filter(|version| policy != PrereleasePolicy::Disallow || !version.any_prerelease())
            .filter_map(|version| versions.binary_search(version).ok())
            .map(|at| &versions[at])
            .collect();
        let high = versions
            .partition_point(|v| range.iter().next_back().is_some_and(|s| below_end(v, s.1)));
        let in_range = move |v: &&Version| range.contains(v);
        let stable = versions[..high]
            .iter()
            .rev()
            .filter(move |v| policy == PrereleasePolicy::Allow || !v.any_prerelease())
            .filter(in_range);
        let pre = versions[..high]
            .iter()
            .rev()
            .filter(move |v| policy == PrereleasePolicy::IfNecessary && v.any_prerelease())
            .filter(in_range);
        preferred.into_iter().chain(stable).chain(pre)
    }

    /// Whether a version can be used.
    fn judge(&self, need: Need<'_>, version: &Version) -> Result<Usability, P::Error> {
        if self.kept.contains(need.name) && !self.problem.pins.keeps(need, version) {
            return Ok(Usability::Unusable(Reason::Pinned));
        }
        self.judge_unpinned(need, version)
    }

    /// Whether a version can be used for `need`, without regard to pins.
    pub(crate) fn judge_unpinned(
        &self,
        need: Need<'_>,
        version: &Version,
    ) -> Result<Usability, P::Error> {
        if let Some(at) = self.excluding_constraint(need.name, need.demand, version) {
            return Ok(Usability::Unusable(Reason::Constraint(at)));
        }
        let release = self.provider.release(need.name, version)?;
        if let Err(reason) = self.usable_files(need, version, &release) {
            return Ok(Usability::Unusable(reason));
        }
        let metadata = match self.provider.metadata(need.name, version)? {
            ReleaseMetadata::Available(metadata) => metadata,
            ReleaseMetadata::Unavailable(why) => {
                return Ok(Usability::Unusable(Reason::Metadata(why)));
            }
        };
        Ok(match &metadata.requires_python {
            Some(python) if !requires_python::serves(python, need.pythons) => {
                Usability::Unusable(Reason::RequiresPython(python.clone()))
            }
            _ => Usability::Usable,
        })
    }

    /// The constraint that excludes a version of `name` where it is needed.
    pub(crate) fn excluding_constraint(
        &self,
        name: &PackageName,
        demand: &Marker,
        version: &Version,
    ) -> Option<usize> {
        self.problem.constraints().position(|constraint| {
            constraint.name == *name
                && !constraint.marker.is_disjoint(demand)
                && constraint
                    .specifiers()
                    .is_some_and(|specifiers| !specifiers_range(specifiers).contains(version))
        })
    }

    /// Whether the files of a release can be used for `need`.
    fn usable_files(
        &self,
        need: Need<'_>,
        version: &Version,
        release: &CandidateFiles,
    ) -> Result<(), Reason> {
        let all = &release.files;
        let may_be_yanked = self.problem.pins.contains(need.name, version)
            || self
                .exact
                .get(need.name)
                .is_some_and(|range| range.contains(version));
        let mut files: Vec<&CandidateFile> =
            all.iter().filter(|f| may_be_yanked || !f.yanked).collect();
        if files.is_empty() && !all.is_empty() {
            return Err(Reason::Yanked);
        }
        let inputs = &self.problem.inputs;
        let wheels = inputs.allows_wheels(need.name);
        let sdists = inputs.allows_sdists(need.name);
        files.retain(|f| if is_wheel(f) { wheels } else { sdists });
        if files.is_empty() {
            return Err(if release.left_out_by_hash {
                Reason::Hash
            } else if wheels {
                Reason::NoWheel
            } else {
                Reason::NoSdist
            });
        }
        if let Some(python) = no_file_for_pythons(&mut files, need.pythons) {
            return Err(Reason::RequiresPython(python));
        }
        files.retain(|f| match &f.kind {
            FileKind::Wheel(wheel) => inputs
                .interpreter_constraints
                .admit_wheel(wheel, need.pythons),
            FileKind::Sdist(_) => true,
        });
        if files.is_empty() {
            return Err(Reason::WheelsForOtherPythons);
        }
        self.serves_platforms(need, &files)
    }

    /// Whether the files serve every platform of the settings on which the project is needed. If
    /// the settings name no platforms, a file for any known platform is enough.
    fn serves_platforms(&self, need: Need<'_>, files: &[&CandidateFile]) -> Result<(), Reason> {
        let fits = |platform: &Platform| {
            files.iter().any(|file| match &file.kind {
                FileKind::Sdist(_) => true,
                FileKind::Wheel(wheel) => wheel
                    .platform_tag
                    .split('.')
                    .any(|tag| platform.fits_tag(tag)),
            })
        };
        if self.problem.inputs.platforms.is_empty() {
            return if Platform::ALL.iter().any(fits) {
                Ok(())
            } else {
                Err(Reason::WheelsForOtherPlatforms)
            };
        }
        let is_needed = |platform: &Platform| !platform.marker().is_disjoint(need.demand);
        let mut unfit = self.problem.inputs.platforms.iter().filter(|p| !fits(p));
        match unfit.find(|platform| is_needed(platform)) {
            Some(platform) => Err(Reason::Platform(*platform)),
            None => Ok(()),
        }
    }
}

fn is_wheel(file: &CandidateFile) -> bool {
    matches!(file.kind, FileKind::Wheel(_))
}

/// Keeps the files that serve `pythons`. If no file does, gives the `Requires-Python` of one of
/// them.
fn no_file_for_pythons(
    files: &mut Vec<&CandidateFile>,
    pythons: &VersionRange,
) -> Option<model::VersionSpecifiers> {
    let mut refused = None;
    files.retain(|file| match &file.requires_python {
        Some(python) if !requires_python::serves(python, pythons) => {
            refused = Some(python.clone());
            false
        }
        _ => true,
    });
    refused.filter(|_| files.is_empty())
}

fn below_end(version: &Version, end: std::ops::Bound<&Version>) -> bool {
    match end {
        std::ops::Bound::Included(end) => version <= end,
        std::ops::Bound::Excluded(end) => version < end,
        std::ops::Bound::Unbounded => true,
    }
}

/// Groups versions by reason. Each group becomes one range, which spans the versions that do not
/// exist.
fn by_reason(
    unusable: Vec<(Version, Reason)>,
    versions: &[Version],
) -> Vec<(VersionRange, Reason)> {
    let mut groups: Vec<(VersionRange, Reason)> = Vec::new();
    for (version, reason) in unusable {
        let one = VersionRange::singleton(version);
        match groups.iter_mut().find(|(_, known)| *known == reason) {
            Some((range, _)) => *range = range.union(&one),
            None => groups.push((one, reason)),
        }
    }
    for (range, _) in &mut groups {
        *range = range.widen_versions(versions);
    }
    groups
}
