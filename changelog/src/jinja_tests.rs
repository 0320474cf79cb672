//! Expressions of templates beside what Jinja prints for them.

use minijinja::Value;

/// An expression, and what Jinja 3.1 prints for it.
const EXPRESSIONS: &[(&str, &str)] = &[
    ("'Some longer text here'|truncate(7)", "Some..."),
    ("'Some longer text here'|truncate(10, true)", "Some lo..."),
    (
        "'Some longer text here'|truncate(10, True, '…')",
        "Some long…",
    ),
    ("'Some longer text here'|truncate(10, end='..')", "Some.."),
    ("'Some longer text here'|truncate(10, leeway=0)", "Some..."),
    (
        "'Some longer text here'|truncate(length=10, killwords=true, end='', leeway=0)",
        "Some longe",
    ),
    ("'Some text'|truncate(7)", "Some text"),
    (
        "'ein kurzes 한글 wort und mehr'|truncate(12, false, '...', 0)",
        "ein...",
    ),
    ("'x'|truncate", "x"),
    ("('word '*80)|truncate|length", "252"),
    ("'a b c d e f g'|wordwrap(5)", "a b c\nd e f\ng"),
    (
        "'a long-hyphenated-word here'|wordwrap(8, true, '|')",
        "a long-h|yphenate|d-word|here",
    ),
    (
        "'abcdefghij kl'|wordwrap(4, break_long_words=false)",
        "abcdefghij\nkl",
    ),
    (
        "'a long-hyphenated-word here'|wordwrap(8, wrapstring='|', break_on_hyphens=false)",
        "a long-h|yphenate|d-word|here",
    ),
    (
        "'one two three\nfour five'|wordwrap(9)",
        "one two\nthree\nfour five",
    ),
    ("'a\nb\n\nc'|indent", "a\n    b\n\n    c"),
    ("'a\nb\n\nc'|indent(2, true)", "  a\n  b\n\n  c"),
    ("'a\nb\n\nc'|indent(2, true, true)", "  a\n  b\n  \n  c"),
    ("'a\nb'|indent('> ')", "a\n> b"),
    ("'a\nb'|indent(width=3, first=true)", "   a\n   b"),
    ("'ab'|center(6) ~ '|'", "  ab  |"),
    ("'ab'|center(7) ~ '|'", "   ab  |"),
    ("[3, 1, 2]|sort(true)", "[3, 2, 1]"),
    ("[3, 1, 2]|sort(reverse=true)", "[3, 2, 1]"),
    ("['b', 'A', 'c']|sort(false, true)", "['A', 'b', 'c']"),
    (
        "['b', 'A', 'c']|sort(case_sensitive=true)",
        "['A', 'b', 'c']",
    ),
    (
        "[{'a': 2}, {'a': 1}]|sort(attribute='a')",
        "[{'a': 1}, {'a': 2}]",
    ),
    (
        "[{'a': 2}, {'a': 1}]|sort(false, false, 'a')",
        "[{'a': 1}, {'a': 2}]",
    ),
    ("{'b': 1, 'A': 2}|dictsort(true)", "[('A', 2), ('b', 1)]"),
    (
        "{'b': 1, 'A': 2}|dictsort(false, 'value')",
        "[('b', 1), ('A', 2)]",
    ),
    (
        "{'b': 1, 'A': 2}|dictsort(by='value', reverse=true)",
        "[('A', 2), ('b', 1)]",
    ),
    (
        "{'b': 1, 'A': 2}|dictsort(false, 'key', true)",
        "[('b', 1), ('A', 2)]",
    ),
    (
        "[{'k': 1, 'v': 'x'}, {'k': 1, 'v': 'y'}]|groupby('k')|length",
        "1",
    ),
    (
        "[{'k': 1, 'v': 'x'}, {'v': 'y'}]|groupby('k', 0)|map('first')|list",
        "[0, 1]",
    ),
    ("[1, 2, 3]|batch(2)|list", "[[1, 2], [3]]"),
    ("[1, 2, 3]|batch(2, 0)|list", "[[1, 2], [3, 0]]"),
    ("[1, 2, 3, 4, 5]|slice(2)|list", "[[1, 2, 3], [4, 5]]"),
    (
        "[1, 2, 3, 4, 5]|slice(3, 0)|list",
        "[[1, 2], [3, 4], [5, 0]]",
    ),
    ("2.567|round", "3.0"),
    ("2.567|round(2)", "2.57"),
    ("2.567|round(1, 'floor')", "2.5"),
    ("2.1|round(method='ceil')", "3.0"),
    ("42|round", "42"),
    ("'a-b-c'|replace('-', '_')", "a_b_c"),
    ("'a-b-c'|replace('-', '_', 1)", "a_b-c"),
    ("undefinedthing|default('x')", "x"),
    ("''|default('x', true)", "x"),
    ("''|d('x', boolean=true)", "x"),
    ("['a', 'b']|join('-')", "a-b"),
    ("[{'n': 'a'}, {'n': 'b'}]|join('-', 'n')", "a-b"),
    ("[{'n': 'a'}, {'n': 'b'}]|join(', ', attribute='n')", "a, b"),
    ("'%s is %d'|format('x', 3)", "x is 3"),
    ("'%(a)s'|format(a=1)", "1"),
    (
        "'%.2f|%5s|%-5s|'|format(1.234, 'x', 'y')",
        "1.23|    x|y    |",
    ),
    ("[1, 2, 3]|sum", "6"),
    ("[{'n': 1}, {'n': 2}]|sum('n')", "3"),
    ("[{'n': 1}, {'n': 2}]|sum(attribute='n', start=10)", "13"),
    ("[1, 1, 2]|unique|list", "[1, 2]"),
    ("['a', 'A', 'b']|unique|list", "['a', 'b']"),
    ("['a', 'A', 'b']|unique(true)|list", "['a', 'A', 'b']"),
    (
        "[{'n': 1}, {'n': 1}]|unique(attribute='n')|list",
        "[{'n': 1}]",
    ),
    ("[3, 1]|max", "3"),
    ("[3, 1]|min", "1"),
    ("['a', 'B']|max", "B"),
    ("['a', 'B']|min(true)", "B"),
    ("[{'n': 1}, {'n': 3}]|max(attribute='n')", "{'n': 3}"),
    ("'ab cd'|wordcount", "2"),
    ("'<b>x</b> y'|striptags", "x y"),
    ("'hello world'|capitalize", "Hello world"),
    ("\"it's a test-case\"|title", "It's A Test-Case"),
    ("'  x '|trim", "x"),
    ("'xxaxx'|trim('x')", "a"),
    ("'abc'|first", "a"),
    ("'abc'|last", "c"),
    ("'abc'|reverse", "cba"),
    ("[1, 2]|reverse|list", "[2, 1]"),
    ("'abc'|list", "['a', 'b', 'c']"),
    ("'12.7'|int", "12"),
    ("'12.7'|float", "12.7"),
    ("'x'|float(1.5)", "1.5"),
    ("'0x1f'|int(0, 16)", "31"),
    ("'101'|int(base=2)", "5"),
    ("'x'|int(default=7)", "7"),
    ("123456|filesizeformat", "123.5 kB"),
    ("123456|filesizeformat(true)", "120.6 KiB"),
    ("1|filesizeformat", "1 Byte"),
    ("-5|abs", "5"),
    ("['a', 'bb']|map('length')|list", "[1, 2]"),
    ("['a', 'bb']|map('upper')|join", "ABB"),
    (
        "[{'n': 'a'}, {}]|map(attribute='n', default='z')|list",
        "['a', 'z']",
    ),
    ("[{'n': 'a'}]|map(attribute='n')|list", "['a']"),
    ("['x-y']|map('replace', '-', '_')|list", "['x_y']"),
    ("[0, 1, 2]|select|list", "[1, 2]"),
    ("[0, 1, 2]|select('odd')|list", "[1]"),
    ("[0, 1, 2]|select('greaterthan', 1)|list", "[2]"),
    ("[0, 1, 2]|rejectattr('x')|list", "[0, 1, 2]"),
    ("[{'a': 1}, {'a': 0}]|selectattr('a')|list", "[{'a': 1}]"),
    (
        "[{'a': 1}, {'a': 0}]|selectattr('a', 'equalto', 0)|list",
        "[{'a': 0}]",
    ),
    (
        "[{'a': 1}, {'a': 0}]|selectattr('a', '==', 1)|list",
        "[{'a': 1}]",
    ),
    ("'a&b<c>'|escape", "a&amp;b&lt;c&gt;"),
    ("'a&b'|e", "a&amp;b"),
    ("{'a': 1}|items|list", "[('a', 1)]"),
    ("'x'|string", "x"),
    ("1.0|string", "1.0"),
    ("'ab'|attr('x') is undefined", "True"),
    ("'a'|upper|lower", "a"),
    ("{'a': {'b': 1}}|length", "1"),
    ("'abc'|count", "3"),
    ("'a' is string", "True"),
    ("3 is divisibleby(3)", "True"),
    ("3 is divisibleby 2", "False"),
    ("none is none", "True"),
    ("[] is iterable", "True"),
    ("{} is mapping", "True"),
    ("1 is number", "True"),
    ("1.5 is float", "True"),
    ("1 is integer", "True"),
    ("true is boolean", "True"),
    ("'a' is in('abc')", "True"),
    ("'a' in ['a']", "True"),
    ("'A' is upper", "True"),
    ("'a' is lower", "True"),
    ("'a' is sameas('a')", "True"),
    ("1 is eq 1", "True"),
    ("2 is gt(1)", "True"),
    ("'abc'[1:]", "bc"),
    ("'abc'[::-1]", "cba"),
    ("'abc'[-1]", "c"),
    ("[1, 2, 3][:2]", "[1, 2]"),
    ("'a' ~ 1 ~ none", "a1None"),
    ("7 // 2", "3"),
    ("-7 // 2", "-4"),
    ("7 % 3", "1"),
    ("2 ** 3", "8"),
    ("1 / 2", "0.5"),
    ("'ab' * 2", "abab"),
    ("[1] + [2]", "[1, 2]"),
    ("'a' if false", ""),
    ("'a' if false else 'b'", "b"),
    ("not 1", "False"),
    ("1 < 2 < 3", "True"),
    ("1 == 1.0", "True"),
    ("('a', 'b')", "('a', 'b')"),
    ("{'a': [1, none, true]}", "{'a': [1, None, True]}"),
    ("'a\\nb'", "a\nb"),
    ("range(1, 10, 3)|list", "[1, 4, 7]"),
    ("'x y'.split()", "['x', 'y']"),
    ("'abc'.find('c')", "2"),
    ("'a.b.c'.rsplit('.', 1)", "['a.b', 'c']"),
    ("'abc'.startswith(('x', 'a'))", "True"),
    ("'{}-{x}'.format(1, x=2)", "1-2"),
    (
        "'{:>5}|{:<4}|{:^5}'.format('a', 'b', 'c')",
        "    a|b   |  c  ",
    ),
    ("'{:,}'.format(1234567)", "1,234,567"),
    ("'abc'.center(9, '*')", "***abc***"),
    ("'abc'.ljust(5, '.') ~ '7'.zfill(3)", "abc..007"),
    ("'abc'.isdigit() or '12'.isdigit()", "True"),
    ("'Hello World'.swapcase()", "hELLO wORLD"),
    ("'a b'.title()", "A B"),
    ("'x'.join(['a', 'b'])", "axb"),
    ("'abc'.count('b')", "1"),
    ("'axbx'.removesuffix('x') ~ 'xa'.removeprefix('x')", "axba"),
    ("'a\\nb'.splitlines()", "['a', 'b']"),
    ("'abc'.index('c')", "2"),
    ("{'a': 1}.keys()|list", "['a']"),
    ("{'a': 1}.values()|list", "[1]"),
    ("{'a': 1, 'b': 2}.get('z', 3)", "3"),
    ("[1, 2, 2].count(2)", "2"),
    ("'%s' % 1", "1"),
    ("'%s %s' % (1, 'a')", "1 a"),
    ("'%5.2f|' % 1.5", " 1.50|"),
    ("'%(a)s' % {'a': 1}", "1"),
    ("'%s' % [1, 2]", "[1, 2]"),
    ("'%-5s|%03d' % ('a', 7)", "a    |007"),
    ("'%d%%' % 5", "5%"),
    ("'%s' % 'a'|upper ~ 'x'", "Ax"),
    ("('%s' % ('a' ~ 'b'))|length + 7 % 4", "5"),
    ("-7 % 3 ~ 7.5 % 2 ~ 2 * 7 % 4", "21.52"),
    ("[[1, 2], [3, 4]]|sum(attribute=1)", "6"),
    ("[[1], [2]]|sum(start=[])", "[1, 2]"),
    (
        "[('b', 1), ('a', 2)]|sort(attribute=0)|map(attribute=1)|list",
        "[2, 1]",
    ),
    (
        "[('a', 1), ('b', 1)]|unique(attribute=1)|list",
        "[('a', 1)]",
    ),
    ("[('a', 1), ('b', 2)]|max(attribute=1)", "('b', 2)"),
    (
        "[('a', 2), ('b', 1)]|groupby(1)|list",
        "[(1, [('b', 1)]), (2, [('a', 2)])]",
    ),
    ("[1, 'a']|tojson", "[1, \"a\"]"),
    (
        "{'b': [1, none, true, 'é<'], 'a': {}}|tojson",
        "{\"a\": {}, \"b\": [1, null, true, \"\\u00e9\\u003c\"]}",
    ),
    (
        "{'a': [1, 2], 'b': []}|tojson(indent=2)",
        "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": []\n}",
    ),
    ("'a b/é&'|urlencode", "a%20b/%C3%A9%26"),
    ("{'a': 'x y', 'b': '/'}|urlencode", "a=x+y&b=%2F"),
    ("[('a', 1)]|urlencode", "a=1"),
    ("[1, 'a']|pprint", "[1, 'a']"),
    ("'<a>'|forceescape", "&lt;a&gt;"),
    ("dict is callable", "True"),
    ("1 is callable", "False"),
    ("{} is sequence", "True"),
    ("'ß'.casefold() ~ 'A'.casefold()", "ssa"),
    ("'a\\tb'.expandtabs(4)", "a   b"),
    ("'Ab Cd'.istitle() and not 'AB'.istitle()", "True"),
    ("'a'.isascii() and 'a_1'.isidentifier()", "True"),
    ("'12'.isdecimal() and '12'.isnumeric()", "True"),
    ("'a.b.c'.partition('.')", "('a', '.', 'b.c')"),
    ("{'a': 1}.items()|list", "[('a', 1)]"),
    ("{'b': 1, 'a': 2}.items()|sort|first", "('a', 2)"),
    ("dict([('a', 1)], b=2)", "{'a': 1, 'b': 2}"),
    ("loop is defined", "False"),
];

