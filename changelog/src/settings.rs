//! towncrier's settings, read as they stand in `pyproject.toml` or `towncrier.toml`.
//!
//! Source of the keys and their defaults: towncrier's documentation, "Configuration Reference".

use camino::{Utf8Path, Utf8PathBuf};
use toml_edit::{Document, Item, TableLike};

use super::error::ChangelogError;
use super::heading::ReleaseHeading;
use super::python;
use super::template::Builtin;
use super::towncrier_version::TowncrierVersion;

/// The settings of one repository's changelog, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangelogSettings {
    /// The file that the settings were read from, relative to the root.
    pub source: Utf8PathBuf,
    /// Section names and their folders below the fragments' folder, in the file's order.
    pub sections: Vec<(String, String)>,
    /// Kinds of change in the order in which the changelog lists them.
    pub types: Vec<FragmentType>,
    /// Where the layout comes from.
    pub template: TemplateSource,
    /// The line after which a new release is put.
    pub start_string: String,
    /// The news file, or its pattern when every release has its own.
    pub filename: String,
    /// Whether all releases share one file.
    pub layout: FileLayout,
    /// The heading above a release.
    pub title: Title,
    /// How an issue is written; `None`: `#` before numbers, other names as they are.
    pub issue_format: Option<String>,
    /// The pattern that every issue's name must match as a whole.
    pub issue_pattern: Option<String>,
    /// Characters that underline the title, sections and types (reStructuredText).
    pub underlines: Vec<String>,
    /// Line width in code points, when lines are wrapped.
    pub wrap: Option<usize>,
    /// Whether the template puts a bullet before every text.
    pub bullets: Bullets,
    /// What begins the name of a fragment without an issue.
    pub orphan_prefix: String,
    /// File name patterns that are no fragments; `None` also lets misnamed files pass.
    pub ignore: Option<Vec<String>>,
    /// The project's name in titles; empty when there is none.
    pub name: String,
    /// The version that the settings name, for a changelog without an argument.
    pub version: Option<String>,
    /// The towncrier whose output is made.
    pub towncrier: TowncrierVersion,
    /// The folder of the module that may say the project's name, where no setting does.
    pub(crate) naming_module: Option<Utf8PathBuf>,
    fragments: FragmentFolder,
}

/// One kind of change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FragmentType {
    /// The part of a fragment's file name that names this kind.
    pub directory: String,
    /// The heading.
    pub name: String,
    /// What of a fragment is printed.
    pub content: EntryContent,
    /// Whether such a fragment satisfies `changelog --check`.
    pub check: bool,
}

/// What of a fragment is printed (`showcontent`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryContent {
    /// Text and issues.
    Shown,
    /// The issues alone.
    IssuesOnly,
}

/// `single_file`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileLayout {
    /// One file that grows.
    Single,
    /// One file a release, its name made from the version.
    PerRelease,
}

/// `all_bullets`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bullets {
    /// The template writes them.
    Template,
    /// The fragments' own text decides.
    Fragments,
}

/// `title_format`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Title {
    /// The template writes the heading (`""`, the default).
    InTemplate,
    /// No heading (`false`).
    None,
    /// This pattern, over a line of underlines unless the changelog is Markdown.
    Format(String),
}

/// `template`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateSource {
    /// One of the layouts that towncrier ships under a name.
    Builtin(Builtin),
    /// A file, relative to the root.
    File(Utf8PathBuf),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum FragmentFolder {
    /// `directory`: sections are folders below it.
    Directory(String),
    /// `package`: fragments are in `newsfragments` below the package and the section.
    Package(String),
}

/// The texts of the files that may hold the settings, as found at the root.
#[derive(Debug, Clone, Default)]
pub struct SettingsFiles {
    /// `towncrier.toml`, which goes before the other.
    pub towncrier: Option<String>,
    /// `pyproject.toml`.
    pub pyproject: Option<String>,
    /// The towncrier that the root pins.
    pub pinned: TowncrierVersion,
}

