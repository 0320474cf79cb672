//! Releases: facts about the repository -> a plan of steps -> a journaled run.
//!
//! [`version`], [`settings`], [`facts`] and [`plan`] are pure: what they need comes
//! in as data. [`tree`] and [`run`] read and change the repository.
pub mod backport;
pub mod changed;
pub mod facts;
pub mod gather;
pub mod plan;
pub mod run;
pub mod settings;
pub mod tree;
pub mod version;
