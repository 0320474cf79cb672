//! Dependencies of a container image on what its Dockerfile copies and on the images that it starts
//! from, as Pants infers them.

use std::collections::BTreeSet;

use super::subject::Subject;
use crate::graph::target::TargetId;
use crate::graph::targets::Targets;
use crate::kinds::TargetType;
use crate::tree::join;
use buildfile::Data;
use model::RepoPath;

/// Adds the packages and files that an image is made of.
pub(super) fn add(subject: &mut Subject<'_>) {
    let (targets, id) = (subject.targets, subject.id);
    let target = subject.target();
    let text = match (&target.source, targets.texts(id, "instructions")) {
        (_, instructions) if !instructions.is_empty() => instructions.join("\n"),
        (Some(path), _) => targets.repository().read(path).unwrap_or_default(),
        (None, _) => return,
    };
    let given = targets.texts(id, "extra_build_args");
    let dockerfile = Dockerfile::read(&text);
    let mut images = BTreeSet::new();
    for value in dockerfile.addresses_of(&dockerfile.from, &given) {
        let found = targets.find_all(&value, &target.dir).unwrap_or_default();
        images.extend(found);
    }
    let later = !targets.repository().options().is_pants("2.17");
    let mut paths: BTreeSet<String> = dockerfile.copied.iter().cloned().collect();
    if later {
        for value in dockerfile.addresses_of(&dockerfile.copied_arguments, &given) {
            let found = targets.find_all(&value, &target.dir).unwrap_or_default();
            images.extend(found);
        }
        paths.extend(dockerfile.values_of(&dockerfile.copied_arguments, &given));
    }
    let endings: BTreeSet<Option<&str>> = paths.iter().map(|path| ending(path)).collect();
    for other in targets.all().filter(|other| is_package(targets, *other)) {
        let mut outputs = endings
            .iter()
            .map(|ending| output_path(targets, other, *ending));
        if images.contains(&other) || outputs.any(|output| paths.contains(&output)) {
            subject.found.targets.push(other);
        }
    }
    if later {
        for path in &paths {
            let owners = targets.owners_of_file(path.trim_start_matches("./"));
            subject.found.targets.extend(owners);
        }
    }
}

/// Whether `package` builds something of a target.
fn is_package(targets: &Targets<'_>, id: TargetId) -> bool {
    let known = targets.get(id).known;
    known.is_some_and(|known| known.field("output_path").next().is_some())
        && !known.is_some_and(TargetType::is_generator)
}

/// The ending of a file name, if it has one.
fn ending(path: &str) -> Option<&str> {
    let (stem, ending) = RepoPath::new(path).file_name().rsplit_once('.')?;
    (!stem.is_empty() && !ending.is_empty()).then_some(ending)
}

/// Where `package` puts what it builds of a target, below the folder for that.
fn output_path(targets: &Targets<'_>, id: TargetId, ending: Option<&str>) -> String {
    let set = targets.field(id, "output_path").and_then(Data::as_str);
    if let Some(set) = set.filter(|set| !set.is_empty()) {
        return set.to_owned();
    }
    let target = targets.get(id);
    let (base, parameters) = match target.address.rsplit_once('@') {
        Some((base, parameters)) if !target.parameters.is_empty() => {
            (base, format!("@{}", parameters.replace('.', "_")))
        }
        _ => (&*target.address, String::new()),
    };
    let name = match base.rsplit_once(['#', ':']) {
        Some((head, name)) if base[head.len()..].starts_with('#') => name.replace('.', "_"),
        Some((_, name)) => name.to_owned(),
        None => RepoPath::new(base).file_name().to_owned(),
    };
    let ending = ending.map_or_else(String::new, |ending| format!(".{ending}"));
    join(
        &target.dir.replace('/', "."),
        &format!("{name}{parameters}{ending}"),
    )
}

/// What a Dockerfile says of images and files.
#[derive(Debug, Default, PartialEq, Eq)]
struct Dockerfile {
    /// Build arguments with their defaults.
    arguments: Vec<(String, String)>,
    /// The build arguments that images start from.
    from: Vec<String>,
    /// Paths that are copied from the build context.
    copied: Vec<String>,
    /// Build arguments whose values are copied.
    copied_arguments: Vec<String>,
}

