//! Finds the indexes: those of the command line, of requirement files, of the settings, or of pip's
//! configuration.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use camino::Utf8PathBuf;
use index::{FindLinks, Index, IndexOptions, IndexRule, Locations};
use jiff::Timestamp;
use model::{
    InterpreterConstraints, PackageName, PackageSet, PackageSource, Place, RepoPath,
    RequirementSource, Url,
};
use targets::Repository;
use targets::requirements::{IndexOption, IndexOptionKind};
use transport::{NetworkAccess, RequestObserver};

use super::inputs::{ResolveDeclaration, requirements_of};
use crate::error::GoalError;
use crate::session::Session;
use crate::supply::Builds;
use workspace::settings::{Cutoff, PIP_INDEX};

/// Options for indexes that replace those of the settings.
#[derive(Debug, Clone)]
pub struct IndexChoice {
    /// The index that replaces those of the settings.
    pub index_url: Option<String>,
    /// Whether requests are made.
    pub access: NetworkAccess,
    /// Ignores files that were uploaded after this time.
    pub exclude_newer: Option<Cutoff>,
    /// The packages whose listings are asked for, however fresh those in the cache are.
    pub refresh: PackageSet,
}

impl IndexChoice {
    /// The same, with the listings of more packages asked for anew.
    #[must_use]
    pub fn refreshing(mut self, packages: PackageSet) -> Self {
        self.refresh = self.refresh.union(packages);
        self
    }
}

impl Default for IndexChoice {
    fn default() -> Self {
        Self {
            index_url: None,
            access: NetworkAccess::Online,
            exclude_newer: None,
            refresh: PackageSet::default(),
        }
    }
}

/// The package indexes of a run: one [`Index`] for each set of indexes, made when it is needed.
pub struct PackageIndexes<'a> {
    session: &'a Session,
    options: IndexChoice,
    cache: Utf8PathBuf,
    observer: Option<Arc<dyn RequestObserver>>,
    own: BTreeMap<PackageName, String>,
    made: Mutex<Vec<(Locations, Arc<Index>)>>,
}

impl<'a> PackageIndexes<'a> {
    /// The indexes of a session.
    pub fn new(session: &'a Session, mut options: IndexChoice) -> Result<Self, GoalError> {
        let of_settings = session.settings.python.exclude_newer;
        options.exclude_newer = options.exclude_newer.or(of_settings);
        Ok(Self {
            cache: session.cache()?,
            session,
            options,
            observer: None,
            own: BTreeMap::new(),
            made: Mutex::default(),
        })
    }

