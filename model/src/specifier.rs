//! A requirement as a person writes it in a BUILD or requirement file. Its spelling, what it asks
//! for, and its place in the file are read together and kept together.

use std::sync::Arc;

use url::Url;

use crate::filename::WheelFilename;
use crate::marker::{Marker, MarkerError};
use crate::name::{ExtraName, NameError};
use crate::place::Place;
use crate::requirement::{Requirement, RequirementSource, fragment_digests};
use crate::requires_dist::{RequiresDist, SourceSpelling, marker_spelling, split_name, split_url};

/// A dependency specifier (PEP 508) or one of the locations that pip takes in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DependencySpecifier {
    spelling: Arc<str>,
    project: ProjectReference,
    name_spelling: Option<String>,
    requires_dist: Option<RequiresDist>,
    place: Place,
}

/// Which project a dependency specifier asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProjectReference {
    /// The text names the project.
    Named(Requirement),
    /// A URL, repository or path without a name: the project's own metadata has it.
    Unnamed {
        /// Where the project is.
        source: RequirementSource,
        /// Extras asked for.
        extras: Vec<ExtraName>,
        /// Environments in which it is required.
        marker: Marker,
    },
}

/// Why a text is no dependency specifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct SpecifierError {
    /// What is wrong.
    pub reason: String,
    /// Where in the text, in bytes.
    pub offset: usize,
}

impl DependencySpecifier {
    /// Reads a text that stands at `place`. White space around it is ignored.
    ///
    /// Local paths are relative to the root of the repository; to pip, they are relative to the
    /// folder in which it runs.
    ///
    /// # Errors
    /// Where it is neither a dependency specifier nor a location.
    pub fn parse(text: &str, place: Place) -> Result<Self, SpecifierError> {
        let spelling = text.trim();
        let read = match Location::of(spelling) {
            Some(location) => location.read(),
            None => named(spelling),
        };
        let skipped = text.len() - text.trim_start().len();
        let parts = read.map_err(|error| SpecifierError {
            offset: error.offset + skipped,
            ..error
        })?;
        Ok(Self {
            spelling: Arc::from(spelling),
            project: parts.project,
            name_spelling: parts.name,
            requires_dist: parts.requires_dist,
            place,
        })
    }

    /// As it is written.
    #[must_use]
    pub fn spelling(&self) -> &Arc<str> {
        &self.spelling
    }

    /// What it asks for.
    #[must_use]
    pub fn project(&self) -> &ProjectReference {
        &self.project
    }

    /// What it asks for, if the text names the project.
    #[must_use]
    pub fn requirement(&self) -> Option<&Requirement> {
        match &self.project {
            ProjectReference::Named(requirement) => Some(requirement),
            ProjectReference::Unnamed { .. } => None,
        }
    }

    /// The project's name as it is written, if the text names it.
    #[must_use]
    pub fn name_spelling(&self) -> Option<&str> {
        self.name_spelling.as_deref()
    }

    /// The requirement in the form of core metadata; `None` if there is no such form, for a path on
    /// this machine or a project without a name.
    #[must_use]
    pub fn requires_dist(&self) -> Option<&RequiresDist> {
        self.requires_dist.as_ref()
    }

    /// Where it stands.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }
}

/// What was read from a text.
struct Parts {
    project: ProjectReference,
    name: Option<String>,
    requires_dist: Option<RequiresDist>,
}

fn error(offset: usize, reason: impl ToString) -> SpecifierError {
    SpecifierError {
        reason: reason.to_string(),
        offset,
    }
}

/// Reads the form of PEP 508.
fn named(text: &str) -> Result<Parts, SpecifierError> {
    let requirement = Requirement::parse(text)
        .map_err(|wrong| error(wrong.offset, format!("not a requirement: {}", wrong.reason)))?;
    let is_local = matches!(requirement.source, RequirementSource::Path { .. });
    Ok(Parts {
        name: Some(split_name(text).0.to_owned()),
        requires_dist: (!is_local).then(|| RequiresDist::of_text(text, requirement.clone())),
        project: ProjectReference::Named(requirement),
    })
}

/// A URL, a repository or a path, which pip takes as well, split into its parts.
struct Location<'t> {
    text: &'t str,
    marker: &'t str,
}

