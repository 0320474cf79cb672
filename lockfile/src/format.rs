//! Which format a lock is in: our own version of it, and those of other tools.

/// The version of the format that [`write`](crate::write()) writes.
pub const FORMAT_VERSION: i64 = 1;

/// Whose lock a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockFormat {
    /// This tool's.
    Own,
    /// pex's JSON, maybe with Pants' `//` comments above.
    Pex,
    /// uv's, which newer Pants writes too.
    Uv,
    /// PEP 751's `pylock.toml`.
    Pylock,
    /// Poetry's.
    Poetry,
    /// PDM's.
    Pdm,
    /// None of these.
    Unknown,
}

impl LockFormat {
    /// Tells a lock's format by the marks that each has; the rest may still be invalid.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let starts = |prefix| text.lines().any(|line: &str| line.starts_with(prefix));
        let first = text.trim_start();
        if first.starts_with('{') || first.starts_with("//") {
            return Self::Pex;
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
