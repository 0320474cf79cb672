//! What help says beside the options: groups of commands, and an example or more for each.

use std::fmt::Write as _;

use crate::style::SUBJECT;

/// Commands that belong together.
pub(crate) struct CommandGroup {
    /// What they have in common.
    pub(crate) title: &'static str,
    /// Their names, each with examples.
    pub(crate) commands: &'static [(&'static str, &'static [&'static str])],
}

/// Every command, in the order of help.
#[rustfmt::skip]
pub(crate) const GROUPS: &[CommandGroup] = &[
    CommandGroup {
        title: "Locks",
        commands: &[
            ("init", &["init"]),
            ("generate-lockfiles", &["generate-lockfiles", "generate-lockfiles --resolve python-default --upgrade-package aiohttp", "generate-lockfiles --check"]),
            ("outdated", &["outdated", "outdated --output-format json"]),
            ("why", &["why aiohttp"]),
            ("why-not", &["why-not 'aiohttp>=4'"]),
            ("tree", &["tree --resolve python-default"]),
            ("lock", &["lock diff origin/main --output-format markdown", "lock check"]),
            ("import", &["import uv.lock"]),
            ("vendor", &["vendor --output wheelhouse"]),
            ("resolves", &["resolves --details"]),
            ("install-merge-driver", &["install-merge-driver"]),
            ("merge-lockfile", &["merge-lockfile base.lock ours.lock theirs.lock python.lock"]),
        ],
    },
    CommandGroup {
        title: "Environments",
        commands: &[
            ("export", &["export --all", "export --resolve python-default --format requirements --output -", "export --editor vscode --write"]),
            ("run", &["run src/acme/jobs:server -- --port 1", "run -- -c 'import acme'", "run --with ipython -- ipython"]),
            ("check-export", &["check-export --locked"]),
            ("install-plugin", &["install-plugin git@example.com:acme/plugin.git"]),
            ("linked-packages", &["linked-packages src/acme::"]),
        ],
    },
    CommandGroup {
        title: "Tests and checks",
        commands: &[
            ("test", &["test ::", "test src/acme:: -- -k name", "test :: --changed-since=origin/main --changed-dependents=transitive"]),
            ("lint", &["lint ::", "lint check test ::"]),
            ("fmt", &["fmt ::"]),
            ("fix", &["fix --only=ruff-check src/acme::"]),
            ("check", &["check ::"]),
            ("tailor", &["tailor ::", "tailor --check update-build-files --check ::"]),
            ("update-build-files", &["update-build-files --check ::"]),
            ("install-hooks", &["install-hooks"]),
            ("check-visibility", &["check-visibility ::"]),
        ],
    },
    CommandGroup {
        title: "Targets",
        commands: &[
            ("list", &["list ::", "list --changed-since=origin/main"]),
            ("dependencies", &["dependencies --transitive src/acme/jobs:dist", "dependencies --transitive --output-format html src/acme::"]),
            ("dependents", &["dependents src/acme/common/job.py"]),
            ("paths", &["paths src/acme/jobs:dist '//:reqs#msgpack'"]),
            ("peek", &["peek src/acme/jobs:"]),
            ("filedeps", &["filedeps --transitive src/acme/jobs:dist"]),
            ("roots", &["roots"]),
            ("module-mapping", &["module-mapping"]),
            ("py-constraints", &["py-constraints src/acme/jobs:dist"]),
            ("count-loc", &["count-loc ::"]),
        ],
    },
    CommandGroup {
        title: "Packages and releases",
        commands: &[
            ("package", &["package", "package --verify src/acme/jobs:dist", "package --all-platforms --check-reproducible"]),
            ("publish", &["publish --index inhouse"]),
            ("release", &["release 24.09.0 --dry-run", "release --next fragments --pull-request"]),
            ("changelog", &["changelog create 123.feature --content 'Runs on Arm'"]),
            ("changed-distributions", &["changed-distributions"]),
            ("backport", &["backport main~3..main --onto 24.03"]),
        ],
    },
    CommandGroup {
        title: "This program",
        commands: &[
            ("doctor", &["doctor", "doctor --ci"]),
            ("explain", &["explain X301", "explain"]),
            ("migrate", &["migrate", "migrate --write", "migrate --undo"]),
            ("clean", &["clean --dry-run"]),
            ("help", &["help lint", "help python-infer", "help python_sources", "help variables"]),
            ("completions", &["completions bash > ~/.local/share/bash-completion/completions/xt"]),
            ("man", &["man --output ~/.local/share/man/man1"]),
            ("self", &["self update"]),
            ("version", &["version"]),
        ],
    },
];

