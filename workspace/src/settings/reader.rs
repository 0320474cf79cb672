//! From the text of the settings files to [`Settings`].

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use checks::ToolTable;
use toml_edit::{Item, TableLike};

use super::document::{OWN_FILE, SettingsDocument, read_if_there};
use super::environment::{SettingVariable, further_files, variables};
use super::error::{SettingKey, SettingsError, SettingsProblem};
use super::flag::{GLOBAL, SettingFlag};
use super::keys::{Section, Sections, ToolOptions};
use super::kinds::Setting;
use super::pants_keys::{INSTALL_FROM_RESOLVE, PROGRAM_KEYS, PROGRAMS, pants_keys, pants_sections};
use super::tree::{
    Placeholders, SettingMistake, SettingMistakeKind, SettingNode, SettingTree, name_span,
};
use super::{DEFAULT_RESOLVE_KEY, Settings, UnusedMistake, UnusedSetting};
use model::nearest;
use targets::InferredRepository;

/// The settings files of one repository, parsed.
pub(super) struct RepositorySettings {
    root: Utf8PathBuf,
    pants: Option<SettingsDocument>,
    /// Files that count more than `pants.toml`, in order.
    further: Vec<SettingsDocument>,
    cargo: Option<SettingsDocument>,
    /// Ours alone, which Pants does not read.
    own: Option<SettingsDocument>,
    /// `[tool.xtask]` of `pyproject.toml`.
    project: Option<SettingsDocument>,
    /// What follows from projects, where no file says what there is.
    inferred: Option<(SettingsDocument, Arc<InferredRepository>)>,
}

/// What a file may hold beside settings that we know.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unknown {
    /// `pants.toml`: anything.
    Ignored,
    /// Our table in `Cargo.toml`: nothing.
    Refused,
}

/// Whether a flag says that nothing follows from projects.
fn is_no_inference(flag: &SettingFlag) -> bool {
    flag.name() == (GLOBAL, "infer_projects") && flag.value().eq_ignore_ascii_case("false")
}

/// A resolve that some setting names.
struct Mention {
    key: SettingKey,
    resolve: String,
    span: Range<usize>,
}

impl RepositorySettings {
    /// Reads the files in `root`; messages name them relative to it.
    pub(super) fn load(
        root: &Utf8Path,
        environment: &BTreeMap<String, String>,
        flags: &[SettingFlag],
    ) -> Result<Self, SettingsError> {
        let document = |name: &str| {
            read_if_there(&root.join(name))?
                .map(|text| SettingsDocument::parse(name.into(), text))
                .transpose()
        };
        let mut files = Self {
            root: root.to_owned(),
            pants: document("pants.toml")?,
            further: Vec::new(),
            cargo: document("Cargo.toml")?,
            own: document(OWN_FILE)?,
            project: None,
            inferred: None,
        };
        if files.pants.is_some() {
            files.further = further_files(root, environment, flags)?;
        } else {
            files.infer(root, flags)?;
        }
        files.checked()
    }

    /// Reads the projects of a repository that Pants does not know.
    fn infer(&mut self, root: &Utf8Path, flags: &[SettingFlag]) -> Result<(), SettingsError> {
        let path = root.join("pyproject.toml");
        if let Some(text) = read_if_there(&path)?.filter(|text| text.contains("xtask")) {
            let document = SettingsDocument::parse("pyproject.toml".into(), text)?;
            self.project = Some(document).filter(|document| document.our_table().is_some());
        }
        if self.says_what_there_is() || flags.iter().any(is_no_inference) {
            return Ok(());
        }
        let found = crate::tree::infer(root).map_err(|error| {
            let (place, hint) = (error.place, error.hint);
            let problem = SettingsProblem::Project {
                message: error.message,
                hint,
            };
            SettingsError { place, problem }
        })?;
        if let Some(found) = found {
            let text = found.settings.clone();
            let document = SettingsDocument::parse("pyproject.toml".into(), text)?;
            self.inferred = Some((document, Arc::new(found)));
        }
        Ok(())
    }

    /// Whether settings of ours leave no room for what follows from projects.
    fn says_what_there_is(&self) -> bool {
        let files = [&self.cargo, &self.project, &self.own]
            .into_iter()
            .flatten();
        let tables = files.filter_map(SettingsDocument::our_table);
        let mut globals = tables.filter_map(|table| table.get(GLOBAL));
        globals.any(|global| {
            let switch = global.get("infer_projects").and_then(|item| item.as_bool());
            global.get("build_patterns").is_some() || switch == Some(false)
        })
    }

