//! Names of the files that make a folder an environment. No package may replace them.

/// The file in an environment's root that marks it as made by this tool.
pub const STATE_FILE: &str = "xtask-environment.json";

/// The file with the list of what was put into an environment.
pub(crate) const LIST_FILE: &str = "xtask-environment.files";

/// The file with what the folders of an environment were when it was right.
pub(crate) const FOLDERS_FILE: &str = "xtask-environment.folders";

/// Whether a package's `path`, relative to an environment's root, is such a file.
pub(crate) fn is_environment_file(path: &str) -> bool {
    let in_scripts = ["bin/", "Scripts/"].into_iter();
    if let Some(script) = in_scripts
        .filter_map(|folder| path.strip_prefix(folder))
        .next()
    {
        return is_environment_script(script);
    }
    let top = path.split('/').next().unwrap_or_default();
    top == "lib64"
        || [STATE_FILE, LIST_FILE, FOLDERS_FILE, "pyvenv.cfg"]
            .iter()
            .any(|file| path.eq_ignore_ascii_case(file))
}

/// Whether a file with this name in `bin` is such a file.
pub(crate) fn is_environment_script(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let stem = name.trim_end_matches(".exe");
    let python = stem
        .strip_prefix("pythonw")
        .or_else(|| stem.strip_prefix("python"))
        .is_some_and(|version| version.chars().all(|c| c.is_ascii_digit() || c == '.'));
    python
        || matches!(
            name.as_str(),
            "activate" | "activate.csh" | "activate.fish" | "activate.ps1" | "activate.nu"
        )
}
