//! The text of a marker as `pep508_rs` is given it, where it would otherwise mistake it.
//!
//! A marker compares `platform_release` and `platform_version` as versions where both sides are
//! versions, and as texts elsewhere
//! (<https://packaging.python.org/en/latest/specifications/dependency-specifiers/>). The sets of
//! `pep508_rs` order them as texts, in which `18.0` is less than `9.0`: `>= "9.0"` with `< "18.0"`
//! is then an empty set. So each version that a marker compares them with is replaced, before the
//! marker is parsed, by a text whose order is that of versions: its key. A key holds its version,
//! so the marker is written out as it was read.
//!
//! And it writes each value between `'`, also one that has a `'` in it, which a sign stands for.
//!
//! And it does not know `===`, which compares texts: a version that equals another to the letter is that
//! version or, where the variable is never written so, none.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::Write;
use std::ops::RangeInclusive;

use pep440_rs::{LocalSegment, Operator, PrereleaseKind, Version, VersionSpecifier};
use pep508_rs::{MarkerEnvironment, MarkerExpression, MarkerOperator, MarkerValueString};

use crate::version::specifier_range;

/// What stands in an encoded text only. A marker that has one is refused before.
pub(crate) const SIGNS: [char; 2] = [SIGN, QUOTE];

/// Stands before and behind a key.
const SIGN: char = '\u{1}';

/// Stands for a `'` in a value.
const QUOTE: char = '\u{2}';

/// Ends a list of numbers and the last segment: less than any digit, letter or length.
const END: char = '!';

const VARIABLES: [&str; 3] = ["platform_release", "platform_version", "platform.version"];

/// Variables that are always versions, and of how many numbers at least and at most.
const PYTHON_VERSIONS: [(&str, RangeInclusive<usize>); 3] = [
    ("python_version", 2..=2),
    ("python_full_version", 3..=usize::MAX),
    ("implementation_version", 3..=usize::MAX),
];

/// A condition that holds nowhere.
const NOWHERE: &str = "(python_version > \"3\" and python_version < \"3\")";

/// Names that variables had before PEP 508, which allows them still. The parser would take an old and a
/// new name for two variables.
const OLD_NAMES: [(&str, &str); 6] = [
    ("os.name", "os_name"),
    ("sys.platform", "sys_platform"),
    ("platform.version", "platform_version"),
    ("platform.machine", "platform_machine"),
    (
        "platform.python_implementation",
        "platform_python_implementation",
    ),
    ("python_implementation", "platform_python_implementation"),
];

/// A piece of a marker's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece<'a> {
    /// Between quotes, without them.
    Quoted(&'a str),
    /// A variable, an operator, `and`, a parenthesis, or anything else.
    Bare(&'a str),
    /// White space.
    Space(&'a str),
}

/// The text of a marker, or of a requirement with one, as it is to be parsed: with keys in place of
/// the versions that [`VARIABLES`] are compared with, and no `'` in a value.
pub(crate) fn encoded(text: &str) -> Cow<'_, str> {
    let may_have_quote = text.contains('"') && text.contains('\'');
    let old_names = OLD_NAMES.iter().map(|(old, _)| old);
    let mut concerned = VARIABLES.iter().chain(old_names);
    let compares_texts = text.contains("===");
    if !may_have_quote && !compares_texts && !concerned.any(|name| text.contains(name)) {
        return Cow::Borrowed(text);
    }
    let pieces: Vec<Piece<'_>> = Pieces(text).collect();
    let mut out = String::with_capacity(text.len() * 2);
    let mut at = 0;
    while at < pieces.len() {
        match comparison(&pieces[at..]) {
            Some((written, length)) => {
                out.push_str(&written);
                at += length;
            }
            None => {
                pieces[at].write_to(&mut out);
                at += 1;
            }
        }
    }
    Cow::Owned(out)
}

/// A requirement (PEP 508) with its marker encoded. What a URL contains is none, whatever it looks like.
pub(crate) fn encoded_requirement(text: &str) -> Cow<'_, str> {
    let before_place = text.split_once('@').map(|(before, _)| before);
    let has_place =
        before_place.is_some_and(|before| !before.contains([';', '<', '>', '=', '!', '~', '(']));
    let mut ends = text.match_indices(';').map(|(at, _)| at);
    let start = ends.find(|at| !has_place || text[..*at].ends_with(char::is_whitespace));
    let Some((requirement, marker)) = start.map(|at| text.split_at(at)) else {
        return Cow::Borrowed(text);
    };
    match encoded(marker) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(marker) => Cow::Owned(format!("{requirement}{marker}")),
    }
}

