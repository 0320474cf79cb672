//! The files of a locked package, as exports need them.

use model::{DistFile, LockedPackage, PackageName, Platform, Version, WheelFilename};

/// Gives the URL of a package's file at this moment, if there is one. The lock has no URLs.
pub type Urls<'a> = &'a dyn Fn(&LockedPackage, &DistFile) -> Option<String>;

/// The format cannot express a lock.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} {version} cannot be exported as {format}: {reason}")]
pub struct ExportError {
    /// The package.
    pub name: PackageName,
    /// Its version.
    pub version: Version,
    /// The format.
    pub format: &'static str,
    /// What the format needs and the package does not have.
    pub reason: String,
}

impl ExportError {
    pub(super) fn new(
        package: &LockedPackage,
        format: &'static str,
        reason: impl Into<String>,
    ) -> Self {
        Self {
            name: package.name.clone(),
            version: package.version.clone(),
            format,
            reason: reason.into(),
        }
    }
}

/// The source distribution, then the wheels.
pub(super) fn files(package: &LockedPackage) -> impl Iterator<Item = &DistFile> {
    package.sdist.iter().chain(&package.wheels)
}

/// Whether a wheel can be used on a platform.
pub(crate) fn fits(wheel: &DistFile, platform: Platform) -> bool {
    // A wheel whose name cannot be read is kept.
    wheel
        .filename
        .parse::<WheelFilename>()
        .map_or(true, |name| {
            name.platform_tag
                .split('.')
                .any(|tag| platform.fits_tag(tag))
        })
}
