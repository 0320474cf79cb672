//! What is known of a target type, and the questions about it.

use super::field::{COMMON, FieldType, PantsVersions};
use super::role::{Content, Role};
use super::values::Values;

/// What is known of one target type.
#[derive(Debug)]
pub struct TargetType {
    /// Its name in BUILD files.
    pub name: &'static str,
    /// Its own fields besides the common ones, sorted. A field that takes different values in
    /// different versions of Pants is there twice.
    pub fields: Vec<FieldType>,
    /// What it does.
    pub role: Role,
    /// Which versions of Pants have it.
    pub versions: PantsVersions,
    /// Whether it may have fields that are not known.
    pub(super) is_open: bool,
}

impl TargetType {
    pub(super) fn new(
        name: &'static str,
        generates: Option<&'static str>,
        fields: Vec<FieldType>,
    ) -> Self {
        Self {
            name,
            role: Role::of(name, generates, &fields),
            fields,
            versions: PantsVersions::Both,
            is_open: false,
        }
    }

    pub(super) fn of(self, versions: PantsVersions) -> Self {
        Self { versions, ..self }
    }

    /// A type that is known by name only.
    pub(super) fn open(name: &'static str) -> Self {
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

    /// Its own fields of that name: several where versions of Pants differ.
    pub fn field(&self, name: &str) -> impl Iterator<Item = &FieldType> {
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

    /// The patterns of the files that it owns where no field names them.
    #[must_use]
    pub fn default_sources(&self) -> Vec<&'static str> {
        match self.role {
            Role::Files { default, .. } | Role::Sources { default } => default.to_vec(),
            Role::File { field, .. } => {
                let defaults = self.field(field).filter_map(|field| field.default);
                defaults.flat_map(super::field::texts).collect()
            }
            Role::Requirements { file, .. } => vec![file],
            _ => Vec::new(),
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
