//! Archives as actions: what an archive follows from, without writing it. One whose members did not change is taken
//! from the cache, of this machine or of a team.

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::Utf8PathBuf;
use engine::{Action, Digest, FileIndex, InputFile, InputOrigin, InputTree, TreeNode};
use wheel::{ArchiveError, ArchiveTime, Member, MemberContent, MemberDigest, MemberWriter};

use crate::actions::OUTPUT;
use crate::packaging::action_files::input_files;
use crate::packaging::archive::Archive;
use crate::packaging::source_file::mode_is_executable;

/// Stands for the code that packs members. Another one stands for other bytes of the same members.
const PACKER: &str = "1";

/// The action that packs an archive of this name, and its members, without the list of them.
pub(super) fn of_archive(
    archive: &Archive,
    name: &str,
    time: ArchiveTime,
    files: &FileIndex,
) -> Result<(Action, Vec<MemberDigest>), ArchiveError> {
    let mut list = MemberList {
        files,
        inputs: InputTree::default(),
    };
    let members = archive.write_to(&mut list)?;
    let mut action = Action::new(name, ["cargo-xtask", "pack", PACKER, name])
        .variable("SOURCE_DATE_EPOCH", time.unix().to_string())
        .inputs(list.inputs)
        .output(OUTPUT);
    // The bytes are the same on every machine.
    action.platform = BTreeMap::new();
    Ok((action, members))
}

/// Takes members for an archive, and only notes what they are.
struct MemberList<'a> {
    files: &'a FileIndex,
    inputs: InputTree,
}

impl MemberWriter for MemberList<'_> {
    fn write(&mut self, members: &[Member]) -> Result<Vec<MemberDigest>, ArchiveError> {
        let paths = members.iter().filter_map(|member| match &member.source {
            MemberContent::Opener(file) => Some(Utf8PathBuf::from(file.origin())),
            MemberContent::Bytes(_) => None,
        });
        let mut read = input_files(self.files, &paths.collect::<Vec<_>>())?.into_iter();
        let mut nodes = Vec::new();
        let mut digests = Vec::new();
        for member in members {
            let file = match &member.source {
                MemberContent::Bytes(bytes) => Some(InputFile {
                    digest: Digest::of(bytes),
                    executable: false,
                    origin: InputOrigin::Literal(Arc::clone(bytes)),
                }),
                MemberContent::Opener(_) => read.next(),
            };
            let file = file.ok_or_else(|| std::io::Error::other("a member without a file"))?;
            digests.push(MemberDigest {
                path: member.path.clone(),
                sha256: *file.digest.hash(),
                size: file.digest.size(),
            });
            let executable = mode_is_executable(member.mode);
            let file = InputFile { executable, ..file };
            nodes.push((member.path.as_str().to_owned(), TreeNode::File(file)));
        }
        let added = InputTree::of_nodes(nodes).and_then(|added| self.inputs.merge(&added));
        self.inputs = added.map_err(std::io::Error::other)?;
        Ok(digests)
    }

    fn finish(&mut self) -> Result<(), ArchiveError> {
        Ok(())
    }
}
