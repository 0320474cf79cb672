//! The known target types: their fields, what they generate, and what they do in the graph.
//!
//! Those that Pants ships are in `pants.txt`; settings may declare those of plug-ins.

mod declared;
mod role;
mod table;
mod values;

pub use declared::TypeDeclaration;
pub use role::{Content, RequirementsFormat, Role};
pub use table::Versions;
pub(crate) use values::ValueProblem;
pub use values::Values;

/// What is known of one target type.
#[derive(Debug)]
pub struct TargetType {
    /// Its name in BUILD files.
    pub name: &'static str,
    /// Its own fields besides the common ones, sorted. A field that takes different values in
    /// different versions of Pants is there twice.
    pub fields: Vec<Field>,
    /// What it does.
    pub role: Role,
    /// Which versions of Pants have it.
    pub versions: Versions,
    /// Whether it may have fields that are not known.
    is_open: bool,
}

/// A field of a target type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in BUILD files.
    pub name: &'static str,
    /// What it takes.
    pub values: Values,
    /// Whether it must be set.
    pub required: bool,
    /// The value where it is not set, as Python writes it.
    pub default: Option<&'static str>,
    /// Which versions of Pants have it.
    pub versions: Versions,
    /// Whether it goes from a generator to what it generates.
    pub moves: bool,
}

/// Fields of every target type; `name` is not a field.
pub const COMMON: &[&str] = &["description", "tags"];

/// The types that Pants ships, sorted by name.
#[must_use]
pub fn shipped_types() -> &'static [TargetType] {
    &table::TYPES
}

impl TargetType {
    fn new(name: &'static str, generates: Option<&'static str>, fields: Vec<Field>) -> Self {
        Self {
            name,
            role: Role::of(name, generates, &fields),
            fields,
            versions: Versions::Both,
            is_open: false,
        }
    }

    fn of(self, versions: Versions) -> Self {
        Self { versions, ..self }
    }

    /// A type that is known by name only.
    fn open(name: &'static str) -> Self {
        let known = Self::new(name, None, Vec::new());
        let role = match known.role {
            Role::Plain => Role::Opaque,
            role => role,
        };
        Self {
            is_open: true,
            role,
            ..known
        }
    }

    /// The type of that name that Pants ships.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        let types = shipped_types();
        let at = types.binary_search_by(|known| known.name.cmp(name)).ok()?;
        Some(&types[at])
    }

    /// Its own fields of that name: several where versions of Pants differ.
    pub fn field(&self, name: &str) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(move |field| field.name == name)
    }

    /// Whether the type can have the field.
    #[must_use]
    pub fn accepts(&self, field: &str) -> bool {
        self.is_open
            || self.field(field).next().is_some()
            || COMMON.contains(&field)
            || field.starts_with("parametrize_")
    }

    /// The fields that it can have, and `name`.
    pub(crate) fn field_names(&self) -> impl Iterator<Item = &'static str> {
        let own = self.fields.iter().map(|field| field.name);
        COMMON.iter().copied().chain(["name"]).chain(own)
    }

    /// The field that names what its targets depend on.
    pub(crate) fn dependencies_field(&self) -> &'static str {
        let mut fields = self.fields.iter();
        let field = fields.find(|field| field.values == Values::Dependencies);
        field.map_or("dependencies", |field| field.name)
    }

    /// Whether its targets belong to a resolve of Python.
    #[must_use]
    pub fn has_resolve(&self) -> bool {
        match self.role {
            Role::Binary
            | Role::Binaries
            | Role::Function
            | Role::Requirement
            | Role::Requirements { .. }
            | Role::PantsRequirements => true,
            Role::File { content, .. } | Role::Files { content, .. } => {
                matches!(content, Content::Python | Content::Test | Content::TestUtil)
            }
            _ => false,
        }
    }

    /// Whether it generates targets.
    #[must_use]
    pub fn is_generator(&self) -> bool {
        matches!(
            self.role,
            Role::Files { .. }
                | Role::Requirements { .. }
                | Role::PantsRequirements
                | Role::Binaries
        )
    }

    /// Whether the field goes from the generator to what it generates, rather than being
    /// copied or staying.
    #[must_use]
    pub fn moves(&self, field: &str) -> bool {
        match self.role {
            Role::Files { .. } => {
                !COMMON.contains(&field) && !matches!(field, "sources" | "overrides")
            }
            Role::Requirements { .. } | Role::PantsRequirements => {
                matches!(field, "resolve" | "dependencies")
            }
            Role::Binaries => {
                !COMMON.contains(&field) && !matches!(field, "entry_points" | "overrides")
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_found() {
        assert!(TargetType::find("python_sources").unwrap().is_generator());
        assert!(TargetType::find("pyton_sources").is_none());
        let tool = TargetType::find("adhoc_tool").unwrap();
        assert_eq!(tool.dependencies_field(), "output_dependencies");
        let role = |name: &str| TargetType::find(name).unwrap().role;
        assert!(matches!(
            role("protobuf_sources"),
            Role::Files {
                default: ["*.proto"],
                ..
            }
        ));
        assert!(matches!(role("helm_chart"), Role::Sources { .. }));
        assert!(matches!(
            role("docker_image"),
            Role::File {
                field: "source",
                ..
            }
        ));
        assert_eq!(role("archive"), Role::Plain);
    }
}