impl ChangelogSettings {
    /// Whether the layout sorts sections, types and entries: towncrier's own did before 17.8, where it now has them as
    /// the settings and the issues say.
    pub(crate) fn layout_sorts(&self) -> bool {
        let is_own = matches!(self.template, TemplateSource::Builtin(_));
        is_own && self.towncrier < TowncrierVersion::of(17, 8)
    }

    /// Reads the settings from the files at a root; `None` when none has `[tool.towncrier]`.
    ///
    /// # Errors
    /// Not TOML; a value of the wrong kind; a template that neither towncrier nor the root has.
    pub fn parse(files: &SettingsFiles) -> Result<Option<Self>, ChangelogError> {
        let project = match &files.pyproject {
            Some(text) => project_name("pyproject.toml".into(), text)?,
            None => None,
        };
        let candidates = [
            ("towncrier.toml", &files.towncrier),
            ("pyproject.toml", &files.pyproject),
        ];
        for (source, text) in candidates {
            let Some(text) = text else {
                continue;
            };
            let reader = Reader::new(source.into(), text, files.pinned)?;
            if reader.has_section() {
                return reader.settings(project).map(Some);
            }
        }
        Ok(None)
    }

    /// The folder of a section's fragments, relative to the root.
    pub fn section_folder(&self, section_path: &str) -> Utf8PathBuf {
        match &self.fragments {
            FragmentFolder::Directory(folder) => Utf8Path::new(folder).join(section_path),
            FragmentFolder::Package(package) => Utf8Path::new(package)
                .join(section_path)
                .join("newsfragments"),
        }
    }

    /// The same settings with another folder of fragments.
    #[must_use]
    pub fn with_folder(self, folder: &Utf8Path) -> Self {
        Self {
            fragments: FragmentFolder::Directory(folder.to_string()),
            ..self
        }
    }

    /// The type that a part of a file name names.
    pub fn type_named(&self, directory: &str) -> Option<&FragmentType> {
        self.types.iter().find(|kind| kind.directory == directory)
    }

    /// The news file of a release, relative to the root.
    ///
    /// # Errors
    /// A per-release pattern with an unknown field.
    pub fn news_file(&self, release: &ReleaseHeading<'_>) -> Result<Utf8PathBuf, ChangelogError> {
        match self.layout {
            FileLayout::Single => Ok(self.filename.clone().into()),
            FileLayout::PerRelease => self
                .fill("filename", &self.filename, release)
                .map(Into::into),
        }
    }

    pub(crate) fn fill(
        &self,
        key: &'static str,
        pattern: &str,
        release: &ReleaseHeading<'_>,
    ) -> Result<String, ChangelogError> {
        let fields = [
            ("name", self.name.as_str()),
            ("version", release.version),
            ("project_date", release.date),
        ];
        python::format(pattern, &fields).map_err(|source| ChangelogError::Format {
            file: self.source.clone(),
            key,
            pattern: pattern.to_owned(),
            source,
        })
    }
}

fn project_name(file: Utf8PathBuf, text: &str) -> Result<Option<String>, ChangelogError> {
    let document = parse_toml(&file, text)?;
    let name = document
        .get("project")
        .and_then(|project| project.get("name"));
    Ok(name.and_then(Item::as_str).map(str::to_owned))
}

fn parse_toml(file: &Utf8Path, text: &str) -> Result<Document<String>, ChangelogError> {
    Document::parse(text.to_owned()).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        let (line, column) = position(text, offset);
        ChangelogError::Toml {
            file: file.to_owned(),
            line,
            column,
            message: error.message().to_owned(),
        }
    })
}

/// Line and column, both from 1, of a byte offset.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (line, column)
}

struct Reader {
    file: Utf8PathBuf,
    text: String,
    document: Document<String>,
    pinned: TowncrierVersion,
}

impl Reader {
    fn new(
        file: Utf8PathBuf,
        text: &str,
        pinned: TowncrierVersion,
    ) -> Result<Self, ChangelogError> {
        let document = parse_toml(&file, text)?;
        Ok(Self {
            file,
            text: text.to_owned(),
            document,
            pinned,
        })
    }

    fn has_section(&self) -> bool {
        let tool = self.document.get("tool");
        tool.is_some_and(|tool| tool.get("towncrier").is_some())
    }

