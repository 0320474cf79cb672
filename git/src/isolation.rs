//! Makes git give everybody the same answers: which variables a command does not see, and which
//! settings it is given.
//!
//! A git that runs this tool (a hook, `git rebase --exec`) sets variables with the names of its
//! repository and its index. A user's settings colour, convert, sort, sign and shorten git's
//! output. Neither may change what this tool reads. All such variables and settings are therefore
//! listed here, and a test tries each of them.

use duct::Expression;

/// Variables that git itself sets for the programs that it starts (`git rev-parse
/// --local-env-vars`), and those by which a user changes what a command prints.
pub const CLEARED_VARIABLES: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_ATTR_SOURCE",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DEFAULT_HASH",
    "GIT_DIFF_OPTS",
    "GIT_DIR",
    "GIT_EXTERNAL_DIFF",
    "GIT_GLOB_PATHSPECS",
    "GIT_GRAFT_FILE",
    "GIT_ICASE_PATHSPECS",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PAGER",
    "GIT_PAGER_IN_USE",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// Settings that every command is given, whatever the user's files say.
///
/// Not listed: how commits and tags are signed (`commit.gpgSign`), hooks, line ends, ignored files,
/// and how servers are reached. These belong to the user, and commits of this tool follow them.
pub const PINNED_SETTINGS: &[(&str, &str)] = &[
    ("apply.ignoreWhitespace", "no"),
    ("apply.whitespace", "nowarn"),
    ("branch.sort", "refname"),
    ("clone.defaultRemoteName", "origin"),
    ("color.advice", "false"),
    ("color.branch", "false"),
    ("color.diff", "false"),
    ("color.push", "false"),
    ("color.remote", "false"),
    ("color.status", "false"),
    ("color.transport", "false"),
    ("color.ui", "false"),
    ("column.branch", "never"),
    ("column.status", "never"),
    ("column.tag", "never"),
    ("column.ui", "never"),
    ("commit.cleanup", "whitespace"),
    ("core.abbrev", "auto"),
    ("core.fsmonitor", "false"),
    ("core.ignoreStat", "false"),
    ("core.quotePath", "false"),
    ("diff.algorithm", "default"),
    ("diff.autoRefreshIndex", "true"),
    ("diff.context", "3"),
    ("diff.dstPrefix", "b/"),
    ("diff.interHunkContext", "0"),
    ("diff.mnemonicPrefix", "false"),
    ("diff.noprefix", "false"),
    ("diff.orderFile", "/dev/null"),
    ("diff.relative", "false"),
    ("diff.renames", "true"),
    ("diff.srcPrefix", "a/"),
    ("diff.submodule", "short"),
    ("fetch.prune", "false"),
    ("fetch.pruneTags", "false"),
    ("i18n.commitEncoding", "UTF-8"),
    ("i18n.logOutputEncoding", "UTF-8"),
    ("log.date", "default"),
    ("log.decorate", "false"),
    ("log.follow", "false"),
    ("log.showRoot", "true"),
    ("log.showSignature", "false"),
    ("merge.directoryRenames", "conflict"),
    ("merge.renames", "true"),
    ("merge.stat", "false"),
    ("push.followTags", "false"),
    ("status.branch", "false"),
    ("status.relativePaths", "true"),
    ("status.renames", "true"),
    ("status.short", "false"),
    ("status.showStash", "false"),
    ("status.showUntrackedFiles", "normal"),
    ("status.submoduleSummary", "false"),
    ("tag.sort", "refname"),
];

/// Options for which there is no setting, by command: no program of the user may convert files to
/// text (`textconv`, `diff.external`).
const OPTIONS: &[(&str, &[&str])] = &[
    ("diff", &["--no-ext-diff", "--no-textconv"]),
    ("log", &["--no-ext-diff", "--no-textconv"]),
    ("show", &["--no-ext-diff", "--no-textconv"]),
];

