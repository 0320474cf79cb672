//! pytest as it is run here: its command line, batches and shards, and its reports read back and merged.
//!
//! Nothing here starts a process or reads a file: what a run needs is told, and what it left is handed in.

mod batches;
mod changed_lines;
mod command;
mod configuration;
mod coverage;
mod junit;
mod missing_module;
mod missing_plugin;
mod options;
mod shards;
mod summary;
mod times;
mod variables;

pub use batches::{batches, largest_of_two_sizes};
pub use changed_lines::{ChangedCoverage, LineNumbers};
pub use command::{CoverageArguments, JunitArguments, OutputColor, PytestCommand, report_name};
pub use configuration::{CONFIGURATION_FILES, configures_pytest};
pub use coverage::{CoverageFileFormat, coverage_configuration, names_coverage};
pub use junit::{JunitError, JunitReport, TestCase, TestVerdict, merged, with_earlier_failures};
pub use missing_module::missing_modules;
pub use missing_plugin::{MissingPlugin, missing_plugins};
pub use options::{CoverageReport, OutputPolicy};
pub use shards::{Shard, ShardError};
pub use summary::{ResultLine, ResultOrigin, goal_exit_code, printed_order};
pub use times::TestTimes;
pub use variables::{VariableRequest, requested_variables};
