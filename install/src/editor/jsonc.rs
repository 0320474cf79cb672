//! Sets values in a JSON text with comments (JSONC) and leaves everything else as it is written:
//! comments, order, spaces, trailing commas.

use std::ops::Range;

use serde_json::Value;

/// A text that is no JSON object with comments.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct JsoncError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: &'static str,
}

/// One member of an object: where its key starts and its value stands.
struct Member {
    key: String,
    start: usize,
    value: Range<usize>,
}

/// An object: its braces, its members, and whether a comma follows the last of them.
struct Object {
    close: usize,
    members: Vec<Member>,
    trailing_comma: bool,
}

/// `text` with the value at `path` set, a key for each level; objects on the way are made where
/// they are missing. An empty text is an empty object.
pub(super) fn set(text: &str, path: &[&str], value: &Value) -> Result<String, JsoncError> {
    let text = if text.trim().is_empty() {
        "{\n}\n"
    } else {
        text
    };
    let mut scanner = Scanner { text, at: 0 };
    scanner.skip()?;
    set_in(text, scanner.at, (path, value), 1)
}

fn set_in(
    text: &str,
    open: usize,
    (path, value): (&[&str], &Value),
    depth: usize,
) -> Result<String, JsoncError> {
    let Some((key, rest)) = path.split_first() else {
        return Ok(text.to_owned());
    };
    let object = Scanner { text, at: open }.object()?;
    let Some(member) = object.members.iter().find(|member| member.key == *key) else {
        let value = rest.iter().rev().fold(value.clone(), |inner, key| {
            Value::Object([((*key).to_owned(), inner)].into_iter().collect())
        });
        return Ok(insert(text, (open, &object), (key, &value), depth));
    };
    if !rest.is_empty() && text[member.value.clone()].starts_with('{') {
        return set_in(text, member.value.start, (rest, value), depth + 1);
    }
    let value = rest.iter().rev().fold(value.clone(), |inner, key| {
        Value::Object([((*key).to_owned(), inner)].into_iter().collect())
    });
    if serde_json::from_str::<Value>(&text[member.value.clone()]).is_ok_and(|there| there == value)
    {
        return Ok(text.to_owned());
    }
    let mut out = text.to_owned();
    out.replace_range(
        member.value.clone(),
        &render(&value, &indent_of(text, member.start)),
    );
    Ok(out)
}

/// Inserts a member behind the last one.
fn insert(
    text: &str,
    (open, object): (usize, &Object),
    (key, value): (&str, &Value),
    depth: usize,
) -> String {
    let indent = match object.members.first() {
        Some(first) => indent_of(text, first.start),
        None => format!("{}{}", indent_of(text, open), UNIT),
    };
    debug_assert!(depth > 0);
    let member = format!("{}: {}", Value::from(key), render(value, &indent));
    let mut out = text.to_owned();
    match object.members.last() {
        Some(last) => {
            let (comma, trailing, end) = if object.trailing_comma {
                ("", ",", after_comma(text, last.value.end))
            } else {
                (",", "", last.value.end)
            };
            // A comment behind the last member stays there.
            let place = end_of_comment(text, end);
            out.insert_str(place, &format!("\n{indent}{member}{trailing}"));
            out.insert_str(end, comma);
        }
        None => {
            let inside = text[open + 1..object.close].trim_end();
            let outer = indent_of(text, open);
            let new = format!("{inside}\n{indent}{member}\n{outer}");
            out.replace_range(open + 1..object.close, &new);
        }
    }
    out
}

const UNIT: &str = "    ";

fn after_comma(text: &str, at: usize) -> usize {
    let mut scanner = Scanner { text, at };
    // The object was read before, so that there is a comma.
    let _ = scanner.skip();
    scanner.at + 1
}

/// Where the comment ends that stands behind `at` in the same line; `at` where there is none.
fn end_of_comment(text: &str, at: usize) -> usize {
    let line = text[at..].split('\n').next().unwrap_or_default();
    let comment = line.trim_start();
    let is_comment = comment.starts_with("//")
        || (comment.starts_with("/*")
            && comment
                .find("*/")
                .is_some_and(|n| n + 2 == comment.trim_end().len()));
    if is_comment {
        at + line.trim_end().len()
    } else {
        at
    }
}

/// The spaces at the start of the line in which `at` stands.
fn indent_of(text: &str, at: usize) -> String {
    let line = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let end = text[line..]
        .find(|c| c != ' ' && c != '\t')
        .map_or(line, |n| line + n);
    text[line..end.min(at)].to_owned()
}

