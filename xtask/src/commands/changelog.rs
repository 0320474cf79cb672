//! `changelog`: turns news fragments into the notes of a release, as towncrier does.

use ::changelog::{BranchCheck, ChangelogSource, ReleaseHeading, check_branch, extract};
use ::git::Git;
use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, Subcommand};

use crate::outcome::CommandOutcome;
use crate::terminal;
use goals::error::GoalError;
use goals::releasing::run::write_news;
use goals::releasing::{self, WorkTree};
use goals::session::Session;

/// The arguments of `changelog`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct ChangelogArguments {
    #[command(subcommand)]
    action: Option<Action>,

    /// Print the notes and write nothing
    #[arg(long, conflicts_with = "check")]
    draft: bool,

    /// The version in the heading; without it the version file's
    #[arg(long, value_name = "VERSION", conflicts_with = "check")]
    version: Option<String>,

    /// The date in the heading; without it today
    #[arg(long, value_name = "DATE", conflicts_with = "check")]
    date: Option<String>,

    /// Keep the fragments
    #[arg(long, conflicts_with_all = ["check", "draft"])]
    keep: bool,

    /// Check whether the branch has a news fragment; exit with 1 if it does not
    #[arg(long)]
    check: bool,

    /// What the branch is compared with [default: the branch that the remote calls its default]
    #[arg(long, value_name = "REF", requires = "check")]
    since: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Add a news fragment
    Create {
        /// Its name: `ISSUE.TYPE`, or `+.TYPE` without an issue; a counter is added where it is taken
        #[arg(value_name = "NAME")]
        name: String,

        /// What it says
        #[arg(long, value_name = "TEXT", required_unless_present = "edit")]
        content: Option<String>,

        /// Open it in $EDITOR
        #[arg(long)]
        edit: bool,

        /// The section, where there are several
        #[arg(long, value_name = "NAME", default_value = "")]
        section: String,
    },
    /// Print one release's notes
    Extract {
        /// The version, as it is written in its heading
        #[arg(value_name = "VERSION")]
        version: String,
    },
}

/// Makes the changelog, checks a branch, or prints one release's notes.
pub(crate) fn run(
    session: &Session,
    arguments: &ChangelogArguments,
) -> Result<CommandOutcome, GoalError> {
    match &arguments.action {
        Some(Action::Extract { version }) => print_notes(session, version),
        Some(Action::Create {
            name,
            content,
            edit,
            section,
        }) => {
            let text = content.as_deref().unwrap_or("");
            let path = releasing::create_fragment(session, (name, section), text)?;
            if *edit {
                in_editor(session, &path)?;
            }
            session.say(format_args!("wrote {path}"));
            Ok(CommandOutcome::Done)
        }
        None if arguments.check => {
            let since = arguments.since.clone();
            check(
                session,
                &since.map_or_else(|| releasing::default_branch(session), Ok)?,
            )
        }
        None => build(session, arguments),
    }
}

/// Opens a file in the editor of the user, as git does.
fn in_editor(session: &Session, path: &Utf8Path) -> Result<(), GoalError> {
    let editor = Git::at(session.root()).text(&["var", "GIT_EDITOR"])?;
    let command = format!("{editor} \"$1\"");
    let run = duct::cmd!("sh", "-c", command, "sh", path.as_str()).dir(session.root());
    run.run().map(drop).map_err(|error| {
        GoalError::failure(format!("the editor `{editor}` failed: {error}"))
            .hint("`--content TEXT` needs none")
    })
}

