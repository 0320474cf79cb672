//! Junit reports as pytest writes them, read and merged.
//!
//! Source: <https://docs.pytest.org/en/stable/how-to/output.html#creating-junitxml-format-files>.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
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
        loop {
            match reader.read_event()? {
                Event::Start(element) => {
                    depth += 1;
                    report.note(&element)?;
                }
                Event::Empty(element) => report.note(&element)?,
                Event::End(_) => depth = depth.saturating_sub(1),
                Event::Eof if depth > 0 => return Err(JunitError::Unclosed),
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
    fn half_a_report_is_none() {
        assert!(JunitReport::parse(&REPORT[..300]).is_err());
        assert!(merged([&REPORT[..300]]).is_err());
    }
}
