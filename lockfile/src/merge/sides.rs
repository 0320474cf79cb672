//! One value three times: as both sides started from it, and as each side has it now.

/// A value of the base, of our side and of their side.
#[derive(Debug, Clone, Copy)]
pub(super) struct ThreeWay<T> {
    /// What both started from, where they share anything.
    pub(super) base: Option<T>,
    pub(super) ours: T,
    pub(super) theirs: T,
}

impl<T> ThreeWay<T> {
    /// Something of each of the three.
    pub(super) fn map<'a, U>(&'a self, get: impl Fn(&'a T) -> U) -> ThreeWay<U> {
        ThreeWay {
            base: self.base.as_ref().map(&get),
            ours: get(&self.ours),
            theirs: get(&self.theirs),
        }
    }
}

impl<T> ThreeWay<T> {
    /// The base, where there is one, and both sides.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.base.iter().chain([&self.ours, &self.theirs])
    }
}

impl<T: PartialEq> ThreeWay<T> {
    /// The value of the side that changed it; `None` where both did, each in its own way.
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
