//! What tools see of the repository: files that they are given, and what configures them. Each is looked at once for
//! all tools of a run.

use std::collections::BTreeSet;
use std::rc::Rc;

use camino::Utf8Path;
use checks::CheckTool;
use engine::{FileIndex, InputTree, TreeError, TreeNode};
use model::RepoPath;

use crate::error::GoalError;

/// The largest number of files that configuration may name.
const MOST_NAMED: usize = 100;

/// What tools see, as far as it was looked at.
pub(super) struct SeenFiles<'r> {
    index: &'r FileIndex,
    known: Vec<(SeenKey, Rc<SeenTree>)>,
}

/// What tools that see the same have in common.
#[derive(PartialEq, Eq)]
struct SeenKey {
    config_names: Vec<String>,
    given: Vec<String>,
    more: Vec<String>,
}

/// What a tool sees; what was deleted meanwhile is left out.
pub(super) struct SeenTree {
    /// The files that it is given.
    pub(super) given: Vec<(String, TreeNode)>,
    /// What it sees beside them: files that these reach, and what configures it.
    beside: Vec<(String, TreeNode)>,
}

impl<'r> SeenFiles<'r> {
    /// Nothing yet of the files of an index.
    pub(super) fn new(index: &'r FileIndex) -> Self {
        let known = Vec::new();
        Self { index, known }
    }

    /// What a tool sees that is given these files and sees `more`.
    pub(super) fn of(
        &mut self,
        tool: &CheckTool,
        (given, more): (&[String], &[String]),
    ) -> Result<Rc<SeenTree>, GoalError> {
        let key = SeenKey {
            config_names: tool.config_names(),
            given: given.to_vec(),
            more: more.to_vec(),
        };
        let mut known = self.known.iter();
        if let Some((_, seen)) = known.find(|(known, _)| *known == key) {
            return Ok(Rc::clone(seen));
        }
        let seen = self.look(tool, &key).map_err(|error| {
            GoalError::failure(format!("cannot read what {} looks at", tool.label()))
                .because(error.to_string())
        })?;
        let seen = Rc::new(seen);
        self.known.push((key, Rc::clone(&seen)));
        Ok(seen)
    }

    fn look(&self, tool: &CheckTool, key: &SeenKey) -> Result<SeenTree, TreeError> {
        let mut beside = configuration_files(tool, self.index.root(), &key.given);
        // Configuration may name files that are given only to say what holds for them.
        let given: BTreeSet<&String> = key.given.iter().collect();
        let configures = |path: &String| {
            let name = RepoPath::new(path).split().1;
            key.config_names.iter().any(|known| known == name)
        };
        beside.retain(|path| !given.contains(path) || configures(path));
        beside.extend(key.more.iter().cloned());
        Ok(SeenTree {
            given: self.index.present(key.given.clone())?,
            beside: self.index.present(beside.into_iter().collect())?,
        })
    }
}

impl SeenTree {
    /// The folders of all that is seen.
    pub(super) fn folders(&self) -> BTreeSet<&str> {
        let files = self.given.iter().chain(&self.beside);
        files
            .map(|(path, _)| RepoPath::new(path).folder())
            .collect()
    }

    /// These of the given files, with what is seen beside them.
    pub(super) fn tree(&self, given: &[(String, TreeNode)]) -> Result<InputTree, GoalError> {
        let nodes = given.iter().chain(&self.beside).cloned();
        InputTree::of_nodes(nodes).map_err(|error| GoalError::failure(error.to_string()))
    }
}

/// Those of these files that were not deleted since they were listed.
pub(super) fn those_left(root: &Utf8Path, files: &[String]) -> Vec<String> {
    let is_there = |file: &&String| root.join(file).symlink_metadata().is_ok();
    files.iter().filter(is_there).cloned().collect()
}

/// What configures a tool in the folders of files and above, and what that names.
pub(super) fn configuration_files(
    tool: &CheckTool,
    root: &Utf8Path,
    files: &[String],
) -> BTreeSet<String> {
    let mut folders: BTreeSet<&str> = BTreeSet::from([""]);
    for file in files {
        for folder in RepoPath::new(file).folders() {
            if !folders.insert(folder) {
                break;
            }
        }
    }
    let names = tool.config_names();
    let mut found = BTreeSet::new();
    for folder in folders {
        for name in &names {
            let path = RepoPath::new(folder).join(name);
            if let Ok(text) = fs_err::read_to_string(root.join(&path)) {
                found.extend(named_files(root, &text));
                found.insert(path);
            }
        }
    }
    found
}

/// The files of the repository that a configuration file names: plug-ins, and what it extends.
fn named_files(root: &Utf8Path, text: &str) -> Vec<String> {
    let ends = |character: char| character.is_whitespace() || "\"\',=[]{}()".contains(character);
    let words = text.split(ends);
    let words = words.filter(|word| {
        [".py", ".toml", ".ini", ".cfg", ".txt"]
            .iter()
            .any(|end| word.ends_with(end))
    });
    let words = words.map(|word| word.trim_start_matches("./"));
    let words = words.filter(|word| !word.starts_with(['/', '.']) && root.join(word).is_file());
    words.take(MOST_NAMED).map(str::to_owned).collect()
}
