//! Finds logins, for reading and uploading alike: in URLs, the environment, `.pypirc`, netrc and
//! the keyring.
//!
//! The login for a request is looked for in this order:
//! 1. the request's own URL;
//! 2. the URL of an index or upload URL of the settings with the same origin (scheme, host and
//!    port);
//! 3. the variables of that index: `XTASK_INDEX_USERNAME` and `XTASK_INDEX_PASSWORD` for the first
//!    index, `XTASK_INDEX_2_USERNAME` … for the second, and so on; `XTASK_PUBLISH_TOKEN`,
//!    `XTASK_PUBLISH_USERNAME` and `XTASK_PUBLISH_PASSWORD` for uploads, then those of twine and
//!    uv;
//! 4. a file with logins: `.pypirc` for uploads;
//! 5. `NETRC`, or `~/.netrc` (`_netrc` on Windows);
//! 6. if it is switched on and a user name is known: `keyring get URL USER` for the URL of the
//!    settings, then `keyring get HOST USER`, as pip asks it.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use percent_encoding::percent_decode_str;
use rustc_hash::FxHashMap;
use url::Url;

use crate::environment::EnvironmentVariables;
use crate::login::{Login, LoginPlace, LoginVariables, TOKEN_USER, WrittenLogin};
use crate::netrc::Netrc;
use crate::options::{KeyringProvider, RequestObserver};

/// All sources of logins.
pub struct Logins {
    places: Vec<LoginPlace>,
    environment: EnvironmentVariables,
    keyring: KeyringProvider,
    observer: Arc<dyn RequestObserver>,
    netrc: OnceLock<Netrc>,
    /// The logins that were found, by user and origin: the URLs of files differ, their origin does
    /// not.
    known: Mutex<FxHashMap<String, Option<Login>>>,
}

impl Logins {
    pub(crate) fn new(
        places: Vec<LoginPlace>,
        environment: EnvironmentVariables,
        keyring: KeyringProvider,
        observer: Arc<dyn RequestObserver>,
    ) -> Self {
        Self {
            places,
            environment,
            keyring,
            observer,
            netrc: OnceLock::new(),
            known: Mutex::default(),
        }
    }

    /// Finds the login for a request to `url`.
    pub fn find(&self, url: &Url) -> Option<Login> {
        if let Some(login) = of_url(url).filter(|login| login.password.is_some()) {
            return Some(login);
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let key = key(url);
        if let Some(login) = known.get(&key) {
            return login.clone();
        }
        let login = self.look_up(url);
        known.insert(key, login.clone());
        login
    }

    /// Finds a login with a password, without asking the keyring.
    #[must_use]
    pub fn written(&self, url: &Url) -> Option<Login> {
        self.without_keyring(url)
            .filter(|login| login.password.is_some())
    }

    /// Uses `login` for the origin of `url` from now on.
    pub fn remember(&self, url: &Url, login: Login) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bare = url.clone();
        let _ = bare.set_username("");
        known.insert(key(&bare), Some(login.clone()));
        known.insert(key(url), Some(login));
    }

    /// The variables that are read for `url`.
    #[must_use]
    pub fn variables(&self, url: &Url) -> LoginVariables {
        self.place(url).map_or_else(
            || LoginVariables::of_index(0),
            |place| place.variables.clone(),
        )
    }

    fn place(&self, url: &Url) -> Option<&LoginPlace> {
        let mut places = self.places.iter();
        places.find(|place| place.url.origin() == url.origin())
    }

    fn look_up(&self, url: &Url) -> Option<Login> {
        let login = self.without_keyring(url);
        if self.keyring == KeyringProvider::Disabled
            || login.as_ref().is_some_and(|login| login.password.is_some())
        {
            return login;
        }
        let place = self.place(url);
        let takes_tokens = place.is_some_and(|place| place.variables.token.is_some());
        let user = match (&login, takes_tokens) {
            (Some(login), _) => login.user.clone(),
            (None, true) => TOKEN_USER.to_owned(),
            (None, false) => return None,
        };
        let password = of_keyring(place.map_or(url, |place| &place.url), &user);
        match password {
            None => login,
            password => Some(Login { user, password }),
        }
    }

