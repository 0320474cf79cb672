//! The packages of a lock, linked: which locked package answers which requirement.
//!
//! A lock says of each package what it requires, not which package answers, since several
//! versions of one project may be locked under markers that exclude each other.

use model::{
    ExtraName, Lock, LockedPackage, Marker, PackageSource, Requirement, RequirementSource,
};
use rustc_hash::FxHashMap;

/// A lock's packages as nodes, by their position in [`Lock::packages`], and its requirements as
/// edges.
#[derive(Debug)]
pub struct LockGraph<'a> {
    lock: &'a Lock,
    by_name: FxHashMap<&'a str, Vec<usize>>,
    roots: Vec<Edge<'a>>,
    // One list for each package.
    edges: Vec<Vec<Edge<'a>>>,
}

/// A requirement and the packages that answer it.
#[derive(Debug, Clone)]
pub struct Edge<'a> {
    /// The requirement as the lock has it.
    pub requirement: &'a Requirement,
    /// The extra of the requiring package that brings it, where no installation without extras
    /// would.
    pub extra: Option<&'a ExtraName>,
    /// Where it is required: its marker and that of the requiring package, extras decided.
    pub marker: Marker,
    /// The packages that answer it: several where versions differ by marker.
    pub to: Vec<usize>,
}

/// Links a lock's packages.
#[must_use]
pub fn graph(lock: &Lock) -> LockGraph<'_> {
    let mut by_name: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    for (at, package) in lock.packages.iter().enumerate() {
        by_name.entry(package.name.as_str()).or_default().push(at);
    }
    let mut graph = LockGraph {
        lock,
        by_name,
        roots: Vec::new(),
        edges: Vec::new(),
    };
    let universe = lock.inputs.universe();
    let requirements = lock.inputs.requirements.iter();
    graph.roots = requirements
        .map(|requirement| graph.edge(requirement, &[], &Marker::TRUE, &universe))
        .collect();
    graph.edges = lock
        .packages
        .iter()
        .map(|package| {
            let edge = |d| graph.edge(d, &package.extras, &package.marker, &universe);
            package.dependencies.iter().map(edge).collect()
        })
        .collect();
    graph
}

impl<'a> LockGraph<'a> {
    /// The lock that is linked.
    #[must_use]
    pub fn lock(&self) -> &'a Lock {
        self.lock
    }

    /// The package at a position.
    #[must_use]
    pub fn package(&self, at: usize) -> &'a LockedPackage {
        &self.lock.packages[at]
    }

    /// The lock's own requirements.
    #[must_use]
    pub fn roots(&self) -> &[Edge<'a>] {
        &self.roots
    }

    /// What a package requires.
    #[must_use]
    pub fn dependencies(&self, at: usize) -> &[Edge<'a>] {
        &self.edges[at]
    }

    /// Who requires a package, with the edge; `None` stands for the lock's own requirements.
    pub fn dependents(&self, at: usize) -> impl Iterator<Item = (Option<usize>, &Edge<'a>)> {
        let roots = self.roots.iter().map(|edge| (None, edge));
        let packages = self.edges.iter().enumerate();
        let packages =
            packages.flat_map(|(from, edges)| edges.iter().map(move |e| (Some(from), e)));
        roots
            .chain(packages)
            .filter(move |(_, edge)| edge.to.contains(&at))
    }

    /// The positions of a project's packages, by version.
    #[must_use]
    pub fn find(&self, name: &str) -> &[usize] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// For each package whether some requirement leads to it.
    #[must_use]
    pub fn reachable(&self) -> Vec<bool> {
        let mut seen = vec![false; self.edges.len()];
        let mut open: Vec<usize> = self.roots.iter().flat_map(|e| e.to.clone()).collect();
        while let Some(at) = open.pop() {
            if !std::mem::replace(&mut seen[at], true) {
                open.extend(self.edges[at].iter().flat_map(|edge| &edge.to));
            }
        }
        seen
    }

    fn edge(
        &self,
        requirement: &'a Requirement,
        extras: &'a [ExtraName],
        within: &Marker,
        universe: &Marker,
    ) -> Edge<'a> {
        let own = requirement.marker.with_extras(extras);
        let brings = |extra: &&ExtraName| !is_required(requirement, std::slice::from_ref(*extra));
        let extra = if requirement.marker.has_extra() && !is_required(requirement, &[]) {
            extras.iter().find(|extra| !brings(extra))
        } else {
            None
        };
        let marker = own.and(within);
        let candidates = self.find(requirement.name.as_str());
        // Only where markers choose does it matter how variables bind each other.
        let bound = (candidates.len() > 1).then(|| marker.and(universe));
        let where_required = bound.as_ref().unwrap_or(&marker);
        let to = candidates
            .iter()
            .copied()
            .filter(|&at| {
                let package = self.package(at);
                answers(package, requirement) && !package.marker.is_disjoint(where_required)
            })
            .collect();
        Edge {
            requirement,
            extra,
            marker,
            to,
        }
    }
}

fn is_required(requirement: &Requirement, extras: &[ExtraName]) -> bool {
    !requirement.marker.with_extras(extras).is_false()
}

/// Whether a package is one that a requirement asks for, markers aside.
#[must_use]
pub fn answers(package: &LockedPackage, requirement: &Requirement) -> bool {
    if package.name != requirement.name {
        return false;
    }
    match (&requirement.source, &package.source) {
        (RequirementSource::Index(specifiers), _) => specifiers.0.contains(&package.version),
        (
            RequirementSource::Url { url, subdirectory },
            PackageSource::Url {
                url: locked_url,
                subdirectory: locked_subdirectory,
            },
        ) => (url, subdirectory) == (locked_url, locked_subdirectory),
        (
            RequirementSource::Git {
                url,
                revision,
                subdirectory,
            },
            PackageSource::Git {
                url: locked_url,
                revision: locked_revision,
                subdirectory: locked_subdirectory,
                ..
            },
        ) => (url, revision, subdirectory) == (locked_url, locked_revision, locked_subdirectory),
        (RequirementSource::Path { path }, PackageSource::Path { path: locked }) => path == locked,
        _ => false,
    }
}
