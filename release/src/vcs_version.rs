//! A version that follows from the tags of git, as setuptools-scm 7 computes it, which Pants runs for its
//! `vcs_version` targets. Here nothing is run: the schemes are those that setuptools-scm ships.
//!
//! Source: <https://setuptools-scm.readthedocs.io/en/v7.1.0/extending/>.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::Version;
use regex::Regex;
use thiserror::Error;

/// What finds the version in a tag where nothing else is said.
const TAG_PATTERN: &str = r"^(?:[\w-]+-)?(?P<version>[vV]?\d+(?:\.\d+){0,2}[^\+]*)(?:\+.*)?$";

/// How a version follows from a commit.
#[derive(Debug, Clone)]
pub struct VcsVersionRules {
    tag: Regex,
    version: VersionScheme,
    local: LocalScheme,
}

/// How the public part is made of the last tag, and of what came after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum VersionScheme {
    CalverByDate,
    GuessNextDev,
    NoGuessDev,
    PostRelease,
    PythonSimplifiedSemver,
    ReleaseBranchSemver,
}

/// How the local part is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LocalScheme {
    DirtyTag,
    NoLocalVersion,
    NodeAndDate,
    NodeAndTimestamp,
}

const VERSION_SCHEMES: &[(&str, VersionScheme)] = &[
    ("calver-by-date", VersionScheme::CalverByDate),
    ("guess-next-dev", VersionScheme::GuessNextDev),
    ("no-guess-dev", VersionScheme::NoGuessDev),
    ("post-release", VersionScheme::PostRelease),
    (
        "python-simplified-semver",
        VersionScheme::PythonSimplifiedSemver,
    ),
    ("release-branch-semver", VersionScheme::ReleaseBranchSemver),
];

const LOCAL_SCHEMES: &[(&str, LocalScheme)] = &[
    ("dirty-tag", LocalScheme::DirtyTag),
    ("no-local-version", LocalScheme::NoLocalVersion),
    ("node-and-date", LocalScheme::NodeAndDate),
    ("node-and-timestamp", LocalScheme::NodeAndTimestamp),
];

/// What git says of a work tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VcsState {
    /// The nearest tag with a digit in its name, and how many commits came after it.
    pub tag: Option<(String, u64)>,
    /// The short hash of the commit with `g` in front; `None` before the first.
    pub node: Option<String>,
    /// How many commits there are.
    pub commits: u64,
    /// Whether tracked files were edited.
    pub dirty: bool,
    /// The branch; `HEAD` where none is checked out.
    pub branch: Option<String>,
    /// The day of the commit, where it was made.
    pub date: Option<Date>,
}

/// Why there is no version.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VcsVersionError {
    /// Not a regular expression, or one that only Python knows.
    #[error("`tag_regex` cannot be read: {0}")]
    Pattern(String),
    /// It does not say which part is the version.
    #[error("`tag_regex` needs one group, or a group named `version`")]
    Groups,
    /// A scheme of a plug-in.
    #[error("`{field}` is `{name}`; known are {}", known.join(", "))]
    Scheme {
        /// The field.
        field: &'static str,
        /// Its value.
        name: String,
        /// What it may be.
        known: Vec<&'static str>,
    },
    /// The last tag has none.
    #[error("`tag_regex` finds no version in the tag `{0}`")]
    NoVersion(String),
    /// What was found is none.
    #[error("`{version}`, in the tag `{tag}`, is not a version (PEP 440)")]
    NotPep440 {
        /// The tag.
        tag: String,
        /// What was found in it.
        version: String,
    },
    /// The scheme cannot go on from the tag's version.
    #[error("`{scheme}` knows no version after {version}: {reason}")]
    NoNext {
        /// The scheme.
        scheme: &'static str,
        /// The version of the last tag.
        version: String,
        /// What it lacks.
        reason: &'static str,
    },
}