/// A template, and what Jinja 3.1 makes of it.
const TEMPLATES: &[(&str, &str)] = &[
    ("{% block a %}x{% endblock a %}{{ self.a() }}", "xx"),
    ("{% set v = 1 %}{% block a %}[{{ v }}]{% endblock %}", "[1]"),
    (
        "{% for i in [1,2] %}{% block a scoped %}{{ i }}{% endblock %}{% endfor %}",
        "12",
    ),
    (
        "{% block outer %}<{% block inner %}i{% endblock %}>{% endblock %}",
        "<i>",
    ),
    (
        "{% macro m() %}M{% endmacro %}{% block a %}{{ m() }}{% endblock %}",
        "M",
    ),
    (
        "{% macro m(a) %}{{ a }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, 3, x=4) }}",
        "1(2, 3){'x': 4}",
    ),
    (
        "{% macro m(a, b='z') %}{{ a }}{{ b }}{{ kwargs.get('c', 'no') }}{% endmacro %}{{ m(1) }}{{ m(1, c=2) }}{{ m(b=3, a=2) }}",
        "1zno1z223no",
    ),
    (
        "{% macro m() %}{{ kwargs|length }}{{ varargs|length }}{% endmacro %}{{ m() }}{{ m(1) }}{{ m(a=1) }}{{ m(1, a=1) }}{{ m(*[1,2,3]) }}{{ m(**{'a': 1, 'b': 2}) }}{{ m(m(1), m(a=2)) }}",
        "00011011032002",
    ),
    (
        "{% macro m() %}{{ caller(*varargs) }}{% endmacro %}{% call(a, b) m(1, 2) %}{{ a }}/{{ b }}{% endcall %}",
        "1/2",
    ),
    (
        "{% macro m() %}{{ caller() }}{{ kwargs }}{% endmacro %}{% call m(k=1) %}B{% endcall %}",
        "B{'k': 1}",
    ),
    (
        "{% macro a() %}{{ varargs }}{% endmacro %}{% macro b() %}{{ a(*varargs) }}{% endmacro %}{{ b(1, 2) }}",
        "(1, 2)",
    ),
    (
        "{% macro a() %}{{ varargs|join }}{% endmacro %}{{ ['p']|map('upper')|join }}{{ a.name }}{{ {'a': 1}.a }}{% set a2 = a('k') %}{{ a2 }}",
        "Pa1k",
    ),
    (
        "{% macro a(varargs) %}{{ varargs }}{% endmacro %}{{ a(3) }}",
        "3",
    ),
    (
        "{% macro m(a, b=a, c=b ~ '!') -%} {{ a }}{{ b }}{{ c }} {%- endmacro %}{{ m(1) }}|{{ m(1, 2) }}|{{ m(1, c=3) }}|{{ m(a='x', b='y') }}",
        "111!|122!|113|xyy!",
    ),
    (
        "{% macro m(a, b=a.upper(), c=[a, 1]) %}{{ b }}{{ c }}{% endmacro %}{{ m('q') }}",
        "Q['q', 1]",
    ),
    (
        "{% macro m(a='a', b='a') %}{{ a }}{{ b }}{% endmacro %}{{ m('z') }}",
        "za",
    ),
    (
        "{% raw %}{{ [] }} {% set a = [] %} {{ 'x' % 1 }}{% endraw %}{{ [] }}",
        "{{ [] }} {% set a = [] %} {{ 'x' % 1 }}[]",
    ),
    ("{%- raw -%} {{ [] }} {%- endraw -%} {{ 1 }}", "{{ [] }}1"),
    (
        "{{ '%r' % 'a' }} {{ '%r' % 1 }} {{ '%r|%s' % (['a'], none) }}",
        "'a' 1 ['a']|None",
    ),
    ("{{ '%a' % 'é' }}", "'\\xe9'"),
    ("{{ '%r'|format('a') }}", "'a'"),
    ("{{ '%*d' % (5, 3) }}", "    3"),
    ("{{ '%(a)s %(b)r' % {'a': 1, 'b': 'x'} }}", "1 'x'"),
    ("{{ '{a}'.format_map({'a': 1}) }}", "1"),
    (
        "{{ '%s' % undefinedvar }}|{{ '{}'.format(undefinedvar) }}|{{ ['a', undefinedvar]|join('-') }}",
        "||a-",
    ),
    (
        "{{ '-3.9'|int }}{{ '1e3'|int }}{{ '1e400'|int }}{{ 'nan'|int(5) }}",
        "-3100005",
    ),
];

