//! What tools found, in formats that other programs read.

use checks::{Finding, FindingLevel};
use serde_json::{Value, json};

use super::report::{CheckReport, ToolSummary};
use crate::workflow_command::workflow_command;

/// The name of the root in SARIF.
const SOURCE_ROOT: &str = "%SRCROOT%";

/// Bytes that URIs have as they are (RFC 3986), and the slash.
const UNRESERVED: &[u8] = b"-._~/";

impl CheckReport {
    /// All of it for scripts: `goal`, `exit_code`, and of each of `tools` its `name`, `outcome`, the files
    /// that it `changed`, and `findings` with `path`, `line`, `column`, `code`, `severity` and `message`.
    #[must_use]
    pub fn json(&self) -> Value {
        let of_finding = |finding: &Finding| {
            json!({
                "path": Some(&finding.path).filter(|path| !path.is_empty()),
                "line": finding.line,
                "column": finding.column,
                "code": finding.code,
                "severity": finding.severity.name(),
                "message": finding.message,
            })
        };
        let of_tool = |tool: &ToolSummary| {
            json!({
                "name": tool.label,
                "outcome": tool.state.name(),
                "changed": tool.changed,
                "findings": tool.findings.iter().map(of_finding).collect::<Vec<_>>(),
            })
        };
        json!({
            "goal": self.goal.name(),
            "exit_code": self.verdict.exit_code(),
            "tools": self.tools.iter().map(of_tool).collect::<Vec<_>>(),
        })
    }

    /// A workflow command of GitHub for each finding.
    #[must_use]
    pub fn annotations(&self) -> Vec<String> {
        let of_tool = |tool: &ToolSummary| {
            let label = tool.label.clone();
            let of_finding = move |finding: &Finding| annotation(&label, finding);
            tool.findings.iter().map(of_finding).collect::<Vec<_>>()
        };
        self.tools.iter().flat_map(of_tool).collect()
    }

    /// The findings as SARIF 2.1.0, one run for each tool.
    ///
    /// Source: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>.
    #[must_use]
    pub fn sarif(&self) -> Value {
        let run = |tool: &ToolSummary| {
            json!({
                "tool": {"driver": {"name": tool.label}},
                "results": tool.findings.iter().map(sarif_result).collect::<Vec<_>>(),
            })
        };
        json!({
            "version": "2.1.0",
            "runs": self.tools.iter().map(run).collect::<Vec<_>>(),
        })
    }
}

fn annotation(label: &str, finding: &Finding) -> String {
    let name = match finding.severity {
        FindingLevel::Note => "notice",
        FindingLevel::Warning => "warning",
        FindingLevel::Error => "error",
    };
    let number = |number: Option<u32>| number.map(|number| number.to_string());
    let code = finding.code.iter().map(|code| format!(" {code}"));
    let properties = [
        ("file", finding.path.clone()),
        ("line", number(finding.line).unwrap_or_default()),
        ("col", number(finding.column).unwrap_or_default()),
        ("title", format!("{label}{}", code.collect::<String>())),
    ];
    workflow_command(name, &properties, &finding.message)
}

fn sarif_result(finding: &Finding) -> Value {
    let mut result = json!({
        "level": finding.severity.name(),
        "message": {"text": finding.message},
    });
    if let Some(code) = &finding.code {
        result["ruleId"] = json!(code);
    }
    if !finding.path.is_empty() {
        let uri = uri(&finding.path);
        let mut place = json!({"artifactLocation": {"uri": uri, "uriBaseId": SOURCE_ROOT}});
        if let Some(line) = finding.line {
            place["region"] = json!({"startLine": line});
            if let Some(column) = finding.column {
                place["region"]["startColumn"] = json!(column);
            }
        }
        result["locations"] = json!([{"physicalLocation": place}]);
    }
    result
}

/// A path as a relative URI.
fn uri(path: &str) -> String {
    let byte = |byte: u8| match byte.is_ascii_alphanumeric() || UNRESERVED.contains(&byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    path.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checking::{CheckGoal, ToolState};
    use checks::{ToolKind, Verdict};

    fn report() -> CheckReport {
        let mut report = CheckReport::new(CheckGoal::Lint);
        let finding = Finding {
            path: "p/a b.py".to_owned(),
            line: Some(3),
            column: Some(1),
            code: Some("F401".to_owned()),
            severity: FindingLevel::Warning,
            message: "unused: os".to_owned(),
        };
        let words = Finding {
            message: "it broke".to_owned(),
            ..Finding::default()
        };
        let tool = ToolSummary {
            label: "flake8".to_owned(),
            kind: ToolKind::Linter,
            state: ToolState::Failed,
            findings: vec![finding, words],
            changed: Vec::new(),
        };
        report.add(tool, Verdict::Findings);
        report
    }

    #[test]
    fn github_reads_commands() {
        assert_eq!(
            report().annotations(),
            [
                "::warning file=p/a b.py,line=3,col=1,title=flake8 F401::unused: os",
                "::error title=flake8::it broke",
            ]
        );
    }

    #[test]
    fn sarif_has_a_run_for_each_tool() {
        insta::assert_snapshot!(report().sarif(), @r#"{"runs":[{"results":[{"level":"warning","locations":[{"physicalLocation":{"artifactLocation":{"uri":"p/a%20b.py","uriBaseId":"%SRCROOT%"},"region":{"startColumn":1,"startLine":3}}}],"message":{"text":"unused: os"},"ruleId":"F401"},{"level":"error","message":{"text":"it broke"}}],"tool":{"driver":{"name":"flake8"}}}],"version":"2.1.0"}"#);
    }
}
