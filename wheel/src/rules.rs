//! Rules for the metadata of all distributions in a repository, in place of a set-up plug-in of
//! Pants: pure functions from settings, the version and the interpreter constraints to the values
//! of core metadata.

use model::{InterpreterConstraints, RequiresDist, Version, VersionFile};
use pep440_rs::PrereleaseKind;

use crate::license::{license_classifier, license_expression};
use crate::metadata::{CoreMetadata, Description, License, MetadataVersion};
use crate::module_relations::ModuleRelations;
use crate::requires_python::{RequiresPythonRule, python_classifiers};

/// The rules for every distribution of a repository.
#[derive(Clone, Debug, Default)]
pub struct RepositoryRules {
    /// The start that every distribution's name must have.
    pub name_prefix: Option<String>,
    /// The version of the metadata.
    pub metadata_version: MetadataVersion,
    /// `Home-page`.
    pub home_page: Option<String>,
    /// Labels and URLs.
    pub project_urls: Vec<(String, String)>,
    /// `Author`.
    pub author: Option<String>,
    /// `Author-email`.
    pub author_email: Option<String>,
    /// Classifiers that every distribution has, before its own.
    pub classifiers: Vec<String>,
    /// How licences are declared.
    pub license_style: LicenseStyle,
    /// Classifiers or expressions for other licence names.
    pub licenses: Vec<(String, String)>,
    /// Whether a classifier `Development Status ::` is derived from the version.
    pub development_status: bool,
    /// Whether classifiers `Programming Language :: Python :: 3.X` are derived from the interpreter
    /// constraints.
    pub python_classifiers: bool,
    /// How `Requires-Python` is derived from the interpreter constraints.
    pub requires_python: RequiresPythonRule,
    /// Fields that every distribution must have: `description`, `license`.
    pub required_fields: Vec<String>,
}

/// The values of a distribution's `provides=python_artifact(…)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Artifact {
    /// `name`
    pub name: String,
    /// `version`; if it is missing, the version in the version file.
    pub version: Option<String>,
    /// `description`: one line.
    pub description: Option<String>,
    /// `url`
    pub url: Option<String>,
    /// `download_url`
    pub download_url: Option<String>,
    /// `author`
    pub author: Option<String>,
    /// `author_email`
    pub author_email: Option<String>,
    /// `maintainer`
    pub maintainer: Option<String>,
    /// `maintainer_email`
    pub maintainer_email: Option<String>,
    /// `license`
    pub license: Option<String>,
    /// `keywords`
    pub keywords: Vec<String>,
    /// `platforms`
    pub platforms: Vec<String>,
    /// `classifiers`
    pub classifiers: Vec<String>,
    /// `requires`, `provides` and `obsoletes`.
    pub modules: ModuleRelations,
    /// `project_urls`
    pub project_urls: Vec<(String, String)>,
    /// `python_requires`; if it is missing, it is derived from the interpreter constraints.
    pub python_requires: Option<String>,
    /// What `extras_require` requires without an extra, by its keys `:marker`.
    pub requires: Vec<RequiresDist>,
    /// `extras_require`, with normalised names.
    pub extras_require: Vec<(String, Vec<RequiresDist>)>,
}

/// How licences are declared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LicenseStyle {
    /// By `License-Expression` (PEP 639).
    #[default]
    Expression,
    /// By `License` and a classifier.
    Classifier,
}

/// A rule of the repository that a distribution breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// The version file has no version.
    #[error("`{path}` holds {text:?}, which is not a version (PEP 440): {problem}")]
    Version {
        /// The version file.
        path: String,
        /// Its text without white space at the ends.
        text: String,
        /// What the parser says.
        problem: String,
    },
    /// The name does not have the required start.
    #[error(
        "the name `{name}` does not start with `{prefix}`, as every distribution of this repository must"
    )]
    NamePrefix {
        /// The name.
        name: String,
        /// The prefix.
        prefix: String,
    },
    /// A required field is missing.
    #[error("`{name}` gives no `{field}`, which this repository requires")]
    MissingField {
        /// The distribution.
        name: String,
        /// The field.
        field: String,
    },
    /// A distribution has a field that the repository sets for all.
    #[error(
        "`{name}` sets `{field}`, which the settings of this repository set for every distribution"
    )]
    Conflict {
        /// The distribution.
        name: String,
        /// The field.
        field: String,
    },
    /// None of the readme files exists.
    #[error("no readme in `{folder}`: looked for {}", tried.join(", "))]
    MissingReadme {
        /// The folder looked in.
        folder: String,
        /// The names looked for, in order.
        tried: Vec<String>,
    },
}

