//! Indexes and problems as text, an index in memory as a [`Provider`], and [`check`].
//!
//! A fixture has one fact in each line:
//!
//! ```text
//! > a>=1                              the user requires this
//! constraint a<3                      a constraint
//! override a=b>2                      replaces what packages require of `a`
//! exclude a                           no package brings `a` in
//! python CPython>=3.9                 an interpreter constraint (`CPython>=3.12` where none is)
//! platforms linux_x86_64              the platforms that must be served
//! prereleases allow                   or `disallow`
//! no-binary a, only-binary a, require-wheels
//! strategy requires-python            (`fewest` where none is)
//! lock a==1 ; marker                  a pin
//! fork sys_platform == 'linux'        a part that the lock was resolved in
//! changed a                           its requirement changed since
//! direct a @ https://… = 1.0 -> b     what a direct reference gives
//! a 1.0 -> b>=1 | c ; extra == 'x'    a release, with its requirements
//! a 2.0 {yanked} {python >=3.8} {wheel cp312-cp312-win_amd64} {sdist} {extra x} {broken why}
//! ```

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write;
use std::sync::Arc;

use model::{
    FileKind, ForkStrategy, IndexRole, InterpreterConstraints, LockInputs, Marker, Metadata,
    PackageName, PackageSet, PackageSource, PrereleasePolicy, Requirement, RequirementSource,
    Resolution, SdistFilename, Version, VersionRange, VersionSpecifiers, WheelFilename,
};
use resolve::{
    CandidateFile, CandidateFiles, DirectRelease, Pins, Problem, Provider, ReleaseMetadata,
    ResolveError, ResolveReport, ResolveWarning, VersionPin, resolve,
};

use crate::judge;

/// An index in memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    pub(crate) packages: BTreeMap<PackageName, BTreeMap<Version, Entry>>,
    /// The versions of each project in `packages`, in the form in which a provider gives them.
    versions: BTreeMap<PackageName, Arc<[Version]>>,
    pub(crate) direct: BTreeMap<String, Arc<DirectRelease>>,
}

/// One release.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) files: Vec<File>,
    release: Arc<CandidateFiles>,
    pub(crate) metadata: ReleaseMetadata,
}

/// One file of a release.
#[derive(Debug, Clone)]
pub(crate) struct File {
    pub(crate) kind: FileKind,
    pub(crate) requires_python: Option<VersionSpecifiers>,
    pub(crate) yanked: bool,
}

impl File {
    fn candidate(&self) -> CandidateFile<'_> {
        CandidateFile {
            wheel: self.kind.wheel_tags(),
            requires_python: self.requires_python.as_ref(),
            yanked: self.yanked,
        }
    }
}

/// A problem, and the index from which it is solved.
#[derive(Debug, Clone)]
pub(crate) struct Fixture {
    pub(crate) problem: Problem,
    pub(crate) index: Index,
}

impl Provider for Index {
    type Error = Infallible;

    fn versions(&self, name: &PackageName) -> Result<Option<Arc<[Version]>>, Infallible> {
        Ok(self.versions.get(name).cloned())
    }

