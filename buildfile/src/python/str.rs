//! The methods of `str`, each as Python's library reference describes it.

use super::call::{Bound, BuiltinFunction, text as row};
use super::format;
use super::subscript::clamp;
use crate::exception::{Exception, LanguageLimit};
use crate::limits::MAX_SIZE;
use crate::text;
use crate::value::Value;

type Result<'a> = std::result::Result<Value<'a>, Exception>;

pub(super) const TABLE: &[BuiltinFunction] = &[
    row("capitalize", "", capitalize),
    row("casefold", "", casefold),
    row("center", "width, fillchar=' ', /", center),
    row("count", "sub, start=None, end=None, /", count),
    row("endswith", "suffix, start=None, end=None, /", endswith),
    row("expandtabs", "tabsize=8", expandtabs),
    row("find", "sub, start=None, end=None, /", find),
    row("format", "*args, **kwargs", format_braces),
    row("index", "sub, start=None, end=None, /", index),
    row("isalnum", "", isalnum),
    row("isalpha", "", isalpha),
    row("isascii", "", isascii),
    row("isdecimal", "", isdigit),
    row("isdigit", "", isdigit),
    row("isidentifier", "", isidentifier),
    row("islower", "", islower),
    row("isnumeric", "", isdigit),
    row("isspace", "", isspace),
    row("istitle", "", istitle),
    row("isupper", "", isupper),
    row("join", "iterable, /", join),
    row("ljust", "width, fillchar=' ', /", ljust),
    row("lower", "", lower),
    row("lstrip", "chars=None, /", lstrip),
    row("partition", "sep, /", partition),
    row("removeprefix", "prefix, /", removeprefix),
    row("removesuffix", "suffix, /", removesuffix),
    row("replace", "old, new, count=-1, /", replace),
    row("rfind", "sub, start=None, end=None, /", rfind),
    row("rindex", "sub, start=None, end=None, /", rindex),
    row("rjust", "width, fillchar=' ', /", rjust),
    row("rpartition", "sep, /", rpartition),
    row("rsplit", "sep=None, maxsplit=-1", rsplit),
    row("rstrip", "chars=None, /", rstrip),
    row("split", "sep=None, maxsplit=-1", split),
    row("splitlines", "keepends=False", splitlines),
    row("startswith", "prefix, start=None, end=None, /", startswith),
    row("strip", "chars=None, /", strip),
    row("swapcase", "", swapcase),
    row("title", "", title),
    row("upper", "", upper),
    row("zfill", "width, /", zfill),
];

/// A copy with its first character in title case and the rest in lower case.
fn capitalize<'a>(this: &str, _: &Bound<'a>) -> Result<'a> {
    Ok(Value::str(text::capitalize(this)))
}

/// A copy in which texts that differ in case alone are the same.
fn casefold<'a>(this: &str, _: &Bound<'a>) -> Result<'a> {
    Ok(Value::str(text::casefold(this)))
}

/// Centered in a text of length `width`, with `fillchar` around.
fn center<'a>(this: &str, arguments: &Bound<'a>) -> Result<'a> {
    let (missing, fill) = padding(this, arguments)?;
    let width = missing + this.chars().count();
    let left = missing / 2 + (missing & width & 1);
    Ok(Value::str(
        fill.repeat(left) + this + &fill.repeat(missing - left),
    ))
}

/// How often `sub` occurs in the range from `start` to `end`, without overlap.
fn count<'a>(this: &str, arguments: &Bound<'a>) -> Result<'a> {
    let sub = arguments.text(0)?;
    let window = window(this, arguments)?;
    Ok(Value::count(
        window.map_or(0, |(_, part)| part.matches(sub).count()),
    ))
}

/// Whether the text ends with `suffix`, which can be a tuple of suffixes to look for.
fn endswith<'a>(this: &str, arguments: &Bound<'a>) -> Result<'a> {
    affix(this, arguments, |part, suffix| part.ends_with(suffix))
}

