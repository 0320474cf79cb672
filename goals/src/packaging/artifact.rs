//! Reads `provides=python_artifact(…)` and `entry_points={…}`.

use buildfile::{Data, Object};
use model::RequiresDist;
use wheel::EntryPoints;
use wheel::rules::Artifact;

use crate::error::GoalError;

/// Keyword arguments about how setuptools builds. They are ignored, since packaging does that
/// itself.
const WITHOUT_EFFECT: &[&str] = &[
    "zip_safe",
    "include_package_data",
    "setup_requires",
    "tests_require",
];

/// Keyword arguments that follow from the target graph, and what to write instead.
const FROM_THE_GRAPH: &[(&str, &str)] = &[
    (
        "install_requires",
        "list them in the `dependencies` of the code, or import what needs them",
    ),
    ("packages", "what is owned is shipped: see `dependencies`"),
    ("py_modules", "what is owned is shipped: see `dependencies`"),
    ("package_data", "add the files as `resources`"),
    (
        "package_dir",
        "source roots say where packages start: `[source] root_patterns`",
    ),
];

/// A mistake in a value, with a hint.
#[derive(Debug, PartialEq, Eq)]
pub struct FieldMistake {
    /// What is wrong.
    pub message: String,
    /// The hint.
    pub hint: Option<String>,
}

impl FieldMistake {
    /// A mistake without a hint.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: None,
        }
    }

    /// The error with the target that has the mistake.
    pub fn error(self, address: &str) -> GoalError {
        let error = GoalError::failure(format!("{address}: {}", self.message));
        match self.hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

/// Reads `python_artifact(…)`: the artifact, and the long description if it is there.
pub fn artifact(provides: &Object) -> Result<(Artifact, Option<wheel::Description>), FieldMistake> {
    let mut artifact = Artifact::default();
    let mut long_description = None;
    let mut content_type = "text/plain".to_owned();
    for (key, value) in &provides.arguments {
        let key = &**key;
        let text = || text(key, value);
        let texts = || texts(key, value);
        match key {
            "name" => artifact.name = text()?,
            "version" => artifact.version = Some(text()?),
            "description" => artifact.description = Some(text()?),
            "url" => artifact.url = Some(text()?),
            "author" => artifact.author = Some(text()?),
            "author_email" => artifact.author_email = Some(text()?),
            "maintainer" => artifact.maintainer = Some(text()?),
            "maintainer_email" => artifact.maintainer_email = Some(text()?),
            "license" => artifact.license = Some(text()?),
            "python_requires" => artifact.python_requires = Some(text()?),
            "keywords" => artifact.keywords = texts()?,
            "platforms" => artifact.platforms = texts()?,
            "classifiers" => artifact.classifiers = texts()?,
            "project_urls" => artifact.project_urls = text_pairs(key, value)?,
            "extras_require" => artifact.extras_require = requirement_lists(key, value)?,
            "long_description" => long_description = Some(text()?),
            "long_description_content_type" => content_type = text()?,
            // `entry_points` and `license_files` read these.
            "entry_points" | "license_file" | "license_files" => {}
            _ if WITHOUT_EFFECT.contains(&key) => {}
            _ => return Err(unknown(key)),
        }
    }
    if artifact.name.is_empty() {
        return Err(FieldMistake::new("`provides` gives no `name`"));
    }
    let long_description = long_description.map(|body| wheel::Description { content_type, body });
    Ok((artifact, long_description))
}

/// Reads `license_files` of `provides`, or `license_file`; `None` if neither is there.
pub(super) fn license_files(provides: &Object) -> Result<Option<Vec<String>>, FieldMistake> {
    let field = |name| provides.get(name).map(|value| (name, value));
    match field("license_files").or(field("license_file")) {
        None => Ok(None),
        Some((name, value)) => texts(name, value).map(Some),
    }
}

/// Reads `entry_points` of the target and of `provides`.
///
/// `by_address` gives the `module:attribute` of a target, such as a `pex_binary`.
pub fn entry_points(
    of_target: Option<&Data>,
    provides: &Object,
    by_address: impl Fn(&str) -> Result<String, FieldMistake>,
) -> Result<EntryPoints, FieldMistake> {
    let mut points = EntryPoints::default();
    let both = [provides.get("entry_points"), of_target];
    for (group, value) in both
        .into_iter()
        .flatten()
        .filter_map(Data::as_dict)
        .flatten()
    {
        let group = targets::entry_point_group(group)
            .ok_or_else(|| wrong("entry_points", "a string", group))?
            .to_owned();
        for (name, value) in named(&group, value)? {
            let value = if value.starts_with([':', '/'])
                || value
                    .split(':')
                    .next()
                    .is_some_and(|file| file.contains('/'))
            {
                by_address(&value)?
            } else {
                value
            };
            let inserted = points.insert(&group, &name, &value);
            inserted.map_err(|error| FieldMistake::new(error.to_string()))?;
        }
    }
    Ok(points)
}

/// The entry points of a group: a dictionary, or setuptools' list of `name = value`.
fn named(group: &str, value: &Data) -> Result<Vec<(String, String)>, FieldMistake> {
    if value.as_dict().is_some() {
        return text_pairs(group, value);
    }
    let lines = value.strings();
    let split = |line: &&str| {
        line.split_once('=')
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
    };
    let pairs: Option<Vec<_>> = lines.iter().map(split).collect();
    pairs.ok_or_else(|| {
        FieldMistake::new(format!(
            "an entry point of `{group}` is not of the form `name = module:attribute`"
        ))
    })
}

fn unknown(key: &str) -> FieldMistake {
    if let Some((_, hint)) = FROM_THE_GRAPH.iter().find(|(name, _)| *name == key) {
        return FieldMistake {
            message: format!(
                "`{key}` cannot be set in `provides`: it follows from the target graph"
            ),
            hint: Some((*hint).to_owned()),
        };
    }
    FieldMistake {
        message: format!("`{key}` in `provides` is not supported"),
        hint: Some(
            "set `generate_setup=False` and write the metadata in pyproject.toml".to_owned(),
        ),
    }
}

fn wrong(key: &str, expected: &str, value: &Data) -> FieldMistake {
    FieldMistake::new(format!("`{key}` must be {expected}, not {value}"))
}

fn text(key: &str, value: &Data) -> Result<String, FieldMistake> {
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| wrong(key, "a string", value))
}

