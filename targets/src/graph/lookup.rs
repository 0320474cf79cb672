//! Finds targets by the text of an address, as BUILD files and users write it.

use std::sync::Arc;

use super::target::TargetId;
use super::targets::Targets;
use crate::address;
use crate::error::Error;
use model::{Place, RepoPath, nearest};

/// An address as it was written, split into its parts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AddressParts<'t> {
    /// Folder or file, relative to the root.
    pub(crate) path: String,
    /// After `:`.
    pub(crate) name: Option<&'t str>,
    /// After `#`.
    pub(crate) generated: Option<&'t str>,
    /// After `@`.
    pub(crate) params: Vec<(&'t str, &'t str)>,
}

/// Why an address names no target.
#[derive(Debug, Default)]
pub(crate) struct AddressProblem {
    /// What exactly is missing, beginning with `: `.
    pub(crate) reason: String,
    /// Addresses that may be meant.
    pub(crate) candidates: Vec<String>,
}

impl AddressProblem {
    /// The error for an address that stands at `place`.
    pub(crate) fn error(self, address: &str, place: Place) -> Error {
        Error::UnknownTarget {
            address: address.to_owned(),
            reason: self.reason,
            place: Some(place),
            candidates: self.candidates,
        }
    }
}

impl<'t> AddressParts<'t> {
    /// Splits an address that stands in a BUILD file of `dir`.
    fn parse(text: &'t str, dir: &str) -> Result<Self, AddressProblem> {
        let (text, params) = match text.rsplit_once('@') {
            Some((head, params)) if params.contains('=') => (
                head,
                params
                    .split(',')
                    .filter_map(|param| param.split_once('='))
                    .collect(),
            ),
            _ => (text, Vec::new()),
        };
        let (text, generated) = match text.split_once('#') {
            Some((head, generated)) => (head, Some(generated)),
            None => (text, None),
        };
        let (path, name) = match text.split_once(':') {
            Some((path, name)) => (path, Some(name)),
            None => (text, None),
        };
        let is_relative =
            ["./", "../"].iter().any(|start| path.starts_with(start)) || matches!(path, "." | "..");
        let of_root = path.strip_prefix("//").unwrap_or(path);
        let path = match path {
            "" if text.starts_with(':') => dir.to_owned(),
            _ if is_relative => {
                let followed = RepoPath::new(dir).follow(path);
                followed.ok_or_else(|| AddressProblem {
                    reason: ": it leads out of the repository".to_owned(),
                    candidates: Vec::new(),
                })?
            }
            _ if of_root.starts_with('/') => {
                return Err(AddressProblem {
                    reason: ": addresses are relative to the root of the repository".to_owned(),
                    candidates: vec![text.trim_start_matches('/').to_owned()],
                });
            }
            _ => of_root.trim_end_matches('/').to_owned(),
        };
        Ok(Self {
            path,
            name,
            generated,
            params,
        })
    }

    /// The folder and the name of the target that an address of a file is about.
    fn folder_of_file(&self) -> (&str, &str) {
        let (mut dir, _) = RepoPath::new(&self.path).split();
        let mut name = self.name.unwrap_or_else(|| address::default_name(dir));
        while let Some(rest) = name.strip_prefix("../") {
            name = rest;
            dir = RepoPath::new(dir).folder();
        }
        (dir, name)
    }
}

fn no_build_file(folder: &str) -> String {
    match folder {
        "" => ": there is no BUILD file at the root".to_owned(),
        _ => format!(": there is no BUILD file in `{folder}`"),
    }
}

