//! Values while a BUILD file runs: shared and mutable as Python's are, until they are frozen
//! into [`Data`](crate::Data).

mod access;
mod compare;
mod freeze;
mod key;
mod range;
mod repr;
mod types;

pub(crate) use access::class;
pub(crate) use range::Range;
pub(crate) use types::{
    Body, Dict, Iter, Key, Keys, List, Macro, Pairs, Scope, Set, SetKind, TEXT_FILE, Tuple, Value,
    View, ViewKind,
};
