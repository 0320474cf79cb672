//! Dependencies of definitions of which Python modules are generated: Protobuf and Thrift. As in
//! Pants, a file depends on the files that it includes, and on the library that the generated
//! modules import.

use std::sync::LazyLock;

use regex::Regex;
use rustc_hash::FxHashMap;

use super::subject::{Preference, Subject};
use crate::error::{Error, GraphWarning};
use crate::graph::target::{Target, TargetId};
use crate::graph::targets::Targets;
use crate::kinds::{Content, Role};
use buildfile::Data;

/// `import "a/b.proto";`, with the path in the only group.
static PROTOBUF_IMPORT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"import\s*(?:\spublic|\sweak)?\s*['"](.+?\.proto)['"]\s*;"#).ok()
});

/// `include "a.thrift"`, with the path in the only group.
static THRIFT_INCLUDE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"include\s+['"](.+?\.thrift)['"]"#).ok());

/// `namespace py a.b`, with the name in the only group.
static THRIFT_NAMESPACE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"namespace\s+py\s+(\S+)").ok());

/// The owners of definitions by their paths from their source roots on.
#[derive(Debug, Default)]
pub(crate) struct DefinitionMap(FxHashMap<Box<str>, Vec<TargetId>>);

impl DefinitionMap {
    /// All definitions.
    pub(super) fn build(targets: &Targets<'_>) -> Self {
        let mut map = Self::default();
        for id in targets.all() {
            let target = targets.get(id);
            if let (Some(path), Some(_)) = (&target.source, Definition::of(target)) {
                let path = Box::from(targets.roots().strip(path));
                map.0.entry(path).or_default().push(id);
            }
        }
        map
    }
}

/// Which kind of definitions a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Definition {
    /// Protobuf.
    Protobuf,
    /// Thrift.
    Thrift,
}

impl Definition {
    /// That of a target's file, if it has any.
    pub(crate) fn of(target: &Target) -> Option<Self> {
        match target.role() {
            Role::File {
                content: Content::Protobuf,
                ..
            } => Some(Self::Protobuf),
            Role::File {
                content: Content::Thrift,
                ..
            } => Some(Self::Thrift),
            _ => None,
        }
    }

    /// Whether Python modules are generated of it: the back end for that is in use.
    fn becomes_python(self, targets: &Targets<'_>) -> bool {
        let backend = match self {
            Self::Protobuf => "pants.backend.codegen.protobuf.python",
            Self::Thrift => "pants.backend.codegen.thrift.apache.python",
        };
        let all = &targets.repository().options().backend_packages;
        all.is_empty() || all.iter().any(|have| have == backend)
    }

    /// The modules that are generated of a target's file.
    pub(crate) fn modules(self, targets: &Targets<'_>, id: TargetId) -> Vec<String> {
        let target = targets.get(id);
        let Some(path) = target
            .source
            .as_ref()
            .filter(|_| self.becomes_python(targets))
        else {
            return Vec::new();
        };
        match self {
            Self::Protobuf => {
                let stripped = targets.roots().strip(path);
                let stem = stripped.strip_suffix(".proto").unwrap_or(stripped);
                let module = stem.replace('/', ".");
                let grpc = targets.field(id, "grpc").and_then(Data::as_bool) == Some(true);
                let of_grpc = grpc.then(|| format!("{module}_pb2_grpc"));
                [format!("{module}_pb2")]
                    .into_iter()
                    .chain(of_grpc)
                    .collect()
            }
            Self::Thrift => {
                let text = targets.repository().read(path).unwrap_or_default();
                let named = first(&THRIFT_NAMESPACE, &text);
                let (_, name) = model::RepoPath::new(path).split();
                let stem = name.strip_suffix(".thrift").unwrap_or(name);
                let prefix = named.unwrap_or(stem);
                vec![format!("{prefix}.ttypes"), format!("{prefix}.constants")]
            }
        }
    }

    /// The modules of libraries that the generated modules import, and the projects that have them.
    fn libraries(self, targets: &Targets<'_>, id: TargetId) -> Vec<(&'static str, &'static str)> {
        let grpc = targets.field(id, "grpc").and_then(Data::as_bool) == Some(true);
        match self {
            _ if !self.becomes_python(targets) => Vec::new(),
            Self::Protobuf if grpc => {
                vec![("google.protobuf", "protobuf"), ("grpc", "grpcio")]
            }
            Self::Protobuf => vec![("google.protobuf", "protobuf")],
            Self::Thrift => vec![("thrift", "thrift")],
        }
    }
}

fn first<'t>(regex: &LazyLock<Option<Regex>>, text: &'t str) -> Option<&'t str> {
    let found = (**regex).as_ref()?.captures(text)?.get(1)?;
    Some(found.as_str())
}

/// Adds what a file of definitions includes, and what its modules need.
pub(super) fn add(subject: &mut Subject<'_>, definition: Definition) -> Result<(), Error> {
    let (targets, id) = (subject.targets, subject.id);
    let Some(path) = &subject.target().source else {
        return Ok(());
    };
    // A file that is not there was warned of.
    let text = targets.repository().read(path).unwrap_or_default();
    let regex = match definition {
        Definition::Protobuf => &PROTOBUF_IMPORT,
        Definition::Thrift => &THRIFT_INCLUDE,
    };
    let included = (**regex)
        .iter()
        .flat_map(|regex| regex.captures_iter(&text));
    for included in included.filter_map(|found| found.get(1)) {
        let owners = subject.definitions().0.get(included.as_str());
        match owners.map_or(&[][..], Vec::as_slice) {
            [one] => subject.found.targets.push(*one),
            owners => {
                if let Preference::One(owner) = subject.preference(owners) {
                    subject.found.targets.push(owner);
                }
            }
        }
    }
    for (module, project) in definition.libraries(targets, id) {
        let resolve = targets.python_resolve(id);
        match subject
            .modules()
            .requirements_of(module, resolve)
            .as_slice()
        {
            [one] => subject.found.targets.push(*one),
            [] => {
                let message = format!(
                    "the modules that are generated of `{path}` import `{module}`, which no requirement provides"
                );
                let place = targets.place(id, "source");
                subject.found.warnings.push(
                    GraphWarning::new(message, Some(place))
                        .hint(format!("require `{project}` in the same resolve")),
                );
            }
            _ => {}
        }
    }
    Ok(())
}
