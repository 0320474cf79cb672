//! The merge of two locks, as far as it can be told without resolving: what goes in, and which
//! pins to prefer.
//!
//! Git may merge a lock before or after requirements.txt and BUILD files, so the locks' own
//! records are what is merged. Which side is ours makes no difference to the outcome.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use model::{
    InterpreterConstraints, Lock, LockInputs, Marker, PackageName, Platform, Requirement,
    specifiers_range,
};

use crate::inputs::policy;
use crate::pins::{Pin, pins};

/// What the merged lock is to be resolved from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The resolve.
    pub resolve: String,
    /// The inputs.
    pub inputs: LockInputs,
    /// The pins of all sides, sorted by name and for each name the one to prefer first: that of
    /// the side which changed it, then the higher, then what else there was.
    pub pins: Vec<Pin>,
    /// The parts of the universe that the side which changed them was resolved in.
    pub forks: Vec<Marker>,
    /// The projects whose requirements both sides changed.
    pub changed_by_both: Vec<PackageName>,
}

/// A setting or requirement that the two sides changed in ways that exclude each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contradiction {
    /// No version can satisfy what both sides require of a project.
    Requirements {
        /// What our side requires.
        ours: Box<Requirement>,
        /// What their side requires.
        theirs: Box<Requirement>,
    },
    /// Both sides changed a setting of one value.
    Setting {
        /// The setting, as the lock's header names it.
        name: &'static str,
        /// Its value on our side.
        ours: String,
        /// Its value on their side.
        theirs: String,
    },
}

/// Merges what two locks were made from; `base` is what both started from, where there is one.
///
/// # Errors
/// Everything in which the sides contradict each other.
pub fn inputs(
    base: Option<&Lock>,
    ours: &Lock,
    theirs: &Lock,
) -> Result<Merged, Vec<Contradiction>> {
    let sides = Sides { base, ours, theirs };
    let mut contradictions = sides.contradicting_requirements();
    let requirements = sides.list(|lock| &lock.inputs.requirements);
    let constraints = sides.list(|lock| &lock.inputs.constraints);
    let mut one = |name, merged: Result<(), (String, String)>| {
        if let Err((ours, theirs)) = merged {
            contradictions.push(Contradiction::Setting { name, ours, theirs });
        }
    };
    let resolve = sides.scalar(|lock| lock.resolve.clone(), String::clone);
    one("resolve", resolve.as_ref().map(drop).map_err(Clone::clone));
    let pythons = sides.scalar(|lock| lock.inputs.interpreter_constraints.clone(), pythons);
    one(
        "interpreter-constraints",
        pythons.as_ref().map(drop).map_err(Clone::clone),
    );
    let prereleases = sides.scalar(|lock| lock.inputs.prereleases, |p| policy(*p).to_owned());
    one(
        "prereleases",
        prereleases.as_ref().map(drop).map_err(Clone::clone),
    );
    let wheels = sides.scalar(|lock| lock.inputs.require_wheels, bool::to_string);
    one(
        "require-wheels",
        wheels.as_ref().map(drop).map_err(Clone::clone),
    );
    let (Ok(resolve), Ok(interpreter_constraints), Ok(prereleases), Ok(require_wheels), true) = (
        resolve,
        pythons,
        prereleases,
        wheels,
        contradictions.is_empty(),
    ) else {
        return Err(contradictions);
    };
    Ok(Merged {
        resolve,
        pins: sides.pins(),
        forks: sides.forks(),
        changed_by_both: sides.changed_by_both(),
        inputs: LockInputs {
            requirements,
            constraints,
            interpreter_constraints,
            platforms: sides.platforms(),
            overrides: sides.list(|lock| &lock.inputs.overrides),
            excludes: sides.list(|lock| &lock.inputs.excludes),
            no_binary: sides.list(|lock| &lock.inputs.no_binary),
            only_binary: sides.list(|lock| &lock.inputs.only_binary),
            prereleases,
            require_wheels,
        },
    })
}

fn pythons(constraints: &InterpreterConstraints) -> String {
    constraints.iter().collect::<Vec<_>>().join(", ")
}

#[derive(Clone, Copy)]
struct Sides<'a> {
    base: Option<&'a Lock>,
    ours: &'a Lock,
    theirs: &'a Lock,
}

