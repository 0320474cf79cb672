//! Tools that are programs alone, in no lock: Pants downloads them as its settings say, with a hash
//! for each platform, and so does this.

use std::io::Read;

use camino::{Utf8Path, Utf8PathBuf};
use flate2::read::GzDecoder;
use index::IndexError;
use install::python::CompatibleTags;
use model::{PackageName, Platform, Sha256, Url, Version, WheelFilename};
use workspace::files;
use workspace::settings::ProgramSettings;

use super::exporter::Exporter;
use super::folders::BIN;
use crate::error::GoalError;
use crate::locking::PackageIndexes;

/// The folder of programs, relative to the root: one folder for each, and in it one for each version.
const PROGRAMS: &str = "dist/export/bins";

/// The file beside a program with the hash that the settings gave for it: with another one it is
/// downloaded anew.
const NOTE: &str = "archive.sha256";

/// Where a program is downloaded, unless the settings say so.
const TEMPLATES: &[(&str, &str)] = &[(
    "ruff",
    "https://github.com/astral-sh/ruff/releases/download/{version}/ruff-{platform}.tar.gz",
)];

/// One entry of `known_versions`: `VERSION|PLATFORM|SHA256|SIZE`.
struct KnownVersion {
    version: String,
    platform: String,
    sha256: Sha256,
}

/// Why a program is not the one that its project publishes.
enum ArchiveFailure {
    /// Its archive cannot be had here: an index may have the program too.
    Unreachable(IndexError),
    /// What there is is not what the settings say, or cannot be used: nothing may take its place.
    Wrong(GoalError),
}

impl From<GoalError> for ArchiveFailure {
    fn from(error: GoalError) -> Self {
        Self::Wrong(error)
    }
}

impl Exporter<'_> {
    /// The program that the settings name, linked into `dist/export/bin`; none if they do not.
    pub fn program(&self, name: &str) -> Result<Option<Utf8PathBuf>, GoalError> {
        let Some(settings) = self.session.settings.programs.get(name) else {
            return Ok(None);
        };
        let root = self.session.root();
        let mistake = |reason: String| {
            GoalError::failure(format!("cannot bring the program `{name}`"))
                .at(model::Place::file(self.session.settings.file.as_str()))
                .because(reason)
        };
        let Some(known) = KnownVersion::of(settings).map_err(mistake)? else {
            return Ok(None);
        };
        let folder = root.join(PROGRAMS).join(name).join(&known.version);
        let (place, note) = (folder.join(name), folder.join(NOTE));
        let hash = known.sha256.to_string();
        let noted = fs_err::read_to_string(&note).unwrap_or_default();
        if !place.is_file() || noted != hash {
            self.download(name, &known, settings, &place)?;
            files::replace(&note, hash.as_bytes())
                .map_err(|error| GoalError::file("write", &note, &error))?;
        }
        let link = root.join(BIN).join(name);
        files::replace_with_link(&link, &place)
            .map_err(|error| GoalError::file("write", &link, &error))?;
        Ok(Some(link))
    }

    fn download(
        &self,
        name: &str,
        known: &KnownVersion,
        settings: &ProgramSettings,
        place: &Utf8Path,
    ) -> Result<(), GoalError> {
        let failure = || GoalError::failure(format!("cannot bring {name} {}", known.version));
        let bytes = match self.published(name, known, settings) {
            Ok(bytes) => bytes,
            Err(ArchiveFailure::Wrong(error)) => {
                let hint = format!(
                    "compare `[{name}] known_versions` with the hash that its project publishes"
                );
                let failure = failure()
                    .at(model::Place::file(self.session.settings.file.as_str()))
                    .because(error.message());
                return Err(failure.caused_by(error).hint(hint));
            }
            Err(ArchiveFailure::Unreachable(error)) => match self.packaged(name, &known.version)? {
                Some(bytes) => {
                    self.session.warn(format_args!(
                        "{name} {} is that of the package index, as its archive cannot be had: {error}",
                        known.version,
                    ));
                    bytes
                }
                None => return Err(failure().because(error.to_string()).caused_by(error)),
            },
        };
        files::replace(place, &bytes)
            .and_then(|()| files::make_executable(place))
            .map_err(|error| GoalError::file("write", place, &error))
    }

    /// The program in the archive that its project publishes, which has the hash of the settings.
    fn published(
        &self,
        name: &str,
        known: &KnownVersion,
        settings: &ProgramSettings,
    ) -> Result<Vec<u8>, ArchiveFailure> {
        let failure = |reason: String| ArchiveFailure::Wrong(GoalError::failure(reason));
        let usual = TEMPLATES.iter().find(|(of, _)| *of == name);
        let template = settings.url_template.as_deref();
        let template = template.or(usual.map(|(_, template)| *template));
        let template =
            template.ok_or_else(|| failure("its settings have no `url_template`".into()))?;
        let platform = settings.url_platform_mapping.get(&known.platform);
        let platform = platform.map_or_else(|| triple(&known.platform), String::as_str);
        let url = template
            .replace("{version}", &known.version)
            .replace("{platform}", platform);
        let url: Url = url
            .parse()
            .map_err(|error| failure(format!("`{url}` is no URL: {error}")))?;
        let index = PackageIndexes::new(self.session, self.options.index.clone())?.plain_index()?;
        let archive = match index.direct_archive(&url, Some(known.sha256)) {
            Err(error @ IndexError::Transport(_)) => {
                return Err(ArchiveFailure::Unreachable(error));
            }
            found => found.map_err(GoalError::from)?,
        };
        let file = fs_err::File::open(&archive.path)
            .map_err(|error| GoalError::file("read", &archive.path, &error))?;
        let is_archive = url.path().ends_with("gz");
        let read = match is_archive {
            true => member(GzDecoder::new(file), name),
            false => read_all(file).map(Some),
        };
        let read = read.map_err(|error| failure(format!("{url} cannot be unpacked: {error}")))?;
        read.ok_or_else(|| failure(format!("{url} has no file `{name}`")))
    }

    /// The program in a wheel of the same name and version, with the hash that the index gives.
    fn packaged(&self, name: &str, version: &str) -> Result<Option<Vec<u8>>, GoalError> {
        let (Ok(project), Ok(version)) = (name.parse::<PackageName>(), version.parse::<Version>())
        else {
            return Ok(None);
        };
        let resolve = self.session.resolve(None).to_owned();
        let constraints = self.session.settings.interpreter_constraints(&resolve)?;
        let tags = CompatibleTags::of(&self.python(constraints, &resolve)?);
        let index = PackageIndexes::new(self.session, self.options.index.clone())?.plain_index()?;
        let Ok(listing) = index.listing(&project) else {
            return Ok(None);
        };
        let Ok(Some(release)) = listing.release(&version) else {
            return Ok(None);
        };
        let wheels = release.files.iter().filter_map(|one| {
            let filename: WheelFilename = one.file.filename.parse().ok()?;
            Some((tags.rank(&filename)?, filename, &one.file))
        });
        let Some((_, filename, file)) = wheels.min_by_key(|(rank, _, _)| *rank) else {
            return Ok(None);
        };
        let archive = index.download(&project, &version, file)?;
        let unpacked = self.store.unpack(&archive, &filename, file.sha256.as_ref());
        let unpacked = unpacked.map_err(super::error::of_wheel)?;
        let end = format!(".data/scripts/{name}");
        let script = unpacked.files().find(|(path, _)| path.ends_with(&end));
        let Some((_, script)) = script else {
            return Ok(None);
        };
        let bytes = fs_err::read(&script);
        Ok(Some(bytes.map_err(|error| {
            GoalError::file("read", &script, &error)
        })?))
    }
}

