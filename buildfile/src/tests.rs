//! What BUILD files mean, and what is said about those that mean nothing.

use std::sync::Arc;

use crate::{BuildFile, Call, Data, Positional, Symbol, UnknownNames, Vocabulary, evaluate};

/// A few names of the BUILD language.
struct Words(UnknownNames);

impl Vocabulary for Words {
    fn find(&self, name: &str) -> Option<Symbol<'_>> {
        Some(match name {
            "python_distribution" | "python_sources" | "target" => {
                Symbol::Declaration(Positional::Refused)
            }
            "__defaults__" => Symbol::Declaration(Positional::Allowed),
            "parametrize" => Symbol::Choice,
            "python_artifact" => Symbol::Constructor,
            "build_file_dir" => Symbol::Path("src/a"),
            "PANTS_VERSION" => Symbol::Constant(Data::Str("2.16.0".into())),
            "env" => Symbol::Function(Box::new(|positional, _| match positional {
                [Data::Str(name), ..] if &**name == "SET" => Ok(Data::Str("value".into())),
                [_, default] => Ok(default.clone()),
                _ => Ok(Data::None),
            })),
            _ => return None,
        })
    }

    fn names(&self) -> Vec<&str> {
        vec!["python_distribution", "python_sources", "target"]
    }

    fn unknown_names(&self) -> UnknownNames {
        self.0
    }
}

/// Evaluates `text` as `src/a/BUILD` after a prelude, and prints what it declares.
fn run_with(prelude: &str, text: &str, unknown: UnknownNames) -> String {
    let parse = |path: &str, text: &str| BuildFile::parse(path, text.to_owned()).map(Arc::new);
    let calls = parse("prelude.py", prelude)
        .and_then(|prelude| Ok((prelude, parse("src/a/BUILD", text)?)))
        .and_then(|(prelude, file)| evaluate(&file, &[prelude], &Words(unknown)));
    match calls {
        Ok(calls) => calls.iter().map(print).collect::<Vec<_>>().join("\n"),
        Err(error) => match &error.hint {
            Some(hint) => format!("{error}\n{}\nhint: {hint}", error.place.source_line),
            None => format!("{error}\n{}", error.place.source_line),
        },
    }
}

fn print(call: &Call) -> String {
    let positional = call.positional.iter().map(ToString::to_string);
    let fields = call
        .fields
        .iter()
        .map(|field| format!("{}={}", field.name, field.value));
    let arguments: Vec<String> = positional.chain(fields).collect();
    let mark = if call.opaque { "?" } else { "" };
    format!("{}{mark}({})", call.name, arguments.join(", "))
}

#[track_caller]
fn check(text: &str, expect: &str) {
    assert_eq!(run_with("", text, UnknownNames::Errors), expect);
}

/// Checks the value of an expression.
#[track_caller]
fn value(expression: &str, expect: &str) {
    check(
        &format!("target(description={expression})"),
        &format!("target(description={expect})"),
    );
}

#[test]
fn literals() {
    value("'a' \"b\" 'c'", "'abc'");
    value("[1, -2, 1.5, True, None]", "[1, -2, 1.5, True, None]");
    value("(1,)", "[1]");
    value("{'a': 1, **{'b': 2}}", "{'a': 1, 'b': 2}");
    value("[*range(3), *'ab']", "[0, 1, 2, 'a', 'b']");
    value("sorted({3, 1, 3})", "[1, 3]");
}

#[test]
fn operators() {
    value("1 < 2 < 3", "True");
    value("1 < 2 > 3", "False");
    value("'a' in 'cat' and 'x' not in ['y']", "True");
    value("[1] + [2] * 2", "[1, 2, 2]");
    value("{'a': 1} | {'a': 2}", "{'a': 2}");
    value("7 // 2 + 7 % -4 + -7 // 2", "-2");
    value("'%s-%02d' % ('a', 7)", "'a-07'");
    value("'' or 'x'", "'x'");
    value("1 if [] else 2", "2");
}

#[test]
fn texts() {
    value("f'{1 + 1}-{\"x\"!r:>5}-{3.14159:.2f}'", "\"2-  'x'-3.14\"");
    value("'{}/{name}'.format('a', name='b')", "'a/b'");
    value("','.join(x.upper() for x in ('a', 'b'))", "'A,B'");
    value("'a-b_c'.replace('-', '_').split('_')", "['a', 'b', 'c']");
    value("'prefix.py'[-3:] + 'abc'[::-1]", "'.pycba'");
    value(
        "'x.tar.gz'.removesuffix('.gz').rpartition('.')",
        "['x', '.', 'tar']",
    );
}

#[test]
fn titles_and_zeros() {
    value("'foo-bar'.title()", "'Foo-Bar'");
    value("'-1'.zfill(4)", "'-001'");
}

