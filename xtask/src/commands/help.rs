//! `help`: of a command, a section of settings, a target type, or of variables.

use std::fmt::Write as _;

use clap::Args;
use goals::error::GoalError;
use goals::session::Session;
use model::nearest;
use targets::kinds::{COMMON, TargetType, Values, shipped_types};
use workspace::settings::{SectionDescription, Settings};

use crate::command_table::CommandTable;
use crate::manual;
use crate::outcome::CommandOutcome;
use crate::style::SUBJECT;
use crate::terminal;

/// The arguments of `help`.
#[derive(Debug, Args)]
pub(crate) struct HelpArguments {
    /// A command, a section such as `python` or `global`, a target type, or one of `commands`,
    /// `settings`, `targets`, `variables`, `all`
    #[arg(value_name = "WORD")]
    words: Vec<String>,
}

/// The section whose name is written in capitals.
const GLOBAL: &str = "GLOBAL";

/// Prints help. The values of settings are those of the repository, if there is one.
pub(crate) fn run(
    session: Option<&Session>,
    arguments: &HelpArguments,
    table: &CommandTable,
) -> Result<CommandOutcome, GoalError> {
    let words = arguments.words.iter().map(String::as_str);
    let words: Vec<&str> = words.collect();
    let text = match words.as_slice() {
        [] | ["commands" | "goals"] => of_command(table, &[])?,
        ["settings" | "subsystems" | "options"] => sections(session),
        ["targets"] => target_types(),
        ["variables"] => variables(),
        ["all"] => {
            let all = descriptions(session);
            let all: Vec<String> = all.iter().map(of_section).collect();
            all.join("\n")
        }
        [word, ..] => match found(session, table, word) {
            Some(text) => text,
            None => of_command(table, &words)?,
        },
    };
    terminal::print(crate::called::named(&text));
    Ok(CommandOutcome::Done)
}

/// Help of a section or a target type; commands go first.
fn found(session: Option<&Session>, table: &CommandTable, word: &str) -> Option<String> {
    let all = descriptions(session);
    let name = match word {
        "global" => GLOBAL,
        other => other,
    };
    let section = all.iter().find(|section| section.name == name);
    match (table.command(word), section) {
        (Some(_), _) => None,
        (None, Some(section)) => Some(of_section(section)),
        (None, None) => TargetType::find(word)
            .map(of_target_type)
            .or_else(|| of_tool(word, &all)),
    }
}

/// Help of a command, with its section of settings.
fn of_command(table: &CommandTable, words: &[&str]) -> Result<String, GoalError> {
    let mut command = table
        .command_for_help(words)
        .ok_or_else(|| unknown(table, words))?;
    let mut text = command.render_long_help().ansi().to_string();
    let section = words.first().and_then(|word| {
        let all = Settings::default_descriptions();
        all.into_iter().find(|section| section.name == *word)
    });
    if let Some(section) = section {
        let _infallible = write!(text, "\n{}", of_section(&section));
    }
    Ok(text)
}

fn unknown(table: &CommandTable, words: &[&str]) -> GoalError {
    let word = words.join(" ");
    let error = GoalError::misuse(format!("there is no help for `{word}`"));
    let sections = Settings::default_descriptions();
    let types = shipped_types().iter().map(|known| known.name);
    let known = table.commands().map(str::to_owned);
    let known = known
        .chain(sections.iter().map(|section| section.name.to_owned()))
        .chain(types.map(str::to_owned));
    match (crate::pants_goals::counterpart(&word), nearest(word.as_str(), known)) {
        (Some(counterpart), _) => error.hint(counterpart),
        (None, Some(near)) => error.hint(format!("did you mean `{near}`?")),
        (None, None) => error.hint(
            "`cargo xtask help` lists the commands, `help settings` sections, `help targets` target types",
        ),
    }
}

fn descriptions(session: Option<&Session>) -> Vec<SectionDescription> {
    match session {
        Some(session) => session.settings.descriptions(),
        None => Settings::default_descriptions(),
    }
}