/// The text that was encoded, of an encoded text in the canonical form: values between `'`.
pub(crate) fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(SIGNS) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for (at, part) in text.split('\'').enumerate() {
        let is_value = at % 2 == 1;
        // A key is SIGN, what is ordered, SIGN, the version.
        let value = part.rsplit(SIGN).next().unwrap_or_default();
        match (is_value, value.contains(QUOTE)) {
            (false, _) => out.push_str(part),
            (true, false) => out.extend(["'", value, "'"]),
            (true, true) => out.extend(["\"", &value.replace(QUOTE, "'"), "\""]),
        }
    }
    Cow::Owned(out)
}

/// Whether `expression` compares one of the two variables, and so must be asked of [`holds`].
pub(crate) fn is_concerned(expression: &MarkerExpression) -> bool {
    matches!(
        expression,
        MarkerExpression::String {
            key: MarkerValueString::PlatformRelease | MarkerValueString::PlatformVersion,
            ..
        }
    )
}

/// Whether a comparison of the two variables holds in `environment`. A value that is no version
/// equals no version and is neither less nor greater, as for `packaging`.
pub(crate) fn holds(expression: &MarkerExpression, environment: &MarkerEnvironment) -> bool {
    let MarkerExpression::String {
        key,
        operator,
        value,
    } = expression
    else {
        return false;
    };
    let here = match key {
        MarkerValueString::PlatformRelease => environment.platform_release(),
        _ => environment.platform_version(),
    };
    let order = match version_of_key(value) {
        Some(version) => here.parse().ok().map(|here: Version| here.cmp(&version)),
        None => Some(here.cmp(&value.replace(QUOTE, "'"))),
    };
    match operator {
        MarkerOperator::Equal => order == Some(Ordering::Equal),
        MarkerOperator::NotEqual => order != Some(Ordering::Equal),
        MarkerOperator::LessThan => order.is_some_and(Ordering::is_lt),
        MarkerOperator::LessEqual => order.is_some_and(Ordering::is_le),
        MarkerOperator::GreaterThan => order.is_some_and(Ordering::is_gt),
        MarkerOperator::GreaterEqual => order.is_some_and(Ordering::is_ge),
        MarkerOperator::In => value.contains(here),
        MarkerOperator::NotIn => !value.contains(here),
        MarkerOperator::Contains => here.contains(value.as_str()),
        MarkerOperator::NotContains => !here.contains(value.as_str()),
        MarkerOperator::TildeEqual => false,
    }
}

/// The version in a key.
fn version_of_key(value: &str) -> Option<Version> {
    let (_, version) = value.strip_prefix(SIGN)?.split_once(SIGN)?;
    version.parse().ok()
}