    /// Finds a login without asking the keyring; its password may be missing.
    fn without_keyring(&self, url: &Url) -> Option<Login> {
        let place = self.place(url);
        let mut login = of_url(url).or_else(|| of_url(&place?.url));
        let complete = |login: &Option<Login>| login.as_ref().is_some_and(|l| l.password.is_some());
        if complete(&login) {
            return login;
        }
        if let Some(place) = place {
            let variables = [&place.variables]
                .into_iter()
                .chain(&place.variables_of_others);
            let of_variables = variables.map(|names| self.of_variables(names));
            let written: Vec<WrittenLogin> = of_variables.chain([place.written.clone()]).collect();
            // The user may stand in one place and the password in another, as in a `.pypirc` without
            // passwords.
            let users = || written.iter().find_map(|place| place.user.clone());
            let with_password = written.iter().find(|place| place.password.is_some());
            if let Some(place) = with_password {
                let own = place.user.clone();
                let user = own.or_else(|| Some(login?.user)).or_else(users);
                return Some(Login {
                    user: user.unwrap_or_else(|| TOKEN_USER.to_owned()),
                    password: place.password.clone(),
                });
            }
            login = login.or_else(|| {
                Some(Login {
                    user: users()?,
                    password: None,
                })
            });
        }
        let user = login.as_ref().map(|login| login.user.as_str());
        self.netrc().login(url.host_str()?, user).or(login)
    }

    fn of_variables(&self, names: &LoginVariables) -> WrittenLogin {
        let value = |name: &str| self.environment.get(name).map(str::to_owned);
        match names.token.as_deref().and_then(value) {
            Some(token) => WrittenLogin {
                user: Some(TOKEN_USER.to_owned()),
                password: Some(token),
            },
            None => WrittenLogin {
                user: value(&names.user),
                password: value(&names.password),
            },
        }
    }

    /// The netrc of this user. If it cannot be read, it is ignored with a warning.
    fn netrc(&self) -> &Netrc {
        self.netrc.get_or_init(|| {
            let name = if cfg!(windows) { "_netrc" } else { ".netrc" };
            let path = match self.environment.get("NETRC") {
                Some(path) => Some(path.into()),
                None => self.environment.home().map(|home| home.join(name)),
            };
            let Some((path, bytes)) = path.and_then(|path| {
                let bytes = fs_err::read(&path).ok()?;
                Some((path, bytes))
            }) else {
                return Netrc::default();
            };
            let text = String::from_utf8_lossy(&bytes);
            Netrc::parse(&text).unwrap_or_else(|error| {
                let warning = format!("{path} is not used, as Python would not use it: {error}");
                self.observer.warning(&warning);
                Netrc::default()
            })
        })
    }
}

fn key(url: &Url) -> String {
    format!("{}@{}", url.username(), url.origin().ascii_serialization())
}

fn of_url(url: &Url) -> Option<Login> {
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    // A URL with a token alone, `https://TOKEN@host`, means the token as user name and an empty
    // password. The password is left out here, so that netrc or the keyring may have one.
    Some(Login {
        user: decode(url.username()),
        password: url.password().map(decode),
    })
}

