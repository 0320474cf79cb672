//! Locks of other tools as a whole: the same packages and files, to be installed as they are.
//!
//! Which environments need each package is worked out from what the packages require: pex keeps that
//! for the time of installation, and uv for each requirement.

use std::collections::BTreeMap;

use camino::Utf8Path;
use model::{ExtraName, Lock, LockInputs, LockedPackage, Marker, Requirement, RequirementSource};

use super::contents::{ForeignContents, foreign};
use super::{pex, uv};
use crate::error::LockReadError;
use crate::format::LockFormat;

/// The lock that pex or uv wrote, also for Pants, as the lock of `resolve`. `path` is used in errors
/// only.
///
/// # Errors
/// Where the text is not in one of these formats, or the lock is not universal.
pub fn foreign_lock(text: &str, path: &Utf8Path, resolve: &str) -> Result<Lock, LockReadError> {
    let read = match LockFormat::of(text) {
        LockFormat::Pex => pex::contents(text),
        LockFormat::Uv => uv::contents(text),
        _ => Err(foreign("only one of pex or uv can be installed as it is")),
    };
    let contents = read.map_err(|fault| fault.at(text, path))?;
    let packages = needed_packages(&contents);
    Ok(Lock {
        resolve: resolve.to_owned(),
        inputs: LockInputs {
            requirements: contents.requirements,
            interpreter_constraints: contents.interpreter_constraints,
            ..LockInputs::default()
        },
        forks: Vec::new(),
        packages,
    })
}

/// The packages that some environment needs, with the environments and extras.
fn needed_packages(contents: &ForeignContents) -> Vec<LockedPackage> {
    let needs = Needs::of(&contents.requirements, &contents.packages);
    let packages = contents.packages.iter().enumerate();
    let mut needed: Vec<LockedPackage> = packages
        .filter_map(|(at, package)| {
            let marker = needs.0.get(&(at, None)).filter(|it| !it.is_false())?;
            let extras = needs.extras(at);
            let mut dependencies = package.dependencies.clone();
            dependencies.retain(|one| !one.marker.with_extras(&extras).is_false());
            Some(LockedPackage {
                marker: marker.clone(),
                extras,
                dependencies,
                ..package.clone()
            })
        })
        .collect();
    needed.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    needed
}

/// A package by its position, plain or with an extra.
type Node<'a> = (usize, Option<&'a ExtraName>);

/// Where each package is needed, plain and with each of its extras.
struct Needs<'a>(BTreeMap<Node<'a>, Marker>);

impl<'a> Needs<'a> {
    /// Follows what is required from the lock's own requirements until nothing is new.
    fn of(requirements: &'a [Requirement], packages: &'a [LockedPackage]) -> Self {
        let mut by_name = BTreeMap::<&str, Vec<usize>>::new();
        for (at, package) in packages.iter().enumerate() {
            by_name.entry(package.name.as_str()).or_default().push(at);
        }
        let answers = |required: &Requirement| {
            let named = by_name.get(required.name.as_str()).into_iter().flatten();
            named
                .copied()
                .filter(|&at| admits(required, &packages[at]))
                .map(|at| (at, &packages[at].marker))
                .collect::<Vec<_>>()
        };
        let mut needs = Self(BTreeMap::new());
        let mut open = Vec::new();
        for one in requirements {
            open.extend(needs.add(one, &one.marker, &answers(one)));
        }
        while let Some(node @ (at, extra)) = open.pop() {
            let marker = needs.0[&node].clone();
            for required in &packages[at].dependencies {
                let extras = extra.map_or(&[][..], std::slice::from_ref);
                let own = required.marker.with_extras(extras);
                open.extend(needs.add(required, &own.and(&marker), &answers(required)));
            }
        }
        needs
    }