fn render(value: &Value, indent: &str) -> String {
    match value {
        Value::Object(members) if !members.is_empty() => {
            let inner = format!("{indent}{UNIT}");
            let members: Vec<String> = members
                .iter()
                .map(|(key, value)| {
                    format!(
                        "{inner}{}: {}",
                        Value::from(key.as_str()),
                        render(value, &inner)
                    )
                })
                .collect();
            format!("{{\n{}\n{indent}}}", members.join(",\n"))
        }
        Value::Array(items) if !items.is_empty() => {
            let inner = format!("{indent}{UNIT}");
            let items: Vec<String> = items
                .iter()
                .map(|item| format!("{inner}{}", render(item, &inner)))
                .collect();
            format!("[\n{}\n{indent}]", items.join(",\n"))
        }
        other => other.to_string(),
    }
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl Scanner<'_> {
    fn error(&self, problem: &'static str) -> JsoncError {
        JsoncError {
            line: self.text[..self.at.min(self.text.len())]
                .matches('\n')
                .count()
                + 1,
            problem,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Passes over spaces and comments.
    fn skip(&mut self) -> Result<(), JsoncError> {
        loop {
            let rest = &self.text[self.at..];
            if rest.starts_with("//") {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else if rest.starts_with("/*") {
                let end = rest
                    .find("*/")
                    .ok_or_else(|| self.error("a comment is not closed"))?;
                self.at += end + 2;
            } else if let Some(c) = rest
                .chars()
                .next()
                .filter(|c| c.is_whitespace() || *c == '\u{feff}')
            {
                self.at += c.len_utf8();
            } else {
                return Ok(());
            }
        }
    }

    fn object(&mut self) -> Result<Object, JsoncError> {
        if self.peek() != Some(b'{') {
            return Err(self.error("an object was expected"));
        }
        self.at += 1;
        let mut members = Vec::new();
        let mut trailing_comma = false;
        loop {
            self.skip()?;
            match self.peek() {
                Some(b'}') => {
                    let close = self.at;
                    self.at += 1;
                    return Ok(Object {
                        close,
                        members,
                        trailing_comma,
                    });
                }
                Some(b'"') if members.is_empty() || trailing_comma => {}
                Some(b'"') => return Err(self.error("a comma is missing")),
                _ => return Err(self.error("a key was expected")),
            }
            members.push(self.member()?);
            self.skip()?;
            trailing_comma = self.peek() == Some(b',');
            if trailing_comma {
                self.at += 1;
            }
        }
    }

    fn member(&mut self) -> Result<Member, JsoncError> {
        let start = self.at;
        self.string()?;
        let key = serde_json::from_str(&self.text[start..self.at])
            .map_err(|_| self.error("a key cannot be read"))?;
        self.skip()?;
        if self.peek() != Some(b':') {
            return Err(self.error("a colon was expected"));
        }
        self.at += 1;
        self.skip()?;
        let value = self.at;
        self.value()?;
        Ok(Member {
            key,
            start,
            value: value..self.at,
        })
    }

    fn value(&mut self) -> Result<(), JsoncError> {
        match self.peek() {
            Some(b'{') => self.object().map(|_| ()),
            Some(b'[') => self.array(),
            Some(b'"') => self.string(),
            Some(_) => {
                let rest = &self.text[self.at..];
                let end =
                    rest.find(|c: char| c.is_whitespace() || matches!(c, ',' | '}' | ']' | '/'));
                let end = end.unwrap_or(rest.len());
                if end == 0 {
                    return Err(self.error("a value was expected"));
                }
                self.at += end;
                Ok(())
            }
            None => Err(self.error("the text ends too early")),
        }
    }

    fn array(&mut self) -> Result<(), JsoncError> {
        self.at += 1;
        loop {
            self.skip()?;
            match self.peek() {
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b',') => self.at += 1,
                _ => self.value()?,
            }
        }
    }

    fn string(&mut self) -> Result<(), JsoncError> {
        let bytes = self.text.as_bytes();
        let mut at = self.at + 1;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'\\' => at += 2,
                b'"' => {
                    self.at = at + 1;
                    return Ok(());
                }
                b'\n' => break,
                _ => at += 1,
            }
        }
        Err(self.error("a string is not closed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, path: &[&str], value: &str) -> String {
        match set(text, path, &serde_json::from_str(value).unwrap()) {
            Ok(text) => text,
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn values_are_set_and_the_rest_stays() {
        let text = "// mine\n{\n  \"a\": 1, // one\n  /* two */ \"b\": [1, 2,],\n}\n";
        insta::assert_snapshot!(check(text, &["a"], "2"), @r#"
        // mine
        {
          "a": 2, // one
          /* two */ "b": [1, 2,],
        }
        "#);
        insta::assert_snapshot!(check(text, &["c"], "[\"x\"]"), @r#"
        // mine
        {
          "a": 1, // one
          /* two */ "b": [1, 2,],
          "c": [
              "x"
          ],
        }
        "#);
        insta::assert_snapshot!(check(text, &["b", "deep"], "true"), @r#"
        // mine
        {
          "a": 1, // one
          /* two */ "b": {
              "deep": true
          },
        }
        "#);
    }

    #[test]
    fn objects_are_entered_and_made() {
        insta::assert_snapshot!(check("", &["a", "b"], "1"), @r#"
        {
            "a": {
                "b": 1
            }
        }
        "#);
        insta::assert_snapshot!(check("{}", &["a"], "1"), @r#"
        {
            "a": 1
        }
        "#);
        insta::assert_snapshot!(check("{\n    \"a\": {\n        \"x\": 1 // x\n    }\n}\n", &["a", "b"], "\"y\""), @r#"
        {
            "a": {
                "x": 1, // x
                "b": "y"
            }
        }
        "#);
        insta::assert_snapshot!(check("{\"a\": {}}", &["a", "b"], "1"), @r#"
        {"a": {
            "b": 1
        }}
        "#);
    }

    #[test]
    fn setting_the_same_again_changes_nothing() {
        let text = "{ \"a\" : [ 1 ] }";
        assert_eq!(check(text, &["a"], "[1]"), text);
    }

    #[test]
    fn broken_texts() {
        insta::assert_snapshot!(check("[]", &["a"], "1"), @"line 1: an object was expected");
        insta::assert_snapshot!(check("{\n\"a\" 1}", &["a"], "1"), @"line 2: a colon was expected");
        insta::assert_snapshot!(check("{\n\"a\": 1\n\"b\": 2}", &["a"], "1"), @"line 3: a comma is missing");
        insta::assert_snapshot!(check("{\"a", &["a"], "1"), @"line 1: a string is not closed");
    }
}