fn of_keyring(service: &Url, user: &str) -> Option<String> {
    let mut bare = service.clone();
    let _ = bare.set_username("");
    let _ = bare.set_password(None);
    [bare.as_str(), service.host_str()?]
        .into_iter()
        .find_map(|service| {
            let password = duct::cmd!("keyring", "get", service, user)
                .stderr_null()
                .stdin_null()
                .read()
                .ok()?;
            Some(password.trim_end_matches(['\r', '\n']).to_owned()).filter(|p| !p.is_empty())
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::HttpOptions;

    /// The login for `url` with this environment and this netrc, where an index and an upload URL
    /// are configured.
    fn find(url: &str, variables: &[(&str, &str)], netrc: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("netrc");
        fs_err::write(&path, netrc).unwrap();
        let netrc = [("NETRC", path.to_str().unwrap())];
        let variables = variables.iter().chain(&netrc);
        let place = |url: &str, variables, written| LoginPlace {
            url: url.parse().unwrap(),
            variables,
            variables_of_others: LoginVariables::of_uploads_of_others(),
            written,
        };
        let written = WrittenLogin {
            user: Some("of-pypirc".to_owned()),
            password: Some("r".to_owned()),
        };
        let upload = |url, written| place(url, LoginVariables::of_uploads(), written);
        let logins = Logins::new(
            vec![
                place(
                    "http://user:p%40ss@index.example:1/simple",
                    LoginVariables::of_index(0),
                    WrittenLogin::default(),
                ),
                place(
                    "http://bare.example/simple",
                    LoginVariables::of_index(1),
                    WrittenLogin::default(),
                ),
                upload("http://upload.example/legacy/", WrittenLogin::default()),
                upload("http://written.example/legacy/", written),
            ],
            variables
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            KeyringProvider::Disabled,
            HttpOptions::default().observer,
        );
        match logins.find(&url.parse().unwrap()) {
            None => "nobody".to_owned(),
            Some(login) => format!("{} {:?}", login.user, login.password),
        }
    }

    #[test]
    fn an_index_lends_its_login_to_its_origin_only() {
        let same = find("http://index.example:1/files/a.whl", &[], "");
        assert_eq!(same, "user Some(\"p@ss\")");
        assert_eq!(find("http://index.example:2/a.whl", &[], ""), "nobody");
    }

    #[test]
    fn sources_have_an_order() {
        let netrc = "default login of-netrc password \"n@\"";
        let variables = [
            ("XTASK_INDEX_2_USERNAME", "of-index"),
            ("XTASK_INDEX_2_PASSWORD", "i"),
            ("XTASK_PUBLISH_USERNAME", "of-publish"),
            ("XTASK_PUBLISH_PASSWORD", "q"),
        ];
        let token = [("XTASK_PUBLISH_TOKEN", "t"), variables[2], variables[3]];
        let found = [
            find("http://in-url:u@bare.example/", &variables, netrc),
            find("http://bare.example/a.whl", &variables, netrc),
            find("http://bare.example/a.whl", &[], netrc),
            find("http://of-netrc@bare.example/a.whl", &[], netrc),
            find("http://else@bare.example/a.whl", &[], netrc),
            find("http://upload.example/legacy/", &token, netrc),
            find("http://upload.example/legacy/", &variables, netrc),
            find("http://upload.example/legacy/", &variables[3..], netrc),
            find("http://upload.example/legacy/", &variables[2..3], ""),
            find("http://upload.example/legacy/", &[], netrc),
            find("http://written.example/legacy/", &variables, netrc),
            find("http://written.example/legacy/", &[], netrc),
            find(
                "http://upload.example/legacy/",
                &[("TWINE_USERNAME", "of-twine"), ("TWINE_PASSWORD", "w")],
                netrc,
            ),
            find(
                "http://upload.example/legacy/",
                &[("UV_PUBLISH_TOKEN", "u")],
                netrc,
            ),
            find(
                "http://written.example/legacy/",
                &[("TWINE_PASSWORD", "w")],
                netrc,
            ),
            find(
                "http://written.example/legacy/",
                &[("UV_PUBLISH_TOKEN", "u")],
                netrc,
            ),
            find(
                "http://in-url@written.example/legacy/",
                &[("TWINE_PASSWORD", "w")],
                netrc,
            ),
        ];
        insta::assert_snapshot!(found.join("\n"), @r#"
        in-url Some("u")
        of-index Some("i")
        of-netrc Some("n@")
        of-netrc Some("n@")
        else None
        __token__ Some("t")
        of-publish Some("q")
        __token__ Some("q")
        of-publish None
        of-netrc Some("n@")
        of-publish Some("q")
        of-pypirc Some("r")
        of-twine Some("w")
        __token__ Some("u")
        of-pypirc Some("w")
        __token__ Some("u")
        in-url Some("w")
        "#);
    }
}
