//! How far a BUILD file may go. Each limit is far beyond what declarations need, and stops a slip
//! with an error before it fills the memory, the stack or the day.

/// How deep calls may nest before it is taken for endless recursion.
pub(crate) const MAX_CALLS: usize = 64;
/// How deep expressions may nest; the stack of a worker thread bears it.
pub(crate) const MAX_DEPTH: usize = 200;
/// How many steps a BUILD file may take before it is taken for endless. A statement, a call and an
/// item that is looked at are a step each.
pub(crate) const MAX_STEPS: usize = 5_000_000;
/// The most parts that a text or collection may have.
pub(crate) const MAX_SIZE: usize = 1 << 20;
/// How deep values may be nested where they are printed, compared or frozen.
pub(crate) const MAX_NESTING: usize = 100;
/// How many parts may be looked at to print, compare or freeze one value.
pub(crate) const MAX_PARTS: usize = 1 << 20;
/// How many items `sum` may copy.
pub(crate) const MAX_COPIED: usize = 1 << 23;
