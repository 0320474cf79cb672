//! What the heading of a release says.

/// The release that a changelog announces.
#[derive(Debug, Clone, Copy)]
pub struct ReleaseHeading<'a> {
    /// As it is written, such as `24.09.0`.
    pub version: &'a str,
    /// As it is printed, usually `YYYY-MM-DD`.
    pub date: &'a str,
}
