//! What the editable install of a project says of itself: its metadata, and a version where nothing
//! tells one.

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

/// The version of code that names none.
pub(super) fn no_version() -> Version {
    NO_VERSION.parse().unwrap_or_else(|_| Version::new([0]))
}
