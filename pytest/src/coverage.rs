//! The configuration of coverage as tests need it: the repository's own, with file names that are
//! relative, since each test runs in a folder of its own.
//!
//! Source: <https://coverage.readthedocs.io/en/latest/config.html>.

use toml_edit::{DocumentMut, Item, Table, value};

/// How a configuration file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoverageFileFormat {
    /// `.coveragerc`, and `setup.cfg` and `tox.ini`, whose sections start with `coverage:`.
    Ini,
    /// `pyproject.toml`
    Toml,
}

impl CoverageFileFormat {
    /// The format of a file by its name.
    #[must_use]
    pub fn of(path: &str) -> Self {
        match path.ends_with(".toml") {
            true => Self::Toml,
            false => Self::Ini,
        }
    }

    /// The name under which tests find the configuration: coverage reads it by its ending.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Ini => ".coveragerc",
            Self::Toml => ".coverage.toml",
        }
    }
}

/// Whether a file in the root holds a configuration of coverage.
#[must_use]
pub fn names_coverage(name: &str, text: &str) -> bool {
    match name {
        ".coveragerc" => true,
        "setup.cfg" | "tox.ini" => text.contains("[coverage:"),
        "pyproject.toml" => text.contains("[tool.coverage"),
        _ => false,
    }
}

/// The configuration with `relative_files`, whatever it says itself.
///
/// # Errors
/// What is wrong with a TOML file.
pub fn coverage_configuration(format: CoverageFileFormat, text: &str) -> Result<String, String> {
    match format {
        CoverageFileFormat::Ini => Ok(with_relative_ini(text)),
        CoverageFileFormat::Toml => with_relative_toml(text),
    }
}

fn with_relative_ini(text: &str) -> String {
    const LINE: &str = "relative_files = True";
    let section = match text.lines().any(|line| line.trim() == "[coverage:run]") {
        true => "[coverage:run]",
        false => "[run]",
    };
    let mut lines = Vec::new();
    let mut is_within = false;
    let mut is_written = false;
    for line in text.lines() {
        let key = line.split(['=', ':']).next().unwrap_or_default();
        if line.starts_with('[') {
            is_within = line.trim() == section;
            lines.push(line);
            if is_within && !is_written {
                lines.push(LINE);
                is_written = true;
            }
        } else if !is_within || key.trim() != "relative_files" {
            lines.push(line);
        }
    }
    if !is_written {
        lines.extend([section, LINE]);
    }
    lines.join("\n") + "\n"
}

fn with_relative_toml(text: &str) -> Result<String, String> {
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| error.to_string())?;
    let mut item = document.as_item_mut();
    for name in ["tool", "coverage", "run"] {
        let table = item
            .as_table_like_mut()
            .ok_or_else(|| format!("`{name}` is not in a table"))?;
        item = table.entry(name).or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
    }
    let run = item
        .as_table_like_mut()
        .ok_or("`tool.coverage.run` is no table")?;
    run.insert("relative_files", value(true));
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ini(text: &str) -> String {
        coverage_configuration(CoverageFileFormat::Ini, text).unwrap()
    }

    #[test]
    fn files_become_relative() {
        assert_eq!(ini(""), "[run]\nrelative_files = True\n");
        assert_eq!(
            ini("[run]\nbranch = True\nrelative_files = false\n[report]\nomit =\n    */test_*\n"),
            "[run]\nrelative_files = True\nbranch = True\n[report]\nomit =\n    */test_*\n"
        );
        assert_eq!(
            ini("[metadata]\nname = a\n[coverage:run]\nbranch = True\n"),
            "[metadata]\nname = a\n[coverage:run]\nrelative_files = True\nbranch = True\n"
        );
        let toml = |text| coverage_configuration(CoverageFileFormat::Toml, text);
        assert_eq!(
            toml("[tool.coverage.run]\nrelative_files = false\nbranch = true\n").unwrap(),
            "[tool.coverage.run]\nrelative_files = true\nbranch = true\n"
        );
        assert_eq!(
            toml("[tool.coverage.report]\nfail_under = 9\n").unwrap(),
            "[tool.coverage.report]\nfail_under = 9\n\n[tool.coverage.run]\nrelative_files = true\n"
        );
        assert!(toml("[tool").is_err());
        assert!(toml("tool = 1").is_err());
    }

    #[test]
    fn which_files_are_of_coverage() {
        assert!(names_coverage(".coveragerc", ""));
        assert!(names_coverage("setup.cfg", "[coverage:run]\n"));
        assert!(names_coverage("pyproject.toml", "[tool.coverage.report]\n"));
        assert!(!names_coverage("pyproject.toml", "[tool.black]\n"));
        assert!(!names_coverage("tox.ini", "[tox]\n"));
    }
}
