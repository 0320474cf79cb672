//! Random small indexes, solved by the resolver and by brute force.
//!
//! The tests are deterministic and short by default. `XTASK_ORACLE_CASES` sets how many cases there
//! are, `XTASK_ORACLE_SEED` which ones:
//!
//! ```text
//! XTASK_ORACLE_CASES=100000 XTASK_ORACLE_SEED=7 cargo test -p resolve --release oracle
//! ```

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;

use model::{PackageName, Requirement, Resolution};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use resolve::Pins;

use crate::fixture::{Fixture, fixture, pins, text};
use crate::judge::{self, Environment};

/// A fixture's text, which prints with line breaks when a test fails.
#[derive(Clone)]
struct Text(String);

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{}", self.0)
    }
}

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];
const VERSIONS: [&str; 7] = ["1", "2", "3", "2+x", "1.5", "4a1", "1!0"];
const SPECIFIERS: [&str; 10] = [
    "", "", ">=2", "<2", "==1", "==2", "!=2", ">1", "<3", ">=4a1",
];
const MARKERS: [&str; 16] = [
    "",
    "",
    "",
    "",
    "",
    "python_version >= '3.13'",
    "python_version < '3.13'",
    "sys_platform == 'linux'",
    "sys_platform != 'linux'",
    "sys_platform == 'win32'",
    "os_name == 'posix'",
    "platform_machine == 'x86_64'",
    "sys_platform == 'darwin' or python_version >= '3.13'",
    "sys_platform == 'linux' and platform_machine == 'aarch64'",
    "python_version >= '3.15'",
    "python_version < '3.15'",
];
const EXTRAS: [&str; 9] = ["", "", "", "", "", "", "[x]", "[y]", "[x,y]"];
const FACTS: [&str; 19] = [
    "",
    "{yanked}",
    "{python >=3.13}",
    "{python >=3.8,<3.12}",
    "{python ==3.12.*}",
    "{wheel py3-none-manylinux2014_x86_64}",
    "{wheel py3-none-win_amd64}",
    "{wheel cp313-cp313-win_amd64} {wheel cp312-cp312-manylinux2014_aarch64}",
    "{sdist}",
    "{wheel py3-none-macosx_10_0_ppc64}",
    "{broken no METADATA}",
    "{wheel cp312-cp312-manylinux2014_x86_64} {wheel cp312-cp312-win_amd64}",
    "{wheel cp313-cp313-manylinux2014_x86_64} {wheel cp313-cp313-macosx_11_0_arm64}",
    "{wheel cp312-abi3-manylinux2014_x86_64} {wheel cp313-cp313-win_amd64}",
    "{wheel cp311-abi3-win_amd64} {wheel cp312-none-macosx_11_0_arm64}",
    "{wheel cp312-cp312-manylinux2014_x86_64} {sdist}",
    "{wheel py3-none-musllinux_1_2_x86_64} {wheel py3-none-macosx_11_0_universal2}",
    "{wheel cp313-cp313t-win_amd64} {wheel py312-none-manylinux2014_aarch64}",
    "{python >=3.13} {wheel cp313-cp313-win_amd64} {wheel cp313-cp313-manylinux2014_x86_64}",
];
const PYTHONS: [&str; 6] = [
    "python CPython>=3.12,<3.14",
    "python CPython>=3.12,<3.14",
    "python CPython>=3.11,<3.14",
    "python CPython>=3.13",
    "python CPython==3.12.*",
    "python >=3.12,<3.14",
];
const STRATEGIES: [&str; 2] = ["", "strategy requires-python"];
const SETTINGS: [&str; 14] = [
    "",
    "",
    "",
    "",
    "platforms linux_x86_64 windows_x86_64",
    "platforms linux_x86_64 linux_arm64 macos_arm64",
    "constraint a<3",
    "constraint b!=2 ; sys_platform == 'linux'",
    "require-wheels",
    "no-binary a",
    "override b==2",
    "override a=b>=2 ; sys_platform == 'linux'",
    "override c",
    "exclude c",
];

fn requirement() -> impl Strategy<Value = (String, &'static str)> {
    (
        select(&NAMES[..]),
        select(&EXTRAS[..]),
        select(&SPECIFIERS[..]),
        select(&MARKERS[..]),
    )
        .prop_map(|(name, extras, specifier, marker)| {
            (format!("{name}{extras}{specifier}"), marker)
        })
}

/// Direct references, the version that each gives, and what that requires.
const DIRECT: [(&str, &str, &str); 3] = [
    (
        "a @ https://h.example/a.zip",
        "2.7",
        "b>=2 | c ; extra == 'x'",
    ),
    (
        "b @ https://h.example/b.zip",
        "1.7",
        "a ; sys_platform == 'linux'",
    ),
    ("c @ https://h.example/c.zip", "3.7", "a<3"),
];

