//! Sets values in a JSON text with comments (JSONC). Everything else stays as it is written:
//! comments, order, spaces, trailing commas.

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstObject, CstObjectProp, CstRootNode};
use serde_json::Value;

/// Why a text is no JSON object with comments.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct JsoncError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong there.
    pub problem: String,
}

/// What editors accept in addition to JSON: comments and trailing commas.
const OPTIONS: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_trailing_commas: true,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
};

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// `text` with the value at `path` set. The path has one key for each level. Missing objects are
/// added. An empty text counts as an empty object.
pub(super) fn set(text: &str, path: &[&str], value: &Value) -> Result<String, JsoncError> {
    let (mark, text) = match text.strip_prefix(BYTE_ORDER_MARK) {
        Some(text) => (BYTE_ORDER_MARK, text),
        None => ("", text),
    };
    let text = if text.trim().is_empty() {
        "{\n}\n"
    } else {
        text
    };
    let root = CstRootNode::parse(text, &OPTIONS).map_err(|error| JsoncError {
        line: error.line_display(),
        problem: error.kind().to_string(),
    })?;
    let object = root.object_value().ok_or_else(|| JsoncError {
        line: 1,
        problem: "an object was expected".to_owned(),
    })?;
    set_in(&object, path, value);
    Ok(format!("{mark}{root}"))
}

fn set_in(object: &CstObject, path: &[&str], value: &Value) {
    let Some((key, rest)) = path.split_first() else {
        return;
    };
    let value_here = || {
        rest.iter().rev().fold(value.clone(), |inner, key| {
            Value::Object([((*key).to_owned(), inner)].into_iter().collect())
        })
    };
    let Some(member) = object.get(key) else {
        object.append(key, input(&value_here()));
        return;
    };
    match member.object_value() {
        Some(inner) if !rest.is_empty() => set_in(&inner, rest, value),
        _ if holds(&member, &value_here()) => {}
        _ => member.set_value(input(&value_here())),
    }
}

/// Whether the member has this value already, whatever its spacing.
fn holds(member: &CstObjectProp, value: &Value) -> bool {
    let text = member.value().map(|there| there.to_string());
    text.is_some_and(|text| serde_json::from_str::<Value>(&text).is_ok_and(|there| there == *value))
}

fn input(value: &Value) -> CstInputValue {
    match value {
        Value::Null => CstInputValue::Null,
        Value::Bool(flag) => CstInputValue::Bool(*flag),
        Value::Number(number) => CstInputValue::Number(number.to_string()),
        Value::String(text) => CstInputValue::String(text.clone()),
        Value::Array(items) => CstInputValue::Array(items.iter().map(input).collect()),
        Value::Object(members) => {
            let members = members.iter();
            CstInputValue::Object(
                members
                    .map(|(key, value)| (key.clone(), input(value)))
                    .collect(),
            )
        }
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
          "c": ["x"],
        }
        "#);
        insta::assert_snapshot!(check(text, &["b", "deep"], "true"), @r#"
        // mine
        {
          "a": 1, // one
          /* two */ "b": {
            "deep": true,
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
    fn line_ends_and_a_byte_order_mark_stay() {
        let text = "\u{feff}{\r\n\t\"a\": 1\r\n}\r\n";
        let expect = "\u{feff}{\r\n\t\"a\": 1,\r\n\t\"b\": \"q\\\"\\\\é\"\r\n}\r\n";
        assert_eq!(check(text, &["b"], r#""q\"\\\u00e9""#), expect);
    }

    #[test]
    fn broken_texts() {
        insta::assert_snapshot!(check("[]", &["a"], "1"), @"line 1: an object was expected");
        insta::assert_snapshot!(check("{\n\"a\" 1}", &["a"], "1"), @"line 2: Expected colon after the string or word in object property");
        insta::assert_snapshot!(check("{\n\"a\": 1\n\"b\": 2}", &["a"], "1"), @"line 2: Expected comma");
        insta::assert_snapshot!(check("{\"a", &["a"], "1"), @"line 1: Unterminated string literal");
    }
}
