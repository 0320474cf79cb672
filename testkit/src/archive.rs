//! Real wheels and source distributions, made in memory.
//!
//! Source: <https://packaging.python.org/en/latest/specifications/binary-distribution-format/> and
//! <https://packaging.python.org/en/latest/specifications/source-distribution-format/>.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use camino::Utf8Path;
use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;

use crate::package::{ArchiveKind, Package};

/// A build backend without requirements: it writes the wheel that [`wheel`] would write.
const BACKEND: &str = r#"
import base64, hashlib, os, sys, zipfile

def _dist_info(directory):
    name = DIST_INFO
    os.makedirs(os.path.join(directory, name), exist_ok=True)
    for member, text in FILES.items():
        if member.startswith(name):
            with open(os.path.join(directory, member), "w", newline="") as file:
                file.write(text)
    return name

def get_requires_for_build_wheel(config_settings=None):
    return []

def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    _check()
    return _dist_info(metadata_directory)

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    _check()
    record = ""
    with zipfile.ZipFile(os.path.join(wheel_directory, WHEEL), "w") as archive:
        for member, text in FILES.items():
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
            record += f"{member},sha256={digest.rstrip(b'=').decode()},{len(text.encode())}\n"
            archive.writestr(member, text)
        record += f"{DIST_INFO}/RECORD,,\n"
        archive.writestr(f"{DIST_INFO}/RECORD", record)
    return WHEEL

def _check():
    if FAILS:
        print("compiling the engine")
        sys.exit("error: no such header: engine.h")
"#;

/// One file of a release, as an index serves it.
#[derive(Debug, Clone)]
pub struct PackageFile {
    /// `a-1.0-py3-none-any.whl`
    pub filename: String,
    /// The archive.
    pub bytes: Vec<u8>,
    /// The `METADATA` of a wheel.
    pub metadata: Option<String>,
    /// The hash in the listing, in hexadecimal; a wrong one after [`Package::wrong_hash`].
    pub sha256: String,
    /// `Requires-Python`.
    pub requires_python: Option<String>,
    /// The reason, which may be empty, if the file is yanked.
    pub yanked: Option<String>,
    /// The upload time, in the format of RFC 3339.
    pub uploaded: String,
}

impl Package {
    /// Makes the files; the bytes are the same each time.
    #[must_use]
    pub fn files(&self) -> Vec<PackageFile> {
        let any = [ArchiveKind::Wheel("py3-none-any".to_owned())];
        let kinds = if self.kinds.is_empty() {
            &any[..]
        } else {
            &self.kinds
        };
        kinds.iter().map(|kind| self.file(kind)).collect()
    }

    /// Writes the contents of the source distribution into a folder, as a project to build.
    ///
    /// # Panics
    /// If the folder cannot be written.
    pub fn write_source(&self, folder: &Utf8Path) {
        for (path, content) in source_tree(self) {
            let path = folder.join(path);
            let parent = path.parent().unwrap_or(folder);
            fs_err::create_dir_all(parent).expect("a folder");
            fs_err::write(&path, content).expect("a file");
        }
    }

    fn file(&self, kind: &ArchiveKind) -> PackageFile {
        let (filename, bytes, metadata) = match kind {
            ArchiveKind::Wheel(tags) => (
                format!("{}-{tags}.whl", self.stem()),
                wheel(self, tags),
                Some(metadata(self)),
            ),
            ArchiveKind::Sdist => (format!("{}.tar.gz", self.stem()), sdist(self), None),
        };
        let sha256 = if self.wrong_hash {
            "0".repeat(64)
        } else {
            sha256_hex(&bytes)
        };
        PackageFile {
            filename,
            bytes,
            metadata,
            sha256,
            requires_python: self.requires_python.clone(),
            yanked: self.yanked.clone(),
            uploaded: self.uploaded.clone(),
        }
    }
}

/// The archive of a wheel with these tags.
fn wheel(package: &Package, tags: &str) -> Vec<u8> {
    let mut members = modules(package);
    let info = format!("{}.dist-info", package.stem());
    members.push((format!("{info}/METADATA"), metadata(package).into_bytes()));
    members.push((format!("{info}/WHEEL"), wheel_file(tags).into_bytes()));
    if !package.entry_points.is_empty() {
        members.push((
            format!("{info}/entry_points.txt"),
            entry_points(package).into_bytes(),
        ));
    }
    let record = record(&members, &format!("{info}/RECORD"));
    members.push((format!("{info}/RECORD"), record.into_bytes()));
    members.extend(package.unrecorded.iter().cloned());

    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in &members {
        let options = SimpleFileOptions::default().unix_permissions(0o644);
        zip.start_file(path, options)
            .expect("a name that zip takes");
        zip.write_all(content).expect("memory takes all");
    }
    zip.finish().expect("memory takes all").into_inner()
}

