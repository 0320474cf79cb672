//! News fragments: which files are some, and what their names say.

use camino::{Utf8Path, Utf8PathBuf};
use model::ShellPattern;
use regex::Regex;

use super::error::ChangelogError;
use super::python;
use super::settings::{ChangelogSettings, TemplateSource};
use super::towncrier_version::TowncrierVersion;

/// A file or folder found in a section's folder.
#[derive(Debug, Clone)]
pub struct FragmentFile {
    /// The section's name.
    pub section: String,
    /// The path, relative to the root.
    pub path: Utf8PathBuf,
    /// The bytes; `None` for a folder, and for a link that leads nowhere.
    pub content: Option<Vec<u8>>,
}

/// One news fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// The file, relative to the root.
    pub path: Utf8PathBuf,
    /// The section's name.
    pub section: String,
    /// The issue; `None` for an orphan.
    pub issue: Option<String>,
    /// The directory name of its type.
    pub kind: String,
    /// What tells several fragments of one issue and type apart: a number without zeros in front,
    /// empty for none.
    pub counter: String,
    /// The text as it stands in the file, line ends as `\n`.
    pub text: String,
}

/// What the name of a fragment says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    issue: String,
    kind: String,
    counter: String,
}

/// Picks the fragments among the files that stand in the sections' folders.
///
/// The result is sorted by section in the settings' order, then by file name. Towncrier takes the
/// files of a folder in the order in which the file system lists them, which shows only between
/// two fragments of the same issue and type: there this order is the same on every machine.
///
/// # Errors
/// A misnamed file where `ignore` is set, an issue against `issue_pattern`, two of the same name.
pub fn fragments(
    settings: &ChangelogSettings,
    mut found: Vec<FragmentFile>,
) -> Result<Vec<Fragment>, ChangelogError> {
    let place = |section: &str| {
        settings
            .sections
            .iter()
            .position(|(name, _)| name == section)
    };
    found.sort_by(|a, b| {
        let key = |file: &FragmentFile| {
            (
                place(&file.section),
                file.path.file_name().map(str::to_owned),
            )
        };
        key(a).cmp(&key(b))
    });
    let ignored = Ignored::new(settings);
    let pattern = settings.issue_pattern.as_deref();
    let pattern = pattern
        .map(|pattern| issue_pattern(settings, pattern))
        .transpose()?;
    let mut fragments: Vec<Fragment> = Vec::new();
    for file in found {
        let file_name = file.path.file_name().unwrap_or("").to_owned();
        if ignored.contains(&file_name) {
            continue;
        }
        match (Name::parse(settings, &file_name), &file.content) {
            (Some(name), Some(bytes)) => {
                // Before 24.7 line ends of other systems went into the notes as they were.
                let text = match settings.towncrier >= TowncrierVersion::of(24, 7) {
                    true => python::read_text(bytes),
                    false => String::from_utf8_lossy(bytes).into_owned(),
                };
                let fragment = name.fragment(settings, file, text);
                let earlier = fragments
                    .iter()
                    .filter(|known| known.section == fragment.section);
                check_issue(&fragment, pattern.as_ref())?;
                refuse_second(&fragment, earlier)?;
                fragments.push(fragment);
            }
            // Editors put links that lead nowhere beside an open file: `.#1.feature.md`.
            (Some(_), None) if !file_name.starts_with('.') => {
                return Err(ChangelogError::NoFile { path: file.path });
            }
            (_, _) if settings.ignore.is_some() => {
                return Err(ChangelogError::FragmentName {
                    path: file.path,
                    types: type_names(settings),
                });
            }
            _ => {}
        }
    }
    Ok(fragments)
}

fn type_names(settings: &ChangelogSettings) -> String {
    let names: Vec<&str> = settings
        .types
        .iter()
        .map(|kind| kind.directory.as_str())
        .collect();
    names.join(", ")
}

fn issue_pattern(settings: &ChangelogSettings, pattern: &str) -> Result<Regex, ChangelogError> {
    Regex::new(&format!("^(?:{pattern})$")).map_err(|error| ChangelogError::IssuePattern {
        file: settings.source.clone(),
        message: error.to_string(),
    })
}

