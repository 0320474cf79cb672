//! Compares what this room reads with what Python reads, on random texts.

use serde_json::Value;

/// Makes random texts from given pieces, the same ones in each run.
pub(crate) struct Pieces {
    pieces: &'static [&'static str],
    between: &'static [&'static str],
    state: u64,
}

impl Pieces {
    pub(crate) fn new(pieces: &'static [&'static str], between: &'static [&'static str]) -> Self {
        Self {
            pieces,
            between,
            state: 0x9e37_79b9_7f4a_7c15,
        }
    }

    /// A text of at most `most` pieces.
    pub(crate) fn text(&mut self, most: usize) -> String {
        let count = self.number(most + 1);
        (0..count)
            .map(|_| {
                let piece = self.pieces[self.number(self.pieces.len())];
                format!("{piece}{}", self.between[self.number(self.between.len())])
            })
            .collect()
    }

    /// A number below `below`, by xorshift.
    fn number(&mut self, below: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state % below as u64).unwrap()
    }
}

/// What a Python script prints for `input`. `None` if there is no Python 3.11: the test is then
/// skipped.
pub(crate) fn ask_python(script: &str, input: &Value) -> Option<Value> {
    let version = "import sys; sys.exit(sys.version_info < (3, 11))";
    if duct::cmd!("python3", "-c", version).run().is_err() {
        testkit::skip("needs python3, 3.11 or newer");
        return None;
    }
    let answer = duct::cmd!("python3", "-c", script)
        .stdin_bytes(input.to_string())
        .read()
        .unwrap();
    Some(serde_json::from_str(&answer).unwrap())
}
