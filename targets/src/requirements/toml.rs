//! The text of a TOML file with requirements: where things stand in it, and lists of requirements.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use toml_edit::{Array, Item};

use super::{RequirementLine, RequirementsError, RequirementsFile};
use model::{ExtraName, Place, RepoPath};

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
        let text = without_template(text);
        let text = within_repository(&text, RepoPath::new(self.path).folder());
        let line = RequirementLine::plain(&text, place).map_err(|error| {
            let at = start.map(|at| at + error.offset..at);
            RequirementsError::new(error.reason, self.place(at))
        })?;
        file.requirements.push(Arc::new(line));
        Ok(())
    }

    /// The name of an extra or dependency group, which has the value `item`.
    pub(super) fn name(
        &self,
        name: &str,
        what: &str,
        item: &Item,
    ) -> Result<ExtraName, RequirementsError> {
        name.parse().map_err(|_| {
            let message = format!("`{name}` cannot be the name of {what}");
            RequirementsError::new(message, self.place(item.span()))
                .hint("a name has letters, digits, `-`, `_` and `.`")
        })
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

/// What is required of a place in the repository, as PDM writes it, `common @
/// file:///${PROJECT_ROOT}/../common` or `-e ./common`, by its path from the root of the repository on.
fn within_repository<'t>(text: &'t str, folder: &str) -> Cow<'t, str> {
    const ROOT: &str = "file:///${PROJECT_ROOT}/";
    let of_root = text.split_once(ROOT);
    let editable = text
        .strip_prefix("-e ")
        .filter(|place| place.starts_with('.'));
    let Some((before, rest)) = of_root.or(editable.map(|place| ("", place))) else {
        return Cow::Borrowed(text);
    };
    let (place, marker) = rest.split_once(';').unwrap_or((rest, ""));
    let path = place.split(['#', ' ']).next().unwrap_or_default();
    let extras = before.find('[').zip(before.find(']'));
    let extras = extras.and_then(|(start, end)| before.get(start..=end));
    let Some(path) = RepoPath::new(folder).follow(path) else {
        return Cow::Borrowed(text);
    };
    let marker = match marker.trim() {
        "" => String::new(),
        marker => format!(" ; {marker}"),
    };
    Cow::Owned(format!("./{path}{}{marker}", extras.unwrap_or_default()))
}

/// A requirement without a bound that a build fills in, such as `common=={{ version }}`: it names a
/// project of the same repository.
fn without_template(text: &str) -> Cow<'_, str> {
    let (Some(start), Some(end)) = (text.find("{{"), text.find("}}")) else {
        return Cow::Borrowed(text);
    };
    let before = text[..start].trim_end_matches(['=', '<', '>', '~', '!', ' ']);
    Cow::Owned(format!(
        "{before}{}",
        text.get(end + 2..).unwrap_or_default()
    ))
}
