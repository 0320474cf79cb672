//! The command line as Pants takes it: options before the goal, several goals in one call, settings of
//! goals and tools. It becomes one command line for each goal.

use workspace::settings::SettingFlag;

/// Goals that can be named together: `fmt lint check ::`.
const GOALS: &[&str] = &[
    "check",
    "fix",
    "fmt",
    "lint",
    "tailor",
    "test",
    "update-build-files",
];

/// Options with a value in the next argument that may stand before a goal.
const WITH_VALUE: &[&str] = &["-C", "--root"];

/// Options that select targets, and the format of what is printed, which hold for each goal wherever they
/// stand.
const OF_ALL: &[&str] = &[
    "--changed-",
    "--tag",
    "--target-type",
    "--filter-",
    "--exclude",
    "--output-format",
];

/// Options of every command, which stand before it.
const OF_ROOT: &[&str] = &[
    "-C",
    "--root",
    "-v",
    "--verbose",
    "-h",
    "--help",
    "-V",
    "--version",
];

/// Options of Pants about itself.
const OF_PANTS: &[&str] = &[
    "colors",
    "dynamic-ui",
    "level",
    "pantsd",
    "print-stacktrace",
    "watch-filesystem",
];

/// What was typed, for each goal.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct GoalWords {
    /// The arguments of each command, one after the other.
    pub(crate) commands: Vec<Vec<String>>,
    /// Settings for all of them.
    pub(crate) settings: Vec<SettingFlag>,
}

impl GoalWords {
    /// Takes arguments apart, without the name of the program.
    pub(crate) fn parse(arguments: &[String]) -> Self {
        let (own, passed) = match arguments.iter().position(|argument| argument == "--") {
            Some(at) => arguments.split_at(at),
            None => (arguments, &[][..]),
        };
        let mut settings = Vec::new();
        let mut words: Vec<String> = Vec::new();
        for argument in own.iter().filter(|argument| !is_of_pants(argument)) {
            match SettingFlag::parse(argument) {
                Some(setting) => settings.push(setting),
                None => words.push(argument.clone()),
            }
        }
        let commands = match goals(&words) {
            Some(goals) => goals.commands(passed),
            None => vec![[words.as_slice(), passed].concat()],
        };
        Self { commands, settings }
    }
}

/// Whether an argument says something to Pants that has no meaning here.
fn is_of_pants(argument: &str) -> bool {
    let name = argument.split('=').next().unwrap_or_default();
    let name = name.strip_prefix("--").unwrap_or_default();
    OF_PANTS.contains(&name.strip_prefix("no-").unwrap_or(name))
}

/// The parts of a command line with goals that can be named together.
struct NamedGoals {
    /// Options before the first goal that hold for the whole run.
    global: Vec<String>,
    /// Goals, each with its own options.
    goals: Vec<(String, Vec<String>)>,
    /// Options that select, and specs.
    selection: Vec<String>,
    /// Other options before the first goal, which are each goal's.
    before: Vec<String>,
    /// What stands behind the first goal, as it was typed.
    typed: Vec<String>,
}