fn check_issue(fragment: &Fragment, pattern: Option<&Regex>) -> Result<(), ChangelogError> {
    match (&fragment.issue, pattern) {
        (Some(issue), Some(pattern)) if !pattern.is_match(issue) => {
            Err(ChangelogError::IssueName {
                path: fragment.path.clone(),
                issue: issue.clone(),
                pattern: pattern.as_str()[4..pattern.as_str().len() - 2].to_owned(),
            })
        }
        _ => Ok(()),
    }
}

fn refuse_second<'a>(
    fragment: &Fragment,
    mut earlier: impl Iterator<Item = &'a Fragment>,
) -> Result<(), ChangelogError> {
    let same = |known: &&Fragment| {
        fragment.issue.is_some()
            && (&known.issue, &known.kind, &known.counter)
                == (&fragment.issue, &fragment.kind, &fragment.counter)
    };
    match earlier.find(same) {
        Some(first) => Err(ChangelogError::Duplicate {
            first: first.path.clone(),
            second: fragment.path.clone(),
        }),
        None => Ok(()),
    }
}

impl Name {
    /// Reads `ISSUE.TYPE`, `ISSUE.TYPE.COUNTER` with any further ending; the issue may have dots.
    fn parse(settings: &ChangelogSettings, file_name: &str) -> Option<Self> {
        let parts: Vec<&str> = file_name.split('.').collect();
        if settings.towncrier < TowncrierVersion::of(23, 10) {
            return Self::parse_before_23_10(settings, &parts);
        }
        let at = (1..parts.len())
            .rev()
            .find(|&at| settings.type_named(parts[at]).is_some())?;
        let issue = parts[..at].join(".");
        let issue = python::strip(&issue);
        let issue = match python::is_digits(issue) {
            true => match issue.trim_start_matches('0') {
                "" => "0",
                number => number,
            },
            false => issue,
        };
        let counter = parts.get(at + 1).filter(|part| python::is_digits(part));
        let counter = counter.map_or("", |digits| digits.trim_start_matches('0'));
        Some(Self {
            issue: issue.to_owned(),
            kind: parts[at].to_owned(),
            counter: counter.to_owned(),
        })
    }

    /// The issue was one part, and where the type is was told in other ways.
    fn parse_before_23_10(settings: &ChangelogSettings, parts: &[&str]) -> Option<Self> {
        let version = settings.towncrier;
        let is_type = |at: usize| {
            parts
                .get(at)
                .is_some_and(|part| settings.type_named(part).is_some())
        };
        let last = parts.len().checked_sub(1).filter(|last| *last > 0)?;
        let (at, counter) = if version >= TowncrierVersion::of(21, 3) || last == 1 {
            let at = (1..parts.len()).find(|&at| is_type(at))?;
            (at, parts.get(at + 1))
        } else if version < TowncrierVersion::of(19, 9) {
            (1, parts.get(2))
        } else if is_type(last) {
            (last, None)
        } else {
            (last - 1, parts.get(last))
        };
        let issue = parts[at.checked_sub(1)?];
        let issue = match version >= TowncrierVersion::of(21, 3) && python::is_int(issue) {
            true => python::int_text(issue),
            false => issue.to_owned(),
        };
        let counter = counter.filter(|part| python::is_digits(part));
        let counter = counter.map_or("", |digits| digits.trim_start_matches('0'));
        is_type(at).then(|| Self {
            issue,
            kind: parts[at].to_owned(),
            counter: counter.to_owned(),
        })
    }

    fn fragment(self, settings: &ChangelogSettings, file: FragmentFile, text: String) -> Fragment {
        let prefix = &settings.orphan_prefix;
        let has_orphans = settings.towncrier >= TowncrierVersion::of(22, 12);
        let orphan = self.issue.is_empty()
            || (has_orphans && !prefix.is_empty() && self.issue.starts_with(prefix));
        Fragment {
            path: file.path,
            section: file.section,
            issue: (!orphan).then_some(self.issue),
            kind: self.kind,
            counter: self.counter,
            text,
        }
    }
}

/// File names that are never fragments.
struct Ignored(Vec<ShellPattern>);