impl VcsVersionError {
    /// The field of the target that is to blame.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::Pattern(_) | Self::Groups | Self::NoVersion(_) | Self::NotPep440 { .. } => {
                "tag_regex"
            }
            Self::Scheme { field, .. } => field,
            Self::NoNext { .. } => "version_scheme",
        }
    }
}

impl VcsVersionRules {
    /// The rules of a target's fields. What is not said is as setuptools-scm has it.
    ///
    /// # Errors
    /// A pattern or a scheme that is not known.
    pub fn new(
        tag_regex: Option<&str>,
        version_scheme: Option<&str>,
        local_scheme: Option<&str>,
    ) -> Result<Self, VcsVersionError> {
        let tag = Regex::new(tag_regex.unwrap_or(TAG_PATTERN));
        let tag = tag.map_err(|error| {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default();
            VcsVersionError::Pattern(last.trim_start_matches("error: ").to_owned())
        })?;
        let named = tag.capture_names().flatten().any(|name| name == "version");
        if tag.captures_len() != 2 && !named {
            return Err(VcsVersionError::Groups);
        }
        Ok(Self {
            tag,
            version: match version_scheme {
                Some(name) => of_name(VERSION_SCHEMES, "version_scheme", name)?,
                None => VersionScheme::GuessNextDev,
            },
            local: match local_scheme {
                Some(name) => of_name(LOCAL_SCHEMES, "local_scheme", name)?,
                None => LocalScheme::NodeAndDate,
            },
        })
    }

    /// The version of a work tree at a time.
    ///
    /// # Errors
    /// The last tag has no version, or one that the scheme cannot go on from.
    pub fn version(&self, state: &VcsState, now: Timestamp) -> Result<String, VcsVersionError> {
        let (tag, distance) = match &state.tag {
            Some((tag, distance)) => (tag.as_str(), *distance),
            None => ("0.0", state.commits),
        };
        let is_exact = state.tag.is_some() && distance == 0 && !state.dirty;
        let step = NextVersion {
            rules: self,
            state,
            tag: self.of_tag(tag)?,
            distance: (!is_exact).then_some(distance),
            now,
        };
        Ok(format!("{}{}", step.public()?, step.local()))
    }

    /// The text in a tag that is its version.
    fn found<'t>(&self, tag: &'t str) -> Option<&'t str> {
        let captures = self.tag.captures(tag)?;
        let is_at_start = captures.get(0).is_some_and(|all| all.start() == 0);
        let group = match self.tag.captures_len() {
            2 => captures.get(1),
            _ => captures.name("version"),
        };
        let found = group.map(|group| group.as_str());
        found.filter(|text| is_at_start && !text.is_empty())
    }

    fn of_tag(&self, tag: &str) -> Result<String, VcsVersionError> {
        let found = self.found(tag);
        let text = found.ok_or_else(|| VcsVersionError::NoVersion(tag.to_owned()))?;
        match Version::from_str(text) {
            Ok(version) => Ok(version.to_string()),
            Err(_) => Err(VcsVersionError::NotPep440 {
                tag: tag.to_owned(),
                version: text.to_owned(),
            }),
        }
    }
}

