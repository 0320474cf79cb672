//! The target graph for commands: loaded once, and asked by specs and filters.

mod changes;
mod constraints;
mod earlier;
mod folded;
mod lines_of_code;
mod selection;

pub use constraints::ConstraintsReport;
pub use folded::{FoldedGraph, GraphFolder};
pub use lines_of_code::{LineCounts, lines_of_code};
pub use selection::{
    ChangedCommits, ChangedSince, NoSpecs, TargetSelection, specs, specs_of_files,
};

use std::collections::{BTreeMap, BTreeSet};

use buildfile::Data;
use camino::Utf8Path;
use git::Git;
use model::InterpreterConstraints;
use rayon::prelude::*;
use targets::imports::ImportCache;
use targets::{GraphOptions, Repository, TargetGraph, TargetId};
use workspace::ImportCacheFile;

use crate::error::{GoalError, warning_text};
use crate::session::Session;

/// The file with parsed imports, relative to the cache folder.
const IMPORTS: &str = "imports.bin";

/// A loaded repository and the cache of its imports: what a [`TargetGraph`] borrows from.
#[derive(Debug)]
pub struct BuildFiles {
    repository: Repository,
    cache: ImportCacheFile,
}

impl BuildFiles {
    /// Evaluates the BUILD files.
    pub fn load(session: &Session) -> Result<Self, GoalError> {
        let options = session.target_options();
        Ok(Self {
            repository: workspace::load_indexed(session.file_index()?, options)?,
            cache: ImportCacheFile::open(session.cache()?.join(IMPORTS)),
        })
    }

    /// Evaluates the BUILD files as if some files were others: what is in them, `None` for those that
    /// are not there.
    pub fn with(
        session: &Session,
        others: BTreeMap<String, Option<Vec<u8>>>,
    ) -> Result<Self, GoalError> {
        if others.is_empty() {
            return Self::load(session);
        }
        let options = session.target_options();
        Ok(Self {
            repository: workspace::load_earlier(session.root(), options, others)?,
            cache: ImportCacheFile::open(session.cache()?.join(IMPORTS)),
        })
    }

    /// A repository without files.
    pub fn none(session: &Session) -> Result<Self, GoalError> {
        let files = Box::new(targets::MemoryFiles::default());
        let options = GraphOptions {
            build_file_prelude_globs: Vec::new(),
            ..session.target_options()
        };
        Ok(Self {
            repository: Repository::load(files, options)?,
            cache: ImportCacheFile::open(session.cache()?.join(IMPORTS)),
        })
    }

    /// The imports that were parsed.
    pub fn imports(&self) -> &ImportCache {
        self.cache.cache()
    }

    /// The target graph.
    pub fn graph(&self) -> Result<TargetGraph<'_>, GoalError> {
        Ok(TargetGraph::build(&self.repository, self.cache.cache())?)
    }

    /// Reports warnings, and keeps the parsed imports for the next run.
    pub fn finish(&self, session: &Session, graph: &TargetGraph<'_>) {
        for warning in graph.warnings() {
            session.warn(warning_text(&warning));
        }
        self.keep(session);
    }

    /// Keeps the parsed imports for the next run, and the hashes of files.
    pub fn keep(&self, session: &Session) {
        if let Ok(index) = session.file_index() {
            // Files are hashed again by the next run.
            let _ = index.save();
        }
        if let Err(error) = self.cache.save() {
            session.warn(format_args!("cannot keep parsed imports: {error}"));
        }
    }
}

/// The files that were edited since a commit, whoever owns them.
///
/// # Errors
/// Where git cannot say.
pub fn edited_files(session: &Session, revision: &str) -> Result<BTreeSet<String>, GoalError> {
    let changes = changes::ChangesSince::of(session, revision)?;
    Ok(changes.files.edited.into_iter().collect())
}

/// The lines that were added or edited since the work left a commit, by file.
///
/// # Errors
/// Where git cannot say.
pub fn edited_lines(
    session: &Session,
    revision: &str,
) -> Result<BTreeMap<String, BTreeSet<usize>>, GoalError> {
    if revision.contains("..") {
        return Err(GoalError::misuse(format!(
            "`{revision}` names two commits, and one is compared with the files as they are"
        ))
        .hint("give the commit at which the work began, such as `main`"));
    }
    let changes = changes::ChangesSince::of(session, revision)?;
    let git = Git::at(session.root());
    let untracked = git.untracked()?;
    let lines = changes.files.edited.par_iter().map(|path| {
        let path_of_file = Utf8Path::new(path);
        let lines = match untracked.contains(path_of_file) {
            true => {
                let bytes = fs_err::read(session.root().join(path)).unwrap_or_default();
                let count = String::from_utf8_lossy(&bytes).lines().count();
                (1..=count).collect()
            }
            false => {
                let added = git.added_lines(&changes.base, path_of_file)?;
                added.into_iter().flatten().collect()
            }
        };
        Ok((path.clone(), lines))
    });
    lines.collect()
}

/// The interpreters that a target is for: its own, or those of its resolve.
///
/// # Errors
/// Where they cannot be read, or the settings name none.
pub fn interpreter_constraints(
    session: &Session,
    graph: &TargetGraph<'_>,
    id: TargetId,
) -> Result<InterpreterConstraints, GoalError> {
    let own = graph
        .field(id, "interpreter_constraints")
        .map(Data::strings);
    let own = own.unwrap_or_default();
    if own.is_empty() {
        let resolve = graph.resolve_name(id).unwrap_or_default();
        return Ok(session.settings.interpreter_constraints(resolve)?.clone());
    }
    InterpreterConstraints::parse(&own).map_err(|error| {
        GoalError::failure("interpreter constraints cannot be read")
            .at(graph.place(id, "interpreter_constraints"))
            .because(error.to_string())
    })
}
