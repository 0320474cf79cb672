//! Writes a diff for a terminal, for a pull request, and for programs.

use std::fmt::{self, Write as _};

use model::{Marker, PackageName};

use super::cause::Cause;
use super::change::{ChangeKind, Level};
use super::lock_diff::{LockDiff, PackageChange};

/// Lines for a terminal; if nothing changed, one line that says so.
#[must_use]
pub fn text(diffs: &[LockDiff]) -> String {
    let mut out = String::new();
    for diff in diffs.iter().filter(|diff| !diff.is_empty()) {
        push(
            &mut out,
            format_args!("{}: {}\n", diff.resolve, Summary(diff)),
        );
        for input in &diff.inputs {
            push(&mut out, format_args!("  {input}\n"));
        }
        for package in &diff.packages {
            push(&mut out, format_args!("  {package}\n"));
            push(&mut out, format_args!("      {}\n", package.because()));
        }
    }
    if out.is_empty() {
        out.push_str("The locks do not differ.\n");
    }
    out
}

/// Markdown for a pull request: a table for each resolve, alarms first.
#[must_use]
pub fn markdown(diffs: &[LockDiff]) -> String {
    let mut out = String::new();
    for diff in diffs.iter().filter(|diff| !diff.is_empty()) {
        push(
            &mut out,
            format_args!("### `{}`: {}\n\n", diff.resolve, Summary(diff)),
        );
        for input in &diff.inputs {
            push(&mut out, format_args!("- {input}\n"));
        }
        if !diff.inputs.is_empty() {
            out.push('\n');
        }
        if diff.packages.is_empty() {
            continue;
        }
        out.push_str("| package | change | because |\n|---|---|---|\n");
        let (alarms, others): (Vec<_>, Vec<_>) = diff
            .packages
            .iter()
            .partition(|package| package.change.is_alarm());
        for package in alarms {
            push(
                &mut out,
                format_args!("| **{}** | :warning: {} |\n", package.name, cells(package)),
            );
        }
        for package in others {
            push(
                &mut out,
                format_args!("| {} | {} |\n", package.name, cells(package)),
            );
        }
        out.push('\n');
    }
    if out.is_empty() {
        out.push_str("The locks do not differ.\n");
    }
    out
}

/// The cells of a package's row. A `|` in them is escaped, since it would end the cell.
fn cells(package: &PackageChange) -> String {
    let escape = |text: String| text.replace('|', "\\|");
    let what = match package.change {
        ChangeKind::Added { .. } => "added ",
        ChangeKind::Removed { .. } => "removed ",
        _ => "",
    };
    format!(
        "{what}{} | {}",
        escape(package.change.to_string()),
        escape(package.because())
    )
}

/// How much changed, in one line.
pub(super) fn summary(diff: &LockDiff) -> String {
    Summary(diff).to_string()
}

struct Summary<'a>(&'a LockDiff);

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |is: fn(&ChangeKind) -> bool| {
            self.0
                .packages
                .iter()
                .filter(|package| is(&package.change))
                .count()
        };
        // A version and its extras may both change. This counts as one package.
        let changed = |package: &&PackageChange| {
            matches!(
                package.change,
                ChangeKind::Version { .. } | ChangeKind::Extras { .. }
            )
        };
        let mut changed: Vec<_> = self
            .0
            .packages
            .iter()
            .filter(changed)
            .map(|package| &package.name)
            .collect();
        changed.dedup();
        let counts = [
            ("added", count(|c| matches!(c, ChangeKind::Added { .. }))),
            (
                "removed",
                count(|c| matches!(c, ChangeKind::Removed { .. })),
            ),
            ("changed", changed.len()),
            (
                "moved marker",
                count(|c| matches!(c, ChangeKind::Marker { .. })),
            ),
            ("alarm", count(ChangeKind::is_alarm)),
        ];
        let parts: Vec<String> = counts
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(what, count)| match (what, count) {
                ("moved marker" | "alarm", 2..) => format!("{count} {what}s"),
                _ => format!("{count} {what}"),
            })
            .collect();
        if parts.is_empty() {
            return f.write_str("no package changed");
        }
        f.write_str(&parts.join(", "))
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Major => "major",
            Self::Minor => "minor",
            Self::Patch => "patch",
        })
    }
}

/// The sign, the project, and how it changed.
impl fmt::Display for PackageChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.sign(), self.name, self.change)
    }
}

