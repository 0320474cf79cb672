//! The plan of a release: which steps, in which order, from which facts. Pure.
//!
//! [`decide`] tells how far a release has come; [`objections`] what speaks against going on;
//! [`order`] which steps are left.

mod decide;
mod objection;
mod objections;
mod order;
mod planner;
mod request;
mod show;
mod steps;

pub use decide::{Decision, RefusedRelease, plan};
pub use objection::Objection;
pub use request::{Publishing, Pushing, ReleaseRequest};
pub use show::show;
pub use steps::{Effect, Plan, ReleaseStep};
