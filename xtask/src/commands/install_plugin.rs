//! `install-plugin`: clones a plug-in into `plugins/`, where `export` finds it.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use git::Git;

use crate::outcome::CommandOutcome;
use crate::style::HINT;
use goals::environments::{PLUGINS, Plugin};
use goals::error::GoalError;
use goals::session::Session;

/// The arguments of `install-plugin`.
#[derive(Debug, Args)]
pub(crate) struct InstallPluginArguments {
    /// `OWNER/REPO` of GitHub, a URL, or a path
    #[arg(value_name = "PLUGIN")]
    plugin: String,

    /// The branch, tag or commit to check out
    #[arg(long, value_name = "REF")]
    revision: Option<String>,
}

/// The URL that `OWNER/REPO` is relative to.
const GITHUB: &str = "https://github.com";

/// Clones the plug-in. An existing folder is not changed.
pub(crate) fn run(
    session: &Session,
    arguments: &InstallPluginArguments,
) -> Result<CommandOutcome, GoalError> {
    let from = PluginRepository::parse(&arguments.plugin, &session.working_folder()?)?;
    let folder = session.root().join(PLUGINS).join(&from.name);
    let shown = format!("{PLUGINS}/{}", from.name);
    if folder.symlink_metadata().is_ok() {
        return Err(
            GoalError::failure(format!("{shown} is there already")).hint(format!(
                "bring it up to date with `git -C {shown} pull`, or remove it first"
            )),
        );
    }
    let parent = session.root().join(PLUGINS);
    fs_err::create_dir_all(&parent).map_err(|error| GoalError::file("make", &parent, &error))?;
    // It is cloned to another folder first, so that a failed clone does not look like a plug-in.
    let temporary = tempfile::Builder::new()
        .prefix(".tmp-")
        .tempdir_in(&parent)
        .map_err(|error| GoalError::file("write", &parent, &error))?;
    let temporary = Utf8Path::from_path(temporary.path())
        .map(|path| path.join("clone"))
        .ok_or_else(|| GoalError::failure("the root's name is not UTF-8"))?;
    let clone = ["clone", "--quiet", "--", &from.url, temporary.as_str()];
    Git::at(session.root()).text(&clone).map_err(|error| {
        GoalError::from(error).hint("check the name, and whether you may read the repository")
    })?;
    if let Some(revision) = &arguments.revision {
        Git::at(temporary.as_path()).text(&["checkout", "--quiet", revision])?;
    }
    let plugin = Plugin::read(&temporary)?;
    fs_err::rename(&temporary, &folder)
        .map_err(|error| GoalError::file("write", &folder, &error))?;
    session.say(match &plugin.project {
        Some(project) => format!("cloned {} {} into {shown}", project.name, project.version),
        None => format!(
            "cloned {shown}, whose files name no distribution: only its modules can be imported"
        ),
    });
    session.say(format_args!(
        "{HINT}hint{HINT:#}: run `cargo xtask export` to link it into the environment"
    ));
    Ok(CommandOutcome::Done)
}

/// The URL to clone, and the name of the folder.
#[derive(Debug, PartialEq, Eq)]
struct PluginRepository {
    url: String,
    name: String,
}

impl PluginRepository {
    fn parse(text: &str, here: &Utf8Path) -> Result<Self, GoalError> {
        let path: Utf8PathBuf = here.join(text);
        let is_short = text.matches('/').count() == 1
            && !text.contains(':')
            && !text.starts_with(['.', '/', '~']);
        let url = if path.exists() {
            path.into_string()
        } else if is_short {
            format!("{GITHUB}/{text}.git")
        } else {
            text.to_owned()
        };
        let name = url
            .trim_end_matches('/')
            .rsplit(['/', ':', '\\'])
            .next()
            .unwrap_or_default()
            .trim_end_matches(".git");
        if name.is_empty() || name.starts_with('.') {
            return Err(GoalError::misuse(format!("`{text}` names no repository"))
                .hint("write `OWNER/REPO`, a URL, or a path"));
        }
        Ok(Self {
            name: name.to_owned(),
            url,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, url: &str, name: &str) {
        let place = PluginRepository::parse(text, Utf8Path::new("/nowhere")).unwrap();
        assert_eq!((place.url.as_str(), place.name.as_str()), (url, name));
    }

    #[test]
    fn names_urls_and_paths() {
        check("acme/hello", "https://github.com/acme/hello.git", "hello");
        check(
            "https://git.example/a/b.git",
            "https://git.example/a/b.git",
            "b",
        );
        check("git@git.example:a/b.git", "git@git.example:a/b.git", "b");
        check("../b", "../b", "b");
        assert!(PluginRepository::parse("..", Utf8Path::new("/nowhere")).is_err());
    }
}