    #[cfg(test)]
    pub(super) fn new(
        root: &Utf8Path,
        pants: Option<SettingsDocument>,
        cargo: Option<SettingsDocument>,
    ) -> Result<Self, SettingsError> {
        let files = Self {
            root: root.to_owned(),
            pants,
            further: Vec::new(),
            cargo,
            own: None,
            project: None,
            inferred: None,
        };
        files.checked()
    }

    fn is_inferred(&self, document: &SettingsDocument) -> bool {
        let inferred = self.inferred.as_ref();
        inferred.is_some_and(|(inferred, _)| std::ptr::eq(inferred, document))
    }

    /// These files, if any of them says something.
    fn checked(mut self) -> Result<Self, SettingsError> {
        self.cargo = self.cargo.filter(|document| document.our_table().is_some());
        let is_there = self.pants.is_some()
            || self.cargo.is_some()
            || self.project.is_some()
            || self.inferred.is_some();
        match is_there {
            true => Ok(self),
            false => Err(SettingsError::whole(&self.root, SettingsProblem::NotARoot)),
        }
    }
}

impl Settings {
    /// Reads the settings of the repository at `root`.
    ///
    /// `environment` is what `%(env.NAME)s` sees; `flags` are settings of the command line, which
    /// count more than those of files.
    ///
    /// # Errors
    /// Where a file cannot be read, or says what cannot be meant.
    pub fn load(
        root: &Utf8Path,
        environment: BTreeMap<String, String>,
        flags: &[SettingFlag],
    ) -> Result<Self, SettingsError> {
        let files = RepositorySettings::load(root, &environment, flags)?;
        read(&files, environment, flags)
    }
}

impl Settings {
    /// The words that stand for others on the command line. Files are read whole only where one of
    /// them speaks of aliases.
    ///
    /// # Errors
    /// Where a file cannot be read, or says what cannot be meant.
    pub fn aliases(
        root: &Utf8Path,
        environment: BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, SettingsError> {
        const KEY: &str = "alias";
        let files = RepositorySettings::load(root, &environment, &[])?;
        let of_pants = files.pants.iter().chain(&files.further);
        let documents = of_pants.chain(&files.cargo).chain(&files.project);
        let mut mentions = documents.map(|document| document.mentions(KEY));
        if !mentions.any(|has| has) && !environment.contains_key("PANTS_CLI_ALIAS") {
            return Ok(BTreeMap::new());
        }
        Ok(read(&files, environment, &[])?.sections.cli.alias)
    }
}

/// Reads both files and the flags, the later over the earlier, and checks what they say together.
pub(super) fn read(
    files: &RepositorySettings,
    environment: BTreeMap<String, String>,
    flags: &[SettingFlag],
) -> Result<Settings, SettingsError> {
    let mut settings = Settings {
        root: files.root.clone(),
        file: match &files.pants {
            Some(document) => document.path.clone(),
            None => files.root.clone(),
        },
        ignored: Vec::new(),
        tools: BTreeMap::new(),
        programs: BTreeMap::new(),
        tool_options: BTreeMap::new(),
        inferred: files.inferred.as_ref().map(|(_, found)| Arc::clone(found)),
        sections: Sections::default(),
    };
    let variables = match files.pants {
        Some(_) => variables(&environment),
        // Whether a job may store, and its token, are said by the job, whatever file has the rest.
        None => variables(&environment)
            .into_iter()
            .filter(|variable| variable.is_of_shared_cache())
            .collect(),
    };
    let placeholders = Placeholders::new(&files.root, environment);
    let python = &mut settings.sections.python;
    python.enable_resolves = files.pants.is_none();
    let lockfile = match files.pants {
        Some(_) => "3rdparty/python/default.lock", // what Pants has where nothing is said
        None => "python.lock",
    };
    let lockfile = lockfile.parse().into_iter();
    python.resolves = lockfile
        .map(|lockfile| ("python-default".to_owned(), lockfile))
        .collect();
    let of_pants = files.pants.iter().chain(&files.further);
    let inferred = files.inferred.iter().map(|(document, _)| document);
    let ours = inferred
        .chain(&files.cargo)
        .chain(&files.project)
        .chain(&files.own);
    let layers = of_pants
        .map(|document| (document, Unknown::Ignored))
        .chain(ours.map(|document| (document, Unknown::Refused)));
    let mut mentions = Vec::new();
    for (document, unknown) in layers {
        let mut layer = Layer {
            document,
            unknown,
            placeholders: placeholders.clone(),
            mentions: Vec::new(),
        };
        let is_inferred = files.is_inferred(document);
        let read = layer.read(&mut settings);
        // What follows from projects has no place of its own.
        read.map_err(|error| match is_inferred {
            true => SettingsError::whole(&document.path, error.problem),
            false => error,
        })?;
        if !is_inferred {
            mentions.push((document, layer.mentions));
        }
    }
    for variable in variables {
        let document = SettingsDocument::of_variable(&variable.text)?;
        let mut layer = Layer {
            document: &document,
            unknown: Unknown::Refused,
            placeholders: placeholders.clone(),
            mentions: Vec::new(),
        };
        layer.read_variable(&mut settings, &variable)?;
    }
    for flag in flags {
        let document = SettingsDocument::of_flag(flag)?;
        let mut layer = Layer {
            document: &document,
            unknown: Unknown::Refused,
            placeholders: placeholders.clone(),
            mentions: Vec::new(),
        };
        layer.read_flag(&mut settings, flag)?;
    }
    for (document, mentions) in mentions {
        check_resolves(&settings, document, mentions)?;
    }
    Ok(settings)
}

/// One file on top of what earlier ones gave.
struct Layer<'a> {
    document: &'a SettingsDocument,
    unknown: Unknown,
    placeholders: Placeholders,
    mentions: Vec<Mention>,
}

