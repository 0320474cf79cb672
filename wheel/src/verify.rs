//! Reads a wheel back strictly, and compares it with its name, its RECORD and its metadata. The
//! tool that wrote it is not trusted.
//!
//! Checks that need knowledge from outside get it as data: the imports of shipped modules, and the
//! files of an earlier release.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Read, Seek, Write};

use model::{Metadata, WheelFilename};
use sha2::{Digest, Sha256};

use crate::binary::{HEADER_SIZE, NativeBinary};
use crate::elf_needs::{ElfNeeds, UnmetNeed};
use crate::entry_points::EntryPoints;
use crate::finding::WheelFinding;
use crate::path::{FoldedPath, MemberPath, check_contained};
use crate::read_member::ReadMember;
use crate::record::parse_record;
use crate::wheel_file::{Purity, WheelFile};
use crate::zip_member::ZipError;
use crate::zip_reader::ZipReader;
use crate::{contents, core_checks};

/// The findings about a wheel, and its members.
#[derive(Debug, Default)]
pub struct Verification {
    /// The findings, in the order of the checks.
    pub findings: Vec<WheelFinding>,
    /// Its members by name. Empty if the archive cannot be read.
    pub members: BTreeMap<String, ReadMember>,
    /// What its ELF files need.
    needs: BTreeMap<String, ElfNeeds>,
    entry_points: EntryPoints,
}

/// One import in a shipped module.
#[derive(Clone, Debug)]
pub struct MemberImport {
    /// The member that imports.
    pub member: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The module imported, absolute and dotted.
    pub module: String,
}

/// Reads a wheel with this file name, and checks it without knowledge from outside.
pub fn verify(file_name: &str, input: impl Read + Seek) -> Verification {
    let mut verification = Verification::default();
    let filename = match file_name.parse::<WheelFilename>() {
        Ok(filename) => filename,
        Err(e) => {
            verification.findings.push(WheelFinding::FileName {
                problem: e.to_string(),
            });
            return verification;
        }
    };
    if filename.to_string() != file_name {
        let normal = filename.to_string();
        verification.findings.push(WheelFinding::FileNameNotNormal {
            given: file_name.to_owned(),
            normal,
        });
    }
    if let Err(e) = verification.read(&filename, input) {
        verification
            .findings
            .push(WheelFinding::Archive { problem: chain(&e) });
    }
    verification
}

impl Verification {
    /// The findings about another archive.
    pub fn of_findings(findings: Vec<WheelFinding>) -> Self {
        Self {
            findings,
            ..Self::default()
        }
    }

    /// Whether no finding forbids to publish the wheel.
    pub fn passes(&self) -> bool {
        self.findings
            .iter()
            .all(|finding| finding.severity() != crate::finding::Severity::Error)
    }

    /// Adds findings about entry points whose module neither the wheel nor `met_elsewhere`
    /// (requirements, the standard library) provides.
    pub fn judge_entry_points(&mut self, met_elsewhere: impl Fn(&str) -> bool) {
        let shipped = self.shipped_modules();
        let missing = self.entry_points.iter().filter(|(_, _, point)| {
            !shipped.contains(&point.module) && !met_elsewhere(&point.module)
        });
        self.findings.extend(
            missing.map(|(group, name, point)| WheelFinding::EntryPointModule {
                group: group.to_owned(),
                name: name.to_owned(),
                module: point.module.clone(),
            }),
        );
    }

    /// Adds findings about imports that neither the wheel nor `met_elsewhere` (requirements, the
    /// standard library) provides. Imports of code that is not in the wheel do not count.
    pub fn judge_imports(
        &mut self,
        imports: &[MemberImport],
        met_elsewhere: impl Fn(&str) -> bool,
    ) {
        let shipped = self.shipped_modules();
        let unmet = imports.iter().filter(|import| {
            let parent = import
                .module
                .rsplit_once('.')
                .map_or("", |(parent, _)| parent);
            self.members.contains_key(&import.member)
                && !shipped.contains(&import.module)
                && !shipped.contains(parent)
                && !met_elsewhere(&import.module)
        });
        self.findings
            .extend(unmet.map(|import| WheelFinding::UnmetImport {
                name: import.member.clone(),
                line: import.line,
                module: import.module.clone(),
            }));
    }

