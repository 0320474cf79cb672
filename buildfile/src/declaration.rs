//! What a BUILD file says: the calls that declare something.

use std::sync::Arc;

use model::Place;

use crate::data::Data;
use crate::error::Frame;
use crate::source::BuildFile;

/// A call that declares something: a target, or what holds for a folder.
#[derive(Clone, Debug)]
pub struct Call {
    /// What was called.
    pub name: Arc<str>,
    /// Positional arguments.
    pub positional: Vec<Data>,
    /// Keyword arguments in order.
    pub fields: Vec<Field>,
    /// The file that contains the call: the BUILD file or a prelude.
    pub source: Arc<BuildFile>,
    /// Byte offset of the call.
    pub offset: u32,
    /// The macros it came through, outermost first.
    pub stack: Vec<Frame>,
    /// Whether nobody knows the name.
    pub opaque: bool,
}

/// A keyword argument of a [`Call`].
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: Arc<str>,
    /// Its value.
    pub value: Data,
    /// Byte offset of the argument in the call's source; of the call if it was unpacked.
    pub offset: u32,
}

impl Call {
    /// The value of a keyword argument.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Data> {
        self.field(name).map(|field| &field.value)
    }

    /// Where the user wrote it: the outermost macro call, else the call itself.
    #[must_use]
    pub fn place(&self) -> Place {
        self.stack.first().map_or_else(
            || self.source.place(self.offset.into()),
            |frame| frame.place.clone(),
        )
    }

    /// Where the argument of that name stands, else the call.
    #[must_use]
    pub fn field_place(&self, name: &str) -> Place {
        self.field(name)
            .filter(|_| self.stack.is_empty())
            .map_or_else(
                || self.place(),
                |field| self.source.place(field.offset.into()),
            )
    }

    /// Where `text` stands within the argument of that name, else the argument.
    #[must_use]
    pub fn text_place(&self, name: &str, text: &str) -> Place {
        let found = self
            .field(name)
            .filter(|_| self.stack.is_empty())
            .and_then(|field| self.source.find_after(field.offset, text));
        found.unwrap_or_else(|| self.field_place(name))
    }

    fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| &*field.name == name)
    }
}
