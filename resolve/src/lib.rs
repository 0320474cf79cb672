//! Requirements and a [`Provider`] of packages -> a [`Resolution`], or an explanation why there
//! is none.
//!
//! The resolution is universal: it holds for every environment of the problem's universe. It is
//! found by PubGrub, one part of the universe at a time. A part is split in two
//!
//! - where the requirements of one package differ by marker, so that each side gets its best
//!   versions ([`split`]), and
//! - where a part has no solution but a requirement that takes part in the conflict is not
//!   needed in all of it ([`conflict`]): so a solution is found wherever every environment has one.
//!
//! Pure: packages come through [`Provider`], and the order of questions depends on nothing but
//! the answers.

mod candidate;
mod conflict;
mod explain;
mod fact;
mod fork;
mod hint;
mod merge;
mod need;
mod package;
mod part;
mod pins;
mod priority;
mod problem;
mod provider;
mod reach;
mod requires_python;
mod resolver;
mod split;

pub use conflict::Conflict;
pub use explain::{Clash, Explanation, Reason as ExplainedReason};
pub use hint::Hint;
pub use package::Reason;
pub use pins::{Pin, Pins};
pub use problem::Problem;
pub use provider::{Direct, Provider, Release, ReleaseFile, Unusable};
pub use resolver::{ResolveError, Resolved, Warning, resolve};
