//! From a lock and wheels to a virtual environment.
//!
//! Touches files and starts interpreters; knows neither indexes nor flags. What it needs of an
//! index, such as the wheels of a build's requirements, its caller hands in.

mod archive;
pub mod build;
pub mod editor;
pub mod environment;
mod files;
pub mod python;
mod select;
mod store;
pub mod sweep;
#[cfg(test)]
mod testing;

pub use archive::{PathProblem, WheelError, WheelProblem};
pub use select::{SelectError, Selected, SelectedFile, select};
pub use store::{Store, UnpackedWheel};
