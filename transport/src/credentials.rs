//! User names and passwords for servers: from URLs, the environment, netrc and the keyring.
//!
//! Looked up in this order for a request:
//! 1. the request's own URL;
//! 2. the URL of a configured index on the same origin (scheme, host and port);
//! 3. that index's variables: `XTASK_INDEX_USERNAME` and `XTASK_INDEX_PASSWORD` for the first
//!    index, `XTASK_INDEX_2_USERNAME` … for the second, and so on;
//! 4. `NETRC`, or `~/.netrc` (`_netrc` on Windows);
//! 5. where it is switched on and a user name is known, `keyring get INDEX_URL USER`, then
//!    `keyring get HOST USER`, as pip asks it.

use std::sync::{Mutex, OnceLock, PoisonError};

use percent_encoding::percent_decode_str;
use rustc_hash::FxHashMap;
use url::Url;

use crate::options::Keyring;

/// A user name, and the password where one is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The user.
    pub user: String,
    /// The password.
    pub password: Option<String>,
}

/// Everything that is known.
pub struct Credentials {
    indexes: Vec<Url>,
    keyring: Keyring,
    netrc: OnceLock<Vec<Machine>>,
    asked: Mutex<FxHashMap<String, Option<Login>>>,
}

impl Credentials {
    /// What is known, given the configured indexes in order.
    #[must_use]
    pub fn new(indexes: Vec<Url>, keyring: Keyring) -> Self {
        Self {
            indexes,
            keyring,
            netrc: OnceLock::new(),
            asked: Mutex::new(FxHashMap::default()),
        }
    }

    /// The login for a request to `url`.
    pub fn login(&self, url: &Url) -> Option<Login> {
        if let Some(login) = from_url(url).filter(|login| login.password.is_some()) {
            return Some(login);
        }
        // A file's URL differs each time, its origin does not.
        let key = format!("{}@{}", url.username(), url.origin().ascii_serialization());
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(login) = asked.get(&key) {
            return login.clone();
        }
        let login = self.look_up(url);
        asked.insert(key, login.clone());
        login
    }

    /// The variables that would be read for `url`.
    #[must_use]
    pub fn variables(&self, url: &Url) -> (String, String) {
        variables(self.index_of(url).unwrap_or(0))
    }

    fn index_of(&self, url: &Url) -> Option<usize> {
        let same = |index: &Url| index.origin() == url.origin();
        self.indexes.iter().position(same)
    }

    fn look_up(&self, url: &Url) -> Option<Login> {
        let index = self.index_of(url);
        let mut login = from_url(url);
        if login.is_none() {
            login = index.and_then(|at| from_url(&self.indexes[at]));
        }
        let complete = |login: &Option<Login>| login.as_ref().is_some_and(|l| l.password.is_some());
        if complete(&login) {
            return login;
        }
        if let Some(found) = index.and_then(from_environment) {
            return Some(found);
        }
        let machines = self.netrc.get_or_init(read_netrc);
        if let Some(found) = find(machines, url.host_str()?, login.as_ref()) {
            return Some(found);
        }
        if let (Keyring::Command, Some(login)) = (self.keyring, &mut login) {
            let service = index.map_or(url, |at| &self.indexes[at]);
            login.password = from_keyring(service, &login.user);
        }
        login
    }
}

fn variables(index: usize) -> (String, String) {
    let number = match index {
        0 => String::new(),
        n => format!("{}_", n + 1),
    };
    (
        format!("XTASK_INDEX_{number}USERNAME"),
        format!("XTASK_INDEX_{number}PASSWORD"),
    )
}

fn from_url(url: &Url) -> Option<Login> {
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    // A token alone, `https://TOKEN@host`, is a user name with an empty password to servers; the
    // password stays open here, so that netrc or the keyring may know it.
    Some(Login {
        user: decode(url.username()),
        password: url.password().map(decode),
    })
}

fn from_environment(index: usize) -> Option<Login> {
    let (user, password) = variables(index);
    Some(Login {
        user: std::env::var(user).ok()?,
        password: std::env::var(password).ok(),
    })
}

fn from_keyring(service: &Url, user: &str) -> Option<String> {
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

/// An entry of netrc; the default one has no host.
#[derive(Debug, Default, PartialEq, Eq)]
struct Machine {
    host: Option<String>,
    login: String,
    password: String,
}

fn read_netrc() -> Vec<Machine> {
    let home = || std::env::var("HOME").or_else(|_| std::env::var("USERPROFILE"));
    let name = if cfg!(windows) { "_netrc" } else { ".netrc" };
    let path = match std::env::var("NETRC") {
        Ok(path) => path,
        Err(_) => match home() {
            Ok(home) => format!("{home}/{name}"),
            Err(_) => return Vec::new(),
        },
    };
    parse_netrc(&fs_err::read_to_string(path).unwrap_or_default())
}

/// Source: the netrc section of the GNU inetutils manual.
fn parse_netrc(text: &str) -> Vec<Machine> {
    let mut machines: Vec<Machine> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let mut words = line.split_whitespace();
        while let Some(word) = words.next() {
            match word {
                "machine" => machines.push(Machine {
                    host: Some(words.next().unwrap_or_default().to_owned()),
                    ..Machine::default()
                }),
                "default" => machines.push(Machine::default()),
                "macdef" => {
                    // A macro ends at an empty line.
                    let _ = lines.by_ref().find(|line| line.trim().is_empty());
                    break;
                }
                word if word.starts_with('#') => break,
                key @ ("login" | "password" | "account") => {
                    let value = words.next().unwrap_or_default().trim_matches('"');
                    if let Some(machine) = machines.last_mut() {
                        match key {
                            "login" => value.clone_into(&mut machine.login),
                            "password" => value.clone_into(&mut machine.password),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
    }
    machines
}

fn find(machines: &[Machine], host: &str, known: Option<&Login>) -> Option<Login> {
    machines
        .iter()
        .find(|machine| {
            machine.host.as_deref().is_none_or(|named| named == host)
                && known.is_none_or(|login| login.user == machine.login)
        })
        .map(|machine| Login {
            user: machine.login.clone(),
            password: Some(machine.password.clone()),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(netrc: &str, host: &str, expect: Option<(&str, &str)>) {
        let login = find(&parse_netrc(netrc), host, None);
        let got = login.map(|l| (l.user, l.password.unwrap()));
        assert_eq!(got, expect.map(|(u, p)| (u.to_owned(), p.to_owned())));
    }

    #[test]
    fn netrc() {
        let netrc = "machine a.example login u password p\n# c\nmacdef init\nmachine b\n\n\
                     machine c.example\n  login \"v\"\n  password q\ndefault login d password e\n";
        check(netrc, "a.example", Some(("u", "p")));
        check(netrc, "c.example", Some(("v", "q")));
        check(netrc, "b", Some(("d", "e")));
        check("", "b", None);
    }

    #[test]
    fn an_index_lends_its_credentials_to_its_origin_only() {
        let index: Url = "http://user:p%40ss@127.0.0.1:1/simple".parse().unwrap();
        let mut known = Credentials::new(vec![index], Keyring::Never);
        known.netrc = OnceLock::from(Vec::new());
        let login = |url: &str| known.login(&url.parse().unwrap());
        let same = login("http://127.0.0.1:1/files/a.whl").unwrap();
        assert_eq!(
            (same.user.as_str(), same.password.as_deref()),
            ("user", Some("p@ss"))
        );
        assert_eq!(login("http://127.0.0.1:2/files/a.whl"), None);
    }
}
