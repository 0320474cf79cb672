//! The public packse scenarios, run by the resolver itself: universal, and resolved twice.
//!
//! They lie in `../shared/packse` (or under `XTASK_SHARED`), whose README says by which policies
//! an outcome is judged where the suite leaves room.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use model::{
    InterpreterConstraints, LockInputs, Marker, PackageName, PackageSet, Requirement, Version,
};
use resolve::{Problem, ReleaseMetadata};
use toml_edit::{DocumentMut, Item};

use crate::fixture::{Facts, Fixture, Index, text};
use crate::judge::{self, Environment};

/// The outcomes that our policies give in place of the recorded ones: `if-necessary`, `prefer-stable`
/// and `pip-yanked` in the suite's `overrides.json`.
const BY_POLICY: [(&str, &[(&str, &str)]); 6] = [
    ("package-only-prereleases-in-range", &[("a", "1.0.0a1")]),
    ("package-prereleases-specifier-boundary", &[("a", "0.1.0")]),
    (
        "transitive-prerelease-and-stable-dependency",
        &[("a", "1.0.0"), ("b", "1.0.0"), ("c", "2.0.0b1")],
    ),
    (
        "transitive-prerelease-and-stable-dependency-many-versions",
        &[("a", "1.0.0"), ("b", "1.0.0"), ("c", "2.0.0b9")],
    ),
    (
        "transitive-prerelease-and-stable-dependency-many-versions-holes",
        &[("a", "1.0.0"), ("b", "1.0.0"), ("c", "2.0.0b4")],
    ),
    (
        "transitive-yanked-and-unyanked-dependency",
        &[("a", "1.0.0"), ("b", "1.0.0"), ("c", "2.0.0")],
    ),
];

struct Scenario {
    name: String,
    fixture: Fixture,
    universal: bool,
    satisfiable: bool,
    /// What the native environment selects; empty if it is not recorded.
    expected: BTreeMap<PackageName, Version>,
    native: Environment,
    environments: Vec<Environment>,
}

#[test]
fn scenarios() {
    let Some(folder) = testkit::shared("packse/scenarios") else {
        return;
    };
    let mut files = Vec::new();
    toml_files(folder.as_std_path(), &mut files);
    files.sort();
    let mut failures = Vec::new();
    for file in &files {
        let scenario = read(file);
        if let Err(why) = judge(&scenario) {
            failures.push(format!("{}: {why}", scenario.name));
        }
    }
    eprintln!("{} scenarios, {} failed", files.len(), failures.len());
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

fn toml_files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in folder.read_dir().into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            toml_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "toml") {
            out.push(path);
        }
    }
}

fn judge(scenario: &Scenario) -> Result<(), String> {
    let mut satisfiable = Some(scenario.satisfiable);
    if scenario.universal {
        let truth = scenario.environments.iter().all(|e| solvable(scenario, e));
        // A recorded "not satisfiable" may be only a limit of the suite's own forking.
        satisfiable = match (truth, scenario.satisfiable) {
            (true, false) => None,
            (truth, _) => Some(truth),
        };
    }
    let resolved = match (scenario.fixture.resolve(), satisfiable) {
        (Ok(_), Some(false)) => return Err("found a solution, none is allowed".to_owned()),
        (Err(told), Some(true)) => return Err(format!("found none, one exists:\n{told}")),
        (Err(_), _) => return Ok(()),
        (Ok(resolved), _) => resolved,
    };
    let resolution = &resolved.resolution;
    for environment in &scenario.environments {
        let problems = judge::problems(&scenario.fixture, resolution, environment);
        if !problems.is_empty() {
            let (label, problems) = (&environment.label, problems.join("; "));
            return Err(format!("{label}: {problems}\n{}", text(&resolved)));
        }
    }
    let native: BTreeMap<PackageName, Version> = judge::projection(resolution, &scenario.native)
        .into_iter()
        .map(|(name, versions)| (name, versions[0].clone()))
        .collect();
    if !scenario.expected.is_empty() && native != scenario.expected {
        return Err(format!(
            "selects {native:?}, expected {:?}",
            scenario.expected
        ));
    }
    match scenario.fixture.locked(resolution).resolve() {
        Ok(again) if again == resolved => Ok(()),
        Ok(again) => Err(format!("moves:\n{resolved:#?}\nto\n{again:#?}")),
        Err(told) => Err(format!("its own pins conflict:\n{told}")),
    }
}

/// Whether the environment has a solution if the policies on pre-releases and files are ignored.
fn solvable(scenario: &Scenario, environment: &Environment) -> bool {
    judge::has_solution_of(&scenario.fixture, environment, |entry| {
        let ReleaseMetadata::Available(metadata) = &entry.metadata else {
            return false;
        };
        let python = metadata.requires_python.as_ref();
        python.is_none_or(|python| judge::python_serves(python, &environment.python))
    })
}

