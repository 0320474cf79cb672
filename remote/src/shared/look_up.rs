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
    known: Mutex<KnownAnswer>,
    settled: Condvar,
}

#[derive(Default)]
struct KnownAnswer {
    answer: Option<Option<ActionResult>>,
    /// What is done when there is a result.
    on_hit: Vec<Box<dyn FnOnce() + Send>>,
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
        let known = self.known();
        let waited = self
            .state
            .settled
            .wait_timeout_while(known, patience, |known| known.answer.is_none());
        let (known, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match &known.answer {
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

    /// Does something once there is a result, which may be now.
    pub fn on_hit(&self, act: impl FnOnce() + Send + 'static) {
        let mut known = self.known();
        match &known.answer {
            None => known.on_hit.push(Box::new(act)),
            Some(None) => {}
            Some(Some(_)) => {
                drop(known);
                act();
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, KnownAnswer> {
        self.state
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn settle(&self, found: Option<ActionResult>) {
        let mut known = self.known();
        let is_hit = found.is_some() && known.answer.is_none();
        known.answer.get_or_insert(found);
        let acts = std::mem::take(&mut known.on_hit);
        drop(known);
        self.state.settled.notify_all();
        if is_hit {
            acts.into_iter().for_each(|act| act());
        }
    }
}

/// A look-up whose task ends is settled, however it ends.
pub(super) struct Settles(pub(super) LookUp);

impl Drop for Settles {
    fn drop(&mut self) {
        self.0.settle(None);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// How often something is done that was to be done on a hit, before and after it settles.
    fn check(found: Option<ActionResult>) -> usize {
        let times = Arc::new(AtomicUsize::new(0));
        let look_up = LookUp::default();
        let act = || {
            let times = times.clone();
            move || {
                times.fetch_add(1, Ordering::Relaxed);
            }
        };
        look_up.on_hit(act());
        assert_eq!(look_up.peek(), LookUpAnswer::Pending);
        look_up.settle(found);
        // The task ends.
        look_up.settle(None);
        look_up.on_hit(act());
        times.load(Ordering::Relaxed)
    }

    #[test]
    fn a_hit_is_told_to_who_waits_for_it() {
        assert_eq!(check(Some(ActionResult::default())), 2);
        assert_eq!(check(None), 0);
    }
}
