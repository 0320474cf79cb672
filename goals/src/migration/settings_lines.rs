//! The lines of `pants.toml`: which settings are read, and what becomes of the others.

use checks::ToolTable;
use toml_edit::{Document, Item, Value};

use super::judgement::{MigrationLine, MigrationVerdict};
use crate::error::GoalError;
use crate::session::Session;

/// The settings of Pants.
const FILE: &str = "pants.toml";

/// Settings that are not read, with what becomes of them; an empty key stands for the whole section.
#[rustfmt::skip]
const OTHERS: &[(&str, &str, MigrationVerdict, &str)] = &[
    ("GLOBAL", "pantsd", MigrationVerdict::Differs, "there is no daemon to turn on or off"),
    ("GLOBAL", "pantsd_invalidation_globs", MigrationVerdict::Differs, "there is no daemon to start again"),
    ("GLOBAL", "pythonpath", MigrationVerdict::Missing, "no plug-in is loaded: `[package]` does what set-up plug-ins do, `[targets] types` declares their target types"),
    ("GLOBAL", "plugins", MigrationVerdict::Missing, "no plug-in is loaded: `[package]` does what set-up plug-ins do, `[targets] types` declares their target types"),
    ("GLOBAL", "named_caches_dir", MigrationVerdict::Differs, "the variable XTASK_CACHE_DIR names the cache"),
    ("GLOBAL", "local_store_dir", MigrationVerdict::Differs, "the variable XTASK_CACHE_DIR names the cache"),
    ("GLOBAL", "watch_filesystem", MigrationVerdict::Differs, "files are compared, not watched"),
    ("GLOBAL", "unmatched_cli_globs", MigrationVerdict::Differs, "a spec that names nothing is always an error"),
    ("anonymous-telemetry", "", MigrationVerdict::Works, "nothing is sent anywhere"),
    ("pex", "", MigrationVerdict::Differs, "pex is not used"),
    ("pex-cli", "", MigrationVerdict::Differs, "pex is not used"),
    ("python", "resolver", MigrationVerdict::Differs, "there is one resolver; locks of pex and uv are read"),
    ("python", "resolver_manylinux", MigrationVerdict::Differs, "locks are universal"),
    ("python", "pip_version", MigrationVerdict::Differs, "pip is not used"),
    ("python", "run_against_entire_lockfile", MigrationVerdict::Differs, "environments hold the whole lock"),
    ("python", "invalid_lockfile_behavior", MigrationVerdict::Differs, "a stale lock is a warning, with `--locked` an error"),
    ("python", "interpreter_versions_universe", MigrationVerdict::Differs, "every Python that the constraints admit counts"),
    ("python-infer", "use_rust_parser", MigrationVerdict::Works, "imports are always parsed so"),
    ("lint", "batch_size", MigrationVerdict::Differs, "batches follow from the files that changed"),
    ("setuptools", "", MigrationVerdict::Differs, "wheels are written without setuptools"),
    ("stats", "", MigrationVerdict::Differs, "`--stats` prints what ran, `--trace FILE` writes it"),
    ("docker", "", MigrationVerdict::Missing, "no images are built"),
];

/// Judges each setting of the file. There are none where the repository has no such file.
pub(super) fn judged(session: &Session) -> Result<Vec<MigrationLine>, GoalError> {
    let path = session.root().join(FILE);
    let text = match fs_err::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(GoalError::file("read", FILE.as_ref(), &error)),
    };
    // The settings were read from this file, so that it is TOML.
    let Ok(document) = Document::parse(text.as_str()) else {
        return Ok(Vec::new());
    };
    let mut lines = Vec::new();
    for (section, item) in document.iter() {
        let Some(table) = item.as_table_like() else {
            continue;
        };
        for (key, value) in table.iter() {
            let span = table
                .key(key)
                .and_then(|key| key.span())
                .unwrap_or_default();
            let (verdict, reason) = of_setting(session, section, key);
            lines.push(MigrationLine {
                file: FILE.to_owned(),
                line: line_of(&text, span.start),
                text: format!("[{section}] {key}"),
                verdict,
                reason,
            });
            if (section, key) == ("GLOBAL", "backend_packages") {
                lines.extend(back_ends(&text, value));
            }
        }
    }
    lines.sort_by_key(|line| line.line);
    Ok(lines)
}

fn of_setting(session: &Session, section: &str, key: &str) -> (MigrationVerdict, Option<String>) {
    let mut ignored = session.settings.ignored.iter();
    let is_ignored = ignored.any(|unused| unused.section == section && unused.key == key);
    // The sources of plug-ins are only looked at for names of target types.
    let is_read = !is_ignored && (section, key) != ("GLOBAL", "pythonpath");
    if is_read || section == "DEFAULT" {
        return (MigrationVerdict::Works, None);
    }
    let known = OTHERS
        .iter()
        .find(|(known, name, ..)| *known == section && (name.is_empty() || *name == key));
    match known {
        Some((_, _, verdict, reason)) => (*verdict, Some((*reason).to_owned())),
        None => (
            MigrationVerdict::Missing,
            Some("nothing here reads it".to_owned()),
        ),
    }
}

/// The back ends, each at its line.
fn back_ends(text: &str, item: &Item) -> Vec<MigrationLine> {
    let list = item.as_array().or_else(|| {
        let added = item.as_table_like()?.get("add")?;
        added.as_array()
    });
    let of = |value: &Value| {
        let name = value.as_str()?;
        let (verdict, reason) = of_back_end(name);
        Some(MigrationLine {
            file: FILE.to_owned(),
            line: line_of(text, value.span().unwrap_or_default().start),
            text: name.to_owned(),
            verdict,
            reason,
        })
    };
    list.into_iter().flatten().filter_map(of).collect()
}

/// Back ends whose targets and goals are here.
const BACK_ENDS: &[&str] = &[
    "pants.backend.build_files",
    "pants.backend.experimental.python",
    "pants.backend.experimental.visibility",
    "pants.backend.plugin_development",
    "pants.backend.project_info",
    "pants.backend.python",
    "pants.backend.shell",
    "pants.backend.visibility",
    "pants.core",
];

fn of_back_end(name: &str) -> (MigrationVerdict, Option<String>) {
    let tools = ToolTable::shipped();
    let is_tool = tools
        .iter()
        .any(|tool| tool.backends.iter().any(|known| known == name));
    if is_tool || BACK_ENDS.contains(&name) {
        return (MigrationVerdict::Works, None);
    }
    match name.strip_prefix("pants.") {
        Some(_) => {
            let reason = "its targets are read, but nothing of it is run";
            (MigrationVerdict::Missing, Some(reason.to_owned()))
        }
        None => {
            let reason = "no plug-in is loaded: `[package]` does what set-up plug-ins do, `[targets] types` declares their target types";
            (MigrationVerdict::Missing, Some(reason.to_owned()))
        }
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}
