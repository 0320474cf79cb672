//! The targets that stand for lockfiles, which settings name.

use std::sync::Arc;

use super::builder::TargetBuilder;
use crate::address;
use crate::error::Error;
use crate::graph::target::{Parameters, Target, TargetId, TargetRange};
use crate::kinds::TargetType;
use crate::options::{LockfileTargets, Resolves};
use model::{Place, RepoPath};

/// Adds a generator for the lockfile of each resolve, and a target for each that is there.
pub(super) fn add(builder: &mut TargetBuilder<'_>) -> Result<(), Error> {
    let options = builder.options();
    if options.enable_resolves == Resolves::Disabled
        || options.lockfile_targets == LockfileTargets::Disabled
    {
        return Ok(());
    }
    for (resolve, path) in &options.resolves {
        let dir = RepoPath::new(path).folder();
        let address = address::declared(dir, &format!("_{resolve}_lockfile"));
        let generator = insert(builder, target(address, "_lockfiles", dir))?;
        if builder.repository().tree().has_file(path) {
            let address = address::of_lockfile(resolve, path);
            insert(
                builder,
                Target {
                    source: Some(Arc::from(path.as_str())),
                    generator: Some(generator),
                    ..target(address, "_lockfile", dir)
                },
            )?;
            builder.targets.end_generator(generator);
        }
    }
    Ok(())
}

fn target(address: String, kind: &'static str, dir: &str) -> Target {
    Target {
        address: Arc::from(address),
        kind: Arc::from(kind),
        known: TargetType::find(kind),
        source: None,
        sources: Arc::from([]),
        dir: Arc::from(dir),
        declaration: None,
        generator: None,
        generated: TargetRange::EMPTY,
        own: None,
        parameters: Parameters::from([]),
        resolve: None,
    }
}

fn insert(builder: &mut TargetBuilder<'_>, target: Target) -> Result<TargetId, Error> {
    let address = target.address.to_string();
    let place = || Place::file("pants.toml");
    builder.targets.insert(target, address, place)
}
