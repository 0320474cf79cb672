//! Core metadata of a release: what a resolver needs of `METADATA` and `PKG-INFO`.

use pep440_rs::{Version, VersionSpecifiers};
use serde::{Deserialize, Serialize};

use crate::lenient;
use crate::name::{ExtraName, PackageName};
use crate::requirement::{Requirement, RequirementError};

/// What a release's core metadata says of its dependencies.
///
/// Source: <https://packaging.python.org/en/latest/specifications/core-metadata/>.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The project.
    pub name: PackageName,
    /// The version.
    pub version: Version,
    /// `Requires-Dist`.
    pub requires_dist: Vec<Requirement>,
    /// `Requires-Python`.
    pub requires_python: Option<VersionSpecifiers>,
    /// `Provides-Extra`.
    pub provides_extra: Vec<ExtraName>,
    /// Whether a source distribution says that its dependencies are only known once it is
    /// built: metadata before 2.2, or `Dynamic: Requires-Dist` (PEP 643).
    pub dynamic: bool,
}

/// Core metadata that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// A field that every release has is missing.
    #[error("the field `{0}` is missing")]
    Missing(&'static str),
    /// A field's value cannot be read.
    #[error("the field `{field}` cannot be read: {reason}")]
    Field {
        /// The field's name.
        field: &'static str,
        /// Why it cannot be read.
        reason: String,
    },
    /// A requirement cannot be read, even leniently.
    #[error(transparent)]
    Requirement(#[from] RequirementError),
}

impl Metadata {
    /// Reads the header of `METADATA` or `PKG-INFO`; the description is passed over.
    ///
    /// # Errors
    /// Where name or version is missing, or a field that matters cannot be read.
    pub fn parse(text: &str) -> Result<Self, MetadataError> {
        let field = |field, reason: String| MetadataError::Field { field, reason };
        let (mut name, mut version, mut requires_python) = (None, None, None);
        let (mut requires_dist, mut provides_extra) = (Vec::new(), Vec::new());
        let (mut metadata_version, mut dynamic) = ((1, 0), false);
        for (key, value) in headers(text) {
            match key.to_ascii_lowercase().as_str() {
                "metadata-version" => metadata_version = major_minor(&value),
                "name" => {
                    name = Some(
                        value
                            .parse()
                            .map_err(|e: crate::NameError| field("Name", e.to_string()))?,
                    );
                }
                "version" => {
                    version = Some(value.parse().map_err(|e: pep440_rs::VersionParseError| {
                        field("Version", e.to_string())
                    })?);
                }
                "requires-dist" => requires_dist.push(Requirement::parse_lenient(&value)?),
                "requires-python" => requires_python = parse_requires_python(&value),
                "provides-extra" => provides_extra.extend(value.parse::<ExtraName>().ok()),
                "dynamic" => dynamic |= value.eq_ignore_ascii_case("requires-dist"),
                _ => {}
            }
        }
        Ok(Self {
            name: name.ok_or(MetadataError::Missing("Name"))?,
            version: version.ok_or(MetadataError::Missing("Version"))?,
            requires_dist,
            requires_python,
            provides_extra,
            dynamic: dynamic || metadata_version < (2, 2),
        })
    }
}

/// Reads `Requires-Python`. As in pip, a text that cannot be read even leniently gives `None`,
/// which excludes no Python.
pub fn parse_requires_python(text: &str) -> Option<VersionSpecifiers> {
    text.parse()
        .or_else(|_| lenient::mend_specifiers(text).parse())
        .ok()
}

fn major_minor(version: &str) -> (u32, u32) {
    let mut parts = version
        .split('.')
        .map(|part| part.trim().parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

/// The header fields, continuation lines joined, up to the first blank line.
fn headers(text: &str) -> Vec<(&str, String)> {
    let mut out: Vec<(&str, String)> = Vec::new();
    for line in text.lines() {
        if line.is_empty() {
            break;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = out.last_mut() {
                value.push('\n');
                value.push_str(line.trim());
            }
        } else if let Some((key, value)) = line.split_once(':') {
            out.push((key.trim(), value.trim().to_owned()));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_matters() {
        let metadata = Metadata::parse(
            "Metadata-Version: 2.1\nName: A.b\nVersion: 1.0\nSummary: x\n  y\n\
             Requires-Dist: c>=1.0.*\nRequires-Dist: d ; extra == 'x'\nProvides-Extra: X\n\
             Requires-Python: >=3.6,\n\nRequires-Dist: not-this\n",
        )
        .unwrap();
        assert_eq!(metadata.name.as_str(), "a-b");
        let requires: Vec<String> = metadata
            .requires_dist
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(requires, ["c>=1.0", "d ; extra == 'x'"]);
        assert_eq!(metadata.provides_extra[0].as_str(), "x");
        assert_eq!(metadata.requires_python.unwrap().to_string(), ">=3.6");
        assert!(metadata.dynamic);
    }

    #[test]
    fn says_what_is_missing() {
        let error = Metadata::parse("Name: a\n").unwrap_err().to_string();
        insta::assert_snapshot!(error, @"the field `Version` is missing");
    }
}
