//! What values are: Python's, and what the BUILD language adds.
//!
//! They hold each other, so that they stand in one file. A BUILD file can nest a million lists in
//! a loop. Dropping the outermost would drop the next within it, and so on, until the stack is
//! full: so each collection hands its parts to [`release`], which drops them one after the other.

use std::cell::{Ref, RefCell, RefMut};
use std::collections::VecDeque;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use ruff_python_ast::{Expr, Parameters, Stmt};
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::range::Range;
use crate::data::{Object, Parametrize};
use crate::source::BuildFile;

/// A value of the BUILD language.
#[derive(Clone)]
pub(crate) enum Value<'a> {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Rc<str>),
    List(Rc<List<'a>>),
    Tuple(Rc<Tuple<'a>>),
    Dict(Rc<Dict<'a>>),
    /// `set` and `frozenset`.
    Set(Rc<Set<'a>>),
    Range(Range),
    /// `dict.keys()`, `dict.values()` and `dict.items()`.
    View(Rc<View<'a>>),
    /// What is used up by iterating: generators, `zip(…)` and the like.
    Iter(Rc<Iter<'a>>),
    /// A path with `.name`, `.parent` and `/`.
    Path(Rc<str>),
    Function(Rc<Macro<'a>>),
    /// One of Python's functions and types.
    Builtin(&'static str),
    /// A method of a value, not called yet.
    Method(Rc<(Value<'a>, &'static str)>),
    /// A name that the BUILD language adds.
    Symbol(Rc<str>),
    Object(Rc<Object>),
    Parametrize(Rc<Parametrize>),
}

/// A `list`.
#[derive(Default)]
pub(crate) struct List<'a>(RefCell<Vec<Value<'a>>>);

/// A `tuple`.
pub(crate) struct Tuple<'a>(Vec<Value<'a>>);

/// The pairs of a dictionary, in order of insertion.
pub(crate) type Pairs<'a> = IndexMap<Key<'a>, Value<'a>, FxBuildHasher>;
/// The keys of a set, in order of insertion.
pub(crate) type Keys<'a> = IndexSet<Key<'a>, FxBuildHasher>;

/// A `dict`.
#[derive(Default)]
pub(crate) struct Dict<'a>(RefCell<Pairs<'a>>);

/// A `set` or `frozenset`.
pub(crate) struct Set<'a> {
    pub(crate) kind: SetKind,
    keys: RefCell<Keys<'a>>,
}

/// Whether a set can change.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetKind {
    Set,
    FrozenSet,
}

/// A view on a dictionary, which shows its later changes.
pub(crate) struct View<'a> {
    pub(crate) kind: ViewKind,
    pub(crate) dict: Rc<Dict<'a>>,
}

/// What a view shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ViewKind {
    Keys,
    Values,
    Items,
}

/// What Python calls the type of an open text file. Here it is an iterator of its lines.
pub(crate) const TEXT_FILE: &str = "TextIOWrapper";

/// What is left of an iterator. Its items were computed when it was made.
pub(crate) struct Iter<'a> {
    /// What Python calls its type.
    pub(crate) kind: &'static str,
    items: RefCell<VecDeque<Value<'a>>>,
}

/// A value that can be a key of a dictionary or in a set: it has a hash, and equal values have
/// equal ones.
#[derive(Clone)]
pub(crate) struct Key<'a> {
    pub(super) value: Value<'a>,
    pub(super) hash: u64,
}

/// A function defined in a BUILD file or a prelude.
pub(crate) struct Macro<'a> {
    pub(crate) name: &'a str,
    pub(crate) source: &'a Arc<BuildFile>,
    pub(crate) parameters: Option<&'a Parameters>,
    pub(crate) body: Body<'a>,
    pub(crate) scope: Rc<Scope<'a>>,
    /// The parameters that have defaults.
    pub(crate) optional: Vec<&'a str>,
    /// Their defaults, evaluated once where the function was defined.
    pub(crate) defaults: Tuple<'a>,
}

