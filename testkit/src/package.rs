//! A release as a test describes it, and the real files that are made from it.

use model::PackageName;

/// One release: `Package::new("a", "1.0").requires("b>=1").wheel("py3-none-any").sdist()`.
///
/// A release without any other file gets one wheel for every platform.
#[derive(Debug, Clone)]
pub struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) requires: Vec<String>,
    pub(crate) extras: Vec<String>,
    pub(crate) requires_python: Option<String>,
    pub(crate) entry_points: Vec<(String, String)>,
    pub(crate) members: Vec<(String, Vec<u8>)>,
    pub(crate) unrecorded: Vec<(String, Vec<u8>)>,
    pub(crate) needs_build: bool,
    pub(crate) build_fails: bool,
    pub(crate) build_requires: Vec<String>,
    pub(crate) build_imports: Vec<String>,
    pub(crate) yanked: Option<String>,
    pub(crate) uploaded: String,
    pub(crate) kinds: Vec<ArchiveKind>,
    pub(crate) wrong_hash: bool,
}

/// What a release has a file of.
#[derive(Debug, Clone)]
pub(crate) enum ArchiveKind {
    Wheel(String),
    Sdist,
}

impl Package {
    /// A release without requirements, uploaded on 2024-01-01.
    #[must_use]
    pub fn new(name: &str, version: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            requires: Vec::new(),
            extras: Vec::new(),
            requires_python: None,
            entry_points: Vec::new(),
            members: Vec::new(),
            unrecorded: Vec::new(),
            needs_build: false,
            build_fails: false,
            build_requires: Vec::new(),
            build_imports: Vec::new(),
            yanked: None,
            uploaded: "2024-01-01T00:00:00Z".to_owned(),
            kinds: Vec::new(),
            wrong_hash: false,
        }
    }

    /// Adds a `Requires-Dist`.
    #[must_use]
    pub fn requires(mut self, requirement: &str) -> Self {
        self.requires.push(requirement.to_owned());
        self
    }

    /// Adds an extra with a requirement. Another call adds another requirement.
    #[must_use]
    pub fn extra(mut self, extra: &str, requirement: &str) -> Self {
        if !self.extras.iter().any(|known| known == extra) {
            self.extras.push(extra.to_owned());
        }
        let requirement = match requirement.split_once(';') {
            Some((what, marker)) => format!("{what}; ({marker}) and extra == '{extra}'"),
            None => format!("{requirement}; extra == '{extra}'"),
        };
        self.requires(&requirement)
    }

    /// Sets `Requires-Python`.
    #[must_use]
    pub fn requires_python(mut self, specifiers: &str) -> Self {
        self.requires_python = Some(specifiers.to_owned());
        self
    }

    /// Yanks every file of the release (PEP 592).
    #[must_use]
    pub fn yanked(mut self, reason: &str) -> Self {
        self.yanked = Some(reason.to_owned());
        self
    }

    /// Sets the upload time of every file (PEP 700), in the format of RFC 3339.
    #[must_use]
    pub fn uploaded(mut self, time: &str) -> Self {
        time.clone_into(&mut self.uploaded);
        self
    }

    /// Adds a wheel with these tags.
    #[must_use]
    pub fn wheel(mut self, tags: &str) -> Self {
        self.kinds.push(ArchiveKind::Wheel(tags.to_owned()));
        self
    }

    /// Adds a source distribution. Its metadata is static unless [`Self::needs_build`] is called.
    #[must_use]
    pub fn sdist(mut self) -> Self {
        self.kinds.push(ArchiveKind::Sdist);
        self
    }

    /// Makes the requirements of the source distribution dynamic (PEP 643): only its build backend,
    /// which is part of it and has no requirements, can tell them.
    #[must_use]
    pub fn needs_build(mut self) -> Self {
        self.needs_build = true;
        self
    }

    /// Adds a requirement of the build (PEP 518): a name without a version. The backend imports its
    /// module.
    #[must_use]
    pub fn build_requires(mut self, name: &str) -> Self {
        self.build_requires.push(name.to_owned());
        self
    }

    /// Makes the source distribution's backend import a module that it does not say it requires.
    #[must_use]
    pub fn build_imports(mut self, module: &str) -> Self {
        self.build_imports.push(module.to_owned());
        self.needs_build()
    }

    /// Makes the source distribution's backend print a line and fail.
    #[must_use]
    pub fn build_fails(mut self) -> Self {
        self.build_fails = true;
        self.needs_build()
    }

    /// Adds an entry point, such as `("console_scripts", "a = a:main")`.
    #[must_use]
    pub fn entry_point(mut self, group: &str, line: &str) -> Self {
        self.entry_points.push((group.to_owned(), line.to_owned()));
        self
    }

    /// Adds a file to each archive.
    #[must_use]
    pub fn member(mut self, path: &str, content: &[u8]) -> Self {
        self.members.push((path.to_owned(), content.to_owned()));
        self
    }

    /// Adds a file to each wheel that its RECORD does not list.
    #[must_use]
    pub fn unrecorded(mut self, path: &str, content: &[u8]) -> Self {
        self.unrecorded.push((path.to_owned(), content.to_owned()));
        self
    }

    /// Makes the listing give a hash that no file has.
    #[must_use]
    pub fn wrong_hash(mut self) -> Self {
        self.wrong_hash = true;
        self
    }

    /// The name as it is in file names and import statements.
    #[must_use]
    pub fn file_name(&self) -> String {
        self.normalised().as_file_name()
    }

    pub(crate) fn normalised(&self) -> PackageName {
        self.name.parse().expect("a fixture has a valid name")
    }

    pub(crate) fn stem(&self) -> String {
        format!("{}-{}", self.file_name(), self.version)
    }
}
