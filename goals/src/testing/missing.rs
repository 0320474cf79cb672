//! Why a module is missing in a test: it is there in the repository, and the test does not depend on it.

use std::collections::BTreeSet;

use pytest::{MissingPlugin, missing_modules, missing_plugins};
use targets::kinds::Role;
use targets::{TargetGraph, TargetId};

use super::plan::TestBatch;

/// For each module that a test did not find: what has it, and the line that brings it.
pub(super) fn explained(graph: &TargetGraph<'_>, batch: &TestBatch, output: &str) -> Vec<String> {
    let plugins = missing_plugins(output);
    let is_plugin = |module: &String| {
        let named = |plugin: &MissingPlugin| match plugin {
            MissingPlugin::Module(name) => name.split('.').next() == module.split('.').next(),
            MissingPlugin::Option(_) | MissingPlugin::Required(_) => false,
        };
        plugins.iter().any(named) && providers(graph, module).is_empty()
    };
    let mut modules = missing_modules(output);
    // What plug-ins are missing is said once for all modules.
    modules.retain(|module| !is_plugin(module));
    let explained = modules.iter().flat_map(|module| {
        let within = match providers(graph, module).is_empty() {
            true => mentioned_below(graph, module, output),
            false => Vec::new(),
        };
        match within.is_empty() {
            true => vec![module.clone()],
            false => within,
        }
    });
    explained
        .map(|module| explanation(graph, batch, &module))
        .collect()
}

/// The modules within a package that is missing as a whole, as far as the output mentions them.
fn mentioned_below(graph: &TargetGraph<'_>, package: &str, output: &str) -> Vec<String> {
    let below = format!("{package}.");
    let files = graph.all().filter_map(|id| module_of(graph, id));
    let within =
        files.filter(|module| module.starts_with(&below) && output.contains(module.as_str()));
    let mut within: Vec<String> = within.collect();
    within.sort();
    within.dedup();
    within
}

/// The module that a target's file is.
fn module_of(graph: &TargetGraph<'_>, id: TargetId) -> Option<String> {
    let target = graph.target(id);
    let path = target.source.as_deref().filter(|_| target.is_python())?;
    let dotted = graph
        .stripped(path)
        .trim_end_matches(".py")
        .replace('/', ".");
    Some(dotted.trim_end_matches(".__init__").to_owned())
}

fn explanation(graph: &TargetGraph<'_>, batch: &TestBatch, module: &str) -> String {
    let title = batch.title();
    let providers = providers(graph, module);
    let own = |id: &&TargetId| graph.resolve_name(**id) == batch.resolve.as_deref();
    let here = providers.iter().filter(own).find(|id| !batch.reaches(**id));
    let Some(provider) = here else {
        return elsewhere(graph, batch, (module, &providers));
    };
    let address = shown(graph, *provider);
    let build = batch.declared_in(graph);
    let ignored = match graph.target(*provider).role() {
        Role::Requirement => "",
        _ => ", or import it where inference sees it",
    };
    format!(
        "{title} does not depend on `{module}`, which {address} has: add `dependencies=[\"{address}\"],` to its target in {build}{ignored}"
    )
}

/// What is said where no target of the test's own resolve can be added.
fn elsewhere(
    graph: &TargetGraph<'_>,
    batch: &TestBatch,
    (module, providers): (&str, &BTreeSet<TargetId>),
) -> String {
    let title = batch.title();
    let known = providers.iter().find(|id| !batch.reaches(**id));
    match known {
        Some(id) => format!(
            "{title} does not find `{module}`: {} has it, in the resolve `{}`, and the test is of `{}`",
            shown(graph, *id),
            graph.resolve_name(*id).unwrap_or("none"),
            batch.resolve.as_deref().unwrap_or("none"),
        ),
        None if !providers.is_empty() => format!(
            "{title} does not find `{module}`, although it depends on what has it: does a package of the same name hide it?"
        ),
        None => format!(
            "{title} does not find `{module}`, and no target or requirement of this repository has it: add what provides it to the requirements"
        ),
    }
}

/// The targets that have a module, or the package that it is in.
pub(super) fn providers(graph: &TargetGraph<'_>, module: &str) -> BTreeSet<TargetId> {
    let top = module.split('.').next().unwrap_or(module);
    let mut found = BTreeSet::new();
    for id in graph.all() {
        let target = graph.target(id);
        let has = match target.role() {
            Role::Requirement => {
                let modules = graph.provided_modules(id);
                modules.iter().any(|known| known == module || known == top)
            }
            _ => module_of(graph, id).as_deref() == Some(module),
        };
        if has && !target.is_generator() {
            found.insert(id);
        }
    }
    found
}

/// The address as a BUILD file anywhere can have it.
fn shown(graph: &TargetGraph<'_>, id: TargetId) -> String {
    let address = &graph.target(id).address;
    match address.starts_with("//") {
        true => address.to_string(),
        false => format!("//{address}"),
    }
}
