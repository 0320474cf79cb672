//! Merges values into a JSON text with comments (JSONC). Everything else stays as it is written:
//! comments, order, spaces, trailing commas. What the user has set is never replaced: only values
//! that lead to an environment of this tool are.

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstArray, CstInputValue, CstNode, CstObject, CstObjectProp, CstRootNode};
use serde_json::Value;

use super::kept::{KeptSetting, is_ours};

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

/// A value and where it belongs.
#[derive(Debug, Clone)]
pub(super) struct JsonSetting {
    /// One key for each level, from the outermost.
    pub(super) path: Vec<&'static str>,
    pub(super) value: JsonMerge,
}

/// How a value is merged with what is there.
#[derive(Debug, Clone)]
pub(super) enum JsonMerge {
    /// It is set where there is none, or one of this tool.
    Value(Value),
    /// These are among the entries of a list.
    Entries(Vec<String>),
    /// A list of arguments has this option with this value.
    Option(&'static str, String),
}

/// `text` with `settings` merged into it, and what stays different from them. Missing objects are
/// added. An empty text counts as an empty object.
pub(super) fn merge(
    text: &str,
    settings: &[JsonSetting],
) -> Result<(String, Vec<KeptSetting>), JsoncError> {
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
    let mut kept = Vec::new();
    for setting in settings {
        if let Err(there) = merge_in(&object, &setting.path, &setting.value) {
            kept.push(KeptSetting {
                key: setting.path.join("."),
                there,
                ours: setting.value.text(),
            });
        }
    }
    Ok((format!("{mark}{root}"), kept))
}

impl JsonMerge {
    /// The value where nothing is there.
    fn fresh(&self) -> Value {
        match self {
            Self::Value(value) => value.clone(),
            Self::Entries(entries) => Value::from(entries.clone()),
            Self::Option(flag, value) => Value::from(vec![*flag, value.as_str()]),
        }
    }

