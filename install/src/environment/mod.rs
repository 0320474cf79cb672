//! Virtual environments that contain exactly what they should, and are changed in place without
//! damage.

mod compile;
mod content_time;
mod damage;
mod error;
mod folder_handle;
mod folder_stamps;
mod folders;
mod items;
mod layout;
mod listing;
mod owners;
mod place;
mod report;
mod run;
mod scripts;
mod skeleton;
mod state;
mod strays;
mod sync;
#[cfg(test)]
mod tests;
mod wanted;

pub use damage::{Changes, EnvironmentFinding};
pub use error::EnvironmentError;
pub use owners::FileCollision;
pub use report::{SyncOutcome, SyncReport};
pub use sync::Environment;
pub use wanted::{
    Bytecode, EditableProject, EnvironmentContents, ForeignPackages, LinkMode, LinkModeError,
    Relocation, Renewal, StoredWheel, SyncPolicy,
};
