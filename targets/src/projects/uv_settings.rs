//! What `[tool.uv]` says of the lock: the settings that it becomes, and what has no effect.

use toml_edit::{Array, Item, TableLike, Value};

use super::groups::GroupResolve;
use super::inferred::IgnoredKey;
use super::manifest::ProjectManifest;
use super::settings_text::SettingsText;
use crate::files::RepositoryFiles;
use crate::requirements::{RequirementGroup, RequirementsError};
use crate::tree::join;
use model::{ExtraName, InterpreterConstraints, Marker, Platform, nearest};

/// Keys that are read, here or where requirements are.
const READ: &[&str] = &[
    "conflicts",
    "constraint-dependencies",
    "default-groups",
    "dependency-metadata",
    "dev-dependencies",
    "environments",
    "exclude-dependencies",
    "exclude-newer",
    "extra-build-dependencies",
    "extra-index-url",
    "find-links",
    "fork-strategy",
    "index",
    "index-url",
    "no-binary",
    "no-binary-package",
    "no-build",
    "no-build-package",
    "override-dependencies",
    "package",
    "prerelease",
    "required-environments",
    "sources",
    "workspace",
];

/// Keys that say nothing of a lock, or only how uv itself runs.
const WITHOUT_MEANING: &[&str] = &[
    "add-bounds",
    "allow-insecure-host",
    "audit",
    "build-backend",
    "cache-dir",
    "cache-keys",
    "check-url",
    "compile-bytecode",
    "concurrent-builds",
    "concurrent-downloads",
    "concurrent-installs",
    "http-proxy",
    "https-proxy",
    "keyring-provider",
    "link-mode",
    "managed",
    "native-tls",
    "no-cache",
    "no-proxy",
    "offline",
    "pip",
    "preview",
    "preview-features",
    "publish-url",
    "pypy-install-mirror",
    "python-downloads",
    "python-downloads-json-url",
    "python-install-mirror",
    "python-preference",
    "reinstall",
    "reinstall-package",
    "required-version",
    "system-certs",
    "trusted-publishing",
    "upgrade",
    "upgrade-package",
];

/// Keys that change what uv locks or builds and have no effect here, with what to do in their place.
const WITHOUT_EFFECT: &[(&str, &str)] = &[
    (
        "build-constraint-dependencies",
        "`extra-build-dependencies` adds bounds to what a build requires",
    ),
    ("config-settings", "builds are given no options"),
    ("config-settings-package", "builds are given no options"),
    (
        "dependency-groups",
        "a group is locked for the Pythons of all projects; give its requirements a marker",
    ),
    (
        "exclude-newer-package",
        "`exclude-newer` holds for every package",
    ),
    (
        "extra-build-variables",
        "builds get the variables of the run",
    ),
    (
        "index-strategy",
        "a package comes from the first index that has it; `[index] first_index_exceptions` names those that do not",
    ),
    (
        "no-build-isolation",
        "builds are always isolated; `extra-build-dependencies` adds what one misses",
    ),
    (
        "no-build-isolation-package",
        "builds are always isolated; `extra-build-dependencies` adds what one misses",
    ),
    (
        "no-index",
        "`[python-repos] indexes = []` says that no index is asked",
    ),
    ("no-sources", "`tool.uv.sources` is always read"),
    ("no-sources-package", "`tool.uv.sources` is always read"),
    (
        "resolution",
        "the newest versions are locked; bounds in requirements choose others",
    ),
    (
        "torch-backend",
        "`tool.uv.sources` names the index of a package",
    ),
];

/// Sets what holds for every resolve.
pub(super) fn of_run(settings: &mut SettingsText, root: &ProjectManifest) {
    if let Some(newest) = root.text(&["tool", "uv", "exclude-newer"]) {
        settings.text("python", "exclude_newer", newest);
    }
    if root.text(&["tool", "uv", "fork-strategy"]) == Some("fewest") {
        settings.text("python", "fork_strategy", "fewest");
    }
    let extra = root.table(&["tool", "uv", "extra-build-dependencies"]);
    for (name, item) in extra.into_iter().flat_map(TableLike::iter) {
        let lines = item.as_array().into_iter().flatten();
        let lines = lines.filter_map(|line| {
            let table = line.as_inline_table();
            line.as_str()
                .or_else(|| table?.get("requirement")?.as_str())
        });
        let lines: Array = lines.collect();
        settings.entry(("build", "extra_dependencies"), name, lines.into());
    }
    let mut metadata = Array::new();
    for table in root.tables(&["tool", "uv", "dependency-metadata"]) {
        let entries = table.iter().filter_map(|(name, item)| {
            let key = name.replace('-', "_");
            Some((key, item.as_value()?.clone().decorated("", "")))
        });
        metadata.push(Value::InlineTable(entries.collect()));
    }
    if !metadata.is_empty() {
        settings.section("build")["dependency_metadata"] = toml_edit::value(metadata);
    }
}

