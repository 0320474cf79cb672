//! The distributions in an environment, and which of them do not belong there.

use std::io;

use camino::Utf8Path;
use model::PackageName;
use rustc_hash::FxHashSet;
use wheel::recorded_paths;

use super::layout::Layout;
use super::wanted::EnvironmentIdentity;

/// A `.dist-info` or `.egg-info` folder in a `site-packages`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InstalledDistribution {
    /// The `site-packages`, relative to the root.
    pub(crate) site: String,
    /// The folder's name.
    pub(crate) dist_info: String,
    pub(crate) name: PackageName,
    pub(crate) version: String,
}

/// Distributions that this tool did not install.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Strays {
    /// Other versions of packages that should be there.
    pub(crate) other_versions: Vec<InstalledDistribution>,
    /// Packages that nothing asks for.
    pub(crate) foreign: Vec<InstalledDistribution>,
}

impl InstalledDistribution {
    /// `name version`.
    pub(crate) fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    /// Its files, relative to `root`: those that RECORD lists, and all of its own folder.
    pub(crate) fn paths(&self, root: &Utf8Path) -> io::Result<Vec<String>> {
        let folder = format!("{}/{}", self.site, self.dist_info);
        let mut paths = Vec::new();
        match fs_err::read_to_string(root.join(&folder).join("RECORD")) {
            Ok(text) => paths.extend(
                recorded_paths(&text)
                    .iter()
                    .filter_map(|path| Layout::from_site(path, &self.site)),
            ),
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(error),
        }
        files_below(root, &folder, &mut paths)?;
        Ok(paths)
    }
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn files_below(root: &Utf8Path, folder: &str, paths: &mut Vec<String>) -> io::Result<()> {
    let entries = match root.join(folder).read_dir_utf8() {
        Err(error) if is_absent(&error) => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let path = format!("{folder}/{}", entry.file_name());
        match entry.file_type()?.is_dir() {
            true => files_below(root, &path, paths)?,
            false => paths.push(path),
        }
    }
    Ok(())
}

/// The distributions in the environment at `root`.
pub(crate) fn installed(root: &Utf8Path, layout: &Layout) -> Vec<InstalledDistribution> {
    let mut sites = vec![layout.purelib(), layout.platlib()];
    sites.dedup();
    let mut found = Vec::new();
    for site in sites {
        let Ok(entries) = root.join(site).read_dir_utf8() else {
            continue;
        };
        found.extend(entries.filter_map(|entry| {
            let dist_info = entry.ok()?.file_name().to_owned();
            let stem = dist_info
                .strip_suffix(".dist-info")
                .or_else(|| dist_info.strip_suffix(".egg-info"))?;
            let (name, version) = stem.split_once('-').unwrap_or((stem, ""));
            Some(InstalledDistribution {
                site: site.to_owned(),
                name: name.parse().ok()?,
                version: version.to_owned(),
                dist_info: dist_info.clone(),
            })
        }));
    }
    found.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    found
}

/// What does not belong into the environment at `root`, which was made as `there`: `own` are the
/// folders of what was installed, relative to the root.
pub(crate) fn strays(
    installed: Vec<InstalledDistribution>,
    own: &FxHashSet<String>,
    there: &EnvironmentIdentity,
) -> Strays {
    let known: FxHashSet<&PackageName> = there.names().collect();
    let mut strays = Strays::default();
    for found in installed {
        if own.contains(&format!("{}/{}", found.site, found.dist_info)) {
            continue;
        }
        match known.contains(&found.name) {
            true => strays.other_versions.push(found),
            false => strays.foreign.push(found),
        }
    }
    strays
}
