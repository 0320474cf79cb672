//! Walks a syntax tree for imports: everywhere, in functions and under `TYPE_CHECKING` too.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Alias, ExceptHandler, Expr, Stmt, StmtTry, StmtWith};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::{Ranged, TextSize};

use super::{Import, Imports, Strength, Strings};

/// The comment that keeps an import from being inferred.
const PRAGMA: &str = "# pants: no-infer-dep";

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
        strings,
        strength: Strength::Strong,
        found: Imports {
            syntax_error,
            ..Imports::default()
        },
    };
    if let ruff_python_ast::Mod::Module(module) = parsed.syntax() {
        collector.visit_body(&module.body);
    }
    collector.found
}

/// Line numbers and pragmas by byte offset.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
    /// Whether any line carries the pragma, so that most files skip the check.
    pragmas: bool,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        let starts = std::iter::once(0)
            .chain(
                text.bytes()
                    .enumerate()
                    .filter(|(_, byte)| *byte == b'\n')
                    .map(|(at, _)| at + 1),
            )
            .collect();
        Self {
            text,
            starts,
            pragmas: text.contains(PRAGMA),
        }
    }

    /// The line number, from 1.
    fn line(&self, offset: TextSize) -> usize {
        self.starts
            .partition_point(|start| *start <= offset.to_usize())
    }

    /// Whether the line of that offset carries the pragma.
    fn is_exempt(&self, offset: TextSize) -> bool {
        if !self.pragmas {
            return false;
        }
        let start = self.starts[self.line(offset) - 1];
        let rest = &self.text[start..];
        rest.lines()
            .next()
            .is_some_and(|line| line.contains(PRAGMA))
    }
}

struct Collector<'t> {
    lines: Lines<'t>,
    strings: Strings,
    strength: Strength,
    found: Imports,
}

impl Collector<'_> {
    fn add(&mut self, level: u32, module: String, at: TextSize) {
        if self.lines.is_exempt(at) {
            return;
        }
        self.found.imports.push(Import {
            level,
            module,
            line: self.lines.line(at),
            strength: self.strength,
        });
    }

    fn add_from(&mut self, level: u32, module: &str, name: &Alias) {
        let full = match (module, name.name.as_str()) {
            (module, "*") => module.to_owned(),
            ("", name) => name.to_owned(),
            (module, name) => format!("{module}.{name}"),
        };
        self.add(level, full, name.start());
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

impl<'a> Visitor<'a> for Collector<'_> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Import(import) => {
                for name in &import.names {
                    self.add(0, name.name.to_string(), name.start());
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

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Call(call) => {
                if let (Expr::Name(name), Some(Expr::StringLiteral(module))) =
                    (&*call.func, call.arguments.args.first())
                    && name.id.as_str() == "__import__"
                {
                    self.add(0, module.value.to_str().to_owned(), module.start());
                }
                walk_expr(self, expr);
            }
            Expr::StringLiteral(literal) if self.strings == Strings::Collect => {
                let text = literal.value.to_str();
                if is_candidate(text) && !self.lines.is_exempt(literal.start()) {
                    let line = self.lines.line(literal.start());
                    self.found.strings.push((text.to_owned(), line));
                }
            }
            // Most expressions hold no import: literals and names end the walk.
            Expr::Name(_) | Expr::NumberLiteral(_) => {}
            other => walk_expr(self, other),
        }
    }
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