    /// Adds the environments of `marker` to what `requirement` names. What is needed in more than
    /// before is given back.
    fn add(
        &mut self,
        requirement: &'a Requirement,
        marker: &Marker,
        answers: &[(usize, &Marker)],
    ) -> Vec<Node<'a>> {
        let mut more = Vec::new();
        for (at, of_version) in answers {
            let marker = marker.and(of_version);
            for extra in std::iter::once(None).chain(requirement.extras.iter().map(Some)) {
                let before = self.0.entry((*at, extra)).or_insert(Marker::FALSE);
                if !marker.is_subset(before) {
                    *before = before.or(&marker);
                    more.push((*at, extra));
                }
            }
        }
        more
    }

    fn extras(&self, at: usize) -> Vec<ExtraName> {
        let nodes = self
            .0
            .iter()
            .filter(|((of, _), it)| *of == at && !it.is_false());
        nodes.filter_map(|((_, extra), _)| extra.cloned()).collect()
    }
}

/// Whether a package is of a version that a requirement admits. What is required by reference is one
/// package.
fn admits(requirement: &Requirement, package: &LockedPackage) -> bool {
    match &requirement.source {
        RequirementSource::Index(specifiers) => specifiers.0.contains(&package.version),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use model::PackageSource;

    use super::*;

    const LOCK: &str = r#"// below comments
{
  "requirements": ["app[fast]", "old; python_version < \"3.9\"", "direct @ https://files.example/direct-1.0.zip"],
  "requires_python": ["<3.14,>=3.8"],
  "locked_resolves": [{
    "platform_tag": null,
    "locked_requirements": [
      {"project_name": "app", "version": "1.0", "requires_python": ">=3.8",
       "requires_dists": ["lib>=1; sys_platform == \"win32\"", "speed; extra == \"fast\"", "slow; extra == \"slow\""],
       "artifacts": [
         {"algorithm": "sha256", "hash": "0000000000000000000000000000000000000000000000000000000000000001", "url": "https://files.example/a%2Fb/app-1.0%2Blocal-py3-none-any.whl"},
         {"algorithm": "md5", "hash": "00", "url": "https://files.example/app-1.0.tar.gz"}]},
      {"project_name": "speed", "version": "2.0", "requires_dists": ["lib; python_version >= \"3.12\"", "app"], "artifacts": []},
      {"project_name": "old", "version": "2.0", "requires_dists": ["lib"], "artifacts": []},
      {"project_name": "lib", "version": "2.0", "artifacts": [{"algorithm": "sha256", "hash": "0000000000000000000000000000000000000000000000000000000000000002", "url": "${WHEELS}/lib-2.0-py3-none-any.whl"}]},
      {"project_name": "slow", "version": "2.0", "artifacts": []},
      {"project_name": "direct", "version": "1.0", "artifacts": [{"algorithm": "sha256", "hash": "0000000000000000000000000000000000000000000000000000000000000003", "url": "https://files.example/direct-1.0.zip"}]}
    ]
  }]
}"#;

    fn line(one: &LockedPackage) -> String {
        let files = one.wheels.iter().chain(&one.sdist);
        let files: Vec<_> = files.map(|file| &*file.filename).collect();
        let extras: Vec<String> = one.extras.iter().map(ToString::to_string).collect();
        let source = match &one.source {
            PackageSource::Url { url, .. } => url.to_string(),
            PackageSource::Git { url, commit, .. } => format!("{url} at {commit}"),
            other => format!("{other:?}"),
        };

        format!(
            "{} {} from {source} {extras:?} {files:?} ; {}\n",
            one.name, one.version, one.marker
        )
    }

    #[test]
    fn what_needs_what_is_worked_out() {
        let lock = foreign_lock(LOCK, "python.lock".into(), "default").unwrap();
        let lines: String = lock.packages.iter().map(line).collect();
        insta::assert_snapshot!(lines, @r#"
        app 1.0 from Index(Primary) ["fast"] ["app-1.0+local-py3-none-any.whl"] ; 
        direct 1.0 from https://files.example/direct-1.0.zip [] ["direct-1.0.zip"] ; 
        lib 2.0 from Index(FindLinks) [] ["lib-2.0-py3-none-any.whl"] ; python_full_version < '3.9' or python_full_version >= '3.12' or sys_platform == 'win32'
        old 2.0 from Index(Primary) [] [] ; python_full_version < '3.9'
        speed 2.0 from Index(Primary) [] [] ;
        "#);
        let refused = |text: String| {
            foreign_lock(&text, "python.lock".into(), "r")
                .unwrap_err()
                .to_string()
        };
        insta::assert_snapshot!(refused(LOCK.replace("lib>=1;", "lib>=;")), @r#"python.lock:1:1: the requirement `lib>=; sys_platform == "win32"`: `lib>=; sys_platform == "win32"` is not a requirement (PEP 508): Unexpected end of version specifier, expected version"#);
        insta::assert_snapshot!(refused(LOCK.replace("<3.14,>=3.8", "3.x")), @"python.lock:1:1: this is not a lock of this tool: its Python versions cannot be read");
        insta::assert_snapshot!(refused(LOCK.replace("  }]\n", "  }, {\"locked_requirements\": []}]\n")), @"python.lock:1:1: this is not a lock of this tool: it has a resolve for each platform, not one for all");
    }

    #[test]
    fn uv_says_it_for_each_requirement() {
        let hash = "0".repeat(63);
        let text = format!(
            r#"version = 1
requires-python = ">=3.10"
resolution-markers = ["python_full_version >= '3.12'", "python_full_version < '3.12'"]

[[package]]
name = "pants-lockfile-for-python-default"
version = "0.0.0"
source = {{ virtual = "." }}
dependencies = [{{ name = "app", extra = ["fast"] }}]

[package.dev-dependencies]
dev = [{{ name = "check", marker = "sys_platform == 'linux'" }}]

[[package]]
name = "app"
version = "1.0"
source = {{ registry = "https://index.example/simple" }}
dependencies = [
    {{ name = "lib", version = "1.0", source = {{ registry = "https://index.example/simple" }}, marker = "python_full_version < '3.12'" }},
    {{ name = "lib", version = "2.0", source = {{ registry = "https://index.example/simple" }}, marker = "python_full_version >= '3.12'" }},
]
sdist = {{ url = "https://files.example/app-1.0.tar.gz", hash = "sha256:{hash}1", size = 10 }}
wheels = [{{ url = "https://files.example/app-1.0-py3-none-any.whl", hash = "sha256:{hash}2", size = 11 }}]

[package.optional-dependencies]
fast = [{{ name = "speed", marker = "sys_platform != 'win32'" }}]
slow = [{{ name = "slow" }}]

[[package]]
name = "lib"
version = "1.0"
source = {{ registry = "https://index.example/simple" }}
resolution-markers = ["python_full_version < '3.12'"]

[[package]]
name = "lib"
version = "2.0"
source = {{ registry = "https://index.example/simple" }}
resolution-markers = ["python_full_version >= '3.12'"]

[[package]]
name = "speed"
version = "1.0"
source = {{ git = "https://git.example/speed.git?rev=main#29932f3915935d773dc8d52c292cadd81c81071d" }}

[[package]]
name = "slow"
version = "1.0"
source = {{ registry = "https://index.example/simple" }}

[[package]]
name = "check"
version = "1.0"
source = {{ registry = "https://index.example/simple" }}
"#
        );
        let lock = foreign_lock(&text, "uv.lock".into(), "default").unwrap();
        let lines: String = lock.packages.iter().map(line).collect();
        insta::assert_snapshot!(lines, @r#"
        app 1.0 from Index(Primary) ["fast"] ["app-1.0-py3-none-any.whl", "app-1.0.tar.gz"] ; 
        check 1.0 from Index(Primary) [] [] ; sys_platform == 'linux'
        lib 1.0 from Index(Primary) [] [] ; python_full_version < '3.12'
        lib 2.0 from Index(Primary) [] [] ; python_full_version >= '3.12'
        speed 1.0 from https://git.example/speed.git at 29932f3915935d773dc8d52c292cadd81c81071d [] [] ; sys_platform != 'win32'
        "#);
        let poetry = "[[package]]\nname = \"a\"\n[metadata]\ncontent-hash = \"0\"\n";
        let refused = foreign_lock(poetry, "poetry.lock".into(), "default").unwrap_err();
        insta::assert_snapshot!(refused, @"poetry.lock:1:1: this is not a lock of this tool: only one of pex or uv can be installed as it is");
    }
}
