//! Which action a worker runs next.
//!
//! What starts programs may have something prepared in a slot after the first of them, so that others which need the
//! same start sooner there. A worker stays with those. Another one helps it where many are left, and else only when it
//! has had nothing to do for a while: to prepare the same once more costs more than a short wait (delay scheduling).

use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// From so many actions on that are left, a second slot is prepared for them at once.
const MANY: usize = 8;

/// How long a worker does nothing before it prepares its slot for actions that another one is at.
const DELAY: Duration = Duration::from_millis(500);

/// The actions of a run that no worker has taken.
pub(crate) struct ActionQueue {
    groups: Mutex<Vec<ActionGroup>>,
    changed: Condvar,
}

/// Actions that are quicker after each other.
#[derive(Default)]
struct ActionGroup {
    /// Whether they are: others are together only since there is nothing that they have in common.
    is_close: bool,
    waiting: VecDeque<usize>,
    /// How many workers are at them.
    workers: usize,
}

/// An action for a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TakenAction {
    pub(crate) index: usize,
    /// The group that the worker is at.
    group: usize,
}

impl ActionQueue {
    /// A queue of actions in this order, each with what it has in common with others.
    pub(crate) fn new(actions: impl IntoIterator<Item = (usize, Option<String>)>) -> Self {
        let mut groups = vec![ActionGroup::default()];
        let mut known: HashMap<String, usize> = HashMap::new();
        for (index, affinity) in actions {
            let group = affinity.map_or(0, |affinity| {
                *known.entry(affinity).or_insert_with(|| {
                    groups.push(ActionGroup {
                        is_close: true,
                        ..ActionGroup::default()
                    });
                    groups.len() - 1
                })
            });
            groups[group].waiting.push_back(index);
        }
        Self {
            groups: Mutex::new(groups),
            changed: Condvar::new(),
        }
    }

    /// The next action for a worker that had `last` before; none when all are taken.
    pub(crate) fn take(&self, last: Option<TakenAction>) -> Option<TakenAction> {
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = last {
            groups[last.group].workers -= 1;
        }
        let start = Instant::now();
        let own = last.map(|last| last.group);
        loop {
            let waits = DELAY.saturating_sub(start.elapsed());
            if let Some(group) = next_group(&groups, own, waits.is_zero()) {
                groups[group].workers += 1;
                let index = groups[group].waiting.pop_front()?;
                // Who waits for the last of them need not.
                self.changed.notify_all();
                return Some(TakenAction { index, group });
            }
            if groups.iter().all(|group| group.waiting.is_empty()) {
                return None;
            }
            let waited = self.changed.wait_timeout(groups, waits);
            groups = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// The group of which a worker takes the next action: that which it is at, the first that no other is at, or the one
/// of which most are left.
fn next_group(groups: &[ActionGroup], own: Option<usize>, is_late: bool) -> Option<usize> {
    let waiting = |group: &usize| !groups[*group].waiting.is_empty();
    let stays = |group: &usize| groups[*group].is_close && waiting(group);
    if let Some(own) = own.filter(stays) {
        return Some(own);
    }
    let free = |group: &usize| !groups[*group].is_close || groups[*group].workers == 0;
    let first = |group: &usize| groups[*group].waiting.front().copied();
    let all = (0..groups.len()).filter(waiting);
    let unattended = all.clone().filter(free).min_by_key(first);
    unattended.or_else(|| {
        let most = all.max_by_key(|group| groups[*group].waiting.len())?;
        (is_late || groups[most].waiting.len() >= MANY).then_some(most)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A queue of actions, each of the group that a letter names; `-` is none.
    fn queue(groups: &str) -> ActionQueue {
        let of = |letter: char| (letter != '-').then(|| letter.to_string());
        ActionQueue::new(groups.chars().map(of).enumerate())
    }

    fn index(taken: Option<TakenAction>) -> usize {
        taken.unwrap().index
    }

    #[test]
    fn without_anything_in_common_they_are_taken_in_their_order() {
        let queue = queue("---");
        let first = queue.take(None);
        let second = queue.take(None);
        assert_eq!((index(first), index(second)), (0, 1));
        assert_eq!(index(queue.take(first)), 2);
        assert_eq!(queue.take(second), None);
    }

    #[test]
    fn a_worker_stays_with_what_its_slot_is_prepared_for() {
        let queue = queue("aba-bab");
        let (mut one, mut two) = (queue.take(None), queue.take(None));
        let mut order = Vec::new();
        for _ in 0..3 {
            order.push((index(one), index(two)));
            (one, two) = (queue.take(one), queue.take(two));
        }
        assert_eq!(order, [(0, 1), (2, 4), (5, 6)]);
        assert_eq!((index(one), two), (3, None));
    }

    #[test]
    fn a_few_are_left_to_the_worker_that_is_at_them() {
        let queue = queue("aa");
        let one = queue.take(None);
        std::thread::scope(|scope| {
            let other = scope.spawn(|| queue.take(None));
            std::thread::sleep(Duration::from_millis(20));
            assert_eq!(index(queue.take(one)), 1);
            assert_eq!(other.join().unwrap(), None);
        });
    }

    #[test]
    fn what_takes_long_is_not_waited_for() {
        let queue = queue("aa");
        queue.take(None);
        let start = Instant::now();
        assert_eq!(index(queue.take(None)), 1);
        assert!(start.elapsed() >= DELAY);
    }

    #[test]
    fn many_are_shared_at_once() {
        let queue = queue(&"a".repeat(MANY + 1));
        queue.take(None);
        let start = Instant::now();
        assert_eq!(index(queue.take(None)), 1);
        assert!(start.elapsed() < DELAY);
    }
}
