//! What a user asks for: one module each, glue between the rooms. A goal takes a request and gives
//! a report; it knows no flag and prints nothing, but tells its [`session::Reporter`].

pub mod environments;
pub mod error;
pub mod graph;
pub mod locking;
pub mod packaging;
pub mod publishing;
pub mod releasing;
pub mod session;
pub mod supply;
pub mod trial;
