//! All fields of a target, for `peek`.

use model::RepoPath;
use std::sync::Arc;

use crate::error::Error;
use crate::graph::{TargetGraph, TargetId};
use crate::kinds::COMMON;
use buildfile::Data;

/// A target with its fields and dependencies.
#[derive(Clone, Debug)]
pub struct Peek {
    /// Its address.
    pub address: Arc<str>,
    /// Its type.
    pub target_type: Arc<str>,
    /// Addresses of its dependencies, sorted.
    pub dependencies: Vec<Arc<str>>,
    /// The files that it owns; those of a generator are what it generates.
    pub sources: Vec<Arc<str>>,
    /// Its fields by name, `None` where they are not set.
    pub fields: Vec<(String, Data)>,
}

impl Peek {
    /// Looks at one target.
    ///
    /// # Errors
    /// A dependency that leads nowhere, a violated visibility rule.
    pub fn at(graph: &TargetGraph<'_>, id: TargetId) -> Result<Self, Error> {
        let target = graph.target(id);
        let mut dependencies: Vec<Arc<str>> = graph
            .dependencies(id)?
            .into_iter()
            .map(|id| Arc::clone(&graph.target(id).address))
            .collect();
        dependencies.sort_unstable();
        let generated = graph
            .generated(id)
            .flat_map(|id| graph.target(id).files().cloned().collect::<Vec<_>>());
        let mut sources: Vec<Arc<str>> = target.files().cloned().chain(generated).collect();
        sources.sort_unstable();
        Ok(Self {
            address: Arc::clone(&target.address),
            target_type: Arc::clone(&target.kind),
            dependencies,
            sources,
            fields: fields(graph, id),
        })
    }
}

fn fields(graph: &TargetGraph<'_>, id: TargetId) -> Vec<(String, Data)> {
    let target = graph.target(id);
    let known = target.known.map_or(&[][..], |known| &known.fields);
    let known = known
        .iter()
        .filter(|field| !field.name.starts_with("skip_"));
    let declared = graph
        .declaration(id)
        .into_iter()
        .flat_map(|declaration| declaration.call.fields.iter());
    let mut names: Vec<&str> = COMMON
        .iter()
        .copied()
        .chain(known.map(|field| field.name))
        .collect();
    names.extend(
        declared
            .map(|field| &*field.name)
            .filter(|name| *name != "name" && target.generator.is_none()),
    );
    names.extend(
        target
            .own
            .iter()
            .flat_map(|own| own.iter())
            .map(|(name, _)| &**name),
    );
    names.sort_unstable();
    names.dedup();
    let value = |name: &str| match (name, &target.source, target.generator) {
        // A generated target's own file.
        ("source", Some(path), Some(_)) => {
            let name = RepoPath::new(path).file_name();
            Data::Str(Arc::from(name))
        }
        _ => graph.field(id, name).cloned().unwrap_or(Data::None),
    };
    names
        .into_iter()
        .map(|name| {
            let shown = match name {
                "dependencies" | "source" | "sources" => format!("{name}_raw"),
                other => other.to_owned(),
            };
            (shown, value(name))
        })
        .collect()
}
