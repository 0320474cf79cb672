//! The files of an environment, with the path and the content of each. They are computed before any
//! is written.

use std::borrow::Cow;
use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};
use model::{PackageName, Sha256};
use wheel::{DATA_FOLDERS, FileMode, RecordWriter, Script, data_file};

use super::content_time::content_time;
use super::error::EnvironmentError;
use super::layout::Layout;
use super::scripts::{console_script, rewritten};
use super::wanted::{EditableProject, StoredWheel};
use crate::protected::is_environment_script;
use crate::store::{UnpackedFile, UnpackedWheel};

/// A file or link of an environment.
#[derive(Debug, Clone)]
pub(crate) struct Item<'a> {
    /// Relative to the environment's root.
    pub(crate) path: String,
    pub(crate) content: ItemContent<'a>,
}

#[derive(Debug, Clone)]
pub(crate) enum ItemContent<'a> {
    /// A file in the store.
    Stored {
        wheel: &'a UnpackedWheel,
        file: &'a UnpackedFile,
    },
    /// A file with this content.
    Text {
        file: UnpackedFile,
        text: Cow<'a, [u8]>,
    },
    /// A symbolic link.
    Link(Utf8PathBuf),
}

/// The items of one owner: a wheel, a project, or the skeleton of the environment.
#[derive(Debug, Clone)]
pub(crate) struct PackageItems<'a> {
    /// For messages: `name version`.
    pub(crate) title: String,
    /// The project; `None` for the skeleton.
    pub(crate) name: Option<&'a PackageName>,
    /// Of two packages with one file, the one with the higher rank has it: the environment itself,
    /// then projects of the repository, then wheels.
    pub(crate) rank: u8,
    pub(crate) placed: CopyTime,
    pub(crate) items: Vec<Item<'a>>,
}

/// When a package's files were copied; `None` where they are those of the store, with their time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct CopyTime(pub(crate) Option<SystemTime>);

impl<'a> Item<'a> {
    pub(crate) fn text(path: String, text: impl Into<Cow<'a, [u8]>>, mode: FileMode) -> Self {
        let text = text.into();
        let file = UnpackedFile {
            path: String::new(),
            sha256: Sha256::of(&text).0,
            size: text.len() as u64,
            executable: mode == FileMode::Executable,
            shebang: false,
        };
        Self {
            path,
            content: ItemContent::Text { file, text },
        }
    }

    /// The time that the file has.
    pub(crate) fn time(&self, placed: CopyTime) -> SystemTime {
        match &self.content {
            ItemContent::Stored { wheel, .. } => placed.0.unwrap_or_else(|| wheel.time()),
            ItemContent::Text { file, .. } => content_time(&file.sha256),
            ItemContent::Link(_) => SystemTime::UNIX_EPOCH,
        }
    }

    /// The expected content of the file; `None` for a link.
    pub(crate) fn file(&self) -> Option<&UnpackedFile> {
        match &self.content {
            ItemContent::Stored { file, .. } => Some(file),
            ItemContent::Text { file, .. } => Some(file),
            ItemContent::Link(_) => None,
        }
    }
}

/// The files of a wheel, installed as the specification says.
///
/// Source: <https://packaging.python.org/en/latest/specifications/binary-distribution-format/#installing-a-wheel-distribution-1-0-py32-none-any-whl>
/// and <https://packaging.python.org/en/latest/specifications/recording-installed-packages/>.
pub(crate) fn of_wheel<'a>(
    layout: &Layout,
    wanted: &'a StoredWheel,
    wheel: &'a UnpackedWheel,
) -> Result<PackageItems<'a>, EnvironmentError> {
    let manifest = wheel.manifest();
    let site = if manifest.root_is_purelib {
        layout.purelib()
    } else {
        layout.platlib()
    };
    let mut items = Vec::with_capacity(manifest.files.len() + manifest.scripts.len() + 4);
    for file in &manifest.files {
        let path = match data_file(&file.path, &manifest.dist_info) {
            None => format!("{site}/{}", file.path),
            Some((folder, path)) => match folder {
                "headers" => format!("{}/{path}", layout.headers(&manifest.name)),
                folder => data_path(layout, folder, path),
            },
        };
        if file.shebang {
            let text = fs_err::read(wheel.file(&file.path))?;
            items.push(Item::text(
                path,
                rewritten(&layout.python(), &text),
                FileMode::Executable,
            ));
        } else {
            items.push(Item {
                path,
                content: ItemContent::Stored { wheel, file },
            });
        }
    }
    push_scripts(&mut items, layout, &manifest.scripts);
    let dist_info = format!("{site}/{}", manifest.dist_info);
    push_installed(&mut items, &dist_info, wanted);
    push_record(&mut items, layout, &dist_info);
    Ok(PackageItems {
        title: format!("{} {}", manifest.name, manifest.version),
        name: Some(&wanted.name),
        rank: 0,
        placed: CopyTime::default(),
        items,
    })
}

