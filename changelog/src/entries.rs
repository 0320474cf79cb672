//! Fragments become the entries of sections and types, in towncrier's order.

use std::sync::LazyLock;

use regex::Regex;

use super::error::ChangelogError;
use super::fragment::Fragment;
use super::python;
use super::settings::{Bullets, ChangelogSettings, EntryContent};
use super::towncrier_version::TowncrierVersion;

/// A section's entries by type; only types that have some.
pub(crate) struct NotesSection {
    pub(crate) name: String,
    pub(crate) types: Vec<TypeEntries>,
}

/// The entries of one type within a section.
pub(crate) struct TypeEntries {
    /// The directory name of the type.
    pub(crate) kind: String,
    /// Texts with their issues as printed.
    pub(crate) entries: Vec<(String, Vec<String>)>,
    /// All issues of the type as printed, each once.
    pub(crate) issues: Vec<String>,
}

/// Gathers the fragments into entries: one for each different text.
///
/// Entries are ordered by their issues (see [`issue_key`]); those without issues come last, by
/// their text. Without `all_bullets` the kind of bullet goes before that.
///
/// # Errors
/// An `issue_format` with an unknown field.
pub(crate) fn sections(
    settings: &ChangelogSettings,
    fragments: &[Fragment],
) -> Result<Vec<NotesSection>, ChangelogError> {
    let section = |(name, _): &(String, String)| {
        let own = fragments
            .iter()
            .filter(|fragment| fragment.section == *name);
        let mut raw: Vec<(&str, Vec<Entry>)> = Vec::new();
        for fragment in own {
            let place = raw.iter().position(|(kind, _)| *kind == fragment.kind);
            let place = place.unwrap_or_else(|| {
                raw.push((&fragment.kind, Vec::new()));
                raw.len() - 1
            });
            add(
                &mut raw[place].1,
                entry_text(settings, fragment),
                fragment.issue.clone(),
            );
        }
        let types = raw
            .into_iter()
            .map(|(kind, entries)| ordered(settings, kind, entries));
        Ok(NotesSection {
            name: name.clone(),
            types: types.collect::<Result<_, _>>()?,
        })
    };
    let mut sections: Vec<_> = settings.sections.iter().collect();
    if settings.layout_sorts() {
        sections.sort_by_key(|(name, _)| name.to_lowercase());
    }
    sections.into_iter().map(section).collect()
}

struct Entry {
    text: String,
    issues: Vec<String>,
}

fn add(entries: &mut Vec<Entry>, text: String, issue: Option<String>) {
    match entries.iter_mut().find(|entry| entry.text == text) {
        Some(entry) => entry.issues.extend(issue),
        None => entries.push(Entry {
            text,
            issues: issue.into_iter().collect(),
        }),
    }
}

fn entry_text(settings: &ChangelogSettings, fragment: &Fragment) -> String {
    let version = settings.towncrier;
    let content = settings.type_named(&fragment.kind).map(|kind| kind.content);
    let shows_orphans = version >= TowncrierVersion::of(24, 7);
    if content == Some(EntryContent::IssuesOnly) && (fragment.issue.is_some() || !shows_orphans) {
        return String::new();
    }
    if version < TowncrierVersion::of(18, 6) {
        return on_one_line(&fragment.text);
    }
    match settings.bullets {
        Bullets::Template => hang(python::strip(&fragment.text)),
        Bullets::Fragments => python::rstrip(&fragment.text).to_owned(),
    }
}

/// The text with each run of white space as one space, as long as towncrier kept no lines.
fn on_one_line(text: &str) -> String {
    let mut text = text.replace("\r\n", "\n").replace(['\n', '\t'], " ");
    while text.contains("  ") {
        text = text.replace("  ", " ");
    }
    python::strip(&text).to_owned()
}

/// Indents all lines but the first by two spaces, for the bullet; blank lines stay as they are.
fn hang(text: &str) -> String {
    let mut hung = String::with_capacity(text.len());
    for (at, line) in python::split_lines(text).into_iter().enumerate() {
        if at > 0 && !python::strip(line).is_empty() {
            hung.push_str("  ");
        }
        hung.push_str(line);
    }
    hung
}

fn ordered(
    settings: &ChangelogSettings,
    kind: &str,
    mut entries: Vec<Entry>,
) -> Result<TypeEntries, ChangelogError> {
    if settings.towncrier < TowncrierVersion::of(17, 8) {
        return ordered_by_text(settings, kind, entries);
    }
    let issue_key = |issue: &str| match settings.towncrier >= TowncrierVersion::of(24, 7) {
        true => issue_key(issue),
        false => plain_issue_key(issue),
    };
    for entry in &mut entries {
        // They are first sorted by name, so that issues with the same key have a fixed order.
        entry.issues.sort();
        entry.issues.sort_by_cached_key(|issue| issue_key(issue));
    }
    entries.sort_by_cached_key(|entry| {
        let text = match entry.issues.is_empty() {
            true => entry.text.clone(),
            false => String::new(),
        };
        (
            text,
            entry
                .issues
                .iter()
                .map(|issue| issue_key(issue))
                .collect::<Vec<_>>(),
        )
    });
    if settings.bullets == Bullets::Fragments {
        entries.sort_by_key(|entry| bullet_rank(&entry.text));
    }
    let mut all: Vec<String> = entries
        .iter()
        .flat_map(|entry| entry.issues.clone())
        .collect();
    all.sort();
    all.dedup();
    all.sort_by_cached_key(|issue| issue_key(issue));
    let print = |issues: Vec<String>| -> Result<Vec<String>, ChangelogError> {
        issues
            .iter()
            .map(|issue| print_issue(settings, issue))
            .collect()
    };
    let printed = entries
        .into_iter()
        .map(|entry| Ok((after_code_block(settings, entry.text), print(entry.issues)?)));
    Ok(TypeEntries {
        kind: kind.to_owned(),
        entries: printed.collect::<Result<_, _>>()?,
        issues: print(all)?,
    })
}

