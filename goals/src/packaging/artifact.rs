//! Reads `provides=python_artifact(…)`: the keyword arguments of setuptools' `setup()`.

use std::collections::BTreeMap;

use buildfile::{Data, Object};
use model::{ExtraName, RequiresDist};
use wheel::rules::Artifact;
use wheel::{EntryPoints, ModuleRelations};

use crate::error::GoalError;

/// Keyword arguments about how setuptools builds. They are ignored, since packaging does that
/// itself.
const WITHOUT_EFFECT: &[&str] = &[
    "command_options",
    "command_packages",
    "convert_2to3_doctests",
    "dependency_links",
    "eager_resources",
    "include_package_data",
    "options",
    "script_args",
    "script_name",
    // Resources that are owned are shipped, and there are no others.
    "package_data",
    "setup_requires",
    "test_loader",
    "test_suite",
    "tests_require",
    "use_2to3",
    "use_2to3_exclude_fixers",
    "use_2to3_fixers",
    "zip_safe",
];

/// Keyword arguments that follow from the target graph, and what to write instead.
const FROM_THE_GRAPH: &[(&str, &str)] = &[
    (
        "install_requires",
        "list them in the `dependencies` of the code, or import what needs them",
    ),
    ("packages", "what is owned is shipped: see `dependencies`"),
    ("py_modules", "what is owned is shipped: see `dependencies`"),
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

/// The name of an extension module, and what setuptools' `Extension` takes beside it.
pub(super) type ExtensionModule = (String, BTreeMap<String, serde_json::Value>);

/// What `provides` says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ProvidedArtifact {
    /// The values of core metadata.
    pub artifact: Artifact,
    /// The long description, if it is there.
    pub long_description: Option<wheel::Description>,
    /// The file with the long description, relative to the root: no keyword of setuptools, but what
    /// those of plug-ins may stand for.
    pub long_description_path: Option<String>,
    /// Extension modules that setuptools compiles: their names and options.
    pub(super) extension_modules: Vec<ExtensionModule>,
    /// Files that become commands, as they are below the source root.
    pub scripts: Vec<String>,
    /// Header files of C, as they are below the source root.
    pub headers: Vec<String>,
    /// Patterns of files that are no code, and not shipped, by package; the empty package stands for each.
    pub excluded_data: Vec<(String, Vec<String>)>,
    /// Files for folders of the environment: each folder with its files.
    pub data_files: Vec<(String, Vec<String>)>,
    /// Packages that are namespaces of `pkg_resources`.
    pub namespace_packages: Vec<String>,
    /// A file with the version, relative to the BUILD file: no keyword of setuptools, but one that
    /// plug-ins have.
    pub version_file: Option<String>,
}

/// Reads `python_artifact(…)`. `renamed` says what keywords stand for that are not setuptools'.
pub fn artifact(
    provides: &Object,
    renamed: &BTreeMap<String, String>,
) -> Result<ProvidedArtifact, FieldMistake> {
    let mut provided = ProvidedArtifact::default();
    let artifact = &mut provided.artifact;
    let mut long_description = None;
    let mut content_type = "text/plain".to_owned();
    for (key, value) in &provides.arguments {
        let key = renamed.get(&**key).map_or(&**key, String::as_str);
        let text = || text(key, value);
        let texts = || texts(key, value);
        match key {
            "name" => artifact.name = text()?,
            "version" => artifact.version = Some(text()?),
            "description" => artifact.description = Some(text()?),
            "url" => artifact.url = Some(text()?),
            "download_url" => artifact.download_url = Some(text()?),
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
            "extras_require" => read_extras(artifact, key, value)?,
            "long_description" => long_description = Some(text()?),
            "long_description_content_type" => content_type = text()?,
            "scripts" => provided.scripts = texts()?,
            "data_files" => provided.data_files = data_files(key, value)?,
            "headers" => provided.headers = texts()?,
            "exclude_package_data" => provided.excluded_data = pattern_lists(key, value)?,
            "requires" | "provides" | "obsoletes" => {
                read_modules(&mut artifact.modules, key, value)?
            }
            "namespace_packages" => provided.namespace_packages = texts()?,
            "long_description_path" => provided.long_description_path = Some(text()?),
            "ext_modules" => provided.extension_modules = extension_modules(key, value)?,
            "version_file" => provided.version_file = Some(text()?),
            // `targets` reads the first, `license_files` the others.
            "entry_points" | "license_file" | "license_files" | IGNORED => {}
            _ if WITHOUT_EFFECT.contains(&key) => {}
            _ => return Err(unknown(key)),
        }
    }
    provided.long_description =
        long_description.map(|body| wheel::Description { content_type, body });
    Ok(provided)
}

/// What `[package] provides_fields` says of a keyword that is not read.
const IGNORED: &str = "ignore";

