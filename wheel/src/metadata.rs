//! METADATA and PKG-INFO: core metadata as data and as text.
//!
//! Format: <https://packaging.python.org/en/latest/specifications/core-metadata/>.
//! The order of the headers is that of setuptools, so that with the same values
//! and version the bytes are those of a wheel built by it.

use std::fmt::Write as _;

use model::{PackageName, RequiresDist, Version, VersionSpecifiers};

use crate::module_relations::ModuleRelations;

/// A version of the core metadata specification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum MetadataVersion {
    /// What setuptools wrote until 2024: no licence expressions.
    V2_1,
    /// PEP 643: an sdist's metadata is reliable.
    V2_2,
    /// PEP 685: normalised extras.
    V2_3,
    /// PEP 639: licence expressions and licence files.
    #[default]
    V2_4,
    /// PEP 794: what can be imported.
    V2_5,
}

/// Core metadata of one distribution.
#[derive(Clone, Debug)]
pub struct CoreMetadata {
    /// The specification that the text follows.
    pub metadata_version: MetadataVersion,
    /// As the author spells it. File names have its normal form.
    pub name: String,
    /// The version, which is written in its normal form.
    pub version: Version,
    /// The summary: one line.
    pub summary: Option<String>,
    /// `Home-page`.
    pub home_page: Option<String>,
    /// `Download-URL`.
    pub download_url: Option<String>,
    /// `Author`.
    pub author: Option<String>,
    /// `Author-email`.
    pub author_email: Option<String>,
    /// `Maintainer`.
    pub maintainer: Option<String>,
    /// `Maintainer-email`.
    pub maintainer_email: Option<String>,
    /// How the licence is declared.
    pub license: License,
    /// Labels and URLs, in the order to be shown.
    pub project_urls: Vec<(String, String)>,
    /// `Keywords`.
    pub keywords: Vec<String>,
    /// `Platform`: operating systems, as free text.
    pub platforms: Vec<String>,
    /// `Classifier`, in order.
    pub classifiers: Vec<String>,
    /// Modules and packages, as setuptools still writes them.
    pub modules: ModuleRelations,
    /// `Requires-Python`.
    pub requires_python: Option<String>,
    /// The readme.
    pub description: Option<Description>,
    /// `Requires-Dist`, in order, without those of extras.
    pub requires_dist: Vec<RequiresDist>,
    /// Extras and what they require, in order.
    pub extras: Vec<(String, Vec<RequiresDist>)>,
}

/// How the licence is declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum License {
    /// Not at all.
    #[default]
    None,
    /// An SPDX expression (PEP 639). Needs version 2.4.
    Expression(String),
    /// The `License` field of older versions, as free text.
    Text(String),
}

/// The readme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// `text/markdown`, `text/x-rst` or `text/plain`.
    pub content_type: String,
    /// Its text.
    pub body: String,
}

/// Values of which no valid METADATA can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CoreMetadataError {
    /// The name is not that of a project.
    #[error(
        "`{0}` is not the name of a project: letters, digits, `-`, `_` and `.`, with a letter or a digit at both ends"
    )]
    Name(String),
    /// A field that must be one line.
    #[error("`{field}` must be one line, but is {value:?}")]
    SeveralLines {
        /// The header.
        field: &'static str,
        /// Its value.
        value: String,
    },
    /// A `Requires-Python` that is no set of version specifiers.
    #[error("`{value}` cannot be Requires-Python: {problem}")]
    RequiresPython {
        /// As given.
        value: String,
        /// The message of the parser.
        problem: String,
    },
    /// A licence expression in metadata that has no field for it.
    #[error(
        "the licence expression `{expression}` needs metadata version 2.4, but {version} was asked for"
    )]
    ExpressionTooNew {
        /// The expression.
        expression: String,
        /// The version asked for.
        version: &'static str,
    },
    /// A licence expression that does not parse.
    #[error("`{expression}` is not an SPDX licence expression: {problem}")]
    Expression {
        /// As given.
        expression: String,
        /// What is wrong with it.
        problem: String,
    },
    /// An expression and a licence classifier, which indexes refuse together.
    #[error(
        "the classifier `{classifier}` cannot stand beside the licence expression `{expression}` (PEP 639)"
    )]
    ClassifierBesideExpression {
        /// The classifier.
        classifier: String,
        /// The expression.
        expression: String,
    },
    /// A label of a project URL that indexes refuse.
    #[error("the label `{label}` of a project URL must have 1 to 32 characters and no comma")]
    UrlLabel {
        /// The label.
        label: String,
    },
}

