//! What a failure of the cache means to a run: at most a warning. A cache that does not work is given
//! up, so that it costs a run nothing but that.

use std::collections::BTreeMap;
use std::mem::{Discriminant, discriminant};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{RemoteCallError, RemoteProblem};
use crate::options::RemoteCacheWarnings;

/// So many failures in a row, of those that may be accidents, and it is given up.
const PATIENCE: u32 = 3;

/// Is told what a user should know.
pub trait CacheObserver: Send + Sync {
    /// Something that the user should see, although the run goes on.
    fn warning(&self, message: &str);

    /// Something for users who want to know more.
    fn detail(&self, _message: &str) {}
}

/// What is done with a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CacheDirection {
    Reading,
    Writing,
    Executing,
}

/// Counts failures, tells of them as the settings say, and knows what is given up.
pub(crate) struct Failures {
    policy: RemoteCacheWarnings,
    observer: Arc<dyn CacheObserver>,
    state: Mutex<BTreeMap<CacheDirection, Record>>,
}

#[derive(Default)]
struct Record {
    in_a_row: u32,
    given_up: bool,
    seen: Vec<(Discriminant<RemoteProblem>, u64)>,
}

impl Failures {
    pub(crate) fn new(policy: RemoteCacheWarnings, observer: Arc<dyn CacheObserver>) -> Self {
        Self {
            policy,
            observer,
            state: Mutex::default(),
        }
    }

    /// Whether nothing is asked any more.
    pub(crate) fn given_up(&self, direction: CacheDirection) -> bool {
        self.with(direction, |record| record.given_up)
    }

    /// Something went well.
    pub(crate) fn success(&self, direction: CacheDirection) {
        self.with(direction, |record| record.in_a_row = 0);
    }

    /// Something went wrong: counts it, and tells of it if it is the time to.
    pub(crate) fn failure(&self, direction: CacheDirection, error: &RemoteCallError) {
        let gone_before = self.given_up(direction);
        let (nth, ends) = self.with(direction, |record| record.count(&error.problem));
        let ended = match ends {
            true => ended_with(direction, &error.problem),
            false => &[],
        };
        for other in ended {
            self.with(*other, |record| record.given_up = true);
        }
        let then = match ended {
            [] => "the run goes on without it",
            [_, _, ..] => "nothing more is looked up or shared in this run",
            [CacheDirection::Reading] => "nothing more is looked up in this run",
            [CacheDirection::Writing] => "nothing more is shared in this run",
            [CacheDirection::Executing] => "what is left of the run is done here",
        };
        let hint = error.hint().map(|hint| format!(" ({hint})"));
        let text = format!("{error}; {then}{}", hint.unwrap_or_default());
        let told = match self.policy {
            RemoteCacheWarnings::Ignore => false,
            RemoteCacheWarnings::Always => true,
            // Calls that were under way fail as the one did that was told of.
            _ if gone_before => false,
            policy => ends || policy.tells(nth),
        };
        match told {
            true => self.observer.warning(&text),
            false => self.observer.detail(&text),
        }
    }

    /// Something that is no failure of a call, and is told once.
    pub(crate) fn tell(&self, message: &str) {
        match self.policy {
            RemoteCacheWarnings::Ignore => self.observer.detail(message),
            _ => self.observer.warning(message),
        }
    }

    fn with<T>(&self, direction: CacheDirection, act: impl FnOnce(&mut Record) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        act(state.entry(direction).or_default())
    }
}

impl Record {
    /// The how-manieth of its kind it is, and whether it was the last one.
    fn count(&mut self, problem: &RemoteProblem) -> (u64, bool) {
        self.in_a_row += 1;
        self.given_up |= ends_all(problem) || self.in_a_row >= PATIENCE;
        let kind = discriminant(problem);
        let at = match self.seen.iter().position(|(seen, _)| *seen == kind) {
            Some(at) => at,
            None => {
                self.seen.push((kind, 0));
                self.seen.len() - 1
            }
        };
        self.seen[at].1 += 1;
        (self.seen[at].1, self.given_up)
    }
}

