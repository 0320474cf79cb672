//! Findings in what a tool printed.

use camino::Utf8Path;
use checks::{CheckTool, Finding, FindingLevel, Verdict};

use super::process::ToolAnswer;

/// What stands for the end of a line in the name of a file, where lines are read.
const LINE_END: &str = "\0";

/// What a tool found in files. Where it fails and no line tells why, its words are the finding, so that none
/// is lost.
pub(super) fn of(
    tool: &CheckTool,
    answer: &ToolAnswer,
    (root, files): (&Utf8Path, &[String]),
) -> Vec<Finding> {
    let printed = within(root, &answer.printed());
    let with_lines = files.iter().filter(|file| file.contains('\n'));
    let lines = with_lines.fold(printed.clone(), |text, file| {
        text.replace(file.as_str(), &file.replace('\n', LINE_END))
    });
    let is_file = |finding: &Finding| root.join(&finding.path).is_file();
    let read = |line: &String| {
        let mut finding = tool.finding(line)?;
        finding.path = finding.path.replace(LINE_END, "\n");
        if let Some(path) = finding.path.strip_prefix("./") {
            finding.path = path.to_owned();
        }
        is_file(&finding).then_some(finding)
    };
    let lines = tool.whole_lines(&lines);
    let found: Vec<Finding> = lines.iter().filter_map(read).collect();
    let has_reason = found
        .iter()
        .any(|finding| finding.severity > FindingLevel::Note);
    if answer.verdict == Verdict::Clean
        || has_reason
        || !found.is_empty() && answer.verdict == Verdict::Findings
    {
        return found;
    }
    let words = Finding {
        message: printed.trim().to_owned(),
        ..Finding::default()
    };
    found.into_iter().chain([words]).collect()
}

/// What a tool printed, with paths that count from the root, as those who read findings want them.
pub(super) fn within(root: &Utf8Path, printed: &str) -> String {
    printed.replace(&format!("{root}/"), "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use checks::ToolTable;

    #[test]
    fn paths_count_from_the_root() {
        let printed = "/r/p/a.py\n  /r/p/a.py:1:2 - error: x (/rest/b)\n";
        assert_eq!(
            within("/r".into(), printed),
            "p/a.py\n  p/a.py:1:2 - error: x (/rest/b)\n"
        );
    }

    fn found(tool: &str, verdict: Verdict, stdout: &str) -> Vec<Finding> {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        fs_err::write(root.join("a.py"), "").unwrap();
        fs_err::write(root.join("b\nc.py"), "").unwrap();
        let answer = ToolAnswer {
            verdict,
            stdout: stdout.replace("{root}", root.as_str()),
            ..ToolAnswer::default()
        };
        let files = ["a.py".to_owned(), "b\nc.py".to_owned()];
        of(
            ToolTable::shipped().get(tool).unwrap(),
            &answer,
            (root, &files),
        )
    }

    #[test]
    fn a_name_with_the_end_of_a_line_is_one_name() {
        let found = found("flake8", Verdict::Findings, "b\nc.py:3:1: F401 x\n");
        let found: Vec<_> = found.iter().map(|one| (&*one.path, one.line)).collect();
        assert_eq!(found, [("b\nc.py", Some(3))]);
    }

    #[test]
    fn only_files_that_there_are_have_findings() {
        let printed =
            "a.py:1:1: F401 x\n./a.py:2:1: F401 x\n{root}/a.py:3:1: F401 x\nnone.py:1:1: F401 x\n";
        let lines = found("flake8", Verdict::Findings, printed).into_iter();
        let lines: Vec<Option<u32>> = lines.map(|finding| finding.line).collect();
        assert_eq!(lines, [Some(1), Some(2), Some(3)]);
    }

    #[test]
    fn a_tool_that_fails_without_a_line_for_it_is_a_finding() {
        let found = found("flake8", Verdict::Broken, "it broke\nso\n");
        assert_eq!(
            (found.len(), found[0].message.as_str()),
            (1, "it broke\nso")
        );
    }

    #[test]
    fn a_tool_that_succeeds_may_say_something() {
        assert!(found("docformatter", Verdict::Clean, "all is well\n").is_empty());
    }
}
