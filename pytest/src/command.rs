//! The command line of pytest.

/// What pytest is told.
#[derive(Debug, Clone, Default)]
pub struct PytestCommand<'a> {
    /// `[pytest] args`, then what the user passed through.
    pub arguments: &'a [String],
    /// The configuration file, if one is named: pytest then looks for no other.
    pub configuration: Option<&'a str>,
    /// The number of processes of pytest-xdist.
    pub processes: Option<usize>,
    /// Whether pytest's output has colours; without it as pytest decides on its terminal.
    pub color: Option<OutputColor>,
    /// The junit report.
    pub junit: Option<JunitArguments<'a>>,
    /// What is measured.
    pub coverage: Option<CoverageArguments<'a>>,
    /// The modules.
    pub files: &'a [String],
}

/// Whether output has colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputColor {
    /// It has.
    Colored,
    /// It has none.
    Plain,
}

/// The junit report that pytest writes.
#[derive(Debug, Clone, Copy)]
pub struct JunitArguments<'a> {
    /// Its path.
    pub path: &'a str,
    /// Its dialect: `xunit2`.
    pub family: &'a str,
}

/// What pytest-cov measures.
#[derive(Debug, Clone, Copy)]
pub struct CoverageArguments<'a> {
    /// The configuration file of coverage.
    pub configuration: &'a str,
    /// Folders or modules.
    pub sources: &'a [String],
}

impl PytestCommand<'_> {
    /// The arguments of pytest, in the order of Pants: what is named last counts with pytest, and the
    /// user's arguments come first.
    #[must_use]
    pub fn line(&self) -> Vec<String> {
        let mut line = self.arguments.to_vec();
        if let Some(configuration) = self.configuration {
            line.extend(["-c".to_owned(), configuration.to_owned()]);
        }
        if let Some(processes) = self.processes {
            line.extend(["-n".to_owned(), processes.to_string()]);
        }
        line.extend(self.color.map(|color| match color {
            OutputColor::Colored => "--color=yes".to_owned(),
            OutputColor::Plain => "--color=no".to_owned(),
        }));
        if let Some(junit) = self.junit {
            line.push(format!("--junit-xml={}", junit.path));
            line.extend(["-o".to_owned(), format!("junit_family={}", junit.family)]);
        }
        if let Some(coverage) = self.coverage {
            line.push("--cov-report=".to_owned());
            line.push(format!("--cov-config={}", coverage.configuration));
            line.extend(
                coverage
                    .sources
                    .iter()
                    .map(|source| format!("--cov={source}")),
            );
        }
        line.extend_from_slice(self.files);
        line
    }
}

/// The name of a batch's report without its ending: `t.test_a.py.tests`, or `batch-of-FIRST+N-files`.
#[must_use]
pub fn report_name(addresses: &[&str]) -> String {
    let first = addresses.first().copied().unwrap_or_default();
    let name: String = first
        .trim_start_matches("//")
        .chars()
        .map(|c| match c {
            '/' | ':' | '#' => '.',
            c => c,
        })
        .collect();
    match addresses.len() {
        0 | 1 => name,
        more => format!("batch-of-{name}+{}-files", more - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_pants() {
        let arguments = ["-k".to_owned(), "alpha".to_owned()];
        let (files, sources) = (["t/test_a.py".to_owned()], ["src".to_owned()]);
        let command = PytestCommand {
            arguments: &arguments,
            configuration: Some("cfg.ini"),
            processes: Some(3),
            color: Some(OutputColor::Plain),
            junit: Some(JunitArguments {
                path: "t.test_a.py.xml",
                family: "xunit2",
            }),
            coverage: Some(CoverageArguments {
                configuration: ".coveragerc",
                sources: &sources,
            }),
            files: &files,
        };
        insta::assert_snapshot!(command.line().join(" "), @"-k alpha -c cfg.ini -n 3 --color=no --junit-xml=t.test_a.py.xml -o junit_family=xunit2 --cov-report= --cov-config=.coveragerc --cov=src t/test_a.py");
        assert_eq!(PytestCommand::default().line(), [""; 0]);
    }

    #[test]
    fn names_of_reports() {
        assert_eq!(report_name(&["t/test_a.py:tests"]), "t.test_a.py.tests");
        assert_eq!(report_name(&["//test_a.py:root"]), "test_a.py.root");
        assert_eq!(
            report_name(&["t/a.py", "t/b.py", "t/c.py"]),
            "batch-of-t.a.py+2-files"
        );
        assert_eq!(report_name(&["t/a.py:p@resolve=x"]), "t.a.py.p@resolve=x");
    }
}
