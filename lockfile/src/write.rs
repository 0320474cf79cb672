//! Writes a lock. Everything is sorted, so that the order in memory does not matter.

use std::fmt::{Display, Write as _};

use camino::Utf8Path;
use model::{
    DistFile, ForkStrategy, IndexRole, Lock, LockInputs, LockedPackage, MetadataOverride,
    PackageSet, PackageSource, Place, PrereleasePolicy,
};

use crate::error::{LockReadError, LockReadErrorKind};
use crate::format::FORMAT_VERSION;
use crate::inputs::input_changes;
use crate::read::read;

/// The text of a lock: UTF-8, with `\n`, and the same for the same lock in any order.
///
/// A file's `requires_python` is only written if it differs from that of its package.
#[must_use]
pub fn write(lock: &Lock) -> String {
    let mut out = String::with_capacity(4096 + lock.packages.len() * 2048);
    header(&mut out, lock);
    let mut packages: Vec<&LockedPackage> = lock.packages.iter().collect();
    packages
        .sort_by(|a, b| (&a.name, &a.version, &a.source).cmp(&(&b.name, &b.version, &b.source)));
    for each in packages {
        package(&mut out, each);
    }
    out
}

/// The text of a lock that was read back; `path` is for messages. What could not be read again must
/// not replace what can.
///
/// # Errors
/// Where the text could not be read, or says another thing than the lock.
pub fn write_readable(lock: &Lock, path: &Utf8Path) -> Result<String, LockReadError> {
    let text = write(lock);
    let again = read(&text, path)?;
    let is_same = again.packages.len() == lock.packages.len()
        && input_changes(&lock.inputs, &again.inputs).is_empty();
    if is_same {
        return Ok(text);
    }
    Err(LockReadError {
        place: Place::file(path.as_str()),
        kind: LockReadErrorKind::NotAsWritten,
    })
}

fn header(out: &mut String, lock: &Lock) {
    let resolve = &lock.resolve;
    let python = lock.inputs.interpreter_constraints.requires_python();
    push(
        out,
        format_args!(
            "# Written by `cargo xtask generate-lockfiles --resolve={}`; not to be edited by hand.",
            one_line(resolve)
        ),
    );
    push(out, "lock-version = \"1.0\"");
    push(out, "created-by = \"cargo-xtask\"");
    if !python.is_empty() {
        entry(out, "requires-python", quoted(&python));
    }
    push(out, "\n[tool.xtask]");
    entry(out, "format", FORMAT_VERSION);
    entry(out, "resolve", quoted(resolve));
    inputs(out, &lock.inputs);
    let mut forks = sorted(&lock.forks);
    // A universe that was not split has one fork, which is not written.
    forks.retain(|fork| !fork.is_empty());
    list(out, "forks", forks);
}

fn inputs(out: &mut String, inputs: &LockInputs) {
    let LockInputs {
        requirements,
        constraints,
        overrides,
        excludes,
        interpreter_constraints,
        platforms,
        no_binary,
        only_binary,
        prereleases,
        require_wheels,
        fork_strategy,
        metadata,
        hashed,
    } = inputs;
    // Interpreter constraints keep the order of the settings, and are merged as one line.
    let pythons: Vec<String> = interpreter_constraints.iter().map(|c| quoted(&c)).collect();
    entry(
        out,
        "interpreter-constraints",
        format_args!("[{}]", pythons.join(", ")),
    );
    let entries = |set: &PackageSet| set.entries().map(str::to_owned).collect();
    list(out, "platforms", sorted(platforms));
    list(out, "no-binary", entries(no_binary));
    list(out, "only-binary", entries(only_binary));
    if *prereleases != PrereleasePolicy::default() {
        entry(out, "prereleases", quoted(&prereleases.to_string()));
    }
    if *require_wheels {
        entry(out, "require-wheels", true);
    }
    if *fork_strategy != ForkStrategy::default() {
        entry(out, "fork-strategy", quoted(&fork_strategy.to_string()));
    }
    lines(
        out,
        "metadata",
        metadata.iter().map(metadata_override).collect(),
    );
    list(out, "hashes", sorted(hashed));
    list(out, "constraints", sorted(constraints));
    list(out, "overrides", sorted(overrides));
    list(out, "excludes", sorted(excludes));
    list(out, "requirements", sorted(requirements));
}

fn metadata_override(one: &MetadataOverride) -> String {
    let MetadataOverride {
        name,
        version,
        requires_dist,
        requires_python,
        provides_extra,
    } = one;
    let texts = |values: Vec<String>| {
        let quoted: Vec<String> = values.iter().map(|value| quoted(value)).collect();
        format!("[{}]", quoted.join(", "))
    };
    let mut pairs = vec![format!("name = {}", quoted(name.as_str()))];
    pairs.extend(
        version
            .as_ref()
            .map(|it| format!("version = {}", quoted(&it.to_string()))),
    );
    pairs.push(format!("requires-dist = {}", texts(sorted(requires_dist))));
    let python = requires_python.as_ref();
    pairs.extend(python.map(|it| format!("requires-python = {}", quoted(&it.to_string()))));
    if !provides_extra.is_empty() {
        pairs.push(format!(
            "provides-extra = {}",
            texts(sorted(provides_extra))
        ));
    }
    format!("{{ {} }}", pairs.join(", "))
}

