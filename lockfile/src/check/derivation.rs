//! Checks whether everything in a lock follows from its inputs. Debug builds do this with each lock
//! that was made. It is stricter than consistency: a lock without contradictions may still hold
//! something superfluous.

use model::{Lock, LockInputs, LockedPackage, PackageSource, WheelFilename};

use super::consistency::{check_consistency, identity};
use super::demand::Demand;
use super::staleness::Staleness;
use crate::graph::graph;

/// Everything in a lock that does not follow from its inputs: requirements that no package
/// satisfies; packages, extras and environments that nothing requires; and files that the inputs do
/// not allow.
#[must_use]
pub fn check_derivation(lock: &Lock) -> Vec<Staleness> {
    let mut found = check_consistency(lock);
    let graph = graph(lock);
    let universe = lock.inputs.universe();
    let demand = Demand::of(&graph, &universe);
    for (at, package) in lock.packages.iter().enumerate() {
        let needed = demand.of_package(at, None);
        if !package.marker.and(&universe).is_subset(needed) {
            let environments = package.marker.and(&needed.negate());
            found.push(Staleness::MarkerTooWide {
                package: identity(&graph, at),
                environments: environments.simplify_within(&universe),
            });
        }
        for extra in &package.extras {
            if demand.of_package(at, Some(extra)).is_false() {
                found.push(Staleness::ExtraSuperfluous {
                    package: identity(&graph, at),
                    extra: extra.clone(),
                });
            }
        }
        let not_allowed = not_allowed(&lock.inputs, package);
        found.extend(not_allowed.map(|file| Staleness::FileNotAllowed {
            package: identity(&graph, at),
            file,
        }));
    }
    found
}

/// The files of a package that the inputs do not allow.
pub(crate) fn not_allowed(
    inputs: &LockInputs,
    package: &LockedPackage,
) -> impl Iterator<Item = String> {
    let is_of_index = matches!(package.source, PackageSource::Index(_));
    let pythons = inputs.pythons(&package.marker);
    let sdist = package.sdist.iter();
    let sdist = sdist.filter(|_| !inputs.allows_sdists(&package.name));
    let wheels = package.wheels.iter().filter(move |wheel| {
        // A wheel whose name cannot be read is not allowed: the name says where it can be used.
        let name = wheel.filename.parse();
        let is_admitted = name.is_ok_and(|name: WheelFilename| inputs.admit_wheel(&name, &pythons));
        !is_admitted || !inputs.allows_wheels(&package.name)
    });
    let files = sdist.chain(wheels).filter(move |_| is_of_index);
    files.map(|file| file.filename.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::small;

    #[track_caller]
    fn check(requirements: &[&str], packages: &[&str], edit: fn(&mut Lock)) -> String {
        let mut lock = small(requirements, packages);
        edit(&mut lock);
        let found: Vec<String> = check_derivation(&lock)
            .iter()
            .map(ToString::to_string)
            .collect();
        found.join("\n")
    }

    #[test]
    fn what_follows() {
        assert_eq!(
            check(
                &["a[x] ; sys_platform == 'win32'", "c"],
                &[
                    "a[x] 1 ; sys_platform == 'win32' : b ; extra == 'x' & a[y] ; extra == 'x'",
                    "b 1 ; sys_platform == 'win32' : c",
                    "c 1",
                ],
                |lock| lock.packages[0].extras.push("y".parse().unwrap())
            ),
            ""
        );
    }

    /// Nothing asks for the extra elsewhere, where `a` is needed.
    #[test]
    fn an_extra_that_is_needed_in_some_environments() {
        let requirements = ["a", "c ; sys_platform == 'win32'"];
        let c = "c 1 ; sys_platform == 'win32' : a[x]";
        let a = "a[x] 1 : b ; extra == 'x'";
        let b = "b 1 ; sys_platform == 'win32'";
        assert_eq!(check(&requirements, &[a, b, c], |_| ()), "");
        // `d` has no extra where that is not needed.
        let packages = [
            "a[x] 1 : d[y] ; extra == 'x'",
            c,
            "d 1 ; sys_platform != 'win32'",
            "d[y] 2 ; sys_platform == 'win32'",
        ];
        let ds = [
            "d<2 ; sys_platform != 'win32'",
            "d>1 ; sys_platform == 'win32'",
        ];
        let all = [&requirements[..], &ds].concat();
        let y = |lock: &mut Lock| lock.packages[3].dependencies = vec![];
        assert_eq!(check(&all, &packages, y), "");
        let never = "a[y] ; python_version < '3.12'";
        assert_eq!(check(&["a", never], &["a 1"], |_| ()), "");
        let linux = "b 1 ; sys_platform == 'linux'";
        insta::assert_snapshot!(check(&requirements, &[a, linux, c], |_| ()), @"
        no locked package answers the requirement `b ; extra == 'x'` of a 1 where sys_platform == 'win32'
        nothing requires b 1 where sys_platform == 'linux'
        ");
    }

    #[test]
    fn what_does_not() {
        insta::assert_snapshot!(check(
            &["a ; sys_platform == 'win32'", "c"],
            &["a[x] 1 : b ; extra == 'x'", "b 1", "c 1 : a ; os_name == 'nt'"],
            |_| ()
        ), @"
        nothing requires a 1 where os_name != 'nt'
        nothing asks for the extra `x` of a 1
        nothing requires b 1
        ");
        insta::assert_snapshot!(check(&["a"], &["a 1"], |lock| {
            lock.inputs.platforms = vec![model::Platform::LinuxX86_64];
            lock.packages[0].wheels[0].filename = "a-1-cp311-none-win_amd64.whl".to_owned();
        }), @"the inputs do not allow the file a-1-cp311-none-win_amd64.whl of a 1");
        insta::assert_snapshot!(check(&["a"], &["a 1"], |lock| {
            lock.inputs.no_binary = "a".parse().unwrap();
        }), @"the inputs do not allow the file a-1-py3-none-any.whl of a 1");
    }
}
