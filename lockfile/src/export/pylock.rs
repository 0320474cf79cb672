//! A lock as `pylock.toml`, which pip and uv install from.
//!
//! Source: <https://packaging.python.org/en/latest/specifications/pylock-toml/>.

use std::fmt::{Display, Write as _};

use model::{DistFile, Lock, LockedPackage, PackageSource};

use super::artifact::{ExportError, Urls, files};
use crate::write::quoted;

const FORMAT: &str = "pylock.toml";

/// The text of a `pylock.toml`, in the specification's order of keys.
///
/// # Errors
/// Where a file has no URL or no hash: the format requires both.
pub fn pylock(lock: &Lock, urls: Urls<'_>) -> Result<String, ExportError> {
    let mut out = String::new();
    entry(&mut out, "lock-version", quoted("1.0"));
    let platforms: Vec<String> = lock
        .inputs
        .platforms
        .iter()
        .map(|platform| quoted(&platform.marker().to_string()))
        .collect();
    if !platforms.is_empty() {
        entry(
            &mut out,
            "environments",
            format_args!("[{}]", platforms.join(", ")),
        );
    }
    let python = lock.inputs.interpreter_constraints.requires_python();
    if !python.is_empty() {
        entry(&mut out, "requires-python", quoted(&python));
    }
    entry(&mut out, "created-by", quoted("cargo-xtask"));
    for each in &lock.packages {
        package(&mut out, each, urls)?;
    }
    Ok(out)
}

fn package(out: &mut String, package: &LockedPackage, urls: Urls<'_>) -> Result<(), ExportError> {
    out.push_str("\n[[packages]]\n");
    entry(out, "name", quoted(package.name.as_str()));
    entry(out, "version", quoted(&package.version.to_string()));
    if !package.marker.is_true() {
        entry(out, "marker", quoted(&package.marker.to_string()));
    }
    if let Some(python) = package.requires_python.as_ref().filter(|p| !p.is_empty()) {
        let python = model::Specifiers(python.clone()).to_string();
        entry(out, "requires-python", quoted(&python));
    }
    match &package.source {
        PackageSource::Index(_) => index_files(out, package, urls),
        PackageSource::Url { url, subdirectory } => {
            let Some(file) = files(package).next() else {
                return Err(ExportError::new(
                    package,
                    FORMAT,
                    "the hash of its archive is not locked",
                ));
            };
            let subdirectory = subdirectory.as_deref().map(|s| ("subdirectory", quoted(s)));
            let pairs = [("url", quoted(url.as_str()))]
                .into_iter()
                .chain(subdirectory);
            entry(out, "archive", table(pairs.chain(about(package, file)?)));
            Ok(())
        }
        PackageSource::Git {
            url,
            commit,
            revision,
            subdirectory,
        } => {
            let pairs = [("type", quoted("git")), ("url", quoted(url.as_str()))].into_iter();
            let revision = revision
                .as_deref()
                .map(|r| ("requested-revision", quoted(r)));
            let commit = [("commit-id", quoted(commit))];
            let subdirectory = subdirectory.as_deref().map(|s| ("subdirectory", quoted(s)));
            entry(
                out,
                "vcs",
                table(pairs.chain(revision).chain(commit).chain(subdirectory)),
            );
            Ok(())
        }
        PackageSource::Path { path } => {
            let pairs = [("path", quoted(path.as_str()))].into_iter();
            let key = match files(package).next() {
                Some(_) => "archive",
                None => "directory",
            };
            let about = match files(package).next() {
                Some(file) => about(package, file)?,
                None => Vec::new(),
            };
            entry(out, key, table(pairs.chain(about)));
            Ok(())
        }
    }
}

fn index_files(
    out: &mut String,
    package: &LockedPackage,
    urls: Urls<'_>,
) -> Result<(), ExportError> {
    let line = |file: &DistFile| -> Result<String, ExportError> {
        let reason = || format!("no index has its file {}", file.filename);
        let url = urls(package, file).ok_or_else(|| ExportError::new(package, FORMAT, reason()))?;
        let pairs = [("name", quoted(&file.filename)), ("url", quoted(&url))].into_iter();
        Ok(table(pairs.chain(about(package, file)?)))
    };
    if let Some(sdist) = &package.sdist {
        entry(out, "sdist", line(sdist)?);
    }
    if !package.wheels.is_empty() {
        out.push_str("wheels = [\n");
        for wheel in &package.wheels {
            let _ = writeln!(out, "    {},", line(wheel)?);
        }
        out.push_str("]\n");
    }
    Ok(())
}

/// The size, upload time and hash of a file.
fn about(
    package: &LockedPackage,
    file: &DistFile,
) -> Result<Vec<(&'static str, String)>, ExportError> {
    let reason = || format!("the hash of {} is not locked", file.filename);
    let sha256 = file
        .sha256
        .ok_or_else(|| ExportError::new(package, FORMAT, reason()))?;
    let mut pairs = Vec::new();
    pairs.extend(
        file.upload_time
            .map(|time| ("upload-time", time.to_string())),
    );
    pairs.extend(file.size.map(|size| ("size", size.to_string())));
    pairs.push(("hashes", format!("{{ sha256 = \"{sha256}\" }}")));
    Ok(pairs)
}

