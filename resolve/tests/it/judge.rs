//! An independent judge. It looks at a resolution in single environments and says what is wrong
//! there, and it finds out by brute force whether an environment has a solution at all.
//!
//! It evaluates markers for one environment at a time and compares versions with specifiers. It
//! therefore shares neither the algebra of markers nor that of ranges with the resolver.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    ExtraName, FileKind, Marker, MarkerEnvironment, MarkerEnvironmentBuilder, Operator,
    PackageName, PackageSet, Platform, PrereleasePolicy, Requirement, RequirementSource,
    Resolution, Version, VersionSpecifiers,
};
use resolve::{DirectRelease, Problem, ReleaseMetadata};

use crate::fixture::{Entry, File, Fixture};

/// One environment.
#[derive(Debug, Clone)]
pub(crate) struct Environment {
    pub(crate) markers: MarkerEnvironment,
    pub(crate) python: Version,
    pub(crate) label: String,
}

impl Environment {
    /// Whether its Python is not released yet: then it need not have a solution.
    pub(crate) fn is_later(&self) -> bool {
        self.python >= Version::new([3, NEWEST_MINOR + 1])
    }
}

/// sys_platform, os_name, platform_system, platform_machine.
pub(crate) const MACHINES: [[&str; 4]; 6] = [
    ["linux", "posix", "Linux", "x86_64"],
    ["linux", "posix", "Linux", "aarch64"],
    ["darwin", "posix", "Darwin", "x86_64"],
    ["darwin", "posix", "Darwin", "arm64"],
    ["win32", "nt", "Windows", "AMD64"],
    ["freebsd14", "posix", "Other", "x86_64"],
];

/// An environment of one Python on one machine.
pub(crate) fn environment(python: &str, machine: [&str; 4], implementation: &str) -> Environment {
    let [sys_platform, os_name, platform_system, platform_machine] = machine;
    let minor: Vec<&str> = python.split('.').take(2).collect();
    let markers = MarkerEnvironment::try_from(MarkerEnvironmentBuilder {
        implementation_name: implementation,
        implementation_version: python,
        os_name,
        platform_machine,
        platform_python_implementation: match implementation {
            "cpython" => "CPython",
            "pypy" => "PyPy",
            other => other,
        },
        platform_release: "",
        platform_system,
        platform_version: "",
        python_full_version: python,
        python_version: &minor.join("."),
        sys_platform,
    })
    .unwrap();
    Environment {
        markers,
        python: python.parse().unwrap(),
        label: format!("{implementation} {python} {sys_platform}/{os_name}/{platform_machine}"),
    }
}

/// A finite set of environments that stands for the universe of a problem.
pub(crate) fn environments(problem: &Problem) -> Vec<Environment> {
    let universe = problem.inputs.universe();
    let implementations: &[&str] = if problem.inputs.interpreter_constraints.only_cpython() {
        &["cpython"]
    } else {
        &["cpython", "pypy", "graalpy"]
    };
    let mut out = Vec::new();
    for python in pythons(problem) {
        for machine in MACHINES {
            for implementation in implementations {
                let environment = environment(&python, machine, implementation);
                if universe.evaluate(&environment.markers, &[]) {
                    out.push(environment);
                }
            }
        }
    }
    assert!(!out.is_empty(), "the universe is empty");
    out
}

/// Pythons that satisfy the constraints; one if the constraints name only one.
pub(crate) fn pythons(problem: &Problem) -> Vec<String> {
    let mut all = Vec::new();
    for minor in 7..17 {
        for patch in [0, 1, 2, 12, 25] {
            all.push(format!("3.{minor}.{patch}"));
        }
    }
    all.retain(|python| {
        problem
            .inputs
            .interpreter_constraints
            .contains(&python.parse().unwrap())
    });
    all
}

/// Fails where the resolution is no exact solution in some environment.
#[track_caller]
pub(crate) fn check_exact(fixture: &Fixture, resolution: &Resolution) {
    for environment in environments(&fixture.problem) {
        let problems = problems(fixture, resolution, &environment);
        if !problems.is_empty() && environment.is_later() && !has_solution(fixture, &environment) {
            continue;
        }
        assert!(
            problems.is_empty(),
            "{}: {}\n{resolution:#?}",
            environment.label,
            problems.join("; ")
        );
    }
}

