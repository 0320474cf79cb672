//! The towncrier that a repository pins. The bytes of a changelog depend on it.
//!
//! Source of the differences: towncrier's news file, and its behaviour on one set of fragments in
//! each version from 17.8 on.

use std::fmt;
use std::sync::LazyLock;

use camino::{Utf8Path, Utf8PathBuf};
use model::{Operator, Version, VersionSpecifiers};
use regex::Regex;

use super::tree::{EntryKind, FileTree};

/// A version of towncrier, as far as its output depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TowncrierVersion {
    year: u64,
    month: u64,
}

/// The versions whose output is known, the newest first.
const KNOWN: [(u64, u64); 19] = [
    (26, 9),
    (25, 8),
    (24, 8),
    (24, 7),
    (23, 11),
    (23, 10),
    (23, 6),
    (22, 12),
    (22, 8),
    (21, 9),
    (21, 3),
    (19, 9),
    (19, 2),
    (18, 6),
    (18, 5),
    (17, 8),
    (17, 4),
    (17, 1),
    (16, 12),
];

/// Folders in which requirements of tools are kept.
const FOLDERS: [&str; 9] = [
    "",
    "requirements",
    "docs",
    "doc",
    "dev",
    "tools",
    "tools/requirements",
    "dev-requirements",
    ".github/workflows",
];

impl Default for TowncrierVersion {
    fn default() -> Self {
        Self::of(KNOWN[0].0, KNOWN[0].1)
    }
}

impl TowncrierVersion {
    /// The version of a year and a month.
    #[must_use]
    pub const fn of(year: u64, month: u64) -> Self {
        Self { year, month }
    }

    /// The version that a tree pins: by a lock, by a requirement with `==`, or the newest one that
    /// its requirements admit; `newest` where it pins none, which there is none above.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn pinned(tree: &dyn FileTree, newest: Self) -> std::io::Result<Self> {
        let mut locked = None;
        let mut exact = None;
        let mut bounds: Vec<VersionSpecifiers> = Vec::new();
        for path in files(tree)? {
            let Some(bytes) = tree.read(&path)? else {
                continue;
            };
            let text = String::from_utf8_lossy(&bytes);
            if path.extension() == Some("lock") {
                locked = locked.or_else(|| version_in_lock(&text));
                continue;
            }
            if path == ".pre-commit-config.yaml" {
                exact = exact.or_else(|| revision(&text));
            }
            for specifiers in specifiers(&text).chain(of_poetry(&text)) {
                let version = specifiers
                    .iter()
                    .find(|one| matches!(one.operator(), Operator::Equal | Operator::ExactEqual));
                exact = exact.or_else(|| version.and_then(|one| Self::from_version(one.version())));
                bounds.push(specifiers);
            }
        }
        let admitted = || {
            let version = |(year, month): (u64, u64)| Version::new([year, month, 0]);
            let fits = |known: &&(u64, u64)| {
                Self::of(known.0, known.1) <= newest
                    && bounds.iter().all(|one| one.contains(&version(**known)))
            };
            KNOWN
                .iter()
                .find(fits)
                .map(|(year, month)| Self::of(*year, *month))
        };
        Ok(locked.or(exact).or_else(admitted).unwrap_or_default())
    }

    fn from_version(version: &Version) -> Option<Self> {
        let release = version.release();
        Some(Self::of(*release.first()?, *release.get(1)?))
    }
}

impl fmt::Display for TowncrierVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.year, self.month)
    }
}

