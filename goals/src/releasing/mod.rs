//! What the commands for releases share: settings, versions, dates, errors.

pub mod backport;
mod branch_check;
pub mod changed;
pub mod forge;
mod fragments;
pub mod gather;
mod links;
pub mod run;
mod run_settings;
mod trees;
mod uncommitted;

use ::git::Git;
use ::release::next::NextVersion;
use ::release::plan::Objection;
use ::release::settings::{CommitOn, Profile, ReleaseSettings};
use ::release::version::{ReleaseVersion, ReleaseVersionError};
use changelog::{ChangelogError, ChangelogSettings, ChangelogSource, ChangelogSourceError};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use backport::BackportError;
use gather::ReleaseFactsError;
use run::{RunError, StepError};

use crate::codes::ErrorCode;
use crate::error::GoalError;
use crate::session::Session;
use model::{Place, VersionFile};

pub use branch_check::{changed_since, default_branch, news_files};
pub use fragments::create_fragment;
pub use run_settings::refuse_settings_of_this_run;
pub use trees::{CommitTree, WorkTree};

/// The settings of releases: those of the profile, with the changes of the repository.
pub fn settings(session: &Session) -> ReleaseSettings {
    let given = session.settings.release.clone();
    let folder = session.root().join("CHANGELOG");
    let habits = match folder.is_dir() {
        true => Profile::ReleaseBranches,
        false => Profile::OneChangelog,
    };
    let profile = given.profile.unwrap_or(habits).settings();
    ReleaseSettings {
        version_file: session.settings.package.version_file.clone(),
        final_newline: given.final_newline.unwrap_or(profile.final_newline),
        news_file: given.news_file.map(|name| name.0).or(profile.news_file),
        tag_name: given.tag_name.map_or(profile.tag_name, |name| name.0),
        tag: given.tag.unwrap_or(profile.tag),
        branches: match given.branches {
            Some(given) => given.into_iter().map(|branch| branch.0).collect(),
            None => profile.branches,
        },
        commit_on: match given.release_branch {
            None => profile.commit_on,
            Some(branch) if branch.0.is_empty() => CommitOn::Current,
            Some(branch) => CommitOn::Branch(branch.0),
        },
        commit_message: given
            .commit_message
            .map_or(profile.commit_message, |message| message.0),
        remote: given
            .remote
            .unwrap_or_else(|| usual_remote(session, profile.remote)),
        hooks: given.hooks,
        files: given.files,
        without: given.without.into_iter().collect(),
        out_dir: profile.out_dir,
        fragments: given.fragments,
        candidates: given.candidates,
        fragment_folder: None,
        distribution: None,
    }
}

/// The remote of a clone whose settings name none: the usual one or, where a clone named its only one otherwise, that.
fn usual_remote(session: &Session, usual: String) -> String {
    let found = Git::at(session.root()).remote_or_only(&usual);
    found.ok().flatten().unwrap_or(usual)
}

/// The settings of releases, or those of a distribution that is released alone.
///
/// # Errors
/// The settings name no such distribution.
pub fn settings_of(
    session: &Session,
    distribution: Option<&str>,
) -> Result<ReleaseSettings, GoalError> {
    let all = settings(session);
    let Some(name) = distribution else {
        return Ok(all);
    };
    let own = &session.settings.release.distributions;
    match own.get(name) {
        Some(own) => Ok(all.of_distribution(name, own)),
        None => {
            let known: Vec<&str> = own.keys().map(String::as_str).collect();
            let error = GoalError::misuse(format!("`{name}` has no version of its own"));
            Err(match model::nearest(name, known.iter().copied()) {
                Some(nearest) => error.hint(format!("did you mean `{nearest}`?")),
                None => error.hint(format!(
                    "give it one: `[release.distributions.{name}]` with `version_file = \"FILE\"`"
                )),
            })
        }
    }
}

/// The version after the last one: the highest of the version file and of the tags that `HEAD`
/// contains. `None` asks the fragments.
///
/// # Errors
/// There is no version to count from, or none comes after it.
pub fn next_version(
    session: &Session,
    settings: &ReleaseSettings,
    next: Option<NextVersion>,
) -> Result<ReleaseVersion, GoalError> {
    let git = Git::at(session.root());
    let merged = git.text(&["tag", "--merged", "HEAD"])?;
    let tagged = merged.lines().filter_map(|tag| settings.version_of(tag));
    let file = fs_err::read_to_string(session.root().join(&settings.version_file));
    let written = file
        .ok()
        .and_then(|text| VersionFile::parse(&text).version().parse().ok());
    let last = tagged.chain(written).max().ok_or_else(|| {
        GoalError::failure("there is no version to count from")
            .because(format!(
                "neither {} nor a tag has one",
                settings.version_file
            ))
            .hint("name the version: `cargo xtask release 0.1.0`")
    })?;
    let next = match next {
        Some(next) => next,
        None => {
            let tree = WorkTree::new(session.root());
            let source = gather::of_release(&tree, settings, ChangelogSource::read(&tree)?)?;
            let fragments = source.map(|source| source.fragments).unwrap_or_default();
            let types = fragments.iter().map(|fragment| fragment.kind.as_str());
            NextVersion::of_fragments(types, &session.settings.release.bumps)
        }
    };
    last.next(next)
        .map_err(|error| GoalError::failure(error.to_string()).hint("name the version instead"))
}

/// Reads a version of the command line.
pub fn version(text: &str) -> Result<ReleaseVersion, GoalError> {
    text.parse().map_err(|error: ReleaseVersionError| {
        GoalError::failure(error.to_string())
            .hint("write it as it is to appear in the tag, such as `24.09.0` or `24.09.0rc1`")
    })
}

