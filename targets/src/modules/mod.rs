//! Which modules a third-party requirement provides.

mod mapping;
mod stdlib;
mod table;
mod wheel;

pub use mapping::{
    MappingReport, MappingRow, MappingSource, Verdict, WheelModules, mapping_report,
};
pub use stdlib::is_stdlib;
pub use table::{Provides, default_modules};
pub use wheel::modules_of_record;