    fn item(&self, key: &str) -> Option<&Item> {
        self.document.get("tool")?.get("towncrier")?.get(key)
    }

    fn wrong(&self, key: &str, item: Option<&Item>, expected: &str) -> ChangelogError {
        let offset = item.and_then(Item::span).map_or(0, |span| span.start);
        ChangelogError::Setting {
            file: self.file.clone(),
            line: position(&self.text, offset).0,
            key: key.to_owned(),
            expected: expected.to_owned(),
        }
    }

    fn string(&self, key: &str) -> Result<Option<String>, ChangelogError> {
        self.typed(key, "text", |item| item.as_str().map(str::to_owned))
    }

    fn flag(&self, key: &str, default: bool) -> Result<bool, ChangelogError> {
        let value = self.typed(key, "true or false", Item::as_bool)?;
        Ok(value.unwrap_or(default))
    }

    fn typed<T>(
        &self,
        key: &str,
        expected: &str,
        read: impl Fn(&Item) -> Option<T>,
    ) -> Result<Option<T>, ChangelogError> {
        match self.item(key) {
            None => Ok(None),
            Some(item) => read(item)
                .map(Some)
                .ok_or_else(|| self.wrong(key, Some(item), expected)),
        }
    }

    fn settings(&self, project: Option<String>) -> Result<ChangelogSettings, ChangelogError> {
        if self.item("singlefile").is_some() {
            return Err(self.wrong(
                "singlefile",
                self.item("singlefile"),
                "the name `single_file`",
            ));
        }
        let filename = self
            .string("filename")?
            .unwrap_or_else(|| "NEWS.rst".to_owned());
        let markdown = Utf8Path::new(&filename).extension() == Some("md");
        let named = self.string("name")?;
        let takes_names = self.pinned >= TowncrierVersion::of(21, 3);
        let named = named.filter(|_| takes_names).unwrap_or_default();
        let package = self.string("package")?.unwrap_or_default();
        // Before 25.8 the project's own name was not asked.
        let project = project.filter(|_| self.pinned >= TowncrierVersion::of(25, 8));
        let names_itself = named.is_empty() && project.is_none() && !package.is_empty();
        let (package, name) = names(package, named, project);
        let base = Utf8PathBuf::from(self.string("package_dir")?.unwrap_or_default());
        let module = names_itself.then(|| base.join(package.replace('.', "/")));
        Ok(ChangelogSettings {
            source: self.file.clone(),
            sections: self.sections()?,
            types: self.types()?,
            template: self.template(markdown)?,
            start_string: self.start_string(markdown)?,
            layout: match self.flag("single_file", true)? {
                true => FileLayout::Single,
                false => FileLayout::PerRelease,
            },
            title: self.title()?,
            issue_format: self.string("issue_format")?,
            issue_pattern: self
                .string("issue_pattern")?
                .filter(|pattern| !pattern.is_empty()),
            underlines: self.underlines()?,
            wrap: self.wrap()?,
            bullets: match self.flag("all_bullets", true)? {
                true => Bullets::Template,
                false => Bullets::Fragments,
            },
            orphan_prefix: self
                .string("orphan_prefix")?
                .unwrap_or_else(|| "+".to_owned()),
            ignore: self.typed("ignore", "a list of file name patterns", strings)?,
            version: self.string("version")?,
            towncrier: self.pinned,
            fragments: match self.string("directory")? {
                Some(directory) => FragmentFolder::Directory(directory),
                None => FragmentFolder::Package(base.join(&package).into_string()),
            },
            naming_module: module,
            filename,
            name,
        })
    }

    fn start_string(&self, markdown: bool) -> Result<String, ChangelogError> {
        let set = self.string("start_string")?.filter(|text| !text.is_empty());
        Ok(
            set.unwrap_or_else(|| match markdown && self.has_markdown() {
                true => "<!-- towncrier release notes start -->\n".to_owned(),
                false => ".. towncrier release notes start\n".to_owned(),
            }),
        )
    }

    /// Whether this towncrier has a layout in Markdown.
    fn has_markdown(&self) -> bool {
        self.pinned >= TowncrierVersion::of(23, 6)
    }

