//! Core metadata of a distribution: from the settings, the version, the readme, and the
//! requirements.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use model::{RequiresDist, VersionFile};
use wheel::rules::{self, RepositoryRules, RuleError};
use wheel::{CoreMetadata, Description};

use crate::error::GoalError;
use crate::packaging::PackagedDistribution;
use crate::packaging::requirements::{VersionText, on_first_party, requires_dist};
use crate::session::Session;
use model::Place;

/// Versions of all distributions, by address.
#[derive(Debug)]
pub(super) struct Versions(BTreeMap<String, (String, Option<VersionText>)>);

impl Versions {
    /// The version that each distribution declares, or that of the version file.
    pub(super) fn read(
        session: &Session,
        distributions: &[PackagedDistribution],
    ) -> Result<Self, GoalError> {
        let mut common = None;
        let mut versions = BTreeMap::new();
        for distribution in distributions {
            let version = match (&distribution.artifact.version, &common) {
                (Some(text), _) => Some(given(distribution, text)?),
                (None, _) if own_file(session, distribution).is_some() => {
                    Some(from_file(session, distribution)?)
                }
                (None, Some(version)) => Some(VersionText::clone(version)),
                // Its backend finds the version.
                (None, None) if finds_version(distribution) => None,
                (None, None) => Some(common.insert(from_file(session, distribution)?).clone()),
            };
            let name = distribution.artifact.name.clone();
            versions.insert(distribution.address.clone(), (name, version));
        }
        Ok(Self(versions))
    }
}

/// Whether only the backend of a distribution knows its version.
fn finds_version(distribution: &PackagedDistribution) -> bool {
    distribution.own_backend.is_some() && distribution.extension_modules.is_empty()
}

/// Whether its own backend makes the metadata of a distribution.
fn has_own_metadata(distribution: &PackagedDistribution) -> bool {
    let own = distribution.own_backend.as_ref();
    own.is_some_and(|own| !own.adds_setup_py)
}

/// Core metadata of one of the distributions; `None` where its own backend makes it.
pub(super) fn metadata(
    session: &Session,
    distribution: &PackagedDistribution,
    versions: &Versions,
) -> Result<Option<CoreMetadata>, GoalError> {
    let version = versions.0.get(&distribution.address);
    let version = version.filter(|_| !has_own_metadata(distribution));
    let Some((_, Some(version))) = version else {
        return Ok(None);
    };
    let rules = repository_rules(session);
    if rules.avoids_expression(&distribution.artifact) {
        session.say(format_args!(
            "{}: the licence stays in the older field `License`, since a licence classifier stands beside it (PEP 639)",
            distribution.address
        ));
    }
    let readme = readme(session, distribution)?;
    let constraints = distribution.interpreter_constraints.as_ref();
    let mut metadata = rules
        .metadata(
            &distribution.artifact,
            &version.version,
            constraints,
            readme,
        )
        .map_err(|error| rule_error(&error, distribution))?;
    let own = std::mem::take(&mut metadata.requires_dist);
    metadata.requires_dist = required(session, distribution, versions)?;
    metadata.requires_dist.extend(own);
    Ok(Some(metadata))
}

/// The `Requires-Dist` of one of the distributions.
pub(super) fn required(
    session: &Session,
    distribution: &PackagedDistribution,
    versions: &Versions,
) -> Result<Vec<RequiresDist>, GoalError> {
    let how = session.settings.first_party_requirements();
    let unknown = |address: &str| {
        GoalError::failure(format!(
            "{} requires {address}, whose version only its build backend knows",
            distribution.address
        ))
        .at(distribution.place.clone())
        .hint(format!("give `version=` in `provides` of {address}"))
    };
    let mut first_party = Vec::new();
    for address in &distribution.first_party {
        let known = versions.0.get(address);
        let (name, version) = known.ok_or_else(|| unknown(address))?;
        if version.is_none() && !has_own_metadata(distribution) {
            return Err(unknown(address));
        }
        first_party.push((name, version.as_ref()));
    }
    let first_party = first_party
        .into_iter()
        .map(|(name, version)| match version {
            Some(version) => on_first_party(name, version, how),
            None => name.parse(),
        })
        .collect::<Result<_, _>>()
        .map_err(|error| {
            GoalError::failure(format!("{}: {error}", distribution.address))
                .at(distribution.place.clone())
                .hint("correct the `name` in `provides` of the distribution that it requires")
        })?;
    Ok(requires_dist(&distribution.requirements, first_party))
}

fn given(distribution: &PackagedDistribution, text: &str) -> Result<VersionText, GoalError> {
    match text.parse() {
        Ok(version) => Ok(VersionText {
            text: text.to_owned(),
            version,
        }),
        Err(error) => Err(GoalError::failure(format!(
            "`version=\"{text}\"` of {} is not a version",
            distribution.address
        ))
        .at(distribution.place.clone())
        .because(error.to_string())
        .hint("see https://packaging.python.org/en/latest/specifications/version-specifiers/")),
    }
}

