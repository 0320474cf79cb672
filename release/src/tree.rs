//! Where files are read from: a work tree, or a commit.
//!
//! The facts of a release come from the work tree; a replay of history reads them from commits,
//! without checking anything out.

use camino::{Utf8Path, Utf8PathBuf};
use thiserror::Error;

use changelog::{
    ChangelogError, ChangelogSettings, FoundFile, Fragment, Release, Rendered, SettingsFiles,
    TemplateSource, fragments, prepend, render,
};
use git::{Git, GitError};

/// A folder of files.
pub trait Tree {
    /// The bytes of a file; `None` when there is no such file.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    fn read(&self, path: &Utf8Path) -> Result<Option<Vec<u8>>, TreeError>;

    /// The names in a folder and whether each is a folder; nothing when there is no such folder.
    ///
    /// # Errors
    /// The folder is there and cannot be read.
    fn list(&self, folder: &Utf8Path) -> Result<Vec<(String, bool)>, TreeError>;
}

/// Why a tree cannot be read.
#[derive(Debug, Error)]
pub enum TreeError {
    /// A file of the work tree.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// A commit.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// The files below a folder of the file system.
#[derive(Debug, Clone)]
pub struct WorkTree {
    root: Utf8PathBuf,
}

impl WorkTree {
    /// The tree at `root`.
    pub fn new(root: impl Into<Utf8PathBuf>) -> Self {
        Self { root: root.into() }
    }
}

fn found<T>(result: std::io::Result<T>) -> Result<Option<T>, TreeError> {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind(), NotFound | NotADirectory) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

impl Tree for WorkTree {
    fn read(&self, path: &Utf8Path) -> Result<Option<Vec<u8>>, TreeError> {
        found(fs_err::read(self.root.join(path)))
    }

    fn list(&self, folder: &Utf8Path) -> Result<Vec<(String, bool)>, TreeError> {
        let Some(entries) = found(fs_err::read_dir(self.root.join(folder)))? else {
            return Ok(Vec::new());
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            let is_folder = entry.path().is_dir();
            names.push((entry.file_name().to_string_lossy().into_owned(), is_folder));
        }
        names.sort();
        Ok(names)
    }
}

/// The files of a commit.
#[derive(Debug, Clone)]
pub struct GitTree {
    git: Git,
    commit: String,
}

impl GitTree {
    /// The tree of `commit`, any name of it, in the repository of `git`.
    pub fn new(git: Git, commit: impl Into<String>) -> Self {
        Self {
            git,
            commit: commit.into(),
        }
    }
}

impl Tree for GitTree {
    fn read(&self, path: &Utf8Path) -> Result<Option<Vec<u8>>, TreeError> {
        let known = self.list(path.parent().unwrap_or(Utf8Path::new("")))?;
        let name = path.file_name().unwrap_or("");
        if !known.iter().any(|(known, folder)| known == name && !folder) {
            return Ok(None);
        }
        let object = format!("{}:{path}", self.commit);
        Ok(Some(self.git.bytes(&["cat-file", "blob", &object])?))
    }