/// Which versions of which projects the resolution selects in an environment.
pub(crate) fn projection(
    resolution: &Resolution,
    environment: &Environment,
) -> BTreeMap<PackageName, Vec<Version>> {
    let mut chosen = BTreeMap::<_, Vec<Version>>::new();
    for node in &resolution.nodes {
        if node.marker.evaluate(&environment.markers, &[]) {
            let versions = chosen.entry(node.name.clone()).or_default();
            versions.push(node.version.clone());
        }
    }
    chosen
}

/// What makes the resolution no exact solution in the environment.
pub(crate) fn problems(
    fixture: &Fixture,
    resolution: &Resolution,
    environment: &Environment,
) -> Vec<String> {
    let chosen = projection(resolution, environment);
    let mut out: Vec<String> = chosen
        .iter()
        .filter(|(_, versions)| versions.len() > 1)
        .map(|(name, versions)| format!("{name} has {versions:?}"))
        .collect();
    if !out.is_empty() {
        return out;
    }
    let mut todo = active(&fixture.problem.inputs.requirements, environment, &[]);
    let mut reached = BTreeSet::new();
    let mut done = BTreeSet::new();
    let mut followed = Vec::new();
    while let Some(requirement) = todo.pop() {
        followed.push(requirement.clone());
        let name = &requirement.name;
        let Some(version) = chosen.get(name).map(|versions| &versions[0]) else {
            out.push(format!("{requirement} is missing"));
            continue;
        };
        if requirement
            .specifiers()
            .is_some_and(|s| !admits(s, version))
        {
            out.push(format!("{requirement} has {version}"));
        }
        reached.insert(name.clone());
        if done.insert((name.clone(), requirement.extras.clone())) {
            let requires = requires(fixture, name, version);
            todo.extend(active(&requires, environment, &requirement.extras));
        }
    }
    for name in chosen.keys().filter(|name| !reached.contains(*name)) {
        out.push(format!("{name} is superfluous"));
    }
    for (name, versions) in &chosen {
        let used = match direct_of(fixture, name, &versions[0]) {
            Some(direct) => direct_is_usable(fixture, direct, environment),
            None => usable(fixture, name, &versions[0], environment, &followed),
        };
        if let Err(why) = used {
            out.push(format!("{name} {}: {why}", versions[0]));
        }
    }
    out
}

fn direct_of<'f>(
    fixture: &'f Fixture,
    name: &PackageName,
    version: &Version,
) -> Option<&'f DirectRelease> {
    let of_name = |key: &str| key.split(" @ ").next() == Some(name.as_str());
    let mut direct = fixture.index.direct.iter();
    let found = direct.find(|(key, direct)| of_name(key) && direct.version == *version)?;
    Some(found.1)
}

/// Why what a direct reference gives cannot be installed in the environment, if it cannot.
fn direct_is_usable(
    fixture: &Fixture,
    direct: &DirectRelease,
    environment: &Environment,
) -> Result<(), String> {
    let python = &direct.metadata.requires_python;
    if python
        .as_ref()
        .is_some_and(|python| !python_serves(python, &environment.python))
    {
        return Err("is for other Pythons".to_owned());
    }
    let Some(wheel) = &direct.wheel else {
        return Ok(());
    };
    let file = File {
        kind: FileKind::Wheel(wheel.clone()),
        requires_python: None,
        yanked: false,
    };
    match files_serve(fixture, &[&file], environment) {
        true => Ok(()),
        false => Err("has no usable file".to_owned()),
    }
}

/// What a version requires by its metadata, the overrides and the excludes.
fn requires(fixture: &Fixture, name: &PackageName, version: &Version) -> Vec<Requirement> {
    let inputs = &fixture.problem.inputs;
    let mut found = Vec::new();
    let told = told(fixture, name, version);
    for told in told.iter().filter(|r| !inputs.excludes.contains(&r.name)) {
        let overrides = inputs.overrides.iter().filter(|o| o.name == told.name);
        // Only the part of the marker that asks for an extra stays.
        let extra = match told.marker.to_string() {
            text if text.contains("extra == 'x'") => "extra == 'x'".parse().unwrap(),
            text if text.contains("extra == 'y'") => "extra == 'y'".parse().unwrap(),
            _ => Marker::TRUE,
        };
        let overridden: Vec<Requirement> = overrides
            .map(|o| Requirement {
                marker: o.requirement.marker.and(&extra),
                ..o.requirement.clone()
            })
            .collect();
        if overridden.is_empty() {
            found.push(told.clone());
        }
        found.extend(overridden);
    }
    found
}

