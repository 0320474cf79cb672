//! The paths of files in an environment.

use camino::{Utf8Path, Utf8PathBuf};
use model::PackageName;

use super::scripts::ScriptPython;
use super::wanted::Relocation;
use crate::python::{Interpreter, Scheme};

/// The paths of one environment.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// The final folder of the environment, which scripts name.
    pub(crate) root: Utf8PathBuf,
    scheme: Scheme,
    headers: String,
    is_64_bit_linux: bool,
    relocation: Relocation,
}

impl Layout {
    pub(crate) fn new(root: &Utf8Path, python: &Interpreter) -> Self {
        let (major, minor) = python.major_minor();
        let name = if python.implementation() == "PyPy" {
            "pypy"
        } else {
            "python"
        };
        Self {
            root: root.to_owned(),
            scheme: python.scheme().clone(),
            headers: format!("include/site/{name}{major}.{minor}"),
            is_64_bit_linux: python.sys_platform() == "linux"
                && python.facts().build.pointer_bits == 64,
            relocation: Relocation::Fixed,
        }
    }

    /// The same of an environment that may be moved.
    pub(crate) fn with(self, relocation: Relocation) -> Self {
        Self { relocation, ..self }
    }

    /// Whether the environment may be moved.
    pub(crate) fn relocation(&self) -> Relocation {
        self.relocation
    }

    /// Whether `lib64` is a link to `lib`, as in environments made by `venv`.
    pub(crate) fn has_lib64(&self) -> bool {
        self.is_64_bit_linux && self.purelib().starts_with("lib/")
    }

    pub(crate) fn purelib(&self) -> &str {
        self.scheme.purelib.as_str()
    }

    pub(crate) fn platlib(&self) -> &str {
        self.scheme.platlib.as_str()
    }

    pub(crate) fn scripts(&self) -> &str {
        self.scheme.scripts.as_str()
    }

    /// The folder of a project's headers, as pip has it.
    pub(crate) fn headers(&self, name: &PackageName) -> String {
        format!("{}/{name}", self.headers)
    }

    /// How scripts start the interpreter.
    pub(crate) fn python(&self) -> ScriptPython {
        match self.relocation {
            Relocation::Fixed => ScriptPython::At(self.root.join(self.scripts()).join("python")),
            Relocation::Relocatable => ScriptPython::Beside,
        }
    }

    /// `path`, which is relative to the root, as RECORD in the folder `site` writes it.
    pub(crate) fn relative_to_site(&self, path: &str, site: &str) -> String {
        if let Some(inside) = path
            .strip_prefix(site)
            .and_then(|rest| rest.strip_prefix('/'))
        {
            return inside.to_owned();
        }
        let mut relative = "../".repeat(site.split('/').count());
        relative.push_str(path);
        relative
    }

    /// The reverse; `None` if the path leads out of the environment.
    pub(crate) fn from_site(path: &str, site: &str) -> Option<String> {
        if path.starts_with('/') {
            return None;
        }
        let mut parts: Vec<&str> = site.split('/').collect();
        for part in path.split('/') {
            match part {
                ".." => {
                    parts.pop()?;
                }
                "" | "." => {}
                part => parts.push(part),
            }
        }
        Some(parts.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_record_come_back() {
        let python = crate::python::invented(|_| ());
        let layout = Layout::new(Utf8Path::new("/e"), &python);
        let site = layout.purelib();
        for path in ["bin/x", "lib/python3.12/site-packages/a/b.py", "share/x"] {
            let relative = layout.relative_to_site(path, site);
            assert_eq!(Layout::from_site(&relative, site).as_deref(), Some(path));
        }
        assert_eq!(layout.relative_to_site("bin/x", site), "../../../bin/x");
    }

    #[test]
    fn paths_that_leave_are_none() {
        assert_eq!(Layout::from_site("../../../../x", "lib/p/site"), None);
        assert_eq!(Layout::from_site("/etc/x", "lib/p/site"), None);
    }
}
