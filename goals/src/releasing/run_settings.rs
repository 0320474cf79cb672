//! Settings that shape archives and are those of this run alone: a flag, a variable, a file of the user. What is packaged
//! with them is not what the commit says.

use workspace::settings::{SectionDescription, SettingDescription, Settings};

use crate::error::GoalError;
use crate::session::Session;

/// The sections that shape archives.
const SECTIONS: [&str; 7] = [
    "build",
    "package",
    "python",
    "python-infer",
    "setup-py-generation",
    "source",
    "targets",
];

/// Keys of those sections that are about this machine.
const OF_MACHINES: [&str; 1] = ["verify_pythons"];

/// Refuses a release in which settings are not those of the repository's files.
///
/// # Errors
/// There are such settings.
pub fn refuse_settings_of_this_run(session: &Session) -> Result<(), GoalError> {
    let mut environment = session.environment.clone();
    // A file that this variable names is one of the repository.
    environment.retain(|name, _| !name.starts_with("PANTS_") || name == "PANTS_CONFIG_FILES");
    environment.insert("PANTS_PANTSRC".to_owned(), "false".to_owned());
    let of_files = Settings::load(session.root(), environment, &[])?;
    let others = differing(&of_files.descriptions(), &session.settings.descriptions());
    if others.is_empty() {
        return Ok(());
    }
    let error =
        GoalError::failure("a release has the settings of its commit, and this run has others");
    let error = others.into_iter().fold(error, GoalError::because);
    Err(error.hint(
        "commit them to the repository's settings; or leave out the flag, the variable `PANTS_…` or the file `.pants.rc` that has them",
    ))
}

fn differing(of_files: &[SectionDescription], now: &[SectionDescription]) -> Vec<String> {
    let shapes = |section: &&SectionDescription| SECTIONS.contains(&section.name);
    let keys = |sections: &[SectionDescription]| -> Vec<(&'static str, SettingDescription)> {
        let sections = sections.iter().filter(shapes);
        let keys = sections.flat_map(|section| {
            let settings = section.settings.iter();
            settings.map(|setting| (section.name, setting.clone()))
        });
        keys.filter(|(_, setting)| !OF_MACHINES.contains(&setting.key))
            .collect()
    };
    let pairs = keys(of_files).into_iter().zip(keys(now));
    let differing = pairs.filter(|((_, of_files), (_, now))| of_files.value != now.value);
    differing
        .map(|((section, of_files), (_, now))| told(section, &of_files, &now))
        .collect()
}

/// Values of more characters say less than the key alone.
const LONGEST: usize = 60;

fn told(section: &str, of_files: &SettingDescription, now: &SettingDescription) -> String {
    let key = of_files.key;
    match of_files.value.len().max(now.value.len()) > LONGEST {
        true => format!("`[{section}] {key}` is not what the files say"),
        false => format!(
            "`[{section}] {key}` is {} here, and {} in the files",
            now.value, of_files.value
        ),
    }
}
