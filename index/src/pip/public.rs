//! The two indexes that are known by name, `pypi` and `testpypi`: where they take uploads.
//!
//! Source: Warehouse's documentation, "Upload API": the path is `/legacy/`; the one index takes files on a host of
//! its own, `upload.` before its name, the other on the host that also lists them. twine has both as defaults.

use camino::Utf8Path;
use transport::EnvironmentVariables;
use url::Url;

use super::interpreter::known_pip;
use crate::cache::Cache;

/// The path of the upload API.
const UPLOAD_PATH: &str = "/legacy/";

/// An index that is known by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicIndex {
    /// `pypi` or `testpypi`.
    pub name: &'static str,
    /// The URL for uploads.
    pub upload: Url,
    /// The URL of the listing.
    pub listing: Url,
}

impl PublicIndex {
    /// The names that mean such an index.
    pub const NAMES: [&str; 2] = ["pypi", "testpypi"];

    /// Whether a URL can be that of the upload API of such an index: only then need pip be asked.
    #[must_use]
    pub fn may_be_at(upload: &Url) -> bool {
        upload.path().trim_end_matches('/') == UPLOAD_PATH.trim_end_matches('/')
    }

    /// Whether it takes uploads at this URL: `http` and a missing last slash lead to the same place.
    #[must_use]
    pub fn takes_uploads_at(&self, url: &Url) -> bool {
        Self::may_be_at(url) && url.host() == self.upload.host() && url.port() == self.upload.port()
    }

    /// `root` is the URL that pip knows.
    fn new(name: &'static str, root: &str) -> Option<Self> {
        let root: Url = root.parse().ok()?;
        let mut upload = root.join(UPLOAD_PATH).ok()?;
        if name == Self::NAMES[0] {
            let host = format!("upload.{}", root.host_str()?);
            upload.set_host(Some(&host)).ok()?;
        }
        Some(Self {
            name,
            upload,
            listing: root.join("/simple/").ok()?,
        })
    }
}

/// The indexes that are known by name, as a pip on this machine has them built in; none where there is no pip.
///
/// `cache` keeps what pip said about itself, so that a later run starts no Python.
#[must_use]
pub fn public_indexes(environment: &EnvironmentVariables, cache: &Utf8Path) -> Vec<PublicIndex> {
    let pip = known_pip(environment, &Cache::new(cache.to_owned()));
    let roots = pip.map(|pip| pip.roots).unwrap_or_default();
    let known = PublicIndex::NAMES.into_iter().zip(&roots);
    known
        .filter_map(|(name, root)| PublicIndex::new(name, root))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &'static str, root: &str) -> String {
        PublicIndex::new(name, root).map_or_else(
            || "none".to_owned(),
            |index| format!("{} {}", index.upload, index.listing),
        )
    }

    #[test]
    fn uploads_go_to_the_documented_place() {
        assert_eq!(
            check("pypi", "https://index.example/"),
            "https://upload.index.example/legacy/ https://index.example/simple/"
        );
        assert_eq!(
            check("testpypi", "https://test.index.example/"),
            "https://test.index.example/legacy/ https://test.index.example/simple/"
        );
        assert_eq!(check("testpypi", ""), "none");
        assert_eq!(check("pypi", "http://127.0.0.1/"), "none");
        for (url, takes) in [
            ("https://upload.index.example/legacy/", true),
            ("https://upload.index.example/legacy", true),
            ("https://upload.index.example/", false),
            ("https://other.example/legacy/", false),
        ] {
            let index = PublicIndex::new("pypi", "https://index.example/").unwrap();
            assert_eq!(
                index.takes_uploads_at(&url.parse().unwrap()),
                takes,
                "{url}"
            );
        }
    }

    #[test]
    fn they_are_where_twine_uploads_to() {
        let Some(python) = testkit::peer("python") else {
            return;
        };
        let question =
            "from twine.utils import DEFAULT_REPOSITORY as D, TEST_REPOSITORY as T; print(D, T)";
        let twine = duct::cmd!(python.as_std_path(), "-c", question)
            .read()
            .unwrap();
        let folder = python.parent().unwrap().to_string();
        let environment = [("PATH".to_owned(), folder)].into_iter().collect();
        let cache = tempfile::tempdir().unwrap();
        let cache = Utf8Path::from_path(cache.path()).unwrap();
        for _ in 0..2 {
            let known = public_indexes(&environment, cache);
            let urls: Vec<&str> = known.iter().map(|index| index.upload.as_str()).collect();
            assert_eq!(urls.join(" "), twine);
        }
        assert!(cache.join("pip-2").exists(), "a later run starts no Python");
    }
}
