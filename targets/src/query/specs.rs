//! Specs, which name targets: addresses, folders, files, globs, each with an optional `-` in front.

use rustc_hash::FxHashSet;

use crate::globs::Glob;
use crate::graph::{TargetGraph, TargetId};
use crate::tree::join;
use model::{RepoPath, nearest};

/// One thing typed.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Spec {
    /// `dir::`: the folder and all below.
    Below(String),
    /// `dir:`: the folder alone.
    Folder(String),
    /// `dir:name`, `dir#part`, `file.py:../name`, with or without parameters.
    Address(String),
    /// A path: the owners of a file, or a folder's targets that are no generators.
    Path(String),
    /// A glob of files.
    Glob(String),
}

/// All specs.
#[derive(Clone, Debug, Default)]
pub struct Specs {
    wanted: Vec<Spec>,
    unwanted: Vec<Spec>,
}

/// A spec that names nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{spec}` names no target{reason}")]
pub struct SpecError {
    /// The spec as it was typed.
    pub spec: String,
    /// What exactly is missing, beginning with `: `, or empty.
    pub reason: String,
    /// Specs that may be meant.
    pub candidates: Vec<String>,
}

impl Specs {
    /// Reads specs as they were typed, seen from the folder `from` relative to the root.
    #[must_use]
    pub fn parse<'a>(typed: impl IntoIterator<Item = &'a str>, from: &str) -> Self {
        let mut specs = Self::default();
        for text in typed {
            match text.strip_prefix('-') {
                Some(rest) => specs.unwanted.push(Spec::parse(rest, from)),
                None => specs.wanted.push(Spec::parse(text, from)),
            }
        }
        if specs.wanted.is_empty() && !specs.unwanted.is_empty() {
            specs.wanted.push(Spec::Below(String::new()));
        }
        specs
    }

    /// Whether there are no specs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// The targets that the specs name, sorted by position.
    ///
    /// # Errors
    /// A spec that names nothing.
    pub fn select(&self, graph: &TargetGraph<'_>) -> Result<Vec<TargetId>, SpecError> {
        let mut selected: FxHashSet<TargetId> = FxHashSet::default();
        for spec in &self.wanted {
            selected.extend(spec.select(graph)?);
        }
        for spec in &self.unwanted {
            for id in spec.select(graph).unwrap_or_default() {
                selected.remove(&id);
            }
        }
        let mut selected: Vec<TargetId> = selected.into_iter().collect();
        selected.sort_unstable();
        Ok(selected)
    }

    /// The targets that the specs exclude, sorted, with what those generate.
    #[must_use]
    pub fn excluded(&self, graph: &TargetGraph<'_>) -> Vec<TargetId> {
        let specs = self.unwanted.iter();
        let named = specs.flat_map(|spec| spec.select(graph).unwrap_or_default());
        let named: Vec<TargetId> = named.collect();
        let generated = named.iter().flat_map(|id| graph.generated(*id));
        let mut excluded: Vec<TargetId> = generated.chain(named.iter().copied()).collect();
        excluded.sort_unstable();
        excluded
    }

    /// Whether the specs match a file, whoever owns it.
    #[must_use]
    pub fn match_file(&self, path: &str) -> bool {
        let is_named = |specs: &[Spec]| specs.iter().any(|spec| spec.names_file(path));
        is_named(&self.wanted) && !is_named(&self.unwanted)
    }

    /// Whether only folders and globs are named, in which there may be nothing.
    #[must_use]
    pub fn are_wide(&self) -> bool {
        let is_wide = |spec: &Spec| matches!(spec, Spec::Below(_) | Spec::Glob(_));
        self.wanted.iter().all(is_wide)
    }
}

impl Spec {
    /// Whether the spec matches a file, whoever owns it.
    fn names_file(&self, path: &str) -> bool {
        let folder = RepoPath::new(path).folder();
        match self {
            Self::Below(dir) => {
                dir.is_empty() || folder == dir || folder.starts_with(&format!("{dir}/"))
            }
            Self::Folder(dir) => folder == dir,
            Self::Path(named) => path == named || folder == named,
            Self::Glob(pattern) => Glob::new(pattern).is_match(path),
            Self::Address(_) => false,
        }
    }

    fn parse(text: &str, from: &str) -> Self {
        let rooted = |path: &str| match path.strip_prefix("//") {
            Some(path) => path.trim_matches('/').to_owned(),
            None if from.is_empty() => normalise(path),
            None => normalise(&format!("{from}/{path}")),
        };
        if let Some(dir) = text.strip_suffix("::") {
            return Self::Below(rooted(dir));
        }
        if let Some(dir) = text.strip_suffix(':') {
            return Self::Folder(rooted(dir));
        }
        let is_address = text.contains([':', '#', '@']);
        if is_address {
            let at = text.find([':', '#', '@']).unwrap_or(text.len());
            let (path, rest) = text.split_at(at);
            let path = match path {
                "//" => String::new(),
                path => rooted(path),
            };
            return Self::Address(format!("//{path}{rest}"));
        }
        if text == "//" {
            return Self::Address("//".to_owned());
        }
        let path = rooted(text);
        if path.contains(['*', '?', '[']) {
            Self::Glob(path)
        } else {
            Self::Path(path)
        }
    }