/// What a function does.
pub(crate) enum Body<'a> {
    Block(&'a [Stmt]),
    Lambda(&'a Expr),
}

/// Names of one function call, comprehension or module; unknown ones are looked up outside.
pub(crate) struct Scope<'a> {
    names: RefCell<FxHashMap<&'a str, Value<'a>>>,
    outer: Option<Rc<Scope<'a>>>,
}

impl<'a> List<'a> {
    pub(crate) fn new(items: Vec<Value<'a>>) -> Self {
        Self(RefCell::new(items))
    }

    pub(crate) fn borrow(&self) -> Ref<'_, Vec<Value<'a>>> {
        self.0.borrow()
    }

    pub(crate) fn borrow_mut(&self) -> RefMut<'_, Vec<Value<'a>>> {
        self.0.borrow_mut()
    }
}

impl<'a> Tuple<'a> {
    pub(crate) fn new(items: Vec<Value<'a>>) -> Self {
        Self(items)
    }
}

impl<'a> Deref for Tuple<'a> {
    type Target = [Value<'a>];

    fn deref(&self) -> &[Value<'a>] {
        &self.0
    }
}

impl<'a> Dict<'a> {
    pub(crate) fn new(pairs: Pairs<'a>) -> Self {
        Self(RefCell::new(pairs))
    }

    pub(crate) fn borrow(&self) -> Ref<'_, Pairs<'a>> {
        self.0.borrow()
    }

    pub(crate) fn borrow_mut(&self) -> RefMut<'_, Pairs<'a>> {
        self.0.borrow_mut()
    }
}

impl<'a> Set<'a> {
    pub(crate) fn new(kind: SetKind, keys: Keys<'a>) -> Self {
        let keys = RefCell::new(keys);
        Self { kind, keys }
    }

    pub(crate) fn borrow(&self) -> Ref<'_, Keys<'a>> {
        self.keys.borrow()
    }

    pub(crate) fn borrow_mut(&self) -> RefMut<'_, Keys<'a>> {
        self.keys.borrow_mut()
    }
}

impl SetKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::FrozenSet => "frozenset",
        }
    }
}

impl<'a> View<'a> {
    pub(crate) fn items(&self) -> Vec<Value<'a>> {
        let pairs = self.dict.borrow();
        let item = |(key, value): (&Key<'a>, &Value<'a>)| match self.kind {
            ViewKind::Keys => key.value(),
            ViewKind::Values => value.clone(),
            ViewKind::Items => Value::tuple(vec![key.value(), value.clone()]),
        };
        pairs.iter().map(item).collect()
    }
}

impl ViewKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Keys => "dict_keys",
            Self::Values => "dict_values",
            Self::Items => "dict_items",
        }
    }
}

impl<'a> Iter<'a> {
    pub(crate) fn new(kind: &'static str, items: Vec<Value<'a>>) -> Self {
        let items = RefCell::new(items.into());
        Self { kind, items }
    }

    pub(crate) fn next(&self) -> Option<Value<'a>> {
        self.items.borrow_mut().pop_front()
    }

    /// What is left, which is then used up.
    pub(crate) fn take_all(&self) -> Vec<Value<'a>> {
        self.items.take().into()
    }
}

impl<'a> Key<'a> {
    pub(crate) fn value(&self) -> Value<'a> {
        self.value.clone()
    }

    pub(crate) fn as_value(&self) -> &Value<'a> {
        &self.value
    }

    pub(crate) fn into_value(self) -> Value<'a> {
        self.value
    }
}

impl<'a> Macro<'a> {
    /// The default of a parameter.
    pub(crate) fn default(&self, name: &str) -> Option<Value<'a>> {
        let at = self.optional.iter().position(|have| *have == name)?;
        self.defaults.get(at).cloned()
    }
}

impl<'a> Scope<'a> {
    pub(crate) fn module() -> Rc<Self> {
        Rc::new(Self {
            names: RefCell::default(),
            outer: None,
        })
    }

