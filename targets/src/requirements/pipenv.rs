//! The requirements in a `Pipfile.lock`: every package that Pipenv locked, by name and version.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{RequirementLine, RequirementsError, RequirementsFile};
use model::Place;

/// The packages of one group, by name.
type Packages = BTreeMap<String, Package>;

/// One locked package.
#[derive(Deserialize)]
struct Package {
    version: Option<String>,
    #[serde(default)]
    extras: Vec<String>,
    markers: Option<String>,
    git: Option<String>,
    #[serde(rename = "ref")]
    revision: Option<String>,
    file: Option<String>,
    path: Option<String>,
}

/// Reads the `Pipfile.lock` at `path`: the packages of all groups, each once.
///
/// # Errors
/// Invalid JSON, an invalid requirement.
pub fn read_pipfile_lock(path: &str, text: &str) -> Result<RequirementsFile, RequirementsError> {
    let groups: BTreeMap<String, serde_json::Value> =
        serde_json::from_str(text).map_err(|error| {
            let at = offset(text, error.line(), error.column());
            RequirementsError::new(
                format!("not valid JSON: {error}"),
                Place::at(path, text, at),
            )
        })?;
    let mut all = Packages::new();
    for (_, group) in groups.into_iter().filter(|(name, _)| name != "_meta") {
        let packages: Packages = serde_json::from_value(group).map_err(|error| {
            RequirementsError::new(format!("not a Pipfile.lock: {error}"), Place::file(path))
        })?;
        for (name, package) in packages {
            all.entry(name).or_insert(package);
        }
    }
    let mut file = RequirementsFile::default();
    for (name, package) in all {
        // First-party projects lie in the repository.
        if package.path.is_some() {
            continue;
        }
        let at = text.find(&format!("\"{name}\"")).map_or(0, |at| at + 1);
        let place = Place::at(path, text, at);
        let line = RequirementLine::plain(&package.requirement(&name), place.clone());
        let line = line.map_err(|error| RequirementsError::new(error.reason, place))?;
        file.requirements.push(line.into());
    }
    Ok(file)
}

impl Package {
    fn requirement(&self, name: &str) -> String {
        let extras = match self.extras.is_empty() {
            true => String::new(),
            false => format!("[{}]", self.extras.join(",")),
        };
        let marker = self.markers.as_ref();
        let marker = marker.map_or_else(String::new, |marker| format!(" ; {marker}"));
        let location = match (&self.git, &self.file) {
            (Some(url), _) => {
                let revision = self.revision.as_ref();
                let revision = revision.map_or_else(String::new, |at| format!("@{at}"));
                format!(" @ git+{url}{revision}")
            }
            (None, Some(url)) => format!(" @ {url}"),
            (None, None) => self.version.clone().unwrap_or_default(),
        };
        let location = match location.as_str() {
            "*" => "",
            location => location,
        };
        format!("{name}{extras}{location}{marker}")
    }
}

/// The position of a line and column, both counted from one.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let lines = text.split_inclusive('\n').take(line.saturating_sub(1));
    let start: usize = lines.map(str::len).sum();
    (start + column.saturating_sub(1)).min(text.len())
}
