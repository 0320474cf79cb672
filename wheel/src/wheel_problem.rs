//! Why a wheel is refused before a byte of it is used.

use crate::path::PathProblem;
use crate::zip_member::ZipError;

/// What is wrong with a wheel.
#[derive(Debug, thiserror::Error)]
pub enum WheelProblem {
    /// The archive is broken, or can be understood in two ways.
    #[error(transparent)]
    Zip(#[from] ZipError),
    /// The members would fill the disk.
    #[error(
        "it is {archive} bytes long and declares to unpack to {declared} bytes, as a zip bomb does"
    )]
    Bomb {
        /// Bytes of the archive.
        archive: u64,
        /// Bytes that its members declare in sum.
        declared: u64,
    },
    /// The name of a member would be unpacked elsewhere.
    #[error("it has a member {name:?}: {problem}")]
    Path {
        /// The name.
        name: String,
        /// What is wrong with it.
        problem: PathProblem,
    },
    /// Two members are one on a file system without case, as this one is.
    #[error("its members `{0}` and `{1}` differ in case only, and this file system knows no case")]
    Case(String, String),
    /// Two members have the same name.
    #[error("it has two members `{0}`")]
    Twice(String),
    /// One member is a file where another needs a folder.
    #[error("its member `{0}` is a file, and a folder for other members")]
    FileAndFolder(String),
    /// A member is a symbolic link or another special file.
    #[error("its member `{0}` is a symbolic link or another special file")]
    Special(String),
    /// There is no `.dist-info` folder.
    #[error("it has no `.dist-info` folder")]
    NoDistInfo,
    /// There are several `.dist-info` folders.
    #[error("it has two `.dist-info` folders, `{0}` and `{1}`")]
    TwoDistInfos(String, String),
    /// A file that each wheel has is missing.
    #[error("`{0}` is missing")]
    Missing(String),
    /// A file of `.dist-info` cannot be read.
    #[error("`{file}` cannot be read: {reason}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why not.
        reason: String,
    },
    /// Something inside says another name or version than the file name.
    #[error("`{place}` says `{found}`, and the file name `{expected}`")]
    Another {
        /// Where.
        place: String,
        /// What it says there.
        found: String,
        /// What the file name says.
        expected: String,
    },
    /// The format is newer than this tool.
    #[error("it has Wheel-Version {0}, and this tool knows 1.*")]
    WheelVersion(String),
    /// A member is not what RECORD says.
    #[error("its member `{name}` is not what `RECORD` says: {problem}")]
    Record {
        /// The member.
        name: String,
        /// What differs.
        problem: &'static str,
    },
    /// A folder of `.data` means nothing.
    #[error(
        "its member `{0}` is in no folder of `.data` that means something: purelib, platlib, scripts, headers or data"
    )]
    Scheme(String),
    /// A script of `entry_points.txt` cannot be made.
    #[error("its script `{name} = {value}` cannot be made: {problem}")]
    Script {
        /// The script's name.
        name: String,
        /// What it would call.
        value: String,
        /// Why not.
        problem: &'static str,
    },
}