/// The version file of a distribution that has one of its own.
fn own_file<'s>(
    session: &'s Session,
    distribution: &PackagedDistribution,
) -> Option<&'s Utf8PathBuf> {
    let own = &session.settings.release.distributions;
    let own = own.get(&distribution.artifact.name);
    own.map(|own| &own.version_file)
}

fn from_file(
    session: &Session,
    distribution: &PackagedDistribution,
) -> Result<VersionText, GoalError> {
    let common = &session.settings.package.version_file;
    let file = own_file(session, distribution).unwrap_or(common);
    let text = fs_err::read_to_string(session.root().join(file)).map_err(|error| {
        GoalError::file("read the version file", file, &error)
            .because(format!(
                "{} gives no version of its own",
                distribution.address
            ))
            .hint("give `version=` in `provides`, or set `[package] version_file`")
    })?;
    let version = rules::version_from_file(file.as_str(), &text)
        .map_err(|error| GoalError::failure(error.to_string()).at(Place::file(file.as_str())))?;
    Ok(VersionText {
        text: VersionFile::parse(&text).version().to_owned(),
        version,
    })
}

fn readme(
    session: &Session,
    distribution: &PackagedDistribution,
) -> Result<Option<Description>, GoalError> {
    if distribution.long_description.is_some() {
        return Ok(distribution.long_description.clone());
    }
    let path = match &distribution.long_description_path {
        Some(path) => path.clone(),
        None if session.settings.package.readmes.is_empty() => {
            return common_description(session, distribution);
        }
        None => {
            let folder = session.root().join(&distribution.folder);
            let names = &session.settings.package.readmes;
            let found = rules::find_readme(&distribution.folder, names, |name| {
                folder.join(name).is_file()
            });
            if found.is_err() && !session.settings.package.readme_required {
                return common_description(session, distribution);
            }
            let name = found.map_err(|error| rule_error(&error, distribution))?;
            Utf8Path::new(&distribution.folder).join(name).into_string()
        }
    };
    let body = fs_err::read_to_string(session.root().join(&path)).map_err(|error| {
        GoalError::file("read the readme", Utf8Path::new(&path), &error)
            .at(distribution.place.clone())
    })?;
    Ok(Some(Description {
        content_type: rules::content_type(&path).to_owned(),
        body,
    }))
}

/// The description that the settings give to every distribution.
fn common_description(
    session: &Session,
    distribution: &PackagedDistribution,
) -> Result<Option<Description>, GoalError> {
    let files = &session.settings.package.long_description;
    let Some(first) = files.first() else {
        return Ok(None);
    };
    let read = |file: &Utf8PathBuf| {
        fs_err::read_to_string(session.root().join(file)).map_err(|error| {
            GoalError::file("read the description", file, &error)
                .at(distribution.place.clone())
                .hint("`[package] long_description` names it, relative to the root")
        })
    };
    let texts = files.iter().map(read);
    let texts: Vec<String> = texts.collect::<Result<_, _>>()?;
    Ok(Some(Description {
        content_type: rules::content_type(first.as_str()).to_owned(),
        body: texts.join("\n"),
    }))
}

fn repository_rules(session: &Session) -> RepositoryRules {
    let settings = &session.settings.package;
    let pairs = |table: &BTreeMap<String, String>| table.clone().into_iter().collect();
    RepositoryRules {
        name_prefix: settings.name_prefix.clone(),
        metadata_version: settings.metadata_version,
        home_page: settings.home_page.clone(),
        project_urls: pairs(&settings.project_urls),
        author: settings.author.clone(),
        author_email: settings.author_email.clone(),
        classifiers: settings.classifiers.clone(),
        license_style: settings.license_style,
        licenses: pairs(&settings.licenses),
        development_status: settings.development_status,
        python_classifiers: settings.python_classifiers,
        requires_python: settings.requires_python,
        required_fields: settings.required_fields.clone(),
    }
}

fn rule_error(error: &RuleError, distribution: &PackagedDistribution) -> GoalError {
    let hint = match error {
        RuleError::MissingReadme { .. } => "add one, or change `[package] readmes`",
        RuleError::NamePrefix { .. } => "rename it, or change `[package] name_prefix`",
        RuleError::MissingField { .. } => {
            "give it in `provides`, or change `[package] required_fields`"
        }
        RuleError::Conflict { .. } => "remove it from `provides`",
        _ => "see `[package]` in the settings",
    };
    GoalError::failure(format!("{}: {error}", distribution.address))
        .at(distribution.place.clone())
        .hint(hint)
}