fn table(pairs: impl Iterator<Item = (&'static str, String)>) -> String {
    let pairs: Vec<String> = pairs
        .map(|(key, value)| format!("{key} = {value}"))
        .collect();
    format!("{{ {} }}", pairs.join(", "))
}

fn entry(out: &mut String, key: &str, value: impl Display) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{key} = {value}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{FULL, lock, small};

    #[test]
    fn every_kind_of_package() {
        let lock = lock(&FULL.replace("archive = { url = \"https://files.example/zipped-1.0.zip\", subdirectory = \"inner\" }\n", "archive = { url = \"https://files.example/zipped-1.0.zip\", subdirectory = \"inner\" }\nsdist = { name = \"zipped-1.0.zip\", hashes = { sha256 = \"5631dd7c9f0822cc61c88586ca76d5b5ada26538097d0f1df510b082bad3411a\" } }\n").replace("py3-none-any.whl\" },", "py3-none-any.whl\", hashes = { sha256 = \"6631dd7c9f0822cc61c88586ca76d5b5ada26538097d0f1df510b082bad3411a\" } },"));
        let url = |_: &LockedPackage, file: &DistFile| {
            Some(format!("https://files.example/{}", file.filename))
        };
        insta::assert_snapshot!(pylock(&lock, &url).unwrap(), @r#"
        lock-version = "1.0"
        environments = ["platform_machine == 'x86_64' and sys_platform == 'linux'", "platform_machine == 'arm64' and sys_platform == 'darwin'"]
        requires-python = ">=3.12,<3.13"
        created-by = "cargo-xtask"

        [[packages]]
        name = "aiohttp"
        version = "3.10.10"
        requires-python = ">=3.8"
        sdist = { name = "aiohttp-3.10.10.tar.gz", url = "https://files.example/aiohttp-3.10.10.tar.gz", upload-time = 2024-10-10T13:22:33.5Z, size = 7546580, hashes = { sha256 = "0631dd7c9f0822cc61c88586ca76d5b5ada26538097d0f1df510b082bad3411a" } }
        wheels = [
            { name = "aiohttp-3.10.10-cp312-cp312-macosx_11_0_arm64.whl", url = "https://files.example/aiohttp-3.10.10-cp312-cp312-macosx_11_0_arm64.whl", upload-time = 2024-10-10T13:20:01Z, size = 390000, hashes = { sha256 = "1631dd7c9f0822cc61c88586ca76d5b5ada26538097d0f1df510b082bad3411a" } },
            { name = "aiohttp-3.10.10-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", url = "https://files.example/aiohttp-3.10.10-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", size = 1300000, hashes = { sha256 = "2631dd7c9f0822cc61c88586ca76d5b5ada26538097d0f1df510b082bad3411a" } },
        ]

        [[packages]]
        name = "brotli"
        version = "1.1.0"
        marker = "platform_python_implementation == 'CPython'"
        wheels = [
            { name = "Brotli-1.1.0-py3-none-any.whl", url = "https://files.example/Brotli-1.1.0-py3-none-any.whl", hashes = { sha256 = "3631dd7c9f0822cc61c88586ca76d5b5ada26538097d0f1df510b082bad3411a" } },
        ]

        [[packages]]
        name = "local"
        version = "0.1"
        directory = { path = "libs/local" }

        [[packages]]
        name = "multidict"
        version = "6.1.0"
        wheels = [
            { name = "multidict-6.1.0-py3-none-any.whl", url = "https://files.example/multidict-6.1.0-py3-none-any.whl", hashes = { sha256 = "6631dd7c9f0822cc61c88586ca76d5b5ada26538097d0f1df510b082bad3411a" } },
        ]

        [[packages]]
        name = "tool"
        version = "2.0"
        vcs = { type = "git", url = "https://git.example/tool.git", requested-revision = "main", commit-id = "29932f3915935d773dc8d52c292cadd81c81071d", subdirectory = "py" }

        [[packages]]
        name = "uvloop"
        version = "0.20.0"
        marker = "sys_platform != 'win32'"
        sdist = { name = "uvloop-0.20.0.tar.gz", url = "https://files.example/uvloop-0.20.0.tar.gz", hashes = { sha256 = "4631dd7c9f0822cc61c88586ca76d5b5ada26538097d0f1df510b082bad3411a" } }

        [[packages]]
        name = "zipped"
        version = "1.0"
        archive = { url = "https://files.example/zipped-1.0.zip", subdirectory = "inner", hashes = { sha256 = "5631dd7c9f0822cc61c88586ca76d5b5ada26538097d0f1df510b082bad3411a" } }
        "#);
    }

    #[test]
    fn what_the_format_cannot_say() {
        let url = |_: &LockedPackage, _: &DistFile| None;
        let error = pylock(&small(&["a"], &["a 1"]), &url).unwrap_err();
        insta::assert_snapshot!(error, @"a 1 cannot be exported as pylock.toml: no index has its file a-1-py3-none-any.whl");
    }
}
