//! So many calls in a second, and no more: some services lock out who asks too much.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Spaces calls evenly.
pub(crate) struct Pace {
    interval: Option<Duration>,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    /// At most so many calls in a second; `None` for any number.
    pub(crate) fn new(per_second: Option<u32>) -> Self {
        let interval = per_second.filter(|n| *n > 0);
        Self {
            interval: interval.map(|n| Duration::from_secs(1) / n),
            next: Mutex::default(),
        }
    }

    /// Waits for the turn of one more call.
    pub(crate) async fn wait(&self) {
        if let Some(turn) = self.turn() {
            tokio::time::sleep_until(turn).await;
        }
    }

    fn turn(&self) -> Option<Instant> {
        let interval = self.interval?;
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = next.unwrap_or_else(Instant::now).max(Instant::now());
        *next = Some(turn + interval);
        Some(turn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_spaced() {
        let pace = Pace::new(Some(10));
        let turns: Vec<_> = (0..5).filter_map(|_| pace.turn()).collect();
        assert_eq!(turns[4] - turns[3], Duration::from_millis(100));
        assert!(turns[4] - turns[0] >= Duration::from_millis(400));
        assert!(Pace::new(None).turn().is_none());
        assert!(Pace::new(Some(0)).turn().is_none());
    }
}
