//! The pages of an index: the files of a project, all projects, and a page with links to all files.
//!
//! Source: <https://packaging.python.org/en/latest/specifications/simple-repository-api/>.

use serde_json::{Map, Value, json};

use crate::archive::{PackageFile, sha256_hex};

/// The content type of PEP 691.
pub(crate) const JSON: &str = "application/vnd.pypi.simple.v1+json";
/// The content type of PEP 503.
pub(crate) const HTML: &str = "text/html";

/// What a listing contains in addition to names and hashes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Details {
    /// The index has metadata files (PEP 658).
    pub(crate) metadata: bool,
    /// Sizes and upload times (PEP 700).
    pub(crate) sizes_and_times: bool,
}

/// The page of a project in JSON (PEP 691).
pub(crate) fn json_page(name: &str, files: &[PackageFile], details: Details) -> Vec<u8> {
    let files: Vec<_> = files.iter().map(|file| json_file(file, details)).collect();
    let version = if details.sizes_and_times {
        "1.1"
    } else {
        "1.0"
    };
    let page = json!({"meta": {"api-version": version}, "name": name, "files": files});
    page.to_string().into_bytes()
}

fn json_file(file: &PackageFile, details: Details) -> Value {
    let mut entry = Map::new();
    entry.insert("filename".into(), file.filename.clone().into());
    entry.insert(
        "url".into(),
        format!("../../files/{}", file.filename).into(),
    );
    entry.insert("hashes".into(), json!({"sha256": file.sha256}));
    if let Some(specifiers) = &file.requires_python {
        entry.insert("requires-python".into(), specifiers.clone().into());
    }
    if let Some(reason) = &file.yanked {
        let yanked = if reason.is_empty() {
            true.into()
        } else {
            reason.clone().into()
        };
        entry.insert("yanked".into(), yanked);
    }
    if details.sizes_and_times {
        entry.insert("size".into(), file.bytes.len().into());
        entry.insert("upload-time".into(), file.uploaded.clone().into());
    }
    if let (true, Some(metadata)) = (details.metadata, &file.metadata) {
        let hashes = json!({"sha256": sha256_hex(metadata.as_bytes())});
        entry.insert("core-metadata".into(), hashes);
    }
    Value::Object(entry)
}

/// The page of a project in HTML (PEP 503).
pub(crate) fn html_page(files: &[PackageFile], details: Details) -> Vec<u8> {
    links(
        files
            .iter()
            .map(|file| html_link(file, "../../files/", details)),
    )
}

/// A page with links to all files, for `find_links`.
pub(crate) fn flat_page<'a>(files: impl Iterator<Item = &'a PackageFile>) -> Vec<u8> {
    let plain = Details {
        metadata: false,
        sizes_and_times: false,
    };
    links(files.map(|file| html_link(file, "../files/", plain)))
}

/// The page of all projects.
pub(crate) fn projects<'a>(names: impl Iterator<Item = &'a String>) -> Vec<u8> {
    links(names.map(|name| format!("<a href=\"{name}/\">{name}</a>")))
}

fn links(lines: impl Iterator<Item = String>) -> Vec<u8> {
    let mut page = String::from("<!DOCTYPE html>\n<html><body>\n");
    for line in lines {
        page += &format!("{line}<br>\n");
    }
    (page + "</body></html>\n").into_bytes()
}

fn html_link(file: &PackageFile, folder: &str, details: Details) -> String {
    let mut attributes = String::new();
    if let Some(specifiers) = &file.requires_python {
        attributes += &format!(" data-requires-python=\"{}\"", escape(specifiers));
    }
    if let Some(reason) = &file.yanked {
        attributes += &format!(" data-yanked=\"{}\"", escape(reason));
    }
    if let (true, Some(metadata)) = (details.metadata, &file.metadata) {
        let hash = sha256_hex(metadata.as_bytes());
        attributes += &format!(" data-core-metadata=\"sha256={hash}\"");
    }
    let (name, hash) = (&file.filename, &file.sha256);
    format!("<a href=\"{folder}{name}#sha256={hash}\"{attributes}>{name}</a>")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
