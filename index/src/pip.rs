//! What pip on this machine is configured for: its environment variables, its configuration
//! files, and, where these name no index, the default that it reports as built in.
//!
//! Source: pip's user guide, "Configuration". Later wins: global, user, site, `PIP_CONFIG_FILE`,
//! environment; within a file `[install]` wins over `[global]`.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::cache::{self, Cache};
use crate::error::{Error, redacted};
use crate::options::{FindLinks, Locations};

const MAGIC: [u8; 4] = *b"xp\x00\x01";

/// What is asked of the process's environment; tests have their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// This process's.
    #[must_use]
    pub fn of_process() -> Self {
        std::env::vars().collect()
    }

    fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name)?.as_str();
        (!value.is_empty()).then_some(value)
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        Self(variables.into_iter().collect())
    }
}

/// The index, further indexes and `find_links` places that pip would use; a missing `find_links`
/// folder is left out, as pip leaves it out.
///
/// `cache` keeps what pip says of itself, so that a later run starts no Python.
///
/// # Errors
/// [`Error::NoIndex`] where nothing names an index and no pip is found; [`Error::Setting`] where
/// a value is no URL.
pub fn locations(environment: &Environment, cache: &Utf8Path) -> Result<Locations, Error> {
    let cache = Cache::new(cache.to_owned());
    let mut settings = Settings::of_files(environment);
    if !settings.values.contains_key("index-url")
        && environment.get("PIP_INDEX_URL").is_none()
        && let Some(pip) = known_pip(environment, &cache)
    {
        if environment.get("VIRTUAL_ENV").is_none() {
            settings.read_file(&pip.prefix.join(CONFIG_NAME));
        }
        settings.set_default("index-url", &pip.index, "pip's built-in default");
    }
    settings.read_environment(environment);
    settings.locations()
}

/// The file of certificates that pip's settings name, and where it stands.
pub(crate) fn certificates(environment: &Environment) -> Option<(String, String)> {
    let mut settings = Settings::of_files(environment);
    settings.read_environment(environment);
    settings.values.remove("cert")
}

const CONFIG_NAME: &str = if cfg!(windows) { "pip.ini" } else { "pip.conf" };

/// pip's configuration files, in its order.
fn files(environment: &Environment) -> Vec<Utf8PathBuf> {
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

/// Values by key, with where they stand.
#[derive(Default)]
struct Settings {
    values: BTreeMap<&'static str, (String, String)>,
}

const KEYS: [&str; 5] = [
    "index-url",
    "extra-index-url",
    "find-links",
    "no-index",
    "cert",
];

impl Settings {
    fn of_files(environment: &Environment) -> Self {
        let mut settings = Self::default();
        for path in files(environment) {
            settings.read_file(&path);
        }
        settings
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

    fn read_environment(&mut self, environment: &Environment) {
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

    fn set_default(&mut self, key: &'static str, value: &str, place: &str) {
        self.values
            .entry(key)
            .or_insert_with(|| (value.to_owned(), place.to_owned()));
    }

    fn words(&self, key: &str) -> impl Iterator<Item = (&str, &str)> {
        let value = self.values.get(key);
        value.into_iter().flat_map(|(value, place)| {
            value
                .split_whitespace()
                .map(move |word| (word, place.as_str()))
        })
    }

    fn locations(&self) -> Result<Locations, Error> {
        let mut locations = Locations::default();
        let off = self
            .words("no-index")
            .any(|(word, _)| matches!(word, "1" | "true" | "yes" | "on"));
        if !off {
            for (word, place) in self.words("index-url").chain(self.words("extra-index-url")) {
                locations.indexes.push(index_url(word, place)?);
            }
        }
        for (word, place) in self.words("find-links") {
            match place_of_links(word) {
                Ok(FindLinks::Folder(folder)) if !folder.exists() => {}
                Ok(links) => locations.find_links.push(links),
                Err(reason) => return Err(setting(place, word, reason)),
            }
        }
        if locations == Locations::default() {
            return Err(Error::NoIndex);
        }
        Ok(locations)
    }
}

fn index_url(word: &str, place: &str) -> Result<Url, Error> {
    match Url::parse(word) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        Ok(_) => Err(setting(place, word, "only `http` and `https` are known")),
        Err(error) => Err(setting(place, word, &error.to_string())),
    }
}

fn place_of_links(word: &str) -> Result<FindLinks, &'static str> {
    match Url::parse(word) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(FindLinks::Page(url)),
        Ok(url) if url.scheme() == "file" => url
            .to_file_path()
            .ok()
            .and_then(|path| Utf8PathBuf::from_path_buf(path).ok())
            .map(FindLinks::Folder)
            .ok_or("it is not a path"),
        _ => Ok(FindLinks::Folder(word.into())),
    }
}