/// Reads `extras_require`: extras, each with a marker or without one, and markers alone.
fn read_extras(artifact: &mut Artifact, key: &str, value: &Data) -> Result<(), FieldMistake> {
    for (name, requirements) in requirement_lists(key, value)? {
        let (extra, marker) = match name.split_once(':') {
            Some((extra, marker)) => (extra, Some(marker)),
            None => (name.as_str(), None),
        };
        let conditional = |required: RequiresDist| match marker {
            Some(marker) => required
                .and_marker(marker)
                .map_err(|error| FieldMistake::new(format!("`{key}`: `{name}`: {error}"))),
            None => Ok(required),
        };
        let requirements = requirements.into_iter().map(conditional);
        let requirements: Vec<RequiresDist> = requirements.collect::<Result<_, _>>()?;
        if extra.trim().is_empty() {
            artifact.requires.extend(requirements);
            continue;
        }
        let extra: ExtraName = extra.trim().parse().map_err(|_| {
            FieldMistake::new(format!("`{key}`: `{extra}` is not the name of an extra"))
        })?;
        let extras = &mut artifact.extras_require;
        match extras
            .iter_mut()
            .find(|(known, _)| *known == extra.as_str())
        {
            Some((_, known)) => known.extend(requirements),
            None => extras.push((extra.to_string(), requirements)),
        }
    }
    Ok(())
}

/// Reads `requires`, `provides` or `obsoletes`: lists of modules with versions.
fn read_modules(
    modules: &mut ModuleRelations,
    key: &str,
    value: &Data,
) -> Result<(), FieldMistake> {
    let (known, is_known, example): (_, fn(&str) -> bool, _) = match key {
        "requires" => (
            &mut modules.requires,
            ModuleRelations::is_predicate,
            "(>=1.0, <2.0)",
        ),
        "obsoletes" => (
            &mut modules.obsoletes,
            ModuleRelations::is_predicate,
            "(<1.0)",
        ),
        _ => (&mut modules.provides, ModuleRelations::is_provided, "(1.0)"),
    };
    let Data::List(items) = value else {
        return Err(wrong(key, "a list of modules", value));
    };
    for item in items.iter() {
        let text = text(key, item)?;
        if !is_known(&text) {
            return Err(FieldMistake {
                message: format!(
                    "`{key}`: `{text}` is no module with versions, as in `acme.jobs {example}`"
                ),
                hint: Some(
                    "it is about modules, and nothing resolves it; for other distributions there is `dependencies`"
                        .to_owned(),
                ),
            });
        }
        known.push(text.trim().to_owned());
    }
    Ok(())
}

/// Reads patterns of files by package.
fn pattern_lists(key: &str, value: &Data) -> Result<Vec<(String, Vec<String>)>, FieldMistake> {
    let expected = "a dictionary of packages and lists of patterns";
    let pairs = value.as_dict().ok_or_else(|| wrong(key, expected, value))?;
    let read = |(package, patterns): &(Data, Data)| match patterns {
        Data::List(_) => Ok((text(key, package)?, texts(key, patterns)?)),
        _ => Err(wrong(key, expected, value)),
    };
    pairs.iter().map(read).collect()
}

/// Reads `ext_modules`: pairs of a name and the options of `Extension`.
fn extension_modules(key: &str, value: &Data) -> Result<Vec<ExtensionModule>, FieldMistake> {
    let expected = "a list of names with their options, as in `[(\"acme._fast\", {\"sources\": [\"fast.c\"]})]`";
    let Data::List(items) = value else {
        return Err(wrong(key, expected, value));
    };
    let read = |item: &Data| match item {
        Data::List(pair) if pair.len() == 2 => {
            let options = pair[1]
                .as_dict()
                .ok_or_else(|| wrong(key, expected, item))?;
            let options = options.iter().filter_map(|(option, value)| {
                Some((option.as_str()?.to_owned(), setuptools_value(value)))
            });
            Ok((text(key, &pair[0])?, options.collect()))
        }
        _ => Err(wrong(key, expected, item)),
    };
    items.iter().map(read).collect()
}

/// A value of `Extension`: a text or a list of texts.
fn setuptools_value(value: &Data) -> serde_json::Value {
    match value {
        Data::Str(text) => (**text).into(),
        other => other.strings().into(),
    }
}

