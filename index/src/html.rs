//! PEP 503 listings and `find_links` pages: the links of an HTML page.
//!
//! No crate is used for this. Those that read HTML as browsers do (html5gum, tl, scraper) would be
//! built in every fresh clone before its first lock, for two tags of pages that package servers
//! write. Most servers answer in JSON anyway.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use url::Url;

use crate::json::digest;
use crate::page::{ListingPage, MetadataFile, PageFile};

/// Reads a page from the URL `base`. Every URL in the result is absolute.
///
/// Only `<base>` and `<a>` matter, so no tree is built.
pub(crate) fn parse(body: &str, base: &Url) -> ListingPage<'static> {
    let tags: Vec<Tag<'_>> = Tags(body).collect();
    let base = tags
        .iter()
        .find(|tag| tag.name.eq_ignore_ascii_case("base"))
        .and_then(|tag| base.join(&tag.attribute("href")?).ok())
        .unwrap_or_else(|| base.clone());
    ListingPage {
        files: tags
            .iter()
            .filter(|tag| tag.name.eq_ignore_ascii_case("a"))
            .filter_map(|tag| link(tag, &base))
            .collect(),
    }
}

fn link(tag: &Tag<'_>, base: &Url) -> Option<PageFile<'static>> {
    let mut url = base.join(&tag.attribute("href")?).ok()?;
    let sha256 = url
        .fragment()
        .and_then(|fragment| fragment.split('&').find_map(|f| f.strip_prefix("sha256=")))
        .and_then(digest);
    url.set_fragment(None);
    let last = url.path_segments()?.next_back()?;
    let filename = percent_decode_str(last).decode_utf8().ok()?.into_owned();
    let core_metadata = tag
        .attribute("data-core-metadata")
        .or_else(|| tag.attribute("data-dist-info-metadata"))
        .map_or(MetadataFile::Absent, |value| {
            match value.strip_prefix("sha256=").and_then(digest) {
                Some(digest) => MetadataFile::Hashed(digest),
                None if value == "false" => MetadataFile::Absent,
                None => MetadataFile::Unhashed,
            }
        });
    Some(PageFile {
        filename: Cow::Owned(filename),
        url: Cow::Owned(url.into()),
        sha256,
        requires_python: tag
            .attribute("data-requires-python")
            .filter(|text| !text.is_empty())
            .map(Cow::Owned),
        yanked: tag.attribute("data-yanked").map(Cow::Owned),
        core_metadata,
        ..PageFile::default()
    })
}

/// A start tag.
#[derive(Default)]
struct Tag<'a> {
    name: &'a str,
    /// Names and values as they are written; the value is empty if there is none.
    attributes: Vec<(&'a str, &'a str)>,
}

impl Tag<'_> {
    /// The decoded value of an attribute.
    fn attribute(&self, name: &str) -> Option<String> {
        let mut attributes = self.attributes.iter();
        let (_, value) = attributes.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(decoded(value))
    }
}

/// The start tags in the rest of a page.
///
/// Source: HTML Living Standard, 13.1.2.1, without what listings do not have, such as scripts.
struct Tags<'a>(&'a str);

impl<'a> Iterator for Tags<'a> {
    type Item = Tag<'a>;

    fn next(&mut self) -> Option<Tag<'a>> {
        loop {
            let (_, rest) = self.0.split_once('<')?;
            if let Some(comment) = rest.strip_prefix("!--") {
                self.0 = comment.split_once("-->").map_or("", |(_, rest)| rest);
            } else if rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
                return Some(self.tag(rest));
            } else {
                self.0 = rest;
            }
        }
    }
}

