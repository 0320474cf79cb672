//! The table of tools that are shipped.

use crate::tool::CheckTool;

/// The rows that are shipped.
const SHIPPED: &str = include_str!("tools.toml");

/// All tools, in the order of the table.
#[derive(Debug, Clone)]
pub struct ToolTable(Vec<CheckTool>);

/// A tool that the settings choose and nothing defines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no tool `{name}`")]
pub struct ToolTableError {
    /// The name.
    pub name: String,
    /// The tool that may be meant.
    pub nearest: Option<String>,
}

impl ToolTable {
    /// The tools that are shipped.
    #[must_use]
    #[allow(
        clippy::expect_used,
        reason = "the text is part of the program, and a test reads it"
    )]
    pub fn shipped() -> Self {
        let rows: toml_edit::DocumentMut = SHIPPED.parse().expect("tools.toml is TOML");
        let row = |(name, item): (&str, &toml_edit::Item)| {
            let text = item.as_table().map(ToString::to_string).unwrap_or_default();
            let row: CheckTool =
                toml_edit::de::from_str(&text).expect("tools.toml has rows of tools");
            CheckTool {
                name: name.to_owned(),
                ..row
            }
        };
        Self(rows.iter().map(row).collect())
    }

    /// The tool with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&CheckTool> {
        self.0.iter().find(|tool| tool.name == name)
    }

    /// All tools.
    pub fn iter(&self) -> impl Iterator<Item = &CheckTool> {
        self.0.iter()
    }

    /// The tools that backends of Pants bring, in their order, then those that are named, each once.
    ///
    /// # Errors
    /// A name that no tool has.
    pub fn chosen<'t>(
        &'t self,
        backends: &[String],
        named: &[String],
    ) -> Result<Vec<&'t CheckTool>, ToolTableError> {
        let mut chosen: Vec<&CheckTool> = Vec::new();
        let mut add = |tool: &'t CheckTool| {
            if !chosen.iter().any(|known| std::ptr::eq(*known, tool)) {
                chosen.push(tool);
            }
        };
        for backend in backends {
            let of_backend = self.0.iter().filter(|tool| tool.backends.contains(backend));
            of_backend.for_each(&mut add);
        }
        for name in named {
            add(self.get(name).ok_or_else(|| ToolTableError {
                name: name.clone(),
                nearest: model::nearest(name, self.0.iter().map(|tool| tool.name.clone())),
            })?);
        }
        Ok(chosen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ToolKind;

    #[test]
    fn every_row_can_be_run() {
        for tool in ToolTable::shipped().iter() {
            let name = &tool.name;
            let of_kind = match tool.kind {
                ToolKind::Linter | ToolKind::Checker => tool.check.is_some(),
                ToolKind::Formatter | ToolKind::Fixer => tool.write.is_some(),
            };
            assert!(of_kind, "{name} lacks arguments for what it is");
            let has_files = !tool.targets.is_empty() || !tool.globs.is_empty() || tool.build_files;
            assert!(has_files, "{name} is given no files");
            assert!(!tool.requirements.is_empty(), "{name} is in no index");
        }
    }

    #[test]
    fn backends_choose_in_their_order() {
        let table = ToolTable::shipped();
        let backends = [
            "pants.backend.python.lint.isort",
            "pants.backend.python",
            "pants.backend.python.lint.black",
        ];
        let chosen = table.chosen(&backends.map(str::to_owned), &["black".to_owned()]);
        let names: Vec<&str> = chosen.unwrap().iter().map(|tool| &*tool.name).collect();
        assert_eq!(names, ["isort", "black"]);
        let unknown = table.chosen(&[], &["flake".to_owned()]).unwrap_err();
        assert_eq!(unknown.nearest.as_deref(), Some("flake8"));
    }
}
