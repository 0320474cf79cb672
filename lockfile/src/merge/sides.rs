//! One value three times: that of the base from which both sides started, and that of each side.

/// A value of the base, of our side and of their side.
#[derive(Debug, Clone, Copy)]
pub(super) struct ThreeWay<T> {
    /// The value that both sides started from, if there is a common base.
    pub(super) base: Option<T>,
    pub(super) ours: T,
    pub(super) theirs: T,
}

impl<T> ThreeWay<T> {
    /// Computes a value from each of the three.
    pub(super) fn map<'a, U>(&'a self, get: impl Fn(&'a T) -> U) -> ThreeWay<U> {
        ThreeWay {
            base: self.base.as_ref().map(&get),
            ours: get(&self.ours),
            theirs: get(&self.theirs),
        }
    }
}

impl<T> ThreeWay<T> {
    /// The values: of the base, if there is one, and of both sides.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.base.iter().chain([&self.ours, &self.theirs])
    }
}

impl<T: PartialEq> ThreeWay<T> {
    /// The value of the side that changed it; `None` if both changed it, to different values.
    pub(super) fn merged(&self) -> Option<&T> {
        if self.ours == self.theirs || self.base.as_ref() == Some(&self.theirs) {
            Some(&self.ours)
        } else if self.base.as_ref() == Some(&self.ours) {
            Some(&self.theirs)
        } else {
            None
        }
    }
}
