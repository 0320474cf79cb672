//! What a build backend made is judged before it is kept: is it for the platform that was asked for,
//! and does it have the distribution's code?

use model::WheelFilename;

use crate::error::GoalError;
use crate::packaging::backend::BackendArchive;
use crate::packaging::{OwnedFile, PackagedDistribution, PlatformRequest};

/// A backend compiles for this machine, whatever platform is asked for.
pub(super) fn refuse_other_platform(
    distribution: &PackagedDistribution,
    filename: &str,
    platforms: &[PlatformRequest],
) -> Result<(), GoalError> {
    let tag = match filename.parse::<WheelFilename>() {
        Ok(filename) if filename.platform_tag != "any" => filename.platform_tag,
        _ => return Ok(()),
    };
    match platforms.iter().find(|platform| !platform.accepts(&tag)) {
        None => Ok(()),
        Some(platform) => Err(GoalError::failure(format!(
            "cannot build {} for {platform}: its build backend made {filename}",
            distribution.address
        ))
        .at(distribution.place.clone())
        .because("a backend that compiles does so for the machine that it runs on")
        .hint("build it on a machine of that platform, or leave the platform out")),
    }
}

/// A distribution with code of its own ships some of it.
pub(super) fn refuse_empty(
    distribution: &PackagedDistribution,
    built: &BackendArchive,
) -> Result<(), GoalError> {
    let is_code = |name: &str| {
        let endings = [".py", ".pyi", ".pyx", ".so", ".pyd"];
        let is_metadata = name.contains(".dist-info/") || name.ends_with("/setup.py");
        !is_metadata && endings.iter().any(|ending| name.ends_with(ending))
    };
    let files = distribution.files.of_all_platforms();
    let names = |file: &&OwnedFile| {
        let name = file.member.rsplit('/').next().unwrap_or_default();
        name.ends_with(".py") && !matches!(name, "setup.py" | "conftest.py")
    };
    if !files.iter().any(|file| names(&file)) || built.names().any(is_code) {
        return Ok(());
    }
    Err(GoalError::failure(format!(
        "{} has no module, though {} has {} files",
        built.filename,
        distribution.address,
        files.len()
    ))
    .at(distribution.place.clone())
    .because(format!(
        "its build backend runs in a copy of the tree, in `{}`, and found nothing to ship there",
        distribution.folder
    ))
    .hint("tell the backend where the code is, as for hatchling: `[tool.hatch.build.targets.wheel] packages`"))
}
