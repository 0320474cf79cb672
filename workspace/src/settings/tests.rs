//! What settings say, and how they are refused.

use camino::Utf8Path;
use targets::Behavior;

use super::*;
use crate::settings::document::SettingsDocument;
use crate::settings::reader::{RepositorySettings, read};

/// Reads the two texts as files of `/repo`; shows the error as a user would see it.
fn read_texts(pants: &str, cargo: &str) -> Result<Settings, String> {
    let root = Utf8Path::new("/repo");
    let document = |name: &str, text: &str| {
        (!text.is_empty())
            .then(|| SettingsDocument::parse(name.into(), text.to_owned()))
            .transpose()
    };
    let environment = [("HOME", "/home/me"), ("WHEELS", "/wheels")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    document("pants.toml", pants)
        .and_then(|pants| RepositorySettings::new(root, pants, document("Cargo.toml", cargo)?))
        .and_then(|files| read(&files, environment.into(), &[]))
        .map_err(|error| show(&error))
}

fn show(error: &SettingsError) -> String {
    let mut shown = format!("{error}\n  at {}", error.place.path);
    let spot = &error.place;
    if spot.line > 0 {
        let marks = format!("{}{}", " ".repeat(spot.column - 1), "^".repeat(spot.width));
        shown += &format!(
            ":{}:{}\n  {}\n  {marks}",
            spot.line, spot.column, spot.source_line
        );
    }
    if let Some(hint) = error.problem.hint() {
        shown += &format!("\n  hint: {hint}");
    }
    shown
}

#[track_caller]
fn pants(text: &str) -> Settings {
    read_texts(text, "").unwrap()
}

#[track_caller]
fn ours(text: &str) -> Settings {
    read_texts("", text).unwrap()
}

fn pythons(settings: &Settings, resolve: &str) -> Vec<String> {
    settings
        .interpreter_constraints(resolve)
        .unwrap()
        .iter()
        .collect()
}

fn pants_error(text: &str) -> String {
    read_texts(text, "").unwrap_err()
}

fn our_error(text: &str) -> String {
    read_texts("", text).unwrap_err()
}

#[test]
fn a_pants_toml_works_as_it_is() {
    let settings = pants(
        r#"
        [GLOBAL]
        pants_version = "2.21.0"
        backend_packages = ["pants.backend.python"]
        pants_ignore = [".*/", "*~"]
        build_file_prelude_globs = ["tools/build-macros.py"]
        unmatched_build_file_globs = "error"
        [source]
        root_patterns = ["/src"]
        [python]
        enable_resolves = true
        interpreter_constraints = ["CPython==3.12.6"]
        [python.resolves]
        python-default = "python.lock"
        mypy = "tools/mypy.lock"
        [python-bootstrap]
        search_path = ["<PYENV>"]
        [python-repos]
        indexes = ["https://index.example/simple/"]
        find_links = ["file://%(buildroot)s/wheelhouse"]
        [mypy]
        install_from_resolve = "mypy"
        config = "pyproject.toml"
        [docker]
        env_vars = ["HOME"]
        "#,
    );
    assert_eq!(settings.global.pants_ignore, [".*/", "*~"]);
    assert_eq!(settings.global.unmatched_build_file_globs, Behavior::Error);
    assert_eq!(
        settings.lockfile("mypy"),
        Some(Utf8Path::new("tools/mypy.lock"))
    );
    assert_eq!(
        settings.python_repos.find_links,
        ["file:///repo/wheelhouse"]
    );
    assert_eq!(settings.tools["mypy"], "mypy");
    assert_eq!(pythons(&settings, "mypy"), ["CPython==3.12.6"]);
    let ignored: Vec<_> = settings
        .ignored
        .iter()
        .map(|i| format!("{}: [{}] {}", i.line, i.section, i.key))
        .collect();
    assert_eq!(ignored, ["25: [docker] env_vars"]);
}

#[test]
fn lists_are_changed_as_pants_changes_them() {
    let ignore = |line: &str| {
        pants(&format!("[GLOBAL]\n{line}"))
            .global
            .pants_ignore
            .clone()
    };
    assert_eq!(ignore("pants_ignore = ['a']"), ["a"]);
    assert_eq!(ignore("pants_ignore = \"['a', 'b']\""), ["a", "b"]);
    let added = [".*/", "/dist/", "__pycache__", "a"];
    assert_eq!(ignore("pants_ignore.add = ['a']"), added);
    assert_eq!(ignore("pants_ignore = \"+['a']\""), added);
    assert_eq!(ignore("pants_ignore = 'a'"), added);
    assert_eq!(
        ignore("pants_ignore = { add = ['a'], remove = ['/dist/'] }"),
        [".*/", "__pycache__", "a"]
    );
    assert_eq!(
        ignore("pants_ignore = \"-['/dist/', '.*/']\""),
        ["__pycache__"]
    );
}

#[test]
fn tables_are_changed_as_pants_changes_them() {
    let resolves = |line: &str| {
        let settings = pants(&format!("[python]\nenable_resolves = true\n{line}"));
        let names = settings.python.resolves.keys();
        names.cloned().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(resolves("resolves = { a = 'a.lock' }"), "a");
    assert_eq!(
        resolves("resolves.add = { a = 'a.lock' }"),
        "a python-default"
    );
    assert_eq!(
        resolves("resolves = \"+{'a': 'a.lock'}\""),
        "a python-default"
    );
    let both = "resolves = { add = { a = 'a.lock' }, remove = ['python-default'] }";
    assert_eq!(resolves(both), "a");
    assert_eq!(resolves("resolves = { add = 'a.lock' }"), "add");
}

#[test]
fn texts_are_read_as_the_setting_needs() {
    let settings = pants(
        "[python]\nenable_resolves = 'True'\n[python-infer]\nstring_imports = 'true'\n\
         string_imports_min_dots = '3'\n",
    );
    assert!(settings.python.enable_resolves);
    assert!(settings.python_infer.string_imports);
    assert_eq!(settings.python_infer.string_imports_min_dots, 3);
}

#[test]
fn dictionaries_may_be_python_literals() {
    let settings = pants(
        r#"
        [python]
        enable_resolves = true
        interpreter_constraints = ["CPython==3.11.*"]
        resolves = { a = "a.lock", b = "b.lock" }
        resolves_to_interpreter_constraints = "{'b': ['==3.10.*'], }"
        "#,
    );
    assert_eq!(pythons(&settings, "a"), ["CPython==3.11.*"]);
    assert_eq!(pythons(&settings, "b"), ["==3.10.*"]);
}

#[test]
fn the_default_key_stands_for_resolves_that_are_not_named() {
    let settings = ours(
        r#"
        [workspace.metadata.xtask.python]
        resolves = { a = "a.lock", b = "b.lock" }
        resolves_to_no_binary = { __default__ = [":all:"], b = ["numpy"] }
        resolves_to_platforms = { a = ["linux_arm64"] }
        resolves_to_prereleases = { a = "allow" }
        "#,
    );
    assert_eq!(settings.no_binary("a"), PackageSet::All);
    assert_eq!(settings.no_binary("b").to_string(), "numpy");
    assert_eq!(settings.platforms("a"), [Platform::LinuxArm64]);
    assert_eq!(settings.platforms("b"), []);
    assert_eq!(settings.prereleases("a"), PrereleasePolicy::Allow);
}

#[test]
fn placeholders_are_filled_in() {
    let settings = pants(
        r#"
        [DEFAULT]
        house = "house"
        [python-repos]
        find_links = ["%(env.WHEELS)s", "%(homedir)s/w", "%(pants_distdir)s/%(house)s", "100%"]
        [unused]
        key = "%(env.NOT_SET)s"
        "#,
    );
    assert_eq!(
        settings.python_repos.find_links,
        ["/wheels", "/home/me/w", "/repo/dist/house", "100%"]
    );
}

#[test]
fn our_table_goes_over_pants_toml() {
    let settings = read_texts(
        "[python]\ninterpreter_constraints = ['CPython==3.11.*']\n[source]\nroot_patterns=['/a']",
        "[workspace.metadata.xtask.python]\nexclude_newer = 2024-10-22\n\
         [workspace.metadata.xtask.source]\nroot_patterns.add = ['/b']\n",
    )
    .unwrap();
    assert_eq!(settings.source.root_patterns, ["/a", "/b"]);
    assert_eq!(
        settings
            .python
            .exclude_newer
            .map(|cutoff| cutoff.to_string())
            .as_deref(),
        Some("2024-10-23T00:00:00Z")
    );
    assert!(!settings.python.enable_resolves, "as Pants has it");
}

#[test]
fn pants_toml_that_says_nothing_of_python_has_no_resolves() {
    let enabled = |settings: &Settings| {
        let options = settings.target_options(&BTreeMap::new());
        options.enable_resolves == targets::Resolves::Enabled
    };
    assert!(!enabled(&pants("[GLOBAL]\n")));
    assert!(!enabled(&pants("[python]\n")));
    assert!(enabled(&pants("[python]\nenable_resolves = true\n")));
    assert!(enabled(&ours("[workspace.metadata.xtask]")));
}

#[test]
fn without_pants_toml_there_is_one_resolve() {
    let settings = ours("[workspace.metadata.xtask]");
    assert!(settings.python.enable_resolves);
    assert_eq!(
        settings.lockfile("python-default"),
        Some(Utf8Path::new("python.lock"))
    );
    assert_eq!(settings.python_repos.indexes, [PIP_INDEX]);
}

#[test]
fn a_misspelt_key_of_ours_names_the_right_one() {
    insta::assert_snapshot!(
        our_error("[workspace.metadata.xtask.python]\nresolvs = { a = 'a.lock' }\n"), @"
    `resolvs` is not a setting of `[python]`
      at Cargo.toml:2:1
      resolvs = { a = 'a.lock' }
      ^^^^^^^
      hint: did you mean `resolves`?
    ");
}

#[test]
fn a_key_that_is_like_no_other_lists_them() {
    insta::assert_snapshot!(
        our_error("[workspace.metadata.xtask.index]\nurl = 'https://index.example'\n"), @"
    `url` is not a setting of `[index]`
      at Cargo.toml:2:1
      url = 'https://index.example'
      ^^^
      hint: known are `first_index_exceptions`, `packages`, `freshness_seconds`, `timeout_seconds`
    ");
}

#[test]
fn a_misspelt_section_of_ours_names_the_right_one() {
    insta::assert_snapshot!(
        our_error("[workspace.metadata.xtask.python_repos]\nindexes = []\n"), @"
    `[python_repos]` is not a section of settings
      at Cargo.toml:1:27
      [workspace.metadata.xtask.python_repos]
                                ^^^^^^^^^^^^
      hint: did you mean `python-repos`?
    ");
}

#[test]
fn a_value_instead_of_a_section() {
    insta::assert_snapshot!(our_error("[workspace.metadata.xtask]\npython = 3\n"), @"
    `python` must be a section, `[python]`, but is of type integer
      at Cargo.toml:2:1
      python = 3
      ^^^^^^
    ");
}

#[test]
fn not_toml() {
    insta::assert_snapshot!(pants_error("[python]\nresolves = {\n"), @"
    not valid TOML: unclosed inline table, expected `}`
      at pants.toml:2:13
      resolves = {
                  ^
    ");
}

#[test]
fn a_wrong_type() {
    insta::assert_snapshot!(pants_error("[python]\nresolves = ['python.lock']\n"), @"
    `[python] resolves` must be a table, not a list
      at pants.toml:2:12
      resolves = ['python.lock']
                 ^^^^^^^^^^^^^^^
    ");
}

#[test]
fn a_bad_interpreter_constraint() {
    insta::assert_snapshot!(
        pants_error("[python]\ninterpreter_constraints = ['CPython>=3.9', 'CPython=3.12']\n"), @r#"
    `[python] interpreter_constraints`: `CPython=3.12` is not an interpreter constraint such as `CPython==3.12.*`: Failed to parse version: no such comparison operator "=", must be one of ~= == != <= >= < > ===
      at pants.toml:2:44
      interpreter_constraints = ['CPython>=3.9', 'CPython=3.12']
                                                 ^^^^^^^^^^^^^^
    "#);
}

#[test]
fn a_bad_platform() {
    insta::assert_snapshot!(
        our_error(
            "[workspace.metadata.xtask.python]\n\
             resolves_to_platforms = { python-default = ['linux_amd64'] }\n"), @"
    `[python] resolves_to_platforms`: `linux_amd64` is not a platform: use `linux_arm64`, `linux_x86_64`, `macos_arm64`, `macos_x86_64`, `windows_x86_64`
      at Cargo.toml:2:45
      resolves_to_platforms = { python-default = ['linux_amd64'] }
                                                  ^^^^^^^^^^^^^
    ");
}

#[test]
fn a_bad_word() {
    insta::assert_snapshot!(
        pants_error("[GLOBAL]\nunmatched_build_file_globs = 'fail'\n"), @"
    `[GLOBAL] unmatched_build_file_globs`: `fail` is not one of `ignore` `warn` `warning` `error`
      at pants.toml:2:30
      unmatched_build_file_globs = 'fail'
                                   ^^^^^^
    ");
}

#[test]
fn a_placeholder_that_stands_for_nothing() {
    insta::assert_snapshot!(
        pants_error("[python-repos]\nfind_links = ['%(rootdir)s/w']\n"), @"
    `[python-repos] find_links`: `%(rootdir)s` stands for nothing
      at pants.toml:2:15
      find_links = ['%(rootdir)s/w']
                    ^^^^^^^^^^^^^^^
      hint: known are `%(buildroot)s`, `%(homedir)s`, `%(user)s`, `%(pants_workdir)s`, `%(pants_distdir)s`, `%(env.NAME)s` and the keys of `[DEFAULT]`
    ");
}

#[test]
fn a_variable_that_is_not_set() {
    insta::assert_snapshot!(
        pants_error("[python-repos]\nindexes = ['https://%(env.TOKEN)s@index.example']\n"), @"
    `[python-repos] indexes`: the environment variable `TOKEN` is not set
      at pants.toml:2:12
      indexes = ['https://%(env.TOKEN)s@index.example']
                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn a_resolve_that_does_not_exist() {
    insta::assert_snapshot!(
        our_error(
            "[workspace.metadata.xtask.python]\nresolves = { python-default = 'python.lock' }\n\
             [workspace.metadata.xtask.mypy]\ninstall_from_resolve = 'python-defautl'\n"), @"
    `[mypy] install_from_resolve`: there is no resolve `python-defautl`
      at Cargo.toml:4:24
      install_from_resolve = 'python-defautl'
                             ^^^^^^^^^^^^^^^^
      hint: did you mean `python-default`?
    ");
}

#[test]
fn two_resolves_of_one_lockfile() {
    insta::assert_snapshot!(
        our_error(
            "[workspace.metadata.xtask.python]\nresolves = { a = 'x.lock', b = 'x.lock' }\n"),
        @"
    the resolves `a` and `b` have the same lockfile, x.lock
      at Cargo.toml
      hint: give each resolve a file of its own
    ");
}

#[test]
fn a_lockfile_is_a_file_of_the_repository() {
    let locked = |path: &str| {
        let text = format!("[workspace.metadata.xtask.python]\nresolves = {{ a = '{path}' }}\n");
        our_error(&text)
    };
    for (inside, path) in [
        ("./x.lock", "x.lock"),
        ("y/../x.lock", "x.lock"),
        ("y//x", "y/x"),
    ] {
        let text = format!("[python]\nenable_resolves = true\nresolves = {{ a = '{inside}' }}\n");
        let settings = pants(&text);
        assert_eq!(settings.lockfile("a").unwrap(), path);
    }
    insta::assert_snapshot!(locked("../x.lock"), @"
    `[python] resolves`: `../x.lock` is not in the repository: paths are relative to its root
      at Cargo.toml:2:18
      resolves = { a = '../x.lock' }
                       ^^^^^^^^^^^
    ");
    insta::assert_snapshot!(locked("y/../../x.lock"), @"
    `[python] resolves`: `y/../../x.lock` is not in the repository: paths are relative to its root
      at Cargo.toml:2:18
      resolves = { a = 'y/../../x.lock' }
                       ^^^^^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(locked("/x.lock"), @"
    `[python] resolves`: `/x.lock` is not in the repository: paths are relative to its root
      at Cargo.toml:2:18
      resolves = { a = '/x.lock' }
                       ^^^^^^^^^
    ");
    insta::assert_snapshot!(locked(""), @"
    `[python] resolves`: `` is a folder, not a file
      at Cargo.toml:2:18
      resolves = { a = '' }
                       ^^
    ");
    insta::assert_snapshot!(locked("locks/"), @"
    `[python] resolves`: `locks/` is a folder, not a file
      at Cargo.toml:2:18
      resolves = { a = 'locks/' }
                       ^^^^^^^^
    ");
    insta::assert_snapshot!(locked("locks/.."), @"
    `[python] resolves`: `locks/..` is a folder, not a file
      at Cargo.toml:2:18
      resolves = { a = 'locks/..' }
                       ^^^^^^^^^^
    ");
}

#[test]
fn no_interpreter_constraints() {
    let settings = pants("[python]\nenable_resolves = true\n");
    let error = settings
        .interpreter_constraints("python-default")
        .unwrap_err();
    insta::assert_snapshot!(show(&error), @r#"
    no interpreter constraints for the resolve `python-default`
      at pants.toml
      hint: set `interpreter_constraints = ["CPython==3.12.*"]` in `[python]`, or `requires-python` in `[project]`; `cargo xtask init` names this machine's Python
    "#);
}

#[test]
fn a_folder_without_settings() {
    insta::assert_snapshot!(our_error("[package]\nname = 'x'\n"), @"
    there are no settings in this folder
      at /repo
      hint: what is needed stands in `pyproject.toml`, `pants.toml`, or `Cargo.toml` under `[workspace.metadata.xtask]`; `-C DIR` names another repository
    ");
}

#[test]
fn a_flag_counts_more_than_files() {
    let with = |key: &str, value: &str| {
        let flag = match SettingFlag::read(&format!("--{key}={value}"), None) {
            Some(FlagMeaning::Setting(flag)) => flag,
            other => panic!("{other:?}"),
        };
        let files = RepositorySettings::new(
            Utf8Path::new("/repo"),
            Some(
                SettingsDocument::parse(
                    "pants.toml".into(),
                    "[python-infer]\nassets = false".to_owned(),
                )
                .unwrap(),
            ),
            None,
        );
        read(&files.unwrap(), BTreeMap::new(), &[flag]).map_err(|error| show(&error))
    };
    let settings = with("python-infer-assets", "true").unwrap();
    assert!(settings.python_infer.assets);
    let settings = with("python-infer-assets-min-slashes", "3").unwrap();
    assert_eq!(settings.python_infer.assets_min_slashes, 3);
    insta::assert_snapshot!(with("python-infer-init-files", "some").unwrap_err(), @"
    `[python-infer] init_files`: `some` is not one of `always` `content_only` `never`
      at the command line:1:27
      --python-infer-init-files=some
                                ^^^^
    ");
    insta::assert_snapshot!(with("python-infer-assets", "perhaps").unwrap_err(), @"
    `[python-infer] assets` must be `true` or `false`, not a string
      at the command line:1:23
      --python-infer-assets=perhaps
                            ^^^^^^^
    ");
}

#[test]
fn what_tools_of_pants_alone_mean_is_not_judged() {
    // `regex-lint` has a dictionary where other tools have the name of a file.
    for config in [
        "'@lint-configs/regex-lint.yaml'",
        "{ required_matches = {} }",
    ] {
        pants(&format!("[regex-lint]\nconfig = {config}\n"));
    }
    insta::assert_snapshot!(pants_error("[flake8]\nconfig = { a = 1 }\n"), @"
    `[flake8] config` must be a path, not a table
      at pants.toml:2:10
      config = { a = 1 }
               ^^^^^^^^^
    ");
}

#[test]
fn misspelt_keys_of_pants() {
    insta::assert_snapshot!(pants_error("[python-repos]\nindxes = []\n"), @"
    `indxes` is not a setting of `[python-repos]`
      at pants.toml:2:1
      indxes = []
      ^^^^^^
      hint: did you mean `indexes`?
    ");
    insta::assert_snapshot!(pants_error("[python]\ninterpreter_constraint = [\">=3.9\"]\n"), @r#"
    `interpreter_constraint` is not a setting of `[python]`
      at pants.toml:2:1
      interpreter_constraint = [">=3.9"]
      ^^^^^^^^^^^^^^^^^^^^^^
      hint: did you mean `interpreter_constraints`?
    "#);
    insta::assert_snapshot!(pants_error("[GLOBAL]\nbackend_package = []\n"), @"
    `backend_package` is not a setting of `[GLOBAL]`
      at pants.toml:2:1
      backend_package = []
      ^^^^^^^^^^^^^^^
      hint: did you mean `backend_packages`?
    ");
    insta::assert_snapshot!(pants_error("[pytest]\nargz = []\n"), @"
    `argz` is not a setting of `[pytest]`
      at pants.toml:2:1
      argz = []
      ^^^^
      hint: did you mean `args`?
    ");
    // Pants knows these, or nobody knows anything like it.
    for text in [
        "[python]\nrepl_history = true\n",
        "[GLOBAL]\npantsd = true\nof_next_year = 1\n",
        "[docker]\nargz = []\n",
    ] {
        assert!(!pants(text).ignored.is_empty(), "{text}");
    }
}
