//! A wheel to be installed. Everything that can be checked without unpacking it is checked. The
//! wheel may be hostile: if it contradicts itself, it is refused.

use std::collections::HashSet;
use std::io::{Read, Seek};

use model::{Metadata, PackageName, Version, WheelFilename};

use crate::entry_points::{Script, scripts};
use crate::path::check_contained;
use crate::wheel_file::headers;
use crate::wheel_problem::WheelProblem;
use crate::wheel_record::{Record, RecordRemark};
use crate::zip_member::ZipMember;
use crate::zip_reader::ZipReader;

/// A wheel with valid names, `.dist-info` and scripts. The code that unpacks its members checks
/// them with [`Record::check`].
pub struct WheelArchive {
    /// The members to be installed, without folders.
    pub files: Vec<ZipMember>,
    /// `name-version.dist-info`.
    pub dist_info: String,
    /// Whether the files at the top go to `purelib`.
    pub root_is_purelib: bool,
    /// The content of RECORD.
    pub record: Record,
    /// The console and GUI scripts.
    pub scripts: Vec<Script>,
    /// What is not right about RECORD, as far as it is seen without unpacking.
    pub remarks: Vec<RecordRemark>,
}

/// What an archive may unpack to without regard to its size, and how often its size beyond that:
/// real wheels shrink to a twentieth at most.
const FREE_BYTES: u64 = 256 << 20;
const GREATEST_RATIO: u64 = 100;

/// The folders of `.data`.
///
/// Source: <https://packaging.python.org/en/latest/specifications/binary-distribution-format/>.
pub const DATA_FOLDERS: [&str; 5] = ["purelib", "platlib", "scripts", "headers", "data"];

impl WheelArchive {
    /// Reads the archive `input`, which is `size` bytes long.
    pub fn read(
        input: impl Read + Seek,
        size: u64,
        filename: &WheelFilename,
    ) -> Result<Self, WheelProblem> {
        let mut zip = ZipReader::open(input)?;
        refuse_bomb(size, zip.members())?;
        let files = files(&zip)?;
        let dist_info = dist_info(&files)?;
        check_dist_info(&dist_info, filename)?;
        let mut texts = Texts {
            zip: &mut zip,
            dist_info: &dist_info,
        };
        check_metadata(&mut texts, filename)?;
        let root_is_purelib = root_is_purelib(&mut texts)?;
        let record = record(&mut texts)?;
        let scripts = match texts.find("entry_points.txt")? {
            None => Vec::new(),
            Some(text) => scripts(&text).map_err(|error| WheelProblem::Script {
                name: error.name,
                value: error.value,
                problem: error.problem,
            })?,
        };
        check_data_folders(&files, &dist_info)?;
        let mut wheel = Self {
            files,
            root_is_purelib,
            record,
            scripts,
            dist_info,
            remarks: Vec::new(),
        };
        wheel.compare_with_record();
        Ok(wheel)
    }

    /// Leaves out what RECORD does not list, and remarks what is only listed.
    fn compare_with_record(&mut self) {
        let files = std::mem::take(&mut self.files);
        let there: HashSet<&str> = files.iter().map(|file| file.name.as_str()).collect();
        let mut missing: Vec<&str> = self
            .record
            .paths()
            .filter(|path| !there.contains(path) && !path.ends_with('/') && !self.is_record(path))
            .collect();
        missing.sort_unstable();
        let missing = missing.into_iter().map(str::to_owned);
        let mut remarks: Vec<_> = missing.map(RecordRemark::Missing).collect();
        for file in files {
            let listed = self.record.lists(&file.name);
            if listed || self.is_record(&file.name) || self.is_needed(&file.name) {
                self.files.push(file);
            } else {
                remarks.push(RecordRemark::Unlisted(file.name));
            }
        }
        self.remarks = remarks;
    }

    /// What an installer reads, whether it is listed or not.
    fn is_needed(&self, name: &str) -> bool {
        name.strip_prefix(&self.dist_info)
            .is_some_and(|rest| matches!(rest, "/METADATA" | "/WHEEL" | "/entry_points.txt"))
    }

