//! The files of the last tagged release, to find files that the new one leaves out.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use git::Git;

use crate::error::GoalError;
use crate::graph::BuildFiles;
use crate::packaging::select::Selection;
use crate::packaging::{Choice, ImportCollection, PRETENDED_VERSION, PackagedDistribution};
use crate::session::Session;

/// A release and the files of its distributions.
#[derive(Debug)]
pub struct Previous {
    /// Its tag.
    pub tag: String,
    distributions: BTreeMap<String, PackagedDistribution>,
}

impl Previous {
    /// The nearest tag before the current commit; `None` if there is none, or if its tree can no
    /// longer be read.
    pub fn find(session: &Session) -> Option<Self> {
        let git = Git::at(session.root());
        let tag = git
            .text(&["describe", "--tags", "--abbrev=0", "HEAD"])
            .ok()?;
        let folder = tempfile::tempdir().ok()?;
        let tree = Utf8PathBuf::from_path_buf(folder.path().canonicalize().ok()?).ok()?;
        match distributions(session, &tag, &tree) {
            Ok(distributions) => Some(Self { tag, distributions }),
            Err(error) => {
                session.warn(format_args!(
                    "cannot compare with {tag}: {}",
                    error.message()
                ));
                None
            }
        }
    }

    /// The files of a distribution in that release, on any platform.
    pub fn members(&self, name: &str) -> Vec<String> {
        let shipped = self
            .distributions
            .get(name)
            .map(|release| release.files.of_all_platforms());
        shipped
            .into_iter()
            .flatten()
            .map(|file| file.member)
            .collect()
    }
}

fn distributions(
    session: &Session,
    tag: &str,
    tree: &Utf8Path,
) -> Result<BTreeMap<String, PackagedDistribution>, GoalError> {
    let archive = tree.join("tree.tar");
    Git::at(session.root()).text(&[
        "archive",
        "--format=tar",
        "--output",
        archive.as_str(),
        tag,
    ])?;
    let unpacked =
        fs_err::File::open(&archive).and_then(|file| tar::Archive::new(file).unpack(tree));
    unpacked.map_err(|error| GoalError::file("unpack", &archive, &error))?;
    fs_err::remove_file(&archive).map_err(|error| GoalError::file("remove", &archive, &error))?;
    // This tree has no git, and what is compared are names.
    let then = session.at(tree)?.with_variable(PRETENDED_VERSION, "0");
    let workspace = BuildFiles::load(&then)?;
    let graph = workspace.graph()?;
    let choice = Choice {
        specs: &[],
        tags: &[],
        changed_since: None,
        imports: ImportCollection::Skipped,
    };
    let selected = Selection::new(&then, &graph, workspace.imports()).select(choice)?;
    let named =
        |distribution: PackagedDistribution| (distribution.artifact.name.clone(), distribution);
    Ok(selected.all.into_iter().map(named).collect())
}
