//! Whether continuous integration checks locks.

use camino::Utf8Path;

/// Whether a file of a CI system has a command that checks locks.
pub fn checked_in_ci(root: &Utf8Path) -> bool {
    const FOLDERS: [&str; 6] = [
        ".github/workflows",
        ".forgejo/workflows",
        ".gitea/workflows",
        ".circleci",
        ".ci",
        "",
    ];
    const COMMANDS: [&str; 3] = ["lock check", "generate-lockfiles --check", "doctor --ci"];
    let files = FOLDERS.iter().flat_map(|folder| {
        let entries = root.join(folder).read_dir_utf8();
        entries.into_iter().flatten().filter_map(Result::ok)
    });
    let mut texts = files.filter_map(|entry| {
        let name = entry.file_name();
        let at_root = entry.path().parent() == Some(root);
        let counts =
            !at_root || name.ends_with(".yml") || name.ends_with(".yaml") || name == "Jenkinsfile";
        counts
            .then(|| fs_err::read_to_string(entry.path()).ok())
            .flatten()
    });
    texts.any(|text| COMMANDS.iter().any(|command| text.contains(command)))
}
