//! `changed-distributions`: the distributions whose contents a release changes.

use std::collections::BTreeMap;

use ::git::Git;
use ::release::changed::{ChangeCause, ComparedDistribution, changed_distributions};
use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};
use model::PackageName;

use crate::commands::publish::last_tag;
use crate::outcome::CommandOutcome;
use crate::terminal;
use goals::error::GoalError;
use goals::packaging::{
    Choice, ImportCollection, PackagedDistribution, SelectedDistributions, select,
};
use goals::releasing::changed::{ArchiveMembers, ArchivesByTag, differences};
use goals::session::Session;

/// The arguments of `changed-distributions`.
#[derive(Debug, Args)]
pub(crate) struct ChangedDistributionsArguments {
    /// What is compared with; without it the newest release that this branch contains
    #[arg(long, value_name = "REF")]
    since: Option<String>,

    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Text)]
    output_format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One a line, with the reason
    Text,
    /// For scripts
    Json,
}

/// Prints the distributions that differ from a revision, each with its reason.
pub(crate) fn run(
    session: &Session,
    arguments: &ChangedDistributionsArguments,
) -> Result<CommandOutcome, GoalError> {
    let since = arguments
        .since
        .clone()
        .map_or_else(|| last_tag(session), Ok)?;
    let changes = changed_distributions(&compared(session, &since)?);
    match arguments.output_format {
        Format::Text => {
            for (name, change) in &changes {
                terminal::print(format_args!("{name}\t{}\n", reason(change)));
            }
        }
        Format::Json => {
            let json: Vec<serde_json::Value> = changes
                .iter()
                .map(|(name, change)| json(name, change))
                .collect();
            terminal::print(format_args!("{:#}\n", serde_json::Value::Array(json)));
        }
    }
    Ok(CommandOutcome::Done)
}

/// Builds every distribution from the tree of a revision and from this one, and compares. The
/// version in the version file is no difference, so both are built with the present one.
fn compared(session: &Session, since: &str) -> Result<Vec<ComparedDistribution>, GoalError> {
    let git = Git::at(session.root());
    let commit = git.commit(since)?.ok_or_else(|| {
        GoalError::failure(format!("`{since}` names no commit"))
            .hint("fetch it first: `git fetch origin --tags`")
    })?;
    let folder = tempfile::tempdir()
        .map_err(|error| GoalError::failure(format!("cannot make a temporary folder: {error}")))?;
    let folder = Utf8PathBuf::from_path_buf(folder.path().to_owned())
        .ok()
        .and_then(|path| path.canonicalize_utf8().ok().map(|path| (folder, path)));
    let Some((_kept, folder)) = folder else {
        return Err(GoalError::failure("the temporary folder is not UTF-8"));
    };
    let now = BuiltDistributions::of(session, &folder.join("now"))?;
    let checkout = git.check_out(&commit, &folder.join("tree"))?;
    let then = session.at(checkout.root())?;
    with_present_version(session, &then)?;
    let then = BuiltDistributions::of(&then, &folder.join("then"))
        .map_err(|error| error.because(format!("while building the tree of {since}")))?;
    let all = now.selected.all.iter();
    all.map(|distribution| {
        let required = now.selected.all.iter();
        let required = required.filter(|other| distribution.first_party.contains(&other.address));
        let name = name_of(distribution)?;
        let differences = match then.archives.get(&name) {
            None => vec!["it is new".to_owned()],
            Some(Err(error)) => vec![format!(
                "it cannot be built from {since}: {}",
                error.message()
            )],
            Some(Ok(before)) => match now.archives.get(&name) {
                Some(Ok(after)) => differences(distribution, before, after),
                Some(Err(error)) => return Err(error.clone()),
                None => Vec::new(),
            },
        };
        Ok(ComparedDistribution {
            name,
            differences,
            requires: required.map(name_of).collect::<Result<_, _>>()?,
        })
    })
    .collect()
}

/// The distributions of a tree with their archives.
struct BuiltDistributions {
    selected: SelectedDistributions,
    archives: BTreeMap<PackageName, Result<ArchivesByTag, GoalError>>,
}

impl BuiltDistributions {
    fn of(session: &Session, out_dir: &Utf8Path) -> Result<Self, GoalError> {
        let selected = select(session, ALL)?;
        let mut archives: BTreeMap<PackageName, Result<ArchivesByTag, GoalError>> = BTreeMap::new();
        for (address, built) in goals::packaging::built_apart(session, &selected, out_dir)? {
            let distribution = selected.all.iter().find(|one| one.address == address);
            let Some(distribution) = distribution else {
                continue;
            };
            let read = built.and_then(|path| ArchiveMembers::read(&path));
            let known = archives.entry(name_of(distribution)?);
            let known = known.or_insert_with(|| Ok(ArchivesByTag::new()));
            match (read, &mut *known) {
                (Ok((tags, members)), Ok(known)) => drop(known.insert(tags, members)),
                (Err(error), _) => *known = Err(error),
                (Ok(_), Err(_)) => {}
            }
        }
        Ok(Self { selected, archives })
    }
}

/// Every distribution.
const ALL: Choice<'static> = Choice {
    specs: &[],
    tags: &[],
    changed_since: None,
    imports: ImportCollection::Skipped,
};

fn name_of(distribution: &PackagedDistribution) -> Result<PackageName, GoalError> {
    let name = &distribution.artifact.name;
    name.parse().map_err(|_| {
        GoalError::failure(format!("`{name}` is no name of a distribution"))
            .at(distribution.place.clone())
    })
}

/// Gives the tree of another commit, which is a copy, the version of this one.
fn with_present_version(now: &Session, then: &Session) -> Result<(), GoalError> {
    let path = |session: &Session| session.root().join(&session.settings.package.version_file);
    let (Ok(text), Ok(file)) = (fs_err::read(path(now)), path(then).canonicalize_utf8()) else {
        return Ok(());
    };
    if !file.starts_with(then.root()) {
        return Ok(());
    }
    fs_err::write(&file, text).map_err(|error| GoalError::file("write", &file, &error))
}

fn reason(change: &ChangeCause) -> String {
    match change {
        ChangeCause::Contents(files) if files.len() == 1 => files[0].clone(),
        ChangeCause::Contents(files) => format!("{} and {} more", files[0], files.len() - 1),
        ChangeCause::Requires(chain) => {
            let names: Vec<&str> = chain.iter().map(PackageName::as_str).collect();
            format!("requires {}", names.join(", which requires "))
        }
    }
}

fn json(name: &PackageName, change: &ChangeCause) -> serde_json::Value {
    match change {
        ChangeCause::Contents(files) => {
            serde_json::json!({ "name": name.as_str(), "files": files })
        }
        ChangeCause::Requires(chain) => {
            let chain: Vec<&str> = chain.iter().map(PackageName::as_str).collect();
            serde_json::json!({ "name": name.as_str(), "requires": chain })
        }
    }
}