    /// Adds a finding for each pattern of a target's sources that matches no file: a warning for a
    /// glob, an error for a file name. `place` says where the pattern is written.
    pub fn judge_unmatched(&mut self, patterns: &[String], place: &str) {
        let finding = |pattern: &String| match pattern.contains(['*', '?', '[', '{']) {
            true => WheelFinding::Unmatched {
                glob: pattern.clone(),
                place: place.to_owned(),
            },
            false => WheelFinding::NoSuchFile {
                name: pattern.clone(),
                place: place.to_owned(),
            },
        };
        self.findings.extend(patterns.iter().map(finding));
    }

    /// Adds a warning for each file that an earlier release shipped and this wheel does not.
    pub fn judge_dropped(&mut self, release: &str, members: &[String]) {
        let gone = members
            .iter()
            .filter(|name| !name.contains(".dist-info/") && !self.members.contains_key(*name));
        self.findings.extend(gone.map(|name| WheelFinding::Dropped {
            name: name.clone(),
            release: release.to_owned(),
        }));
    }

    fn read(&mut self, filename: &WheelFilename, input: impl Read + Seek) -> Result<(), ZipError> {
        let mut zip = ZipReader::open(input)?;
        self.judge_names(&zip, filename);
        let mut texts = HashMap::new();
        let dist_info = format!(
            "{}-{}.dist-info",
            filename.name.as_file_name(),
            version_text(filename)
        );
        for at in 0..zip.members().len() {
            let member = &zip.members()[at];
            if member.is_folder() {
                continue;
            }
            let name = member.name.clone();
            let mut sink = Hashing::new();
            if name.starts_with(&dist_info) {
                sink.text = Some(Vec::new());
            }
            zip.copy(at, &mut sink)?;
            if let Some(needs) = sink.elf.take().and_then(|bytes| ElfNeeds::of(&bytes)) {
                self.needs.insert(name.clone(), needs);
            }
            if let Some(text) = sink.text.take() {
                texts.insert(name.clone(), text);
            }
            self.members.insert(name, sink.finish());
        }
        self.judge_content(filename);
        self.judge_dist_info(filename, &dist_info, &texts);
        Ok(())
    }

    fn judge_names<R: Read + Seek>(&mut self, zip: &ZipReader<R>, filename: &WheelFilename) {
        let mut tags = filename.platform_tag.split('.');
        let is_for_windows = tags.any(|tag| tag == "any" || tag.starts_with("win"));
        let mut folded: HashMap<FoldedPath, &str> = HashMap::new();
        for member in zip.members() {
            let name = member.name.trim_end_matches('/');
            let name_of = member.name.clone();
            match (check_contained(name), MemberPath::parse(name)) {
                (Err(problem), _) => self.findings.push(WheelFinding::UnsafeName {
                    name: name_of,
                    problem,
                }),
                (Ok(()), Err(problem)) if is_for_windows => {
                    self.findings.push(WheelFinding::WindowsName {
                        name: name_of,
                        problem,
                    });
                }
                _ => {}
            }
            if member.is_symlink() {
                self.findings.push(WheelFinding::Symlink {
                    name: member.name.clone(),
                });
            }
            if let Some(first) = folded.insert(FoldedPath::of(name), &member.name) {
                self.findings.push(WheelFinding::CaseClash {
                    first: first.to_owned(),
                    second: member.name.clone(),
                });
            }
        }
    }

