//! The project files of PyCharm, which are small XML texts that it writes itself: attributes,
//! options and source folders are set in them, and everything else stays as it is written.

use std::ops::Range;

use super::kept::{KeptSetting, is_ours};
use super::request::{EditorContext, MergeError, MergeProblem, Read, SettingsFile, text_of};

const PROJECT: &str =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<project version=\"4\">\n</project>\n";

const MODULE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<module type=\"PYTHON_MODULE\" version=\"4\">\n</module>\n";

const MODULES: &str = ".idea/modules.xml";

/// The project files for `workspace`. PyCharm has its own names for interpreters, so that these name
/// one and its user adds it once.
pub(super) fn files(
    workspace: &EditorContext,
    read: Read<'_>,
) -> Result<Vec<SettingsFile>, MergeError> {
    let interpreter = format!("Python {} ({})", workspace.python_version, workspace.name);
    let misc = ProjectFile::read(".idea/misc.xml", ("project", PROJECT), read)?;
    let mut files = vec![misc.merge(|file| {
        let manager = file.component("ProjectRootManager")?;
        file.set_attribute(&manager, "version", "2");
        let ours = |there: &str| is_interpreter_of(there, &workspace.name);
        let name = XmlAttribute {
            of: "",
            name: "project-jdk-name",
            value: &interpreter,
        };
        if file.set_attribute_of(&manager, &name, ours) {
            file.set_attribute(&manager, "project-jdk-type", "Python SDK");
        }
        Ok(())
    })?];
    if let Some(tool) = workspace
        .formatter
        .as_ref()
        .filter(|tool| tool.name == "black")
    {
        let black = ProjectFile::read(".idea/black.xml", ("project", PROJECT), read)?;
        files.push(black.merge(|file| {
            file.set_option("Black", "enabledOnSave", "true")?;
            file.set_option("Black", "executionMode", "BINARY")?;
            file.set_option("Black", "pathToExecutable", tool.script.as_str())
        })?);
    }
    files.extend(source_folders(workspace, read)?);
    Ok(files)
}

/// `Python 3.12 (NAME)`, as this tool names the interpreters of a resolve.
fn is_interpreter_of(there: &str, resolve: &str) -> bool {
    there
        .strip_prefix("Python ")
        .and_then(|rest| rest.split_once(' '))
        .is_some_and(|(_, name)| name == format!("({resolve})"))
}

/// The file of the project's module with the source roots, and the list of modules if there is
/// none.
fn source_folders(
    workspace: &EditorContext,
    read: Read<'_>,
) -> Result<Vec<SettingsFile>, MergeError> {
    let modules = text_of(MODULES, read)?;
    let known = modules
        .split("filepath=\"$PROJECT_DIR$/")
        .skip(1)
        .filter_map(|rest| rest.split_once('"').map(|(path, _)| path))
        .find(|path| path.starts_with(".idea/"));
    let path = match known {
        Some(path) => unescaped(path),
        None => format!(
            ".idea/{}.iml",
            workspace.root.file_name().unwrap_or("project")
        ),
    };
    let mut files = Vec::new();
    if known.is_none() {
        let list = ProjectFile::read(MODULES, ("project", PROJECT), read)?;
        files.push(list.merge(|file| {
            let place = format!("$PROJECT_DIR$/{path}");
            let line = format!(
                "<module fileurl=\"file://{0}\" filepath=\"{0}\" />",
                escaped(&place)
            );
            file.component("ProjectModuleManager")?;
            let component = file.open("ProjectModuleManager")?;
            file.insert_in(&component, "modules", &line);
            Ok(())
        })?);
    }
    let module = ProjectFile::read(&path, ("module", MODULE), read)?;
    files.push(module.merge(|file| {
        file.component("NewModuleRootManager")?;
        // Each comes before those that are there.
        let roots = workspace.source_roots.iter().rev();
        for root in roots.filter(|root| *root != ".") {
            let url = format!("file://$MODULE_DIR$/{root}");
            if file.text.contains(&format!("url=\"{}\"", escaped(&url))) {
                continue;
            }
            let line = format!(
                "<sourceFolder url=\"{}\" isTestSource=\"false\" />",
                escaped(&url)
            );
            let component = file.open("NewModuleRootManager")?;
            file.insert_in(&component, "content url=\"file://$MODULE_DIR$\"", &line);
        }
        Ok(())
    })?);
    Ok(files)
}

