//! Chooses a version of one project: first the version that the lock holds, then the highest stable
//! release, and a pre-release only if no stable release satisfies the requirements.

use std::cell::RefCell;
use std::sync::Arc;

use model::{
    Coverage, CoverageGap, CoveragePolicy, ForkStrategy, Marker, Metadata, PackageName,
    PrereleasePolicy, Requirement, Version, VersionRange, VersionSpecifiers, WheelFilename,
    specifiers_range,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::dependencies::{Dependencies, base_requirements};
use crate::last_resort::LastResorts;
use crate::need::Need;
use crate::pins::Pins;
use crate::problem::Problem;
use crate::provider::{
    CandidateFiles, DirectRelease, FileGroup, Provider, ReleaseMetadata, WheelReach,
};
use crate::reason::Reason;
use crate::requires_python;

/// The constraints that name a place in place of versions, by project.
pub(crate) type DirectConstraints = FxHashMap<PackageName, Vec<Requirement>>;

/// Versions, by project.
pub(crate) type VersionsByProject = FxHashMap<PackageName, VersionRange>;

/// Chooses versions in one part of the universe.
pub(crate) struct Chooser<'a, P> {
    pub(crate) problem: &'a Problem,
    pub(crate) provider: &'a P,
    /// The projects whose pins are kept.
    pub(crate) kept: &'a FxHashSet<PackageName>,
    /// What other parts of the universe chose.
    pub(crate) chosen_elsewhere: &'a Pins,
    /// Versions that the user requires by `==`: such a version may be yanked.
    pub(crate) exact: &'a VersionsByProject,
    /// Yanked versions that are tried after all others, since there is no solution without.
    pub(crate) last_resorts: &'a LastResorts,
    /// The constraints that name a place.
    pub(crate) direct_constraints: &'a DirectConstraints,
    /// Which Pythons on which platforms files must serve.
    pub(crate) policy: &'a CoveragePolicy,
    /// What releases require without extras: each part asks it again.
    pub(crate) required: &'a RefCell<FxHashMap<(PackageName, Version), ReleaseRequirements>>,
}

/// Metadata, and the requirements of it that hold without extras, after the overrides.
pub(crate) type ReleaseRequirements = (Arc<Metadata>, Dependencies);

/// The version to try next.
pub(crate) enum VersionChoice {
    /// This version is tried next.
    Version(Version),
    /// Another version serves some environments better: the part is to be split by this marker.
    Split(Marker),
    /// No version can be used, for these reasons. A version in none of the ranges does not exist.
    None(Vec<(VersionRange, Reason)>),
}

/// When versions are tried that have to be built to know what they require.
#[derive(Debug, Clone, Copy)]
pub(crate) enum BuildOrder {
    /// As their numbers say.
    AsNumbered,
    /// After the others.
    Last,
}

/// Where a version can be used.
pub(crate) enum Fit {
    /// Wherever it is needed.
    Everywhere,
    /// Only in some of the environments that need it.
    Partial(PartialFit),
    /// Nowhere, for this reason.
    Nowhere(Reason),
}

/// A version that can be used in some of the environments that need it.
pub(crate) struct PartialFit {
    /// Environments in which it cannot be used, with others that need nothing.
    pub(crate) unserved: Marker,
    /// Why it cannot be used there.
    pub(crate) reason: Reason,
    /// How much of what is needed it serves.
    served: u32,
}

/// Where another version is better than one that can be used, since it has wheels there.
enum Better {
    /// Nowhere.
    Nowhere,
    /// In these environments, which are a part of those that need the project.
    Where(Marker),
    /// Wherever the project is needed: this version.
    Everywhere(Version),
}

/// The largest number of versions of which it is asked whether they are better than another.
const MOST_COMPARED: usize = 64;