    fn judge_content(&mut self, filename: &WheelFilename) {
        let platforms: Vec<String> = filename
            .platform_tag
            .split('.')
            .map(str::to_owned)
            .collect();
        for (name, member) in &self.members {
            if is_lfs_pointer(member) {
                self.findings
                    .push(WheelFinding::LfsPointer { name: name.clone() });
            }
            if let Some(binary) = NativeBinary::of(&member.head) {
                self.findings.extend(judge_binary(name, binary, &platforms));
            }
        }
        self.judge_needs(&platforms);
        self.findings.extend(contents::judge(&self.members));
        let local = platforms
            .iter()
            .filter(|tag| tag.starts_with("linux_") || !is_platform(tag));
        let local = local.map(|tag| WheelFinding::LocalPlatform { tag: tag.clone() });
        self.findings.extend(local);
    }

    /// Judges what ELF files need, by every tag of the wheel.
    fn judge_needs(&mut self, platforms: &[String]) {
        let mut libraries: HashSet<&str> = HashSet::new();
        for (name, needs) in &self.needs {
            libraries.insert(name.rsplit('/').next().unwrap_or(name));
            libraries.extend(needs.soname.as_deref());
        }
        let mut found = Vec::new();
        for (name, needs) in &self.needs {
            for tag in platforms {
                for need in needs.unmet(tag, |library| libraries.contains(library)) {
                    let (name, tag) = (name.clone(), tag.clone());
                    found.push(match need {
                        UnmetNeed::Version {
                            version,
                            library,
                            true_tag,
                        } => WheelFinding::NewerSymbol {
                            name,
                            version,
                            library,
                            tag,
                            true_tag,
                        },
                        UnmetNeed::Library(library) => {
                            WheelFinding::ForeignLibrary { name, library, tag }
                        }
                    });
                }
            }
        }
        self.findings.extend(found);
    }

    fn judge_dist_info(
        &mut self,
        filename: &WheelFilename,
        dist_info: &str,
        texts: &HashMap<String, Vec<u8>>,
    ) {
        let mut found: Vec<String> = self
            .members
            .keys()
            .filter_map(|name| name.split_once('/'))
            .map(|(top, _)| top.to_owned())
            .collect();
        found.retain(|top| top.ends_with(".dist-info"));
        found.dedup();
        if found != [dist_info] {
            self.findings.push(WheelFinding::DistInfo {
                expected: dist_info.to_owned(),
                found,
            });
            return;
        }
        let mut text = |name: &str| {
            let name = format!("{dist_info}/{name}");
            let Some(bytes) = texts.get(&name) else {
                self.findings.push(WheelFinding::Missing { name });
                return None;
            };
            match std::str::from_utf8(bytes) {
                Ok(text) => Some(text),
                Err(e) => {
                    self.findings.push(WheelFinding::Unreadable {
                        name,
                        problem: e.to_string(),
                    });
                    None
                }
            }
        };
        let (record, metadata, wheel) = (text("RECORD"), text("METADATA"), text("WHEEL"));
        let entry_points = texts
            .contains_key(&format!("{dist_info}/entry_points.txt"))
            .then(|| text("entry_points.txt"))
            .flatten();
        record
            .into_iter()
            .for_each(|text| self.judge_record(text, dist_info));
        metadata
            .into_iter()
            .for_each(|text| self.judge_metadata(text, filename, dist_info));
        wheel
            .into_iter()
            .for_each(|text| self.judge_wheel_file(text, filename, dist_info));
        entry_points
            .into_iter()
            .for_each(|text| self.read_entry_points(text, dist_info));
    }

    fn judge_record(&mut self, text: &str, dist_info: &str) {
        let lines = match parse_record(text) {
            Ok(lines) => lines,
            Err(e) => return self.findings.push(WheelFinding::RecordLine(e)),
        };
        let mut seen = HashSet::new();
        for line in &lines {
            let name = line.path.clone();
            if !seen.insert(line.path.as_str()) {
                self.findings.push(WheelFinding::TwiceInRecord { name });
                continue;
            }
            match self.members.get(&line.path) {
                None => self.findings.push(WheelFinding::OnlyInRecord { name }),
                Some(_) if is_unrecorded(&line.path, dist_info) => {}
                Some(member)
                    if (line.sha256, line.size) == (Some(member.sha256), Some(member.size)) => {}
                Some(_) => self.findings.push(WheelFinding::RecordDiffers { name }),
            }
        }
        let missing = self
            .members
            .keys()
            .filter(|name| !seen.contains(name.as_str()) && !is_signature(name, dist_info));
        self.findings
            .extend(missing.map(|name| WheelFinding::NotInRecord { name: name.clone() }));
    }

