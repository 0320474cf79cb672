//! Finds the first interpreter of a search path that a resolve may use.

use std::fmt;

use camino::Utf8PathBuf;
use model::InterpreterConstraints;

use super::ask::Interpreters;
use super::interpreter::Interpreter;
use super::request::PythonRequest;
use super::search_path::{PythonCandidate, PythonLocations, SearchOrigin, SearchPath};

/// No interpreter fits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct NoInterpreter {
    /// What had to be satisfied, as text.
    pub constraints: Vec<String>,
    /// What was found, in the order of the search.
    pub found: Vec<UnfitInterpreter>,
    /// What would fit, as `Requires-Python` spells it.
    pub would_fit: String,
    /// Whether only what a person asked for was looked at.
    pub asked: bool,
}

/// An executable that was found and does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnfitInterpreter {
    /// The executable.
    pub executable: Utf8PathBuf,
    /// Where it was found.
    pub origin: SearchOrigin,
    /// Why it cannot be used.
    pub why: UnfitReason,
}

/// Why an executable cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnfitReason {
    /// It is another Python.
    Other {
        /// `CPython` or `PyPy`.
        implementation: String,
        /// The full version.
        version: String,
    },
    /// It did not answer as an interpreter does; the reason.
    NoAnswer(String),
}

impl Interpreters {
    /// The first interpreter on `search_path` that satisfies `constraints`.
    ///
    /// # Errors
    /// Where none does: with every executable that was found.
    pub fn find(
        &self,
        constraints: &InterpreterConstraints,
        search_path: &SearchPath,
        places: &PythonLocations,
    ) -> Result<Interpreter, NoInterpreter> {
        self.first_fit(search_path.candidates(places), constraints)
    }

    /// The interpreter that a person asks for; it must satisfy `constraints` as well.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn find_requested(
        &self,
        request: &PythonRequest,
        constraints: &InterpreterConstraints,
        (search_path, places): (&SearchPath, &PythonLocations),
    ) -> Result<Interpreter, NoInterpreter> {
        match request {
            PythonRequest::Path(path) => {
                let given = SearchPath::given(&executable_of(places.root.join(path)));
                let asked = |candidate| PythonCandidate {
                    origin: SearchOrigin::Asked,
                    ..candidate
                };
                self.first_fit(given.candidates(places).map(asked), constraints)
                    .map_err(NoInterpreter::asked)
            }
            PythonRequest::Constraints(wanted) => {
                let candidates = search_path.candidates(places);
                let fits = candidates.filter(|candidate| {
                    self.ask(&candidate.executable)
                        .is_ok_and(|python| fits(&python, wanted))
                });
                self.first_fit(fits, constraints).map_err(|no| {
                    if no.found.is_empty() {
                        self.none_of(wanted, search_path, places)
                    } else {
                        no.asked()
                    }
                })
            }
        }
    }

    /// The interpreter of the lowest version on `search_path` that satisfies `constraints`: what Pants
    /// runs code with.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn find_lowest(
        &self,
        constraints: &InterpreterConstraints,
        search_path: &SearchPath,
        places: &PythonLocations,
    ) -> Result<Interpreter, NoInterpreter> {
        let may_fit = |candidate: &PythonCandidate| {
            let called = candidate.called();
            called.is_none_or(|version| constraints.contains(&version))
        };
        let asked = search_path
            .candidates(places)
            .filter(may_fit)
            .filter_map(|candidate| self.ask(&candidate.executable).ok());
        let fitting = asked.filter(|python| fits(python, constraints));
        match fitting.min_by(|a, b| a.version().cmp(b.version())) {
            Some(lowest) => Ok(lowest),
            None => self.find(constraints, search_path, places),
        }
    }

    fn none_of(
        &self,
        wanted: &InterpreterConstraints,
        search_path: &SearchPath,
        places: &PythonLocations,
    ) -> NoInterpreter {
        match self.find(wanted, search_path, places) {
            Err(no) => no,
            Ok(_) => NoInterpreter::new(wanted, Vec::new()),
        }
    }

    fn first_fit(
        &self,
        candidates: impl Iterator<Item = PythonCandidate>,
        constraints: &InterpreterConstraints,
    ) -> Result<Interpreter, NoInterpreter> {
        let mut found = Vec::new();
        for candidate in candidates {
            let called = candidate.called();
            let PythonCandidate { executable, origin } = candidate;
            let why = match called.filter(|version| !constraints.contains(version)) {
                // To ask each that cannot fit would take longer than all else.
                Some(version) => UnfitReason::Other {
                    implementation: "CPython".to_owned(),
                    version: version.to_string(),
                },
                None => match self.ask(&executable) {
                    Ok(python) if fits(&python, constraints) => return Ok(python),
                    Ok(python) => UnfitReason::Other {
                        implementation: python.implementation().to_owned(),
                        version: python.version().to_string(),
                    },
                    Err(error) => UnfitReason::NoAnswer(error.to_string()),
                },
            };
            found.push(UnfitInterpreter {
                executable,
                origin,
                why,
            });
        }
        Err(NoInterpreter::new(constraints, found))
    }
}

