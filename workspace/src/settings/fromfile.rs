//! Values in files of their own: `--python-resolves=@resolves.json`, as Pants reads them.
//!
//! `@PATH` is the text of a file, relative to the root; `.json` and `.toml` files may hold lists and
//! tables, of which `@PATH:a.b` takes a part. `@?PATH` need not be there, and `@@` stands for an `@`.
//! Source: <https://www.pantsbuild.org/stable/docs/using-pants/key-concepts/options#reading-individual-option-values-from-files>.

use std::io::ErrorKind;

use camino::Utf8Path;

use super::tree::{Placeholders, SettingMistake, SettingMistakeKind, SettingNode, SettingTree};

/// A value that stands in a file.
struct ValueFile<'t> {
    path: &'t str,
    /// The keys that lead to a part of it.
    keys: Option<&'t str>,
    /// Whether the file must be there.
    is_needed: bool,
}

impl SettingNode {
    /// The value that is meant: this one, or that of the file that it names. None if such a file need
    /// not be there, and is not.
    ///
    /// # Errors
    /// A file that is missing, or cannot be read.
    pub(super) fn resolved(&self, root: &Utf8Path) -> Result<Option<Self>, SettingMistake> {
        let SettingTree::Text(text) = &self.tree else {
            return Ok(Some(self.clone()));
        };
        let with = |tree| Self {
            tree,
            span: self.span.clone(),
        };
        if let Some(escaped) = text.strip_prefix("@@") {
            return Ok(Some(with(SettingTree::Text(format!("@{escaped}")))));
        }
        let Some(file) = ValueFile::parse(text) else {
            return Ok(Some(self.clone()));
        };
        let path = root.join(file.path);
        let content = match fs_err::read_to_string(&path) {
            Ok(content) => content,
            Err(error) if error.kind() == ErrorKind::NotFound && !file.is_needed => {
                return Ok(None);
            }
            Err(error) => return Err(self.bad(format!("cannot read {path}: {}", error.kind()))),
        };
        let tree = self.content(&path, content)?;
        let tree = match file.keys {
            Some(keys) => {
                part(tree, keys).ok_or_else(|| self.bad(format!("{path} has no `{keys}`")))?
            }
            None => tree,
        };
        Ok(Some(with(tree)))
    }

    fn content(&self, path: &Utf8Path, content: String) -> Result<SettingTree, SettingMistake> {
        match path.extension() {
            Some("json") => {
                let value: serde_json::Value = serde_json::from_str(&content)
                    .map_err(|error| self.bad(format!("{path} is not valid JSON: {error}")))?;
                Ok(self.of_json(&value).tree)
            }
            Some("toml") => {
                let document = toml_edit::Document::parse(content);
                let document = document.map_err(|error| {
                    self.bad(format!("{path} is not valid TOML: {}", error.message()))
                })?;
                let node = Self::new(document.as_item(), &Placeholders::default());
                Ok(node
                    .map_err(|_| self.bad(format!("{path} has placeholders")))?
                    .tree)
            }
            Some("yaml" | "yml") => Err(self.bad(format!(
                "{path} is YAML, which is not read here; JSON and TOML are"
            ))),
            _ => Ok(SettingTree::Text(content.trim_end().to_owned())),
        }
    }

    fn bad(&self, reason: String) -> SettingMistake {
        self.mistake(SettingMistakeKind::BadValue(reason))
    }
}

impl<'t> ValueFile<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let named = text.strip_prefix('@').filter(|named| !named.is_empty())?;
        let (path, keys) = match named.rsplit_once(':') {
            Some((path, keys)) => (path, Some(keys)),
            None => (named, None),
        };
        Some(match path.strip_prefix('?') {
            Some(path) => Self {
                path,
                keys,
                is_needed: false,
            },
            None => Self {
                path,
                keys,
                is_needed: true,
            },
        })
    }
}

/// The part of a value below keys that are joined by dots.
fn part(tree: SettingTree, keys: &str) -> Option<SettingTree> {
    keys.split('.').try_fold(tree, |tree, key| match tree {
        SettingTree::Table(entries) => {
            let found = entries.into_iter().find(|entry| entry.name == key);
            found.map(|entry| entry.node.tree)
        }
        _ => None,
    })
}
