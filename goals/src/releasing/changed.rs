//! Compares the archives of a distribution that were built from two trees.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use camino::Utf8Path;
use flate2::read::GzDecoder;
use model::Sha256;
use wheel::ZipReader;

use crate::error::GoalError;
use crate::packaging::{OwnedFile, PackagedDistribution};

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
