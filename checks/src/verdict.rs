//! What an exit code means.

use crate::tool::CheckTool;

/// How a process of a tool came out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It found nothing, or changed what there was to change.
    #[default]
    Clean,
    /// It found something.
    Findings,
    /// It was called wrongly: an argument or its configuration is wrong, or it says so.
    Misuse,
    /// It broke.
    Broken,
}

impl Verdict {
    /// The meaning of an exit code, `None` for a signal, of a tool that only looked.
    ///
    /// Python ends a program that raised an exception with the code that most linters have for
    /// findings: a traceback without findings tells them apart.
    #[must_use]
    pub fn of_check(tool: &CheckTool, code: Option<i32>, (stdout, stderr): (&str, &str)) -> Self {
        let says = |word: &String| stderr.contains(word.as_str()) || stdout.contains(word.as_str());
        match code {
            Some(0) => Self::Clean,
            _ if tool.broken.iter().any(says) => Self::Broken,
            Some(code) if tool.misuse.contains(&code) => Self::Misuse,
            Some(code) if tool.findings.contains(&code) => {
                let raised = stderr.contains("Traceback (most recent call last)");
                match raised && stdout.trim().is_empty() {
                    true => Self::Broken,
                    false => Self::Findings,
                }
            }
            _ => Self::Broken,
        }
    }

    /// The same for a tool that may change files.
    #[must_use]
    pub fn of_write(tool: &CheckTool, code: Option<i32>, output: (&str, &str)) -> Self {
        match code {
            Some(code) if tool.changed.contains(&code) => Self::Clean,
            code => Self::of_check(tool, code, output),
        }
    }

    /// The exit code of a run in which this was the worst.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Misuse => 2,
            Self::Broken => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ToolTable;

    fn check(tool: &str, code: Option<i32>, stdout: &str, stderr: &str) -> Verdict {
        let table = ToolTable::shipped();
        Verdict::of_check(table.get(tool).unwrap(), code, (stdout, stderr))
    }

    #[test]
    fn codes_have_the_meaning_of_their_tool() {
        assert_eq!(check("flake8", Some(0), "", ""), Verdict::Clean);
        assert_eq!(
            check("flake8", Some(1), "a.py:1:1: E1 x", ""),
            Verdict::Findings
        );
        assert_eq!(check("flake8", Some(2), "", "usage"), Verdict::Misuse);
        assert_eq!(
            check("black", Some(123), "", "error: cannot format"),
            Verdict::Findings
        );
        assert_eq!(
            check("ruff-check", Some(101), "", "panicked"),
            Verdict::Broken
        );
        assert_eq!(check("flake8", None, "", ""), Verdict::Broken);
    }

    #[test]
    fn a_traceback_without_findings_is_a_crash() {
        let raised = "Traceback (most recent call last):\n";
        assert_eq!(check("flake8", Some(1), "", raised), Verdict::Broken);
        assert_eq!(
            check("flake8", Some(1), "a.py:1:1: E1 x", raised),
            Verdict::Findings
        );
    }

    #[test]
    fn words_tell_a_crash_from_misuse() {
        let crash = "error: INTERNAL ERROR -- Please try using mypy master";
        assert_eq!(check("mypy", Some(2), "", crash), Verdict::Broken);
        assert_eq!(check("mypy", Some(2), "", "usage: mypy"), Verdict::Misuse);
    }

    #[test]
    fn a_writer_may_have_a_code_for_changes() {
        let table = ToolTable::shipped();
        let of_write =
            |tool: &str, code| Verdict::of_write(table.get(tool).unwrap(), Some(code), ("", ""));
        assert_eq!(of_write("ruff-check", 1), Verdict::Clean);
        assert_eq!(of_write("black", 123), Verdict::Findings);
    }
}
