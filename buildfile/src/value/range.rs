//! `range(…)`.

/// Numbers at equal distances.
#[derive(Clone, Copy)]
pub(crate) struct Range {
    pub(crate) start: i64,
    pub(crate) stop: i64,
    /// Never 0.
    pub(crate) step: i64,
}

impl Range {
    /// How many numbers there are.
    pub(crate) fn len(self) -> usize {
        let (start, stop, step) = self.wide();
        let distance = if step > 0 { stop - start } else { start - stop };
        let count = (distance + step.abs() - 1) / step.abs();
        usize::try_from(count.max(0)).unwrap_or_default()
    }

    /// The number at `index`, which is below the length.
    pub(crate) fn get(self, index: usize) -> Option<i64> {
        let (start, _, step) = self.wide();
        i64::try_from(start + i128::try_from(index).ok()? * step).ok()
    }

    /// Where `number` is, if it is one of them.
    pub(crate) fn position(self, number: i64) -> Option<usize> {
        let (start, _, step) = self.wide();
        let distance = i128::from(number) - start;
        let index = usize::try_from(distance / step).ok()?;
        (distance % step == 0 && index < self.len()).then_some(index)
    }

    /// All of them.
    pub(crate) fn numbers(self) -> impl Iterator<Item = i64> {
        (0..self.len()).filter_map(move |index| self.get(index))
    }

    fn wide(self) -> (i128, i128, i128) {
        (self.start.into(), self.stop.into(), self.step.into())
    }
}
