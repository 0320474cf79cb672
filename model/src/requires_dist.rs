//! `Requires-Dist`: what a distribution requires, as its core metadata spells it.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::requirement::{Requirement, RequirementError};

/// A requirement in the form that core metadata has. Names, versions and URLs keep the spelling in
/// which they were written; spacing and order are those of setuptools.
///
/// ```
/// let written = "Foo_Bar >=1.0, <2 ; os_name == 'posix'";
/// let required: model::RequiresDist = written.parse()?;
/// assert_eq!(required.to_string(), "Foo-Bar<2,>=1.0; os_name == \"posix\"");
/// # Ok::<(), model::RequirementError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiresDist {
    /// What it means.
    pub(crate) requirement: Requirement,
    /// The project, `_` written as `-`.
    pub(crate) name: String,
    /// The extras asked for.
    pub(crate) extras: Vec<String>,
    /// Which versions will do, or where the project is.
    pub(crate) source: SourceSpelling,
    /// The environments in which it is required.
    pub(crate) marker: Option<String>,
}

/// The source of a required project, as it is spelt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SourceSpelling {
    /// Version specifiers, sorted; any version where there are none.
    Versions(Vec<String>),
    /// A URL.
    Url(String),
}

impl RequiresDist {
    /// What it means.
    #[must_use]
    pub fn requirement(&self) -> &Requirement {
        &self.requirement
    }

    /// The line of core metadata that requires it only if `extra` is asked for.
    #[must_use]
    pub fn of_extra(&self, extra: &str) -> String {
        let marker = match &self.marker {
            Some(marker) => format!("({marker}) and extra == \"{extra}\""),
            None => format!("extra == \"{extra}\""),
        };
        let with_marker = Self {
            marker: Some(marker),
            ..self.clone()
        };
        with_marker.to_string()
    }

    /// The same, required only where `marker` holds too. `marker` is one that parses.
    ///
    /// # Errors
    /// Where it does not parse.
    pub fn and_marker(&self, marker: &str) -> Result<Self, RequirementError> {
        let own = self.marker.as_ref().map(|own| format!("({own}) and "));
        let marker = format!("{}({marker})", own.unwrap_or_default());
        let marker = match self.marker {
            Some(_) => marker,
            None => marker[1..marker.len() - 1].to_owned(),
        };
        let with_marker = Self {
            marker: marker_spelling(&marker),
            ..self.clone()
        };
        with_marker.to_string().parse()
    }

    /// Whether it holds only in some environments.
    #[must_use]
    pub fn has_marker(&self) -> bool {
        self.marker.is_some()
    }

    /// Splits the text that a requirement was read from.
    pub(crate) fn of_text(text: &str, requirement: Requirement) -> Self {
        let (name, rest) = split_name(text);
        let (extras, rest) = split_extras(rest.trim_start());
        let rest = rest.trim_start();
        let (source, marker) = match rest.strip_prefix('@') {
            Some(rest) => {
                let (url, marker) = split_url(rest.trim_start());
                (SourceSpelling::Url(url.replace(' ', "%20")), marker)
            }
            None => {
                let (versions, marker) = rest.split_once(';').unwrap_or((rest, ""));
                (SourceSpelling::Versions(clauses(versions)), marker)
            }
        };
        Self {
            requirement,
            name: name.replace('_', "-"),
            extras,
            source,
            marker: marker_spelling(marker),
        }
    }
}

/// The name at the start of a requirement, and what follows it.
pub(crate) fn split_name(text: &str) -> (&str, &str) {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
    text.split_at(end)
}

/// `[extra, …]` at the start of a text, and what follows it.
fn split_extras(text: &str) -> (Vec<String>, &str) {
    let inside = text.strip_prefix('[').and_then(|text| text.split_once(']'));
    let Some((inside, rest)) = inside else {
        return (Vec::new(), text);
    };
    let extras = inside.split(',').map(|extra| extra.trim().to_owned());
    (extras.filter(|extra| !extra.is_empty()).collect(), rest)
}

/// A URL at the start of a text, and the marker behind it. White space ends the URL where a `;`
/// follows: without it the `;` is part of the URL.
pub(crate) fn split_url(text: &str) -> (&str, &str) {
    for (at, _) in text.match_indices(';') {
        let url = text[..at].trim_end();
        if url.len() < at {
            return (url, &text[at + 1..]);
        }
    }
    (text.trim_end(), "")
}

fn clauses(versions: &str) -> Vec<String> {
    let plain: String = versions
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '(' | ')'))
        .collect();
    let mut clauses: Vec<String> = plain.split(',').map(str::to_owned).collect();
    clauses.retain(|clause| !clause.is_empty());
    clauses.sort_unstable();
    clauses
}

/// A marker with double quotes around each of its strings that contains none, and one space around
/// each operator.
pub(crate) fn marker_spelling(marker: &str) -> Option<String> {
    let mut rest = marker.trim();
    let mut words: Vec<String> = Vec::new();
    while let Some(open) = rest.find(['\'', '"']) {
        let quote = &rest[open..=open];
        let (before, from) = (&rest[..open], &rest[open + 1..]);
        let (inside, after) = from.split_once(quote).unwrap_or((from, ""));
        let quote = if inside.contains('"') { "'" } else { "\"" };
        words.extend(marker_words(before));
        words.push(format!("{quote}{inside}{quote}"));
        rest = after;
    }
    words.extend(marker_words(rest));
    let mut spelling = String::with_capacity(marker.len());
    for word in words {
        let is_joined = spelling.is_empty() || spelling.ends_with('(') || word == ")";
        if !is_joined {
            spelling.push(' ');
        }
        spelling.push_str(&word);
    }
    (!spelling.is_empty()).then_some(spelling)
}

