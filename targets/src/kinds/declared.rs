//! Types of plug-ins, as settings declare them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::field::{FieldType, PantsVersions};
use super::role::{Content, Role};
use super::target_type::TargetType;
use super::values::Values;

/// A target type that a plug-in defines, or fields that one adds to a type that Pants ships.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct TypeDeclaration {
    /// The type of the targets that it generates, one for each file.
    pub generates: Option<String>,
    /// The file that it owns where the field `source` is not set; empty if there is none then.
    pub source: Option<String>,
    /// The files that it owns where the field `sources` is not set.
    pub sources: Option<Vec<String>>,
    /// Its other fields, and what each takes, such as `text` or `addresses`.
    pub fields: BTreeMap<String, Values>,
}

/// Declared types live as long as the process, as shipped ones do, and each is made once.
static DECLARED: Mutex<BTreeMap<(String, TypeDeclaration), &'static TargetType>> =
    Mutex::new(BTreeMap::new());

impl TargetType {
    /// The type of that name which settings declare.
    #[must_use]
    pub fn declared(name: &str, declaration: &TypeDeclaration) -> &'static Self {
        let mut all = DECLARED.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (name.to_owned(), declaration.clone());
        all.entry(key)
            .or_insert_with(|| Box::leak(Box::new(Self::of_declaration(name, declaration))))
    }

    fn of_declaration(name: &str, declaration: &TypeDeclaration) -> Self {
        let field = |name: &str, values| FieldType {
            name: text(name),
            values,
            required: false,
            default: None,
            versions: PantsVersions::Both,
            moves: false,
        };
        let mut fields: Vec<FieldType> = declaration
            .fields
            .iter()
            .map(|(name, values)| field(name, *values))
            .collect();
        let shipped = Self::find(name);
        let role = match (&declaration.source, &declaration.sources, shipped) {
            (Some(default), _, _) => {
                fields.push(FieldType {
                    default: (!default.is_empty()).then(|| text(default)),
                    ..field("source", Values::File)
                });
                Role::File {
                    field: "source",
                    content: Content::Other,
                }
            }
            (None, Some(patterns), _) => {
                fields.push(field("sources", Values::Patterns));
                let patterns = patterns.iter().map(|pattern| text(pattern));
                let default = Vec::leak(patterns.collect());
                match &declaration.generates {
                    Some(generates) => {
                        fields.push(field("overrides", Values::Dict));
                        Role::Files {
                            generates: text(generates),
                            default,
                            content: Content::Resource,
                        }
                    }
                    None => Role::Sources { default },
                }
            }
            (None, None, Some(shipped)) => shipped.role,
            (None, None, None) => Role::Plain,
        };
        if !fields
            .iter()
            .any(|field| field.values == Values::Dependencies)
        {
            fields.push(field("dependencies", Values::Dependencies));
        }
        let shipped_fields = shipped.iter().flat_map(|shipped| &shipped.fields);
        fields.extend(shipped_fields.cloned());
        Self {
            name: text(name),
            fields,
            role,
            versions: PantsVersions::Both,
            is_open: shipped.is_some_and(|shipped| shipped.is_open),
        }
    }
}

fn text(text: &str) -> &'static str {
    Box::leak(text.into())
}
