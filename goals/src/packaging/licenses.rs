//! Licence files: which names and patterns stand for which files.

use camino::Utf8Path;
use targets::Glob;

/// What setuptools takes for a licence where no file is named.
pub(super) const USUAL: [&str; 4] = ["LICEN[CS]E*", "COPYING*", "NOTICE*", "AUTHORS*"];

/// Whether a path is a name that setuptools takes for a licence.
pub(super) fn is_usual(path: &str) -> bool {
    !path.contains('/')
        && USUAL
            .iter()
            .any(|pattern| Glob::new(pattern).is_match(path))
}

/// The files of a folder that a name or a pattern stands for, sorted: paths relative to the folder.
pub(super) fn matching(folder: &Utf8Path, pattern: &str) -> Vec<String> {
    if folder.join(pattern).is_file() {
        return vec![pattern.to_owned()];
    }
    let expression = Glob::new(pattern);
    let mut found = Vec::new();
    let depth = pattern.split('/').count();
    collect(folder, "", depth, &mut |path| {
        if expression.is_match(path) {
            found.push(path.to_owned());
        }
    });
    found.sort();
    found
}

/// Calls `on_file` with the files below a folder down to a depth.
fn collect(folder: &Utf8Path, above: &str, depth: usize, on_file: &mut impl FnMut(&str)) {
    let entries = folder.read_dir_utf8().into_iter().flatten();
    for entry in entries.filter_map(Result::ok) {
        let path = format!("{above}{}", entry.file_name());
        let is_folder = entry.path().is_dir();
        match is_folder {
            true if depth > 1 => {
                collect(entry.path(), &format!("{path}/"), depth - 1, on_file);
            }
            true => {}
            false => on_file(&path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_usual() {
        for name in ["LICENSE", "LICENCE.txt", "COPYING", "NOTICE.md", "AUTHORS"] {
            assert!(is_usual(name), "{name}");
        }
        for name in ["README", "src/LICENSE", "license"] {
            assert!(!is_usual(name), "{name}");
        }
    }

    #[test]
    fn files_that_match() {
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        fs_err::create_dir_all(root.join("legal")).unwrap();
        for name in ["LICENSE", "LICENSE two", "legal/MIT", "legal/[x]"] {
            fs_err::write(root.join(name), "").unwrap();
        }
        assert_eq!(matching(root, "LICEN*"), ["LICENSE", "LICENSE two"]);
        assert_eq!(matching(root, "legal/*"), ["legal/MIT", "legal/[x]"]);
        assert_eq!(matching(root, "legal/[x]"), ["legal/[x]"]);
        assert_eq!(matching(root, "missing"), [""; 0]);
    }
}
