//! Which file a program's name stands for.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

use camino::{Utf8Path, Utf8PathBuf};

use crate::error::ActionError;

/// The absolute path of a program: as it is, from `folder`, or looked for in the `PATH` of `environment`.
///
/// # Errors
/// Where there is no such file that may be executed.
pub(crate) fn find_program(
    name: &str,
    folder: &Utf8Path,
    environment: &BTreeMap<String, String>,
) -> Result<Utf8PathBuf, ActionError> {
    let path = environment.get("PATH").map_or("", String::as_str);
    let found = if name.contains('/') {
        Some(folder.join(name)).filter(|file| is_program(file))
    } else {
        let folders = path.split(':').filter(|_| !name.is_empty());
        let files = folders.map(|each| folder.join(each).join(name));
        files.into_iter().find(|file| is_program(file))
    };
    found.ok_or_else(|| ActionError::NoProgram {
        program: name.to_owned(),
        path: (!name.contains('/')).then(|| path.to_owned()),
    })
}

fn is_program(file: &Utf8Path) -> bool {
    let is_executable = |metadata: std::fs::Metadata| {
        metadata.is_file() && metadata.permissions().mode() & 0o111 != 0
    };
    fs_err::metadata(file).is_ok_and(is_executable)
}