/// The goals of a command line; none if it begins with another command.
fn goals(words: &[String]) -> Option<NamedGoals> {
    let mut named = NamedGoals {
        global: Vec::new(),
        goals: Vec::new(),
        selection: Vec::new(),
        before: Vec::new(),
        typed: Vec::new(),
    };
    let mut words = words.iter();
    let mut ended = false;
    while let Some(word) = words.next() {
        if !named.goals.is_empty() {
            named.typed = std::iter::once(word)
                .chain(words.clone())
                .cloned()
                .collect();
            break;
        }
        let is_root = OF_ROOT.iter().any(|option| is_option(word, option));
        match word.starts_with('-') {
            true if is_root => {
                named.global.push(word.clone());
                if WITH_VALUE.contains(&word.as_str()) {
                    named.global.extend(words.next().cloned());
                }
            }
            true => named.before.push(word.clone()),
            false if GOALS.contains(&word.as_str()) => {
                named.goals.push((word.clone(), Vec::new()));
            }
            false if named.before.is_empty() => return None,
            false => {
                // Another command: what selects may stand before it too.
                named.typed = words.cloned().collect();
                named.goals.push((word.clone(), Vec::new()));
                return Some(named);
            }
        }
    }
    let typed = named.typed.clone();
    let mut words = typed.iter();
    while let Some(word) = words.next() {
        let selects = OF_ALL.iter().any(|option| word.starts_with(option));
        match (word.starts_with('-'), named.goals.last_mut()) {
            (true, Some(_)) if selects => {
                named.selection.push(word.clone());
                if !word.contains('=') {
                    named.selection.extend(words.next().cloned());
                }
            }
            (true, Some((_, own))) => own.push(word.clone()),
            (_, None) => return None,
            (false, _) if !ended && GOALS.contains(&word.as_str()) => {
                named.goals.push((word.clone(), Vec::new()));
            }
            (false, _) => {
                ended = true;
                named.selection.push(word.clone());
            }
        }
    }
    (!named.goals.is_empty()).then_some(named)
}

/// Whether a word is an option, perhaps with its value.
fn is_option(word: &str, option: &str) -> bool {
    let rest = word.strip_prefix(option);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('=') || option == "-C")
}

impl NamedGoals {
    fn commands(self, passed: &[String]) -> Vec<Vec<String>> {
        let Self {
            global,
            goals,
            selection,
            before,
            typed,
        } = self;
        // One goal keeps the order: what is the value of an option need not be known.
        if let [(goal, _)] = goals.as_slice() {
            let goal = vec![goal.clone()];
            return vec![[global.as_slice(), &goal, &before, &typed, passed].concat()];
        }
        let command = |(goal, own): (String, Vec<String>)| {
            let goal = vec![goal];
            [global.as_slice(), &goal, &own, &before, &selection, passed].concat()
        };
        goals.into_iter().map(command).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, expect: &[&str]) {
        let arguments: Vec<String> = typed.split(' ').map(str::to_owned).collect();
        let words = GoalWords::parse(&arguments);
        let commands: Vec<String> = words.commands.iter().map(|words| words.join(" ")).collect();
        assert_eq!(commands, expect);
    }

    #[test]
    fn several_goals() {
        check("fmt lint ::", &["fmt ::", "lint ::"]);
        check(
            "-C x --no-pantsd --level=debug --changed-since=HEAD lint --only=a check --force -- -q",
            &[
                "-C x lint --only=a --changed-since=HEAD -- -q",
                "-C x check --force --changed-since=HEAD -- -q",
            ],
        );
    }

    #[test]
    fn goals_with_options_of_their_own() {
        check(
            "tailor --check update-build-files --check ::",
            &["tailor --check ::", "update-build-files --check ::"],
        );
    }

    #[test]
    fn one_goal_has_its_words_in_their_order() {
        check(
            "--changed-since=HEAD --rerun-file=x test :: --jobs 2 --slowest",
            &["test --changed-since=HEAD --rerun-file=x :: --jobs 2 --slowest"],
        );
        check("-Cx -v test a:: -a/b.py", &["-Cx -v test a:: -a/b.py"]);
    }

    #[test]
    fn other_commands_are_left_alone() {
        check("list lint ::", &["list lint ::"]);
        check("lock check", &["lock check"]);
        check("--changed-since=HEAD list", &["list --changed-since=HEAD"]);
        check("lint lint:: test", &["lint lint:: test"]);
    }

    #[test]
    fn settings_of_tools() {
        let typed = [
            "--black-args=--fast -q",
            "--no-isort-config-discovery",
            "lint",
            "--flake8-skip",
        ];
        let words = GoalWords::parse(&typed.map(str::to_owned));
        assert_eq!(words.commands, [["lint"]]);
        assert_eq!(words.settings.len(), 3);
    }
}
