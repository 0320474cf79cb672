//! `.pypirc`: a file with the indexes for uploads, by name.
//!
//! Source: <https://packaging.python.org/en/latest/specifications/pypirc/>, and for its old form
//! with `[server-login]` the documentation of Python's `distutils`.

use camino::Utf8PathBuf;
use transport::{Ini, IniError, WrittenLogin};
use url::Url;

/// The index that `[server-login]` is about.
const DEFAULT_INDEX: &str = "pypi";
const OLD_SECTION: &str = "server-login";

/// A `.pypirc`.
#[derive(Debug, Default)]
pub struct Pypirc(Ini);

/// An index in a `.pypirc`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PypircEntry {
    /// The URL for uploads.
    pub repository: Option<String>,
    /// The login.
    pub login: WrittenLogin,
    /// A file of certificates.
    pub certificates: Option<Utf8PathBuf>,
    /// A file with the certificate of this machine and its key.
    pub client_certificate: Option<Utf8PathBuf>,
}

impl Pypirc {
    /// Reads the text of the file.
    ///
    /// # Errors
    /// Where Python could not read the text either.
    pub fn parse(text: &str) -> Result<Self, IniError> {
        Ini::parse(text.trim_start_matches('\u{feff}')).map(Self)
    }

    /// The index with this name: its section, and `[server-login]` if it is the default index.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<PypircEntry> {
        let old = (name == DEFAULT_INDEX && self.0.has(OLD_SECTION)).then_some(OLD_SECTION);
        let own = (self.0.has(name) && !matches!(name, "distutils" | OLD_SECTION)).then_some(name);
        let sections = [own, old];
        own.or(old)?;
        let value = |key: &str| {
            let mut found = sections.iter().flatten();
            let value = found.find_map(|section| self.0.get(section, key))?;
            (!value.is_empty()).then(|| value.trim().to_owned())
        };
        Some(PypircEntry {
            repository: value("repository"),
            login: WrittenLogin {
                user: value("username"),
                password: value("password"),
            },
            certificates: value("ca_cert").map(Utf8PathBuf::from),
            client_certificate: value("client_cert").map(Utf8PathBuf::from),
        })
    }

    /// The names of the indexes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.0.names();
        names.filter(|name| !matches!(*name, "distutils" | OLD_SECTION))
    }

    /// The first index with this URL.
    #[must_use]
    pub fn at(&self, url: &Url) -> Option<PypircEntry> {
        let mut entries = self.0.names().filter_map(|name| self.named(name));
        entries.find(|entry| {
            let own = entry.repository.as_deref().and_then(|own| own.parse().ok());
            own.is_some_and(|own: Url| same_place(&own, url))
        })
    }
}

/// Whether two URLs are of one place: a login and a last slash make no difference.
fn same_place(a: &Url, b: &Url) -> bool {
    let path = |url: &Url| url.path().trim_end_matches('/').to_owned();
    a.origin() == b.origin() && path(a) == path(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, name: &str) -> String {
        let pypirc = Pypirc::parse(text).unwrap();
        let entry = match name.parse::<Url>() {
            Ok(url) => pypirc.at(&url),
            Err(_) => pypirc.named(name),
        };
        let Some(entry) = entry else {
            return "none".to_owned();
        };
        let all = [
            entry.repository,
            entry.login.user,
            entry.login.password,
            entry.certificates.map(|path| path.to_string()),
        ];
        all.map(|value| value.unwrap_or_else(|| "-".to_owned()))
            .join(" ")
    }

    #[test]
    fn an_index_by_its_name() {
        let text = "[distutils]\nindex-servers =\n    inhouse\n\n[inhouse]\nrepository = https://index.example/upload\nUserName: joe\npassword = a=b\nca_cert = own.pem\n";
        let whole = "https://index.example/upload joe a=b own.pem";
        assert_eq!(check(text, "inhouse"), whole);
        assert_eq!(check(text, "missing"), "none");
        assert_eq!(check(text, "distutils"), "none");
        assert_eq!(check(text, "https://index.example/upload/"), whole);
        assert_eq!(check(text, "https://other.example/upload/"), "none");
        let error = Pypirc::parse("[inhouse]\nusername joe\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 2: `username joe` is neither a section nor a key with a value"
        );
    }

    #[test]
    fn forms_that_are_older() {
        let old =
            "[server-login]\nrepository: https://index.example/\nusername: joe\npassword: x\n";
        assert_eq!(check(old, "pypi"), "https://index.example/ joe x -");
        assert_eq!(check(old, "server-login"), "none");
        assert_eq!(check(old, "inhouse"), "none");
        let both = format!("\u{feff}[pypi]\r\nusername = ann\r\n{old}");
        assert_eq!(check(&both, "pypi"), "https://index.example/ ann x -");
        let shared = "[DEFAULT]\nusername = joe\n[a]\nrepository = https://a.example\n[b]\nrepository = https://b.example\nusername = ann\npassword =\n";
        assert_eq!(check(shared, "a"), "https://a.example joe - -");
        assert_eq!(check(shared, "b"), "https://b.example ann - -");
    }
}