impl MetadataVersion {
    /// As in `Metadata-Version`.
    pub fn as_str(self) -> &'static str {
        match self {
            MetadataVersion::V2_1 => "2.1",
            MetadataVersion::V2_2 => "2.2",
            MetadataVersion::V2_3 => "2.3",
            MetadataVersion::V2_4 => "2.4",
            MetadataVersion::V2_5 => "2.5",
        }
    }

    /// The version that a text names.
    pub fn parse(text: &str) -> Option<MetadataVersion> {
        use MetadataVersion::{V2_1, V2_2, V2_3, V2_4, V2_5};
        [V2_1, V2_2, V2_3, V2_4, V2_5]
            .into_iter()
            .find(|v| v.as_str() == text)
    }
}

impl CoreMetadata {
    /// Metadata with only a name and a version.
    pub fn new(name: &str, version: Version) -> CoreMetadata {
        CoreMetadata {
            metadata_version: MetadataVersion::default(),
            name: name.to_owned(),
            version,
            summary: None,
            home_page: None,
            download_url: None,
            author: None,
            author_email: None,
            maintainer: None,
            maintainer_email: None,
            license: License::None,
            project_urls: Vec::new(),
            keywords: Vec::new(),
            platforms: Vec::new(),
            classifiers: Vec::new(),
            modules: ModuleRelations::default(),
            requires_python: None,
            description: None,
            requires_dist: Vec::new(),
            extras: Vec::new(),
        }
    }

    /// The name in its normal form.
    pub fn package_name(&self) -> Result<PackageName, CoreMetadataError> {
        self.name
            .parse()
            .map_err(|_| CoreMetadataError::Name(self.name.clone()))
    }

    /// The text of METADATA or PKG-INFO. `license_files` are paths relative to the
    /// root of the source distribution, named from version 2.4 on.
    pub fn render(&self, license_files: &[String]) -> Result<String, CoreMetadataError> {
        self.check()?;
        let mut headers = Headers::default();
        headers.one("Metadata-Version", self.metadata_version.as_str())?;
        headers.one("Name", &self.name)?;
        headers.one("Version", &self.version.to_string())?;
        headers.optional("Summary", &self.summary)?;
        headers.optional("Home-page", &self.home_page)?;
        headers.optional("Download-URL", &self.download_url)?;
        headers.optional("Author", &self.author)?;
        headers.optional("Author-email", &self.author_email)?;
        headers.optional("Maintainer", &self.maintainer)?;
        headers.optional("Maintainer-email", &self.maintainer_email)?;
        self.render_license(&mut headers)?;
        for (label, url) in &self.project_urls {
            headers.one("Project-URL", &format!("{label}, {url}"))?;
        }
        if !self.keywords.is_empty() {
            headers.one("Keywords", &self.keywords.join(","))?;
        }
        headers.many("Platform", &self.platforms)?;
        headers.many("Classifier", &self.classifiers)?;
        headers.many("Requires", &self.modules.requires)?;
        headers.many("Provides", &self.modules.provides)?;
        headers.many("Obsoletes", &self.modules.obsoletes)?;
        headers.optional("Requires-Python", &self.requires_python)?;
        if let Some(description) = &self.description {
            headers.one("Description-Content-Type", &description.content_type)?;
        }
        if self.metadata_version >= MetadataVersion::V2_4 {
            headers.many("License-File", license_files)?;
        }
        self.render_requirements(&mut headers)?;
        let mut out = headers.0;
        if let Some(description) = &self.description {
            out.push('\n');
            out.push_str(&description.body);
        }
        Ok(out)
    }

