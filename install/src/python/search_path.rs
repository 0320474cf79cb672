//! Where to look for interpreters, as `[python-bootstrap] search_path` says it.
//!
//! The tokens are Pants': `<PATH>`, `<PYENV>`, `<PYENV_LOCAL>`, `<ASDF>`, `<ASDF_LOCAL>`; other
//! entries are folders or executables. `<MISE>`, `<UV>` and `<STANDARD>` are ours.

use std::env;
use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};
use model::Version;

/// The places that the tokens of a search path stand for on this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PythonLocations {
    /// The folders of `PATH`.
    pub path: Vec<Utf8PathBuf>,
    /// pyenv's folder: `PYENV_ROOT`, else `~/.pyenv`.
    pub pyenv: Option<Utf8PathBuf>,
    /// asdf's folder: `ASDF_DATA_DIR`, else `~/.asdf`.
    pub asdf: Option<Utf8PathBuf>,
    /// mise's folder: `MISE_DATA_DIR`, else `~/.local/share/mise`.
    pub mise: Option<Utf8PathBuf>,
    /// The folder of the Pythons that uv manages: `UV_PYTHON_INSTALL_DIR`, else
    /// `~/.local/share/uv/python`.
    pub uv: Option<Utf8PathBuf>,
    /// The repository, whose `.python-version` and `.tool-versions` the local tokens read.
    pub root: Utf8PathBuf,
    /// Folders in which systems install Python.
    pub standard: Vec<Utf8PathBuf>,
}

/// A list of places, in the order in which they are searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchPath(Vec<Entry>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Entry {
    Token(SearchOrigin),
    Given(Utf8PathBuf),
}

/// The kind of place at which a candidate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SearchOrigin {
    /// A folder of `PATH`.
    Path,
    /// A version that pyenv installed.
    Pyenv,
    /// A version of pyenv that the repository's `.python-version` names.
    PyenvLocal,
    /// A version that asdf installed.
    Asdf,
    /// A version of asdf that the repository's `.tool-versions` names.
    AsdfLocal,
    /// A version that mise installed.
    Mise,
    /// A version that uv manages.
    Uv,
    /// A folder in which systems install Python.
    Standard,
    /// A folder or executable that the search path names itself.
    Given,
    /// A folder or executable that a person asked for.
    Asked,
}

/// An executable that may be an interpreter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PythonCandidate {
    /// The executable.
    pub executable: Utf8PathBuf,
    /// Where it was found.
    pub origin: SearchOrigin,
}

impl PythonCandidate {
    /// The version that a manager of versions calls this CPython by: other implementations have
    /// their name before it.
    pub(crate) fn called(&self) -> Option<Version> {
        let is_managed = matches!(
            self.origin,
            SearchOrigin::Pyenv
                | SearchOrigin::PyenvLocal
                | SearchOrigin::Asdf
                | SearchOrigin::AsdfLocal
                | SearchOrigin::Mise
        );
        let folder = self.executable.ancestors().nth(2).filter(|_| is_managed)?;
        let version: Version = folder.file_name()?.parse().ok()?;
        (version.release().len() == 3).then_some(version)
    }
}

/// An entry of a search path that means nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{entry}` in `[python-bootstrap] search_path` is not a place: use {known}, or a folder")]
pub struct SearchPathError {
    /// The entry.
    pub entry: String,
    /// The tokens that can be used.
    pub known: String,
}

const TOKENS: [(&str, SearchOrigin); 8] = [
    ("<PATH>", SearchOrigin::Path),
    ("<PYENV>", SearchOrigin::Pyenv),
    ("<PYENV_LOCAL>", SearchOrigin::PyenvLocal),
    ("<ASDF>", SearchOrigin::Asdf),
    ("<ASDF_LOCAL>", SearchOrigin::AsdfLocal),
    ("<MISE>", SearchOrigin::Mise),
    ("<UV>", SearchOrigin::Uv),
    ("<STANDARD>", SearchOrigin::Standard),
];

impl Default for SearchPath {
    /// Pants' order, `<PYENV>` and `<PATH>`, then every other place.
    fn default() -> Self {
        let origins = [
            SearchOrigin::Pyenv,
            SearchOrigin::Path,
            SearchOrigin::Asdf,
            SearchOrigin::Mise,
            SearchOrigin::Uv,
            SearchOrigin::Standard,
        ];
        Self(origins.into_iter().map(Entry::Token).collect())
    }
}

