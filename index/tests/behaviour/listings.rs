//! Which versions and files a listing has.

use index::{FindLinks, IndexRule, RequiresPython};
use model::{FileKind, IndexRole};
use testkit::{IndexBuilder, LoopbackIndex, Package};

use crate::{World, name, shown, version, versions};

fn packages() -> Vec<Package> {
    vec![
        Package::new("a.b", "1.0").sdist(),
        Package::new("a.b", "1.10")
            .wheel("py3-none-any")
            .wheel("cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64")
            .sdist()
            .requires_python(">=3.8")
            .uploaded("2024-05-01T00:00:00Z"),
        Package::new("a.b", "1.9")
            .yanked("broken")
            .uploaded("2024-03-01T00:00:00Z"),
        Package::new("a.b", "2.0rc1").uploaded("2024-06-01T12:30:00.25Z"),
    ]
}

/// The whole contents of a listing, with one line for each version and file.
fn told(server: &LoopbackIndex) -> String {
    let world = World::new();
    let listing = world.run(&[server]).listing(&name("a-b")).unwrap();
    let mut lines = Vec::new();
    for seen in listing.versions() {
        let release = seen.release().unwrap();
        assert_eq!(release.version, *seen.version());
        lines.push(format!(
            "{} wheel={} sdist={} yanked={}",
            seen.version(),
            seen.has_wheel(),
            seen.has_sdist(),
            seen.is_yanked()
        ));
        for file in &release.files {
            let kind = match &file.kind {
                FileKind::Wheel(wheel) => {
                    assert_eq!(
                        *wheel,
                        file.file.filename.parse().unwrap(),
                        "the parts of the name"
                    );
                    wheel.platform_tag.as_str()
                }
                FileKind::Sdist(sdist) => sdist.extension,
            };
            lines.push(format!(
                "  {} {kind} hashed={} sized={} {} {}",
                file.file.filename,
                file.file.sha256.is_some(),
                file.file.size.is_some(),
                file.file
                    .upload_time
                    .map_or_else(|| "-".to_owned(), |time| time.to_string()),
                file.file
                    .requires_python
                    .as_ref()
                    .map_or_else(|| "-".to_owned(), ToString::to_string),
            ));
        }
    }
    lines.join("\n")
}

