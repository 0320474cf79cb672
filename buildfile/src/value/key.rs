//! Keys of dictionaries and members of sets.

use std::hash::{Hash, Hasher};

use super::types::{Key, SetKind, Value};
use crate::exception::{Exception, LanguageLimit};
use crate::limits::MAX_NESTING;

impl<'a> Key<'a> {
    /// The value as a key.
    ///
    /// # Errors
    /// It can change, or is nested too deeply.
    pub(crate) fn new(value: Value<'a>) -> Result<Self, Exception> {
        let mut hasher = rustc_hash::FxHasher::default();
        let mut left = MAX_KEY_PARTS;
        hash(&value, &mut hasher, 0, &mut left)?;
        let hash = hasher.finish();
        Ok(Self { value, hash })
    }
}

/// How many parts a key may have, so that comparing two of them always ends.
const MAX_KEY_PARTS: usize = 10_000;

/// Feeds `value` into `hasher`; numbers that are equal in the same way.
fn hash(
    value: &Value<'_>,
    hasher: &mut impl Hasher,
    depth: usize,
    left: &mut usize,
) -> Result<(), Exception> {
    if depth > MAX_NESTING || *left == 0 {
        return Err(Exception::refused(
            LanguageLimit::Nesting,
            "this key is nested too deeply",
        ));
    }
    *left -= 1;
    match value {
        Value::None => 0_u8.hash(hasher),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "equal numbers truncate equally"
            )]
            let whole = value.as_int().or_else(|| value.number().map(|n| n as i64));
            whole.hash(hasher);
        }
        Value::Str(text) | Value::Path(text) | Value::Symbol(text) => text.hash(hasher),
        Value::Builtin(name) => name.hash(hasher),
        Value::Tuple(items) => {
            for item in items.iter() {
                hash(item, hasher, depth + 1, left)?;
            }
        }
        Value::Set(set) if set.kind == SetKind::FrozenSet => {
            let all = set.borrow().iter().fold(0, |all: u64, key| all ^ key.hash);
            all.hash(hasher);
        }
        Value::Range(range) => range.len().hash(hasher),
        Value::Function(_) | Value::Iter(_) | Value::Object(_) | Value::Parametrize(_) => {
            value.type_name().hash(hasher);
        }
        _ => {
            let message = format!("a {} cannot be a key or in a set", value.type_name());
            return Err(Exception::of_type(message));
        }
    }
    Ok(())
}

impl PartialEq for Key<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && self.value.equals(&other.value).unwrap_or(false)
    }
}

impl Eq for Key<'_> {}

impl Hash for Key<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}
