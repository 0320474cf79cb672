//! Chooses the file of a release from which its metadata is read.

use std::cmp::Reverse;

use model::FileKind;

use crate::listing::{ListedRelease, ReleaseFile};
use crate::page::MetadataFile;

/// The kinds of files that may be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum FilePolicy {
    /// All kinds, wheels first.
    #[default]
    Any,
    /// Source distributions only (pip's `--no-binary`).
    NoBinary,
    /// Wheels only (pip's `--only-binary`).
    OnlyBinary,
}

impl FilePolicy {
    /// What is missing if no file can be used, as text for the user.
    pub(crate) fn wanted(self) -> &'static str {
        match self {
            Self::Any => "file",
            Self::NoBinary => "source distribution",
            Self::OnlyBinary => "wheel",
        }
    }
}

/// The file to read the metadata from.
///
/// All wheels of one version are taken to have the same metadata, but for those of Python 2, which come last. A wheel
/// with a metadata file beside it is preferred, since it needs only one small request. Then comes a pure wheel; then one
/// for Linux on x86_64, which lists most dependencies if wheels differ after all; then the smallest
/// one.
pub(crate) fn choose(release: &ListedRelease, policy: FilePolicy) -> Option<&ReleaseFile> {
    let wheels = release
        .files
        .iter()
        .filter(|file| is_wheel(file) && policy != FilePolicy::NoBinary);
    let sdists = release
        .files
        .iter()
        .filter(|file| !is_wheel(file) && policy != FilePolicy::OnlyBinary);
    wheels
        .max_by_key(|file| wheel_rank(file))
        .or_else(|| sdists.max_by_key(|file| sdist_rank(file)))
}

fn is_wheel(file: &ReleaseFile) -> bool {
    matches!(file.kind, FileKind::Wheel(_))
}

fn wheel_rank(file: &ReleaseFile) -> impl Ord + use<> {
    let (python, platform) = match &file.kind {
        FileKind::Wheel(wheel) => (wheel.python_tag.as_str(), wheel.platform_tag.as_str()),
        FileKind::Sdist(_) => ("", ""),
    };
    let of_python_2 = |tag: &str| {
        let version = tag.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        version.starts_with('2')
    };
    let is_of_python_3 = !python.split('.').all(of_python_2);
    let platform = match platform {
        "any" => 2,
        platform if platform.contains("linux") && platform.ends_with("x86_64") => 1,
        _ => 0,
    };
    let beside = match file.core_metadata {
        MetadataFile::Hashed(_) => 2,
        MetadataFile::Unhashed => 1,
        MetadataFile::Absent => 0,
    };
    (is_of_python_3, beside, platform, Reverse(file.file.size))
}

fn sdist_rank(file: &ReleaseFile) -> impl Ord + use<> {
    match &file.kind {
        FileKind::Sdist(sdist) if sdist.extension == ".tar.gz" => 2,
        FileKind::Sdist(sdist) if sdist.extension == ".zip" => 1,
        _ => 0,
    }
}
