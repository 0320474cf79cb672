//! The version of a project that its build backend finds (`dynamic = ["version"]`, PEP 621): read from where the
//! backend reads it, where that is a text in a file. All else only the backend can tell.

use std::sync::LazyLock;

use model::Version;
use regex::Regex;
use toml_edit::{Document, Item, Value};

/// Reads a file of the project, by its path from the project's folder on.
pub(super) type ReadFile<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Where the version of a project comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ProjectVersion {
    /// The files of the project say none.
    #[default]
    Nowhere,
    /// It is written in them.
    Written(String),
    /// Its build backend computes it, as of git's tags.
    OfBackend,
}

/// A `pyproject.toml` with the files beside it.
pub(super) struct ProjectFiles<'a> {
    pub(super) document: &'a Item,
    pub(super) read: ReadFile<'a>,
}

impl ProjectFiles<'_> {
    /// The version of the project.
    pub(super) fn version(&self) -> ProjectVersion {
        let of_poetry = self.text(&["tool", "poetry", "version"]);
        let written = self.text(&["project", "version"]);
        let plug_in = ["tool", "poetry-dynamic-versioning", "enable"];
        let is_dynamic = self.texts(&["project", "dynamic"]).contains(&"version");
        if self.item(&plug_in).and_then(Item::as_bool) == Some(true) {
            return ProjectVersion::OfBackend;
        }
        if let Some(written) = written.or(of_poetry) {
            return ProjectVersion::Written(written.to_owned());
        }
        match (is_dynamic, is_dynamic.then(|| self.found()).flatten()) {
            (false, _) => ProjectVersion::Nowhere,
            (true, Some(version)) => ProjectVersion::Written(version.to_string()),
            (true, None) => ProjectVersion::OfBackend,
        }
    }

    /// The version that the backend would find.
    fn found(&self) -> Option<Version> {
        let backend = self.text(&["build-system", "build-backend"]);
        let module = backend.unwrap_or("setuptools").split('.').next();
        let text = match module? {
            "hatchling" => self.of_hatch()?,
            "setuptools" => self.of_setuptools()?,
            "flit_core" => only_assignment(&self.flit_module()?, "__version__")?,
            "pdm" => self.of_pdm()?,
            "maturin" => self.of_cargo()?,
            _ => return None,
        };
        text.trim().parse().ok()
    }

    /// `[tool.hatch.version]` with a path, read by hatch's own pattern.
    fn of_hatch(&self) -> Option<String> {
        static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| {
            let name = r"(?im)^(?:__version__|VERSION)(?: ?: ?str)? *= *";
            Regex::new(&format!(r#"{name}(?:"v?([^"\n]+)"|'v?([^'\n]+)')"#)).ok()
        });
        let of = |key: &str| self.text(&["tool", "hatch", "version", key]);
        let has_pattern = self
            .item(&["tool", "hatch", "version", "pattern"])
            .is_some();
        if has_pattern || !matches!(of("source"), None | Some("regex")) {
            return None;
        }
        first_capture(PATTERN.as_ref()?, &(self.read)(of("path")?)?)
    }

    /// `[tool.pdm.version]` with `source = "file"`, read by PDM's own pattern.
    fn of_pdm(&self) -> Option<String> {
        static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| {
            Regex::new(r#"(?m)^__version__\s*=\s*["'](.+?)["']\s*(?:#.*)?$"#).ok()
        });
        let of = |key: &str| self.text(&["tool", "pdm", "version", key]);
        let path = of("path").filter(|_| of("source") == Some("file"))?;
        first_capture(PATTERN.as_ref()?, &(self.read)(path)?)
    }

    /// `[tool.setuptools.dynamic]`.
    fn of_setuptools(&self) -> Option<String> {
        let keys = |key| ["tool", "setuptools", "dynamic", "version", key];
        if let Some(attribute) = self.text(&keys("attr")) {
            return self.attribute(attribute);
        }
        let files = self.texts(&keys("file"));
        let texts: Option<Vec<String>> = files.iter().map(|file| (self.read)(file)).collect();
        texts
            .filter(|texts| !texts.is_empty())
            .map(|texts| texts.join("\n"))
    }

    /// What a module assigns to a name: setuptools' `attr`, as `acme.core.__version__`.
    pub(super) fn attribute(&self, attribute: &str) -> Option<String> {
        let (module, name) = attribute.trim().rsplit_once('.')?;
        let module = module.replace('.', "/");
        let own = ["tool", "setuptools", "package-dir", ""];
        let roots = [self.text(&own), Some("src"), Some("")];
        let places = roots.into_iter().flatten().flat_map(|root| {
            let place = format!("{}/{module}", root.trim_matches(['.', '/']));
            let place = place.trim_start_matches('/').to_owned();
            [format!("{place}/__init__.py"), format!("{place}.py")]
        });
        let text = places.into_iter().find_map(|place| (self.read)(&place))?;
        only_assignment(&text, name)
    }

    /// The module of flit: a package, or a file, beside the project or in `src`.
    fn flit_module(&self) -> Option<String> {
        let name = self.text(&["tool", "flit", "module", "name"]);
        let name = name.or_else(|| self.text(&["project", "name"]))?;
        let name = name.replace('-', "_").replace('.', "/");
        let places = [
            format!("{name}/__init__.py"),
            format!("src/{name}/__init__.py"),
            format!("{name}.py"),
            format!("src/{name}.py"),
        ];
        places.iter().find_map(|place| (self.read)(place))
    }

    /// The version of the crate. One that is not written there, or has a suffix, maturin translates.
    fn of_cargo(&self) -> Option<String> {
        let manifest = self.text(&["tool", "maturin", "manifest-path"]);
        let text = (self.read)(manifest.unwrap_or("Cargo.toml"))?;
        let manifest = Document::parse(text).ok()?;
        let version = manifest.get("package")?.get("version")?.as_str()?;
        let is_plain = version.split('.').all(|part| part.parse::<u64>().is_ok());
        is_plain.then(|| version.to_owned())
    }

    fn item(&self, keys: &[&str]) -> Option<&Item> {
        item(self.document, keys)
    }

    pub(super) fn text(&self, keys: &[&str]) -> Option<&str> {
        self.item(keys)?.as_str()
    }

    fn texts(&self, keys: &[&str]) -> Vec<&str> {
        let item = self.item(keys);
        let one = item.and_then(Item::as_str);
        let several = item.and_then(Item::as_array).into_iter().flatten();
        one.into_iter()
            .chain(several.filter_map(Value::as_str))
            .collect()
    }
}