/// Reads `data_files`: pairs of a folder and its files, and files alone.
fn data_files(key: &str, value: &Data) -> Result<Vec<(String, Vec<String>)>, FieldMistake> {
    let items = match value {
        Data::List(items) => items,
        _ => return Err(wrong(key, "a list of folders and their files", value)),
    };
    let read = |item: &Data| match item {
        Data::Str(file) => Ok((String::new(), vec![file.to_string()])),
        Data::List(pair) if pair.len() == 2 => Ok((text(key, &pair[0])?, texts(key, &pair[1])?)),
        _ => Err(wrong(key, "a list of folders and their files", item)),
    };
    items.iter().map(read).collect()
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
    for entry in targets::declared_entry_points(of_target, provides.get("entry_points")) {
        let value = match entry.target {
            Some(address) => by_address(address)?,
            None => entry.value.to_owned(),
        };
        let inserted = points.insert(entry.group, entry.name, &value);
        inserted.map_err(|error| FieldMistake::new(error.to_string()))?;
    }
    Ok(points)
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
        hint: Some(format!(
            "if a plug-in of this repository reads it, say what it stands for, or ignore it: \
             `[package.provides_fields]` with `{key} = \"ignore\"`"
        )),
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
        Data::Str(text) => {
            let items = text.split(',').map(str::trim);
            Ok(items
                .filter(|item| !item.is_empty())
                .map(str::to_owned)
                .collect())
        }
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
        .map(|(name, value)| Ok((text(key, name)?, requirement_texts(key, value)?)))
        .collect()
}

/// Requirements in a list, or in a text with one a line, where setuptools takes `#` for a comment
/// and a backslash for a line that goes on.
fn requirement_texts(key: &str, value: &Data) -> Result<Vec<String>, FieldMistake> {
    let Data::Str(text) = value else {
        return texts(key, value);
    };
    let joined = text.replace("\\\n", " ");
    let lines = joined.lines().map(|line| match line.split_once(" #") {
        Some((requirement, _)) => requirement.trim(),
        None => line.trim(),
    });
    let written = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(written.map(str::to_owned).collect())
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
        let mistake = artifact(&provides(arguments), &BTreeMap::new()).unwrap_err();
        [Some(mistake.message), mistake.hint]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" / ")
    }

    #[test]
    fn every_field_is_read() {
        let renamed = [("flavour", "ignore"), ("summary", "description")];
        let renamed = renamed.map(|(key, field)| (key.to_owned(), field.to_owned()));
        let given = provides(&[
            ("name", string("x")),
            ("flavour", Data::Int(1)),
            ("summary", string("One")),
            (
                "data_files",
                Data::List(
                    [
                        string("top"),
                        Data::List([string("share"), Data::List([string("a")].into())].into()),
                    ]
                    .into(),
                ),
            ),
            (
                "extras_require",
                Data::Dict(
                    [
                        (string("My_Extra"), Data::List([string("a")].into())),
                        (
                            string("my.extra:os_name=='x'"),
                            Data::List([string("b")].into()),
                        ),
                        (string(":os_name=='x'"), Data::List([string("c>1")].into())),
                        (
                            string("lines"),
                            string("d>1,<2\n# none\n\ne  # why\nf >= 1, \\\n< 2\n"),
                        ),
                    ]
                    .into(),
                ),
            ),
            ("keywords", string("a, b")),
            (
                "project_urls",
                Data::Dict([(string("Home"), string("https://x.example"))].into()),
            ),
            ("long_description", string("# X")),
            ("long_description_content_type", string("text/markdown")),
            ("zip_safe", Data::Bool(false)),
        ]);
        let provided = artifact(&given, &renamed.into()).unwrap();
        let artifact = provided.artifact;
        assert_eq!(artifact.keywords, ["a", "b"]);
        assert_eq!(artifact.description.as_deref(), Some("One"));
        assert_eq!(artifact.requires[0].to_string(), "c>1; os_name == \"x\"");
        let [(extra, required), (_, lines)] = artifact.extras_require.as_slice() else {
            panic!("{:?}", artifact.extras_require);
        };
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        assert_eq!(lines, ["d<2,>1", "e", "f<2,>=1"]);
        let required: Vec<String> = required.iter().map(ToString::to_string).collect();
        assert_eq!(extra, "my-extra");
        assert_eq!(required, ["a", "b; os_name == \"x\""]);
        assert_eq!(
            provided.data_files,
            [
                (String::new(), vec!["top".to_owned()]),
                ("share".to_owned(), vec!["a".to_owned()])
            ]
        );
        assert_eq!(
            artifact.project_urls,
            [("Home".to_owned(), "https://x.example".to_owned())]
        );
        assert_eq!(
            provided.long_description.unwrap().content_type,
            "text/markdown"
        );
    }

    #[test]
    fn mistakes() {
        insta::assert_snapshot!(check(&[("name", Data::Int(3))]), @"`name` must be a string, not 3");
        insta::assert_snapshot!(check(&[("install_requires", Data::List([].into()))]), @"`install_requires` cannot be set in `provides`: it follows from the target graph / list them in the `dependencies` of the code, or import what needs them");
        insta::assert_snapshot!(check(&[("cmdclass", Data::List([].into()))]), @r#"`cmdclass` in `provides` is not supported / if a plug-in of this repository reads it, say what it stands for, or ignore it: `[package.provides_fields]` with `cmdclass = "ignore"`"#);
    }
}
