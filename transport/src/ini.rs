//! INI files, as Python's `configparser` reads them without interpolation: `pip.conf` and
//! `.pypirc`.
//!
//! The crates for it read other formats. `rust-ini` has no values of several lines and takes
//! backslashes for escapes. `configparser` makes section names lower case, ends values at `;` and
//! `#`, and accepts what Python refuses. This module refuses what pip refuses, and names the line.

use std::collections::BTreeMap;

/// The sections of a file. Keys are in lower case; section names are as they stand.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ini(BTreeMap<String, BTreeMap<String, String>>);

/// Why a text is no INI file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct IniError {
    line: usize,
    problem: String,
}

/// The section whose values all others have.
const DEFAULT: &str = "DEFAULT";

impl Ini {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// Where Python's `configparser` refuses it.
    pub fn parse(text: &str) -> Result<Self, IniError> {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let mut reader = Reader::default();
        for (at, line) in text.split('\n').enumerate() {
            reader.line(line).map_err(|problem| IniError {
                line: at + 1,
                problem,
            })?;
        }
        for value in reader.ini.0.values_mut().flat_map(BTreeMap::values_mut) {
            value.truncate(value.trim_end().len());
        }
        Ok(reader.ini)
    }

    /// Whether the file has a section of this name.
    #[must_use]
    pub fn has(&self, section: &str) -> bool {
        section != DEFAULT && self.0.contains_key(section)
    }

    /// The names of the sections.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0
            .keys()
            .map(String::as_str)
            .filter(|name| *name != DEFAULT)
    }

    /// The keys and values of a section, including those of `[DEFAULT]`; none if there is no such
    /// section.
    pub fn items(&self, section: &str) -> impl Iterator<Item = (&str, &str)> {
        let own = self.0.get(section);
        let defaults = own.and(self.0.get(DEFAULT)).into_iter().flatten();
        defaults
            .filter(move |(key, _)| own.is_none_or(|own| !own.contains_key(*key)))
            .chain(own.into_iter().flatten())
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The value of a key in a section, or in `[DEFAULT]`.
    #[must_use]
    pub fn get(&self, section: &str, key: &str) -> Option<&str> {
        let mut items = self.items(section);
        items
            .find(|(known, _)| *known == key)
            .map(|(_, value)| value)
    }
}

/// Reads line by line.
#[derive(Default)]
struct Reader {
    ini: Ini,
    section: Option<String>,
    /// The key whose value may continue on the next line.
    key: Option<String>,
    /// How far the last line that goes on with nothing is indented.
    indent: usize,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let text = line.trim();
        if text.starts_with(['#', ';']) {
            return Ok(());
        }
        let indent = line.chars().take_while(|c| c.is_whitespace()).count();
        if (text.is_empty() || indent > self.indent)
            && let Some(value) = self.value()
        {
            value.push('\n');
            value.push_str(text);
            return Ok(());
        }
        if text.is_empty() {
            return Ok(());
        }
        self.indent = indent;
        match (section_name(text), &self.section) {
            (Some(name), _) => self.begin(name),
            (None, None) => Err("it stands before the first section".to_owned()),
            (None, Some(_)) => self.set(text),
        }
    }

    /// The value that may continue on this line.
    fn value(&mut self) -> Option<&mut String> {
        let section = self.ini.0.get_mut(self.section.as_ref()?)?;
        section.get_mut(self.key.as_ref()?)
    }

    fn begin(&mut self, name: &str) -> Result<(), String> {
        let before = self.ini.0.insert(name.to_owned(), BTreeMap::new());
        match before {
            Some(values) if name == DEFAULT => {
                self.ini.0.insert(name.to_owned(), values);
            }
            Some(_) => return Err(format!("the section `{name}` was there before")),
            None => {}
        }
        self.section = Some(name.to_owned());
        self.key = None;
        Ok(())
    }

    fn set(&mut self, text: &str) -> Result<(), String> {
        let (key, value) = text
            .split_once(['=', ':'])
            .ok_or_else(|| format!("`{text}` is neither a section nor a key with a value"))?;
        let key = key.trim().to_lowercase();
        if key.is_empty() {
            return Err(format!("`{text}` has no key"));
        }
        let section = self
            .section
            .as_ref()
            .and_then(|name| self.ini.0.get_mut(name));
        let before = section.and_then(|values| values.insert(key.clone(), value.trim().to_owned()));
        if before.is_some() {
            return Err(format!("the key `{key}` was there before"));
        }
        self.key = Some(key);
        Ok(())
    }
}

