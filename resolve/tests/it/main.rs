//! Tests of the room as its users see it: a problem and an index in, a resolution or an
//! explanation out. One binary, so that it links once.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on panics, and says where it skips"
)]

mod fixture;
mod judge;

mod conflicts;
mod oracle;
mod packse;
mod pins;
mod rules;
