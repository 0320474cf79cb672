//! The scripts that `export --scripts` writes into the root, for people who do not want to know of this tool.

use camino::{Utf8Path, Utf8PathBuf};
use workspace::files;

use crate::error::GoalError;
use crate::launcher::{Launcher, try_script};
use crate::session::Session;

/// A text by which such a script is recognised.
const MARK: &str = "Written by `cargo xtask export --scripts`";

/// The scripts of a repository.
#[derive(Debug)]
pub struct RepositoryScripts {
    root: Utf8PathBuf,
    /// Each one's name, and the words of the program that it runs.
    programs: Vec<(String, String)>,
}

impl RepositoryScripts {
    /// `py`, which runs Python, and one for the program with the name of the repository's folder, or with the name
    /// in the settings.
    #[must_use]
    pub fn of(session: &Session) -> Self {
        let mut programs = vec![("py".to_owned(), String::new())];
        let prefix = session
            .settings
            .package
            .name_prefix
            .as_deref()
            .unwrap_or_default();
        let name = prefix.trim_end_matches(['-', '.']);
        let is_name = Utf8Path::new(name).components().count() == 1;
        if is_name && !session.root().join(name).is_dir() {
            programs.push((name.to_owned(), format!("{name} ")));
        }
        let root = session.root().to_owned();
        Self { root, programs }
    }

    /// Writes them for the environment of a resolve. The names of what was written.
    ///
    /// # Errors
    /// There is a file that this tool did not write, or one cannot be written.
    pub fn write(&self, resolve: &str) -> Result<Vec<&str>, GoalError> {
        let launcher = Launcher::of_this_run(&self.root);
        for (name, program) in &self.programs {
            let path = self.root.join(name);
            let there = fs_err::read_to_string(&path).unwrap_or_default();
            if !there.is_empty() && !there.contains(MARK) {
                return Err(GoalError::failure(format!(
                    "{name} is there and was not written by this command"
                ))
                .hint("move it away, and run this again"));
            }
            files::replace(&path, &text(resolve, program, &launcher))
                .and_then(|()| files::make_executable(&path))
                .map_err(|error| GoalError::file("write", &path, &error))?;
        }
        Ok(self
            .programs
            .iter()
            .map(|(name, _)| name.as_str())
            .collect())
    }

    /// Those that are there, each with the reason why this tool does not start from it.
    #[must_use]
    pub fn tried(&self) -> Vec<(&str, Option<String>)> {
        let names = self.programs.iter().map(|(name, _)| name.as_str());
        let there = names.filter_map(|name| {
            let text = fs_err::read_to_string(self.root.join(name)).ok()?;
            text.contains(MARK)
                .then(|| (name, try_script(&text, &self.root).err()))
        });
        there.collect()
    }
}

/// A script that runs something in the environment that the variable `LOCKSET` names: a resolve, or
/// `RESOLVE/VERSION` as in Pants.
fn text(resolve: &str, program: &str, launcher: &Launcher) -> String {
    let function = launcher.function_anywhere();
    format!(
        "#!/bin/sh\n# {MARK}; the variable LOCKSET names another resolve.\n{function}\
         xtask -C \"$(dirname \"$0\")\" run --resolve \"${{LOCKSET:-{resolve}}}\" -- {program}\"$@\"\n"
    )
}
