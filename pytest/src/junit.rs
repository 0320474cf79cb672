//! Junit reports as pytest writes them, read and merged.
//!
//! Source: <https://docs.pytest.org/en/stable/how-to/output.html#creating-junitxml-format-files>.

use std::io;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesEnd, BytesStart, Event};
use quick_xml::{Reader, Writer};
use serde::Serialize;

/// A report that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum JunitError {
    /// It is no XML.
    #[error("not XML: {0}")]
    Xml(#[from] quick_xml::Error),
    /// An attribute cannot be read.
    #[error("not XML: {0}")]
    Attribute(#[from] quick_xml::events::attributes::AttrError),
    /// It ends before its last element is closed.
    #[error("it ends within an element")]
    Unclosed,
    /// It has no element at all.
    #[error("it has no element")]
    Empty,
    /// It cannot be written.
    #[error("{0}")]
    Unwritten(#[from] io::Error),
}

/// The cases of a report.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct JunitReport {
    /// In the order of the report.
    pub cases: Vec<TestCase>,
}

/// One test.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TestCase {
    /// `t.test_a.TestClass`
    pub classname: String,
    /// `test_x[1]`
    pub name: String,
    /// Seconds.
    pub time: f64,
    /// How it came out.
    pub verdict: TestVerdict,
    /// The message of a failure or error, or the reason of a skip.
    pub message: Option<String>,
}

/// How a test came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TestVerdict {
    /// It passed.
    Passed,
    /// An assertion failed, or it raised.
    Failed,
    /// A fixture or the collection failed.
    Error,
    /// It did not run.
    Skipped,
}

impl JunitReport {
    /// Reads a report.
    ///
    /// # Errors
    /// It is no XML, or only a part of a report.
    pub fn parse(text: &str) -> Result<Self, JunitError> {
        let mut reader = Reader::from_str(text);
        let mut report = Self::default();
        let mut depth = 0_usize;
        let mut is_empty = true;
        loop {
            match reader.read_event()? {
                Event::Start(element) => {
                    depth += 1;
                    is_empty = false;
                    report.note(&element)?;
                }
                Event::Empty(element) => {
                    is_empty = false;
                    report.note(&element)?;
                }
                Event::End(_) => depth = depth.saturating_sub(1),
                Event::Eof if depth > 0 => return Err(JunitError::Unclosed),
                Event::Eof if is_empty => return Err(JunitError::Empty),
                Event::Eof => return Ok(report),
                _ => {}
            }
        }
    }

    /// The number of cases with a verdict.
    #[must_use]
    pub fn count(&self, verdict: TestVerdict) -> usize {
        self.cases
            .iter()
            .filter(|case| case.verdict == verdict)
            .count()
    }

