//! Which files pytest may take for its configuration: it looks for them itself, so all that may be
//! meant belong to a test's inputs.
//!
//! Source: <https://docs.pytest.org/en/stable/reference/customize.html>.

/// The names of configuration files with what each must hold; nothing where the file alone suffices.
pub const CONFIGURATION_FILES: &[(&str, &str)] = &[
    ("pytest.ini", ""),
    (".pytest.ini", ""),
    ("pytest.toml", ""),
    (".pytest.toml", ""),
    ("pyproject.toml", "[tool.pytest"),
    ("tox.ini", "[pytest]"),
    ("setup.cfg", "[tool:pytest]"),
];

/// Whether a file with one of these names configures pytest: its text is searched, not read.
#[must_use]
pub fn configures_pytest(name: &str, content: &[u8]) -> bool {
    let known = CONFIGURATION_FILES.iter().find(|(known, _)| *known == name);
    known.is_some_and(|(_, header)| {
        let header = header.as_bytes();
        header.is_empty() || content.windows(header.len()).any(|part| part == header)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_configures_pytest() {
        assert!(configures_pytest("pytest.ini", b""));
        assert!(configures_pytest(
            "pyproject.toml",
            b"[tool.pytest.ini_options]\n"
        ));
        assert!(configures_pytest("pyproject.toml", b"[tool.pytest]\n"));
        assert!(!configures_pytest("pyproject.toml", b"[tool.black]\n"));
        assert!(configures_pytest(
            "setup.cfg",
            b"[metadata]\n[tool:pytest]\n"
        ));
        assert!(!configures_pytest("tox.ini", b"[tox]\n"));
        assert!(!configures_pytest("other.ini", b"[pytest]\n"));
    }
}
