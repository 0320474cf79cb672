//! The command line as Pants takes it: settings as options and variables, files of settings, aliases,
//! several goals, names.

use insta::assert_snapshot;
use testkit::{Output, Repo};

use crate::{SHORT, done, repo};

/// A repository of Pants with two tagged targets.
pub(crate) fn pants(settings: &str) -> Repo {
    let python = "[python]\ninterpreter_constraints = [\"==3.12.*\"]\nenable_resolves = true\nenable_lockfile_targets = false\n";
    repo()
        .file("pants.toml", &format!("{settings}\n{python}"))
        .file("Cargo.toml", "")
        .file(
            "a/BUILD",
            "files(name=\"t\", sources=[\"a.txt\"], tags=[\"x\"])\n",
        )
        .file("a/a.txt", "")
        .file(
            "b/BUILD",
            "files(name=\"t\", sources=[\"b.txt\"], tags=[\"y\"])\n",
        )
        .file("b/b.txt", "")
}

/// What is printed for words that are split at spaces.
#[track_caller]
pub(crate) fn printed(repo: &Repo, words: &str) -> String {
    done(repo, &words.split(' ').collect::<Vec<_>>()).stdout
}

#[track_caller]
pub(crate) fn misused(repo: &Repo, words: &str) -> String {
    let output = repo.xtask(&words.split(' ').collect::<Vec<_>>());
    assert_eq!((output.status, &*output.stdout), (2, ""), "{output}");
    output.stderr
}