impl SearchPath {
    /// Reads the entries of the setting; `<PEXRC>` is passed over.
    ///
    /// # Errors
    /// Where an entry looks like a token and there is no such token.
    pub fn parse<S: AsRef<str>>(entries: &[S]) -> Result<Self, SearchPathError> {
        let entries = entries
            .iter()
            .map(AsRef::as_ref)
            .filter(|entry| *entry != "<PEXRC>")
            .map(Entry::parse)
            .collect::<Result<_, _>>()?;
        Ok(Self(entries))
    }

    /// Only this executable, or the executables of this folder.
    #[must_use]
    pub fn given(path: &Utf8Path) -> Self {
        Self(vec![Entry::Given(path.to_owned())])
    }

    /// The executables at these places that may be interpreters, in order, each once.
    pub fn candidates<'a>(
        &'a self,
        places: &'a PythonLocations,
    ) -> impl Iterator<Item = PythonCandidate> + 'a {
        let mut seen = std::collections::HashSet::new();
        self.0
            .iter()
            .flat_map(|entry| entry.candidates(places))
            .filter(move |candidate| seen.insert(identity(&candidate.executable)))
    }
}

impl Entry {
    fn parse(entry: &str) -> Result<Self, SearchPathError> {
        if let Some((_, origin)) = TOKENS.iter().find(|(token, _)| *token == entry) {
            return Ok(Self::Token(*origin));
        }
        if entry.starts_with('<') {
            return Err(SearchPathError {
                entry: entry.to_owned(),
                known: TOKENS.map(|(token, _)| format!("`{token}`")).join(", "),
            });
        }
        Ok(Self::Given(entry.into()))
    }

    fn candidates(&self, places: &PythonLocations) -> Vec<PythonCandidate> {
        let (origin, executables) = match self {
            Self::Given(path) => {
                let path = places.root.join(path);
                let executables = if path.is_dir() {
                    in_folder(&path)
                } else {
                    vec![path]
                };
                (SearchOrigin::Given, executables)
            }
            Self::Token(origin) => (*origin, places.executables(*origin)),
        };
        executables
            .into_iter()
            .map(|executable| PythonCandidate { executable, origin })
            .collect()
    }
}

impl PythonLocations {
    /// The places of this machine, by its environment variables, for the repository `root`.
    #[must_use]
    pub fn of_this_machine(root: &Utf8Path) -> Self {
        let var = |name| env::var(name).ok().filter(|v| !v.is_empty());
        let folder = |name| var(name).map(Utf8PathBuf::from);
        let home = folder("HOME").or_else(|| folder("USERPROFILE"));
        let in_home = |path: &str| home.as_ref().map(|home| home.join(path));
        let data = folder("XDG_DATA_HOME").or_else(|| in_home(".local/share"));
        let in_data = |path: &str| data.as_ref().map(|data| data.join(path));
        let standard = [
            "/usr/local/bin",
            "/usr/bin",
            "/opt/homebrew/bin",
            "/opt/local/bin",
        ];
        Self {
            path: env::var_os("PATH")
                .iter()
                .flat_map(env::split_paths)
                .filter_map(|folder| Utf8PathBuf::from_path_buf(folder).ok())
                .filter(|folder| folder.is_absolute())
                .collect(),
            pyenv: folder("PYENV_ROOT").or_else(|| in_home(".pyenv")),
            asdf: folder("ASDF_DATA_DIR").or_else(|| in_home(".asdf")),
            mise: folder("MISE_DATA_DIR").or_else(|| in_data("mise")),
            uv: folder("UV_PYTHON_INSTALL_DIR").or_else(|| in_data("uv/python")),
            root: root.to_owned(),
            standard: standard.map(Utf8PathBuf::from).to_vec(),
        }
    }

