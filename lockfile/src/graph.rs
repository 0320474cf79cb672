//! The packages of a lock as a graph: which locked package satisfies which requirement.
//!
//! A lock lists what each package requires, but not which package satisfies the requirement:
//! several versions of one project may be locked under markers that exclude each other.

use model::{
    ExtraName, FileDigests, Lock, LockedPackage, Marker, PackageSource, Requirement,
    RequirementSource,
};
use rustc_hash::FxHashMap;

/// A graph with the packages of a lock as nodes and their requirements as edges. A node is named by
/// its position in [`Lock::packages`].
#[derive(Debug)]
pub struct LockGraph<'a> {
    lock: &'a Lock,
    by_name: FxHashMap<&'a str, Vec<usize>>,
    roots: Vec<Edge<'a>>,
    // One list for each package, by position.
    edges: Vec<Vec<Edge<'a>>>,
}

/// A requirement and the packages that satisfy it.
#[derive(Debug, Clone)]
pub struct Edge<'a> {
    /// The requirement as the lock has it.
    pub requirement: &'a Requirement,
    /// The extra of the requiring package that the requirement belongs to; `None` if it also holds
    /// without extras.
    pub extra: Option<&'a ExtraName>,
    /// The environments in which it is required: those of its own marker and of the requiring
    /// package's, with conditions on extras decided.
    pub marker: Marker,
    /// The packages that satisfy it: several if versions differ by marker.
    pub to: Vec<usize>,
}

/// Makes the graph of a lock.
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
    /// The lock that the graph was made from.
    #[must_use]
    pub fn lock(&self) -> &'a Lock {
        self.lock
    }

    /// The package at a position in [`Lock::packages`].
    #[must_use]
    pub fn package(&self, at: usize) -> &'a LockedPackage {
        &self.lock.packages[at]
    }

    /// The requirements of the lock itself.
    #[must_use]
    pub fn roots(&self) -> &[Edge<'a>] {
        &self.roots
    }

    /// The requirements of a package.
    #[must_use]
    pub fn dependencies(&self, at: usize) -> &[Edge<'a>] {
        &self.edges[at]
    }

    /// The packages that require a package, each with the edge; `None` stands for the lock itself.
    pub fn dependents(&self, at: usize) -> impl Iterator<Item = (Option<usize>, &Edge<'a>)> {
        let roots = self.roots.iter().map(|edge| (None, edge));
        let packages = self.edges.iter().enumerate();
        let packages =
            packages.flat_map(|(from, edges)| edges.iter().map(move |e| (Some(from), e)));
        roots
            .chain(packages)
            .filter(move |(_, edge)| edge.to.contains(&at))
    }

    /// The positions of the locked packages of a project, sorted by version.
    #[must_use]
    pub fn find(&self, name: &str) -> &[usize] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// For each package, whether a chain of requirements leads to it from those of the lock.
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
        // How the variables of a platform depend on each other only matters if markers decide
        // between several candidates.
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

/// Whether a package satisfies a requirement, markers aside.
#[must_use]
pub fn answers(package: &LockedPackage, requirement: &Requirement) -> bool {
    if package.name != requirement.name {
        return false;
    }
    match (&requirement.source, &package.source) {
        (RequirementSource::Index(specifiers), _) => specifiers.0.contains(&package.version),
        (
            RequirementSource::Url {
                url,
                subdirectory,
                digests,
            },
            PackageSource::Url {
                url: locked_url,
                subdirectory: locked_subdirectory,
            },
        ) => (url, subdirectory) == (locked_url, locked_subdirectory) && has(package, digests),
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
        (RequirementSource::Path { path, digests }, PackageSource::Path { path: locked }) => {
            path == locked && has(package, digests)
        }
        _ => false,
    }
}

/// Whether the archive of a direct reference is one with these digests, as far as the lock knows.
fn has(package: &LockedPackage, digests: &FileDigests) -> bool {
    let mut files = package.sdist.iter().chain(&package.wheels);
    files.all(|file| file.sha256.is_none_or(|it| digests.admit_sha256(it)))
}