/// The files that may name towncrier.
fn files(tree: &dyn FileTree) -> std::io::Result<Vec<Utf8PathBuf>> {
    const NAMES: [&str; 8] = [
        ".pre-commit-config.yaml",
        "Pipfile",
        "environment.yml",
        "pyproject.toml",
        "setup.cfg",
        "tox.ini",
        "tox.toml",
        "noxfile.py",
    ];
    let mut found = Vec::new();
    for folder in FOLDERS {
        for entry in tree.list(Utf8Path::new(folder))? {
            let name = entry.name.as_str();
            let lists =
                name.contains("requirements") || name.contains("constraints") || !folder.is_empty();
            let is_list = lists && (name.ends_with(".txt") || name.ends_with(".in"));
            let is_lock = name.ends_with(".lock");
            let is_workflow =
                folder.starts_with('.') && (name.ends_with(".yml") || name.ends_with(".yaml"));
            if entry.kind == EntryKind::File
                && (NAMES.contains(&name) || is_list || is_lock || is_workflow)
            {
                found.push(Utf8Path::new(folder).join(name));
            }
        }
    }
    Ok(found)
}

/// The version of towncrier in a lock: in TOML the line after its name, in JSON of Pants or of pipenv the version beside
/// it.
fn version_in_lock(text: &str) -> Option<TowncrierVersion> {
    static PLACES: LazyLock<Vec<Regex>> = LazyLock::new(|| {
        let patterns = [
            r#"(?m)^name = "towncrier"\s+version = "([^"]+)""#,
            r#""project_name": *"towncrier"[^{}]*?"version": *"([^"]+)""#,
            r#""towncrier": *\{[^{}]*?"version": *"==([^"]+)""#,
        ];
        patterns
            .iter()
            .filter_map(|pattern| Regex::new(pattern).ok())
            .collect()
    });
    let found = PLACES.iter().find_map(|place| place.captures(text))?;
    TowncrierVersion::from_version(&found[1].parse().ok()?)
}

/// The revision of towncrier's own hook in the settings of pre-commit.
fn revision(text: &str) -> Option<TowncrierVersion> {
    static HOOK: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"(?m)/towncrier(?:\.git)?["']?\s*\n\s*rev: *["']?v?([0-9][0-9.]*)"#).ok()
    });
    let found = HOOK.as_ref()?.captures(text)?;
    TowncrierVersion::from_version(&found[1].parse().ok()?)
}

/// What tables of Poetry and pipenv, and environments of conda, say: `towncrier = "^22.12"`, `- towncrier=22.12`.
fn of_poetry(text: &str) -> impl Iterator<Item = VersionSpecifiers> {
    static ENTRY: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let table = r#"(?m)^(?:towncrier *= *(?:\{[^}\n]*version *= *)?"|[ \t]*- *towncrier=)"#;
        let version = r#"(\^|~=?|==?)?([0-9]+(?:\.[0-9]+)*)(?:"|\s*$)"#;
        Regex::new(&format!("{table}{version}")).ok()
    });
    let bounds = |found: regex::Captures<'_>| {
        let numbers: Vec<&str> = found[2].split('.').collect();
        let year: u64 = numbers[0].parse().ok()?;
        let within = |stem: &[&str]| format!(">={},=={}.*", &found[2], stem.join("."));
        match found.get(1).map(|operator| operator.as_str()) {
            Some("^") => format!(">={},<{}", &found[2], year + 1),
            Some("~" | "~=") if numbers.len() == 1 => within(&numbers),
            Some("~" | "~=") => within(&numbers[..2]),
            _ => format!("=={}", &found[2]),
        }
        .parse()
        .ok()
    };
    let entries = ENTRY.iter();
    entries.flat_map(move |entry| entry.captures_iter(text).filter_map(bounds))
}

