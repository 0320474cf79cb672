//! Reads a lock.
//!
//! There are two ways to the tables, and one way to read them. The quick way takes a lock that
//! looks as [`write`](crate::write()) writes it, package by package, with the files' lines apart.
//! If anything looks different, the thorough way parses the whole text, and knows the place of
//! every error.

use camino::Utf8Path;
use model::{
    IndexRole, InterpreterConstraints, Lock, LockInputs, LockedPackage, MetadataOverride,
    PackageSet, PackageSource, Specifiers,
};
use toml_edit::Document;

use crate::conflict_markers::first_marker;
use crate::error::{LockReadError, LockReadErrorKind, ReadFault};
use crate::fields::TomlFields;
use crate::files;
use crate::format::{FORMAT_VERSION, LockFormat};

/// Reads a lock. `path` is used in errors only.
///
/// # Errors
/// Where the text is not a lock that [`write`](crate::write()) could have written. The layout of
/// the TOML does not matter: order, space and comments are free.
pub fn read(text: &str, path: &Utf8Path) -> Result<Lock, LockReadError> {
    match read_quickly(text) {
        Some(lock) => Ok(lock),
        None => read_thoroughly(text).map_err(|problem| problem.at(text, path)),
    }
}

/// Reads only the inputs of a lock and none of its packages. `None` if the text does not look as
/// [`write`](crate::write()) writes it.
#[must_use]
pub fn read_inputs(text: &str) -> Option<LockInputs> {
    let header = text.split("\n[[packages]]\n").next()?;
    let header = Document::parse(header).ok()?;
    let lock = lock(&TomlFields::new(header.as_table(), 0..0)).ok()?;
    Some(lock.inputs)
}

fn read_quickly(text: &str) -> Option<Lock> {
    let mut chunks = text.split("\n[[packages]]\n");
    let header = Document::parse(chunks.next()?).ok()?;
    if header.contains_key("packages") {
        return None;
    }
    let mut lock = lock(&TomlFields::new(header.as_table(), 0..0)).ok()?;
    for chunk in chunks {
        let (about, files) = files::split(chunk);
        let about = Document::parse(about).ok()?;
        let fields = TomlFields::new(about.as_table(), 0..0);
        if fields.has("sdist") || fields.has("wheels") {
            return None;
        }
        let mut package = package(&fields).ok()?;
        let files = files::read_lines(files)?;
        package.sdist = files.sdist;
        package.wheels = files.wheels;
        lock.packages.push(package);
    }
    finish(&mut lock);
    let twice = lock
        .packages
        .windows(2)
        .any(|two| is_same(&two[0], &two[1]));
    (!twice).then_some(lock)
}

fn read_thoroughly(text: &str) -> Result<Lock, ReadFault> {
    if let Some(at) = first_marker(text) {
        return Err(ReadFault::new(at..at, LockReadErrorKind::Conflict));
    }
    if let Some(foreign) = foreign(text) {
        return Err(ReadFault::new(0..0, LockReadErrorKind::Foreign(foreign)));
    }
    let document = Document::parse(text).map_err(|error| ReadFault::toml(&error))?;
    let fields = TomlFields::new(document.as_table(), 0..0);
    let mut lock = lock(&fields)?;
    for fields in fields.tables("packages")? {
        let mut package = package(&fields)?;
        let sdist = fields.table("sdist")?;
        package.sdist = sdist.as_ref().map(files::read_table).transpose()?;
        let wheels = fields.tables("wheels")?;
        package.wheels = wheels
            .iter()
            .map(files::read_table)
            .collect::<Result<_, _>>()?;
        if let Some(twice) = lock.packages.iter().find(|other| is_same(other, &package)) {
            let reason = format!("{} {} is there twice", twice.name, twice.version);
            return Err(fields.invalid("name", reason));
        }
        lock.packages.push(package);
    }
    finish(&mut lock);
    Ok(lock)
}

fn foreign(text: &str) -> Option<&'static str> {
    match LockFormat::of(text) {
        LockFormat::Own => None,
        LockFormat::Pex => Some("it is a lock of Pants or pex"),
        LockFormat::Uv => Some("it is a lock of uv"),
        LockFormat::Pylock => Some("it is a pylock.toml (PEP 751)"),
        LockFormat::Poetry => Some("it is a lock of Poetry"),
        LockFormat::Pdm => Some("it is a lock of PDM"),
        LockFormat::Pipenv => Some("it is a lock of Pipenv"),
        LockFormat::Unknown => Some("it has no `[tool.xtask]`"),
    }
}