    /// The session.
    pub fn session(&self) -> &'a Session {
        self.session
    }

    /// The same indexes, which are not asked for the distributions of the repository.
    #[must_use]
    pub fn beside(mut self, repository: &Repository) -> Self {
        self.own = targets::distribution_names(repository);
        self
    }

    /// The same indexes, with an observer of requests.
    pub fn watched_by(mut self, observer: Arc<dyn RequestObserver>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// The time after which uploaded files are ignored.
    pub fn exclude_newer(&self) -> Option<Timestamp> {
        self.options.exclude_newer.map(|cutoff| cutoff.0)
    }

    /// The number of requests and bytes so far, as text.
    pub fn statistics(&self) -> String {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let all = made.iter().map(|(_, index)| index.statistics());
        let (requests, bytes, cached) = all.fold((0, 0, 0), |sum, one| {
            (sum.0 + one.requests, sum.1 + one.bytes, sum.2 + one.cached)
        });
        format!("{requests} requests, {bytes} bytes received, {cached} answers from the cache")
    }

    /// The index for the declarations of a resolve.
    pub fn index(&self, declared: &ResolveDeclaration) -> Result<Arc<Index>, GoalError> {
        self.index_with(&declared.indexes)
    }

    /// The index for a resolve of the repository.
    pub fn index_of(&self, resolve: &str) -> Result<Arc<Index>, GoalError> {
        let repository = workspace::load(self.session.root(), self.session.target_options())?;
        self.index_with(&requirements_of(self.session, &repository, resolve)?.indexes)
    }

    /// The index of the settings. Options in requirement files do not count.
    pub fn plain_index(&self) -> Result<Arc<Index>, GoalError> {
        self.index_with(&[])
    }

    fn index_with(&self, lines: &[IndexOption]) -> Result<Arc<Index>, GoalError> {
        let locations = self.locations(lines)?;
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, index)) = made.iter().find(|(known, _)| *known == locations) {
            return Ok(Arc::clone(index));
        }
        let index = Arc::new(Index::new(self.index_options(locations.clone())));
        made.push((locations, Arc::clone(&index)));
        Ok(index)
    }

    fn index_options(&self, locations: Locations) -> IndexOptions {
        let mut options = self.session.settings.index_options(self.cache.clone());
        for (name, url) in &self.session.settings.index.packages {
            let role = Url::parse(url).ok().and_then(|url| locations.role_of(&url));
            let rule = role.map(IndexRule::Only);
            options.rules.extend(rule.map(|rule| (name.clone(), rule)));
        }
        options.locations = Some(locations);
        options.http.access = self.options.access;
        options.refresh = self.options.refresh.clone();
        options.own = self.own.clone();
        options.exclude_newer = self.exclude_newer();
        if let Some(observer) = &self.observer {
            options.http.observer = Arc::clone(observer);
        }
        options
    }

    /// The indexes by priority: the command line, then requirement files, then the settings.
    fn locations(&self, lines: &[IndexOption]) -> Result<Locations, GoalError> {
        let repos = &self.session.settings.python_repos;
        let of_line = |kind| lines.iter().filter(move |line| line.kind == kind);
        let mut indexes = Vec::new();
        let mut find_links = Vec::new();
        if let Some(url) = &self.options.index_url {
            indexes.push(self.url("--index-url", url)?);
        } else if of_line(IndexOptionKind::NoIndex).next().is_none() {
            let mut primary = false;
            for line in of_line(IndexOptionKind::Index) {
                indexes.push(self.line_url(line)?);
                primary = true;
            }
            if !primary {
                self.of_settings(&repos.indexes, &mut indexes, &mut find_links)?;
            }
        }
        for line in of_line(IndexOptionKind::ExtraIndex) {
            indexes.push(self.line_url(line)?);
        }
        for place in &repos.find_links {
            find_links.push(self.find_links(place));
        }
        for line in of_line(IndexOptionKind::FindLinks) {
            find_links.push(self.find_links_of(line));
        }
        let shared = indexes.len();
        if self.options.index_url.is_none() {
            for url in self.session.settings.index.packages.values() {
                let url = self.url("[index] packages", url)?;
                if !indexes.contains(&url) {
                    indexes.push(url);
                }
            }
        }
        if let Some(url) = indexes
            .iter()
            .find(|url| !matches!(url.scheme(), "http" | "https"))
        {
            return Err(GoalError::failure(format!(
                "`{url}` is no index: one is asked over http or https"
            ))
            .hint("a folder of wheels and source distributions is named by `[python-repos] find_links`, or `--find-links` in a requirement file"));
        }
        Ok(Locations {
            assigned: indexes.len() - shared,
            indexes,
            find_links,
        })
    }

    fn of_settings(
        &self,
        urls: &[String],
        indexes: &mut Vec<Url>,
        find_links: &mut Vec<FindLinks>,
    ) -> Result<(), GoalError> {
        for url in urls {
            if url == PIP_INDEX {
                let pip = index::pip_locations(
                    &transport::EnvironmentVariables::of_process(),
                    &self.cache,
                )?;
                indexes.extend(pip.indexes);
                find_links.extend(pip.find_links);
            } else {
                indexes.push(self.url("[python-repos] indexes", url)?);
            }
        }
        Ok(())
    }

    fn url(&self, setting: &str, url: &str) -> Result<Url, GoalError> {
        Url::parse(url).map_err(|error| {
            GoalError::failure(format!("`{setting}` is `{url}`, which is no URL: {error}"))
                .hint("write the whole URL, as in `https://index.example/simple/`")
        })
    }

    fn line_url(&self, line: &IndexOption) -> Result<Url, GoalError> {
        self.url("--index-url", &line.value)
            .map_err(|error| error.at(line.place.clone()))
    }

    /// A page, or a folder: relative to the file that names it if it is there, as for pip, else to the
    /// root.
    fn find_links_of(&self, line: &IndexOption) -> FindLinks {
        let of_file = RepoPath::new(RepoPath::new(&line.place.path).folder()).follow(&line.value);
        let beside = of_file.filter(|path| self.session.root().join(path).is_dir());
        let found = self.find_links(beside.as_deref().unwrap_or(&line.value));
        if let FindLinks::Folder(folder) = &found
            && !folder.is_dir()
        {
            let Place {
                path, line: number, ..
            } = &line.place;
            let value = &line.value;
            self.session.warn(format_args!(
                "{path}:{number}: `--find-links {value}` has no effect: there is no folder {folder}"
            ));
        }
        found
    }

    /// A page, or a folder relative to the root.
    fn find_links(&self, place: &str) -> FindLinks {
        match Url::parse(place) {
            Ok(url) if url.scheme() == "file" => match url.to_file_path() {
                Ok(path) => FindLinks::Folder(
                    Utf8PathBuf::from_path_buf(path).unwrap_or_else(|_| Utf8PathBuf::from(place)),
                ),
                Err(()) => FindLinks::Page(url),
            },
            Ok(url) if matches!(url.scheme(), "http" | "https") => FindLinks::Page(url),
            _ => FindLinks::Folder(self.session.root().join(place)),
        }
    }

    /// Builds and downloads for a resolve. `kept` are direct references of the existing lock whose
    /// commits are kept.
    pub fn builds<'b>(
        &'b self,
        index: &'b Arc<Index>,
        interpreter_constraints: &'b InterpreterConstraints,
        kept: Vec<PackageSource>,
    ) -> Builds<'b> {
        Builds::new(self.session, index, interpreter_constraints, kept)
    }

    /// The project's name for a direct reference of a resolve.
    pub fn name_of(
        &self,
        source: &RequirementSource,
        resolve: &str,
    ) -> Result<PackageName, GoalError> {
        let index = self.index_of(resolve)?;
        let constraints = self.session.settings.interpreter_constraints(resolve)?;
        let direct = self
            .builds(&index, constraints, Vec::new())
            .direct(source, None)?;
        Ok(direct.metadata.name.clone())
    }
}
