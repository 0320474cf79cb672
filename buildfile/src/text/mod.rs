//! Python's rules for texts and for numbers written as text: white space, line ends, case,
//! quotes, digits. Plain functions, which the changelog uses as well.
//!
//! Rust's own methods differ in small ways: `str::trim` leaves U+001C to U+001F alone, and there
//! is no title case.

mod case;
mod number;
mod quote;
mod space;

pub use case::{capitalize, casefold, is_cased, is_letter, swapcase, title};
pub(crate) use number::exponent;
pub use number::{NumberError, float_repr, parse_float, parse_int};
pub(crate) use quote::escape;
pub use quote::repr;
pub(crate) use space::is_line_end;
pub use space::{is_space, lstrip, rstrip, split_lines, strip};