/// An attribute to set.
struct XmlAttribute<'a> {
    /// What it is an attribute of, for messages.
    of: &'a str,
    name: &'a str,
    value: &'a str,
}

/// A project file while it is edited.
struct ProjectFile {
    path: String,
    /// The element that holds components.
    top: &'static str,
    text: String,
    kept: Vec<KeptSetting>,
}

impl ProjectFile {
    /// Reads the file; an absent one becomes the given text.
    fn read(
        path: &str,
        (top, empty): (&'static str, &str),
        read: Read<'_>,
    ) -> Result<Self, MergeError> {
        let text = text_of(path, read)?;
        Ok(Self {
            path: path.to_owned(),
            top,
            text: match text.trim().is_empty() {
                true => empty.to_owned(),
                false => text,
            },
            kept: Vec::new(),
        })
    }

    fn merge(
        mut self,
        edit: impl FnOnce(&mut Self) -> Result<(), MergeProblem>,
    ) -> Result<SettingsFile, MergeError> {
        match edit(&mut self) {
            Ok(()) => Ok(SettingsFile {
                path: self.path,
                text: self.text,
                kept: self.kept,
            }),
            Err(reason) => Err(MergeError {
                path: self.path,
                reason,
            }),
        }
    }

    /// The component with this name, which is added where it is missing: what follows finds it by
    /// this text in its tag.
    fn component(&mut self, name: &str) -> Result<String, MergeProblem> {
        let mark = format!("name=\"{name}\"");
        if self.tag("component", &mark, 0).is_none() {
            let close = format!("</{}>", self.top);
            let at = self.text.rfind(&close);
            let at = at.ok_or(MergeProblem::NoElement(self.top))?;
            self.text
                .insert_str(at, &format!("  <component {mark} />\n"));
        }
        Ok(mark)
    }

    /// The tag, from `<` to `>`, of an element whose tag has `mark` in it. Comments are skipped.
    fn tag(&self, element: &str, mark: &str, from: usize) -> Option<Range<usize>> {
        let (text, mut at) = (&self.text, from);
        while let Some(next) = text[at..].find('<').map(|n| at + n) {
            if text[next..].starts_with("<!--") {
                at = next + text[next..].find("-->")? + 3;
                continue;
            }
            let close = next + tag_length(&text[next..])?;
            let inside = text[next..close].strip_prefix('<')?;
            let is_it = inside
                .strip_prefix(element)
                .is_some_and(|rest| rest.starts_with([' ', '\n', '\r', '\t', '/', '>']));
            if is_it && inside.replace('\'', "\"").contains(mark) {
                return Some(next..close);
            }
            at = close;
        }
        None
    }

    /// Where the inside of a component ends; one without an inside gets one.
    fn open(&mut self, name: &str) -> Result<Range<usize>, MergeProblem> {
        let mark = self.component(name)?;
        let missing = MergeProblem::NoElement("component");
        let tag = self.tag("component", &mark, 0).ok_or(missing.clone())?;
        if self.text[tag.clone()].ends_with("/>") {
            let head = self.text[tag.start..tag.end - 2].trim_end().to_owned();
            let opened = format!("{head}>\n  </component>");
            self.text.replace_range(tag.clone(), &opened);
            return Ok(tag.start + head.len() + 1..tag.start + opened.len() - "</component>".len());
        }
        let end = self.text[tag.end..].find("</component>").ok_or(missing)?;
        Ok(tag.end..tag.end + end)
    }

    /// Adds a line to the element below the component, which is made where it is missing.
    fn insert_in(&mut self, component: &Range<usize>, element: &str, line: &str) {
        let name = element.split(' ').next().unwrap_or(element);
        let inside = &self.text[component.clone()];
        if let Some(at) = inside.find(&format!("<{element}")) {
            let start = component.start + at;
            let end = start + tag_length(&self.text[start..]).unwrap_or_default();
            if self.text[start..end].ends_with("/>") {
                let opened = format!("<{element}>\n      {line}\n    </{name}>");
                return self.text.replace_range(start..end, &opened);
            }
            return self.text.insert_str(end, &format!("\n      {line}"));
        }
        let at = self.line_start(component.end);
        let added = format!("    <{element}>\n      {line}\n    </{name}>\n");
        self.text.insert_str(at, &added);
    }

    /// The start of the line in which only spaces stand before `at`.
    fn line_start(&self, at: usize) -> usize {
        self.text[..at].trim_end_matches([' ', '\t']).len()
    }

    /// Sets an option of a component, unless the user gave it another value.
    fn set_option(&mut self, component: &str, name: &str, value: &str) -> Result<(), MergeProblem> {
        let inside = self.open(component)?;
        let mark = format!("name=\"{name}\"");
        if self
            .tag("option", &mark, inside.start)
            .is_none_or(|tag| tag.end > inside.end)
        {
            let at = self.line_start(inside.end);
            let line = format!("    <option {mark} value=\"{}\" />\n", escaped(value));
            self.text.insert_str(at, &line);
            return Ok(());
        }
        let tag = self.tag("option", &mark, inside.start).unwrap_or(inside);
        let attribute = XmlAttribute {
            of: &format!("{component} {name}"),
            name: "value",
            value,
        };
        self.set_attribute_in(tag, &attribute, is_ours);
        Ok(())
    }

    /// Sets an attribute of a component that has none of this name.
    fn set_attribute(&mut self, component: &str, name: &str, value: &str) {
        if let Some(tag) = self.tag("component", component, 0)
            && attribute(&self.text[tag.clone()], name).is_none()
        {
            self.add_attribute(&tag, name, value);
        }
    }

    /// Sets an attribute of a component, unless the user gave it another value than `ours` knows.
    /// Whether it has the value now.
    fn set_attribute_of(
        &mut self,
        component: &str,
        attribute: &XmlAttribute<'_>,
        ours: impl Fn(&str) -> bool,
    ) -> bool {
        match self.tag("component", component, 0) {
            Some(tag) => self.set_attribute_in(tag, attribute, ours),
            None => false,
        }
    }

    fn set_attribute_in(
        &mut self,
        tag: Range<usize>,
        set: &XmlAttribute<'_>,
        ours: impl Fn(&str) -> bool,
    ) -> bool {
        let &XmlAttribute { of, name, value } = set;
        let Some(there) = attribute(&self.text[tag.clone()], name) else {
            self.add_attribute(&tag, name, value);
            return true;
        };
        let place = tag.start + there.start..tag.start + there.end;
        let text = unescaped(&self.text[place.clone()]);
        if text == value {
            return true;
        }
        if ours(&text) {
            self.text.replace_range(place, &escaped(value));
            return true;
        }
        self.kept.push(KeptSetting {
            key: format!("{of} {name}").trim().to_owned(),
            there: text,
            ours: value.to_owned(),
        });
        false
    }

    fn add_attribute(&mut self, tag: &Range<usize>, name: &str, value: &str) {
        let inside = self.text[tag.clone()]
            .trim_end_matches('>')
            .trim_end_matches('/');
        let at = tag.start + inside.trim_end().len();
        self.text
            .insert_str(at, &format!(" {name}=\"{}\"", escaped(value)));
    }
}

/// The length of the tag that `text` starts with. A `>` may stand in an attribute.
fn tag_length(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, '>') => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Where the value of an attribute is in a tag.
fn attribute(tag: &str, name: &str) -> Option<Range<usize>> {
    for (at, _) in tag.match_indices(name) {
        let is_start = tag[..at].ends_with(char::is_whitespace);
        let rest = tag[at + name.len()..].trim_start();
        let Some(rest) = rest.strip_prefix('=').filter(|_| is_start) else {
            continue;
        };
        let rest = rest.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let start = tag.len() - rest.len() + 1;
        let length = tag[start..].find(quote)?;
        return Some(start..start + length);
    }
    None
}

/// A text as it is written in an attribute.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}