    fn title(&self) -> Result<Title, ChangelogError> {
        let title = self.typed("title_format", "text or false", |item| {
            match item.as_bool() {
                Some(false) => Some(Title::None),
                Some(true) => None,
                None => item.as_str().map(|text| match text {
                    "" => Title::InTemplate,
                    _ => Title::Format(text.to_owned()),
                }),
            }
        })?;
        // Before 19.9 the title was not the template's.
        let usual = match self.pinned < TowncrierVersion::of(19, 9) {
            true => Title::Format("{name} {version} ({project_date})".to_owned()),
            false => Title::InTemplate,
        };
        Ok(title.unwrap_or(usual))
    }

    fn underlines(&self) -> Result<Vec<String>, ChangelogError> {
        let expected = "a list of characters, or a text of at least one character";
        let set = self.typed("underlines", expected, |item| match item.as_str() {
            Some(text) => Some(text.chars().map(String::from).collect()),
            None => strings(item),
        })?;
        let set: Vec<String> = set.unwrap_or_else(|| ["=", "-", "~"].map(String::from).to_vec());
        match set.is_empty() {
            true => Err(self.wrong("underlines", self.item("underlines"), expected)),
            false => Ok(set),
        }
    }

    fn wrap(&self) -> Result<Option<usize>, ChangelogError> {
        const USUAL: usize = 79;
        let wrap = self.typed("wrap", "true, false or a width", |item| {
            match item.as_bool() {
                Some(true) => Some(Some(USUAL)),
                Some(false) => Some(None),
                None => item.as_integer().map(|width| match usize::try_from(width) {
                    Ok(width) if width > 0 => Some(width),
                    _ => Some(USUAL),
                }),
            }
        })?;
        Ok(match wrap.flatten() {
            // These knew no width but the usual one.
            Some(width) if width != 0 && self.pinned < TowncrierVersion::of(26, 9) => Some(USUAL),
            None if self.pinned < TowncrierVersion::of(18, 6) => Some(USUAL),
            wrap => wrap,
        })
    }

    fn sections(&self) -> Result<Vec<(String, String)>, ChangelogError> {
        let mut sections: Vec<(String, String)> = Vec::new();
        let Some(item) = self.item("section") else {
            return Ok(vec![(String::new(), String::new())]);
        };
        for table in self.tables("section", item)? {
            let name = table
                .get("name")
                .and_then(Item::as_str)
                .unwrap_or("")
                .to_owned();
            let path = table.get("path").and_then(Item::as_str);
            let path = path.ok_or_else(|| self.wrong("section", Some(item), "a `path` in each"))?;
            match sections.iter_mut().find(|(known, _)| *known == name) {
                Some(known) => known.1 = path.to_owned(),
                None => sections.push((name, path.to_owned())),
            }
        }
        Ok(sections)
    }

    fn types(&self) -> Result<Vec<FragmentType>, ChangelogError> {
        let table = self.item("fragment").and_then(Item::as_table_like);
        if let Some(table) = table.filter(|table| !table.is_empty()) {
            return self.types_of_table(table);
        }
        match self.item("type") {
            Some(item) => {
                let tables = self.tables("type", item)?;
                match tables.is_empty() {
                    true => Ok(usual_types()),
                    false => self.types_of_array(item, tables),
                }
            }
            None => Ok(usual_types()),
        }
    }

    /// `[tool.towncrier.fragment.NAME]`: sorted by name.
    fn types_of_table(&self, table: &dyn TableLike) -> Result<Vec<FragmentType>, ChangelogError> {
        let mut types = Vec::new();
        for (directory, item) in table.iter() {
            let options = item.as_table_like();
            let options = options
                .ok_or_else(|| self.wrong("fragment", Some(item), "a table for each type"))?;
            let name = options
                .get("name")
                .and_then(Item::as_str)
                .map(str::to_owned);
            let name = name.unwrap_or_else(|| python::capitalize(directory));
            types.push(fragment_type(directory.to_owned(), name, options));
        }
        types.sort_by(|a, b| a.directory.cmp(&b.directory));
        Ok(types)
    }

