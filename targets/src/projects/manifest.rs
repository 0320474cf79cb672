//! A `pyproject.toml` as far as it says what its project is: its tool, its Pythons, its packages and
//! the projects beside it. What it requires is read by the targets that are inferred of it.

use std::ops::Range;
use std::sync::Arc;

use toml_edit::{Document, Item, TableLike, Value};

use crate::requirements::{RequirementsError, poetry_alternatives};
use model::{PackageName, Place, RepoPath};

/// A project of the repository.
#[derive(Debug)]
pub(super) struct ProjectManifest {
    /// Its folder, `""` for the root.
    pub(super) folder: String,
    /// Which tool's tables it has.
    pub(super) tool: ProjectTool,
    /// The name of its distribution.
    pub(super) name: Option<PackageName>,
    document: Document<String>,
}

/// Whose tables say what a project requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProjectTool {
    /// `[project]` and `[dependency-groups]` alone.
    Standard,
    /// `[tool.uv]`.
    Uv,
    /// `[tool.poetry]`.
    Poetry,
    /// `[tool.pdm]`.
    Pdm,
}

/// Which of a project's requirements are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequirementScope {
    /// All of them, as where it is worked on.
    Whole,
    /// What whoever requires it requires too: not the groups of its development.
    Published,
}

/// Where hatch's hook uv-dynamic-versioning has what `[project]` calls dynamic.
const HOOK_DEPENDENCIES: &[&str] = &[
    "tool",
    "hatch",
    "metadata",
    "hooks",
    "uv-dynamic-versioning",
    "dependencies",
];
pub(super) const HOOK_EXTRAS: &[&str] = &[
    "tool",
    "hatch",
    "metadata",
    "hooks",
    "uv-dynamic-versioning",
    "optional-dependencies",
];

/// What uv calls a workspace: a project with others that are locked together.
#[derive(Debug)]
pub(super) struct WorkspaceMembers {
    /// Globs of folders, from the root of the repository on.
    pub(super) members: Vec<String>,
    /// Globs of folders that are left out.
    pub(super) exclude: Vec<String>,
}

impl ProjectManifest {
    /// Reads the file.
    ///
    /// # Errors
    /// It is no TOML.
    pub(super) fn parse(path: &str, text: String) -> Result<Self, RequirementsError> {
        let shown = text.clone();
        let document = Document::parse(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let message = format!("not valid TOML: {}", error.message());
            RequirementsError::new(message, Place::at(Arc::from(path), &shown, at))
        })?;
        let mut manifest = Self {
            folder: RepoPath::new(path).folder().to_owned(),
            tool: ProjectTool::Standard,
            name: None,
            document,
        };
        manifest.tool = manifest.find_tool();
        let name = manifest.item(&["project", "name"]);
        let name = name.or_else(|| manifest.item(&["tool", "poetry", "name"]));
        manifest.name = name
            .and_then(Item::as_str)
            .and_then(|name| name.parse().ok());
        Ok(manifest)
    }
}

impl ProjectManifest {
    /// The value below these keys.
    pub(super) fn item(&self, keys: &[&str]) -> Option<&Item> {
        let root = self.document.as_item();
        keys.iter().try_fold(root, |item, key| item.get(*key))
    }

    /// The table below these keys.
    pub(super) fn table(&self, keys: &[&str]) -> Option<&dyn TableLike> {
        self.item(keys)?.as_table_like()
    }

    /// Where the value below these keys stands.
    pub(super) fn place(&self, keys: &[&str]) -> Place {
        self.place_of(self.item(keys).and_then(Item::span))
    }

    /// The place of a part of the file.
    pub(super) fn place_of(&self, span: Option<Range<usize>>) -> Place {
        let path: Arc<str> = Arc::from(RepoPath::new(&self.folder).join("pyproject.toml"));
        match span {
            Some(span) => Place::span(path, self.document.raw(), span),
            None => Place::file(path),
        }
    }

    /// Where it says which Pythons it is for.
    pub(super) fn pythons_place(&self) -> Place {
        let standard = ["project", "requires-python"];
        match self.item(&standard) {
            Some(_) => self.place(&standard),
            None => self.place(&["tool", "poetry", "dependencies", "python"]),
        }
    }

    /// The text below these keys.
    pub(super) fn text(&self, keys: &[&str]) -> Option<&str> {
        self.item(keys)?.as_str()
    }

    /// The texts in the list below these keys, or the one text.
    pub(super) fn texts(&self, keys: &[&str]) -> Vec<&str> {
        match self.item(keys) {
            Some(item) => match (item.as_str(), item.as_array()) {
                (Some(text), _) => vec![text],
                (None, Some(array)) => array.iter().filter_map(Value::as_str).collect(),
                (None, None) => Vec::new(),
            },
            None => Vec::new(),
        }
    }