/// What is known of what a direct reference gives.
const DIRECT_FACTS: [&str; 8] = [
    "",
    "",
    "",
    "{python >=3.13}",
    "{python >=3.8,<3.12}",
    "{wheel py3-none-manylinux2014_x86_64}",
    "{wheel cp312-abi3-win_amd64}",
    "{wheel cp313-cp313-macosx_11_0_universal2}",
];

fn root() -> impl Strategy<Value = String> {
    let direct = (select(&DIRECT[..]), select(&MARKERS[..]))
        .prop_map(|((reference, ..), marker)| (reference.to_owned(), marker));
    prop_oneof![8 => requirement(), 1 => direct].prop_map(|(requirement, marker)| match marker {
        "" => requirement,
        marker => format!("{requirement} ; {marker}"),
    })
}

fn dependency() -> impl Strategy<Value = String> {
    let extra = select(&["", "", "", "", "", "extra == 'x'", "extra == 'y'"][..]);
    (requirement(), extra).prop_map(|((requirement, marker), extra)| match (marker, extra) {
        ("", "") => requirement,
        ("", one) | (one, "") => format!("{requirement} ; {one}"),
        (marker, extra) => format!("{requirement} ; ({marker}) and {extra}"),
    })
}

fn releases(name: &'static str) -> impl Strategy<Value = Vec<String>> {
    let release = (
        select(&VERSIONS[..]),
        prop_oneof![2 => Just(""), 1 => select(&FACTS[..])],
        prop::collection::vec(dependency(), 0..3),
    )
        .prop_map(move |(version, facts, requires)| {
            format!("{name} {version} {facts} -> {}", requires.join(" | "))
        });
    prop::collection::vec(release, 1..5)
}

fn problem() -> impl Strategy<Value = Text> {
    (
        prop::collection::vec(root(), 1..4),
        NAMES.map(releases),
        (
            select(&PYTHONS[..]),
            select(&STRATEGIES[..]),
            select(&SETTINGS[..]),
            select(&DIRECT_FACTS[..]),
        ),
    )
        .prop_map(
            |(requires, releases, (python, strategy, settings, facts))| {
                let mut lines: Vec<String> = [python, strategy, settings].map(str::to_owned).into();
                for (reference, version, requires) in DIRECT {
                    lines.push(format!(
                        "direct {reference} = {version} {facts} -> {requires}"
                    ));
                }
                lines.extend(requires.iter().map(|r| format!("> {r}")));
                lines.extend(releases.into_iter().flatten());
                Text(lines.join("\n"))
            },
        )
}

/// Every environment that the markers above can distinguish.
fn universe(fixture: &Fixture) -> Vec<Environment> {
    let universe = fixture.problem.inputs.universe();
    let mut out = Vec::new();
    for python in ["3.11.4", "3.12.1", "3.13.2", "3.14.0", "3.15.1"] {
        for [sys_platform, os_name, system] in [
            ["linux", "posix", "Linux"],
            ["darwin", "posix", "Darwin"],
            ["win32", "nt", "Windows"],
            ["freebsd14", "posix", "FreeBSD"],
            ["strange", "strange", "Strange"],
        ] {
            for machine in ["x86_64", "aarch64", "arm64", "AMD64", "strange"] {
                let machine = [sys_platform, os_name, system, machine];
                out.push(judge::environment(python, machine, "cpython"));
            }
        }
    }
    out.retain(|environment| universe.evaluate(&environment.markers, &[]));
    out
}

fn run<S: Strategy>(strategy: &S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let number = |name: &str| std::env::var(name).ok().map(|n| n.parse::<u64>().unwrap());
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number("XTASK_ORACLE_SEED").unwrap_or(0).to_le_bytes());
    let cases = number("XTASK_ORACLE_CASES").unwrap_or(150);
    let config = Config {
        cases: u32::try_from(cases).unwrap(),
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    if let Err(error) = TestRunner::new_with_rng(config, rng).run(strategy, test) {
        panic!("{error}");
    }
}

fn check_exact(fixture: &Fixture, resolution: &Resolution) -> Result<(), TestCaseError> {
    for environment in universe(fixture) {
        let problems = judge::problems(fixture, resolution, &environment);
        if !problems.is_empty()
            && environment.is_later()
            && !judge::has_solution(fixture, &environment)
        {
            continue;
        }
        let problems = problems.join("; ");
        prop_assert!(
            problems.is_empty(),
            "{}: {problems}\n{resolution:#?}",
            environment.label
        );
    }
    Ok(())
}

