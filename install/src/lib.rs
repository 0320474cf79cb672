//! From a lock and wheels to a virtual environment.
//!
//! Touches files and starts interpreters; knows neither indexes nor flags. What it needs of an
//! index, such as the wheels of a build's requirements, its caller hands in.

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
