//! The line about progress while files are compared and sent. It is gone whenever something else is
//! said.

use std::sync::{Arc, Mutex, PoisonError};

use transport::{RequestObserver, RequestPurpose};

use crate::session::{Progress, Reporter};

/// Shows a line from the first request on, until it is cleared.
pub(super) struct UploadLine {
    reporter: Arc<dyn Reporter>,
    shown: Mutex<Option<Arc<dyn Progress>>>,
}

impl UploadLine {
    pub(super) fn new(reporter: Arc<dyn Reporter>) -> Self {
        Self {
            reporter,
            shown: Mutex::new(None),
        }
    }

    /// Removes the line. The next request shows it again.
    pub(super) fn clear(&self) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = shown.take() {
            line.finish();
        }
    }

    fn line(&self) -> Arc<dyn Progress> {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(shown.get_or_insert_with(|| self.reporter.progress()))
    }
}

impl RequestObserver for UploadLine {
    fn started(&self, purpose: &RequestPurpose) {
        self.line().started(purpose);
    }

    fn sent(&self, purpose: &RequestPurpose, bytes: u64, of: u64) {
        self.line().sent(purpose, bytes, of);
    }

    fn received(&self, purpose: &RequestPurpose, bytes: u64) {
        self.line().received(purpose, bytes);
    }

    fn finished(&self, purpose: &RequestPurpose) {
        self.line().finished(purpose);
    }

    fn retrying(&self, purpose: &RequestPurpose, cause: &str) {
        self.line().retrying(purpose, cause);
    }

    fn warning(&self, message: &str) {
        self.line().warning(message);
    }
}
