//! Walks a syntax tree for imports: everywhere, in functions and under `TYPE_CHECKING` too.

use std::collections::BTreeMap;

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Alias, ExceptHandler, Expr, Stmt, StmtTry, StmtWith};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::{Ranged, TextRange, TextSize};

use super::{Import, Imports, Strength, Strings};

/// The comment that keeps an import from being inferred.
const PRAGMA: &str = "# pants: no-infer-dep";

/// The start of the comment that names files on which the source depends, and its end.
///
/// Source: Pants' parser of Python, `pants.ng`.
const FILES: (&str, char) = ("# pants: infer-dep(", ')');

/// The imports of a source text. Syntax errors cost only what does not parse.
#[must_use]
pub fn extract(text: &str, strings: Strings) -> Imports {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let parsed = parse_unchecked(text, ParseOptions::from(Mode::Module));
    let syntax_error = parsed
        .errors()
        .first()
        .map(|error| (error.location.start().to_u32(), error.error.to_string()));
    let mut collector = Collector {
        lines: Lines::new(text),
        pragmas: Pragmas::default(),
        strings,
        strength: Strength::Strong,
        found: Imports::default(),
    };
    if text.contains(FILES.0) {
        let comments = parsed.tokens().iter();
        let comments = comments.filter(|token| token.kind() == TokenKind::Comment);
        let named = comments.filter_map(|comment| {
            let named = text[comment.range()].trim_end().strip_prefix(FILES.0)?;
            let line = collector.lines.line(comment.start());
            Some((named.strip_suffix(FILES.1)?.trim().to_owned(), line))
        });
        collector.found.named_files = named.collect();
    }
    if text.contains(PRAGMA) {
        let comments = parsed.tokens().iter();
        let comments = comments.filter(|token| token.kind() == TokenKind::Comment);
        let pragmas = comments.filter(|comment| text[comment.range()].contains(PRAGMA));
        let lines = pragmas.map(|comment| collector.lines.line(comment.start()));
        collector.pragmas.lines = lines.map(|line| (line, false)).collect();
    }
    if let ruff_python_ast::Mod::Module(module) = parsed.syntax() {
        collector.visit_body(&module.body);
    }
    if syntax_error.is_none() {
        let pragmas = collector.pragmas.lines.iter();
        let idle = pragmas.filter(|(_, used)| !**used).map(|(line, _)| *line);
        collector.found.idle_pragmas = idle.collect();
    }
    collector.found.syntax_error = syntax_error;
    collector.found
}

/// Line numbers by byte offset.
struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    fn new(text: &str) -> Self {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = newlines.map(|(at, _)| at + 1);
        Self {
            starts: std::iter::once(0).chain(starts).collect(),
        }
    }

    /// The line number, from 1.
    fn line(&self, offset: TextSize) -> usize {
        self.starts
            .partition_point(|start| *start <= offset.to_usize())
    }
}

/// The comments that exempt an import or a text: on its own line, or after the last line of the
/// statement or expression that it is part of.
#[derive(Default)]
struct Pragmas {
    /// Their lines, and whether they exempt anything.
    lines: BTreeMap<usize, bool>,
    /// The lines on which what is being visited ends, as far as they have the comment.
    around: Vec<usize>,
}

struct Collector {
    lines: Lines,
    pragmas: Pragmas,
    strings: Strings,
    strength: Strength,
    found: Imports,
}

impl Collector {
    fn add(&mut self, level: u32, module: String, range: TextRange) {
        if self.is_exempt(range) {
            return;
        }
        self.found.imports.push(Import {
            level,
            module,
            line: self.lines.line(range.start()),
            strength: self.strength,
        });
    }

    fn add_from(&mut self, level: u32, module: &str, name: &Alias) {
        let full = match (module, name.name.as_str()) {
            (module, "*") => module.to_owned(),
            ("", name) => name.to_owned(),
            (module, name) => format!("{module}.{name}"),
        };
        self.add(level, full, name.range());
    }

    /// Whether a comment exempts what stands there.
    fn is_exempt(&mut self, range: TextRange) -> bool {
        if self.pragmas.lines.is_empty() {
            return false;
        }
        let own = [range.start(), range.end()].map(|offset| self.lines.line(offset));
        let lines = self.pragmas.around.iter().copied().chain(own);
        let mut is_exempt = false;
        for line in lines {
            if let Some(used) = self.pragmas.lines.get_mut(&line) {
                *used = true;
                is_exempt = true;
            }
        }
        is_exempt
    }

