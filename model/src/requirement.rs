//! Requirements (PEP 508): what a project, a `BUILD` file or a release's metadata asks for.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use camino::Utf8PathBuf;
use pep440_rs::VersionSpecifiers;
use pep508_rs::VersionOrUrl;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;

use crate::digest::{FileDigest, FileDigestError, FileDigests};
use crate::lenient;
use crate::marker::Marker;
use crate::marker_text;
use crate::name::{ExtraName, PackageName};

/// One requirement.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Requirement {
    /// The project.
    pub name: PackageName,
    /// The extras asked for, sorted, each once.
    pub extras: Vec<ExtraName>,
    /// Where the project comes from, and which versions satisfy the requirement.
    pub source: RequirementSource,
    /// The environments in which it is required.
    pub marker: Marker,
}

/// Where a required project comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RequirementSource {
    /// A package index or a `find_links` folder, with the specifiers that a version must satisfy.
    Index(Specifiers),
    /// An archive at a URL, a wheel or a source distribution.
    Url {
        /// The archive, without the fragment.
        url: Url,
        /// The project's folder within the archive.
        subdirectory: Option<String>,
        /// The digests that the archive must have.
        digests: FileDigests,
    },
    /// A git repository (`git+https://…`, PEP 610's `vcs`).
    Git {
        /// The repository, without `git+`, revision and fragment.
        url: Url,
        /// The branch, tag or commit asked for.
        revision: Option<String>,
        /// The project's folder within the repository.
        subdirectory: Option<String>,
    },
    /// A folder or an archive on this machine.
    Path {
        /// As written, relative to the repository's root or absolute.
        path: Utf8PathBuf,
        /// The digests that the archive must have.
        digests: FileDigests,
    },
}

/// Version specifiers with a total order, so that requirements can be sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Specifiers(pub VersionSpecifiers);

/// A text that is no requirement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a requirement (PEP 508): {reason}")]
pub struct RequirementError {
    /// The text as it was given.
    pub text: String,
    /// What the parser says.
    pub reason: String,
    /// Where in the text, in bytes.
    pub offset: usize,
}

impl Requirement {
    /// Reads a requirement that follows PEP 508 to the letter, as a person writes it.
    ///
    /// # Errors
    /// Where it does not follow PEP 508.
    pub fn parse(text: &str) -> Result<Self, RequirementError> {
        if let Some((offset, reason)) = refused(text) {
            return Err(RequirementError {
                text: text.to_owned(),
                reason,
                offset,
            });
        }
        let read = pep508_rs::Requirement::<Url>::from_str;
        let parsed = match marker_text::encoded_requirement(text) {
            Cow::Borrowed(text) => read(text),
            // An error's place is one of the text as it was given.
            Cow::Owned(encoded) => read(&encoded).or_else(|_| read(text)),
        }
        .map_err(|error| RequirementError {
            text: text.to_owned(),
            reason: error.message.to_string(),
            offset: error.start.min(text.len()),
        })?;
        if let (Some(VersionOrUrl::Url(_)), Some(offset)) =
            (&parsed.version_or_url, swallowed_marker(text))
        {
            return Err(RequirementError {
                text: text.to_owned(),
                reason:
                    "write a blank before the `;` of a marker: without it, it is a part of the URL"
                        .to_owned(),
                offset,
            });
        }
        Self::from_pep508(parsed, text)
    }

    /// Reads a requirement of a release's metadata. Known misspellings of old releases are mended.
    ///
    /// # Errors
    /// Where the mended text does not follow PEP 508 either; the error is that of the text
    /// as it was given.
    pub fn parse_lenient(text: &str) -> Result<Self, RequirementError> {
        Self::parse(text)
            .or_else(|error| Self::parse(&lenient::mend_requirement(text)).map_err(|_| error))
    }

    /// The specifiers, where the project comes from an index.
    #[must_use]
    pub fn specifiers(&self) -> Option<&VersionSpecifiers> {
        match &self.source {
            RequirementSource::Index(specifiers) => Some(&specifiers.0),
            _ => None,
        }
    }

    fn from_pep508(
        parsed: pep508_rs::Requirement<Url>,
        text: &str,
    ) -> Result<Self, RequirementError> {
        let error = |reason: String| RequirementError {
            text: text.to_owned(),
            reason,
            offset: 0,
        };
        let mut extras = parsed
            .extras
            .iter()
            .map(|extra| extra.as_ref().parse())
            .collect::<Result<Vec<ExtraName>, _>>()
            .map_err(|e| error(e.to_string()))?;
        extras.sort();
        extras.dedup();
        let source = match parsed.version_or_url {
            None => RequirementSource::Index(Specifiers::default()),
            Some(VersionOrUrl::VersionSpecifier(specifiers)) => {
                RequirementSource::Index(Specifiers(specifiers))
            }
            Some(VersionOrUrl::Url(url)) => RequirementSource::from_url(url).map_err(error)?,
        };
        Ok(Self {
            name: parsed
                .name
                .as_ref()
                .parse()
                .map_err(|e: crate::NameError| error(e.to_string()))?,
            extras,
            source,
            marker: Marker::from_tree(parsed.marker),
        })
    }
}

