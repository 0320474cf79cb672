//! Python's exceptions, as far as BUILD files meet them, and what is refused on purpose.

use std::fmt;

/// An exception before it has a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// Which exception Python would raise.
    pub class: ExceptionClass,
    /// What is wrong.
    pub message: String,
}

/// The classes of exceptions that evaluation can end with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExceptionClass {
    /// An `assert` does not hold.
    AssertionError,
    /// A value has no attribute of that name.
    AttributeError,
    /// An index is out of range.
    IndexError,
    /// A dictionary has no such key.
    KeyError,
    /// Nothing has this name.
    NameError,
    /// A floating point number cannot hold the result.
    OverflowError,
    /// `next` has nothing left.
    StopIteration,
    /// The text is no Python.
    SyntaxError,
    /// An operation does not fit the type of a value, or a function its arguments.
    TypeError,
    /// A value is of the right type, and yet none that fits.
    ValueError,
    /// A division by zero.
    ZeroDivisionError,
    /// A `raise` statement of the BUILD file itself.
    Raised,
    /// Python could do it, and BUILD files here cannot.
    Refused(LanguageLimit),
}

/// What Python does and a BUILD file here may not, each with its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LanguageLimit {
    /// Whole numbers of more than 64 bits.
    LargeNumber,
    /// Texts and collections of more than a million parts.
    LargeResult,
    /// Values within values more than 100 deep, and those that contain themselves.
    Nesting,
    /// Digits beyond ASCII.
    ForeignDigits,
    /// The square root of -1.
    ComplexNumber,
    /// Attributes within the fields of `str.format`.
    FormatAttribute,
    /// More steps than a BUILD file may take.
    Endless,
    /// Statements and expressions that are not of the subset.
    Syntax,
}

impl LanguageLimit {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::LargeNumber,
        Self::LargeResult,
        Self::Nesting,
        Self::ForeignDigits,
        Self::ComplexNumber,
        Self::FormatAttribute,
        Self::Endless,
        Self::Syntax,
    ];

    /// Why it is refused.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::LargeNumber => "nothing that a BUILD file counts needs more than 64 bits",
            Self::LargeResult => "a slip such as `'x' * 10 ** 9` would fill the memory",
            Self::Nesting => "a value that contains itself cannot be printed or compared",
            Self::ForeignDigits => "which characters are digits is a table that is not here",
            Self::ComplexNumber => "no field of a target is a complex number",
            Self::FormatAttribute => "texts and collections have no attribute to show",
            Self::Endless => "a BUILD file that does not end would stop every command",
            Self::Syntax => "a BUILD file declares; programs belong into sources",
        }
    }
}

impl Exception {
    /// An exception of `class`.
    #[must_use]
    pub fn new(class: ExceptionClass, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { class, message }
    }

    /// A `TypeError`.
    #[must_use]
    pub fn of_type(message: impl Into<String>) -> Self {
        Self::new(ExceptionClass::TypeError, message)
    }

    /// A `ValueError`.
    #[must_use]
    pub fn of_value(message: impl Into<String>) -> Self {
        Self::new(ExceptionClass::ValueError, message)
    }

    /// What is refused on purpose.
    #[must_use]
    pub fn refused(refusal: LanguageLimit, message: impl Into<String>) -> Self {
        Self::new(ExceptionClass::Refused(refusal), message)
    }

    /// A whole number that does not fit.
    #[must_use]
    pub fn large_number() -> Self {
        Self::refused(LanguageLimit::LargeNumber, "this number is too large")
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Exception {}

/// The name of the class in Python.
impl fmt::Display for ExceptionClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raised => f.write_str("Exception"),
            Self::Refused(_) => f.write_str("NotImplementedError"),
            named => fmt::Debug::fmt(named, f),
        }
    }
}
