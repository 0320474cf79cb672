//! The settings of editors for the environments of a repository. They are merged into existing
//! files, in which everything else is kept, comments included.
//!
//! Pure: texts in, texts out.

mod block;
mod idea;
mod jsonc;
mod kept;
mod request;
mod settings;

pub use jsonc::JsoncError;
pub use kept::KeptSetting;
pub use request::{
    Editor, EditorContext, EditorError, MergeError, MergeProblem, SettingsFile, Tool,
};

impl Editor {
    /// The settings files of the editor for `workspace`. `read` gives the text of a file, or
    /// nothing where there is none.
    ///
    /// # Errors
    /// Where an existing file cannot be read, or not in its format: nothing of it may be replaced.
    pub fn files(
        self,
        workspace: &EditorContext,
        read: impl Fn(&str) -> Result<Option<String>, MergeProblem>,
    ) -> Result<Vec<SettingsFile>, MergeError> {
        settings::files(self, workspace, &read)
    }
}