/// Variables that this program has of its own, with what they are for.
pub(crate) const VARIABLES: &[(&str, &str)] = &[
    (
        "XTASK_CACHE_DIR",
        "the folder of the cache, in place of the system's",
    ),
    ("XTASK_PUBLISH_USERNAME", "the login of `publish`"),
    ("XTASK_PUBLISH_PASSWORD", "its password"),
    ("XTASK_PUBLISH_TOKEN", "a token in place of both"),
    (
        "XTASK_PUBLISH_OIDC_TOKEN",
        "the identity with which `publish` logs in as a trusted publisher",
    ),
];

/// Variables of others that are read, with what they are for.
pub(crate) const VARIABLES_OF_OTHERS: &[(&str, &str)] = &[
    (
        "PANTS_SECTION_KEY",
        "a setting, as `PANTS_PYTHON_DEFAULT_RESOLVE`; without a section those of `[GLOBAL]`",
    ),
    ("PANTS_CONFIG_FILES", "more settings files"),
    (
        "PIP_INDEX_URL, PIP_CONFIG_FILE …",
        "the index, as this machine's pip has it",
    ),
    (
        "TWINE_…, UV_PUBLISH_…",
        "the index and the login of `publish`",
    ),
    ("NETRC", "the file with logins"),
    (
        "SSL_CERT_FILE, SSL_CERT_DIR, REQUESTS_CA_BUNDLE",
        "certificates to trust",
    ),
    ("HTTP_PROXY, HTTPS_PROXY, NO_PROXY", "proxies"),
    ("NO_COLOR, CLICOLOR_FORCE", "whether there are colours"),
    (
        "CI, GITHUB_ACTIONS",
        "where these are set, failed tests are repeated as a command and as annotations",
    ),
];

/// The parser with what help says beside the options.
pub(crate) fn decorated(command: clap::Command) -> clap::Command {
    let name = crate::called::name();
    let groups = groups(&command);
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{groups}{SUBJECT}Options:{SUBJECT:#}\n{{options}}{{after-help}}"
    );
    let after = format!(
        "\n\n`{name} help COMMAND` says more, `{name} help settings` and `{name} help variables` too."
    );
    let command = command.name(name).bin_name(name);
    let command = command.help_template(template).after_help(after);
    command.mut_subcommands(|one| match shown_examples(one.get_name()) {
        Some(examples) => one.after_help(examples),
        None => one,
    })
}

/// The commands in their groups.
fn groups(command: &clap::Command) -> String {
    let mut text = String::new();
    for group in GROUPS {
        let title = group.title;
        let _infallible = writeln!(text, "{SUBJECT}{title}:{SUBJECT:#}");
        for (name, _) in group.commands {
            let about = command
                .find_subcommand(name)
                .and_then(clap::Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            let _infallible = writeln!(text, "  {name:<22} {about}");
        }
        text.push('\n');
    }
    text
}

/// The examples of a command.
fn examples(command: &str) -> Option<&'static [&'static str]> {
    let mut commands = GROUPS.iter().flat_map(|group| group.commands);
    let found = commands.find(|(name, _)| *name == command);
    found.map(|(_, examples)| *examples)
}

/// The examples of a command as help shows them.
fn shown_examples(command: &str) -> Option<String> {
    let lines = examples(command)?
        .iter()
        .map(|example| format!("  $ {} {example}", crate::called::name()));
    let title = match lines.len() {
        1 => "Example",
        _ => "Examples",
    };
    let lines = lines.collect::<Vec<_>>().join("\n");
    Some(format!("{SUBJECT}{title}:{SUBJECT:#}\n{lines}"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;
    use crate::command_table::CommandTable;
    use crate::goal_words::{GoalWords, WordContext};

    #[test]
    fn every_command_is_in_a_group_and_has_examples_that_can_be_typed() {
        let table = CommandTable::new(Cli::command());
        for command in table.commands() {
            let examples = examples(command);
            let examples = examples.unwrap_or_else(|| panic!("{command} is in no group"));
            assert!(!examples.is_empty(), "{command}");
            for example in examples {
                let typed = example.split(" > ").next().unwrap();
                let context = WordContext {
                    table: &table,
                    exists: &|_| false,
                };
                let words = GoalWords::parse(&shlex::split(typed).unwrap(), &context);
                for command in words.unwrap().commands {
                    let read = table.read(command.into_iter().map(Into::into));
                    assert!(read.is_ok(), "{example}: {}", read.unwrap_err());
                }
            }
        }
        for (name, _) in GROUPS.iter().flat_map(|group| group.commands) {
            assert!(table.command(name).is_some(), "{name} is no command");
        }
    }
}