    fn select(&self, graph: &TargetGraph<'_>) -> Result<Vec<TargetId>, SpecError> {
        match self {
            // What is meant by `file.py::` is clear.
            Self::Below(dir) | Self::Folder(dir) if graph.repository().tree().has_file(dir) => {
                self.path(graph, dir)
            }
            Self::Below(dir) => {
                let prefix = format!("{dir}/");
                let found = in_folders(graph, |folder| {
                    dir.is_empty() || folder == dir || folder.starts_with(&prefix)
                });
                self.known_folder(graph, dir, found)
            }
            Self::Folder(dir) => {
                let found = in_folders(graph, |folder| folder == dir);
                self.known_folder(graph, dir, found)
            }
            Self::Address(address) => {
                graph
                    .targets()
                    .find_all(address, "")
                    .map_err(|missing| SpecError {
                        spec: self.typed(),
                        reason: match address.contains(".py::") {
                            true => {
                                ": a name of pytest goes after `--`, as `-- -k NAME`".to_owned()
                            }
                            false => missing.reason,
                        },
                        candidates: missing.candidates,
                    })
            }
            Self::Path(path) => self.path(graph, path),
            Self::Glob(pattern) => {
                let glob = Glob::new(pattern);
                let tree = graph.repository().tree();
                let files: Vec<String> = tree.files().filter(|file| glob.is_match(file)).collect();
                if files.is_empty() {
                    return Err(self.unmatched(": no file matches"));
                }
                let owners = files.iter().flat_map(|file| graph.targets_of_file(file));
                Ok(owners.collect())
            }
        }
    }

    /// The owners of a file, or the targets of a folder that are no generators.
    fn path(&self, graph: &TargetGraph<'_>, path: &str) -> Result<Vec<TargetId>, SpecError> {
        let tree = graph.repository().tree();
        if tree.has_file(path) {
            // A list of changed files has many that belong to no target.
            return Ok(graph.targets_of_file(path));
        }
        if tree.dir(path).is_some() {
            let all = in_folders(graph, |folder| folder == path);
            let plain = |id: &TargetId| graph.generated(*id).next().is_none();
            return Ok(all.into_iter().filter(plain).collect());
        }
        self.known_folder(graph, path, Vec::new())
    }

    /// Fails for a folder that does not exist; one without targets is fine.
    fn known_folder(
        &self,
        graph: &TargetGraph<'_>,
        dir: &str,
        found: Vec<TargetId>,
    ) -> Result<Vec<TargetId>, SpecError> {
        let tree = graph.repository().tree();
        if !found.is_empty() || tree.dir(dir).is_some() {
            return Ok(found);
        }
        let (parent, name) = RepoPath::new(dir).split();
        let near_folders = || nearest(name, tree.folders_in(parent)).map(|near| join(parent, near));
        Err(SpecError {
            spec: self.typed(),
            reason: format!(": there is no file or folder `{dir}`"),
            candidates: match self {
                Self::Path(_) => graph.near_paths(dir),
                _ => near_folders().into_iter().collect(),
            },
        })
    }

    fn unmatched(&self, reason: &str) -> SpecError {
        SpecError {
            spec: self.typed(),
            reason: reason.to_owned(),
            candidates: Vec::new(),
        }
    }

    /// The spec as it could have been typed.
    fn typed(&self) -> String {
        match self {
            Self::Below(dir) => format!("{dir}::"),
            Self::Folder(dir) => format!("{dir}:"),
            Self::Address(address) => match address.strip_prefix("//") {
                Some(rest) if !rest.is_empty() && !rest.starts_with(':') => rest.to_owned(),
                _ => address.clone(),
            },
            Self::Path(path) | Self::Glob(path) => path.clone(),
        }
    }
}

/// The targets that live in fitting folders: a target with a file in that of the file.
fn in_folders(graph: &TargetGraph<'_>, fits: impl Fn(&str) -> bool) -> Vec<TargetId> {
    let lives_in = |id: TargetId| {
        let target = graph.target(id);
        match (&target.source, target.generator) {
            (Some(path), Some(_)) => RepoPath::new(path).folder(),
            _ => &target.dir,
        }
    };
    graph.all().filter(|id| fits(lives_in(*id))).collect()
}

fn normalise(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}
