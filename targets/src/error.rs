//! Errors between the files of a folder and the target graph, each with its place and a hint.

use crate::requirements::RequirementsError;
use buildfile::EvalError;
use model::Place;

/// Why the repository cannot be loaded or understood.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder cannot be read.
    #[error(transparent)]
    Io(std::sync::Arc<std::io::Error>),
    /// A BUILD file or prelude cannot be evaluated.
    #[error(transparent)]
    Eval(EvalError),
    /// A requirement file cannot be read.
    #[error(transparent)]
    Requirements(RequirementsError),
    /// A pattern in the settings is invalid.
    #[error("invalid pattern `{pattern}` in `{setting}`: {reason}")]
    Pattern {
        /// The setting that holds it.
        setting: &'static str,
        /// The pattern.
        pattern: String,
        /// Why.
        reason: String,
    },
    /// A glob or file name matches nothing, and the settings make that an error.
    #[error("{message}")]
    Unmatched {
        /// Which, and of what.
        message: String,
        /// Where it is written.
        place: Option<Place>,
    },
    /// Two targets have the same address.
    #[error("{second}: `{address}` is already declared at {first}")]
    Duplicate {
        /// The address.
        address: String,
        /// The first declaration.
        first: Place,
        /// The second.
        second: Place,
    },
    /// A declaration is not valid for its target type.
    #[error("{place}: {message}")]
    Invalid {
        /// What is wrong.
        message: String,
        /// Where.
        place: Place,
        /// What the user may do about it.
        hint: Option<String>,
    },
    /// A resolve that no setting names.
    #[error("{}unknown resolve `{name}`", place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default())]
    UnknownResolve {
        /// The name.
        name: String,
        /// Where it is used, if in a BUILD file.
        place: Option<Place>,
        /// The resolves that there are.
        known: Vec<String>,
    },
    /// No target has this address.
    #[error("{}no target `{address}`{}", place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default(), reason)]
    UnknownTarget {
        /// The address as it was written.
        address: String,
        /// What exactly is missing, beginning with `: `, or empty.
        reason: String,
        /// Where it is written, if in a BUILD file.
        place: Option<Place>,
        /// Addresses that may be meant.
        candidates: Vec<String>,
    },
    /// Visibility rules forbid dependencies.
    #[error("{}", .0.join("\n"))]
    Visibility(Vec<String>),
    /// The ownership of a distribution's code is unclear.
    #[error("{place}: {message}")]
    Distribution {
        /// What is wrong.
        message: String,
        /// The distribution, or the code that has no owner.
        place: Place,
        /// What the user may do about it.
        hint: Option<String>,
    },
}

impl Error {
    /// Where the mistake is, if it is in a file.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Eval(error) => Some(&error.place),
            Self::Requirements(error) => Some(&error.place),
            Self::Duplicate { second, .. } => Some(second),
            Self::Invalid { place, .. } | Self::Distribution { place, .. } => Some(place),
            Self::Unmatched { place, .. }
            | Self::UnknownResolve { place, .. }
            | Self::UnknownTarget { place, .. } => place.as_ref(),
            Self::Io(_) | Self::Pattern { .. } | Self::Visibility(_) => None,
        }
    }

    /// What the user may do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Eval(error) => error.hint.clone(),
            Self::Requirements(error) => error.hint.clone(),
            Self::Invalid { hint, .. } | Self::Distribution { hint, .. } => hint.clone(),
            Self::Duplicate { .. } => Some(
                "give one of them another `name`; a target without one is named after its folder"
                    .to_owned(),
            ),
            Self::UnknownResolve { name, known, .. } => {
                let near = model::nearest(name, known.iter().map(String::as_str));
                Some(match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if known.is_empty() => "declare it under `[python.resolves]`".to_owned(),
                    None => format!(
                        "the resolves are `{}`; declare new ones under `[python.resolves]`",
                        known.join("`, `")
                    ),
                })
            }
            Self::UnknownTarget { candidates, .. } if candidates.len() == 1 => {
                Some(format!("did you mean `{}`?", candidates[0]))
            }
            Self::UnknownTarget { candidates, .. } if !candidates.is_empty() => {
                Some(format!("there are `{}`", candidates.join("`, `")))
            }
            _ => None,
        }
    }
}

/// A warning: something that is probably wrong, although nothing fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphWarning {
    /// What.
    pub message: String,
    /// Where.
    pub place: Option<Place>,
    /// What the user may do about it.
    pub hint: Option<String>,
    /// What it is about.
    pub topic: Topic,
}

/// What a warning is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topic {
    /// An import that nothing provides: the module.
    Unowned(String),
    /// An import that several targets provide: the module.
    Ambiguous(String),
    /// Anything else.
    Other,
}

impl GraphWarning {
    pub(crate) fn new(message: impl Into<String>, place: Option<Place>) -> Self {
        Self {
            message: message.into(),
            place,
            hint: None,
            topic: Topic::Other,
        }
    }

    pub(crate) fn about(mut self, topic: Topic) -> Self {
        self.topic = topic;
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Io(std::sync::Arc::new(error))
    }
}
