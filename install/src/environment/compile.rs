//! Compiles the modules of an environment ahead.
//!
//! What Python makes of a module of the store is kept beside it, and linked into each environment that has
//! the module: byte code is known by the time and the size of its source, which a hard link shares. The path
//! that stands in byte code is corrected by Python when it is loaded.

use std::io::ErrorKind;

use camino::{Utf8Path, Utf8PathBuf};
use model::Sha256;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::error::EnvironmentError;
use super::layout::Layout;
use crate::python::Interpreter;
use crate::store::UnpackedWheel;

/// A module of an environment that is a file of the store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StoredModule<'a> {
    /// Relative to the environment.
    pub(crate) path: &'a str,
    pub(crate) wheel: &'a UnpackedWheel,
    /// Relative to the wheel's files.
    pub(crate) file: &'a str,
}

/// Compiles modules of the store, as far as that was not done for this Python, and links what became of
/// them into the environment at `place`.
pub(crate) fn link_compiled(
    place: &Utf8Path,
    modules: &[StoredModule<'_>],
    python: &Interpreter,
) -> Result<(), EnvironmentError> {
    let mut wheels: Vec<&UnpackedWheel> = modules.iter().map(|module| module.wheel).collect();
    wheels.dedup_by_key(|wheel| wheel.sha256());
    let (known, missing): (Vec<_>, Vec<_>) = wheels
        .into_iter()
        .map(|wheel| (wheel, tag_of(wheel, python)))
        .partition(|(_, tag)| tag.is_some());
    let mut tags: FxHashMap<&Sha256, String> = known
        .into_iter()
        .filter_map(|(wheel, tag)| Some((wheel.sha256(), tag?)))
        .collect();
    if !missing.is_empty() {
        let of_missing = modules.iter();
        let of_missing = of_missing.filter(|module| !tags.contains_key(module.wheel.sha256()));
        let files: Vec<Utf8PathBuf> = of_missing
            .map(|module| module.wheel.file(module.file))
            .collect();
        let tag = compile_files(&files, python, place)?;
        for (wheel, _) in missing {
            fs_err::write(note_of(wheel, python), &tag)?;
            tags.insert(wheel.sha256(), tag.clone());
        }
    }
    modules.par_iter().with_min_len(64).try_for_each(|module| {
        let Some(tag) = tags.get(module.wheel.sha256()) else {
            return Ok(());
        };
        let source = compiled(&module.wheel.file(module.file), tag);
        link(&source, &compiled(&place.join(module.path), tag))
    })
}

/// Where Python keeps the byte code of a module.
fn compiled(module: &Utf8Path, tag: &str) -> Utf8PathBuf {
    let folder = module.parent().unwrap_or(Utf8Path::new(""));
    let stem = module.file_stem().unwrap_or_default();
    folder.join("__pycache__").join(format!("{stem}.{tag}.pyc"))
}

/// The file beside a wheel of the store that says how byte code of this Python is called.
fn note_of(wheel: &UnpackedWheel, python: &Interpreter) -> Utf8PathBuf {
    let (major, minor) = python.major_minor();
    let implementation = python.implementation();
    wheel.beside(&format!("compiled-{implementation}-{major}.{minor}"))
}

fn tag_of(wheel: &UnpackedWheel, python: &Interpreter) -> Option<String> {
    fs_err::read_to_string(note_of(wheel, python)).ok()
}

/// What could not be compiled has no byte code, and is compiled when it is imported.
fn link(source: &Utf8Path, target: &Utf8Path) -> Result<(), EnvironmentError> {
    let done = match std::fs::hard_link(source, target) {
        Err(error) if error.kind() == ErrorKind::NotFound && source.exists() => {
            if let Some(folder) = target.parent() {
                fs_err::create_dir_all(folder)?;
            }
            std::fs::hard_link(source, target)
        }
        done => done,
    };
    match done {
        Ok(()) => Ok(()),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::AlreadyExists) => {
            Ok(())
        }
        // This is another file system, or one without links.
        Err(_) => Ok(fs_err::copy(source, target).map(drop)?),
    }
}

/// Some packages have templates that are not valid modules: they are left out.
const COMPILE: &str = "\
import os, py_compile, sys
mode = py_compile.PycInvalidationMode.TIMESTAMP
for path in sys.stdin.buffer.read().split(b'\\0'):
    try:
        py_compile.compile(os.fsdecode(path), doraise=True, invalidation_mode=mode)
    except Exception:
        pass
print(sys.implementation.cache_tag, end='')
";

/// Compiles files beside themselves, on all cores, and gives Python's name for such byte code.
fn compile_files(
    files: &[Utf8PathBuf],
    python: &Interpreter,
    place: &Utf8Path,
) -> Result<String, EnvironmentError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let lists: Vec<String> = (0..cores)
        .map(|core| {
            let part = files.iter().skip(core).step_by(cores);
            let part: Vec<&str> = part.map(|file| file.as_str()).collect();
            part.join("\0")
        })
        .collect();
    let failed = |reason: String| EnvironmentError::Compile {
        folder: place.to_owned(),
        reason,
    };
    let tags: Result<Vec<String>, EnvironmentError> = lists
        .into_par_iter()
        .map(|list| {
            let arguments = ["-I", "-W", "ignore", "-c", COMPILE];
            let output = duct::cmd(python.executable().as_str(), arguments)
                .stdin_bytes(list)
                .stdout_capture()
                .stderr_capture()
                .unchecked()
                .run()?;
            match output.status.success() {
                true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
                false => Err(failed(
                    String::from_utf8_lossy(&output.stderr).trim().to_owned(),
                )),
            }
        })
        .collect();
    let tag = tags?.pop().filter(|tag| !tag.is_empty());
    tag.ok_or_else(|| failed("its Python has no name for byte code".to_owned()))
}

/// Compiles the modules of the environment that is at `place` and belongs to `layout.root`, which
/// their byte code names: those of copies have times of their own.
pub(crate) fn compile(
    place: &Utf8Path,
    layout: &Layout,
    python: &Interpreter,
) -> Result<(), EnvironmentError> {
    let folder = place.join(layout.purelib());
    let output = duct::cmd(
        python.executable().as_str(),
        [
            "-I",
            "-m",
            "compileall",
            "-q",
            "-j",
            "0",
            "-s",
            place.as_str(),
            "-p",
            layout.root.as_str(),
            folder.as_str(),
        ],
    )
    .stdin_null()
    .stdout_capture()
    .stderr_capture()
    .unchecked()
    .run()?;
    // Some packages have templates that are not valid modules. compileall reports them and
    // continues.
    match output.status.code() {
        Some(0 | 1) => Ok(()),
        _ => Err(EnvironmentError::Compile {
            folder: layout.root.clone(),
            reason: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        }),
    }
}
