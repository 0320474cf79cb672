//! Conflicts, told.
