//! Answers that several askers share: the first one to ask does the work, the others wait for it.

use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;
use tokio::sync::SetOnce;

use crate::error::Error;

/// An answer, there or on its way.
pub(crate) type Answer<V> = Arc<SetOnce<Result<V, Error>>>;

/// All answers of one kind, by question.
pub(crate) struct Flights<K, V>(Mutex<FxHashMap<K, Answer<V>>>);

/// What asking gives: the answer, and whether the asker has to produce it.
pub(crate) enum Asked<V> {
    /// Someone else produces it, or has.
    Shared(Answer<V>),
    /// The asker must.
    Mine(Claim<V>),
}

/// The duty to produce an answer. Dropped without one, it answers with an error, so that nobody
/// waits for ever.
pub(crate) struct Claim<V> {
    answer: Answer<V>,
}

impl<K: Hash + Eq, V: Clone> Flights<K, V> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(FxHashMap::default()))
    }

    pub(crate) fn ask(&self, key: K) -> Asked<V> {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = flights.get(&key) {
            return Asked::Shared(answer.clone());
        }
        let answer = Answer::default();
        flights.insert(key, answer.clone());
        Asked::Mine(Claim { answer })
    }

    /// The answer, where it is there and good.
    pub(crate) fn peek(&self, key: &K) -> Option<V> {
        let flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        flights.get(key)?.get()?.as_ref().ok().cloned()
    }

    /// Whether the question was asked before.
    pub(crate) fn knows(&self, key: &K) -> bool {
        let flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        flights.contains_key(key)
    }

    /// Whether the question was asked and answered with an error.
    pub(crate) fn failed(&self, key: &K) -> bool {
        let flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = flights.get(key).and_then(|answer| answer.get());
        answer.is_some_and(Result::is_err)
    }

    /// Replaces whatever is known.
    pub(crate) fn put(&self, key: K, value: V) {
        let answer = Arc::new(SetOnce::new_with(Some(Ok(value))));
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        flights.insert(key, answer);
    }
}

impl<V> Claim<V> {
    /// Answers, for everyone who waits.
    pub(crate) fn settle(self, value: Result<V, Error>) {
        // It fails only where it is set already, and only the claim sets it.
        let _ = self.answer.set(value);
    }

    /// The place where the answer will be.
    pub(crate) fn answer(&self) -> Answer<V> {
        self.answer.clone()
    }
}

impl<V> Drop for Claim<V> {
    fn drop(&mut self) {
        if !self.answer.initialized() {
            let _ = self.answer.set(Err(Error::Interrupted));
        }
    }
}
