//! A declaration that targets are made of, with where it stands.

use model::{Place, RepoPath};

use crate::address;
use crate::error::Error;
use crate::kinds::{Content, extensions_of};
use crate::repository::{BuildDir, Declaration, DeclarationId};

/// A declaration with its folder and position.
#[derive(Clone, Copy)]
pub(super) struct DeclarationSite<'r> {
    pub(super) dir: &'r BuildDir,
    pub(super) declaration: &'r Declaration,
    pub(super) id: DeclarationId,
}

impl DeclarationSite<'_> {
    /// The address of the declared target.
    pub(super) fn address(&self) -> String {
        address::declared(&self.dir.path, &self.declaration.name)
    }

    /// The address of a target that is generated for a file.
    pub(super) fn address_of_file(&self, file: &str) -> String {
        address::of_file(&self.dir.path, &self.declaration.name, file)
    }

    /// The address of a target that is generated under a name.
    pub(super) fn address_of_part(&self, part: &str) -> String {
        address::generated(&self.dir.path, &self.declaration.name, part)
    }

    /// Where a field stands.
    pub(super) fn place(&self, field: &str) -> Place {
        self.declaration.call.field_place(field)
    }

    /// The error that a field is not valid.
    pub(super) fn invalid(&self, field: &str, message: String) -> Error {
        Error::Invalid {
            message,
            place: self.place(field),
            hint: None,
        }
    }

    /// Fails for a file that is of another language than its target is for.
    pub(super) fn check_extension(
        &self,
        field: &str,
        content: Content,
        path: &str,
    ) -> Result<(), Error> {
        let python = matches!(content, Content::Python | Content::Test | Content::TestUtil);
        let name = RepoPath::new(path).file_name();
        // A name that begins with a dot has no ending.
        let extension = match name.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => extension,
            _ => "",
        };
        let address = self.address();
        let message = match extensions_of(&self.declaration.kind) {
            Some(wanted) if !wanted.contains(&extension) => {
                let wanted = wanted.join("`, `.");
                format!("`{address}` takes files that end in `.{wanted}`, not `{path}`")
            }
            None if python && !matches!(extension, "" | "py" | "pyi") => {
                format!("`{address}` is no Python file: `{path}`")
            }
            _ => return Ok(()),
        };
        Err(Error::Invalid {
            message,
            place: self.place(field),
            hint: Some("use `resources` or `files` for other files".to_owned()),
        })
    }
}