fn build(session: &Session, arguments: &ChangelogArguments) -> Result<CommandOutcome, GoalError> {
    let source = releasing::changelog(session)?;
    let version = match arguments
        .version
        .as_ref()
        .or(source.settings.version.as_ref())
    {
        Some(version) => releasing::version(version)?,
        None => releasing::written_version(session)?,
    };
    let date = arguments
        .date
        .clone()
        .map_or_else(|| releasing::today(session), Ok)?;
    let release = ReleaseHeading {
        version: version.as_str(),
        date: &date,
    };
    if arguments.draft {
        terminal::print(format_args!("{}\n", source.notes(&release)?.text));
        return Ok(CommandOutcome::Done);
    }
    let path = releasing::settings(session).news_file_of(&version);
    let change = source.news(&WorkTree::new(session.root()), &release, path.as_deref())?;
    let consumed = match arguments.keep {
        true => &[],
        false => source.fragments.as_slice(),
    };
    write_news(session.root(), &change, consumed)
        .map_err(|error| GoalError::failure(error.to_string()))?;
    session.say(format_args!("wrote {}", change.path));
    match consumed.len() {
        0 => {}
        1 => session.say("removed 1 news fragment"),
        count => session.say(format_args!("removed {count} news fragments")),
    }
    Ok(CommandOutcome::Done)
}

fn check(session: &Session, since: &str) -> Result<CommandOutcome, GoalError> {
    // Every file among the fragments must have a valid name. Now it is still easy to rename.
    let mut source = releasing::changelog(session)?;
    if source.settings.ignore.is_none() {
        source.settings.ignore = Some(Vec::new());
        source = ChangelogSource::read_with(&WorkTree::new(session.root()), source.settings)?;
    }
    let changed = releasing::changed_since(session, since)?;
    let news_files = releasing::news_files(session, &source)?;
    match check_branch(&source.settings, &source.fragments, &changed, &news_files) {
        BranchCheck::NoChanges => {
            session.say(format_args!(
                "nothing differs from {since}, so no news fragment is needed"
            ));
            Ok(CommandOutcome::Done)
        }
        BranchCheck::NewsFileChanged(path) => {
            session.say(format_args!(
                "{path} itself changes, so no news fragment is needed"
            ));
            Ok(CommandOutcome::Done)
        }
        BranchCheck::Found(paths) => {
            for path in paths {
                session.say(format_args!("found {path}"));
            }
            Ok(CommandOutcome::Done)
        }
        BranchCheck::Missing { unchecked } => Err(missing(session, &source, since, &unchecked)),
    }
}

fn missing(
    session: &Session,
    source: &ChangelogSource,
    since: &str,
    unchecked: &[Utf8PathBuf],
) -> GoalError {
    let types: Vec<&str> = source
        .settings
        .types
        .iter()
        .filter(|kind| kind.check)
        .map(|kind| kind.directory.as_str())
        .collect();
    let mut error = GoalError::failure(format!("no news fragment came since {since}"));
    for path in unchecked {
        error = error.because(format!("{path} is of a type that does not count"));
    }
    let folder = source.settings.section_folder("");
    let example = folder.join(format!("123.{}.md", types.first().unwrap_or(&"misc")));
    let shown = session
        .root()
        .join(&folder)
        .strip_prefix(session.root())
        .map_or(folder, Utf8Path::to_owned);
    error.hint(format!(
        "add one to {shown}, such as {example}; types are {}",
        types.join(", ")
    ))
}

fn print_notes(session: &Session, version: &str) -> Result<CommandOutcome, GoalError> {
    let version = releasing::version(version)?;
    let settings = releasing::changelog_settings(session)?;
    let release = ReleaseHeading {
        version: version.as_str(),
        date: "",
    };
    let own = releasing::settings(session).news_file_of(&version);
    let candidates = own.into_iter().chain([settings.news_file(&release)?]);
    let mut problem = None;
    for path in candidates {
        let Ok(text) = fs_err::read_to_string(session.root().join(&path)) else {
            problem.get_or_insert_with(|| GoalError::failure(format!("{path} cannot be read")));
            continue;
        };
        match extract(&path, &text, version.as_str()) {
            Ok(notes) => {
                terminal::print(format_args!("{notes}\n"));
                return Ok(CommandOutcome::Done);
            }
            Err(error) => problem = Some(error.into()),
        }
    }
    Err(problem.unwrap_or_else(|| GoalError::failure("there is no changelog")))
}
