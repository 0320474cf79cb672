//! Cuts sorted tests into batches of about one size, so that a test that is added or removed moves few
//! others from one batch to the next: a batch ends after an address whose hash starts with enough zeros.
//!
//! Source: `partition_sequentially` of Pants.

/// The batches of items, which are sorted by address: each has about `size` items, `most` at most.
pub fn batches<T>(
    items: Vec<T>,
    address: impl Fn(&T) -> &str,
    (size, most): (usize, usize),
) -> Vec<Vec<T>> {
    let zeros = (size.max(1) as f64).log2();
    let mut all = Vec::new();
    let mut batch = Vec::new();
    for item in items {
        let ends = f64::from(fnv1a(address(&item)).leading_zeros()) >= zeros;
        batch.push(item);
        if ends || batch.len() >= most.max(1) {
            all.push(std::mem::take(&mut batch));
        }
    }
    if !batch.is_empty() {
        all.push(batch);
    }
    all
}

/// A size of batches of tests with the largest number that one may have.
#[must_use]
pub fn largest_of_two_sizes(size: usize) -> (usize, usize) {
    (size, size.saturating_mul(2))
}

/// FNV-1a with 64 bits. Source: <http://www.isthe.com/chongo/tech/comp/fnv/>.
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(count: usize, size: usize) -> Vec<usize> {
        let items: Vec<String> = (0..count)
            .map(|at| format!("t/test_{at:04}.py:tests"))
            .collect();
        let cut = batches(items, |item| item, largest_of_two_sizes(size));
        cut.iter().map(Vec::len).collect()
    }

    #[test]
    fn the_hash_is_that_of_the_specification() {
        assert_eq!(fnv1a(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a("foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn one_is_one_and_none_is_larger_than_two_sizes() {
        assert_eq!(sizes(3, 1), [1, 1, 1]);
        assert!(sizes(2000, 16).iter().all(|size| *size <= 32));
        assert_eq!(sizes(2000, 16).iter().sum::<usize>(), 2000);
        assert!(sizes(2000, 16).len() > 60);
        assert_eq!(sizes(0, 16), [0; 0]);
    }

    #[test]
    fn a_test_that_is_added_moves_few_others() {
        let before: Vec<String> = (0..500).map(|at| format!("t/test_{at:04}.py")).collect();
        let mut after = before.clone();
        after.insert(250, "t/test_0249b.py".to_owned());
        let cut = |items| batches(items, |item: &String| item, largest_of_two_sizes(8));
        let (before, after) = (cut(before), cut(after));
        let moved = after.iter().filter(|batch| !before.contains(batch)).count();
        assert!(moved <= 3, "{moved} batches moved");
    }
}