impl fmt::Display for ChangeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added { version, marker } | Self::Removed { version, marker } => {
                write!(f, "{version}{}", Where(marker))
            }
            Self::Version { from, to, level } => {
                let down = if to < from { ", down" } else { "" };
                write!(f, "{from} -> {to} ({level}{down})")
            }
            Self::Marker { version, from, to } => {
                write!(
                    f,
                    "{version} was needed {}, is needed {}",
                    Needed(from),
                    Needed(to)
                )
            }
            Self::Extras { version, from, to } => {
                let list = |extras: &[model::ExtraName]| -> String {
                    let extras: Vec<&str> = extras.iter().map(model::ExtraName::as_str).collect();
                    format!("[{}]", extras.join(","))
                };
                write!(f, "{version} extras {} -> {}", list(from), list(to))
            }
            Self::Source { version, from, to } => {
                write!(f, "{version} came from {from}, comes from {to}")
            }
            Self::Files {
                version,
                added,
                removed,
                replaced,
            } => {
                write!(f, "{version} has other files than before")?;
                for (what, files) in [
                    ("new", added),
                    ("gone", removed),
                    ("ANOTHER HASH", replaced),
                ] {
                    if !files.is_empty() {
                        write!(f, "; {what}: {}", files.join(", "))?;
                    }
                }
                Ok(())
            }
            Self::Yanked { version, reason } if reason.is_empty() => {
                write!(f, "{version} is yanked")
            }
            Self::Yanked { version, reason } => write!(f, "{version} is yanked: {reason}"),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input { input, through } => write!(f, "{input}{}", Through(through)),
            Self::Settings(changes) => {
                let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
                f.write_str(&changes.join("; "))
            }
            Self::Required {
                by: Some((name, version)),
                requirement,
            } => write!(f, "{name} {version} requires `{requirement}`"),
            Self::Required {
                by: None,
                requirement,
            } => write!(f, "the requirement `{requirement}` asks for it"),
            Self::Unneeded => f.write_str("nothing requires it any more"),
            Self::ChosenAnew => f.write_str("chosen anew"),
        }
    }
}

struct Through<'a>(&'a [PackageName]);

impl fmt::Display for Through<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(PackageName::as_str).collect();
        if names.is_empty() {
            return Ok(());
        }
        write!(f, ", through {}", names.join(" > "))
    }
}

struct Where<'a>(&'a Marker);

impl fmt::Display for Where<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_true() {
            return Ok(());
        }
        write!(f, " where {}", self.0)
    }
}

struct Needed<'a>(&'a Marker);

impl fmt::Display for Needed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_true() {
            return f.write_str("everywhere");
        }
        write!(f, "where {}", self.0)
    }
}

