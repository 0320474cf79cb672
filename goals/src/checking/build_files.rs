//! `update-build-files`: BUILD files are formatted, and old names of target types and fields in them
//! become those of today.

use std::collections::BTreeMap;

use buildfile::{BuildFile, Renames};
use camino::{Utf8Path, Utf8PathBuf};
use checks::{CallMode, ToolTable, Verdict};
use workspace::files;

use super::partition::FilePartition;
use super::program::ToolBox;
use super::request::CheckRequest;
use super::seen::configuration_files;
use super::trial::copy_files;
use crate::error::GoalError;
use crate::graph::{BuildFiles, edited_files, specs};
use crate::session::Session;

/// Target types with their names of today, and the version of Pants, 2.N, that has these.
const TYPES: &[(&str, &str, u32)] = &[
    ("experimental_run_in_sandbox", "adhoc_tool", 16),
    ("experimental_run_shell_command", "run_shell_command", 16),
    ("experimental_shell_command", "shell_command", 16),
    ("experimental_test_shell_command", "test_shell_command", 17),
    ("protobuf_library", "protobuf_sources", 8),
    ("python_awslambda", "python_aws_lambda_function", 18),
    ("python_library", "python_sources", 8),
    ("python_requirement_library", "python_requirement", 8),
    ("shell_library", "shell_sources", 8),
];

/// Fields of types with their names of today, and the version that has these.
const FIELDS: &[(&str, &str, &str, u32)] = &[
    ("adhoc_tool", "dependencies", "output_dependencies", 16),
    (
        "python_distribution",
        "pypi_repositories",
        "repositories",
        9,
    ),
    ("shell_command", "dependencies", "output_dependencies", 16),
];

/// What was changed in BUILD files, or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildFilesReport {
    /// The BUILD files that change, sorted, each with what is done to it.
    pub changes: Vec<(String, Vec<String>)>,
    /// Whether nothing was written.
    pub is_check: bool,
}

/// A BUILD file that is updated.
struct UpdatedFile {
    before: String,
    now: String,
    changes: Vec<String>,
}

/// Updates the BUILD files that a selection names, unless the settings say that it only looks.
///
/// # Errors
/// Where a BUILD file cannot be read, or the formatter fails; then nothing is changed.
pub fn update_build_files(
    session: &Session,
    request: &CheckRequest,
) -> Result<BuildFilesReport, GoalError> {
    let settings = &session.settings.update_build_files;
    let mut files = named_files(session, request)?;
    if settings.fix_safe_deprecations {
        rename(session, &mut files)?;
    }
    format(session, request, &mut files)?;
    files.retain(|_, file| file.now != file.before);
    if !settings.check {
        for (path, file) in &files {
            files::replace(&session.root().join(path), &file.now)
                .map_err(|error| GoalError::file("write", Utf8Path::new(path), &error))?;
        }
    }
    if files.is_empty() && !request.selection.specs.is_empty() {
        session.say("No required changes to BUILD files found.");
    }
    let changes = files.into_iter().map(|(path, file)| (path, file.changes));
    Ok(BuildFilesReport {
        changes: changes.collect(),
        is_check: settings.check,
    })
}

/// The BUILD files that the selection names.
fn named_files(
    session: &Session,
    request: &CheckRequest,
) -> Result<BTreeMap<String, UpdatedFile>, GoalError> {
    let selection = &request.selection;
    if selection.specs.is_empty() && selection.changed.is_none() {
        session.warn(
            "no BUILD files are named, so that `update-build-files` does nothing: `::` names all, `dir::` those in `dir` and below",
        );
        return Ok(BTreeMap::new());
    }
    let specs = specs(session, &selection.specs)?;
    let edited = match &selection.changed {
        Some(since) => Some(edited_files(session, &since.revision)?),
        None => None,
    };
    let is_named = |path: &String| match &edited {
        Some(edited) => edited.contains(path) && (specs.is_empty() || specs.match_file(path)),
        None => specs.match_file(path),
    };
    let mut files = BTreeMap::new();
    let all = workspace::build_files(session.root(), &session.target_options())?;
    for path in all.into_iter().filter(is_named) {
        let text = fs_err::read_to_string(session.root().join(&path))
            .map_err(|error| GoalError::file("read", Utf8Path::new(&path), &error))?;
        let file = UpdatedFile {
            now: text.clone(),
            before: text,
            changes: Vec::new(),
        };
        files.insert(path, file);
    }
    Ok(files)
}