/// Sets what holds for a resolve.
///
/// # Errors
/// An environment that is no marker.
pub(super) fn of_resolve(
    settings: &mut SettingsText,
    of: &GroupResolve,
    root: &ProjectManifest,
) -> Result<(), RequirementsError> {
    let resolve = &of.name;
    let platforms = platforms(root)?;
    if !platforms.is_empty() {
        let platforms = Array::from_iter(platforms.iter().map(|platform| platform.as_str()));
        settings.of_resolve("resolves_to_platforms", resolve, platforms.into());
    }
    if let Some(policy @ ("allow" | "disallow")) = root.text(&["tool", "uv", "prerelease"]) {
        settings.of_resolve("resolves_to_prereleases", resolve, policy.into());
    }
    let of_pdm = root.item(&["tool", "pdm", "resolution", "allow-prereleases"]);
    if of_pdm.and_then(Item::as_bool) == Some(true) {
        settings.of_resolve("resolves_to_prereleases", resolve, "allow".into());
    }
    for (all, some, setting) in [
        ("no-binary", "no-binary-package", "resolves_to_no_binary"),
        ("no-build", "no-build-package", "resolves_to_only_binary"),
    ] {
        let is_all = root.item(&["tool", "uv", all]).and_then(Item::as_bool);
        let packages = match is_all {
            Some(true) => vec![":all:"],
            Some(false) | None => root.texts(&["tool", "uv", some]),
        };
        if !packages.is_empty() {
            settings.of_resolve(setting, resolve, Array::from_iter(packages).into());
        }
    }
    if let Some(groups) = default_groups(root)? {
        let is_excluded = |name: &ExtraName| {
            let group = RequirementGroup::Group(name.clone());
            let mut excluded = of.excluded.iter();
            excluded.any(|item| item.part.as_ref() == Some(&group))
        };
        let groups = groups.iter().filter(|name| !is_excluded(name));
        let groups: Array = groups.map(ExtraName::as_str).collect();
        settings.entry(("export", "default_groups"), resolve, groups.into());
    }
    Ok(())
}

/// The groups that are installed where no option names any; `None` for all.
fn default_groups(root: &ProjectManifest) -> Result<Option<Vec<ExtraName>>, RequirementsError> {
    let keys = ["tool", "uv", "default-groups"];
    if root.text(&keys) == Some("all") {
        return Ok(None);
    }
    let Some(names) = root.default_groups() else {
        return Ok(None);
    };
    let known = root.groups();
    let parsed = |name: &str| name.parse::<ExtraName>().ok();
    let group = |name: &str| {
        let found = known.iter().find(|known| parsed(known) == parsed(name));
        found.and_then(|_| parsed(name)).ok_or_else(|| {
            let message = format!("`tool.uv.default-groups` names `{name}`, which is no dependency group of the project");
            let error = RequirementsError::new(message, root.place(&keys));
            match nearest(name, known.iter().copied()) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error,
            }
        })
    };
    names
        .into_iter()
        .map(group)
        .collect::<Result<_, _>>()
        .map(Some)
}

/// What the root says of the lock without effect.
///
/// # Errors
/// An environment that is no marker.
pub(super) fn ignored(
    root: &ProjectManifest,
    files: &dyn RepositoryFiles,
) -> Result<Vec<IgnoredKey>, RequirementsError> {
    let mut all = Vec::new();
    let table = root.table(&["tool", "uv"]);
    for (key, item) in table.into_iter().flat_map(TableLike::iter) {
        let is_default = item.as_bool() == Some(false)
            || matches!(item.as_str(), Some("highest" | "first-index"));
        if READ.contains(&key) || WITHOUT_MEANING.contains(&key) || is_default {
            continue;
        }
        let known = WITHOUT_EFFECT.iter().find(|(name, _)| *name == key);
        let why = known.map_or_else(|| unknown(key), |(_, why)| (*why).to_owned());
        all.push(key_of(root, key, why));
    }
    all.extend(partial_environments(root)?);
    all.extend(required_environments(root)?);
    let own_file = join(&root.folder, "uv.toml");
    if files.is_there(&own_file) {
        all.push(IgnoredKey {
            name: "uv.toml".to_owned(),
            place: model::Place::file(own_file),
            why: "only `[tool.uv]` of `pyproject.toml` is read".to_owned(),
        });
    }
    Ok(all)
}