    /// Visits what may end before a comment that exempts all of it.
    fn visit_whole(&mut self, range: TextRange, visit: impl FnOnce(&mut Self)) {
        let line = match self.pragmas.lines.is_empty() {
            true => None,
            false => Some(self.lines.line(range.end())),
        };
        let line = line.filter(|line| self.pragmas.lines.contains_key(line));
        self.pragmas.around.extend(line);
        visit(self);
        if line.is_some() {
            self.pragmas.around.pop();
        }
    }

    /// Visits a body whose failing imports are handled.
    fn visit_weak(&mut self, body: &[Stmt]) {
        let outer = std::mem::replace(&mut self.strength, Strength::Weak);
        self.visit_body(body);
        self.strength = outer;
    }

    fn visit_try(&mut self, statement: &StmtTry) {
        self.visit_weak(&statement.body);
        for handler in &statement.handlers {
            let ExceptHandler::ExceptHandler(handler) = handler;
            self.visit_body(&handler.body);
        }
        self.visit_body(&statement.orelse);
        self.visit_body(&statement.finalbody);
    }

    /// `with suppress(ImportError):` handles them as well.
    fn suppresses(statement: &StmtWith) -> bool {
        statement.items.iter().any(|item| {
            let Expr::Call(call) = &item.context_expr else {
                return false;
            };
            let name = match &*call.func {
                Expr::Name(name) => name.id.as_str(),
                Expr::Attribute(attribute) => attribute.attr.as_str(),
                _ => return false,
            };
            name == "suppress" && call.arguments.args.iter().any(is_import_error)
        })
    }
}

impl<'a> Visitor<'a> for Collector {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        // The last line of a compound statement is that of the last statement in it.
        match is_compound(statement) {
            true => self.visit_part(statement),
            false => self.visit_whole(statement.range(), |this| this.visit_part(statement)),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            // Most expressions hold no import: literals and names end the walk.
            Expr::Name(_) | Expr::NumberLiteral(_) => {}
            _ => self.visit_whole(expr.range(), |this| this.visit_operand(expr)),
        }
    }
}

impl Collector {
    fn visit_part(&mut self, statement: &Stmt) {
        match statement {
            Stmt::Import(import) => {
                for name in &import.names {
                    self.add(0, name.name.to_string(), name.range());
                }
            }
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map_or("", |module| module.as_str());
                for name in &import.names {
                    self.add_from(import.level, module, name);
                }
            }
            Stmt::Try(attempt) if handles_import_error(attempt) => self.visit_try(attempt),
            Stmt::With(with) if Self::suppresses(with) => self.visit_weak(&with.body),
            other => walk_stmt(self, other),
        }
    }

    fn visit_operand(&mut self, expr: &Expr) {
        match expr {
            Expr::Call(call) => {
                if let (Expr::Name(name), Some(Expr::StringLiteral(module))) =
                    (&*call.func, call.arguments.args.first())
                    && name.id.as_str() == "__import__"
                {
                    self.add(0, module.value.to_str().to_owned(), module.range());
                }
                walk_expr(self, expr);
            }
            // A comment is not idle only because texts are not collected.
            Expr::StringLiteral(literal)
                if self.strings == Strings::Collect || !self.pragmas.lines.is_empty() =>
            {
                let text = literal.value.to_str();
                if is_candidate(text)
                    && !self.is_exempt(literal.range())
                    && self.strings == Strings::Collect
                {
                    let line = self.lines.line(literal.start());
                    self.found.strings.push((text.to_owned(), line));
                }
            }
            other => walk_expr(self, other),
        }
    }
}

/// Whether other statements are part of a statement.
fn is_compound(statement: &Stmt) -> bool {
    matches!(
        statement,
        Stmt::FunctionDef(_)
            | Stmt::ClassDef(_)
            | Stmt::For(_)
            | Stmt::While(_)
            | Stmt::If(_)
            | Stmt::With(_)
            | Stmt::Match(_)
            | Stmt::Try(_)
    )
}

fn handles_import_error(statement: &StmtTry) -> bool {
    statement.handlers.iter().any(|handler| {
        let ExceptHandler::ExceptHandler(handler) = handler;
        handler.type_.as_deref().is_some_and(is_import_error)
    })
}

/// Whether a text may name a module or a path.
fn is_candidate(text: &str) -> bool {
    text.len() <= 512
        && text.contains(['.', '/'])
        && !text.contains(|c: char| c.is_whitespace() || c == '\\' || c == ':')
}

fn is_import_error(expr: &Expr) -> bool {
    match expr {
        Expr::Name(name) => matches!(name.id.as_str(), "ImportError" | "ModuleNotFoundError"),
        Expr::Tuple(tuple) => tuple.elts.iter().any(is_import_error),
        Expr::Starred(starred) => is_import_error(&starred.value),
        _ => false,
    }
}
