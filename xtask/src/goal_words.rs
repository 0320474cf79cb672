//! The command line as Pants takes it: options before the goal, several goals in one call, settings of
//! goals and tools. It becomes one command line for each goal.
//!
//! A word that is the name of a goal is a goal, wherever it stands; a word that has one of `/\.:*#` in it,
//! begins with `-`, or is there as a file, is a spec. An option belongs to the goal before it; before
//! the first goal and behind specs it belongs to each goal that has it.

use goals::codes::ErrorCode;
use goals::error::GoalError;
use model::nearest;
use workspace::settings::{FlagMeaning, SettingFlag};

use crate::command_table::{CommandTable, OptionValue};
use crate::pants_goals::counterpart;

/// Options that select targets, and the format of what is printed, which hold for each goal wherever they
/// stand.
const OF_ALL: &[&str] = &[
    "--changed-",
    "--exclude",
    "--filter-",
    "--output-format",
    "--spec-file",
    "--tag",
    "--target-type",
];

/// What was typed, for each goal.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct GoalWords {
    /// The arguments of each command, one after the other.
    pub(crate) commands: Vec<Vec<String>>,
    /// Settings for all of them.
    pub(crate) settings: Vec<SettingFlag>,
    /// Options of Pants that have no meaning here.
    pub(crate) unused: Vec<String>,
}

/// What a word depends on, besides the words.
pub(crate) struct WordContext<'a> {
    /// The commands and their options.
    pub(crate) table: &'a CommandTable,
    /// Whether there is such a file in the current folder.
    pub(crate) exists: &'a dyn Fn(&str) -> bool,
}

/// A word with what it was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    /// An option of every command.
    Global(Vec<String>),
    /// A goal.
    Goal(String),
    /// An option with its value; the goal that it stands behind.
    Own(Vec<String>, Option<usize>),
    /// A target, a file, or what else a goal takes.
    Spec(String),
}

impl GoalWords {
    /// Takes arguments apart, without the name of the program.
    ///
    /// # Errors
    /// A word that is no command, or an option with the name of a section that has no such key.
    pub(crate) fn parse(
        arguments: &[String],
        context: &WordContext<'_>,
    ) -> Result<Self, GoalError> {
        let (own, passed) = match arguments.iter().position(|argument| argument == "--") {
            Some(at) => arguments.split_at(at),
            None => (arguments, &[][..]),
        };
        let mut reader = WordReader {
            context,
            found: Self::default(),
            words: Vec::new(),
            goals: Vec::new(),
            scope: None,
        };
        let mut rest = own.iter();
        while let Some(word) = rest.next() {
            let is_option = word.starts_with('-') && exclusion(word).is_none();
            match is_option {
                true => reader.option(word, &mut rest)?,
                false if reader.is_other_command(word) => {
                    reader.words.push(Word::Spec(word.clone()));
                    reader.scope = None;
                    return reader.other_command(rest.as_slice(), passed);
                }
                false => reader.word(word)?,
            }
        }
        Ok(reader.finish(passed))
    }
}

/// `-dir::`, a spec that excludes, as the option for it: the parser would take it for letters.
fn exclusion(word: &str) -> Option<String> {
    let spec = word.strip_prefix('-')?;
    let is_spec = !spec.starts_with(['-', 'C']) && spec.contains([':', '/', '.', '#', '*']);
    is_spec.then(|| format!("--exclude={spec}"))
}

/// Whether an option has a list, or the name of a file with its value: only settings read these.
fn is_structured(word: &str) -> bool {
    let value = word.split_once('=').map_or("", |(_, value)| value);
    ["@", "[", "+[", "-["]
        .iter()
        .any(|start| value.starts_with(start))
}

/// Whether an option is a setting of the section that is called as a goal.
fn is_of_section(word: &str, goal: &str) -> bool {
    match SettingFlag::read(word, Some(goal)) {
        Some(FlagMeaning::Setting(setting) | FlagMeaning::Unfinished(setting)) => {
            setting.name().0 == goal
        }
        _ => false,
    }
}

/// A word, with the next one if that is its value.
fn with_value(
    word: &str,
    value: OptionValue,
    rest: &mut std::slice::Iter<'_, String>,
) -> Vec<String> {
    let next = match value {
        OptionValue::Next => rest.next().cloned(),
        OptionValue::None => None,
    };
    std::iter::once(word.to_owned()).chain(next).collect()
}

struct WordReader<'a> {
    context: &'a WordContext<'a>,
    found: GoalWords,
    words: Vec<Word>,
    goals: Vec<String>,
    /// The goal that options belong to.
    scope: Option<usize>,
}