#[test]
fn a_resolution_is_exact_everywhere_and_a_conflict_is_one() {
    let (solved, refused) = (Cell::new(0), Cell::new(0));
    run(&problem(), |Text(input)| {
        let fixture = fixture(&input);
        match fixture.resolve() {
            Ok(resolved) => {
                solved.set(solved.get() + 1);
                check_exact(&fixture, &resolved.resolution)
            }
            Err(told) => {
                refused.set(refused.get() + 1);
                let real = universe(&fixture).iter().any(|environment| {
                    !environment.is_later() && !judge::has_solution(&fixture, environment)
                });
                prop_assert!(real, "every environment has a solution:\n{told}");
                Ok(())
            }
        }
    });
    eprintln!("{} solved, {} conflicts", solved.get(), refused.get());
    assert!(
        solved.get() > 0 && refused.get() > 0,
        "the cases are one-sided"
    );
}

#[test]
fn a_resolution_does_not_depend_on_the_order_and_stays_when_it_is_the_lock() {
    run(&problem(), |Text(input)| {
        let fixture = fixture(&input);
        let resolved = fixture.resolve();
        let mut shuffled = fixture.clone();
        shuffled.problem.inputs.requirements.reverse();
        prop_assert_eq!(shuffled.resolve(), resolved.clone());
        if let Ok(resolved) = resolved {
            let again = fixture.locked(&resolved.resolution).resolve();
            prop_assert_eq!(again.as_ref().map(text), Ok(text(&resolved)));
            prop_assert_eq!(again, Ok(resolved));
        }
        Ok(())
    });
}

/// Its parts can be joined to three or to four.
#[test]
fn a_lock_stays_divided_as_it_was() {
    let fixture = fixture(
        "python CPython>=3.13 \n constraint a<3
         direct a @ https://h.example/a.zip = 2.7 -> b>=2 | c ; extra == 'x'
         direct b @ https://h.example/b.zip = 1.7 -> a ; sys_platform == 'linux'
         direct c @ https://h.example/c.zip = 3.7 -> a<3
         > c!=2 ; sys_platform == 'win32'
         > c @ https://h.example/c.zip ; sys_platform == 'linux' and platform_machine == 'aarch64'
         > e ; os_name == 'posix'
         a 1 \n b 1 \n c 3 \n d 1 \n e 1 {wheel py3-none-manylinux2014_x86_64}
         e 2 -> a==2 ; python_version >= '3.15'",
    );
    let resolved = fixture.resolve().unwrap();
    let again = fixture.locked(&resolved.resolution).resolve().unwrap();
    assert_eq!(again.resolution.forks, resolved.resolution.forks);
}

#[test]
fn a_new_requirement_moves_nothing_outside_its_closure_that_can_stay() {
    run(&(problem(), root()), |(Text(input), new)| {
        let mut fixture = fixture(&input);
        let Ok(before) = fixture.resolve() else {
            return Ok(());
        };
        let new: Requirement = new.parse().unwrap();
        let name = new.name.clone();
        fixture.problem.inputs.requirements.push(new);
        let forks = before.resolution.forks.clone();
        fixture.problem.pins = Pins::new(pins(&before.resolution), forks, [name.clone()]);
        let Ok(after) = fixture.resolve() else {
            return Ok(());
        };
        check_exact(&fixture, &after.resolution)?;
        let mut closure = closure(&before.resolution, &name);
        closure.extend(self::closure(&after.resolution, &name));
        let universe = universe(&fixture);
        let moved = universe.iter().any(|environment| {
            let before = judge::projection(&before.resolution, environment);
            let after = judge::projection(&after.resolution, environment);
            before.iter().any(|(name, version)| {
                !closure.contains(name) && after.get(name).is_some_and(|now| now != version)
            })
        });
        if moved {
            let could_stay = universe.iter().all(|environment| {
                let mut held = judge::projection(&before.resolution, environment);
                held.retain(|name, _| !closure.contains(name));
                judge::has_solution_with(&fixture, environment, &held)
            });
            prop_assert!(!could_stay, "{}\nmoves to\n{}", text(&before), text(&after));
        }
        Ok(())
    });
}

fn closure(resolution: &Resolution, from: &PackageName) -> BTreeSet<PackageName> {
    let mut closure = BTreeSet::from([from.clone()]);
    let mut queue = vec![from.clone()];
    while let Some(name) = queue.pop() {
        let nodes = resolution.nodes.iter().filter(|node| node.name == name);
        for dependency in nodes.flat_map(|node| &node.dependencies) {
            if closure.insert(dependency.name.clone()) {
                queue.push(dependency.name.clone());
            }
        }
    }
    closure
}
