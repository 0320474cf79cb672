//! The reference of the manual, made from the code: this test sees that the pages are current, and writes
//! them where `XTASK_WRITE_REFERENCE` is set.

use std::fmt::Write;

use camino::Utf8Path;
use clap::{Arg, Command, CommandFactory};
use goals::codes::ErrorCode;
use workspace::settings::{SettingDescription, Settings};

use crate::cli::Cli;

/// Says how the pages are written.
const HEADER: &str =
    "<!-- Made from the code: XTASK_WRITE_REFERENCE=1 cargo test -p xtask current -->\n\n";

#[track_caller]
fn check(page: &str, made: &str) {
    let path = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/src/reference");
    let path = path.join(page);
    if std::env::var_os("XTASK_WRITE_REFERENCE").is_some() {
        fs_err::write(&path, made).unwrap();
    }
    let written = fs_err::read_to_string(&path).unwrap_or_default();
    let differs = written.lines().zip(made.lines()).position(|(a, b)| a != b);
    assert!(
        written == made,
        "docs/src/reference/{page} is not current, from line {}: \
         run `XTASK_WRITE_REFERENCE=1 cargo test -p xtask current`",
        differs.map_or(written.lines().count(), |line| line + 1)
    );
}

#[test]
fn codes_are_current() {
    let mut page = format!("{HEADER}# Codes of errors\n\n");
    page += "An error names its code, and `xt explain CODE` prints what stands here.\n";
    for code in ErrorCode::ALL {
        let lines = code.explanation().iter().map(|line| line.trim());
        let text = lines.collect::<Vec<_>>().join("\n");
        let (id, title) = (code.id(), code.title());
        let _infallible = write!(page, "\n## {id}: {title}\n\n{}\n", text.trim());
    }
    check("codes.md", &page.replace("`cargo xtask ", "`xt "));
}

#[test]
fn commands_are_current() {
    let mut cli = Cli::command().bin_name("xt");
    cli.build();
    let mut page = format!("{HEADER}# Commands\n\n");
    page += "Every command has the [options of all commands](#options-of-all-commands), before or behind its name.\n";
    let mut index = String::new();
    let mut texts = String::new();
    for command in cli
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
    {
        if command.get_name() == "help" {
            continue;
        }
        add_command(&mut texts, command, &[]);
        let name = command.get_name();
        let about = command
            .get_about()
            .map(ToString::to_string)
            .unwrap_or_default();
        let _infallible = writeln!(
            index,
            "| [`{name}`](#{}) | {} |",
            anchor(name),
            cell(&about)
        );
    }
    let _infallible = write!(page, "\n| Command | |\n|---|---|\n{index}\n{texts}");
    page += "## Options of all commands\n\n";
    page += &arguments(cli.get_arguments());
    check("commands.md", &page);
}

/// The heading, the usage and the arguments of a command and of those below it.
fn add_command(page: &mut String, command: &Command, above: &[&str]) {
    let names = [above, &[command.get_name()]].concat();
    let name = names.join(" ");
    let level = "#".repeat(above.len() + 2);
    let about = command
        .get_about()
        .map(ToString::to_string)
        .unwrap_or_default();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ");
    let _infallible = write!(
        page,
        "{level} {name}\n\n{about}.\n\n```text\n{usage}\n```\n\n"
    );
    if let Some(long) = command.get_after_help() {
        let _infallible = write!(page, "```text\n{}\n```\n\n", long.to_string().trim_end());
    }
    let own = command
        .get_arguments()
        .filter(|argument| !argument.is_global_set());
    page.push_str(&arguments(own));
    for below in command
        .get_subcommands()
        .filter(|below| below.get_name() != "help")
    {
        add_command(page, below, &names);
    }
}

fn arguments<'a>(all: impl Iterator<Item = &'a Arg>) -> String {
    let mut rows = String::new();
    for argument in all.filter(|argument| !argument.is_hide_set()) {
        if matches!(argument.get_id().as_str(), "help" | "version") {
            continue;
        }
        let shown = argument.to_string();
        let shown = match argument.get_short() {
            Some(short) if argument.get_long().is_some() => format!("-{short}, {shown}"),
            _ => shown,
        };
        let help = argument
            .get_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        let default = argument.get_default_values();
        let default: Vec<String> = default
            .iter()
            .map(|value| format!("`{}`", value.to_string_lossy()))
            .collect();
        let default = match default.is_empty() || !argument.get_action().takes_values() {
            true => String::new(),
            false => format!(" (default {})", default.join(", ")),
        };
        let _infallible = writeln!(rows, "| `{}` | {}{default} |", cell(&shown), cell(&help));
    }
    match rows.is_empty() {
        true => String::new(),
        false => format!("| Argument | |\n|---|---|\n{rows}\n"),
    }
}