    fn judge_metadata(&mut self, text: &str, filename: &WheelFilename, dist_info: &str) {
        let metadata = match Metadata::parse(text) {
            Ok(metadata) => metadata,
            Err(e) => return self.unreadable(dist_info, "METADATA", e.to_string()),
        };
        let is_there = |path: &str| {
            let places = [
                format!("{dist_info}/licenses/{path}"),
                format!("{dist_info}/{path}"),
            ];
            places.iter().any(|place| self.members.contains_key(place))
        };
        let found = core_checks::judge(text, is_there);
        self.findings.extend(found);
        if metadata.name != filename.name {
            self.disagree(
                "METADATA",
                "Name",
                metadata.name.to_string(),
                filename.name.to_string(),
            );
        }
        if metadata.version != filename.version {
            self.disagree(
                "METADATA",
                "Version",
                metadata.version.to_string(),
                filename.version.to_string(),
            );
        }
    }

    fn judge_wheel_file(&mut self, text: &str, filename: &WheelFilename, dist_info: &str) {
        let wheel = match WheelFile::parse(text) {
            Ok(wheel) => wheel,
            Err(e) => return self.unreadable(dist_info, "WHEEL", e.0),
        };
        if !wheel.wheel_version.starts_with("1.") {
            self.disagree(
                "WHEEL",
                "Wheel-Version",
                wheel.wheel_version,
                "1.0".to_owned(),
            );
        }
        let expected = WheelFile::of(filename);
        let sorted = |mut tags: Vec<String>| {
            tags.sort();
            tags.join(", ")
        };
        if sorted(wheel.tags.clone()) != sorted(expected.tags.clone()) {
            self.disagree("WHEEL", "Tag", sorted(wheel.tags), sorted(expected.tags));
        }
        if wheel.build != expected.build {
            self.disagree(
                "WHEEL",
                "Build",
                wheel.build.unwrap_or_default(),
                expected.build.unwrap_or_default(),
            );
        }
        if wheel.purity == Purity::Pure && expected.purity == Purity::PlatformSpecific {
            self.disagree(
                "WHEEL",
                "Root-Is-Purelib",
                "true".to_owned(),
                filename.platform_tag.clone(),
            );
        }
    }

    fn read_entry_points(&mut self, text: &str, dist_info: &str) {
        match EntryPoints::parse(text) {
            Ok(points) => self.entry_points = points,
            Err(e) => self.unreadable(dist_info, "entry_points.txt", e.to_string()),
        }
    }

    /// Every module and package, dotted; a folder is a package even without `__init__.py`.
    fn shipped_modules(&self) -> HashSet<String> {
        let mut modules = HashSet::new();
        for name in self
            .members
            .keys()
            .filter(|name| !name.contains(".dist-info/"))
            .map(|name| installed_path(name))
        {
            let folders = name
                .match_indices('/')
                .map(|(at, _)| name[..at].replace('/', "."));
            modules.extend(folders);
            let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
            // `x.py`, `x.cpython-312-x86_64-linux-gnu.so`, `x.pyd`
            if let Some((stem, "py" | "so" | "pyd" | "pyi")) = file
                .split_once('.')
                .map(|(s, rest)| (s, rest.rsplit('.').next().unwrap_or(rest)))
            {
                modules.insert(
                    format!("{folder}/{stem}")
                        .trim_start_matches('/')
                        .replace('/', "."),
                );
            }
        }
        modules
    }

