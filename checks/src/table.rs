//! The table of tools that are shipped.

use std::collections::BTreeMap;

use crate::tool::CheckTool;

/// The rows that are shipped.
const SHIPPED: &str = include_str!("tools.toml");

/// What the names of Pants' backends have that bring a tool for code.
const KINDS_OF_BACKENDS: &[&str] = &[".lint.", ".typecheck.", ".fmt.", ".tools."];

/// Backends with such a name that look at no code.
const NO_TOOLS: &[&str] = &["pants.backend.experimental.tools.workunit_logger"];

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
            let table = item.clone().into_table().unwrap_or_default();
            let row = CheckTool::read(table.into_inline_table().into());
            row.expect("tools.toml has rows of tools").named(name)
        };
        Self(rows.iter().map(row).collect())
    }

    /// The tools that are shipped, and those of a team, which replace those of the same name.
    #[must_use]
    pub fn with(own: &BTreeMap<String, CheckTool>) -> Self {
        let mut table = Self::shipped();
        for (name, tool) in own {
            let tool = tool.clone().named(name);
            match table.0.iter_mut().find(|known| known.name == *name) {
                Some(known) => *known = tool,
                None => table.0.push(tool),
            }
        }
        table
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

    /// The backend that may be meant by one that is for a tool and brings none: `Some(None)` where nothing is like
    /// it, `None` where a tool is there, or the backend is for something else.
    #[must_use]
    pub fn unknown_backend(&self, backend: &str) -> Option<Option<String>> {
        let is_for_tools = backend.starts_with("pants.backend.")
            && KINDS_OF_BACKENDS.iter().any(|kind| backend.contains(kind))
            && !NO_TOOLS.contains(&backend);
        let mut known = self.0.iter().flat_map(|tool| &tool.backends);
        if !is_for_tools || known.any(|known| known == backend) {
            return None;
        }
        let (parent, name) = backend.rsplit_once('.').unwrap_or_default();
        let known = self.0.iter().flat_map(|tool| &tool.backends);
        let names = known.filter_map(|known| known.strip_prefix(parent)?.strip_prefix('.'));
        let near = model::nearest(name, names.map(str::to_owned));
        Some(near.map(|near| format!("{parent}.{near}")))
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

    #[test]
    fn every_row_can_be_run() {
        for tool in ToolTable::shipped().iter() {
            assert_eq!(tool.lacks(), None, "{}", tool.name);
            assert!(!tool.lines.is_empty(), "no line of {} is read", tool.name);
        }
    }

    #[test]
    fn backends_without_a_tool_are_known() {
        let table = ToolTable::shipped();
        let unknown = |backend: &str| table.unknown_backend(backend);
        assert_eq!(
            unknown("pants.backend.python.lint.blck"),
            Some(Some("pants.backend.python.lint.black".to_owned()))
        );
        for nothing_like_it in [
            "pants.backend.experimental.openapi.lint.spectral",
            "pants.backend.python.lint.pydocstyle",
        ] {
            assert_eq!(unknown(nothing_like_it), Some(None));
        }
        for known in [
            "pants.backend.python",
            "pants.backend.python.lint.black",
            "pants.backend.experimental.tools.workunit_logger",
            "acme.lint.own",
        ] {
            assert_eq!(unknown(known), None, "{known}");
        }
    }

    #[test]
    fn all_tools_that_teams_use_are_there() {
        let table = ToolTable::shipped();
        for name in [
            "ruff-check",
            "ruff-format",
            "black",
            "isort",
            "flake8",
            "pylint",
            "docformatter",
            "autoflake",
            "pyupgrade",
            "bandit",
            "mypy",
            "pyright",
            "basedpyright",
            "ty",
            "pyrefly",
            "shellcheck",
            "shfmt",
            "hadolint",
            "yamllint",
            "taplo",
            "yapf",
            "black-build-files",
            "ruff-build-files",
        ] {
            assert!(table.get(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_team_has_tools_of_its_own() {
        let row = "{kind = 'linter', requirements = ['vulture'], targets = ['python_source'], check = []}";
        let tool = CheckTool::read(row.parse().unwrap()).unwrap();
        let table = ToolTable::with(&BTreeMap::from([("vulture".to_owned(), tool)]));
        assert_eq!(table.get("vulture").unwrap().package(), "vulture");
        for (row, problem) in [
            (
                "{kind = 'lint'}",
                "unknown variant `lint`, expected one of `linter`, `formatter`, `fixer`, `checker`",
            ),
            (
                "{kind = 'linter', checks = []}",
                "unknown field `checks`, did you mean `check`?",
            ),
            (
                "{kind = 'linter', targets = ['x'], requirements = ['x']}",
                "a linter needs `check`",
            ),
            (
                "{kind = 'fixer', write = [], requirements = ['x']}",
                "it is given no files: `targets`, `globs` or `build_files` name them",
            ),
            (
                "{kind = 'fixer', write = [], targets = ['x']}",
                "`requirements` names nothing that has it",
            ),
            (
                "{kind = 'linter', lines = ['{row}']}",
                "`{row}` is none of `{path}`, `{line}`, `{column}`, `{end}`, `{code}`, `{severity}`, `{message}`",
            ),
        ] {
            let read = CheckTool::read(row.parse().unwrap());
            assert_eq!(read.map(|tool| tool.name).unwrap_err(), problem);
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