    fn release(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<Arc<CandidateFiles>, Infallible> {
        Ok(Arc::clone(&self.packages[name][version].release))
    }

    fn requires_python(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<Option<VersionSpecifiers>, Infallible> {
        let files = &self.packages[name][version].files;
        let first = files.first().and_then(|file| file.requires_python.clone());
        let is_alike = |file: &File| file.requires_python == first && !file.yanked;
        Ok(first.clone().filter(|_| files.iter().all(is_alike)))
    }

    fn metadata(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<ReleaseMetadata, Infallible> {
        Ok(self.packages[name][version].metadata.clone())
    }

    fn direct(
        &self,
        name: &PackageName,
        source: &RequirementSource,
    ) -> Result<Arc<DirectRelease>, Infallible> {
        Ok(Arc::clone(&self.direct[&format!("{name}{source}")]))
    }

    fn source(&self, _: &PackageName) -> Result<PackageSource, Infallible> {
        Ok(PackageSource::Index(IndexRole::Primary))
    }

    fn will_ask(&self, _: &PackageName, _: &VersionRange) {}
}

/// Facts about one release, before it becomes an [`Entry`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Facts {
    pub(crate) requires: Vec<Requirement>,
    pub(crate) extras: Vec<String>,
    pub(crate) requires_python: Option<VersionSpecifiers>,
    pub(crate) yanked: bool,
    /// Tags of wheels.
    pub(crate) wheels: Vec<String>,
    pub(crate) sdist: bool,
    pub(crate) broken: Option<String>,
}

impl Index {
    /// Adds a release.
    pub(crate) fn add(&mut self, name: &PackageName, version: &Version, facts: &Facts) {
        let file = |kind| File {
            kind,
            requires_python: facts.requires_python.clone(),
            yanked: facts.yanked,
        };
        let stem = format!("{}-{version}", name.as_str().replace('-', "_"));
        let mut files: Vec<File> = facts
            .wheels
            .iter()
            .map(|tag| {
                file(FileKind::Wheel(
                    format!("{stem}-{tag}.whl").parse().unwrap(),
                ))
            })
            .collect();
        if facts.sdist {
            let sdist = SdistFilename::parse(&format!("{stem}.tar.gz"), name).unwrap();
            files.push(file(FileKind::Sdist(sdist)));
        }
        let metadata = match &facts.broken {
            Some(why) => ReleaseMetadata::Unavailable(why.clone()),
            None => ReleaseMetadata::Available(Arc::new(facts.metadata(name, version))),
        };
        let entry = Entry {
            release: Arc::new(files.iter().map(File::candidate).collect()),
            files,
            metadata,
        };
        let releases = self.packages.entry(name.clone()).or_default();
        releases.insert(version.clone(), entry);
        let versions = releases.keys().cloned().collect();
        self.versions.insert(name.clone(), versions);
    }
}

impl Index {
    /// The projects that a release requires, if there is that release.
    fn required_by(&self, name: &PackageName, version: &Version) -> Vec<PackageName> {
        let release = self.packages.get(name).and_then(|all| all.get(version));
        match release.map(|release| &release.metadata) {
            Some(ReleaseMetadata::Available(metadata)) => {
                let required = metadata.requires_dist.iter();
                required.map(|one| one.name.clone()).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Facts {
    /// The wheel that a direct reference gives, unless it gives something that is built.
    fn only_wheel(&self, name: &PackageName, version: &Version) -> Option<WheelFilename> {
        let tag = self.wheels.first().filter(|_| !self.sdist)?;
        Some(format!("{name}-{version}-{tag}.whl").parse().unwrap())
    }

    fn metadata(&self, name: &PackageName, version: &Version) -> Metadata {
        Metadata {
            name: name.clone(),
            version: version.clone(),
            requires_dist: self.requires.clone(),
            requires_python: self.requires_python.clone(),
            provides_extra: self.extras.iter().map(|e| e.parse().unwrap()).collect(),
            dynamic: false,
        }
    }
}

/// Reads a fixture.
pub(crate) fn fixture(text: &str) -> Fixture {
    let mut index = Index::default();
    let mut words = BTreeMap::<&str, Vec<&str>>::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            ">" | "constraint" | "override" | "exclude" | "python" | "platforms"
            | "prereleases" | "no-binary" | "only-binary" | "require-wheels" | "strategy"
            | "lock" | "fork" | "changed" => {
                words.entry(word).or_default().push(rest.trim());
            }
            "direct" => {
                let (reference, facts) = rest.split_once(" = ").unwrap();
                let reference: Requirement = reference.parse().unwrap();
                let (version, facts) = version_and_facts(facts);
                let direct = DirectRelease {
                    metadata: Arc::new(facts.metadata(&reference.name, &version)),
                    wheel: facts.only_wheel(&reference.name, &version),
                    version,
                    source: direct_source(&reference.source),
                };
                let key = format!("{}{}", reference.name, reference.source);
                index.direct.insert(key, Arc::new(direct));
            }
            name => {
                let (version, facts) = version_and_facts(rest);
                index.add(&name.parse().unwrap(), &version, &facts);
            }
        }
    }
    Fixture {
        problem: problem(&words, &index),
        index,
    }
}

fn problem(words: &BTreeMap<&str, Vec<&str>>, index: &Index) -> Problem {
    let lines = |word| words.get(word).cloned().unwrap_or_default();
    let names = |word| -> Vec<String> {
        let lines = lines(word);
        lines
            .iter()
            .flat_map(|l| l.split(' '))
            .map(str::to_owned)
            .collect()
    };
    let requirements = |word| lines(word).iter().map(|r| r.parse().unwrap()).collect();
    let mut python = lines("python");
    if python.is_empty() {
        python.push("CPython>=3.12");
    }
    let pins: Vec<Requirement> = requirements("lock");
    let packages = |word| -> PackageSet {
        let names = names(word);
        names
            .iter()
            .map(|name| name.parse::<PackageSet>().unwrap())
            .collect()
    };
    Problem {
        inputs: LockInputs {
            requirements: requirements(">"),
            constraints: requirements("constraint"),
            overrides: lines("override")
                .iter()
                .map(|o| o.parse().unwrap())
                .collect(),
            excludes: lines("exclude")
                .iter()
                .map(|e| e.parse().unwrap())
                .collect(),
            interpreter_constraints: InterpreterConstraints::parse(&python).unwrap(),
            platforms: names("platforms")
                .iter()
                .map(|p| p.parse().unwrap())
                .collect(),
            no_binary: packages("no-binary"),
            only_binary: packages("only-binary"),
            prereleases: match lines("prereleases")[..] {
                ["allow"] => PrereleasePolicy::Allow,
                ["disallow"] => PrereleasePolicy::Disallow,
                _ => PrereleasePolicy::IfNecessary,
            },
            require_wheels: words.contains_key("require-wheels"),
            fork_strategy: match lines("strategy")[..] {
                ["requires-python"] => ForkStrategy::RequiresPython,
                _ => ForkStrategy::Fewest,
            },
            metadata: Vec::new(),
            hashed: Vec::new(),
        },
        pins: Pins::new(
            pins.into_iter().map(|pin| {
                let version = pin.specifiers().unwrap()[0].version().clone();
                VersionPin {
                    requires: index.required_by(&pin.name, &version),
                    version,
                    name: pin.name,
                    marker: pin.marker,
                }
            }),
            lines("fork").iter().map(|m| m.parse().unwrap()).collect(),
            names("changed").iter().map(|name| name.parse().unwrap()),
        ),
        ..Problem::default()
    }
}

fn version_and_facts(text: &str) -> (Version, Facts) {
    let (head, requires) = text.split_once("->").unwrap_or((text, ""));
    let mut parts = head.split('{');
    let version = parts.next().unwrap().trim().parse().unwrap();
    let mut facts = Facts {
        requires: requires
            .split('|')
            .filter(|r| !r.trim().is_empty())
            .map(|r| r.parse().unwrap())
            .collect(),
        ..Facts::default()
    };
    for attribute in parts {
        let attribute = attribute.trim().trim_end_matches('}');
        let (word, rest) = attribute.split_once(' ').unwrap_or((attribute, ""));
        match word {
            "yanked" => facts.yanked = true,
            "python" => facts.requires_python = Some(rest.parse().unwrap()),
            "wheel" => facts.wheels.push(rest.to_owned()),
            "sdist" => facts.sdist = true,
            "extra" => facts.extras.push(rest.to_owned()),
            "broken" => facts.broken = Some(rest.to_owned()),
            other => panic!("what is `{other}`?"),
        }
    }
    if facts.wheels.is_empty() && !facts.sdist {
        facts.wheels.push("py3-none-any".to_owned());
        facts.sdist = true;
    }
    let said = requires.match_indices("extra == '").map(|(at, found)| {
        let rest = &requires[at + found.len()..];
        rest.split('\'').next().unwrap().to_owned()
    });
    facts.extras.extend(said);
    (version, facts)
}

fn direct_source(source: &RequirementSource) -> PackageSource {
    match source.clone() {
        RequirementSource::Url {
            url, subdirectory, ..
        } => PackageSource::Url { url, subdirectory },
        RequirementSource::Git {
            url,
            revision,
            subdirectory,
        } => PackageSource::Git {
            url,
            commit: "c".repeat(40),
            revision,
            subdirectory,
        },
        RequirementSource::Path { path, .. } => PackageSource::Path { path },
        RequirementSource::Index(_) => PackageSource::Index(IndexRole::Primary),
    }
}

impl Fixture {
    /// Resolves the fixture; the error is the explanation of the conflict.
    pub(crate) fn resolve(&self) -> Result<ResolveReport, String> {
        match resolve(&self.problem, &self.index) {
            Ok(resolved) => Ok(resolved),
            Err(ResolveError::Conflict(conflict)) => {
                Err(conflict.explain(&self.problem).to_string())
            }
            Err(ResolveError::Provider(never)) => match never {},
        }
    }

    /// The same fixture with `resolution` as the lock and nothing changed.
    pub(crate) fn locked(&self, resolution: &Resolution) -> Self {
        let mut again = self.clone();
        again.problem.pins = Pins::new(pins(resolution), resolution.forks.clone(), []);
        again
    }
}

/// The pins that a lock of this resolution has.
pub(crate) fn pins(resolution: &Resolution) -> Vec<VersionPin> {
    let pin = |node: &model::ResolutionNode| VersionPin {
        name: node.name.clone(),
        version: node.version.clone(),
        marker: node.marker.clone(),
        requires: node
            .dependencies
            .iter()
            .map(|one| one.name.clone())
            .collect(),
    };
    resolution.nodes.iter().map(pin).collect()
}

/// A resolution as text: a line for each node, a line for each warning.
pub(crate) fn text(resolved: &ResolveReport) -> String {
    let mut out = String::new();
    for node in &resolved.resolution.nodes {
        out.push_str(node.name.as_str());
        if !node.extras.is_empty() {
            let extras: Vec<&str> = node.extras.iter().map(|e| e.as_str()).collect();
            write!(out, "[{}]", extras.join(",")).unwrap();
        }
        write!(out, "=={}", node.version).unwrap();
        if !matches!(node.source, PackageSource::Index(_)) {
            out.push_str(" (direct)");
        }
        if node.marker != Marker::TRUE {
            write!(out, " ; {}", node.marker).unwrap();
        }
        out.push('\n');
    }
    for ResolveWarning::MissingExtra(name, extra) in &resolved.warnings {
        writeln!(out, "warning: {name} has no extra {extra}").unwrap();
    }
    out
}

/// Resolves the fixture and compares: nodes and warnings line by line, or `conflict`.
///
/// Whatever is expected, the resolution must be exact in every environment, must not depend on the
/// order of the requirements, and must stay the same if it is the lock.
#[track_caller]
pub(crate) fn check(input: &str, expect: &str) {
    let fixture = fixture(input);
    let resolved = fixture.resolve();
    let lines = |text: &str| {
        let lines: Vec<&str> = text
            .lines()
            .map(str::trim)
            .filter(|l| !l.is_empty())
            .collect();
        lines.join("\n")
    };
    let got = match &resolved {
        Ok(resolved) => lines(&text(resolved)),
        Err(_) => "conflict".to_owned(),
    };
    let told = resolved.as_ref().err().cloned().unwrap_or_default();
    assert_eq!(got, lines(expect), "{told}");
    if let Ok(resolved) = resolved {
        judge::check_exact(&fixture, &resolved.resolution);
        let mut shuffled = fixture.clone();
        shuffled.problem.inputs.requirements.reverse();
        shuffled.problem.inputs.constraints.reverse();
        assert_eq!(shuffled.resolve().as_ref(), Ok(&resolved), "order matters");
        let again = fixture.locked(&resolved.resolution).resolve();
        assert_eq!(again.as_ref(), Ok(&resolved), "the second lock differs");
    }
}