#[test]
fn json() {
    insta::assert_snapshot!(told(&LoopbackIndex::start(packages())), @"
    2.0rc1 wheel=true sdist=false yanked=false
      a_b-2.0rc1-py3-none-any.whl any hashed=true sized=true 2024-06-01T12:30:00.25Z -
    1.10 wheel=true sdist=true yanked=false
      a_b-1.10-py3-none-any.whl any hashed=true sized=true 2024-05-01T00:00:00Z >=3.8
      a_b-1.10-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl manylinux_2_17_x86_64.manylinux2014_x86_64 hashed=true sized=true 2024-05-01T00:00:00Z >=3.8
      a_b-1.10.tar.gz .tar.gz hashed=true sized=true 2024-05-01T00:00:00Z >=3.8
    1.9 wheel=true sdist=false yanked=true
      a_b-1.9-py3-none-any.whl any hashed=true sized=true 2024-03-01T00:00:00Z -
    1.0 wheel=false sdist=true yanked=false
      a_b-1.0.tar.gz .tar.gz hashed=true sized=true 2024-01-01T00:00:00Z -
    ");
}

#[test]
fn html() {
    let server = IndexBuilder::new(packages()).html_only().start();
    insta::assert_snapshot!(told(&server), @"
    2.0rc1 wheel=true sdist=false yanked=false
      a_b-2.0rc1-py3-none-any.whl any hashed=true sized=false - -
    1.10 wheel=true sdist=true yanked=false
      a_b-1.10-py3-none-any.whl any hashed=true sized=false - >=3.8
      a_b-1.10-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl manylinux_2_17_x86_64.manylinux2014_x86_64 hashed=true sized=false - >=3.8
      a_b-1.10.tar.gz .tar.gz hashed=true sized=false - >=3.8
    1.9 wheel=true sdist=false yanked=true
      a_b-1.9-py3-none-any.whl any hashed=true sized=false - -
    1.0 wheel=false sdist=true yanked=false
      a_b-1.0.tar.gz .tar.gz hashed=true sized=false - -
    ");
}

#[test]
fn gzip_says_the_same() {
    let server = IndexBuilder::new(packages()).gzip().start();
    assert_eq!(told(&server), told(&LoopbackIndex::start(packages())));
}

#[test]
fn requires_python_is_known_without_reading_files() {
    let server = LoopbackIndex::start(packages());
    let listing = World::new().run(&[&server]).listing(&name("a-b")).unwrap();
    let of = |v: &str| match listing.find(&version(v)).unwrap().requires_python() {
        RequiresPython::Same(specifiers) => specifiers.map(ToString::to_string),
        RequiresPython::Differ => Some("differ".to_owned()),
    };
    assert_eq!(of("1.10").as_deref(), Some(">=3.8"));
    assert_eq!(of("1.0"), None);
    assert!(listing.find(&version("3")).is_none());
    assert!(listing.find(&version("1.0.0")).is_some(), "spelt otherwise");
}

#[test]
fn nothing_after_the_cut_off_is_seen() {
    let server = LoopbackIndex::start(packages());
    let world = World::new();
    let mut options = world.options(&[&server]);
    options.exclude_newer = Some("2024-04-01T00:00:00Z".parse().unwrap());
    let listing = index::Index::new(options).listing(&name("a-b")).unwrap();
    assert_eq!(versions(&listing), "1.9 1.0");
    assert!(listing.find(&version("1.10")).is_none());
}

#[test]
fn files_without_a_time_are_hidden_by_a_cut_off() {
    let server = IndexBuilder::new(packages()).without_times().start();
    let world = World::new();
    let mut options = world.options(&[&server]);
    options.exclude_newer = Some("2030-04-01T00:00:00Z".parse().unwrap());
    let listing = index::Index::new(options).listing(&name("a-b")).unwrap();
    assert_eq!(versions(&listing), "");
    assert_eq!(listing.files_without_time(), 6);
}

#[test]
fn the_first_index_that_has_a_package_is_the_only_one() {
    let first = LoopbackIndex::start([Package::new("a", "1")]);
    let second = LoopbackIndex::start([Package::new("a", "2"), Package::new("b", "1")]);
    let world = World::new();
    let run = world.run(&[&first, &second]);
    let a = run.listing(&name("a")).unwrap();
    assert_eq!((versions(&a).as_str(), a.role()), ("1", IndexRole::Primary));
    let b = run.listing(&name("b")).unwrap();
    assert_eq!(b.role(), IndexRole::Further(2));
    assert_eq!(second.requests("/simple/a/"), 0);
    // That the first index does not have the package is not remembered: it may have it by now.
    first.clear_log();
    second.clear_log();
    assert!(world.run(&[&first, &second]).listing(&name("b")).is_ok());
    assert_eq!(first.requests("/simple/b/"), 1);
    assert_eq!(second.log(), []);
}

#[test]
fn rules_are_exceptions() {
    let first = LoopbackIndex::start([Package::new("a", "1"), Package::new("a", "3")]);
    let second = LoopbackIndex::start([
        Package::new("a", "2"),
        Package::new("a", "3").wheel("cp312-cp312-win32"),
    ]);
    let with = |rule| {
        let world = World::new();
        let mut options = world.options(&[&first, &second]);
        options.rules.insert(name("a"), rule);
        let listing = index::Index::new(options).listing(&name("a")).unwrap();
        let roles: Vec<_> = listing.versions().map(|v| v.role()).collect();
        let files = listing.release(&version("3")).unwrap().unwrap().files.len();
        (versions(&listing), roles, files)
    };
    let (primary, second) = (IndexRole::Primary, IndexRole::Further(2));
    assert_eq!(
        with(IndexRule::Only(second)),
        ("3 2".to_owned(), vec![second; 2], 1)
    );
    assert_eq!(
        with(IndexRule::Every),
        ("3 2 1".to_owned(), vec![primary, second, primary], 2)
    );
}

#[test]
fn find_links_are_seen_beside_the_index() {
    let server = LoopbackIndex::start([Package::new("a", "1")]);
    let page = LoopbackIndex::start([Package::new("a", "2"), Package::new("c", "1")]);
    let world = World::new();
    let folder = world.folder().join("links");
    fs_err::create_dir(&folder).unwrap();
    for file in Package::new("a", "3").files() {
        fs_err::write(folder.join(&file.filename), &file.bytes).unwrap();
    }
    let mut options = world.options(&[&server]);
    options.locations.as_mut().unwrap().find_links = vec![
        FindLinks::Folder(folder),
        FindLinks::Folder(world.folder().join("missing")),
        FindLinks::Page(page.links_url().parse().unwrap()),
    ];
    let run = index::Index::new(options);
    let listing = run.listing(&name("a")).unwrap();
    assert_eq!(versions(&listing), "3 2 1");
    let release = listing.release(&version("3")).unwrap().unwrap();
    assert_eq!(release.role, IndexRole::FindLinks);
    let file = &release.files[0].file;
    assert!(file.sha256.is_some() && file.size.is_some());
    let path = run.download(&name("a"), &version("3"), file).unwrap();
    assert!(path.starts_with(world.folder().join("links")));
    let c = run.listing(&name("c")).unwrap();
    assert_eq!(c.role(), IndexRole::FindLinks);
    let release = c.release(&version("1")).unwrap().unwrap();
    assert!(
        run.download(&name("c"), &version("1"), &release.files[0].file)
            .is_ok()
    );
    insta::assert_snapshot!(shown(run.listing(&name("d")), &world), @"
    there is no package `d` in http://127.0.0.1:PORT/simple/, $/links, $/missing, http://127.0.0.1:PORT/links/
    hint: check the name; a further index is set under `[python-repos] indexes`
    ");
}

#[test]
fn asking_twice_makes_one_request() {
    let server = LoopbackIndex::start([Package::new("a", "1")]);
    let run = World::new().run(&[&server]);
    run.prefetch_listing(&name("a"));
    run.prefetch_listing(&name("a"));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| run.listing(&name("a")).unwrap());
        }
    });
    assert!(run.fetched_listing(&name("a")).is_some());
    assert_eq!(server.requests("/simple/a/"), 1);
}
