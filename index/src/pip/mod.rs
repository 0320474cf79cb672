//! Finds the indexes of pip on this machine: those of its configuration or, if that names none, the
//! default that pip has built in.
//!
//! `interpreter` asks a Python for what its pip has built in, and `public` says where those indexes take uploads.

mod interpreter;
mod public;

use camino::{Utf8Path, Utf8PathBuf};
use transport::{EnvironmentVariables, PipConfiguration, TransportError, redacted};
use url::Url;

use self::interpreter::known_pip;
pub use self::public::{PublicIndex, public_indexes};
use crate::cache::Cache;
use crate::error::IndexError;
use crate::options::{FindLinks, Locations};

/// The index, further indexes and `find_links` that pip would use. Like pip, it ignores a missing
/// `find_links` folder.
///
/// `cache` keeps what pip said about itself, so that a later run starts no Python.
///
/// # Errors
/// [`IndexError::NoIndex`] where nothing names an index and no pip is found; [`TransportError::Setting`] where
/// a value is no URL.
pub fn locations(
    environment: &EnvironmentVariables,
    cache: &Utf8Path,
) -> Result<Locations, IndexError> {
    let cache = Cache::new(cache.to_owned());
    let mut pip = PipConfiguration::of_files(environment)?;
    if !pip.has("index-url")
        && environment.get("PIP_INDEX_URL").is_none()
        && let Some(known) = known_pip(environment, &cache)
    {
        if environment.get("VIRTUAL_ENV").is_none() {
            pip.read_prefix(&known.prefix)?;
        }
        pip.set_default("index-url", &known.index, "pip's built-in default");
    }
    pip.read_environment(environment);
    configured(&pip)
}

fn configured(pip: &PipConfiguration) -> Result<Locations, IndexError> {
    let mut locations = Locations::default();
    let off = pip
        .words("no-index")
        .any(|(word, _)| matches!(word, "1" | "true" | "yes" | "on"));
    if !off {
        for (word, place) in pip.words("index-url").chain(pip.words("extra-index-url")) {
            locations.indexes.push(index_url(word, place)?);
        }
    }
    for (word, place) in pip.words("find-links") {
        match place_of_links(word) {
            Ok(FindLinks::Folder(folder)) if !folder.exists() => {}
            Ok(links) => locations.find_links.push(links),
            Err(reason) => return Err(setting(place, word, reason)),
        }
    }
    if locations == Locations::default() {
        return Err(IndexError::NoIndex);
    }
    Ok(locations)
}

fn index_url(word: &str, place: &str) -> Result<Url, IndexError> {
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

fn setting(place: &str, value: &str, reason: &str) -> IndexError {
    TransportError::Setting {
        setting: place.to_owned(),
        value: Url::parse(value).map_or_else(|_| value.to_owned(), |url| redacted(&url)),
        reason: reason.to_owned(),
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `files` are names and texts. `$` in a variable stands for their folder.
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
