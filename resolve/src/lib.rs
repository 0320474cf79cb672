//! Requirements and a [`Provider`] of packages -> a [`Resolution`], or an explanation why there
//! is none.
//!
//! The resolution is universal: it holds for every environment of the problem's universe. It is
//! found by PubGrub, one part of the universe at a time. A part is split in two
//!
//! - where the requirements of one package differ by marker, so that each side gets its best
//!   versions ([`split`]), and
//! - where a part has no solution but a requirement that takes part in the conflict is not
//!   needed in all of it ([`no_solution`]): so a solution is found wherever every environment has one.
//!
//! ```
//! use std::convert::Infallible;
//! use std::sync::Arc;
//!
//! use model::{IndexRole, Metadata, PackageName, PackageSource, RequirementSource};
//! use model::{LockInputs, Version, VersionRange, FilenameTags};
//! use resolve::{DirectRelease, CandidateFile, CandidateFiles, Problem, Provider, ReleaseMetadata};
//!
//! /// An index with `menu` 1.0 and 2.0, which requires `icons`, and `icons` 1.0.
//! struct Shop;
//!
//! impl Provider for Shop {
//!     type Error = Infallible;
//!
//!     fn versions(&self, name: &PackageName) -> Result<Option<Arc<[Version]>>, Infallible> {
//!         Ok(match name.as_str() {
//!             "menu" => Some([Version::new([1, 0]), Version::new([2, 0])].into()),
//!             "icons" => Some([Version::new([1, 0])].into()),
//!             _ => None,
//!         })
//!     }
//!
//!     fn release(
//!         &self,
//!         name: &PackageName,
//!         version: &Version,
//!     ) -> Result<Arc<CandidateFiles>, Infallible> {
//!         let wheel = format!("{name}-{version}-py3-none-any.whl");
//!         let file = CandidateFile {
//!             wheel: FilenameTags::of_filename(&wheel),
//!             requires_python: None,
//!             yanked: false,
//!         };
//!         Ok(Arc::new(CandidateFiles::from_iter([file])))
//!     }
//!
//!     fn metadata(
//!         &self,
//!         name: &PackageName,
//!         version: &Version,
//!     ) -> Result<ReleaseMetadata, Infallible> {
//!         let requires = match (name.as_str(), version.to_string().as_str()) {
//!             ("menu", "2.0") => "Requires-Dist: icons>=1\n",
//!             _ => "",
//!         };
//!         let text = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}");
//!         Ok(match Metadata::parse(&text) {
//!             Ok(metadata) => ReleaseMetadata::Available(Arc::new(metadata)),
//!             Err(error) => ReleaseMetadata::Unavailable(error.to_string()),
//!         })
//!     }
//!
//!     fn direct(
//!         &self,
//!         _: &PackageName,
//!         _: &RequirementSource,
//!     ) -> Result<Arc<DirectRelease>, Infallible> {
//!         unreachable!("no requirement names a URL")
//!     }
//!
//!     fn source(&self, _: &PackageName) -> Result<PackageSource, Infallible> {
//!         Ok(PackageSource::Index(IndexRole::Primary))
//!     }
//!
//!     fn will_ask(&self, _: &PackageName, _: &VersionRange) {}
//! }
//!
//! let problem = Problem {
//!     inputs: LockInputs {
//!         requirements: vec!["menu".parse()?],
//!         ..LockInputs::default()
//!     },
//!     ..Problem::default()
//! };
//! let report = resolve::resolve(&problem, &Shop)?;
//! let nodes = report.resolution.nodes.iter();
//! let chosen: Vec<String> = nodes.map(|node| format!("{} {}", node.name, node.version)).collect();
//! assert_eq!(chosen, ["icons 1.0", "menu 2.0"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Pure: packages come through [`Provider`], and the order of questions depends on nothing but
//! the answers.

mod candidate;
mod conflict;
mod dependencies;
mod derivation;
mod explain;
mod explanation;
mod fact;
mod fork;
mod future;
mod hint;
mod last_resort;
mod merge;
mod need;
mod no_solution;
mod package;
mod part;
mod pins;
mod priority;
mod problem;
mod provider;
mod reach;
mod reason;
mod requires_python;
mod resolver;
mod seeds;
mod solution;
mod split;
mod trial;

pub use conflict::Conflict;
pub use explanation::{Clash, Explanation, Premise};
pub use hint::Hint;
pub use pins::{Pins, VersionPin};
pub use problem::Problem;
pub use provider::{CandidateFile, CandidateFiles, DirectRelease, Provider, ReleaseMetadata};
pub use reason::Reason;
pub use resolver::{ResolveError, ResolveReport, ResolveWarning, resolve};
