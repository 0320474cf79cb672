//! The rules of ARCHITECTURE.md, checked against the repository itself.
//!
//! A rule that fails names each place. Where a place is right and the rule is not, change
//! ARCHITECTURE.md, or the lists here, in the same commit.

#![allow(clippy::unwrap_used, reason = "what cannot be read fails its test")]

mod house;
mod imports;
mod shape;

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use toml_edit::{DocumentMut, Item};

use house::{Source, all_sources, built, dependencies, is_comment, members, read, rooms, sources};

/// More crates of others than this in Cargo.lock need a reason: a fresh clone builds them all.
///
/// `md-5` and `sha1` check hashes that old links name; `minijinja-contrib` has what templates of Jinja
/// call; `spdx` has the identifiers of licences, and `elf` reads what a library needs of its system.
/// `tonic` and `bazel-remote-apis` speak to caches that a team shares. `opendal` speaks to buckets and to the
/// cache of GitHub Actions, in place of signatures and protocols of our own: seventy crates that the alias leaves
/// out, and that nobody builds before a first lock. `clap_complete`, `clap_mangen` and `roff` write completions and
/// pages for four shells and `man`, which differ in how they quote.
const MAX_LOCKED_CRATES: usize = 420;

/// Lines of a file without its tests and comments. A reason to look, not a number to satisfy.
const MAX_LINES: usize = 650;

/// Lines of a room without its tests.
const MIN_ROOM: usize = 1_000;
const MAX_ROOM: usize = 7_000;

/// Lines of the edge: flags, terminal, errors, exit codes; Pants' command line, and help with an example for
/// each command.
const MAX_EDGE: usize = 9_500;

/// Files that are longer, each with its reason.
const LONGER: &[(&str, &str)] = &[];

/// What reaches out of a program: files, network, clock, environment, processes.
const IO: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::time::SystemTime",
    "SystemTime::",
    "Instant::",
    "current_dir",
    "fs_err",
    "reqwest",
    "tokio",
    "duct",
    "xshell",
    "tempfile",
    "Timestamp::now",
    "Zoned::now",
    ".read_dir",
    ".is_file()",
    ".is_dir()",
    ".exists()",
    ".canonicalize",
    "ignore::Walk",
    "Gitignore::new",
    "Gitignore::global",
];

/// Crates that only rooms with IO may depend on. `ignore` has a pure part, its patterns.
const IO_CRATES: &[&str] = &[
    "duct", "fs-err", "reqwest", "rustls", "tempfile", "tokio", "xshell",
];

/// Hosts that code may name, each with its reason.
const HOSTS: &[(&str, &str)] = &[
    ("www.w3.org", "the name of the namespace of SVG"),
    (
        "git-lfs.github.com",
        "the first line of every Git LFS pointer",
    ),
    (
        "cyclonedx.org",
        "the name of a schema in a bill of materials",
    ),
    ("packaging.python.org", "the specifications, in hints"),
    ("github.com", "what OWNER/NAME stands for; no test asks it"),
    (
        "docs.backend.ai",
        "metadata of published wheels, which ours must equal",
    ),
];

/// Top-level names that RFC 2606 keeps free.
const FREE_NAMES: &[&str] = &[".example", ".invalid", ".test"];

/// What only `xtask` does.
const EDGE: &[&str] = &[
    "println!",
    "eprintln!",
    "print!(",
    "eprint!(",
    "process::exit",
    "env::args",
    "clap::",
    "std::io::stdout",
    "std::io::stderr",
    "anstream",
    "indicatif",
];

#[test]
fn each_member_has_a_heading_and_nothing_else_has() {
    let described: BTreeSet<_> = rooms().into_iter().map(|room| room.name).collect();
    assert_eq!(described, members());
}

#[test]
fn what_is_pure_reaches_nothing() {
    let mut places = Vec::new();
    for room in rooms().into_iter().filter(|room| room.pure) {
        places.extend(
            built(&room.name)
                .iter()
                .flat_map(|source| source.places(IO)),
        );
        let depended = dependencies(&room.name, "dependencies");
        let reaching = depended
            .iter()
            .filter(|name| IO_CRATES.contains(&name.as_str()));
        places.extend(reaching.map(|name| format!("{}/Cargo.toml: {name}", room.name)));
    }
    none(
        &places,
        "pure code must not reach out: what it reads is handed to it",
    );
}

