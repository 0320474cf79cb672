//! Names of packages and extras, normalised when they are made, so that comparing two names is
//! comparing two strings.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text that is not a valid name of a project or an extra.
///
/// Source: <https://packaging.python.org/en/latest/specifications/name-normalization/>.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{name}` is not a valid name: ASCII letters, digits, `-`, `_` and `.` only, \
     with a letter or digit at both ends"
)]
pub struct NameError {
    /// The name as it was given.
    pub name: String,
}

macro_rules! normalised_name {
    ($(#[$doc:meta])* $Name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $Name(
            // Invariant: lower case, runs of `-`, `_` and `.` folded to one `-`.
            Arc<str>,
        );

        impl $Name {
            /// The normalised name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $Name {
            type Err = NameError;

            fn from_str(name: &str) -> Result<Self, NameError> {
                if is_normalised(name) {
                    return Ok(Self(name.into()));
                }
                normalise(name).map(|name| Self(name.into()))
            }
        }

        impl fmt::Display for $Name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $Name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl Borrow<str> for $Name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $Name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $Name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                name.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

normalised_name! {
    /// The name of a project, normalised (PEP 503).
    PackageName
}

normalised_name! {
    /// The name of an extra, normalised (PEP 685).
    ExtraName
}

impl PackageName {
    /// The name as it stands in file names of distributions, with `_` in place of `-`.
    ///
    /// Source: <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>.
    #[must_use]
    pub fn as_file_name(&self) -> String {
        self.0.replace('-', "_")
    }
}

fn is_normalised(name: &str) -> bool {
    let bytes = name.as_bytes();
    let edge = |byte: Option<&u8>| byte.is_some_and(|&b| b != b'-');
    edge(bytes.first())
        && edge(bytes.last())
        && bytes
            .iter()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
        && !name.contains("--")
}

fn normalise(name: &str) -> Result<String, NameError> {
    let error = || NameError {
        name: name.to_owned(),
    };
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    if !edge(name.chars().next()) || !edge(name.chars().next_back()) {
        return Err(error());
    }
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            'a'..='z' | '0'..='9' => out.push(c),
            'A'..='Z' => out.push(c.to_ascii_lowercase()),
            '-' | '_' | '.' if out.ends_with('-') => {}
            '-' | '_' | '.' => out.push('-'),
            _ => return Err(error()),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(input: &str, expect: Option<&str>) {
        let name = input.parse::<PackageName>().ok();
        assert_eq!(name.as_ref().map(PackageName::as_str), expect);
    }

    #[test]
    fn folds_case_and_separators() {
        check("Jinja2", Some("jinja2"));
        check("backend.ai-_kernel", Some("backend-ai-kernel"));
        check("a--b", Some("a-b"));
    }

    #[test]
    fn refuses_other_characters() {
        check("", None);
        check("-a", None);
        check("a-", None);
        check("a b", None);
        check("ä", None);
    }
}
