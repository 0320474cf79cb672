//! Coverage of the lines that changed: which of them a report of coverage has, and which of these no test ran.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;

/// The lines of a file, from 1.
pub type LineNumbers = BTreeSet<usize>;

/// What of the changed lines tests ran.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangedCoverage {
    /// By path: how many of the changed lines are statements, and which of these are not covered.
    files: BTreeMap<String, (usize, LineNumbers)>,
}

/// A report of coverage in JSON, as far as it counts here.
///
/// Source: <https://coverage.readthedocs.io/en/latest/commands/cmd_json.html>.
#[derive(Deserialize)]
struct CoverageJson {
    files: BTreeMap<String, CoverageFile>,
}

#[derive(Deserialize)]
struct CoverageFile {
    executed_lines: LineNumbers,
    missing_lines: LineNumbers,
}

impl ChangedCoverage {
    /// What a report in JSON says of changed lines, by path. Files that it does not have are not measured.
    ///
    /// # Errors
    /// What is wrong with the report.
    pub fn of(
        report: &str,
        changed: &BTreeMap<String, LineNumbers>,
    ) -> Result<Self, serde_json::Error> {
        let report: CoverageJson = serde_json::from_str(report)?;
        let mut files = BTreeMap::new();
        for (path, lines) in changed {
            let Some(file) = report.files.get(path) else {
                continue;
            };
            let missing: LineNumbers = file.missing_lines.intersection(lines).copied().collect();
            let executed = file.executed_lines.intersection(lines).count();
            if executed + missing.len() > 0 {
                files.insert(path.clone(), (executed + missing.len(), missing));
            }
        }
        Ok(Self { files })
    }

    /// How many changed lines are statements, and how many of these are covered.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let all = self.files.values().map(|(count, _)| count).sum();
        let missing: usize = self.files.values().map(|(_, missing)| missing.len()).sum();
        (all, all - missing)
    }

    /// The percentage that is covered; 100 of nothing.
    #[must_use]
    pub fn percentage(&self) -> f64 {
        match self.counts() {
            (0, _) => 100.0,
            (all, covered) => covered as f64 * 100.0 / all as f64,
        }
    }
}

/// A line for all, then one for each file with lines that are not covered.
impl fmt::Display for ChangedCoverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (all, covered) = self.counts();
        if all == 0 {
            return f.write_str("no changed line is a statement that is measured");
        }
        write!(
            f,
            "{covered} of {all} changed lines are covered ({:.0}%)",
            // 99.6 percent are not all.
            self.percentage().floor()
        )?;
        for (path, (_, missing)) in self.files.iter().filter(|(_, file)| !file.1.is_empty()) {
            write!(f, "\n  {path}: {}", ranges(missing))?;
            f.write_str(match missing.len() {
                1 => " is not covered",
                _ => " are not covered",
            })?;
        }
        Ok(())
    }
}

/// Numbers as `3, 7-9`.
fn ranges(numbers: &LineNumbers) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    let texts = ranges.iter().map(|(first, last)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    });
    texts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"{"meta": {}, "files": {
        "src/a.py": {"executed_lines": [1, 2, 5], "missing_lines": [3, 4, 7, 9]},
        "src/b.py": {"executed_lines": [1], "missing_lines": []}}}"#;

    fn of(changed: &[(&str, &[usize])]) -> ChangedCoverage {
        let changed = changed.iter().map(|(path, lines)| {
            let lines: LineNumbers = lines.iter().copied().collect();
            ((*path).to_owned(), lines)
        });
        ChangedCoverage::of(REPORT, &changed.collect()).unwrap()
    }

    #[test]
    fn only_changed_statements_count() {
        let found = of(&[
            ("src/a.py", &[2, 3, 4, 6, 7]),
            ("src/b.py", &[1]),
            ("c.md", &[1]),
        ]);
        assert_eq!(found.counts(), (5, 2));
        insta::assert_snapshot!(found, @"
        2 of 5 changed lines are covered (40%)
          src/a.py: 3-4, 7 are not covered
        ");
        insta::assert_snapshot!(of(&[("src/a.py", &[9])]), @"
        0 of 1 changed lines are covered (0%)
          src/a.py: 9 is not covered
        ");
        insta::assert_snapshot!(of(&[("src/b.py", &[1])]), @"1 of 1 changed lines are covered (100%)");
        let none = of(&[("src/b.py", &[2])]);
        assert_eq!(none.percentage(), 100.0);
        insta::assert_snapshot!(none, @"no changed line is a statement that is measured");
        assert!(ChangedCoverage::of("{}", &BTreeMap::new()).is_err());
    }
}
