//! PEP 691 listings: JSON that is read in one pass. Texts are borrowed from the answer.

use std::borrow::Cow;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::page::{ListingPage, MetadataFile, PageFile};

/// Reads an answer of `application/vnd.pypi.simple.v1+json`.
///
/// # Errors
/// Where it is not such a document; the error is a text for the user.
pub(crate) fn parse(body: &[u8]) -> Result<ListingPage<'_>, String> {
    let document: Document<'_> =
        serde_json::from_slice(body).map_err(|e| format!("it is no JSON listing: {e}"))?;
    let version = document.meta.api_version.as_deref().unwrap_or("1.0");
    if version != "1" && !version.starts_with("1.") {
        return Err(format!(
            "it speaks version {version} of the index API, and only version 1 is known"
        ));
    }
    Ok(ListingPage {
        files: document.files.into_iter().map(File::listed).collect(),
    })
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(default)]
    meta: Meta<'a>,
    #[serde(borrow)]
    files: Vec<File<'a>>,
}

#[derive(Deserialize, Default)]
struct Meta<'a> {
    #[serde(rename = "api-version", borrow)]
    api_version: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    filename: Cow<'a, str>,
    #[serde(borrow)]
    url: Cow<'a, str>,
    // Some servers write null where they know none.
    #[serde(default)]
    hashes: Option<Hashes>,
    #[serde(rename = "requires-python", borrow, default)]
    requires_python: Option<Text<'a>>,
    #[serde(default)]
    size: Option<u64>,
    #[serde(rename = "upload-time", borrow, default)]
    upload_time: Option<Text<'a>>,
    #[serde(borrow, default)]
    yanked: Flag<'a>,
    #[serde(rename = "core-metadata", borrow, default)]
    core_metadata: Flag<'a>,
    #[serde(rename = "dist-info-metadata", borrow, default)]
    dist_info_metadata: Flag<'a>,
}

/// A text in an option, which serde would not borrow otherwise.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> File<'a> {
    fn listed(self) -> PageFile<'a> {
        PageFile {
            filename: self.filename,
            url: self.url,
            sha256: self.hashes.and_then(|hashes| hashes.0),
            size: self.size,
            uploaded: self.upload_time.and_then(|time| microseconds(&time.0)),
            requires_python: self
                .requires_python
                .map(|text| text.0)
                .filter(|text| !text.is_empty()),
            yanked: match self.yanked {
                Flag::Off | Flag::Hashes(_) => None,
                Flag::On => Some(Cow::Borrowed("")),
                Flag::Text(reason) => Some(reason),
            },
            core_metadata: match (self.core_metadata, self.dist_info_metadata) {
                (Flag::Hashes(Hashes(Some(digest))), _)
                | (Flag::Off, Flag::Hashes(Hashes(Some(digest)))) => MetadataFile::Hashed(digest),
                (Flag::Off, Flag::Off) => MetadataFile::Absent,
                _ => MetadataFile::Unhashed,
            },
        }
    }
}

/// An RFC 3339 time in microseconds since 1970.
pub(crate) fn microseconds(time: &str) -> Option<i64> {
    let time: jiff::Timestamp = time.parse().ok()?;
    Some(time.as_microsecond())
}

/// `hashes`: only sha256 is kept.
#[derive(Default)]
struct Hashes(Option<[u8; 32]>);

impl<'de> Deserialize<'de> for Hashes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Digests;
        impl<'de> Visitor<'de> for Digests {
            type Value = Hashes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of digests")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Hashes, A::Error> {
                read_hashes(map)
            }
        }
        deserializer.deserialize_map(Digests)
    }
}

fn read_hashes<'de, A: MapAccess<'de>>(mut map: A) -> Result<Hashes, A::Error> {
    let mut sha256 = None;
    while let Some(Text(algorithm)) = map.next_key()? {
        if algorithm == "sha256" {
            let Text(digits) = map.next_value()?;
            sha256 = digest(&digits);
        } else {
            map.next_value::<IgnoredAny>()?;
        }
    }
    Ok(Hashes(sha256))
}

/// Reads a hash of 64 hexadecimal digits.
pub(crate) fn digest(digits: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    hex::decode_to_slice(digits, &mut digest).ok()?;
    Some(digest)
}

/// `yanked` and `core-metadata`: true, false, or a value with details.
#[derive(Default)]
enum Flag<'a> {
    #[default]
    Off,
    On,
    Text(Cow<'a, str>),
    Hashes(Hashes),
}

impl<'de: 'a, 'a> Deserialize<'de> for Flag<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Flags;
        impl<'de> Visitor<'de> for Flags {
            type Value = Flag<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a truth value, a text or an object of digests")
            }
            fn visit_bool<E>(self, on: bool) -> Result<Flag<'de>, E> {
                Ok(if on { Flag::On } else { Flag::Off })
            }
            fn visit_unit<E>(self) -> Result<Flag<'de>, E> {
                Ok(Flag::Off)
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Flag<'de>, E> {
                Ok(Flag::Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Flag<'de>, E> {
                Ok(Flag::Text(Cow::Owned(text.to_owned())))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Flag<'de>, A::Error> {
                read_hashes(map).map(Flag::Hashes)
            }
        }
        deserializer.deserialize_any(Flags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(file: &str, expect: &PageFile<'_>) {
        let body = format!(r#"{{"meta":{{"api-version":"1.1"}},"files":[{file}],"x":[1]}}"#);
        assert_eq!(parse(body.as_bytes()).unwrap().files[0], *expect);
    }

    fn file(filename: &str) -> PageFile<'_> {
        PageFile {
            filename: filename.into(),
            url: "u".into(),
            ..PageFile::default()
        }
    }

    #[test]
    fn the_least_there_is() {
        check(r#"{"filename":"a","url":"u","hashes":{}}"#, &file("a"));
        check(r#"{"filename":"a","url":"u","hashes":null}"#, &file("a"));
        check(
            r#"{"filename":"a","url":"u","hashes":{"md5":"x"},"requires-python":null,"yanked":false,"size":null}"#,
            &file("a"),
        );
    }

    #[test]
    fn all_there_is() {
        let digits = "ab".repeat(32);
        check(
            &format!(
                r#"{{"filename":"a\u0041","url":"u","hashes":{{"sha256":"{digits}"}},"requires-python":">=3","size":7,"upload-time":"1970-01-01T00:00:01.5Z","yanked":"bad","core-metadata":{{"sha256":"{digits}"}}}}"#
            ),
            &PageFile {
                sha256: Some([0xab; 32]),
                size: Some(7),
                uploaded: Some(1_500_000),
                requires_python: Some(">=3".into()),
                yanked: Some("bad".into()),
                core_metadata: MetadataFile::Hashed([0xab; 32]),
                ..file("aA")
            },
        );
        check(
            r#"{"filename":"a","url":"u","yanked":true,"dist-info-metadata":true}"#,
            &PageFile {
                yanked: Some("".into()),
                core_metadata: MetadataFile::Unhashed,
                ..file("a")
            },
        );
    }

    #[test]
    fn says_what_is_wrong() {
        insta::assert_snapshot!(parse(b"{\"files\": [").unwrap_err(), @"it is no JSON listing: EOF while parsing a list at line 1 column 11");
        insta::assert_snapshot!(parse(b"<html>").unwrap_err(), @"it is no JSON listing: expected value at line 1 column 1");
        insta::assert_snapshot!(
            parse(br#"{"meta":{"api-version":"2.0"},"files":[]}"#).unwrap_err(), @"it speaks version 2.0 of the index API, and only version 1 is known");
    }
}
