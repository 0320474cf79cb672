//! The known target types: their fields, what they generate, and what they do in the graph.
//!
//! Those that Pants ships are in `pants.txt`; settings may declare those of plug-ins.

mod declared;
mod field;
mod role;
mod table;
mod target_type;
mod values;

pub use declared::TypeDeclaration;
pub use field::{COMMON, FieldType, PantsVersions};
pub(crate) use role::extensions_of;
pub use role::{Content, RequirementsFormat, Role};
pub use table::shipped_types;
pub use target_type::TargetType;
pub(crate) use values::ValueProblem;
pub use values::Values;

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
