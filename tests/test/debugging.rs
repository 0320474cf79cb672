//! `--debug-adapter`: an editor's debugger is waited for, and stops where it wants to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use camino::Utf8Path;
use insta::assert_snapshot;
use serde_json::{Value, json};
use testkit::{Package, skip};

use super::{index, shown};
use crate::fixtures::environments;

/// A debugpy that says what it is asked, and where no editor comes.
const DEBUGPY: &str = "\
def listen(address):
    print('listens at', address, flush=True)

def wait_for_client():
    print('waits', flush=True)
";

#[test]
fn an_editor_is_waited_for() {
    let Some(repo) = environments::repo() else {
        return;
    };
    let index = index();
    index.add(&Package::new("debugpy", "1.8").member("debugpy/__init__.py", DEBUGPY.as_bytes()));
    let repo = repo.index(&index);
    repo.write("src/t/BUILD", "python_tests(name='tests')\n");
    repo.write("src/t/test_a.py", "def test_a():\n    pass\n");
    let adapter = ["test", "--debug-adapter", "--debug-adapter-port=5680", "::"];
    assert_snapshot!(shown(&repo.xtask(&adapter)), @"
    error: cannot wait for an editor's debugger: pytest is installed without `debugpy`
     |
    hint: add `debugpy` to `extra_requirements` in `[pytest]`
    [exit 1]
    ");
    let brought = "--pytest-extra-requirements=['debugpy']";
    let output = repo.xtask(&[&["test", brought][..], &adapter[1..]].concat());
    assert_snapshot!(shown(&output), @"
    src/t/test_a.py:tests waits for an editor's debugger at 127.0.0.1:[PORT]
    [exit 0]
    ");
    let listens = output.stdout.find("listens at ('127.0.0.1', 5680)");
    let begins = output.stdout.find("test session starts");
    assert!(listens.is_some() && listens < begins, "{output}");
}

/// An editor, as far as it speaks the Debug Adapter Protocol.
///
/// Source: <https://microsoft.github.io/debug-adapter-protocol/overview>.
struct Editor {
    messages: BufReader<TcpStream>,
    sent: u64,
}

impl Editor {
    /// Connects as soon as somebody listens; None if nobody does for long.
    fn connect(port: u16) -> Option<Self> {
        let started = Instant::now();
        while started.elapsed().as_secs() < 100 {
            if let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) {
                let limit = Some(Duration::from_secs(100));
                stream.set_read_timeout(limit).unwrap();
                return Some(Self {
                    messages: BufReader::new(stream),
                    sent: 0,
                });
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        None
    }

    fn send(&mut self, command: &str, arguments: Value) {
        self.sent += 1;
        let request = json!({"seq": self.sent, "type": "request", "command": command, "arguments": arguments});
        let text = request.to_string();
        let message = format!("Content-Length: {}\r\n\r\n{text}", text.len());
        let stream = self.messages.get_mut();
        stream.write_all(message.as_bytes()).unwrap();
    }

    /// The next message that is an event or a response with a name.
    fn next(&mut self, name: &str) -> Value {
        loop {
            let mut length = 0;
            let mut line = String::new();
            while line != "\r\n" {
                line.clear();
                assert!(self.messages.read_line(&mut line).unwrap() > 0, "no {name}");
                if let Some(number) = line.strip_prefix("Content-Length: ") {
                    length = number.trim().parse().unwrap();
                }
            }
            let mut text = vec![0; length];
            self.messages.read_exact(&mut text).unwrap();
            let message: Value = serde_json::from_slice(&text).unwrap();
            assert_ne!(message["success"], false, "{message}");
            if message["event"] == name || message["command"] == name {
                return message;
            }
        }
    }
}

#[test]
fn the_real_debugpy_stops_where_an_editor_wants() {
    let Ok(wheels) = std::env::var("XTASK_TOOL_WHEELS") else {
        skip("needs a wheel of debugpy, and XTASK_TOOL_WHEELS names no folder");
        return;
    };
    let names = fs_err::read_dir(&wheels).unwrap().flatten();
    let mut names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let is_wanted = |name: &String| name.starts_with("debugpy-") && name.ends_with("-none-any.whl");
    let Some(name) = names.find(is_wanted) else {
        skip("needs a wheel of debugpy for any Python, and the wheels of tools have none");
        return;
    };
    let Some(repo) = environments::repo() else {
        return;
    };
    // pytest is that of the index.
    let links = tempfile::tempdir().unwrap();
    let from = Utf8Path::new(&wheels).join(&name);
    fs_err::copy(from, links.path().join(&name)).unwrap();
    let links = Utf8Path::from_path(links.path()).unwrap();
    let index = index();
    let repo = repo
        .index(&index)
        .file("src/t/BUILD", "python_tests(name='tests')\n")
        .file(
            "src/t/test_a.py",
            "def test_a():\n    value = 6 * 7\n    assert value == 42\n    print('it went on')\n",
        );
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let running = repo.start(&[
        "test",
        "--pytest-extra-requirements=['debugpy']",
        &format!("--python-repos-find-links=['{links}']"),
        "--debug-adapter",
        &format!("--debug-adapter-port={port}"),
        "::",
        "--",
        "-s",
    ]);
    let Some(mut editor) = Editor::connect(port) else {
        panic!("nobody listens at {port}: {}", running.interrupt());
    };
    let root = repo.root();
    editor.send("initialize", json!({"adapterID": "a test"}));
    // An editor knows the files of the repository, and not those of the folder that the module runs in.
    let mapping = json!([{"localRoot": root, "remoteRoot": "."}]);
    editor.send("attach", json!({"pathMappings": mapping}));
    editor.next("initialized");
    let line = json!({"path": root.join("src/t/test_a.py")});
    editor.send(
        "setBreakpoints",
        json!({"source": line, "breakpoints": [{"line": 3}]}),
    );
    editor.send("configurationDone", json!({}));
    let stopped = editor.next("stopped");
    assert_eq!(stopped["body"]["reason"], "breakpoint", "{stopped}");
    let thread = &stopped["body"]["threadId"];
    editor.send("stackTrace", json!({"threadId": thread}));
    let frame = editor.next("stackTrace")["body"]["stackFrames"][0].clone();
    assert_eq!(
        (&frame["name"], &frame["line"]),
        (&json!("test_a"), &json!(3))
    );
    editor.send(
        "evaluate",
        json!({"expression": "value", "frameId": frame["id"]}),
    );
    assert_eq!(editor.next("evaluate")["body"]["result"], "42");
    editor.send("continue", json!({"threadId": thread}));
    let output = running.wait();
    assert_eq!(output.status, 0, "{output}");
    assert!(output.stdout.contains("it went on"), "{output}");
}