    /// RECORD and its signatures, which list themselves without a hash.
    pub fn is_record(&self, name: &str) -> bool {
        name.strip_prefix(&self.dist_info)
            .is_some_and(|rest| matches!(rest, "/RECORD" | "/RECORD.jws" | "/RECORD.p7s"))
    }
}

/// What an archive of this size may unpack to: more is taken for a bomb.
pub fn most_unpacked(archive: u64) -> u64 {
    FREE_BYTES.saturating_add(archive.saturating_mul(GREATEST_RATIO))
}

/// Refuses what would fill the disk, by the sizes that members declare; that none is longer is
/// checked when it is unpacked.
fn refuse_bomb(archive: u64, members: &[ZipMember]) -> Result<(), WheelProblem> {
    let declared = members
        .iter()
        .fold(0_u64, |sum, member| sum.saturating_add(member.size));
    if declared > most_unpacked(archive) {
        return Err(WheelProblem::Bomb { archive, declared });
    }
    Ok(())
}

/// The members that are files, with each name checked.
fn files<R: Read + Seek>(zip: &ZipReader<R>) -> Result<Vec<ZipMember>, WheelProblem> {
    let mut seen: HashSet<&str> = HashSet::new();
    let mut folders: HashSet<&str> = HashSet::new();
    let mut files = Vec::with_capacity(zip.members().len());
    for member in zip.members() {
        let (path, is_folder) = match member.name.strip_suffix('/') {
            Some(path) => (path, true),
            None => (member.name.as_str(), false),
        };
        check_contained(path).map_err(|problem| WheelProblem::Path {
            name: member.name.clone(),
            problem,
        })?;
        let kind = member.unix_mode.map_or(0, |mode| mode & 0o170_000);
        if !matches!(kind, 0 | 0o100_000 | 0o040_000) {
            return Err(WheelProblem::Special(member.name.clone()));
        }
        for (at, _) in path.match_indices('/') {
            folders.insert(&path[..at]);
        }
        if is_folder {
            folders.insert(path);
            continue;
        }
        if !seen.insert(path) {
            return Err(WheelProblem::Twice(path.to_owned()));
        }
        files.push(member.clone());
    }
    match files
        .iter()
        .find(|file| folders.contains(file.name.as_str()))
    {
        Some(file) => Err(WheelProblem::FileAndFolder(file.name.clone())),
        None => Ok(files),
    }
}

fn dist_info(files: &[ZipMember]) -> Result<String, WheelProblem> {
    let mut found: Option<&str> = None;
    for file in files {
        let Some((top, _)) = file.name.split_once('/') else {
            continue;
        };
        if !top.ends_with(".dist-info") {
            continue;
        }
        match found {
            Some(other) if other != top => {
                return Err(WheelProblem::TwoDistInfos(other.to_owned(), top.to_owned()));
            }
            _ => found = Some(top),
        }
    }
    found.map(str::to_owned).ok_or(WheelProblem::NoDistInfo)
}

/// The folder is named as the file; how name and version are spelled may differ.
fn check_dist_info(dist_info: &str, filename: &WheelFilename) -> Result<(), WheelProblem> {
    let another = || WheelProblem::Another {
        place: dist_info.to_owned(),
        found: dist_info.trim_end_matches(".dist-info").to_owned(),
        expected: format!("{}-{}", filename.name, filename.version),
    };
    let stem = dist_info.trim_end_matches(".dist-info");
    let (name, version) = stem.rsplit_once('-').ok_or_else(another)?;
    let same_name = name
        .parse()
        .is_ok_and(|name: PackageName| name == filename.name);
    let same_version = version
        .parse()
        .is_ok_and(|version: Version| version == filename.version);
    if same_name && same_version {
        Ok(())
    } else {
        Err(another())
    }
}

/// Reads the text files of `.dist-info`.
struct Texts<'z, R> {
    zip: &'z mut ZipReader<R>,
    dist_info: &'z str,
}

