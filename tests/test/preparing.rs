//! Modules of a folder for which pytest is prepared once, where each would be prepared the same. They need the real
//! pytest: `XTASK_TOOL_WHEELS` names a folder with its wheel.

use testkit::{Repo, skip};

use super::shown;

const SETTINGS: &str = "\
[GLOBAL]
pants_version = '2.17.1'
backend_packages = ['pants.backend.python']
[python]
interpreter_constraints = ['==3.11.*']
[source]
root_patterns = ['/src']
";

/// What each module says: which preparation it has, and that nothing of another's is in it.
const MODULE: &str = "\
import os, sys
import conftest

def test_own(shared):
    assert shared == [] and 'NEIGHBOUR' not in os.environ and conftest.MEDDLED == []
    shared.append(1)
    conftest.MEDDLED.append(1)
    os.environ['NEIGHBOUR'] = 'yes'
    assert sys.argv[-1].endswith(os.path.basename(__file__))
    with open('extra-output/seen', 'w') as file:
        file.write(f'{conftest.PREPARED} {conftest.SEEN}')
";

const CONFTEST: &str = "\
import os, pytest
from lib import state

PREPARED = os.urandom(8).hex()
MEDDLED = []
SEEN = None

@pytest.fixture
def shared():
    return state.SHARED
";

/// A repository whose `conftest.py` does more, and which has more files.
fn repo_with(more: &str, files: &[(&str, &str)]) -> Option<Repo> {
    let Ok(wheels) = std::env::var("XTASK_TOOL_WHEELS") else {
        skip("needs wheels of pytest, and XTASK_TOOL_WHEELS names no folder");
        return None;
    };
    let home = std::env::var("HOME").unwrap_or_default();
    let repo = crate::repo()
        .env("PYENV_ROOT", &format!("{home}/.pyenv"))
        .env("PANTS_PYTHON_REPOS_INDEXES", "[]")
        .env("PANTS_PYTHON_REPOS_FIND_LINKS", &format!("['{wheels}']"));
    fs_err::remove_file(repo.root().join("Cargo.toml")).unwrap();
    let conftest = format!("{CONFTEST}{more}");
    let mut all = vec![
        ("pants.toml", SETTINGS),
        ("src/lib/BUILD", "python_sources()\n"),
        ("src/lib/state.py", "SHARED = []\n"),
        (
            "src/t/BUILD",
            "python_tests(name='tests')\npython_test_utils(name='utils')\n",
        ),
        ("src/t/conftest.py", conftest.as_str()),
        ("src/t/test_a.py", MODULE),
        ("src/t/test_b.py", MODULE),
        ("src/t/test_c.py", MODULE),
    ];
    all.extend(files);
    for (path, content) in all {
        repo.write(path, content);
    }
    let first = repo.xtask(&["test", "src/t/test_a.py"]);
    if first.stderr.contains("no interpreter") {
        skip("needs CPython 3.11");
        return None;
    }
    Some(repo)
}

/// For each module, the preparation that it had and what its `conftest.py` saw.
fn seen(repo: &Repo, how: &str) -> Vec<(String, String)> {
    let output = repo.xtask(&["--jobs=1", "test", "--force", how, "::"]);
    assert_eq!(output.status, 0, "{how}: {output}");
    let of_module = |module| {
        let text = repo.read(&format!("dist/test/src.t.test_{module}.py.tests/seen"));
        let (prepared, seen) = text.split_once(' ').unwrap();
        (prepared.to_owned(), seen.to_owned())
    };
    ["a", "b", "c"].map(of_module).into()
}

/// How many preparations the modules had. What they saw is what each sees by itself.
fn preparations(repo: &Repo) -> usize {
    let (forked, own) = (seen(repo, "--test-fork"), seen(repo, "--no-test-fork"));
    let what = |seen: &[(String, String)]| seen.iter().map(|one| one.1.clone()).collect::<Vec<_>>();
    assert_eq!(what(&forked), what(&own));
    let mut found: Vec<_> = forked.into_iter().map(|one| one.0).collect();
    found.sort();
    found.dedup();
    found.len()
}

#[test]
fn modules_share_what_pytest_does_before_it_begins() {
    let seeded = "import random\nrandom.seed(7)\nSEEN = random.random()\n\n\
                  @pytest.fixture(autouse=True)\ndef number():\n    global SEEN\n    SEEN = random.random()\n";
    let other = "try:\n    from lib import missing\nexcept ImportError:\n    SEEN = 'none'\n";
    for more in ["", seeded, other, "import socket, threading, subprocess\n"] {
        let Some(repo) = repo_with(more, &[]) else {
            return;
        };
        assert_eq!(preparations(&repo), 1, "{more}");
    }
}