    fn unreadable(&mut self, dist_info: &str, file: &str, problem: String) {
        self.findings.push(WheelFinding::Unreadable {
            name: format!("{dist_info}/{file}"),
            problem,
        });
    }

    fn disagree(
        &mut self,
        file: &'static str,
        field: &'static str,
        found: String,
        expected: String,
    ) {
        self.findings.push(WheelFinding::Disagreement {
            file,
            field,
            found,
            expected,
        });
    }
}

/// The path below `site-packages`, of members of the `.data` folder too.
fn installed_path(name: &str) -> &str {
    match name.split_once(".data/") {
        Some((top, rest)) if !top.contains('/') => {
            let rest = rest
                .strip_prefix("purelib/")
                .or(rest.strip_prefix("platlib/"));
            rest.unwrap_or(name)
        }
        _ => name,
    }
}

/// Whether a platform tag is one that wheels can have on a public index.
fn is_platform(tag: &str) -> bool {
    let starts = [
        "any",
        "win32",
        "win_",
        "macosx_",
        "manylinux",
        "musllinux_",
        "ios_",
        "android_",
        "pyodide_",
        "pyemscripten_",
    ];
    starts.iter().any(|start| tag.starts_with(start))
}

fn judge_binary(name: &str, binary: NativeBinary, platforms: &[String]) -> Option<WheelFinding> {
    let (name, platforms) = (name.to_owned(), platforms.to_vec());
    if platforms.iter().any(|platform| platform == "any") {
        return Some(WheelFinding::BinaryInPureWheel { name, binary });
    }
    if !platforms
        .iter()
        .any(|platform| binary.machine_fits(platform))
    {
        return Some(WheelFinding::WrongMachine {
            name,
            binary,
            platforms,
        });
    }
    let runs = platforms
        .iter()
        .any(|platform| binary.format_fits(platform));
    (!runs).then_some(WheelFinding::WrongSystem {
        name,
        binary,
        platforms,
    })
}

/// <https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>: pointers are shorter than 1024 bytes.
fn is_lfs_pointer(member: &ReadMember) -> bool {
    member.size < 1024
        && member
            .head
            .starts_with(b"version https://git-lfs.github.com/spec/v1\n")
}

/// RECORD cannot contain its own hash.
fn is_unrecorded(path: &str, dist_info: &str) -> bool {
    path.strip_prefix(dist_info) == Some("/RECORD")
}

/// Signatures are made after RECORD.
fn is_signature(path: &str, dist_info: &str) -> bool {
    matches!(
        path.strip_prefix(dist_info),
        Some("/RECORD.jws" | "/RECORD.p7s")
    )
}

fn version_text(filename: &WheelFilename) -> String {
    filename.version.to_string().replace('-', "_")
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut out = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        out = format!("{out}: {cause}");
        next = cause.source();
    }
    out
}

/// Hashes the bytes that are written to it, and keeps the first ones or, if asked, all of them.
struct Hashing {
    hasher: Sha256,
    size: u64,
    head: Vec<u8>,
    text: Option<Vec<u8>>,
    /// All bytes of an ELF file.
    elf: Option<Vec<u8>>,
}

impl Hashing {
    fn new() -> Self {
        Hashing {
            hasher: Sha256::new(),
            size: 0,
            head: Vec::new(),
            text: None,
            elf: None,
        }
    }

    fn finish(self) -> ReadMember {
        ReadMember {
            sha256: self.hasher.finalize().into(),
            size: self.size,
            head: self.head,
        }
    }
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.size == 0 && bytes.starts_with(b"\x7fELF") {
            self.elf = Some(Vec::new());
        }
        if let Some(elf) = &mut self.elf {
            elf.extend_from_slice(bytes);
        }
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        let room = HEADER_SIZE - self.head.len();
        self.head.extend_from_slice(&bytes[..room.min(bytes.len())]);
        if let Some(text) = &mut self.text {
            text.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
