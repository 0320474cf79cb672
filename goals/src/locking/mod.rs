//! Locking one resolve: what the repository declares -> a problem -> a resolution -> a lock.
//!
//! This ties rooms together: `targets` knows what is declared, `index` answers the resolver's
//! questions, `resolve` solves, and `lockfile` reads and writes.

mod ahead;
mod assemble;
mod build_locks;
mod ci;
mod conflict;
mod existing;
mod fresh;
mod generate;
mod import;
mod inputs;
mod local;
mod lock_check;
mod lock_provider;
mod locker;
mod merge;
mod merge_driver;
mod outdated;
mod package_indexes;
mod provider;
mod requirers;
mod states;
mod summary;
mod upgrade;
mod yanked;

pub use ahead::file_policy;
pub use build_locks::build_locks;
pub use ci::checked_in_ci;
pub use existing::{Existing, LockPath, lock_paths, not_written};
pub use fresh::{Freshness, LockStaleness, staleness};
pub use generate::{LockGeneration, LockReport, LockRequest, WriteLocks, generate, stale_locks};
pub use import::{AskedRequirement, import_pins, lock_asking, lock_with};
pub use inputs::ResolveDeclaration;
pub use lock_check::LockChecker;
pub use locker::lock;
pub use merge::{MergeSides, merge};
pub use merge_driver::MergeDriver;
pub use outdated::{OutdatedPackage, outdated};
pub use package_indexes::{IndexChoice, PackageIndexes};
pub use provider::IndexProvider;
pub use states::{LockState, lock_diffs};
pub use summary::{Status, Summary};
pub use upgrade::Upgrade;