/// A text in a table of Markdown.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
        .replace('\n', " ")
        .replace('<', "&lt;")
}

fn anchor(heading: &str) -> String {
    heading.to_lowercase().replace(' ', "-")
}

/// The commands that print JSON, each with its words.
fn with_json(command: &Command, above: &[&str], into: &mut Vec<String>) {
    let words = [above, &[command.get_name()]].concat();
    let formats = command
        .get_arguments()
        .filter(|one| one.get_id() == "output_format");
    let mut values = formats.flat_map(Arg::get_possible_values);
    if values.any(|value| value.get_name() == "json") || command.get_name() == "peek" {
        into.push(words.join(" "));
    }
    for below in command.get_subcommands() {
        with_json(below, &words, into);
    }
}

#[test]
fn schemas_are_current() {
    let mut cli = Cli::command();
    cli.build();
    let mut commands = Vec::new();
    for command in cli.get_subcommands().filter(|one| one.get_name() != "help") {
        with_json(command, &[], &mut commands);
    }
    commands.sort_unstable();
    let mut page = format!("{HEADER}# JSON\n\n");
    page += "With `--output-format json` these commands print for scripts, on stdout; what people read is on stderr. \
             Each has a schema (JSON Schema, 2020-12). Keys may be added in later versions; none changes its meaning.\n\n\
             | Command | Schema | |\n|---|---|---|\n";
    let mut files = Vec::new();
    for command in &commands {
        let file = format!("{}.json", command.replace(' ', "-"));
        let text = fs_err::read_to_string(testkit::schemas().join(&file));
        let schema: serde_json::Value = serde_json::from_str(&text.unwrap()).unwrap();
        let title = schema["title"].as_str().unwrap_or_default();
        let (_, about) = title.split_once(": ").unwrap();
        let _infallible = writeln!(
            page,
            "| `{command}` | [{file}](schemas/{file}) | {} |",
            cell(about)
        );
        files.push(file);
    }
    let there = fs_err::read_dir(testkit::schemas()).unwrap();
    let mut there: Vec<String> = there
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    there.sort_unstable();
    files.sort_unstable();
    assert_eq!(
        files, there,
        "the commands that print JSON, and the schemas"
    );
    check("json.md", &page);
}

#[test]
fn settings_are_current() {
    let mut page = format!("{HEADER}# Settings\n\n");
    page += "Settings stand in `pants.toml` as Pants has them, in `Cargo.toml` below `[workspace.metadata.xtask]`, \
             or in `pyproject.toml` below `[tool.xtask]`. A flag `--SECTION-KEY=VALUE` and a variable \
             `PANTS_SECTION_KEY` count more than files. A misspelt setting is an error that names the right one.\n\n\
             ```toml\n[tool.xtask.python]\nresolves_to_platforms = { python-default = [\"linux_x86_64\"] }\n```\n\n";
    for section in Settings::default_descriptions() {
        let name = match section.name {
            "" => "the section of a tool",
            name => name,
        };
        let about = joined(section.about);
        let _infallible = write!(page, "## \\[{name}\\]\n\n{about}\n\n");
        for setting in &section.settings {
            page += &setting_text(setting);
        }
    }
    check("settings.md", &page);
}

fn setting_text(setting: &SettingDescription) -> String {
    let (key, kind) = (setting.key, setting.kind());
    let text = joined(setting.about);
    let default = match setting.default.as_str() {
        "none" | "[]" | "{}" => "nothing".to_owned(),
        default => format!("`{default}`"),
    };
    format!("### `{key}`\n\n{text}\n\n*{kind}*, by default {default}.\n\n")
}

/// The lines of a comment as text of Markdown.
fn joined(lines: &[&str]) -> String {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    lines.join(" ").replace('<', "&lt;")
}
