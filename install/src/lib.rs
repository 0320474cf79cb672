//! Makes a virtual environment from a lock and wheels.
//!
//! This room touches files and starts interpreters, but knows no index and no flags. The caller
//! provides what it needs from an index, such as the wheels of a build's requirements.

pub mod build;
pub mod editor;
pub mod environment;
mod files;
mod protected;
pub mod python;
mod select;
mod store;
pub mod sweep;
#[cfg(test)]
mod testing;
mod unpack_folder;

pub use protected::STATE_FILE;
pub use select::{SelectError, SelectedFile, SelectedPackage, select};
pub use store::{Store, UnpackProblem, UnpackedWheel, WheelError};
