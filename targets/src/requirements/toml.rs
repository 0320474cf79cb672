//! The text of a TOML file with requirements: where things stand in it, and lists of requirements.

use std::ops::Range;
use std::sync::Arc;

use toml_edit::{Array, Item};

use super::{RequirementLine, RequirementsError, RequirementsFile};
use model::Place;

/// The text of a TOML file, for places in it.
pub(super) struct TomlText<'t> {
    pub(super) path: &'t Arc<str>,
    pub(super) text: &'t str,
}

impl TomlText<'_> {
    pub(super) fn place(&self, span: Option<Range<usize>>) -> Place {
        match span {
            Some(span) => Place::at(Arc::clone(self.path), self.text, span.start),
            None => Place::file(Arc::clone(self.path)),
        }
    }

    /// Adds the requirements in a list of texts.
    pub(super) fn array(
        &self,
        item: &Item,
        key: &str,
        file: &mut RequirementsFile,
    ) -> Result<(), RequirementsError> {
        let array: &Array = item
            .as_array()
            .ok_or_else(|| self.not_texts(key, item.span()))?;
        array
            .iter()
            .try_for_each(|value| self.text(value, key, file))
    }

    /// Adds the requirement in a text.
    pub(super) fn text(
        &self,
        value: &toml_edit::Value,
        key: &str,
        file: &mut RequirementsFile,
    ) -> Result<(), RequirementsError> {
        let text = value.as_str();
        let text = text.ok_or_else(|| self.not_texts(key, value.span()))?;
        // The text begins after the quote.
        let start = value.span().map(|span| span.start + 1);
        let place = self.place(start.map(|at| at..at));
        let line = RequirementLine::plain(text, place).map_err(|error| {
            let at = start.map(|at| at + error.offset..at);
            RequirementsError::new(error.reason, self.place(at))
        })?;
        file.requirements.push(Arc::new(line));
        Ok(())
    }

    fn not_texts(&self, key: &str, span: Option<Range<usize>>) -> RequirementsError {
        RequirementsError::new(format!("`{key}` must be a list of texts"), self.place(span))
    }

    /// A requirement that was put together of what stands at `span`.
    pub(super) fn line(
        &self,
        text: &str,
        span: Option<Range<usize>>,
    ) -> Result<Arc<RequirementLine>, RequirementsError> {
        let place = self.place(span);
        let line = RequirementLine::plain(text, place.clone());
        let line = line.map_err(|error| {
            let message = format!("`{text}`: {}", error.reason);
            RequirementsError::new(message, place)
        })?;
        Ok(Arc::new(line))
    }
}
