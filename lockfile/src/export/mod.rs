//! Writes a lock in the formats that other tools read.

mod artifact;
mod closure;
mod cyclonedx;
mod pex;
mod pylock;
mod requirements;

use model::{Lock, Marker, Platform};

pub use artifact::{ExportError, Urls};
pub use closure::for_requirements;
pub use cyclonedx::{FirstPartyComponent, cyclonedx, cyclonedx_of};
pub use pex::pex;
pub use pylock::pylock;
pub use requirements::requirements;

pub(crate) use artifact::fits;

/// The part of a lock that one platform needs: its packages, and the files that fit it.
///
/// Conditions in markers that the platform decides are dropped.
#[must_use]
pub fn for_platform(lock: &Lock, platform: Platform) -> Lock {
    let environment = platform.marker().and(&Marker::known_platforms());
    let mut lock = lock.clone();
    lock.inputs.platforms = vec![platform];
    lock.packages.retain_mut(|package| {
        if package.marker.is_disjoint(&environment) {
            return false;
        }
        package.marker = package.marker.simplify_within(&environment);
        package.wheels.retain(|wheel| fits(wheel, platform));
        package.dependencies.retain_mut(|dependency| {
            let needed = !dependency.marker.is_disjoint(&environment);
            dependency.marker = dependency.marker.simplify_within(&environment);
            needed
        });
        true
    });
    lock
}