impl Dockerfile {
    /// See the Dockerfile reference: a backslash continues a line, `#` begins a comment.
    fn read(text: &str) -> Self {
        let mut file = Self::default();
        for line in logical_lines(text) {
            let Some((command, rest)) = line.split_once(char::is_whitespace) else {
                continue;
            };
            let rest = rest.trim();
            match command.to_ascii_uppercase().as_str() {
                "ARG" => {
                    for argument in rest.split_whitespace() {
                        if let Some((name, value)) = argument.split_once('=') {
                            let value = value.trim_matches(['"', '\'']);
                            file.arguments.push((name.to_owned(), value.to_owned()));
                        }
                    }
                }
                "FROM" => {
                    let mut words = rest.split_whitespace();
                    let image = words.find(|word| !word.starts_with("--"));
                    file.from
                        .extend(image.and_then(argument_name).map(str::to_owned));
                }
                "COPY" => file.copy(rest),
                _ => {}
            }
        }
        file
    }

    fn copy(&mut self, rest: &str) {
        let mut rest = rest;
        while let Some(flag) = rest.strip_prefix("--") {
            // What is copied from another stage is none of the build context.
            if flag.starts_with("from") {
                return;
            }
            rest = match rest.split_once(char::is_whitespace) {
                Some((_, rest)) => rest.trim_start(),
                None => return,
            };
        }
        let paths: Vec<String> = match rest.strip_prefix('[') {
            Some(list) => list
                .trim_end_matches(']')
                .split(',')
                .map(|text| text.trim().trim_matches('"').to_owned())
                .collect(),
            None => rest.split_whitespace().map(str::to_owned).collect(),
        };
        let Some((_, sources)) = paths.split_last() else {
            return;
        };
        for source in sources {
            match argument_name(source) {
                Some(argument) => self.copied_arguments.push(argument.to_owned()),
                None => self.copied.push(source.clone()),
            }
        }
    }

    /// The values of build arguments: those given, else the defaults.
    fn values_of(&self, names: &[String], given: &[&str]) -> Vec<String> {
        let value = |name: &String| {
            let mut given = given.iter().filter_map(|text| text.split_once('='));
            let given = given.find(|(have, _)| have == name);
            let mut defaults = self.arguments.iter();
            let default = defaults.find(|(have, _)| have == name);
            let value = given.map(|(_, value)| value.to_owned());
            value.or(default.map(|(_, value)| value.clone()))
        };
        names.iter().filter_map(value).collect()
    }

    /// Those that may be addresses.
    fn addresses_of(&self, names: &[String], given: &[&str]) -> Vec<String> {
        let mut values = self.values_of(names, given);
        values.retain(|value| is_address(value));
        values
    }
}

/// Whether a text may be an address, rather than the name of an image.
fn is_address(text: &str) -> bool {
    let Some((path, name)) = text.split_once(':') else {
        return false;
    };
    let (name, generated) = name.split_once('#').unwrap_or((name, "x"));
    !path.contains(['#', ' '])
        && !name.is_empty()
        && !name.contains([':', '!', '@', '?', '/', '=', ' '])
        && !generated.is_empty()
        && !generated.contains([':', '!', '@', '?', '=', ' '])
}

/// The name in `$NAME` or `${NAME}`.
fn argument_name(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?;
    let name = match name.strip_prefix('{') {
        Some(name) => name.strip_suffix('}')?,
        None => name,
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(is_name)).then_some(name)
}

fn logical_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut open = String::new();
    for line in text.lines() {
        let line = line.trim();
        if line.starts_with('#') || line.is_empty() {
            continue;
        }
        match line.strip_suffix('\\') {
            Some(start) => {
                open.push_str(start);
                open.push(' ');
            }
            None => {
                open.push_str(line);
                lines.push(std::mem::take(&mut open));
            }
        }
    }
    lines.push(open);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions() {
        let file = Dockerfile::read(
            "ARG BASE=\":base\"\nFROM --platform=x ${BASE} AS b # c\nCOPY a.b/c.pex \\\n  # c\n  d.txt /x/\ncopy --chown=1:1 [\"e f\", \"/\"]\nCOPY --from=b g h\nCOPY $BIN /bin\n",
        );
        assert_eq!(file.from, ["BASE"]);
        assert_eq!(file.copied, ["a.b/c.pex", "d.txt", "e f"]);
        assert_eq!(file.copied_arguments, ["BIN"]);
        assert_eq!(file.addresses_of(&file.from, &[]), [":base"]);
        assert_eq!(file.values_of(&file.from, &["BASE=//x:y"]), ["//x:y"]);
        assert!(is_address("a/b:c#d/e") && !is_address("x:1/2") && !is_address("debian"));
    }
}
