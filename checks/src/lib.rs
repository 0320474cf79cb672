//! Linters, formatters, fixers and type checkers as data: which files, how each is called, what its answers mean.
//!
//! [`ToolTable`] has a row for each tool, from `tools.toml`. [`Invocation`] makes the arguments of a
//! process of a row, [`Verdict`] a meaning of its exit code, [`Finding`]s the lines that it prints.

mod finding;
mod invocation;
mod table;
mod tool;
mod verdict;

pub use finding::{Finding, FindingLevel, FindingTemplate, FindingTemplateError};
pub use invocation::{CallMode, Invocation, batches};
pub use table::{ToolTable, ToolTableError};
pub use tool::{BuildFileFormatter, CheckTool, Partitioning, ToolKind};
pub use verdict::Verdict;
