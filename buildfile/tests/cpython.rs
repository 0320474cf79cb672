//! A real CPython judges every function and method of the tables, and the operators, slices,
//! comparisons and formats, on generated arguments: the same result, as `repr` shows it, or the
//! same class of exception.
//!
//! The cases are the same in every run: a failure names its case, and another seed is
//! `XTASK_CPYTHON_SEED`. What is refused on purpose says so with a [`LanguageLimit`], and is left out;
//! each entry must have cases that are not.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use buildfile::{
    BuildFile, Data, ExceptionClass, Positional, PythonFunction, Symbol, UnknownNames, Vocabulary,
    evaluate, reference,
};

/// How often each entry of the tables is called.
const CALLS: usize = 60;
/// How often each template of an expression is filled in.
const EXPRESSIONS: usize = 40;

/// Shows a result: what an iterator has left, and sets in order.
const SHOW: &str = "
def show(x):
    t = str(type(x))
    if t == \"<class 'type'>\": return repr(x)
    if isinstance(x, (set, frozenset)): return t + str(sorted([show(i) for i in x]))
    if isinstance(x, (str, int, float)) or x is None or isinstance(x, range): return repr(x)
    if isinstance(x, dict): return '{' + ', '.join([show(k) + ': ' + show(v) for k, v in x.items()]) + '}'
    if isinstance(x, tuple): return '(' + ', '.join([show(i) for i in x]) + ')'
    if hasattr(x, 'append'): return '[' + ', '.join([show(i) for i in x]) + ']'
    return 'items of ' + '[' + ', '.join([show(i) for i in x]) + ']'
";

/// Texts with what is special: white space, line ends, case, digits, formats, other scripts.
const TEXTS: &[&str] = &[
    "",
    " ",
    "a",
    "A",
    "ab",
    "aB c",
    "foo-bar",
    "foo_bar.baz",
    "a,b,,c",
    " a  b ",
    "\\t x\\n",
    "x\\r\\ny\\x0bz\\n",
    "-1",
    "+42",
    "007",
    "3.5",
    "1e3",
    "0x1F",
    "1_000",
    "nan",
    "-inf",
    "a\\'b\"c",
    "\\\\",
    "a\\x1cb",
    "%s",
    "%d-%s",
    "{}",
    "{0} {1}",
    "{a}",
    "é",
    "ÉCOLE straße",
    "ΑΣ ΑΣΑ",
    "ǆ ǅ",
    "ﬁx",
    "日本a",
    "\\u2028",
    "\\x00",
    "\\xa0x",
    "they\\'re bill\\'s",
    "aaa",
    "aa",
    "b",
    "c",
    ",",
    "-",
    "x.tar.gz",
    ".gz",
    "x",
];

const WHOLE: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "3",
    "-3",
    "5",
    "7",
    "10",
    "-12",
    "255",
    "1000",
    "True",
    "False",
    "9223372036854775807",
    "-9223372036854775808",
    "4611686018427387904",
    "63",
    "64",
];

const FLOATS: &[&str] = &[
    "0.0",
    "-0.0",
    "0.5",
    "-1.5",
    "2.0",
    "3.75",
    "1e16",
    "1e-5",
    "123456.789",
    "1e300",
    "-2.5",
    "0.1",
];

const SPECS: &[&str] = &[
    "", "5", "<5", ">8", "^9", "*^9", "05", "+d", " d", "x", "#x", "#b", "o", "X", ",", "_",
    "010,", ".2f", "8.3f", "e", ".1e", "g", ".3g", "%", ".0%", "=+8", "0=9d", "s", "5s", ".2",
    ".2s", "d", "c", "n", "+.1f", "#.0f", "z.0f", "<05", "_x", ",x", "10.4", "+", "E", "G", "F",
    "#g", "08.2f", "q", "5.", "=5",
];

