//! Who publishes: from the URL, the environment, `.pypirc`, `.netrc` or a keyring, in this order.

use std::collections::BTreeMap;
use std::fmt;

use percent_encoding::percent_decode_str;
use url::Url;

/// Credentials for an index.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// None are known.
    None,
    /// User and password; tokens are passwords of the user `__token__`.
    Basic {
        /// The user.
        username: String,
        /// The password; never printed.
        password: String,
    },
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Basic { username, .. } => write!(f, "Basic({username}, ...)"),
        }
    }
}

/// Where credentials may be found: the texts and variables of this machine.
#[derive(Debug, Clone, Default)]
pub struct CredentialSources {
    /// `XTASK_PUBLISH_TOKEN`.
    pub token: Option<String>,
    /// `XTASK_PUBLISH_USERNAME`.
    pub username: Option<String>,
    /// `XTASK_PUBLISH_PASSWORD`.
    pub password: Option<String>,
    /// The text of `~/.netrc`, or of the file that `NETRC` names.
    pub netrc: Option<String>,
}

impl Credentials {
    /// A token.
    pub fn token(token: impl Into<String>) -> Self {
        Self::Basic {
            username: "__token__".to_owned(),
            password: token.into(),
        }
    }

    /// Credentials for an upload to `url`, whose own credentials go before all others; `entry` is
    /// what `.pypirc` says about the index.
    ///
    /// `None` when only a keyring or trusted publishing can help.
    pub fn find(url: &Url, sources: &CredentialSources, entry: Option<&Pypirc>) -> Option<Self> {
        of_url(url)
            .or_else(|| sources.token.as_deref().map(Self::token))
            .or_else(|| basic(sources.username.as_deref(), sources.password.as_deref()))
            .or_else(|| {
                entry.and_then(|entry| basic(entry.username.as_deref(), entry.password.as_deref()))
            })
            .or_else(|| netrc(sources.netrc.as_deref()?, url.host_str()?))
    }
}

fn basic(username: Option<&str>, password: Option<&str>) -> Option<Credentials> {
    Some(Credentials::Basic {
        username: username.unwrap_or("__token__").to_owned(),
        password: password?.to_owned(),
    })
}

fn of_url(url: &Url) -> Option<Credentials> {
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    url.password().map(|password| Credentials::Basic {
        username: decode(url.username()),
        password: decode(password),
    })
}

/// The entry of a host in a `.netrc`; that of `default` when there is none.
fn netrc(text: &str, host: &str) -> Option<Credentials> {
    let text: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .collect();
    let text = text.join("\n");
    let mut words = text.split_whitespace();
    let mut entries: BTreeMap<Option<&str>, (Option<&str>, Option<&str>)> = BTreeMap::new();
    let mut current = None;
    while let Some(word) = words.next() {
        match word {
            "machine" => current = words.next().map(Some),
            "default" => current = Some(None),
            "login" | "password" | "account" => {
                let value = words.next();
                let Some(machine) = current else { continue };
                let entry = entries.entry(machine).or_default();
                match word {
                    "login" => entry.0 = value,
                    "password" => entry.1 = value,
                    _ => {}
                }
            }
            _ => {}
        }
    }
    let (login, password) = entries.get(&Some(host)).or_else(|| entries.get(&None))?;
    basic(*login, *password)
}

/// An index in a `.pypirc`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pypirc {
    /// Where files are sent.
    pub repository: Option<String>,
    /// The user.
    pub username: Option<String>,
    /// The password.
    pub password: Option<String>,
}

impl Pypirc {
    /// The section of this name; `None` when there is none.
    pub fn find(text: &str, name: &str) -> Option<Self> {
        let mut entry = None;
        let mut inside = false;
        for line in text.lines().map(str::trim) {
            if let Some(section) = line
                .strip_prefix('[')
                .and_then(|line| line.strip_suffix(']'))
            {
                inside = section.trim() == name;
                if inside {
                    entry.get_or_insert_with(Self::default);
                }
            } else if let (true, Some((key, value))) = (inside, line.split_once(['=', ':'])) {
                let entry = entry.get_or_insert_with(Self::default);
                let value = Some(value.trim().to_owned());
                match key.trim() {
                    "repository" => entry.repository = value,
                    "username" => entry.username = value,
                    "password" => entry.password = value,
                    _ => {}
                }
            }
        }
        entry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, sources: &CredentialSources, expect: Option<(&str, &str)>) {
        let found = Credentials::find(&url.parse().unwrap(), sources, None);
        let expect = expect.map(|(username, password)| Credentials::Basic {
            username: username.to_owned(),
            password: password.to_owned(),
        });
        assert_eq!(found, expect);
    }

    #[test]
    fn in_order() {
        let netrc = "# comment\nmachine other login o password x\nmachine index.example\n  login joe\n  password secret\ndefault login anonymous password guest\n";
        let mut sources = CredentialSources {
            netrc: Some(netrc.to_owned()),
            ..CredentialSources::default()
        };
        check(
            "https://index.example/legacy/",
            &sources,
            Some(("joe", "secret")),
        );
        check(
            "https://else.example/legacy/",
            &sources,
            Some(("anonymous", "guest")),
        );
        sources.username = Some("u".to_owned());
        sources.password = Some("p".to_owned());
        check("https://index.example/legacy/", &sources, Some(("u", "p")));
        sources.token = Some("pypi-abc".to_owned());
        check(
            "https://index.example/legacy/",
            &sources,
            Some(("__token__", "pypi-abc")),
        );
        check(
            "https://a%40b:c%3Ad@index.example/",
            &sources,
            Some(("a@b", "c:d")),
        );
        check(
            "https://index.example/",
            &CredentialSources::default(),
            None,
        );
    }

    #[test]
    fn pypirc() {
        let text = "[distutils]\nindex-servers =\n    inhouse\n\n[inhouse]\nrepository = https://index.example/upload\nusername: joe\npassword = a=b\n";
        let entry = Pypirc::find(text, "inhouse").unwrap();
        assert_eq!(
            entry.repository.as_deref(),
            Some("https://index.example/upload")
        );
        assert_eq!(
            (entry.username.as_deref(), entry.password.as_deref()),
            (Some("joe"), Some("a=b"))
        );
        assert_eq!(Pypirc::find(text, "missing"), None);
        assert!(!format!("{:?}", Credentials::token("secret")).contains("secret"));
    }
}
