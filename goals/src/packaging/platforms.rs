//! The platforms to build for, and the tags of their wheels.

use std::fmt;
use std::str::FromStr;

use model::Platform;

use crate::error::GoalError;
use crate::packaging::PackagedDistribution;
use crate::session::Session;
use model::Place;

/// A platform as the user names it: by its name, or by the platform tag of a wheel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformRequest {
    platform: Platform,
    tag: Option<String>,
}

/// A platform with the tag of the wheels for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformTag {
    pub platform: Platform,
    pub tag: String,
}

impl FromStr for PlatformRequest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(platform) = text.parse::<Platform>() {
            return Ok(Self::from(platform));
        }
        let tags: Vec<&str> = text.split('.').collect();
        let fits =
            |platform: &Platform| text != "any" && tags.iter().any(|tag| platform.fits_tag(tag));
        match Platform::ALL.into_iter().find(fits) {
            Some(platform) => Ok(Self {
                platform,
                tag: Some(text.to_owned()),
            }),
            None => Err(format!(
                "`{text}` is neither a platform ({}) nor the platform tag of a wheel for one of them",
                Platform::ALL.map(Platform::as_str).join(", ")
            )),
        }
    }
}

impl fmt::Display for PlatformRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag.as_deref().unwrap_or(self.platform.as_str()))
    }
}

impl From<Platform> for PlatformRequest {
    fn from(platform: Platform) -> Self {
        Self {
            platform,
            tag: None,
        }
    }
}

impl PlatformRequest {
    /// The platform that this program runs on.
    pub fn host() -> Result<Self, GoalError> {
        let platform = match (std::env::consts::OS, std::env::consts::ARCH) {
            ("linux", "x86_64") => Platform::LinuxX86_64,
            ("linux", "aarch64") => Platform::LinuxArm64,
            ("macos", "x86_64") => Platform::MacosX86_64,
            ("macos", "aarch64") => Platform::MacosArm64,
            ("windows", "x86_64") => Platform::WindowsX86_64,
            (system, machine) => {
                let message = format!(
                    "this machine, {machine} with {system}, is no platform that wheels are built for"
                );
                return Err(GoalError::failure(message).hint("name one: `--platform linux_x86_64`"));
            }
        };
        Ok(platform.into())
    }

    /// Whether a wheel with these platform tags, joined by `.`, can be installed on the platform.
    pub fn accepts(&self, tags: &str) -> bool {
        tags.split('.').any(|tag| self.platform.fits_tag(tag))
    }

    /// The tag of a distribution's wheels for the platform.
    pub fn tagged(
        &self,
        session: &Session,
        distribution: &PackagedDistribution,
    ) -> Result<PlatformTag, GoalError> {
        let settings = &session.settings.package;
        let own = settings
            .distribution_platform_tags
            .get(&distribution.artifact.name);
        let name = self.platform.as_str();
        let tag = self
            .tag
            .as_ref()
            .or_else(|| own.and_then(|tags| tags.get(name)))
            .or_else(|| settings.platform_tags.get(name));
        match tag {
            Some(tag) => Ok(PlatformTag {
                platform: self.platform,
                tag: tag.clone(),
            }),
            None => Err(GoalError::failure(format!(
                "cannot name the wheel of {} for {name}: no platform tag is set for it",
                distribution.address
            ))
            .at(Place::file(session.settings.file.as_str()))
            .hint(format!(
                "add it: `[package.platform_tags]` with `{name} = \"…\"`"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_and_tags() {
        let check = |text: &str| {
            text.parse::<PlatformRequest>()
                .map(|asked| (asked.platform, asked.tag))
        };
        assert_eq!(check("linux_arm64"), Ok((Platform::LinuxArm64, None)));
        assert_eq!(
            check("manylinux_2_28_x86_64"),
            Ok((Platform::LinuxX86_64, Some("manylinux_2_28_x86_64".into())))
        );
        insta::assert_snapshot!(check("any").unwrap_err(), @"`any` is neither a platform (linux_arm64, linux_x86_64, macos_arm64, macos_x86_64, windows_x86_64) nor the platform tag of a wheel for one of them");
        insta::assert_snapshot!(check("solaris").unwrap_err(), @"`solaris` is neither a platform (linux_arm64, linux_x86_64, macos_arm64, macos_x86_64, windows_x86_64) nor the platform tag of a wheel for one of them");
    }
}
