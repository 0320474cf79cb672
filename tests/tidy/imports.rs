//! Which file of a crate takes names from which other: the arrows of the plan.
//!
//! A re-export counts as the file that defines the name, so that a `mod.rs` that only hands names on
//! ties nothing together. Calls of methods are not seen.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use syn::visit::{self, Visit};
use syn::{Item, UseTree, Visibility};

use crate::house::Source;
use crate::shape::is_test_only;

/// A path of names from the crate's root.
type ModulePath = Vec<String>;

/// The files of one crate, and the names that each defines and hands on.
pub(crate) struct Imports {
    modules: BTreeMap<ModulePath, Module>,
}

struct Module {
    /// From the crate's `src`.
    file: Utf8PathBuf,
    defines: BTreeSet<String>,
    /// Names that stand for something elsewhere in the crate, by `use`.
    uses: BTreeMap<String, ModulePath>,
    /// Modules of which every name is used.
    globs: Vec<ModulePath>,
    /// Paths that code names, the ones of private `use` lines included.
    paths: Vec<ModulePath>,
}

impl Imports {
    /// Reads the files of a crate, whose `src` is the folder `src`.
    pub(crate) fn of(src: &Utf8Path, sources: &[Source]) -> Self {
        let mut modules = BTreeMap::new();
        for source in sources {
            let file = source.path.strip_prefix(src).unwrap().to_owned();
            modules.insert(module_path(&file), Module::read(file, source));
        }
        Self { modules }
    }

    /// The arrows between files: who takes a name from whom.
    pub(crate) fn arrows(&self) -> BTreeSet<(Utf8PathBuf, Utf8PathBuf)> {
        let mut arrows = BTreeSet::new();
        for (at, module) in &self.modules {
            for path in &module.paths {
                let owner = self
                    .absolute(at, path)
                    .and_then(|path| self.owner(&path, 0));
                if let Some(owner) = owner.filter(|owner| *owner != module.file) {
                    arrows.insert((module.file.clone(), owner));
                }
            }
        }
        arrows
    }

    /// A path as written in the module `at`, from the crate's root; `None` if it leads elsewhere.
    fn absolute(&self, at: &ModulePath, path: &[String]) -> Option<ModulePath> {
        let mut base = at.clone();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => {
                base.clear();
                rest = &path[1..];
            }
            "self" => rest = &path[1..],
            "super" => {
                while rest.first().is_some_and(|part| part == "super") {
                    base.pop();
                    rest = &rest[1..];
                }
            }
            first => {
                let module = self.modules.get(at)?;
                if let Some(meant) = module.uses.get(first) {
                    let mut meant = self.absolute(at, meant)?;
                    meant.extend_from_slice(&path[1..]);
                    return Some(meant);
                }
                let mut child = at.clone();
                child.push(first.to_owned());
                if !self.modules.contains_key(&child) {
                    return None;
                }
            }
        }
        base.extend_from_slice(rest);
        Some(base)
    }

    /// The file that defines what a path from the root names. A module itself is defined by nobody.
    fn owner(&self, path: &[String], depth: usize) -> Option<Utf8PathBuf> {
        let longest = (0..=path.len())
            .rev()
            .find(|length| self.modules.contains_key(&path[..*length]))?;
        let (at, module) = self.modules.get_key_value(&path[..longest])?;
        let name = path.get(longest)?;
        if module.defines.contains(name) || depth > 8 {
            return Some(module.file.clone());
        }
        if let Some(meant) = module.uses.get(name) {
            return self.owner(&self.absolute(at, meant)?, depth + 1);
        }
        module.globs.iter().find_map(|glob| {
            let mut meant = self.absolute(at, glob)?;
            meant.push(name.clone());
            self.owner(&meant, depth + 1)
        })
    }
}

/// Groups of two or more files, or folders taken as one, that lead to each other in a circle.
///
/// Files are compared with files, and in each folder its entries with its entries.
pub(crate) fn circles(arrows: &BTreeSet<(Utf8PathBuf, Utf8PathBuf)>) -> Vec<String> {
    let mut graphs: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for (from, to) in arrows {
        let files = graphs.entry("files".to_owned()).or_default();
        files.insert((from.to_string(), to.to_string()));
        let (from, to) = (entries(from), entries(to));
        let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
        if let (Some(one), Some(other)) = (from.get(shared), to.get(shared)) {
            let folder = format!("folder {}/", from[..shared].join("/"));
            let graph = graphs.entry(folder).or_default();
            graph.insert((one.clone(), other.clone()));
        }
    }
    let mut found = Vec::new();
    for (name, graph) in &graphs {
        for circle in circles_among(graph) {
            found.push(format!(
                "{name}: {}",
                circle.into_iter().collect::<Vec<_>>().join(", ")
            ));
        }
    }
    found
}