fn of_name<T: Copy>(
    known: &[(&'static str, T)],
    field: &'static str,
    name: &str,
) -> Result<T, VcsVersionError> {
    let found = known.iter().find(|(one, _)| *one == name);
    found.map(|(_, scheme)| *scheme).ok_or_else(|| {
        let known = known.iter().map(|(name, _)| *name).collect();
        let name = name.to_owned();
        VcsVersionError::Scheme { field, name, known }
    })
}

/// The step from the last tag to the version of a work tree.
struct NextVersion<'a> {
    rules: &'a VcsVersionRules,
    state: &'a VcsState,
    /// The tag's version, normalised.
    tag: String,
    /// The commits since then; `None` for the tagged tree itself.
    distance: Option<u64>,
    now: Timestamp,
}

impl NextVersion<'_> {
    fn public(&self) -> Result<String, VcsVersionError> {
        let scheme = self.rules.version;
        let Some(distance) = self.distance else {
            return match scheme {
                VersionScheme::PythonSimplifiedSemver => self.numbers(3, 0),
                _ => Ok(self.tag.clone()),
            };
        };
        let next = match scheme {
            VersionScheme::GuessNextDev => self.bumped()?,
            VersionScheme::NoGuessDev => self.post()?,
            VersionScheme::PostRelease => return Ok(format!("{}.post{distance}", self.tag)),
            VersionScheme::PythonSimplifiedSemver => {
                let is_feature = |branch: &String| branch.contains("feature");
                match self.state.branch.as_ref().is_some_and(is_feature) {
                    true => self.numbers(2, 1)?,
                    false => self.numbers(3, 1)?,
                }
            }
            VersionScheme::ReleaseBranchSemver if self.is_on_release_branch() => self.bumped()?,
            VersionScheme::ReleaseBranchSemver => self.numbers(2, 1)?,
            VersionScheme::CalverByDate => match self.dated_branch() {
                Some(version) => return Ok(version),
                None => self.dated()?,
            },
        };
        Ok(format!("{next}.dev{distance}"))
    }

    fn local(&self) -> String {
        let now = TimeZone::UTC.to_datetime(self.now);
        let time = match self.rules.local {
            LocalScheme::NoLocalVersion => return String::new(),
            LocalScheme::DirtyTag if self.state.dirty => return "+dirty".to_owned(),
            LocalScheme::DirtyTag => return String::new(),
            LocalScheme::NodeAndDate => now.strftime("d%Y%m%d").to_string(),
            LocalScheme::NodeAndTimestamp => now.strftime("d%Y%m%d%H%M%S").to_string(),
        };
        let node = self
            .state
            .node
            .as_deref()
            .filter(|_| self.distance.is_some());
        match (node, self.state.dirty) {
            (None, false) => String::new(),
            (None, true) => format!("+{time}"),
            (Some(node), false) => format!("+{node}"),
            (Some(node), true) => format!("+{node}.{time}"),
        }
    }

    /// The tag's version with its last number one higher.
    fn bumped(&self) -> Result<String, VcsVersionError> {
        let version = public_part(&self.tag);
        if let Some(released) = self.released(version)? {
            return Ok(released.to_owned());
        }
        let prefix = version.trim_end_matches(|c: char| c.is_ascii_digit());
        let number: Option<u64> = version[prefix.len()..].parse().ok();
        match number.and_then(|number| number.checked_add(1)) {
            Some(number) => Ok(format!("{prefix}{number}")),
            None => Err(self.no_next("it does not end with a number")),
        }
    }

    /// The release that a development version with the number 0 is for.
    fn released<'v>(&self, version: &'v str) -> Result<Option<&'v str>, VcsVersionError> {
        match version.rsplit_once(".dev") {
            None => Ok(None),
            Some((released, "0")) => Ok(Some(released)),
            Some(_) => Err(self.no_next("of development versions only `.dev0` may be tagged")),
        }
    }

    fn post(&self) -> Result<String, VcsVersionError> {
        let version = public_part(&self.tag);
        match self.released(version)? {
            Some(released) => Ok(released.to_owned()),
            None if version.contains("post") => Err(self.no_next("it is a post-release")),
            None => Ok(format!("{version}.post1")),
        }
    }

    /// The first numbers of the tag's version, the last of which is raised, and three in all.
    fn numbers(&self, kept: usize, raise: u64) -> Result<String, VcsVersionError> {
        let parts = self.tag.split('.').take(kept).map(str::parse::<u64>);
        let parts: Result<Vec<u64>, _> = parts.collect();
        let mut parts = parts.map_err(|_| self.no_next("it has more than numbers"))?;
        parts.resize(kept, 0);
        if let Some(last) = parts.last_mut() {
            *last = last.saturating_add(raise);
        }
        parts.resize(3, 0);
        let parts: Vec<String> = parts.iter().map(u64::to_string).collect();
        Ok(parts.join("."))
    }

    /// Whether the branch is named for the series of the tag.
    fn is_on_release_branch(&self) -> bool {
        let branch = self.state.branch.as_deref().unwrap_or_default();
        let name = branch.rsplit('/').next().unwrap_or_default();
        let series = |version: &str| -> Vec<String> {
            version.split('.').take(2).map(str::to_owned).collect()
        };
        let version = self.rules.found(name);
        let version = version.map(|text| text.strip_prefix('v').unwrap_or(text));
        version.is_some_and(|version| series(version) == series(&self.tag))
    }

    /// The date in the name of a branch such as `release-24.9.1`.
    fn dated_branch(&self) -> Option<String> {
        let branch = self.state.branch.as_deref()?;
        let name = branch.strip_prefix("release-")?;
        let found = self.rules.found(name.rsplit('-').next()?)?;
        CalendarVersion::parse(found).map(|_| found.to_owned())
    }

    /// The day of the commit, and a number that is not 0 where the tag is of that day.
    fn dated(&self) -> Result<String, VcsVersionError> {
        let today = TimeZone::UTC.to_datetime(self.now).date();
        let head = self.state.date.unwrap_or(today);
        let tag = CalendarVersion::parse(&self.tag);
        let (tagged, patch, digits) = match &tag {
            None => (Some(today), 0, 2),
            Some(tag) => (tag.date, tag.patch, tag.year_digits),
        };
        let tagged = tagged.ok_or_else(|| self.no_next("it is not a date"))?;
        let patch = match tagged == head {
            true => patch.saturating_add(1),
            false => 0,
        };
        let year = match digits {
            2 => head.year().rem_euclid(100),
            _ => head.year(),
        };
        Ok(format!("{year}.{}.{}.{patch}", head.month(), head.day()))
    }

    fn no_next(&self, reason: &'static str) -> VcsVersionError {
        let named = VERSION_SCHEMES
            .iter()
            .find(|(_, scheme)| *scheme == self.rules.version);
        VcsVersionError::NoNext {
            scheme: named.map_or("", |(name, _)| name),
            version: self.tag.clone(),
            reason,
        }
    }
}

