//! The format that a lock is in: a version of this tool's format, or that of another tool.

/// The version of the format that [`write`](crate::write()) writes.
pub const FORMAT_VERSION: i64 = 1;

/// The tool that a lock belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockFormat {
    /// This tool's.
    Own,
    /// pex's JSON, perhaps below the `//` comments of Pants.
    Pex,
    /// uv's, which newer versions of Pants write too.
    Uv,
    /// PEP 751's `pylock.toml`.
    Pylock,
    /// Poetry's.
    Poetry,
    /// PDM's.
    Pdm,
    /// Pipenv's JSON.
    Pipenv,
    /// None of these.
    Unknown,
}

impl LockFormat {
    /// Recognises the format by keys that only this format has. The rest of the text may still be
    /// invalid.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let starts = |prefix| text.lines().any(|line: &str| line.starts_with(prefix));
        let first = text.trim_start();
        if first.starts_with('{') || first.starts_with("//") {
            return match text.contains("\"_meta\"") && text.contains("\"default\"") {
                true => Self::Pipenv,
                false => Self::Pex,
            };
        }
        if starts("[tool.xtask]") {
            return Self::Own;
        }
        if starts("[[package]]") || starts("package = ") {
            return match () {
                () if starts("content-hash") => Self::Poetry,
                () if starts("lock_version") || starts("content_hash") => Self::Pdm,
                () => Self::Uv,
            };
        }
        if starts("lock-version") {
            return Self::Pylock;
        }
        if starts("version = 1") && starts("requires-python") {
            return Self::Uv;
        }
        Self::Unknown
    }
}
