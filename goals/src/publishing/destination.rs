//! Finds the index to publish to, and the login that `.pypirc` has for it.
//!
//! An index is named by the flag, by the variables of uv and twine, by BUILD files, or by the
//! settings, in this order. A name is one of `[release.indexes]`, or a section of `~/.pypirc`. Where neither has a
//! URL for it, `pypi` and `testpypi` are the indexes that pip has built in.

use camino::{Utf8Path, Utf8PathBuf};
use index::PublicIndex;
use index::upload::{Pypirc, PypircEntry, UploadTarget};
use model::{Place, Url};

use crate::error::GoalError;
use crate::session::Session;

/// The variables that name an index, by its URL or its name: `UV_PUBLISH_URL` is
/// <https://docs.astral.sh/uv/reference/environment/>, `TWINE_REPOSITORY_URL` is
/// <https://twine.readthedocs.io/en/stable/#environment-variables>.
const VARIABLES: [&str; 4] = [
    "UV_PUBLISH_URL",
    "TWINE_REPOSITORY_URL",
    "UV_PUBLISH_INDEX",
    "TWINE_REPOSITORY",
];

/// An index as it is named: a URL or a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct IndexName {
    pub(super) text: String,
    /// Where a BUILD file names it.
    pub(super) place: Option<Place>,
}

/// An index, its login and its certificates.
pub(super) struct Destination {
    pub(super) target: UploadTarget,
    /// The file of certificates that `.pypirc` names, and where it does.
    pub(super) certificates: Option<(String, Utf8PathBuf)>,
    /// The file with this machine's certificate and key that `.pypirc` names, and where it does.
    pub(super) client_certificate: Option<(String, Utf8PathBuf)>,
}

/// The index for all files, if the request or a variable names one.
pub(super) fn named_index(session: &Session, requested: Option<&str>) -> Option<IndexName> {
    let mut variables = VARIABLES.into_iter();
    let of_variables = || variables.find_map(|name| variable(session, name));
    let text = requested.map(str::to_owned).or_else(of_variables)?;
    Some(IndexName { text, place: None })
}

/// The index that the settings name.
///
/// # Errors
/// Where they name none.
pub(super) fn index_of_settings(session: &Session) -> Result<IndexName, GoalError> {
    let name = session.settings.release.index.clone();
    name.map(|text| IndexName { text, place: None })
        .ok_or_else(|| {
            GoalError::failure("cannot publish: no index is named").hint(
                "name one with `--index URL`, or in the settings: `[release] index = \"NAME\"`",
            )
        })
}

impl Destination {
    /// The index of this name. `listing` replaces the URL of its listing.
    ///
    /// # Errors
    /// Where the name is not known.
    pub(super) fn of(
        session: &Session,
        name: &IndexName,
        listing: Option<&Url>,
    ) -> Result<Self, GoalError> {
        let known = session.settings.release.indexes.get(&name.text);
        let (path, pypirc) = pypirc(session)?;
        let section = pypirc.named(&name.text);
        let of_settings = known.map(|index| index.upload.clone());
        let written = of_settings.or_else(|| section.as_ref()?.repository.clone());
        let (url, public) =
            place(session, name, written)?.ok_or_else(|| match section.is_some() {
                true => located(without_address(&name.text), name),
                false => located(unknown_index(session, &name.text, &pypirc), name),
            })?;
        let section = section.or_else(|| pypirc.at(&url));
        let section = section.or_else(|| pypirc.named(public.as_ref()?.name));
        let section: PypircEntry = section.unwrap_or_default();
        let check = known.and_then(|index| index.check.clone());
        let check = check.or_else(|| variable(session, "UV_PUBLISH_CHECK_URL"));
        let check = check.as_deref().and_then(self::url);
        let named = |key: &str, file: Option<Utf8PathBuf>| {
            file.map(|file| (format!("`{key}` in {path}"), file))
        };
        Ok(Self {
            target: UploadTarget {
                url,
                listing: listing
                    .cloned()
                    .or(check)
                    .or(public.map(|index| index.listing)),
                login: section.login,
            },
            certificates: named("ca_cert", section.certificates),
            client_certificate: named("client_cert", section.client_certificate),
        })
    }
}

