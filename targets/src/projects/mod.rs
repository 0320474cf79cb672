//! What follows for a repository without BUILD files from its projects: the `pyproject.toml` files of
//! uv workspaces, of Poetry, of PDM and of no tool at all.
//!
//! The answer is text: the settings and the BUILD files that somebody would write who knows the
//! repository. From there on nothing is special: the one reader of settings and the one evaluator of
//! BUILD files take them, so that inferred targets are targets like any others.

mod conflicts;
mod declare;
mod found;
mod groups;
mod indexes;
mod infer;
mod inferred;
mod layout;
mod manifest;
mod members;
mod misspelt;
mod requirement_files;
mod settings;
mod settings_text;
mod uv_settings;

#[cfg(test)]
mod tests;

pub use inferred::{ExcludedGroup, IgnoredKey, InferredBuildFile, InferredRepository};
