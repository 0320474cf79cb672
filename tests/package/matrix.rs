//! What we find in good and bad archives, beside what other tools find in the same: twine,
//! check-wheel-contents, packaging as an index uses it, and auditwheel.

use std::io::Cursor;

use serde_json::Value;
use testkit::{peer, skip};
use wheel::{Severity, WheelFinding, verify, verify_sdist};

use crate::repo;

/// Makes the archives, and asks the other tools.
const MATRIX: &str = include_str!("matrix.py");

/// Where another tool complains and we do not, and why that is right.
const MORE_THAN_OURS: &[(&str, &str, &str)] = &[(
    "good in purelib",
    "check-wheel-contents",
    "the specification has `purelib` in any wheel, and pip installs it",
)];

/// Where we refuse what no other tool complains about, and why that is right.
const LESS_THAN_OURS: &[(&str, &str)] = &[
    (
        "other version",
        "pip refuses a wheel whose metadata is of another version",
    ),
    ("other name", "pip refuses it likewise"),
    (
        "licence file missing",
        "an index looks for the file, the other tools do not",
    ),
    ("bad label", "an index refuses it: packaging judges no URL"),
    ("not in RECORD", "the specification has installers fail"),
    ("only in RECORD", "the specification has installers fail"),
    ("wrong hash", "the specification has installers fail"),
    ("no hash", "the specification has installers fail"),
    ("other tag", "uv refuses tags that differ from the name"),
    (
        "wheel version 2",
        "installers must refuse a major version that they do not know",
    ),
    ("bad entry points", "pip fails while it makes the script"),
    ("name not normal", "an index refuses the name of the file"),
    ("sdist without project", "no frontend can build it"),
    ("sdist of another version", "an index refuses it"),
    (
        "sdist below another folder",
        "the specification names the folder",
    ),
    ("sdist that leads out", "installers refuse to unpack it"),
    ("sdist with a link out", "installers refuse to unpack it"),
    ("entry point of nothing", "the script cannot start"),
];

fn ours(path: &camino::Utf8Path) -> Vec<WheelFinding> {
    let name = path.file_name().unwrap();
    let bytes = Cursor::new(fs_err::read(path).unwrap());
    if name.ends_with(".tar.gz") {
        return verify_sdist(name, bytes);
    }
    let mut verification = verify(name, bytes);
    verification.judge_entry_points(|_| false);
    verification.findings
}

#[test]
fn as_strict_as_others_and_no_stricter_than_right() {
    let (Some(python), Some(_), Some(_)) =
        (peer("python"), peer("twine"), peer("check-wheel-contents"))
    else {
        return;
    };
    if peer("auditwheel").is_none() {
        skip("the platform tags of native libraries are not compared");
    }
    let repo = repo();
    let script = repo.root().join("matrix.py");
    fs_err::write(&script, MATRIX).unwrap();
    let output = repo.run(&python, &[script.as_str(), "out"]);
    assert_eq!(output.status, 0, "{output}");
    let cases: Value = serde_json::from_str(&output.stdout).unwrap();
    let cases = cases.as_object().unwrap();
    assert!(cases.len() >= 80, "{}", cases.len());
    let mut wrong = Vec::new();
    for (case, asked) in cases {
        let path = repo.root().join(asked["path"].as_str().unwrap());
        let findings = ours(&path);
        let shown: Vec<String> = findings.iter().map(ToString::to_string).collect();
        let refused = findings
            .iter()
            .any(|finding| finding.severity() == Severity::Error);
        let theirs = asked["said"].as_object().unwrap();
        let more: Vec<_> = theirs
            .iter()
            .filter(|(tool, _)| {
                !MORE_THAN_OURS
                    .iter()
                    .any(|(known, by, _)| known == case && by == tool)
            })
            .collect();
        if findings.is_empty() && !more.is_empty() {
            wrong.push(format!("{case}: only others complain: {more:?}"));
        }
        let excused = LESS_THAN_OURS.iter().any(|(known, _)| known == case);
        if refused && theirs.is_empty() && !excused {
            wrong.push(format!("{case}: only we refuse: {}", shown.join("; ")));
        }
        if case.starts_with("good") && refused {
            wrong.push(format!("{case}: refused: {}", shown.join("; ")));
        }
        if !refused && excused {
            wrong.push(format!(
                "{case}: excused, but not refused: {}",
                shown.join("; ")
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