impl<R: Read + Seek> Texts<'_, R> {
    fn path(&self, file: &str) -> String {
        format!("{}/{file}", self.dist_info)
    }

    fn find(&mut self, file: &str) -> Result<Option<String>, WheelProblem> {
        let path = self.path(file);
        if self.zip.find(&path).is_none() {
            return Ok(None);
        }
        String::from_utf8(self.zip.read(&path)?)
            .map(Some)
            .map_err(|_| WheelProblem::Unreadable {
                file: path,
                reason: "it is not UTF-8".to_owned(),
            })
    }

    fn require(&mut self, file: &str) -> Result<String, WheelProblem> {
        self.find(file)?
            .ok_or_else(|| WheelProblem::Missing(self.path(file)))
    }
}

fn check_metadata<R: Read + Seek>(
    texts: &mut Texts<'_, R>,
    filename: &WheelFilename,
) -> Result<(), WheelProblem> {
    let place = texts.path("METADATA");
    let metadata =
        Metadata::parse(&texts.require("METADATA")?).map_err(|error| WheelProblem::Unreadable {
            file: place.clone(),
            reason: error.to_string(),
        })?;
    if metadata.name != filename.name {
        return Err(WheelProblem::Another {
            place,
            found: metadata.name.to_string(),
            expected: filename.name.to_string(),
        });
    }
    if metadata.version != filename.version {
        return Err(WheelProblem::Another {
            place,
            found: metadata.version.to_string(),
            expected: filename.version.to_string(),
        });
    }
    Ok(())
}

fn root_is_purelib<R: Read + Seek>(texts: &mut Texts<'_, R>) -> Result<bool, WheelProblem> {
    let text = texts.require("WHEEL")?;
    let field = |name: &'static str| headers(&text, name).next();
    let version = field("Wheel-Version").ok_or_else(|| WheelProblem::Unreadable {
        file: format!("{}/WHEEL", texts.dist_info),
        reason: "the field `Wheel-Version` is missing".to_owned(),
    })?;
    if version.split('.').next() != Some("1") {
        return Err(WheelProblem::WheelVersion(version.to_owned()));
    }
    Ok(field("Root-Is-Purelib").is_some_and(|value| value.eq_ignore_ascii_case("true")))
}

fn record<R: Read + Seek>(texts: &mut Texts<'_, R>) -> Result<Record, WheelProblem> {
    let place = texts.path("RECORD");
    Record::parse(&texts.require("RECORD")?).map_err(|error| WheelProblem::Unreadable {
        file: place,
        reason: error.to_string(),
    })
}

/// `.data` has only folders that mean something.
fn check_data_folders(files: &[ZipMember], dist_info: &str) -> Result<(), WheelProblem> {
    for file in files {
        let in_data = match data_file(&file.name, dist_info) {
            Some((folder, path)) => DATA_FOLDERS.contains(&folder) && !path.is_empty(),
            // Another wheel's `.data`.
            None => match file.name.split_once('/') {
                Some((top, _)) => !top.ends_with(".data"),
                None => true,
            },
        };
        if !in_data {
            return Err(WheelProblem::Scheme(file.name.clone()));
        }
    }
    Ok(())
}

/// What a member that lies in a wheel's `.dist-info` is called there.
pub fn dist_info_file(member: &str) -> Option<&str> {
    let (top, file) = member.split_once('/')?;
    (top.ends_with(".dist-info") && !file.contains('/')).then_some(file)
}

/// The folder of `.data` in which a member of the wheel with this `.dist-info` lies, and its path
/// there.
pub fn data_file<'m>(member: &'m str, dist_info: &str) -> Option<(&'m str, &'m str)> {
    let stem = dist_info.strip_suffix(".dist-info").unwrap_or(dist_info);
    let inside = member.strip_prefix(stem)?.strip_prefix(".data/")?;
    Some(inside.split_once('/').unwrap_or((inside, "")))
}
