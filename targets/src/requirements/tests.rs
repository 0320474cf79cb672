//! Requirement files as pip reads them.

use std::collections::BTreeMap;
use std::io;

use model::ProjectReference;

use super::{
    Editable, ProjectTable, PyprojectTables, RequirementLine, RequirementsReader,
    read_pipfile_lock, read_pyproject, read_requirements_txt,
};
use crate::kinds::RequirementsFormat;

/// Reads `requirements.txt` among other files; prints one line per fact.
fn read(text: &str, others: &[(&str, &str)]) -> String {
    let env = BTreeMap::from([("TOKEN".to_owned(), "secret".to_owned())]);
    let open = |path: &str| {
        others
            .iter()
            .find(|(name, _)| *name == path)
            .map(|(_, text)| (*text).to_owned())
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such file"))
    };
    let reader = RequirementsReader {
        read: &open,
        env: &env,
    };
    match read_requirements_txt("3rdparty/requirements.txt", text, &reader) {
        Ok(file) => {
            let requirement = |entry: &RequirementLine| {
                let wanted = match entry.specifier.project() {
                    ProjectReference::Named(requirement) => requirement.to_string(),
                    ProjectReference::Unnamed { source, .. } => format!("?{source}"),
                };
                let editable = if entry.editable == Editable::Yes {
                    "-e "
                } else {
                    ""
                };
                let hashes: String = entry
                    .hashes
                    .iter()
                    .map(|hash| format!(" {}", &hash.to_string()[..9]))
                    .collect();
                format!("{}: {editable}{wanted}{hashes}", entry.specifier.place())
            };
            let constraint = |entry| format!("constraint {}", requirement(entry));
            let mut lines: Vec<String> = file
                .requirements
                .iter()
                .map(|line| requirement(line))
                .collect();
            lines.extend(file.constraints.iter().map(constraint));
            lines.extend(
                file.indexes
                    .iter()
                    .map(|index| format!("{:?} {}", index.kind, index.value)),
            );
            lines.extend(
                file.options
                    .iter()
                    .map(|(name, value, _)| format!("{name} {value}")),
            );
            lines.join("\n")
        }
        Err(error) => {
            let hint = error
                .hint
                .as_ref()
                .map(|hint| format!("\nhint: {hint}"))
                .unwrap_or_default();
            format!(
                "{}: {}\n{}{hint}",
                error.place, error.message, error.place.source_line
            )
        }
    }
}