/// A generator of the same numbers in every run: xorshift.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }

    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len())]
    }

    fn text(&mut self) -> String {
        match self.below(4) {
            0 => format!("'{}{}'", self.one(TEXTS), self.one(TEXTS)),
            _ => format!("'{}'", self.one(TEXTS)),
        }
    }

    fn number(&mut self) -> String {
        match self.below(3) {
            0 => self.one(FLOATS).to_owned(),
            _ => self.one(WHOLE).to_owned(),
        }
    }

    fn small(&mut self) -> String {
        (i64::try_from(self.below(14)).unwrap() - 4).to_string()
    }

    /// An item without parts.
    fn simple(&mut self) -> String {
        match self.below(7) {
            0..=2 => self.text(),
            3..=4 => self.small(),
            5 => self.number(),
            _ => self.one(&["None", "True", "False"]).to_owned(),
        }
    }

    /// Items of one type, mostly.
    fn items(&mut self) -> String {
        let count = self.below(5);
        let kind = self.below(5);
        let mut items = String::new();
        for _ in 0..count {
            let item = match kind {
                0 => self.text(),
                1 => self.small(),
                2 => format!("({}, {})", self.small(), self.text()),
                3 => self.number(),
                _ => self.simple(),
            };
            write!(items, "{item}, ").unwrap();
        }
        items
    }

    fn list(&mut self) -> String {
        format!("[{}]", self.items())
    }

    fn tuple(&mut self) -> String {
        format!("({})", self.items())
    }

    fn dict(&mut self) -> String {
        let count = self.below(4);
        let pairs: Vec<String> = (0..count)
            .map(|_| format!("{}: {}", self.simple(), self.simple()))
            .collect();
        format!("{{{}}}", pairs.join(", "))
    }

    /// A set of one item: CPython's order of more is arbitrary.
    fn set(&mut self) -> String {
        match self.below(3) {
            0 => "set()".to_owned(),
            1 => format!("{{{}}}", self.simple()),
            _ => format!("frozenset([{}])", self.simple()),
        }
    }

    /// A set of some small numbers, for what does not depend on their order.
    fn members(&mut self, kind: &str) -> String {
        let count = self.below(5);
        let numbers: Vec<String> = (0..count).map(|_| self.small()).collect();
        format!("{kind}([{}])", numbers.join(", "))
    }

    fn range(&mut self) -> String {
        match self.below(3) {
            0 => format!("range({})", self.small()),
            1 => format!("range({}, {})", self.small(), self.small()),
            _ => format!(
                "range({}, {}, {})",
                self.small(),
                self.small(),
                self.one(&["1", "2", "-1", "-3"])
            ),
        }
    }

    fn iterable(&mut self) -> String {
        match self.below(9) {
            0 => self.tuple(),
            1 => self.text(),
            2 => self.dict(),
            3 => self.set(),
            4 => self.range(),
            5 => format!("iter({})", self.list()),
            6 => format!("{}.items()", self.dict()),
            _ => self.list(),
        }
    }

    fn any(&mut self) -> String {
        match self.below(3) {
            0 => self.iterable(),
            _ => self.simple(),
        }
    }

    fn function(&mut self) -> String {
        self.one(&[
            "len",
            "str",
            "lambda x: x",
            "lambda x: (str(x), 1)",
            "lambda x: -x",
            "None",
            "repr",
            "bool",
            "lambda *a: len(a)",
            "lambda x, y=1: [x, y]",
        ])
        .to_owned()
    }

    /// An argument for a parameter of that name; sometimes one of another type.
    ///
    /// Up to CPython 3.11 a flag must be a number, and from 3.12 on it may be anything: only what
    /// both take is asked.
    fn argument(&mut self, parameter: &str) -> String {
        let is_flag = ["keepends", "reverse", "strict"].contains(&parameter);
        if self.below(12) == 0 && !is_flag {
            return self.any();
        }
        match parameter {
            "sep" | "sub" | "chars" | "old" | "new" => self.text(),
            "prefix" | "suffix" => match self.below(3) {
                0 => format!("({}, {},)", self.text(), self.text()),
                _ => self.text(),
            },
            "fillchar" => self.one(&["'*'", "' '", "'é'", "'ab'", "''"]).to_owned(),
            "width" | "maxsplit" | "count" | "start" | "end" | "stop" | "index" | "step" => {
                self.small()
            }
            "keepends" | "reverse" | "strict" => self.one(&["True", "False", "0", "1"]).to_owned(),
            "key" | "func" | "function" => self.function(),
            "base" => self
                .one(&["0", "2", "8", "10", "16", "36", "1", "37"])
                .to_owned(),
            "iterable" | "iterables" | "others" | "other" | "sequence" => self.iterable(),
            "iterator" => format!("iter({})", self.iterable()),
            "classinfo" => self
                .one(&[
                    "int",
                    "(str, list)",
                    "bool",
                    "dict",
                    "(set, frozenset, float)",
                    "1",
                ])
                .to_owned(),
            "name" => self
                .one(&["'upper'", "'append'", "'keys'", "'nothing'", "'count'"])
                .to_owned(),
            "number" | "x" => match self.below(2) {
                0 => self.number(),
                _ => self.text(),
            },
            _ => self.any(),
        }
    }

    /// Arguments for a signature: optional ones sometimes, by name sometimes.
    fn arguments(&mut self, signature: &str) -> String {
        let mut arguments = Vec::new();
        let parts: Vec<&str> = signature
            .split(", ")
            .filter(|part| !part.is_empty())
            .collect();
        let slash = parts.iter().position(|part| *part == "/").unwrap_or(0);
        let mut by_name = false;
        for (at, part) in parts.iter().enumerate() {
            let (name, optional) = match part.split_once('=') {
                Some((name, _)) => (name, true),
                None => (*part, false),
            };
            match name {
                "/" => {}
                "*" => by_name = true,
                "**kwargs" => {
                    if self.below(2) == 0 {
                        arguments.push(format!("a={}", self.any()));
                    }
                    by_name = true;
                }
                _ if name.starts_with('*') => {
                    for _ in 0..self.below(3) {
                        arguments.push(self.argument(name.trim_start_matches('*')));
                    }
                    by_name = true;
                }
                // A wrong number of arguments is a case as well.
                _ if !optional && self.below(25) == 0 => return arguments.join(", "),
                _ if optional && self.below(2) == 0 => {
                    by_name = by_name || at >= slash;
                    if at < slash {
                        return arguments.join(", ");
                    }
                }
                _ if by_name => arguments.push(format!("{name}={}", self.argument(name))),
                _ => arguments.push(self.argument(name)),
            }
        }
        if self.below(40) == 0 {
            arguments.push(format!("nosuch={}", self.small()));
        }
        arguments.join(", ")
    }

    fn receiver(&mut self, owner: &str) -> String {
        match owner {
            "str" => self.text(),
            "list" => self.list(),
            "tuple" => self.tuple(),
            "dict" => self.dict(),
            "range" => self.range(),
            kind => self.members(kind),
        }
    }
}

