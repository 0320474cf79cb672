//! Selects the targets of a command: by specs, tags, types, and changes since a commit.

use std::borrow::Cow;

use camino::{Utf8Path, Utf8PathBuf};
use model::nearest;
use targets::imports::ImportCache;
use targets::kinds::shipped_types;
use targets::query::{ChangedFiles, Dependents, Earlier, Specs, TargetFilter, shortest_paths};
use targets::{TargetGraph, TargetId};
use workspace::settings::Settings;

use super::changes::ChangesSince;
use super::earlier::EarlierRepository;
use crate::error::GoalError;
use crate::session::Session;

/// Which targets are selected.
#[derive(Debug, Clone, Default)]
pub struct TargetSelection {
    /// `::` for all, `dir::`, `dir:`, `dir:name`, a file or a glob; a `-` in front excludes.
    pub specs: Vec<String>,
    /// Only targets with one of these tags, `-a,b` for none of them.
    pub tags: Vec<String>,
    /// Only targets of one of these types, `-a,b` for none of them.
    pub kinds: Vec<String>,
    /// Only targets whose address one of these regular expressions matches, `-a,b` for none.
    pub addresses: Vec<String>,
    /// Only targets with a tag that one of these regular expressions matches, `-a,b` for none.
    pub tag_patterns: Vec<String>,
    /// Only targets that changed.
    pub changed: Option<ChangedSince>,
}

/// What changed since a commit.
#[derive(Debug, Clone)]
pub struct ChangedSince {
    /// A branch, tag or commit; two, as in `main..topic`, for what differs between them.
    pub revision: String,
    /// Whether targets that depend on changed ones are selected too.
    pub dependents: Dependents,
}

/// Commits between which something changed, as they were typed.
#[derive(Debug, Clone, Default)]
pub struct ChangedCommits {
    /// The commit before the change.
    pub since: Option<String>,
    /// A commit that made the change, or two, as in `main..topic`.
    pub diffspec: Option<String>,
    /// Whether targets that depend on changed ones are selected too.
    pub dependents: Option<Dependents>,
}

impl ChangedCommits {
    /// The change that is meant, if any: what was typed, or what `[changed]` says.
    pub fn with(self, settings: &Settings) -> Option<ChangedSince> {
        let of_settings = &settings.changed;
        let typed = self.since.is_some() || self.diffspec.is_some();
        let (since, diffspec) = match typed {
            true => (self.since, self.diffspec),
            false => (of_settings.since.clone(), of_settings.diffspec.clone()),
        };
        // A commit alone stands for what it changed.
        let in_commits = |commits: String| match commits.contains("..") {
            true => commits,
            false => format!("{commits}^..{commits}"),
        };
        let revision = since.or(diffspec.map(in_commits))?;
        Some(ChangedSince {
            revision,
            dependents: self.dependents.unwrap_or(of_settings.dependents),
        })
    }
}

/// What is selected without specs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoSpecs {
    /// All targets.
    All,
    /// Nothing: it is an error.
    Refused,
    /// Nothing, and nothing is said of it.
    Nothing,
}

/// The specs in files, one a line: in those that `[GLOBAL]` names from the root, and in `files`.
///
/// # Errors
/// A file that cannot be read.
pub fn specs_of_files(session: &Session, files: &[Utf8PathBuf]) -> Result<Vec<String>, GoalError> {
    let of_settings = session.settings.global.spec_files.iter();
    let of_settings = of_settings.map(|file| (file, session.root()));
    let folder = session.working_folder()?;
    let mut specs = Vec::new();
    for (file, folder) in of_settings.chain(files.iter().map(|file| (file, folder.as_path()))) {
        let text = fs_err::read_to_string(folder.join(file))
            .map_err(|error| GoalError::file("read the specs", file, &error))?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        specs.extend(lines.map(str::to_owned));
    }
    Ok(specs)
}

impl TargetSelection {
    /// The selection within what `[GLOBAL]` and `[filter]` leave.
    #[must_use]
    pub fn with(mut self, settings: &Settings) -> Self {
        let (global, filter) = (&settings.global, &settings.filter);
        self.tags.splice(0..0, global.tag.iter().cloned());
        self.kinds.splice(0..0, filter.target_type.iter().cloned());
        self.addresses
            .splice(0..0, filter.address_regex.iter().cloned());
        self.tag_patterns
            .splice(0..0, filter.tag_regex.iter().cloned());
        self
    }

    /// The selected targets.
    pub fn of(
        &self,
        session: &Session,
        graph: &TargetGraph<'_>,
        no_specs: NoSpecs,
    ) -> Result<Vec<TargetId>, GoalError> {
        let filter = self.filter(graph)?;
        let mut selected = match (&self.changed, specs(session, &self.specs)?) {
            (Some(since), specs) => {
                let changed = since.targets(session, graph)?;
                if specs.is_empty() {
                    changed
                } else {
                    let within = specs.select(graph)?;
                    changed
                        .into_iter()
                        .filter(|id| within.binary_search(id).is_ok())
                        .collect()
                }
            }
            (None, specs) if specs.is_empty() && no_specs == NoSpecs::All => graph.all().collect(),
            (None, specs) if specs.is_empty() && no_specs == NoSpecs::Nothing => Vec::new(),
            (None, specs) if specs.is_empty() => {
                return Err(GoalError::misuse("no targets are named")
                    .hint("`::` names all, `dir::` those in `dir` and below"));
            }
            (None, specs) => specs.select(graph)?,
        };
        selected.retain(|id| filter.accepts(graph, *id));
        let is_told = no_specs != NoSpecs::Nothing && self.changed.is_none();
        if selected.is_empty() && is_told {
            session.warn("no target is named by this, or none is left by the filters");
        }
        Ok(selected)
    }

