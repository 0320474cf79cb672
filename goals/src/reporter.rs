//! Who is told what happens while a goal runs.

use std::fmt;
use std::sync::Arc;

use transport::RequestObserver;

/// Is told what happens while a goal runs. A goal itself prints nothing.
pub trait Reporter: fmt::Debug + Send + Sync {
    /// Something for the user.
    fn note(&self, message: &str);

    /// What came of what the user asked for, which is printed however little is to be printed.
    fn result(&self, message: &str);

    /// Something for users who want to know more.
    fn detail(&self, message: &str);

    /// Whether there are such users.
    fn wants_details(&self) -> bool;

    /// Something that is probably wrong.
    fn warning(&self, message: &str);

    /// An observer of downloads.
    fn progress(&self) -> Arc<dyn Progress>;
}

/// An observer of downloads, until they are finished.
pub trait Progress: RequestObserver + fmt::Debug {
    /// Shows what happens now.
    fn show(&self, what: &str);

    /// All downloads are finished.
    fn finish(&self);
}
