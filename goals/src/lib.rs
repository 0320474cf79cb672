//! One module for each thing that a user asks for. A goal takes a request and gives a report. It
//! has no flags and prints nothing, but tells the [`session::Reporter`] what happens.

pub mod actions;
pub mod checking;
pub mod codes;
pub mod environments;
pub mod error;
pub mod graph;
pub mod installation;
pub mod launcher;
pub mod locking;
pub mod migration;
pub mod packaging;
pub mod publishing;
pub mod releasing;
mod reporter;
pub mod session;
pub mod starting;
pub mod supply;
pub mod tailoring;
pub mod testing;
pub mod timings;
pub mod trial;
pub mod workflow_command;