impl Layer<'_> {
    fn read(&mut self, settings: &mut Settings) -> Result<(), SettingsError> {
        let document = self.document;
        let table = match self.unknown {
            Unknown::Ignored => document.toml.as_table(),
            Unknown::Refused => match document.our_table() {
                Some(table) => table,
                None => return Ok(()),
            },
        };
        if let Some(defaults) = table
            .get("DEFAULT")
            .filter(|_| self.unknown == Unknown::Ignored)
        {
            self.add_placeholders(defaults);
        }
        let common = self.placeholders.clone();
        for (section, item) in table.iter() {
            let span = name_span(table, section).unwrap_or_default();
            let Some(entries) = item.as_table_like() else {
                self.not_a_section(settings, section, item, span)?;
                continue;
            };
            // The keys of a section stand for their texts within it.
            self.placeholders = common.clone();
            self.add_placeholders(item);
            for (name, item) in entries.iter() {
                let key = SettingKey {
                    section: section.to_owned(),
                    name: name.to_owned(),
                };
                let span = name_span(entries, name).unwrap_or_default();
                self.read_key(settings, key, item, span)?;
            }
        }
        Ok(())
    }

    fn add_placeholders(&mut self, defaults: &Item) {
        for (name, item) in defaults
            .as_table_like()
            .into_iter()
            .flat_map(TableLike::iter)
        {
            if let Some(value) = item.as_str() {
                self.placeholders
                    .values
                    .insert(name.to_owned(), value.to_owned());
            }
        }
    }

    fn read_key(
        &mut self,
        settings: &mut Settings,
        key: SettingKey,
        item: &Item,
        span: Range<usize>,
    ) -> Result<(), SettingsError> {
        let is_option = is_tool_option(settings, &key);
        let section = settings.sections.get_mut(&key.section);
        let known = is_option
            || is_program_key(&key)
            || section.is_some_and(|s| s.keys().contains(&key.name.as_str()));
        if !known {
            return self.unknown_key(settings, key, span);
        }
        let result = SettingNode::new(item, &self.placeholders).and_then(|node| {
            self.note_resolves(&key, &node);
            set(settings, &key, &node)
        });
        if key.section == "python" {
            settings.file.clone_from(&self.document.path);
        }
        result.map_err(|mistake| self.explain(key, mistake))
    }

    fn read_variable(
        &mut self,
        settings: &mut Settings,
        variable: &SettingVariable,
    ) -> Result<(), SettingsError> {
        let key = SettingKey {
            section: variable.section.clone(),
            name: variable.key.clone(),
        };
        set(settings, &key, &variable.node).map_err(|mistake| self.explain(key, mistake))
    }

    fn read_flag(
        &mut self,
        settings: &mut Settings,
        flag: &SettingFlag,
    ) -> Result<(), SettingsError> {
        let key = SettingKey {
            section: flag.section.clone(),
            name: flag.key.clone(),
        };
        set(settings, &key, &flag.node()).map_err(|mistake| self.explain(key, mistake))
    }

    /// Remembers which resolves a value names; whether they exist is seen when all is read.
    fn note_resolves(&mut self, key: &SettingKey, node: &SettingNode) {
        let mut note = |resolve: &str, span: &Range<usize>| {
            self.mentions.push(Mention {
                key: key.clone(),
                resolve: resolve.to_owned(),
                span: span.clone(),
            });
        };
        let by_resolve = key.section == "python" && key.name.starts_with("resolves_to_");
        if by_resolve && let Ok(entries) = node.table("a table") {
            for entry in entries
                .iter()
                .filter(|entry| entry.name != DEFAULT_RESOLVE_KEY)
            {
                note(&entry.name, &entry.name_span);
            }
        }
        let one = key.name == INSTALL_FROM_RESOLVE
            || (key.section == "python" && key.name == "default_resolve");
        if one && let SettingTree::Text(resolve) = &node.tree {
            note(resolve, &node.span);
        }
    }

    fn not_a_section(
        &self,
        settings: &mut Settings,
        section: &str,
        item: &Item,
        span: Range<usize>,
    ) -> Result<(), SettingsError> {
        if self.unknown == Unknown::Ignored {
            settings.ignored.push(UnusedSetting {
                file: self.document.path.clone(),
                line: self.document.line(span),
                section: String::new(),
                key: section.to_owned(),
                mistake: Some(UnusedMistake::Outside),
            });
            return Ok(());
        }
        if !Sections::NAMES.contains(&section) {
            return Err(self.unknown_section(section, span));
        }
        let problem = SettingsProblem::NotASection {
            section: section.to_owned(),
            found: item.type_name(),
        };
        Err(self.document.error(span, problem))
    }

    fn unknown_key(
        &self,
        settings: &mut Settings,
        key: SettingKey,
        span: Range<usize>,
    ) -> Result<(), SettingsError> {
        if self.unknown == Unknown::Ignored {
            let mistake = self.mistake(settings, &key, &span)?;
            settings.ignored.push(UnusedSetting {
                mistake,
                file: self.document.path.clone(),
                line: self.document.line(span),
                section: key.section,
                key: key.name,
            });
            return Ok(());
        }
        let Some(section) = settings.sections.get_mut(&key.section) else {
            return Err(self.unknown_section(&key.section, span));
        };
        let known = section.keys();
        let problem = SettingsProblem::UnknownKey {
            nearest: nearest(&key.name, known.iter().copied()),
            key,
            known,
        };
        Err(self.document.error(span, problem))
    }

    /// What is wrong with a key of `pants.toml` that nothing here reads, if it is none of Pants.
    ///
    /// One that is like a key that is read is refused.
    fn mistake(
        &self,
        settings: &mut Settings,
        key: &SettingKey,
        span: &Range<usize>,
    ) -> Result<Option<UnusedMistake>, SettingsError> {
        let section = key.section.as_str();
        let ours = settings.sections.get_mut(section).map(|known| known.keys());
        let ours = ours.or_else(|| keys_of_tool(section));
        let theirs = pants_keys(section);
        if ours.is_none() && theirs.is_none() {
            let known = pants_sections().chain(Sections::NAMES.iter().copied());
            return Ok(nearest(section, known).map(UnusedMistake::Section));
        }
        let theirs = theirs.unwrap_or_default();
        let is_unsure = ours.is_none() && theirs.is_empty();
        if is_unsure || theirs.contains(&key.name.as_str()) {
            return Ok(None);
        }
        let known = theirs
            .into_iter()
            .chain(ours.into_iter().flatten().copied());
        let near = nearest(&key.name, known);
        let (Some(known), Some(_)) = (ours, near) else {
            return Ok(Some(UnusedMistake::Key(near)));
        };
        let problem = SettingsProblem::UnknownKey {
            nearest: near,
            key: key.clone(),
            known,
        };
        Err(self.document.error(span.clone(), problem))
    }

    fn unknown_section(&self, section: &str, span: Range<usize>) -> SettingsError {
        let table = self.document.our_table();
        let problem = SettingsProblem::UnknownSection {
            section: section.to_owned(),
            nearest: nearest(section, Sections::NAMES.iter().copied()),
        };
        let span = table
            .and_then(|table| name_span(table, section))
            .unwrap_or(span);
        self.document.error(span, problem)
    }

    fn explain(&self, key: SettingKey, mistake: SettingMistake) -> SettingsError {
        let problem = match mistake.kind {
            SettingMistakeKind::WrongType { expected, found } => SettingsProblem::WrongType {
                key,
                expected,
                found,
            },
            SettingMistakeKind::BadValue(reason) => SettingsProblem::BadValue { key, reason },
            SettingMistakeKind::UnknownPlaceholder(name) => {
                SettingsProblem::UnknownPlaceholder { key, name }
            }
            SettingMistakeKind::UnsetVariable(name) => SettingsProblem::UnsetVariable { key, name },
        };
        self.document.error(mistake.span, problem)
    }
}

