//! A look-up that goes on in the background.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::messages::ActionResult;

/// A look-up that goes on in the background.
#[derive(Clone, Default)]
pub struct LookUp {
    state: Arc<LookUpState>,
}

#[derive(Default)]
struct LookUpState {
    answer: Mutex<Option<Option<ActionResult>>>,
    settled: Condvar,
}

/// What is known of a look-up.
#[derive(Debug, Clone, PartialEq)]
pub enum LookUpAnswer {
    /// It goes on.
    Pending,
    /// There is no result, or none that can be used.
    Miss,
    /// The result.
    Hit(Box<ActionResult>),
}

impl LookUp {
    /// What is known after this time at the latest.
    #[must_use]
    pub fn wait(&self, patience: Duration) -> LookUpAnswer {
        let answer = self.answer();
        let waited = self
            .state
            .settled
            .wait_timeout_while(answer, patience, |answer| answer.is_none());
        let (answer, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match &*answer {
            None => LookUpAnswer::Pending,
            Some(None) => LookUpAnswer::Miss,
            Some(Some(result)) => LookUpAnswer::Hit(Box::new(result.clone())),
        }
    }

    /// What is known now.
    #[must_use]
    pub fn peek(&self) -> LookUpAnswer {
        self.wait(Duration::ZERO)
    }

    fn answer(&self) -> MutexGuard<'_, Option<Option<ActionResult>>> {
        self.state
            .answer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn settle(&self, found: Option<ActionResult>) {
        self.answer().get_or_insert(found);
        self.state.settled.notify_all();
    }
}

/// A look-up whose task ends is settled, however it ends.
pub(super) struct Settles(pub(super) LookUp);

impl Drop for Settles {
    fn drop(&mut self) {
        self.0.settle(None);
    }
}
