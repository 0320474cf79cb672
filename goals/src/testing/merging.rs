//! The reports of several shards as one: junit reports, and the times of tests.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use model::Place;
use pytest::{TestTimes, merged};

use super::report::{self, TIMES};
use crate::error::GoalError;
use crate::session::Session;

/// The file of all reports.
const MERGED: &str = "merged.xml";

/// Merges the reports of shards, whose folders are given, into the folder of reports. Gives what was written.
///
/// # Errors
/// A folder or file that cannot be read, or is no report.
pub fn merge_reports(session: &Session, folders: &[Utf8PathBuf]) -> Result<Vec<String>, GoalError> {
    let mut reports = BTreeMap::new();
    let mut times = TestTimes::default();
    for folder in folders {
        let here = session.working_folder()?.join(folder);
        let failed = |error: std::io::Error| {
            GoalError::file("read the reports in", folder, &error)
                .hint("`--merge` takes the folders that `test --report` wrote, one for each shard")
        };
        let mut names = Vec::new();
        for entry in here.read_dir_utf8().map_err(failed)? {
            names.push(entry.map_err(failed)?.file_name().to_owned());
        }
        names.sort();
        for name in names {
            let path = here.join(&name);
            if name == TIMES {
                times.extend(read_times(&path, &folder.join(&name))?);
            } else if name.ends_with(".xml") && name != MERGED {
                let text = fs_err::read_to_string(&path).map_err(failed)?;
                reports.insert(
                    name,
                    (folder.join(path.file_name().unwrap_or_default()), text),
                );
            }
        }
    }
    for (path, text) in reports.values() {
        merged([text.as_str()]).map_err(|error| {
            GoalError::failure("this is no junit report")
                .at(Place::file(path.as_str()))
                .because(error.to_string())
        })?;
    }
    let all = merged(reports.values().map(|(_, text)| text.as_str()));
    let all = all.map_err(|error| GoalError::failure(error.to_string()))?;
    let folder = report::folder(session, &session.settings.test.report_dir);
    let mut written = vec![(folder.join(MERGED), all)];
    if !times.is_empty() {
        written.push((folder.join(TIMES), times.text()));
    }
    let mut lines = Vec::new();
    for (path, text) in written {
        report::write_text(session, &path, &text)?;
        lines.push(format!("Wrote {path}"));
    }
    Ok(lines)
}

/// The times in a file.
///
/// # Errors
/// It cannot be read, or is something else.
pub(super) fn read_times(path: &Utf8Path, shown: &Utf8Path) -> Result<TestTimes, GoalError> {
    let text = fs_err::read_to_string(path);
    let text =
        text.map_err(|error| GoalError::file("read the times of tests in", shown, &error))?;
    TestTimes::parse(&text).map_err(|error| {
        GoalError::failure("the times of tests cannot be read")
            .at(Place::file(shown.as_str()))
            .because(error.to_string())
            .hint("`cargo xtask test --report` writes them anew")
    })
}