    /// `[[tool.towncrier.type]]`: in the file's order.
    fn types_of_array(
        &self,
        item: &Item,
        tables: Vec<&dyn TableLike>,
    ) -> Result<Vec<FragmentType>, ChangelogError> {
        let mut types: Vec<FragmentType> = Vec::new();
        for options in tables {
            let name = options.get("name").and_then(Item::as_str);
            let name = name.ok_or_else(|| self.wrong("type", Some(item), "a `name` in each"))?;
            let directory = options.get("directory").and_then(Item::as_str);
            let directory = directory.map_or_else(|| name.to_lowercase(), str::to_owned);
            let kind = fragment_type(directory, name.to_owned(), options);
            match types
                .iter_mut()
                .find(|known| known.directory == kind.directory)
            {
                Some(known) => *known = kind,
                None => types.push(kind),
            }
        }
        Ok(types)
    }

    fn tables<'a>(
        &self,
        key: &str,
        item: &'a Item,
    ) -> Result<Vec<&'a dyn TableLike>, ChangelogError> {
        if let Some(tables) = item.as_array_of_tables() {
            return Ok(tables.iter().map(|table| table as &dyn TableLike).collect());
        }
        let inline = item.as_array().map(|array| {
            array
                .iter()
                .map(|value| value.as_inline_table().map(|table| table as &dyn TableLike))
                .collect()
        });
        inline
            .flatten()
            .ok_or_else(|| self.wrong(key, Some(item), "a list of tables"))
    }

    fn template(&self, markdown: bool) -> Result<TemplateSource, ChangelogError> {
        let set = self
            .string("template")?
            .unwrap_or_else(|| "towncrier:default".to_owned());
        let named = |text: &str| {
            !text.is_empty()
                && text
                    .chars()
                    .all(|c| c.is_alphanumeric() || matches!(c, '-' | '.' | '_'))
        };
        match set
            .split_once(':')
            .filter(|(package, resource)| named(package) && named(resource))
        {
            None => Ok(TemplateSource::File(set.into())),
            Some((package, resource)) => {
                let builtin = matches!(package, "towncrier" | "towncrier.templates");
                let builtin = builtin
                    .then(|| Builtin::named(resource, markdown && self.has_markdown()))
                    .flatten();
                builtin.map(TemplateSource::Builtin).ok_or_else(|| {
                    ChangelogError::UnknownTemplate {
                        file: self.file.clone(),
                        template: set.clone(),
                    }
                })
            }
        }
    }
}

/// The package and the project's name, filled in from each other and from `[project] name`.
fn names(package: String, name: String, project: Option<String>) -> (String, String) {
    let project = project.unwrap_or_default();
    let guessed = match package.is_empty() {
        true => project.clone(),
        false => package,
    };
    let name = match (name.is_empty(), project.is_empty()) {
        (false, _) => name,
        (true, false) => guessed.clone(),
        (true, true) => python::title(&guessed),
    };
    (guessed, name)
}

fn strings(item: &Item) -> Option<Vec<String>> {
    item.as_array()?
        .iter()
        .map(|value| value.as_str().map(str::to_owned))
        .collect()
}

fn fragment_type(directory: String, name: String, options: &dyn TableLike) -> FragmentType {
    let flag = |key| options.get(key).and_then(Item::as_bool).unwrap_or(true);
    FragmentType {
        directory,
        name,
        content: match flag("showcontent") {
            true => EntryContent::Shown,
            false => EntryContent::IssuesOnly,
        },
        check: flag("check"),
    }
}

/// The types of a repository that names none.
fn usual_types() -> Vec<FragmentType> {
    let kind = |directory: &str, name: &str, content| FragmentType {
        directory: directory.to_owned(),
        name: name.to_owned(),
        content,
        check: true,
    };
    vec![
        kind("feature", "Features", EntryContent::Shown),
        kind("bugfix", "Bugfixes", EntryContent::Shown),
        kind("doc", "Improved Documentation", EntryContent::Shown),
        kind("removal", "Deprecations and Removals", EntryContent::Shown),
        kind("misc", "Misc", EntryContent::IssuesOnly),
    ]
}
