//! How many versions the resolver asks for on the way: each may cost a request or a build.

use std::cell::RefCell;
use std::convert::Infallible;
use std::fmt::Write;
use std::sync::Arc;

use model::{PackageName, PackageSource, RequirementSource, Version, VersionRange};
use resolve::{CandidateFiles, DirectRelease, Provider, ReleaseMetadata, resolve};

use crate::fixture::{Index, fixture, text};

/// An index that remembers of which versions the metadata was asked for.
struct Counted {
    index: Index,
    asked: RefCell<Vec<String>>,
    /// The projects that versions that were tried require, each time.
    required: RefCell<Vec<PackageName>>,
}

impl Provider for Counted {
    type Error = Infallible;

    fn versions(&self, name: &PackageName) -> Result<Option<Arc<[Version]>>, Infallible> {
        self.index.versions(name)
    }

    fn release(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<Arc<CandidateFiles>, Infallible> {
        self.index.release(name, version)
    }

    fn metadata(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<ReleaseMetadata, Infallible> {
        let asked = format!("{name} {version}");
        if !self.asked.borrow().contains(&asked) {
            self.asked.borrow_mut().push(asked);
        }
        self.index.metadata(name, version)
    }

    fn direct(
        &self,
        name: &PackageName,
        source: &RequirementSource,
    ) -> Result<Arc<DirectRelease>, Infallible> {
        self.index.direct(name, source)
    }

    fn source(&self, name: &PackageName) -> Result<PackageSource, Infallible> {
        self.index.source(name)
    }

    fn will_ask(&self, name: &PackageName, _: &VersionRange) {
        self.required.borrow_mut().push(name.clone());
    }
}

/// What a resolution took.
struct Effort {
    resolved: String,
    /// The versions whose metadata was asked for.
    asked: Vec<String>,
    required: Vec<PackageName>,
}

impl Effort {
    /// How many versions were tried that require a project.
    fn tries_with(&self, name: &str) -> usize {
        let of_name = self.required.iter().filter(|one| one.as_str() == name);
        of_name.count()
    }
}

/// Resolves a fixture, and gives the resolution and the versions whose metadata was asked for.
fn effort(input: &str) -> (String, Vec<String>) {
    let effort = all_effort(input);
    (effort.resolved, effort.asked)
}

/// Resolves a fixture, and gives what it took.
fn all_effort(input: &str) -> Effort {
    let fixture = fixture(input);
    let index = Counted {
        index: fixture.index.clone(),
        asked: RefCell::default(),
        required: RefCell::default(),
    };
    let resolved = match resolve(&fixture.problem, &index) {
        Ok(report) => text(&report),
        Err(_) => "conflict".to_owned(),
    };
    Effort {
        resolved,
        asked: index.asked.into_inner(),
        required: index.required.into_inner(),
    }
}

#[test]
fn a_clash_by_way_of_another_package_is_not_tried_with_every_version() {
    // As of awscli, which pins botocore, beside aws-sam-cli, which wants a newer boto3.
    let mut input = "> awscli<101 \n > asam \n".to_owned();
    for version in 1..=100 {
        writeln!(
            input,
            "awscli {version} -> botocore=={version} | s3transfer"
        )
        .unwrap();
    }
    for version in 1..=200 {
        writeln!(input, "botocore {version}").unwrap();
        writeln!(
            input,
            "boto3 {version} -> botocore>={version},<{} | s3transfer",
            version + 1
        )
        .unwrap();
    }
    for version in 1..=40 {
        let boto3 = if version > 30 {
            format!("boto3=={}", 160 + version)
        } else {
            "boto3>=50".to_owned()
        };
        writeln!(input, "asam {version} -> {boto3} | docker").unwrap();
    }
    input.push_str("s3transfer 1 \n docker 1 \n");
    let (resolved, asked) = effort(&input);
    assert!(
        resolved.contains("awscli==100") && resolved.contains("asam==30"),
        "{resolved}"
    );
    assert!(asked.len() < 60, "{asked:?}");
}

#[test]
fn versions_that_have_to_be_built_are_tried_last() {
    let mut input = "> a \n > c==1 \n c 1 \n c 2 \n".to_owned();
    for version in 1..=100 {
        let file = if (60..80).contains(&version) {
            "{sdist}"
        } else {
            ""
        };
        let c = if version == 30 || version == 70 { 1 } else { 2 };
        writeln!(input, "a {version} {file} -> c=={c}").unwrap();
    }
    let (resolved, asked) = effort(&input);
    assert!(resolved.contains("a==30"), "{resolved}");
    let built = asked
        .iter()
        .filter_map(|asked| asked.strip_prefix("a ")?.parse::<u32>().ok())
        .filter(|version| (60..80).contains(version));
    assert_eq!(built.count(), 0, "{asked:?}");
}

#[test]
fn versions_that_have_to_be_built_are_tried_where_no_other_is_left() {
    let mut input = "> a \n > c==1 \n c 1 \n c 2 \n".to_owned();
    for version in 1..=30 {
        let (file, c) = if version == 12 {
            ("{sdist}", 1)
        } else {
            ("", 2)
        };
        writeln!(input, "a {version} {file} -> c=={c}").unwrap();
    }
    let (resolved, _) = effort(&input);
    assert!(resolved.contains("a==12"), "{resolved}");
}

#[test]
fn versions_that_require_the_same_are_refused_together() {
    // As of botocore, a hundred releases of which ask for an urllib3 that another refuses.
    let mut input = "> botocore \n > pin==1 \n pin 1 \n pin 2 \n".to_owned();
    for version in 1..=200 {
        let http = if version > 20 { "http>=2" } else { "http<2" };
        writeln!(input, "botocore {version} -> {http} | jmespath").unwrap();
    }
    input.push_str("http 1 \n http 2 -> pin==2 \n jmespath 1 \n");
    let effort = all_effort(&input);
    assert!(
        effort.resolved.contains("botocore==20"),
        "{}",
        effort.resolved
    );
    assert!(effort.tries_with("jmespath") < 20, "{:?}", effort.required);
}

#[test]
fn a_version_that_requires_something_else_is_not_refused_with_its_neighbours() {
    let mut input = "> a \n > pin==1 \n pin 1 \n pin 2 \n b 1 -> pin==2 \n".to_owned();
    for version in 1..=60 {
        let required = if version == 37 { "pin" } else { "b" };
        writeln!(input, "a {version} -> {required}").unwrap();
    }
    let (resolved, _) = effort(&input);
    assert!(resolved.contains("a==37"), "{resolved}");
}

#[test]
fn versions_that_differ_on_another_platform_alone_are_refused_together() {
    let mut input =
        "platforms linux_x86_64 \n > a \n > pin==1 \n pin 1 \n pin 2 \n b 1 -> pin==2 \n"
            .to_owned();
    for version in 1..=60 {
        let b = if version > 9 { " | b" } else { "" };
        writeln!(
            input,
            "a {version} -> w=={version} ; sys_platform == 'win32' {b} | j"
        )
        .unwrap();
        writeln!(input, "w {version}").unwrap();
    }
    input.push_str("j 1 \n");
    let effort = all_effort(&input);
    assert!(effort.resolved.contains("a==9"), "{}", effort.resolved);
    assert!(effort.tries_with("j") < 15, "{:?}", effort.required);
}

/// As of dask with distributed: versions below what is required are no way out for an extra of it.
#[test]
fn an_extra_is_not_tried_at_versions_that_its_project_cannot_have() {
    let mut input = "> a[x]>=30 \n > d \n changed a \n lock a==29 \n lock d==29 \n".to_owned();
    for version in 1..=30 {
        let file = if version < 9 { "{sdist}" } else { "" };
        writeln!(
            input,
            "a {version} {file} -> a[y] ; extra == 'x' | d=={version} ; extra == 'y' \n d {version} -> a=={version}"
        )
        .unwrap();
    }
    let (resolved, asked) = effort(&input);
    assert!(resolved.contains("a[x,y]==30"), "{resolved}");
    let older = asked
        .iter()
        .filter(|asked| asked.starts_with("a ") && *asked != "a 30");
    assert_eq!(older.count(), 0, "{asked:?}");
}