impl RepositoryRules {
    /// The core metadata of a distribution, without its requirements on others.
    pub fn metadata(
        &self,
        artifact: &Artifact,
        version: &Version,
        constraints: Option<&InterpreterConstraints>,
        readme: Option<Description>,
    ) -> Result<CoreMetadata, RuleError> {
        self.check(artifact)?;
        let (license, license_classifier) = self.license(artifact);
        let mut metadata = CoreMetadata {
            metadata_version: self.metadata_version,
            // setuptools takes the first line of several.
            summary: artifact.description.as_ref().map(|text| {
                let line = text.trim().lines().next();
                line.unwrap_or_default().to_owned()
            }),
            download_url: artifact.download_url.clone(),
            home_page: self.home_page.clone().or_else(|| artifact.url.clone()),
            author: self.author.clone().or_else(|| artifact.author.clone()),
            author_email: self
                .author_email
                .clone()
                .or_else(|| artifact.author_email.clone()),
            maintainer: artifact.maintainer.clone(),
            maintainer_email: artifact.maintainer_email.clone(),
            license,
            project_urls: if self.project_urls.is_empty() {
                &artifact.project_urls
            } else {
                &self.project_urls
            }
            .clone(),
            keywords: artifact.keywords.clone(),
            platforms: artifact.platforms.clone(),
            classifiers: self.classifiers.clone(),
            modules: artifact.modules.clone(),
            description: readme,
            requires_dist: artifact.requires.clone(),
            extras: artifact.extras_require.clone(),
            ..CoreMetadata::new(&artifact.name, version.clone())
        };
        if self.development_status {
            metadata
                .classifiers
                .push(development_status(version).to_owned());
        }
        if self.python_classifiers {
            metadata
                .classifiers
                .extend(constraints.map(python_classifiers).unwrap_or_default());
        }
        metadata.classifiers.extend(license_classifier);
        metadata
            .classifiers
            .extend(artifact.classifiers.iter().cloned());
        metadata.requires_python = match &artifact.python_requires {
            Some(given) => Some(given.clone()),
            None => constraints.and_then(|constraints| self.requires_python.of(constraints)),
        };
        Ok(metadata)
    }

    fn check(&self, artifact: &Artifact) -> Result<(), RuleError> {
        let name = || artifact.name.clone();
        if let Some(prefix) = self
            .name_prefix
            .as_ref()
            .filter(|prefix| !artifact.name.starts_with(prefix.as_str()))
        {
            return Err(RuleError::NamePrefix {
                name: name(),
                prefix: prefix.clone(),
            });
        }
        let given = [
            ("description", artifact.description.is_some()),
            ("license", artifact.license.is_some()),
        ];
        for (field, _) in given.iter().filter(|(_, given)| !given) {
            if self
                .required_fields
                .iter()
                .any(|required| required == field)
            {
                return Err(RuleError::MissingField {
                    name: name(),
                    field: (*field).to_owned(),
                });
            }
        }
        let set_for_all = [
            ("url", self.home_page.is_some() && artifact.url.is_some()),
            ("author", self.author.is_some() && artifact.author.is_some()),
            (
                "author_email",
                self.author_email.is_some() && artifact.author_email.is_some(),
            ),
            (
                "project_urls",
                !self.project_urls.is_empty() && !artifact.project_urls.is_empty(),
            ),
        ];
        match set_for_all.iter().find(|(_, both)| *both) {
            Some((field, _)) => Err(RuleError::Conflict {
                name: name(),
                field: (*field).to_owned(),
            }),
            None => Ok(()),
        }
    }

    /// The licence and its classifier. An expression cannot stand beside a licence classifier
    /// (PEP 639), so the older field is used there, as it is for what is no expression.
    fn license(&self, artifact: &Artifact) -> (License, Option<String>) {
        let Some(license) = &artifact.license else {
            return (License::None, None);
        };
        let set = self
            .licenses
            .iter()
            .find(|(name, _)| name == license)
            .map(|(_, value)| value.clone());
        match self.license_style {
            LicenseStyle::Classifier => {
                let classifier = set.or_else(|| license_classifier(license).map(str::to_owned));
                (License::Text(license.clone()), classifier)
            }
            LicenseStyle::Expression if self.needs_older_license(artifact) => {
                (License::Text(license.clone()), None)
            }
            LicenseStyle::Expression => match license_expression(&set.unwrap_or(license.clone())) {
                Ok(expression) => (License::Expression(expression), None),
                Err(_) => (License::Text(license.clone()), None),
            },
        }
    }

