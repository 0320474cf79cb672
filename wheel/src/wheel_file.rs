//! The WHEEL file and the tags in it and in the file name.
//!
//! Format: <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>.

use model::{Tag, WheelFilename};

use crate::metadata::{CoreMetadata, CoreMetadataError};

/// A compressed set of tags, as in a file name: `py3-none-manylinux2014_aarch64.macosx_11_0_arm64`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WheelTags {
    /// `py3`, or several joined by `.`.
    pub python: String,
    /// `none`, …
    pub abi: String,
    /// `any`, or several platforms joined by `.`.
    pub platform: String,
    /// The build number.
    pub build: Option<String>,
}

/// Whether the content is the same on every platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purity {
    /// It is: `Root-Is-Purelib: true`.
    Pure,
    /// It is not: `Root-Is-Purelib: false`.
    PlatformSpecific,
}

/// What a WHEEL file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WheelFile {
    /// `Wheel-Version`.
    pub wheel_version: String,
    /// `Root-Is-Purelib`.
    pub purity: Purity,
    /// `Build`.
    pub build: Option<String>,
    /// `Tag`, each one expanded, in order.
    pub tags: Vec<String>,
}

/// A WHEEL file that does not say what it must.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("WHEEL: {0}")]
pub struct WheelFileError(pub String);

impl WheelTags {
    /// `py3-none-any`.
    pub fn any() -> WheelTags {
        WheelTags::for_platform("any")
    }

    /// `py3-none-PLATFORM`.
    pub fn for_platform(platform: &str) -> WheelTags {
        WheelTags {
            python: "py3".to_owned(),
            abi: "none".to_owned(),
            platform: platform.to_owned(),
            build: None,
        }
    }

    /// The purity that the platform tag implies.
    pub fn purity(&self) -> Purity {
        if self.platform == "any" {
            Purity::Pure
        } else {
            Purity::PlatformSpecific
        }
    }

    /// The file name of a wheel with these tags.
    pub fn filename(&self, metadata: &CoreMetadata) -> Result<WheelFilename, CoreMetadataError> {
        Ok(WheelFilename {
            name: metadata.package_name()?,
            version: metadata.version.clone(),
            build: self.build.clone(),
            python_tag: self.python.clone(),
            abi_tag: self.abi.clone(),
            platform_tag: self.platform.clone(),
        })
    }
}

impl WheelFile {
    /// The WHEEL file of a wheel of this name.
    pub fn of(filename: &WheelFilename) -> WheelFile {
        WheelFile {
            wheel_version: "1.0".to_owned(),
            purity: if filename.platform_tag == "any" {
                Purity::Pure
            } else {
                Purity::PlatformSpecific
            },
            build: filename.build.clone(),
            tags: filename.tags().map(|tag| tag.to_string()).collect(),
        }
    }

    /// Its text.
    pub fn render(&self, generator: &str) -> String {
        let pure = self.purity == Purity::Pure;
        let mut out = format!(
            "Wheel-Version: {}\nGenerator: {generator}\nRoot-Is-Purelib: {pure}\n",
            self.wheel_version
        );
        let build = self.build.iter().map(|build| format!("Build: {build}\n"));
        let tags = self.tags.iter().map(|tag| format!("Tag: {tag}\n"));
        out.extend(build.chain(tags));
        out
    }

    /// Reads it. Unknown headers are ignored, as the specification asks.
    pub fn parse(text: &str) -> Result<WheelFile, WheelFileError> {
        let find = |name: &'static str| headers(text, name).next();
        let missing = |name: &str| WheelFileError(format!("it has no `{name}`"));
        let purity = match find("Root-Is-Purelib").ok_or_else(|| missing("Root-Is-Purelib"))? {
            "true" => Purity::Pure,
            "false" => Purity::PlatformSpecific,
            other => {
                return Err(WheelFileError(format!(
                    "`Root-Is-Purelib: {other}` is neither true nor false"
                )));
            }
        };
        let mut tags = Vec::new();
        for value in headers(text, "Tag") {
            let expanded = Tag::expand(value).map_err(|e| WheelFileError(e.to_string()))?;
            tags.extend(expanded.iter().map(ToString::to_string));
        }
        if tags.is_empty() {
            return Err(missing("Tag"));
        }
        let wheel_version = find("Wheel-Version")
            .ok_or_else(|| missing("Wheel-Version"))?
            .to_owned();
        Ok(WheelFile {
            wheel_version,
            purity,
            build: find("Build").map(str::to_owned),
            tags,
        })
    }
}

/// The values of a header, in order.
pub(crate) fn headers<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = &'t str> {
    let lines = text.lines().filter_map(|line| line.split_once(':'));
    lines
        .filter(|(key, _)| key.trim().eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_wheel_agrees_with_its_name() {
        let tags = WheelTags::for_platform("manylinux2014_aarch64.macosx_11_0_arm64");
        let metadata = CoreMetadata::new("Backend.AI-kernel", "24.09.0".parse().unwrap());
        let name = tags.filename(&metadata).unwrap();
        assert_eq!(
            name.to_string(),
            "backend_ai_kernel-24.9.0-py3-none-manylinux2014_aarch64.macosx_11_0_arm64.whl"
        );
        let file = WheelFile::of(&name);
        let text = file.render("xtask (1)");
        insta::assert_snapshot!(text, @"
        Wheel-Version: 1.0
        Generator: xtask (1)
        Root-Is-Purelib: false
        Tag: py3-none-manylinux2014_aarch64
        Tag: py3-none-macosx_11_0_arm64
        ");
        assert_eq!(WheelFile::parse(&text).unwrap(), file);
    }

    fn check_error(text: &str) -> String {
        WheelFile::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn incomplete_ones() {
        insta::assert_snapshot!(check_error("Wheel-Version: 1.0\n"), @"WHEEL: it has no `Root-Is-Purelib`");
        insta::assert_snapshot!(check_error("Root-Is-Purelib: yes\n"), @"WHEEL: `Root-Is-Purelib: yes` is neither true nor false");
        insta::assert_snapshot!(check_error("Root-Is-Purelib: true\n"), @"WHEEL: it has no `Tag`");
        insta::assert_snapshot!(check_error("Root-Is-Purelib: true\nTag: py3\n"), @"WHEEL: `py3` is not a wheel tag: three parts, joined by `-`, as in `py3-none-any`");
    }
}