#[test]
fn as_jinja_prints() {
    let mut others = Vec::new();
    let shown = |(expression, expected): &(&str, &'static str)| {
        (format!("{{{{ {expression} }}}}"), *expected)
    };
    let templates = TEMPLATES
        .iter()
        .map(|(template, expected)| ((*template).to_owned(), *expected));
    for (template, expected) in EXPRESSIONS.iter().map(shown).chain(templates) {
        match crate::jinja::render("t", &template, Value::from(())) {
            Ok(printed) if printed == expected => {}
            other => others.push(format!("{template}: {other:?}, Jinja {expected:?}")),
        }
    }
    assert!(others.is_empty(), "{}", others.join("\n"));
}

/// What makes no sense in notes, and what Jinja does not do either, is refused by name.
#[test]
fn what_is_left_out() {
    let errors = [
        "{{ 'x'|urlize(10, target='_blank') }}",
        "{{ {'a': 1}|xmlattr }}",
        "{{ [1, 2]|random }}",
        "{{ 'a'.encode() }}",
        "{{ 'a'.translate({97: 'b'}) }}",
        "{{ '{a.b}'.format(a=1) }}",
        "{{ '%s' % (1, 2) }}",
        "{{ '%s %s'|format(1) }}",
        "\n{% extends 'base' %}",
        "{% include 'other' %}",
        "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}",
        "{% macro m(a) %}{{ varargs }}{% endmacro %}{{ m(1, b=2) }}",
    ];
    let error = |template| crate::jinja::render("t", template, Value::from(())).unwrap_err();
    let errors = errors.map(|template| error(template).to_string());
    insta::assert_snapshot!(errors.join("\n"), @r#"
    invalid operation: the filter `urlize` is left out: it makes HTML (in t:1)
    invalid operation: the filter `xmlattr` is left out: it makes HTML (in t:1)
    invalid operation: the filter `random` is left out: notes must be the same each time (in t:1)
    unknown method: templates have no method `encode` for a string (in t:1)
    unknown method: templates have no method `translate` for a string (in t:1)
    invalid operation: a format here shows no attributes, as in `{name.attribute}` (in t:1)
    invalid operation: more values than `%` has places for (in t:1)
    invalid operation: fewer values than `%` has places for (in t:1)
    template not found: template "base" does not exist (in t:2)
    template not found: tried to include non-existing template 'other' (in t:1)
    too many arguments (in t:1)
    too many arguments: unknown keyword argument `b` (in t:1)
    "#);
}
