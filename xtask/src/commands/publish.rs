//! `publish`: distributions go to an index; what is there already is skipped.

use ::git::Git;
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use index::upload::{
    CredentialSources, Credentials, Dist, DistError, Identity, Patience, PublishError, Pypirc,
    Repository, Standing, compare, exchange, publish,
};
use url::Url;

use crate::commands::Outcome;
use goals::error::CommandError;
use goals::releasing;
use goals::session::Session;

/// What can be said to `publish`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Wheels and source distributions; without any, those of this version in `dist`
    #[arg(value_name = "FILE")]
    files: Vec<Utf8PathBuf>,

    /// Where to: a URL, or a name of `[release.indexes]` or `~/.pypirc`
    #[arg(long, value_name = "URL|NAME")]
    index: Option<String>,

    /// The listing of the same index, where it is not below the URL
    #[arg(long, value_name = "URL")]
    check_url: Option<Url>,

    /// Compare with the index and upload nothing
    #[arg(long)]
    dry_run: bool,
}

/// Compares all files with the index, then uploads those that it does not have.
pub(crate) fn run(session: &Session, arguments: &Arguments) -> Result<Outcome, CommandError> {
    let dists = dists(session, &arguments.files)?;
    let (mut repository, pypirc) = repository(session, arguments)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError::failure(format!("cannot start: {error}")))?;
    runtime.block_on(async {
        repository.credentials = credentials(session, &repository, pypirc.as_ref()).await?;
        let compared = compare(&repository, dists).await?;
        if arguments.dry_run {
            for (dist, standing) in &compared {
                let what = match standing {
                    Standing::New => "would upload",
                    Standing::There => "is there already",
                };
                session.say(format_args!("{what}: {}", dist.file_name()));
            }
            return Ok(Outcome::Done);
        }
        publish(&repository, &compared, |dist, standing| match standing {
            Standing::New => session.say(format_args!("uploaded {}", dist.file_name())),
            Standing::There => session.say(format_args!("{} is there already", dist.file_name())),
        })
        .await?;
        Ok(Outcome::Done)
    })
}

/// The files that were named, else those of the version file's version in `dist`.
fn dists(session: &Session, named: &[Utf8PathBuf]) -> Result<Vec<Dist>, CommandError> {
    let read = |path: &Utf8Path| {
        Dist::read(path).map_err(|error: DistError| CommandError::failure(error.to_string()))
    };
    if !named.is_empty() {
        let here = session.working_folder()?;
        return named.iter().map(|path| read(&here.join(path))).collect();
    }
    let folder = session.root().join("dist");
    let version = releasing::written_version(session)?;
    let entries = folder
        .read_dir_utf8()
        .into_iter()
        .flatten()
        .filter_map(Result::ok);
    let paths = entries.map(|entry| entry.into_path()).filter(|path| {
        let name = path.file_name().unwrap_or_default();
        name.ends_with(".whl") || name.ends_with(".tar.gz")
    });
    let mut dists = Vec::new();
    for path in paths {
        let dist = read(&path)?;
        if dist.version.to_string() == version.normalized() {
            dists.push(dist);
        }
    }
    match dists.is_empty() {
        true => Err(PublishError::NoFiles(folder).into()),
        false => Ok(dists),
    }
}