/// A copy with spaces for tabs, up to the next column that `tabsize` divides.
fn expandtabs<'a>(this: &str, arguments: &Bound<'a>) -> Result<'a> {
    let size = usize::try_from(arguments.int_or(0, 8)?).unwrap_or(0);
    let (mut expanded, mut column) = (String::new(), 0_usize);
    for c in this.chars() {
        if c == '\t' {
            let spaces = size - column.checked_rem(size).unwrap_or(0);
            sized(expanded.len().saturating_add(spaces))?;
            expanded.push_str(&" ".repeat(spaces));
            column += spaces;
        } else {
            expanded.push(c);
            column = if matches!(c, '\n' | '\r') {
                0
            } else {
                column + 1
            };
        }
    }
    Ok(Value::str(expanded))
}

/// The lowest index where `sub` is found within `[start:end]`, or -1.
fn find<'a>(this: &str, arguments: &Bound<'a>) -> Result<'a> {
    let found = position(this, arguments, |part, sub| part.find(sub))?;
    Ok(found.map_or(Value::Int(-1), Value::count))
}

/// Replaces the fields in braces by arguments.
fn format_braces<'a>(this: &str, arguments: &Bound<'a>) -> Result<'a> {
    let text = format::braces(this, &arguments.rest, &arguments.keywords)?;
    Ok(Value::str(text))
}

/// Like `find`, but raises `ValueError` where there is none.
fn index<'a>(this: &str, arguments: &Bound<'a>) -> Result<'a> {
    present(position(this, arguments, |part, sub| part.find(sub))?)
}

/// Whether all characters are letters or numbers, and there is one.
fn isalnum<'a>(this: &str, _: &Bound<'a>) -> Result<'a> {
    Ok(every(this, |c| text::is_letter(c) || c.is_numeric()))
}

/// Whether all characters are letters, and there is one.
fn isalpha<'a>(this: &str, _: &Bound<'a>) -> Result<'a> {
    Ok(every(this, text::is_letter))
}

/// Whether all characters are of ASCII.
fn isascii<'a>(this: &str, _: &Bound<'a>) -> Result<'a> {
    Ok(Value::Bool(this.is_ascii()))
}

/// Whether all characters are digits, and there is one. So are decimals and numbers of ASCII.
fn isdigit<'a>(this: &str, _: &Bound<'a>) -> Result<'a> {
    let all_numeric = this.chars().all(char::is_numeric);
    if all_numeric && !this.is_ascii() {
        let message = "`isdigit` knows ASCII digits only";
        return Err(Exception::refused(LanguageLimit::ForeignDigits, message));
    }
    Ok(every(this, |c| c.is_ascii_digit()))
}

/// Whether the text could be a name of Python's, keywords included.
fn isidentifier<'a>(this: &str, _: &Bound<'a>) -> Result<'a> {
    let mut chars = this.chars();
    let begins = |c: char| c == '_' || unicode_ident::is_xid_start(c);
    Ok(Value::Bool(
        chars.next().is_some_and(begins) && chars.all(unicode_ident::is_xid_continue),
    ))
}

/// Whether all cased characters are in lower case, and there is one.
fn islower<'a>(this: &str, _: &Bound<'a>) -> Result<'a> {
    Ok(all_cased(this, char::is_lowercase))
}

/// Whether all characters are white space, and there is one.
fn isspace<'a>(this: &str, _: &Bound<'a>) -> Result<'a> {
    Ok(every(this, text::is_space))
}

/// Whether each word begins in upper case and goes on in lower case, and there is one.
fn istitle<'a>(this: &str, _: &Bound<'a>) -> Result<'a> {
    let is_any = this.chars().any(text::is_cased);
    let mut after_cased = false;
    let fits = this.chars().all(|c| {
        let is_first = !std::mem::replace(&mut after_cased, text::is_cased(c));
        !text::is_cased(c) || is_first != c.is_lowercase()
    });
    Ok(Value::Bool(is_any && fits))
}

/// Whether all cased characters are in upper case, and there is one.
fn isupper<'a>(this: &str, _: &Bound<'a>) -> Result<'a> {
    Ok(all_cased(this, char::is_uppercase))
}

/// The texts of `iterable` one after the other, with this one between. `TypeError` if there is
/// anything else than a text.
fn join<'a>(this: &str, arguments: &Bound<'a>) -> Result<'a> {
    let items = arguments.value(0)?.items()?;
    let mut joined = String::new();
    for (at, item) in items.iter().enumerate() {
        let part = item
            .as_str()
            .ok_or_else(|| arguments.unfit("texts", item))?;
        joined.push_str(if at > 0 { this } else { "" });
        joined.push_str(part);
        sized(joined.len())?;
    }
    Ok(Value::str(joined))
}

