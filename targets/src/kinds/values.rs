//! What the fields of target types take.

use buildfile::{Data, Object};
use model::{InterpreterConstraints, nearest};

/// What a field takes. `None` means that it is not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Values {
    /// One text.
    Text,
    /// A list of texts.
    Texts,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A list of some of these texts.
    SomeOf(&'static [&'static str]),
    /// `True` or `False`.
    Flag,
    /// A number above zero.
    Positive,
    /// A number that is not below zero.
    Natural,
    /// The mode of a file: a number, or a text such as `rw-r--r--`.
    Mode,
    /// A number.
    Number,
    /// A dict.
    Dict,
    /// A dict from texts to texts.
    TextsByText,
    /// A dict from texts to lists of texts.
    ListsByText,
    /// A dict from texts to dicts.
    DictsByText,
    /// A list of dicts.
    Dicts,
    /// A list of anything.
    List,
    /// An object such as `python_artifact(…)`.
    Object,
    /// A list of texts such as `CPython>=3.9`.
    Constraints,
    /// A list of patterns that stay within the folder.
    Patterns,
    /// The path of one file within the folder, or what stands for one.
    File,
    /// The address of a target.
    Address,
    /// Addresses of targets, which are dependencies.
    Addresses,
    /// Addresses of targets, which are dependencies, with or without `!` or `!!`.
    Dependencies,
    /// Anything: nothing is known.
    Any,
}

/// What is wrong with a value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ValueProblem {
    /// What the field takes, and what it was given: follows the name of the field.
    pub(crate) message: String,
    /// The text in the value that is wrong, if one is.
    pub(crate) text: Option<String>,
    /// What may be meant by the text.
    pub(crate) near: Option<&'static str>,
}

impl Values {
    /// Reads what the table of types says that a field takes, such as `texts`.
    pub(super) fn read(text: &'static str) -> Option<Self> {
        let choices = |texts: &'static str| -> &'static [&'static str] {
            Vec::leak(texts.split(',').collect())
        };
        Some(match text.split_once(' ') {
            Some(("one", texts)) => Self::OneOf(choices(texts)),
            Some(("some", texts)) => Self::SomeOf(choices(texts)),
            Some(_) => return None,
            None => Self::named(text)?,
        })
    }

    /// What can be named with one word.
    pub const NAMED: &[(&str, Self)] = &[
        ("address", Self::Address),
        ("addresses", Self::Addresses),
        ("any", Self::Any),
        ("constraints", Self::Constraints),
        ("dependencies", Self::Dependencies),
        ("dict", Self::Dict),
        ("dicts", Self::Dicts),
        ("dicts-by-text", Self::DictsByText),
        ("file", Self::File),
        ("flag", Self::Flag),
        ("list", Self::List),
        ("lists-by-text", Self::ListsByText),
        ("mode", Self::Mode),
        ("natural", Self::Natural),
        ("number", Self::Number),
        ("object", Self::Object),
        ("patterns", Self::Patterns),
        ("positive", Self::Positive),
        ("text", Self::Text),
        ("texts", Self::Texts),
        ("texts-by-text", Self::TextsByText),
    ];

