//! The merge driver for lockfiles: `.gitattributes` has the names of the files, for every clone, and
//! the configuration of a clone has the command.

use camino::{Utf8Path, Utf8PathBuf};
use git::Git;
use workspace::files;

use crate::error::GoalError;
use crate::launcher::{Launcher, quoted, starts};
use crate::session::Session;

/// The driver's name in git's configuration.
const DRIVER: &str = "xtask-lockfile";
/// Stands behind a command in the driver: whether it starts.
const ASKED: &str = " --version >/dev/null 2>&1; then ";
const COMMENT: &str = "# Lockfiles are merged by `cargo xtask merge-lockfile`; once in each clone: `cargo xtask install-merge-driver`";

/// The driver and its configuration in a repository.
pub struct MergeDriver {
    root: Utf8PathBuf,
    git: Git,
    /// The arguments of the tool that come before the name of a command.
    options: String,
    launcher: Launcher,
    lockfiles: Vec<String>,
}

impl MergeDriver {
    /// The driver for the repository of a session, which must be a git repository.
    ///
    /// # Errors
    /// Outside of a git repository.
    pub fn of(session: &Session) -> Result<Self, GoalError> {
        let root = session.root();
        let git = Git::at(root);
        let prefix = git.text(&["rev-parse", "--show-prefix"])?;
        // Git runs the driver in the top folder of the working tree.
        let root_option = match prefix.trim_end_matches('/') {
            "" => String::new(),
            folder => format!("-C {} ", quoted(folder)),
        };
        let mut lockfiles: Vec<String> = session
            .settings
            .python
            .resolves
            .values()
            .map(ToString::to_string)
            .collect();
        lockfiles.sort();
        lockfiles.dedup();
        Ok(Self {
            root: root.to_owned(),
            git,
            options: root_option,
            launcher: Launcher::of_this_run(root),
            lockfiles,
        })
    }

    /// What is missing, as text; empty if the driver is installed.
    ///
    /// # Errors
    /// git or `.gitattributes` cannot be read.
    pub fn missing(&self) -> Result<Vec<String>, GoalError> {
        let mut missing = Vec::new();
        let name = format!("merge.{DRIVER}.driver");
        let there = self.git.setting(&name)?;
        if there.and_then(|there| self.commands_of(&there)).is_none() {
            missing.push(format!("git's configuration has no `{name}` of this tool"));
        }
        missing.extend(self.unnamed()?);
        Ok(missing)
    }

    /// Why the driver that is installed could not merge: neither of its commands can be started. `None` if one can.
    ///
    /// # Errors
    /// git's configuration cannot be read.
    pub fn unusable(&self) -> Result<Option<String>, GoalError> {
        let there = self.git.setting(&format!("merge.{DRIVER}.driver"))?;
        let Some([first, second]) = there.and_then(|there| self.commands_of(&there)) else {
            return Ok(None);
        };
        let works = starts(&first, &self.root) || starts(&second, &self.root);
        Ok((!works).then(|| {
            format!(
                "neither `{first}` nor `{second}` can be started: locks are merged line by line"
            )
        }))
    }

    /// The command of the driver.
    fn command(&self) -> String {
        let [first, second] = self.launcher.commands();
        let [merge, end] = self.parts();
        format!("if {first}{ASKED}{first}{merge}{second}{end}")
    }

    /// The two commands of a driver; none if it is not one that this tool installs here.
    fn commands_of(&self, driver: &str) -> Option<[String; 2]> {
        let [merge, end] = self.parts();
        let commands = driver.strip_prefix("if ")?.strip_suffix(&end)?;
        let (first, rest) = commands.split_once(ASKED)?;
        let second = rest.strip_prefix(first)?.strip_prefix(&merge)?;
        Some([first.to_owned(), second.to_owned()])
    }

    /// The driver behind the command that merges if it starts, and behind the one that merges if not. Where
    /// neither starts, the files are merged line by line, and it is said: git would leave our side,
    /// without markers. A merge that failed has the exit code 1, as cargo has where rustup has no toolchain.
    fn parts(&self) -> [String; 2] {
        let merge = format!(" {}merge-lockfile %O %A %B %P %L; ", self.options);
        let by_lines = "git merge-file --marker-size=%L -L ours -L base -L theirs %A %O %B";
        let said =
            "echo cargo-xtask cannot be started, so that this is merged line by line: %P >&2";
        [
            format!("{merge}else "),
            format!("{merge}fi || {{ test $? = 1 && exit 1; {said}; {by_lines}; }}"),
        ]
    }

    /// What is missing of it in `.gitattributes`, which every clone has.
    ///
    /// # Errors
    /// `.gitattributes` cannot be read.
    pub fn unnamed(&self) -> Result<Option<String>, GoalError> {
        let before = self.attributes()?;
        let named = before.as_deref() == Some(self.with_attributes(before.as_deref()).as_str());
        Ok((!named).then(|| {
            format!("`.gitattributes` does not name every lockfile with `merge={DRIVER}`")
        }))
    }

