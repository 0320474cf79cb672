//! The findings of verifying a wheel. A finding has all facts for its message. Its kind decides
//! whether it is an error.

use crate::binary::NativeBinary;
use crate::path::PathProblem;
use crate::record::RecordLineError;

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// What other tools complain about, though it harms nobody who installs the wheel.
    Note,
    /// The wheel works, but someone should look at it.
    Warning,
    /// The wheel must not be published.
    Error,
}

/// One thing found in a wheel.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WheelFinding {
    /// The archive cannot be read, or readers can disagree on what it holds.
    #[error("{problem}")]
    Archive {
        /// The message of the reader.
        problem: String,
    },
    /// The file name is not that of a wheel.
    #[error("the file name says nothing: {problem}")]
    FileName {
        /// The message of the parser.
        problem: String,
    },
    /// The file name is not in its normal form.
    #[error("the file name `{given}` is not normalised: `{normal}`")]
    FileNameNotNormal {
        /// As it is.
        given: String,
        /// As it should be.
        normal: String,
    },
    /// A member whose name is not safe to unpack.
    #[error("the member `{name}`: {problem}")]
    UnsafeName {
        /// Its name.
        name: String,
        /// What is wrong with it.
        problem: PathProblem,
    },
    /// Two members that are one on a file system without case.
    #[error("the members `{first}` and `{second}` differ in case only")]
    CaseClash {
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
    /// A member whose name Windows cannot have, in a wheel that installs there.
    #[error("the member `{name}`: {problem}")]
    WindowsName {
        /// Its name.
        name: String,
        /// What is wrong with it.
        problem: PathProblem,
    },
    /// A value of core metadata that no index takes.
    #[error("{field}: {problem}")]
    Metadata {
        /// The field.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A value of core metadata that a public index does not take, or that serves nobody.
    #[error("{field}: {problem}")]
    MetadataAdvice {
        /// The field.
        field: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A file where it does not help anybody.
    #[error("{problem} ({code})")]
    Contents {
        /// The code that check-wheel-contents has for it.
        code: &'static str,
        /// What it is.
        problem: String,
    },
    /// A platform tag that public indexes refuse.
    #[error("public indexes refuse the platform tag `{tag}`")]
    LocalPlatform {
        /// The tag.
        tag: String,
    },
    /// A binary that needs a newer system than the wheel's tag says.
    #[error("`{name}` needs {version} of {library}, which `{tag}` does not promise{}", true_tag.as_ref().map_or(String::new(), |tag| format!(": the tag that is true is `{tag}`")))]
    NewerSymbol {
        /// The member.
        name: String,
        /// Such as `GLIBC_2.34`.
        version: String,
        /// The library that has it.
        library: String,
        /// The platform tag of the wheel.
        tag: String,
        /// The tag that promises it, if there is one.
        true_tag: Option<String>,
    },
    /// A binary that needs a library which neither the wheel nor its tag has.
    #[error("`{name}` needs `{library}`, which neither the wheel nor `{tag}` has")]
    ForeignLibrary {
        /// The member.
        name: String,
        /// The library.
        library: String,
        /// The platform tag of the wheel.
        tag: String,
    },
    /// A module that Python cannot compile.
    #[error("`{name}`, line {line}, does not parse: {problem}")]
    Syntax {
        /// The member.
        name: String,
        /// The line, counted from 1.
        line: usize,
        /// The message of the parser.
        problem: String,
    },
    /// A member that is a symbolic link.
    #[error("the member `{name}` is a symbolic link, which installers write as a file or refuse")]
    Symlink {
        /// Its name.
        name: String,
    },
    /// There is no `.dist-info` folder with the name that the file name requires.
    #[error("`{expected}` is not there; found {}", if found.is_empty() { "none".to_owned() } else { found.join(", ") })]
    DistInfo {
        /// The required folder.
        expected: String,
        /// Folders that end in `.dist-info`.
        found: Vec<String>,
    },
    /// A file of `.dist-info` is not there.
    #[error("`{name}` is not there")]
    Missing {
        /// Its name.
        name: String,
    },
    /// A file of `.dist-info` that cannot be read.
    #[error("`{name}` cannot be read: {problem}")]
    Unreadable {
        /// Its name.
        name: String,
        /// The message of the parser.
        problem: String,
    },
    /// A line of RECORD that cannot be read.
    #[error(transparent)]
    RecordLine(RecordLineError),
    /// A member that RECORD does not name.
    #[error("`{name}` is not in RECORD")]
    NotInRecord {
        /// The member.
        name: String,
    },
    /// A line of RECORD for a member that does not exist.
    #[error("RECORD names `{name}`, which is not in the wheel")]
    OnlyInRecord {
        /// What it names.
        name: String,
    },
    /// A member named twice in RECORD.
    #[error("RECORD names `{name}` more than once")]
    TwiceInRecord {
        /// The member.
        name: String,
    },
    /// A member without a hash in RECORD, or with one that is not its own.
    #[error("the hash or size of `{name}` in RECORD is not that of the member")]
    RecordDiffers {
        /// The member.
        name: String,
    },
    /// A value of METADATA or WHEEL that the file name contradicts.
    #[error("{file} says {field} `{found}`, the file name says `{expected}`")]
    Disagreement {
        /// `METADATA` or `WHEEL`.
        file: &'static str,
        /// The field.
        field: &'static str,
        /// Its value there.
        found: String,
        /// The value in the file name.
        expected: String,
    },
    /// An entry point of a module that the wheel does not ship.
    #[error(
        "the entry point `{name} = {module}` of `{group}` names a module that the wheel does not ship"
    )]
    EntryPointModule {
        /// Its group.
        group: String,
        /// Its name.
        name: String,
        /// The module.
        module: String,
    },
    /// A binary for a machine that none of the wheel's tags names.
    #[error("`{name}` is {binary}, but the wheel is for {}", platforms.join(", "))]
    WrongMachine {
        /// The member.
        name: String,
        /// What it is.
        binary: NativeBinary,
        /// The platform tags.
        platforms: Vec<String>,
    },
    /// A binary in a format of a system that none of the wheel's tags names.
    #[error("`{name}` is {binary}, which no system of {} runs", platforms.join(", "))]
    WrongSystem {
        /// The member.
        name: String,
        /// What it is.
        binary: NativeBinary,
        /// The platform tags.
        platforms: Vec<String>,
    },
    /// A binary in a wheel for any platform.
    #[error("`{name}` is {binary}, but the wheel is for any platform")]
    BinaryInPureWheel {
        /// The member.
        name: String,
        /// What it is.
        binary: NativeBinary,
    },
    /// A Git LFS pointer in place of the file.
    #[error("`{name}` is a Git LFS pointer, not the file: run `git lfs pull` and build again")]
    LfsPointer {
        /// The member.
        name: String,
    },
    /// An import that nothing provides.
    #[error(
        "`{name}`, line {line}: `{module}` is neither in the wheel, in what it requires, nor in the standard library"
    )]
    UnmetImport {
        /// The member that imports.
        name: String,
        /// The line, counted from 1.
        line: usize,
        /// The module imported.
        module: String,
    },
    /// A file that was named as a source does not exist.
    #[error("`{name}`, which {place} names, is not there")]
    NoSuchFile {
        /// As it is written.
        name: String,
        /// Where.
        place: String,
    },
    /// A glob that matches no file to be shipped.
    #[error("the glob `{glob}` at {place} matches no file")]
    Unmatched {
        /// As it is written.
        glob: String,
        /// Where.
        place: String,
    },
    /// A file that an earlier release shipped and this one does not.
    #[error("`{name}` was shipped by {release} and is not shipped any more")]
    Dropped {
        /// The member.
        name: String,
        /// The earlier release.
        release: String,
    },
}

