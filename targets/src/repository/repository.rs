//! A repository as its BUILD files declare it: they are evaluated in parallel, and their defaults
//! applied. Requirements and sources are read on demand.

use std::sync::{Arc, Mutex};

use rayon::prelude::*;

use super::declaration::{BuildDir, Declaration, DeclarationId, Rules};
use super::defaults::{self, DeclaringFile};
use crate::error::{Error, GraphWarning};
use crate::files::{LateFile, RepositoryFiles};
use crate::globs::Glob;
use crate::options::{Behavior, GraphOptions};
use crate::tree::{SourceTree, join};
use crate::vocabulary::BuildVocabulary;
use buildfile::{BuildFile, Call, EvalError, Exception, ExceptionClass, evaluate};
use model::{Place, RepoPath};

/// The calls of a BUILD file, and the files that it read.
type EvaluatedFile = (Vec<Call>, Vec<Arc<str>>);

/// So many BUILD files are evaluated in parallel.
const FEW: usize = 8;

/// A repository whose BUILD files have been evaluated.
#[derive(Debug)]
pub struct Repository {
    files: Box<dyn RepositoryFiles>,
    options: GraphOptions,
    build_dirs: Vec<BuildDir>,
    /// BUILD files, and the files that they read.
    inputs: Vec<(Arc<str>, Arc<str>)>,
    rules: Vec<Rules>,
    warnings: Vec<GraphWarning>,
}

impl Repository {
    /// Evaluates the BUILD files of a repository. Sources and requirement files are not read yet.
    ///
    /// # Errors
    /// The first BUILD file, in order of path, that cannot be read or evaluated; two targets
    /// of one name; a prelude that is invalid.
    pub fn load(files: Box<dyn RepositoryFiles>, options: GraphOptions) -> Result<Self, Error> {
        let mut warnings = Vec::new();
        let preludes = preludes(&*files, &options, &mut warnings)?;
        let build_files = build_files(&*files, &options);
        let evaluated = |file: &Arc<str>| {
            let source = Arc::new(read_source(&*files, file)?);
            let vocabulary = BuildVocabulary {
                folder: RepoPath::new(file).folder(),
                options: &options,
                files: &*files,
                inputs: Mutex::default(),
            };
            let calls = evaluate(&source, &preludes, &vocabulary).map_err(Error::Eval)?;
            let inputs = vocabulary.inputs.into_inner().unwrap_or_default();
            Ok((calls, inputs))
        };
        // To start threads takes longer than a few files do.
        let evaluated: Vec<Result<EvaluatedFile, Error>> = match &build_files[..] {
            few if few.len() < FEW => few.iter().map(evaluated).collect(),
            many => many.par_iter().map(evaluated).collect(),
        };
        let mut calls = Vec::with_capacity(build_files.len());
        let mut inputs = Vec::new();
        for (file, result) in build_files.into_iter().zip(evaluated) {
            let (declared, read) = result?;
            inputs.extend(read.into_iter().map(|input| (Arc::clone(&file), input)));
            let folder = Arc::from(RepoPath::new(&file).folder());
            calls.push((DeclaringFile { folder, file }, declared));
        }
        calls.extend(inferred(&*files, &options)?);
        let (build_dirs, rules) = defaults::apply(calls, &options, &mut warnings)?;
        for path in files.skipped() {
            let message = format!("`{path}` is neither a file nor a folder, and is not read");
            warnings.push(GraphWarning::new(message, None));
        }
        Ok(Self {
            files,
            options,
            build_dirs,
            inputs,
            rules,
            warnings,
        })
    }

    /// The settings it was loaded with.
    #[must_use]
    pub fn options(&self) -> &GraphOptions {
        &self.options
    }

    /// Its folders and files that are not ignored.
    #[must_use]
    pub fn tree(&self) -> &SourceTree {
        self.files.tree()
    }

    /// Folders with BUILD files, sorted by path.
    #[must_use]
    pub fn build_dirs(&self) -> &[BuildDir] {
        &self.build_dirs
    }

    /// Warnings.
    #[must_use]
    pub fn warnings(&self) -> &[GraphWarning] {
        &self.warnings
    }

