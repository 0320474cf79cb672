//! What makes a folder a virtual environment: `pyvenv.cfg`, the interpreter, activation scripts.
//!
//! Sources: <https://docs.python.org/3/library/venv.html>, PEP 405.

use camino::Utf8Path;
use wheel::FileMode;

use super::items::{CopyTime, Item, ItemContent, PackageItems};
use super::layout::Layout;
use super::wanted::{EnvironmentIdentity, Relocation};
use crate::python::Interpreter;

/// The file that adds the repository's source roots to `sys.path`.
pub(crate) const SOURCES_PTH: &str = "xtask_sources.pth";

/// The skeleton of an environment of `python`.
pub(crate) fn skeleton(
    layout: &Layout,
    python: &Interpreter,
    identity: &EnvironmentIdentity,
) -> PackageItems<'static> {
    let mut items = vec![Item::text(
        "pyvenv.cfg".to_owned(),
        pyvenv(python, identity).into_bytes(),
        FileMode::Regular,
    )];
    let link = |path: String, target: &str| Item {
        path,
        content: ItemContent::Link(target.into()),
    };
    let (major, minor) = python.major_minor();
    let script = |name: &str| format!("{}/{name}", layout.scripts());
    items.push(link(script("python"), python.base_executable().as_str()));
    let mut names = vec!["python3".to_owned(), format!("python{major}.{minor}")];
    if python.implementation() == "PyPy" {
        names.extend(["pypy".to_owned(), "pypy3".to_owned()]);
    }
    items.extend(names.iter().map(|name| link(script(name), "python")));
    if layout.has_lib64() {
        items.push(link("lib64".to_owned(), "lib"));
    }
    for (name, template, quote) in ACTIVATION {
        let root = quote(layout.root.as_str());
        let root = match layout.relocation() {
            Relocation::Fixed => root,
            Relocation::Relocatable => of_its_script(name, &root),
        };
        let text = template
            .replace("@ROOT@", &root)
            .replace("@PROMPT@", &quote(&identity.prompt));
        items.push(Item::text(
            script(name),
            text.into_bytes(),
            FileMode::Regular,
        ));
    }
    if !identity.source_roots.is_empty() {
        let text: String = identity
            .source_roots
            .iter()
            .map(|root| format!("{root}\n"))
            .collect();
        let path = format!("{}/{SOURCES_PTH}", layout.purelib());
        items.push(Item::text(path, text.into_bytes(), FileMode::Regular));
    }
    // Exported environments must not be committed.
    items.push(Item::text(
        ".gitignore".to_owned(),
        &b"*\n"[..],
        FileMode::Regular,
    ));
    PackageItems {
        title: "the environment".to_owned(),
        name: None,
        rank: 2,
        placed: CopyTime::default(),
        items,
    }
}

/// How an activation script that may be moved finds out where it is. A shell that cannot tell takes the
/// folder in which the environment was made.
fn of_its_script(name: &str, made_in: &str) -> String {
    match name {
        "activate" => format!(
            "$(\n    if [ -n \"${{ZSH_VERSION-}}\" ]; then eval 'script=\"${{(%):-%x}}\"'; else script=\"${{BASH_SOURCE-}}\"; fi\n    \
             if [ -n \"$script\" ]; then CDPATH= cd -- \"$(dirname -- \"$script\")/..\" && pwd; else echo {made_in}; fi\n)"
        ),
        "activate.fish" => "(cd (dirname (status filename))/..; and pwd)".to_owned(),
        "Activate.ps1" => "(Split-Path -Parent $PSScriptRoot)".to_owned(),
        _ => made_in.to_owned(),
    }
}

fn pyvenv(python: &Interpreter, identity: &EnvironmentIdentity) -> String {
    let prompt = &identity.prompt;
    let relocatable = match identity.relocation {
        Relocation::Fixed => "",
        Relocation::Relocatable => "relocatable = true\n",
    };
    let executable = python.base_executable();
    let home = executable.parent().unwrap_or(Utf8Path::new("/"));
    format!(
        "home = {home}\nimplementation = {}\nversion = {}\nexecutable = {executable}\n\
         include-system-site-packages = false\nprompt = {prompt}\n{relocatable}",
        python.implementation(),
        python.version(),
    )
}

type Quote = fn(&str) -> String;

const ACTIVATION: [(&str, &str, Quote); 5] = [
    ("activate", include_str!("activate/activate"), posix),
    ("activate.csh", include_str!("activate/activate.csh"), csh),
    (
        "activate.fish",
        include_str!("activate/activate.fish"),
        fish,
    ),
    ("activate.nu", include_str!("activate/activate.nu"), nushell),
    (
        "Activate.ps1",
        include_str!("activate/Activate.ps1"),
        powershell,
    ),
];

fn posix(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn csh(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''").replace('!', r"\!"))
}

fn fish(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
}

fn powershell(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Nushell has raw strings, whose ends have as many `#` as are needed.
fn nushell(text: &str) -> String {
    let mut marks = String::from("#");
    while text.contains(&format!("'{marks}")) {
        marks.push('#');
    }
    format!("r{marks}'{text}'{marks}")
}