impl<'a> Tags<'a> {
    /// Reads the tag at the start of `rest`.
    fn tag(&mut self, rest: &'a str) -> Tag<'a> {
        let ends = |c: char| c.is_whitespace() || matches!(c, '/' | '>');
        let (name, mut rest) = split_at(rest, ends);
        let mut attributes = Vec::new();
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
            if rest.is_empty() || rest.starts_with('>') {
                self.0 = rest;
                return Tag { name, attributes };
            }
            // A stray `=` is the beginning of a name.
            let first = rest.chars().next().map_or(0, char::len_utf8);
            let (more, tail) = split_at(&rest[first..], |c| ends(c) || c == '=');
            let key = &rest[..first + more.len()];
            let value;
            (value, rest) = match tail.trim_start().strip_prefix('=') {
                None => ("", tail),
                Some(tail) => {
                    let tail = tail.trim_start();
                    match tail.chars().next() {
                        Some(quote @ ('"' | '\'')) => {
                            tail[1..].split_once(quote).unwrap_or((&tail[1..], ""))
                        }
                        _ => split_at(tail, |c| c.is_whitespace() || c == '>'),
                    }
                }
            };
            attributes.push((key, value));
        }
    }
}

/// Splits `text` before the first character that `ends` accepts.
fn split_at(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(ends).unwrap_or(text.len()))
}

/// `text` with character references decoded, as far as listings use them.
fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (c, length) = reference(rest).unwrap_or(('&', 1));
        out.push(c);
        rest = &rest[length..];
    }
    out.push_str(rest);
    out.trim().to_owned()
}

fn reference(text: &str) -> Option<(char, usize)> {
    let end = text.find(';').filter(|&end| end < 12)?;
    let c = match &text[1..end] {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        name => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some((c, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expect: &[&str]) {
        let base = "http://index.example/simple/a/".parse().unwrap();
        let page = parse(body, &base);
        let got: Vec<String> = page.files.iter().map(summary).collect();
        assert_eq!(got, expect);
    }

    fn summary(file: &PageFile<'_>) -> String {
        let mut text = format!("{} {}", file.filename, file.url);
        if let Some(sha256) = file.sha256 {
            text += &format!(" sha256:{:02x}", sha256[0]);
        }
        if let Some(python) = &file.requires_python {
            text += &format!(" python{python}");
        }
        if let Some(reason) = &file.yanked {
            text += &format!(" yanked({reason})");
        }
        match file.core_metadata {
            MetadataFile::Absent => text,
            MetadataFile::Unhashed => text + " metadata",
            MetadataFile::Hashed(digest) => text + &format!(" metadata:{:02x}", digest[0]),
        }
    }

    #[test]
    fn links() {
        let digits = "cd".repeat(32);
        check(
            &format!(
                "<!DOCTYPE html><html><body><h1>a</h1>\
                 <a href='../../f/a-1.0%2Bx.tar.gz#sha256={digits}' data-requires-python='&gt;=3.8'>a</a><br>\n\
                 <A HREF=\"https://files.example/a-1-py3-none-any.whl\" data-yanked data-core-metadata=\"sha256={digits}\">x</A>\
                 <a href=\"b.zip\" data-yanked=\"broken &amp; bad\" data-dist-info-metadata=true>x</a></body></html>"
            ),
            &[
                "a-1.0+x.tar.gz http://index.example/f/a-1.0%2Bx.tar.gz sha256:cd python>=3.8",
                "a-1-py3-none-any.whl https://files.example/a-1-py3-none-any.whl yanked() metadata:cd",
                "b.zip http://index.example/simple/a/b.zip yanked(broken & bad) metadata",
            ],
        );
    }

    #[test]
    fn a_base_moves_relative_links() {
        check(
            "<head><base href='/other/'></head><a href='a.zip'>a</a>",
            &["a.zip http://index.example/other/a.zip"],
        );
        check("no links <b>here < and <!-- <a href='x.zip'> -->", &[]);
        check(
            "<a href='a.zip",
            &["a.zip http://index.example/simple/a/a.zip"],
        );
        check(
            "<a =x href = a.zip>ä<a é/>",
            &["a.zip http://index.example/simple/a/a.zip"],
        );
    }
}
