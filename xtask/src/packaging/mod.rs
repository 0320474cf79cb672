//! Packaging: distributions as the target graph has them become wheels and source distributions.
//!
//! This is the glue between the rooms: `targets` says what a distribution owns and requires,
//! `lockfile` what its requirements are locked to, `wheel` writes and verifies.

mod archive;
mod artifact;
mod backend;
mod describe;
mod distribution;
mod metadata;
mod platforms;
mod previous;
mod requirements;
mod select;
mod time;
mod trial;
mod writing;

pub(crate) use artifact::{Mistake, artifact, entry_points};
pub(crate) use distribution::{Distribution, Files, Formats, OwnBackend, OwnedFile};
pub(crate) use platforms::Asked;
pub(crate) use previous::Previous;
pub(crate) use select::{Choice, Imports, Selected, requirements_of_all, select};
pub(crate) use trial::try_wheels;
pub(crate) use writing::{BuildOptions, Built, Checks, Job, NOT_KEPT, Packager};
