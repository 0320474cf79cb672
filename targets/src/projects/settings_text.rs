//! Settings while they are written: sections, and the text of them all.

use std::collections::BTreeMap;

use toml_edit::{Array, DocumentMut, Item, Table, Value};

/// Settings that are being written, by section.
pub(super) struct SettingsText {
    sections: BTreeMap<String, Table>,
}

impl SettingsText {
    /// What holds for every repository.
    pub(super) fn new() -> Self {
        let mut settings = Self {
            sections: BTreeMap::new(),
        };
        // A repository has either.
        settings.list("GLOBAL", "build_patterns", []);
        settings.text("python-infer", "ambiguity_resolution", "by_project");
        // What a project requires may import what it does not declare.
        settings.text("python-infer", "unowned_dependency_behavior", "ignore");
        settings
    }

    /// A section.
    pub(super) fn section(&mut self, name: &str) -> &mut Table {
        self.sections.entry(name.to_owned()).or_default()
    }

    /// Sets a text.
    pub(super) fn text(&mut self, section: &str, key: &str, value: &str) {
        self.section(section)[key] = toml_edit::value(value);
    }

    /// Sets a list of texts.
    pub(super) fn list(
        &mut self,
        section: &str,
        key: &str,
        values: impl IntoIterator<Item = String>,
    ) {
        self.section(section)[key] = toml_edit::value(Array::from_iter(values));
    }

    /// Sets what a table says of an entry.
    pub(super) fn entry(&mut self, (section, key): (&str, &str), name: &str, value: Value) {
        let table = self.section(section).entry(key);
        table.or_insert_with(|| Item::Table(Table::new()))[name] = toml_edit::value(value);
    }

    /// Sets what a table says of a resolve.
    pub(super) fn of_resolve(&mut self, key: &str, resolve: &str, value: Value) {
        self.entry(("python", key), resolve, value);
    }

    /// The text.
    pub(super) fn finish(self) -> String {
        let mut ours = Table::new();
        ours.set_implicit(true);
        for (name, section) in self.sections {
            ours.insert(&name, Item::Table(section));
        }
        let mut tool = Table::new();
        tool.set_implicit(true);
        tool.insert("xtask", Item::Table(ours));
        let mut document = DocumentMut::new();
        document.insert("tool", Item::Table(tool));
        document.to_string()
    }
}
