//! A small hermetic evaluator for BUILD files: Python's syntax (from ruff's parser), the part
//! of its meaning that declarations need, no files, no imports, no clock.
//!
//! Evaluation yields [`Event`]s in source order; defaults and rules are applied later, so that
//! files can be evaluated in parallel.

mod arguments;
mod builtins;
mod data;
mod error;
mod expression;
mod format;
mod interpreter;
mod method;
mod operator;
mod source;
mod value;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use data::{Data, Object, Parametrize};
pub use error::{EvalError, Frame};
pub use source::Source;

use model::Place;

/// What evaluation may know besides the file itself.
#[derive(Clone, Copy, Debug)]
pub struct Context<'c> {
    /// The directory of the BUILD file relative to the root, `""` for the root itself.
    pub directory: &'c str,
    /// Variables that `env()` can read.
    pub env: &'c BTreeMap<String, String>,
    /// The value of `PANTS_VERSION`.
    pub pants_version: &'c str,
    /// Names of the known target types.
    pub target_types: &'c dyn Symbols,
    /// Whether an unknown name that is called is taken for a target type of a plugin.
    pub plugins: Plugins,
}

/// Whether target types may exist that we do not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plugins {
    /// Every type is known: an unknown name is an error.
    None,
    /// In-repository plugins may add types: an unknown name that resembles no known one is an
    /// opaque target.
    Possible,
}

/// The names of target types.
pub trait Symbols: Sync + std::fmt::Debug {
    /// All of them, sorted.
    fn names(&self) -> &[&'static str];
}

/// One thing that a BUILD file says, in source order.
#[derive(Clone, Debug)]
pub enum Event {
    /// A target type was called.
    Target(Call),
    /// `__defaults__(…)`.
    Defaults(Call),
    /// `__dependencies_rules__(…)`.
    DependenciesRules(Call),
    /// `__dependents_rules__(…)`.
    DependentsRules(Call),
}

/// A call that declares something.
#[derive(Clone, Debug)]
pub struct Call {
    /// What was called.
    pub name: Arc<str>,
    /// Positional arguments.
    pub positional: Vec<Data>,
    /// Keyword arguments in order.
    pub fields: Vec<Field>,
    /// The file that contains the call: the BUILD file or a prelude.
    pub source: Arc<Source>,
    /// Byte offset of the call.
    pub offset: u32,
    /// The macros it came through, outermost first.
    pub stack: Vec<Frame>,
    /// Whether the name is no known target type.
    pub opaque: bool,
}

/// A keyword argument of a [`Call`].
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: Arc<str>,
    /// Its value.
    pub value: Data,
    /// Byte offset of the argument in the call's source; of the call if it was unpacked.
    pub offset: u32,
}

impl Call {
    /// The value of a keyword argument.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Data> {
        self.fields
            .iter()
            .find(|field| &*field.name == name)
            .map(|field| &field.value)
    }

    /// Where the user wrote it: the outermost macro call, else the call itself.
    #[must_use]
    pub fn place(&self) -> Place {
        self.stack.first().map_or_else(
            || self.source.place(self.offset.into()),
            |frame| frame.place.clone(),
        )
    }

    /// Where the argument of that name stands, else the call.
    #[must_use]
    pub fn field_place(&self, name: &str) -> Place {
        self.fields
            .iter()
            .find(|field| &*field.name == name)
            .filter(|_| self.stack.is_empty())
            .map_or_else(
                || self.place(),
                |field| self.source.place(field.offset.into()),
            )
    }

    /// Where `text` stands within the argument of that name, else the argument.
    #[must_use]
    pub fn text_place(&self, name: &str, text: &str) -> Place {
        let found = self
            .fields
            .iter()
            .find(|field| &*field.name == name && self.stack.is_empty())
            .and_then(|field| self.source.find_after(field.offset, text));
        found.unwrap_or_else(|| self.field_place(name))
    }
}

/// Evaluates a BUILD file after its preludes.
///
/// # Errors
/// The first error, with place and call stack.
pub fn evaluate(
    file: &Arc<Source>,
    preludes: &[Arc<Source>],
    context: Context<'_>,
) -> Result<Vec<Event>, EvalError> {
    interpreter::Interpreter::new(context).run(file, preludes)
}
