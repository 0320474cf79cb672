//! Reads the pins of requirement files, as pip-compile, `pip freeze` and `uv export` write them.

use model::{IndexRole, PackageSource, Requirement};

use crate::pins::Pin;

/// The requirements that name exactly one version; `None` where a line is no requirement, or no line
/// pins anything.
pub(super) fn pins(text: &str) -> Option<Vec<Pin>> {
    let joined = text.replace("\\\r\n", " ").replace("\\\n", " ");
    let mut pins = Vec::new();
    for line in joined.lines() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        if line.is_empty() || line.starts_with(['#', '-']) {
            continue;
        }
        let end = line.find(" --").unwrap_or(line.len());
        let requirement = Requirement::parse(&line[..end]).ok()?;
        pins.extend(pin(requirement));
    }
    (!pins.is_empty()).then_some(pins)
}

fn pin(requirement: Requirement) -> Option<Pin> {
    let specifiers = requirement.specifiers()?.to_string();
    let version = specifiers.strip_prefix("==")?.trim_start_matches('=');
    Some(Pin {
        // A wildcard, or a second bound, is no version.
        version: version.parse().ok()?,
        name: requirement.name,
        source: PackageSource::Index(IndexRole::Primary),
        marker: requirement.marker,
        requires: Vec::new(),
    })
}
