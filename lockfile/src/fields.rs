//! Typed access to a TOML table that knows where each value is in the text.

use std::fmt::Display;
use std::ops::Range;
use std::str::FromStr;

use toml_edit::{Item, TableLike, Value};

use crate::error::{LockReadErrorKind, ReadFault};

/// A table and its place in the text.
#[derive(Clone)]
pub(crate) struct TomlFields<'a> {
    table: &'a dyn TableLike,
    span: Range<usize>,
}

type Result<T> = std::result::Result<T, ReadFault>;

impl<'a> TomlFields<'a> {
    pub(crate) fn new(table: &'a dyn TableLike, span: Range<usize>) -> Self {
        Self { table, span }
    }

    /// The table of an array's element.
    pub(crate) fn of_value(value: &'a Value, key: &str) -> Result<Self> {
        let span = value.span().unwrap_or(0..0);
        match value.as_inline_table() {
            Some(table) => Ok(Self::new(table, span)),
            None => Err(wrong_type(value.span(), key, value.type_name(), "a table")),
        }
    }

    pub(crate) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// The range of a key's value in the text; that of the table if the key is absent.
    pub(crate) fn span_of(&self, key: &str) -> Range<usize> {
        let item = self.table.get(key).and_then(Item::span);
        item.unwrap_or_else(|| self.span())
    }

    /// Fails if the table has a key that is not in `known`.
    pub(crate) fn only(&self, known: &[&str]) -> Result<()> {
        for (name, _) in self.table.iter() {
            if !known.contains(&name) {
                let span = self.table.key(name).and_then(toml_edit::Key::span);
                let kind = LockReadErrorKind::Unknown(name.to_owned());
                return Err(ReadFault::new(span.unwrap_or_else(|| self.span()), kind));
            }
        }
        Ok(())
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    pub(crate) fn missing(&self, key: &str) -> ReadFault {
        ReadFault::new(self.span(), LockReadErrorKind::Missing(key.to_owned()))
    }

    pub(crate) fn invalid(&self, key: &str, reason: impl Display) -> ReadFault {
        ReadFault::invalid(self.span_of(key), key, reason)
    }

    pub(crate) fn str(&self, key: &str) -> Result<Option<&'a str>> {
        self.typed(key, "a string", Item::as_str)
    }

    pub(crate) fn integer(&self, key: &str) -> Result<Option<i64>> {
        self.typed(key, "an integer", Item::as_integer)
    }

    pub(crate) fn bool(&self, key: &str) -> Result<Option<bool>> {
        self.typed(key, "true or false", Item::as_bool)
    }

    pub(crate) fn item(&self, key: &str) -> Option<&'a Item> {
        self.table.get(key)
    }

    /// The keys with their values.
    pub(crate) fn items(&self) -> impl Iterator<Item = (&'a str, &'a Item)> {
        self.table.iter()
    }

    /// A table, inline or not.
    pub(crate) fn table(&self, key: &str) -> Result<Option<TomlFields<'a>>> {
        let table = self.typed(key, "a table", Item::as_table_like)?;
        Ok(table.map(|table| Self::new(table, self.span_of(key))))
    }

    /// A string that is parsed to a `T`; `None` if the key is absent.
    pub(crate) fn parsed<T: FromStr<Err: Display>>(&self, key: &str) -> Result<Option<T>> {
        self.str(key)?
            .map(|text| text.parse().map_err(|error| self.invalid(key, error)))
            .transpose()
    }

    /// A required string that is parsed to a `T`.
    pub(crate) fn required<T: FromStr<Err: Display>>(&self, key: &str) -> Result<T> {
        self.parsed(key)?.ok_or_else(|| self.missing(key))
    }

    /// An array's elements; none where the key is absent.
    pub(crate) fn values(&self, key: &str) -> Result<impl Iterator<Item = &'a Value> + use<'a>> {
        let array = self.typed(key, "an array", Item::as_array)?;
        Ok(array.into_iter().flat_map(toml_edit::Array::iter))
    }

    /// Strings that are each parsed to a `T`; none if the key is absent.
    pub(crate) fn list<T: FromStr<Err: Display>>(&self, key: &str) -> Result<Vec<T>> {
        self.values(key)?
            .map(|value| {
                let text = value.as_str();
                let text = text
                    .ok_or_else(|| wrong_type(value.span(), key, value.type_name(), "a string"))?;
                text.parse()
                    .map_err(|error| ReadFault::invalid(value.span().unwrap_or(0..0), key, error))
            })
            .collect()
    }

    /// The tables of an array, written inline or under `[[key]]` headers.
    pub(crate) fn tables(&self, key: &str) -> Result<Vec<TomlFields<'a>>> {
        let Some(item) = self.table.get(key) else {
            return Ok(Vec::new());
        };
        if let Some(tables) = item.as_array_of_tables() {
            let fields =
                |table: &'a toml_edit::Table| Self::new(table, table.span().unwrap_or(0..0));
            return Ok(tables.iter().map(fields).collect());
        }
        self.values(key)?
            .map(|value| Self::of_value(value, key))
            .collect()
    }

    fn typed<T>(
        &self,
        key: &str,
        expected: &str,
        as_type: impl FnOnce(&'a Item) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some(item) = self.table.get(key) else {
            return Ok(None);
        };
        match as_type(item) {
            Some(value) => Ok(Some(value)),
            None => Err(wrong_type(item.span(), key, item.type_name(), expected)),
        }
    }
}

fn wrong_type(span: Option<Range<usize>>, key: &str, found: &str, expected: &str) -> ReadFault {
    let reason = format!("expected {expected}, found {found}");
    ReadFault::invalid(span.unwrap_or(0..0), key, reason)
}