#[test]
fn no_room_describes_an_exception_of_its_purity() {
    let text = read("ARCHITECTURE.md");
    let lines = text.lines().filter_map(|line| line.strip_prefix("Purity:"));
    let places: Vec<_> = lines
        .map(str::trim)
        .filter(|purity| !["pure.", "IO."].contains(purity))
        .map(str::to_owned)
        .collect();
    none(&places, "a room is pure as a whole or not at all");
}

#[test]
fn rooms_know_whom_they_say() {
    for room in rooms() {
        let Some(knows) = room.knows else { continue };
        let depended: BTreeSet<_> = dependencies(&room.name, "dependencies")
            .intersection(&members())
            .cloned()
            .collect();
        assert_eq!(
            depended, knows,
            "{}'s \"Knows:\" line and its Cargo.toml",
            room.name
        );
        let in_tests: BTreeSet<_> = dependencies(&room.name, "dev-dependencies")
            .intersection(&members())
            .cloned()
            .collect();
        let allowed: BTreeSet<_> = knows
            .into_iter()
            .chain(["testkit".to_owned(), room.name.clone()])
            .collect();
        assert!(
            in_tests.is_subset(&allowed),
            "{}'s tests know {in_tests:?}",
            room.name
        );
    }
}

#[test]
fn only_the_edge_prints_exits_and_reads_flags() {
    let rooms = rooms();
    let inner = rooms
        .iter()
        .filter(|room| !["xtask", "testkit"].contains(&room.name.as_str()));
    let places: Vec<_> = inner
        .flat_map(|room| sources(&room.name))
        .filter(|source| {
            source
                .path
                .components()
                .nth(1)
                .is_some_and(|c| c.as_str() == "src")
        })
        .flat_map(|source| source.places(EDGE))
        .collect();
    none(&places, "only xtask prints, exits and reads flags");
}

#[test]
fn every_file_says_what_it_is() {
    let places: Vec<_> = all_sources()
        .into_iter()
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| source.path.into_string())
        .collect();
    none(
        &places,
        "every file opens with `//!`: what it is and why it is here",
    );
}

#[test]
fn no_file_is_two_ideas() {
    let mut places = Vec::new();
    for source in all_sources() {
        let lines = source.code().count();
        let listed = LONGER.iter().any(|(path, _)| source.path == *path);
        if lines > MAX_LINES && !listed && !source.is_test() {
            places.push(format!("{}: {lines} lines", source.path));
        }
    }
    none(
        &places,
        "past 650 lines, is it two ideas? If not, list it here with its reason",
    );
    for (path, _) in LONGER {
        let text = read(path);
        assert!(
            text.lines().count() > MAX_LINES,
            "{path} is shorter now: take it off the list"
        );
    }
}

#[test]
fn no_code_names_a_host_that_exists() {
    let places: Vec<_> = all_sources()
        .iter()
        .flat_map(|source| {
            let lines = source.text.lines().enumerate();
            lines
                .filter(|(_, line)| !is_comment(line) && names_a_host(line))
                .map(|(number, line)| format!("{}:{}: {}", source.path, number + 1, line.trim()))
        })
        .collect();
    none(
        &places,
        "use 127.0.0.1, or a name such as index.example, which cannot exist",
    );
}

#[test]
fn the_dependencies_stay_few() {
    let lock: DocumentMut = read("Cargo.lock").parse().unwrap();
    let packages = lock["package"].as_array_of_tables().unwrap();
    let count = packages
        .iter()
        .filter(|package| package.contains_key("source"))
        .count();
    assert!(
        count <= MAX_LOCKED_CRATES,
        "{count} crates in Cargo.lock, and {MAX_LOCKED_CRATES} is the ceiling: raise it with a reason"
    );
}

#[test]
fn every_dependency_is_in_the_workspaces_table() {
    let mut places = Vec::new();
    for member in members() {
        for table in ["dependencies", "dev-dependencies"] {
            let own = house::entries(&member, table).into_iter();
            let own = own.filter(|(_, item)| !from_workspace(item));
            places.extend(own.map(|(name, _)| format!("{member}: {name}")));
        }
    }
    none(
        &places,
        "versions stand in the root's [workspace.dependencies]",
    );
}