/// A file's folders and name; a module's own file is part of its folder.
fn entries(file: &Utf8Path) -> Vec<String> {
    let mut parts: Vec<String> = file.with_extension("").iter().map(str::to_owned).collect();
    if parts.len() > 1 && parts.last().is_some_and(|name| name == "mod") {
        parts.pop();
        parts.push("mod".to_owned());
    }
    parts
}

fn circles_among(graph: &BTreeSet<(String, String)>) -> Vec<BTreeSet<String>> {
    let nodes: BTreeSet<&String> = graph.iter().flat_map(|(from, to)| [from, to]).collect();
    let reach = |from: &String| {
        let mut reached = BTreeSet::new();
        let mut next = vec![from];
        while let Some(at) = next.pop() {
            for (_, to) in graph.iter().filter(|(from, _)| from == at) {
                if reached.insert(to.clone()) {
                    next.push(to);
                }
            }
        }
        reached
    };
    let reached: BTreeMap<&String, BTreeSet<String>> =
        nodes.iter().map(|node| (*node, reach(node))).collect();
    let mut circles = BTreeSet::new();
    for (node, ahead) in &reached {
        let circle: BTreeSet<String> = ahead
            .iter()
            .filter(|other| reached[*other].contains(*node))
            .cloned()
            .collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}

fn module_path(file: &Utf8Path) -> ModulePath {
    let mut path: ModulePath = file.with_extension("").iter().map(str::to_owned).collect();
    let face = ["mod", "lib", "main"];
    if path
        .last()
        .is_some_and(|name| face.contains(&name.as_str()))
    {
        path.pop();
    }
    path
}

impl Module {
    fn read(file: Utf8PathBuf, source: &Source) -> Self {
        let mut module = Self {
            file,
            defines: BTreeSet::new(),
            uses: BTreeMap::new(),
            globs: Vec::new(),
            paths: Vec::new(),
        };
        let syntax = source.syntax();
        for item in &syntax.items {
            module.take(item);
        }
        module.visit_file(&syntax);
        module
    }

    /// Notes what an item defines or brings in.
    fn take(&mut self, item: &Item) {
        let name = match item {
            Item::Struct(item) => &item.ident,
            Item::Enum(item) => &item.ident,
            Item::Union(item) => &item.ident,
            Item::Trait(item) => &item.ident,
            Item::Type(item) => &item.ident,
            Item::Fn(item) => &item.sig.ident,
            Item::Const(item) => &item.ident,
            Item::Static(item) => &item.ident,
            Item::Use(item) if !is_test_only(&item.attrs) => {
                let handed_on = !matches!(item.vis, Visibility::Inherited);
                self.take_use(&item.tree, &mut Vec::new(), handed_on);
                return;
            }
            _ => return,
        };
        self.defines.insert(name.to_string());
    }

    fn take_use(&mut self, tree: &UseTree, before: &mut ModulePath, handed_on: bool) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.take_use(&path.tree, before, handed_on);
                before.pop();
            }
            UseTree::Name(name) => {
                self.note(name.ident.to_string(), &name.ident, before, handed_on)
            }
            UseTree::Rename(name) => {
                self.note(name.rename.to_string(), &name.ident, before, handed_on);
            }
            UseTree::Glob(_) => self.globs.push(before.clone()),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.take_use(tree, before, handed_on);
                }
            }
        }
    }

    fn note(&mut self, alias: String, name: &syn::Ident, before: &ModulePath, handed_on: bool) {
        let mut path = before.clone();
        let mut alias = alias;
        if name == "self" {
            alias = path.last().cloned().unwrap_or_default();
        } else {
            path.push(name.to_string());
        }
        if !handed_on {
            self.paths.push(path.clone());
        }
        // `use name::…` of another crate leads nowhere here.
        if path.len() > 1 && alias != path[0] {
            self.uses.insert(alias, path);
        }
    }
}

impl<'ast> Visit<'ast> for Module {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Mod(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Use(_) => return,
            _ => return visit::visit_item(self, item),
        };
        if !is_test_only(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: ModulePath = path
            .segments
            .iter()
            .map(|part| part.ident.to_string())
            .collect();
        if parts.len() > 1 {
            self.paths.push(parts);
        }
        visit::visit_path(self, path);
    }
}