#[test]
fn comprehensions() {
    value("[x for x in range(10) if x % 2 if x > 4]", "[5, 7, 9]");
    value("{k: v for k, v in [('a', 1)]}", "{'a': 1}");
    value(
        "[(a, b) for a in 'xy' for b in range(1)]",
        "[['x', 0], ['y', 0]]",
    );
    value("dict(zip(['a'], [1]), b=2)", "{'a': 1, 'b': 2}");
    value("list(map(lambda x: x * 2, [1, 2]))", "[2, 4]");
}

#[test]
fn statements() {
    check(
        "names = []\nfor i, n in enumerate(['p', 'q']):\n    if n == 'q':\n        continue\n    names.append(n)\nnames += ['r']\ntarget(tags=names)",
        "target(tags=['p', 'r'])",
    );
    check(
        "i = 0\nwhile True:\n    i += 1\n    if i >= 3:\n        break\na, *b = [i, 4, 5]\ntarget(tags=[a, b])",
        "target(tags=[3, [4, 5]])",
    );
}

#[test]
fn removal_types_and_next() {
    check(
        "d = {'a': 1, 'b': 2}\ndel d['a']\nx = [1, 2]\ndel x[0]\ntarget(tags=[d, x])",
        "target(tags=[{'b': 2}, [2]])",
    );
    value("type('x') == str and type([]) != dict", "True");
    value("next((x for x in [1, 2, 3] if x > 1), 0)", "2");
    value("next(iter([]), 'd')", "'d'");
}

#[test]
fn macros() {
    check(
        "def mk(name, *args, tags=('t',), **kwargs):\n    target(name=name, tags=list(tags) + list(args), **kwargs)\nmk('n', 'x', description='d')",
        "target(name='n', tags=['t', 'x'], description='d')",
    );
    check(
        "def outer():\n    def inner(x):\n        return x + base\n    base = 1\n    return inner(1)\ntarget(timeout=outer())",
        "target(timeout=2)",
    );
}

#[test]
fn preludes_define_macros() {
    let prelude = "def private(**kwargs):\n    kwargs.setdefault('tags', []).append('private')\n    python_sources(**kwargs)\n";
    assert_eq!(
        run_with(prelude, "private(name='x')", UnknownNames::Errors),
        "python_sources(name='x', tags=['private'])"
    );
}

#[test]
fn the_build_language() {
    value("env('SET', 'd') + env('NOSUCH', 'd')", "'valued'");
    value("env('NOSUCH')", "None");
    value("f'{build_file_dir()}/{build_file_dir().name}'", "'src/a/a'");
    value("PANTS_VERSION", "'2.16.0'");
    check(
        "python_sources(resolve=parametrize('a', b='c'))",
        "python_sources(resolve=parametrize('a', b='c'))",
    );
    check(
        "__defaults__({(python_sources, target): dict(tags=['x'])}, extend=True)",
        "__defaults__({[python_sources, target]: {'tags': ['x']}}, extend=True)",
    );
    check(
        "python_distribution(provides=python_artifact(name='n', version=None))",
        "python_distribution(provides=python_artifact(name='n', version=None))",
    );
}