/// Left justified in a text of length `width`, with `fillchar` after it.
fn ljust<'a>(this: &str, arguments: &Bound<'a>) -> Result<'a> {
    let (missing, fill) = padding(this, arguments)?;
    Ok(Value::str(this.to_owned() + &fill.repeat(missing)))
}

/// A copy in lower case.
fn lower<'a>(this: &str, _: &Bound<'a>) -> Result<'a> {
    Ok(Value::str(this.to_lowercase()))
}

/// A copy without the characters of `chars`, or white space, in front.
fn lstrip<'a>(this: &str, arguments: &Bound<'a>) -> Result<'a> {
    Ok(Value::str(match arguments.some(0) {
        Some(_) => this.trim_start_matches(one_of(arguments.text(0)?)),
        None => text::lstrip(this),
    }))
}

/// What is before the first `sep`, `sep`, and what is after; or the text and two empty ones.
fn partition<'a>(this: &str, arguments: &Bound<'a>) -> Result<'a> {
    let sep = separator(arguments.text(0)?)?;
    let found = this.split_once(sep).map(|(a, b)| [a, sep, b]);
    Ok(texts_tuple(found.unwrap_or([this, "", ""])))
}

/// The text without `prefix`, if it begins so.
fn removeprefix<'a>(this: &str, arguments: &Bound<'a>) -> Result<'a> {
    let prefix = arguments.text(0)?;
    Ok(Value::str(this.strip_prefix(prefix).unwrap_or(this)))
}

/// The text without `suffix`, if it ends so.
fn removesuffix<'a>(this: &str, arguments: &Bound<'a>) -> Result<'a> {
    let suffix = arguments.text(0)?;
    Ok(Value::str(this.strip_suffix(suffix).unwrap_or(this)))
}

/// A copy with `old` replaced by `new`, everywhere or in its first `count` places.
fn replace<'a>(this: &str, arguments: &Bound<'a>) -> Result<'a> {
    let (old, new) = (arguments.text(0)?, arguments.text(1)?);
    let places = this.matches(old).count();
    sized(this.len() + places * new.len())?;
    Ok(Value::str(
        match usize::try_from(arguments.int_or(2, -1)?) {
            Ok(count) => this.replacen(old, new, count),
            Err(_) => this.replace(old, new),
        },
    ))
}

/// The highest index where `sub` is found within `[start:end]`, or -1.
fn rfind<'a>(this: &str, arguments: &Bound<'a>) -> Result<'a> {
    let found = position(this, arguments, |part, sub| part.rfind(sub))?;
    Ok(found.map_or(Value::Int(-1), Value::count))
}

/// Like `rfind`, but raises `ValueError` where there is none.
fn rindex<'a>(this: &str, arguments: &Bound<'a>) -> Result<'a> {
    present(position(this, arguments, |part, sub| part.rfind(sub))?)
}

/// Right justified in a text of length `width`, with `fillchar` before it.
fn rjust<'a>(this: &str, arguments: &Bound<'a>) -> Result<'a> {
    let (missing, fill) = padding(this, arguments)?;
    Ok(Value::str(fill.repeat(missing) + this))
}

/// What is before the last `sep`, `sep`, and what is after; or two empty texts and the text.
fn rpartition<'a>(this: &str, arguments: &Bound<'a>) -> Result<'a> {
    let sep = separator(arguments.text(0)?)?;
    let found = this.rsplit_once(sep).map(|(a, b)| [a, sep, b]);
    Ok(texts_tuple(found.unwrap_or(["", "", this])))
}

/// Like `split`, from the right.
fn rsplit<'a>(this: &str, arguments: &Bound<'a>) -> Result<'a> {
    let limit = limit(arguments)?;
    let mut parts: Vec<&str> = match arguments.some(0) {
        Some(_) => {
            let sep = separator(arguments.text(0)?)?;
            this.rsplitn(limit + 1, sep).collect()
        }
        None => {
            let mut parts = Vec::new();
            let mut rest = text::rstrip(this);
            while !rest.is_empty() && parts.len() < limit {
                let word = rest.rfind(text::is_space);
                let start = word.map_or(0, |at| at + first_char(&rest[at..]));
                parts.push(&rest[start..]);
                rest = text::rstrip(&rest[..start]);
            }
            parts.extend((!rest.is_empty()).then_some(rest));
            parts
        }
    };
    parts.reverse();
    Ok(texts(parts))
}