fn is_same(a: &LockedPackage, b: &LockedPackage) -> bool {
    let of_index = |package: &LockedPackage| matches!(package.source, PackageSource::Index(_));
    (&a.name, &a.version) == (&b.name, &b.version)
        && (a.source == b.source || (of_index(a) && of_index(b)))
}

fn finish(lock: &mut Lock) {
    lock.packages
        .sort_by(|a, b| (&a.name, &a.version, &a.source).cmp(&(&b.name, &b.version, &b.source)));
    for package in &mut lock.packages {
        package.wheels.sort_by(|a, b| a.filename.cmp(&b.filename));
        package.dependencies.sort();
        package.extras.sort();
    }
}

/// The lock without its packages.
fn lock(root: &TomlFields<'_>) -> Result<Lock, ReadFault> {
    let tool = root.table("tool")?.ok_or_else(|| root.missing("tool"))?;
    let own = tool.table("xtask")?.ok_or_else(|| tool.missing("xtask"))?;
    let format = own
        .integer("format")?
        .ok_or_else(|| own.missing("format"))?;
    if format > FORMAT_VERSION {
        let kind = LockReadErrorKind::Newer { found: format };
        return Err(ReadFault::new(own.span_of("format"), kind));
    }
    if format < 1 {
        return Err(own.invalid("format", "formats count from 1"));
    }
    root.only(&[
        "lock-version",
        "created-by",
        "requires-python",
        "tool",
        "packages",
    ])?;
    own.only(&[
        "format",
        "resolve",
        "interpreter-constraints",
        "platforms",
        "no-binary",
        "only-binary",
        "prereleases",
        "require-wheels",
        "fork-strategy",
        "metadata",
        "hashes",
        "constraints",
        "overrides",
        "excludes",
        "requirements",
        "forks",
    ])?;
    let lock = Lock {
        resolve: own.required("resolve")?,
        inputs: inputs(&own)?,
        forks: own.list("forks")?,
        packages: Vec::new(),
    };
    // PEP 751 has both; ours come from the same source as `[tool.xtask]`.
    if root
        .str("lock-version")?
        .is_some_and(|version| version != "1.0")
    {
        return Err(root.invalid("lock-version", "expected \"1.0\""));
    }
    let python = lock.inputs.interpreter_constraints.requires_python();
    if root
        .str("requires-python")?
        .is_some_and(|told| told != python)
    {
        let reason = format!("the interpreter constraints say `{python}`");
        return Err(root.invalid("requires-python", reason));
    }
    Ok(lock)
}

fn inputs(own: &TomlFields<'_>) -> Result<LockInputs, ReadFault> {
    let constraints: Vec<String> = own.list("interpreter-constraints")?;
    if !own.has("interpreter-constraints") {
        return Err(own.missing("interpreter-constraints"));
    }
    let interpreter_constraints = InterpreterConstraints::parse(&constraints)
        .map_err(|error| own.invalid("interpreter-constraints", error))?;
    let packages = |key| -> Result<PackageSet, ReadFault> {
        let entries: Vec<PackageSet> = own.list(key)?;
        Ok(entries.into_iter().collect())
    };
    let inputs = LockInputs {
        requirements: own.list("requirements")?,
        constraints: own.list("constraints")?,
        overrides: own.list("overrides")?,
        excludes: own.list("excludes")?,
        interpreter_constraints,
        platforms: own.list("platforms")?,
        no_binary: packages("no-binary")?,
        only_binary: packages("only-binary")?,
        prereleases: own.parsed("prereleases")?.unwrap_or_default(),
        require_wheels: own.bool("require-wheels")?.unwrap_or(false),
        fork_strategy: own.parsed("fork-strategy")?.unwrap_or_default(),
        metadata: own
            .tables("metadata")?
            .iter()
            .map(metadata)
            .collect::<Result<_, _>>()?,
        hashed: own.list("hashes")?,
    };
    Ok(inputs.sorted())
}

