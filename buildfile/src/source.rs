//! A parsed BUILD file or prelude, with its text for messages.

use std::sync::Arc;

use ruff_python_ast::{ModModule, Stmt};
use ruff_python_parser::{InterpolatedStringErrorType, LexicalErrorType, ParseErrorType};
use ruff_text_size::TextSize;

use model::Place;

use crate::error::EvalError;
use crate::exception::{Exception, ExceptionClass, LanguageLimit};
use crate::nesting::nesting;

/// A BUILD file or prelude: its path, text and syntax tree.
#[derive(Debug)]
pub struct BuildFile {
    path: Arc<str>,
    text: String,
    module: ModModule,
    /// Whether somebody wrote the text: no line of a text that nobody wrote is shown.
    is_written: bool,
}

impl BuildFile {
    /// Parses `text`, the contents of the file at `path`.
    ///
    /// # Errors
    /// The first syntax error, with its place.
    pub fn parse(path: impl Into<Arc<str>>, text: String) -> Result<Self, EvalError> {
        let path = path.into();
        let nesting = nesting(&text);
        if let Some(at) = nesting.too_deep {
            let message = "expressions are nested too deeply";
            return Err(EvalError::new(
                Exception::refused(LanguageLimit::Nesting, message),
                Place::at(path, &text, at),
            ));
        }
        match ruff_python_parser::parse_module(&text) {
            Ok(parsed) => Ok(Self {
                module: parsed.into_syntax(),
                path,
                text,
                is_written: true,
            }),
            Err(error) if is_open_text(&error.error) => Err(EvalError::new(
                Exception::new(
                    ExceptionClass::SyntaxError,
                    "cannot parse: the text that begins here has no closing quote".to_owned(),
                ),
                Place::at(path, &text, error.location.start().to_usize()),
            )),
            Err(_) if nesting.unclosed.is_some() => {
                let (at, bracket) = nesting.unclosed.unwrap_or_default();
                let message = format!("cannot parse: `{bracket}` is never closed");
                Err(EvalError::new(
                    Exception::new(ExceptionClass::SyntaxError, message),
                    Place::at(path, &text, at),
                ))
            }
            Err(error) => Err(EvalError::new(
                Exception::new(
                    ExceptionClass::SyntaxError,
                    format!("cannot parse: {}", error.error),
                ),
                Place::at(path, &text, error.location.start().to_usize()),
            )),
        }
    }

    /// The same, where the text follows from what stands in the file at `path`: places in it are the whole file.
    #[must_use]
    pub fn inferred(self) -> Self {
        Self {
            is_written: false,
            ..self
        }
    }

    /// The path relative to the repository root.
    #[must_use]
    pub fn path(&self) -> &Arc<str> {
        &self.path
    }

    /// What was parsed.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn body(&self) -> &[Stmt] {
        &self.module.body
    }

    pub(crate) fn place(&self, offset: TextSize) -> Place {
        self.place_at(offset.to_usize())
    }

    /// The place of the first `text` at or after byte `offset`.
    pub(crate) fn find_after(&self, offset: u32, text: &str) -> Option<Place> {
        let start = offset as usize;
        let at = self.text.get(start..)?.find(text)?;
        Some(self.place_at(start + at))
    }

    fn place_at(&self, offset: usize) -> Place {
        let path = Arc::clone(&self.path);
        match self.is_written {
            true => Place::at(path, &self.text, offset),
            false => Place::file(path),
        }
    }
}

/// Whether a text has no closing quote.
fn is_open_text(error: &ParseErrorType) -> bool {
    let ParseErrorType::Lexical(error) = error else {
        return false;
    };
    match error {
        LexicalErrorType::UnclosedStringError => true,
        LexicalErrorType::FStringError(error) | LexicalErrorType::TStringError(error) => matches!(
            error,
            InterpolatedStringErrorType::UnterminatedString
                | InterpolatedStringErrorType::UnterminatedTripleQuotedString
        ),
        _ => false,
    }
}