/// A copy without the characters of `chars`, or white space, at the end.
fn rstrip<'a>(this: &str, arguments: &Bound<'a>) -> Result<'a> {
    Ok(Value::str(match arguments.some(0) {
        Some(_) => this.trim_end_matches(one_of(arguments.text(0)?)),
        None => text::rstrip(this),
    }))
}

/// The parts between `sep`, or between white space; at most `maxsplit` splits. `ValueError` if
/// `sep` is empty.
fn split<'a>(this: &str, arguments: &Bound<'a>) -> Result<'a> {
    let limit = limit(arguments)?;
    if arguments.some(0).is_some() {
        let sep = separator(arguments.text(0)?)?;
        return Ok(texts(this.splitn(limit + 1, sep).collect()));
    }
    let mut parts = Vec::new();
    let mut rest = text::lstrip(this);
    while !rest.is_empty() && parts.len() < limit {
        let end = rest.find(text::is_space).unwrap_or(rest.len());
        parts.push(&rest[..end]);
        rest = text::lstrip(&rest[end..]);
    }
    parts.extend((!rest.is_empty()).then_some(rest));
    Ok(texts(parts))
}

/// The lines, with their ends if `keepends`.
fn splitlines<'a>(this: &str, arguments: &Bound<'a>) -> Result<'a> {
    let lines = text::split_lines(this);
    if arguments.int_or(0, 0)? != 0 {
        return Ok(texts(lines));
    }
    let bare = |line: &&'_ str| {
        line.len()
            - line.strip_suffix("\r\n").map_or_else(
                || {
                    line.chars()
                        .next_back()
                        .filter(|c| text::is_line_end(*c))
                        .map_or(0, char::len_utf8)
                },
                |_| 2,
            )
    };
    Ok(texts(
        lines.iter().map(|line| &line[..bare(line)]).collect(),
    ))
}

/// Whether the text starts with `prefix`, which can be a tuple of prefixes to look for.
fn startswith<'a>(this: &str, arguments: &Bound<'a>) -> Result<'a> {
    affix(this, arguments, |part, prefix| part.starts_with(prefix))
}

/// A copy without the characters of `chars`, or white space, at both ends.
fn strip<'a>(this: &str, arguments: &Bound<'a>) -> Result<'a> {
    Ok(Value::str(match arguments.some(0) {
        Some(_) => this.trim_matches(one_of(arguments.text(0)?)),
        None => text::strip(this),
    }))
}

/// A copy with upper case in lower case, and lower case in upper case.
fn swapcase<'a>(this: &str, _: &Bound<'a>) -> Result<'a> {
    Ok(Value::str(text::swapcase(this)))
}

/// A copy whose words begin in upper case and go on in lower case. A word is what lies between
/// characters without case.
fn title<'a>(this: &str, _: &Bound<'a>) -> Result<'a> {
    Ok(Value::str(text::title(this)))
}

/// A copy in upper case.
fn upper<'a>(this: &str, _: &Bound<'a>) -> Result<'a> {
    Ok(Value::str(this.to_uppercase()))
}

/// Filled with zeros on the left, behind a sign, to a text of length `width`.
fn zfill<'a>(this: &str, arguments: &Bound<'a>) -> Result<'a> {
    let missing = missing(this, arguments.int(0)?)?;
    let sign = usize::from(this.starts_with(['+', '-']));
    let (sign, digits) = this.split_at(sign);
    Ok(Value::str(format!("{sign}{}{digits}", "0".repeat(missing))))
}

fn every<'a>(text: &str, test: impl Fn(char) -> bool) -> Value<'a> {
    Value::Bool(!text.is_empty() && text.chars().all(test))
}

fn all_cased<'a>(this: &str, test: impl Fn(char) -> bool) -> Value<'a> {
    let mut cased = this.chars().filter(|c| text::is_cased(*c)).peekable();
    Value::Bool(cased.peek().is_some() && cased.all(test))
}