impl KnownVersion {
    /// The version of the settings for this machine, or the newest of those that are known.
    fn of(settings: &ProgramSettings) -> Result<Option<Self>, String> {
        let here = [
            ("linux", "x86_64", "linux_x86_64"),
            ("linux", "aarch64", "linux_arm64"),
            ("macos", "x86_64", "macos_x86_64"),
            ("macos", "aarch64", "macos_arm64"),
        ];
        let here = here
            .iter()
            .find(|(os, machine, _)| {
                (*os, *machine) == (std::env::consts::OS, std::env::consts::ARCH)
            })
            .map(|(_, _, platform)| *platform);
        let mut all = Vec::new();
        for text in &settings.known_versions {
            let mut fields = text.split('|').map(str::trim);
            let mut field = || fields.next().unwrap_or_default().to_owned();
            let (version, platform, sha256) = (field(), field(), field());
            let sha256 = sha256
                .parse()
                .map_err(|_| format!("`{text}` is not VERSION|PLATFORM|SHA256|SIZE"))?;
            all.push(Self {
                version,
                platform,
                sha256,
            });
        }
        let wanted = settings.version.as_deref();
        let fits = |known: &Self| {
            Some(known.platform.as_str()) == here
                && wanted.is_none_or(|wanted| known.version == wanted)
        };
        let found = all.into_iter().filter(fits);
        Ok(found.max_by_key(|known| known.version.parse::<Version>().ok()))
    }
}

/// A platform as Rust projects name it in their archives.
fn triple(platform: &str) -> &str {
    match platform.parse() {
        Ok(Platform::LinuxX86_64) => "x86_64-unknown-linux-musl",
        Ok(Platform::LinuxArm64) => "aarch64-unknown-linux-musl",
        Ok(Platform::MacosX86_64) => "x86_64-apple-darwin",
        Ok(Platform::MacosArm64) => "aarch64-apple-darwin",
        _ => platform,
    }
}

/// The bytes of the file with this name in a tar archive.
fn member(archive: impl Read, name: &str) -> std::io::Result<Option<Vec<u8>>> {
    let mut archive = tar::Archive::new(archive);
    for entry in archive.entries()? {
        let entry = entry?;
        let is_it = entry.path()?.file_name().is_some_and(|file| file == name);
        if is_it && entry.header().entry_type().is_file() {
            return read_all(entry).map(Some);
        }
    }
    Ok(None)
}

fn read_all(mut input: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.read_to_end(&mut bytes)?;
    Ok(bytes)
}