/// What lies in a document under keys, each in the one before.
pub(super) fn item<'a>(document: &'a Item, keys: &[&str]) -> Option<&'a Item> {
    keys.iter().try_fold(document, |item, key| item.get(*key))
}

fn first_capture(pattern: &Regex, text: &str) -> Option<String> {
    let found = pattern.captures(text)?;
    let mut groups = found.iter().skip(1).flatten();
    groups.next().map(|group| group.as_str().to_owned())
}

/// The text, or the numbers with dots between them, that a module assigns to a name: none where it assigns more than
/// once, or something that would have to be computed.
fn only_assignment(module: &str, name: &str) -> Option<String> {
    let starts = |line: &&str| {
        let after = line.strip_prefix(name).map(str::trim_start);
        after.is_some_and(|after| after.starts_with(['=', ':']) && !after.starts_with("=="))
    };
    let mut lines = module.lines().filter(starts);
    let (line, None) = (lines.next()?, lines.next()) else {
        return None;
    };
    literal(line.split_once('=')?.1)
}

/// `"1.2"` or `(1, 2)`, with a comment after it.
fn literal(text: &str) -> Option<String> {
    static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let text = r#""([^"\\]+)"|'([^'\\]+)'"#;
        Regex::new(&format!(r"^\s*(?:{text}|\(([\d\s,]+)\))\s*(?:#.*)?$")).ok()
    });
    let found = first_capture(PATTERN.as_ref()?, text)?;
    let parts = found.split(',').map(str::trim);
    Some(
        parts
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The version of a project with these files, the first of them its `pyproject.toml`.
    fn check(project: &str, files: &[(&str, &str)]) -> String {
        let document = Document::parse(project.to_owned()).unwrap();
        let read = |path: &str| {
            let found = files.iter().find(|(name, _)| *name == path)?;
            Some(found.1.to_owned())
        };
        let files = ProjectFiles {
            document: document.as_item(),
            read: &read,
        };
        match files.version() {
            ProjectVersion::Nowhere => "nowhere".to_owned(),
            ProjectVersion::Written(version) => version,
            ProjectVersion::OfBackend => "of the backend".to_owned(),
        }
    }

    fn dynamic(backend: &str, more: &str) -> String {
        format!(
            "[build-system]\nbuild-backend = '{backend}'\n[project]\nname = 'acme-core'\ndynamic = ['version']\n{more}"
        )
    }

    #[test]
    fn written_in_the_project() {
        assert_eq!(check("[project]\nname = 'a'\nversion = '1.0'", &[]), "1.0");
        assert_eq!(check("[tool.poetry]\nversion = '1.1'", &[]), "1.1");
        assert_eq!(check("[project]\nname = 'a'", &[]), "nowhere");
        let with_plug_in =
            "[tool.poetry]\nversion = '0'\n[tool.poetry-dynamic-versioning]\nenable = ";
        assert_eq!(check(&format!("{with_plug_in}true"), &[]), "of the backend");
        assert_eq!(check(&format!("{with_plug_in}false"), &[]), "0");
        let poetry_2 = dynamic("poetry.core.masonry.api", "[tool.poetry]\nversion = '2.1'");
        assert_eq!(check(&poetry_2, &[]), "2.1");
    }

    #[test]
    fn hatch() {
        let of = |more: &str, text: &str| {
            let table = format!("[tool.hatch.version]\n{more}");
            check(&dynamic("hatchling.build", &table), &[("a.py", text)])
        };
        let path = "path = 'a.py'";
        assert_eq!(of(path, "x = 1\n__version__ = 'v1.2'\n"), "1.2");
        assert_eq!(of(path, "version: str = \"1.3b1\" # now\n"), "1.3b1");
        assert_eq!(
            of(path, "__version__ = '.'.join(parts)\n"),
            "of the backend"
        );
        assert_eq!(
            of("path = 'a.py'\npattern = 'V = (.+)'", "__version__ = '1'"),
            "of the backend"
        );
        assert_eq!(of("source = 'vcs'", ""), "of the backend");
        assert_eq!(
            of("source = 'code'\npath = 'a.py'", "__version__ = '1'"),
            "of the backend"
        );
        assert_eq!(of("path = 'b.py'", ""), "of the backend");
    }

    #[test]
    fn setuptools() {
        let of = |more: &str, path: &str, text: &str| {
            let table = format!("[tool.setuptools.dynamic]\nversion = {more}");
            check(&dynamic("setuptools.build_meta", &table), &[(path, text)])
        };
        let attribute = "{ attr = 'acme.core.VERSION' }";
        assert_eq!(
            of(attribute, "src/acme/core/__init__.py", "VERSION = '2.0'\n"),
            "2.0"
        );
        assert_eq!(
            of(attribute, "acme/core.py", "VERSION = (2, 0, 1)  # here\n"),
            "2.0.1"
        );
        assert_eq!(
            of(attribute, "acme/core.py", "VERSION: str = \"2.1\"\n"),
            "2.1"
        );
        assert_eq!(
            of(attribute, "acme/core.py", "VERSION = str(2)\n"),
            "of the backend"
        );
        assert_eq!(
            of(attribute, "acme/core.py", "VERSION = '1'\nVERSION = '2'\n"),
            "of the backend"
        );
        assert_eq!(
            of("{ file = ['VERSION.txt'] }", "VERSION.txt", "3.1\n"),
            "3.1"
        );
        assert_eq!(
            of("{ file = 'VERSION.txt' }", "VERSION.txt", "3.1\n"),
            "3.1"
        );
        assert_eq!(
            of("{ file = 'VERSION.txt' }", "VERSION", "3.1\n"),
            "of the backend"
        );
        let scm = dynamic("setuptools.build_meta", "[tool.setuptools_scm]");
        assert_eq!(check(&scm, &[]), "of the backend");
    }

    #[test]
    fn flit_pdm_and_maturin() {
        let flit = dynamic("flit_core.buildapi", "");
        let module = "\"\"\"Core\"\"\"\n__version__ = '4.0rc1'\n";
        assert_eq!(check(&flit, &[("acme_core/__init__.py", module)]), "4.0rc1");
        assert_eq!(check(&flit, &[("src/acme_core.py", module)]), "4.0rc1");
        let named = dynamic(
            "flit_core.buildapi",
            "[tool.flit.module]\nname = 'acme.core'",
        );
        assert_eq!(
            check(&named, &[("acme/core/__init__.py", module)]),
            "4.0rc1"
        );
        let pdm = dynamic(
            "pdm.backend",
            "[tool.pdm.version]\nsource = 'file'\npath = 'a.py'",
        );
        assert_eq!(
            check(&pdm, &[("a.py", "__version__ = '5.0'  # set\n")]),
            "5.0"
        );
        let scm = dynamic("pdm.backend", "[tool.pdm.version]\nsource = 'scm'");
        assert_eq!(check(&scm, &[]), "of the backend");
        let crate_of = |version: &str| {
            let manifest = format!("[package]\nname = 'core'\nversion = {version}");
            check(&dynamic("maturin", ""), &[("Cargo.toml", &manifest)])
        };
        assert_eq!(crate_of("'0.3.1'"), "0.3.1");
        assert_eq!(crate_of("'0.3.1-alpha.1'"), "of the backend");
        assert_eq!(crate_of("{ workspace = true }"), "of the backend");
        assert_eq!(check(&dynamic("mesonpy", ""), &[]), "of the backend");
    }
}
