//! The sections of settings that Pants and its back ends have, with their keys: what 2.12 to 2.34 had
//! in their sources, one after the other. What is in none of them is no setting of Pants.

/// A section in each line that is not indented, its keys below it.
const TABLE: &str = include_str!("pants_keys.txt");

/// The key that every tool's section may have.
pub(super) const INSTALL_FROM_RESOLVE: &str = "install_from_resolve";

/// Tools that are programs alone, which are downloaded, and the keys of their sections.
pub(super) const PROGRAMS: &[&str] = &["ruff"];
pub(super) const PROGRAM_KEYS: &[&str] = &[
    "version",
    "known_versions",
    "url_template",
    "url_platform_mapping",
];

/// Tools that Pants does not have.
pub(super) const TOOLS: &[&str] = &["basedpyright", "pyrefly", "ty"];

/// The names of the sections.
pub(super) fn pants_sections() -> impl Iterator<Item = &'static str> {
    TABLE.lines().filter(|line| !is_of_keys(line))
}

/// The keys of a section, none where they are not written down; `None` where Pants has no such section.
pub(super) fn pants_keys(section: &str) -> Option<Vec<&'static str>> {
    let mut lines = TABLE.lines().skip_while(|line| *line != section);
    lines.next()?;
    let of_section = lines.take_while(|line| is_of_keys(line));
    Some(of_section.flat_map(str::split_whitespace).collect())
}

fn is_of_keys(line: &str) -> bool {
    line.starts_with(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_have_the_keys_below_them() {
        assert_eq!(pants_keys("cli"), Some(vec!["alias"]));
        assert_eq!(pants_keys("shell-test"), Some(Vec::new()));
        assert_eq!(pants_keys("alias"), None);
        assert!(pants_keys("GLOBAL").is_some_and(|keys| keys.contains(&"pants_version")));
        assert!(pants_sections().is_sorted_by_key(|section| (section != "GLOBAL", section)));
    }
}
