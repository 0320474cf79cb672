//! The imports of a Python source, found by a real parser. They do not depend on the path of the
//! file.

mod cache;
mod extract;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use cache::ImportCache;
pub use extract::extract;

/// The imports of one source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imports {
    /// In order of appearance; the same module may appear more than once.
    pub imports: Vec<Import>,
    /// Texts that look like modules or paths, where those are asked for.
    pub strings: Vec<(String, usize)>,
    /// What `# pants: infer-dep(…)` names, each with its line, from 1: a file or glob, from the folder of
    /// the source, or from the root where it begins with a slash.
    pub named_files: Vec<(String, usize)>,
    /// Lines, from 1, whose `# pants: no-infer-dep` exempts nothing.
    pub idle_pragmas: Vec<usize>,
    /// The first syntax error: byte offset and message. What parsed is still there.
    pub syntax_error: Option<(u32, String)>,
}

/// One imported name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Leading dots of a relative import.
    pub level: u32,
    /// The module, with the imported name as its last part for `from … import name`.
    pub module: String,
    /// Line, from 1.
    pub line: usize,
    /// How serious it is if nothing provides it.
    pub strength: Strength,
}

/// How serious an import is that nothing provides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Strength {
    /// It is an error, or a warning.
    Strong,
    /// It is ignored, since the code handles `ImportError`.
    Weak,
}

/// Whether texts that look like modules or paths are collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Strings {
    /// They are.
    Collect,
    /// They are not.
    Skip,
}

impl Import {
    /// The absolute module, as seen from a file in `package` (dotted, `""` at a source root);
    /// `None` if the dots lead above the source root.
    #[must_use]
    pub fn absolute(&self, package: &str) -> Option<std::borrow::Cow<'_, str>> {
        if self.level == 0 {
            return Some(std::borrow::Cow::Borrowed(&self.module));
        }
        let mut base = package;
        for _ in 1..self.level {
            if base.is_empty() {
                return None;
            }
            base = base.rsplit_once('.').map_or("", |(parent, _)| parent);
        }
        let absolute = match (base, self.module.as_str()) {
            ("", module) => module.to_owned(),
            (base, "") => base.to_owned(),
            (base, module) => format!("{base}.{module}"),
        };
        (!absolute.is_empty()).then_some(std::borrow::Cow::Owned(absolute))
    }
}