    /// The tables in the list below these keys, in either form of TOML.
    pub(super) fn tables(&self, keys: &[&str]) -> Vec<&dyn TableLike> {
        let Some(item) = self.item(keys) else {
            return Vec::new();
        };
        if let Some(tables) = item.as_array_of_tables() {
            return tables.iter().map(|table| table as &dyn TableLike).collect();
        }
        let inline = item.as_array().into_iter().flatten();
        let inline = inline.filter_map(Value::as_inline_table);
        inline.map(|table| table as &dyn TableLike).collect()
    }

    fn find_tool(&self) -> ProjectTool {
        let has = |keys: &[&str]| self.item(keys).is_some();
        if has(&["tool", "poetry", "dependencies"]) || has(&["tool", "poetry", "group"]) {
            ProjectTool::Poetry
        } else if has(&["tool", "pdm"]) {
            ProjectTool::Pdm
        } else if has(&["tool", "uv"]) {
            ProjectTool::Uv
        } else {
            ProjectTool::Standard
        }
    }

    /// Whether it declares a project or requirements; other files only configure tools.
    pub(super) fn is_project(&self) -> bool {
        let has = |keys: &[&str]| self.item(keys).is_some();
        has(&["project"])
            || has(&["dependency-groups"])
            || has(&["tool", "uv", "workspace"])
            || has(&["tool", "uv", "dev-dependencies"])
            || self.tool == ProjectTool::Poetry
    }

    /// Whether a distribution is built of it, by the backend that it names.
    pub(super) fn is_packaged(&self) -> bool {
        let is = |keys: &[&str]| self.item(keys).and_then(Item::as_bool);
        let has_backend = self.item(&["build-system"]).is_some();
        let wanted = match self.tool {
            ProjectTool::Poetry => is(&["tool", "poetry", "package-mode"]),
            ProjectTool::Pdm => is(&["tool", "pdm", "distribution"]),
            ProjectTool::Uv => is(&["tool", "uv", "package"]),
            ProjectTool::Standard => None,
        };
        self.name.is_some() && wanted.unwrap_or(has_backend) && has_backend
    }

    /// The workspace that it is the root of.
    pub(super) fn workspace(&self) -> Option<WorkspaceMembers> {
        self.table(&["tool", "uv", "workspace"])?;
        let globs = |key: &str| {
            let globs = self.texts(&["tool", "uv", "workspace", key]).into_iter();
            globs
                .filter_map(|glob| self.below(glob.trim_end_matches('/')))
                .collect()
        };
        Some(WorkspaceMembers {
            members: globs("members"),
            exclude: globs("exclude"),
        })
    }

    /// A path that the file names, from the root of the repository on; `None` if it leads out.
    pub(super) fn below(&self, path: &str) -> Option<String> {
        RepoPath::new(&self.folder).follow(path)
    }

    /// The Pythons that it is for: alternatives of bounds (PEP 440).
    pub(super) fn pythons(&self) -> Vec<String> {
        if let Some(text) = self.text(&["project", "requires-python"]) {
            return vec![text.to_owned()];
        }
        let poetry = self.text(&["tool", "poetry", "dependencies", "python"]);
        let Some(text) = poetry else {
            return Vec::new();
        };
        poetry_alternatives(text).unwrap_or_default()
    }

    /// The folders of projects and the files that it requires by their path.
    pub(super) fn paths(&self, scope: RequirementScope) -> Vec<String> {
        let mut paths = self.paths_of_tables(scope);
        let lines = self.requirement_lines(scope).into_iter();
        paths.extend(lines.filter_map(path_of_line));
        paths
            .into_iter()
            .filter_map(|path| self.below(&path))
            .collect()
    }

    fn paths_of_tables(&self, scope: RequirementScope) -> Vec<String> {
        let mut paths = Vec::new();
        for (_, item) in self.requirement_tables(scope) {
            let own = item.get("path").and_then(Item::as_str);
            let several = item.as_array().into_iter().flatten();
            let several = several.filter_map(|one| one.as_inline_table()?.get("path")?.as_str());
            paths.extend(own.into_iter().chain(several).map(str::to_owned));
        }
        paths
    }

    /// What the tables of uv and Poetry say of single requirements, by the names of projects.
    pub(super) fn requirement_tables(&self, scope: RequirementScope) -> Vec<(&str, &Item)> {
        let sources = self.table(&["tool", "uv", "sources"]);
        let sources = sources.into_iter().flat_map(TableLike::iter);
        let is_whole = scope == RequirementScope::Whole;
        let lines = self.requirement_lines(scope);
        let sources = sources.filter(|(name, _)| is_whole || is_required(&lines, name));
        let mut tables: Vec<&dyn TableLike> = Vec::new();
        tables.extend(self.table(&["tool", "poetry", "dependencies"]));
        if is_whole {
            tables.extend(self.table(&["tool", "poetry", "dev-dependencies"]));
            let groups = self.table(&["tool", "poetry", "group"]);
            for (_, group) in groups.into_iter().flat_map(TableLike::iter) {
                tables.extend(group.get("dependencies").and_then(Item::as_table_like));
            }
        }
        let tables = tables.into_iter().flat_map(TableLike::iter);
        sources.chain(tables).collect()
    }