fn told(fixture: &Fixture, name: &PackageName, version: &Version) -> Vec<Requirement> {
    if let Some(direct) = direct_of(fixture, name, version) {
        return direct.metadata.requires_dist.clone();
    }
    match &fixture.index.packages[name][version].metadata {
        ReleaseMetadata::Available(metadata) => metadata.requires_dist.clone(),
        ReleaseMetadata::Unavailable(_) => Vec::new(),
    }
}

/// The requirements that hold in the environment: those without an extra, and those of each
/// extra asked for.
pub(crate) fn active(
    requirements: &[Requirement],
    environment: &Environment,
    extras: &[ExtraName],
) -> Vec<Requirement> {
    let holds = |r: &Requirement| {
        holds(&r.marker, environment, &[])
            || extras
                .iter()
                .any(|extra| holds(&r.marker, environment, std::slice::from_ref(extra)))
    };
    requirements.iter().filter(|r| holds(r)).cloned().collect()
}

fn holds(marker: &Marker, environment: &Environment, extras: &[ExtraName]) -> bool {
    marker.evaluate(&environment.markers, extras)
}

/// Whether the specifiers admit the version, with pre-releases admitted.
pub(crate) fn admits(specifiers: &VersionSpecifiers, version: &Version) -> bool {
    specifiers.iter().all(|specifier| {
        // PEP 440 compares without the local part where the specifier has none.
        let public = specifier.version().local().is_empty()
            && !matches!(specifier.operator(), Operator::ExactEqual);
        let version = if public {
            version.clone().without_local()
        } else {
            version.clone()
        };
        match specifier.operator() {
            // `pep440_rs` refuses every pre-release of a pre-release's own release here.
            Operator::LessThan if specifier.any_prerelease() => version < *specifier.version(),
            _ => specifier.contains(&version),
        }
    })
}

/// Why the policies do not allow a release in the environment, if they do not. `required` is what
/// the chosen releases require there.
fn usable(
    fixture: &Fixture,
    name: &PackageName,
    version: &Version,
    environment: &Environment,
    required: &[Requirement],
) -> Result<(), String> {
    let entry = fixture
        .index
        .packages
        .get(name)
        .and_then(|releases| releases.get(version))
        .ok_or("does not exist")?;
    let metadata = match &entry.metadata {
        ReleaseMetadata::Available(metadata) => metadata,
        ReleaseMetadata::Unavailable(why) => return Err(why.clone()),
    };
    let problem = &fixture.problem;
    for constraint in problem
        .inputs
        .constraints
        .iter()
        .filter(|c| c.name == *name)
    {
        if holds(&constraint.marker, environment, &[])
            && constraint.specifiers().is_some_and(|s| !admits(s, version))
        {
            return Err(format!("violates the constraint {constraint}"));
        }
    }
    if problem.inputs.prereleases == PrereleasePolicy::Disallow && version.any_prerelease() {
        return Err("is a pre-release".to_owned());
    }
    if metadata
        .requires_python
        .as_ref()
        .is_some_and(|python| !python_serves(python, &environment.python))
    {
        return Err("is for other Pythons".to_owned());
    }
    let of_inputs = problem
        .inputs
        .requirements
        .iter()
        .chain(&problem.inputs.constraints);
    let overrides = problem.inputs.overrides.iter().map(|one| &one.requirement);
    let named = of_inputs.chain(&problem.bounds).chain(overrides);
    let mut named = named.chain(required);
    let asked_for_exactly = named.any(|requirement| {
        requirement.name == *name
            && requirement.specifiers().is_some_and(|specifiers| {
                specifiers.iter().any(|s| {
                    matches!(s.operator(), Operator::Equal | Operator::ExactEqual)
                        && admits(&VersionSpecifiers::from(s.clone()), version)
                })
            })
    });
    let may_be_yanked = asked_for_exactly || problem.pins.contains(name, version);
    let listed = |set: &PackageSet| set.entries().any(|e| e == ":all:" || e == name.as_str());
    let inputs = &problem.inputs;
    let allowed = |file: &&File| {
        let is_kind = match file.kind {
            FileKind::Wheel(_) => !listed(&inputs.no_binary),
            FileKind::Sdist(_) => !inputs.require_wheels && !listed(&inputs.only_binary),
        };
        is_kind && (may_be_yanked || !file.yanked)
    };
    let files: Vec<&File> = entry.files.iter().filter(allowed).collect();
    if files.is_empty() || !files_serve(fixture, &files, environment) {
        return Err("has no usable file".to_owned());
    }
    Ok(())
}