/// The files that make a project of the repository an installed distribution, without its sources.
pub(crate) fn of_project<'a>(
    layout: &Layout,
    project: &'a EditableProject,
) -> Result<PackageItems<'a>, EnvironmentError> {
    let site = layout.purelib();
    let dist_info = format!(
        "{site}/{}-{}.dist-info",
        project.name.as_file_name(),
        project.version
    );
    let file = |name: &str| format!("{dist_info}/{name}");
    let scripts =
        wheel::scripts(&project.entry_points).map_err(|error| EnvironmentError::EntryPoint {
            project: project.name.clone(),
            name: error.name,
            value: error.value,
            problem: error.problem,
        })?;
    if let Some(script) = scripts.iter().find(|s| is_environment_script(&s.name)) {
        return Err(EnvironmentError::EntryPoint {
            project: project.name.clone(),
            name: script.name.clone(),
            value: format!("{}:{}", script.module, script.function),
            problem: "it would replace a file of the environment itself",
        });
    }
    let mut items = vec![
        Item::text(
            file("METADATA"),
            project.metadata.as_bytes(),
            FileMode::Regular,
        ),
        Item::text(file("WHEEL"), WHEEL, FileMode::Regular),
    ];
    if !project.entry_points.is_empty() {
        items.push(Item::text(
            file("entry_points.txt"),
            project.entry_points.as_bytes(),
            FileMode::Regular,
        ));
    }
    push_scripts(&mut items, layout, &scripts);
    let direct_url = editable_url(&project.folder);
    items.push(Item::text(file("INSTALLER"), INSTALLER, FileMode::Regular));
    items.push(Item::text(
        file("direct_url.json"),
        direct_url.into_bytes(),
        FileMode::Regular,
    ));
    push_record(&mut items, layout, &dist_info);
    Ok(PackageItems {
        title: format!("{} {}", project.name, project.version),
        name: Some(&project.name),
        rank: 1,
        placed: CopyTime::default(),
        items,
    })
}

/// The content of `WHEEL` of a project of the repository, which other installers look for.
const WHEEL: &[u8] =
    b"Wheel-Version: 1.0\nGenerator: xtask\nRoot-Is-Purelib: true\nTag: py3-none-any\n";

/// The content of `INSTALLER`.
const INSTALLER: &[u8] = b"xtask\n";

/// `direct_url.json` of an editable install (PEP 610, PEP 660).
fn editable_url(folder: &Utf8Path) -> String {
    let url = url::Url::from_directory_path(folder.as_std_path())
        .map(|url| url.to_string())
        .unwrap_or_default();
    serde_json::json!({"url": url.trim_end_matches('/'), "dir_info": {"editable": true}})
        .to_string()
}

fn data_path(layout: &Layout, folder: &str, path: &str) -> String {
    debug_assert!(
        DATA_FOLDERS.contains(&folder),
        "checked when it was unpacked"
    );
    match folder {
        "purelib" => format!("{}/{path}", layout.purelib()),
        "platlib" => format!("{}/{path}", layout.platlib()),
        "scripts" => format!("{}/{path}", layout.scripts()),
        _ => path.to_owned(),
    }
}

fn push_scripts(items: &mut Vec<Item<'_>>, layout: &Layout, scripts: &[Script]) {
    let python = layout.python();
    for script in scripts {
        let path = format!("{}/{}", layout.scripts(), script.name);
        // An entry point stands in for a script of the same name in the same wheel, as in pip.
        items.retain(|item| item.path != path);
        items.push(Item::text(
            path,
            console_script(&python, script).into_bytes(),
            FileMode::Executable,
        ));
    }
}

/// The files that the installer adds to `.dist-info`. Files of the wheel with these names are left
/// out.
fn push_installed<'a>(items: &mut Vec<Item<'a>>, dist_info: &str, wanted: &'a StoredWheel) {
    let file = |name: &str| format!("{dist_info}/{name}");
    let ours = ["INSTALLER", "REQUESTED", "direct_url.json"].map(file);
    items.retain(|item| !ours.contains(&item.path));
    items.push(Item::text(file("INSTALLER"), INSTALLER, FileMode::Regular));
    if wanted.requested {
        items.push(Item::text(file("REQUESTED"), &b""[..], FileMode::Regular));
    }
    if let Some(direct_url) = &wanted.direct_url {
        items.push(Item::text(
            file("direct_url.json"),
            direct_url.as_bytes(),
            FileMode::Regular,
        ));
    }
}

fn push_record(items: &mut Vec<Item<'_>>, layout: &Layout, dist_info: &str) {
    let site = dist_info.rsplit_once('/').map_or("", |(site, _)| site);
    let mut record = RecordWriter::with_capacity(items.len());
    let mut lines: Vec<(String, &Item<'_>)> = items
        .iter()
        .map(|item| (layout.relative_to_site(&item.path, site), item))
        .collect();
    lines.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    for (path, item) in lines {
        match item.file() {
            Some(file) => record.push(&path, &file.sha256, file.size),
            None => record.push_unhashed(&path),
        }
    }
    let path = format!("{dist_info}/RECORD");
    record.push_unhashed(&layout.relative_to_site(&path, site));
    items.push(Item::text(
        path,
        record.finish().into_bytes(),
        FileMode::Regular,
    ));
}