    /// Whether every BUILD file sees the functions of a file.
    #[must_use]
    pub fn is_prelude(&self, path: &str) -> bool {
        let globs = self.options.build_file_prelude_globs.iter();
        globs
            .map(|glob| Glob::new(glob))
            .any(|glob| glob.is_match(path))
    }

    /// The BUILD files that read a file.
    pub fn readers_of<'r>(&'r self, path: &'r str) -> impl Iterator<Item = &'r Arc<str>> {
        let inputs = self.inputs.iter();
        inputs
            .filter(move |(_, input)| **input == *path)
            .map(|(reader, _)| reader)
    }

    /// The files that a BUILD file reads.
    pub fn inputs_of<'r>(&'r self, build_file: &'r str) -> impl Iterator<Item = &'r Arc<str>> {
        let inputs = self.inputs.iter();
        inputs
            .filter(move |(reader, _)| **reader == *build_file)
            .map(|(_, input)| input)
    }

    /// The BUILD files of a folder.
    #[must_use]
    pub fn build_dir(&self, path: &str) -> Option<&BuildDir> {
        let dirs = &self.build_dirs;
        let at = dirs.binary_search_by(|dir| (*dir.path).cmp(path)).ok()?;
        dirs.get(at)
    }

    /// Every declared target with its folder.
    pub fn declarations(&self) -> impl Iterator<Item = (&BuildDir, &Declaration)> {
        self.build_dirs.iter().flat_map(|dir| {
            dir.declarations
                .iter()
                .map(move |declaration| (dir, declaration))
        })
    }

    /// Every declared target by its position, with its folder.
    pub(crate) fn declarations_by_id(
        &self,
    ) -> impl Iterator<Item = (DeclarationId, &BuildDir, &Declaration)> {
        self.build_dirs
            .iter()
            .enumerate()
            .flat_map(|(dir, folder)| {
                let declarations = folder.declarations.iter().enumerate();
                declarations.map(move |(at, one)| (DeclarationId { dir, at }, folder, one))
            })
    }

    /// A declaration by its position.
    pub(crate) fn declaration(&self, id: DeclarationId) -> &Declaration {
        &self.build_dirs[id.dir].declarations[id.at]
    }

    /// The folder of a declaration.
    pub(crate) fn dir_of(&self, id: DeclarationId) -> &BuildDir {
        &self.build_dirs[id.dir]
    }

    /// Visibility rules by their position.
    pub(crate) fn rules(&self) -> &[Rules] {
        &self.rules
    }

    /// A file of the repository, which is read only if it has to be.
    pub(crate) fn late_file<'r>(&'r self, path: &'r str) -> LateFile<'r> {
        LateFile::new(&*self.files, path)
    }

    /// The text of a file of the repository.
    ///
    /// # Errors
    /// It cannot be read, or is in another encoding than UTF-8, UTF-16 and UTF-32 with a byte order
    /// mark, as Windows PowerShell writes what `pip freeze` prints, and ISO-8859-1 where one of the
    /// first two lines says so (PEP 263), as pip reads requirements.
    pub fn read(&self, path: &str) -> std::io::Result<String> {
        decoded(self.files.read(path)?).ok_or_else(|| std::io::ErrorKind::InvalidData.into())
    }
}

/// The declarations that follow from projects, folder by folder.
fn inferred(
    files: &dyn RepositoryFiles,
    options: &GraphOptions,
) -> Result<Vec<(DeclaringFile, Vec<Call>)>, Error> {
    let all = options
        .inferred
        .as_deref()
        .map_or(&[][..], |of| &of.build_files);
    let evaluated = all.iter().map(|file| {
        let source = BuildFile::parse(Arc::clone(&file.source), file.text.clone());
        let vocabulary = BuildVocabulary {
            folder: &file.folder,
            options,
            files,
            inputs: Mutex::default(),
        };
        let source = source.map_err(Error::Eval)?.inferred();
        let calls = evaluate(&Arc::new(source), &[], &vocabulary);
        let declaring = DeclaringFile {
            folder: Arc::clone(&file.folder),
            file: Arc::clone(&file.source),
        };
        Ok((declaring, calls.map_err(Error::Eval)?))
    });
    evaluated.collect()
}

