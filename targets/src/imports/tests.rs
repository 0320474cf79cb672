//! Which imports count, where, and how strongly.

use super::{ImportCache, Strength, Strings, extract};

/// Prints imports as `line:module`, weak ones with `?`.
fn imports(text: &str) -> String {
    let found = extract(text, Strings::Skip);
    let one = |import: &super::Import| {
        let weak = if import.strength == Strength::Weak {
            "?"
        } else {
            ""
        };
        let dots = ".".repeat(import.level as usize);
        format!("{}:{dots}{}{weak}", import.line, import.module)
    };
    found.imports.iter().map(one).collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check(text: &str, expect: &str) {
    assert_eq!(imports(text), expect);
}

#[test]
fn forms() {
    check("import a, b.c as d", "1:a 1:b.c");
    check("from a import b, c as d", "1:a.b 1:a.c");
    check("from a import *", "1:a");
    check(
        "from . import r\nfrom ..a import f\nfrom .r import *",
        "1:.r 2:..a.f 3:.r",
    );
    check("from p import (\n  a,\n  b,\n)", "2:p.a 3:p.b");
    check("__import__('x').y(__name__)", "1:x");
    check("importlib.import_module('x')", "");
}

#[test]
fn everywhere() {
    check(
        "def f():\n  import a\nclass C:\n  async def g(self):\n    import b",
        "2:a 5:b",
    );
    check(
        "if TYPE_CHECKING:\n  import a\nelse:\n  import b",
        "2:a 4:b",
    );
    check("match x:\n  case 1:\n    import a", "3:a");
    check("x = lambda: __import__('a')", "1:a");
}

#[test]
fn comments_exempt_what_they_end() {
    let pragma = "# pants: no-infer-dep";
    let check = |text: &str, expect: &str| check(&text.replace('!', pragma), expect);
    check("import a  !\nimport b", "2:b");
    check("from p import (\n  a,  !\n  b,\n)", "3:p.b");
    check("from p import (\n  a,\n  b,\n)  !\nimport c", "5:c");
    check("from p import a as \\\n  x  !\nimport c", "3:c");
    check("__import__(\n  'a',\n)  !\nimport c", "4:c");
    let nested = "x = f(\n  __import__('a'),\n  [__import__(\n'b')],  !\n  __import__('c'))";
    check(nested, "2:a 5:c");
    check("if x:\n  import a\n  import b  !", "2:a");
    let idle = |text: &str| extract(&text.replace('!', pragma), Strings::Skip).idle_pragmas;
    assert_eq!(idle("!\nimport a\nx = 1  !\ns = '''\n!\n'''\n"), [1, 3]);
    assert_eq!(
        idle("import a  !\nx = 'a.b.c'  !\nif (  !\n  x): pass"),
        [3]
    );
}

#[test]
fn weak_where_import_errors_are_handled() {
    check(
        "try:\n  import a\nexcept ImportError:\n  import b\nelse:\n  import c",
        "2:a? 4:b 6:c",
    );
    check(
        "try:\n  import a\nexcept (ValueError, ModuleNotFoundError):\n  pass",
        "2:a?",
    );
    check("try:\n  import a\nexcept Exception:\n  pass", "2:a");
    check("with contextlib.suppress(ImportError):\n  import a", "2:a?");
}

#[test]
fn the_pragma_is_per_line() {
    check("import a  # pants: no-infer-dep", "");
    check("import a  # noqa # pants: no-infer-dep because", "");
    check("import a  #pants:no-infer-dep", "1:a");
    check(
        "from p import (\n  a,  # pants: no-infer-dep\n  b,\n)",
        "3:p.b",
    );
    check("from p import (  # pants: no-infer-dep\n  a,\n)", "2:p.a");
}

#[test]
fn what_parses_is_kept() {
    let found = extract("import a\ndef f(:\n  pass\nimport b\n", Strings::Skip);
    assert!(found.syntax_error.is_some());
    assert!(found.imports.iter().any(|import| import.module == "a"));
    check("\u{feff}import a", "1:a");
}

#[test]
fn relative_imports_end_at_the_source_root() {
    let absolute = |text: &str, package: &str| {
        extract(text, Strings::Skip).imports[0]
            .absolute(package)
            .map(std::borrow::Cow::into_owned)
    };
    assert_eq!(absolute("from . import r", "p.q").as_deref(), Some("p.q.r"));
    assert_eq!(
        absolute("from ..a import f", "p.q").as_deref(),
        Some("p.a.f")
    );
    assert_eq!(
        absolute("from ...p import a", "p.q").as_deref(),
        Some("p.a")
    );
    assert_eq!(absolute("from .... import x", "p.q"), None);
}

#[test]
fn strings_are_collected_on_request() {
    let found = extract("x = 'a.b'\ny = 'plain'\nz = 'p/q.json'", Strings::Collect);
    let texts: Vec<&str> = found
        .strings
        .iter()
        .map(|(text, _)| text.as_str())
        .collect();
    assert_eq!(texts, ["a.b", "p/q.json"]);
}

#[test]
fn the_cache_survives_damage() {
    let cache = ImportCache::default();
    let imports = cache.imports(b"import a", Strings::Skip);
    let mut bytes = cache.encode().unwrap();
    let again = ImportCache::decode(&bytes);
    assert_eq!(again.imports(b"import a", Strings::Skip), imports);
    assert!(!again.has_news());

    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let damaged = ImportCache::decode(&bytes);
    assert_eq!(damaged.imports(b"import a", Strings::Skip), imports);
    assert!(damaged.has_news());
}