    /// Whether the metadata is too old for an expression, or classifiers name the licence.
    fn needs_older_license(&self, artifact: &Artifact) -> bool {
        self.metadata_version < MetadataVersion::V2_4 || self.has_license_classifier(artifact)
    }

    /// Whether an expression is written in the older field, since a classifier stands beside it.
    pub fn avoids_expression(&self, artifact: &Artifact) -> bool {
        let license = artifact.license.as_deref().unwrap_or_default();
        self.license_style == LicenseStyle::Expression
            && self.metadata_version >= MetadataVersion::V2_4
            && self.has_license_classifier(artifact)
            && license_expression(license).is_ok()
    }

    fn has_license_classifier(&self, artifact: &Artifact) -> bool {
        let mut classifiers = self.classifiers.iter().chain(&artifact.classifiers);
        classifiers.any(|classifier| classifier.starts_with("License ::"))
    }
}

/// The version in a version file: alone, or as a Python module assigns it.
pub fn version_from_file(path: &str, text: &str) -> Result<Version, RuleError> {
    let text = VersionFile::parse(text).version();
    text.parse()
        .map_err(|e: pep440_rs::VersionParseError| RuleError::Version {
            path: path.to_owned(),
            text: text.to_owned(),
            problem: e.to_string(),
        })
}

/// The first of the readme files that is in `folder`, as `exists` has it.
pub fn find_readme(
    folder: &str,
    names: &[String],
    exists: impl Fn(&str) -> bool,
) -> Result<String, RuleError> {
    let found = names.iter().find(|name| exists(name)).cloned();
    found.ok_or_else(|| RuleError::MissingReadme {
        folder: folder.to_owned(),
        tried: names.to_vec(),
    })
}

/// The content type of a readme by its name.
pub fn content_type(readme: &str) -> &'static str {
    match readme.rsplit_once('.').map(|(_, extension)| extension) {
        Some("md") => "text/markdown",
        Some("rst") => "text/x-rst",
        _ => "text/plain",
    }
}

