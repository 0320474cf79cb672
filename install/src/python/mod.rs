//! Interpreters: where they may be, what each of them is, and which one a resolve may use.

mod ask;
mod find;
mod interpreter;
mod request;
mod search_path;
mod tags;

pub use ask::{AskError, Interpreters};
pub use find::{NoInterpreter, UnfitInterpreter, UnfitReason};
#[cfg(test)]
pub(crate) use interpreter::tests::invented;
pub use interpreter::{Interpreter, InterpreterFactsError, Scheme};
pub use request::PythonRequest;
pub use search_path::{
    PythonCandidate, PythonLocations, SearchOrigin, SearchPath, SearchPathError,
};
pub use tags::CompatibleTags;
