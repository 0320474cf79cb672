//! A text of a command in which the places of this machine have names.
//!
//! An interpreter or an environment lies elsewhere on each machine. What is keyed has its name, what is run has
//! its path.

use std::fmt;

/// An argument, or a value of the environment: text, and names of locations where paths belong.
///
/// Text is text, whatever braces it has: only [`Template::location`] and [`Template::then_location`] name
/// locations.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Part {
    Text(String),
    Location(String),
}

/// The name of the location that is the sandbox's own folder.
pub(crate) const SANDBOX: &str = "sandbox";

impl Template {
    /// A location by its name in `Action::locations`.
    #[must_use]
    pub fn location(name: &str) -> Self {
        Self::default().then_location(name)
    }

    /// The folder that the action runs in: the sandbox's, or the tree's for one that works in place.
    #[must_use]
    pub fn sandbox() -> Self {
        Self::location(SANDBOX)
    }

    /// Adds text.
    #[must_use]
    pub fn then(mut self, text: &str) -> Self {
        self.parts.push(Part::Text(text.to_owned()));
        self
    }

    /// Adds a location.
    #[must_use]
    pub fn then_location(mut self, name: &str) -> Self {
        self.parts.push(Part::Location(name.to_owned()));
        self
    }

    /// The names of its locations, the sandbox aside.
    pub fn locations(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Location(name) if name != SANDBOX => Some(name.as_str()),
            _ => None,
        })
    }

    /// The names of its locations with the lengths of the texts before each: what its text does not say.
    pub(crate) fn places(&self) -> impl Iterator<Item = String> + '_ {
        let mut length = 0;
        self.parts.iter().filter_map(move |part| match part {
            Part::Text(text) => {
                length += text.len();
                None
            }
            Part::Location(name) => Some(format!("{length} {name}")),
        })
    }

    /// The text with `place` of each location's name in it.
    #[must_use]
    pub fn render(&self, place: impl Fn(&str) -> String) -> String {
        let texts = self.parts.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Location(name) => place(name),
        });
        texts.collect()
    }
}

impl From<&str> for Template {
    fn from(text: &str) -> Self {
        Self::default().then(text)
    }
}

impl From<String> for Template {
    fn from(text: String) -> Self {
        Self::default().then(&text)
    }
}

impl From<&String> for Template {
    fn from(text: &String) -> Self {
        Self::default().then(text)
    }
}

/// As a reader sees it: `{python}/bin/python`.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(|name| format!("{{{name}}}")))
    }
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
