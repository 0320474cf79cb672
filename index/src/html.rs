//! PEP 503 listings and `find_links` pages: the links of an HTML page.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use tl::{HTMLTag, ParserOptions};
use url::Url;

use crate::compact::{CoreMetadata, ListedFile, Page};
use crate::json::digest;

/// Reads a page that was found at `base`; every URL in what is returned is absolute.
///
/// # Errors
/// Where it cannot be read as HTML, in words for the user.
pub(crate) fn parse(body: &str, base: &Url) -> Result<Page<'static>, String> {
    let dom = tl::parse(body, ParserOptions::default())
        .map_err(|e| format!("it is no HTML listing: {e}"))?;
    let tags = || dom.nodes().iter().filter_map(|node| node.as_tag());
    let base = tags()
        .find(|tag| is(tag, "base"))
        .and_then(|tag| attribute(tag, "href"))
        .and_then(|href| base.join(&href).ok())
        .unwrap_or_else(|| base.clone());
    Ok(Page {
        files: tags()
            .filter(|tag| is(tag, "a"))
            .filter_map(|tag| link(tag, &base))
            .collect(),
    })
}

fn is(tag: &HTMLTag<'_>, name: &str) -> bool {
    tag.name().as_utf8_str().eq_ignore_ascii_case(name)
}

fn link(tag: &HTMLTag<'_>, base: &Url) -> Option<ListedFile<'static>> {
    let mut url = base.join(&attribute(tag, "href")?).ok()?;
    let sha256 = url
        .fragment()
        .and_then(|fragment| fragment.split('&').find_map(|f| f.strip_prefix("sha256=")))
        .and_then(digest);
    url.set_fragment(None);
    let last = url.path_segments()?.next_back()?;
    let filename = percent_decode_str(last).decode_utf8().ok()?.into_owned();
    let core_metadata = attribute(tag, "data-core-metadata")
        .or_else(|| attribute(tag, "data-dist-info-metadata"))
        .map_or(CoreMetadata::Absent, |value| {
            match value.strip_prefix("sha256=").and_then(digest) {
                Some(digest) => CoreMetadata::Hashed(digest),
                None if value == "false" => CoreMetadata::Absent,
                None => CoreMetadata::Unhashed,
            }
        });
    Some(ListedFile {
        filename: Cow::Owned(filename),
        url: Cow::Owned(url.into()),
        sha256,
        requires_python: attribute(tag, "data-requires-python")
            .filter(|text| !text.is_empty())
            .map(Cow::Owned),
        yanked: attribute(tag, "data-yanked").map(Cow::Owned),
        core_metadata,
        ..ListedFile::default()
    })
}

/// An attribute's value, decoded; empty where it has none.
fn attribute(tag: &HTMLTag<'_>, name: &str) -> Option<String> {
    let mut attributes = tag.attributes().iter();
    let (_, value) = attributes.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    Some(value.map_or_else(String::new, |value| decoded(&value)))
}

/// `text` with character references replaced, as far as listings use them.
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
        let page = parse(body, &base).unwrap();
        let got: Vec<String> = page.files.iter().map(summary).collect();
        assert_eq!(got, expect);
    }

    fn summary(file: &ListedFile<'_>) -> String {
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
            CoreMetadata::Absent => text,
            CoreMetadata::Unhashed => text + " metadata",
            CoreMetadata::Hashed(digest) => text + &format!(" metadata:{:02x}", digest[0]),
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
        check("no links <b>here", &[]);
    }
}