impl RequirementSource {
    /// The same, of which one of `options` must hold as well: the `--hash` options of its line.
    ///
    /// # Errors
    /// Where there is no archive to check, or the URL names another digest; in words for the user.
    pub fn with_hash_options(self, options: &[FileDigest]) -> Result<Self, String> {
        let join = |digests: FileDigests| {
            let of_url: Vec<FileDigest> = digests.iter().cloned().collect();
            let is_named =
                |one: &FileDigest| of_url.iter().any(|it| it.algorithm() == one.algorithm());
            match of_url
                .iter()
                .find(|one| options.iter().any(is_named) && !options.contains(one))
            {
                Some(one) => Err(format!("the URL names {one}, and no `--hash` option does")),
                None => {
                    let others = options.iter().filter(|one| !is_named(one));
                    Ok(digests.with(others.cloned()))
                }
            }
        };
        Ok(match self {
            Self::Url {
                url,
                subdirectory,
                digests,
            } => Self::Url {
                url,
                subdirectory,
                digests: join(digests)?,
            },
            Self::Path { path, digests } => Self::Path {
                path,
                digests: join(digests)?,
            },
            Self::Git { .. } if !options.is_empty() => return Err(NO_ARCHIVE.to_owned()),
            other @ (Self::Git { .. } | Self::Index(_)) => other,
        })
    }

    /// The source of our own canonical form of a path, after `file:`.
    fn local(text: &str) -> Result<Self, String> {
        let (path, fragment) = text.split_once('#').unwrap_or((text, ""));
        Ok(Self::Path {
            path: path_of_url(path)?,
            digests: fragment_digests(fragment).map_err(|error| error.to_string())?,
        })
    }

    /// The digests that the archive must have.
    #[must_use]
    pub fn digests(&self) -> Option<&FileDigests> {
        match self {
            Self::Url { digests, .. } | Self::Path { digests, .. } => Some(digests),
            Self::Index(_) | Self::Git { .. } => None,
        }
    }

    /// Whether both lead to the same place, whatever digest they name.
    #[must_use]
    pub fn is_same_place(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Url {
                    url, subdirectory, ..
                },
                Self::Url {
                    url: other_url,
                    subdirectory: other_subdirectory,
                    ..
                },
            ) => (url, subdirectory) == (other_url, other_subdirectory),
            (Self::Path { path, .. }, Self::Path { path: other, .. }) => path == other,
            _ => self == other,
        }
    }

    /// The source that a direct reference's URL names.
    ///
    /// Where nothing can be fetched by the URL's scheme; the error is a text for the user.
    pub fn from_url(mut url: Url) -> Result<Self, String> {
        let subdirectory = fragment_value(&url, "subdirectory");
        let digests = fragment_digests(url.fragment().unwrap_or_default())
            .map_err(|error| error.to_string())?;
        url.set_fragment(None);
        let scheme = url.scheme().to_owned();
        match scheme.as_str() {
            "http" | "https" => Ok(Self::Url {
                url,
                subdirectory,
                digests,
            }),
            "file" => Ok(Self::Path {
                path: path_of_url(url.path())?,
                digests,
            }),
            scheme => {
                let Some(transport) = scheme.strip_prefix("git+") else {
                    return Err(
                        "only `http`, `https`, `file` and `git+…` URLs are supported".to_owned(),
                    );
                };
                if !digests.is_empty() {
                    return Err(NO_ARCHIVE.to_owned());
                }
                let text = url.as_str()["git+".len()..].to_owned();
                let parsed = Url::parse(&text).ok();
                let mut url = parsed
                    .filter(|url| !url.cannot_be_a_base())
                    .ok_or("the repository's URL is not valid")?;
                debug_assert_eq!(url.scheme(), transport);
                let path = url.path().to_owned();
                let revision = path.rsplit_once('@').map(|(path, revision)| {
                    url.set_path(path);
                    revision.to_owned()
                });
                Ok(Self::Git {
                    url,
                    revision,
                    subdirectory,
                })
            }
        }
    }
}

/// Why a repository cannot have a hash.
const NO_ARCHIVE: &str = "a git repository has no hash to check: name a commit in its place, as in `git+https://…@COMMIT`";

