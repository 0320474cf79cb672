//! The engine as its callers see it: programs of the shell in sandboxes, and what the cache makes of them.

#![allow(clippy::unwrap_used, reason = "what is not there fails its test")]

mod bad_input;
mod caching;
mod explanations;
mod isolation;
mod kills;
mod machines;
mod processes;
mod sharing;
mod support;
