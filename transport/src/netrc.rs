//! netrc: a file with the user and password for each host.
//!
//! It is read as Python's `netrc` module reads it, which pip and twine use: with quotes,
//! backslashes and macros, and with the last entry of a host. The crate `rust-netrc` is not used:
//! it accepts a macro without an end, ends a macro at a line of blanks, keeps one user for each
//! host, and would add `shellexpand` and a second version of `thiserror`.

use std::str::Chars;

use crate::login::Login;

/// The entries of a netrc file, in its order.
#[derive(Debug, Default)]
pub(crate) struct Netrc(Vec<NetrcEntry>);

/// Why a text is not a netrc file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub(crate) struct NetrcError {
    line: usize,
    problem: String,
}

/// An entry: for a machine with a name, or `default`.
#[derive(Debug, Default)]
struct NetrcEntry {
    machine: String,
    login: String,
    account: String,
    password: String,
}

impl Netrc {
    /// Reads the text of a netrc file.
    pub(crate) fn parse(text: &str) -> Result<Self, NetrcError> {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let mut lexer = Lexer {
            rest: text.chars(),
            line: 1,
            word_line: 1,
            pushed: None,
        };
        let mut netrc = Self::default();
        loop {
            let line = lexer.line;
            let word = lexer.word();
            let machine = match word.as_str() {
                "" => return Ok(netrc),
                "#" => {
                    if lexer.line == line {
                        lexer.skip_line();
                    }
                    continue;
                }
                comment if comment.starts_with('#') => continue,
                "macdef" => {
                    let begin = lexer.word_line;
                    lexer.word();
                    lexer.skip_macro(begin)?;
                    continue;
                }
                "machine" => lexer.word(),
                "default" => "default".to_owned(),
                other => return Err(lexer.error(format!("`{other}` begins no entry"))),
            };
            if machine.is_empty() {
                return Err(lexer.error("the name of a machine is missing".to_owned()));
            }
            netrc.0.push(entry(machine, &mut lexer)?);
        }
    }

    /// The login on `host`, for `user` if one is given. If the file does not name the host, the
    /// login of `default`.
    pub(crate) fn login(&self, host: &str, user: Option<&str>) -> Option<Login> {
        let is_named = self.0.iter().any(|entry| entry.machine == host);
        let machine = if is_named { host } else { "default" };
        self.0
            .iter()
            .rev()
            .filter(|entry| entry.machine == machine)
            .find(|entry| user.is_none_or(|user| user == entry.user()))
            .map(|entry| Login {
                user: entry.user().to_owned(),
                password: Some(entry.password.clone()),
            })
    }
}

/// Reads an entry from behind its name to the next entry.
fn entry(machine: String, lexer: &mut Lexer<'_>) -> Result<NetrcEntry, NetrcError> {
    let mut entry = NetrcEntry {
        machine,
        ..NetrcEntry::default()
    };
    loop {
        let line = lexer.line;
        let word = lexer.word();
        match word.as_str() {
            comment if comment.starts_with('#') => {
                if lexer.line == line {
                    lexer.skip_line();
                }
            }
            "login" | "user" => entry.login = lexer.word(),
            "account" => entry.account = lexer.word(),
            "password" => entry.password = lexer.word(),
            "" | "machine" | "default" | "macdef" => {
                lexer.pushed = Some(word);
                return Ok(entry);
            }
            other => return Err(lexer.error(format!("`{other}` is not known in an entry"))),
        }
    }
}

impl NetrcEntry {
    /// The user name. As in the Python package `requests`, an entry without `login` uses its
    /// `account`.
    fn user(&self) -> &str {
        match self.login.as_str() {
            "" => &self.account,
            login => login,
        }
    }
}

/// Splits a text into words at white space outside of quotes. A backslash takes the next character
/// literally.
struct Lexer<'a> {
    rest: Chars<'a>,
    line: usize,
    /// The line of the last word.
    word_line: usize,
    /// A word that was read ahead.
    pushed: Option<String>,
}

