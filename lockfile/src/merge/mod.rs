//! Merges two locks as far as that is possible without resolving: their inputs, and the pins that
//! the new resolution should prefer.
//!
//! Only the locks themselves are read, since git may merge a lock before or after requirements.txt
//! and BUILD files. Exchanging the two sides does not change the result.

mod contradiction;
mod fields;
mod pins;
mod sides;

use std::collections::BTreeSet;

use model::{Lock, LockInputs, Marker, PackageName, Requirement, specifiers_range};

use crate::pins::Pin;
use fields::FieldMerge;
use sides::ThreeWay;

pub use contradiction::Contradiction;

/// What the merged lock is resolved from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergedInputs {
    /// The resolve.
    pub resolve: String,
    /// The inputs.
    pub inputs: LockInputs,
    /// The pins of all sides, sorted by name. For each name, the preferred pin is first: that of
    /// the side that changed it, then the higher version, then the others.
    pub pins: Vec<Pin>,
    /// The forks of the side that changed them.
    pub forks: Vec<Marker>,
    /// The projects whose requirements both sides changed.
    pub changed_by_both: Vec<PackageName>,
}

/// Merges the inputs of two locks. `base` is the lock that both sides started from, if there is
/// one.
///
/// # Errors
/// All contradictions of the sides.
pub fn inputs(
    base: Option<&Lock>,
    ours: &Lock,
    theirs: &Lock,
) -> Result<MergedInputs, Vec<Contradiction>> {
    let locks = ThreeWay { base, ours, theirs };
    let mut merge = FieldMerge::new(locks.map(|lock| &lock.inputs));
    let inputs = LockInputs {
        requirements: merge.list(|inputs| inputs.requirements.clone()),
        constraints: merge.list(|inputs| inputs.constraints.clone()),
        overrides: merge.overrides(),
        excludes: merge.list(|inputs| inputs.excludes.clone()),
        interpreter_constraints: merge.interpreter_constraints(),
        platforms: merge.platforms(),
        no_binary: merge.packages("no-binary", |inputs| &inputs.no_binary),
        only_binary: merge.packages("only-binary", |inputs| &inputs.only_binary),
        prereleases: merge.value("prereleases", |inputs| inputs.prereleases),
        require_wheels: merge.value("require-wheels", |inputs| inputs.require_wheels),
        fork_strategy: merge.value("fork-strategy", |inputs| inputs.fork_strategy),
        metadata: merge.list(|inputs| inputs.metadata.clone()),
        hashed: merge.list(|inputs| inputs.hashed.clone()),
    };
    let mut contradictions = contradicting_requirements(locks);
    contradictions.extend(merge.contradictions);
    let resolves = locks.map(|lock| lock.resolve.clone());
    let Some(resolve) = resolves.merged().cloned() else {
        contradictions.push(Contradiction::setting("resolve", resolves));
        return Err(contradictions);
    };
    if !contradictions.is_empty() {
        return Err(contradictions);
    }
    Ok(MergedInputs {
        resolve,
        inputs: inputs.sorted(),
        pins: pins::pins(locks),
        forks: forks(locks),
        changed_by_both: changed_by_both(locks),
    })
}

/// The forks of the side that changed them. If both sides changed them, none: the resolver then
/// splits the universe anew.
fn forks(locks: ThreeWay<&Lock>) -> Vec<Marker> {
    let words = locks.map(|lock| crate::inputs::joined(&lock.forks));
    match words.merged() {
        Some(merged) if *merged == words.ours => locks.ours.forks.clone(),
        Some(_) => locks.theirs.forks.clone(),
        None => Vec::new(),
    }
}

/// The requirements that a side has and the base has not.
fn added<'a>(base: Option<&Lock>, side: &'a Lock) -> Vec<&'a Requirement> {
    let known: BTreeSet<String> = base
        .iter()
        .flat_map(|base| &base.inputs.requirements)
        .map(ToString::to_string)
        .collect();
    let requirements = side.inputs.requirements.iter();
    requirements
        .filter(|requirement| !known.contains(&requirement.to_string()))
        .collect()
}

fn contradicting_requirements(locks: ThreeWay<&Lock>) -> Vec<Contradiction> {
    let theirs = added(locks.base, locks.theirs);
    let mut found = Vec::new();
    for ours in added(locks.base, locks.ours) {
        for theirs in &theirs {
            if exclude_each_other(ours, theirs) {
                found.push(Contradiction::Requirements {
                    ours: Box::new(ours.clone()),
                    theirs: Box::new((*theirs).clone()),
                });
            }
        }
    }
    found
}