    /// What one word names, as settings do.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        let mut all = Self::NAMED.iter();
        all.find(|(name, _)| *name == word)
            .map(|(_, values)| *values)
    }

    /// Checks the value of a field.
    pub(crate) fn check(self, value: &Data) -> Result<(), ValueProblem> {
        match (self, value) {
            (Self::Any, _) | (_, Data::None) => Ok(()),
            (_, Data::Parametrize(choices)) => {
                let named = choices.named.iter().map(|(_, value)| value);
                let mut choices = choices.positional.iter().chain(named);
                choices.try_for_each(|value| self.check(value))
            }
            (Self::Text | Self::Address, Data::Str(_))
            | (Self::Mode, Data::Str(_))
            | (Self::Flag, Data::Bool(_))
            | (Self::Number, Data::Int(_))
            | (Self::Dict, Data::Dict(_))
            | (Self::List, Data::List(_))
            | (Self::Object, Data::Object(_)) => Ok(()),
            (Self::File, Data::Object(object)) => check_download(object),
            // `inherit_path=False` means the text.
            (Self::OneOf(choices), Data::Bool(_)) if choices.contains(&"false") => Ok(()),
            (Self::Positive, Data::Int(number)) if *number > 0 => Ok(()),
            (Self::Natural | Self::Mode, Data::Int(number)) if *number >= 0 => Ok(()),
            (Self::File | Self::OneOf(_), Data::Str(text)) => self.check_text(text),
            (
                Self::Texts
                | Self::SomeOf(_)
                | Self::Constraints
                | Self::Patterns
                | Self::Addresses
                | Self::Dependencies,
                Data::List(items),
            ) => items.iter().try_for_each(|item| match item {
                Data::Str(text) => self.check_text(text),
                other => Err(self.misfit(other)),
            }),
            (Self::Dicts, Data::List(items)) => {
                let fits = |item: &&Data| !matches!(item, Data::Dict(_));
                items
                    .iter()
                    .find(fits)
                    .map_or(Ok(()), |item| Err(self.misfit(item)))
            }
            (Self::TextsByText | Self::ListsByText | Self::DictsByText, Data::Dict(pairs)) => {
                let of_one = |value: &Data| match self {
                    Self::TextsByText => matches!(value, Data::Str(_)),
                    Self::ListsByText => matches!(value, Data::List(_)),
                    _ => matches!(value, Data::Dict(_)),
                };
                let key = |key: &Data| {
                    // `entry_points` takes `stevedore_namespace(…)` for a key.
                    matches!(key, Data::Str(_) | Data::Object(_))
                };
                let misfit = pairs.iter().find_map(|(name, value)| match key(name) {
                    false => Some(name),
                    true => (!of_one(value)).then_some(value),
                });
                misfit.map_or(Ok(()), |value| Err(self.misfit(value)))
            }
            (_, other) => Err(self.misfit(other)),
        }
    }

    /// Checks one of the texts of a value.
    fn check_text(self, text: &str) -> Result<(), ValueProblem> {
        let fault = |message: String| ValueProblem {
            message,
            text: Some(text.to_owned()),
            near: None,
        };
        match self {
            Self::Constraints => {
                let parsed = InterpreterConstraints::parse(&[text]);
                parsed
                    .map(|_| ())
                    .map_err(|error| fault(format!("is wrong: {error}")))
            }
            Self::OneOf(choices) | Self::SomeOf(choices) if !choices.contains(&text) => {
                let near = nearest(text, choices.iter().copied());
                let message = format!("must be one of `{}`, not `{text}`", choices.join("`, `"));
                Err(ValueProblem {
                    near,
                    ..fault(message)
                })
            }
            Self::Patterns | Self::File if leaves_folder(text) => Err(fault(format!(
                "must stay within the folder of the BUILD file, but names `{text}`"
            ))),
            Self::File if text.contains('*') => Err(fault(format!(
                "must name one file, but `{text}` is a pattern"
            ))),
            _ => Ok(()),
        }
    }

    fn misfit(self, value: &Data) -> ValueProblem {
        let takes = match self {
            Self::Text | Self::OneOf(_) => "a text",
            Self::Texts | Self::SomeOf(_) | Self::Constraints => "a list of texts",
            Self::Patterns => "a list of patterns",
            Self::Flag => "`True` or `False`",
            Self::Positive => "a number above zero",
            Self::Natural => "a number that is not below zero",
            Self::Mode => "the mode of a file",
            Self::Number => "a number",
            Self::Dict => "a dict",
            Self::TextsByText => "a dict from texts to texts",
            Self::ListsByText => "a dict from texts to lists of texts",
            Self::DictsByText => "a dict of dicts",
            Self::Dicts => "a list of dicts",
            Self::List => "a list",
            Self::Object => "an object such as `python_artifact(…)`",
            Self::File => "the path of one file",
            Self::Address => "an address",
            Self::Addresses | Self::Dependencies => "a list of addresses",
            Self::Any => "anything",
        };
        ValueProblem {
            message: format!("must be {takes}, not the {} `{value}`", value.type_name()),
            text: value.as_str().map(str::to_owned),
            near: None,
        }
    }
}

/// Checks what stands for a file that is downloaded: `http_source(url, len=…, sha256=…)`.
fn check_download(object: &Object) -> Result<(), ValueProblem> {
    let is_pinned = matches!(object.get("len"), Some(Data::Int(_)))
        && matches!(object.get("sha256"), Some(Data::Str(_)));
    match is_pinned || &*object.name != "http_source" {
        true => Ok(()),
        false => Err(ValueProblem {
            message: "must say what is downloaded by `len`, a number, and `sha256`, a text"
                .to_owned(),
            text: None,
            near: None,
        }),
    }
}

/// Whether a path or pattern leads out of the folder that it counts from.
fn leaves_folder(text: &str) -> bool {
    let text = text.strip_prefix('!').unwrap_or(text);
    text.split('/').any(|part| part == "..")
}
