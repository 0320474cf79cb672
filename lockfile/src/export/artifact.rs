//! The files of a locked package, as exports need them.

use model::{DistFile, LockedPackage, PackageName, Platform, Version, WheelFilename};

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

/// The sdist, then the wheels.
pub(super) fn files(package: &LockedPackage) -> impl Iterator<Item = &DistFile> {
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