fn metadata(fields: &TomlFields<'_>) -> Result<MetadataOverride, ReadFault> {
    fields.only(&[
        "name",
        "version",
        "requires-dist",
        "requires-python",
        "provides-extra",
    ])?;
    Ok(MetadataOverride {
        name: fields.required("name")?,
        version: fields.parsed("version")?,
        requires_dist: fields.list("requires-dist")?,
        requires_python: fields.parsed("requires-python")?.map(Specifiers),
        provides_extra: fields.list("provides-extra")?,
    })
}

/// A package without its files.
fn package(fields: &TomlFields<'_>) -> Result<LockedPackage, ReadFault> {
    fields.only(&[
        "name",
        "version",
        "marker",
        "index",
        "archive",
        "vcs",
        "directory",
        "requires-python",
        "extras",
        "dependencies",
        "sdist",
        "wheels",
    ])?;
    Ok(LockedPackage {
        name: fields.required("name")?,
        version: fields.required("version")?,
        source: source(fields)?,
        marker: fields.parsed("marker")?.unwrap_or(model::Marker::TRUE),
        requires_python: fields.parsed("requires-python")?,
        extras: fields.list("extras")?,
        dependencies: fields.list("dependencies")?,
        sdist: None,
        wheels: Vec::new(),
    })
}

fn source(fields: &TomlFields<'_>) -> Result<PackageSource, ReadFault> {
    if let Some(archive) = fields.table("archive")? {
        archive.only(&["url", "path", "subdirectory"])?;
        if let Some(path) = archive.parsed::<String>("path")? {
            archive.only(&["path"])?;
            return Ok(PackageSource::Path { path: path.into() });
        }
        return Ok(PackageSource::Url {
            url: archive.required("url")?,
            subdirectory: archive.parsed("subdirectory")?,
        });
    }
    if let Some(vcs) = fields.table("vcs")? {
        vcs.only(&[
            "type",
            "url",
            "requested-revision",
            "commit-id",
            "subdirectory",
        ])?;
        if vcs.str("type")? != Some("git") {
            return Err(vcs.invalid("type", "only `git` is supported"));
        }
        return Ok(PackageSource::Git {
            url: vcs.required("url")?,
            commit: vcs.required("commit-id")?,
            revision: vcs.parsed("requested-revision")?,
            subdirectory: vcs.parsed("subdirectory")?,
        });
    }
    if let Some(directory) = fields.table("directory")? {
        directory.only(&["path"])?;
        let path: String = directory.required("path")?;
        return Ok(PackageSource::Path { path: path.into() });
    }
    index_role(fields).map(PackageSource::Index)
}