    fn executables(&self, origin: SearchOrigin) -> Vec<Utf8PathBuf> {
        let below = |folder: &Option<Utf8PathBuf>, path: &str| {
            folder
                .as_ref()
                .map(|folder| folder.join(path))
                .unwrap_or_default()
        };
        match origin {
            SearchOrigin::Path => self
                .path
                .iter()
                .filter(|f| !self.is_shims(f))
                .flat_map(|f| in_folder(f))
                .collect(),
            SearchOrigin::Standard | SearchOrigin::Given | SearchOrigin::Asked => {
                self.standard.iter().flat_map(|f| in_folder(f)).collect()
            }
            SearchOrigin::Pyenv => installed(&below(&self.pyenv, "versions"), None),
            SearchOrigin::Asdf => installed(&below(&self.asdf, "installs/python"), None),
            SearchOrigin::Mise => installed(&below(&self.mise, "installs/python"), None),
            SearchOrigin::Uv => installed(self.uv.as_deref().unwrap_or("".into()), None),
            SearchOrigin::PyenvLocal => {
                let names = words(&self.root.join(".python-version"), None);
                installed(&below(&self.pyenv, "versions"), Some(&names))
            }
            SearchOrigin::AsdfLocal => {
                let names = words(&self.root.join(".tool-versions"), Some("python"));
                installed(&below(&self.asdf, "installs/python"), Some(&names))
            }
        }
    }

    /// A version manager's shims answer for another Python in each folder; what they stand for
    /// is found at its own place.
    fn is_shims(&self, folder: &Utf8Path) -> bool {
        [&self.pyenv, &self.asdf, &self.mise]
            .into_iter()
            .flatten()
            .any(|manager| folder == manager.join("shims"))
    }
}

impl fmt::Display for SearchOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Path => "PATH",
            Self::Pyenv => "pyenv",
            Self::PyenvLocal => "pyenv, by .python-version",
            Self::Asdf => "asdf",
            Self::AsdfLocal => "asdf, by .tool-versions",
            Self::Mise => "mise",
            Self::Uv => "uv",
            Self::Standard => "the system",
            Self::Given => "search_path",
            Self::Asked => "as asked for",
        })
    }
}

/// The Pythons that a version manager keeps below `folder`, newest first; only those `named`.
fn installed(folder: &Utf8Path, named: Option<&[String]>) -> Vec<Utf8PathBuf> {
    let mut versions: Vec<String> = names_in(folder)
        .into_iter()
        .filter(|name| !name.starts_with('.'))
        .filter(|name| named.is_none_or(|named| named.contains(name)))
        .collect();
    versions.sort_by_cached_key(|name| std::cmp::Reverse((version_in(name), name.clone())));
    let executable = if cfg!(windows) {
        "python.exe"
    } else {
        "bin/python3"
    };
    versions
        .iter()
        .map(|version| folder.join(version).join(executable))
        .filter(|executable| executable.is_file())
        .collect()
}

/// The version in a name such as `3.12.1`, `pypy3.10-7.3.12` or `cpython-3.12.1-linux-x86_64-gnu`.
fn version_in(name: &str) -> Option<Version> {
    let text = name.trim_start_matches(|c: char| !c.is_ascii_digit());
    let end = text.find('-').unwrap_or(text.len());
    text[..end].parse().ok()
}

/// `python`, `python3`, then `python3.N`, newest first.
fn in_folder(folder: &Utf8Path) -> Vec<Utf8PathBuf> {
    let mut names: Vec<String> = names_in(folder)
        .into_iter()
        .filter(|n| is_python(n))
        .collect();
    names.sort_by_cached_key(|name| {
        let minor = name
            .rsplit_once('.')
            .and_then(|(_, minor)| minor.parse::<u32>().ok());
        (
            name.len().min("python3.".len()),
            std::cmp::Reverse(minor),
            name.clone(),
        )
    });
    names
        .iter()
        .map(|name| folder.join(name))
        .filter(|executable| executable.is_file())
        .collect()
}

fn is_python(name: &str) -> bool {
    let name = name.strip_suffix(".exe").unwrap_or(name);
    let Some(version) = name
        .strip_prefix("python")
        .or_else(|| name.strip_prefix("pypy"))
    else {
        return false;
    };
    version.chars().all(|c| c.is_ascii_digit() || c == '.') && !version.starts_with('2')
}

fn names_in(folder: &Utf8Path) -> Vec<String> {
    let Ok(entries) = folder.read_dir_utf8() else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| Some(entry.ok()?.file_name().to_owned()))
        .collect()
}

