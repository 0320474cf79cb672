//! Which of a release's files tells its metadata best.

use std::cmp::Reverse;

use model::FileKind;

use crate::listing::{ListedRelease, ReleaseFile};
use crate::page::MetadataFile;

/// Which files may be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum FilePolicy {
    /// All of them, wheels first.
    #[default]
    Any,
    /// Source distributions only (pip's `--no-binary`).
    NoBinary,
    /// Wheels only (pip's `--only-binary`).
    OnlyBinary,
}

impl FilePolicy {
    /// What is missing where nothing can be used.
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
/// Wheels of one version are taken to agree. Among them, one with its metadata beside it needs one
/// small request; then a pure one; then one for Linux on x86_64, which, where wheels do not agree
/// after all, lists most; then the smallest.
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
    let platform = match &file.kind {
        FileKind::Wheel(wheel) => wheel.platform_tag.as_str(),
        FileKind::Sdist(_) => "",
    };
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
    (beside, platform, Reverse(file.file.size))
}

fn sdist_rank(file: &ReleaseFile) -> impl Ord + use<> {
    match &file.kind {
        FileKind::Sdist(sdist) if sdist.extension == ".tar.gz" => 2,
        FileKind::Sdist(sdist) if sdist.extension == ".zip" => 1,
        _ => 0,
    }
}