#[test]
fn what_reaches_further_than_the_process_is_each_modules_own() {
    let temporary = "import atexit, shutil, tempfile\nPLACE = tempfile.mkdtemp()\n\
                     atexit.register(shutil.rmtree, PLACE)\n\n\
                     @pytest.fixture(autouse=True)\ndef place():\n    assert os.path.isdir(PLACE)\n";
    let thread = "import threading\nDONE = threading.Event()\n\
                  threading.Thread(target=DONE.wait, daemon=True).start()\n\n\
                  @pytest.fixture(autouse=True)\ndef thread():\n    assert threading.active_count() == 2\n";
    let child = "import subprocess\nCHILD = subprocess.Popen(['cat'], stdin=subprocess.PIPE)\n\n\
                 @pytest.fixture(autouse=True)\ndef child():\n    assert CHILD.poll() is None\n    yield\n    \
                 CHILD.communicate()\n";
    let socket = "import socket\nENDS = socket.socketpair()\n";
    let file = "with open('written', 'a') as file:\n    file.write('x')\nSEEN = os.path.getsize('written')\n";
    for more in [temporary, thread, child, socket, file] {
        let Some(repo) = repo_with(more, &[]) else {
            return;
        };
        assert_eq!(preparations(&repo), 3, "{more}");
    }
}

/// One of two that run at one time is at the modules of one folder, the other at those of the other, until the first
/// of them is done.
#[test]
fn modules_of_a_folder_stay_in_the_sandbox_that_is_prepared_for_them() {
    let of_folder = |folder: &str| {
        let build = "python_tests(name='tests')\npython_test_utils(name='utils')\n";
        let mut files = vec![
            (format!("src/{folder}/BUILD"), build),
            (format!("src/{folder}/conftest.py"), CONFTEST),
        ];
        files.extend(["a", "b", "c"].map(|name| (format!("src/{folder}/test_{name}.py"), MODULE)));
        files
    };
    let files = of_folder("u");
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (&**path, *text)).collect();
    let Some(repo) = repo_with("", &files) else {
        return;
    };
    let output = repo.xtask(&["--jobs=2", "test", "--force", "::"]);
    assert_eq!(output.status, 0, "{output}");
    let preparations = |folder: &str| {
        let seen =
            |name: &str| repo.read(&format!("dist/test/src.{folder}.test_{name}.py.tests/seen"));
        let mut seen = ["a", "b", "c"].map(seen).to_vec();
        seen.sort();
        seen.dedup();
        seen.len()
    };
    let (t, u) = (preparations("t"), preparations("u"));
    assert!(t == 1 || u == 1, "{t} and {u}");
}

/// What only one module has, `conftest.py` sees only there.
#[test]
fn modules_that_are_prepared_differently_share_nothing() {
    let build = "python_tests(name='tests', overrides={'test_b.py': {'dependencies': ['src/more:more']}})\n\
                 python_test_utils(name='utils')\n";
    let module = "import importlib\ntry:\n    SEEN = importlib.import_module('mo' + 're.found').FOUND\n\
                  except ImportError:\n    pass\n";
    let file = "SEEN = os.path.exists('src/more/data.txt')\n";
    for (more, target) in [(module, "python_sources"), (file, "files")] {
        let target = match target {
            "files" => "files(name='more', sources=['data.txt'])\n",
            _ => "python_sources(name='more')\n",
        };
        let Some(repo) = repo_with(
            more,
            &[
                ("src/t/BUILD", build),
                ("src/more/BUILD", target),
                ("src/more/data.txt", "data\n"),
                ("src/more/found.py", "FOUND = 1\n"),
            ],
        ) else {
            return;
        };
        assert_eq!(preparations(&repo), 2, "{more}");
    }
}

/// What is printed and warned of meanwhile, each module prints, and errors are each module's.
#[test]
fn what_is_printed_meanwhile_each_module_prints() {
    let more = "import sys, warnings\nprint('printed by conftest')\nos.write(2, b'written by conftest\\n')\n\
                warnings.warn('warned by conftest')\n";
    let failing = "def test_no():\n    assert False\n";
    let Some(repo) = repo_with(
        more,
        &[
            ("src/t/test_a.py", failing),
            ("src/t/test_b.py", failing),
            ("src/t/test_c.py", failing),
        ],
    ) else {
        return;
    };
    let run = |how: &[&str]| {
        let arguments = [&["--jobs=1", "test", "--force"], how].concat();
        let output = repo.xtask(&arguments);
        shown(&output).replace(repo.cache().as_str(), "[CACHE]")
    };
    for options in [&["::"][..], &["::", "--", "-s"]] {
        let forked = run(options);
        let own = run(&[&["--no-test-fork"], options].concat());
        assert_eq!(forked, own);
        assert_eq!(forked.matches("warned by conftest").count(), 6, "{forked}");
    }
    repo.write(
        "src/t/conftest.py",
        "import os\nraise SystemExit(os.getcwd()[:0] + 'no')\n",
    );
    assert_eq!(run(&["::"]), run(&["--no-test-fork", "::"]));
}