impl Ignored {
    fn new(settings: &ChangelogSettings) -> Self {
        const ALWAYS: [&str; 6] = [
            ".gitignore",
            ".gitkeep",
            ".keep",
            "readme",
            "readme.md",
            "readme.rst",
        ];
        let mut patterns: Vec<String> = ALWAYS.map(str::to_owned).to_vec();
        if let TemplateSource::File(path) = &settings.template {
            patterns.extend(Utf8Path::new(path).file_name().map(str::to_owned));
        }
        patterns.extend(
            settings
                .ignore
                .iter()
                .flatten()
                .map(|pattern| pattern.to_lowercase()),
        );
        Self(
            patterns
                .iter()
                .filter_map(|pattern| ShellPattern::parse(pattern))
                .collect(),
        )
    }

    fn contains(&self, file_name: &str) -> bool {
        let name = file_name.to_lowercase();
        self.0.iter().any(|pattern| pattern.matches(&name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::SettingsFiles;

    fn settings(extra: &str) -> ChangelogSettings {
        let files = SettingsFiles {
            pyproject: Some(format!("[tool.towncrier]\ndirectory = 'changes'\n{extra}")),
            ..SettingsFiles::default()
        };
        ChangelogSettings::parse(&files).unwrap().unwrap()
    }

    fn check(file_name: &str, expect: Option<(&str, &str, &str)>) {
        let name = Name::parse(&settings(""), file_name);
        let name = name.as_ref().map(|name| {
            (
                name.issue.as_str(),
                name.kind.as_str(),
                name.counter.as_str(),
            )
        });
        assert_eq!(name, expect, "{file_name}");
    }

    #[test]
    fn names() {
        check("123.feature", Some(("123", "feature", "")));
        check("0123.feature.md", Some(("123", "feature", "")));
        check("000.bugfix", Some(("0", "bugfix", "")));
        check("123.bugfix.2.md", Some(("123", "bugfix", "2")));
        check("fix-1.2.3.bugfix", Some(("fix-1.2.3", "bugfix", "")));
        check("+note.misc", Some(("+note", "misc", "")));
        check("123.feature.bugfix", Some(("123.feature", "bugfix", "")));
        check("feature.md", None);
        check("README.md", None);
        check("123.unknown.md", None);
    }

    fn found(name: &str) -> FragmentFile {
        FragmentFile {
            section: String::new(),
            path: Utf8PathBuf::from("changes").join(name),
            content: Some(b"text\r\n".to_vec()),
        }
    }

    fn refusal(extra: &str, names: &[&str]) -> String {
        let found = names.iter().map(|name| found(name)).collect();
        fragments(&settings(extra), found).unwrap_err().to_string()
    }

    #[test]
    fn sorts_and_skips() {
        let names = [
            "template.md",
            "README.md",
            "2.misc",
            "1.feature.10",
            "1.feature.2",
            "x.txt",
        ];
        let found = names.map(found).to_vec();
        let fragments = fragments(&settings("template = 'changes/template.md'"), found).unwrap();
        let names: Vec<_> = fragments.iter().map(|f| f.path.as_str()).collect();
        assert_eq!(
            names,
            [
                "changes/1.feature.10",
                "changes/1.feature.2",
                "changes/2.misc"
            ]
        );
        assert_eq!(fragments[0].text, "text\n");
    }

    #[test]
    fn refusals() {
        insta::assert_snapshot!(refusal("", &["1.feature", "01.feature"]), @"changes/1.feature: says the same issue and type as changes/01.feature; put a counter behind the type, as in 12.fix.1.md");
        insta::assert_snapshot!(refusal("ignore = ['*.txt']", &["1.feature", "notes.txt", "2.fix.md"]), @"changes/2.fix.md: not the name of a news fragment; expected ISSUE.TYPE or ISSUE.TYPE.md with TYPE one of feature, bugfix, doc, removal, misc");
        insta::assert_snapshot!(refusal("issue_pattern = '\\d+'", &["+x.misc", "BA-1.feature"]), @r#"changes/BA-1.feature: issue `BA-1` does not match the pattern `\d+`"#);
        insta::assert_snapshot!(refusal("issue_pattern = '('", &["1.feature"]), @r#"
        pyproject.toml: [tool.towncrier] `issue_pattern`: regex parse error:
            ^(?:()$
             ^
        error: unclosed group
        "#);
    }
}