impl WheelFinding {
    /// The binary that it is about.
    pub fn binary(&self) -> Option<&str> {
        match self {
            WheelFinding::NewerSymbol { name, .. }
            | WheelFinding::ForeignLibrary { name, .. }
            | WheelFinding::WrongMachine { name, .. }
            | WheelFinding::WrongSystem { name, .. }
            | WheelFinding::BinaryInPureWheel { name, .. } => Some(name),
            _ => None,
        }
    }

    /// How serious it is.
    pub fn severity(&self) -> Severity {
        match self {
            WheelFinding::Contents { code, .. } if !matches!(*code, "W007" | "W008") => {
                Severity::Note
            }
            WheelFinding::MetadataAdvice { field, .. } if field != "Classifier" => Severity::Note,
            WheelFinding::MetadataAdvice { .. }
            | WheelFinding::Contents { .. }
            | WheelFinding::LocalPlatform { .. }
            | WheelFinding::ForeignLibrary { .. }
            | WheelFinding::Syntax { .. }
            | WheelFinding::WrongSystem { .. }
            | WheelFinding::BinaryInPureWheel { .. }
            | WheelFinding::Unmatched { .. }
            | WheelFinding::Dropped { .. } => Severity::Warning,
            _ => Severity::Error,
        }
    }
}