#[test]
fn several_goals_and_options_before_them() {
    let repo = pants("");
    assert_snapshot!(printed(&repo, "--no-pantsd --tag=x -ldebug list --output-format=json filedeps ::"), @r#"
    [
      "a/a.txt:t",
      "a:t"
    ]
    [
      "a/BUILD",
      "a/a.txt"
    ]
    "#);
    assert_snapshot!(printed(&repo, "list --list-output-format=json a:"), @r#"
    [
      "a/a.txt:t",
      "a:t"
    ]
    "#);
    assert_snapshot!(printed(&repo, "version"), @"0.1.0");
}

#[test]
fn words_that_are_no_command() {
    let repo = pants("");
    assert_snapshot!(misused(&repo, "lits ::"), @"
    error: there is no command `lits`
     |
    hint: did you mean `list`?
    ");
    assert_snapshot!(misused(&repo, "repl"), @"
    error: there is no command `repl`
     |
    hint: `cargo xtask run -- -i` starts Python with first-party sources on the path; `cargo xtask run --with ipython -- ipython` another shell
    ");
    assert_snapshot!(misused(&repo, "--python-resolvs={} list ::"), @"
    error: there is no option `--python-resolvs`
     |
    hint: did you mean `--python-resolves`?
    ");
    assert_snapshot!(misused(&repo, "list :: --nosuch"), @"
    error: unexpected argument '--nosuch' found

      tip: to pass '--nosuch' as a value, use '-- --nosuch'

    Usage: cargo xtask list <SPEC>...

    For more information, try '--help'.
    ");
}

#[test]
fn aliases() {
    let repo = pants("[cli.alias]\nmine = \"list --only-x\"\n\"--only-x\" = \"--tag=x\"\n");
    assert_snapshot!(printed(&repo, "mine ::"), @"
    a/a.txt:t
    a:t
    ");
    repo.write(
        ".pants.rc",
        "[cli]\nalias.add = {loop1 = 'loop2', loop2 = 'loop1'}\n",
    );
    assert_snapshot!(misused(&repo, "loop1"), @"
    error: the alias `loop1` stands for itself
     |
     = loop1 -> loop2 -> loop1
    hint: change `[cli] alias`
    ");
    repo.write(".pants.rc", "[cli.alias]\nlist = 'peek'\n");
    assert_snapshot!(misused(&repo, "list ::"), @"
    error: the alias `list` cannot be used
     |
     = this is a command already
    hint: give it another name in `[cli] alias`
    ");
    let output =
        repo.env("PANTS_CLI_ALIAS", "+{'ls': 'list'}")
            .xtask(&["ls", "b:", "--no-pantsrc"]);
    assert_eq!(output.status, 2, "aliases of files count too: {output}");
}

#[test]
fn files_of_settings() {
    let tags = |tag: &str| format!("[GLOBAL]\ntag = [\"{tag}\"]\n");
    let repo = pants("")
        .file("ci.toml", &tags("x"))
        .file("home.toml", &tags("y"));
    assert_snapshot!(printed(&repo, "list ::"), @"
    a/a.txt:t
    a:t
    b/b.txt:t
    b:t
    ");
    assert_eq!(
        printed(&repo, "--pants-config-files=ci.toml list ::"),
        "a/a.txt:t\na:t\n"
    );
    assert_eq!(
        printed(&repo, "--pantsrc-files=['home.toml'] list ::"),
        "b/b.txt:t\nb:t\n"
    );
    repo.write(".pants.rc", &tags("x"));
    assert_eq!(printed(&repo, "list ::"), "a/a.txt:t\na:t\n");
    assert_eq!(printed(&repo, "--no-pantsrc list ::").lines().count(), 4);
    let repo = repo
        .env("PANTS_CONFIG_FILES", "home.toml")
        .env("PANTS_PANTSRC", "false");
    assert_eq!(printed(&repo, "list ::"), "b/b.txt:t\nb:t\n");
    let output = repo.xtask(&["--pants-config-files=nosuch.toml", "list", "::"]);
    assert_eq!(output.status, 1, "{output}");
    assert_snapshot!(output.stderr, @"
    error: there is no such file of settings
    --> [REPO]/nosuch.toml
     |
    hint: `--pants-config-files` or `PANTS_CONFIG_FILES` names it
    ");
}

#[test]
fn variables_and_filters() {
    let repo = pants("[filter]\ntarget_type = [\"-file\"]\n");
    assert_eq!(printed(&repo, "list ::"), "a:t\nb:t\n");
    assert_eq!(printed(&repo, "--filter-address-regex=^a list ::"), "a:t\n");
    let repo = repo
        .env("PANTS_TAG", "-y")
        .env("PANTS_FILTER_TARGET_TYPE", "[]");
    assert_eq!(printed(&repo, "list ::"), "a/a.txt:t\na:t\n");
    let repo = repo.env("PANTS_FILTER_ADDRESS_REGEX", "+['txt'],-['txt']");
    assert_eq!(printed(&repo, "list ::"), "a/a.txt:t\na:t\n");
}

#[test]
fn values_in_files_and_in_json() {
    let repo = pants("").file("tags.json", r#"{"list": ["x"], "on": true}"#);
    assert_eq!(
        printed(&repo, "--tag=@tags.json:list list ::"),
        "a/a.txt:t\na:t\n"
    );
    let repo = repo
        .env("PANTS_TAG", "@?nosuch.txt")
        .file("resolves.toml", "[resolves]\none = \"one.lock\"\n");
    assert_eq!(
        printed(
            &repo,
            "--python-resolves=@resolves.toml:resolves --python-default-resolve=one resolves"
        ),
        "one\n",
    );
    let json = r#"--python-resolves={"two": "2.lock"}"#;
    let output = done(&repo, &[json, "--python-default-resolve=two", "resolves"]);
    assert_eq!(output.stdout, "two\n");
    let output = repo.xtask(&["--python-resolves=@nosuch.json", "resolves"]);
    assert_snapshot!(output.stderr, @"
    error: `[python] resolves`: cannot read [REPO]/nosuch.json: entity not found
     --> the command line:1:19
      |
    1 | --python-resolves=@nosuch.json
      |                   ^^^^^^^^^^^^
    ");
    let output = repo.xtask(&["--python-resolves=@tags.json:on", "resolves"]);
    assert_snapshot!(output.stderr, @"
    error: `[python] resolves` must be a table, not a boolean
     --> the command line:1:19
      |
    1 | --python-resolves=@tags.json:on
      |                   ^^^^^^^^^^^^^
    ");
}

#[test]
fn placeholders() {
    let text = "[DEFAULT]\nname = \"%(env.WHAT)s\"\n[filter]\naddress_regex = [\"%(name)s$\"]\n";
    let repo = pants(text).env("WHAT", "b.txt:t");
    assert_eq!(printed(&repo, "list ::"), "b/b.txt:t\n");
    let repo = pants("[source]\na = \"%(b)s\"\nb = \"%(a)s\"\nroot_patterns = [\"%(a)s\"]\n");
    assert_snapshot!(repo.xtask(&["list", "::"]).stderr, @r#"
    error: `[source] root_patterns`: its placeholders stand for each other
     --> pants.toml:4:18
      |
    4 | root_patterns = ["%(a)s"]
      |                  ^^^^^^^
    "#);
}

#[test]
fn how_much_is_told() {
    let repo = pants("[docker]\nbuild_args = []\n");
    let told = |words: &str| done(&repo, &words.split(' ').collect::<Vec<_>>()).stderr;
    assert_eq!(told("list ::"), "");
    assert_snapshot!(told("-v --no-watch-filesystem list ::"), @"
    pants.toml:2: `[docker] build_args` is not used
    `--no-watch-filesystem` is not used
    ");
    assert_eq!(told("--level=debug list ::"), told("-v list ::"));
    assert!(told("-vv list ::").starts_with("  "), "with the time");
    assert_snapshot!(told("list a: --tag=nosuch"), @"warning: no target is named by this, or none is left by the filters");
    assert_eq!(
        told("-q list a: --tag=nosuch"),
        told("list a: --tag=nosuch")
    );
    assert_eq!(told("-qq list a: --tag=nosuch"), "");
    assert_eq!(told("-lerror list a: --tag=nosuch"), "");
    let colourful = |words: &str| {
        let output: Output = repo.xtask(&words.split(' ').collect::<Vec<_>>());
        output.stderr.contains('\u{1b}')
    };
    assert!(!colourful("list nosuch:x"));
    assert!(colourful("--color=always list nosuch:x"));
    assert!(colourful("--colors list nosuch:x"));
    assert!(!colourful(
        "--color=always --color=never --no-colors list nosuch:x"
    ));
}

#[test]
fn messages_have_the_name_that_was_typed() {
    let repo = pants("");
    let short = |words: &[&str]| repo.run(SHORT.into(), words);
    assert_snapshot!(short(&["quux"]).stderr, @"
    error: there is no command `quux`
     |
    hint: `xt help` lists them
    ");
    assert_snapshot!(short(&["why", "nosuch"]).stderr, @"
    error: there is no lock of `python-default` at 3rdparty/python/default.lock
     |
    hint: run `xt generate-lockfiles --resolve python-default`
    ");
    let help = short(&["list", "--help"]).stdout;
    assert!(help.contains("Usage: xt list"), "{help}");
    assert_eq!(short(&["list", "a:"]).stdout, "a/a.txt:t\na:t\n");
    // A copy under another name, as a team may have one, without the program beside it.
    let copy = repo.home().join("xt");
    fs_err::copy(SHORT, &copy).unwrap();
    let output = repo.run(&copy, &["list"]);
    assert_eq!(output.status, 1);
    assert_snapshot!(output.stderr, @"
    error: cannot start the program that `xt` stands for: [HOME]/cargo-xtask: No such file or directory (os error 2)
    hint: install it again, `xt` and `cargo-xtask` in the same folder
    ");
}