#[test]
fn every_dependency_is_used() {
    let mut places = Vec::new();
    let mut declared = BTreeSet::new();
    for member in members() {
        let mut sources = sources(&member);
        if ["xtask", "testkit"].contains(&member.as_str()) {
            sources.extend(house::sources("tests"));
        }
        for table in ["dependencies", "dev-dependencies"] {
            for name in dependencies(&member, table) {
                // `md-5` is `md5` in code, as some are.
                let words = [name.replace('-', "_"), name.replace('-', "")];
                let used = |source: &Source| {
                    source
                        .code()
                        .any(|(_, line)| words.iter().any(|word| line.contains(word)))
                };
                let in_tests =
                    |source: &Source| words.iter().any(|word| source.text.contains(word));
                if !sources
                    .iter()
                    .any(|source| used(source) || in_tests(source))
                {
                    places.push(format!("{member}/Cargo.toml: {name}"));
                }
                declared.insert(name);
            }
        }
    }
    let manifest: DocumentMut = read("Cargo.toml").parse().unwrap();
    let all = manifest["workspace"]["dependencies"].as_table().unwrap();
    let unused = all.iter().filter(|(name, _)| !declared.contains(*name));
    places.extend(unused.map(|(name, _)| format!("Cargo.toml: {name}")));
    none(&places, "nobody uses these dependencies: take them out");
}

#[test]
fn public_types_have_names_of_their_own() {
    let mut by_name: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for member in members() {
        for source in built(&member) {
            for public in shape::public_types(&source) {
                by_name.entry(public.name).or_default().push(public.place);
            }
        }
    }
    let twice = by_name.iter().filter(|(_, places)| places.len() > 1);
    let twice: Vec<_> = twice
        .map(|(name, places)| format!("{name}: {}", places.join(", ")))
        .collect();
    none(&twice, "a type's name is unique in the workspace");
    let participles = by_name
        .iter()
        .filter(|(name, _)| shape::is_participle(name));
    let participles: Vec<_> = participles
        .map(|(name, places)| format!("{name}: {}", places.join(", ")))
        .collect();
    none(&participles, "a type's name is a noun of the field");
}

#[test]
fn functions_take_four_values_at_most() {
    let mut places = Vec::new();
    for source in members().iter().flat_map(|member| built(member)) {
        let many = shape::functions(&source)
            .into_iter()
            .filter(|f| f.parameters > 4);
        places.extend(many.map(|f| format!("{}: {} takes {}", f.place, f.name, f.parameters)));
    }
    none(
        &places,
        "a tuple counts as what it holds: is there a struct missing?",
    );
}

#[test]
fn imports_run_one_way() {
    let mut places = Vec::new();
    for member in members() {
        let src = Utf8Path::new(&member).join("src");
        let arrows = imports::Imports::of(&src, &built(&member)).arrows();
        let circles = imports::circles(&arrows).into_iter();
        places.extend(circles.map(|circle| format!("{member}: {circle}")));
    }
    none(
        &places,
        "data walks one way: files and folders that lead to each other are one idea",
    );
}

#[test]
fn rooms_have_the_size_of_rooms() {
    let mut places = Vec::new();
    for room in rooms() {
        let lines: usize = built(&room.name).iter().map(|source| source.lines()).sum();
        let fits = if room.name == "xtask" {
            0..MAX_EDGE
        } else {
            MIN_ROOM..MAX_ROOM + 1
        };
        if !fits.contains(&lines) && (room.name == "xtask" || room.size_reason.is_none()) {
            places.push(format!("{}: {lines} lines", room.name));
        }
        assert!(
            !(fits.contains(&lines) && room.size_reason.is_some()),
            "{} has the size of a room now: its \"Size:\" line can go",
            room.name
        );
    }
    none(
        &places,
        "smaller is a module of its neighbour, larger is two rooms; else a \"Size:\" line says why",
    );
}

#[test]
fn files_and_functions_stay_short() {
    let sources: Vec<_> = members().iter().flat_map(|member| built(member)).collect();
    let files = sources.iter().map(|source| source.lines()).collect();
    let functions = sources
        .iter()
        .flat_map(shape::functions)
        .map(|f| f.lines)
        .collect();
    let (files, functions) = (shape::ninth_decile(files), shape::ninth_decile(functions));
    assert!(files < 370, "nine in ten files have up to {files} lines");
    assert!(
        functions < 32,
        "nine in ten functions have up to {functions} lines"
    );
}

