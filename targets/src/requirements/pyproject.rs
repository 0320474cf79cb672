//! Requirements of a `pyproject.toml` by PEP 621: `project.dependencies` and
//! `project.optional-dependencies`.

use std::sync::Arc;

use toml_edit::{Array, Document, Item, TableLike};

use super::{RequirementLine, RequirementsError, RequirementsFile};
use model::{ExtraName, PackageName, Place, Requirement, nearest};

/// Reads the requirements of the `pyproject.toml` at `path`.
///
/// # Errors
/// Invalid TOML, a `[project]` table missing or of the wrong shape, an invalid requirement.
pub fn read_pyproject(path: &str, text: &str) -> Result<RequirementsFile, RequirementsError> {
    let path: Arc<str> = Arc::from(path);
    let document = Document::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        RequirementsError::new(
            format!("not valid TOML: {}", error.message()),
            Place::at(Arc::clone(&path), text, at),
        )
    })?;
    let Some(project) = document.get("project").and_then(Item::as_table_like) else {
        return Err(RequirementsError::new(
            "there is no `[project]` table (PEP 621)",
            Place::file(path),
        )
        .hint("only PEP 621 projects are read; Poetry's own tables are not supported yet"));
    };
    let mut file = RequirementsFile::default();
    let reader = Toml {
        path: &path,
        text,
        name: project
            .get("name")
            .and_then(Item::as_str)
            .and_then(|name| name.parse().ok()),
        extras: extras(project),
    };
    if let Some(item) = project.get("dependencies") {
        reader.array(item, "project.dependencies", &mut file)?;
    }
    if let Some(item) = project.get("optional-dependencies") {
        let groups = item.as_table_like().map(TableLike::iter);
        for (name, item) in groups.into_iter().flatten() {
            reader.array(
                item,
                &format!("project.optional-dependencies.{name}"),
                &mut file,
            )?;
        }
    }
    Ok(file)
}

struct Toml<'t> {
    path: &'t Arc<str>,
    text: &'t str,
    /// The project's own name.
    name: Option<PackageName>,
    /// The project's own extras.
    extras: Vec<ExtraName>,
}

fn extras(project: &dyn TableLike) -> Vec<ExtraName> {
    let groups = project.get("optional-dependencies");
    let groups = groups.and_then(Item::as_table_like).map(TableLike::iter);
    let names = groups.into_iter().flatten();
    names.filter_map(|(name, _)| name.parse().ok()).collect()
}

impl Toml<'_> {
    fn place(&self, span: Option<std::ops::Range<usize>>) -> Place {
        match span {
            Some(span) => Place::at(Arc::clone(self.path), self.text, span.start),
            None => Place::file(Arc::clone(self.path)),
        }
    }

    /// The project itself, whose extras are read one by one: no index is asked for it.
    fn check_own(&self, own: &Requirement, start: Option<usize>) -> Result<(), RequirementsError> {
        let unknown = own.extras.iter().find(|extra| !self.extras.contains(extra));
        let Some(unknown) = unknown else {
            return Ok(());
        };
        let error = RequirementsError::new(
            format!("{} has no extra `{unknown}`", own.name),
            self.place(start.map(|at| at..at)),
        );
        let near = nearest(unknown.as_str(), self.extras.iter().map(ExtraName::as_str));
        Err(match near {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        })
    }

    fn array(
        &self,
        item: &Item,
        key: &str,
        file: &mut RequirementsFile,
    ) -> Result<(), RequirementsError> {
        let wrong = |span| {
            RequirementsError::new(format!("`{key}` must be a list of texts"), self.place(span))
        };
        let array: &Array = item.as_array().ok_or_else(|| wrong(item.span()))?;
        for value in array {
            let text = value.as_str().ok_or_else(|| wrong(value.span()))?;
            // The text begins after the quote.
            let start = value.span().map(|span| span.start + 1);
            let place = self.place(start.map(|at| at..at));
            let line = RequirementLine::plain(text, place).map_err(|error| {
                let at = start.map(|at| at + error.offset..at);
                RequirementsError::new(error.reason, self.place(at))
            })?;
            match line.specifier.requirement() {
                Some(own) if Some(&own.name) == self.name.as_ref() => self.check_own(own, start)?,
                _ => file.requirements.push(Arc::new(line)),
            }
        }
        Ok(())
    }
}