    /// Makes git use the driver.
    ///
    /// # Errors
    /// git refuses, or `.gitattributes` cannot be written.
    pub fn install(&self) -> Result<(), GoalError> {
        let before = self.attributes()?;
        self.write_attributes(&self.with_attributes(before.as_deref()))?;
        let set = |key: &str, value: &str| {
            let key = format!("merge.{DRIVER}.{key}");
            self.git.text(&["config", "--local", &key, value])
        };
        set("name", "lockfiles of cargo xtask")?;
        set("driver", &self.command())?;
        Ok(())
    }

    /// Makes git merge lockfiles line by line again.
    ///
    /// # Errors
    /// git refuses, or `.gitattributes` cannot be written.
    pub fn uninstall(&self) -> Result<(), GoalError> {
        if let Some(before) = self.attributes()? {
            let after = without_attributes(&before);
            if after.trim().is_empty() {
                let path = self.attributes_path();
                fs_err::remove_file(&path)
                    .map_err(|error| GoalError::file("remove", &path, &error))?;
            } else {
                self.write_attributes(&after)?;
            }
        }
        let section = format!("merge.{DRIVER}");
        if self.git.setting(&format!("{section}.driver"))?.is_some() {
            self.git
                .text(&["config", "--local", "--remove-section", &section])?;
        }
        Ok(())
    }

    fn attributes_path(&self) -> Utf8PathBuf {
        self.root.join(".gitattributes")
    }

    fn attributes(&self) -> Result<Option<String>, GoalError> {
        match fs_err::read_to_string(self.attributes_path()) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(GoalError::file(
                "read",
                Utf8Path::new(".gitattributes"),
                &error,
            )),
        }
    }

    fn write_attributes(&self, text: &str) -> Result<(), GoalError> {
        files::replace(&self.attributes_path(), text)
            .map_err(|error| GoalError::file("write", Utf8Path::new(".gitattributes"), &error))
    }

    /// The text of `.gitattributes` with a line for each lockfile, where the first of them stands.
    fn with_attributes(&self, before: Option<&str>) -> String {
        let before = before.unwrap_or_default();
        let mut ours = format!("{COMMENT}\n");
        for lockfile in &self.lockfiles {
            ours.push_str(&format!("{} merge={DRIVER}\n", pattern(lockfile)));
        }
        let at = before
            .split_inclusive('\n')
            .take_while(|line| !is_ours(line));
        let at = at.map(str::len).sum();
        let (head, tail) = before.split_at(at);
        let line_end = match head {
            "" => "",
            head if head.ends_with('\n') => "",
            _ => "\n",
        };
        format!("{head}{line_end}{ours}{}", without_attributes(tail))
    }
}

fn without_attributes(text: &str) -> String {
    text.split_inclusive('\n')
        .filter(|line| !is_ours(line))
        .collect()
}

fn is_ours(line: &str) -> bool {
    let attribute = format!("merge={DRIVER}");
    line.trim_end() == COMMENT || line.split_whitespace().any(|word| word == attribute)
}

/// A path as a pattern of `.gitattributes`; one with a space or a quote needs quotes.
fn pattern(path: &str) -> String {
    let escaped: String = path
        .chars()
        .flat_map(|c| {
            let backslash = matches!(c, '*' | '?' | '[').then_some('\\');
            backslash.into_iter().chain([c])
        })
        .collect();
    if path.contains([' ', '"', '\\']) {
        let quoted = escaped.replace('\\', "\\\\").replace('"', "\\\"");
        return format!("\"/{quoted}\"");
    }
    format!("/{escaped}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, expect: &str) {
        let driver = MergeDriver {
            root: Utf8PathBuf::new(),
            git: Git::nowhere(),
            options: String::new(),
            launcher: Launcher::of_this_run("/".into()),
            lockfiles: vec!["python.lock".to_owned(), "tools/my pytest.lock".to_owned()],
        };
        let after = driver.with_attributes(Some(before));
        assert_eq!(after.replace(COMMENT, "# comment"), expect);
        assert_eq!(driver.with_attributes(Some(&after)), after);
        assert_eq!(
            without_attributes(&after).trim_end(),
            without_attributes(before).trim_end()
        );
    }

    #[test]
    fn the_commands_of_a_driver() {
        let driver = MergeDriver {
            root: Utf8PathBuf::new(),
            git: Git::nowhere(),
            options: "-C 'my py' ".to_owned(),
            launcher: Launcher::of_this_run("/".into()),
            lockfiles: Vec::new(),
        };
        let commands = driver.launcher.commands();
        assert_eq!(driver.commands_of(&driver.command()), Some(commands));
        assert_eq!(driver.commands_of("cargo xtask merge-lockfile %O"), None);
    }

    #[test]
    fn attributes() {
        let ours = "# comment\n/python.lock merge=xtask-lockfile\n\"/tools/my pytest.lock\" merge=xtask-lockfile\n";
        check("", ours);
        check("*.png binary", &format!("*.png binary\n{ours}"));
        check(
            "a b\n/old.lock merge=xtask-lockfile\nc d\n",
            &format!("a b\n{ours}c d\n"),
        );
    }
}
