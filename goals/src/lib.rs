//! What a user asks for: one module each, glue between the rooms.

pub mod environments;
pub mod error;
pub mod graph;
pub mod locking;
pub mod packaging;
pub mod processes;
pub mod progress;
pub mod publishing;
pub mod releasing;
pub mod session;
pub mod settings;
pub mod style;