fn texts<'a>(parts: Vec<&str>) -> Value<'a> {
    Value::list(parts.into_iter().map(Value::str).collect())
}

fn texts_tuple<'a>(parts: [&str; 3]) -> Value<'a> {
    Value::tuple(parts.into_iter().map(Value::str).collect())
}

fn first_char(text: &str) -> usize {
    text.chars().next().map_or(0, char::len_utf8)
}

fn one_of(chars: &str) -> impl Fn(char) -> bool + Copy + '_ {
    move |c| chars.contains(c)
}

/// How many splits there may be: as many as there are characters without a limit.
fn limit(arguments: &Bound<'_>) -> std::result::Result<usize, Exception> {
    let limit = usize::try_from(arguments.int_or(1, -1)?);
    Ok(limit.map_or(MAX_SIZE, |limit| limit.min(MAX_SIZE)))
}

fn separator(sep: &str) -> std::result::Result<&str, Exception> {
    match sep {
        "" => Err(Exception::of_value("the separator is empty")),
        _ => Ok(sep),
    }
}

fn present<'a>(found: Option<usize>) -> Result<'a> {
    let missing = || Exception::of_value("substring not found");
    found.map(Value::count).ok_or_else(missing)
}

/// The part of `this` that the second and third argument delimit, and how many characters are
/// before it; `None` if it begins behind its end.
fn window<'t>(
    this: &'t str,
    arguments: &Bound<'_>,
) -> std::result::Result<Option<(usize, &'t str)>, Exception> {
    if arguments.some(1).is_none() && arguments.some(2).is_none() {
        return Ok(Some((0, this)));
    }
    let len = this.chars().count();
    let start = arguments.some(1).map_or(Ok(0), |_| arguments.int(1))?;
    let end = arguments
        .some(2)
        .map_or(Ok(i64::MAX), |_| arguments.int(2))?;
    let (from, end) = (clamp(start, len), clamp(end, len));
    if from > end || usize::try_from(start).is_ok_and(|start| start > len) {
        return Ok(None);
    }
    let byte = |at: usize| {
        this.char_indices()
            .nth(at)
            .map_or(this.len(), |(byte, _)| byte)
    };
    Ok(Some((from, &this[byte(from)..byte(end)])))
}

fn position(
    this: &str,
    arguments: &Bound<'_>,
    search: fn(&str, &str) -> Option<usize>,
) -> std::result::Result<Option<usize>, Exception> {
    let sub = arguments.text(0)?;
    Ok(window(this, arguments)?.and_then(|(before, part)| {
        let at = search(part, sub)?;
        Some(before + part[..at].chars().count())
    }))
}

fn affix<'a>(this: &str, arguments: &Bound<'a>, test: fn(&str, &str) -> bool) -> Result<'a> {
    let wanted = match arguments.value(0)? {
        Value::Tuple(affixes) => affixes.to_vec(),
        one => vec![one.clone()],
    };
    let window = window(this, arguments)?;
    for affix in &wanted {
        let affix = affix
            .as_str()
            .ok_or_else(|| arguments.unfit("texts", affix))?;
        if window.is_some_and(|(_, part)| test(part, affix)) {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

/// How many characters are missing to `width`.
fn missing(this: &str, width: i64) -> std::result::Result<usize, Exception> {
    let width = usize::try_from(width).unwrap_or(0);
    let missing = width.saturating_sub(this.chars().count());
    sized(missing)?;
    Ok(missing)
}

/// How many characters are missing to the first argument, and what they are.
fn padding(this: &str, arguments: &Bound<'_>) -> std::result::Result<(usize, String), Exception> {
    let missing = missing(this, arguments.int(0)?)?;
    let fill = match arguments.get(1) {
        Some(_) => arguments.text(1)?,
        None => " ",
    };
    match fill.chars().count() {
        1 => Ok((missing, fill.to_owned())),
        _ => Err(Exception::of_type(
            "the fill character must be one character",
        )),
    }
}

/// Refuses a text that is too long.
fn sized(length: usize) -> std::result::Result<(), Exception> {
    match length > MAX_SIZE {
        true => Err(Exception::refused(
            LanguageLimit::LargeResult,
            "this text would be too long",
        )),
        false => Ok(()),
    }
}
