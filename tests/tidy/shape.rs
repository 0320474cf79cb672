//! Types and functions as a reader counts them: names, parameters, lines.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, FnArg, ImplItemFn, Item, ItemFn, Meta, Signature, TraitItemFn, Type};

use crate::house::Source;

/// Words that name a state something was put into, without the usual ending.
const IRREGULAR: &[&str] = &[
    "Built",
    "Chosen",
    "Done",
    "Drawn",
    "Fed",
    "Found",
    "Given",
    "Gone",
    "Heard",
    "Held",
    "Hidden",
    "Kept",
    "Known",
    "Laid",
    "Led",
    "Left",
    "Lost",
    "Made",
    "Meant",
    "Met",
    "Paid",
    "Run",
    "Said",
    "Seen",
    "Sent",
    "Shown",
    "Sold",
    "Spent",
    "Split",
    "Sworn",
    "Taken",
    "Taught",
    "Thought",
    "Told",
    "Torn",
    "Understood",
    "Won",
    "Written",
];

/// A type that other files can name.
pub(crate) struct PublicType {
    pub(crate) name: String,
    pub(crate) place: String,
}

/// A function with a body, or one of a trait.
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) place: String,
    /// Without `self`; a tuple counts as what it holds. None where a trait says them: a trait of ours
    /// is counted itself, and one of others cannot be changed.
    pub(crate) parameters: usize,
    /// From its signature to its closing brace.
    pub(crate) lines: usize,
}

/// The types of a file that are public in some degree.
pub(crate) fn public_types(source: &Source) -> Vec<PublicType> {
    let mut found = Vec::new();
    types_among(&source.syntax().items, source, &mut found);
    found
}

/// The functions of a file, its unit tests aside.
pub(crate) fn functions(source: &Source) -> Vec<Function> {
    let mut visitor = FunctionVisitor {
        source,
        found: Vec::new(),
        implements_trait: false,
    };
    visitor.visit_file(&source.syntax());
    visitor.found
}

/// Whether a type's name is a bare participle: one word that says what was done, not what it is.
pub(crate) fn is_participle(name: &str) -> bool {
    let one_word = name.chars().filter(|c| c.is_uppercase()).count() == 1;
    let regular = name.ends_with("ed") && !name.ends_with("eed") && name.len() > 3;
    one_word && (regular || IRREGULAR.contains(&name))
}

/// The value that nine in ten are at or below.
pub(crate) fn ninth_decile(mut values: Vec<usize>) -> usize {
    values.sort_unstable();
    values.get(values.len() * 9 / 10).copied().unwrap_or(0)
}

/// Whether an item is there for tests only.
pub(crate) fn is_test_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        Meta::NameValue(_) => false,
    })
}

fn types_among(items: &[Item], source: &Source, found: &mut Vec<PublicType>) {
    for item in items {
        let (visibility, name) = match item {
            Item::Struct(item) => (&item.vis, &item.ident),
            Item::Enum(item) => (&item.vis, &item.ident),
            Item::Union(item) => (&item.vis, &item.ident),
            Item::Trait(item) => (&item.vis, &item.ident),
            Item::Type(item) => (&item.vis, &item.ident),
            Item::Mod(module) if !is_test_only(&module.attrs) => {
                if let Some((_, items)) = &module.content {
                    types_among(items, source, found);
                }
                continue;
            }
            _ => continue,
        };
        if !matches!(visibility, syn::Visibility::Inherited) {
            found.push(PublicType {
                name: name.to_string(),
                place: place(source, name.span()),
            });
        }
    }
}

struct FunctionVisitor<'a> {
    source: &'a Source,
    found: Vec<Function>,
    implements_trait: bool,
}

impl FunctionVisitor<'_> {
    fn add(&mut self, signature: &Signature, whole: Span) {
        let lines = whole.end().line + 1 - signature.span().start().line;
        self.found.push(Function {
            name: signature.ident.to_string(),
            place: place(self.source, signature.ident.span()),
            parameters: match self.implements_trait {
                true => 0,
                false => signature.inputs.iter().map(parameters).sum(),
            },
            lines,
        });
    }
}

impl<'ast> Visit<'ast> for FunctionVisitor<'_> {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if !is_test_only(&module.attrs) {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        if !is_test_only(&function.attrs) {
            self.add(&function.sig, function.span());
            visit::visit_item_fn(self, function);
        }
    }

    fn visit_item_impl(&mut self, block: &'ast syn::ItemImpl) {
        let around = std::mem::replace(&mut self.implements_trait, block.trait_.is_some());
        visit::visit_item_impl(self, block);
        self.implements_trait = around;
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        if !is_test_only(&function.attrs) {
            self.add(&function.sig, function.span());
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        self.add(&function.sig, function.span());
        visit::visit_trait_item_fn(self, function);
    }
}

fn parameters(argument: &FnArg) -> usize {
    match argument {
        FnArg::Receiver(_) => 0,
        FnArg::Typed(argument) => held(&argument.ty),
    }
}

/// How many values a parameter of this type holds.
fn held(parameter: &Type) -> usize {
    match parameter {
        Type::Tuple(tuple) => tuple.elems.iter().map(held).sum(),
        Type::Reference(reference) => held(&reference.elem),
        Type::Slice(slice) => held(&slice.elem),
        Type::Array(array) => held(&array.elem),
        Type::Paren(inner) => held(&inner.elem),
        _ => 1,
    }
}

fn place(source: &Source, span: Span) -> String {
    format!("{}:{}", source.path, span.start().line)
}
