//! Glob patterns with Pants' meaning: `*` stays within a folder, `**` does not, dot files match.

use globset::{GlobBuilder, GlobMatcher};

/// Compiles one pattern.
///
/// # Errors
/// Why it is no glob.
pub(crate) fn compile(pattern: &str) -> Result<GlobMatcher, String> {
    GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| error.kind().to_string())
}
