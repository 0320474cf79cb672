//! The `cargo xtask` command.

mod settings;

fn main() {}