/// The text of a case: what it is called, and a body that returns its result.
struct Case {
    entry: String,
    body: String,
}

fn cases() -> Vec<Case> {
    let seed = std::env::var("XTASK_CPYTHON_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let mut numbers = Numbers(seed.unwrap_or(0x9e37_79b9_7f4a_7c15));
    let mut cases = Vec::new();
    for PythonFunction {
        owner,
        name,
        signature,
    } in reference()
    {
        for _ in 0..CALLS {
            let arguments = numbers.arguments(signature);
            let (entry, body) = match owner {
                // The receiver is shown as well: a method may have changed it.
                Some(owner) => (
                    format!("{owner}.{name}"),
                    format!(
                        "    x = {}\n    r = x.{name}({arguments})\n    return show((r, x))",
                        numbers.receiver(owner)
                    ),
                ),
                None => (
                    name.to_owned(),
                    format!("    return show({name}({arguments}))"),
                ),
            };
            cases.push(Case { entry, body });
        }
    }
    for template in EXPRESSION_TEMPLATES {
        for _ in 0..EXPRESSIONS {
            let body = format!("    return show({})", fill(template, &mut numbers));
            cases.push(Case {
                entry: (*template).to_owned(),
                body,
            });
        }
    }
    cases
}

/// Expressions: `N` is a number, `I` a small one, `T` a text, `L` a list, `S` a set, `D` a
/// dictionary, `A` anything, `F` a format specification, `Q` a sequence.
const EXPRESSION_TEMPLATES: &[&str] = &[
    "N + N",
    "N - N",
    "N * N",
    "N / N",
    "N // N",
    "N % N",
    "N ** I",
    "N & N",
    "N | N",
    "N ^ N",
    "N << I",
    "N >> I",
    "-N",
    "+N",
    "~N",
    "not A",
    "A + A",
    "A * I",
    "I * A",
    "A == A",
    "A != A",
    "A < A",
    "A >= A",
    "N < N",
    "N == N",
    "T < T",
    "L < L",
    "S <= S",
    "S - S",
    "S | S",
    "S & S",
    "S ^ S",
    "A in L",
    "T in T",
    "A in D",
    "A in S",
    "I in range(I, I, 2)",
    "A is None",
    "Q[I]",
    "Q[I:I]",
    "Q[::I]",
    "Q[I:I:I]",
    "Q[I:]",
    "Q[:I]",
    "D[A]",
    "L[A]",
    "D | D",
    "'%F' % N",
    "'%s|%r' % (A, A)",
    "'%5s|%-5s|%.2s' % (T, T, T)",
    "'%d %5d %-5d| %05d %+d' % (N, N, N, N, N)",
    "'%x %X %o %#x' % (I, I, I, I)",
    "'%.2f %e %g %10.3f' % (N, N, N, N)",
    "'%(a)s' % {'a': A}",
    "'%s' % A",
    "T % A",
    "'%c' % I",
    "'%*d' % (I, I)",
    "'{:F}'.format(A)",
    "'{:F}'.format(N)",
    "'{:F}'.format(T)",
    "'{0}{1!r}{a[0]}'.format(A, A, a=A)",
    "'{:>{w}}'.format(T, w=I)",
    "'{!s}{!a}'.format(A, T)",
    "T.format(A, A, a=A)",
    "(lambda v: f'{v:F}')(N)",
    "(lambda v: f'{v:F}')(T)",
    "(lambda v: f'{v!r:>12}')(A)",
    "(lambda v: f'{v}')(A)",
    "[x for x in Q if x]",
    "{x: 1 for x in T}",
    "[*Q, *Q]",
    "{**D, **D}",
    "A and A or A",
    "A if A else A",
    "1 < N < 10",
    "(lambda a, /, b=1, *c, d, **e: [a, b, c, d, e])(A, d=A)",
    "(lambda a, b: 1)(I)",
    "dict(D, a=A)",
    "next(iter(Q), A)",
    "repr(N)",
    "str(N)",
    "int(T)",
    "float(T)",
    "int(N)",
    "round_trip(N)",
];

fn fill(template: &str, numbers: &mut Numbers) -> String {
    let mut filled = String::new();
    let chars: Vec<char> = template.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        let alone = |at: usize| !chars.get(at).is_some_and(|c| c.is_ascii_alphanumeric());
        if !(alone(at + 1) && (at == 0 || alone(at - 1))) {
            filled.push(*c);
            continue;
        }
        match c {
            'N' => filled.push_str(&numbers.number()),
            'I' => filled.push_str(&numbers.small()),
            'T' => filled.push_str(&numbers.text()),
            'L' => filled.push_str(&numbers.list()),
            'S' => filled.push_str(&numbers.members("set")),
            'D' => filled.push_str(&numbers.dict()),
            'A' => filled.push_str(&numbers.any()),
            'F' => filled.push_str(numbers.one(SPECS)),
            'Q' => {
                let sequence = match numbers.below(4) {
                    0 => numbers.text(),
                    1 => numbers.tuple(),
                    2 => numbers.range(),
                    _ => numbers.list(),
                };
                filled.push_str(&sequence);
            }
            other => filled.push(*other),
        }
    }
    filled.replace("round_trip(", "(lambda n: float(repr(n)) == n)(")
}