fn setting(place: &str, value: &str, reason: &str) -> Error {
    Error::Setting {
        setting: place.to_owned(),
        value: Url::parse(value).map_or_else(|_| value.to_owned(), |url| redacted(&url)),
        reason: reason.to_owned(),
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

/// What a pip says of itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Pip {
    /// The Python that was asked, and when it was last changed.
    python: (Utf8PathBuf, u64),
    /// The file of pip that was read, and when it was last changed.
    module: (Utf8PathBuf, u64),
    prefix: Utf8PathBuf,
    index: String,
}

/// Prints the index, the file that says so, and the prefix of the environment.
const QUESTION: &str = "import sys
from pip._internal.models import index
print(index.PyPI.simple_url)
print(index.__file__)
print(sys.prefix)";

fn known_pip(environment: &Environment, cache: &Cache) -> Option<Pip> {
    let pythons = pythons(environment);
    let stored = cache::read_sealed(&cache.pip(), MAGIC);
    let stored: Option<Pip> = stored.and_then(|s| postcard::from_bytes(s.payload()).ok());
    if let Some(pip) = stored
        && pythons.contains(&pip.python.0)
        && [&pip.python, &pip.module]
            .into_iter()
            .all(|(path, time)| changed(path) == Some(*time))
    {
        return Some(pip);
    }
    let pip = pythons.into_iter().find_map(ask)?;
    if let Ok(bytes) = postcard::to_stdvec(&pip) {
        // Without the note the next run asks again.
        let _ = cache::write_sealed(&cache.pip(), MAGIC, &bytes);
    }
    Some(pip)
}

/// The Pythons to ask, in order.
fn pythons(environment: &Environment) -> Vec<Utf8PathBuf> {
    let (folder, names): (&str, &[&str]) = if cfg!(windows) {
        ("Scripts", &["python.exe"])
    } else {
        ("bin", &["python3", "python"])
    };
    let venv = environment
        .get("VIRTUAL_ENV")
        .map(|venv| Utf8PathBuf::from(venv).join(folder));
    let path = std::env::split_paths(environment.get("PATH").unwrap_or_default())
        .filter_map(|folder| Utf8PathBuf::from_path_buf(folder).ok());
    venv.into_iter()
        .chain(path)
        .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
        .filter(|python| python.is_file())
        .collect()
}

fn ask(python: Utf8PathBuf) -> Option<Pip> {
    let answer = duct::cmd!(python.as_std_path(), "-I", "-c", QUESTION)
        .stderr_null()
        .stdin_null()
        .read()
        .ok()?;
    let mut lines = answer.lines();
    let index = lines.next()?.trim().to_owned();
    let module = Utf8PathBuf::from(lines.next()?.trim());
    let prefix = lines.next()?.trim().into();
    Some(Pip {
        python: (python.clone(), changed(&python)?),
        module: (module.clone(), changed(&module)?),
        prefix,
        index,
    })
}

/// When the file was last changed, in nanoseconds since 1970.
fn changed(path: &Utf8Path) -> Option<u64> {
    let time = fs_err::metadata(path).ok()?.modified().ok()?;
    let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
    u64::try_from(since.as_nanos()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `files` are (name, text); `$` in a variable stands for their folder.
    #[track_caller]
    fn check(files: &[(&str, &str)], variables: &[(&str, &str)]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        for (name, text) in files {
            let path = root.join(name);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, text.replace('$', root.as_str())).unwrap();
        }
        let home = [("HOME", "$"), ("XDG_CONFIG_DIRS", "$/xdg"), ("PATH", "")];
        let environment = home
            .iter()
            .chain(variables)
            .map(|(name, value)| ((*name).to_owned(), value.replace('$', root.as_str())))
            .collect();
        match locations(&environment, &root.join("cache")) {
            Ok(found) => {
                let mut lines: Vec<String> =
                    found.indexes.iter().map(ToString::to_string).collect();
                lines.extend(found.find_links.iter().map(|links| format!("{links:?}")));
                lines.join("\n").replace(root.as_str(), "$")
            }
            Err(error) => error.to_string().replace(root.as_str(), "$"),
        }
    }

    const FILE: &str = "[global]\nindex-url = http://index.example/a\n\
        extra-index-url =\n    http://index.example/b\n    http://index.example/c\n\
        [install]\n# a comment\nfind-links = $\n[other]\nindex-url = http://index.example/x\n";

    #[test]
    fn files_and_variables() {
        insta::assert_snapshot!(check(&[(".config/pip/pip.conf", FILE)], &[]), @r#"
        http://index.example/a
        http://index.example/b
        http://index.example/c
        Folder("$")
        "#);
        insta::assert_snapshot!(check(
            &[(".config/pip/pip.conf", FILE), ("xdg/pip/pip.conf", "[global]\nindex-url=http://index.example/g")],
            &[("PIP_INDEX_URL", "http://index.example/env"), ("PIP_EXTRA_INDEX_URL", ""), ("PIP_FIND_LINKS", "$/missing")],
        ), @"
        http://index.example/env
        http://index.example/b
        http://index.example/c
        ");
        insta::assert_snapshot!(check(
            &[("venv/pip.conf", "[install]\nindex-url=http://index.example/v")],
            &[("VIRTUAL_ENV", "$/venv"), ("PIP_CONFIG_FILE", "/dev/null"), ("PIP_INDEX_URL", "http://index.example/e")],
        ), @"http://index.example/e");
        insta::assert_snapshot!(check(
            &[("named", "[global]\nindex-url=http://u:p@index.example/n"), (".config/pip/pip.conf", FILE)],
            &[("PIP_CONFIG_FILE", "$/named"), ("PIP_NO_INDEX", "true")],
        ), @r#"Folder("$")"#);
    }

    #[test]
    fn errors() {
        insta::assert_snapshot!(check(&[("xdg/pip/pip.conf", "[global]\nindex-url=ftp://u:p@index.example/")], &[]), @"`index-url` in $/xdg/pip/pip.conf is `ftp://****@index.example/`: only `http` and `https` are known");
        insta::assert_snapshot!(check(&[("none", "")], &[("PIP_CONFIG_FILE", "/dev/null")]), @"no package index is configured, and no pip was found to ask for its default");
    }
}