impl WordReader<'_> {
    /// Whether a word is a command that is not named together with others.
    fn is_other_command(&self, word: &str) -> bool {
        let table = self.context.table;
        self.goals.is_empty()
            && !self.words.iter().any(|one| matches!(one, Word::Spec(_)))
            && table.command(word).is_some()
            && !table.is_goal(word)
    }

    /// The command line of such a command: all that is no setting, as it was typed.
    fn other_command(mut self, rest: &[String], passed: &[String]) -> Result<GoalWords, GoalError> {
        let Some(Word::Spec(name)) = self.words.pop() else {
            return Ok(self.found);
        };
        let (global, own): (Vec<Word>, Vec<Word>) = std::mem::take(&mut self.words)
            .into_iter()
            .partition(|word| matches!(word, Word::Global(_)));
        let texts = |words: Vec<Word>| words.into_iter().flat_map(Word::texts);
        let mut command: Vec<String> = texts(global)
            .chain([name.clone()])
            .chain(texts(own))
            .collect();
        let mut rest = rest.iter();
        let table = self.context.table;
        while let Some(word) = rest.next() {
            let is_known = table.of(&name, word).is_some() || table.of_root(word).is_some();
            let may_be_setting = word.starts_with("--") && !is_known;
            if !may_be_setting || !self.setting(word, None, &mut rest)? {
                command.push(exclusion(word).unwrap_or_else(|| word.clone()));
            }
        }
        command.extend_from_slice(passed);
        self.found.commands = vec![command];
        Ok(self.found)
    }

    /// An option, with its value if that is the next word.
    fn option(
        &mut self,
        word: &str,
        rest: &mut std::slice::Iter<'_, String>,
    ) -> Result<(), GoalError> {
        let table = self.context.table;
        if ["-h", "--help"].contains(&word) && !self.goals.is_empty() {
            let last = self.goals.len() - 1;
            self.words
                .push(Word::Own(vec![word.to_owned()], Some(last)));
            return Ok(());
        }
        if let Some(value) = table.of_root(word) {
            let words = with_value(word, value, rest);
            self.words.push(Word::Global(words));
            return Ok(());
        }
        let goal = self.scope.map(|at| self.goals[at].clone());
        if let Some(value) = goal.as_ref().and_then(|goal| table.of(goal, word)) {
            let words = with_value(word, value, rest);
            let is_of_all = OF_ALL.iter().any(|option| word.starts_with(option));
            let owner = self.scope.filter(|_| !is_of_all);
            self.words.push(Word::Own(words, owner));
            return Ok(());
        }
        if let Some((goal, option)) = self.long_option(word) {
            self.words.push(Word::Own(vec![option], Some(goal)));
            return Ok(());
        }
        if is_structured(word) && self.setting(word, None, rest)? {
            return Ok(());
        }
        let is_taken = match goal.as_deref() {
            Some(goal) => is_of_section(word, goal) && self.setting(word, Some(goal), rest)?,
            None => self.is_only_setting(word) && self.setting_of_goals(word, rest)?,
        };
        if is_taken {
            return Ok(());
        }
        let of_any = table.of_any(word);
        let may_be_setting = of_any.is_none() || self.is_only_setting(word);
        if may_be_setting && self.setting(word, goal.as_deref(), rest)? {
            return Ok(());
        }
        let words = with_value(word, of_any.unwrap_or(OptionValue::None), rest);
        self.words.push(Word::Own(words, None));
        Ok(())
    }

    /// Whether no goal that was named has this option, though others do.
    fn is_only_setting(&self, word: &str) -> bool {
        let table = self.context.table;
        let mut goals = self.goals.iter();
        !self.goals.is_empty() && goals.all(|goal| table.of(goal, word).is_none())
    }

    /// Takes an option behind specs as a setting of each goal whose section has it; whether one has.
    fn setting_of_goals(
        &mut self,
        word: &str,
        rest: &mut std::slice::Iter<'_, String>,
    ) -> Result<bool, GoalError> {
        let goals = self.goals.iter().filter(|goal| is_of_section(word, goal));
        let goals: Vec<String> = goals.cloned().collect();
        let behind = rest.clone();
        for goal in &goals {
            *rest = behind.clone();
            self.setting(word, Some(goal), rest)?;
        }
        Ok(!goals.is_empty())
    }

    /// `--list-output-format=json`, an option with the name of its goal, which was named already.
    fn long_option(&self, word: &str) -> Option<(usize, String)> {
        let table = self.context.table;
        let mut goals = self.goals.iter().enumerate();
        goals.find_map(|(at, goal)| {
            let rest = word.strip_prefix("--")?.strip_prefix(goal.as_str())?;
            let option = format!("--{}", rest.strip_prefix('-')?);
            table.of(goal, &option)?;
            Some((at, option))
        })
    }

    /// Takes an option that is a setting; whether it is one.
    fn setting(
        &mut self,
        word: &str,
        goal: Option<&str>,
        rest: &mut std::slice::Iter<'_, String>,
    ) -> Result<bool, GoalError> {
        match SettingFlag::read(word, goal) {
            None => return Ok(false),
            Some(FlagMeaning::Setting(setting)) => self.found.settings.push(setting),
            Some(FlagMeaning::Unfinished(setting)) => {
                let value = rest.as_slice().first();
                let Some(value) = value.filter(|value| !value.starts_with("--")) else {
                    return Err(GoalError::misuse(format!("`{word}` needs a value"))
                        .hint(format!("write `{word}=VALUE`")));
                };
                self.found.settings.push(setting.with_value(value));
                rest.next();
            }
            Some(FlagMeaning::Unused) => self.found.unused.push(word.to_owned()),
            Some(FlagMeaning::Misspelt(near)) => {
                let name = word.split('=').next().unwrap_or(word);
                let error = GoalError::misuse(format!("there is no option `{name}`"))
                    .code(ErrorCode::CommandLine);
                return Err(match near {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error.hint("`cargo xtask help settings` lists sections and their keys"),
                });
            }
        }
        Ok(true)
    }

    /// A word that is no option.
    fn word(&mut self, word: &str) -> Result<(), GoalError> {
        let table = self.context.table;
        if table.is_goal(word) {
            self.scope = Some(self.goals.len());
            self.goals.push(word.to_owned());
            self.words.push(Word::Goal(word.to_owned()));
            return Ok(());
        }
        let spec = exclusion(word);
        let is_spec = spec.is_some()
            || word.contains(['/', '\\', '.', ':', '*', '#'])
            || (self.context.exists)(word);
        if !is_spec {
            self.refuse_unknown(word)?;
        }
        self.words
            .push(Word::Spec(spec.unwrap_or_else(|| word.to_owned())));
        let is_selecting = |goal: &String| table.takes_specs(goal);
        if self.goals.last().is_none_or(is_selecting) {
            self.scope = None;
        }
        Ok(())
    }

    /// Refuses a word that must have been meant as a goal.
    fn refuse_unknown(&self, word: &str) -> Result<(), GoalError> {
        let table = self.context.table;
        let error =
            GoalError::misuse(format!("there is no command `{word}`")).code(ErrorCode::CommandLine);
        if let Some(counterpart) = counterpart(word)
            && table.command(word).is_none()
        {
            return Err(error.hint(counterpart));
        }
        let last = self.goals.last();
        let near = match last {
            None => nearest(word, table.commands()),
            Some(_) => nearest(word, table.goals()),
        };
        match (last, near) {
            (_, Some(near)) => Err(error.hint(format!("did you mean `{near}`?"))),
            (None, None) => Err(error.hint("`cargo xtask help` lists them")),
            (Some(_), None) => Ok(()),
        }
    }

    fn finish(mut self, passed: &[String]) -> GoalWords {
        self.found.commands = match self.goals.as_slice() {
            [] => {
                let words = self.words.iter().cloned().flat_map(Word::texts);
                vec![words.chain(passed.iter().cloned()).collect()]
            }
            // One goal keeps the order: how many values an option has need not be known.
            [goal] => vec![self.one(goal, passed)],
            goals => {
                let each = goals.iter().enumerate();
                each.map(|(at, _)| self.command(at, passed)).collect()
            }
        };
        self.found
    }

    fn one(&self, goal: &str, passed: &[String]) -> Vec<String> {
        let words = || self.words.iter().cloned();
        let global = words().filter(|word| matches!(word, Word::Global(_)));
        let others = words().filter(|word| matches!(word, Word::Own(..) | Word::Spec(_)));
        let goal = std::iter::once(goal.to_owned());
        global
            .flat_map(Word::texts)
            .chain(goal)
            .chain(others.flat_map(Word::texts))
            .chain(passed.iter().cloned())
            .collect()
    }

    /// The command of one of several goals.
    fn command(&self, at: usize, passed: &[String]) -> Vec<String> {
        let table = self.context.table;
        let goal = &self.goals[at];
        let has = |option: &str| table.of(goal, option).is_some();
        let is_known = |option: &str| {
            let mut goals = self.goals.iter();
            goals.any(|goal| table.of(goal, option).is_some())
        };
        let is_own = |word: &Word| match word {
            Word::Global(_) | Word::Goal(_) => false,
            Word::Own(_, Some(owner)) => *owner == at,
            // An option that no goal has is refused by the first.
            Word::Own(words, None) => match words.first() {
                Some(option) if is_known(option) => has(option),
                _ => at == 0,
            },
            Word::Spec(_) => table.takes_specs(goal),
        };
        let words = || self.words.iter().cloned();
        let global = words().filter(|word| matches!(word, Word::Global(_)));
        let passed = match table
            .command(goal)
            .is_some_and(|command| command.get_positionals().any(|one| one.is_last_set()))
        {
            true => passed,
            false => &[],
        };
        global
            .flat_map(Word::texts)
            .chain([goal.clone()])
            .chain(words().filter(is_own).flat_map(Word::texts))
            .chain(passed.iter().cloned())
            .collect()
    }
}

