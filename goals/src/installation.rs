//! How this program came onto the machine, and what brings a newer one. It never replaces itself: whoever installed it
//! knows where its files are, and checks what it downloads.

use std::fmt;

use camino::Utf8Path;

/// What installed a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Installer {
    /// `uv tool install`.
    UvTool,
    /// `pipx install`.
    Pipx,
    /// pip, or what stands for it, in an environment with this Python.
    Environment {
        /// The environment's Python.
        python: String,
    },
    /// `cargo install`, or `cargo binstall`.
    Cargo,
    /// A build in a clone of the repository.
    Clone,
    /// Something else, such as a package of the system.
    Unknown,
}

impl Installer {
    /// What installed the program with this path, whose links are resolved.
    #[must_use]
    pub fn of(program: &Utf8Path) -> Self {
        let folder = program.parent().unwrap_or(program);
        let above = folder.parent().unwrap_or(folder);
        let has = |name: &str| above.join(name).is_file();
        if has("uv-receipt.toml") {
            return Self::UvTool;
        }
        if has("pipx_metadata.json") {
            return Self::Pipx;
        }
        if has("pyvenv.cfg") {
            let python = folder.join("python").into_string();
            return Self::Environment { python };
        }
        if has(".crates.toml") || folder.ends_with(".cargo/bin") {
            return Self::Cargo;
        }
        match above
            .ancestors()
            .any(|above| above.join(".cargo-lock").is_file())
            || folder.join(".cargo-lock").is_file()
        {
            true => Self::Clone,
            false => Self::Unknown,
        }
    }

    /// The command that brings a newer program, or what to do.
    #[must_use]
    pub fn update(&self) -> String {
        match self {
            Self::UvTool => "`uv tool upgrade cargo-xtask`".to_owned(),
            Self::Pipx => "`pipx upgrade cargo-xtask`".to_owned(),
            Self::Environment { python } => {
                format!("`{python} -m pip install --upgrade cargo-xtask`")
            }
            Self::Cargo => {
                "`cargo binstall --force cargo-xtask`, or install it from its clone again"
                    .to_owned()
            }
            Self::Clone => "`git pull` in its clone; the next run builds it".to_owned(),
            Self::Unknown => {
                "ask what installed it, such as the system's package manager or the image"
                    .to_owned()
            }
        }
    }
}

impl fmt::Display for Installer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UvTool => "`uv tool install`",
            Self::Pipx => "pipx",
            Self::Environment { .. } => "pip, in an environment",
            Self::Cargo => "cargo",
            Self::Clone => "a build in its clone",
            Self::Unknown => "something unknown",
        })
    }
}