#[test]
fn nothing_stands_in_for_a_value() {
    let texts = [
        "::MAX)",
        "as *const",
        "ptr::from_ref",
        "ptr::addr",
        "[0; 32]",
        "[0u8; 32]",
    ];
    let mut places = Vec::new();
    for source in members().iter().flat_map(|member| built(member)) {
        let code = source.code().filter(|(_, line)| {
            if line.contains("let mut ") {
                return false;
            }
            let max = line.contains("unwrap_or(") && line.contains(texts[0]);
            max || texts[1..].iter().any(|text| line.contains(text)) || has_fixed_digest(line)
        });
        places.extend(code.map(|(n, line)| format!("{}:{n}: {}", source.path, line.trim())));
    }
    none(
        &places,
        "a value that is not known is an `Option`, and an address is no key",
    );
}

#[test]
fn each_command_has_a_test_file() {
    let places: Vec<_> = commands()
        .into_iter()
        .map(|name| name.replace('-', "_"))
        .filter(|name| {
            !["rs", "folder"].iter().any(|form| match *form {
                "rs" => house::exists(&format!("tests/{name}.rs")),
                _ => house::exists(&format!("tests/{name}/mod.rs")),
            })
        })
        .collect();
    none(&places, "a command has a test file of its name in tests/");
}

#[test]
fn the_rules_find_what_they_look_for() {
    let source = |text: &str| Source {
        path: "model/src/name.rs".into(),
        text: text.to_owned(),
    };
    let code = source("let x = fs_err::read(p);\n// fs_err\n#[cfg(test)]\nuse fs_err;");
    assert_eq!(code.places(IO).len(), 1);
    assert_eq!(
        source("let x = my_reqwest; path.exists()").places(IO).len(),
        1
    );
    assert_eq!(source("let x = my_reqwest;").places(IO).len(), 0);
    assert_eq!(
        source("println!(\"x\"); eprintln!(\"x\");")
            .places(EDGE)
            .len(),
        1
    );
    // In two parts, so that this file does not break the rule.
    let url = |host: &str| format!("let url = \"https:{}//{host}/simple/\";", "");
    for host in [
        "index.example",
        "127.0.0.1:80",
        "me:secret@index.example",
        "{host}",
    ] {
        assert!(!names_a_host(&url(host)), "{host}");
    }
    for host in ["real.org", "real.org:443", "index.example@real.org"] {
        assert!(names_a_host(&url(host)), "{host}");
    }
}

fn names_a_host(line: &str) -> bool {
    ["http://", "https://", "ssh://"].iter().any(|scheme| {
        line.split(scheme).skip(1).any(|rest| {
            let authority = rest
                .split(|c: char| !(c.is_ascii_alphanumeric() || ".-:@%_$".contains(c)))
                .next()
                .unwrap_or_default();
            let host = authority.rsplit('@').next().unwrap_or_default();
            let host = host.split(':').next().unwrap_or_default();
            host.contains('.')
                && host != "127.0.0.1"
                && !FREE_NAMES.iter().any(|name| host.ends_with(name))
                && !HOSTS.iter().any(|(known, _)| host == *known)
        })
    })
}

fn none(places: &[String], rule: &str) {
    assert!(places.is_empty(), "{rule}:\n{}", places.join("\n"));
}

fn from_workspace(dependency: &Item) -> bool {
    dependency.get("workspace").and_then(Item::as_bool) == Some(true)
}

/// Whether a line has a digest that was typed: the same digit 64 times.
fn has_fixed_digest(line: &str) -> bool {
    let bytes = line.as_bytes();
    bytes
        .windows(64)
        .any(|part| part[0].is_ascii_hexdigit() && part.iter().all(|b| *b == part[0]))
}

/// The names of the commands, as they are typed.
fn commands() -> Vec<String> {
    let cli = built("xtask")
        .into_iter()
        .find(|source| source.path.ends_with("src/cli.rs"));
    let items = cli.expect("xtask has a cli.rs").syntax().items;
    let command = items.into_iter().find_map(|item| match item {
        syn::Item::Enum(item) if item.ident == "Command" => Some(item),
        _ => None,
    });
    let variants = command.expect("cli.rs has an enum of commands").variants;
    variants
        .iter()
        .map(|variant| kebab(&variant.ident.to_string()))
        .collect()
}

/// As clap spells a variant's command.
fn kebab(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !text.is_empty() {
            text.push('-');
        }
        text.extend(c.to_lowercase());
    }
    text
}
