//! Explains why a package is in a lock: by chains from the lock's requirements to it.

use std::collections::{HashSet, VecDeque};
use std::fmt;

use model::{ExtraName, Lock, LockedPackage, Marker, Requirement};

use crate::graph::{Edge, LockGraph, graph};
use crate::split::{IncomingRequirement, SplitReason, VersionSplit};

/// The chains to one package.
#[derive(Debug, Clone)]
pub struct Why<'a> {
    /// The package.
    pub package: &'a LockedPackage,
    /// The chains, shortest first.
    pub chains: Vec<Chain<'a>>,
    /// Whether there are more chains than were asked for.
    pub more: bool,
    /// Where other versions of the project are locked as well.
    pub split: Option<VersionSplit>,
}

/// One chain from a requirement of the lock to a package.
#[derive(Debug, Clone)]
pub struct Chain<'a> {
    /// The links: the first satisfies a requirement of the lock, the last is the package.
    pub steps: Vec<ChainLink<'a>>,
    /// The environments in which the whole chain holds.
    pub marker: Marker,
}

/// One package of a chain and the requirement that it satisfies.
#[derive(Debug, Clone, Copy)]
pub struct ChainLink<'a> {
    /// The requirement: of the lock, or of the package before.
    pub requirement: &'a Requirement,
    /// The extra of the package before that the requirement belongs to.
    pub extra: Option<&'a ExtraName>,
    /// The package.
    pub package: &'a LockedPackage,
}

/// The chains to each locked version of the project `name`, at most `limit` for each version; none
/// if the project is not locked.
#[must_use]
pub fn why<'a>(lock: &'a Lock, name: &str, limit: usize) -> Vec<Why<'a>> {
    let graph = graph(lock);
    let found = graph.find(name).iter();
    let mut found: Vec<Why<'a>> = found.map(|&at| chains(&graph, at, limit)).collect();
    let packages = found.iter().map(|why| why.package);
    let newest = packages.max_by(|a, b| a.version.cmp(&b.version));
    if let (2.., Some(newest)) = (found.len(), newest) {
        let versions = found.len();
        let universe = lock.inputs.universe();
        for why in &mut found {
            let required = why.chains.iter().filter_map(Chain::required);
            let reason = SplitReason::find(why.package, newest, required, lock);
            why.split = Some(VersionSplit {
                versions,
                marker: why.package.marker.simplify_within(&universe),
                reason,
            });
        }
    }
    found
}

/// A chain that begins at the package and does not yet reach a requirement of the lock.
struct Partial<'a> {
    // From the package backwards.
    steps: Vec<ChainLink<'a>>,
    marker: Marker,
    at: usize,
    // The extra that the requirement before must ask for.
    asked: Option<&'a ExtraName>,
    passed: HashSet<(usize, Option<&'a ExtraName>)>,
}

fn chains<'a>(graph: &LockGraph<'a>, package: usize, limit: usize) -> Why<'a> {
    let mut why = Why {
        package: graph.package(package),
        chains: Vec::new(),
        more: false,
        split: None,
    };
    let universe = graph.lock().inputs.universe();
    let mut open = VecDeque::from([Partial {
        steps: Vec::new(),
        marker: why.package.marker.clone(),
        at: package,
        asked: None,
        passed: HashSet::from([(package, None)]),
    }]);
    while let Some(partial) = open.pop_front() {
        for (from, edge) in graph.dependents(partial.at) {
            let Some(longer) = partial.back(graph, (from, edge), &universe) else {
                continue;
            };
            if from.is_some() {
                open.push_back(longer);
                continue;
            }
            if why.chains.len() == limit {
                why.more = true;
                return why;
            }
            let mut steps = longer.steps;
            steps.reverse();
            why.chains.push(Chain {
                steps,
                marker: longer.marker.simplify_within(&universe),
            });
        }
    }
    why
}

impl<'a> Partial<'a> {
    /// Makes the chain one link longer. `None` if it then holds in no environment, or passes a
    /// package twice.
    fn back(
        &self,
        graph: &LockGraph<'a>,
        (from, edge): (Option<usize>, &Edge<'a>),
        universe: &Marker,
    ) -> Option<Self> {
        if self
            .asked
            .is_some_and(|extra| !edge.requirement.extras.contains(extra))
        {
            return None;
        }
        let mut passed = self.passed.clone();
        if from.is_some_and(|from| !passed.insert((from, edge.extra))) {
            return None;
        }
        let marker = self.marker.and(&edge.marker);
        if marker.is_disjoint(universe) {
            return None;
        }
        let mut steps = self.steps.clone();
        steps.push(ChainLink {
            requirement: edge.requirement,
            extra: edge.extra,
            package: graph.package(self.at),
        });
        Some(Self {
            steps,
            marker,
            at: from.unwrap_or(self.at),
            asked: edge.extra,
            passed,
        })
    }
}

/// The package and its chains, one in each line.
impl fmt::Display for Why<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.heading())?;
        for chain in &self.chains {
            writeln!(f, "  {chain}")?;
        }
        if self.more {
            writeln!(f, "  … and more")?;
        }
        Ok(())
    }
}

