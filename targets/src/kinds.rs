//! The known target types and their fields.
use crate::eval::Symbols;
/// The target types that this crate knows.
#[derive(Debug)]
pub struct KnownTypes;
impl Symbols for KnownTypes {
    fn names(&self) -> &[&'static str] {
        &[
            "python_sources",
            "python_source",
            "target",
            "python_requirement",
        ]
    }
}
