//! Settings beside `pants.toml` that Pants reads: further files, files of the user, and variables.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::document::{SettingsDocument, read_if_there};
use super::error::{SettingsError, SettingsProblem};
use super::keys::Sections;
use super::kinds::Setting;
use super::pants_keys::PANTS_KEYS;
use super::tree::{SettingNode, SettingTree};

/// The variable that names settings files besides `pants.toml`.
const CONFIG_FILES: &str = "PANTS_CONFIG_FILES";
/// The variable that turns the files of the user off.
const PANTSRC: &str = "PANTS_PANTSRC";

/// A setting in a variable.
pub(super) struct SettingVariable {
    pub(super) section: &'static str,
    pub(super) key: &'static str,
    /// `PANTS_PYTHON_DEFAULT_RESOLVE=x`
    pub(super) text: String,
    pub(super) node: SettingNode,
}

impl SettingVariable {
    /// Whether it is about the cache of the team.
    pub(super) fn is_of_shared_cache(&self) -> bool {
        let others = ["cache_content_behavior", "session_end_tasks_timeout"];
        self.key.starts_with("remote_") || others.contains(&self.key)
    }
}

/// The settings files besides `pants.toml`: those that `PANTS_CONFIG_FILES` names, which must be
/// there, then `/etc/pantsrc`, `~/.pants.rc` and `.pants.rc`.
pub(super) fn further_files(
    root: &Utf8Path,
    environment: &BTreeMap<String, String>,
) -> Result<Vec<SettingsDocument>, SettingsError> {
    let mut documents = Vec::new();
    let mut named = vec!["pants.toml".to_owned()];
    if let Some(value) = environment.get(CONFIG_FILES) {
        // A text that is no list is one more file.
        let read = named.update(&node(value, 0));
        let wrong = |_| {
            let problem = SettingsProblem::Syntax("not a list of paths".to_owned());
            SettingsError::whole(Utf8Path::new(CONFIG_FILES), problem)
        };
        read.map_err(wrong)?;
    }
    for path in named.iter().filter(|path| *path != "pants.toml") {
        let text = read_if_there(&root.join(path))?.ok_or_else(|| {
            let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
            let problem = SettingsProblem::Unreadable(missing);
            SettingsError::whole(&root.join(path), problem)
        })?;
        documents.push(SettingsDocument::parse(path.into(), text)?);
    }
    if environment
        .get(PANTSRC)
        .is_some_and(|value| value.eq_ignore_ascii_case("false"))
    {
        return Ok(documents);
    }
    let home = environment
        .get("HOME")
        .map(|home| Utf8PathBuf::from(home).join(".pants.rc"));
    let of_user = [
        Some("/etc/pantsrc".into()),
        home,
        Some(root.join(".pants.rc")),
    ];
    for path in of_user.into_iter().flatten() {
        if let Some(text) = read_if_there(&path)? {
            documents.push(SettingsDocument::parse(path, text)?);
        }
    }
    Ok(documents)
}

/// The settings in variables such as `PANTS_PYTHON_DEFAULT_RESOLVE`, of the sections that we share
/// with Pants.
pub(super) fn variables(environment: &BTreeMap<String, String>) -> Vec<SettingVariable> {
    let mut sections = Sections::default();
    let mut found = Vec::new();
    if !environment.keys().any(|name| name.starts_with("PANTS_")) {
        return found;
    }
    for (section, _) in PANTS_KEYS {
        let Some(known) = sections.get_mut(section) else {
            continue;
        };
        for key in known.keys() {
            let names = variable_names(section, key);
            let set = names
                .iter()
                .find_map(|name| Some((name, environment.get(name)?)));
            if let Some((name, value)) = set {
                found.push(SettingVariable {
                    section,
                    key,
                    text: format!("{name}={value}"),
                    node: node(value, name.len() + 1),
                });
            }
        }
    }
    found
}

/// `PANTS_SECTION_KEY`; a key of `[GLOBAL]` has no section in its name.
fn variable_names(section: &str, key: &str) -> Vec<String> {
    let upper = |text: &str| text.to_ascii_uppercase().replace('-', "_");
    if section != "GLOBAL" {
        return vec![format!("PANTS_{}_{}", upper(section), upper(key))];
    }
    let short = key.starts_with("pants_").then(|| upper(key));
    let full = format!("PANTS_{}", upper(key));
    short.into_iter().chain([full]).collect()
}

fn node(value: &str, start: usize) -> SettingNode {
    SettingNode {
        tree: SettingTree::Text(value.to_owned()),
        span: start..start + value.len(),
    }
}
