//! How long tests took, kept from one run for the shards of the next.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Seconds by address.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TestTimes(BTreeMap<String, f64>);

impl TestTimes {
    /// The times in a JSON object.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The seconds that a test took.
    #[must_use]
    pub fn get(&self, address: &str) -> Option<f64> {
        self.0
            .get(address)
            .copied()
            .filter(|time| time.is_finite() && *time >= 0.0)
    }

    /// Notes a test's time, in milliseconds at most: finer ones would differ with each run.
    pub fn note(&mut self, address: &str, seconds: f64) {
        self.0
            .insert(address.to_owned(), (seconds * 1000.0).round() / 1000.0);
    }

    /// Adds those of another run, which replace older ones.
    pub fn extend(&mut self, later: Self) {
        self.0.extend(later.0);
    }

    /// Whether none is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A JSON object with one line for each test, sorted.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(&self.0).unwrap_or_default();
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back() {
        let mut times = TestTimes::default();
        times.note("t/b.py", 1.23456);
        times.note("t/a.py", 2.0);
        insta::assert_snapshot!(times.text(), @r#"
        {
          "t/a.py": 2.0,
          "t/b.py": 1.235
        }
        "#);
        assert_eq!(TestTimes::parse(&times.text()).unwrap(), times);
        assert_eq!(times.get("t/c.py"), None);
        assert_eq!(TestTimes::parse(r#"{"a": -1}"#).unwrap().get("a"), None);
        assert!(TestTimes::parse("[]").is_err());
    }
}