impl Why<'_> {
    /// The package, and why other versions are locked beside it.
    #[must_use]
    pub fn heading(&self) -> String {
        let LockedPackage { name, version, .. } = self.package;
        match &self.split {
            Some(split) => format!("{name} {version}  ({split})"),
            None => format!("{name} {version}"),
        }
    }
}

impl<'a> Chain<'a> {
    /// Its last requirement.
    fn required(&self) -> Option<IncomingRequirement<'a>> {
        let (last, before) = self.steps.split_last()?;
        Some(IncomingRequirement {
            by: before.last().map(|step| step.package),
            requirement: last.requirement,
        })
    }

    /// The chain as text. `origin` tells where a requirement of the lock is declared.
    pub fn text(&self, origin: impl Fn(&Requirement) -> Option<String>) -> String {
        let mut out = String::new();
        for (at, step) in self.steps.iter().enumerate() {
            let Requirement { name, source, .. } = step.requirement;
            if at == 0 {
                let origin = origin(step.requirement);
                let origin = origin.as_deref().unwrap_or("requirement");
                out.push_str(&format!("{origin} `{}`", step.requirement));
            } else {
                out.push_str(&format!(" > {name}{}{source}", extras(step.requirement)));
            }
            if let Some(extra) = step.extra {
                out.push_str(&format!(" (extra {extra})"));
            }
            out.push_str(&format!(
                " > {} {}",
                step.package.name, step.package.version
            ));
        }
        if !self.marker.is_true() {
            out.push_str(&format!("  where {}", self.marker));
        }
        out
    }
}

/// As in ``requirement `a[x]>=1` > a 1.2 > b>=3 (extra x) > b 3.1``.
impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(|_| None))
    }
}

fn extras(requirement: &Requirement) -> String {
    let extras: Vec<&str> = requirement.extras.iter().map(ExtraName::as_str).collect();
    if extras.is_empty() {
        return String::new();
    }
    format!("[{}]", extras.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::small;

    #[track_caller]
    fn check(requirements: &[&str], packages: &[&str], name: &str) -> String {
        let lock = small(requirements, packages);
        why(&lock, name, 4)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn every_chain() {
        insta::assert_snapshot!(check(
            &["a>=1", "b"],
            &["a 1 : c>2", "b 2 : a & d", "c 3", "d 1 : c ; sys_platform == 'win32'"],
            "c"
        ), @"
        c 3
          requirement `a>=1` > a 1 > c>2 > c 3
          requirement `b` > b 2 > a > a 1 > c>2 > c 3
          requirement `b` > b 2 > d > d 1 > c > c 3  where sys_platform == 'win32'
        ");
    }

    #[test]
    fn through_extras() {
        insta::assert_snapshot!(check(
            &["a[all]", "b"],
            &["a[all,x] 1 : a[x] ; extra == 'all' & c ; extra == 'x'", "b 2 : a", "c 3"],
            "c"
        ), @"
        c 3
          requirement `a[all]` > a 1 > a[x] (extra all) > a 1 > c (extra x) > c 3
        ");
    }

    #[test]
    fn several_versions() {
        let mut lock = small(
            &["c", "d"],
            &[
                "c 1 ; python_full_version < '3.12.5'",
                "c 2 ; python_full_version >= '3.12.5'",
                "d 1",
            ],
        );
        for package in &mut lock.packages {
            if package.version.to_string() == "2" {
                package.requires_python = Some(">=3.12.5".parse().unwrap());
            }
        }
        let headings = |lock| {
            why(lock, "c", 4)
                .iter()
                .map(Why::heading)
                .collect::<Vec<_>>()
        };
        insta::assert_snapshot!(headings(&lock).join("\n"), @"
        c 1  (1 of 2 versions, where python_full_version < '3.12.5': 2 requires Python >=3.12.5)
        c 2  (1 of 2 versions, where python_full_version >= '3.12.5')
        ");
        assert_eq!(why(&lock, "d", 4)[0].heading(), "d 1");
    }

    #[test]
    fn forks_cycles_and_limits() {
        insta::assert_snapshot!(check(
            &["a ; os_name == 'nt'", "c", "d", "e", "f"],
            &["a 1 ; os_name == 'nt' : c<2", "c 1 ; os_name == 'nt' : d", "c 2 ; os_name != 'nt' : d", "d 1 : c & e & f", "e 1 : d", "f 1 : d"],
            "c"
        ), @"
        c 1  (1 of 2 versions, where os_name == 'nt': a 1 requires `c<2`, not 2)
          requirement `c` > c 1  where os_name == 'nt'
          requirement `a ; os_name == 'nt'` > a 1 > c<2 > c 1  where os_name == 'nt'
          requirement `d` > d 1 > c > c 1  where os_name == 'nt'
          requirement `e` > e 1 > d > d 1 > c > c 1  where os_name == 'nt'
          … and more
        c 2  (1 of 2 versions, where os_name != 'nt')
          requirement `c` > c 2  where os_name != 'nt'
          requirement `d` > d 1 > c > c 2  where os_name != 'nt'
          requirement `e` > e 1 > d > d 1 > c > c 2  where os_name != 'nt'
          requirement `f` > f 1 > d > d 1 > c > c 2  where os_name != 'nt'
        ");
        assert_eq!(check(&["a"], &["a 1"], "z"), "");
    }
}
