//! Modules of several environments that are forked of one interpreter.

use testkit::{LoopbackIndex, Package, Repo};

use super::{packages, shown};
use crate::fixtures::environments;

/// What each module says of the environment that it is in.
const OWN: &str = "\
import importlib.metadata, importlib.util, multiprocessing.spawn, os, sys
import plain

def test_own():
    assert sys.prefix == os.environ['VIRTUAL_ENV'] == os.path.dirname(os.path.dirname(sys.executable))
    assert os.fsdecode(multiprocessing.spawn.get_executable()) == sys.executable
    for module in (plain, plain.deeper):
        assert module.__file__ == module.__spec__.origin and module.__file__.startswith(sys.prefix + os.sep)
    assert all(path.startswith(sys.prefix + os.sep) for path in plain.__path__)
    assert importlib.util.find_spec('plain.deeper').origin.startswith(sys.prefix + os.sep)
    assert not [finder for finder in sys.meta_path if type(finder).__name__ == 'Misses']
    assert [path for path in sys.path if 'site-packages' in path] == [os.path.dirname(plain.__path__[0])]
    known = {one.metadata['Name'] for one in importlib.metadata.distributions()}
    assert ('lib' in known) == (importlib.util.find_spec('lib') is not None) == HAS_LIB
    with open('extra-output/parent', 'w') as file:
        file.write(str(os.getppid()))
";

/// What is imported otherwise where another package is there.
const HOST: &[u8] = b"try:\n    import lib\nexcept ImportError:\n    lib = None\n";

fn repo(modules: &[(&str, &str)]) -> Option<(Repo, LoopbackIndex)> {
    let mut packages = packages();
    packages.push(
        Package::new("plain", "1.0")
            .member("plain/__init__.py", b"import plain.deeper\n")
            .member("plain/deeper.py", b"import multiprocessing.spawn\n"),
    );
    packages.push(Package::new("host", "1.0").member("host/__init__.py", HOST));
    let index = LoopbackIndex::start(packages);
    let repo = environments::repo()?.index(&index);
    let repo = repo.requirements("plain\nhost\nlib\n");
    crate::lock(&repo);
    repo.write("src/t/BUILD", "python_tests(name='tests')\n");
    for (name, content) in modules {
        repo.write(&format!("src/t/{name}.py"), content);
    }
    Some((repo, index))
}

/// The summary of a run.
fn summary(repo: &Repo, arguments: &[&str]) -> String {
    let shown = shown(&repo.xtask(arguments));
    let lines = shown.lines();
    let lines = lines.filter(|line| line.starts_with(['✓', '✕', '[']));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn environments_that_are_alike_share_a_server() {
    let with = |more: &str, has_lib: bool| {
        let has_lib = if has_lib { "True" } else { "False" };
        format!("{more}\n{}", OWN.replace("HAS_LIB", has_lib))
    };
    let (plain, lib) = (with("", false), with("import lib", true));
    let host = with("import host\nassert host.lib is None", false);
    let both = with("import host, lib\nassert host.lib is lib", true);
    let Some((repo, _index)) = repo(&[
        ("test_a", &plain),
        ("test_b", &lib),
        ("test_c", &host),
        ("test_d", &host),
        ("test_e", &both),
        ("test_f", &plain),
        ("test_g", &both),
        ("test_h", &lib),
    ]) else {
        return;
    };
    let parent = |module: &str| repo.read(&format!("dist/test/src.t.{module}.py.tests/parent"));
    let own = summary(&repo, &["test", "--force", "--no-test-fork", "::"]);
    insta::assert_snapshot!(own, @"
    ✓ src/t/test_a.py:tests succeeded in [T]s
    ✓ src/t/test_b.py:tests succeeded in [T]s
    ✓ src/t/test_c.py:tests succeeded in [T]s
    ✓ src/t/test_d.py:tests succeeded in [T]s
    ✓ src/t/test_e.py:tests succeeded in [T]s
    ✓ src/t/test_f.py:tests succeeded in [T]s
    ✓ src/t/test_g.py:tests succeeded in [T]s
    ✓ src/t/test_h.py:tests succeeded in [T]s
    [exit 0]
    ");
    assert_eq!(parent("test_a"), parent("test_b"), "all are this run's");
    for jobs in ["--jobs=1", "--jobs=2"] {
        assert_eq!(
            own,
            summary(&repo, &[jobs, "test", "--force", "::"]),
            "{jobs}"
        );
        // Of one server, in two environments.
        assert_eq!(parent("test_a"), parent("test_b"));
        assert_eq!(parent("test_a"), parent("test_c"));
    }
}

/// A module that leaves everything open.
const LEFT: &str = "\
import atexit, os, threading, time

def write(name):
    with open(f'extra-output/{name}', 'w') as file:
        file.write('whole')

class Held:
    def __del__(self, file=os.open('extra-output/deleted', os.O_WRONLY | os.O_CREAT), write=os.write):
        write(file, b'whole')

FILE = open('extra-output/open', 'w')
FILE.write('whole')
HELD = Held()
atexit.register(write, 'atexit')

def late():
    time.sleep(.5)
    write('late')

def test_left():
    threading.Thread(target=late).start()
";

#[test]
fn a_fork_ends_as_an_interpreter_does() {
    let Some((repo, _index)) = repo(&[("test_a", LEFT), ("test_b", LEFT)]) else {
        return;
    };
    for how in ["--test-fork=true", "--test-fork=false"] {
        let output = repo.xtask(&["test", "--force", how, "::"]);
        assert_eq!(output.status, 0, "{output}");
        for name in ["open", "atexit", "late", "deleted"] {
            let path = format!("dist/test/src.t.test_a.py.tests/{name}");
            assert_eq!(repo.read(&path), "whole", "{how}: {name}");
            fs_err::remove_file(repo.root().join(path)).unwrap();
        }
    }
}
