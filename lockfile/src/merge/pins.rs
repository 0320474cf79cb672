//! Orders the pins of three locks by preference.

use std::collections::{BTreeMap, BTreeSet};

use model::{Lock, PackageName};

use super::sides::ThreeWay;
use crate::pins::Pin;

/// The pins of all sides, sorted by name. For each name, the preferred pin is first.
pub(super) fn pins(locks: ThreeWay<&Lock>) -> Vec<Pin> {
    let by_name = locks.map(|lock| by_name(lock));
    let base = by_name.base.unwrap_or_default();
    let (ours, theirs) = (by_name.ours, by_name.theirs);
    let names: BTreeSet<&PackageName> = base
        .keys()
        .chain(ours.keys())
        .chain(theirs.keys())
        .collect();
    let of = |pins: &BTreeMap<PackageName, Vec<Pin>>, name: &PackageName| {
        pins.get(name).cloned().unwrap_or_default()
    };
    names
        .into_iter()
        .flat_map(|name| by_preference(&of(&base, name), of(&ours, name), of(&theirs, name)))
        .collect()
}

fn by_name(lock: &Lock) -> BTreeMap<PackageName, Vec<Pin>> {
    let mut by_name: BTreeMap<PackageName, Vec<Pin>> = BTreeMap::new();
    for pin in crate::pins::pins(lock) {
        by_name.entry(pin.name.clone()).or_default().push(pin);
    }
    by_name
}

/// The pins of one project, the preferred one first.
fn by_preference(base: &[Pin], ours: Vec<Pin>, theirs: Vec<Pin>) -> Vec<Pin> {
    let same = |a: &[Pin], b: &[Pin]| {
        let key = |pins: &[Pin]| -> Vec<_> {
            pins.iter()
                .map(|pin| (pin.version.clone(), pin.source.clone()))
                .collect()
        };
        key(a) == key(b)
    };
    let ranked: [Vec<Pin>; 2] = match (same(&ours, base), same(&theirs, base)) {
        (true, false) => [theirs, ours],
        (false, true) => [ours, theirs],
        _ => [[ours, theirs].concat(), Vec::new()],
    };
    let mut out: Vec<Pin> = Vec::new();
    for mut group in ranked.into_iter().chain([base.to_vec()]) {
        group.sort_by(|a, b| (&b.version, &b.source).cmp(&(&a.version, &a.source)));
        for pin in group {
            let known = out.iter_mut();
            let mut known = known
                .filter(|known| (&known.version, &known.source) == (&pin.version, &pin.source));
            match known.next() {
                Some(known) => known.join(&pin),
                None => out.push(pin),
            }
        }
    }
    out
}
