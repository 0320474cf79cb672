//! What a person writes after `--python`.

use std::str::FromStr;

use camino::Utf8PathBuf;
use model::{InterpreterConstraints, InterpreterConstraintsError};

/// The Python that a person asks for: by version, by constraint, or by path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PythonRequest {
    /// Any that satisfies, as in `3.12`, `3.12.1` or `CPython>=3.12`.
    Constraints(InterpreterConstraints),
    /// This executable, or the one of this installation or environment.
    Path(Utf8PathBuf),
}

impl FromStr for PythonRequest {
    type Err = InterpreterConstraintsError;

    fn from_str(text: &str) -> Result<Self, InterpreterConstraintsError> {
        if text.contains(['/', '\\']) {
            return Ok(Self::Path(text.into()));
        }
        let version = text.strip_prefix("python").unwrap_or(text);
        let is_version = version.starts_with(|c: char| c.is_ascii_digit());
        let constraint = match version.matches('.').count() {
            _ if !is_version => text.to_owned(),
            0 | 1 => format!("=={version}.*"),
            _ => format!("=={version}"),
        };
        InterpreterConstraints::parse(&[constraint]).map(Self::Constraints)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let request = match text.parse().unwrap() {
            PythonRequest::Constraints(constraints) => constraints.iter().next().unwrap(),
            PythonRequest::Path(path) => format!("path {path}"),
        };
        assert_eq!(request, expect);
    }

    #[test]
    fn versions_constraints_and_paths() {
        check("3.12", "==3.12.*");
        check("3.12.1", "==3.12.1");
        check("python3.11", "==3.11.*");
        check("CPython>=3.12", "CPython>=3.12");
        check("/usr/bin/python3", "path /usr/bin/python3");
    }
}