impl<'t> Location<'t> {
    /// Splits a text that is a location rather than begins with a name.
    fn of(text: &'t str) -> Option<Self> {
        let head = text.split([' ', ';', '[']).next().unwrap_or_default();
        let (name, rest) = split_name(text);
        let rest = match rest.trim_start().strip_prefix('[') {
            Some(rest) => rest.split_once(']').map_or("", |(_, rest)| rest),
            None => rest,
        };
        // `name @ URL`, however the URL ends; but `./folder@2` is a path.
        if name.starts_with(|c: char| c.is_ascii_alphanumeric())
            && rest.trim_start().starts_with('@')
        {
            return None;
        }
        let has_scheme = head
            .split_once("://")
            .is_some_and(|(scheme, _)| !scheme.contains(['@', '=', '<', '>']));
        let is_archive = [".whl", ".tar.gz", ".zip"]
            .iter()
            .any(|end| head.ends_with(end));
        let is_location = has_scheme
            || head.starts_with("file:")
            || head.starts_with(['.', '/'])
            || (head.contains('/') && !text.contains('@'))
            || is_archive;
        is_location.then(|| {
            let (text, marker) = match text.split_once("; ") {
                // pip takes a marker behind a location without the space before it, too.
                Some((location, marker)) if !location.ends_with(' ') => (location, marker),
                _ => split_url(text),
            };
            Self {
                text,
                marker: marker.trim(),
            }
        })
    }

    fn read(self) -> Result<Parts, SpecifierError> {
        let marker = match self.marker {
            "" => Marker::TRUE,
            marker => marker
                .parse()
                .map_err(|wrong: MarkerError| error(self.text.len(), wrong))?,
        };
        let (location, mut extras) = split_extras(self.text)?;
        let (source, name) = source_and_name(location)?;
        let Some(name) = name else {
            return Ok(Parts {
                project: ProjectReference::Unnamed {
                    source,
                    extras,
                    marker,
                },
                name: None,
                requires_dist: None,
            });
        };
        let (name, more) = split_extras(&name)?;
        extras.extend(more);
        extras.sort();
        extras.dedup();
        let requirement = Requirement {
            name: name.parse().map_err(|wrong: NameError| error(0, wrong))?,
            extras,
            source,
            marker,
        };
        let is_local = matches!(requirement.source, RequirementSource::Path { .. });
        let extras = requirement.extras.iter();
        let requires_dist = (!is_local).then(|| RequiresDist {
            requirement: requirement.clone(),
            name: name.replace('_', "-"),
            extras: extras.map(ToString::to_string).collect(),
            source: SourceSpelling::Url(location.to_owned()),
            marker: marker_spelling(self.marker),
        });
        Ok(Parts {
            project: ProjectReference::Named(requirement),
            name: Some(name.to_owned()),
            requires_dist,
        })
    }
}

/// `location[extra,…]`.
fn split_extras(location: &str) -> Result<(&str, Vec<ExtraName>), SpecifierError> {
    let split = location
        .strip_suffix(']')
        .and_then(|head| head.split_once('['));
    let Some((head, inside)) = split else {
        return Ok((location, Vec::new()));
    };
    let extras = inside
        .split(',')
        .map(|extra| extra.trim().parse())
        .collect::<Result<Vec<ExtraName>, NameError>>()
        .map_err(|wrong| error(head.len() + 1, wrong))?;
    Ok((head, extras))
}

/// The source that a location names, and the name of the project if the location has one.
fn source_and_name(location: &str) -> Result<(RequirementSource, Option<String>), SpecifierError> {
    if location.contains("://") {
        let url = Url::parse(location).map_err(|wrong| error(0, format!("not a URL: {wrong}")))?;
        let egg = url.fragment().and_then(|fragment| {
            let mut pairs = fragment.split('&');
            pairs.find_map(|pair| pair.strip_prefix("egg=").map(str::to_owned))
        });
        let name = egg.or_else(|| name_of_archive(url.path()));
        let source = RequirementSource::from_url(url).map_err(|wrong| error(0, wrong))?;
        return Ok((source, name));
    }
    let (relative, fragment) = match location.split_once('#') {
        // A folder may have the sign in its name; what follows an archive's is about it.
        Some((path, fragment)) if name_of_archive(path).is_some() => (path, fragment),
        _ => (location, ""),
    };
    let relative = relative.strip_prefix("file:").unwrap_or(relative);
    let source = RequirementSource::Path {
        path: normal_path(relative).into(),
        digests: fragment_digests(fragment).map_err(|it| error(0, it))?,
    };
    Ok((source, name_of_archive(relative)))
}

