//! The lines at the end of a run, their order, and the exit code that follows from them.

use std::fmt;
use std::time::Duration;

/// Where a result comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultOrigin {
    /// It ran.
    Ran,
    /// From the cache of this machine.
    CachedLocally,
    /// From the cache of a server.
    CachedRemotely,
    /// A server ran it.
    RanRemotely,
}

impl ResultOrigin {
    /// As data has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ran => "ran",
            Self::CachedLocally => "cached locally",
            Self::CachedRemotely => "cached remotely",
            Self::RanRemotely => "ran remotely",
        }
    }
}

/// One line of the summary.
#[derive(Debug, Clone)]
pub struct ResultLine {
    /// The address, or that of the first of several: `t/a.py and 3 other files`.
    pub title: String,
    /// pytest's exit code.
    pub exit_code: i32,
    /// Whether the code counts as a success: 0, and 5 where a collection may be empty.
    pub succeeded: bool,
    /// How often it ran.
    pub attempts: usize,
    /// How long it took, or did when it ran.
    pub elapsed: Duration,
    /// Where the result comes from.
    pub origin: ResultOrigin,
}

impl fmt::Display for ResultLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, verb) = match self.succeeded {
            true => ('✓', "succeeded"),
            false => ('✕', "failed"),
        };
        write!(f, "{sign} {} {verb}", self.title)?;
        if self.attempts > 1 {
            write!(f, " after {} attempts", self.attempts)?;
        }
        write!(f, " in {:.2}s", self.elapsed.as_secs_f64())?;
        match self.origin {
            ResultOrigin::Ran => f.write_str("."),
            origin => write!(f, " ({}).", origin.name()),
        }
    }
}

/// Sorts results as they are printed: by the size of the exit code, then by title. The worst is last,
/// where a reader looks first.
pub fn printed_order(lines: &mut [ResultLine]) {
    lines.sort_by(|a, b| {
        let key = |line: &ResultLine| (!line.succeeded, line.exit_code.unsigned_abs());
        key(a).cmp(&key(b)).then_with(|| a.title.cmp(&b.title))
    });
}

/// The exit code of the goal, from results in the order of the summary: that of the last one that failed,
/// as a process can have it.
#[must_use]
pub fn goal_exit_code(lines: &[ResultLine]) -> u8 {
    let failed = lines.iter().rev().find(|line| !line.succeeded);
    // A failure is no success, even where its code is a multiple of 256.
    failed.map_or(0, |line| match line.exit_code.rem_euclid(256) {
        0 => 1,
        code => u8::try_from(code).unwrap_or(1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(title: &str, exit_code: i32) -> ResultLine {
        ResultLine {
            title: title.to_owned(),
            exit_code,
            succeeded: exit_code == 0,
            attempts: 1,
            elapsed: Duration::from_millis(1234),
            origin: ResultOrigin::Ran,
        }
    }

    #[test]
    fn lines() {
        insta::assert_snapshot!(line("t/a.py:tests", 0), @"✓ t/a.py:tests succeeded in 1.23s.");
        insta::assert_snapshot!(ResultLine { attempts: 2, origin: ResultOrigin::CachedLocally, ..line("a", 0) }, @"✓ a succeeded after 2 attempts in 1.23s (cached locally).");
        insta::assert_snapshot!(line("t/a.py and 3 other files", 1), @"✕ t/a.py and 3 other files failed in 1.23s.");
    }

    #[test]
    fn the_worst_is_last_and_gives_the_exit_code() {
        let mut lines = [
            line("e", 5),
            line("d", 2),
            line("b", 0),
            line("c", 1),
            line("a", 0),
        ];
        printed_order(&mut lines);
        let order: String = lines.iter().map(|line| line.title.as_str()).collect();
        assert_eq!(order, "abcde");
        assert_eq!(goal_exit_code(&lines), 5);
        assert_eq!(goal_exit_code(&[line("killed", -15)]), 241);
        assert_eq!(goal_exit_code(&[line("a", 256)]), 1);
        assert_eq!(goal_exit_code(&[]), 0);
    }
}
