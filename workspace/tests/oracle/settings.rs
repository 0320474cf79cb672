//! As much of `pants.toml` as the recorded repositories use.

use std::path::Path;

use targets::{Ambiguity, Behavior, GraphOptions, InitFiles, Resolves, Switch};
use toml_edit::{DocumentMut, Item};

/// The options that the `pants.toml` of a repository asks for.
pub(crate) fn options(root: &Path) -> GraphOptions {
    let text = fs_err::read_to_string(root.join("pants.toml")).unwrap();
    let document: DocumentMut = text.parse().unwrap();
    let get = |section: &str, key: &str| document.get(section).and_then(|table| table.get(key));
    let list = |section: &str, key: &str, default: Vec<String>| match get(section, key) {
        Some(item) => match item.get("add") {
            Some(more) => default.into_iter().chain(strings(more)).collect(),
            None => strings(item),
        },
        None => default,
    };
    let text = |section: &str, key: &str| get(section, key).and_then(Item::as_str);
    let defaults = GraphOptions::default();
    let mut options = GraphOptions {
        pants_version: text("GLOBAL", "pants_version")
            .unwrap_or("2.17.1")
            .to_owned(),
        backend_packages: list("GLOBAL", "backend_packages", Vec::new()),
        pants_ignore: list("GLOBAL", "pants_ignore", defaults.pants_ignore.clone()),
        build_ignore: list("GLOBAL", "build_ignore", Vec::new()),
        build_file_prelude_globs: list("GLOBAL", "build_file_prelude_globs", Vec::new()),
        unmatched_build_file_globs: match text("GLOBAL", "unmatched_build_file_globs") {
            Some("error") => Behavior::Error,
            Some("ignore") => Behavior::Ignore,
            _ => Behavior::Warn,
        },
        root_patterns: list("source", "root_patterns", defaults.root_patterns.clone()),
        marker_filenames: list("source", "marker_filenames", Vec::new()),
        enable_resolves: match get("python", "enable_resolves").and_then(Item::as_bool) {
            Some(true) => Resolves::Enabled,
            _ => Resolves::Disabled,
        },
        interpreter_constraints: list("python", "interpreter_constraints", Vec::new()),
        platform: "linux_x86_64".to_owned(),
        ..defaults
    };
    if let Some(resolves) = get("python", "resolves").and_then(Item::as_table_like) {
        options.resolves = resolves
            .iter()
            .map(|(name, path)| (name.to_owned(), path.as_str().unwrap().to_owned()))
            .collect();
    }
    if let Some(default) = text("python", "default_resolve") {
        options.default_resolve = default.to_owned();
    }
    options
}

/// Applies a `--python-infer-…` argument.
pub(crate) fn apply(argument: &str, options: &mut GraphOptions) {
    match argument {
        "--python-infer-init-files=always" => options.infer.init_files = InitFiles::Always,
        "--python-infer-init-files=never" => options.infer.init_files = InitFiles::Never,
        "--python-infer-ambiguity-resolution=by_source_root" => {
            options.infer.ambiguity = Ambiguity::BySourceRoot;
        }
        "--python-infer-assets" => options.infer.assets = Switch::On,
        other => panic!("unknown option in a case: {other}"),
    }
}

fn strings(item: &Item) -> Vec<String> {
    let array = item.as_array().unwrap();
    array
        .iter()
        .map(|value| value.as_str().unwrap().to_owned())
        .collect()
}
