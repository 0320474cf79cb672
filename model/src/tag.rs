//! Wheel compatibility tags (PEP 425).

use std::fmt;
use std::str::FromStr;

/// One compatibility tag, `python-abi-platform`, with a single value in each part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag {
    /// `py3`, `cp312`.
    pub python: String,
    /// `none`, `abi3`, `cp312`.
    pub abi: String,
    /// `any`, `manylinux2014_x86_64`, `macosx_11_0_arm64`.
    pub platform: String,
}

/// A text that is no compatibility tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a wheel tag: three parts, joined by `-`, as in `py3-none-any`")]
pub struct TagError(pub String);

impl Tag {
    /// Every single tag of a compressed set such as `py2.py3-none-any`.
    ///
    /// # Errors
    /// Where the text has not three non-empty parts.
    pub fn expand(set: &str) -> Result<Vec<Self>, TagError> {
        let error = || TagError(set.to_owned());
        let parts: Vec<&str> = set.split('-').collect();
        let [pythons, abis, platforms] = parts[..] else {
            return Err(error());
        };
        let mut tags = Vec::new();
        for python in pythons.split('.') {
            for abi in abis.split('.') {
                for platform in platforms.split('.') {
                    if python.is_empty() || abi.is_empty() || platform.is_empty() {
                        return Err(error());
                    }
                    tags.push(Self {
                        python: python.to_owned(),
                        abi: abi.to_owned(),
                        platform: platform.to_owned(),
                    });
                }
            }
        }
        Ok(tags)
    }
}

impl FromStr for Tag {
    type Err = TagError;

    fn from_str(text: &str) -> Result<Self, TagError> {
        match <[Self; 1]>::try_from(Self::expand(text)?) {
            Ok([tag]) => Ok(tag),
            Err(_) => Err(TagError(text.to_owned())),
        }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.python, self.abi, self.platform)
    }
}
