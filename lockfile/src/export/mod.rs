//! A lock in the formats that other tools read.

mod cyclonedx;
mod pex;
mod pylock;
mod requirements;

use model::{DistFile, Lock, LockedPackage, Marker, PackageName, Platform, Version, WheelFilename};

pub use cyclonedx::{FirstParty, cyclonedx, cyclonedx_of};
pub use pex::pex;
pub use pylock::pylock;
pub use requirements::requirements;

/// Where a package's file can be had at this moment, if anywhere; the lock does not say.
pub type Urls<'a> = &'a dyn Fn(&LockedPackage, &DistFile) -> Option<String>;

/// A lock that a format cannot express.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} {version} cannot be exported as {format}: {reason}")]
pub struct ExportError {
    /// The package.
    pub name: PackageName,
    /// Its version.
    pub version: Version,
    /// The format.
    pub format: &'static str,
    /// What the format needs and the package has not.
    pub reason: String,
}

impl ExportError {
    fn new(package: &LockedPackage, format: &'static str, reason: impl Into<String>) -> Self {
        Self {
            name: package.name.clone(),
            version: package.version.clone(),
            format,
            reason: reason.into(),
        }
    }
}

/// The part of a lock that one platform needs: its packages and the files that fit it.
///
/// Markers lose what the platform decides.
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

/// The sdist, then the wheels.
fn files(package: &LockedPackage) -> impl Iterator<Item = &DistFile> {
    package.sdist.iter().chain(&package.wheels)
}

/// Whether a wheel can be used on a platform.
pub(crate) fn fits(wheel: &DistFile, platform: Platform) -> bool {
    // A name that cannot be read is no reason to leave the file out.
    wheel
        .filename
        .parse::<WheelFilename>()
        .map_or(true, |name| {
            name.platform_tag
                .split('.')
                .any(|tag| platform.fits_tag(tag))
        })
}