fn sections(session: Option<&Session>) -> String {
    let mut text = String::new();
    for section in descriptions(session) {
        let about = section.about.first().map(|line| line.trim());
        let name = match section.name {
            "" => "[TOOL]".to_owned(),
            name => format!("[{name}]"),
        };
        let _infallible = writeln!(text, "{name:<26} {}", about.unwrap_or_default());
    }
    text.push_str("\n`cargo xtask help SECTION` lists the keys of one.\n");
    text
}

/// A section with its keys, as options and variables have them.
fn of_section(section: &SectionDescription) -> String {
    let mut text = String::new();
    let (title, flag, variable) = match section.name {
        "" => ("TOOL", "--TOOL-".to_owned(), "PANTS_TOOL_".to_owned()),
        GLOBAL => (GLOBAL, "--".to_owned(), "PANTS_".to_owned()),
        name => {
            let upper = name.to_uppercase().replace('-', "_");
            (name, format!("--{name}-"), format!("PANTS_{upper}_"))
        }
    };
    let _infallible = writeln!(
        text,
        "{SUBJECT}[{title}]{SUBJECT:#}{}",
        section.about.join("")
    );
    for setting in &section.settings {
        let option = setting.key.replace('_', "-");
        let value = match setting.kind() {
            "switch" => String::new(),
            kind => format!("={}", kind.to_uppercase()),
        };
        let upper = setting.key.to_uppercase();
        let upper = upper
            .strip_prefix("PANTS_")
            .filter(|_| section.name == GLOBAL)
            .unwrap_or(&upper);
        let _infallible = writeln!(
            text,
            "\n  {SUBJECT}{}{SUBJECT:#}  {flag}{option}{value}  {variable}{upper}",
            setting.key
        );
        for line in setting.about {
            let _infallible = writeln!(text, "     {line}");
        }
        let _infallible = match setting.value == setting.default {
            true => writeln!(text, "      default: {}", setting.default),
            false => writeln!(
                text,
                "      default: {}, here: {}",
                setting.default, setting.value
            ),
        };
    }
    text
}

/// The section of a tool.
fn of_tool(word: &str, all: &[SectionDescription]) -> Option<String> {
    let table = checks::ToolTable::shipped();
    let tool = table.get(word)?;
    let keys = all.iter().find(|section| section.name.is_empty())?;
    let text = of_section(keys).replace("TOOL", tool.section());
    Some(text)
}

fn target_types() -> String {
    let mut names: Vec<&str> = shipped_types().iter().map(|known| known.name).collect();
    names.sort_unstable();
    names.dedup();
    let mut text = names.join("\n");
    text.push_str("\n\n`cargo xtask help TYPE` lists the fields of one.\n");
    text
}

fn of_target_type(known: &TargetType) -> String {
    let mut text = format!("{SUBJECT}{}{SUBJECT:#}\n", known.name);
    for field in &known.fields {
        let values = match field.values {
            Values::OneOf(words) => format!("one of {}", words.join(", ")),
            Values::SomeOf(words) => format!("some of {}", words.join(", ")),
            other => {
                let named = Values::NAMED.iter().find(|(_, values)| *values == other);
                named.map_or("any", |(word, _)| *word).to_owned()
            }
        };
        let default = match (field.required, field.default) {
            (true, _) => ", must be set".to_owned(),
            (false, Some(default)) => format!(", default {default}"),
            (false, None) => String::new(),
        };
        let _infallible = writeln!(text, "  {}: {values}{default}", field.name);
    }
    let common = COMMON.join(", ");
    let _infallible = writeln!(text, "\nEvery type has name, {common} too.");
    text
}

fn variables() -> String {
    let mut text = String::new();
    for (name, about) in manual::VARIABLES.iter().chain(manual::VARIABLES_OF_OTHERS) {
        let _infallible = writeln!(text, "{SUBJECT}{name}{SUBJECT:#}\n  {about}");
    }
    text
}
