//! The plan of a release: its steps and their order, from the facts. Pure.
//!
//! [`decide`] finds how far a release has come, [`objections`] what forbids it, and [`order`] the
//! steps that are left.

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
pub use request::{ForgeRequest, Publishing, Pushing, ReleasePurpose, ReleaseRequest};
pub use show::show;
pub use steps::{Effect, Plan, ReleaseStep, proposal_ref};