    fn list(&self, folder: &Utf8Path) -> Result<Vec<(String, bool)>, TreeError> {
        let folder = folder.as_str().trim_end_matches('/');
        let object = format!("{}:{folder}", self.commit);
        let Some(lines) = self.git.maybe(&["ls-tree", "-z", &object])? else {
            return Ok(Vec::new());
        };
        let entry = |line: &str| {
            let (meta, name) = line.split_once('\t')?;
            Some((name.to_owned(), meta.contains(" tree ")))
        };
        Ok(lines.split('\0').filter_map(entry).collect())
    }
}

/// Everything that a changelog is made from.
#[derive(Debug, Clone)]
pub struct ChangelogSource {
    /// The settings.
    pub settings: ChangelogSettings,
    /// The template's text; empty for towncrier's own.
    pub template: String,
    /// The fragments, in order.
    pub fragments: Vec<Fragment>,
}

/// Why a changelog's sources cannot be read.
#[derive(Debug, Error)]
pub enum ChangelogSourceError {
    /// A file cannot be read.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A file can be read and is wrong.
    #[error(transparent)]
    Changelog(#[from] ChangelogError),
}

/// A change of the news file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewsChange {
    /// The news file, relative to the root.
    pub path: Utf8PathBuf,
    /// Its present content.
    pub old: Option<Vec<u8>>,
    /// Its content with the release in it.
    pub new: String,
    /// The release's notes alone.
    pub notes: Rendered,
}

impl ChangelogSource {
    /// Reads settings, template and fragments; `None` for a tree without towncrier's settings.
    ///
    /// # Errors
    /// Unreadable or wrong files.
    pub fn read(tree: &dyn Tree) -> Result<Option<Self>, ChangelogSourceError> {
        let files = SettingsFiles {
            towncrier: read_text(tree, "towncrier.toml".into())?,
            pyproject: read_text(tree, "pyproject.toml".into())?,
        };
        let Some(settings) = ChangelogSettings::parse(&files)? else {
            return Ok(None);
        };
        Self::read_with(tree, settings).map(Some)
    }

    /// Reads template and fragments for settings that are known.
    ///
    /// # Errors
    /// Unreadable or wrong files.
    pub fn read_with(
        tree: &dyn Tree,
        settings: ChangelogSettings,
    ) -> Result<Self, ChangelogSourceError> {
        Ok(Self {
            template: read_template(tree, &settings)?,
            fragments: fragments(&settings, find(tree, &settings)?)?,
            settings,
        })
    }

    /// Renders a release's notes without writing them anywhere.
    ///
    /// # Errors
    /// A broken template or format.
    pub fn notes(&self, release: &Release<'_>) -> Result<Rendered, ChangelogError> {
        render(&self.settings, &self.template, &self.fragments, release)
    }

    /// The news file with a release added, to `path` or where the settings say.
    ///
    /// # Errors
    /// A broken template or format; a news file that has the release already.
    pub fn news(
        &self,
        tree: &dyn Tree,
        release: &Release<'_>,
        path: Option<&Utf8Path>,
    ) -> Result<NewsChange, ChangelogSourceError> {
        let path = match path {
            Some(path) => path.to_owned(),
            None => self.settings.news_file(release)?,
        };
        let notes = self.notes(release)?;
        let old = tree.read(&path)?;
        let new = prepend(&self.settings, &path, old.as_deref(), &notes)?;
        Ok(NewsChange {
            path,
            old,
            new,
            notes,
        })
    }
}

fn read_text(tree: &dyn Tree, path: &Utf8Path) -> Result<Option<String>, ChangelogSourceError> {
    let utf8 = |bytes| {
        String::from_utf8(bytes).map_err(|_| ChangelogError::NotUtf8 {
            path: path.to_owned(),
        })
    };
    Ok(tree.read(path)?.map(utf8).transpose()?)
}

fn read_template(
    tree: &dyn Tree,
    settings: &ChangelogSettings,
) -> Result<String, ChangelogSourceError> {
    let TemplateSource::File(path) = &settings.template else {
        return Ok(String::new());
    };
    let missing = || ChangelogError::MissingTemplate {
        file: settings.source.clone(),
        template: path.clone(),
    };
    let text = read_text(tree, path)?.ok_or_else(missing)?;
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

fn find(tree: &dyn Tree, settings: &ChangelogSettings) -> Result<Vec<FoundFile>, TreeError> {
    let mut files = Vec::new();
    for (section, section_path) in &settings.sections {
        let folder = settings.section_folder(section_path);
        for (name, is_folder) in tree.list(&folder)? {
            let path = folder.join(name);
            files.push(FoundFile {
                section: section.clone(),
                content: match is_folder {
                    true => None,
                    false => tree.read(&path)?,
                },
                path,
            });
        }
    }
    Ok(files)
}
