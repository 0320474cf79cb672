//! The configuration of pip on this machine: its environment variables and its configuration files.
//!
//! Source: pip's user guide, "Configuration". Later settings replace earlier ones: global, user,
//! site, `PIP_CONFIG_FILE`, environment. Within a file, `[install]` replaces `[global]`.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use crate::environment::EnvironmentVariables;
use crate::error::TransportError;
use crate::ini::Ini;

/// The files of certificates that pip's settings name, with the places of the settings.
#[derive(Debug, Default)]
pub(crate) struct PipCertificates {
    /// Of the authorities that are trusted.
    pub(crate) trusted: Option<PipSetting>,
    /// Of this machine, with its key.
    pub(crate) client: Option<PipSetting>,
}

/// The files of certificates that pip's settings name.
///
/// # Errors
/// Where a configuration file cannot be read as pip reads it.
pub(crate) fn certificates(
    environment: &EnvironmentVariables,
) -> Result<PipCertificates, TransportError> {
    let mut settings = PipConfiguration::of_files(environment)?;
    settings.read_environment(environment);
    Ok(PipCertificates {
        trusted: settings.values.remove("cert"),
        client: settings.values.remove("client-cert"),
    })
}

const CONFIG_NAME: &str = if cfg!(windows) { "pip.ini" } else { "pip.conf" };

/// The paths of pip's configuration files, in pip's order.
fn files(environment: &EnvironmentVariables) -> Vec<Utf8PathBuf> {
    let named = environment.get("PIP_CONFIG_FILE");
    if named == Some(if cfg!(windows) { "nul" } else { "/dev/null" }) {
        return Vec::new();
    }
    let path = |folder: &str, rest: &str| Utf8PathBuf::from(folder).join(rest);
    let mut files = Vec::new();
    if cfg!(windows) {
        let folder = |name| environment.get(name).map(|f| path(f, "pip/pip.ini"));
        files.extend(folder("ProgramData"));
        files.extend(folder("APPDATA"));
    } else {
        let shared = environment.get("XDG_CONFIG_DIRS").unwrap_or("/etc/xdg");
        files.extend(shared.split(':').map(|folder| path(folder, "pip/pip.conf")));
        files.push("/etc/pip.conf".into());
        if let Some(home) = environment.get("HOME") {
            files.push(path(home, ".pip/pip.conf"));
            let own = environment.get("XDG_CONFIG_HOME");
            files.push(own.map_or_else(
                || path(home, ".config/pip/pip.conf"),
                |own| path(own, "pip/pip.conf"),
            ));
            if cfg!(target_os = "macos") {
                files.push(path(home, "Library/Application Support/pip/pip.conf"));
            }
        }
    }
    files.extend(
        environment
            .get("VIRTUAL_ENV")
            .map(|venv| path(venv, CONFIG_NAME)),
    );
    files.extend(named.map(Utf8PathBuf::from));
    files
}

/// pip's settings, by key.
#[derive(Debug, Default)]
pub struct PipConfiguration {
    values: BTreeMap<&'static str, PipSetting>,
}

/// A value, with the place of the setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PipSetting {
    pub(crate) value: String,
    pub(crate) place: String,
}

const KEYS: [&str; 7] = [
    "client-cert",
    "index-url",
    "extra-index-url",
    "find-links",
    "no-index",
    "cert",
    "trusted-host",
];

impl PipConfiguration {
    /// Reads the configuration files.
    ///
    /// # Errors
    /// Where pip could not read one of them either.
    pub fn of_files(environment: &EnvironmentVariables) -> Result<Self, TransportError> {
        let mut settings = Self::default();
        for path in files(environment) {
            settings.read_file(&path)?;
        }
        Ok(settings)
    }

    /// Reads the configuration file in the prefix of a Python.
    ///
    /// # Errors
    /// Where pip could not read it either.
    pub fn read_prefix(&mut self, prefix: &Utf8Path) -> Result<(), TransportError> {
        self.read_file(&prefix.join(CONFIG_NAME))
    }

    /// Whether a file or variable has set `key`.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    fn read_file(&mut self, path: &Utf8Path) -> Result<(), TransportError> {
        let Ok(text) = fs_err::read_to_string(path) else {
            return Ok(());
        };
        let ini = Ini::parse(&text).map_err(|source| TransportError::Configuration {
            path: path.to_owned(),
            source,
        })?;
        for section in ["global", "install"] {
            for (key, value) in ini.items(section) {
                self.set(key, value, format!("`{key}` in {path}"));
            }
        }
        Ok(())
    }

    /// Reads the environment variables, which replace what all files say.
    pub fn read_environment(&mut self, environment: &EnvironmentVariables) {
        for key in KEYS {
            let variable = format!("PIP_{}", key.to_ascii_uppercase().replace('-', "_"));
            if let Some(value) = environment.get(&variable) {
                self.set(key, value, variable);
            }
        }
    }

    fn set(&mut self, key: &str, value: &str, place: String) {
        let key = key.trim_start_matches("--").replace('_', "-");
        if let Some(key) = KEYS.into_iter().find(|known| **known == key) {
            let value = value.to_owned();
            self.values.insert(key, PipSetting { value, place });
        }
    }

    /// Sets a key that no file and no variable has set.
    pub fn set_default(&mut self, key: &'static str, value: &str, place: &str) {
        self.values.entry(key).or_insert_with(|| PipSetting {
            value: value.to_owned(),
            place: place.to_owned(),
        });
    }

    /// The words of a value, each with the place of the setting.
    pub fn words(&self, key: &str) -> impl Iterator<Item = (&str, &str)> {
        let value = self.values.get(key);
        value.into_iter().flat_map(|setting| {
            let words = setting.value.split_whitespace();
            words.map(move |word| (word, setting.place.as_str()))
        })
    }
}
