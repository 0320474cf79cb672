//! One target of the graph, and the compact form in which all of them are kept.

use std::ops::Range;
use std::sync::Arc;

use crate::kinds::TargetType;
use buildfile::Data;

/// A target, by its position in the graph.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TargetId(pub(crate) u32);

impl TargetId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// The targets with these positions.
pub(crate) fn ids(range: &Range<u32>) -> impl Iterator<Item = TargetId> + use<> {
    range.clone().map(TargetId)
}

/// Fields with their values.
pub(crate) type Fields = Arc<[(Arc<str>, Data)]>;

/// One target.
#[derive(Debug)]
pub struct Target {
    /// How it is named everywhere.
    pub address: Arc<str>,
    /// Its type.
    pub kind: Arc<str>,
    /// What is known of its type.
    pub known: Option<&'static TargetType>,
    /// The file that it owns, if it owns exactly one.
    pub source: Option<Arc<str>>,
    /// The folder of the BUILD file that declares it.
    pub dir: Arc<str>,
    /// Where it comes from.
    pub(crate) origin: Origin,
    /// The generator that it comes from.
    pub(crate) generator: Option<TargetId>,
    /// What it generates.
    pub(crate) generated: Range<u32>,
    /// Values that replace those of the declaration: overrides and choices.
    pub(crate) own: Option<Fields>,
    /// The chosen parameters.
    pub(crate) params: Params,
    /// Its resolve, if its type has one.
    pub(crate) resolve: Option<ResolveId>,
}

/// Parameter and chosen alias, sorted by parameter.
pub(crate) type Params = Arc<[(Arc<str>, Arc<str>)]>;

/// A resolve by its position among the sorted names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct ResolveId(pub(crate) u16);

/// Where a target comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A declaration: positions of its folder and within it.
    Declared {
        /// Among the folders with BUILD files.
        dir: u32,
        /// Among the folder's declarations.
        at: u32,
    },
    /// The settings: a lockfile.
    Settings,
}

impl Target {
    /// Whether it stands for the targets that it generates.
    #[must_use]
    pub fn is_generator(&self) -> bool {
        self.generated.start < self.generated.end
            || self.known.is_some_and(TargetType::is_generator)
    }
}