/// A version without its local part.
fn public_part(version: &str) -> &str {
    version.split('+').next().unwrap_or(version)
}

/// A version that is a date, and perhaps a number of that day: `24.9.1`, `2024.09.01.2`.
struct CalendarVersion {
    year_digits: usize,
    /// `None` where there is no such day.
    date: Option<Date>,
    patch: u64,
}

impl CalendarVersion {
    fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('.').collect();
        let is_number = |part: &&str| part.chars().all(|c| c.is_ascii_digit());
        let fits = |part: &str| matches!(part.len(), 1 | 2);
        let (year, month, day) = match parts.as_slice() {
            [year, month, day] | [year, month, day, _] => (*year, *month, *day),
            _ => return None,
        };
        let is_date = matches!(year.len(), 2 | 4) && fits(month) && fits(day);
        if !is_date || !parts.iter().all(is_number) {
            return None;
        }
        // As Python reads two digits of a year.
        let full = match (year.len(), year.parse::<i16>().ok()?) {
            (2, year @ 69..) => 1900 + year,
            (2, year) => 2000 + year,
            (_, year) => year,
        };
        Some(Self {
            year_digits: year.len(),
            date: Date::new(full, month.parse().ok()?, day.parse().ok()?).ok(),
            patch: parts
                .get(3)
                .and_then(|patch| patch.parse().ok())
                .unwrap_or(0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tag, how many commits came after it, and whether files were edited.
    fn state(tag: &str, distance: u64, dirty: bool) -> VcsState {
        VcsState {
            tag: Some((tag.to_owned(), distance)),
            node: Some("gabcdef0".to_owned()),
            commits: 9,
            dirty,
            branch: Some("main".to_owned()),
            date: Some(Date::constant(2024, 9, 3)),
        }
    }

    fn version(fields: [Option<&str>; 3], state: &VcsState) -> String {
        let [tag_regex, version_scheme, local_scheme] = fields;
        let rules = VcsVersionRules::new(tag_regex, version_scheme, local_scheme);
        let now = Timestamp::constant(1_726_000_000, 0);
        let version = rules.and_then(|rules| rules.version(state, now));
        version.unwrap_or_else(|error| format!("error: {error}"))
    }

    /// Those of Pants' own test, and some of setuptools-scm's.
    #[test]
    fn the_version_in_a_tag() {
        let tagged = |tag: &str| version([None; 3], &state(tag, 0, false));
        for (tag, expected) in [
            ("11.22.33", "11.22.33"),
            ("v11.22.33", "11.22.33"),
            ("V11.22.33", "11.22.33"),
            ("release-v11.22.33", "11.22.33"),
            ("1", "1"),
            ("1.2", "1.2"),
            ("v1.0.0-rc.1", "1.0.0rc1"),
            ("v1.0.0-rc.1+-25259o4382757gjurh54", "1.0.0rc1"),
            ("24.09.0", "24.9.0"),
        ] {
            assert_eq!(tagged(tag), expected);
        }
        let own = Some(r"^version_(?P<version>.*)$");
        let of_tag = |tag: &str| version([own, None, None], &state(tag, 0, false));
        assert_eq!(of_tag("version_11.22.33"), "11.22.33");
        insta::assert_snapshot!(of_tag("11.22.33"), @"error: `tag_regex` finds no version in the tag `11.22.33`");
        insta::assert_snapshot!(of_tag("version_x"), @"error: `x`, in the tag `version_x`, is not a version (PEP 440)");
    }

    #[test]
    fn what_is_no_rule() {
        let of = |fields| version(fields, &state("1.0", 0, false));
        insta::assert_snapshot!(of([Some("(?=x)(1)"), None, None]), @"error: `tag_regex` cannot be read: look-around, including look-ahead and look-behind, is not supported");
        insta::assert_snapshot!(of([Some("1.*"), None, None]), @"error: `tag_regex` needs one group, or a group named `version`");
        insta::assert_snapshot!(of([None, Some("semver"), None]), @"error: `version_scheme` is `semver`; known are calver-by-date, guess-next-dev, no-guess-dev, post-release, python-simplified-semver, release-branch-semver");
        insta::assert_snapshot!(of([None, None, Some("node")]), @"error: `local_scheme` is `node`; known are dirty-tag, no-local-version, node-and-date, node-and-timestamp");
    }

    #[test]
    fn what_no_scheme_goes_on_from() {
        let after = |scheme, tag: &str| version([None, Some(scheme), None], &state(tag, 2, false));
        insta::assert_snapshot!(after("guess-next-dev", "1.0.dev3"), @"error: `guess-next-dev` knows no version after 1.0.dev3: of development versions only `.dev0` may be tagged");
        insta::assert_snapshot!(after("no-guess-dev", "1.0.post1"), @"error: `no-guess-dev` knows no version after 1.0.post1: it is a post-release");
        insta::assert_snapshot!(after("python-simplified-semver", "1.0.0rc1"), @"error: `python-simplified-semver` knows no version after 1.0.0rc1: it has more than numbers");
        insta::assert_snapshot!(after("calver-by-date", "24.13.1"), @"error: `calver-by-date` knows no version after 24.13.1: it is not a date");
    }

    #[test]
    fn before_the_first_tag_and_commit() {
        let mut state = state("", 0, false);
        state.tag = None;
        assert_eq!(version([None; 3], &state), "0.1.dev9+gabcdef0");
        (state.node, state.commits) = (None, 0);
        assert_eq!(version([None; 3], &state), "0.1.dev0");
    }
}
