//! Goals of Pants that are called otherwise here, or that are missing, with what to type.

/// Goals and what to type for them.
const COUNTERPARTS: &[(&str, &str)] = &[
    ("binary", "what Pants called `binary` is `package`"),
    (
        "bsp",
        "there is no build server here: `export --editor EDITOR` configures editors",
    ),
    (
        "complete",
        "`cargo xtask completions SHELL` prints completions",
    ),
    (
        "count-loc",
        "there is no counter here: `cargo xtask filedeps ::` lists the files to count",
    ),
    (
        "debug-goals",
        "`cargo xtask -v …` says why, `--trace FILE` writes what ran",
    ),
    (
        "deploy",
        "there is no deployment here: `package` builds what is deployed",
    ),
    (
        "experimental-bsp",
        "there is no build server here: `export --editor EDITOR` configures editors",
    ),
    (
        "experimental-deploy",
        "there is no deployment here: `package` builds what is deployed",
    ),
    (
        "export-codegen",
        "no code is generated here: `cargo xtask run -- -m grpc_tools.protoc …` runs a generator of a resolve",
    ),
    (
        "filter",
        "`cargo xtask list --filter-target-type=TYPE --filter-address-regex=REGEX ::` filters",
    ),
    ("fixes", "did you mean `fix`?"),
    ("generate-lockfile", "did you mean `generate-lockfiles`?"),
    (
        "generate-user-lockfile",
        "`cargo xtask generate-lockfiles --resolve NAME` locks one resolve",
    ),
    ("goals", "`cargo xtask help` lists the commands"),
    ("help", "`cargo xtask --help` lists the commands"),
    (
        "help-advanced",
        "`cargo xtask help SECTION` lists settings, `cargo xtask help COMMAND` options",
    ),
    (
        "help-all",
        "`cargo xtask help SECTION` lists settings, `cargo xtask help COMMAND` options",
    ),
    (
        "idea-plugin",
        "`cargo xtask export --editor pycharm` configures the editor",
    ),
    (
        "jupyter",
        "`cargo xtask run --with jupyterlab -- jupyter lab`",
    ),
    (
        "py-constraints",
        "`cargo xtask peek ::` shows interpreter constraints, `cargo xtask resolves` those of the resolves",
    ),
    (
        "repl",
        "`cargo xtask run -- -i` starts Python with first-party sources on the path; `cargo xtask run --with ipython -- ipython` another shell",
    ),
    ("setup-py", "what Pants called `setup-py` is `package`"),
    ("setup-py2", "what Pants called `setup-py` is `package`"),
    (
        "shell",
        "`cargo xtask run -- -i` starts Python with first-party sources on the path",
    ),
    (
        "sources",
        "`cargo xtask filedeps TARGET` lists the files of targets",
    ),
    ("targets", "`cargo xtask list ::` lists the targets"),
    ("typecheck", "what Pants called `typecheck` is `check`"),
    (
        "validate",
        "regular expressions for files are not checked here: `lint` runs linters",
    ),
];

/// What to type for a goal of Pants.
pub(crate) fn counterpart(goal: &str) -> Option<&'static str> {
    let known = COUNTERPARTS.iter().find(|(name, _)| *name == goal);
    known.map(|(_, words)| *words)
}
