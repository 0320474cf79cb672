//! One target of the graph, and the compact form in which all of them are kept.

use std::ops::{Index, IndexMut};
use std::sync::Arc;

use fixedbitset::FixedBitSet;

use crate::kinds::{Content, Role, TargetType};
use crate::repository::DeclarationId;
use buildfile::Data;

/// A target, by its position in the graph.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TargetId(usize);

/// Fields with their values.
pub(crate) type FieldValues = Arc<[(Arc<str>, Data)]>;

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
    /// The files that it owns, if its type may own several.
    pub sources: Arc<[Arc<str>]>,
    /// The folder of the BUILD file that declares it.
    pub dir: Arc<str>,
    /// The declaration that it comes from; `None` for a lockfile, which settings name.
    pub(crate) declaration: Option<DeclarationId>,
    /// The generator that it comes from.
    pub(crate) generator: Option<TargetId>,
    /// What it generates.
    pub(crate) generated: TargetRange,
    /// Values that replace those of the declaration: overrides and choices.
    pub(crate) own: Option<FieldValues>,
    /// The chosen parameters.
    pub(crate) parameters: Parameters,
    /// Its resolve, if its type has one.
    pub(crate) resolve: Option<ResolveId>,
}

/// Parameter and chosen alias, sorted by parameter.
pub(crate) type Parameters = Arc<[(Arc<str>, Arc<str>)]>;

/// A resolve by its position among the sorted names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct ResolveId(pub(crate) usize);

impl Target {
    /// What its type does in the graph.
    #[must_use]
    pub fn role(&self) -> Role {
        self.known.map_or(Role::Opaque, |known| known.role)
    }

    /// Whether it stands for the targets that it generates.
    #[must_use]
    pub fn is_generator(&self) -> bool {
        !self.generated.is_empty() || self.known.is_some_and(TargetType::is_generator)
    }

    /// The files that it owns.
    pub fn files(&self) -> impl Iterator<Item = &Arc<str>> {
        self.source.iter().chain(self.sources.iter())
    }

    /// Whether it is a Python source or test.
    #[must_use]
    pub fn is_python(&self) -> bool {
        matches!(
            self.role(),
            Role::File {
                content: Content::Python | Content::Test,
                ..
            }
        )
    }

    /// Whether it is one file of that content.
    pub(crate) fn is_file_of(&self, wanted: Content) -> bool {
        matches!(self.role(), Role::File { content, .. } if content == wanted)
    }
}

/// All targets. Every [`TargetId`] is handed out here.
#[derive(Debug, Default)]
pub(crate) struct TargetArena(Vec<Target>);

impl TargetArena {
    /// Keeps a target.
    pub(crate) fn push(&mut self, target: Target) -> TargetId {
        let id = self.next();
        self.0.push(target);
        id
    }

    /// The id of the target that is kept next.
    pub(crate) fn next(&self) -> TargetId {
        TargetId(self.0.len())
    }

    /// The targets from `start` to the last one.
    pub(crate) fn since(&self, start: TargetId) -> TargetRange {
        TargetRange {
            start,
            end: self.next(),
        }
    }

    /// All targets, in order.
    pub(crate) fn all(&self) -> TargetRange {
        self.since(TargetId(0))
    }

    /// One value for each target, made by `value`.
    pub(crate) fn map<T>(&self, value: impl FnMut(TargetId) -> T) -> TargetMap<T> {
        TargetMap(self.all().ids().map(value).collect())
    }

    /// The set of no targets.
    pub(crate) fn empty_set(&self) -> TargetSet {
        TargetSet(FixedBitSet::with_capacity(self.0.len()))
    }
}

impl Index<TargetId> for TargetArena {
    type Output = Target;

    fn index(&self, id: TargetId) -> &Target {
        &self.0[id.0]
    }
}

impl IndexMut<TargetId> for TargetArena {
    fn index_mut(&mut self, id: TargetId) -> &mut Target {
        &mut self.0[id.0]
    }
}

/// Targets that follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TargetRange {
    start: TargetId,
    end: TargetId,
}

impl TargetRange {
    /// The range of no targets.
    pub(crate) const EMPTY: Self = Self {
        start: TargetId(0),
        end: TargetId(0),
    };

    /// Whether there are none.
    pub(crate) fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The first one.
    pub(crate) fn first(self) -> Option<TargetId> {
        self.ids().next()
    }

    /// The targets, in order.
    pub(crate) fn ids(self) -> impl Iterator<Item = TargetId> + use<> {
        (self.start.0..self.end.0).map(TargetId)
    }
}

/// One value for each target.
#[derive(Clone, Debug, Default)]
pub struct TargetMap<T>(Vec<T>);

impl<T> Index<TargetId> for TargetMap<T> {
    type Output = T;

    fn index(&self, id: TargetId) -> &T {
        &self.0[id.0]
    }
}

impl<T> IndexMut<TargetId> for TargetMap<T> {
    fn index_mut(&mut self, id: TargetId) -> &mut T {
        &mut self.0[id.0]
    }
}

impl<T> TargetMap<T> {
    /// Targets and their values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (TargetId, &T)> {
        self.0
            .iter()
            .enumerate()
            .map(|(at, value)| (TargetId(at), value))
    }
}

/// A set of targets of one graph: a bit for each of the graph.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetSet(FixedBitSet);

impl TargetSet {
    /// Adds a target; whether it is new.
    pub(crate) fn insert(&mut self, id: TargetId) -> bool {
        !self.0.put(id.0)
    }

    /// Takes a target out.
    pub(crate) fn remove(&mut self, id: TargetId) {
        self.0.set(id.0, false);
    }

    /// Adds those of another set.
    pub fn add(&mut self, other: &Self) {
        self.0.union_with(&other.0);
    }

    /// Takes those of another set out.
    pub fn take_out(&mut self, other: &Self) {
        self.0.difference_with(&other.0);
    }

    /// Whether a target is in it.
    #[must_use]
    pub fn contains(&self, id: TargetId) -> bool {
        self.0.contains(id.0)
    }

    /// Its targets, in order.
    pub fn iter(&self) -> impl Iterator<Item = TargetId> {
        self.0.ones().map(TargetId)
    }

    /// Those of its targets that are in another set, in order.
    pub fn also_in<'s>(&'s self, other: &'s Self) -> impl Iterator<Item = TargetId> + 's {
        self.0.intersection(&other.0).map(TargetId)
    }
}