/// `Development Status ::` by kind of version: development, alpha, beta and
/// candidate, final.
pub fn development_status(version: &Version) -> &'static str {
    match version.pre().map(|pre| pre.kind) {
        _ if version.is_dev() => "Development Status :: 2 - Pre-Alpha",
        Some(PrereleaseKind::Alpha) => "Development Status :: 3 - Alpha",
        Some(PrereleaseKind::Beta | PrereleaseKind::Rc) => "Development Status :: 4 - Beta",
        None => "Development Status :: 5 - Production/Stable",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn constraints(text: &[&str]) -> InterpreterConstraints {
        InterpreterConstraints::parse(text).unwrap()
    }

    fn check_status(version: &str, expect: &str) {
        let status = development_status(&version.parse().unwrap());
        assert!(status.ends_with(expect), "{version}: {status}");
    }

    #[test]
    fn development_status_by_kind_of_version() {
        check_status("24.09.0", "Production/Stable");
        check_status("24.09.0.post1", "Production/Stable");
        check_status("24.09.0rc1", "4 - Beta");
        check_status("24.09.0b2", "4 - Beta");
        check_status("24.09.0a1", "3 - Alpha");
        check_status("24.09.0a1.dev2", "2 - Pre-Alpha");
        check_status("24.09.0dev3", "2 - Pre-Alpha");
    }

    fn rules() -> RepositoryRules {
        RepositoryRules {
            name_prefix: Some("backend.ai-".into()),
            author: Some("Somebody".into()),
            classifiers: vec!["Programming Language :: Python :: 3".into()],
            development_status: true,
            python_classifiers: true,
            required_fields: vec!["description".into()],
            ..RepositoryRules::default()
        }
    }

    fn artifact() -> Artifact {
        Artifact {
            name: "backend.ai-x".into(),
            description: Some("X".into()),
            license: Some("LGPLv3".into()),
            classifiers: vec!["Topic :: Software Development".into()],
            ..Artifact::default()
        }
    }

    fn check(change: impl FnOnce(&mut RepositoryRules, &mut Artifact)) -> String {
        let (mut rules, mut artifact) = (rules(), artifact());
        change(&mut rules, &mut artifact);
        let version = "1.0".parse().unwrap();
        match rules.metadata(&artifact, &version, Some(&constraints(&["==3.12.*"])), None) {
            Ok(metadata) => metadata.render(&[]).unwrap(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn licence_as_expression() {
        insta::assert_snapshot!(check(|_, a| a.license = Some("lgpl-3.0-or-later".into())), @"
        Metadata-Version: 2.4
        Name: backend.ai-x
        Version: 1.0
        Summary: X
        Author: Somebody
        License-Expression: LGPL-3.0-or-later
        Classifier: Programming Language :: Python :: 3
        Classifier: Development Status :: 5 - Production/Stable
        Classifier: Programming Language :: Python :: 3.12
        Classifier: Topic :: Software Development
        Requires-Python: ==3.12.*
        ");
    }

    #[test]
    fn licence_as_classifier_between_the_derived_and_the_given() {
        let text = check(|rules, _| {
            rules.metadata_version = MetadataVersion::V2_1;
            rules.license_style = LicenseStyle::Classifier;
            rules.requires_python = RequiresPythonRule::MinorRange;
        });
        insta::assert_snapshot!(text, @"
        Metadata-Version: 2.1
        Name: backend.ai-x
        Version: 1.0
        Summary: X
        Author: Somebody
        License: LGPLv3
        Classifier: Programming Language :: Python :: 3
        Classifier: Development Status :: 5 - Production/Stable
        Classifier: Programming Language :: Python :: 3.12
        Classifier: License :: OSI Approved :: GNU Lesser General Public License v3 or later (LGPLv3+)
        Classifier: Topic :: Software Development
        Requires-Python: >=3.12,<3.13
        ");
    }

    #[test]
    fn a_licence_is_never_guessed() {
        let licence = |license: &str, classifiers: &[&str]| {
            let text = check(|_, artifact| {
                artifact.license = Some(license.into());
                artifact.classifiers = classifiers.iter().map(|&text| text.into()).collect();
            });
            let lines = text.lines().filter(|line| line.contains("License"));
            lines.collect::<Vec<_>>().join(" / ")
        };
        let own = ["License :: OSI Approved :: MIT License"];
        insta::assert_snapshot!(
            [
                licence("mit OR apache-2.0", &[]),
                licence("Proprietary", &[]),
                licence("BSD", &["License :: OSI Approved :: BSD License"]),
                licence("MIT", &own),
            ]
            .join("\n"),
            @"
        License-Expression: MIT OR Apache-2.0
        License: Proprietary
        License: BSD / Classifier: License :: OSI Approved :: BSD License
        License: MIT / Classifier: License :: OSI Approved :: MIT License
        "
        );
        let rules = rules();
        let artifact = |license: &str| Artifact {
            license: Some(license.into()),
            classifiers: own.map(String::from).to_vec(),
            ..artifact()
        };
        assert!(rules.avoids_expression(&artifact("MIT")));
        assert!(!rules.avoids_expression(&artifact("BSD")));
    }

    #[test]
    fn a_summary_is_one_line() {
        let text = check(|_, artifact| artifact.description = Some("\n One.\nTwo.\n".into()));
        assert!(text.contains("\nSummary: One.\nAuthor"), "{text}");
    }

    #[test]
    fn rules_that_are_broken() {
        insta::assert_snapshot!(check(|_, a| a.name = "x".into()), @"the name `x` does not start with `backend.ai-`, as every distribution of this repository must");
        insta::assert_snapshot!(check(|_, a| a.description = None), @"`backend.ai-x` gives no `description`, which this repository requires");
        insta::assert_snapshot!(check(|_, a| a.author = Some("Me".into())), @"`backend.ai-x` sets `author`, which the settings of this repository set for every distribution");
    }

    #[test]
    fn version_files() {
        assert_eq!(
            version_from_file("VERSION", " 24.09.0\n")
                .unwrap()
                .to_string(),
            "24.9.0"
        );
        let error = version_from_file("src/x/VERSION", "next\n")
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("`src/x/VERSION` holds \"next\", which is not a version (PEP 440): "),
            "{error}"
        );
    }

    #[test]
    fn readmes_in_order() {
        let names = ["README.md".to_owned(), "README.rst".to_owned()];
        assert_eq!(
            find_readme("src/x", &names, |n| n == "README.rst").unwrap(),
            "README.rst"
        );
        let error = find_readme("src/x", &names, |_| false).unwrap_err();
        insta::assert_snapshot!(error, @"no readme in `src/x`: looked for README.md, README.rst");
        assert_eq!(content_type("README"), "text/plain");
    }
}