    pub(crate) fn inside(outer: &Rc<Self>) -> Rc<Self> {
        Rc::new(Self {
            names: RefCell::default(),
            outer: Some(Rc::clone(outer)),
        })
    }

    pub(crate) fn set(&self, name: &'a str, value: Value<'a>) {
        let old = self.names.borrow_mut().insert(name, value);
        release(old.into_iter().collect());
    }

    /// Takes a name out of this scope, not of those outside.
    pub(crate) fn remove(&self, name: &str) -> Option<Value<'a>> {
        self.names.borrow_mut().remove(name)
    }

    pub(crate) fn get(&self, name: &str) -> Option<Value<'a>> {
        let found = self.names.borrow().get(name).cloned();
        found.or_else(|| self.outer.as_ref()?.get(name))
    }

    /// Every name in reach, for suggestions.
    pub(crate) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.names.borrow().keys().copied().collect();
        if let Some(outer) = &self.outer {
            names.extend(outer.names());
        }
        names
    }

    /// Takes the values out of all names.
    fn take_values(&self) -> Vec<Value<'a>> {
        self.names.take().into_values().collect()
    }
}

impl Drop for List<'_> {
    fn drop(&mut self) {
        release(self.0.take());
    }
}

impl Drop for Tuple<'_> {
    fn drop(&mut self) {
        release(std::mem::take(&mut self.0));
    }
}

impl Drop for Dict<'_> {
    fn drop(&mut self) {
        release(parts(self.0.take()));
    }
}

impl Drop for Set<'_> {
    fn drop(&mut self) {
        release(self.keys.take().into_iter().map(Key::into_value).collect());
    }
}

impl Drop for Iter<'_> {
    fn drop(&mut self) {
        release(self.items.take().into());
    }
}

impl Drop for Scope<'_> {
    fn drop(&mut self) {
        release(self.take_values());
    }
}

fn parts<'a>(pairs: Pairs<'a>) -> Vec<Value<'a>> {
    let both = |(key, value): (Key<'a>, Value<'a>)| [key.into_value(), value];
    pairs.into_iter().flat_map(both).collect()
}

/// Drops values, and what only they hold, without recursion.
fn release(mut values: Vec<Value<'_>>) {
    while let Some(value) = values.pop() {
        match value {
            Value::List(list) => values.extend(
                Rc::into_inner(list)
                    .map(|l| l.0.take())
                    .into_iter()
                    .flatten(),
            ),
            Value::Tuple(tuple) => {
                let inner = Rc::into_inner(tuple);
                values.extend(
                    inner
                        .map(|mut t| std::mem::take(&mut t.0))
                        .into_iter()
                        .flatten(),
                );
            }
            Value::Dict(dict) => {
                values.extend(
                    Rc::into_inner(dict)
                        .map(|d| parts(d.0.take()))
                        .into_iter()
                        .flatten(),
                );
            }
            Value::Set(set) => {
                let keys = Rc::into_inner(set).map(|s| s.keys.take());
                values.extend(keys.into_iter().flatten().map(Key::into_value));
            }
            Value::Iter(iter) => {
                values.extend(
                    Rc::into_inner(iter)
                        .map(|i| i.items.take())
                        .into_iter()
                        .flatten(),
                );
            }
            Value::View(view) => {
                values.extend(Rc::into_inner(view).map(|view| Value::Dict(view.dict)));
            }
            Value::Method(method) => values.extend(Rc::into_inner(method).map(|m| m.0)),
            Value::Function(function) => {
                if let Some(Macro {
                    scope, defaults, ..
                }) = Rc::into_inner(function)
                {
                    values.push(Value::Tuple(Rc::new(defaults)));
                    values.extend(
                        Rc::into_inner(scope)
                            .map(|s| s.take_values())
                            .into_iter()
                            .flatten(),
                    );
                }
            }
            _ => {}
        }
    }
}