/// Where the `;` stands of a marker that a URL has swallowed, since no blank is before it (PEP 508).
fn swallowed_marker(text: &str) -> Option<usize> {
    let (offset, _) = text.char_indices().find(|(at, c)| {
        let before = text[..*at].chars().next_back();
        *c == ';' && before.is_some_and(|before| !before.is_whitespace())
    })?;
    let marker: Marker = text.get(offset + 1..)?.parse().ok()?;
    (!marker.to_string().is_empty()).then_some(offset)
}

/// What no valid requirement contains and `pep508_rs` may panic on: characters beyond ASCII, and
/// names of projects or extras that end in punctuation.
fn refused(text: &str) -> Option<(usize, String)> {
    if let Some((offset, c)) = text.char_indices().find(|(_, c)| !c.is_ascii()) {
        let reason = match c.is_alphanumeric() || c.is_ascii_graphic() {
            true => format!("`{c}` is not an ASCII character; a URL escapes it with `%`"),
            // Blanks and signs look like those of ASCII, or like nothing.
            false => format!("`{c}` ({}) is not an ASCII character", c.escape_unicode()),
        };
        return Some((offset, reason));
    }
    let is_control = |c: char| c.is_ascii_control() && !c.is_ascii_whitespace();
    if let Some(offset) = text.find(is_control) {
        return Some((offset, "it has a control character".to_owned()));
    }
    let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let names = text
        .split(['@', ';', '<', '>', '=', '!', '~', '('])
        .next()
        .unwrap_or_default();
    let mut at = 0;
    for word in names.split_inclusive(|c| !name(c)) {
        let end = word.trim_end_matches(|c| !name(c)).len();
        if word[..end].ends_with(['-', '_', '.']) {
            let reason = "a name must end with a letter or digit".to_owned();
            return Some((at + end - 1, reason));
        }
        at += word.len();
    }
    None
}

/// The digests that a URL's fragment names.
pub(crate) fn fragment_digests(fragment: &str) -> Result<FileDigests, FileDigestError> {
    let pairs = fragment.split('&');
    let digests = pairs
        .filter_map(|pair| pair.split_once('='))
        .filter_map(|(key, value)| FileDigest::of_fragment(key, value))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(FileDigests::default().with(digests))
}

fn fragment_value(url: &Url, key: &str) -> Option<String> {
    url.fragment()?
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(name, _)| *name == key)
        .map(|(_, value)| value.to_owned())
}

/// What of a path a URL escapes: what would end it, and what it cannot have.
const ESCAPED: &AsciiSet = &CONTROLS.add(b' ').add(b'#').add(b'%').add(b'?');

/// The path that a URL has, which is UTF-8.
fn path_of_url(path: &str) -> Result<Utf8PathBuf, String> {
    let decoded = percent_decode_str(path).decode_utf8();
    let decoded = decoded.map_or_else(|_| path.to_owned(), Cow::into_owned);
    match decoded.contains(char::is_control) {
        true => Err("its path has a control character".to_owned()),
        false => Ok(decoded.into()),
    }
}

impl fmt::Display for RequirementSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fragment = |f: &mut fmt::Formatter<'_>, subdirectory: &Option<String>, digests| {
            let subdirectory = subdirectory.iter().map(|it| format!("subdirectory={it}"));
            let digests: &FileDigests = digests;
            let digests = (!digests.is_empty()).then(|| digests.to_string());
            let parts: Vec<String> = subdirectory.chain(digests).collect();
            match parts.is_empty() {
                true => Ok(()),
                false => write!(f, "#{}", parts.join("&")),
            }
        };
        match self {
            Self::Index(specifiers) => write!(f, "{specifiers}"),
            Self::Url {
                url,
                subdirectory,
                digests,
            } => {
                write!(f, " @ {url}")?;
                fragment(f, subdirectory, digests)
            }
            Self::Git {
                url,
                revision,
                subdirectory,
            } => {
                let mut url = url.clone();
                if let Some(revision) = revision {
                    // Before what may follow a path.
                    url.set_path(&format!("{}@{revision}", url.path()));
                }
                write!(f, " @ git+{url}")?;
                fragment(f, subdirectory, &FileDigests::default())
            }
            // PEP 508 knows no relative paths; pip reads this form.
            Self::Path { path, digests } => {
                write!(f, " @ file:{}", utf8_percent_encode(path.as_str(), ESCAPED))?;
                fragment(f, &None, digests)
            }
        }
    }
}

impl fmt::Display for Specifiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, specifier) in self.0.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            write!(f, "{comma}{specifier}")?;
        }
        Ok(())
    }
}