/// What is given up with a direction. A server that answers nobody is not asked for anything more, and
/// one that does not let us read does not let us write.
fn ended_with(direction: CacheDirection, problem: &RemoteProblem) -> &'static [CacheDirection] {
    const STORE: &[CacheDirection] = &[CacheDirection::Reading, CacheDirection::Writing];
    let of_the_server = matches!(
        problem,
        RemoteProblem::Unreachable(_)
            | RemoteProblem::Certificate(_)
            | RemoteProblem::Unsupported(_)
    );
    match direction {
        CacheDirection::Executing => &[CacheDirection::Executing],
        CacheDirection::Writing if of_the_server => STORE,
        CacheDirection::Writing => &[CacheDirection::Writing],
        CacheDirection::Reading if ends_all(problem) => STORE,
        CacheDirection::Reading => &[CacheDirection::Reading],
    }
}

/// Whether the next call would fail in the same way.
fn ends_all(problem: &RemoteProblem) -> bool {
    match problem {
        RemoteProblem::Unreachable(_)
        | RemoteProblem::Certificate(_)
        | RemoteProblem::Unauthorized { .. }
        | RemoteProblem::Exhausted(_)
        | RemoteProblem::Unsupported(_) => true,
        RemoteProblem::Status { code, .. } => {
            matches!(
                *code,
                "INVALID_ARGUMENT" | "NOT_FOUND" | "UNIMPLEMENTED" | "UNAVAILABLE"
            )
        }
        RemoteProblem::Timeout(_)
        | RemoteProblem::Forgotten(_)
        | RemoteProblem::WrongContent { .. }
        | RemoteProblem::Truncated { .. }
        | RemoteProblem::BadAnswer(_)
        | RemoteProblem::File { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::RemoteCall;

    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);

    impl CacheObserver for Heard {
        fn warning(&self, message: &str) {
            self.0.lock().unwrap().push(message.to_owned());
        }
    }

    /// The number of warnings about so many look-ups that failed, and whether reading and writing are
    /// given up.
    fn check(
        policy: RemoteCacheWarnings,
        problem: &RemoteProblem,
        times: u32,
    ) -> (usize, [bool; 2]) {
        let heard = Arc::new(Heard::default());
        let failures = Failures::new(policy, heard.clone());
        let error = RemoteCallError {
            call: RemoteCall::Capabilities,
            server: "grpc://cache.example".into(),
            problem: problem.clone(),
            attempts: 1,
        };
        for _ in 0..times {
            failures.failure(CacheDirection::Reading, &error);
        }
        let count = heard.0.lock().unwrap().len();
        let given_up = [CacheDirection::Reading, CacheDirection::Writing];
        (
            count,
            given_up.map(|direction| failures.given_up(direction)),
        )
    }

    #[test]
    fn a_cache_that_is_down_is_given_up_with_one_warning() {
        let down = RemoteProblem::Unreachable(String::new());
        use RemoteCacheWarnings as Policy;
        let all = [true, true];
        assert_eq!(check(Policy::Backoff, &down, 1), (1, all));
        assert_eq!(check(Policy::Backoff, &down, 100), (1, all));
        assert_eq!(check(Policy::FirstOnly, &down, 100), (1, all));
        assert_eq!(check(Policy::Always, &down, 8), (8, all));
        assert_eq!(check(Policy::Ignore, &down, 8), (0, all));
    }

    #[test]
    fn what_may_be_an_accident_is_forgiven_twice() {
        let late = RemoteProblem::Timeout(Duration::from_secs(1));
        let policy = RemoteCacheWarnings::Backoff;
        assert_eq!(check(policy, &late, 2), (1, [false, false]));
        // That it is given up is told in any case.
        assert_eq!(check(policy, &late, 3), (2, [true, false]));
        assert_eq!(check(policy, &late, 100), (2, [true, false]));
    }
}