fn package(out: &mut String, package: &LockedPackage) {
    push(out, "\n[[packages]]");
    entry(out, "name", quoted(package.name.as_str()));
    entry(out, "version", quoted(&package.version.to_string()));
    if !package.marker.is_true() {
        entry(out, "marker", quoted(&package.marker.to_string()));
    }
    source(out, package);
    if let Some(python) = package.requires_python.as_ref().filter(|p| !p.is_empty()) {
        entry(out, "requires-python", quoted(&specifiers(python)));
    }
    if !package.extras.is_empty() {
        let extras: Vec<String> = sorted(&package.extras).iter().map(|e| quoted(e)).collect();
        entry(out, "extras", format_args!("[{}]", extras.join(", ")));
    }
    list(out, "dependencies", sorted(&package.dependencies));
    if let Some(sdist) = &package.sdist {
        entry(out, "sdist", file(sdist, package));
    }
    if !package.wheels.is_empty() {
        let mut wheels: Vec<&DistFile> = package.wheels.iter().collect();
        wheels.sort_by_key(|wheel| &wheel.filename);
        push(out, "wheels = [");
        for wheel in wheels {
            push(out, format_args!("    {},", file(wheel, package)));
        }
        push(out, "]");
    }
}

fn source(out: &mut String, package: &LockedPackage) {
    let mut pairs: Vec<(&str, &str)> = Vec::new();
    let key = match &package.source {
        PackageSource::Index(IndexRole::Primary) => return,
        PackageSource::Index(IndexRole::Further(nth)) => return entry(out, "index", nth),
        PackageSource::Index(IndexRole::FindLinks) => {
            return entry(out, "index", quoted("find-links"));
        }
        PackageSource::Url { url, subdirectory } => {
            pairs.push(("url", url.as_str()));
            pairs.extend(subdirectory.as_deref().map(|s| ("subdirectory", s)));
            "archive"
        }
        PackageSource::Git {
            url,
            commit,
            revision,
            subdirectory,
        } => {
            pairs.extend([("type", "git"), ("url", url.as_str())]);
            pairs.extend(revision.as_deref().map(|r| ("requested-revision", r)));
            pairs.push(("commit-id", commit));
            pairs.extend(subdirectory.as_deref().map(|s| ("subdirectory", s)));
            "vcs"
        }
        PackageSource::Path { path } => {
            pairs.push(("path", path.as_str()));
            let has_file = package.sdist.is_some() || !package.wheels.is_empty();
            if has_file { "archive" } else { "directory" }
        }
    };
    let pairs: Vec<String> = pairs
        .into_iter()
        .map(|(key, value)| format!("{key} = {}", quoted(value)))
        .collect();
    entry(out, key, format_args!("{{ {} }}", pairs.join(", ")));
}

fn file(file: &DistFile, package: &LockedPackage) -> String {
    let mut out = format!("{{ name = {}", quoted(&file.filename));
    let mut pair = |key: &str, value: &dyn Display| {
        let _ = write!(out, ", {key} = {value}");
    };
    if let Some(time) = file.upload_time {
        pair("upload-time", &time);
    }
    if let Some(size) = file.size {
        pair("size", &size);
    }
    if let Some(sha256) = file.sha256 {
        pair("hashes", &format_args!("{{ sha256 = \"{sha256}\" }}"));
    }
    let python = file.requires_python.as_ref().filter(|p| !p.is_empty());
    if let Some(python) = python.filter(|p| package.requires_python.as_ref() != Some(p)) {
        pair("requires-python", &quoted(&specifiers(python)));
    }
    if let Some(reason) = &file.yanked {
        pair("yanked", &quoted(reason));
    }
    out.push_str(" }");
    out
}

fn specifiers(specifiers: &model::VersionSpecifiers) -> String {
    model::Specifiers(specifiers.clone()).to_string()
}

fn sorted<T: ToString>(values: &[T]) -> Vec<String> {
    let mut values: Vec<String> = values.iter().map(ToString::to_string).collect();
    values.sort();
    values.dedup();
    values
}

/// Writes a list with one value in each line; nothing if the list is empty.
fn list(out: &mut String, key: &str, values: Vec<String>) {
    lines(out, key, values.iter().map(|value| quoted(value)).collect());
}

/// Writes a list of TOML values, sorted, with one in each line; nothing if the list is empty.
fn lines(out: &mut String, key: &str, mut values: Vec<String>) {
    if values.is_empty() {
        return;
    }
    values.sort();
    push(out, format_args!("{key} = ["));
    for value in values {
        push(out, format_args!("    {value},"));
    }
    push(out, "]");
}

fn entry(out: &mut String, key: &str, value: impl Display) {
    push(out, format_args!("{key} = {value}"));
}

fn push(out: &mut String, line: impl Display) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{line}");
}

/// A TOML basic string.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    // Nearly every text stands for itself.
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    if text.bytes().all(is_plain) {
        out.push_str(text);
        out.push('"');
        return out;
    }
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn one_line(text: &str) -> String {
    text.replace(char::is_control, " ")
}
