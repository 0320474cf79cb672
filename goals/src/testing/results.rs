//! What came of a run, as data: for scripts, for a continuous integration's annotations, and for the user who
//! wants to run what failed again.

use std::time::Duration;

use camino::Utf8PathBuf;
use pytest::{ResultLine, ResultOrigin, TestCase, TestVerdict};
use serde_json::{Value, json};

use super::runner::BatchOutcome;
use crate::error::GoalError;
use crate::workflow_command::workflow_command;

/// How the tests came out.
#[derive(Debug, Clone, Default)]
pub struct TestReport {
    /// The summary, in its order.
    pub lines: Vec<ResultLine>,
    /// What came of each batch.
    pub outcomes: Vec<BatchOutcome>,
    /// What else is said at the end.
    pub notes: Vec<String>,
    /// The first page of a coverage report for a browser, relative to the root.
    pub coverage_page: Option<Utf8PathBuf>,
    /// Why reports could not be made or written.
    pub errors: Vec<GoalError>,
    /// The exit code that follows.
    pub exit_code: u8,
    /// Whether the user interrupted the run.
    pub is_interrupted: bool,
}

impl BatchOutcome {
    /// Whether it failed by itself, and would again.
    fn is_failure(&self) -> bool {
        !self.line.succeeded && !self.is_interrupted
    }
}

impl TestReport {
    /// All of it for scripts.
    #[must_use]
    pub fn json(&self) -> Value {
        let tests: Vec<Value> = self.outcomes.iter().map(of_batch).collect();
        json!({"exit_code": self.exit_code, "tests": tests})
    }

    /// What ran, and what failed before and would again.
    pub fn news(&self) -> impl Iterator<Item = &ResultLine> {
        let is_news = |line: &&ResultLine| !line.succeeded || line.origin == ResultOrigin::Ran;
        self.lines.iter().filter(is_news)
    }

    /// What failed, for a next run.
    #[must_use]
    pub fn failures(&self) -> Vec<BatchOutcome> {
        let failures = self.outcomes.iter().filter(|outcome| outcome.is_failure());
        failures.cloned().collect()
    }

    /// The addresses of what failed, sorted.
    #[must_use]
    pub fn failed(&self) -> Vec<&str> {
        let failed = self
            .outcomes
            .iter()
            .filter(|outcome| !outcome.line.succeeded);
        let addresses = failed.flat_map(|outcome| &outcome.addresses);
        let mut addresses: Vec<&str> = addresses.map(String::as_str).collect();
        addresses.sort_unstable();
        addresses
    }

    /// The addresses of what failed and then passed, with the number of attempts.
    pub fn flaky(&self) -> impl Iterator<Item = (&str, usize)> {
        let lines = self.lines.iter().filter(|line| is_flaky(line));
        lines.map(|line| (line.title.as_str(), line.attempts))
    }

    /// The modules that took longest, the longest first.
    #[must_use]
    pub fn slowest(&self, count: usize) -> Vec<(&str, Duration)> {
        let lines = self.lines.iter();
        let mut times: Vec<_> = lines
            .map(|line| (line.title.as_str(), line.elapsed))
            .collect();
        times.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        times.truncate(count);
        times
    }

    /// A workflow command of GitHub for each test that failed.
    ///
    /// Source: <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>.
    #[must_use]
    pub fn annotations(&self) -> Vec<String> {
        self.outcomes.iter().flat_map(annotations).collect()
    }
}

fn is_flaky(line: &ResultLine) -> bool {
    line.succeeded && line.attempts > 1
}

fn of_batch(outcome: &BatchOutcome) -> Value {
    let line = &outcome.line;
    json!({
        "addresses": outcome.addresses,
        "outcome": match (outcome.is_interrupted, line.succeeded) {
            (true, _) => "interrupted",
            (false, true) => "succeeded",
            (false, false) => "failed",
        },
        "exit_code": line.exit_code,
        "seconds": line.elapsed.as_secs_f64(),
        "attempts": line.attempts,
        "flaky": is_flaky(line),
        "source": line.origin.name(),
        "cases": outcome.cases,
    })
}

fn annotations(outcome: &BatchOutcome) -> Vec<String> {
    let failed =
        |case: &&TestCase| matches!(case.verdict, TestVerdict::Failed | TestVerdict::Error);
    let cases: Vec<&TestCase> = outcome.cases.iter().filter(failed).collect();
    let file = outcome.files.first().map_or("", String::as_str);
    if cases.is_empty() && !outcome.line.succeeded {
        let message = format!(
            "{} failed (exit code {})",
            outcome.line.title, outcome.line.exit_code
        );
        let properties = [("file", file.to_owned())];
        return vec![workflow_command("error", &properties, &message)];
    }
    let each = cases.iter().map(|case| {
        let (file, line) = place((&outcome.files, &outcome.output), case);
        let message = case.message.as_deref().unwrap_or("it failed");
        let properties = [
            ("file", file.to_owned()),
            ("line", line.to_string()),
            ("title", case.name.clone()),
        ];
        workflow_command("error", &properties, message)
    });
    each.collect()
}

/// Where a case failed, as pytest prints it: `t/test_a.py:2: AssertionError`.
fn place<'o>((files, output): (&'o [String], &str), case: &TestCase) -> (&'o str, usize) {
    let module = case.classname.replace('.', "/");
    let of_case = |file: &&String| module.starts_with(file.trim_end_matches(".py"));
    let file = files.iter().find(of_case).or(files.first());
    let file = file.map_or("", String::as_str);
    // `TestClass.test_it`, as in the line above what it printed.
    let class = module.strip_prefix(file.trim_end_matches(".py"));
    let class = class.unwrap_or_default().trim_start_matches('/');
    let mut name = class.replace('/', ".");
    if !name.is_empty() {
        name.push('.');
    }
    let heading = format!(" {name}{} ", case.name);
    let start = output.find(&heading).unwrap_or_default();
    let lines = output[start..].lines();
    let mut numbers = lines.filter_map(|line| {
        let rest = line.strip_prefix(file)?.strip_prefix(':')?;
        rest.split(':').next()?.parse().ok()
    });
    (file, numbers.next().unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
____________________ test_it ____________________
    def test_it():
>       assert False
E       assert False

t/test_a.py:2: AssertionError
_______________ TestIt.test_it[1 2] _______________
t/test_a.py:6: in helper
t/test_a.py:9: ValueError
";

    #[test]
    fn cases_have_the_line_below_their_heading() {
        let files = ["t/test_b.py".to_owned(), "t/test_a.py".to_owned()];
        let of = |classname: &str, name: &str| {
            let case = TestCase {
                classname: classname.to_owned(),
                name: name.to_owned(),
                time: 0.0,
                verdict: TestVerdict::Failed,
                message: None,
            };
            let (file, line) = place((&files, OUTPUT), &case);
            format!("{file}:{line}")
        };
        assert_eq!(of("t.test_a", "test_it"), "t/test_a.py:2");
        assert_eq!(of("t.test_a.TestIt", "test_it[1 2]"), "t/test_a.py:6");
        assert_eq!(of("t.test_b", "test_none"), "t/test_b.py:1");
    }
}
