//! A file that has a version: alone, or as what a Python module assigns.

use crate::Version;

/// The text of a version file, taken apart at the version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionFile<'t> {
    before: &'t str,
    version: &'t str,
    after: &'t str,
}

impl<'t> VersionFile<'t> {
    /// Finds the version: what `__version__`, `VERSION` or `version` is assigned at the start of a
    /// line, else the first line that is one (PEP 440), else the whole text without white space
    /// around it.
    #[must_use]
    pub fn parse(text: &'t str) -> Self {
        let is_version = |line: &&str| line.parse::<Version>().is_ok();
        let alone = || text.lines().map(str::trim).find(is_version);
        let found = text.lines().find_map(assigned).or_else(alone);
        let version = found.unwrap_or(text.trim());
        let at = version.as_ptr() as usize - text.as_ptr() as usize;
        Self {
            before: &text[..at],
            version,
            after: &text[at + version.len()..],
        }
    }

    /// The version as it is written.
    #[must_use]
    pub fn version(self) -> &'t str {
        self.version
    }

    /// Whether the version is one text among others, as in a Python module.
    #[must_use]
    pub fn is_module(self) -> bool {
        !self.before.trim().is_empty() || !self.after.trim().is_empty()
    }

    /// Whether no version was found among several lines, so that none can be replaced.
    #[must_use]
    pub fn is_other_text(self) -> bool {
        self.version.lines().count() > 1
    }

    /// The same file with another version.
    #[must_use]
    pub fn with_version(self, version: &str) -> String {
        [self.before, version, self.after].concat()
    }
}

/// The text that a line assigns as version.
fn assigned(line: &str) -> Option<&str> {
    let names = ["__version__", "VERSION", "version"];
    let rest = names.iter().find_map(|name| line.strip_prefix(name))?;
    let rest = rest.trim_start();
    let rest = match rest.strip_prefix(':') {
        Some(annotation) => annotation.split_once('=')?.1,
        None => rest.strip_prefix('=')?,
    };
    let value = rest.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Some(value[1..].split_once(quote)?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, version: &str, with_2: &str) {
        let file = VersionFile::parse(text);
        assert_eq!(file.version(), version);
        assert_eq!(file.with_version("2"), with_2);
    }

    #[test]
    fn versions_alone_and_in_modules() {
        check(" 1.0\r\n", "1.0", " 2\r\n");
        check("", "", "2");
        check(
            "# licence\n\nVERSION = \"0.28.0\"\n",
            "0.28.0",
            "# licence\n\nVERSION = \"2\"\n",
        );
        check(
            "__version__: str = '1' # '3'\nx = 1\n",
            "1",
            "__version__: str = '2' # '3'\nx = 1\n",
        );
        check("versions = 1", "versions = 1", "2");
        check("VERSION == '1'", "VERSION == '1'", "2");
        check("# of all\n1.0\nmore\n", "1.0", "# of all\n2\nmore\n");
        assert!(!VersionFile::parse("next\n").is_other_text());
        assert!(VersionFile::parse("setup(\n    version='1',\n)\n").is_other_text());
    }
}
