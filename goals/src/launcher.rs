//! How what is written into a repository starts this tool: the scripts of `export`, git's hook, the merge driver. They
//! run later, and scripts on other machines too, so they take what they find there: a program that was installed, or
//! the `xtask` of cargo. First comes the way by which the tool came here.

use camino::{Utf8Path, Utf8PathBuf};

use crate::installation::Installer;

/// The names of the program on `PATH`.
const NAMES: [&str; 2] = ["cargo-xtask", "xt"];

/// What cargo knows the tool by.
const OF_CARGO: &str = "cargo xtask";

/// Starts this tool from a shell.
#[derive(Debug, Clone)]
pub struct Launcher {
    /// The program that runs now.
    program: Utf8PathBuf,
    /// It is built by the alias `xtask` of cargo, in this repository.
    by_cargo: bool,
}

impl Launcher {
    /// What starts the tool that runs now, for files below `root`.
    #[must_use]
    pub fn of_this_run(root: &Utf8Path) -> Self {
        let path = std::env::current_exe().ok();
        let path = path.and_then(|path| Utf8PathBuf::from_path_buf(path).ok());
        let program = path.unwrap_or_else(|| NAMES[0].into());
        let resolved = program.canonicalize_utf8().unwrap_or(program.clone());
        let by_cargo = Installer::of(&resolved) == Installer::Clone && has_alias(root);
        Self { program, by_cargo }
    }

    /// Two commands, of which the second helps where the first cannot be started, as words of a shell.
    #[must_use]
    pub fn commands(&self) -> [String; 2] {
        let program = quoted(self.program.as_str());
        match self.by_cargo {
            true => [OF_CARGO.to_owned(), program],
            false => [program, NAMES[0].to_owned()],
        }
    }

    /// A function `xtask` of a shell, for files that other machines have too.
    #[must_use]
    pub fn function_anywhere(&self) -> String {
        self.function(&NAMES.join(" "))
    }

    /// The same for files of this machine.
    #[must_use]
    pub fn function_here(&self) -> String {
        self.function(&format!(
            "{} {}",
            quoted(self.program.as_str()),
            NAMES.join(" ")
        ))
    }

    fn function(&self, programs: &str) -> String {
        let installed = format!(
            "    for program in {programs}; do\n        \
             if command -v \"$program\" >/dev/null 2>&1; then exec \"$program\" \"$@\"; fi\n    done\n"
        );
        let alias = format!(
            "    case $(cargo --list 2>/dev/null) in *'    xtask '*) exec {OF_CARGO} \"$@\" ;; esac\n"
        );
        let [first, second] = match self.by_cargo {
            true => [alias, installed],
            false => [installed, alias],
        };
        let missing = format!("no {} is on PATH, and cargo has no xtask", NAMES[0]);
        format!("xtask() {{\n{first}{second}    echo \"$0: {missing}\" >&2\n    exit 127\n}}\n")
    }
}

/// Why the tool would not start from a script that ends with a call of a [`Launcher`]'s function.
///
/// # Errors
/// Such a reason.
pub fn try_script(script: &str, root: &Utf8Path) -> Result<(), String> {
    let above = script
        .trim_end()
        .rsplit_once('\n')
        .map_or("", |(above, _)| above);
    let version = format!("{above}\nxtask --version >/dev/null");
    let output = duct::cmd("sh", ["-c", &version, "script"])
        .dir(root)
        .stdin_null()
        .stdout_null()
        .stderr_capture()
        .unchecked()
        .run();
    let output = output.map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim().trim_start_matches("script: ");
    Err(match said {
        "" => "this tool does not start from it".to_owned(),
        said => said.to_owned(),
    })
}

/// Whether a command starts this tool.
#[must_use]
pub fn starts(command: &str, root: &Utf8Path) -> bool {
    let version = format!("{command} --version");
    let started = duct::cmd("sh", ["-c", &version]).dir(root).stdin_null();
    started.stdout_null().stderr_null().run().is_ok()
}

/// A word of a shell.
#[must_use]
pub fn quoted(word: &str) -> String {
    // What no shell can be told holds a zero byte, which no path and no name has.
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), |quoted| quoted.into_owned())
}

/// Whether cargo has an alias `xtask` in this folder.
fn has_alias(root: &Utf8Path) -> bool {
    let files = root
        .ancestors()
        .flat_map(|folder| ["config.toml", "config"].map(|name| folder.join(".cargo").join(name)));
    let mut settings = files.filter_map(|path| fs_err::read_to_string(path).ok()?.parse().ok());
    settings.any(|file: toml_edit::DocumentMut| {
        file.get("alias")
            .is_some_and(|alias| alias.get("xtask").is_some())
    })
}
