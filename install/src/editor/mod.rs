//! Settings of editors for the environments of a repository, merged into the files that are
//! there: what a person wrote, comments and all, stays.
//!
//! Pure: texts in, texts out.

mod block;
mod idea;
mod jsonc;
mod request;
mod settings;

pub use jsonc::JsoncError;
pub use request::{
    Editor, EditorContext, EditorError, MergeError, MergeProblem, SettingsFile, Tool,
};

impl Editor {
    /// The settings files of the editor for `workspace`; `read` gives what is there.
    ///
    /// # Errors
    /// Where a file that is there cannot be read as what it should be.
    pub fn files(
        self,
        workspace: &EditorContext,
        read: impl Fn(&str) -> Option<String>,
    ) -> Result<Vec<SettingsFile>, MergeError> {
        settings::files(self, workspace, &read)
    }
}