#[test]
fn plugin_types_are_opaque_unless_they_resemble_a_known_one() {
    let run = |text| run_with("", text, UnknownNames::Declarations);
    assert_eq!(run("my_image(name='x')"), "my_image?(name='x')");
    insta::assert_snapshot!(run("pyton_sources()"), @r"
    src/a/BUILD:1:1: `pyton_sources` is not defined
    pyton_sources()
    hint: did you mean `python_sources`?
    ");
}

#[test]
fn errors_name_place_and_macros() {
    let run = |text| {
        run_with(
            "def macro(x):\n    target(tags=x.nme)\n",
            text,
            UnknownNames::Errors,
        )
    };
    insta::assert_snapshot!(run("\ndef own(x):\n    macro(x=x)\nown('v')\n"), @"
    prelude.py:2:19: a str has no `nme`
      in macro `macro` called at src/a/BUILD:3:5
      in macro `own` called at src/a/BUILD:4:1
        target(tags=x.nme)
    ");
    insta::assert_snapshot!(run("import os"), @"
    src/a/BUILD:1:1: a BUILD file cannot import modules
    import os
    hint: write the value here, or define a macro in a file that `build_file_prelude_globs` names
    ");
    insta::assert_snapshot!(run("python_sources(\n  name='x'\n"), @"
    src/a/BUILD:1:15: cannot parse: `(` is never closed
    python_sources(
    ");
    for quote in [r"'x", r#""x"#, "'''x", "f'x", r#"f"""x"#] {
        let text = format!("target(\n  name={quote}, tags=[],\n)\n");
        let error = run_with("", &text, UnknownNames::Errors);
        let is_said = error.contains("the text that begins here has no closing quote");
        assert!(
            is_said && error.starts_with("src/a/BUILD:2:"),
            "{quote}: {error}"
        );
    }
    insta::assert_snapshot!(run("macro()"), @"
    src/a/BUILD:1:1: `macro` misses `x`
    macro()
    ");
    insta::assert_snapshot!(run("target('x')"), @"
    src/a/BUILD:1:1: `target` takes its fields by keyword only
    target('x')
    ");
    insta::assert_snapshot!(run("x = {'a': 1}['b']"), @"
    src/a/BUILD:1:14: no key 'b' here
    x = {'a': 1}['b']
    ");
    insta::assert_snapshot!(run("raise ValueError(f'no {1}')"), @"
    src/a/BUILD:1:1: no 1
    raise ValueError(f'no {1}')
    ");
}

#[test]
fn cut_off_files_are_errors_at_worst() {
    let whole = "def mk(name, *args, tags=('t',), **kwargs):\n    for i, a in enumerate(args[1:]):\n        if not a or i % 2 == 0: continue\n        tags = [*tags, f'{a!r:>{i}}', *{a: 1}]\n    return python_sources(name=name.strip()[:-1], **{k: v for k, v in kwargs.items() if v})\nmk('näme', 1, '2', description=parametrize(a=[1], b=-2 ** 3))\n__defaults__({(target, python_sources): dict(tags=lambda x: x)}, extend=True)\n";
    for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
        run_with("", &whole[..end], UnknownNames::Declarations);
        run_with(&whole[..end], &whole[end..], UnknownNames::Errors);
    }
}

#[test]
fn endless_files_end() {
    insta::assert_snapshot!(run_with("", "while True:\n    pass", UnknownNames::Errors), @"
    src/a/BUILD:2:5: this file does not come to an end
        pass
    ");
    insta::assert_snapshot!(run_with("", "def f(): f()\nf()", UnknownNames::Errors).lines().next().unwrap(), @"src/a/BUILD:1:10: `f` calls itself without end");
    let nested = format!("target(tags={}1{})", "[".repeat(400), "]".repeat(400));
    insta::assert_snapshot!(run_with("", &nested, UnknownNames::Errors).lines().next().unwrap(), @"src/a/BUILD:1:211: expressions are nested too deeply");
}

/// Files that would fill the memory, the stack or the day.
const HOSTILE: &[&str] = &[
    "x = 'a'\nwhile True: x = x + x",
    "x = []\nwhile True: x = [x, x]",
    "x = []\nfor i in range(100000): x = [x]\ntarget(tags=x)",
    "x = []\ny = x\nfor i in range(100000):\n    n = []\n    y.append(n)\n    y = n\ntarget(tags=x)",
    "f = len\nfor i in range(100000): f = (lambda g: lambda: g)(f)",
    "x = ()\nfor i in range(100000): x = (x,)\nd = {x: 1}",
    "x = []\nx.append(x)\ntarget(tags=x)",
    "x = []\nx.append(x)\nstr(x)",
    "x = []\ny = []\nx.append(y)\ny.append(x)\nx == y",
    "x = [1]\nfor i in range(60): x = [x, x]\ny = [1]\nfor i in range(60): y = [y, y]\nx == y",
    "x = [1]\nfor i in range(60): x = [x, x]\ntarget(tags=x)",
    "x = 1\nwhile True: x = x * 3",
    "'x' * 10 ** 12",
    "list(range(10 ** 12))",
    "len(range(10 ** 12))",
    "'{:999999999999}'.format(1)",
    "'%999999999999d' % 1",
    "f'{1:>9999999}'",
    "sum([[1] * 1000] * 100000, [])",
    "'a'.join(['b' * 1000] * 100000)",
    "'a'.replace('', 'b' * 1000000)",
    "('a' * 1000000).replace('a', 'b' * 1000000)",
    "x = list(range(1000000))\nwhile True: x.count(-1)",
    "x = 'a' * 1000000\nwhile True: x.upper()",
    "x = list(range(1000000))\nwhile True: -1 in x",
    "x = {}\nfor i in range(10000000): x[i] = x",
    "sorted(range(1000000), key=lambda x: -x)",
    "(lambda f: f(f))(lambda f: f(f))",
    "def f(x):\n    return [f(x) for y in [1]]\nf(1)",
    "-",
    "not ",
    "((((((((",
];

#[test]
fn hostile_files_end_with_an_error_at_worst() {
    for text in HOSTILE {
        run_with("", text, UnknownNames::Declarations);
    }
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(5000), close.repeat(5000));
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{", "}"),
        ("not ", ""),
        ("-", ""),
        ("1+", ""),
        ("f(", ")"),
    ] {
        run_with("", &deep(open, close), UnknownNames::Declarations);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..proptest::prelude::ProptestConfig::default()
    })]

    /// Pieces of files, put together anyhow.
    #[test]
    fn mixed_files_end_with_an_error_at_worst(
        pieces in proptest::collection::vec((0..HOSTILE.len(), 0..60_usize, 0..60_usize), 1..6),
    ) {
        let cut = |(file, from, length): &(usize, usize, usize)| {
            HOSTILE[*file].chars().skip(*from).take(*length).collect::<String>()
        };
        let text: String = pieces.iter().map(cut).collect();
        run_with("", &text, UnknownNames::Declarations);
    }
}