/// What is said of a key that nobody knows.
fn unknown(key: &str) -> String {
    let known = WITHOUT_EFFECT.iter().map(|(key, _)| *key);
    let known = known.chain(READ.iter().chain(WITHOUT_MEANING).copied());
    match nearest(key, known) {
        Some(near) => format!("there is no such key, did you mean `{near}`?"),
        None => "this key is not known".to_owned(),
    }
}

fn key_of(root: &ProjectManifest, key: &str, why: String) -> IgnoredKey {
    IgnoredKey {
        name: format!("tool.uv.{key}"),
        place: root.place(&["tool", "uv", key]),
        why,
    }
}

/// The platforms of `environments`; none where it allows all of them.
fn platforms(root: &ProjectManifest) -> Result<Vec<Platform>, RequirementsError> {
    let wanted = environments(root, "environments")?;
    let Some(wanted) = wanted else {
        return Ok(Vec::new());
    };
    let found = platforms_in(&wanted);
    Ok(match found.len() == Platform::ALL.len() {
        true => Vec::new(),
        false => found,
    })
}

fn platforms_in(environments: &Marker) -> Vec<Platform> {
    let fits = |platform: &Platform| !platform.marker().is_disjoint(environments);
    Platform::ALL.into_iter().filter(fits).collect()
}

/// The environments in a list of markers; `None` without one.
fn environments(root: &ProjectManifest, key: &str) -> Result<Option<Marker>, RequirementsError> {
    let keys = ["tool", "uv", key];
    let mut wanted: Option<Marker> = None;
    for text in root.texts(&keys) {
        let marker: Marker = text.parse().map_err(|error| {
            let message = format!("`{text}` in `tool.uv.{key}`: {error}");
            RequirementsError::new(message, root.place(&keys))
        })?;
        wanted = Some(wanted.map_or(marker.clone(), |wanted| wanted.or(&marker)));
    }
    Ok(wanted)
}

/// `environments` that mean less than whole platforms: the lock serves more.
fn partial_environments(root: &ProjectManifest) -> Result<Option<IgnoredKey>, RequirementsError> {
    let Some(wanted) = environments(root, "environments")? else {
        return Ok(None);
    };
    let pythons = root.pythons().into_iter();
    let pythons: Vec<String> = pythons.map(|bounds| format!("CPython{bounds}")).collect();
    let pythons = InterpreterConstraints::parse(&pythons);
    let pythons = pythons.map_or(Marker::TRUE, |pythons| pythons.marker());
    let found = platforms_in(&wanted);
    let is_whole = |platform: &Platform| platform.marker().and(&pythons).is_subset(&wanted);
    if !found.is_empty() && found.iter().all(is_whole) {
        return Ok(None);
    }
    let names: Vec<&str> = found.iter().map(|platform| platform.as_str()).collect();
    let why = match names.is_empty() {
        true => format!(
            "it means none of the platforms that a lock is for: {}",
            Platform::ALL.map(Platform::as_str).join(", ")
        ),
        false => format!(
            "the lock is for all of {}; `requires-python` says for which Pythons",
            names.join(", ")
        ),
    };
    Ok(Some(key_of(root, "environments", why)))
}

/// `required-environments` that `environments` does not name: one that no version of a project serves
/// would be left out.
fn required_environments(root: &ProjectManifest) -> Result<Option<IgnoredKey>, RequirementsError> {
    let key = "required-environments";
    let Some(required) = environments(root, key)? else {
        return Ok(None);
    };
    let locked = platforms(root)?;
    let missing = platforms_in(&required).into_iter();
    let missing: Vec<&str> = missing
        .filter(|platform| !locked.contains(platform))
        .map(Platform::as_str)
        .collect();
    let why = match (missing.is_empty(), locked.is_empty()) {
        (true, _) => return Ok(None),
        (false, true) => format!(
            "a platform that no version of a package serves is left out; `environments`, or `resolves_to_platforms` with {}, makes that an error",
            missing.join(", ")
        ),
        (false, false) => format!("`environments` does not name {}", missing.join(", ")),
    };
    Ok(Some(key_of(root, key, why)))
}