impl Word {
    fn texts(self) -> Vec<String> {
        match self {
            Self::Global(words) | Self::Own(words, _) => words,
            Self::Goal(word) | Self::Spec(word) => vec![word],
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    /// What becomes of words in a folder where `there` is a file.
    fn parsed(typed: &[&str]) -> Result<GoalWords, GoalError> {
        let table = CommandTable::new(Cli::command());
        let context = WordContext {
            table: &table,
            exists: &|path| path == "there",
        };
        let arguments: Vec<String> = typed.iter().map(|word| (*word).to_owned()).collect();
        GoalWords::parse(&arguments, &context)
    }

    #[track_caller]
    fn check(typed: &str, expect: &[&str]) {
        let typed: Vec<&str> = typed.split(' ').collect();
        let words = parsed(&typed).unwrap();
        let commands: Vec<String> = words.commands.iter().map(|words| words.join(" ")).collect();
        assert_eq!(commands, expect);
    }

    #[track_caller]
    fn settings(typed: &[&str]) -> Vec<String> {
        let words = parsed(typed).unwrap();
        let shown = |setting: &SettingFlag| {
            let (section, key) = setting.name();
            format!("[{section}] {key} = {}", setting.value())
        };
        words.settings.iter().map(shown).collect()
    }

    #[track_caller]
    fn refusal(typed: &[&str]) -> String {
        let error = parsed(typed).unwrap_err();
        error.lines().collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn several_goals() {
        check("fmt lint ::", &["fmt ::", "lint ::"]);
        check(
            "-C x --no-pantsd --level=debug --changed-since=HEAD lint --only=a check --force -- -q",
            &[
                "-C x --level=debug lint --changed-since=HEAD --only=a -- -q",
                "-C x --level=debug check --changed-since=HEAD --force -- -q",
            ],
        );
        check("list lint ::", &["list ::", "lint ::"]);
        check("lint a:: test", &["lint a::", "test a::"]);
        // What no goal has, the first refuses.
        check("lint check :: --nosuch", &["lint :: --nosuch", "check ::"]);
        // Goals without targets are given none.
        check(
            "generate-lockfiles --resolve a export --resolve b lint ::",
            &[
                "generate-lockfiles --resolve a",
                "export --resolve b",
                "lint ::",
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
            "--changed-since=HEAD test :: --jobs 2 --slowest",
            &["test --changed-since=HEAD :: --jobs 2 --slowest"],
        );
        check(
            "-Cx -v list a:: -a/b.py",
            &["-Cx -v list a:: --exclude=a/b.py"],
        );
        check(
            "-ldebug list -lib/x.py",
            &["-ldebug list --exclude=lib/x.py"],
        );
        // What stands behind `--` is left alone, and so is the value of an option.
        check("test :: -- -p.x -k lint", &["test :: -- -p.x -k lint"]);
        check("lint --only test ::", &["lint --only test ::"]);
        check("-v list --help", &["-v list --help"]);
    }

    #[test]
    fn options_with_the_name_of_their_goal() {
        check(
            "list --list-output-format=json ::",
            &["list --output-format=json ::"],
        );
        check(
            "lint check --lint-force ::",
            &["lint --force ::", "check ::"],
        );
        check(
            "export --export-resolve=a --export-resolve=b",
            &["export --resolve=a --resolve=b"],
        );
    }

    #[test]
    fn other_commands_are_left_alone() {
        check("lock check", &["lock check"]);
        check("--changed-since=HEAD list", &["list --changed-since=HEAD"]);
        check("-v why lint", &["-v why lint"]);
        check("lock check --index-url x", &["lock check --index-url x"]);
        check("run -- -m lint", &["run -- -m lint"]);
        check("help lint", &["help lint"]);
    }

    #[test]
    fn settings_of_tools_goals_and_sections() {
        assert_eq!(
            settings(&[
                "--black-args=--fast -q",
                "--no-isort-config-discovery",
                "--python-infer-string-imports",
                "--no-python-infer-assets=false",
                "--tag=-a",
                "--source-root-patterns=['/']",
                "--ruff-version=1",
                "lint",
                "--flake8-skip",
                "test",
                "--force",
                "--shard",
                "0/3",
                "--colors",
            ]),
            [
                "[black] args = --fast -q",
                "[isort] config_discovery = false",
                "[python-infer] string_imports = true",
                "[python-infer] assets = true",
                "[source] root_patterns = ['/']",
                "[ruff] version = 1",
                "[flake8] skip = true",
                "[test] force = true",
                "[test] shard = 0/3",
                "[GLOBAL] colors = true",
            ],
        );
    }

    #[test]
    fn what_pants_says_to_itself() {
        let words = parsed(&[
            "--no-pantsd",
            "--print-stacktrace",
            "--pex-cli-known-versions=1",
            "list",
        ]);
        let words = words.unwrap();
        assert_eq!(words.unused.len(), 3);
        assert_eq!(words.commands, [["list"]]);
    }

    #[test]
    fn settings_of_goals_may_stand_behind_specs() {
        let setting = |typed: &[&str]| {
            let words = parsed(typed).unwrap();
            let names = words.settings.iter().map(SettingFlag::name);
            let found: Vec<String> = names
                .map(|(section, key)| format!("{section}.{key}"))
                .collect();
            (found.join(" "), words.commands)
        };
        let (names, commands) = setting(&["test", "::", "--shard=0/3"]);
        assert_eq!(
            (names.as_str(), commands),
            ("test.shard", vec![vec!["test".to_owned(), "::".to_owned()]])
        );
        let (names, commands) = setting(&["test", "there", "--timeout-default", "5"]);
        assert_eq!(
            (names.as_str(), commands),
            (
                "test.timeout_default",
                vec![vec!["test".to_owned(), "there".to_owned()]]
            )
        );
    }

    #[test]
    fn words_that_are_no_goals() {
        insta::assert_snapshot!(refusal(&["lnt", "::"]), @"
        there is no command `lnt`
        did you mean `lint`?
        ");
        insta::assert_snapshot!(refusal(&["fmt", "lnt", "::"]), @"
        there is no command `lnt`
        did you mean `lint`?
        ");
        insta::assert_snapshot!(refusal(&["repl"]), @"
        there is no command `repl`
        `cargo xtask run -- -i` starts Python with first-party sources on the path; `cargo xtask run --with ipython -- ipython` another shell
        ");
        insta::assert_snapshot!(refusal(&["lint", "setup-py", "::"]), @"
        there is no command `setup-py`
        what Pants called `setup-py` is `package`
        ");
        insta::assert_snapshot!(refusal(&["quux"]), @"
        there is no command `quux`
        `cargo xtask help` lists them
        ");
        insta::assert_snapshot!(refusal(&["--python-infer-asets", "list"]), @"
        there is no option `--python-infer-asets`
        did you mean `--python-infer-assets`?
        ");
        insta::assert_snapshot!(refusal(&["list", "--source-root-patterns"]), @"
        `--source-root-patterns` needs a value
        write `--source-root-patterns=VALUE`
        ");
        // What is there is meant, and what a goal is given is its own matter.
        check("lint there", &["lint there"]);
        check("lint nothing", &["lint nothing"]);
    }

    #[test]
    fn counterparts_are_no_commands() {
        let table = CommandTable::new(Cli::command());
        let missing = ["repl", "deploy", "export-codegen", "setup-py"];
        for goal in missing {
            assert!(table.command(goal).is_none(), "{goal}");
            assert!(counterpart(goal).is_some(), "{goal}");
        }
    }

    #[test]
    fn no_option_of_a_command_is_a_setting() {
        let table = CommandTable::new(Cli::command());
        for command in table.commands() {
            for long in table.options(command) {
                let flag = SettingFlag::read(&format!("--{long}=x"), None);
                let Some(FlagMeaning::Setting(setting)) = flag else {
                    continue;
                };
                // Those of Pants that say the same in settings.
                let (section, _) = setting.name();
                let same = ["GLOBAL", "changed", "filter", "release"];
                assert!(same.contains(&section), "{command} --{long} is {setting:?}");
            }
        }
    }
}
