//! Wheels and source distributions: writes members as an archive with its RECORD, and reads
//! archives back to verify them.
//!
//! This room takes data (members, core metadata, entry points, tags) and writes it to a
//! [`MemberWriter`]: a zip archive, a compressed tar archive, or memory in tests. The bytes depend
//! only on that data: not on its order, the machine, the umask, the time zone or the number of
//! threads. Files are given as a [`MemberContent`], which can be opened.

mod archive_bytes;
mod binary;
mod build;
mod chunks;
mod contents;
mod core_checks;
mod deflate;
mod elf_needs;
mod entry_points;
mod error;
mod finding;
mod license;
mod member;
mod member_reader;
mod memory;
mod metadata;
mod module_relations;
mod path;
mod read_member;
mod record;
mod requires_python;
mod rst;
pub mod rules;
mod tar_writer;
mod time;
mod verify;
mod verify_sdist;
#[cfg(test)]
mod verify_tests;
mod wheel_archive;
mod wheel_file;
mod wheel_problem;
mod wheel_record;
mod zip_directory;
mod zip_format;
mod zip_member;
mod zip_reader;
mod zip_search;
#[cfg(test)]
mod zip_tests;
mod zip_writer;

pub use archive_bytes::{ArchiveBytes, PartialArchive};
pub use binary::{BinaryFormat, HEADER_SIZE, Machine, NativeBinary};
pub use build::{
    SdistContents, SdistWheel, SetuptoolsFiles, WheelContents, write_sdist, write_wheel,
};
pub use elf_needs::{ElfNeeds, UnmetNeed};
pub use entry_points::{EntryPoint, EntryPointError, EntryPoints, Script, scripts};
pub use error::ArchiveError;
pub use finding::{Severity, WheelFinding};
pub use license::{license_classifier, license_expression};
pub use member::{
    FileMode, Member, MemberContent, MemberDigest, MemberFile, MemberWriter, arrange,
};
pub use member_reader::MemberReader;
pub use memory::MemoryWriter;
pub use metadata::{CoreMetadata, CoreMetadataError, Description, License, MetadataVersion};
pub use module_relations::ModuleRelations;
pub use path::{FoldedPath, MemberPath, PathProblem, check_contained};
pub use read_member::ReadMember;
pub use record::{RecordLine, RecordLineError, RecordWriter, parse_record, recorded_paths};
pub use requires_python::RequiresPythonRule;
pub use tar_writer::TarGzWriter;
pub use time::ArchiveTime;
pub use verify::{MemberImport, Verification, verify};
pub use verify_sdist::verify_sdist;
pub use wheel_archive::{DATA_FOLDERS, WheelArchive, data_file, dist_info_file, most_unpacked};
pub use wheel_file::{Purity, WheelFile, WheelFileError, WheelTags};
pub use wheel_problem::WheelProblem;
pub use wheel_record::{MemberHasher, MemberHashes, Record, RecordRemark};
pub use zip_member::{ZipError, ZipMember};
pub use zip_reader::ZipReader;
pub use zip_search::{LONGEST_MEMBER, find_member};
pub use zip_writer::ZipWriter;