impl<P: Provider> Chooser<'_, P> {
    /// Chooses a version of the project `need.name`.
    ///
    /// A version that serves only some of the environments in which the project is needed splits the
    /// part there: with the strategy `requires-python` at once, so that each side gets its newest
    /// version; with `fewest` only if no version serves all, and never because of `Requires-Python`,
    /// as long as there is a way without.
    pub(crate) fn choose(
        &self,
        need: Need<'_>,
        builds: BuildOrder,
    ) -> Result<VersionChoice, P::Error> {
        let Some(versions) = self.provider.versions(need.name)? else {
            return Ok(VersionChoice::None(vec![(
                VersionRange::full(),
                Reason::NotFound,
            )]));
        };
        let strategy = self.problem.inputs.fork_strategy;
        let mut unusable = Vec::<(Version, Reason)>::new();
        let mut most = None::<PartialFit>;
        let mut second_best = None::<Version>;
        let mut wanted = None::<Version>;
        for version in self.order_of_tries(need, &versions, builds) {
            if wanted.as_ref().is_some_and(|wanted| wanted != version) {
                continue;
            }
            wanted = None;
            match self.judge(need, version)? {
                Fit::Everywhere => match self.better(need, version, &versions)? {
                    Better::Nowhere => return Ok(VersionChoice::Version(version.clone())),
                    Better::Where(marker) => return Ok(VersionChoice::Split(marker)),
                    Better::Everywhere(other) => {
                        second_best.get_or_insert_with(|| version.clone());
                        wanted = Some(other);
                    }
                },
                Fit::Partial(partial) if strategy == ForkStrategy::RequiresPython => {
                    return Ok(VersionChoice::Split(partial.unserved));
                }
                Fit::Partial(partial) => {
                    if matches!(partial.reason, Reason::RequiresPython(_)) {
                        unusable.push((version.clone(), partial.reason));
                    } else if most
                        .as_ref()
                        .is_none_or(|most| most.served < partial.served)
                    {
                        most = Some(partial);
                    }
                }
                Fit::Nowhere(reason) => unusable.push((version.clone(), reason)),
            }
        }
        if let Some(version) = second_best {
            return Ok(VersionChoice::Version(version));
        }
        if let Some(most) = most {
            return Ok(VersionChoice::Split(most.unserved));
        }
        if self.problem.inputs.prereleases == PrereleasePolicy::Disallow {
            let pre = versions
                .iter()
                .filter(|v| v.any_prerelease() && need.range.contains(v));
            unusable.extend(pre.map(|v| (v.clone(), Reason::Prerelease)));
        }
        Ok(VersionChoice::None(by_reason(unusable, &versions)))
    }

    /// The versions in `need.range`, the preferred ones first.
    fn order<'v>(
        &self,
        need: Need<'v>,
        versions: &'v [Version],
    ) -> impl Iterator<Item = &'v Version> + use<'v, P> {
        let range = need.range;
        let policy = self.problem.inputs.prereleases;
        let pinned = self.problem.pins.versions(need);
        // What another part chose for want of a stable release is no reason to do without one here.
        let (late, elsewhere): (Vec<_>, Vec<_>) = self
            .chosen_elsewhere
            .versions(need)
            .partition(|one| policy == PrereleasePolicy::IfNecessary && one.any_prerelease());
        let known = |preferred: &mut dyn Iterator<Item = &Version>| -> Vec<&'v Version> {
            preferred
                .filter(|version| range.contains(version))
                .filter(|version| policy != PrereleasePolicy::Disallow || !version.any_prerelease())
                .filter_map(|version| versions.binary_search(version).ok())
                .map(|at| &versions[at])
                .collect()
        };
        let preferred = known(&mut pinned.chain(elsewhere));
        let late = known(&mut late.into_iter());
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
        preferred.into_iter().chain(stable).chain(late).chain(pre)
    }

    /// The versions in `need.range`, in the order in which they are tried.
    fn order_of_tries<'v>(
        &'v self,
        need: Need<'v>,
        versions: &'v [Version],
        builds: BuildOrder,
    ) -> Box<dyn Iterator<Item = &'v Version> + 'v> {
        let order = self.order(need, versions);
        if self.last_resorts.has(need.name) {
            let mut order: Vec<_> = order.collect();
            order.sort_by_key(|version| self.last_resorts.contains(need.name, version));
            return Box::new(order.into_iter());
        }
        match builds {
            BuildOrder::AsNumbered => Box::new(order),
            BuildOrder::Last => {
                // What cannot be asked is asked again when the version is tried.
                let is_built =
                    |version: &Version| !self.has_wheel(need.name, version).unwrap_or(true);
                let unbuilt = order.filter(move |version| !is_built(version));
                let built = self
                    .order(need, versions)
                    .filter(move |version| is_built(version));
                Box::new(unbuilt.chain(built))
            }
        }
    }

    /// The requirements that hold without extras, after the overrides.
    pub(crate) fn base_dependencies(&self, metadata: &Arc<Metadata>) -> Dependencies {
        let key = (metadata.name.clone(), metadata.version.clone());
        let mut required = self.required.borrow_mut();
        if let Some((of, known)) = required.get(&key)
            && Arc::ptr_eq(of, metadata)
        {
            return Arc::clone(known);
        }
        let requirements = base_requirements(&metadata.requires_dist);
        let found = Arc::new(self.problem.inputs.overridden(requirements));
        required.insert(key, (Arc::clone(metadata), Arc::clone(&found)));
        found
    }

    /// Whether a version has a wheel, so that nothing is built to know its metadata.
    pub(crate) fn has_wheel(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<bool, P::Error> {
        let release = self.provider.release(name, version)?;
        Ok(release.groups().iter().any(is_wheel))
    }

    /// Where a version can be used.
    pub(crate) fn judge(&self, need: Need<'_>, version: &Version) -> Result<Fit, P::Error> {
        if self.kept.contains(need.name) && !self.problem.pins.keeps(need, version) {
            return Ok(Fit::Nowhere(Reason::Pinned));
        }
        self.judge_unpinned(need, version)
    }

    /// Where a version can be used for `need`, without regard to pins.
    pub(crate) fn judge_unpinned(
        &self,
        need: Need<'_>,
        version: &Version,
    ) -> Result<Fit, P::Error> {
        if let Some(at) = self.excluding_constraint(need.name, need.demand, version) {
            return Ok(Fit::Nowhere(Reason::Constraint(at)));
        }
        match self.fit_of_last_resort(need, version) {
            Fit::Everywhere => {}
            other => return Ok(other),
        }
        let inputs = &self.problem.inputs;
        if inputs.allows_wheels(need.name)
            && inputs.allows_sdists(need.name)
            && let Some(python) = self.provider.requires_python(need.name, version)?
            && let nowhere @ Fit::Nowhere(_) = fit_of_python(&python, need)
        {
            return Ok(nowhere);
        }
        let release = self.provider.release(need.name, version)?;
        let by_files = self.fit_of_files(need, version, &release);
        if let Fit::Nowhere(_) = by_files {
            return Ok(by_files);
        }
        let metadata = match self.provider.metadata(need.name, version)? {
            ReleaseMetadata::Available(metadata) => metadata,
            ReleaseMetadata::Unavailable(why) => {
                return Ok(Fit::Nowhere(Reason::Metadata(why)));
            }
        };
        let by_metadata = metadata.requires_python.as_ref();
        Ok(
            match by_metadata.map(|python| fit_of_python(python, need)) {
                None | Some(Fit::Everywhere) => by_files,
                Some(other) => other,
            },
        )
    }

    /// Whether each environment gets its newest versions, however many versions that makes.
    pub(crate) fn gives_each_its_newest(&self) -> bool {
        self.problem.inputs.fork_strategy == ForkStrategy::RequiresPython
    }

    /// Where a direct reference can be used: its version where no constraint excludes it, on the
    /// Pythons that its metadata name and, if it is a wheel, where that installs.
    pub(crate) fn fit_of_direct(&self, need: Need<'_>, direct: &DirectRelease) -> Fit {
        if let Some(at) = self.excluding_constraint(need.name, need.demand, &direct.version) {
            return Fit::Nowhere(Reason::Constraint(at));
        }
        let by_python = direct.metadata.requires_python.as_ref();
        match by_python.map(|python| fit_of_python(python, need)) {
            None | Some(Fit::Everywhere) => {
                match direct.wheel.as_ref().map(WheelFilename::wheel_tags) {
                    Some(wheel) if !wheel.is_for_everyone() => {
                        self.fit_of_wheels(need, &direct.version, &WheelReach::of(wheel))
                    }
                    _ => Fit::Everywhere,
                }
            }
            Some(other) => other,
        }
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

    /// Whether the user requires exactly this version, or the lock has it.
    fn may_be_yanked(&self, name: &PackageName, version: &Version) -> bool {
        let exact = self.exact.get(name);
        self.problem.pins.contains(name, version)
            || exact.is_some_and(|range| range.contains(version))
    }

    /// Where a version can be used as far as it may be yanked.
    fn fit_of_last_resort(&self, need: Need<'_>, version: &Version) -> Fit {
        if !self.last_resorts.contains(need.name, version) || self.may_be_yanked(need.name, version)
        {
            return Fit::Everywhere;
        }
        let environments = self.last_resorts.environments(need.name, version);
        if need.demand.is_subset(&environments) {
            Fit::Everywhere
        } else if need.demand.is_disjoint(&environments) {
            Fit::Nowhere(Reason::Yanked)
        } else {
            Fit::Partial(PartialFit {
                unserved: environments.negate(),
                reason: Reason::Yanked,
                served: 0,
            })
        }
    }

    /// The files of a release that may be used, wherever that is; why none may, if none may.
    fn usable_files<'f>(
        &self,
        need: Need<'_>,
        version: &Version,
        release: &'f CandidateFiles,
    ) -> Result<Vec<&'f FileGroup>, Reason> {
        let all = release.groups();
        let may_be_yanked = self.may_be_yanked(need.name, version)
            || self.last_resorts.contains(need.name, version);
        let mut files: Vec<&FileGroup> =
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
        Ok(files)
    }

    /// Where the files of a version can be used.
    fn fit_of_files(&self, need: Need<'_>, version: &Version, release: &CandidateFiles) -> Fit {
        let files = match self.usable_files(need, version, release) {
            Ok(files) => files,
            Err(reason) => return Fit::Nowhere(reason),
        };
        let fit = |group: &FileGroup| match &group.requires_python {
            Some(python) => fit_of_python(python, need),
            None => Fit::Everywhere,
        };
        let mut of_python = None;
        let mut wheels = None::<WheelReach>;
        let mut any = false;
        for group in files {
            match fit(group) {
                Fit::Everywhere => match &group.wheels {
                    None => return Fit::Everywhere,
                    Some(_) if release.for_one_machine => return Fit::Everywhere,
                    Some(reach) if reach.for_everyone => return Fit::Everywhere,
                    Some(reach) => {
                        wheels = Some(wheels.map_or(*reach, |known| known.union(reach)));
                    }
                },
                other => {
                    let is_better = !any && matches!(other, Fit::Partial(_));
                    any |= is_better;
                    if of_python.is_none() || is_better {
                        of_python = Some(other);
                    }
                }
            }
        }
        match wheels {
            Some(reach) => self.fit_of_wheels(need, version, &reach),
            None => of_python.unwrap_or(Fit::Everywhere),
        }
    }

    /// Where wheels of a version can be used.
    fn fit_of_wheels(&self, need: Need<'_>, version: &Version, wheels: &WheelReach) -> Fit {
        let needed = need.part.needed(self.policy, need.demand);
        if needed.is_empty() {
            return Fit::Everywhere;
        }
        let served = wheels.coverage;
        let universe = *self.policy.universe();
        let gap = |missing| Reason::NoFile(CoverageGap { missing, universe });
        if served.intersection(&universe).is_empty() {
            let for_pythons = !wheels.pythons.intersection(&needed).is_empty();
            return Fit::Nowhere(if for_pythons && served.is_empty() {
                Reason::WheelsForOtherPlatforms
            } else {
                gap(needed)
            });
        }
        let missing = self.policy.missing(&needed, &served);
        if missing.is_empty() {
            return Fit::Everywhere;
        }
        let mut here = needed.intersection(&served);
        // What the lock has stays on platforms that it need not serve, though it serves no other of
        // these.
        if here.is_empty() && self.problem.pins.contains(need.name, version) {
            here = needed.without(&missing);
        }
        if here.is_empty() {
            return Fit::Nowhere(gap(needed));
        }
        Fit::Partial(PartialFit {
            unserved: missing.marker_within(&missing.union(&here)),
            reason: gap(missing),
            served: here.len(),
        })
    }

    /// Where another version is better than `version`, which can be used everywhere.
    ///
    /// On a Python that has no wheel of a release although others have, its source distribution has
    /// to be built, and this often fails: another version with wheels for that Python is better. On a
    /// platform that has no wheel of a release at all and need not have one, another version that has
    /// one is better, too. What the lock has is kept, though.
    fn better(
        &self,
        need: Need<'_>,
        version: &Version,
        versions: &[Version],
    ) -> Result<Better, P::Error> {
        if self.problem.pins.contains(need.name, version) {
            return Ok(Better::Nowhere);
        }
        let release = self.provider.release(need.name, version)?;
        let has_sdist = release.groups().iter().any(|group| !is_wheel(group))
            && self.problem.inputs.allows_sdists(need.name);
        if has_sdist && self.policy.has_one_python() || release.groups().iter().any(is_for_everyone)
        {
            return Ok(Better::Nowhere);
        }
        let Some(served) = self.wheels_of(need, version)? else {
            return Ok(Better::Nowhere);
        };
        if served.intersection(self.policy.universe()).is_empty() {
            return Ok(Better::Nowhere);
        }
        let needed = need.part.needed(self.policy, need.demand);
        let (whole, wanting) = if has_sdist {
            (needed, needed.without_pythons_of(&served))
        } else {
            let whole = self.policy.usual(&needed);
            (whole, self.policy.unclaimed(&needed, &served))
        };
        if wanting.is_empty() {
            return Ok(Better::Nowhere);
        }
        // Older versions have no wheels for newer Pythons.
        let only_newer = has_sdist && wanting == wanting.above(&served);
        // A pre-release is no alternative to a stable release.
        let is_pre = |other: &Version| {
            self.problem.inputs.prereleases != PrereleasePolicy::Allow && other.any_prerelease()
        };
        let others = self.order(need, versions);
        let others = others.filter(|other| *other != version && is_pre(other) <= is_pre(version));
        for other in others.take(MOST_COMPARED) {
            if only_newer && other < version
                || self
                    .excluding_constraint(need.name, need.demand, other)
                    .is_some()
                || self.kept.contains(need.name) && !self.problem.pins.keeps(need, other)
                || self.last_resorts.contains(need.name, other)
            {
                continue;
            }
            let Some(others) = self.wheels_of(need, other)? else {
                continue;
            };
            let found = wanting.intersection(&others);
            if found.is_empty() {
                continue;
            }
            let found = if has_sdist {
                wanting.of_pythons_of(&found)
            } else {
                wanting.on_platforms_of(&found)
            };
            return Ok(if found == whole {
                Better::Everywhere(other.clone())
            } else {
                Better::Where(found.marker_within(&whole))
            });
        }
        Ok(Better::Nowhere)
    }

    /// What the wheels of a version serve, by their names and `Requires-Python`. `None` where no file
    /// may be used, or files were chosen for one machine.
    fn wheels_of(&self, need: Need<'_>, version: &Version) -> Result<Option<Coverage>, P::Error> {
        let release = self.provider.release(need.name, version)?;
        if release.for_one_machine {
            return Ok(None);
        }
        let Ok(files) = self.usable_files(need, version, &release) else {
            return Ok(None);
        };
        let served = files.into_iter().filter_map(|group| {
            let reach = group.wheels.as_ref()?;
            Some(match &group.requires_python {
                Some(python) => {
                    let range = requires_python::served(python);
                    self.policy.in_range(&reach.coverage, &range)
                }
                None => reach.coverage,
            })
        });
        Ok(Some(
            served.fold(Coverage::default(), |all, one| all.union(&one)),
        ))
    }
}

/// Where a package with this `Requires-Python` can be used.
fn fit_of_python(python: &VersionSpecifiers, need: Need<'_>) -> Fit {
    if requires_python::serves(python, need.pythons) {
        return Fit::Everywhere;
    }
    let reason = Reason::RequiresPython(python.clone());
    if !requires_python::serves_some(python, need.pythons) {
        return Fit::Nowhere(reason);
    }
    Fit::Partial(PartialFit {
        unserved: requires_python::environments(python).negate(),
        reason,
        served: 0,
    })
}

/// Whether every Python 3 on every platform can use one of the files, and they are wheels.
fn is_for_everyone(group: &FileGroup) -> bool {
    group.wheels.is_some_and(|reach| reach.for_everyone)
}

fn is_wheel(group: &FileGroup) -> bool {
    group.wheels.is_some()
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