/// What requirements on towncrier say of its version.
fn specifiers(text: &str) -> impl Iterator<Item = VersionSpecifiers> {
    static REQUIREMENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let bound = r"(?:===?|~=|!=|<=|>=|<|>) *[0-9][0-9A-Za-z.*+!]*";
        let pattern =
            format!(r#"(?m)(?:^|["'\s\[])towncrier(?:\[[^\]]*\])? *({bound}(?: *, *{bound})*)"#);
        Regex::new(&pattern).ok()
    });
    let found = REQUIREMENT.iter();
    found
        .flat_map(move |requirement| requirement.captures_iter(text))
        .filter_map(|found| found[1].parse().ok())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::tree::FolderEntry;

    struct Tree(BTreeMap<&'static str, &'static str>);

    impl FileTree for Tree {
        fn read(&self, path: &Utf8Path) -> std::io::Result<Option<Vec<u8>>> {
            Ok(self
                .0
                .get(path.as_str())
                .map(|text| text.as_bytes().to_vec()))
        }

        fn list(&self, folder: &Utf8Path) -> std::io::Result<Vec<FolderEntry>> {
            let names = self.0.keys().filter_map(|path| {
                let path = Utf8Path::new(path);
                let name = path.file_name()?.to_owned();
                (path.parent() == Some(folder)).then_some(FolderEntry {
                    name,
                    kind: EntryKind::File,
                })
            });
            Ok(names.collect())
        }
    }

    #[track_caller]
    fn check(files: &[(&'static str, &'static str)], year: u64, month: u64) {
        let tree = Tree(files.iter().copied().collect());
        let found = TowncrierVersion::pinned(&tree, TowncrierVersion::default()).unwrap();
        assert_eq!(found, TowncrierVersion::of(year, month));
    }

    #[test]
    fn pins() {
        check(&[], 26, 9);
        check(
            &[("pyproject.toml", "[tool.towncrier]\nname = \"x\"\n")],
            26,
            9,
        );
        check(
            &[("requirements-dev.txt", "click\ntowncrier==22.12.0\n")],
            22,
            12,
        );
        check(
            &[("pyproject.toml", "dev = [\"towncrier ~= 23.6\"]")],
            23,
            11,
        );
        check(
            &[("pyproject.toml", "dev = [\n  'towncrier<24.7',\n]")],
            23,
            11,
        );
        check(&[("tox.ini", "deps =\n    towncrier>=19,<20")], 19, 9);
        check(
            &[
                ("pyproject.toml", "x = [\"towncrier>=24.8\"]"),
                (
                    "uv.lock",
                    "[[package]]\nname = \"towncrier\"\nversion = \"25.8.0\"\n",
                ),
            ],
            25,
            8,
        );
        check(
            &[(
                ".pre-commit-config.yaml",
                "repos:\n  - repo: https://github.example/twisted/towncrier\n    rev: 23.6.0\n    hooks: []\n",
            )],
            23,
            6,
        );
        check(
            &[(
                ".github/workflows/news.yml",
                "      - run: pip install towncrier==21.9.0\n",
            )],
            21,
            9,
        );
        check(
            &[(
                "tools/towncrier.lock",
                r#"{"project_name": "towncrier", "requires_dists": [], "version": "22.8.0"}"#,
            )],
            22,
            8,
        );
        check(
            &[(
                "Pipfile.lock",
                r#"{"develop": {"towncrier": {"hashes": [], "version": "==23.10.0"}}}"#,
            )],
            23,
            10,
        );
        for (entry, year, month) in [
            ("towncrier = \"^22.8\"", 22, 12),
            ("towncrier = \"~22.8.0\"", 22, 8),
            ("towncrier = \"21.3.0\"", 21, 3),
            ("towncrier = {version = \"^21.3\", optional = true}", 21, 9),
        ] {
            let section = format!("[tool.poetry.group.dev.dependencies]\n{entry}\n");
            check(&[("pyproject.toml", section.leak())], year, month);
        }
        check(
            &[(
                "environment.yml",
                "dependencies:\n  - towncrier=22.12\n  - pip\n",
            )],
            22,
            12,
        );
        check(
            &[("docs/requirements.txt", "sphinxcontrib-towncrier<1\n")],
            26,
            9,
        );
        check(
            &[(
                "tools/requirements/dev.in",
                "towncrier[dev] == 21.9.0rc1 ; python_version > '3'\n",
            )],
            21,
            9,
        );
    }
}