impl NoInterpreter {
    fn new(constraints: &InterpreterConstraints, found: Vec<UnfitInterpreter>) -> Self {
        Self {
            constraints: constraints.iter().collect(),
            found,
            would_fit: constraints.requires_python(),
            asked: false,
        }
    }

    fn asked(self) -> Self {
        Self {
            asked: true,
            ..self
        }
    }
}

fn fits(python: &Interpreter, constraints: &InterpreterConstraints) -> bool {
    constraints
        .marker()
        .evaluate(python.marker_environment(), &[])
}

fn executable_of(path: Utf8PathBuf) -> Utf8PathBuf {
    [
        "bin/python3",
        "bin/python",
        "python.exe",
        "Scripts/python.exe",
    ]
    .into_iter()
    .map(|inside| path.join(inside))
    .find(|executable| path.is_dir() && executable.is_file())
    .unwrap_or(path)
}

/// The headline, then a line for each executable that was found.
impl fmt::Display for NoInterpreter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let constraints: Vec<String> = self.constraints.iter().map(|c| format!("`{c}`")).collect();
        let constraints = constraints.join(" or ");
        if self.asked {
            write!(f, "the Python that was asked for is none for {constraints}")?;
        } else {
            write!(f, "no Python for {constraints} was found")?;
        }
        if self.found.is_empty() {
            write!(f, ", nor any other")?;
        }
        for found in &self.found {
            let UnfitInterpreter {
                executable,
                origin,
                why,
            } = found;
            match why {
                UnfitReason::Other {
                    implementation,
                    version,
                } => {
                    write!(
                        f,
                        "\n  {implementation} {version} is at {executable} ({origin})"
                    )?;
                }
                UnfitReason::NoAnswer(reason) => {
                    write!(f, "\n  {executable} ({origin}): {reason}")?
                }
            }
        }
        write!(f, "\n  a Python {} would fit", self.would_fit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files;
    use crate::python::interpreter::tests::invented;
    use camino::Utf8Path;

    /// A machine with invented interpreters, `3.12.1` and so on, in pyenv's folder.
    fn machine(versions: &[&str]) -> (tempfile::TempDir, PythonLocations) {
        let temp = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(temp.path()).unwrap().to_owned();
        for version in versions {
            let python = invented(|facts| {
                facts["marker_environment"]["python_full_version"] = (*version).into()
            });
            let facts = serde_json::to_string(python.facts()).unwrap();
            let path = root.join(format!("pyenv/versions/{version}/bin/python3"));
            let text = format!("#!/bin/sh\ncat << END\n{facts}\nEND\n");
            files::write_atomically(&path, text.as_bytes()).unwrap();
            files::make_executable(&path).unwrap();
        }
        let places = PythonLocations {
            pyenv: Some(root.join("pyenv")),
            root,
            ..PythonLocations::default()
        };
        (temp, places)
    }

    fn check(versions: &[&str], constraint: &str, request: Option<&str>) -> String {
        let (_temp, places) = machine(versions);
        let interpreters = Interpreters::new(&places.root.join("cache"));
        let constraints = InterpreterConstraints::parse(&[constraint]).unwrap();
        let search_path = SearchPath::default();
        let result = match request {
            None => interpreters.find(&constraints, &search_path, &places),
            Some(request) => interpreters.find_requested(
                &request.parse().unwrap(),
                &constraints,
                (&search_path, &places),
            ),
        };
        match result {
            Ok(python) => python.version().to_string(),
            Err(error) => error.to_string().replace(places.root.as_str(), "ROOT"),
        }
    }

    #[test]
    fn the_newest_that_satisfies() {
        assert_eq!(
            check(&["3.11.7", "3.12.1", "3.9.18"], "CPython>=3.9,<3.12", None),
            "3.11.7"
        );
    }

    #[test]
    fn a_request_chooses_among_those_that_satisfy() {
        assert_eq!(
            check(&["3.11.7", "3.12.1"], "CPython>=3.9", Some("3.11")),
            "3.11.7"
        );
    }

    #[test]
    fn nothing_fits() {
        insta::assert_snapshot!(check(&["3.11.7", "3.9.18"], "CPython==3.12.*", None), @"
        no Python for `CPython==3.12.*` was found
          CPython 3.11.7 is at ROOT/pyenv/versions/3.11.7/bin/python3 (pyenv)
          CPython 3.9.18 is at ROOT/pyenv/versions/3.9.18/bin/python3 (pyenv)
          a Python >=3.12,<3.13 would fit
        ");
        insta::assert_snapshot!(check(&["3.11.7"], "CPython==3.11.*", Some("3.10")), @"
        no Python for `==3.10.*` was found
          CPython 3.11.7 is at ROOT/pyenv/versions/3.11.7/bin/python3 (pyenv)
          a Python >=3.10,<3.11 would fit
        ");
        insta::assert_snapshot!(check(&["3.11.7", "3.12.1"], "CPython==3.11.*", Some("3.12")), @"
        the Python that was asked for is none for `CPython==3.11.*`
          CPython 3.12.1 is at ROOT/pyenv/versions/3.12.1/bin/python3 (pyenv)
          a Python >=3.11,<3.12 would fit
        ");
    }
}
