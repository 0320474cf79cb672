//! A file that has a version: alone, or as what a Python module assigns.

/// The text of a version file, taken apart at the version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionFile<'t> {
    before: &'t str,
    version: &'t str,
    after: &'t str,
}

impl<'t> VersionFile<'t> {
    /// Finds the version: what `__version__`, `VERSION` or `version` is assigned at the start of a
    /// line, else the whole text without white space around it.
    #[must_use]
    pub fn parse(text: &'t str) -> Self {
        let found = text.lines().find_map(assigned);
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
    }
}