    fn text(&self) -> String {
        self.fresh().to_string()
    }
}

/// Merges a value into an object. The error is the text of what is there and stays.
fn merge_in(object: &CstObject, path: &[&str], merge: &JsonMerge) -> Result<(), String> {
    let Some((key, rest)) = path.split_first() else {
        return Ok(());
    };
    let Some(member) = object.get(key) else {
        let value = rest.iter().rev().fold(merge.fresh(), |inner, key| {
            Value::Object([((*key).to_owned(), inner)].into_iter().collect())
        });
        object.append(key, input(&value));
        return Ok(());
    };
    let there = || {
        member
            .value()
            .map_or_else(String::new, |value| plain(&value))
    };
    if !rest.is_empty() {
        let inner = member.object_value().ok_or_else(there)?;
        return merge_in(&inner, rest, merge);
    }
    let merged = match (merge, member.array_value()) {
        (JsonMerge::Value(value), array) => merge_value(&member, array, value),
        (JsonMerge::Entries(entries), Some(array)) => {
            add_entries(&array, entries);
            true
        }
        (JsonMerge::Option(flag, value), Some(array)) => merge_option(&array, flag, value),
        (_, None) => false,
    };
    if merged { Ok(()) } else { Err(there()) }
}

/// A value without its comments, on one line.
fn plain(node: &CstNode) -> String {
    node.to_serde_value()
        .map_or_else(|| node.to_string(), |value| value.to_string())
}

/// Whether the value is there now.
fn merge_value(member: &CstObjectProp, array: Option<CstArray>, value: &Value) -> bool {
    let Some(node) = member.value() else {
        return false;
    };
    if node.to_serde_value().as_ref() == Some(value) {
        return true;
    }
    if let Some(array) = array {
        return replace_entries(&array, value);
    }
    let ours = is_ours(&plain(&node));
    if ours {
        member.set_value(input(value));
    }
    ours
}

/// Puts a value, or the entries of a list, in the place of those entries that are ours.
fn replace_entries(array: &CstArray, value: &Value) -> bool {
    let elements = array.elements();
    let Some(first) = elements.iter().position(|entry| is_ours(&plain(entry))) else {
        return false;
    };
    let values = match value {
        Value::Array(values) => values.as_slice(),
        value => std::slice::from_ref(value),
    };
    let there: Vec<Value> = elements
        .iter()
        .filter_map(CstNode::to_serde_value)
        .collect();
    if values.iter().all(|value| there.contains(value)) {
        return true;
    }
    for entry in elements.into_iter().skip(first) {
        if is_ours(&plain(&entry)) {
            entry.remove();
        }
    }
    for (at, value) in values.iter().enumerate() {
        array.insert(first + at, input(value));
    }
    true
}

fn add_entries(array: &CstArray, entries: &[String]) {
    let there: Vec<Value> = array
        .elements()
        .iter()
        .filter_map(CstNode::to_serde_value)
        .collect();
    for entry in entries {
        if !there.iter().any(|value| value == entry) {
            array.append(entry.as_str().into());
        }
    }
}

/// Sets `--flag value` or `--flag=value` among arguments, unless the user gave it another value.
fn merge_option(array: &CstArray, flag: &str, value: &str) -> bool {
    let elements = array.elements();
    let texts: Vec<String> = elements
        .iter()
        .map(|entry| match entry.to_serde_value() {
            Some(Value::String(text)) => text,
            _ => String::new(),
        })
        .collect();
    let joined = format!("{flag}=");
    let found = texts
        .iter()
        .position(|text| text == flag || text.starts_with(&joined));
    let Some(at) = found else {
        array.append(flag.into());
        array.append(value.into());
        return true;
    };
    let (place, there, ours) = match texts[at].strip_prefix(&joined) {
        Some(there) => (at, there, format!("{joined}{value}")),
        None => match texts.get(at + 1) {
            Some(there) => (at + 1, there.as_str(), value.to_owned()),
            None => {
                array.append(value.into());
                return true;
            }
        },
    };
    if there == value {
        return true;
    }
    let replaced = is_ours(there);
    if replaced && let Some(literal) = elements.get(place).and_then(CstNode::as_string_lit) {
        literal.replace_with(ours.as_str().into());
    }
    replaced
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

    fn check(text: &str, path: &[&'static str], value: &str) -> String {
        let value = JsonMerge::Value(serde_json::from_str(value).unwrap());
        merged(text, path, value)
    }

    fn merged(text: &str, path: &[&'static str], value: JsonMerge) -> String {
        let setting = JsonSetting {
            path: path.to_vec(),
            value,
        };
        match merge(text, &[setting]) {
            Ok((text, kept)) if kept.is_empty() => text,
            Ok((after, kept)) => {
                assert_eq!(after, text, "what stays is not touched");
                format!("{kept:?}")
            }
            Err(error) => error.to_string(),
        }
    }

    const OURS: &str = "\"/r/dist/export/bin/x\"";

    #[test]
    fn what_is_missing_is_added_and_the_rest_stays() {
        let text = "// mine\n{\n  \"a\": 1, // one\n  /* two */ \"b\": [1, 2,],\n}\n";
        insta::assert_snapshot!(check(text, &["c"], "[\"x\"]"), @r#"
        // mine
        {
          "a": 1, // one
          /* two */ "b": [1, 2,],
          "c": ["x"],
        }
        "#);
        insta::assert_snapshot!(check(text, &["a"], "2"), @r#"[KeptSetting { key: "a", there: "1", ours: "2" }]"#);
        insta::assert_snapshot!(check(text, &["b", "deep"], "true"), @r#"[KeptSetting { key: "b.deep", there: "[1,2]", ours: "true" }]"#);
        assert_eq!(check(text, &["b"], "[1, 2]"), text);
    }

    #[test]
    fn only_what_leads_to_our_environments_is_replaced() {
        let old = "{\"a\": \"/r/dist/export/python/virtualenvs/r/3.11.7/bin/python\" /* old */}";
        insta::assert_snapshot!(check(old, &["a"], OURS), @r#"{"a": "/r/dist/export/bin/x" /* old */}"#);
        insta::assert_snapshot!(check("{\"a\": [\"/usr/bin/x\"]}", &["a"], OURS), @r#"[KeptSetting { key: "a", there: "[\"/usr/bin/x\"]", ours: "\"/r/dist/export/bin/x\"" }]"#);
        insta::assert_snapshot!(check("{\"a\": [\"mine\", // one\n \"dist/export/bin/y\", 7]}", &["a"], OURS), @r#"
        {"a": ["mine", // one
            "/r/dist/export/bin/x",
         7]}
        "#);
        insta::assert_snapshot!(check("{\"a\": [\"dist/export/bin/y\"]}", &["a"], "[\"dist/export/bin/x\"]"), @r#"{"a": ["dist/export/bin/x"]}"#);
    }

    #[test]
    fn entries_are_added_to_a_list() {
        let entries = |text| {
            let entries = vec!["src".to_owned(), "lib".to_owned()];
            merged(text, &["a"], JsonMerge::Entries(entries))
        };
        insta::assert_snapshot!(entries("{\"a\": [\n  \"mine\", // why\n  \"src\"\n]}"), @r#"
        {"a": [
          "mine", // why
          "src",
            "lib"
        ]}
        "#);
        insta::assert_snapshot!(entries("{}"), @r#"
        {
          "a": ["src", "lib"]
        }
        "#);
        insta::assert_snapshot!(entries("{\"a\": 7}"), @r#"[KeptSetting { key: "a", there: "7", ours: "[\"src\",\"lib\"]" }]"#);
    }

    #[test]
    fn an_option_is_set_among_arguments() {
        let option = |text| {
            merged(
                text,
                &["a"],
                JsonMerge::Option("--p", "dist/export/p".to_owned()),
            )
        };
        insta::assert_snapshot!(option("{\"a\": [\"--strict\" /* mine */]}"), @r#"{"a": ["--strict", "--p", "dist/export/p" /* mine */]}"#);
        insta::assert_snapshot!(option("{\"a\": [\"--p\", \"/mine\"]}"), @r#"[KeptSetting { key: "a", there: "[\"--p\",\"/mine\"]", ours: "[\"--p\",\"dist/export/p\"]" }]"#);
        insta::assert_snapshot!(option("{\"a\": [\"--p=dist/export/q\", \"--strict\"]}"), @r#"{"a": ["--p=dist/export/p", "--strict"]}"#);
        insta::assert_snapshot!(option("{\"a\": [\"--p\", \"dist/export/q\", \"--strict\"]}"), @r#"{"a": ["--p", "dist/export/p", "--strict"]}"#);
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