    fn render_license(&self, headers: &mut Headers) -> Result<(), CoreMetadataError> {
        match &self.license {
            License::None => Ok(()),
            License::Text(text) if text.trim().is_empty() => Ok(()),
            License::Expression(expression) => headers.one("License-Expression", expression),
            // Further lines are indented, as in `License` of RFC 822 style metadata.
            License::Text(text) => {
                let text = text
                    .trim_end()
                    .replace("\r\n", "\n")
                    .replace('\n', "\n        ");
                let _ = writeln!(headers.0, "License: {text}");
                Ok(())
            }
        }
    }

    fn render_requirements(&self, headers: &mut Headers) -> Result<(), CoreMetadataError> {
        for requirement in &self.requires_dist {
            headers.one("Requires-Dist", &requirement.to_string())?;
        }
        for (extra, requirements) in &self.extras {
            headers.one("Provides-Extra", extra)?;
            for requirement in requirements {
                headers.one("Requires-Dist", &requirement.of_extra(extra).to_string())?;
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), CoreMetadataError> {
        self.package_name()?;
        if let Some(value) = &self.requires_python {
            let parsed: Result<VersionSpecifiers, _> = value.parse();
            parsed.map_err(|e| CoreMetadataError::RequiresPython {
                value: value.clone(),
                problem: e.to_string(),
            })?;
        }
        for (label, _) in &self.project_urls {
            if label.is_empty() || label.chars().count() > 32 || label.contains(',') {
                return Err(CoreMetadataError::UrlLabel {
                    label: label.clone(),
                });
            }
        }
        self.check_license()
    }

    fn check_license(&self) -> Result<(), CoreMetadataError> {
        let License::Expression(expression) = &self.license else {
            return Ok(());
        };
        if self.metadata_version < MetadataVersion::V2_4 {
            let version = self.metadata_version.as_str();
            return Err(CoreMetadataError::ExpressionTooNew {
                expression: expression.clone(),
                version,
            });
        }
        crate::license::check_expression(expression).map_err(|problem| {
            CoreMetadataError::Expression {
                expression: expression.clone(),
                problem,
            }
        })?;
        match self
            .classifiers
            .iter()
            .find(|c| c.starts_with("License ::"))
        {
            Some(classifier) => Err(CoreMetadataError::ClassifierBesideExpression {
                classifier: classifier.clone(),
                expression: expression.clone(),
            }),
            None => Ok(()),
        }
    }
}

/// Headers written so far.
#[derive(Default)]
struct Headers(String);

impl Headers {
    fn one(&mut self, field: &'static str, value: &str) -> Result<(), CoreMetadataError> {
        if value.contains(['\n', '\r']) {
            return Err(CoreMetadataError::SeveralLines {
                field,
                value: value.to_owned(),
            });
        }
        let _ = writeln!(self.0, "{field}: {value}");
        Ok(())
    }

    fn optional(
        &mut self,
        field: &'static str,
        value: &Option<String>,
    ) -> Result<(), CoreMetadataError> {
        // An empty text says nothing, and an index may refuse it.
        let value = value.as_ref().filter(|value| !value.trim().is_empty());
        value.map_or(Ok(()), |value| self.one(field, value))
    }

    fn many(&mut self, field: &'static str, values: &[String]) -> Result<(), CoreMetadataError> {
        values.iter().try_for_each(|value| self.one(field, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> CoreMetadata {
        CoreMetadata {
            summary: Some("A sample".into()),
            license: License::Expression("MIT OR Apache-2.0".into()),
            project_urls: vec![("Source".into(), "https://source.example/x".into())],
            classifiers: vec!["Programming Language :: Python :: 3".into()],
            requires_python: Some(">=3.12,<3.13".into()),
            description: Some(Description {
                content_type: "text/markdown".into(),
                body: "# Sample\n".into(),
            }),
            requires_dist: vec!["attrs>=24.2".parse().unwrap()],
            extras: vec![(
                "x".into(),
                vec![
                    "y>1; python_version < '4'".parse().unwrap(),
                    "z".parse().unwrap(),
                ],
            )],
            ..CoreMetadata::new("my.Sample", "1.0".parse().unwrap())
        }
    }

    fn check(change: impl FnOnce(&mut CoreMetadata)) -> String {
        let mut metadata = sample();
        change(&mut metadata);
        match metadata.render(&["LICENSE".to_owned()]) {
            Ok(text) => text,
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn empty_texts_are_left_out() {
        let text = check(|metadata| {
            metadata.summary = Some(String::new());
            metadata.home_page = Some(" ".to_owned());
            metadata.license = License::Text(String::new());
        });
        for field in ["Summary", "Home-page", "License:"] {
            assert!(!text.contains(field), "{text}");
        }
    }

    #[test]
    fn every_field_in_order() {
        insta::assert_snapshot!(check(|_| {}), @r#"
        Metadata-Version: 2.4
        Name: my.Sample
        Version: 1.0
        Summary: A sample
        License-Expression: MIT OR Apache-2.0
        Project-URL: Source, https://source.example/x
        Classifier: Programming Language :: Python :: 3
        Requires-Python: >=3.12,<3.13
        Description-Content-Type: text/markdown
        License-File: LICENSE
        Requires-Dist: attrs>=24.2
        Provides-Extra: x
        Requires-Dist: y>1; (python_version < "4") and extra == "x"
        Requires-Dist: z; extra == "x"

        # Sample
        "#);
    }

    #[test]
    fn older_metadata_has_free_text_and_names_no_files() {
        let text = check(|m| {
            m.metadata_version = MetadataVersion::V2_1;
            m.license = License::Text("LGPLv3\nor later".into());
        });
        assert!(
            text.contains("\nLicense: LGPLv3\n        or later\n"),
            "{text}"
        );
        assert!(!text.contains("License-File"), "{text}");
    }

    #[test]
    fn the_model_reads_what_is_written() {
        let read = model::Metadata::parse(&check(|_| {})).unwrap();
        assert_eq!(read.name.as_str(), "my-sample");
        assert_eq!(read.requires_dist.len(), 3);
    }

    #[test]
    fn a_value_that_would_start_another_header() {
        insta::assert_snapshot!(check(|m| m.summary = Some("a\nLicense: none".into())), @r#"`Summary` must be one line, but is "a\nLicense: none""#);
    }

    #[test]
    fn a_name_that_is_not_one() {
        insta::assert_snapshot!(check(|m| m.name = "-x".into()), @"`-x` is not the name of a project: letters, digits, `-`, `_` and `.`, with a letter or a digit at both ends");
    }

    #[test]
    fn an_expression_in_old_metadata() {
        insta::assert_snapshot!(check(|m| m.metadata_version = MetadataVersion::V2_3), @"the licence expression `MIT OR Apache-2.0` needs metadata version 2.4, but 2.3 was asked for");
    }

    #[test]
    fn an_expression_beside_a_licence_classifier() {
        insta::assert_snapshot!(check(|m| m.classifiers.push("License :: OSI Approved :: MIT License".into())), @"the classifier `License :: OSI Approved :: MIT License` cannot stand beside the licence expression `MIT OR Apache-2.0` (PEP 639)");
    }

    #[test]
    fn a_label_too_long() {
        let text = check(|m| {
            m.project_urls
                .push(("x".repeat(33), "https://source.example".into()))
        });
        assert!(
            text.ends_with("must have 1 to 32 characters and no comma"),
            "{text}"
        );
    }
}