fn texts(key: &str, value: &Data) -> Result<Vec<String>, FieldMistake> {
    match value {
        // setuptools splits `keywords` and `platforms` at commas.
        Data::Str(text) => Ok(text.split(',').map(|item| item.trim().to_owned()).collect()),
        Data::List(items) => items.iter().map(|item| text(key, item)).collect(),
        _ => Err(wrong(key, "a list of strings", value)),
    }
}

fn text_pairs(key: &str, value: &Data) -> Result<Vec<(String, String)>, FieldMistake> {
    let pairs = value
        .as_dict()
        .ok_or_else(|| wrong(key, "a dictionary of strings", value))?;
    pairs
        .iter()
        .map(|(name, value)| Ok((text(key, name)?, text(key, value)?)))
        .collect()
}

/// Extras and what they require.
fn requirement_lists(
    key: &str,
    value: &Data,
) -> Result<Vec<(String, Vec<RequiresDist>)>, FieldMistake> {
    let read = |text: String| {
        text.parse::<RequiresDist>()
            .map_err(|error| FieldMistake::new(format!("`{key}`: {error}")))
    };
    let lists = text_lists(key, value)?.into_iter();
    lists
        .map(|(extra, texts)| {
            let requirements: Result<_, FieldMistake> = texts.into_iter().map(read).collect();
            Ok((extra, requirements?))
        })
        .collect()
}

fn text_lists(key: &str, value: &Data) -> Result<Vec<(String, Vec<String>)>, FieldMistake> {
    let pairs = value
        .as_dict()
        .ok_or_else(|| wrong(key, "a dictionary of lists", value))?;
    pairs
        .iter()
        .map(|(name, value)| Ok((text(key, name)?, texts(key, value)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provides(arguments: &[(&str, Data)]) -> Object {
        Object {
            name: "python_artifact".into(),
            arguments: arguments
                .iter()
                .map(|(key, value)| ((*key).into(), value.clone()))
                .collect(),
        }
    }

    fn string(text: &str) -> Data {
        Data::Str(text.into())
    }

    fn check(arguments: &[(&str, Data)]) -> String {
        let mistake = artifact(&provides(arguments)).unwrap_err();
        [Some(mistake.message), mistake.hint]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" / ")
    }

    #[test]
    fn every_field_is_read() {
        let (artifact, readme) = artifact(&provides(&[
            ("name", string("x")),
            ("keywords", string("a, b")),
            (
                "project_urls",
                Data::Dict([(string("Home"), string("https://x.example"))].into()),
            ),
            ("long_description", string("# X")),
            ("long_description_content_type", string("text/markdown")),
            ("zip_safe", Data::Bool(false)),
        ]))
        .unwrap();
        assert_eq!(artifact.keywords, ["a", "b"]);
        assert_eq!(
            artifact.project_urls,
            [("Home".to_owned(), "https://x.example".to_owned())]
        );
        assert_eq!(readme.unwrap().content_type, "text/markdown");
    }

    #[test]
    fn mistakes() {
        insta::assert_snapshot!(check(&[]), @"`provides` gives no `name`");
        insta::assert_snapshot!(check(&[("name", Data::Int(3))]), @"`name` must be a string, not 3");
        insta::assert_snapshot!(check(&[("install_requires", Data::List([].into()))]), @"`install_requires` cannot be set in `provides`: it follows from the target graph / list them in the `dependencies` of the code, or import what needs them");
        insta::assert_snapshot!(check(&[("ext_modules", Data::List([].into()))]), @"`ext_modules` in `provides` is not supported / set `generate_setup=False` and write the metadata in pyproject.toml");
    }

    #[test]
    fn entry_points_by_name_list_and_address() {
        let groups = Data::Dict(
            [
                (
                    string("console_scripts"),
                    Data::Dict([(string("x"), string(":bin"))].into()),
                ),
                (string("plug"), Data::List([string("p = mid.plug")].into())),
            ]
            .into(),
        );
        let points = entry_points(Some(&groups), &provides(&[]), |address| {
            assert_eq!(address, ":bin");
            Ok("x.cli:main".to_owned())
        });
        insta::assert_snapshot!(points.unwrap().render(), @"
        [console_scripts]
        x = x.cli:main

        [plug]
        p = mid.plug
        ");
    }
}