fn changed_by_both(locks: ThreeWay<&Lock>) -> Vec<PackageName> {
    let names = |side| -> BTreeSet<&PackageName> {
        let added = added(locks.base, side);
        added.into_iter().map(|added| &added.name).collect()
    };
    let (ours, theirs) = (names(locks.ours), names(locks.theirs));
    ours.intersection(&theirs)
        .map(|name| (*name).clone())
        .collect()
}

fn exclude_each_other(a: &Requirement, b: &Requirement) -> bool {
    if a.name != b.name || a.marker.is_disjoint(&b.marker) {
        return false;
    }
    match (a.specifiers(), b.specifiers()) {
        (Some(a), Some(b)) => specifiers_range(a).is_disjoint(&specifiers_range(b)),
        (None, None) => a.source != b.source,
        // The version at a URL is not known here.
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::small;
    use model::{InterpreterConstraints, PackageSet, Platform, PrereleasePolicy};

    type Side<'a> = (&'a [&'a str], &'a [&'a str]);

    /// The merge as text. Checks also that exchanging the sides gives the same result.
    #[track_caller]
    fn check(base: Side<'_>, ours: Side<'_>, theirs: Side<'_>) -> String {
        let [base, ours, theirs] = [base, ours, theirs].map(|side| small(side.0, side.1));
        let merged = inputs(Some(&base), &ours, &theirs);
        let mirrored = inputs(Some(&base), &theirs, &ours);
        match merged {
            Ok(merged) => {
                assert_eq!(Ok(&merged), mirrored.as_ref());
                let requirements: Vec<String> = merged
                    .inputs
                    .requirements
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                let pins: Vec<String> = merged
                    .pins
                    .iter()
                    .map(|pin| format!("{} {}", pin.name, pin.version))
                    .collect();
                format!("{}\n{}", requirements.join(", "), pins.join(", "))
            }
            Err(found) => {
                assert!(mirrored.is_err());
                let found: Vec<String> = found.iter().map(ToString::to_string).collect();
                found.join("\n")
            }
        }
    }

    const BASE: Side<'static> = (&["a~=1.0", "b"], &["a 1.0 : c", "b 1", "c 1"]);

    #[test]
    fn one_side_changes() {
        insta::assert_snapshot!(check(BASE, BASE, (&["a~=1.0"], &["a 1.0 : c", "c 2"])), @"
        a~=1.0
        a 1.0, b 1, c 2, c 1
        ");
    }

    #[test]
    fn both_sides_add() {
        insta::assert_snapshot!(check(
            BASE,
            (&["a~=1.0", "b", "d"], &["a 1.0 : c", "b 1", "c 1", "d 1"]),
            (&["a~=1.0", "b", "e"], &["a 1.0 : c", "b 1", "c 0.9", "e 1 : c<1"]),
        ), @"
        a~=1.0, b, d, e
        a 1.0, b 1, c 0.9, c 1, d 1, e 1
        ");
    }

    #[test]
    fn one_side_adds_a_package_that_requires_what_the_other_removes() {
        insta::assert_snapshot!(check(
            BASE,
            (&["b"], &["b 1"]),
            (&["a~=1.0", "b", "d"], &["a 1.0 : c", "b 1", "c 1", "d 1 : c"]),
        ), @"
        b, d
        a 1.0, b 1, c 1, d 1
        ");
    }

    #[test]
    fn both_bump_one_package() {
        insta::assert_snapshot!(check(
            BASE,
            (&["a~=1.1", "b"], &["a 1.1 : c", "b 2", "c 1"]),
            (&["a~=1.2", "b"], &["a 1.2 : c", "b 3", "c 1"]),
        ), @"
        a~=1.1, a~=1.2, b
        a 1.2, a 1.1, a 1.0, b 3, b 2, b 1, c 1
        ");
    }

    #[test]
    fn contradictions() {
        insta::assert_snapshot!(check(
            BASE,
            (&["a==1.1", "b"], &["a 1.1"]),
            (&["a==1.2", "b"], &["a 1.2"]),
        ), @"our side requires `a==1.1`, their side requires `a==1.2`, and nothing satisfies both");
    }

    /// The merged settings of three edited inputs, as in the lock's header.
    #[track_caller]
    fn check_settings(edits: [fn(&mut LockInputs); 3]) -> String {
        let [base, ours, theirs] = edits.map(|edit| {
            let mut lock = small(&["a"], &["a 1"]);
            edit(&mut lock.inputs);
            lock
        });
        let merged = inputs(Some(&base), &ours, &theirs);
        let mirrored = inputs(Some(&base), &theirs, &ours);
        match merged {
            Ok(merged) => {
                assert_eq!(Ok(&merged), mirrored.as_ref());
                let unset = small(&["a"], &["a 1"]).inputs;
                let changes = crate::input_changes(&unset, &merged.inputs);
                let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
                changes.join("\n")
            }
            Err(found) => {
                assert!(mirrored.is_err());
                let found: Vec<String> = found.iter().map(ToString::to_string).collect();
                found.join("\n")
            }
        }
    }

    const UNSET: fn(&mut LockInputs) = |_| ();

    #[test]
    fn a_setting_that_one_side_changes() {
        insta::assert_snapshot!(check_settings([
            UNSET,
            |inputs| {
                inputs.require_wheels = true;
                inputs.platforms = vec![Platform::LinuxX86_64];
                inputs.no_binary = PackageSet::All;
                inputs.excludes = vec!["x".parse().unwrap()];
            },
            |inputs| {
                inputs.interpreter_constraints =
                    InterpreterConstraints::parse(&["==3.13.*"]).unwrap();
                inputs.prereleases = PrereleasePolicy::Allow;
                inputs.overrides = vec!["b==1".parse().unwrap()];
                inputs.only_binary = "c".parse().unwrap();
            },
        ]), @"
        `interpreter-constraints` was `CPython==3.12.*` and is now `==3.13.*`
        `overrides` was not set and is now `b==1`
        `excludes` was not set and is now `x`
        `platforms` was not set and is now `linux_x86_64`
        `no-binary` was not set and is now `:all:`
        `only-binary` was not set and is now `c`
        `prereleases` was `if-necessary` and is now `allow`
        `require-wheels` was `false` and is now `true`
        ");
        let set: fn(&mut LockInputs) = |inputs| {
            inputs.require_wheels = true;
            inputs.platforms = vec![Platform::LinuxX86_64];
            inputs.no_binary = PackageSet::All;
            inputs.only_binary = "c".parse().unwrap();
            inputs.excludes = vec!["x".parse().unwrap()];
            inputs.overrides = vec!["b==1".parse().unwrap()];
            inputs.prereleases = PrereleasePolicy::Allow;
        };
        assert_eq!(check_settings([set, UNSET, set]), "");
    }

    #[test]
    fn lists_that_both_sides_change() {
        insta::assert_snapshot!(check_settings([
            |inputs| {
                inputs.platforms = vec![Platform::LinuxX86_64, Platform::MacosArm64];
                inputs.no_binary = "a,b".parse().unwrap();
                inputs.overrides = vec!["b==1".parse().unwrap()];
            },
            |inputs| {
                inputs.platforms = vec![Platform::LinuxX86_64];
                inputs.no_binary = "a,b,c".parse().unwrap();
                inputs.overrides = vec!["b==1".parse().unwrap(), "c==1".parse().unwrap()];
            },
            |inputs| {
                inputs.platforms =
                    vec![Platform::LinuxX86_64, Platform::MacosArm64, Platform::LinuxArm64];
                inputs.no_binary = "b".parse().unwrap();
                inputs.overrides = vec!["d==1".parse().unwrap()];
            },
        ]), @"
        `overrides` was not set and is now `c==1, d==1`
        `platforms` was not set and is now `linux_arm64, linux_x86_64`
        `no-binary` was not set and is now `b, c`
        ");
    }

    #[test]
    fn one_value_that_both_sides_change() {
        insta::assert_snapshot!(check_settings([
            |inputs| {
                inputs.overrides = vec!["b==1".parse().unwrap(), "c==1".parse().unwrap()];
                inputs.only_binary = "a".parse().unwrap();
            },
            |inputs| {
                inputs.interpreter_constraints =
                    InterpreterConstraints::parse(&["==3.14.*"]).unwrap();
                inputs.overrides = vec!["b==2".parse().unwrap()];
                inputs.platforms = vec![Platform::LinuxX86_64];
                inputs.no_binary = PackageSet::All;
                inputs.only_binary = PackageSet::default();
                inputs.prereleases = PrereleasePolicy::Allow;
            },
            |inputs| {
                inputs.interpreter_constraints =
                    InterpreterConstraints::parse(&["==3.13.*"]).unwrap();
                inputs.overrides = vec!["b==3".parse().unwrap(), "c==2".parse().unwrap()];
                inputs.platforms = vec![Platform::MacosArm64];
                inputs.no_binary = "x".parse().unwrap();
                inputs.only_binary = PackageSet::All;
                inputs.prereleases = PrereleasePolicy::Disallow;
            },
        ]), @"
        our side set `overrides` to `b==2`, their side to `b==3`
        our side no longer sets `overrides`, their side set it to `c==2`
        our side set `interpreter-constraints` to `==3.14.*`, their side to `==3.13.*`
        our side set `platforms` to `linux_x86_64`, their side to `macos_arm64`
        our side set `no-binary` to `:all:`, their side to `x`
        our side no longer sets `only-binary`, their side set it to `:all:`
        our side set `prereleases` to `allow`, their side to `disallow`
        ");
    }
}
