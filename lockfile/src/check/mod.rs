//! Checks whether a lock is still what its inputs ask for. What is found out holds for the text of a
//! lock, so a run that finds the same text again need not ask.

mod consistency;
mod demand;
mod derivation;
mod source;
mod staleness;

use model::{Lock, LockInputs};

use crate::inputs::input_changes;

pub use consistency::check_consistency;
pub use derivation::check_derivation;
pub(crate) use derivation::not_allowed;
pub use source::check_source;
pub use staleness::Staleness;

/// Everything in which `lock` is not what `inputs` of `resolve` ask for; empty if the lock is fresh.
#[must_use]
pub fn check(lock: &Lock, resolve: &str, inputs: &LockInputs) -> Vec<Staleness> {
    let changes = input_changes(&lock.inputs, inputs);
    let other = (lock.resolve != resolve).then(|| Staleness::OtherResolve(lock.resolve.clone()));
    let mut found: Vec<Staleness> = other.into_iter().collect();
    found.extend(changes.into_iter().map(Staleness::Inputs));
    // What nothing requires is also needed nowhere, which reads the same.
    for one in check_derivation(lock) {
        let text = one.to_string();
        if found.iter().all(|known| known.to_string() != text) {
            found.push(one);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Requirement;

    use crate::fixtures::{FULL, lock, small};

    #[track_caller]
    fn check_against(lock: &Lock, edit: impl FnOnce(&mut LockInputs)) -> String {
        let mut inputs = lock.inputs.clone();
        edit(&mut inputs);
        let found: Vec<String> = check(lock, &lock.resolve, &inputs)
            .iter()
            .map(ToString::to_string)
            .collect();
        found.join("\n")
    }

    fn requirement(text: &str) -> Requirement {
        text.parse().unwrap()
    }

    #[test]
    fn fresh() {
        let mut full = lock(FULL);
        // It has source distributions, so that it has something of everything.
        full.inputs.only_binary = model::PackageSet::default();
        full.inputs.require_wheels = false;
        assert_eq!(check_against(&full, |_| ()), "");
        assert_eq!(
            check_against(
                &small(
                    &["a"],
                    &["a 1 : b[x]>1", "b[x] 2 : c ; extra == 'x'", "c 1"]
                ),
                |_| ()
            ),
            ""
        );
        assert_eq!(
            check_against(
                &small(
                    &["a ; os_name == 'nt'"],
                    &["a 1 ; sys_platform == 'win32' or os_name == 'nt'"]
                ),
                |_| ()
            ),
            ""
        );
        assert_eq!(
            check_against(
                &small(
                    &["a"],
                    &[
                        "a 1 ; sys_platform == 'win32'",
                        "a 2 ; sys_platform != 'win32'"
                    ]
                ),
                |_| ()
            ),
            ""
        );
    }

    #[test]
    fn changed_inputs() {
        let lock = small(&["a>=1", "b"], &["a 1", "b 1"]);
        insta::assert_snapshot!(check_against(&lock, |i| {
            i.requirements = vec![requirement("a>=2"), requirement("c")];
            i.constraints = vec![requirement("d<3")];
        }), @"
        the requirement `a>=1` is now `a>=2`
        the requirement `c` is new
        the requirement `b` is gone
        the constraint `d<3` is new
        ");
        insta::assert_snapshot!(check_against(&lock, |i| {
            i.platforms = vec![model::Platform::LinuxX86_64];
            i.interpreter_constraints = model::InterpreterConstraints::parse(&["CPython==3.13.*"]).unwrap();
            i.require_wheels = true;
        }), @"
        `interpreter-constraints` was `CPython==3.12.*` and is now `CPython==3.13.*`
        `platforms` was not set and is now `linux_x86_64`
        `require-wheels` was `false` and is now `true`
        ");
    }

    #[test]
    fn contradictions() {
        let found = |requirements: &[&str], packages: &[&str]| {
            check_against(&small(requirements, packages), |_| ())
        };
        insta::assert_snapshot!(found(&["a>=2"], &["a 1"]), @"
        no locked package answers the requirement `a>=2`
        nothing requires a 1
        ");
        insta::assert_snapshot!(found(&["a"], &["a 1 : b", "c 2"]), @"
        no locked package answers the requirement `b` of a 1
        nothing requires c 2
        ");
        insta::assert_snapshot!(found(&["a"], &["a 1 ; sys_platform == 'win32'"]), @"no locked package answers the requirement `a` where sys_platform != 'win32'");
        insta::assert_snapshot!(found(&["a[x]"], &["a 1"]), @"the extras of the requirement `a[x]` are not locked");
        insta::assert_snapshot!(found(&["a"], &["a 1", "a 2 ; os_name == 'nt'"]), @"both a 1 and a 2 are locked where os_name == 'nt'");
        let mut lock = small(&["a"], &["a 1"]);
        lock.inputs.constraints = vec![requirement("a<1")];
        insta::assert_snapshot!(check_against(&lock, |_| ()), @"a 1 breaks the constraint `a<1`");
        lock.inputs.constraints = vec![requirement("a<1 ; sys_platform == 'win32'")];
        lock.inputs.platforms = vec![model::Platform::LinuxX86_64];
        assert_eq!(check_against(&lock, |_| ()), "");
    }

    #[test]
    fn overrides_and_excludes() {
        let mut lock = small(
            &["a", "b"],
            &["a[x] 1 : b & bb ; extra == 'x' & c", "b 1", "bb 1", "c 1"],
        );
        lock.inputs.requirements = vec![requirement("a[x]"), requirement("b")];
        lock.inputs.overrides = vec!["b=bb".parse().unwrap()];
        lock.inputs.excludes = vec!["c".parse().unwrap()];
        insta::assert_snapshot!(check_against(&lock, |_| ()), @"
        a 1 requires `b`, which an override replaces
        a 1 requires `c`, a project that is excluded
        ");
    }
}