impl PartialOrd for Specifiers {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Specifiers {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.to_string().cmp(&other.to_string())
    }
}

/// The canonical form, as in `name[extra]>=1 ; marker`.
impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        for (at, extra) in self.extras.iter().enumerate() {
            write!(f, "{}{extra}", if at == 0 { "[" } else { "," })?;
        }
        if !self.extras.is_empty() {
            f.write_str("]")?;
        }
        write!(f, "{}", self.source)?;
        if !self.marker.is_true() {
            write!(f, " ; {}", self.marker)?;
        }
        Ok(())
    }
}

impl FromStr for Requirement {
    type Err = RequirementError;

    fn from_str(text: &str) -> Result<Self, RequirementError> {
        // A relative path, which our own canonical form writes, is no URL to `pep508_rs`.
        if let Some((head, path)) = text.split_once(" @ file:")
            && !path.starts_with("//")
        {
            let (path, marker) = path.split_once(" ; ").unwrap_or((path, ""));
            let mut requirement = Self::parse(head)?;
            requirement.source =
                RequirementSource::local(path).map_err(|reason| RequirementError {
                    text: text.to_owned(),
                    reason,
                    offset: 0,
                })?;
            requirement.marker =
                marker
                    .parse()
                    .map_err(|e: crate::MarkerError| RequirementError {
                        text: text.to_owned(),
                        reason: e.reason,
                        offset: 0,
                    })?;
            return Ok(requirement);
        }
        Self::parse(text)
    }
}

impl Serialize for Requirement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Requirement {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(input: &str, expect: &str) {
        let requirement = Requirement::parse_lenient(input).unwrap();
        assert_eq!(requirement.to_string(), expect);
        assert_eq!(
            requirement.to_string().parse::<Requirement>().unwrap(),
            requirement
        );
    }

    #[test]
    fn a_place_is_written_as_a_url_has_it() {
        check(
            "a @ file:///x%3Fy%23z%20%C3%A9",
            "a @ file:/x%3Fy%23z%20%C3%A9",
        );
        check(
            "a @ git+https://host.example/a@b@1?c#subdirectory=d",
            "a @ git+https://host.example/a@b@1?c#subdirectory=d",
        );
        check(
            "a @ https://x.example/a.zip?x;y",
            "a @ https://x.example/a.zip?x;y",
        );
        let reason = |text: &str| Requirement::parse(text).unwrap_err().reason;
        assert!(reason("a @ https://x.example/a.zip;os_name>'x'").starts_with("write a blank"));
        assert_eq!(
            reason("a @ git+mailto:a@b"),
            "the repository's URL is not valid"
        );
        assert_eq!(reason("a @ file:///x\0"), "it has a control character");
        assert_eq!(
            reason("a @ file:///x%00"),
            "its path has a control character"
        );
    }

    #[test]
    fn canonical_form() {
        check("Foo_Bar [B, a] >= 1.0 , <2", "foo-bar[a,b]>=1.0,<2");
        check(
            "a; python_version>='3.8'",
            "a ; python_full_version >= '3.8'",
        );
        check(
            "a @ https://h.example/a-1.0.zip",
            "a @ https://h.example/a-1.0.zip",
        );
        check(
            "a @ git+https://h.example/a.git@v1#subdirectory=x",
            "a @ git+https://h.example/a.git@v1#subdirectory=x",
        );
        check("a @ file:///x/y%20z", "a @ file:/x/y%20z");
        let sha256 = format!("sha256={}", "0".repeat(64));
        check(
            &format!("a @ https://h.example/a-1.0.zip#{sha256}&egg=a&subdirectory=x"),
            &format!("a @ https://h.example/a-1.0.zip#subdirectory=x&{sha256}"),
        );
        check(
            &format!("a @ file:///x/a.zip#{sha256} ; os_name == 'nt'"),
            &format!("a @ file:/x/a.zip#{sha256} ; os_name == 'nt'"),
        );
        check("a>=1.0.*", "a>=1.0");
    }

    #[test]
    fn errors_have_a_place() {
        let error = Requirement::parse("a >= !").unwrap_err();
        insta::assert_snapshot!(format!("{error} ({})", error.offset), @"`a >= !` is not a requirement (PEP 508): expected version to start with a number, but no leading ASCII digits were found (2)");
        let error = Requirement::parse("a ; os_name == 'ü'").unwrap_err();
        assert_eq!(error.offset, 16);
        let error = Requirement::parse("a.>=1").unwrap_err();
        assert_eq!(error.offset, 1);
        let error = Requirement::parse("a[x, 3-]>=1").unwrap_err();
        assert_eq!(error.offset, 6);
    }
}
