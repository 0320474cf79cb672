//! The bill of materials of a distribution: the part of its resolve's lock that its requirements
//! reach.

use std::collections::{BTreeMap, BTreeSet};

use model::{Lock, LockedPackage, PackageName, Requirement};
use wheel::{Component, CoreMetadata, cyclonedx};

/// The CycloneDX document of a distribution; `first_party` are the other distributions of the
/// repository, which the lock does not have.
pub(crate) fn bill_of_materials(
    metadata: &CoreMetadata,
    lock: &Lock,
    first_party: &[CoreMetadata],
) -> Option<Vec<u8>> {
    let mut known = Known::new(lock, first_party);
    let subject = component_of(metadata, &mut known)?;
    let mut closure: Vec<Component> = Vec::new();
    while let Some(name) = known.pending.pop_first() {
        if !known.seen.insert(name.clone()) || name == subject.name {
            continue;
        }
        let own = known.first_party.get(&name).copied();
        match own {
            Some(metadata) => closure.extend(component_of(metadata, &mut known)),
            None => closure.extend(known.locked(&name)),
        }
    }
    Some(cyclonedx(&subject, &closure).into_bytes())
}

struct Known<'a> {
    packages: BTreeMap<&'a PackageName, Vec<&'a LockedPackage>>,
    first_party: BTreeMap<PackageName, &'a CoreMetadata>,
    pending: BTreeSet<PackageName>,
    seen: BTreeSet<PackageName>,
}

impl<'a> Known<'a> {
    fn new(lock: &'a Lock, first_party: &'a [CoreMetadata]) -> Self {
        let mut packages: BTreeMap<&PackageName, Vec<&LockedPackage>> = BTreeMap::new();
        for package in &lock.packages {
            packages.entry(&package.name).or_default().push(package);
        }
        let named = |metadata: &'a CoreMetadata| Some((metadata.package_name().ok()?, metadata));
        Self {
            packages,
            first_party: first_party.iter().filter_map(named).collect(),
            pending: BTreeSet::new(),
            seen: BTreeSet::new(),
        }
    }

    /// The versions of a package that the lock has: more than one where it splits by marker.
    fn locked(&mut self, name: &PackageName) -> Vec<Component> {
        let packages = self.packages.get(name).cloned().unwrap_or_default();
        packages
            .into_iter()
            .map(|package| self.component(package))
            .collect()
    }

    fn component(&mut self, package: &LockedPackage) -> Component {
        let names: Vec<PackageName> = package
            .dependencies
            .iter()
            .map(|it| it.name.clone())
            .collect();
        Component {
            name: package.name.clone(),
            version: package.version.clone(),
            sha256: package
                .sdist
                .iter()
                .chain(&package.wheels)
                .filter_map(|file| file.sha256)
                .collect(),
            requires: self.required(names),
        }
    }

    /// What is required, at the versions that are locked; it is looked at later.
    fn required(&mut self, names: Vec<PackageName>) -> Vec<(PackageName, model::Version)> {
        let mut required = Vec::new();
        for name in names {
            if let Some(metadata) = self.first_party.get(&name) {
                required.push((name.clone(), metadata.version.clone()));
            }
            let locked = self.packages.get(&name).into_iter().flatten();
            required.extend(locked.map(|package| (name.clone(), package.version.clone())));
            self.pending.insert(name);
        }
        required
    }
}

fn component_of(metadata: &CoreMetadata, known: &mut Known<'_>) -> Option<Component> {
    let requirements = metadata
        .requires_dist
        .iter()
        .filter_map(|text| Requirement::parse(text).ok());
    let names = requirements.map(|requirement| requirement.name).collect();
    Some(Component {
        name: metadata.package_name().ok()?,
        version: metadata.version.clone(),
        sha256: Vec::new(),
        requires: known.required(names),
    })
}
