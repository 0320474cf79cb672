//! What a changelog is made from, read from a tree of files that is handed over.

use std::sync::LazyLock;

use camino::{Utf8Path, Utf8PathBuf};
use regex::Regex;
use thiserror::Error;

use super::error::ChangelogError;
use super::fragment::{Fragment, FragmentFile, fragments};
use super::heading::ReleaseHeading;
use super::newsfile::prepend;
use super::render::{ReleaseNotes, render};
use super::settings::{ChangelogSettings, SettingsFiles, TemplateSource};
use super::towncrier_version::TowncrierVersion;
use super::tree::{EntryKind, FileTree};

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
    Unreadable(#[from] std::io::Error),
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
    pub notes: ReleaseNotes,
}

impl ChangelogSource {
    /// Reads settings, template and fragments; `None` for a tree without towncrier's settings.
    ///
    /// # Errors
    /// Unreadable or wrong files.
    pub fn read(tree: &dyn FileTree) -> Result<Option<Self>, ChangelogSourceError> {
        Self::read_as(
            tree,
            TowncrierVersion::pinned(tree, TowncrierVersion::default())?,
        )
    }

    /// Reads settings, template and fragments as this towncrier does; `None` for a tree without
    /// towncrier's settings.
    ///
    /// # Errors
    /// Unreadable or wrong files.
    pub fn read_as(
        tree: &dyn FileTree,
        towncrier: TowncrierVersion,
    ) -> Result<Option<Self>, ChangelogSourceError> {
        let Some(settings) = Self::settings_as(tree, towncrier)? else {
            return Ok(None);
        };
        Self::read_with(tree, settings).map(Some)
    }

    /// Reads the settings alone; `None` for a tree without towncrier's settings.
    ///
    /// # Errors
    /// Unreadable or wrong files.
    pub fn settings_of(
        tree: &dyn FileTree,
    ) -> Result<Option<ChangelogSettings>, ChangelogSourceError> {
        let pinned = TowncrierVersion::pinned(tree, TowncrierVersion::default())?;
        Self::settings_as(tree, pinned)
    }

    fn settings_as(
        tree: &dyn FileTree,
        towncrier: TowncrierVersion,
    ) -> Result<Option<ChangelogSettings>, ChangelogSourceError> {
        let files = SettingsFiles {
            towncrier: read_text(tree, "towncrier.toml".into())?,
            pyproject: read_text(tree, "pyproject.toml".into())?,
            pinned: towncrier,
        };
        let Some(mut settings) = ChangelogSettings::parse(&files)? else {
            return Ok(None);
        };
        if let Some(folder) = &settings.naming_module
            && let Some(name) = incremental_name(tree, folder)?
        {
            settings.name = name;
        }
        Ok(Some(settings))
    }

    /// Reads template and fragments for settings that are known.
    ///
    /// # Errors
    /// Unreadable or wrong files.
    pub fn read_with(
        tree: &dyn FileTree,
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
    pub fn notes(&self, release: &ReleaseHeading<'_>) -> Result<ReleaseNotes, ChangelogError> {
        render(&self.settings, &self.template, &self.fragments, release)
    }

    /// Renders the notes of a release that has these fragments.
    ///
    /// # Errors
    /// A broken template or format.
    pub fn notes_of(
        &self,
        fragments: &[Fragment],
        release: &ReleaseHeading<'_>,
    ) -> Result<ReleaseNotes, ChangelogError> {
        render(&self.settings, &self.template, fragments, release)
    }

    /// The news file with a release added, to `path` or where the settings say.
    ///
    /// # Errors
    /// A broken template or format; a news file that has the release already.
    pub fn news(
        &self,
        tree: &dyn FileTree,
        release: &ReleaseHeading<'_>,
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

fn read_text(tree: &dyn FileTree, path: &Utf8Path) -> Result<Option<String>, ChangelogSourceError> {
    let utf8 = |bytes| {
        String::from_utf8(bytes).map_err(|_| ChangelogError::NotUtf8 {
            path: path.to_owned(),
        })
    };
    Ok(tree.read(path)?.map(utf8).transpose()?)
}

/// The project that the version of a module names, where the version is one of `incremental`:
/// `__version__ = Version("Project", 24, 3, 0)`, in `_version.py` as its manual has it.
///
/// Source: incremental's manual, "Set up".
fn incremental_name(tree: &dyn FileTree, folder: &Utf8Path) -> std::io::Result<Option<String>> {
    static VERSION: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"(?m)^__version__\s*=\s*(?:incremental\.)?Version\(\s*["']([^"']+)["']"#).ok()
    });
    for name in ["_version.py", "__init__.py"] {
        let bytes = tree.read(&folder.join(name))?.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let found = VERSION.as_ref().and_then(|version| version.captures(&text));
        if let Some(found) = found {
            return Ok(Some(found[1].to_owned()));
        }
    }
    Ok(None)
}

fn read_template(
    tree: &dyn FileTree,
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

fn find(tree: &dyn FileTree, settings: &ChangelogSettings) -> std::io::Result<Vec<FragmentFile>> {
    let mut files = Vec::new();
    for (section, section_path) in &settings.sections {
        let folder = settings.section_folder(section_path);
        for entry in tree.list(&folder)? {
            let file = FragmentFile {
                section: section.clone(),
                content: None,
                path: folder.join(entry.name),
            };
            files.push((file, entry.kind));
        }
    }
    let with_contents = files.iter().filter(|(_, kind)| *kind == EntryKind::File);
    let paths: Vec<Utf8PathBuf> = with_contents.map(|(file, _)| file.path.clone()).collect();
    let mut contents = tree.read_all(&paths)?.into_iter();
    let filled = |(file, kind)| match kind {
        EntryKind::Folder => file,
        EntryKind::File => FragmentFile {
            content: contents.next().flatten(),
            ..file
        },
    };
    Ok(files.into_iter().map(filled).collect())
}