impl Targets<'_> {
    /// The target that an address in a field of another means.
    pub(crate) fn named(&self, id: TargetId, field: &str, text: &str) -> Result<TargetId, Error> {
        self.find(text, &self.get(id).dir, Some(id))
            .map_err(|problem| problem.error(text, self.text_place(id, field, text)))
    }

    /// The target that an address in a BUILD file means.
    ///
    /// A parametrized target that is not fully named is found if only one remains, or only one
    /// whose parametrized fields are as those of the consumer.
    pub(crate) fn find(
        &self,
        text: &str,
        dir: &str,
        consumer: Option<TargetId>,
    ) -> Result<TargetId, AddressProblem> {
        let found = self.find_all(text, dir)?;
        if let [one] = found.as_slice() {
            return Ok(*one);
        }
        let alike = |id: &TargetId| consumer.is_some_and(|consumer| self.is_alike(*id, consumer));
        let fitting: Vec<TargetId> = found.iter().copied().filter(alike).collect();
        if let [one] = fitting.as_slice() {
            return Ok(*one);
        }
        Err(AddressProblem {
            reason: ": it is parametrized; say which of them".to_owned(),
            candidates: self.addresses(&found),
        })
    }

    /// Whether a consumer has the same values in the parametrized fields of a target.
    fn is_alike(&self, id: TargetId, consumer: TargetId) -> bool {
        let (target, other) = (self.get(id), self.get(consumer));
        target.parameters.iter().all(|(name, alias)| match &**name {
            "resolve" => target.resolve == other.resolve,
            "parametrize" => other
                .parameters
                .iter()
                .any(|parameter| *parameter == (name.clone(), alias.clone())),
            field => self.field(id, field) == self.field(consumer, field),
        })
    }

    /// Every target that an address may mean: more than one only where parameters are missing.
    pub(crate) fn find_all(&self, text: &str, dir: &str) -> Result<Vec<TargetId>, AddressProblem> {
        let written = AddressParts::parse(text, dir)?;
        let base = self.base_address(&written, dir)?;
        let mut params: Vec<(Arc<str>, Arc<str>)> = written
            .params
            .iter()
            .map(|(name, alias)| (Arc::from(*name), Arc::from(*alias)))
            .collect();
        params.sort();
        let exact = address::with_parameters(&base, &params);
        if let Some(id) = self.at(&exact) {
            return Ok(vec![id]);
        }
        let same = self.parametrized(&base);
        let fitting: Vec<TargetId> = same
            .into_iter()
            .flatten()
            .copied()
            .filter(|id| {
                let own = &self.get(*id).parameters;
                params.iter().all(|param| own.contains(param))
            })
            .collect();
        if !fitting.is_empty() {
            return Ok(fitting);
        }
        if let Some(same) = same {
            return Err(AddressProblem {
                reason: ": it has no such parameters".to_owned(),
                candidates: self.addresses(same),
            });
        }
        let atom = self.atom(&written, &params);
        atom.map(|id| vec![id])
            .ok_or_else(|| self.missing(&written))
    }

    /// The target that generates nothing, where an address names what it would generate: Pants
    /// takes that for the target itself.
    fn atom(
        &self,
        written: &AddressParts<'_>,
        parameters: &[(Arc<str>, Arc<str>)],
    ) -> Option<TargetId> {
        let is_file = self.repository().tree().has_file(&written.path);
        if is_file && written.generated.is_some() {
            let (dir, name) = written.folder_of_file();
            let within = written.path[dir.len()..].trim_start_matches('/');
            let base = address::of_file(dir, name, within);
            if let Some(id) = self.at(&address::with_parameters(&base, parameters)) {
                return Some(id);
            }
        }
        let (dir, name) = match (written.generated, is_file) {
            (Some(_), _) => {
                let default = || address::default_name(&written.path);
                (&*written.path, written.name.unwrap_or_else(default))
            }
            (None, true) => written.folder_of_file(),
            (None, false) => return None,
        };
        let base = address::declared(dir, name);
        let id = self.at(&address::with_parameters(&base, parameters))?;
        let target = self.get(id);
        let owns_it = |source: &Arc<str>| **source == *written.path;
        let fits = written.generated.is_some() || target.source.as_ref().is_none_or(owns_it);
        (fits && !target.is_generator()).then_some(id)
    }

    /// The address without parameters, in its canonical form.
    fn base_address(
        &self,
        written: &AddressParts<'_>,
        dir: &str,
    ) -> Result<String, AddressProblem> {
        let tree = self.repository().tree();
        if let Some(part) = written.generated {
            let name = written
                .name
                .unwrap_or_else(|| address::default_name(&written.path));
            return Ok(address::generated(&written.path, name, part));
        }
        if tree.has_file(&written.path) {
            let (dir, name) = written.folder_of_file();
            let within = written.path[dir.len()..].trim_start_matches('/');
            return Ok(address::of_file(dir, name, within));
        }
        // A synthetic target may lie in a folder without BUILD files.
        let name = written
            .name
            .unwrap_or_else(|| address::default_name(&written.path));
        let declared = address::declared(&written.path, name);
        if tree.dir(&written.path).is_some() || self.at(&declared).is_some() {
            return Ok(declared);
        }
        let beside = crate::tree::join(dir, &written.path);
        let candidates = match tree.has_file(&beside) || tree.dir(&beside).is_some() {
            true => vec![format!("./{}", written.path)],
            false => self.near_paths(&written.path),
        };
        Err(AddressProblem {
            reason: format!(": there is no file or folder `{}`", written.path),
            candidates,
        })
    }

    /// Files and folders beside where the path would be.
    pub(crate) fn near_paths(&self, path: &str) -> Vec<String> {
        let tree = self.repository().tree();
        let (dir, name) = RepoPath::new(path).split();
        let Some(folder) = tree.dir(dir) else {
            return Vec::new();
        };
        let folders = tree.folders_in(dir);
        let near = nearest(name, folder.files.iter().map(|file| &**file).chain(folders));
        near.map(|near| crate::tree::join(dir, near))
            .into_iter()
            .collect()
    }

    /// What to say about an address whose path exists but whose target does not.
    fn missing(&self, written: &AddressParts<'_>) -> AddressProblem {
        let tree = self.repository().tree();
        let is_file = tree.has_file(&written.path);
        if is_file {
            let owners = self.owners_of_file(&written.path);
            let dir = RepoPath::new(&written.path).folder();
            let reason = if self.repository().build_dir(dir).is_none() && written.name.is_none() {
                no_build_file(dir)
            } else {
                ": no such target owns the file".to_owned()
            };
            return AddressProblem {
                reason,
                candidates: self.addresses(&owners),
            };
        }
        let Some(dir) = self.repository().build_dir(&written.path) else {
            return AddressProblem {
                reason: no_build_file(&written.path),
                candidates: Vec::new(),
            };
        };
        let names = dir
            .declarations
            .iter()
            .map(|declaration| &*declaration.name);
        let wanted = written
            .name
            .unwrap_or_else(|| address::default_name(&written.path));
        let candidates = match (written.generated, nearest(wanted, names.clone())) {
            (Some(part), _) => {
                let prefix = address::generated(&written.path, wanted, "");
                let parts = self
                    .every_address()
                    .filter_map(|address| address.strip_prefix(&prefix));
                let near = nearest(part, parts);
                near.map(|near| format!("{prefix}{near}"))
                    .into_iter()
                    .collect()
            }
            (None, Some(near)) => vec![address::declared(&written.path, near)],
            (None, None) => names
                .map(|name| address::declared(&written.path, name))
                .collect(),
        };
        AddressProblem {
            reason: ": its folder declares no such target".to_owned(),
            candidates,
        }
    }
}
