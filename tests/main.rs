//! End-to-end tests: the real binary in throw-away repositories, one file per command, and the
//! rules of ARCHITECTURE.md.

mod tidy;

/// The binary under test.
#[expect(dead_code, reason = "the first command's tests use it")]
const BINARY: &str = env!("CARGO_BIN_EXE_cargo-xtask");
