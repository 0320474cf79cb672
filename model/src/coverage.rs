//! Which Pythons on which platforms the files of a release serve, and which of them they must: the
//! one rule of the resolver and of checks of locks.
//!
//! A marker is a set of all environments there can be. Wheels are for few: a minor version of one
//! implementation on one platform. [`Coverage`] is a set of these, and [`CoveragePolicy`] says which
//! of them a package needs. Pythons that are not released yet need nothing: no file can be for them.

use std::fmt;
use std::ops::{Bound, Range};

use crate::filename::FilenameTags;
use crate::inputs::LockInputs;
use crate::interpreter::Implementation;
use crate::marker::Marker;
use crate::platform::Platform;
use crate::version::VersionRange;
use pep440_rs::Version;
use pep508_rs::{MarkerTree, MarkerTreeKind, MarkerValueString, MarkerValueVersion};

/// The number of platforms.
const PLATFORMS: usize = Platform::ALL.len();

/// Minor versions of Python 3, a bit each.
type Minors = u32;

/// A set of Pythons on platforms: minor versions of CPython and PyPy, on each platform.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Coverage {
    cpython: [Minors; PLATFORMS],
    pypy: [Minors; PLATFORMS],
}

impl Coverage {
    /// What a wheel can be installed on. Linux is the one with glibc, and CPython the one with the
    /// global lock: a wheel for musl or for free-threaded Pythons alone serves neither.
    ///
    /// Source: <https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/>.
    #[must_use]
    pub fn of_wheel(wheel: FilenameTags<'_>) -> Self {
        Self::of_pythons(wheel).on_tags(wheel.platform)
    }

    /// What a wheel could be installed on if it were for every platform.
    #[must_use]
    pub fn of_pythons(wheel: FilenameTags<'_>) -> Self {
        let (mut cpython, mut pypy) = (0, 0);
        for python in wheel.python.split('.') {
            for abi in wheel.abi.split('.') {
                let (c, p) = minors_of_pair(python, abi);
                cpython |= c;
                pypy |= p;
            }
        }
        Self {
            cpython: [cpython; PLATFORMS],
            pypy: [pypy; PLATFORMS],
        }
    }

    /// The same on the platforms alone that a wheel with these platform tags is for.
    #[must_use]
    pub fn on_tags(&self, platform_tags: &str) -> Self {
        let mut on = Self::default();
        if self.is_empty() {
            return on;
        }
        let tags = platform_tags.split('.');
        for tag in tags.filter(|tag| !tag.starts_with("musllinux")) {
            for platform in Platform::of_tag(tag) {
                let at = platform.index();
                on.cpython[at] = self.cpython[at];
                on.pypy[at] = self.pypy[at];
            }
        }
        on
    }

