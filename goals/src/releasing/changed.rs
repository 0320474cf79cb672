//! Compares the archives of a distribution that were built from two trees.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use camino::{Utf8Path, Utf8PathBuf};
use flate2::read::GzDecoder;
use git::Git;
use model::{PackageName, Sha256};
use release::changed::ComparedDistribution;
use wheel::ZipReader;

use crate::error::GoalError;
use crate::packaging::{
    Choice, ImportCollection, OwnedFile, PRETENDED_VERSION, PackagedDistribution,
    SelectedDistributions, built_apart, select,
};
use crate::session::Session;

/// The archives of one distribution, by what tells them apart: tags, or that it is a source
/// distribution.
pub type ArchivesByTag = BTreeMap<String, ArchiveMembers>;

/// The members of an archive by their names, without what is made of the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ArchiveMembers(BTreeMap<String, ComparedMember>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct ComparedMember {
    sha256: Sha256,
    executable: bool,
    /// The headers of METADATA and PKG-INFO; empty for other members.
    text: String,
}

impl ArchiveMembers {
    /// Reads a wheel or source distribution. Gives its tags too.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(path: &Utf8Path) -> Result<(String, Self), GoalError> {
        let name = path.file_name().unwrap_or_default();
        let wrong = |reason: String| GoalError::failure(format!("cannot read {path}: {reason}"));
        let file = fs_err::File::open(path).map_err(|error| wrong(error.to_string()))?;
        match name.strip_suffix(".whl") {
            Some(stem) => {
                let mut parts = stem.splitn(3, '-');
                let (project, version) = (parts.next(), parts.next());
                let release = format!(
                    "{}-{}",
                    project.unwrap_or_default(),
                    version.unwrap_or_default()
                );
                let tags = parts.next().unwrap_or_default().to_owned();
                let members = of_wheel(file, &release).map_err(|error| wrong(error.to_string()))?;
                Ok((tags, members))
            }
            None => {
                let members = of_sdist(file).map_err(|error| wrong(error.to_string()))?;
                Ok(("source distribution".to_owned(), members))
            }
        }
    }

    fn insert(&mut self, name: &str, bytes: &[u8], executable: bool) {
        let is_metadata = matches!(name, "METADATA" | "PKG-INFO");
        let text = is_metadata.then(|| String::from_utf8_lossy(bytes).into_owned());
        let member = ComparedMember {
            sha256: Sha256::of(bytes),
            executable,
            text: text.unwrap_or_default(),
        };
        self.0.insert(name.to_owned(), member);
    }
}

fn of_wheel(file: fs_err::File, release: &str) -> Result<ArchiveMembers, wheel::ZipError> {
    let mut zip = ZipReader::open(file)?;
    let members = zip.members().to_vec();
    let mut found = ArchiveMembers::default();
    let (dist_info, data) = (format!("{release}.dist-info/"), format!("{release}.data/"));
    for (at, member) in members.iter().enumerate() {
        let name = member.name.strip_prefix(&dist_info);
        let name = match (name, member.name.strip_prefix(&data)) {
            (Some("RECORD"), _) => continue,
            (Some(name), _) => name.to_owned(),
            (None, Some(name)) => format!("data/{name}"),
            (None, None) => member.name.clone(),
        };
        let mut bytes = Vec::new();
        zip.copy(at, &mut bytes)?;
        found.insert(&name, &bytes, member.mode() == wheel::FileMode::Executable);
    }
    Ok(found)
}

fn of_sdist(file: fs_err::File) -> std::io::Result<ArchiveMembers> {
    let mut archive = tar::Archive::new(GzDecoder::new(file));
    let mut found = ArchiveMembers::default();
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = entry.path()?.to_string_lossy().into_owned();
        let name = name.split_once('/').map_or("", |(_, name)| name);
        if !entry.header().entry_type().is_file() || name.contains(".egg-info/") {
            continue;
        }
        let executable = entry.header().mode()? & 0o100 != 0;
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        found.insert(name, &bytes, executable);
    }
    Ok(found)
}

/// Where the archives of a distribution differ: files of the repository where a member is one, else
/// the member; of the metadata the fields. A wheel counts for its source distribution too.
pub fn differences(
    distribution: &PackagedDistribution,
    then: &ArchivesByTag,
    now: &ArchivesByTag,
) -> Vec<String> {
    let files = distribution.files.of_all_platforms();
    let mut found = BTreeSet::new();
    let tags: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    for tag in tags {
        match (then.get(tag), now.get(tag)) {
            (Some(then), Some(now)) => of_members(&files, then, now, &mut found),
            (None, _) => drop(found.insert(format!("{tag} is new"))),
            (_, None) => drop(found.insert(format!("{tag} is gone"))),
        }
    }
    found.into_iter().collect()
}

fn of_members(
    files: &[OwnedFile],
    then: &ArchiveMembers,
    now: &ArchiveMembers,
    found: &mut BTreeSet<String>,
) {
    let names: BTreeSet<&String> = then.0.keys().chain(now.0.keys()).collect();
    for name in names {
        let (before, after) = (then.0.get(name), now.0.get(name));
        if before == after {
            continue;
        }
        let text =
            |member: Option<&ComparedMember>| member.map_or("", |member| &member.text).to_owned();
        let fields = changed_fields(&text(before), &text(after));
        let owned = files.iter().find(|file| file.member == *name);
        found.insert(match (owned, fields.is_empty()) {
            (Some(file), _) => file.path.clone(),
            (None, true) => name.clone(),
            (None, false) => format!("{name} ({})", fields.join(", ")),
        });
    }
}

/// The fields of two metadata files that differ, and `Description` for what stands below them.
fn changed_fields(then: &str, now: &str) -> Vec<String> {
    type Fields<'a> = BTreeMap<&'a str, Vec<&'a str>>;
    fn fields(text: &str) -> (Fields<'_>, &str) {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut fields = Fields::new();
        for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
            fields.entry(name).or_default().push(value);
        }
        (fields, body)
    }
    let ((then, old_body), (now, new_body)) = (fields(then), fields(now));
    let names: BTreeSet<&str> = then.keys().chain(now.keys()).copied().collect();
    let changed = names
        .into_iter()
        .filter(|name| then.get(name) != now.get(name));
    let mut changed: Vec<String> = changed.map(str::to_owned).collect();
    if old_body != new_body {
        changed.push("Description".to_owned());
    }
    changed
}

/// Builds every distribution from the tree of a revision and from this one, and compares. The
/// version in the version file is no difference, so both are built with the present one.
///
/// # Errors
/// No such commit; a distribution that cannot be built now.
pub fn compared(session: &Session, since: &str) -> Result<Vec<ComparedDistribution>, GoalError> {
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
    // A version that follows from the tags is no difference either.
    let now = session
        .at(session.root())?
        .with_variable(PRETENDED_VERSION, "0");
    let now = BuiltDistributions::of(&now, &folder.join("now"))?;
    let checkout = git.check_out(&commit, &folder.join("tree"))?;
    let then = session
        .at(checkout.root())?
        .with_variable(PRETENDED_VERSION, "0");
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
        for (address, built) in built_apart(session, &selected, out_dir)? {
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
