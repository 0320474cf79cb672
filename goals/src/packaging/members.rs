//! What is found out from the bytes of members before they are packed: namespaces and scripts.

use std::collections::BTreeSet;

use wheel::{FileMode, Member};

use crate::packaging::PackagedDistribution;
use crate::packaging::source_file::PackagingError;

/// The packages that are namespaces of `pkg_resources`: those that `provides` names, and those that
/// declare themselves, as Pants finds them.
pub(super) fn namespace_packages(
    distribution: &PackagedDistribution,
    members: &[Member],
) -> Result<Vec<String>, PackagingError> {
    let mut found: BTreeSet<String> = distribution.namespace_packages.iter().cloned().collect();
    for member in members {
        let Some(folder) = member.path.as_str().strip_suffix("/__init__.py") else {
            continue;
        };
        let (mut reader, _) = member.source.open()?;
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut reader, &mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        let declares = |line: &str| {
            let line: String = line.split_whitespace().collect();
            !line.starts_with('#') && line.contains("declare_namespace(__name__)")
        };
        if text.lines().any(declares) {
            found.insert(folder.replace('/', "."));
        }
    }
    Ok(found.into_iter().collect())
}

/// A script, executable; the first line of one for Python is what installers replace
/// (<https://packaging.python.org/en/latest/specifications/binary-distribution-format/>).
pub(super) fn as_script(member: Member) -> std::io::Result<Member> {
    let (mut reader, _) = member.source.open()?;
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut reader, &mut bytes)?;
    let end = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(bytes.len());
    let first = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let interpreter = first.strip_prefix("#!").and_then(|line| {
        let (program, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        let (program, rest) = match program.ends_with("/env") {
            true => rest.trim().split_once(' ').unwrap_or((rest.trim(), "")),
            false => (program, rest),
        };
        let name = program.rsplit('/').next().unwrap_or_default();
        name.starts_with("python").then(|| rest.to_owned())
    });
    let source = match interpreter {
        Some(rest) => {
            let line = format!("#!python {rest}");
            let mut changed = line.trim_end().as_bytes().to_vec();
            changed.extend_from_slice(&bytes[end..]);
            changed
        }
        None => bytes,
    };
    Ok(Member {
        mode: FileMode::Executable,
        ..Member::bytes(member.path, source)
    })
}