/// A comparison of a variable with a version that stands at the start of `pieces`, written with
/// keys; with the number of pieces that it has.
fn comparison(pieces: &[Piece<'_>]) -> Option<(String, usize)> {
    let mut meant = pieces
        .iter()
        .enumerate()
        .filter(|(_, piece)| !matches!(piece, Piece::Space(_)));
    let first = meant.next()?;
    if first.0 != 0 {
        return None;
    }
    let (Piece::Bare(operator), third) = (*meant.next()?.1, meant.next()?) else {
        return None;
    };
    let (variable, operator, value) = match (*first.1, *third.1) {
        (Piece::Bare(variable), Piece::Quoted(value)) => (variable, operator, value),
        (Piece::Quoted(value), Piece::Bare(variable)) => (variable, turned(operator), value),
        _ => return None,
    };
    let text = match VARIABLES.contains(&variable) {
        true => written(variable, operator, value)?,
        false if operator == "===" => equal_to_the_letter(variable, value)?,
        false => return None,
    };
    Some((text, third.0 + 1))
}

/// A variable that is always a version and is compared by `===`.
fn equal_to_the_letter(variable: &str, value: &str) -> Option<String> {
    let (_, numbers) = PYTHON_VERSIONS.iter().find(|(name, _)| *name == variable)?;
    let is_written_so = |version: &Version| {
        numbers.contains(&version.release().len()) && version.to_string() == value
    };
    Some(
        match value.parse().is_ok_and(|version| is_written_so(&version)) {
            true => format!("{variable} == \"{value}\""),
            false => NOWHERE.to_owned(),
        },
    )
}

/// The name that a variable has now.
fn new_name(word: &str) -> &str {
    let known = OLD_NAMES.iter().find(|(old, _)| *old == word);
    known.map_or(word, |(_, new)| new)
}

/// An operator whose sides were swapped.
fn turned(operator: &str) -> &str {
    match operator {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        other => other,
    }
}

fn written(variable: &str, operator: &str, value: &str) -> Option<String> {
    let variable = new_name(variable);
    let compare = |operator: &str, version: &Version| {
        let key = key(version);
        format!("{variable} {operator} \"{key}\"")
    };
    if let (Ok(version), "<" | "<=" | "==" | "!=" | ">=" | ">") = (value.parse(), operator) {
        return Some(compare(operator, &version));
    }
    if operator == "===" {
        return Some(match value.parse() {
            Ok(version) => compare("==", &version),
            Err(_) => {
                let mut text = format!("{variable} == ");
                Piece::Quoted(value).write_to(&mut text);
                text
            }
        });
    }
    // Those that mean a range: `~= 10.2`, `== 10.*`, `!= 10.*`.
    let specifier: VersionSpecifier = format!("{operator}{value}").parse().ok()?;
    let range = match specifier.operator() {
        Operator::TildeEqual | Operator::EqualStar => specifier_range(&specifier),
        Operator::NotEqualStar => specifier_range(&specifier).complement(),
        _ => return None,
    };
    let (low, high) = range.bounding_range().and_then(|(low, high)| {
        let version = |bound: std::ops::Bound<&Version>| match bound {
            std::ops::Bound::Included(version) | std::ops::Bound::Excluded(version) => {
                Some(version.clone())
            }
            std::ops::Bound::Unbounded => None,
        };
        Some((version(low)?, version(high)?))
    })?;
    Some(match specifier.operator() {
        Operator::NotEqualStar => {
            format!("({} or {})", compare("<", &low), compare(">=", &high))
        }
        _ => format!("({} and {})", compare(">=", &low), compare("<", &high)),
    })
}

/// A text that is less than that of each greater version, and holds the version.
fn key(version: &Version) -> String {
    let mut out = String::from(SIGN);
    number(&mut out, version.epoch());
    let release = version.release();
    let zeros = release.iter().rev().take_while(|part| **part == 0).count();
    for part in &release[..release.len() - zeros] {
        number(&mut out, *part);
    }
    out.push(END);
    // Of one release: development versions, then pre-releases, the release, post-releases.
    match (version.pre(), version.post(), version.dev()) {
        (Some(pre), ..) => {
            out.push(match pre.kind {
                PrereleaseKind::Alpha => '1',
                PrereleaseKind::Beta => '2',
                PrereleaseKind::Rc => '3',
            });
            number(&mut out, pre.number);
        }
        (None, None, Some(_)) => out.push('0'),
        (None, ..) => out.push('9'),
    }
    optional(&mut out, version.post(), '0');
    optional(&mut out, version.dev(), '9');
    for segment in version.local() {
        match segment {
            LocalSegment::String(text) => {
                let _ = write!(out, "1{text}{END}");
            }
            LocalSegment::Number(part) => {
                out.push('2');
                number(&mut out, *part);
            }
        }
    }
    out.push(END);
    let parts: Vec<u64> = release[..release.len() - zeros].to_vec();
    let parts = if parts.is_empty() { vec![0] } else { parts };
    let _ = write!(out, "{SIGN}{}", version.clone().with_release(parts));
    out
}

/// A number after its length, so that 9 comes before 10.
fn number(out: &mut String, number: u64) {
    let digits = number.to_string();
    let length = u8::try_from(digits.len()).unwrap_or_default();
    out.push(char::from(b'A' + length));
    out.push_str(&digits);
}

fn optional(out: &mut String, part: Option<u64>, absent: char) {
    match part {
        None => out.push(absent),
        Some(part) => {
            out.push('1');
            number(out, part);
        }
    }
}

impl Piece<'_> {
    fn write_to(self, out: &mut String) {
        match self {
            Self::Bare(text) => out.push_str(new_name(text)),
            Self::Space(text) => out.push_str(text),
            Self::Quoted(text) => {
                let quote = if text.contains('"') { '\'' } else { '"' };
                out.push(quote);
                out.extend(text.chars().map(|c| if c == '\'' { QUOTE } else { c }));
                out.push(quote);
            }
        }
    }
}

