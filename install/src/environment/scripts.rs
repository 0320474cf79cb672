//! The text of console scripts, and the first line by which the system finds Python.

use camino::{Utf8Path, Utf8PathBuf};

use wheel::Script;

/// The length of a first line that Linux reads. The rest is cut off.
const LONGEST_SHEBANG: usize = 127;

/// Where a script finds Python.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ScriptPython {
    /// At this path.
    At(Utf8PathBuf),
    /// In the folder of the script, wherever that is.
    Beside,
}

/// The first lines of a script in an environment that may be moved: a shell, which finds out where the
/// script is, and a string for Python.
const BESIDE: &str =
    "#!/bin/sh\n'''exec' \"$(dirname -- \"$(realpath -- \"$0\")\")/python\" \"$0\" \"$@\"\n' '''\n";

fn first_lines(python: &ScriptPython) -> String {
    match python {
        ScriptPython::At(python) => shebang(python),
        ScriptPython::Beside => BESIDE.to_owned(),
    }
}

/// The first line of a script for `python`. If the path is too long or has a space, it starts a
/// shell that starts Python, and the lines after it are a string for Python.
fn shebang(python: &Utf8Path) -> String {
    let line = format!("#!{python}\n");
    if line.len() <= LONGEST_SHEBANG && !python.as_str().contains(char::is_whitespace) {
        return line;
    }
    // A single quote ends the shell's string; it stands in double quotes then. A backslash does too,
    // as two: both languages read them as one there, and one alone would be an escape of Python's.
    let path = python.as_str();
    let quoted = path.replace('\'', "'\"'\"'").replace('\\', r#"'"\\"'"#);
    format!("#!/bin/sh\n'''exec' '{quoted}' \"$0\" \"$@\"\n' '''\n")
}

/// A script that calls what the entry point names.
pub(crate) fn console_script(python: &ScriptPython, script: &Script) -> String {
    let first = script.function.split('.').next().unwrap_or_default();
    format!(
        "{}import sys\nfrom {module} import {first}\n\nif __name__ == \"__main__\":\n    sys.exit({function}())\n",
        first_lines(python),
        module = script.module,
        function = script.function,
    )
}

/// A script of `.data/scripts` with its `#!python` line replaced by that of the environment.
pub(crate) fn rewritten(python: &ScriptPython, content: &[u8]) -> Vec<u8> {
    let end = content
        .iter()
        .position(|b| *b == b'\n')
        .map_or(content.len(), |at| at + 1);
    let mut out = first_lines(python).into_bytes();
    out.extend_from_slice(&content[end..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script() -> Script {
        Script {
            name: "a".to_owned(),
            module: "m.n".to_owned(),
            function: "App.run".to_owned(),
        }
    }

    fn at(path: &str) -> ScriptPython {
        ScriptPython::At(path.into())
    }

    /// The Python beside the script gets its arguments, also where a link leads to the script.
    #[cfg(unix)]
    #[test]
    fn a_script_that_may_be_moved() {
        let temp = tempfile::tempdir().unwrap();
        let root = camino::Utf8Path::from_path(temp.path()).unwrap();
        let folder = root.join("a 'b' $(touch marker) `touch marker` \"c");
        fs_err::create_dir(&folder).unwrap();
        let python = "#!/bin/sh\necho beside \"$2\"\n";
        for (name, text) in [("python", python), ("script", BESIDE)] {
            fs_err::write(folder.join(name), text).unwrap();
            crate::files::make_executable(&folder.join(name)).unwrap();
        }
        crate::files::symlink(&folder.join("script"), &root.join("link")).unwrap();
        for script in [folder.join("script"), root.join("link")] {
            let said = duct::cmd!(script.as_str(), "x y").dir(root).read();
            assert_eq!(said.unwrap(), "beside x y");
        }
        assert!(!root.join("marker").exists());
    }

    #[test]
    fn a_console_script() {
        insta::assert_snapshot!(console_script(&at("/e/bin/python"), &script()), @r#"
        #!/e/bin/python
        import sys
        from m.n import App

        if __name__ == "__main__":
            sys.exit(App.run())
        "#);
    }

    #[test]
    fn a_folder_with_a_space() {
        insta::assert_snapshot!(console_script(&at("/my e/bin/python"), &script()), @r#"
        #!/bin/sh
        '''exec' '/my e/bin/python' "$0" "$@"
        ' '''
        import sys
        from m.n import App

        if __name__ == "__main__":
            sys.exit(App.run())
        "#);
    }

    /// A Python whose folder has this name gets its script and the arguments, and nothing in the
    /// name is run.
    #[cfg(unix)]
    fn check_folder(name: &str) {
        let temp = tempfile::tempdir().unwrap();
        let root = camino::Utf8Path::from_path(temp.path()).unwrap();
        let python = root.join(name).join("python");
        fs_err::create_dir_all(python.parent().unwrap()).unwrap();
        fs_err::write(&python, "#!/bin/sh\necho ran \"$2\"\n").unwrap();
        crate::files::make_executable(&python).unwrap();
        let script = root.join("script");
        fs_err::write(&script, shebang(&python)).unwrap();
        crate::files::make_executable(&script).unwrap();
        let marker = root.join("marker");
        let output = duct::cmd!(script.as_str(), "a b")
            .dir(root)
            .env("MARKER", &marker)
            .read();
        assert_eq!(output.unwrap(), "ran a b", "{name}");
        assert!(!marker.exists(), "{name}");
    }

    #[cfg(unix)]
    #[test]
    fn nothing_in_a_folders_name_is_run() {
        for name in [
            "a b",
            "a $(touch marker) b",
            "a `touch marker` b",
            "a \"; touch marker; \" b",
            "a '; touch marker; ' b",
            "a ${MARKER} b",
            "a\tb",
            "a'b c",
            "a\nb",
            r"a b\c",
            r"a \N{x} \x \u1 \\ b\",
            r"a '\' b'",
            "$(touch marker)",
            "`touch marker`",
        ] {
            check_folder(name);
        }
        check_folder(&"long".repeat(40));
    }

    #[test]
    fn only_the_first_line_is_rewritten() {
        let out = rewritten(&at("/e/bin/python"), b"#!pythonw\nprint()\n");
        assert_eq!(out, b"#!/e/bin/python\nprint()\n");
    }
}