fn index_role(fields: &TomlFields<'_>) -> Result<IndexRole, ReadFault> {
    let Some(item) = fields.item("index") else {
        return Ok(IndexRole::Primary);
    };
    let further = item.as_integer().and_then(|nth| u8::try_from(nth).ok());
    match (item.as_str(), further) {
        (Some("find-links"), _) => Ok(IndexRole::FindLinks),
        (_, Some(nth)) if nth > 1 => Ok(IndexRole::Further(nth)),
        _ => {
            let reason = "expected the index's number in settings, from 2, or \"find-links\"";
            Err(fields.invalid("index", reason))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{FULL, lock};
    use crate::write;

    #[test]
    fn every_kind_of_entry() {
        assert_eq!(write(&lock(FULL)), FULL);
    }

    #[track_caller]
    fn error(from: &str, to: &str) -> String {
        assert!(FULL.contains(from), "no such text in the fixture");
        let error = read(&FULL.replacen(from, to, 1), "python.lock".into()).unwrap_err();
        format!("{error}\n  {}", error.place.source_line)
    }

    #[test]
    fn errors_say_what_and_where() {
        insta::assert_snapshot!(error("format = 1", "format = 2"), @"
        python.lock:7:10: this lock has format 2, written by a newer version of the tool; this version reads formats up to 1
          format = 2
        ");
        insta::assert_snapshot!(error("format = 1\n", ""), @"
        python.lock:6:1: `format` is missing
          [tool.xtask]
        ");
        insta::assert_snapshot!(error("[tool.xtask]", "[tool.other]"), @"
        python.lock:1:1: this is not a lock of this tool: it is a pylock.toml (PEP 751)
          # Written by `cargo xtask generate-lockfiles --resolve=python-default`; not to be edited by hand.
        ");
        insta::assert_snapshot!(error("name = \"aiohttp\"\n", ""), @"
        python.lock:37:1: `name` is missing
          [[packages]]
        ");
        insta::assert_snapshot!(error("version = \"3.10.10\"", "version = \"3.x\""), @r#"
        python.lock:39:11: `version`: after parsing `3`, found `.x`, which is not part of a valid version
          version = "3.x"
        "#);
        insta::assert_snapshot!(error("version = \"3.10.10\"", "version = 3"), @"
        python.lock:39:11: `version`: expected a string, found integer
          version = 3
        ");
        insta::assert_snapshot!(error("version = \"3.10.10\"", "version = \"3.10.10"), @r#"
        python.lock:39:19: not valid TOML: invalid basic string, expected `"`
          version = "3.10.10
        "#);
        insta::assert_snapshot!(error("requires-python = \">=3.8\"", "require-python = \">=3.8\""), @r#"
        python.lock:40:1: `require-python` is no key of this format
          require-python = ">=3.8"
        "#);
        insta::assert_snapshot!(error("multidict>=4.5", "multidict>>4.5"), @r#"
        python.lock:44:5: `dependencies`: `multidict>>4.5,<7.0` is not a requirement (PEP 508): no such comparison operator ">>", must be one of ~= == != <= >= < > ===
              "multidict>>4.5,<7.0",
        "#);
        insta::assert_snapshot!(error("size = 7546580", "size = -1"), @r#"
        python.lock:46:89: `size`: it is negative
          sdist = { name = "aiohttp-3.10.10.tar.gz", upload-time = 2024-10-10T13:22:33.5Z, size = -1, hashes = { sha256 = "0631dd7c9f0822cc61c88586ca76d5b5ada26538097d0f1df510b082bad3411a" } }
        "#);
        insta::assert_snapshot!(error("sha256 = \"1631", "sha256 = \"x631"), @r#"
        python.lock:48:138: `sha256`: `x631dd7c9f0822cc61c88586ca76d5b5ada26538097d0f1df510b082bad3411a` is not a sha256: 64 hexadecimal digits
              { name = "aiohttp-3.10.10-cp312-cp312-macosx_11_0_arm64.whl", upload-time = 2024-10-10T13:20:01Z, size = 390000, hashes = { sha256 = "x631dd7c9f0822cc61c88586ca76d5b5ada26538097d0f1df510b082bad3411a" }, requires-python = ">=3.9" },
        "#);
        insta::assert_snapshot!(error("name = \"Brotli-1.1.0", "name = \"../Brotli-1.1.0"), @r#"
        python.lock:58:14: `name`: it is not the name of a file in a folder
              { name = "../Brotli-1.1.0-py3-none-any.whl", hashes = { sha256 = "3631dd7c9f0822cc61c88586ca76d5b5ada26538097d0f1df510b082bad3411a" } },
        "#);
        insta::assert_snapshot!(error("index = 2", "index = 1"), @r#"
        python.lock:56:9: `index`: expected the index's number in settings, from 2, or "find-links"
          index = 1
        "#);
        insta::assert_snapshot!(error("linux_x86_64", "linux"), @r#"
        python.lock:11:5: `platforms`: `linux` is not a platform: use `linux_arm64`, `linux_x86_64`, `macos_arm64`, `macos_x86_64`, `windows_x86_64`
              "linux",
        "#);
        insta::assert_snapshot!(error("name = \"brotli\"\nversion = \"1.1.0\"", "name = \"aiohttp\"\nversion = \"3.10.10\""), @r#"
        python.lock:53:8: `name`: aiohttp 3.10.10 is there twice
          name = "aiohttp"
        "#);
        insta::assert_snapshot!(error("[[packages]]", "<<<<<<< HEAD\n[[packages]]"), @"
        python.lock:37:1: the lock has an unresolved merge conflict
          <<<<<<< HEAD
        ");
    }

    #[test]
    fn other_tools_locks_are_named() {
        let error = |text| read(text, "python.lock".into()).unwrap_err().to_string();
        insta::assert_snapshot!(error("// comment\n{}"), @"python.lock:1:1: this is not a lock of this tool: it is a lock of Pants or pex");
        insta::assert_snapshot!(error("version = 1\nrequires-python = \">=3\"\n"), @"python.lock:1:1: this is not a lock of this tool: it is a lock of uv");
        insta::assert_snapshot!(error("hello"), @"python.lock:1:1: this is not a lock of this tool: it has no `[tool.xtask]`");
    }
}