/// A relative path without `.`, and with `..` only at its start; an absolute path as it is.
fn normal_path(path: &str) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    match parts.as_slice() {
        [] => ".".to_owned(),
        parts => parts.join("/"),
    }
}

/// The project name in the file name of a wheel or source distribution.
fn name_of_archive(path: &str) -> Option<String> {
    let last = path.rsplit('/').next()?;
    if let Ok(wheel) = last.parse::<WheelFilename>() {
        return Some(wheel.name.to_string());
    }
    let stem = [".tar.gz", ".zip"]
        .iter()
        .find_map(|end| last.strip_suffix(end))?;
    let (name, version) = stem.rsplit_once('-')?;
    version
        .starts_with(|c: char| c.is_ascii_digit())
        .then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<DependencySpecifier, SpecifierError> {
        DependencySpecifier::parse(text, Place::file("BUILD"))
    }

    /// What a text asks for, and how core metadata says it.
    #[track_caller]
    fn check(text: &str, asks_for: &str, metadata: Option<&str>) {
        let specifier = read(text).unwrap();
        let found = match specifier.project() {
            ProjectReference::Named(requirement) => requirement.to_string(),
            ProjectReference::Unnamed { source, .. } => format!("?{source}"),
        };
        assert_eq!(found, asks_for);
        let said = specifier.requires_dist().map(ToString::to_string);
        assert_eq!(said.as_deref(), metadata);
        assert_eq!(&**specifier.spelling(), text.trim());
    }

    #[test]
    fn names() {
        check(" Foo_Bar >= 1 ", "foo-bar>=1", Some("Foo-Bar>=1"));
        assert_eq!(
            read("Foo_Bar.x[y]>=1").unwrap().name_spelling(),
            Some("Foo_Bar.x")
        );
        check(
            "my-lib@git+https://files.example/my_lib",
            "my-lib @ git+https://files.example/my_lib",
            Some("my-lib @ git+https://files.example/my_lib"),
        );
        check(
            "my-lib@https://files.example/my_lib-1.0-py3-none-any.whl",
            "my-lib @ https://files.example/my_lib-1.0-py3-none-any.whl",
            Some("my-lib @ https://files.example/my_lib-1.0-py3-none-any.whl"),
        );
        check(
            "my-lib[x]@https://files.example/my_lib-1.0.tar.gz ; os_name=='nt'",
            "my-lib[x] @ https://files.example/my_lib-1.0.tar.gz ; os_name == 'nt'",
            Some("my-lib[x] @ https://files.example/my_lib-1.0.tar.gz ; os_name == \"nt\""),
        );
        check("a @ file:///x/a.zip", "a @ file:/x/a.zip", None);
    }

    #[test]
    fn locations() {
        check(
            "git+https://files.example/x.git@v1#egg=My_Pkg",
            "my-pkg @ git+https://files.example/x.git@v1",
            Some("My-Pkg @ git+https://files.example/x.git@v1#egg=My_Pkg"),
        );
        check(
            "https://files.example/a_b-1.0-py3-none-any.whl; os_name == 'nt'",
            "a-b @ https://files.example/a_b-1.0-py3-none-any.whl ; os_name == 'nt'",
            Some("a-b @ https://files.example/a_b-1.0-py3-none-any.whl ; os_name == \"nt\""),
        );
        check("./local/dir", "? @ file:local/dir", None);
        check("../up@2", "? @ file:../up@2", None);
        check("d/a-1.0.zip", "a @ file:d/a-1.0.zip", None);
        check(
            "./a-1.0.zip#md5=900150983cd24fb0d6963f7d28e17f72",
            "a @ file:a-1.0.zip#md5=900150983cd24fb0d6963f7d28e17f72",
            None,
        );
        check(
            "https://files.example/dir",
            "? @ https://files.example/dir",
            None,
        );
    }

    #[test]
    fn errors_have_a_place() {
        let offset = |text: &str| read(text).unwrap_err().offset;
        assert_eq!(offset("a >> 1"), 2);
        assert_eq!(offset("  a >> 1"), 4);
        let error = read("a@https://files.example/a.zip; os_name == 'nt'").unwrap_err();
        insta::assert_snapshot!(format!("{error} ({})", error.offset), @"not a requirement: Missing space before ';', the end of the URL is ambiguous (29)");
        insta::assert_snapshot!(read("a@files.example/a.whl").unwrap_err(), @"not a requirement: relative URL without a base");
    }
}