/// The index, without credentials, and what `.pypirc` says of it.
fn repository(
    session: &Session,
    arguments: &Arguments,
) -> Result<(Repository, Option<Pypirc>), CommandError> {
    let settings = &session.settings.release;
    let name = arguments
        .index
        .as_ref()
        .or(settings.index.as_ref())
        .ok_or_else(|| {
            CommandError::failure("cannot publish: no index is named").hint(
                "name one with `--index URL`, or in the settings: `[release] index = \"NAME\"`",
            )
        })?;
    let known = settings.indexes.get(name);
    let pypirc = text(&home(session, ".pypirc")).and_then(|text| Pypirc::find(&text, name));
    let of_pypirc = pypirc.as_ref().and_then(|entry| entry.repository.clone());
    let upload = known.map(|index| index.upload.clone()).or(of_pypirc);
    let upload = url(upload.as_ref().unwrap_or(name)).ok_or_else(|| {
        let names: Vec<&str> = settings.indexes.keys().map(String::as_str).collect();
        let known = match names.is_empty() {
            true => "no index has a name yet".to_owned(),
            false => format!("known names are {}", names.join(", ")),
        };
        CommandError::failure(format!(
            "`{name}` is neither a URL nor the name of an index"
        ))
        .because(known)
        .hint(format!(
            "add `[release.indexes.{name}]` with `upload = \"URL\"` to the settings"
        ))
    })?;
    let check = known.and_then(|index| index.check.as_deref()).and_then(url);
    let repository = Repository {
        upload,
        listing: arguments.check_url.clone().or(check),
        credentials: Credentials::None,
        patience: Patience::default(),
    };
    Ok((repository, pypirc))
}

fn url(text: impl AsRef<str>) -> Option<Url> {
    let url: Url = text.as_ref().parse().ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

fn home(session: &Session, name: &str) -> Utf8PathBuf {
    let home = session.environment.get("HOME").map_or("", String::as_str);
    Utf8Path::new(home).join(name)
}

fn text(path: &Utf8Path) -> Option<String> {
    fs_err::read_to_string(path).ok()
}

/// Who publishes: what is configured, else the CI job's identity, else a keyring.
async fn credentials(
    session: &Session,
    repository: &Repository,
    pypirc: Option<&Pypirc>,
) -> Result<Credentials, CommandError> {
    let variable = |name: &str| session.environment.get(name).cloned();
    let netrc = variable("NETRC").map_or_else(|| home(session, ".netrc"), Utf8PathBuf::from);
    let sources = CredentialSources {
        token: variable("XTASK_PUBLISH_TOKEN"),
        username: variable("XTASK_PUBLISH_USERNAME"),
        password: variable("XTASK_PUBLISH_PASSWORD"),
        netrc: text(&netrc),
    };
    if let Some(found) = Credentials::find(&repository.upload, &sources, pypirc) {
        return Ok(found);
    }
    let identity = Identity {
        request_url: variable("ACTIONS_ID_TOKEN_REQUEST_URL"),
        request_token: variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
        token: variable("XTASK_PUBLISH_OIDC_TOKEN"),
    };
    if let Some(minted) = exchange(repository, &identity).await? {
        return Ok(minted);
    }
    Ok(keyring(&repository.upload, sources.username.as_deref()).unwrap_or(Credentials::None))
}

/// What the program `keyring` knows, where it is installed.
fn keyring(url: &Url, username: Option<&str>) -> Option<Credentials> {
    let named = Some(url.username())
        .filter(|name| !name.is_empty())
        .or(username);
    let username = named.unwrap_or("__token__");
    let mut bare = url.clone();
    bare.set_username("").ok()?;
    let password = duct::cmd!("keyring", "get", bare.as_str(), username)
        .stdin_null()
        .stderr_null()
        .read()
        .ok()?;
    (!password.is_empty()).then(|| Credentials::Basic {
        username: username.to_owned(),
        password,
    })
}

/// The newest release tag that `HEAD` contains.
pub(crate) fn last_tag(session: &Session) -> Result<String, CommandError> {
    let settings = releasing::settings(session);
    let merged = Git::at(session.root()).text(&["tag", "--merged", "HEAD"])?;
    let newest = merged
        .lines()
        .filter_map(|tag| Some((settings.version_of(tag)?, tag)))
        .max_by(|a, b| a.0.cmp(&b.0));
    newest.map(|(_, tag)| tag.to_owned()).ok_or_else(|| {
        CommandError::failure("no tag here is of a release").hint("name a commit: `--since REF`")
    })
}