/// The version in the version file.
pub fn written_version(session: &Session) -> Result<ReleaseVersion, GoalError> {
    let path = &session.settings.package.version_file;
    let text = fs_err::read_to_string(session.root().join(path))
        .map_err(|error| GoalError::file("read", path, &error))?;
    version(VersionFile::parse(&text).version())
        .map_err(|error| error.at(Place::file(path.as_str())))
}

/// The date of a release: `SOURCE_DATE_EPOCH` (in UTC), or today in the time zone of git.
pub fn today(session: &Session) -> Result<String, GoalError> {
    let epoch = session.environment.get("SOURCE_DATE_EPOCH");
    let seconds = match epoch {
        Some(text) => text.parse().map_err(|_| {
            GoalError::failure(format!(
                "SOURCE_DATE_EPOCH is `{text}`, not a number of seconds"
            ))
        })?,
        None => local_seconds(session).unwrap_or_else(|| Timestamp::now().as_second()),
    };
    let moment = Timestamp::from_second(seconds)
        .map_err(|error| GoalError::failure(format!("cannot tell the date: {error}")))?;
    Ok(TimeZone::UTC.to_datetime(moment).date().to_string())
}

/// The present time in git's time zone, as UTC. git gives the zone in `NAME <MAIL> SECONDS +0900`.
fn local_seconds(session: &Session) -> Option<i64> {
    let identity = Git::at(session.root())
        .text(&["var", "GIT_COMMITTER_IDENT"])
        .ok()?;
    let mut words = identity.rsplit(' ');
    let zone: i64 = words.next()?.parse().ok()?;
    let seconds: i64 = words.next()?.parse().ok()?;
    let minutes = zone / 100 * 60 + zone % 100;
    Some(seconds + minutes * 60)
}

/// What the changelog is made from; an error where the repository has none.
pub fn changelog(session: &Session) -> Result<ChangelogSource, GoalError> {
    ChangelogSource::read(&WorkTree::new(session.root()))?.ok_or_else(no_changelog)
}

/// The settings of the changelog, whatever its fragments are.
///
/// # Errors
/// Wrong settings, or none.
pub fn changelog_settings(session: &Session) -> Result<ChangelogSettings, GoalError> {
    ChangelogSource::settings_of(&WorkTree::new(session.root()))?.ok_or_else(no_changelog)
}

fn no_changelog() -> GoalError {
    GoalError::failure("there are no settings for a changelog").hint(
        "add `[tool.towncrier]` with `directory = \"changes\"` to pyproject.toml or towncrier.toml",
    )
}

fn with_hint(error: GoalError, hint: Option<String>) -> GoalError {
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

impl From<Objection> for GoalError {
    fn from(refusal: Objection) -> Self {
        with_hint(failure(&refusal.to_string()), refusal.hint())
            .code(ErrorCode::ReleaseRefused)
            .caused_by(refusal)
    }
}

/// The first line is the message, the others say why.
fn failure(text: &str) -> GoalError {
    let (message, details) = text.split_once('\n').unwrap_or((text, ""));
    let error = GoalError::failure(message.trim_end_matches(':'));
    match details {
        "" => error,
        details => error.because(details),
    }
}

impl From<RunError> for GoalError {
    fn from(error: RunError) -> Self {
        let hint = error.hint();
        match error {
            RunError::Git(error) => error.into(),
            RunError::Step {
                number,
                title,
                reason: StepError::Goal(error) | StepError::NotPackaged(error),
            } => {
                let step = format!("this was step {number} of the release: {title}");
                with_hint(error.because(step), hint)
            }
            error => with_hint(failure(&error.to_string()), hint)
                .code(ErrorCode::ReleaseStopped)
                .caused_by(error),
        }
    }
}

impl From<BackportError> for GoalError {
    fn from(error: BackportError) -> Self {
        if let BackportError::Git(error) = error {
            return error.into();
        }
        let hint = error.hint();
        with_hint(Self::failure(error.to_string()), hint)
            .code(ErrorCode::ReleaseStopped)
            .caused_by(error)
    }
}

impl From<ChangelogError> for GoalError {
    fn from(error: ChangelogError) -> Self {
        let (path, line, column) = error.place();
        let text = error.to_string();
        // The place is printed separately.
        let bare = text.strip_prefix(path.as_str()).unwrap_or(&text);
        let bare = bare.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, ':' | ' '));
        let place = Place {
            line,
            column,
            ..Place::file(path.as_str())
        };
        with_hint(Self::failure(bare).at(place), error.hint())
            .code(ErrorCode::Changelog)
            .caused_by(error)
    }
}

impl From<ChangelogSourceError> for GoalError {
    fn from(error: ChangelogSourceError) -> Self {
        match error {
            ChangelogSourceError::Changelog(error) => error.into(),
            ChangelogSourceError::Unreadable(error) => {
                Self::failure(error.to_string()).caused_by(error)
            }
        }
    }
}

impl From<ReleaseFactsError> for GoalError {
    fn from(error: ReleaseFactsError) -> Self {
        match error {
            ReleaseFactsError::Changelog(error) => error.into(),
            ReleaseFactsError::Git(error) => error.into(),
            ReleaseFactsError::NoCommit => Self::failure(ReleaseFactsError::NoCommit.to_string())
                .hint("make the first one: `git add --all`, then `git commit`"),
            other => Self::failure(other.to_string())
                .code(ErrorCode::ReleaseRefused)
                .caused_by(other),
        }
    }
}