    /// The requirements that are written as PEP 508 has them, of all extras, and of groups too.
    fn requirement_lines(&self, scope: RequirementScope) -> Vec<&str> {
        let mut lists = vec![&["project", "dependencies"][..], HOOK_DEPENDENCIES];
        let mut tables = vec![&["project", "optional-dependencies"][..], HOOK_EXTRAS];
        if scope == RequirementScope::Whole {
            lists.push(&["tool", "uv", "dev-dependencies"]);
            tables.push(&["dependency-groups"]);
            tables.push(&["tool", "pdm", "dev-dependencies"]);
        }
        let mut lines: Vec<&str> = lists.iter().flat_map(|keys| self.texts(keys)).collect();
        for keys in tables {
            let groups = self.table(keys).into_iter().flat_map(TableLike::iter);
            let arrays = groups.filter_map(|(_, item)| item.as_array());
            lines.extend(arrays.flatten().filter_map(Value::as_str));
        }
        lines
    }

    /// Whether it requires anything.
    pub(super) fn has_requirements(&self) -> bool {
        let is_poetry = self.tool == ProjectTool::Poetry;
        let of_lock = ["constraint-dependencies", "override-dependencies"];
        let mut of_lock = of_lock.iter().map(|key| self.item(&["tool", "uv", key]));
        of_lock.any(|item| item.is_some())
            || !self.requirement_lines(RequirementScope::Whole).is_empty()
            || is_poetry
                && self
                    .requirement_tables(RequirementScope::Whole)
                    .iter()
                    .any(|(name, _)| *name != "python")
    }

    /// Whether it requires a project by name.
    pub(super) fn requires(&self, project: &str, scope: RequirementScope) -> bool {
        let mut names = self.requirement_lines(scope);
        if self.tool == ProjectTool::Poetry {
            let tables = self.requirement_tables(scope).into_iter();
            names.extend(tables.map(|(name, _)| name));
        }
        is_required(&names, project)
    }

    /// The requirement files that its dynamic metadata come from.
    pub(super) fn requirement_files(&self) -> Vec<&str> {
        let mut files = self.texts(&["tool", "setuptools", "dynamic", "dependencies", "file"]);
        let extras = ["tool", "setuptools", "dynamic", "optional-dependencies"];
        for (_, item) in self.table(&extras).into_iter().flat_map(TableLike::iter) {
            let several = item.get("file").and_then(Item::as_array);
            files.extend(item.get("file").and_then(Item::as_str));
            files.extend(several.into_iter().flatten().filter_map(Value::as_str));
        }
        let hook = [
            "tool",
            "hatch",
            "metadata",
            "hooks",
            "requirements_txt",
            "files",
        ];
        files.extend(self.texts(&hook));
        files
    }

    /// Its version, if the file has it, and no plug-in of Poetry computes another.
    pub(super) fn version(&self) -> Option<&str> {
        let plug_in = ["tool", "poetry-dynamic-versioning", "enable"];
        if self.item(&plug_in).and_then(Item::as_bool) == Some(true) {
            return None;
        }
        let version = self.text(&["project", "version"]);
        version.or_else(|| self.text(&["tool", "poetry", "version"]))
    }

    /// The files that its metadata come from: readmes and licences, which may be globs.
    pub(super) fn named_files(&self) -> Vec<String> {
        let mut files = Vec::new();
        for keys in [
            &["project", "readme"][..],
            &["project", "readme", "file"],
            &["project", "license", "file"],
            &["project", "license-files"],
            &["tool", "poetry", "readme"],
        ] {
            files.extend(self.texts(keys).into_iter().map(str::to_owned));
        }
        files.retain(|file| !file.starts_with('/') && !file.starts_with(".."));
        files
    }
}

/// Whether one of these requirements is of a project.
fn is_required(lines: &[&str], project: &str) -> bool {
    let Ok(project) = project.parse::<PackageName>() else {
        return false;
    };
    let is_of_project = |line: &&str| {
        let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
        let name = line[..end.unwrap_or(line.len())].parse::<PackageName>();
        name.is_ok_and(|name| name == project)
    };
    lines.iter().any(is_of_project)
}

/// The path in a requirement of PDM, such as `common @ file:///${PROJECT_ROOT}/../common` or `-e
/// ./common`.
fn path_of_line(line: &str) -> Option<String> {
    let of_root = line.split_once("${PROJECT_ROOT}/");
    let (_, path) = of_root.or_else(|| line.split_once("-e "))?;
    let end = path.find([';', '#', ' ', '[']).unwrap_or(path.len());
    Some(path[..end].to_owned())
}