#[test]
fn lines_comments_and_continuations() {
    insta::assert_snapshot!(read("\u{feff}# all\nattrs>=20  # why\n\nrequests[security] >= 2 ; \\\n  python_version >= '3.8'\r\nname # c\nlast", &[]), @"
    3rdparty/requirements.txt:2:1: attrs>=20
    3rdparty/requirements.txt:4:1: requests[security]>=2 ; python_full_version >= '3.8'
    3rdparty/requirements.txt:6:1: name
    3rdparty/requirements.txt:7:1: last
    ");
}

#[test]
fn urls_repositories_and_paths() {
    insta::assert_snapshot!(read(
        "pkg @ https://index.example/pkg-1.0.zip\n\
         git+https://git.example/x.git@v1#egg=My_Pkg\n\
         thing @ git+https://git.example/y.git@abc ; sys_platform == 'linux'\n\
         https://index.example/wheel_name-1.0-py3-none-any.whl\n\
         ./local/dir\n\
         ../up\n\
         -e ./edit[extra] ; python_version > '3'\n\
         https://${TOKEN}@index.example/sd-2.0.tar.gz\n", &[]), @"
    3rdparty/requirements.txt:1:1: pkg @ https://index.example/pkg-1.0.zip
    3rdparty/requirements.txt:2:1: my-pkg @ git+https://git.example/x.git@v1
    3rdparty/requirements.txt:3:1: thing @ git+https://git.example/y.git@abc ; sys_platform == 'linux'
    3rdparty/requirements.txt:4:1: wheel-name @ https://index.example/wheel_name-1.0-py3-none-any.whl
    3rdparty/requirements.txt:5:1: ? @ file:local/dir
    3rdparty/requirements.txt:6:1: ? @ file:../up
    3rdparty/requirements.txt:7:4: -e ? @ file:edit
    3rdparty/requirements.txt:8:1: sd @ https://secret@index.example/sd-2.0.tar.gz
    ");
}

#[test]
fn options_and_includes() {
    insta::assert_snapshot!(read(
        "--index-url=http://127.0.0.1/simple\n--extra-index-url http://index.example/s\n-f ./wheels --no-index\n--pre\n--no-binary :all:\n-r more.txt\n-c ../constraints.txt\n",
        &[("3rdparty/more.txt", "a\n-r deep/x.txt\n"), ("3rdparty/deep/x.txt", "b==1"), ("constraints.txt", "c<2")]), @"
    3rdparty/more.txt:1:1: a
    3rdparty/deep/x.txt:1:1: b==1
    constraint constraints.txt:1:1: c<2
    Index http://127.0.0.1/simple
    ExtraIndex http://index.example/s
    FindLinks ./wheels
    NoIndex 
    --pre 
    --no-binary :all:
    ");
}

#[test]
fn hashes() {
    let digest = "a".repeat(64);
    insta::assert_snapshot!(read(&format!("a==1 \\\n  --hash=sha256:{digest} \\\n  --hash sha256:{digest}\n"), &[]), @"3rdparty/requirements.txt:1:1: a==1 sha256:aa sha256:aa");
}

#[test]
fn errors_point_at_the_place() {
    insta::assert_snapshot!(read("ok\n  name >>= 1\n", &[]), @r#"
    3rdparty/requirements.txt:2:8: not a requirement: no such comparison operator ">>=", must be one of ~= == != <= >= < > ===
      name >>= 1
    "#);
    insta::assert_snapshot!(read("a==1 \\\n  ; python_versio < '3'\n", &[]), @"
    3rdparty/requirements.txt:2:5: not a requirement: Expected a quoted string or a valid marker name, found `python_versio`
      ; python_versio < '3'
    ");
    insta::assert_snapshot!(read("a --hash=sha256:12\n", &[]), @"
    3rdparty/requirements.txt:1:10: `sha256:12` is not a hash: expected 64 hexadecimal digits
    a --hash=sha256:12
    ");
    insta::assert_snapshot!(read("--indx-url x\n", &[]), @"
    3rdparty/requirements.txt:1:1: unknown option `--indx-url`
    --indx-url x
    hint: did you mean `--index-url`?
    ");
    insta::assert_snapshot!(read("-r absent.txt\n", &[]), @"
    3rdparty/requirements.txt:1:4: cannot read `3rdparty/absent.txt`: no such file
    -r absent.txt
    ");
    insta::assert_snapshot!(read("-r more.txt\n", &[("3rdparty/more.txt", "-r more.txt")]), @"
    3rdparty/more.txt:1:4: `3rdparty/more.txt` includes itself: 3rdparty/requirements.txt -> 3rdparty/more.txt
    -r more.txt
    ");
    insta::assert_snapshot!(read("-r http://index.example/r.txt", &[]), @"
    3rdparty/requirements.txt:1:4: requirement files from a URL are not supported
    -r http://index.example/r.txt
    hint: keep the file in the repository
    ");
    insta::assert_snapshot!(read("a --index-url x", &[]), @"
    3rdparty/requirements.txt:1:3: the option `--index-url` must stand on a line of its own
    a --index-url x
    ");
}

#[test]
fn cut_off_files_are_errors_at_worst() {
    let whole = "-r more.txt --pre\n-e ./é[x] ; python_version>'3' --hash=sha256:00\na[b,c]>=1,<2;os_name=='x' \\\n --hash sha256:12 # c\nn @ git+https://x/y@z#egg=n&subdirectory=s\n./p.whl\n${TOKEN} ${ --index-url='h t'\n";
    for end in (0..=whole.len()).filter(|end| whole.is_char_boundary(*end)) {
        read(&whole[..end], &[("3rdparty/more.txt", &whole[end..])]);
        read(&whole[end..], &[]);
    }
}

/// The requirements of a `pyproject.toml` that is read in a format; constraints and overrides after
/// them.
fn of_project(format: RequirementsFormat, text: &str) -> String {
    match read_pyproject(
        ("pyproject.toml", text),
        &PyprojectTables::of(format, ProjectTable::Read),
    ) {
        Ok(file) => {
            let mut lines: Vec<String> = file.requirements.iter().map(|line| said(line)).collect();
            lines.extend(
                file.constraints
                    .iter()
                    .map(|line| format!("-c {}", said(line))),
            );
            lines.extend(
                file.overrides
                    .iter()
                    .map(|line| format!("override {}", said(line))),
            );
            lines.join("\n")
        }
        Err(error) => format!(
            "{error}\n{}{}",
            error.place.source_line,
            error
                .hint
                .as_ref()
                .map(|hint| format!("\nhint: {hint}"))
                .unwrap_or_default()
        ),
    }
}

fn said(line: &RequirementLine) -> String {
    format!("{}: {}", line.specifier.place(), line.specifier.spelling())
}

#[test]
fn pyproject() {
    let read = |text: &str| of_project(RequirementsFormat::Standard, text);
    insta::assert_snapshot!(read("[project]\ndependencies = [\n  \"a>=1\",\n]\n[project.optional-dependencies]\nx = [\"b\"]\n"), @"
    pyproject.toml:3:4: a>=1
    pyproject.toml:6:7: b
    ");
    insta::assert_snapshot!(read("[project]\ndependencies = [\"a >\"]\n"), @r#"
    pyproject.toml:2:20: not a requirement: Unexpected end of version specifier, expected version
    dependencies = ["a >"]
    "#);
    insta::assert_snapshot!(read("[project]\ndependencies = {}\n"), @"
    pyproject.toml:2:16: `project.dependencies` must be a list of texts
    dependencies = {}
    ");
    insta::assert_snapshot!(read("[tool.poetry]\n"), @"
    pyproject.toml: there is no `[project]` table (PEP 621)

    hint: `poetry_requirements` reads Poetry's tables, `uv_requirements` those of uv
    ");
    insta::assert_snapshot!(read("[project\n"), @"
    pyproject.toml:1:9: not valid TOML: unclosed table, expected `]`
    [project
    ");
}

#[test]
fn dependency_groups() {
    let read = |text: &str| of_project(RequirementsFormat::Standard, text);
    insta::assert_snapshot!(read("[dependency-groups]\ntest = [\"pytest>=7\", {include-group = \"Lint_it\"}]\nlint-it = [\"ruff\"]\n"), @"
    pyproject.toml:2:10: pytest>=7
    pyproject.toml:3:13: ruff
    ");
    insta::assert_snapshot!(read("[dependency-groups]\ntest = [{include-group = \"lnt\"}]\nlint = []\n"), @r#"
    pyproject.toml:2:9: there is no dependency group `lnt`
    test = [{include-group = "lnt"}]
    hint: did you mean `lint`?
    "#);
    insta::assert_snapshot!(read("[dependency-groups]\ntest = [{include = \"lint\"}]\n"), @r#"
    pyproject.toml:2:9: `dependency-groups.test` has an item that is neither a text nor `{include-group = "…"}`
    test = [{include = "lint"}]
    "#);
    insta::assert_snapshot!(read("[dependency-groups]\na = [{include-group = \"b\"}]\nb = [{include-group = \"A\"}]\nc = [{include-group = \"a\"}]\n"), @r#"
    pyproject.toml:2:5: dependency groups include each other: `a` -> `b` -> `a`
    a = [{include-group = "b"}]
    "#);
    insta::assert_snapshot!(read("[dependency-groups]\nx-y = []\nX_Y = [\"a\"]\n"), @r#"
    pyproject.toml:3:7: there are two dependency groups `x-y`
    X_Y = ["a"]
    "#);
    insta::assert_snapshot!(read("[dependency-groups]\n\"x y\" = []\n"), @r#"
    pyproject.toml:2:9: `x y` cannot be the name of a dependency group
    "x y" = []
    hint: a name has letters, digits, `-`, `_` and `.`
    "#);
    insta::assert_snapshot!(read("[project]\n[project.optional-dependencies]\n\"x!\" = []\n"), @r#"
    pyproject.toml:3:8: `x!` cannot be the name of an extra
    "x!" = []
    hint: a name has letters, digits, `-`, `_` and `.`
    "#);
    insta::assert_snapshot!(read("[dependency-groups]\ntest = \"pytest\"\n"), @r#"
    pyproject.toml:2:8: `dependency-groups` must be a table of lists
    test = "pytest"
    "#);
}

#[test]
fn tables_of_uv() {
    let read = |text: &str| of_project(RequirementsFormat::Uv, text);
    insta::assert_snapshot!(read("[project]\nname = \"app\"\ndependencies = [\"lib\", \"a[x]>=1 ; os_name == 'posix'\", \"b\", \"c\", \"d\", \"e\"]\n[tool.uv]\ndev-dependencies = [\"mypy\"]\nconstraint-dependencies = [\"z<2\"]\noverride-dependencies = [\"y>=3\"]\n[tool.uv.sources]\nlib = { workspace = true }\na = { git = \"https://git.example/a\", tag = \"v1\", subdirectory = \"s\" }\nb = { url = \"https://x.example/b-1-py3-none-any.whl\" }\nc = { path = \"../c\" }\nd = { index = \"own\" }\ne = [{ git = \"https://git.example/e\", marker = \"sys_platform == 'linux'\" }, { index = \"own\", marker = \"sys_platform != 'linux'\" }]\n"), @r#"
    pyproject.toml:3:62: the source of `c` is not in the repository
    dependencies = ["lib", "a[x]>=1 ; os_name == 'posix'", "b", "c", "d", "e"]
    hint: `tool.uv.sources` has the path
    "#);
    // A source for some environments, extras or groups leaves the others as they are.
    insta::assert_snapshot!(read("[project]\nname = \"app\"\ndependencies = [\"a>=1\", \"b>=1 ; os_name == 'nt'\", \"c>=1\", \"lib\"]\n[project.optional-dependencies]\nx = [\"c>=2\"]\n[dependency-groups]\ndev = [\"c>=3\"]\n[tool.uv.sources]\na = { git = \"https://git.example/a\", marker = \"sys_platform == 'linux'\" }\nb = [{ url = \"https://x.example/b-1-py3-none-any.whl\", marker = \"os_name == 'nt'\" }, { index = \"own\", marker = \"os_name == 'posix'\" }]\nc = [{ git = \"https://git.example/c\", extra = \"x\" }, { path = \"c\", group = \"dev\" }]\nlib = { workspace = true, marker = \"os_name == 'nt'\" }\n"), @"
    pyproject.toml:3:18: a @ git+https://git.example/a ; (sys_platform == 'linux')
    pyproject.toml:3:18: a>=1 ; (sys_platform != 'linux')
    pyproject.toml:3:26: b @ https://x.example/b-1-py3-none-any.whl ; (os_name == 'nt') and (os_name == 'nt')
    pyproject.toml:3:52: c>=1
    pyproject.toml:3:60: lib ; (os_name != 'nt')
    pyproject.toml:5:7: c @ git+https://git.example/c
    pyproject.toml:7:9: ./c
    ");
    insta::assert_snapshot!(read("[project]\nname = \"app\"\ndependencies = [\"a\"]\n[tool.uv.sources]\na = { git = \"https://git.example/a\", marker = \"sys_platfrm == 'linux'\" }\n"), @r#"
    pyproject.toml:3:18: `sys_platfrm == 'linux'` of `a` in `tool.uv.sources`: `sys_platfrm == 'linux'` is not an environment marker (PEP 508): Expected a quoted string or a valid marker name, found `sys_platfrm`
    dependencies = ["a"]
    "#);
    insta::assert_snapshot!(read("[tool.other]\n"), @"pyproject.toml: there is no `[tool.uv]`, `[project]` or `[dependency-groups]` table");
    insta::assert_snapshot!(read("[tool.uv]\nconstraint-dependencies = [\"z <\"]\n"), @r#"
    pyproject.toml:2:31: not a requirement: Unexpected end of version specifier, expected version
    constraint-dependencies = ["z <"]
    "#);
}

#[test]
fn tables_of_poetry() {
    let read = |text: &str| of_project(RequirementsFormat::Poetry, text);
    insta::assert_snapshot!(read("[tool.poetry.dependencies]\npython = \"^3.8\"\na = \"^1.2\"\nb = { version = \"~2\", extras = [\"x\", \"y\"], python = \"<3.11\", markers = \"os_name == 'nt'\" }\nc = [{ version = \"1.*\", python = \"<3.9\" }, { version = \"2\", python = \">=3.9\" }]\nd = { git = \"git@host.example:o/d.git\", rev = \"abc\" }\nown = { path = \"../own\", develop = true }\n[tool.poetry.dev-dependencies]\nf = \"*\"\n[tool.poetry.group.test.dependencies]\nf = \"1.0\"\ng = { url = \"https://x.example/g-1.tar.gz\" }\n"), @"
    pyproject.toml:3:5: a >=1.2,<2.0.0
    pyproject.toml:4:5: b[x,y] >=2,<3.0.0 ; (os_name == 'nt') and (python_version < '3.11')
    pyproject.toml:5:5: c >=1.0,<2.0 ; (python_version < '3.9')
    pyproject.toml:5:5: c ==2 ; (python_version >= '3.9')
    pyproject.toml:6:5: d @ git+ssh://git@host.example/o/d.git@abc
    pyproject.toml:11:5: f ==1.0
    pyproject.toml:12:5: g @ https://x.example/g-1.tar.gz
    ");
    insta::assert_snapshot!(read("[project]\nname = \"x\"\n"), @"
    pyproject.toml: there is no `[tool.poetry]` table

    hint: `python_requirements` reads `[project]` and `[dependency-groups]`
    ");
    insta::assert_snapshot!(read("[tool.poetry.dependencies]\na = \"^1 || ^2\"\n"), @r#"
    pyproject.toml:2:5: `a` in `tool.poetry`: `^1 || ^2` has alternatives, which PEP 440 cannot express
    a = "^1 || ^2"
    "#);
    insta::assert_snapshot!(read("[tool.poetry.dependencies]\na = { extras = [\"x\"] }\n"), @r#"
    pyproject.toml:2:5: `a` in `tool.poetry`: needs one of `version`, `git`, `url` and `path`
    a = { extras = ["x"] }
    "#);
}

#[test]
fn groups_of_poetry_that_include_others() {
    let read = |text: &str| {
        let tables = PyprojectTables::of(RequirementsFormat::Poetry, ProjectTable::Read);
        let text = format!("[dependency-groups]\ndocs = [\"d\"]\n[tool.poetry.group]\n{text}");
        let file = read_pyproject(("pyproject.toml", &text), &tables);
        match file {
            Ok(file) => format!("{:?}", file.groups),
            Err(error) => error.to_string(),
        }
    };
    insta::assert_snapshot!(read("all.include-groups = [\"Test\", \"docs\"]\ntest.dependencies.t = \"1\"\n"), @r#"[(Group("test"), []), (Group("docs"), []), (Group("all"), [Group("test"), Group("docs")])]"#);
    insta::assert_snapshot!(read("all.include-groups = [\"tset\"]\ntest.dependencies.t = \"1\"\n"), @"pyproject.toml:4:23: there is no dependency group `tset`");
    insta::assert_snapshot!(read("all.include-groups = \"test\"\ntest.dependencies.t = \"1\"\n"), @"pyproject.toml:4:22: `tool.poetry.group.all.include-groups` must be a list of texts");
    insta::assert_snapshot!(read("a.include-groups = [\"b\"]\nb.include-groups = [\"a\"]\n"), @"pyproject.toml:4:1: dependency groups include each other: `a` -> `b` -> `a`");
}

#[test]
fn dependencies_of_a_project_that_poetry_enriches() {
    let read = |text: &str| of_project(RequirementsFormat::Poetry, text);
    let project = "[project]\nname = \"app\"\ndependencies = [\"a>=1\"]\n";
    insta::assert_snapshot!(read(&format!("{project}[tool.poetry.dependencies]\na = {{ source = \"own\" }}\nb = {{ allow-prereleases = true }}\n")), @"pyproject.toml:3:18: a>=1");
    insta::assert_snapshot!(read(&format!("{project}[tool.poetry.group.dev.dependencies]\nc = {{ source = \"own\" }}\n")), @r#"
    pyproject.toml:5:5: `c` in `tool.poetry`: needs one of `version`, `git`, `url` and `path`
    c = { source = "own" }
    "#);
    insta::assert_snapshot!(read("[tool.poetry.dependencies]\na = { version = \"1.x\", platform = \"darwin\" }\n"), @"pyproject.toml:2:5: a >=1.0,<2.0 ; ((sys_platform == 'darwin'))");
}

#[test]
fn lock_of_pipenv() {
    let read = |text: &str| match read_pipfile_lock("Pipfile.lock", text) {
        Ok(file) => {
            let lines: Vec<String> = file.requirements.iter().map(|line| said(line)).collect();
            lines.join("\n")
        }
        Err(error) => error.to_string(),
    };
    insta::assert_snapshot!(read("{\"_meta\": {\"hash\": {}}, \"default\": {\n\"a\": {\"version\": \"==1.0\", \"extras\": [\"x\"], \"markers\": \"os_name == 'nt'\", \"hashes\": []},\n\"b\": {\"git\": \"https://git.example/b\", \"ref\": \"abc\"},\n\"own\": {\"path\": \".\", \"editable\": true}},\n\"develop\": {\"c\": {\"version\": \"*\"}}}"), @"
    Pipfile.lock:2:2: a[x]==1.0 ; os_name == 'nt'
    Pipfile.lock:3:2: b @ git+https://git.example/b@abc
    Pipfile.lock:5:14: c
    ");
    insta::assert_snapshot!(read("{\"default\": \n]"), @"Pipfile.lock:2:1: not valid JSON: expected value at line 2 column 1");
    insta::assert_snapshot!(read("{\"default\": {\"a\": 1}}"), @"Pipfile.lock: not a Pipfile.lock: invalid type: integer `1`, expected struct Package");
}
