//! The files in which a tool found nothing: where what it finds in a file depends on no other, it is not given them
//! again until they change.
//!
//! Nothing is shared by this, and nothing is read that was written by another version or configuration of the tool.

use std::collections::{BTreeMap, HashMap};

use camino::{Utf8Path, Utf8PathBuf};
use engine::{CacheUse, Digest, TreeNode};
use model::RepoPath;
use serde::{Deserialize, Serialize};
use targets::SourceTree;

/// How many configurations of a tool are remembered.
const MOST_KEPT: usize = 4;

/// What is known of files for one tool with one configuration.
pub(super) struct CleanFiles {
    file: Utf8PathBuf,
    known: CleanMarks,
    use_of_cache: CacheUse,
}

/// What a file was when nothing was found in it, by path.
#[derive(Debug, Default, Serialize, Deserialize)]
struct CleanMarks(BTreeMap<String, String>);

/// Files with what they are now.
pub(super) type FileMarks = Vec<(String, String)>;

impl CleanFiles {
    /// What is known below `folder` for a tool of this name. `context` is all that matters for what it finds beside
    /// the files.
    pub(super) fn open(
        folder: &Utf8Path,
        (name, context): (&str, Digest),
        use_of_cache: CacheUse,
    ) -> Self {
        let file = folder.join(format!("{}{}.json", prefix(name), &context.hex()[..16]));
        Self {
            known: CleanMarks::read(&file),
            file,
            use_of_cache,
        }
    }

    /// Those of these files in which something may be found.
    pub(super) fn doubtful(
        &self,
        given: &[(String, TreeNode)],
        marks: &FileMarks,
    ) -> Vec<(String, TreeNode)> {
        let is_known = |(path, mark): &(String, String)| {
            self.use_of_cache == CacheUse::ReadWrite && self.known.0.get(path) == Some(mark)
        };
        let given = given.iter().zip(marks);
        let doubtful = given.filter(|(_, mark)| !is_known(mark));
        doubtful.map(|(file, _)| file.clone()).collect()
    }

    /// Keeps that nothing was found in these files, and forgets what is gone.
    pub(super) fn keep(self, marks: FileMarks, tree: &SourceTree) {
        if self.use_of_cache == CacheUse::None {
            return;
        }
        // Others may have kept something meanwhile.
        let mut known = CleanMarks::read(&self.file);
        known.0.extend(marks);
        known.0.retain(|path, _| tree.has_file(path));
        let Ok(text) = serde_json::to_vec(&known) else {
            return;
        };
        // What cannot be kept is looked at again.
        let _ = workspace::files::replace(&self.file, &text);
        self.forget_others();
    }

    /// Removes what is known for configurations that were used longest ago.
    fn forget_others(&self) {
        let (Some(folder), Some(own)) = (self.file.parent(), self.file.file_name()) else {
            return;
        };
        let prefix = &own[..own.len() - "0123456789abcdef.json".len()];
        let entries = folder.read_dir_utf8().into_iter().flatten().flatten();
        let is_of_tool = |name: &str| name.len() == own.len() && name.starts_with(prefix);
        let others = entries.filter(|entry| is_of_tool(entry.file_name()));
        let mut others: Vec<_> = others
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.into_path())))
            .collect();
        others.sort_unstable();
        let surplus = others.len().saturating_sub(MOST_KEPT);
        for (_, path) in others
            .iter()
            .take(surplus)
            .filter(|(_, path)| *path != self.file)
        {
            let _ = fs_err::remove_file(path);
        }
    }
}

impl CleanMarks {
    /// What is in a file. One that is damaged or not there says nothing.
    fn read(file: &Utf8Path) -> Self {
        let read = fs_err::read(file).ok();
        let marks = read.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        marks.unwrap_or_default()
    }
}

/// What files are now: their contents, and the names beside them, since tools ask whether a folder is a package.
pub(super) fn marks(given: &[(String, TreeNode)], tree: &SourceTree) -> FileMarks {
    let mut folders: HashMap<&str, String> = HashMap::new();
    let mark = |(path, node): &'_ (String, TreeNode), names: &str| {
        let content = match node {
            TreeNode::File(file) => format!("{} {}", file.digest.hex(), file.executable),
            other => format!("{other:?}"),
        };
        (path.clone(), short_digest(&format!("{content} {names}")))
    };
    let marks = given.iter().map(|file| {
        let folder = RepoPath::new(&file.0).folder();
        let names = folders
            .entry(folder)
            .or_insert_with(|| names_in(tree, folder));
        mark(file, names)
    });
    marks.collect()
}

/// Stands for the names of the files in a folder.
fn names_in(tree: &SourceTree, folder: &str) -> String {
    let files = tree.dir(folder).into_iter().flat_map(|dir| &dir.files);
    let names: Vec<&str> = files.map(|name| &**name).collect();
    short_digest(&names.join("\n"))
}

fn short_digest(text: &str) -> String {
    Digest::of(text.as_bytes()).hex()[..32].to_owned()
}

fn prefix(name: &str) -> String {
    format!("clean-{name}-")
}
