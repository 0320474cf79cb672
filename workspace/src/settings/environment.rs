//! Settings beside `pants.toml` that Pants reads: further files, files of the user, and variables.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::document::{SettingsDocument, read_if_there};
use super::error::{SettingsError, SettingsProblem};
use super::flag::{GLOBAL, KnownKey, SettingFlag, known_key};
use super::keys::{Global, Section};
use super::tree::{SettingNode, SettingTree};

/// The settings file of Pants, which is always read.
const FIRST: &str = "pants.toml";

/// A setting in a variable.
pub(super) struct SettingVariable {
    pub(super) section: String,
    pub(super) key: String,
    /// `PANTS_PYTHON_DEFAULT_RESOLVE=x`
    pub(super) text: String,
    pub(super) node: SettingNode,
}

impl SettingVariable {
    /// Whether it is about the cache of the team.
    pub(super) fn is_of_shared_cache(&self) -> bool {
        let others = ["cache_content_behavior", "session_end_tasks_timeout"];
        self.key.starts_with("remote_") || others.contains(&&*self.key)
    }
}

/// The settings files besides `pants.toml`: those that `--pants-config-files` or `PANTS_CONFIG_FILES`
/// name, which must be there, then those of `pantsrc_files`, unless `pantsrc` is off.
pub(super) fn further_files(
    root: &Utf8Path,
    environment: &BTreeMap<String, String>,
    flags: &[SettingFlag],
) -> Result<Vec<SettingsDocument>, SettingsError> {
    let global = which_files(environment, flags)?;
    let mut documents = Vec::new();
    for path in global
        .pants_config_files
        .iter()
        .filter(|path| *path != FIRST)
    {
        let text = read_if_there(&root.join(path))?.ok_or_else(|| {
            let problem = SettingsProblem::NoFile;
            SettingsError::whole(&root.join(path), problem)
        })?;
        documents.push(SettingsDocument::parse(path.clone(), text)?);
    }
    let of_user = match global.pantsrc {
        true => global.pantsrc_files.as_slice(),
        false => &[],
    };
    for path in of_user {
        let home = path.strip_prefix("~").ok();
        let path = match (home, environment.get("HOME")) {
            (Some(below), Some(home)) => Utf8PathBuf::from(home).join(below),
            (Some(_), None) => continue,
            (None, _) => root.join(path),
        };
        if let Some(text) = read_if_there(&path)? {
            documents.push(SettingsDocument::parse(path, text)?);
        }
    }
    Ok(documents)
}

/// The settings that say which files are read. They stand in no file themselves.
fn which_files(
    environment: &BTreeMap<String, String>,
    flags: &[SettingFlag],
) -> Result<Global, SettingsError> {
    let mut global = Global::default();
    let keys = ["pants_config_files", "pantsrc", "pantsrc_files"];
    let variables = variables(environment);
    let of_variables = variables
        .iter()
        .map(|variable| (&variable.key, &variable.text, variable.node.clone()));
    let of_flags = flags
        .iter()
        .filter(|flag| flag.section == GLOBAL)
        .map(|flag| (&flag.key, &flag.text, flag.node()));
    for (key, text, node) in of_variables.chain(of_flags) {
        if !keys.contains(&key.as_str()) {
            continue;
        }
        if let Some(Err(mistake)) = global.update(key, &node) {
            let problem = SettingsProblem::Syntax(format!("`{key}` is not read"));
            let document = SettingsDocument::of_variable(text)?;
            return Err(document.error(mistake.span, problem));
        }
    }
    Ok(global)
}

/// The settings in variables such as `PANTS_PYTHON_DEFAULT_RESOLVE`; a key of `[GLOBAL]` has no section
/// in its name, or `GLOBAL`.
pub(super) fn variables(environment: &BTreeMap<String, String>) -> Vec<SettingVariable> {
    let named = environment.iter().filter_map(|(name, value)| {
        let key = key_of_variable(name)?;
        Some(SettingVariable {
            section: key.section,
            key: key.key,
            text: format!("{name}={value}"),
            node: node(value, name.len() + 1),
        })
    });
    named.collect()
}

/// The key that a variable stands for, as a flag of this name would.
fn key_of_variable(name: &str) -> Option<KnownKey> {
    let short = name.strip_prefix("PANTS_")?;
    let flag = |name: &str| name.to_ascii_lowercase().replace('_', "-");
    let of_global = short.strip_prefix("GLOBAL_");
    let whole = flag(name);
    known_key(&whole, None)
        .filter(|key| key.section == GLOBAL)
        .or_else(|| known_key(&flag(of_global.unwrap_or(short)), None))
}

fn node(value: &str, start: usize) -> SettingNode {
    SettingNode {
        tree: SettingTree::Text(value.to_owned()),
        span: start..start + value.len(),
    }
}