/// Splits a text into its pieces.
struct Pieces<'a>(&'a str);

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let first = self.0.chars().next()?;
        if let (quote @ ('"' | '\''), Some(text)) = (first, self.0.get(1..))
            && let Some(end) = text.find(quote)
        {
            self.0 = &text[end + 1..];
            return Some(Piece::Quoted(&text[..end]));
        }
        let kind = |c: char| match c {
            c if c.is_whitespace() => 0,
            c if c.is_alphanumeric() || c == '_' || c == '.' => 1,
            '<' | '>' | '=' | '!' | '~' => 2,
            _ => 3,
        };
        let end = self
            .0
            .char_indices()
            .skip(1)
            .find(|(_, c)| kind(*c) != kind(first) || kind(*c) == 3)
            .map_or(self.0.len(), |(at, _)| at);
        let (text, rest) = self.0.split_at(end);
        self.0 = rest;
        Some(match kind(first) {
            0 => Piece::Space(text),
            _ => Piece::Bare(text),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Marker;

    #[test]
    fn only_markers_of_requirements_are_encoded() {
        let check = |text: &str, expect: &str| assert_eq!(encoded_requirement(text), expect);
        let url = "a @ git+h:/x(platform_release >= \"9\" or 'b'";
        check(url, url);
        check("a>=1", "a>=1");
        let encoded = encoded("; platform_release >= '9'");
        assert_ne!(encoded, "; platform_release >= '9'");
        for before in ["a>=1", "a @ https://x.example/a;platform_release>'1' "] {
            let text = format!("{before}; platform_release >= '9'");
            check(&text, &format!("{before}{encoded}"));
        }
    }

    #[test]
    fn keys_are_in_the_order_of_versions() {
        // As PEP 440 orders them.
        let versions = [
            "0.dev1",
            "0",
            "1.dev0",
            "1.0.dev456",
            "1.0a1",
            "1.0a2.dev456",
            "1.0a12.dev456",
            "1.0a12",
            "1.0b1.dev456",
            "1.0b2",
            "1.0b2.post345.dev456",
            "1.0b2.post345",
            "1.0rc1.dev456",
            "1.0rc1",
            "1.0",
            "1.0+abc.5",
            "1.0+abc.7",
            "1.0+5",
            "1.0.post456.dev34",
            "1.0.post456",
            "1.1.dev1",
            "9.0",
            "10.0",
            "17.7.0",
            "18",
            "100",
            "1!0.1",
        ];
        let keys: Vec<String> = versions
            .iter()
            .map(|version| key(&version.parse().unwrap()))
            .collect();
        assert!(keys.is_sorted(), "{keys:#?}");
        assert!(keys.iter().zip(&keys[1..]).all(|(a, b)| a < b));
        assert_eq!(key(&"9.0".parse().unwrap()), key(&"9".parse().unwrap()));
    }

    #[track_caller]
    fn check(marker: &str, expect: &str) {
        let read: Marker = marker.parse().unwrap();
        assert_eq!(read.to_string(), expect);
        let again: Marker = read.to_string().parse().unwrap();
        assert_eq!(again, read);
    }

    #[test]
    fn old_and_new_names_are_one_variable() {
        for (old, new) in OLD_NAMES {
            for (before, after) in [
                ("", " == 'x'"),
                ("'x' in ", ""),
                ("", " < 'x' and extra == 'y'"),
            ] {
                let marker: Marker = format!("{before}{old}{after}").parse().unwrap();
                let same: Marker = format!("{before}{new}{after}").parse().unwrap();
                assert_eq!(marker, same, "{marker}");
                assert!(marker.and(&same.negate()).is_false(), "{marker}");
            }
        }
        check("os_name == 'os.name'", "os_name == 'os.name'");
    }

    #[test]
    fn markers_are_written_as_they_were_read() {
        check(
            "platform_release >= '9.0' and platform_release < '18.0'",
            "platform_release >= '9' and platform_release < '18'",
        );
        check("'20.0' <= platform_release", "platform_release >= '20'");
        check("platform.version=='10'", "platform_version == '10'");
        check(
            "platform_release == '10.*' and os_name == 'nt'",
            "os_name == 'nt' and platform_release >= '10.dev0' and platform_release < '11.dev0'",
        );
        check(
            "platform_release ~= '10.2'",
            "platform_release >= '10.2' and platform_release < '11.dev0'",
        );
        check(
            "platform_release == '6.1-cloud'",
            "platform_release == '6.1-cloud'",
        );
        check(
            "'Ubuntu' in platform_version",
            "'Ubuntu' in platform_version",
        );
        check("sys_platform == '9.0'", "sys_platform == '9.0'");
        check(
            "os_name < \"it's\" or os_name == 'z'",
            "os_name < \"it's\" or os_name == 'z'",
        );
        check(
            "platform_release < '1' and platform_version == \"'\"",
            "platform_release < '1' and platform_version == \"'\"",
        );
        check("os_name == 'a\"b'", "os_name == 'a\"b'");
    }

    #[test]
    fn versions_may_be_compared_to_the_letter() {
        check(
            "python_version === '3.12'",
            "python_full_version == '3.12.*'",
        );
        check(
            "'3.12.1' === python_full_version and os_name == 'nt'",
            "python_full_version == '3.12.1' and os_name == 'nt'",
        );
        check(
            "implementation_version==='3.9.2'",
            "implementation_version == '3.9.2'",
        );
        check("platform_release === '5.4'", "platform_release == '5.4'");
        check(
            "platform_release === '6.1-cloud'",
            "platform_release == '6.1-cloud'",
        );
        // As they are never written.
        for never in [
            "python_version === '3.12.0'",
            "python_version === '3'",
            "python_version === '3.12.*'",
            "python_full_version === '3.12'",
            "python_full_version === '3.12.01'",
            "implementation_version === 'x'",
        ] {
            let marker: Marker = never.parse().unwrap();
            assert!(marker.is_false(), "{never}");
            check(&format!("{never} or os_name == 'nt'"), "os_name == 'nt'");
        }
        // `packaging` refuses to compare what is no version.
        for refused in [
            "sys_platform === 'linux'",
            "extra === 'x'",
            "python_version !== '3'",
        ] {
            assert!(refused.parse::<Marker>().is_err(), "{refused}");
        }
    }

    #[test]
    fn ranges_are_of_versions() {
        let marker = |text: &str| text.parse::<Marker>().unwrap();
        let low = marker("platform_release < '9.0'");
        let high = marker("platform_release >= '18.0'");
        assert!(low.is_disjoint(&high));
        assert!(marker("platform_release >= '10'").is_subset(&marker("platform_release >= '9'")));
    }
}
