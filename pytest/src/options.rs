//! What settings say of how tests run and what is printed of them.

/// Of which tests the output is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OutputPolicy {
    /// Of all.
    All,
    /// Of those that failed.
    #[default]
    Failed,
    /// Of none.
    None,
}

/// A format of coverage's report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoverageReport {
    /// A table on the terminal.
    Console,
    /// `coverage.xml`, as Cobertura has it.
    Xml,
    /// The folder `htmlcov`.
    Html,
    /// The data file, `.coverage`.
    Raw,
    /// `coverage.json`
    Json,
    /// `coverage.lcov`
    Lcov,
}