/// One name, which declares the result of a case.
struct ResultVocabulary;

impl Vocabulary for ResultVocabulary {
    fn find(&self, name: &str) -> Option<Symbol<'_>> {
        (name == "result").then_some(Symbol::Declaration(Positional::Allowed))
    }

    fn names(&self) -> Vec<&str> {
        vec!["result"]
    }

    fn unknown_names(&self) -> UnknownNames {
        UnknownNames::Errors
    }
}

/// What a case gives here: the shown result, the class of an exception, or nothing where it is
/// refused.
fn ours(case: &Case, prelude: &Arc<BuildFile>) -> Option<String> {
    let text = format!("def case():\n{}\nresult(case())\n", case.body);
    let calls = BuildFile::parse("BUILD", text).and_then(|file| {
        evaluate(
            &Arc::new(file),
            std::slice::from_ref(prelude),
            &ResultVocabulary,
        )
    });
    match calls {
        Ok(calls) => match calls.first().and_then(|call| call.positional.first()) {
            Some(Data::Str(shown)) => Some(shown.to_string()),
            other => Some(format!("{other:?}")),
        },
        Err(error) => match error.class {
            ExceptionClass::Refused(_) => None,
            class => Some(format!("! {class}")),
        },
    }
}

/// What the cases give in CPython, one line each.
fn theirs(cases: &[Case], python: &str) -> Vec<String> {
    let mut script = format!(
        "import sys, json, warnings, io, contextlib\nwarnings.simplefilter('ignore')\n{SHOW}\n"
    );
    script.push_str("def run(body):\n    names = {'show': show}\n    try:\n        exec('def case():\\n' + body, names)\n        with contextlib.redirect_stdout(io.StringIO()):\n            out = names['case']()\n    except Exception as error:\n        out = '! ' + type(error).__name__\n    print(json.dumps(out))\n");
    for case in cases {
        writeln!(
            script,
            "run({})",
            serde_json::to_string(&case.body).unwrap()
        )
        .unwrap();
    }
    let output = duct::cmd!(python, "-")
        .stdin_bytes(script)
        .stdout_capture()
        .run()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn cpython_agrees() {
    let Some(python) = testkit::python() else {
        return;
    };
    let is_new = "import sys; sys.exit(sys.version_info < (3, 11))"; // the format `z` is of 3.11
    if duct::cmd!(python, "-c", is_new).run().is_err() {
        return testkit::skip("needs Python 3.11 or newer, and python3 is older");
    }
    let prelude = Arc::new(BuildFile::parse("prelude", SHOW.to_owned()).unwrap());
    let cases = cases();
    let theirs = theirs(&cases, python);
    assert_eq!(cases.len(), theirs.len());
    let mut judged: BTreeMap<&str, usize> = BTreeMap::new();
    let mut differences = Vec::new();
    for (case, theirs) in cases.iter().zip(&theirs) {
        let judged = judged.entry(&case.entry).or_default();
        let Some(ours) = ours(case, &prelude) else {
            continue;
        };
        // An address in memory is shown.
        if theirs.contains(" object at 0x") || theirs.contains("<function") {
            continue;
        }
        *judged += 1;
        if ours != *theirs {
            differences.push(format!(
                "{}\n{}\n  here    {ours}\n  CPython {theirs}",
                case.entry, case.body
            ));
        }
    }
    assert!(
        differences.is_empty(),
        "{} differences\n{}",
        differences.len(),
        differences.join("\n")
    );
    let unjudged: Vec<_> = judged
        .iter()
        .filter(|(_, count)| **count < EXPRESSIONS / 4)
        .collect();
    assert!(
        unjudged.is_empty(),
        "hardly any case is judged of {unjudged:?}"
    );
}
