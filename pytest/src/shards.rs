//! Which tests a shard runs: by the hash of the address as Pants does, or balanced by recorded times.

use std::fmt;
use std::str::FromStr;

/// One part of several: `k/N` from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    // Invariant: `at < of`.
    at: u32,
    of: u32,
}

/// A text is no shard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no shard: it is `k/N` with k from 0 to N-1, such as `0/3`")]
pub struct ShardError(pub String);

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let parts = text.split_once('/');
        let numbers =
            parts.and_then(|(at, of)| Some((at.trim().parse().ok()?, of.trim().parse().ok()?)));
        match numbers {
            Some((at, of)) if at < of => Ok(Self { at, of }),
            _ => Err(ShardError(text.to_owned())),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.at, self.of)
    }
}

impl Shard {
    /// Whether a test is of this shard by the CRC-32 of its address.
    #[must_use]
    pub fn has(&self, address: &str) -> bool {
        crc32fast::hash(address.as_bytes()) % self.of == self.at
    }

    /// Whether each of the tests is of this shard, where their times are known: the longest first, each
    /// to the shard that has least so far. A test whose time is not known counts as the middle one.
    ///
    /// The answer depends on the addresses and times only, not on their order.
    #[must_use]
    pub fn balanced(&self, tests: &[(&str, Option<f64>)]) -> Vec<bool> {
        let usual = median(tests.iter().filter_map(|(_, time)| *time));
        let mut order: Vec<usize> = (0..tests.len()).collect();
        let time = |at: usize| tests[at].1.unwrap_or(usual);
        order.sort_by(|a, b| {
            time(*b)
                .total_cmp(&time(*a))
                .then_with(|| tests[*a].0.cmp(tests[*b].0))
        });
        let mut loads = vec![0.0; self.of as usize];
        let mut own = vec![false; tests.len()];
        for at in order {
            let least = (0..loads.len()).min_by(|a, b| f64::total_cmp(&loads[*a], &loads[*b]));
            let least = least.unwrap_or_default();
            loads[least] += time(at);
            own[at] = least == self.at as usize;
        }
        own
    }
}

fn median(times: impl Iterator<Item = f64>) -> f64 {
    let mut times: Vec<f64> = times.collect();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(text: &str) -> Shard {
        text.parse().unwrap()
    }

    #[test]
    fn shards_as_typed() {
        assert_eq!(shard("1/3").to_string(), "1/3");
        for wrong in ["2/2", "x", "0/0", "-1/2", "1", "1/2/3", ""] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_test_is_of_one_shard() {
        let addresses: Vec<String> = (0..100).map(|at| format!("t/test_{at}.py")).collect();
        for address in &addresses {
            let of = (0..3)
                .filter(|k| shard(&format!("{k}/3")).has(address))
                .count();
            assert_eq!(of, 1);
        }
        let times: Vec<(&str, Option<f64>)> = addresses
            .iter()
            .enumerate()
            .map(|(at, address)| (address.as_str(), (at % 7 != 0).then_some(at as f64)))
            .collect();
        let shares: Vec<Vec<bool>> = (0..3)
            .map(|k| shard(&format!("{k}/3")).balanced(&times))
            .collect();
        let mut loads = [0.0; 3];
        for at in 0..times.len() {
            let of: Vec<usize> = (0..3).filter(|k| shares[*k][at]).collect();
            assert_eq!(of.len(), 1);
            loads[of[0]] += times[at].1.unwrap_or(50.0);
        }
        let (least, most) = (
            loads.iter().copied().fold(f64::MAX, f64::min),
            loads.iter().copied().fold(0.0, f64::max),
        );
        assert!(most / least < 1.1, "{loads:?}");
    }

    #[test]
    fn the_order_of_tests_does_not_matter() {
        let tests = [
            ("a", Some(3.0)),
            ("b", Some(2.0)),
            ("c", None),
            ("d", Some(2.0)),
        ];
        let mut turned = tests;
        turned.reverse();
        let own = |tests: &[(&str, Option<f64>)]| {
            let own = shard("0/2").balanced(tests);
            let mut names: Vec<String> = tests
                .iter()
                .zip(own)
                .filter(|(_, own)| *own)
                .map(|((name, _), _)| (*name).to_owned())
                .collect();
            names.sort();
            names
        };
        assert_eq!(own(&tests), own(&turned));
    }
}
