//! A repository as its BUILD files declare it, with their defaults applied, and the questions about
//! it.

mod declaration;
mod defaults;
#[allow(
    clippy::module_inception,
    reason = "the repository is what the folder is about"
)]
mod repository;

#[cfg(test)]
mod tests;

pub use declaration::{BuildDir, Declaration};
pub(crate) use declaration::{DeclarationId, Rules, RulesId};
pub use repository::{Repository, build_files};
