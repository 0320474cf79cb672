//! What the editable install of a project says of itself: its metadata, and a version where nothing
//! tells one.

use install::environment::EditableProject;
use model::Version;

const NO_VERSION: &str = "0";

/// The metadata, as far as the declaration has it.
pub(super) fn metadata(name: &str, version: &Version, summary: Option<&str>) -> String {
    let summary = summary
        .map(|text| {
            format!(
                "Summary: {}\n",
                text.split_whitespace().collect::<Vec<_>>().join(" ")
            )
        })
        .unwrap_or_default();
    format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{summary}")
}

/// The project with another version.
pub(super) fn with_version(mut project: EditableProject, version: Version) -> EditableProject {
    let [before, after] = [&project.version, &version].map(|one| format!("\nVersion: {one}\n"));
    project.metadata = project.metadata.replacen(&before, &after, 1);
    EditableProject { version, ..project }
}

/// The version of code that names none.
pub(super) fn no_version() -> Version {
    NO_VERSION.parse().unwrap_or_else(|_| Version::new([0]))
}