    /// Whether nothing is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What is in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.each(other, |a, b| a | b)
    }

    /// What is in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.each(other, |a, b| a & b)
    }

    /// What is in this set alone.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        self.each(other, |a, b| a & !b)
    }

    /// How many Pythons on platforms are in the set.
    #[must_use]
    pub fn len(&self) -> u32 {
        let all = self.cpython.iter().chain(&self.pypy);
        all.map(|minors| minors.count_ones()).sum()
    }

    /// The Pythons of this set that the other has on no platform, on every platform of this set.
    #[must_use]
    pub fn without_pythons_of(&self, other: &Self) -> Self {
        let (cpython, pypy) = (any(&other.cpython), any(&other.pypy));
        self.map(|c| c & !cpython, |p| p & !pypy)
    }

    /// The Pythons of this set above the newest of the other.
    #[must_use]
    pub fn above(&self, other: &Self) -> Self {
        let above = |minors: Minors| match minors.checked_ilog2() {
            Some(highest) => Minors::MAX.checked_shl(highest + 1).unwrap_or(0),
            None => Minors::MAX,
        };
        let (cpython, pypy) = (above(any(&other.cpython)), above(any(&other.pypy)));
        self.map(|c| c & cpython, |p| p & pypy)
    }

    /// The same for the Pythons alone that the other has on some platform.
    #[must_use]
    pub fn of_pythons_of(&self, other: &Self) -> Self {
        let (cpython, pypy) = (any(&other.cpython), any(&other.pypy));
        self.map(|c| c & cpython, |p| p & pypy)
    }

    /// The same on the platforms alone that the other has.
    #[must_use]
    pub fn on_platforms_of(&self, other: &Self) -> Self {
        let mut on = *self;
        for at in 0..PLATFORMS {
            if other.cpython[at] | other.pypy[at] == 0 {
                on.cpython[at] = 0;
                on.pypy[at] = 0;
            }
        }
        on
    }

    /// The platforms of the set.
    pub fn platforms(&self) -> impl Iterator<Item = Platform> + '_ {
        let all = Platform::ALL.into_iter().enumerate();
        all.filter(|(at, _)| self.cpython[*at] | self.pypy[*at] != 0)
            .map(|(_, platform)| platform)
    }

    /// The minor versions of CPython in the set, ascending.
    pub fn cpython_minors(&self) -> impl Iterator<Item = u32> + use<> {
        bits(any(&self.cpython))
    }

    /// The Pythons alone, as in `CPython 3.10 and 3.11`.
    #[must_use]
    pub fn pythons_text(&self) -> String {
        let mut texts = Vec::new();
        for (name, minors) in [("CPython", any(&self.cpython)), ("PyPy", any(&self.pypy))] {
            let versions: Vec<u32> = bits(minors).collect();
            let runs = match &versions[..] {
                [] => continue,
                [first, .., last]
                    if versions.len() > 2 && last - first + 1 == minors.count_ones() =>
                {
                    format!("3.{first} to 3.{last}")
                }
                all => and_list(all.iter().map(|minor| format!("3.{minor}"))),
            };
            texts.push(format!("{name} {runs}"));
        }
        texts.join(" and ")
    }

    /// The platforms alone, as in `linux_x86_64 and macos_arm64`.
    #[must_use]
    pub fn platforms_text(&self) -> String {
        and_list(self.platforms().map(|platform| platform.to_string()))
    }

    /// The environments of this set, which is a part of `whole`, as a marker that is as short as
    /// may be: it decides within `whole` only. `None` where a marker cannot tell them apart from the
    /// rest of `whole` in one step: then it is of some of this set.
    ///
    /// Pythons are told apart before platforms: a marker with a bound of Python alone reads best.
    #[must_use]
    pub fn marker_within(&self, whole: &Self) -> Marker {
        let rest = whole.without(self);
        for (implementation, here, others) in [
            (
                Implementation::CPython,
                any(&self.cpython),
                any(&rest.cpython),
            ),
            (Implementation::PyPy, any(&self.pypy), any(&rest.pypy)),
        ] {
            let is_apart = here != 0 && others == 0;
            let has_other = match implementation {
                Implementation::CPython => any(&whole.pypy) != 0,
                Implementation::PyPy => any(&whole.cpython) != 0,
            };
            if is_apart && has_other && any(&rest.cpython) | any(&rest.pypy) != 0 {
                return implementation.marker();
            }
        }
        let pythons = |one: &Self| any(&one.cpython) | any(&one.pypy);
        let apart = pythons(self) & !pythons(&rest);
        if apart != 0 && pythons(&rest) != 0 {
            return minors_marker(apart, pythons(whole));
        }
        let platform_bits = |one: &Self| -> u32 {
            let of = one.platforms().map(Platform::bit);
            of.fold(0, |all, one| all | one)
        };
        let apart = platform_bits(self) & !platform_bits(&rest);
        if apart != 0 && platform_bits(&rest) != 0 {
            let others = platform_bits(whole) & !apart;
            // Platforms that are not known go with the more of the known.
            return if systems(apart) > systems(others) {
                platforms_marker(others, platform_bits(whole)).negate()
            } else {
                platforms_marker(apart, platform_bits(whole))
            };
        }
        // The lowest Python that is in the set: what remains is told apart by platforms.
        match bits(pythons(self)).next() {
            Some(lowest) => minors_marker(1 << lowest, pythons(whole)),
            None => Marker::FALSE,
        }
    }

    /// Every environment of the set. A Python that is in the set on each of `platforms` is meant on
    /// every platform, known or not.
    #[must_use]
    pub fn environments(&self, platforms: &Self) -> Marker {
        let mut all = Marker::FALSE;
        for (implementation, minors, of) in [
            (Implementation::CPython, any(&self.cpython), &self.cpython),
            (Implementation::PyPy, any(&self.pypy), &self.pypy),
        ] {
            for minor in bits(minors) {
                let version = |minor: u32| Version::new([3, u64::from(minor)]);
                let range = VersionRange::from_range_bounds(version(minor)..version(minor + 1));
                let python = Marker::python_range(&range).and(&implementation.marker());
                let missing = |one: &Platform| of[one.index()] >> minor & 1 == 1;
                let here = if platforms.platforms().all(|one| missing(&one)) {
                    Marker::TRUE
                } else {
                    let here = Platform::ALL.iter().filter(|one| missing(one));
                    here.fold(Marker::FALSE, |all, one| all.or(&one.marker()))
                };
                all = all.or(&python.and(&here));
            }
        }
        all
    }

    fn each(&self, other: &Self, join: impl Fn(Minors, Minors) -> Minors) -> Self {
        let mut all = Self::default();
        for at in 0..PLATFORMS {
            all.cpython[at] = join(self.cpython[at], other.cpython[at]);
            all.pypy[at] = join(self.pypy[at], other.pypy[at]);
        }
        all
    }

    fn map(&self, cpython: impl Fn(Minors) -> Minors, pypy: impl Fn(Minors) -> Minors) -> Self {
        Self {
            cpython: self.cpython.map(cpython),
            pypy: self.pypy.map(pypy),
        }
    }
}

