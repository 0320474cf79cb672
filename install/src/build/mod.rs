//! Builds from source in isolation (PEP 517, PEP 518): metadata for a resolver, wheels for an
//! environment. Each file is built once for an interpreter, and what came of it is kept.

mod backend;
mod builder;
mod environments;
mod error;
mod executor;
mod project;
mod server;
mod source;
#[cfg(test)]
mod tests;
mod unpack_sdist;

pub use backend::HookOptions;
pub use builder::{
    BuildRequirements, BuildRequires, BuildWheel, BuiltSdist, BuiltWheel, PackageBuilder,
    ProvidedWheels,
};
pub use environments::Environments;
pub use error::{BuildError, BuildProblem};
pub use executor::{BuildExecutor, BuildOrigin, BuildTask, MadeFile};
pub use source::{ProjectSource, SourceIdentity};
pub use unpack_sdist::{UnpackError, unpack_sdist};
