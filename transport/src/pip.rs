//! What pip on this machine is configured for: its environment variables and its configuration
//! files.
//!
//! Source: pip's user guide, "Configuration". Later wins: global, user, site, `PIP_CONFIG_FILE`,
//! environment; within a file `[install]` wins over `[global]`.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

/// What is asked of the process's environment; tests have their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnvironmentVariables(BTreeMap<String, String>);

impl EnvironmentVariables {
    /// This process's.
    #[must_use]
    pub fn of_process() -> Self {
        std::env::vars().collect()
    }

    /// The value of a variable; an empty one counts as none.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name)?.as_str();
        (!value.is_empty()).then_some(value)
    }
}

impl FromIterator<(String, String)> for EnvironmentVariables {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}

/// The file of certificates that pip's settings name, and where it stands.
pub(crate) fn certificates(environment: &EnvironmentVariables) -> Option<(String, String)> {
    let mut settings = PipConfiguration::of_files(environment);
    settings.read_environment(environment);
    settings.values.remove("cert")
}

const CONFIG_NAME: &str = if cfg!(windows) { "pip.ini" } else { "pip.conf" };

/// pip's configuration files, in its order.
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

/// pip's settings: values by key, with where they stand.
#[derive(Debug, Default)]
pub struct PipConfiguration {
    values: BTreeMap<&'static str, (String, String)>,
}

const KEYS: [&str; 5] = [
    "index-url",
    "extra-index-url",
    "find-links",
    "no-index",
    "cert",
];

impl PipConfiguration {
    /// What the configuration files say.
    #[must_use]
    pub fn of_files(environment: &EnvironmentVariables) -> Self {
        let mut settings = Self::default();
        for path in files(environment) {
            settings.read_file(&path);
        }
        settings
    }

    /// Reads the configuration file of a Python's prefix.
    pub fn read_prefix(&mut self, prefix: &Utf8Path) {
        self.read_file(&prefix.join(CONFIG_NAME));
    }

    /// Whether a file or variable has set `key`.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    fn read_file(&mut self, path: &Utf8Path) {
        let Ok(text) = fs_err::read_to_string(path) else {
            return;
        };
        for section in ["global", "install"] {
            for (key, value) in section_of(&text, section) {
                self.set(&key, value, format!("`{key}` in {path}"));
            }
        }
    }

    /// Reads the variables, which win over all files.
    pub fn read_environment(&mut self, environment: &EnvironmentVariables) {
        for key in KEYS {
            let variable = format!("PIP_{}", key.to_ascii_uppercase().replace('-', "_"));
            if let Some(value) = environment.get(&variable) {
                self.set(key, value.to_owned(), variable);
            }
        }
    }

    fn set(&mut self, key: &str, value: String, place: String) {
        let key = key.trim_start_matches("--").replace('_', "-");
        if let Some(key) = KEYS.into_iter().find(|known| **known == key) {
            self.values.insert(key, (value, place));
        }
    }

    /// Sets what nothing has set.
    pub fn set_default(&mut self, key: &'static str, value: &str, place: &str) {
        self.values
            .entry(key)
            .or_insert_with(|| (value.to_owned(), place.to_owned()));
    }

    /// The words of a value, each with where it stands.
    pub fn words(&self, key: &str) -> impl Iterator<Item = (&str, &str)> {
        let value = self.values.get(key);
        value.into_iter().flat_map(|(value, place)| {
            value
                .split_whitespace()
                .map(move |word| (word, place.as_str()))
        })
    }
}

/// The keys and values of a section, as Python's configparser reads them: continuation lines are
/// indented, `=` or `:` separates, `#` and `;` begin a comment line.
fn section_of(text: &str, section: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = found.last_mut().filter(|_| inside) {
                value.push('\n');
                value.push_str(trimmed);
            }
        } else if let Some(name) = trimmed.strip_prefix('[') {
            inside = name.trim_end_matches(']') == section;
        } else if let Some((key, value)) = trimmed.split_once(['=', ':']).filter(|_| inside) {
            let key = key.trim().to_ascii_lowercase();
            found.push((key, value.trim().to_owned()));
        }
    }
    found
}
