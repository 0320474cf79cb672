//! A lock in the formats that other tools read.

mod requirements;

use model::{DistFile, Lock, Marker, Platform, WheelFilename};

pub use requirements::requirements;

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

fn fits(wheel: &DistFile, platform: Platform) -> bool {
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
