//! Packaging: distributions of the target graph become wheels and source distributions.
//!
//! This ties rooms together: `targets` knows what a distribution owns and requires, `lockfile` what
//! its requirements are locked to, and `wheel` writes and verifies.

mod action_files;
mod archive;
mod archive_action;
mod artifact;
mod backend;
mod backend_version;
mod declared;
mod describe;
mod distribution;
mod generated;
mod jobs;
mod judged;
mod licenses;
mod members;
mod metadata;
mod package_data;
mod platforms;
mod previous;
mod project;
mod project_version;
mod requirements;
mod select;
mod setup_py;
mod source_file;
mod time;
mod wheel_options;
mod writing;

pub use artifact::{FieldMistake, ProvidedArtifact, artifact, entry_points};
pub(crate) use backend_version::{BackendVersions, UnversionedProject};
pub use declared::{DeclaredDistribution, declared_distributions};
pub use distribution::{
    DataFile, Formats, OwnBackend, OwnedFile, PackagedDistribution, PackagedFiles, WheelOptions,
};
pub use generated::{GeneratedFiles, PRETENDED_VERSION};
pub(crate) use generated::{generated_files, tagged_release};
pub use jobs::{
    AddressedArchive, JobChoice, PlatformChoice, ReleasedDistributions, built_apart, jobs,
    refuse_binaries, refuse_twins, required,
};
pub use platforms::PlatformRequest;
pub use previous::Previous;
pub(crate) use project::DeclaredProject;
pub use project_version::ProjectVersion;
pub use select::{
    Choice, ImportCollection, SelectedDistributions, requirements_of_all, select, select_of,
};
pub use writing::{BuildOptions, BuiltArchive, Checks, Job, NOT_KEPT, Packager};
