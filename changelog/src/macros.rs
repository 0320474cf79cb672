//! Macros as Jinja has them: they gather further arguments in `varargs` and `kwargs`, and the default of a parameter may
//! name those before it.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::tags::{TemplatePiece, Token, inner, tokens, word};

/// The function that calls a macro with more arguments than it has parameters.
pub(crate) const GATHERED: &str = "__gathered";
/// What a macro names the further arguments by position.
pub(crate) const VARARGS: &str = "varargs";
/// What a macro names the further arguments by name.
pub(crate) const KWARGS: &str = "kwargs";

/// The pieces with macros that gather declared so, and calls of them that do.
pub(crate) fn marked(mut pieces: Vec<TemplatePiece>) -> Vec<TemplatePiece> {
    let mut gathering: BTreeSet<String> = BTreeSet::new();
    for at in 0..pieces.len() {
        let TemplatePiece::Tag(tag) = &pieces[at] else {
            continue;
        };
        let Some(head) = (word(tag) == Some("macro"))
            .then(|| MacroHead::of(tag))
            .flatten()
        else {
            continue;
        };
        let body = body(&pieces, at);
        let uses = |name: &str| {
            let is_parameter = head.parameters.iter().any(|one| one.name == name);
            !is_parameter && body.iter().any(|piece| names(piece, name))
        };
        let further: Vec<&str> = [VARARGS, KWARGS]
            .into_iter()
            .filter(|name| uses(name))
            .collect();
        let declared = head.declared(&further);
        if !further.is_empty() {
            gathering.insert(head.name.to_owned());
        }
        pieces[at] = TemplatePiece::Tag(declared);
    }
    if gathering.is_empty() {
        return pieces;
    }
    let marked = pieces.into_iter().map(|piece| match piece {
        TemplatePiece::Tag(tag) => TemplatePiece::Tag(with_calls(&tag, &gathering)),
        text => text,
    });
    marked.collect()
}

/// What stands between the tag of a macro and its end.
fn body(pieces: &[TemplatePiece], head: usize) -> &[TemplatePiece] {
    let mut depth = 1_usize;
    for (at, piece) in pieces.iter().enumerate().skip(head + 1) {
        match piece {
            TemplatePiece::Tag(tag) if word(tag) == Some("macro") => depth += 1,
            TemplatePiece::Tag(tag) if word(tag) == Some("endmacro") => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &pieces[head + 1..at];
        }
    }
    &pieces[head + 1..]
}

/// Whether a tag has a name in it that is no attribute.
fn names(piece: &TemplatePiece, name: &str) -> bool {
    let TemplatePiece::Tag(tag) = piece else {
        return false;
    };
    is_named(tag, &tokens(tag, &inner(tag)), name)
}

fn is_named(tag: &str, tokens: &[Token], name: &str) -> bool {
    let text = |at: usize| tokens.get(at).map_or("", |token| &tag[token.range()]);
    let mut places = (0..tokens.len()).filter(|at| text(*at) == name);
    places.any(|at| at == 0 || text(at - 1) != ".")
}

/// `{% macro NAME(PARAMETERS) %}`
struct MacroHead<'t> {
    tag: &'t str,
    name: &'t str,
    /// Between the brackets.
    inside: Range<usize>,
    parameters: Vec<MacroParameter<'t>>,
}

struct MacroParameter<'t> {
    name: &'t str,
    default: Option<&'t str>,
    /// Whether the default names a parameter before it, which has no value yet where defaults are computed.
    depends: bool,
}

impl<'t> MacroHead<'t> {
    fn of(tag: &'t str) -> Option<Self> {
        let tokens = tokens(tag, &inner(tag));
        let text = |at: usize| tokens.get(at).map_or("", |token| &tag[token.range()]);
        let (open, close) = (tokens.get(2)?, tokens.last()?);
        if text(2) != "(" || text(tokens.len() - 1) != ")" {
            return None;
        }
        let mut parameters: Vec<MacroParameter<'t>> = Vec::new();
        for own in split(tag, &tokens[3..tokens.len() - 1]) {
            let name = &tag[own.first()?.range()];
            let default = own.get(2..).filter(|default| !default.is_empty());
            let depends = default.is_some_and(|default| {
                let mut before = parameters.iter();
                before.any(|before| is_named(tag, default, before.name))
            });
            let default =
                default.and_then(|default| Some(&tag[default.first()?.start..default.last()?.end]));
            parameters.push(MacroParameter {
                name,
                default,
                depends,
            });
        }
        Some(Self {
            tag,
            name: &tag[tokens.get(1)?.range()],
            inside: open.end..close.start,
            parameters,
        })
    }

    /// The tag with these further parameters, and behind it the defaults that depend on others.
    fn declared(&self, further: &[&str]) -> String {
        if further.is_empty() && !self.parameters.iter().any(|one| one.depends) {
            return self.tag.to_owned();
        }
        let own = self.parameters.iter().map(|one| match one.default {
            Some(default) if !one.depends => format!("{}={default}", one.name),
            Some(_) => format!("{}=nothing_yet__", one.name),
            None => one.name.to_owned(),
        });
        let further = further.iter().map(|name| match *name {
            VARARGS => format!("{name}=()"),
            _ => format!("{name}={{}}"),
        });
        let parameters: Vec<String> = own.chain(further).collect();
        let (before, after) = (&self.tag[..self.inside.start], &self.tag[self.inside.end..]);
        let depending = self.parameters.iter().filter(|one| one.depends);
        let late: String = depending
            .filter_map(|one| {
                let (name, default) = (one.name, one.default?);
                Some(format!(
                    "{{% if {name} is undefined %}}{{% set {name} = {default} %}}{{% endif %}}"
                ))
            })
            .collect();
        let tag = format!("{before}{}{after}", parameters.join(", "));
        if late.is_empty() {
            return tag;
        }
        // How white space behind the tag is treated is told by the mark at its end.
        let mark = after.trim_start_matches([')', ' ', '\t', '\r', '\n']);
        let late = late.strip_suffix("%}").unwrap_or(&late);
        let plain = tag.strip_suffix(mark).unwrap_or(&tag);
        format!("{plain}%}}{late}{mark}")
    }
}

/// Tokens between commas that are in no brackets.
fn split<'k>(tag: &str, tokens: &'k [Token]) -> Vec<&'k [Token]> {
    let mut depth = 0_usize;
    let parts = tokens.split(move |token| {
        match &tag[token.range()] {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            "," => return depth == 0,
            _ => {}
        }
        false
    });
    parts.filter(|part| !part.is_empty()).collect()
}

/// A tag whose calls of these macros gather.
fn with_calls(tag: &str, gathering: &BTreeSet<String>) -> String {
    let mut tag = tag.to_owned();
    let mut from = 0;
    loop {
        let tokens = tokens(&tag, &inner(&tag));
        let text = |at: usize| tokens.get(at).map_or("", |token| &tag[token.range()]);
        let call = (from..tokens.len()).find(|at| {
            let before = at.checked_sub(1).map_or("", text);
            gathering.contains(text(*at))
                && text(at + 1) == "("
                && !matches!(before, "." | "|" | "macro")
        });
        let Some(at) = call else {
            return tag;
        };
        let (name, open) = (tokens[at], tokens[at + 1]);
        let comma = if text(at + 2) == ")" { "" } else { ", " };
        let marked = format!("{GATHERED}({}{comma}", &tag[name.range()]);
        tag = format!("{}{marked}{}", &tag[..name.start], &tag[open.end..]);
        from = at + 3;
    }
}
