//! What a distribution says of modules: the fields `Requires`, `Provides` and `Obsoletes` of PEP 314, which nothing
//! resolves any more and setuptools still writes.

use std::sync::LazyLock;

use regex::Regex;

/// Modules and packages, each with versions in brackets: `xml.parsers (>=1.0)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleRelations {
    /// `Requires`.
    pub requires: Vec<String>,
    /// `Provides`, with one version each.
    pub provides: Vec<String>,
    /// `Obsoletes`.
    pub obsoletes: Vec<String>,
}

const NAME: &str = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*";
const VERSION: &str = r"\d+\.\d+(?:\.\d+)?(?:[ab]\d+)?";

fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

impl ModuleRelations {
    /// Whether a text is a module that is required or obsolete, as setuptools reads it.
    #[must_use]
    pub fn is_predicate(text: &str) -> bool {
        static PREDICATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
            let bound = format!(r"\s*(?:<=|>=|<|>|!=|==)\s*{VERSION}\s*");
            pattern(&format!(r"^\s*{NAME}\s*(?:\({bound}(?:,{bound})*\)\s*)?$"))
        });
        PREDICATE.as_ref().is_some_and(|known| known.is_match(text))
    }

    /// Whether a text is a module that is provided.
    #[must_use]
    pub fn is_provided(text: &str) -> bool {
        static PROVIDED: LazyLock<Option<Regex>> =
            LazyLock::new(|| pattern(&format!(r"^\s*{NAME}(?:\s*\(\s*{VERSION}\s*\))?\s*$")));
        PROVIDED.as_ref().is_some_and(|known| known.is_match(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Beside setuptools 80.9.
    #[test]
    fn as_setuptools_reads_them() {
        for text in [
            "sys",
            "xml.parsers (>=1.0)",
            "a (>=1.0, <2.0a1)",
            " a ",
            "a(==1.0.2)",
        ] {
            assert!(ModuleRelations::is_predicate(text), "{text}");
        }
        for text in [
            "a b!",
            "foo-bar",
            "foo>=1.0",
            "foo (>=1,<2)",
            "foo ()",
            "1a",
            "foo (1.0)",
            "",
        ] {
            assert!(!ModuleRelations::is_predicate(text), "{text}");
        }
        for text in ["foo", "foo.bar (1.0)", "  foo "] {
            assert!(ModuleRelations::is_provided(text), "{text}");
        }
        for text in ["foo (x y)", "foo (>=1.0)", "foo ()", "foo-bar"] {
            assert!(!ModuleRelations::is_provided(text), "{text}");
        }
    }
}