/// The name in `[name]`. Text after the last bracket is ignored.
fn section_name(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix('[')?.rsplit_once(']')?;
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::judge::{Pieces, ask_python};

    #[test]
    fn values_of_sections() {
        let ini = Ini::parse(
            "[DEFAULT]\nuser = joe\n[global]\n; a comment\nextra-index-url =\n    a\n    # not this\n\n    b\n\
             Timeout: 5 ; part of it\n[Other]\nuser = ann\n",
        )
        .unwrap();
        assert_eq!(ini.get("global", "extra-index-url"), Some("\na\n\nb"));
        assert_eq!(ini.get("global", "timeout"), Some("5 ; part of it"));
        assert_eq!(ini.get("global", "user"), Some("joe"));
        assert_eq!(ini.get("Other", "user"), Some("ann"));
        assert!(!ini.has("other"));
    }

    #[test]
    fn what_is_no_ini() {
        let tell = |text| Ini::parse(text).unwrap_err().to_string();
        insta::assert_snapshot!(tell("a = b"), @"line 1: it stands before the first section");
        insta::assert_snapshot!(tell("[a]\nb"), @"line 2: `b` is neither a section nor a key with a value");
        insta::assert_snapshot!(tell("[a]\nb = 1\nB: 2"), @"line 3: the key `b` was there before");
        insta::assert_snapshot!(tell("[a]\n[a]"), @"line 2: the section `a` was there before");
        insta::assert_snapshot!(tell("[a]\n= c"), @"line 2: `= c` has no key");
    }

    /// Prints for each text what each section has; `null` where Python refuses the text.
    const SCRIPT: &str = "
import configparser, io, json, sys
def read(text):
    parser = configparser.RawConfigParser()
    try:
        parser.read_file(io.StringIO(text, newline=None))
    except configparser.Error:
        return None
    return {name: dict(parser.items(name)) for name in parser.sections()}
json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
";

    #[test]
    fn agrees_with_python() {
        let mut pieces = Pieces::new(
            &[
                "[a]",
                "[b]",
                "[A b]",
                "[DEFAULT]",
                "[]",
                "[a]]",
                "[a] x",
                "key = value",
                "key: value",
                "Key=other",
                "k = a = b",
                "k2 =",
                "k3 = v ; w",
                " = x",
                "bare",
                "  more",
                "\tmore: x",
                "    deep = 1",
                "# comment",
                "; comment",
                "  # comment",
                "",
                " ",
                "k4 : [x]",
                "  [c]",
            ],
            &["\n", "\n", "\r\n", "\n\n"],
        );
        let mut texts: Vec<String> = (0..4000).map(|_| pieces.text(7)).collect();
        for text in &mut texts {
            text.insert_str(0, "[first]\n");
        }
        let Some(Value::Array(theirs)) = ask_python(SCRIPT, &json!(texts)) else {
            return;
        };
        assert!(theirs.iter().filter(|sections| !sections.is_null()).count() > 500);
        for (text, theirs) in texts.iter().zip(theirs) {
            let ours = Ini::parse(text).map_or(Value::Null, |ini| {
                let names = ini.0.keys().filter(|name| ini.has(name));
                let sections: BTreeMap<&str, BTreeMap<&str, &str>> = names
                    .map(|name| (name.as_str(), ini.items(name).collect()))
                    .collect();
                json!(sections)
            });
            assert_eq!(ours, theirs, "{text:?}");
        }
    }
}