/// The Pythons and platforms, as in `CPython 3.10 and 3.11 on linux_x86_64`.
impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.pythons_text(), self.platforms_text())
    }
}

fn and_list(words: impl Iterator<Item = String>) -> String {
    let words: Vec<String> = words.collect();
    match &words[..] {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The Pythons and platforms for which a release has no file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoverageGap {
    /// These Pythons and platforms.
    pub missing: Coverage,
    /// Every Python of the inputs on every platform that counts.
    pub universe: Coverage,
}

impl CoverageGap {
    /// The environments of the gap.
    #[must_use]
    pub fn environments(&self) -> Marker {
        self.missing.environments(&self.universe)
    }
}

/// As in `CPython 3.10 on linux_x86_64`. Pythons are named unless all are meant, and so are
/// platforms.
impl fmt::Display for CoverageGap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { missing, universe } = self;
        if universe.on_platforms_of(missing) == *missing && missing != universe {
            f.write_str(&missing.platforms_text())
        } else if universe.of_pythons_of(missing) == *missing {
            f.write_str(&missing.pythons_text())
        } else {
            write!(f, "{missing}")
        }
    }
}

/// Which Pythons on which platforms a lock must serve.
///
/// The platforms that the inputs name are needed wherever a package is. If they name none, the rule
/// is as strict as can be without refusing what nobody misses: a release that has a wheel for Linux
/// on x86-64, macOS on ARM or Windows for one Python has one for the others too.
#[derive(Debug, Clone)]
pub struct CoveragePolicy {
    /// Each released minor version of the inputs, with the versions that it has.
    pythons: Vec<(Implementation, u32, Range<Version>)>,
    are_named: bool,
    universe: Coverage,
}

/// The platforms that are needed where none is named and a release is for them.
const USUAL: [Platform; 3] = [
    Platform::LinuxX86_64,
    Platform::MacosArm64,
    Platform::WindowsX86_64,
];

impl CoveragePolicy {
    /// The policy of the inputs of a lock.
    #[must_use]
    pub fn of(inputs: &LockInputs) -> Self {
        // With wheels alone, every platform counts: nothing else can serve it.
        let are_named = !inputs.platforms.is_empty() || inputs.require_wheels;
        let platforms: &[Platform] = match &inputs.platforms[..] {
            [] => &Platform::ALL,
            named => named,
        };
        let pythons = inputs.interpreter_constraints.released_minors();
        let mut universe = Coverage::default();
        for (implementation, minor, _) in &pythons {
            for platform in platforms {
                universe.of_mut(*implementation)[platform.index()] |= 1 << minor;
            }
        }
        Self {
            pythons,
            are_named,
            universe,
        }
    }

