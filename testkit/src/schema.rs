//! JSON that commands print, held against its schema in `docs/src/reference/schemas`: whatever an
//! end-to-end test runs.
//!
//! Those schemas use a handful of the words of JSON Schema, which are judged here; any other is a mistake.

use camino::Utf8PathBuf;
use serde_json::Value;

/// Holds the JSON that a command printed against the schemas of the commands among its arguments.
///
/// # Panics
/// It is not what any of them says.
#[track_caller]
pub(crate) fn check_output(arguments: &[&str], stdout: &str) {
    if !is_json(arguments) || arguments.contains(&"--help") || stdout.is_empty() {
        return;
    }
    let schemas: Vec<Value> = commands(arguments).filter_map(|name| read(&name)).collect();
    assert!(!schemas.is_empty(), "no schema for {arguments:?}");
    for value in serde_json::Deserializer::from_str(stdout).into_iter() {
        let value: Value = value.unwrap_or_else(|error| panic!("{error}:\n{stdout}"));
        let found = schemas.iter().map(|schema| mistakes(schema, &value));
        let found: Vec<Vec<String>> = found.collect();
        assert!(
            found.iter().any(Vec::is_empty),
            "{arguments:?}: {found:#?}\n{value:#}"
        );
    }
}

/// The folder of the schemas.
#[must_use]
pub fn schemas() -> Utf8PathBuf {
    Utf8PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/src/reference/schemas")
}

fn is_json(arguments: &[&str]) -> bool {
    let mut pairs = arguments.windows(2);
    arguments.first() == Some(&"peek")
        || arguments.contains(&"--output-format=json")
        || pairs.any(|pair| matches!(pair, ["--output-format" | "--format", "json"]))
}

/// The names of the commands that words may be, as in the names of schemas.
fn commands<'a>(arguments: &'a [&'a str]) -> impl Iterator<Item = String> + 'a {
    let words = arguments.iter().map(|word| (*word).to_owned());
    words.chain(arguments.windows(2).map(|pair| pair.join("-")))
}

fn read(command: &str) -> Option<Value> {
    let is_name = |c: char| c.is_ascii_lowercase() || c == '-';
    if !command.chars().all(is_name) {
        return None;
    }
    let text = fs_err::read_to_string(schemas().join(format!("{command}.json"))).ok()?;
    Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{command}.json: {error}")))
}

fn mistakes(schema: &Value, value: &Value) -> Vec<String> {
    let mut judge = SchemaJudge {
        definitions: &schema["$defs"],
        mistakes: Vec::new(),
    };
    judge.judge(schema, value, "");
    judge.mistakes
}

/// Compares a value with a schema.
struct SchemaJudge<'s> {
    definitions: &'s Value,
    mistakes: Vec<String>,
}

impl SchemaJudge<'_> {
    fn judge(&mut self, schema: &Value, value: &Value, at: &str) {
        let Some(words) = schema.as_object() else {
            return self.add(at, "the schema is no object");
        };
        for (word, wanted) in words {
            match (word.as_str(), wanted) {
                ("$schema" | "$defs" | "title" | "description" | "required", _) => {}
                ("$ref", _) => {
                    let name = wanted
                        .as_str()
                        .and_then(|name| name.strip_prefix("#/$defs/"));
                    let definition = self.definitions[name.unwrap_or_default()].clone();
                    self.judge(&definition, value, at);
                }
                ("type", _) if !is_of_type(value, wanted) => self.add(at, &format!("no {wanted}")),
                ("const", _) if value != wanted => self.add(at, &format!("not {wanted}")),
                ("enum", Value::Array(all)) if !all.contains(value) => {
                    self.add(at, &format!("not one of {wanted}"));
                }
                ("minimum", _) if value.as_f64() < wanted.as_f64() => self.add(at, "too small"),
                ("minItems", _) if count(value) < wanted.as_u64() => self.add(at, "too few"),
                ("maxItems", _) if count(value) > wanted.as_u64() => self.add(at, "too many"),
                ("items", _) => {
                    for (number, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.judge(wanted, item, &format!("{at}/{number}"));
                    }
                }
                ("anyOf", Value::Array(all)) => self.any_of(all, value, at),
                ("properties", Value::Object(_)) => self.members(schema, value, at),
                ("additionalProperties", Value::Bool(_)) => {}
                ("type" | "const" | "enum" | "minimum" | "minItems" | "maxItems", _) => {}
                _ => self.add(at, &format!("`{word}` is not judged")),
            }
        }
    }

    fn any_of(&mut self, all: &[Value], value: &Value, at: &str) {
        let mut found = Vec::new();
        for schema in all {
            let mut other = SchemaJudge {
                definitions: self.definitions,
                mistakes: Vec::new(),
            };
            other.judge(schema, value, at);
            if other.mistakes.is_empty() {
                return;
            }
            found.extend(other.mistakes);
        }
        self.mistakes.extend(found);
    }

    fn members(&mut self, schema: &Value, value: &Value, at: &str) {
        let (Some(known), Some(members)) = (schema["properties"].as_object(), value.as_object())
        else {
            return;
        };
        for name in schema["required"].as_array().into_iter().flatten() {
            let name = name.as_str().unwrap_or_default();
            if !members.contains_key(name) {
                self.add(at, &format!("`{name}` is missing"));
            }
        }
        for (name, member) in members {
            match known.get(name) {
                Some(schema) => self.judge(schema, member, &format!("{at}/{name}")),
                None if schema["additionalProperties"] == Value::Bool(false) => {
                    self.add(at, &format!("`{name}` is not known"));
                }
                None => {}
            }
        }
    }

    fn add(&mut self, at: &str, mistake: &str) {
        self.mistakes.push(format!("{at}: {mistake}"));
    }
}

fn count(value: &Value) -> Option<u64> {
    value
        .as_array()
        .and_then(|items| items.len().try_into().ok())
}

fn is_of_type(value: &Value, wanted: &Value) -> bool {
    match wanted.as_str() {
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        Some("null") => value.is_null(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_word_finds_a_mistake() {
        let check = |schema: Value, value: Value| mistakes(&schema, &value).join("; ");
        insta::assert_snapshot!(check(json!({"type": "array", "items": {"type": "string"}}), json!(["a", 1])), @r#"/1: no "string""#);
        let object = json!({"type": "object", "properties": {"a": {"enum": ["x"]}, "b": {"const": 1}}, "required": ["a"], "additionalProperties": false});
        insta::assert_snapshot!(check(object.clone(), json!({"a": "y", "b": 2})), @r#"/a: not one of ["x"]; /b: not 1"#);
        insta::assert_snapshot!(check(object.clone(), json!({"c": 1})), @": `a` is missing; : `c` is not known");
        insta::assert_snapshot!(check(object, json!([])), @r#": no "object""#);
        insta::assert_snapshot!(check(json!({"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 1}]}), json!(0)), @r#": no "null"; : too small"#);
        insta::assert_snapshot!(check(json!({"minItems": 1, "maxItems": 2}), json!([])), @": too few");
        insta::assert_snapshot!(check(json!({"$ref": "#/$defs/x", "$defs": {"x": {"type": "boolean"}}}), json!(1)), @r#": no "boolean""#);
        insta::assert_snapshot!(check(json!({"pattern": "x"}), json!("x")), @": `pattern` is not judged");
    }
}