impl<'a> Sides<'a> {
    /// The value of the side that changed it; both, in words, where both did and differ.
    fn scalar<T>(
        &self,
        get: impl Fn(&'a Lock) -> T,
        describe: impl Fn(&T) -> String,
    ) -> Result<T, (String, String)> {
        let (ours, theirs) = (get(self.ours), get(self.theirs));
        let (our_text, their_text) = (describe(&ours), describe(&theirs));
        let base = self.base.map(|base| describe(&get(base)));
        if our_text == their_text || base.as_ref() == Some(&their_text) {
            Ok(ours)
        } else if base.as_ref() == Some(&our_text) {
            Ok(theirs)
        } else {
            Err((our_text, their_text))
        }
    }

    /// What both have, and what either added.
    fn list<T: Clone + ToString + 'a>(&self, get: impl Fn(&'a Lock) -> &'a Vec<T>) -> Vec<T> {
        let texts = |lock: &'a Lock| -> BTreeMap<String, &'a T> {
            get(lock)
                .iter()
                .map(|value| (value.to_string(), value))
                .collect()
        };
        let base = self.base.map(texts).unwrap_or_default();
        let (ours, theirs) = (texts(self.ours), texts(self.theirs));
        let all: BTreeMap<&String, &T> = ours
            .iter()
            .chain(&theirs)
            .filter(|(text, _)| {
                let both = ours.contains_key(*text) && theirs.contains_key(*text);
                both || !base.contains_key(*text)
            })
            .map(|(text, value)| (text, *value))
            .collect();
        all.into_values().cloned().collect()
    }

    /// As a list, but none stands for all.
    fn platforms(&self) -> Vec<Platform> {
        let get = |lock: &'a Lock| &lock.inputs.platforms;
        let base = self.base.map(get);
        let (ours, theirs) = (get(self.ours), get(self.theirs));
        let mut merged = if base == Some(ours) {
            theirs.clone()
        } else if base == Some(theirs) {
            ours.clone()
        } else if ours.is_empty() || theirs.is_empty() {
            Vec::new()
        } else {
            self.list(get)
        };
        merged.sort();
        merged
    }

    fn forks(&self) -> Vec<Marker> {
        let get = |lock: &'a Lock| lock.forks.clone();
        let describe = |forks: &Vec<Marker>| {
            let mut forks: Vec<String> = forks.iter().map(ToString::to_string).collect();
            forks.sort();
            forks.join(" | ")
        };
        // Both split the universe anew: so does the merge.
        self.scalar(get, describe).unwrap_or_default()
    }

    /// The requirements of a side that the base does not have.
    fn added(&self, side: &'a Lock) -> Vec<&'a Requirement> {
        let texts = |lock: &'a Lock| -> BTreeSet<String> {
            let requirements = lock.inputs.requirements.iter();
            requirements.map(ToString::to_string).collect()
        };
        let base = self.base.map(texts).unwrap_or_default();
        let requirements = side.inputs.requirements.iter();
        requirements
            .filter(|it| !base.contains(&it.to_string()))
            .collect()
    }

    fn contradicting_requirements(&self) -> Vec<Contradiction> {
        let theirs = self.added(self.theirs);
        let mut found = Vec::new();
        for ours in self.added(self.ours) {
            for theirs in theirs
                .iter()
                .filter(|theirs| exclude_each_other(ours, theirs))
            {
                found.push(Contradiction::Requirements {
                    ours: Box::new(ours.clone()),
                    theirs: Box::new((*theirs).clone()),
                });
            }
        }
        found
    }

    fn changed_by_both(&self) -> Vec<PackageName> {
        let names = |side| -> BTreeSet<&PackageName> {
            self.added(side).into_iter().map(|it| &it.name).collect()
        };
        let (ours, theirs) = (names(self.ours), names(self.theirs));
        ours.intersection(&theirs)
            .map(|name| (*name).clone())
            .collect()
    }

    fn pins(&self) -> Vec<Pin> {
        let by_name = |lock: &Lock| {
            let mut by_name: BTreeMap<PackageName, Vec<Pin>> = BTreeMap::new();
            for pin in pins(lock) {
                by_name.entry(pin.name.clone()).or_default().push(pin);
            }
            by_name
        };
        let base = self.base.map(by_name).unwrap_or_default();
        let (ours, theirs) = (by_name(self.ours), by_name(self.theirs));
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
}

/// The pins of one project.
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
            let mut known =
                known.filter(|it| (&it.version, &it.source) == (&pin.version, &pin.source));
            match known.next() {
                Some(known) => known.marker = known.marker.or(&pin.marker),
                None => out.push(pin),
            }
        }
    }
    out
}

fn exclude_each_other(a: &Requirement, b: &Requirement) -> bool {
    if a.name != b.name || a.marker.is_disjoint(&b.marker) {
        return false;
    }
    match (a.specifiers(), b.specifiers()) {
        (Some(a), Some(b)) => specifiers_range(a).is_disjoint(&specifiers_range(b)),
        (None, None) => a.source != b.source,
        // Which version a URL has is not known here.
        _ => false,
    }
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Requirements { ours, theirs } => write!(
                f,
                "our side requires `{ours}`, their side requires `{theirs}`, and nothing satisfies both"
            ),
            Self::Setting { name, ours, theirs } => write!(
                f,
                "our side set `{name}` to `{ours}`, their side to `{theirs}`"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::small;

    type Side<'a> = (&'a [&'a str], &'a [&'a str]);

    /// The merge in words, after making sure that it is the same the other way round.
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
    fn one_adds_what_needs_what_the_other_removes() {
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

    #[test]
    fn settings() {
        let base = small(&["a"], &["a 1"]);
        let (mut ours, mut theirs) = (base.clone(), base.clone());
        ours.inputs.require_wheels = true;
        ours.inputs.platforms = vec![Platform::LinuxX86_64];
        let python = |version: &str| InterpreterConstraints::parse(&[version]).unwrap();
        theirs.inputs.interpreter_constraints = python("==3.13.*");
        let merged = inputs(Some(&base), &ours, &theirs).unwrap().inputs;
        assert!(merged.require_wheels);
        assert_eq!(merged.platforms, [Platform::LinuxX86_64]);
        assert_eq!(merged.interpreter_constraints, python("==3.13.*"));
        ours.inputs.interpreter_constraints = python("==3.14.*");
        let found = inputs(Some(&base), &ours, &theirs).unwrap_err();
        insta::assert_snapshot!(found[0], @"our side set `interpreter-constraints` to `==3.14.*`, their side to `==3.13.*`");
    }
}