/// Settings in `GIT_CONFIG_KEY_0` and so on that are kept: who the user is, which folders are
/// trusted, how servers are reached. Build machines set them in this way.
const KEPT_SETTINGS: &[&str] = &[
    "author.",
    "committer.",
    "core.sshcommand",
    "credential.",
    "gpg.",
    "http.",
    "safe.",
    "ssh.",
    "url.",
    "user.",
];

/// The arguments of git with the pinned settings in front.
pub(crate) fn arguments(arguments: &[&str]) -> Vec<String> {
    let mut all = vec!["--no-pager".to_owned()];
    for (name, value) in PINNED_SETTINGS {
        all.extend(["-c".to_owned(), format!("{name}={value}")]);
    }
    // Settings that a caller gives with `-c` come later, and replace ours.
    let (settings, command) = arguments.split_at(settings_of(arguments));
    all.extend(settings.iter().map(|&word| word.to_owned()));
    if let Some((name, rest)) = command.split_first() {
        let options = OPTIONS.iter().find(|(known, _)| known == name);
        all.push((*name).to_owned());
        all.extend(
            options
                .into_iter()
                .flat_map(|(_, options)| options.iter().map(|&o| o.to_owned())),
        );
        all.extend(rest.iter().map(|&word| word.to_owned()));
    }
    all
}

/// Whether a command starts hooks, which are the user's programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunsHooks {
    Yes,
    No,
}

/// Commands that start hooks. Nothing reads what they print.
const WITH_HOOKS: &[&str] = &["cherry-pick", "commit", "push", "switch"];

/// Whether the command in these arguments starts hooks.
pub(crate) fn runs_hooks(arguments: &[&str]) -> RunsHooks {
    let command = arguments[settings_of(arguments)..].first();
    match command.is_some_and(|command| WITH_HOOKS.contains(command)) {
        true => RunsHooks::Yes,
        false => RunsHooks::No,
    }
}

/// How many of the arguments are settings that a caller gives with `-c`.
fn settings_of(arguments: &[&str]) -> usize {
    let pairs = arguments.chunks(2).take_while(|pair| pair[0] == "-c");
    (pairs.count() * 2).min(arguments.len())
}

/// The command in an environment without another repository. Its messages are English, unless it
/// starts hooks: those run in the language and character set of the user. It sees `variables` too.
pub(crate) fn isolated(
    git: Expression,
    hooks: RunsHooks,
    variables: &[(&'static str, String)],
) -> Expression {
    let kept = kept_settings();
    let mut given: Vec<(String, String)> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    if !kept.is_empty() {
        given.push(("GIT_CONFIG_COUNT".to_owned(), kept.len().to_string()));
    }
    for (at, (key, value)) in kept.into_iter().enumerate() {
        given.push((format!("GIT_CONFIG_KEY_{at}"), key));
        given.push((format!("GIT_CONFIG_VALUE_{at}"), value));
    }
    let mut git = git
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_OPTIONAL_LOCKS", "0");
    if hooks == RunsHooks::No {
        git = git.env("LC_ALL", "C.UTF-8").env_remove("LANGUAGE");
    }
    let is_given = |name: &str| given.iter().any(|(given, _)| given == name);
    for variable in CLEARED_VARIABLES.iter().filter(|name| !is_given(name)) {
        git = git.env_remove(variable);
    }
    given
        .into_iter()
        .fold(git, |git, (name, value)| git.env(name, value))
}

fn kept_settings() -> Vec<(String, String)> {
    let variable = |name: String| std::env::var(name).ok();
    let count = variable("GIT_CONFIG_COUNT".to_owned()).and_then(|count| count.parse().ok());
    (0..count.unwrap_or(0usize))
        .map_while(|at| {
            let key = variable(format!("GIT_CONFIG_KEY_{at}"))?;
            Some((key, variable(format!("GIT_CONFIG_VALUE_{at}"))?))
        })
        .filter(|(key, _)| {
            let key = key.to_lowercase();
            KEPT_SETTINGS.iter().any(|kept| key.starts_with(kept))
        })
        .collect()
}