fn read(file: &Path) -> Scenario {
    let raw: DocumentMut = fs_err::read_to_string(file).unwrap().parse().unwrap();
    let name = raw["name"].as_str().unwrap().to_owned();
    let index = index(&raw);
    let options = raw.get("resolver_options");
    let option = |key: &str| options.and_then(|o| o.get(key));
    let universal = option("universal").and_then(Item::as_bool).unwrap_or(false);
    let active = raw.get("environment").and_then(|e| e.get("python"));
    let active = active.and_then(Item::as_str).unwrap_or("3.12");
    let python = option("python").and_then(Item::as_str).unwrap_or(active);
    let requires_python = if universal {
        let python = raw["root"].get("requires_python");
        python.and_then(Item::as_str).unwrap_or(">=3.12").to_owned()
    } else {
        let parts: Vec<u64> = python.split('.').map(|p| p.parse().unwrap()).collect();
        match parts[..] {
            [_, _] => format!("=={python}.*"),
            _ if python == active => format!("=={python}"),
            _ => format!(">={python},<{}.{}", parts[0], parts[1] + 1),
        }
    };
    let problem = Problem {
        inputs: LockInputs {
            requirements: requirements(raw["root"].get("requires")),
            interpreter_constraints: InterpreterConstraints::parse(&[format!(
                "CPython{requires_python}"
            )])
            .unwrap(),
            no_binary: packages(option("no_binary")),
            only_binary: packages(option("no_build")),
            ..LockInputs::default()
        },
        ..Problem::default()
    };
    let fixture = Fixture { problem, index };
    let by_policy = BY_POLICY.iter().find(|(scenario, _)| *scenario == name);
    let expected: BTreeMap<PackageName, Version> = match by_policy {
        Some((_, packages)) => packages
            .iter()
            .map(|(name, version)| (name.parse().unwrap(), version.parse().unwrap()))
            .collect(),
        None => raw["expected"]
            .get("packages")
            .and_then(Item::as_table_like)
            .into_iter()
            .flat_map(|table| table.iter())
            .map(|(name, v)| (name.parse().unwrap(), v.as_str().unwrap().parse().unwrap()))
            .collect(),
    };
    let native_python = match python.split('.').count() {
        3 => python.to_owned(),
        _ => format!("{python}.0"),
    };
    let native = ["linux", "posix", "Linux", "x86_64"];
    Scenario {
        environments: environments(&raw.to_string(), &fixture.problem),
        fixture,
        universal,
        satisfiable: by_policy.is_some() || raw["expected"]["satisfiable"].as_bool().unwrap(),
        expected,
        native: judge::environment(&native_python, native, "cpython"),
        name,
    }
}

fn index(raw: &DocumentMut) -> Index {
    let mut index = Index::default();
    let table = |item: Option<&Item>| -> Vec<(String, Item)> {
        item.and_then(Item::as_table_like)
            .into_iter()
            .flat_map(|table| table.iter())
            .map(|(key, item)| (key.to_owned(), item.clone()))
            .collect()
    };
    for (name, package) in table(raw.get("packages")) {
        for (version, release) in table(package.get("versions")) {
            let flag = |key, default| release.get(key).and_then(Item::as_bool).unwrap_or(default);
            let mut facts = Facts {
                requires: requirements(release.get("requires")),
                requires_python: match release.get("requires_python").and_then(Item::as_str) {
                    Some("") => None,
                    python => Some(python.unwrap_or(">=3.12").parse().unwrap()),
                },
                yanked: flag("yanked", false),
                sdist: flag("sdist", true),
                ..Facts::default()
            };
            for (extra, requires) in table(release.get("extras")) {
                let asked = Marker::extra(&extra.parse().unwrap());
                for mut requirement in requirements(Some(&requires)) {
                    requirement.marker = requirement.marker.and(&asked);
                    facts.requires.push(requirement);
                }
                facts.extras.push(extra);
            }
            if flag("wheel", true) {
                facts.wheels = strings(release.get("wheel_tags"));
                if facts.wheels.is_empty() {
                    facts.wheels.push("py3-none-any".to_owned());
                }
            }
            index.add(&name.parse().unwrap(), &version.parse().unwrap(), &facts);
        }
    }
    index
}

fn requirements(item: Option<&Item>) -> Vec<Requirement> {
    strings(item).iter().map(|r| r.parse().unwrap()).collect()
}

fn packages(item: Option<&Item>) -> PackageSet {
    let entries = strings(item);
    entries
        .iter()
        .map(|entry| entry.parse::<PackageSet>().unwrap())
        .collect()
}

fn strings(item: Option<&Item>) -> Vec<String> {
    item.and_then(Item::as_array)
        .into_iter()
        .flat_map(|array| array.iter())
        .map(|value| value.as_str().unwrap().to_owned())
        .collect()
}

/// The three known platforms, and the others that the scenario's markers name.
fn environments(scenario: &str, problem: &Problem) -> Vec<Environment> {
    let mut machines: BTreeSet<[String; 4]> = judge::MACHINES.map(|m| m.map(str::to_owned)).into();
    for machine in literals(scenario, "platform_machine") {
        machines.insert(["linux".into(), "posix".into(), "Linux".into(), machine]);
    }
    let known = ["linux", "darwin", "win32"];
    let mut others = literals(scenario, "sys_platform");
    others.retain(|platform| !known.contains(&platform.as_str()));
    others.insert("freebsd14".to_owned());
    for platform in others {
        let mut os_names = literals(scenario, "os_name");
        os_names.insert("posix".to_owned());
        for os in os_names {
            machines.insert([platform.clone(), os, "Other".into(), "x86_64".into()]);
        }
    }
    let pythons = judge::pythons(problem);
    let environment = |python: &String, machine: &[String; 4]| {
        judge::environment(python, machine.each_ref().map(String::as_str), "cpython")
    };
    pythons
        .iter()
        .flat_map(|python| machines.iter().map(|machine| environment(python, machine)))
        .collect()
}

/// The values that markers compare `variable` with.
fn literals(text: &str, variable: &str) -> BTreeSet<String> {
    let after = text.split(variable).skip(1);
    after
        .filter_map(|rest| {
            let rest = rest
                .trim_start()
                .strip_prefix(['=', '!'])?
                .strip_prefix('=')?;
            let rest = rest.trim_start();
            let quote = rest.chars().next().filter(|c| "'\"".contains(*c))?;
            rest[1..].split(quote).next().map(str::to_owned)
        })
        .collect()
}
