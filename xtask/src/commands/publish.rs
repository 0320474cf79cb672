//! `publish`: uploads distributions to an index. Files that the index has already are skipped.

use ::git::Git;
use camino::Utf8PathBuf;
use clap::Args;
use index::upload::{Attestations, Presence};
use model::Url;

use crate::outcome::CommandOutcome;
use goals::error::GoalError;
use goals::publishing::{Publication, PublishRequest};
use goals::releasing;
use goals::session::Session;

/// The arguments of `publish`.
#[derive(Debug, Args)]
pub(crate) struct PublishArguments {
    /// Wheels and source distributions, or specs of the distributions whose files in `dist` are meant [default: all of
    /// this version in `dist`]
    #[arg(value_name = "FILE|SPEC")]
    files: Vec<Utf8PathBuf>,

    /// The index: a URL, a name of `[release.indexes]` or `~/.pypirc`, or `pypi` or `testpypi`,
    /// which are where pip knows them [default: what
    /// UV_PUBLISH_URL, TWINE_REPOSITORY_URL, TWINE_REPOSITORY, `repositories` in BUILD files or
    /// `[release] index` name]
    #[arg(long, value_name = "URL|NAME")]
    index: Option<String>,

    /// The URL of the index's listing, if it is not below that of the index
    #[arg(long, value_name = "URL")]
    check_url: Option<Url>,

    /// Do not upload the attestations (PEP 740) that lie beside the files
    #[arg(long)]
    no_attestations: bool,

    /// Compare with the index and upload nothing
    #[arg(long)]
    dry_run: bool,
}

impl PublishArguments {
    /// What a release uploads: these files, to this index or that of the settings.
    pub(crate) fn of_release(index: Option<String>, files: Vec<Utf8PathBuf>) -> Self {
        Self {
            files,
            index,
            check_url: None,
            no_attestations: false,
            dry_run: false,
        }
    }
}

/// Compares all files with the index, then uploads those that it does not have.
pub(crate) fn run(
    session: &Session,
    arguments: &PublishArguments,
) -> Result<CommandOutcome, GoalError> {
    let (specs, files) = (arguments.files.iter().cloned()).partition(|path| is_spec(session, path));
    let specs: Vec<Utf8PathBuf> = specs;
    let request = PublishRequest {
        files,
        specs: specs.into_iter().map(Utf8PathBuf::into_string).collect(),
        index: arguments.index.clone(),
        listing: arguments.check_url.clone(),
        attestations: match arguments.no_attestations {
            true => Attestations::LeftOut,
            false => Attestations::Uploaded,
        },
    };
    let publication = Publication::prepare(session, &request)?;
    if arguments.dry_run {
        for (name, presence) in publication.files() {
            let what = match presence {
                Presence::Absent => "would upload",
                Presence::Present => "is there already",
            };
            session.say(format_args!("{what}: {name}"));
        }
        return Ok(CommandOutcome::Done);
    }
    publication.upload(|name, presence| match presence {
        Presence::Absent => session.say(format_args!("uploaded {name}")),
        Presence::Present => session.say(format_args!("{name} is there already")),
    })?;
    Ok(CommandOutcome::Done)
}

/// Whether an argument is a spec of targets, as `::` or a folder, and no file.
fn is_spec(session: &Session, path: &Utf8PathBuf) -> bool {
    let Ok(folder) = session.working_folder() else {
        return false;
    };
    let there = folder.join(path);
    !there.is_file() && (path.as_str().contains(':') || there.is_dir())
}

/// The newest release tag that `HEAD` contains.
pub(crate) fn last_tag(session: &Session) -> Result<String, GoalError> {
    let settings = releasing::settings(session);
    let merged = Git::at(session.root()).text(&["tag", "--merged", "HEAD"])?;
    let newest = merged
        .lines()
        .filter_map(|tag| Some((settings.version_of(tag)?, tag)))
        .max_by(|a, b| a.0.cmp(&b.0));
    newest.map(|(_, tag)| tag.to_owned()).ok_or_else(|| {
        GoalError::failure("no tag here is of a release").hint("name a commit: `--since REF`")
    })
}