/// The words of a version manager's file; only of the line of `tool` where there are several.
fn words(file: &Utf8Path, tool: Option<&str>) -> Vec<String> {
    let text = fs_err::read_to_string(file).unwrap_or_default();
    text.lines()
        .map(|line| line.split('#').next().unwrap_or_default())
        .flat_map(|line| {
            let mut words = line.split_whitespace();
            let wanted = tool.is_none_or(|tool| words.next() == Some(tool));
            words
                .filter(move |_| wanted)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Two names of one installation are one candidate; a virtual environment is one of its own,
/// although its executable is a link to another's.
fn identity(executable: &Utf8Path) -> Utf8PathBuf {
    let is_virtual = executable
        .parent()
        .and_then(Utf8Path::parent)
        .is_some_and(|root| root.join("pyvenv.cfg").is_file());
    if is_virtual {
        return executable
            .parent()
            .map(Utf8Path::to_owned)
            .unwrap_or_default();
    }
    executable
        .canonicalize_utf8()
        .unwrap_or_else(|_| executable.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(root: &Utf8Path, files: &[&str]) {
        for file in files {
            let path = root.join(file);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(&path, file).unwrap();
        }
    }

    /// What is found for `entries` on a machine with `files`.
    #[track_caller]
    fn check(entries: &[&str], files: &[&str], expect: &[&str]) {
        let temp = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(temp.path())
            .unwrap()
            .canonicalize_utf8()
            .unwrap();
        touch(&root, files);
        fs_err::write(root.join(".python-version"), "3.11.2 # old\n").unwrap();
        fs_err::write(root.join(".tool-versions"), "nodejs 20\npython 3.10.1\n").unwrap();
        let places = PythonLocations {
            path: vec![root.join("pyenv/shims"), root.join("bin")],
            pyenv: Some(root.join("pyenv")),
            asdf: Some(root.join("asdf")),
            mise: None,
            uv: Some(root.join("uv")),
            root: root.clone(),
            standard: Vec::new(),
        };
        let search_path = SearchPath::parse(entries).unwrap();
        let found: Vec<String> = search_path
            .candidates(&places)
            .map(|c| c.executable.strip_prefix(&root).unwrap().to_string())
            .collect();
        assert_eq!(found, expect);
    }

    #[test]
    fn folders_of_path_without_shims() {
        check(
            &["<PATH>"],
            &[
                "bin/python3.9",
                "bin/python3.12",
                "bin/python3",
                "bin/python3-config",
                "pyenv/shims/python3",
            ],
            &["bin/python3", "bin/python3.12", "bin/python3.9"],
        );
    }

    #[test]
    fn managers_give_the_newest_first() {
        check(
            &["<PYENV>", "<UV>"],
            &[
                "pyenv/versions/3.9.18/bin/python3",
                "pyenv/versions/3.12.1/bin/python3",
                "uv/cpython-3.13.1-linux-x86_64-gnu/bin/python3",
            ],
            &[
                "pyenv/versions/3.12.1/bin/python3",
                "pyenv/versions/3.9.18/bin/python3",
                "uv/cpython-3.13.1-linux-x86_64-gnu/bin/python3",
            ],
        );
    }

    #[test]
    fn local_versions_are_those_the_repository_names() {
        check(
            &["<PYENV_LOCAL>", "<ASDF_LOCAL>"],
            &[
                "pyenv/versions/3.12.1/bin/python3",
                "pyenv/versions/3.11.2/bin/python3",
                "asdf/installs/python/3.10.1/bin/python3",
                "asdf/installs/python/3.12.1/bin/python3",
            ],
            &[
                "pyenv/versions/3.11.2/bin/python3",
                "asdf/installs/python/3.10.1/bin/python3",
            ],
        );
    }

    #[test]
    fn folders_and_executables_can_be_named() {
        check(
            &["tools", "mine/snake"],
            &["tools/python3", "mine/snake"],
            &["tools/python3", "mine/snake"],
        );
    }

    #[test]
    fn an_unknown_token() {
        let error = SearchPath::parse(&["<PYENVV>"]).unwrap_err();
        insta::assert_snapshot!(error, @"`<PYENVV>` in `[python-bootstrap] search_path` is not a place: use `<PATH>`, `<PYENV>`, `<PYENV_LOCAL>`, `<ASDF>`, `<ASDF_LOCAL>`, `<MISE>`, `<UV>`, `<STANDARD>`, or a folder");
    }
}