    /// What generators among selected targets stand for, as far as the filters leave it.
    pub fn generated(
        &self,
        graph: &TargetGraph<'_>,
        selected: &[TargetId],
    ) -> Result<Vec<TargetId>, GoalError> {
        let filter = self.filter(graph)?;
        let generated = selected.iter().flat_map(|id| graph.generated(*id));
        Ok(generated.filter(|id| filter.leaves(graph, *id)).collect())
    }

    /// The filters, whose types must exist.
    fn filter(&self, graph: &TargetGraph<'_>) -> Result<TargetFilter, GoalError> {
        let filter = TargetFilter::new(&self.tags, &self.kinds);
        for kind in filter.kinds() {
            let options = graph.repository().options();
            let is_known = options.target_type(kind).is_some()
                || graph.all().any(|id| &*graph.target(id).kind == kind);
            if !is_known {
                let shipped = shipped_types().iter().map(|known| known.name);
                let error = GoalError::misuse(format!("there is no target type `{kind}`"));
                return Err(match nearest(kind, shipped) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error,
                });
            }
        }
        let invalid = |option: &'static str| {
            move |reason: String| {
                GoalError::misuse(format!("`{option}` is no regular expression")).because(reason)
            }
        };
        let filter = filter.with_addresses(&self.addresses);
        let filter = filter.map_err(invalid("--filter-address-regex"))?;
        let filter = filter.with_tag_patterns(&self.tag_patterns);
        filter.map_err(invalid("--filter-tag-regex"))
    }
}

impl ChangedSince {
    /// The targets that the change concerns.
    pub fn targets(
        &self,
        session: &Session,
        graph: &TargetGraph<'_>,
    ) -> Result<Vec<TargetId>, GoalError> {
        self.compared(session, graph, |files, earlier| {
            Ok(files.targets(graph, earlier, self.dependents)?)
        })
    }

    /// For each of some targets that the change concerns, why it does: a sentence.
    pub fn reasons(
        &self,
        session: &Session,
        graph: &TargetGraph<'_>,
        of: &[TargetId],
    ) -> Result<Vec<String>, GoalError> {
        let causes = self.compared(session, graph, |files, earlier| {
            Ok(files.causes(graph, earlier))
        })?;
        let changed: Vec<TargetId> = causes.keys().copied().collect();
        let sentence = |id: &TargetId| {
            let address = &graph.target(*id).address;
            let paths = shortest_paths(graph, &[*id], &changed)?;
            let Some((last, path)) = paths.first().and_then(|path| Some((path.last()?, path)))
            else {
                return Ok(format!(
                    "{address} is selected: something that it depended on is no more"
                ));
            };
            let steps = path.iter().skip(1).map(|id| &*graph.target(*id).address);
            let steps: Vec<&str> = steps.collect();
            let depends = match steps.is_empty() {
                true => String::new(),
                false => format!("it depends on {}, and ", steps.join(", that on ")),
            };
            Ok(format!("{address} is selected: {depends}{}", causes[last]))
        };
        of.iter().map(sentence).collect()
    }

    /// Compares with the repository as it was.
    fn compared<T>(
        &self,
        session: &Session,
        graph: &TargetGraph<'_>,
        answer: impl FnOnce(&ChangedFiles, Option<&Earlier<'_>>) -> Result<T, GoalError>,
    ) -> Result<T, GoalError> {
        let changes = ChangesSince::of(session, &self.revision)?;
        let files = &changes.files;
        let repository = match files.need_earlier(graph) {
            true => EarlierRepository::load(session, &changes.base, files).map(Some),
            false => Ok(None),
        };
        let repository = repository.unwrap_or_else(|error| {
            let base = &changes.base;
            session.warn(format_args!(
                "cannot read BUILD files as they were at {base}, so that all targets of those that were edited count as changed: {error}"
            ));
            None
        });
        let imports = ImportCache::default();
        let earlier = repository.as_ref().and_then(|earlier| {
            let graph = TargetGraph::build(&earlier.repository, &imports).ok()?;
            Some((graph, earlier.moved_pins.clone()))
        });
        let earlier = earlier.as_ref().map(|(graph, moved_pins)| Earlier {
            graph,
            moved_pins: moved_pins.clone(),
        });
        answer(files, earlier.as_ref())
    }
}

/// Reads specs as they were typed in the current folder.
///
/// # Errors
/// A path that leads out of the repository.
pub fn specs(session: &Session, typed: &[String]) -> Result<Specs, GoalError> {
    let typed = typed.iter().map(|text| from_root(session, text));
    let typed = typed.collect::<Result<Vec<_>, _>>()?;
    let typed = typed.iter().map(|text| &**text);
    Ok(Specs::parse(typed, &session.folder_in_repository()?))
}

/// A spec with an absolute path as one that counts from the root.
fn from_root<'t>(session: &Session, text: &'t str) -> Result<Cow<'t, str>, GoalError> {
    let (sign, spec) = match text.strip_prefix('-') {
        Some(spec) => ("-", spec),
        None => ("", text),
    };
    if !spec.starts_with('/') || spec.starts_with("//") {
        return Ok(Cow::Borrowed(text));
    }
    let end = spec.find([':', '#']).unwrap_or(spec.len());
    let (path, rest) = spec.split_at(end);
    let path = Utf8Path::new(path);
    let real = path.canonicalize_utf8().unwrap_or_else(|_| path.to_owned());
    let root = session.root();
    match path.strip_prefix(root).or_else(|_| real.strip_prefix(root)) {
        Ok(within) => Ok(Cow::Owned(format!("{sign}//{within}{rest}"))),
        Err(_) => Err(
            GoalError::misuse(format!("`{spec}` is outside of the repository"))
                .hint(format!("its root is {root}")),
        ),
    }
}