/// The names, operators and parentheses in a part of a marker outside of its strings.
fn marker_words(text: &str) -> Vec<String> {
    let kind = |c: char| match c {
        '(' | ')' => 0,
        '<' | '>' | '=' | '!' | '~' => 1,
        _ => 2,
    };
    let mut words: Vec<String> = Vec::new();
    for part in text.split_whitespace() {
        let mut before = None;
        for c in part.chars() {
            let kind = kind(c);
            match words.last_mut() {
                Some(word) if before == Some(kind) && kind != 0 => word.push(c),
                _ => words.push(c.to_string()),
            }
            before = Some(kind);
        }
    }
    words
}

impl FromStr for RequiresDist {
    type Err = RequirementError;

    fn from_str(text: &str) -> Result<Self, RequirementError> {
        let text = text.trim();
        Ok(Self::of_text(text, Requirement::parse(text)?))
    }
}

impl Serialize for RequiresDist {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for RequiresDist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if !self.extras.is_empty() {
            write!(f, "[{}]", self.extras.join(","))?;
        }
        match &self.source {
            SourceSpelling::Versions(clauses) => f.write_str(&clauses.join(","))?,
            SourceSpelling::Url(url) => write!(f, " @ {url}")?,
        }
        match (&self.marker, &self.source) {
            (None, _) => Ok(()),
            (Some(marker), SourceSpelling::Versions(_)) => write!(f, "; {marker}"),
            // Without the space the `;` would be part of the URL.
            (Some(marker), SourceSpelling::Url(_)) => write!(f, " ; {marker}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expect: &str) {
        let required: RequiresDist = text.parse().unwrap();
        assert_eq!(required.to_string(), expect);
        assert_eq!(
            expect.parse::<RequiresDist>().unwrap().to_string(),
            expect,
            "what is written reads as itself"
        );
        let (read, written) = (Requirement::parse(text), Requirement::parse(expect));
        assert_eq!(read, written, "both mean the same");
    }

    #[test]
    fn spelling_stays_spacing_does_not() {
        check("attrs >= 24.2", "attrs>=24.2");
        check("aiohttp_cors~=0.7", "aiohttp-cors~=0.7");
        check(
            "SQLAlchemy[postgresql_asyncpg]~=1.4.54",
            "SQLAlchemy[postgresql_asyncpg]~=1.4.54",
        );
        check("a >=1, <2", "a<2,>=1");
        check("a [ x , Y_z ] (>=1,<2)", "a[x,Y_z]<2,>=1");
        check("A.b===1.0", "A.b===1.0");
        check("types-six", "types-six");
    }

    #[test]
    fn markers_have_double_quotes() {
        check(
            "uvloop~=0.20.0; sys_platform != 'Windows'",
            "uvloop~=0.20.0; sys_platform != \"Windows\"",
        );
        check(
            "a;platform_version=='say \"it\"' and os_name == 'x'",
            "a; platform_version == 'say \"it\"' and os_name == \"x\"",
        );
        check(
            "a; platform_version == \"it's\"",
            "a; platform_version == \"it's\"",
        );
    }

    #[test]
    fn markers_have_spaces_around_operators() {
        check(
            "a;( os_name=='x'or os_name=='y' )and python_version>='3.8'",
            "a; (os_name == \"x\" or os_name == \"y\") and python_version >= \"3.8\"",
        );
        check("a; 'x'  not   in os_name", "a; \"x\" not in os_name");
    }

    #[test]
    fn a_further_marker() {
        let with = |text: &str, marker: &str| {
            let required: RequiresDist = text.parse().unwrap();
            required.and_marker(marker).unwrap().to_string()
        };
        assert_eq!(
            with("a>1", "python_version<'3.12'"),
            "a>1; python_version < \"3.12\""
        );
        assert_eq!(
            with("a; os_name=='x'", "python_version<'3'"),
            "a; (os_name == \"x\") and (python_version < \"3\")"
        );
        let bad: RequiresDist = "a".parse().unwrap();
        assert!(bad.and_marker("python").is_err());
    }

    #[test]
    fn urls_stay() {
        check(
            "my_lib@git+https://files.example/my_lib",
            "my-lib @ git+https://files.example/my_lib",
        );
        check(
            "Lib[x]  @https://files.example/a_b-1.0.zip#md5=900150983cd24fb0d6963f7d28e17f72",
            "Lib[x] @ https://files.example/a_b-1.0.zip#md5=900150983cd24fb0d6963f7d28e17f72",
        );
        check(
            "a @ https://files.example/a;v=1.whl ; python_version < '4'",
            "a @ https://files.example/a;v=1.whl ; python_version < \"4\"",
        );
        check(
            "a @ https://files.example/a;v=1.whl  ;python_version<'4'",
            "a @ https://files.example/a;v=1.whl ; python_version < \"4\"",
        );
        check(
            "a@git+https://files.example/a@v_1#subdirectory=x_y",
            "a @ git+https://files.example/a@v_1#subdirectory=x_y",
        );
    }

    #[test]
    fn of_an_extra() {
        let of_extra = |text: &str| {
            let required: RequiresDist = text.parse().unwrap();
            required.of_extra("x")
        };
        assert_eq!(of_extra("a >= 1"), "a>=1; extra == \"x\"");
        assert_eq!(
            of_extra("a; os_name == 'nt' or os_name == 'java'"),
            "a; (os_name == \"nt\" or os_name == \"java\") and extra == \"x\""
        );
        assert_eq!(
            of_extra("a@https://files.example/a;b.zip"),
            "a @ https://files.example/a;b.zip ; extra == \"x\""
        );
    }
}
