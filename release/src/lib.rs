//! Releases: facts about the repository -> a plan of typed steps.
//!
//! Pure: facts come in as data, and the plan goes out as data. Gathering the facts and running the
//! plan are goals, since the steps of a release are other goals too.

pub mod backport;
pub mod changed;
pub mod facts;
pub mod journal;
pub mod next;
pub mod plan;
pub mod settings;
pub mod vcs_version;
pub mod version;