/// Gives old names of types and fields those of today.
fn rename(session: &Session, files: &mut BTreeMap<String, UpdatedFile>) -> Result<(), GoalError> {
    let options = session.target_options();
    let has = |since: u32| options.pants_version.is_empty() || options.is_pants_since(2, since);
    let types = TYPES.iter().filter(|(_, _, since)| has(*since));
    let fields = FIELDS.iter().filter(|(.., since)| has(*since));
    let renames = Renames {
        calls: types.map(|(old, new, _)| (*old, *new)).collect(),
        keywords: fields
            .map(|(kind, old, new, _)| (*kind, *old, *new))
            .collect(),
    };
    let parse = |path: &str, text: &str| {
        let parsed = BuildFile::parse(path, text.to_owned());
        parsed.map_err(|error| GoalError::from(targets::Error::Eval(error)))
    };
    for (path, file) in files {
        let now = parse(path, &file.now)?.with_new_keywords(&renames);
        let has_new_fields = now != file.now;
        file.now = now;
        let now = parse(path, &file.now)?.with_new_calls(&renames);
        if now != file.now {
            file.changes.push("Renamed deprecated targets".to_owned());
            file.now = now;
        }
        if has_new_fields {
            file.changes.push("Renamed deprecated fields".to_owned());
        }
    }
    Ok(())
}

/// Whether an error is that of a BUILD file which is not among those that are updated.
fn is_elsewhere(error: &GoalError, files: &BTreeMap<String, UpdatedFile>) -> bool {
    let place = error.place();
    place.is_some_and(|place| !place.path.is_empty() && !files.contains_key(&*place.path))
}

/// The text with the line ends that Pants hands to formatters: they are no finding, also where the last is missing.
fn as_lines(text: &str) -> String {
    let mut text = text.replace("\r\n", "\n");
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// Formats the files, in a copy.
fn format(
    session: &Session,
    request: &CheckRequest,
    files: &mut BTreeMap<String, UpdatedFile>,
) -> Result<(), GoalError> {
    // What has old names can be evaluated when they are replaced.
    let renamed = files.iter().filter(|(_, file)| file.now != file.before);
    let renamed = renamed.map(|(path, file)| (path.clone(), Some(file.now.clone().into_bytes())));
    let loaded = BuildFiles::with(session, renamed.collect());
    let loaded = loaded.or_else(|error| match is_elsewhere(&error, files) {
        true => Ok(BuildFiles::none(session)?),
        false => Err(error),
    })?;
    if files.is_empty() || !session.settings.update_build_files.fmt {
        return Ok(());
    }
    let graph = loaded.graph()?;
    let formatter = session.settings.update_build_files.formatter;
    let table = ToolTable::with(&session.settings.checks.own);
    let Some(tool) = table.get(formatter.row()) else {
        return Ok(());
    };
    let tool_box = ToolBox::new(session, &graph, request)?;
    let partition = FilePartition::of_files(files.keys().cloned().collect());
    let program = tool_box.program(tool, &partition)?;
    let Some(call) = tool_box.call((tool, CallMode::Write), &program, &partition)? else {
        return Ok(());
    };
    let copy = tempfile::tempdir_in(&call.cache)
        .map_err(|error| GoalError::file("make a folder in", &call.cache, &error))?;
    let folder = Utf8PathBuf::try_from(copy.path().to_owned())
        .map_err(|error| GoalError::failure(error.to_string()))?;
    let configuration = configuration_files(tool, session.root(), &partition.files);
    copy_files(
        session.root(),
        &folder,
        configuration.iter().chain(&call.sees),
    )?;
    for (path, file) in files.iter() {
        files::replace(&folder.join(path), &as_lines(&file.now))
            .map_err(|error| GoalError::file("copy", Utf8Path::new(path), &error))?;
    }
    let answer = call.run(&folder, &partition.files)?;
    if answer.verdict != Verdict::Clean {
        return Err(
            GoalError::failure(format!("{} cannot format BUILD files", tool.label()))
                .because(answer.printed().trim_end().to_owned()),
        );
    }
    for (path, file) in files {
        let now = fs_err::read_to_string(folder.join(path))
            .map_err(|error| GoalError::file("read", Utf8Path::new(path), &error))?;
        if now != as_lines(&file.now) {
            file.changes
                .push(format!("Format with {}", formatter.title()));
            file.now = now;
        }
    }
    Ok(())
}