    /// Every released Python of the inputs on every platform.
    #[must_use]
    pub fn universe(&self) -> &Coverage {
        &self.universe
    }

    /// Whether the inputs are for one minor version alone.
    #[must_use]
    pub fn has_one_python(&self) -> bool {
        self.pythons.len() == 1
    }

    /// The environments of the inputs that Pythons in `range` are in, of those that are served.
    #[must_use]
    pub fn in_range(&self, served: &Coverage, range: &VersionRange) -> Coverage {
        self.in_runs(served, range.iter())
    }

    /// The same for a range as its runs.
    fn in_runs<'v>(
        &self,
        served: &Coverage,
        runs: impl Iterator<Item = (Bound<&'v Version>, Bound<&'v Version>)>,
    ) -> Coverage {
        let mut minors = 0;
        for (low, high) in runs {
            for (_, minor, versions) in &self.pythons {
                let begins_before_end = match low {
                    Bound::Included(low) | Bound::Excluded(low) => *low < versions.end,
                    Bound::Unbounded => true,
                };
                let ends_after_start = match high {
                    Bound::Included(high) => *high >= versions.start,
                    Bound::Excluded(high) => *high > versions.start,
                    Bound::Unbounded => true,
                };
                if begins_before_end && ends_after_start {
                    minors |= 1 << minor;
                }
            }
        }
        served.map(|c| c & minors, |p| p & minors)
    }

    /// Those of `needed` that are on a platform which most users have.
    #[must_use]
    pub fn usual(&self, needed: &Coverage) -> Coverage {
        needed.on(&USUAL)
    }

    /// The released Pythons and the platforms that `demand`, a part of the inputs' universe, has
    /// environments of.
    #[must_use]
    pub fn needed(&self, demand: &Marker) -> Coverage {
        let mut needed = Coverage::default();
        self.collect(&demand.tree(), &self.universe, &mut needed);
        needed
    }

    /// Adds to `found` what `within` and the marker share. A variable that is the same neither for all
    /// environments of a Python nor for all of a platform may have any value. No marker is made for
    /// it: to compare markers is slow.
    fn collect(&self, marker: &MarkerTree, within: &Coverage, found: &mut Coverage) {
        let within = within.without(found);
        if within.is_empty() {
            return;
        }
        match marker.kind() {
            MarkerTreeKind::False => {}
            MarkerTreeKind::True => *found = found.union(&within),
            MarkerTreeKind::Version(node) => {
                for (range, child) in node.edges() {
                    let here = match node.key() {
                        MarkerValueVersion::PythonFullVersion => {
                            let runs = range.iter();
                            let runs = runs.map(|(low, high)| (low.as_ref(), high.as_ref()));
                            self.in_runs(&within, runs)
                        }
                        _ => within,
                    };
                    self.collect(&child, &here, found);
                }
            }
            MarkerTreeKind::String(node) => {
                for (values, child) in node.children() {
                    let has = |value: &str| values.contains(&value.to_owned());
                    let here = within.with_value(node.key(), has);
                    self.collect(&child, &here, found);
                }
            }
            MarkerTreeKind::In(node) => self.collect_each(node.children(), &within, found),
            MarkerTreeKind::Contains(node) => self.collect_each(node.children(), &within, found),
            MarkerTreeKind::Extra(node) => self.collect_each(node.children(), &within, found),
        }
    }

    /// The same for what follows each value of a variable, whatever that is.
    fn collect_each(
        &self,
        children: impl Iterator<Item = (bool, MarkerTree)>,
        within: &Coverage,
        found: &mut Coverage,
    ) {
        for (_, child) in children {
            self.collect(&child, within, found);
        }
    }

    /// What is missing of `needed` where the wheels of a release serve `served`.
    #[must_use]
    pub fn missing(&self, needed: &Coverage, served: &Coverage) -> Coverage {
        if self.are_named {
            return needed.without(served);
        }
        let here = served.intersection(&self.universe);
        let usual = here.on(&USUAL);
        let claimed = if usual.is_empty() { here } else { usual };
        needed.on_platforms_of(&claimed).without(served)
    }

    /// The usual platforms of `needed` for which the release has no wheel at all, and need not.
    #[must_use]
    pub fn unclaimed(&self, needed: &Coverage, served: &Coverage) -> Coverage {
        if self.are_named {
            return Coverage::default();
        }
        let here = served.intersection(&self.universe);
        let claimed = needed.on_platforms_of(&here);
        needed.on(&USUAL).without(&claimed)
    }
}

