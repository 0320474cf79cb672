//! The loopback index, asked as clients ask: by hand, and by pip.

#![allow(clippy::unwrap_used, reason = "a mistake in a fixture fails its test")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use testkit::{Fault, IndexBuilder, LoopbackIndex, Package, When, peer};

const JSON: &str = "Accept: application/vnd.pypi.simple.v1+json";

fn packages() -> [Package; 2] {
    [
        Package::new("A.b", "1.0")
            .requires("c>=1")
            .requires_python(">=3.8")
            .yanked("broken"),
        Package::new("c", "2.0")
            .extra("x", "d")
            .wheel("cp312-cp312-linux_x86_64")
            .sdist(),
    ]
}

/// Sends one request and returns the answer as text, with the index's own port hidden.
fn get(index: &LoopbackIndex, path: &str, headers: &[&str]) -> String {
    String::from_utf8_lossy(&get_bytes(index, path, headers)).replace("\r\n", "\n")
}

fn get_bytes(index: &LoopbackIndex, path: &str, headers: &[&str]) -> Vec<u8> {
    let url = index.url();
    let host = url.trim_start_matches("http://").split('/').next().unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_millis(500)))
        .unwrap();
    let lines: String = headers.iter().map(|line| format!("{line}\r\n")).collect();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nConnection: close\r\n{lines}\r\n"
    )
    .unwrap();
    let mut answer = Vec::new();
    let mut chunk = [0; 65536];
    loop {
        match stream.read(&mut chunk) {
            Ok(0) => return answer,
            Ok(length) => answer.extend(&chunk[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return answer,
            Err(error) => return format!("{}", error.kind()).into_bytes(),
        }
    }
}

#[test]
fn json_where_the_client_accepts_it() {
    let answer = get(&LoopbackIndex::start(packages()), "/simple/a-b/", &[JSON]);
    let (head, body) = answer.split_once("\n\n").unwrap();
    assert!(
        head.contains("application/vnd.pypi.simple.v1+json"),
        "{head}"
    );
    let page: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(page["files"][0]["filename"], "a_b-1.0-py3-none-any.whl");
    assert_eq!(page["files"][0]["yanked"], "broken");
    assert_eq!(page["files"][0]["requires-python"], ">=3.8");
    assert_eq!(page["files"][0]["upload-time"], "2024-01-01T00:00:00Z");
    assert!(page["files"][0].get("core-metadata").is_none());
}

#[test]
fn html_where_it_does_not() {
    let index = IndexBuilder::new(packages()).metadata_files().start();
    let answer = get(&index, "/simple/a-b/", &[]);
    assert!(
        answer.contains("data-requires-python=\"&gt;=3.8\""),
        "{answer}"
    );
    assert!(answer.contains("data-yanked=\"broken\""), "{answer}");
    let metadata = get(&index, "/files/a_b-1.0-py3-none-any.whl.metadata", &[]);
    assert!(metadata.ends_with("Requires-Dist: c>=1\n"), "{metadata}");
}

#[test]
fn a_range_of_a_file() {
    let index = LoopbackIndex::start(packages());
    let whole = get_bytes(&index, "/files/c-2.0.tar.gz", &[]);
    let tail = get_bytes(&index, "/files/c-2.0.tar.gz", &["Range: bytes=-10"]);
    assert!(tail.starts_with(b"HTTP/1.1 206"));
    assert_eq!(whole[whole.len() - 10..], tail[tail.len() - 10..]);
}

#[test]
fn a_page_that_has_not_changed() {
    let index = IndexBuilder::new(packages()).etags().start();
    let answer = get(&index, "/simple/c/", &[]);
    let tag = answer
        .lines()
        .find_map(|line| line.strip_prefix("ETag: "))
        .unwrap();
    let again = get(&index, "/simple/c/", &[&format!("If-None-Match: {tag}")]);
    assert!(again.starts_with("HTTP/1.1 304"), "{again}");
}

#[test]
fn logins() {
    let index = IndexBuilder::new(packages()).login("me", "secret").start();
    assert!(get(&index, "/simple/c/", &[]).starts_with("HTTP/1.1 401"));
    let header = "Authorization: Basic bWU6c2VjcmV0";
    assert!(get(&index, "/simple/c/", &[header]).starts_with("HTTP/1.1 200"));
}

#[test]
fn requests_are_counted_by_path() {
    let index = LoopbackIndex::start(packages());
    get(&index, "/simple/c/", &[]);
    get(&index, "/simple/nothing/", &[]);
    assert_eq!(index.requests("/simple/c/"), 1);
    assert_eq!(index.log()[1].status, 404);
}

#[test]
fn faults_strike_when_they_should() {
    let index = LoopbackIndex::start(packages());
    index.inject("/simple/c/", Fault::Status(503), When::First(1));
    index.inject("/simple/a-b/", Fault::TooManyRequests(7), When::Every(2));
    assert!(get(&index, "/simple/c/", &[]).starts_with("HTTP/1.1 503"));
    assert!(get(&index, "/simple/c/", &[]).starts_with("HTTP/1.1 200"));
    assert!(get(&index, "/simple/a-b/", &[]).starts_with("HTTP/1.1 200"));
    assert!(get(&index, "/simple/a-b/", &[]).contains("Retry-After: 7"));
    index.heal();
    assert!(get(&index, "/simple/a-b/", &[]).starts_with("HTTP/1.1 200"));
}

#[test]
fn a_truncated_answer_is_shorter_than_it_says() {
    let index = LoopbackIndex::start(packages());
    index.inject("/files/", Fault::Truncated, When::Always);
    let answer = get_bytes(&index, "/files/c-2.0.tar.gz", &[]);
    let text = String::from_utf8_lossy(&answer);
    let length: usize = text
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "))
        .unwrap()
        .parse()
        .unwrap();
    assert!(answer.len() < length, "{} of {length}", answer.len());
}

#[test]
fn a_reset_connection() {
    let index = LoopbackIndex::start(packages());
    index.inject("/simple/c/", Fault::Reset, When::Always);
    assert_eq!(get(&index, "/simple/c/", &[]), "connection reset");
}

#[test]
fn a_stalled_and_a_late_answer() {
    let index = LoopbackIndex::start(packages());
    index.inject("/simple/a-b/", Fault::Stall, When::Always);
    index.inject(
        "/simple/c/",
        Fault::Delay(Duration::from_millis(100)),
        When::Always,
    );
    assert_eq!(get(&index, "/simple/a-b/", &[]), "");
    let start = Instant::now();
    assert!(get(&index, "/simple/c/", &[]).starts_with("HTTP/1.1 200"));
    assert!(start.elapsed() >= Duration::from_millis(100));
}

#[test]
fn the_same_package_is_the_same_bytes() {
    let [_, package] = packages();
    let bytes = |package: &Package| {
        package
            .files()
            .into_iter()
            .map(|f| f.bytes)
            .collect::<Vec<_>>()
    };
    assert_eq!(bytes(&package), bytes(&package));
}

#[test]
fn pip_installs_wheels_and_builds_sdists() {
    let Some(pip) = peer("pip") else { return };
    let index = LoopbackIndex::start([
        Package::new("a", "1.0").requires("b[x]"),
        Package::new("b", "1.0")
            .extra("x", "c")
            .sdist()
            .needs_build(),
        Package::new("c", "1.0").entry_point("console_scripts", "c = c:__version__.strip"),
        Package::new("d", "1.0").sdist().build_fails(),
    ]);
    let repo = testkit::Repo::new("").index(&index);
    let output = repo.run(
        &pip,
        &["install", "--no-cache-dir", "--target", "here", "a"],
    );
    assert_eq!(output.status, 0, "{output}");
    for file in ["b/__init__.py", "b-1.0.dist-info/METADATA", "bin/c"] {
        assert!(repo.root().join("here").join(file).exists(), "{file}");
    }
    let output = repo.run(
        &pip,
        &["install", "--no-cache-dir", "--target", "there", "d"],
    );
    assert!(
        output.stderr.contains("engine.h") || output.stdout.contains("engine.h"),
        "{output}"
    );
}