fn set(
    settings: &mut Settings,
    key: &SettingKey,
    node: &SettingNode,
) -> Result<(), SettingMistake> {
    match set_value(settings, key, node) {
        Err(_) if is_of_pants_alone(settings, key) => Ok(()),
        result => result,
    }
}

/// Whether a section is that of a tool of Pants that does not run here: what it means there is not known, and nothing
/// reads it.
fn is_of_pants_alone(settings: &mut Settings, key: &SettingKey) -> bool {
    let section = key.section.as_str();
    settings.sections.get_mut(section).is_none()
        && pants_keys(section).is_some()
        && keys_of_tool(section).is_none()
}

/// The keys of a section that is one of a tool that runs here.
fn keys_of_tool(section: &str) -> Option<&'static [&'static str]> {
    let shipped = ToolTable::shipped();
    let mut tools = shipped.iter();
    tools
        .any(|tool| tool.section() == section)
        .then(|| ToolOptions::default().keys())
}

fn set_value(
    settings: &mut Settings,
    key: &SettingKey,
    node: &SettingNode,
) -> Result<(), SettingMistake> {
    // A token is read again when it is used: it may change while a run lasts.
    let node = match key.name.as_str() {
        "remote_oauth_bearer_token" => Some(node.clone()),
        _ => node.resolved(&settings.root)?,
    };
    let Some(node) = &node else { return Ok(()) };
    if is_program_key(key) {
        set_program(settings, key, node)?;
    }
    if is_tool_option(settings, key) {
        if key.name == INSTALL_FROM_RESOLVE {
            let resolve = String::read(node)?;
            settings.tools.insert(key.section.clone(), resolve);
            return Ok(());
        }
        let options = settings.tool_options.entry(key.section.clone());
        let updated = options.or_default().update(&key.name, node);
        return updated.unwrap_or(Ok(()));
    }
    let section = settings.sections.get_mut(&key.section);
    section
        .and_then(|section| section.update(&key.name, node))
        .unwrap_or(Ok(()))
}

