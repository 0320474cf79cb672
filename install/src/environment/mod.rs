//! Virtual environments that contain exactly what they should, and are changed in place without
//! damage.

mod damage;
mod error;
mod items;
mod layout;
mod owners;
mod place;
mod scripts;
mod skeleton;
mod state;
mod sync;
#[cfg(test)]
mod tests;
mod wanted;

pub use damage::{Changes, EnvironmentFinding};
pub use error::EnvironmentError;
pub use sync::{Environment, SyncOutcome, SyncReport};
pub use wanted::{Bytecode, EditableProject, EnvironmentContents, StoredWheel};
