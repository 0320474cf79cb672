//! Writes a lock as requirements.txt, for pip and other tools that read pip's files.
//!
//! Source: <https://pip.pypa.io/en/stable/reference/requirements-file-format/>.

use std::fmt::Write as _;

use model::{Lock, LockedPackage, PackageSource, Sha256};

/// Every package with its version, its marker and the hashes of its files.
///
/// pip and uv install it with `--require-hashes`, unless a package is a git repository or a folder:
/// these have no hash.
#[must_use]
pub fn requirements(lock: &Lock) -> String {
    let mut out = format!(
        "# Written by `cargo xtask export --resolve={} --format=requirements`; not to be edited by hand.\n",
        lock.resolve.replace(char::is_control, " ")
    );
    for (option, packages) in [
        ("--no-binary", &lock.inputs.no_binary),
        ("--only-binary", &lock.inputs.only_binary),
    ] {
        for package in packages.entries() {
            push(&mut out, format_args!("{option} {package}\n"));
        }
    }
    let mut packages: Vec<&LockedPackage> = lock.packages.iter().collect();
    packages
        .sort_by(|a, b| (&a.name, &a.version, &a.source).cmp(&(&b.name, &b.version, &b.source)));
    for package in packages {
        push(&mut out, format_args!("{}", requirement(package)));
        for hash in hashes(package) {
            push(&mut out, format_args!(" \\\n    --hash=sha256:{hash}"));
        }
        out.push('\n');
    }
    out
}

fn requirement(package: &LockedPackage) -> String {
    let mut out = match &package.source {
        // Neither pip nor PEP 508 allows a relative path after `@`.
        PackageSource::Path { path } if path.is_absolute() => path.to_string(),
        PackageSource::Path { path } => format!("./{path}"),
        _ => package.name.to_string(),
    };
    // What extras bring has a line of its own. pip wants it wherever the extra is asked for, and so
    // in environments in which it is not needed.
    if !package.extras.is_empty() && hashes(package).is_empty() {
        let mut extras: Vec<&str> = package
            .extras
            .iter()
            .map(model::ExtraName::as_str)
            .collect();
        extras.sort_unstable();
        push(&mut out, format_args!("[{}]", extras.join(",")));
    }
    let subdirectory = match &package.source {
        PackageSource::Index(_) => {
            push(&mut out, format_args!("=={}", package.version));
            None
        }
        PackageSource::Url { url, subdirectory } => {
            push(&mut out, format_args!(" @ {url}"));
            subdirectory.as_deref()
        }
        PackageSource::Git {
            url,
            commit,
            subdirectory,
            ..
        } => {
            push(&mut out, format_args!(" @ git+{url}@{commit}"));
            subdirectory.as_deref()
        }
        PackageSource::Path { .. } => None,
    };
    if let Some(subdirectory) = subdirectory {
        push(&mut out, format_args!("#subdirectory={subdirectory}"));
    }
    if !package.marker.is_true() {
        push(&mut out, format_args!(" ; {}", package.marker));
    }
    out
}

fn hashes(package: &LockedPackage) -> Vec<Sha256> {
    let files = package.sdist.iter().chain(&package.wheels);
    let mut hashes: Vec<Sha256> = files.filter_map(|file| file.sha256).collect();
    hashes.sort();
    hashes.dedup();
    hashes
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use model::Platform;

    use super::*;
    use crate::export::for_platform;
    use crate::fixtures::{FULL, lock};

    #[test]
    fn every_kind_of_package() {
        insta::assert_snapshot!(requirements(&lock(FULL)), @r"
        # Written by `cargo xtask export --resolve=python-default --format=requirements`; not to be edited by hand.
        --no-binary psycopg2
        --only-binary :all:
        aiohttp==3.10.10 \
            --hash=sha256:0631dd7c9f0822cc61c88586ca76d5b5ada26538097d0f1df510b082bad3411a \
            --hash=sha256:1631dd7c9f0822cc61c88586ca76d5b5ada26538097d0f1df510b082bad3411a \
            --hash=sha256:2631dd7c9f0822cc61c88586ca76d5b5ada26538097d0f1df510b082bad3411a
        brotli==1.1.0 ; platform_python_implementation == 'CPython' \
            --hash=sha256:3631dd7c9f0822cc61c88586ca76d5b5ada26538097d0f1df510b082bad3411a
        ./libs/local
        multidict==6.1.0
        tool @ git+https://git.example/tool.git@29932f3915935d773dc8d52c292cadd81c81071d#subdirectory=py
        uvloop==0.20.0 ; sys_platform != 'win32' \
            --hash=sha256:4631dd7c9f0822cc61c88586ca76d5b5ada26538097d0f1df510b082bad3411a
        zipped @ https://files.example/zipped-1.0.zip#subdirectory=inner
        ");
    }

    #[test]
    fn one_platform() {
        let windows = for_platform(&lock(FULL), Platform::WindowsX86_64);
        assert!(!requirements(&windows).contains("uvloop"));
        let linux = for_platform(&lock(FULL), Platform::LinuxX86_64);
        let text = requirements(&linux);
        assert!(text.contains("\nuvloop==0.20.0 \\\n"), "{text}");
        assert!(
            text.contains("2631dd7c") && !text.contains("1631dd7c"),
            "{text}"
        );
    }
}