fn push(out: &mut String, text: fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::diff;
    use crate::fixtures::small;

    type Side<'a> = (&'a [&'a str], &'a [&'a str]);

    fn compare(from: Side<'_>, to: Side<'_>) -> LockDiff {
        diff(&small(from.0, from.1), &small(to.0, to.1))
    }

    #[track_caller]
    fn check(from: Side<'_>, to: Side<'_>) -> String {
        text(&[compare(from, to)])
    }

    #[test]
    fn nothing() {
        insta::assert_snapshot!(check((&["a"], &["a 1"]), (&["a"], &["a 1"])), @"The locks do not differ.");
    }

    #[test]
    fn a_bump_and_what_follows_from_it() {
        insta::assert_snapshot!(check(
            (&["a~=1.0", "z"], &["a 1.0 : b>=1 & old", "b 1.2.0 : z", "old 3", "z 1"]),
            (&["a~=2.0", "z"], &["a 2.0 : b>=1.3 & new", "b 1.3.0 : z>=1", "new 1", "z 1"]),
        ), @"
        r: 1 added, 1 removed, 2 changed
          the requirement `a~=1.0` is now `a~=2.0`
          ~ a 1.0 -> 2.0 (major)
              the requirement `a~=1.0` is now `a~=2.0`
          ~ b 1.2.0 -> 1.3.0 (minor)
              the requirement `a~=1.0` is now `a~=2.0`, through a
          + new 1
              the requirement `a~=1.0` is now `a~=2.0`, through a
          - old 3
              the requirement `a~=1.0` is now `a~=2.0`, through a
        ");
    }

    #[test]
    fn a_new_requirement_that_holds_another_down() {
        insta::assert_snapshot!(check(
            (&["a"], &["a 2.1"]),
            (&["a", "b"], &["a 1.9", "b 1 : a<2"]),
        ), @"
        r: 1 added, 1 changed
          the requirement `b` is new
          ~ a 2.1 -> 1.9 (major, down)
              the requirement `b` is new, through b
          + b 1
              the requirement `b` is new
        ");
    }

    #[test]
    fn chosen_anew() {
        insta::assert_snapshot!(check(
            (&["a", "b>=1"], &["a 1 : c", "b 1", "c 1.0.1"]),
            (&["a", "b>=2"], &["a 1 : c", "b 2", "c 1.0.2"]),
        ), @"
        r: 2 changed
          the requirement `b>=1` is now `b>=2`
          ~ b 1 -> 2 (major)
              the requirement `b>=1` is now `b>=2`
          ~ c 1.0.1 -> 1.0.2 (patch)
              chosen anew
        ");
    }

    #[test]
    fn markers_and_forks() {
        insta::assert_snapshot!(check(
            (&["a", "b ; sys_platform == 'win32'"], &["a 1", "b 1 ; sys_platform == 'win32' : c", "c 1 ; sys_platform == 'win32'"]),
            (&["a", "b"], &["a 1 ; os_name == 'nt'", "a 2 ; os_name != 'nt'", "b 1 : c", "c 1"]),
        ), @"
        r: 1 added, 3 moved markers
          the requirement `b ; sys_platform == 'win32'` is now `b`
          ~ a 1 was needed everywhere, is needed where os_name == 'nt'
              chosen anew
          + a 2 where os_name != 'nt'
              the requirement `a` asks for it
          ~ b 1 was needed where sys_platform == 'win32', is needed everywhere
              the requirement `b ; sys_platform == 'win32'` is now `b`
          ~ c 1 was needed where sys_platform == 'win32', is needed everywhere
              the requirement `b ; sys_platform == 'win32'` is now `b`, through b
        ");
    }

    #[test]
    fn alarms() {
        let from = small(&["a", "b", "c"], &["a 1", "b 1", "c 1"]);
        let mut to = from.clone();
        to.packages[0].wheels[0].sha256 = Some(model::Sha256([7; 32]));
        to.packages[1].source = model::PackageSource::Index(model::IndexRole::Further(2));
        to.packages[2].wheels[0].yanked = Some("broken".to_owned());
        insta::assert_snapshot!(text(&[diff(&from, &to)]), @"
        r: 3 alarms
          ! a 1 has other files than before; ANOTHER HASH: a-1-py3-none-any.whl
              no changed input explains it
          ! b 1 came from the first index, comes from index 2
              no changed input explains it
          ! c 1 is yanked: broken
              no changed input explains it
        ");
    }

    #[test]
    fn settings() {
        let from = small(&["a"], &["a 1"]);
        let mut to = small(&["a"], &["a 2a1"]);
        to.inputs.prereleases = model::PrereleasePolicy::Allow;
        insta::assert_snapshot!(text(&[diff(&from, &to)]), @"
        r: 1 changed
          `prereleases` was `if-necessary` and is now `allow`
          ~ a 1 -> 2a1 (major)
              `prereleases` was `if-necessary` and is now `allow`
        ");
    }

    #[test]
    fn other_forms() {
        let mut diff = compare(
            (
                &["a"],
                &["a 1 : b ; os_name == 'nt'", "b 1 ; os_name == 'nt'"],
            ),
            (&["a[x]"], &["a[x] 1 : c"; 1]),
        );
        diff.packages.truncate(2);
        insta::assert_snapshot!(markdown(std::slice::from_ref(&diff)), @"
        ### `r`: 1 removed, 1 changed

        - the requirement `a` is now `a[x]`

        | package | change | because |
        |---|---|---|
        | a | 1 extras [] -> [x] | the requirement `a` is now `a[x]` |
        | b | removed 1 where os_name == 'nt' | the requirement `a` is now `a[x]`, through a |
        ");
        insta::assert_snapshot!(serde_json::to_string_pretty(&[diff]).unwrap(), @r#"
        [
          {
            "resolve": "r",
            "inputs": [
              {
                "requirement-changed": {
                  "from": "a",
                  "to": "a[x]"
                }
              }
            ],
            "packages": [
              {
                "name": "a",
                "change": "extras",
                "version": "1",
                "from": [],
                "to": [
                  "x"
                ],
                "cause": {
                  "input": {
                    "input": {
                      "requirement-changed": {
                        "from": "a",
                        "to": "a[x]"
                      }
                    },
                    "through": []
                  }
                }
              },
              {
                "name": "b",
                "change": "removed",
                "version": "1",
                "marker": "os_name == 'nt'",
                "cause": {
                  "input": {
                    "input": {
                      "requirement-changed": {
                        "from": "a",
                        "to": "a[x]"
                      }
                    },
                    "through": [
                      "a"
                    ]
                  }
                }
              }
            ]
          }
        ]
        "#);
    }
}