impl Coverage {
    fn of_mut(&mut self, implementation: Implementation) -> &mut [Minors; PLATFORMS] {
        match implementation {
            Implementation::CPython => &mut self.cpython,
            Implementation::PyPy => &mut self.pypy,
        }
    }

    fn on(&self, platforms: &[Platform]) -> Self {
        self.where_platform(|platform| platforms.contains(&platform))
    }

    fn where_platform(&self, is_meant: impl Fn(Platform) -> bool) -> Self {
        let mut on = *self;
        for (at, platform) in Platform::ALL.into_iter().enumerate() {
            if !is_meant(platform) {
                on.cpython[at] = 0;
                on.pypy[at] = 0;
            }
        }
        on
    }

    /// The environments of the set in which a variable of markers has a value that `has` accepts.
    fn with_value(&self, variable: &MarkerValueString, has: impl Fn(&str) -> bool) -> Self {
        let of = |implementation, minors| if has(implementation) { minors } else { 0 };
        let (cpython, pypy) = (Implementation::CPython, Implementation::PyPy);
        match variable {
            MarkerValueString::SysPlatform => self.where_platform(|one| has(one.sys_platform())),
            MarkerValueString::PlatformMachine => self.where_platform(|one| has(one.machine())),
            MarkerValueString::ImplementationName => {
                self.map(|c| of(cpython.name(), c), |p| of(pypy.name(), p))
            }
            MarkerValueString::PlatformPythonImplementation => self.map(
                |c| of(cpython.python_implementation(), c),
                |p| of(pypy.python_implementation(), p),
            ),
            _ => *self,
        }
    }
}

fn any(minors: &[Minors; PLATFORMS]) -> Minors {
    minors.iter().fold(0, |all, one| all | one)
}

fn bits(minors: Minors) -> impl Iterator<Item = u32> + use<> {
    (0..Minors::BITS).filter(move |bit| minors >> bit & 1 == 1)
}

/// The environments whose minor version is in `minors`, within those of `whole`.
fn minors_marker(minors: Minors, whole: Minors) -> Marker {
    let version = |minor: u32| Version::new([3, u64::from(minor)]);
    let mut range = VersionRange::empty();
    let all: Vec<u32> = bits(whole).collect();
    let mut at = 0;
    while at < all.len() {
        if minors >> all[at] & 1 == 0 {
            at += 1;
            continue;
        }
        let start = at;
        while at < all.len() && minors >> all[at] & 1 == 1 {
            at += 1;
        }
        let mut run = VersionRange::full();
        if start > 0 {
            run = VersionRange::higher_than(version(all[start]));
        }
        if at < all.len() {
            run = run.intersection(&VersionRange::strictly_lower_than(version(all[at - 1] + 1)));
        }
        range = range.union(&run);
    }
    Marker::python_range(&range)
}

/// The platforms of each operating system.
const SYSTEMS: [&[Platform]; 3] = [
    &[Platform::LinuxArm64, Platform::LinuxX86_64],
    &[Platform::MacosArm64, Platform::MacosX86_64],
    &[Platform::WindowsX86_64],
];

/// How many operating systems there are among platforms.
fn systems(platforms: u32) -> usize {
    let is_in = |system: &&&[Platform]| system.iter().any(|one| platforms & one.bit() != 0);
    SYSTEMS.iter().filter(is_in).count()
}