fn decoded(bytes: Vec<u8>) -> Option<String> {
    let from_utf16 = |unit: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes[2..].as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
        String::from_utf16(&units).ok().filter(|_| rest.is_empty())
    };
    let from_utf32 = |unit: fn([u8; 4]) -> u32| {
        let (units, rest) = bytes[4..].as_chunks::<4>();
        let text = units.iter().map(|bytes| char::from_u32(unit(*bytes)));
        text.collect::<Option<String>>().filter(|_| rest.is_empty())
    };
    match bytes[..] {
        [0xff, 0xfe, 0, 0, ..] => from_utf32(u32::from_le_bytes),
        [0, 0, 0xfe, 0xff, ..] => from_utf32(u32::from_be_bytes),
        [0xff, 0xfe, ..] => from_utf16(u16::from_le_bytes),
        [0xfe, 0xff, ..] => from_utf16(u16::from_be_bytes),
        _ if says_latin(&bytes) => Some(bytes.into_iter().map(char::from).collect()),
        _ => String::from_utf8(bytes).ok(),
    }
}

/// Whether a comment in one of the first two lines says that the encoding is ISO-8859-1.
///
/// Source: <https://peps.python.org/pep-0263/>.
fn says_latin(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|byte| *byte == b'\n').take(2);
    lines.any(|line| {
        let line = String::from_utf8_lossy(line);
        let comment = line.trim_start().strip_prefix('#').unwrap_or_default();
        let said = comment
            .split_once("coding:")
            .or_else(|| comment.split_once("coding="));
        let name = said.map_or("", |(_, name)| name).trim_start();
        let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
        let name = name[..end.unwrap_or(name.len())]
            .to_ascii_lowercase()
            .replace('_', "-");
        matches!(
            name.as_str(),
            "latin-1" | "latin1" | "l1" | "iso-8859-1" | "iso8859-1"
        )
    })
}

/// Reads and parses a BUILD file or prelude.
fn read_source(files: &dyn RepositoryFiles, path: &str) -> Result<BuildFile, Error> {
    let bytes = files.read(path)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let valid = String::from_utf8_lossy(&error.as_bytes()[..at]).into_owned();
        let place = Place::at(path, &valid, at);
        Error::Eval(
            EvalError::new(
                Exception::new(ExceptionClass::SyntaxError, "this file is not UTF-8"),
                place,
            )
            .hint("BUILD files are UTF-8 text; save the file in that encoding"),
        )
    })?;
    BuildFile::parse(path, text).map_err(Error::Eval)
}

fn preludes(
    files: &dyn RepositoryFiles,
    options: &GraphOptions,
    warnings: &mut Vec<GraphWarning>,
) -> Result<Vec<Arc<BuildFile>>, Error> {
    let mut found = Vec::new();
    for glob in &options.build_file_prelude_globs {
        let paths: Vec<String> = if glob.contains(['*', '?', '[', '{']) {
            let pattern = Glob::new(glob);
            let all = files.tree().files();
            all.filter(|path| pattern.is_match(path)).collect()
        } else if files.is_there(glob) {
            // A file named outright is read even where ignore rules hide it from targets.
            vec![glob.clone()]
        } else {
            Vec::new()
        };
        if paths.is_empty() {
            let message = format!("`build_file_prelude_globs` matches no file: `{glob}`");
            match options.unmatched_build_file_globs {
                Behavior::Ignore => {}
                Behavior::Warn => warnings.push(GraphWarning::new(message, None)),
                Behavior::Error => {
                    return Err(Error::Unmatched {
                        message,
                        place: None,
                    });
                }
            }
        }
        found.extend(paths);
    }
    found.sort_unstable();
    found.dedup();
    found
        .iter()
        .map(|path| Ok(Arc::new(read_source(files, path)?)))
        .collect()
}

/// Paths of the BUILD files, sorted by folder, then name.
pub fn build_files(files: &dyn RepositoryFiles, options: &GraphOptions) -> Vec<Arc<str>> {
    let patterns: Vec<Glob> = options
        .build_patterns
        .iter()
        .map(|pattern| Glob::new(pattern))
        .collect();
    let mut found = Vec::new();
    for dir in files.tree().dirs() {
        for name in &dir.files {
            if patterns.iter().any(|pattern| pattern.is_match(name)) {
                let path = join(&dir.path, name);
                if !files.is_ignored_build_file(&path) {
                    found.push(Arc::from(path));
                }
            }
        }
    }
    found
}