/// Before 17.8 towncrier's own layout sorted, by the printed issues as texts: `#10` before `#9`.
fn ordered_by_text(
    settings: &ChangelogSettings,
    kind: &str,
    entries: Vec<Entry>,
) -> Result<TypeEntries, ChangelogError> {
    let mut printed = Vec::new();
    for mut entry in entries {
        entry.issues.sort();
        let issues = entry
            .issues
            .iter()
            .map(|issue| print_issue(settings, issue));
        printed.push((entry.text, issues.collect::<Result<Vec<String>, _>>()?));
    }
    if settings.layout_sorts() {
        printed.sort_by(|(_, a), (_, b)| a.cmp(b));
        for (_, issues) in &mut printed {
            issues.sort_by_key(|issue| issue.to_lowercase());
        }
    }
    let mut issues: Vec<String> = printed
        .iter()
        .flat_map(|(_, issues)| issues.clone())
        .collect();
    issues.sort_by_key(|issue| issue.to_lowercase());
    issues.dedup();
    Ok(TypeEntries {
        kind: kind.to_owned(),
        entries: printed,
        issues,
    })
}

/// The key by which issues are sorted. Names without a digit come first; then names with one,
/// grouped by the text around their first number and sorted by it; then plain numbers.
///
/// Numbers are compared by length and then by digits, so no number is too large.
fn issue_key(issue: &str) -> (bool, bool, String, usize, String) {
    let number = |digits: &str| {
        let digits = digits.trim_start_matches('0');
        (digits.len() + 1, digits.to_owned())
    };
    if python::is_digits(issue) {
        let (length, digits) = number(issue);
        return (true, true, String::new(), length, digits);
    }
    let Some(start) = issue.find(|c: char| c.is_ascii_digit()) else {
        return (false, false, issue.to_owned(), 0, String::new());
    };
    let rest = issue[start..].trim_start_matches(|c: char| c.is_ascii_digit());
    let (length, digits) = number(&issue[start..issue.len() - rest.len()]);
    (
        false,
        true,
        format!("{}{rest}", &issue[..start]),
        length,
        digits,
    )
}

/// The key before 24.7: names that are no numbers, and then numbers.
fn plain_issue_key(issue: &str) -> (bool, bool, String, usize, String) {
    match python::is_int(issue) {
        true => {
            let digits = python::int_text(issue);
            (true, true, String::new(), digits.len(), digits)
        }
        false => (false, false, issue.to_owned(), 0, String::new()),
    }
}

fn bullet_rank(text: &str) -> u8 {
    match text {
        "" => 0,
        _ if text.starts_with("- ") => 1,
        _ if text.starts_with("* ") => 2,
        _ if text.starts_with("#. ") => 3,
        _ => 4,
    }
}

fn print_issue(settings: &ChangelogSettings, issue: &str) -> Result<String, ChangelogError> {
    let Some(pattern) = &settings.issue_format else {
        return Ok(match python::is_int(issue) {
            true => format!("#{issue}"),
            false => issue.to_owned(),
        });
    };
    python::format(pattern, &[("issue", issue)]).map_err(|source| ChangelogError::Format {
        file: settings.source.clone(),
        key: "issue_format",
        pattern: pattern.clone(),
        source,
    })
}

/// Keeps the issues behind a text from becoming part of the reStructuredText code block that the
/// text ends with: an empty line and a space go between them.
fn after_code_block(settings: &ChangelogSettings, text: String) -> String {
    match settings.towncrier >= TowncrierVersion::of(25, 8) {
        true => closed_code_block(text),
        false => text,
    }
}

fn closed_code_block(text: String) -> String {
    static CODE_BLOCK: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"::\n\n(?:(?:  [ \t]+[^\n]*)?\n)*  [ \t]+[^\n]*$").ok());
    match CODE_BLOCK
        .as_ref()
        .is_some_and(|block| block.is_match(&text))
    {
        true => text + "\n\n ",
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issues_sort_as_documented() {
        let mut issues = vec!["2", "#11", "gh-4", "omega", "#3", "10", "gh-10", "alpha"];
        issues.sort_by_cached_key(|issue| issue_key(issue));
        assert_eq!(
            issues,
            ["alpha", "omega", "#3", "#11", "gh-4", "gh-10", "2", "10"]
        );
    }

    #[test]
    fn code_blocks_are_closed() {
        assert_eq!(
            closed_code_block("x::\n\n    code".into()),
            "x::\n\n    code\n\n "
        );
        assert_eq!(closed_code_block("x::\n\n  code".into()), "x::\n\n  code");
        assert_eq!(closed_code_block("x:\n\n    code".into()), "x:\n\n    code");
    }
}
