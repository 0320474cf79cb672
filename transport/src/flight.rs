//! Answers that several callers share. The first one to ask does the work, and the others wait for
//! it.

use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;
use tokio::sync::SetOnce;

use crate::error::TransportError;

/// An answer that is there or on its way.
pub type FlightOutcome<V, E> = Arc<SetOnce<Result<V, E>>>;

/// All answers of one kind, each under its question.
pub struct Flights<K, V, E>(Mutex<FxHashMap<K, FlightOutcome<V, E>>>);

/// The result of asking: whether the caller has to find the answer itself.
pub enum Flight<V, E: From<TransportError>> {
    /// Another caller finds the answer, or has found it.
    Joined(FlightOutcome<V, E>),
    /// This caller must find the answer.
    Led(FlightLead<V, E>),
}

/// The duty to answer. If it is dropped without an answer, the answer is an error, so that nobody
/// waits forever.
pub struct FlightLead<V, E: From<TransportError>> {
    answer: FlightOutcome<V, E>,
}

impl<K, V, E> Default for Flights<K, V, E> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Hash + Eq, V: Clone, E: From<TransportError>> Flights<K, V, E> {
    /// Asks a question. The first caller has to answer it.
    pub fn ask(&self, key: K) -> Flight<V, E> {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = flights.get(&key) {
            return Flight::Joined(answer.clone());
        }
        let answer = FlightOutcome::default();
        flights.insert(key, answer.clone());
        Flight::Led(FlightLead { answer })
    }

    /// The answer, if it is there and not an error.
    pub fn peek(&self, key: &K) -> Option<V> {
        let flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        flights.get(key)?.get()?.as_ref().ok().cloned()
    }

    /// Whether the question was asked before.
    pub fn knows(&self, key: &K) -> bool {
        let flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        flights.contains_key(key)
    }

    /// Whether the question was asked and answered with an error.
    pub fn failed(&self, key: &K) -> bool {
        let flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = flights.get(key).and_then(|answer| answer.get());
        answer.is_some_and(Result::is_err)
    }

    /// Forgets the answers to some questions, so that they are asked again. Who waits for one gets
    /// it nevertheless.
    pub fn forget(&self, is_meant: impl Fn(&K) -> bool) {
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        flights.retain(|key, _| !is_meant(key));
    }

    /// Replaces the answer.
    pub fn put(&self, key: K, value: V) {
        let answer = Arc::new(SetOnce::new_with(Some(Ok(value))));
        let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        flights.insert(key, answer);
    }
}

impl<V, E: From<TransportError>> FlightLead<V, E> {
    /// Gives the answer to everyone who waits.
    pub fn settle(self, value: Result<V, E>) {
        // It fails only if the answer is set already, and only this method sets it.
        let _ = self.answer.set(value);
    }

    /// Where the answer will appear.
    #[must_use]
    pub fn answer(&self) -> FlightOutcome<V, E> {
        self.answer.clone()
    }
}

impl<V, E: From<TransportError>> Drop for FlightLead<V, E> {
    fn drop(&mut self) {
        if !self.answer.initialized() {
            let _ = self.answer.set(Err(TransportError::Interrupted.into()));
        }
    }
}