/// Whether a key is one that the section of every tool may have.
fn is_tool_option(settings: &mut Settings, key: &SettingKey) -> bool {
    let name = key.name.as_str();
    let of_section = settings.sections.get_mut(&key.section);
    match name == INSTALL_FROM_RESOLVE {
        true => true,
        false => of_section.is_none() && ToolOptions::default().keys().contains(&name),
    }
}

/// Whether a key is one that the section of a program has.
fn is_program_key(key: &SettingKey) -> bool {
    PROGRAMS.contains(&key.section.as_str()) && PROGRAM_KEYS.contains(&key.name.as_str())
}

fn set_program(
    settings: &mut Settings,
    key: &SettingKey,
    node: &SettingNode,
) -> Result<(), SettingMistake> {
    let program = settings.programs.entry(key.section.clone()).or_default();
    match key.name.as_str() {
        "version" => program.version.update(node),
        "known_versions" => program.known_versions.update(node),
        "url_template" => program.url_template.update(node),
        _ => program.url_platform_mapping.update(node),
    }
}

fn check_resolves(
    settings: &Settings,
    document: &SettingsDocument,
    mentions: Vec<Mention>,
) -> Result<(), SettingsError> {
    let resolves = &settings.python.resolves;
    for mention in mentions {
        if !settings.python.enable_resolves || resolves.contains_key(&mention.resolve) {
            continue;
        }
        let problem = SettingsProblem::UnknownResolve {
            nearest: nearest(&mention.resolve, resolves.keys().cloned()),
            known: resolves.keys().cloned().collect(),
            key: mention.key,
            resolve: mention.resolve,
        };
        return Err(document.error(mention.span, problem));
    }
    let mut owners = BTreeMap::new();
    for (resolve, lockfile) in resolves {
        if let Some(first) = owners.insert(lockfile, resolve) {
            let problem = SettingsProblem::SharedLockfile {
                first: first.clone(),
                second: resolve.clone(),
                lockfile: lockfile.to_path_buf(),
            };
            return Err(SettingsError::whole(&document.path, problem));
        }
    }
    Ok(())
}
