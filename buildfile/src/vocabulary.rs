//! What a BUILD file may say beyond Python. The caller hands it in: which targets there are is no
//! question of the language.

use std::sync::Arc;

use crate::data::Data;

/// The names that a BUILD file may use beyond Python's and its own.
pub trait Vocabulary: Sync {
    /// What `name` means.
    fn find(&self, name: &str) -> Option<Symbol<'_>>;

    /// All names, for suggestions.
    fn names(&self) -> Vec<&str>;

    /// What a name is that nobody knows, where it is called.
    fn unknown_names(&self) -> UnknownNames;

    /// Whether a name is known to add a declaration, though it resembles a known one.
    fn is_added(&self, _name: &str) -> bool {
        false
    }
}

/// What a name of a [`Vocabulary`] means.
pub enum Symbol<'v> {
    /// A call of it declares something.
    Declaration(Positional),
    /// A call of it is a value: an [`Object`](crate::Object).
    Constructor,
    /// A call of it is a choice: a [`Parametrize`](crate::Parametrize).
    Choice,
    /// It is a value.
    Constant(Data),
    /// A call of it is a path, with `.name`, `.parent` and `/`.
    Path(&'v str),
    /// A call of it opens a text file: this function gives the text, or fails with its message.
    Open(Box<FileFunction<'v>>),
    /// A call of it is what this function of plain data gives, or fails with its message.
    Function(Box<PlainFunction<'v>>),
}

/// Reads the file of a path.
pub type FileFunction<'v> = dyn Fn(&str) -> Result<String, String> + 'v;

/// A function of plain data: of positional arguments and of named ones.
pub type PlainFunction<'v> = dyn Fn(&[Data], &[(Arc<str>, Data)]) -> Result<Data, String> + 'v;

/// Whether a declaration takes positional arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Positional {
    /// It does.
    Allowed,
    /// It takes fields by keyword only.
    Refused,
}

/// What is done with a name that nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownNames {
    /// It is an error.
    Errors,
    /// A call of it declares something, unless it resembles a known name: others may add names.
    Declarations,
}