/// The archive of a source distribution.
fn sdist(package: &Package) -> Vec<u8> {
    let gzip = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::fast());
    let mut tar = tar::Builder::new(gzip);
    for (path, content) in &source_tree(package) {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        let path = format!("{}/{path}", package.stem());
        tar.append_data(&mut header, path, content.as_slice())
            .expect("memory takes all");
    }
    tar.into_inner()
        .and_then(flate2::write::GzEncoder::finish)
        .expect("memory takes all")
}

/// The files of a source distribution, below its one folder.
fn source_tree(package: &Package) -> Vec<(String, Vec<u8>)> {
    let mut members = modules(package);
    members.push(("PKG-INFO".to_owned(), pkg_info(package).into_bytes()));
    let build_system = format!(
        "[build-system]\nrequires = {:?}\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n",
        package.build_requires
    );
    members.push(("pyproject.toml".to_owned(), build_system.into()));
    members.push(("backend.py".to_owned(), backend(package).into_bytes()));
    members
}

/// Core metadata of a wheel.
fn metadata(package: &Package) -> String {
    let mut text = header(package);
    for extra in &package.extras {
        line(&mut text, "Provides-Extra", extra);
    }
    for requirement in &package.requires {
        line(&mut text, "Requires-Dist", requirement);
    }
    text
}

fn pkg_info(package: &Package) -> String {
    if !package.needs_build {
        return metadata(package);
    }
    let mut text = header(package);
    line(&mut text, "Dynamic", "Requires-Dist");
    line(&mut text, "Dynamic", "Provides-Extra");
    text
}

fn header(package: &Package) -> String {
    let mut text = String::new();
    line(&mut text, "Metadata-Version", "2.2");
    line(&mut text, "Name", &package.name);
    line(&mut text, "Version", &package.version);
    line(&mut text, "Summary", "A fixture");
    if let Some(specifiers) = &package.requires_python {
        line(&mut text, "Requires-Python", specifiers);
    }
    text
}

fn line(text: &mut String, field: &str, value: &str) {
    writeln!(text, "{field}: {value}").expect("memory takes all");
}

fn modules(package: &Package) -> Vec<(String, Vec<u8>)> {
    let module = format!("{}/__init__.py", package.file_name());
    let code = format!("__version__ = {:?}\n", package.version);
    let mut members = package.members.clone();
    if !members.iter().any(|(path, _)| *path == module) {
        members.insert(0, (module, code.into_bytes()));
    }
    members
}

fn wheel_file(tags: &str) -> String {
    let parts: Vec<_> = tags.split('-').collect();
    let [pythons, abis, platforms] = parts[..] else {
        panic!("`{tags}` is not PYTHON-ABI-PLATFORM");
    };
    let pure = platforms == "any";
    let mut text = format!("Wheel-Version: 1.0\nGenerator: testkit\nRoot-Is-Purelib: {pure}\n");
    for python in pythons.split('.') {
        for abi in abis.split('.') {
            for platform in platforms.split('.') {
                line(&mut text, "Tag", &format!("{python}-{abi}-{platform}"));
            }
        }
    }
    text
}

fn entry_points(package: &Package) -> String {
    let mut groups: Vec<_> = package
        .entry_points
        .iter()
        .map(|(group, _)| group)
        .collect();
    groups.sort();
    groups.dedup();
    let mut text = String::new();
    for group in groups {
        writeln!(text, "[{group}]").expect("memory takes all");
        for (_, entry) in package.entry_points.iter().filter(|(g, _)| g == group) {
            writeln!(text, "{entry}").expect("memory takes all");
        }
    }
    text
}

fn record(members: &[(String, Vec<u8>)], own_path: &str) -> String {
    let mut text = String::new();
    for (path, content) in members {
        let digest = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(content));
        writeln!(text, "{path},sha256={digest},{}", content.len()).expect("memory takes all");
    }
    writeln!(text, "{own_path},,").expect("memory takes all");
    text
}

/// The backend below its data. The data is written as JSON, whose strings, lists and tables Python
/// reads too.
fn backend(package: &Package) -> String {
    let info = format!("{}.dist-info", package.stem());
    let mut files = serde_json::Map::new();
    for (path, content) in modules(package) {
        files.insert(path, String::from_utf8_lossy(&content).into());
    }
    files.insert(format!("{info}/METADATA"), metadata(package).into());
    files.insert(format!("{info}/WHEEL"), wheel_file("py3-none-any").into());
    if !package.entry_points.is_empty() {
        files.insert(
            format!("{info}/entry_points.txt"),
            entry_points(package).into(),
        );
    }
    let imports = package.build_requires.iter().chain(&package.build_imports);
    let imports: String = imports
        .map(|name| format!("import {}\n", name.replace('-', "_")))
        .collect();
    format!(
        "{imports}DIST_INFO = {:?}\nWHEEL = {:?}\nFAILS = {}\nFILES = {}\n{BACKEND}",
        info,
        format!("{}-py3-none-any.whl", package.stem()),
        if package.build_fails { "True" } else { "False" },
        serde_json::Value::Object(files),
    )
}

/// The SHA-256 hash of some bytes, in hexadecimal.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