/// The URL for uploads to the index of this name, and which public index that is; `written` is the URL that the
/// settings or `.pypirc` have for the name. `None` where nothing knows the name.
///
/// # Errors
/// Where it is the name of a public index, and no pip says where that is.
fn place(
    session: &Session,
    name: &IndexName,
    written: Option<String>,
) -> Result<Option<(Url, Option<PublicIndex>)>, GoalError> {
    let is_public = written.is_none() && PublicIndex::NAMES.contains(&name.text.as_str());
    if is_public {
        let mut known = public_indexes(session)?.into_iter();
        let index = known.find(|index| index.name == name.text);
        let index = index.ok_or_else(|| located(nowhere(&name.text), name))?;
        return Ok(Some((index.upload.clone(), Some(index))));
    }
    let Some(url) = url(written.as_deref().unwrap_or(&name.text)) else {
        return Ok(None);
    };
    // Its listing is not below the URL for uploads.
    let known = match PublicIndex::may_be_at(&url) {
        true => public_indexes(session)?,
        false => Vec::new(),
    };
    let index = known.into_iter().find(|index| index.takes_uploads_at(&url));
    Ok(Some((url, index)))
}

fn public_indexes(session: &Session) -> Result<Vec<PublicIndex>, GoalError> {
    let variables = session.environment.clone().into_iter().collect();
    Ok(index::public_indexes(&variables, &session.cache()?))
}

fn nowhere(name: &str) -> GoalError {
    GoalError::failure(format!("nothing on this machine says where `{name}` is"))
        .because("pip has the address of this index built in, and no Python on PATH has a pip that does")
        .hint(format!(
            "add `[release.indexes.{name}]` with `upload = \"URL\"` to the settings, or put a Python with pip on PATH"
        ))
}

/// An error, at the place in a BUILD file that names the index.
fn located(error: GoalError, name: &IndexName) -> GoalError {
    match &name.place {
        Some(place) => error.at(place.clone()),
        None => error,
    }
}

/// A variable that is set and not empty.
fn variable(session: &Session, name: &str) -> Option<String> {
    let value = session.environment.get(name)?;
    (!value.is_empty()).then(|| value.clone())
}

/// A section of `.pypirc` without a URL.
fn without_address(name: &str) -> GoalError {
    GoalError::failure(format!("`[{name}]` in ~/.pypirc has no `repository`")).hint(format!(
        "add `repository = URL` there, or `[release.indexes.{name}]` with `upload = \"URL\"` to the settings"
    ))
}

fn unknown_index(session: &Session, name: &str, pypirc: &Pypirc) -> GoalError {
    let of_settings = session.settings.release.indexes.keys().map(String::as_str);
    let mut names: Vec<&str> = of_settings.chain(pypirc.names()).collect();
    names.sort_unstable();
    names.dedup();
    let known = match names.is_empty() {
        true => "no index has a name yet".to_owned(),
        false => format!("known names are {}", names.join(", ")),
    };
    let hint = match model::nearest(name, names) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!(
            "add `[release.indexes.{name}]` with `upload = \"URL\"` to the settings, or `[{name}]` with `repository = URL` to ~/.pypirc"
        ),
    };
    GoalError::failure(format!(
        "`{name}` is neither a URL nor the name of an index"
    ))
    .because(known)
    .hint(hint)
}

fn url(text: &str) -> Option<Url> {
    let url: Url = text.parse().ok()?;
    matches!(url.scheme(), "http" | "https").then_some(url)
}

/// The user's `.pypirc`; empty if there is none.
fn pypirc(session: &Session) -> Result<(Utf8PathBuf, Pypirc), GoalError> {
    let home = ["HOME", "USERPROFILE"].into_iter();
    let home = home.filter_map(|name| variable(session, name)).next();
    let path = Utf8Path::new(&home.unwrap_or_default()).join(".pypirc");
    let Ok(text) = fs_err::read_to_string(&path) else {
        return Ok((path, Pypirc::default()));
    };
    let pypirc = Pypirc::parse(&text).map_err(|error| {
        GoalError::failure(format!("cannot read {path}: {error}"))
            .hint("Python does not read it either: mend or remove this line")
    })?;
    Ok((path, pypirc))
}