/// The environments of platforms, within those of `whole`: a system as a whole where each of its
/// platforms is meant.
fn platforms_marker(platforms: u32, whole: u32) -> Marker {
    let mut marker = Marker::FALSE;
    for system in SYSTEMS {
        let of = |set: u32| system.iter().filter(move |one| set & one.bit() != 0);
        if of(platforms).count() == 0 {
            continue;
        }
        if of(platforms).count() == of(whole).count() {
            marker = marker.or(&system[0].system_marker());
        } else {
            marker = of(platforms).fold(marker, |all, one| all.or(&one.marker()));
        }
    }
    marker
}

/// The minor versions of CPython and of PyPy that install a wheel with this Python tag and this ABI
/// tag.
fn minors_of_pair(python: &str, abi: &str) -> (Minors, Minors) {
    let digits = python.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let implementation = &python[..python.len() - digits.len()];
    let Some(minor) = digits.strip_prefix('3') else {
        return (0, 0);
    };
    let minor = match minor {
        "" => None,
        // `graalpy240` and the like are no minor version of Python.
        minor => match minor.parse::<u32>() {
            Ok(minor) if minor < Minors::BITS => Some(minor),
            _ => return (0, 0),
        },
    };
    let from = |minor: u32| Minors::MAX << minor;
    match (implementation, abi, minor) {
        ("py", "none", minor) => (from(minor.unwrap_or(0)), from(minor.unwrap_or(0))),
        ("cp", "abi3", Some(minor)) => (from(minor.max(2)), 0),
        ("cp", "none", Some(minor)) => (1 << minor, 0),
        // `cp37m`: until 3.7 the ABI said that memory is allocated by Python's own allocator.
        ("cp", abi, Some(minor)) => {
            let abi = abi.strip_prefix("cp3").unwrap_or_default();
            let abi = if minor < 8 {
                abi.trim_end_matches('m')
            } else {
                abi
            };
            let is_same = abi.parse::<u32>().is_ok_and(|of_abi| of_abi == minor);
            (if is_same { 1 << minor } else { 0 }, 0)
        }
        ("pp", _, Some(minor)) => (0, 1 << minor),
        _ => (0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interpreter::InterpreterConstraints;

    fn of(tags: &str) -> Coverage {
        Coverage::of_wheel(FilenameTags::of_filename(&format!("a-1-{tags}.whl")).unwrap())
    }

    fn policy(python: &str, platforms: &[Platform]) -> CoveragePolicy {
        CoveragePolicy::of(&LockInputs {
            interpreter_constraints: InterpreterConstraints::parse(&[python]).unwrap(),
            platforms: platforms.to_vec(),
            ..LockInputs::default()
        })
    }

    /// What a wheel serves of CPython 3.9 to 3.13 on every platform.
    #[track_caller]
    fn check(tags: &str, expect: &str) {
        let policy = policy("CPython>=3.9,<3.14", &[]);
        let served = of(tags).intersection(policy.universe());
        let text = if served.is_empty() {
            String::new()
        } else {
            served.to_string()
        };
        assert_eq!(text, expect, "{tags}");
    }

    #[test]
    fn wheels_serve_what_installs_them() {
        check(
            "py3-none-win_amd64",
            "CPython 3.9 to 3.13 on windows_x86_64",
        );
        check(
            "py2.py3-none-macosx_11_0_arm64",
            "CPython 3.9 to 3.13 on macos_arm64",
        );
        check(
            "py312-none-win_amd64",
            "CPython 3.12 and 3.13 on windows_x86_64",
        );
        check("cp310-none-win_amd64", "CPython 3.10 on windows_x86_64");
        check(
            "cp37-abi3-win_amd64",
            "CPython 3.9 to 3.13 on windows_x86_64",
        );
        check("cp311-cp311-musllinux_1_2_x86_64", "");
        check(
            "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.musllinux_1_1_x86_64",
            "CPython 3.11 on linux_x86_64",
        );
        check("cp313-cp313t-win_amd64", "");
        check("cp313-cp313-win_amd64", "CPython 3.13 on windows_x86_64");
        check("cp312-cp311-win_amd64", "");
        check("pp310-pypy310_pp73-win_amd64", "");
        check("py2-none-any", "");
        check("cp310-cp310-win32", "");
        check(
            "py3-none-macosx_10_9_universal2",
            "CPython 3.9 to 3.13 on macos_arm64 and macos_x86_64",
        );
        assert_eq!(
            of("cp37-cp37m-win_amd64")
                .cpython_minors()
                .collect::<Vec<_>>(),
            [7]
        );
    }

    #[test]
    fn pythons_that_are_not_released_need_nothing() {
        let policy = policy("CPython>=3.13", &[Platform::LinuxX86_64]);
        assert_eq!(
            policy.universe().to_string(),
            "CPython 3.13 and 3.14 on linux_x86_64"
        );
        let later = "python_version >= '4'".parse().unwrap();
        assert!(policy.needed(&later).is_empty());
    }

    /// What is needed is where markers meet, said without a comparison of markers.
    #[test]
    fn what_is_needed() {
        let policy = policy("CPython>=3.9,<3.13", &[]);
        let known = Marker::known_platforms();
        for text in [
            "python_version >= '3.11'",
            "python_full_version > '3.10.4' and python_full_version < '3.11.2'",
            "python_version == '3.10' or sys_platform == 'win32'",
            "python_version != '3.10' and sys_platform != 'win32'",
            "os_name == 'nt'",
            "os_name != 'nt' and platform_system != 'Darwin'",
            "platform_machine == 'arm64' and platform_system == 'Darwin'",
            "platform_machine == 'ppc64le' or platform_machine == 'aarch64'",
            "platform_machine in 'x86_64 AMD64'",
            "'linux' in sys_platform",
            "platform_python_implementation == 'PyPy'",
            "implementation_name != 'pypy' and python_version < '3.10'",
            "extra == 'a' and python_version < '3.10'",
            "platform_release >= '6' or sys_platform == 'darwin'",
            "implementation_version >= '3.11' and python_version < '3.11'",
            "sys_platform == 'linux' and os_name == 'nt'",
            "python_version < '3.8'",
        ] {
            let one: Marker = text.parse().unwrap();
            for demand in [one.clone(), one.and(&known), one.negate().and(&known)] {
                let mut met = Coverage::default();
                for (implementation, minor, versions) in &policy.pythons {
                    let versions = VersionRange::from_range_bounds(versions.clone());
                    let python = Marker::python_range(&versions).and(&implementation.marker());
                    for platform in Platform::ALL {
                        if !demand.is_disjoint(&python.and(&platform.marker())) {
                            met.of_mut(*implementation)[platform.index()] |= 1 << minor;
                        }
                    }
                }
                assert_eq!(policy.needed(&demand), met, "{text}");
            }
        }
    }

    #[test]
    fn what_is_missing() {
        let named = policy(
            "CPython>=3.11,<3.13",
            &[Platform::LinuxX86_64, Platform::MacosArm64],
        );
        let any = policy("CPython>=3.11,<3.13", &[]);
        let served =
            of("cp311-cp311-manylinux2014_x86_64").union(&of("cp312-cp312-macosx_11_0_arm64"));
        for policy in [&named, &any] {
            let missing = policy.missing(policy.universe(), &served);
            assert_eq!(missing.len(), 2);
            assert_eq!(
                missing.marker_within(policy.universe()).to_string(),
                "python_full_version < '3.12'"
            );
        }
        // What is for Linux alone is refused where macOS is named only.
        let linux = of("cp39-abi3-manylinux2014_x86_64");
        let missing = named.missing(named.universe(), &linux);
        assert_eq!(missing.to_string(), "CPython 3.11 and 3.12 on macos_arm64");
        assert_eq!(
            missing.marker_within(named.universe()).to_string(),
            "sys_platform == 'darwin'"
        );
        assert!(any.missing(any.universe(), &linux).is_empty());
        assert_eq!(
            any.unclaimed(any.universe(), &linux).to_string(),
            "CPython 3.11 and 3.12 on macos_arm64 and windows_x86_64"
        );
    }
}
