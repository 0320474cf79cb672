//! The platforms that settings and `--platform` name.

use std::fmt;
use std::str::FromStr;

use pep508_rs::MarkerValueString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::marker::Marker;

/// An operating system and a processor architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Platform {
    /// `linux_arm64`
    LinuxArm64,
    /// `linux_x86_64`
    LinuxX86_64,
    /// `macos_arm64`
    MacosArm64,
    /// `macos_x86_64`
    MacosX86_64,
    /// `windows_x86_64`
    WindowsX86_64,
}

/// A text that names no platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a platform: use {list}", list = Platform::list())]
pub struct PlatformError(pub String);

impl Platform {
    /// Every platform, sorted by name.
    pub const ALL: [Self; 5] = [
        Self::LinuxArm64,
        Self::LinuxX86_64,
        Self::MacosArm64,
        Self::MacosX86_64,
        Self::WindowsX86_64,
    ];

    /// The name in settings and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LinuxArm64 => "linux_arm64",
            Self::LinuxX86_64 => "linux_x86_64",
            Self::MacosArm64 => "macos_arm64",
            Self::MacosX86_64 => "macos_x86_64",
            Self::WindowsX86_64 => "windows_x86_64",
        }
    }

    /// The environments of this platform.
    #[must_use]
    pub fn marker(self) -> Marker {
        let machine = Marker::string_equals(MarkerValueString::PlatformMachine, self.machine());
        self.system_marker().and(&machine)
    }

    /// The `sys_platform` of every environment of the platform.
    pub(crate) fn sys_platform(self) -> &'static str {
        match self {
            Self::LinuxArm64 | Self::LinuxX86_64 => "linux",
            Self::MacosArm64 | Self::MacosX86_64 => "darwin",
            Self::WindowsX86_64 => "win32",
        }
    }

    /// The `platform_machine` of every environment of the platform.
    pub(crate) fn machine(self) -> &'static str {
        match self {
            Self::LinuxArm64 => "aarch64",
            Self::MacosArm64 => "arm64",
            Self::LinuxX86_64 | Self::MacosX86_64 => "x86_64",
            Self::WindowsX86_64 => "AMD64",
        }
    }

    /// The environments of this platform's operating system.
    #[must_use]
    pub(crate) fn system_marker(self) -> Marker {
        Marker::string_equals(MarkerValueString::SysPlatform, self.sys_platform())
    }

    /// The position in [`Platform::ALL`].
    pub(crate) fn index(self) -> usize {
        self as usize
    }

    /// A set of platforms that has this one alone, as bits.
    pub(crate) fn bit(self) -> u32 {
        1 << self.index()
    }

    /// Whether a wheel with this platform tag can be installed on some machine of the platform.
    ///
    /// `any` fits every platform. Versions of libc and macOS in a tag do not matter, since some
    /// machine of the platform has a system that is new enough.
    ///
    /// Source: <https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/>.
    #[must_use]
    pub fn fits_tag(self, platform_tag: &str) -> bool {
        Self::of_tag(platform_tag).contains(&self)
    }

    /// The platforms that a platform tag fits.
    pub(crate) fn of_tag(platform_tag: &str) -> &'static [Self] {
        let linux = ["manylinux", "musllinux", "linux"];
        if platform_tag == "any" {
            &Self::ALL
        } else if linux.iter().any(|system| platform_tag.starts_with(system)) {
            match platform_tag {
                tag if tag.ends_with("_x86_64") => &[Self::LinuxX86_64],
                tag if tag.ends_with("_aarch64") => &[Self::LinuxArm64],
                _ => &[],
            }
        } else if platform_tag.starts_with("macosx") {
            let intel = ["_x86_64", "_universal", "_intel", "_fat64", "_fat3"];
            match platform_tag {
                tag if tag.ends_with("_arm64") => &[Self::MacosArm64],
                tag if tag.ends_with("_universal2") => &[Self::MacosArm64, Self::MacosX86_64],
                tag if intel.iter().any(|machine| tag.ends_with(machine)) => &[Self::MacosX86_64],
                _ => &[],
            }
        } else if platform_tag == "win_amd64" {
            &[Self::WindowsX86_64]
        } else {
            &[]
        }
    }

    fn list() -> String {
        Self::ALL.map(|p| format!("`{p}`")).join(", ")
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(name: &str) -> Result<Self, PlatformError> {
        Self::ALL
            .into_iter()
            .find(|platform| platform.as_str() == name)
            .ok_or_else(|| PlatformError(name.to_owned()))
    }
}

impl Serialize for Platform {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Platform {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_fit_their_platforms() {
        let fits = |tag: &str| {
            Platform::ALL
                .into_iter()
                .filter(|p| p.fits_tag(tag))
                .count()
        };
        assert_eq!(fits("any"), 5);
        assert_eq!(fits("manylinux2014_x86_64"), 1);
        assert_eq!(fits("macosx_11_0_universal2"), 2);
        assert_eq!(fits("win32"), 0);
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = "linux".parse::<Platform>().unwrap_err();
        insta::assert_snapshot!(error, @"`linux` is not a platform: use `linux_arm64`, `linux_x86_64`, `macos_arm64`, `macos_x86_64`, `windows_x86_64`");
    }
}
