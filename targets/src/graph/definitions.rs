//! Definitions of which Python modules are generated: Protobuf and Thrift. What a file includes, and
//! which modules become of it, follow from its text as Pants reads it.

use std::sync::LazyLock;

use regex::Regex;
use rustc_hash::FxHashMap;

use super::target::{Target, TargetId};
use super::targets::Targets;
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
    /// The owners of a path that a file includes.
    pub(crate) fn owners(&self, path: &str) -> &[TargetId] {
        self.0.get(path).map_or(&[], Vec::as_slice)
    }

    /// All definitions.
    pub(crate) fn build(targets: &Targets<'_>) -> Self {
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

    /// The paths that a text includes.
    pub(crate) fn included(self, text: &str) -> Vec<&str> {
        let regex = match self {
            Self::Protobuf => &PROTOBUF_IMPORT,
            Self::Thrift => &THRIFT_INCLUDE,
        };
        let found = (**regex).iter().flat_map(|regex| regex.captures_iter(text));
        found
            .filter_map(|found| Some(found.get(1)?.as_str()))
            .collect()
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
    pub(crate) fn libraries(
        self,
        targets: &Targets<'_>,
        id: TargetId,
    ) -> Vec<(&'static str, &'static str)> {
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
