//! Requirement files as pip reads them.

use std::collections::BTreeMap;
use std::io;

use super::{Editable, Reader, Wanted, read_pyproject, read_requirements_txt};

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
    let reader = Reader {
        read: &open,
        env: &env,
    };
    match read_requirements_txt("3rdparty/requirements.txt", text, &reader) {
        Ok(file) => {
            let requirement = |entry: &super::Entry| {
                let wanted = match &entry.wanted {
                    Wanted::Named(requirement) => requirement.to_string(),
                    Wanted::Unnamed { source, .. } => format!("?{source}"),
                };
                let editable = if entry.editable == Editable::Yes {
                    "-e "
                } else {
                    ""
                };
                let hashes: String = entry
                    .hashes
                    .iter()
                    .map(|hash| format!(" {}", &hash[..9]))
                    .collect();
                format!("{}: {editable}{wanted}{hashes}", entry.place)
            };
            let constraint = |entry| format!("constraint {}", requirement(entry));
            let mut lines: Vec<String> = file.requirements.iter().map(requirement).collect();
            lines.extend(file.constraints.iter().map(constraint));
            lines.extend(
                file.indexes
                    .iter()
                    .map(|it| format!("{:?} {}", it.kind, it.value)),
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
    insta::assert_snapshot!(read("\u{feff}# all\nattrs>=20  # why\n\nrequests[security] >= 2 ; \\\n  python_version >= '3.8'\r\nname # c\nlast", &[]), @"");
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
         https://${TOKEN}@index.example/sd-2.0.tar.gz\n", &[]), @"");
}

#[test]
fn options_and_includes() {
    insta::assert_snapshot!(read(
        "--index-url=http://127.0.0.1/simple\n--extra-index-url http://index.example/s\n-f ./wheels --no-index\n--pre\n--no-binary :all:\n-r more.txt\n-c ../constraints.txt\n",
        &[("3rdparty/more.txt", "a\n-r deep/x.txt\n"), ("3rdparty/deep/x.txt", "b==1"), ("constraints.txt", "c<2")]), @"");
}

#[test]
fn hashes() {
    let digest = "a".repeat(64);
    insta::assert_snapshot!(read(&format!("a==1 \\\n  --hash=sha256:{digest} \\\n  --hash sha256:{digest}\n"), &[]), @"");
}

#[test]
fn errors_point_at_the_place() {
    insta::assert_snapshot!(read("ok\n  name >>= 1\n", &[]), @"");
    insta::assert_snapshot!(read("a==1 \\\n  ; python_versio < '3'\n", &[]), @"");
    insta::assert_snapshot!(read("a --hash=sha256:12\n", &[]), @"");
    insta::assert_snapshot!(read("--indx-url x\n", &[]), @"");
    insta::assert_snapshot!(read("-r absent.txt\n", &[]), @"");
    insta::assert_snapshot!(read("-r more.txt\n", &[("3rdparty/more.txt", "-r more.txt")]), @"");
    insta::assert_snapshot!(read("-r http://index.example/r.txt", &[]), @"");
    insta::assert_snapshot!(read("a --index-url x", &[]), @"");
}

#[test]
fn pyproject() {
    let read = |text: &str| match read_pyproject("pyproject.toml", text) {
        Ok(file) => file
            .requirements
            .iter()
            .map(|entry| format!("{}: {}", entry.place, entry.text))
            .collect::<Vec<_>>()
            .join("\n"),
        Err(error) => format!("{error}\n{}", error.place.source_line),
    };
    insta::assert_snapshot!(read("[project]\ndependencies = [\n  \"a>=1\",\n]\n[project.optional-dependencies]\nx = [\"b\"]\n"), @"");
    insta::assert_snapshot!(read("[project]\ndependencies = [\"a >\"]\n"), @"");
    insta::assert_snapshot!(read("[project]\ndependencies = {}\n"), @"");
    insta::assert_snapshot!(read("[tool.poetry]\n"), @"");
    insta::assert_snapshot!(read("[project\n"), @"");
}
