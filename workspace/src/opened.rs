//! A repository that a run works in: found once, its settings read once.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};
use etcetera::BaseStrategy;

use crate::cache;
use crate::settings::{SettingFlag, Settings, SettingsError, find_root};

/// The environment variable with the path of the cache folder.
const CACHE_VARIABLE: &str = "XTASK_CACHE_DIR";

/// A repository with its settings, and the environment that it was opened in.
#[derive(Debug)]
pub struct Workspace {
    /// The repository's settings.
    pub settings: Settings,
    /// The environment, as far as it is UTF-8.
    pub environment: BTreeMap<String, String>,
    flags: Vec<SettingFlag>,
    /// The cache folder, once it was marked as ours.
    cache: OnceLock<Utf8PathBuf>,
}

/// Why a repository cannot be opened or used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its settings cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The folder of `-C` does not exist.
    #[error("cannot open {folder}")]
    NoFolder {
        /// As it was named.
        folder: Utf8PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The current folder cannot be found.
    #[error("cannot tell the current folder: {0}")]
    NoCurrentFolder(#[source] std::io::Error),
    /// A path is not UTF-8.
    #[error("{0} is not UTF-8")]
    NotUtf8(String),
    /// No variable says where the cache folder is.
    #[error("cannot tell where the cache belongs: there is no home folder")]
    NoCacheFolder,
}

impl OpenError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Settings(error) => error.problem.hint(),
            Self::NoFolder { .. } => Some("`-C DIR` names the repository's root".to_owned()),
            Self::NoCacheFolder => Some(format!("set {CACHE_VARIABLE} to a folder")),
            Self::NoCurrentFolder(_) | Self::NotUtf8(_) => None,
        }
    }
}

impl Workspace {
    /// Opens the repository with the root `named`, or the nearest one that contains the current
    /// folder.
    ///
    /// # Errors
    /// Where there is none, or its settings cannot be used.
    pub fn open(named: Option<&Utf8Path>, flags: Vec<SettingFlag>) -> Result<Self, OpenError> {
        let environment = environment();
        let root = root(named)?;
        Ok(Self {
            settings: Settings::load(&root, environment.clone(), &flags)?,
            environment,
            flags,
            cache: OnceLock::new(),
        })
    }

    /// The words that stand for others on the command line of the repository, as `[cli] alias` says.
    /// Where settings cannot be read there are none: who opens the repository hears of it.
    ///
    /// # Errors
    /// Where the folder that was named is not there.
    pub fn aliases(named: Option<&Utf8Path>) -> Result<BTreeMap<String, String>, OpenError> {
        let root = match (root(named), named) {
            (Ok(root), _) => root,
            (Err(error), Some(_)) => return Err(error),
            (Err(_), None) => return Ok(BTreeMap::new()),
        };
        Ok(Settings::aliases(&root, environment()).unwrap_or_default())
    }

    /// The folder `named`, or the current one.
    ///
    /// # Errors
    /// Where there is no such folder.
    pub fn folder(named: Option<&Utf8Path>) -> Result<Utf8PathBuf, OpenError> {
        match named {
            Some(_) => root(named),
            None => working_folder(),
        }
    }

    /// The same repository in another tree, such as that of an earlier commit.
    ///
    /// # Errors
    /// Where its settings cannot be used.
    pub fn at(&self, root: &Utf8Path) -> Result<Self, OpenError> {
        Ok(Self {
            settings: Settings::load(root, self.environment.clone(), &self.flags)?,
            environment: self.environment.clone(),
            flags: self.flags.clone(),
            cache: OnceLock::new(),
        })
    }

    /// Gives an environment variable another value.
    pub fn set_variable(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
        self.cache = OnceLock::new();
    }

    /// The repository's root.
    pub fn root(&self) -> &Utf8Path {
        &self.settings.root
    }

    /// Whether flags change the settings of this run.
    pub fn has_flags(&self) -> bool {
        !self.flags.is_empty()
    }

    /// The named resolve, or the default one.
    pub fn resolve<'a>(&'a self, named: Option<&'a str>) -> &'a str {
        named.unwrap_or(&self.settings.python.default_resolve)
    }

    /// The settings that the target graph depends on.
    pub fn target_options(&self) -> targets::GraphOptions {
        self.settings.target_options(&self.environment)
    }

    /// The cache folder: `$XTASK_CACHE_DIR`, or a folder below it if that one holds other things, or
    /// the one below the system's folder for caches. It is made, and marked as ours.
    ///
    /// # Errors
    /// Where neither is known.
    pub fn cache(&self) -> Result<Utf8PathBuf, OpenError> {
        if let Some(known) = self.cache.get() {
            return Ok(known.clone());
        }
        let folder = self.find_cache()?;
        Ok(self.cache.get_or_init(|| folder).clone())
    }

    fn find_cache(&self) -> Result<Utf8PathBuf, OpenError> {
        let named = self.environment.get(CACHE_VARIABLE);
        if let Some(folder) = named.filter(|folder| !folder.is_empty()) {
            return Ok(cache::below(&self.root().join(folder)));
        }
        etcetera::choose_base_strategy()
            .ok()
            .and_then(|strategy| Utf8PathBuf::from_path_buf(strategy.cache_dir()).ok())
            // Where the home folder is empty, it would be one of the repository.
            .filter(|folder| folder.is_absolute())
            .map(|folder| cache::marked(folder.join(cache::FOLDER)))
            .ok_or(OpenError::NoCacheFolder)
    }

    /// The current folder, to which paths on the command line are relative.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn working_folder(&self) -> Result<Utf8PathBuf, OpenError> {
        working_folder()
    }

    /// The current folder relative to the root; `""`, which is the root, if it is outside of the
    /// repository.
    ///
    /// # Errors
    /// Where the system does not say.
    pub fn folder_in_repository(&self) -> Result<String, OpenError> {
        let here = working_folder()?;
        let here = here.canonicalize_utf8().unwrap_or(here);
        Ok(here
            .strip_prefix(self.root())
            .map(ToString::to_string)
            .unwrap_or_default())
    }
}

/// The environment, as far as it is UTF-8.
fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// The folder that is named, or the nearest one with settings.
fn root(named: Option<&Utf8Path>) -> Result<Utf8PathBuf, OpenError> {
    let here = working_folder()?;
    let Some(folder) = named else {
        return Ok(find_root(&here)?);
    };
    let root = here.join(folder).canonicalize_utf8();
    root.map_err(|source| OpenError::NoFolder {
        folder: folder.to_owned(),
        source,
    })
}

fn working_folder() -> Result<Utf8PathBuf, OpenError> {
    let here = std::env::current_dir().map_err(OpenError::NoCurrentFolder)?;
    Utf8PathBuf::from_path_buf(here).map_err(|path| OpenError::NotUtf8(path.display().to_string()))
}