/// Whether `Requires-Python` admits a Python, with its upper bounds ignored.
pub(crate) fn python_serves(requires: &VersionSpecifiers, python: &Version) -> bool {
    requires.iter().all(|specifier| {
        matches!(
            specifier.operator(),
            Operator::LessThan
                | Operator::LessThanEqual
                | Operator::NotEqual
                | Operator::NotEqualStar
        ) || specifier.contains(python)
    })
}

/// Whether the files of a release that may be used serve the environment: with exactly this Python
/// on this platform.
///
/// Where the settings name no platforms, the release must serve one that it has a wheel for with
/// some Python of the universe, if that is a usual one; a source distribution serves all.
fn files_serve(fixture: &Fixture, files: &[&File], environment: &Environment) -> bool {
    let inputs = &fixture.problem.inputs;
    let sdist = |file: &&&File| matches!(file.kind, FileKind::Sdist(_));
    if files.iter().any(|file| sdist(&file)) {
        return true;
    }
    let [_, minor, ..] = environment.python.release() else {
        return false;
    };
    if *minor > NEWEST_MINOR {
        return !files.is_empty();
    }
    let on = |platform: &Platform, minor: u64| files.iter().any(|f| installs(f, *platform, minor));
    let is_here = |platform: &&Platform| platform.marker().evaluate(&environment.markers, &[]);
    let is_named = !inputs.platforms.is_empty() || inputs.require_wheels;
    if is_named {
        let mut named = match &inputs.platforms[..] {
            [] => Platform::ALL.iter(),
            named => named.iter(),
        };
        // An environment that is on none of the platforms needs nothing.
        return named
            .find(is_here)
            .is_none_or(|platform| on(platform, *minor));
    }
    let minors: BTreeSet<u64> = pythons(&fixture.problem)
        .iter()
        .filter_map(|python| python.split('.').nth(1)?.parse().ok())
        .filter(|minor| *minor <= NEWEST_MINOR)
        .collect();
    let is_for = |platform: &&Platform| minors.iter().any(|minor| on(platform, *minor));
    let claimed: Vec<&Platform> = Platform::ALL.iter().filter(is_for).collect();
    let usual = [
        Platform::LinuxX86_64,
        Platform::MacosArm64,
        Platform::WindowsX86_64,
    ];
    let must: Vec<&Platform> = match claimed.iter().any(|one| usual.contains(one)) {
        true => claimed
            .iter()
            .copied()
            .filter(|one| usual.contains(one))
            .collect(),
        false => claimed.clone(),
    };
    let known = Platform::ALL.iter().find(is_here);
    match known {
        None => true,
        Some(_) if claimed.is_empty() => false,
        Some(platform) => !must.contains(&platform) || on(platform, *minor),
    }
}

/// The newest Python that packages must be for.
pub(crate) const NEWEST_MINOR: u64 = 14;

/// Whether CPython 3.`minor` installs a wheel on a platform, by the list of tags that it supports.
fn installs(file: &File, platform: Platform, minor: u64) -> bool {
    let FileKind::Wheel(wheel) = &file.kind else {
        return false;
    };
    let own = format!("cp3{minor}");
    let mut pairs = vec![
        (own.clone(), own.clone()),
        (own.clone(), "abi3".to_owned()),
        (own, "none".to_owned()),
        ("py3".to_owned(), "none".to_owned()),
    ];
    if minor < 8 {
        pairs.push((format!("cp3{minor}"), format!("cp3{minor}m")));
    }
    for older in 2..=minor {
        pairs.push((format!("cp3{older}"), "abi3".to_owned()));
        pairs.push((format!("py3{older}"), "none".to_owned()));
    }
    let platforms: &[&str] = match platform {
        Platform::LinuxArm64 => &["any", "manylinux2014_aarch64", "manylinux_2_17_aarch64"],
        Platform::LinuxX86_64 => &["any", "manylinux2014_x86_64", "manylinux_2_17_x86_64"],
        Platform::MacosArm64 => &["any", "macosx_11_0_arm64", "macosx_11_0_universal2"],
        Platform::MacosX86_64 => &["any", "macosx_11_0_x86_64", "macosx_11_0_universal2"],
        Platform::WindowsX86_64 => &["any", "win_amd64"],
    };
    wheel.tags().any(|tag| {
        let pair = (tag.python.clone(), tag.abi.clone());
        pairs.contains(&pair) && platforms.contains(&tag.platform.as_str())
    })
}

