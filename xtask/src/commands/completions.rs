//! `completions` and `man`: what a shell and `man` need to know of this program.

use std::io::Cursor;

use camino::Utf8PathBuf;
use clap::Args;
use clap_complete::Shell;
use clap_mangen::Man;
use goals::error::GoalError;

use crate::command_table::CommandTable;
use crate::outcome::CommandOutcome;
use crate::terminal;

/// The arguments of `completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// The arguments of `man`.
#[derive(Debug, Args)]
pub(crate) struct ManArguments {
    /// The folder for the pages, one for each command; without it the first page is printed
    #[arg(long, value_name = "DIR")]
    output: Option<Utf8PathBuf>,
}

/// Prints a script that completes the words of the short name and of `cargo-xtask`.
pub(crate) fn completions(
    arguments: &CompletionsArguments,
    table: &CommandTable,
) -> CommandOutcome {
    let mut text = Vec::new();
    for name in ["xt", "cargo-xtask"] {
        let mut command = table.parser();
        clap_complete::generate(arguments.shell, &mut command, name, &mut text);
    }
    terminal::print(String::from_utf8_lossy(&text));
    CommandOutcome::Done
}

/// Writes the pages of the manual, or prints the first.
pub(crate) fn man(
    arguments: &ManArguments,
    table: &CommandTable,
) -> Result<CommandOutcome, GoalError> {
    let command = table.parser().name("xt").bin_name("xt");
    let Some(folder) = &arguments.output else {
        terminal::print(String::from_utf8_lossy(&page(&command, "xt")?));
        return Ok(CommandOutcome::Done);
    };
    fs_err::create_dir_all(folder).map_err(|error| GoalError::file("make", folder, &error))?;
    let mut pages = vec![("xt".to_owned(), page(&command, "xt")?)];
    for below in command.get_subcommands() {
        let name = format!("xt-{}", below.get_name());
        let spoken = format!("xt {}", below.get_name());
        let below = below.clone().bin_name(spoken);
        pages.push((name.clone(), page(&below, &name)?));
    }
    for (name, text) in &pages {
        let path = folder.join(format!("{name}.1"));
        fs_err::write(&path, text).map_err(|error| GoalError::file("write", &path, &error))?;
    }
    terminal::say(format_args!("wrote {} pages to {folder}", pages.len()));
    Ok(CommandOutcome::Done)
}

fn page(command: &clap::Command, title: &str) -> Result<Vec<u8>, GoalError> {
    let mut text = Cursor::new(Vec::new());
    Man::new(command.clone())
        .title(title)
        .render(&mut text)
        .map_err(|error| GoalError::failure("cannot make a page").because(error.to_string()))?;
    Ok(text.into_inner())
}