    fn note(&mut self, element: &BytesStart<'_>) -> Result<(), JunitError> {
        let verdict = match element.name().as_ref() {
            "testcase" => {
                let text =
                    |name| Ok::<_, JunitError>(attribute(element, name)?.unwrap_or_default());
                self.cases.push(TestCase {
                    classname: text("classname")?,
                    name: text("name")?,
                    time: text("time")?.parse().unwrap_or_default(),
                    verdict: TestVerdict::Passed,
                    message: None,
                });
                return Ok(());
            }
            "failure" => TestVerdict::Failed,
            "error" => TestVerdict::Error,
            "skipped" => TestVerdict::Skipped,
            _ => return Ok(()),
        };
        let message = attribute(element, "message")?;
        if let Some(case) = self.cases.last_mut() {
            case.verdict = verdict;
            case.message = message;
        }
        Ok(())
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Result<Option<String>, JunitError> {
    for attribute in element.attributes() {
        let attribute = attribute?;
        if attribute.key.as_ref() == name {
            return Ok(Some(
                attribute
                    .normalized_value(XmlVersion::Explicit1_0)?
                    .into_owned(),
            ));
        }
    }
    Ok(None)
}

/// A report of tests that passed in the end, with how they failed at earlier attempts, as Maven's Surefire writes it.
/// What is of no test that it has is told of its first.
///
/// Source: <https://maven.apache.org/surefire/maven-surefire-plugin/examples/rerun-failing-tests.html>.
///
/// # Errors
/// It is no report.
pub fn with_earlier_failures(text: &str, earlier: &[TestCase]) -> Result<String, JunitError> {
    let report = JunitReport::parse(text)?;
    let is_known = |failure: &TestCase| report.cases.iter().any(|case| case.is_of(failure));
    let mut reader = Reader::from_str(text);
    let mut writer = Writer::new(Vec::new());
    let mut cases = report.cases.iter().enumerate();
    loop {
        let event = reader.read_event()?;
        let (element, is_open) = match &event {
            Event::Eof => break,
            Event::Start(element) => (element, true),
            Event::Empty(element) => (element, false),
            _ => {
                writer.write_event(event)?;
                continue;
            }
        };
        let case = match element.name().as_ref() {
            "testcase" => cases.next(),
            _ => None,
        };
        let of_case = |failure: &&TestCase| {
            case.is_some_and(|(at, case)| case.is_of(failure) || (at == 0 && !is_known(failure)))
        };
        let failures: Vec<&TestCase> = earlier.iter().filter(of_case).collect();
        if failures.is_empty() {
            writer.write_event(event)?;
            continue;
        }
        writer.write_event(Event::Start(element.borrow()))?;
        for failure in failures {
            let name = match failure.verdict {
                TestVerdict::Failed => "flakyFailure",
                _ => "flakyError",
            };
            let mut flaky = BytesStart::new(name);
            flaky.push_attribute(("message", failure.message.as_deref().unwrap_or_default()));
            writer.write_event(Event::Empty(flaky))?;
        }
        if !is_open {
            writer.write_event(Event::End(BytesEnd::new("testcase")))?;
        }
    }
    Ok(String::from_utf8_lossy(&writer.into_inner()).into_owned())
}

impl TestCase {
    /// Whether both are of the same test.
    fn is_of(&self, other: &Self) -> bool {
        (&self.classname, &self.name) == (&other.classname, &other.name)
    }
}

/// One report with the suites of all of these, in their order. Reports that cannot be read are left out
/// by the caller, who says which they are.
///
/// # Errors
/// One of them is no report.
pub fn merged<'t>(reports: impl IntoIterator<Item = &'t str>) -> Result<String, JunitError> {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?><testsuites>");
    for report in reports {
        JunitReport::parse(report)?;
        let start = report
            .find("<testsuite ")
            .or_else(|| report.find("<testsuite>"));
        let end = report
            .rfind("</testsuite>")
            .map(|at| at + "</testsuite>".len());
        if let (Some(start), Some(end)) = (start, end) {
            text.push_str(&report[start..end]);
        }
    }
    text.push_str("</testsuites>\n");
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="pytest" errors="0" failures="1" skipped="1" tests="3" time="0.05"><testcase classname="t.test_a" name="test_ok[&lt;1&gt;]" time="0.001" /><testcase classname="t.test_a" name="test_no" time="0.002"><failure message="assert 1 == 2&#10;one">def test_no():</failure></testcase><testcase classname="t.test_a" name="test_skip" time="0.000"><skipped type="pytest.skip" message="why">x</skipped></testcase></testsuite></testsuites>"#;

    #[test]
    fn cases_with_their_verdicts() {
        let report = JunitReport::parse(REPORT).unwrap();
        let cases: Vec<_> = report
            .cases
            .iter()
            .map(|case| (case.name.as_str(), case.verdict, case.message.as_deref()))
            .collect();
        assert_eq!(
            cases,
            [
                ("test_ok[<1>]", TestVerdict::Passed, None),
                ("test_no", TestVerdict::Failed, Some("assert 1 == 2\none")),
                ("test_skip", TestVerdict::Skipped, Some("why")),
            ]
        );
        assert_eq!(report.count(TestVerdict::Failed), 1);
        assert!((report.cases[1].time - 0.002).abs() < 1e-9);
    }

    #[test]
    fn reports_merge_to_one() {
        let all = merged([REPORT, REPORT]).unwrap();
        assert_eq!(JunitReport::parse(&all).unwrap().cases.len(), 6);
        assert_eq!(all.matches("<testsuite ").count(), 2);
        assert_eq!(
            JunitReport::parse(&merged([]).unwrap())
                .unwrap()
                .cases
                .len(),
            0
        );
    }

    #[test]
    fn earlier_failures_are_told_of_the_tests_that_passed() {
        let failure = |name: &str, verdict| TestCase {
            classname: "t.test_a".to_owned(),
            name: name.to_owned(),
            time: 0.0,
            verdict,
            message: Some("<1> & \"2\"".to_owned()),
        };
        let earlier = [
            failure("test_ok[<1>]", TestVerdict::Failed),
            failure("test_ok[<1>]", TestVerdict::Error),
            failure("of none", TestVerdict::Error),
            failure("test_skip", TestVerdict::Failed),
        ];
        let text = with_earlier_failures(REPORT, &earlier).unwrap();
        let [cases, before] = [&text, REPORT].map(|text| JunitReport::parse(text).unwrap().cases);
        assert_eq!(cases, before, "the verdicts are the same");
        let message = "message=\"&lt;1&gt; &amp; &quot;2&quot;\"/>";
        let first = format!(
            "time=\"0.001\" ><flakyFailure {message}<flakyError {message}<flakyError {message}</testcase>"
        );
        assert!(text.contains(&first), "{text}");
        assert!(text.contains(&format!("time=\"0.000\"><flakyFailure {message}<skipped ")));
        assert_eq!(with_earlier_failures(REPORT, &[]).unwrap(), REPORT);
    }

    #[test]
    fn half_a_report_is_none() {
        assert!(JunitReport::parse(&REPORT[..300]).is_err());
        assert!(merged([&REPORT[..300]]).is_err());
        assert!(merged([REPORT, "no report"]).is_err());
        assert!(merged([""]).is_err());
    }
}