/// Whether one of the files installs with the environment's Python on some platform. A release that
/// has nothing for a Python may be locked for a platform that it is not for at all, but need not be.
fn installs_somewhere<'f>(
    mut files: impl Iterator<Item = &'f File>,
    environment: &Environment,
) -> bool {
    let minor = environment.python.release().get(1).copied();
    files.any(|file| match file.kind {
        FileKind::Sdist(_) => true,
        FileKind::Wheel(_) => {
            let mut platforms = Platform::ALL.iter();
            environment.is_later()
                || minor
                    .is_some_and(|minor| platforms.any(|platform| installs(file, *platform, minor)))
        }
    })
}

/// Whether the environment has a solution under the policies. Tries every version of everything.
pub(crate) fn has_solution(fixture: &Fixture, environment: &Environment) -> bool {
    has_solution_with(fixture, environment, &BTreeMap::new())
}

/// The same with some projects fixed at some version.
pub(crate) fn has_solution_with(
    fixture: &Fixture,
    environment: &Environment,
    held: &BTreeMap<PackageName, Vec<Version>>,
) -> bool {
    let usable_versions = |(name, releases): (&PackageName, &BTreeMap<Version, Entry>)| {
        let may_be = |version: &&Version| {
            let files = releases[*version].files.iter();
            held.get(name).is_none_or(|held| held.contains(version))
                && usable(fixture, name, version, environment, &[]).is_ok()
                && installs_somewhere(files, environment)
        };
        (
            name.clone(),
            releases.keys().filter(may_be).cloned().collect(),
        )
    };
    Search {
        fixture,
        environment,
        usable: fixture.index.packages.iter().map(usable_versions).collect(),
    }
    .run()
}

/// The same with another policy about which releases may be used.
pub(crate) fn has_solution_of(
    fixture: &Fixture,
    environment: &Environment,
    may_be_used: impl Fn(&Entry) -> bool,
) -> bool {
    let usable_versions = |(name, releases): (&PackageName, &BTreeMap<Version, Entry>)| {
        let usable = releases.iter().filter(|(_, entry)| may_be_used(entry));
        (
            name.clone(),
            usable.map(|(version, _)| version.clone()).collect(),
        )
    };
    Search {
        fixture,
        environment,
        usable: fixture.index.packages.iter().map(usable_versions).collect(),
    }
    .run()
}

/// Brute force over one environment.
struct Search<'a> {
    fixture: &'a Fixture,
    environment: &'a Environment,
    usable: BTreeMap<PackageName, Vec<Version>>,
}

type Chosen = BTreeMap<PackageName, (Version, BTreeSet<ExtraName>)>;

impl Search<'_> {
    fn run(&self) -> bool {
        let todo = active(
            &self.fixture.problem.inputs.requirements,
            self.environment,
            &[],
        );
        self.go(&todo, &BTreeMap::new())
    }

    /// What the direct reference gives that the user's requirements name in the environment.
    fn direct(&self, name: &PackageName) -> Option<&DirectRelease> {
        let requirements = &self.fixture.problem.inputs.requirements;
        let active = active(requirements, self.environment, &[]);
        let named = active
            .iter()
            .find(|one| one.name == *name && !matches!(one.source, RequirementSource::Index(_)))?;
        let key = format!("{name}{}", named.source);
        Some(&self.fixture.index.direct[&key])
    }

    fn go(&self, todo: &[Requirement], chosen: &Chosen) -> bool {
        let Some((requirement, rest)) = todo.split_first() else {
            return true;
        };
        let name = &requirement.name;
        let options = match (chosen.get(name), self.direct(name)) {
            (Some((version, _)), _) => vec![version.clone()],
            (None, Some(direct)) => {
                match direct_is_usable(self.fixture, direct, self.environment) {
                    Ok(()) => vec![direct.version.clone()],
                    Err(_) => Vec::new(),
                }
            }
            (None, None) => self.usable.get(name).cloned().unwrap_or_default(),
        };
        options.iter().any(|version| {
            let specifiers = requirement.specifiers();
            if specifiers.is_some_and(|specifiers| !admits(specifiers, version)) {
                return false;
            }
            let (mut chosen, mut todo) = (chosen.clone(), rest.to_vec());
            let known = chosen.contains_key(name);
            let (_, extras) = chosen
                .entry(name.clone())
                .or_insert_with(|| (version.clone(), BTreeSet::new()));
            let mut new = Vec::new();
            let requires = requires(self.fixture, name, version);
            for extra in &requirement.extras {
                if extras.insert(extra.clone()) {
                    let extra = std::slice::from_ref(extra);
                    new.extend(active(&requires, self.environment, extra));
                }
            }
            if !known {
                new.extend(active(&requires, self.environment, &[]));
            }
            todo.extend(new);
            self.go(&todo, &chosen)
        })
    }
}
