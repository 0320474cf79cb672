//! Tests of the room from outside: a problem and an index go in, a resolution or an explanation
//! comes out. They are one binary, which is linked only once.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on panics, and says where it skips"
)]

mod effort;
mod fixture;
mod judge;

mod conflicts;
mod coverage;
mod oracle;
mod packse;
mod pins;
mod rules;