impl Lexer<'_> {
    /// The next word. It is empty at the end, and for `""` in the file.
    fn word(&mut self) -> String {
        if let Some(word) = self.pushed.take() {
            return word;
        }
        let mut word = String::new();
        let mut next = self.char();
        while next.is_some_and(is_blank) {
            next = self.char();
        }
        if next.is_some() {
            self.word_line = self.line;
        }
        let quoted = next == Some('"');
        if quoted {
            next = self.char();
        }
        while let Some(c) = next {
            match c {
                '"' if quoted => break,
                c if !quoted && is_blank(c) => break,
                '\\' => word.extend(self.char()),
                c => word.push(c),
            }
            next = self.char();
        }
        word
    }

    fn char(&mut self) -> Option<char> {
        let c = self.rest.next();
        if c == Some('\n') {
            self.line += 1;
        }
        c
    }

    /// The rest of the line; `None` at the end of the file.
    fn skip_line(&mut self) -> Option<&str> {
        let text = self.rest.as_str();
        if text.is_empty() {
            return None;
        }
        let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
        self.rest = rest.chars();
        self.line += 1;
        Some(line)
    }

    /// Skips a macro, which ends at an empty line.
    fn skip_macro(&mut self, begin: usize) -> Result<(), NetrcError> {
        loop {
            match self.skip_line() {
                Some("") => return Ok(()),
                Some(_) => {}
                None => {
                    return Err(NetrcError {
                        line: begin,
                        problem: "no empty line ends this macro".to_owned(),
                    });
                }
            }
        }
    }

    fn error(&self, problem: String) -> NetrcError {
        NetrcError {
            line: self.word_line,
            problem,
        }
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, '\n' | '\t' | '\r' | ' ')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;
    use crate::judge::{Pieces, ask_python};

    #[track_caller]
    fn check(netrc: &str, host: &str, user: Option<&str>, expect: Option<(&str, &str)>) {
        let login = Netrc::parse(netrc).unwrap().login(host, user);
        let got = login.map(|login| (login.user, login.password.unwrap()));
        assert_eq!(got, expect.map(|(u, p)| (u.to_owned(), p.to_owned())));
    }

    #[test]
    fn the_login_of_a_host() {
        let netrc = "# a comment\nmachine a.example login u password \"p@ss\"\nmacdef init\nmachine b\n\n\
                     machine c.example\n  login \"v\"\n  password q\\\"r\ndefault login d password e\n";
        check(netrc, "a.example", None, Some(("u", "p@ss")));
        check(netrc, "c.example", None, Some(("v", "q\"r")));
        check(netrc, "b", None, Some(("d", "e")));
        check(netrc, "a.example", Some("else"), None);
        check("", "b", None, None);
        let two = "machine a login u password p machine a login v password q";
        check(two, "a", None, Some(("v", "q")));
        check(two, "a", Some("u"), Some(("u", "p")));
    }

    #[test]
    fn what_is_no_netrc() {
        let tell = |text| Netrc::parse(text).unwrap_err().to_string();
        insta::assert_snapshot!(tell("machine a\n  user joe\n  passwrd p\n"), @"line 3: `passwrd` is not known in an entry");
        insta::assert_snapshot!(tell("machine"), @"line 1: the name of a machine is missing");
        insta::assert_snapshot!(tell("\nmacdef init\nmachine a"), @"line 2: no empty line ends this macro");
        insta::assert_snapshot!(tell("host a"), @"line 1: `host` begins no entry");
    }

    /// Prints for each text what each host has; `null` where Python refuses the text.
    const SCRIPT: &str = "
import json, netrc, os, sys, tempfile
def read(text):
    path = os.path.join(folder, 'netrc')
    with open(path, 'w', newline='') as file:
        file.write(text)
    try:
        return netrc.netrc(path).hosts
    except netrc.NetrcParseError:
        return None
with tempfile.TemporaryDirectory() as folder:
    json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
";

    #[test]
    fn agrees_with_python() {
        let mut pieces = Pieces::new(
            &[
                "machine a.example",
                "machine b.example",
                "machine",
                "default",
                "login u",
                "login \"u v\"",
                "login",
                "user x",
                "password p",
                "password \"p@ss\"",
                "password \"p\\\"q\"",
                "password p\\ q",
                "password",
                "account c",
                "\"\"",
                "macdef init\nmachine m login n\n\n",
                "macdef init\n \n",
                "# one two\n",
                "#one two",
                "#\n",
                "#",
                "\"",
                "\\",
                "strange",
            ],
            &[" ", "\n", "\t", "\r\n", "  \n "],
        );
        let texts: Vec<String> = (0..4000).map(|_| pieces.text(8)).collect();
        let Some(Value::Array(theirs)) = ask_python(SCRIPT, &json!(texts)) else {
            return;
        };
        assert!(theirs.iter().filter(|hosts| !hosts.is_null()).count() > 500);
        for (text, theirs) in texts.iter().zip(theirs) {
            let ours = Netrc::parse(text).map_or(Value::Null, |netrc| {
                let entries = netrc.0.into_iter();
                let hosts: BTreeMap<String, Value> = entries
                    .map(|entry| {
                        (
                            entry.machine,
                            json!([entry.login, entry.account, entry.password]),
                        )
                    })
                    .collect();
                json!(hosts)
            });
            assert_eq!(ours, theirs, "{text:?}");
        }
    }
}
