//! How targets are named: `dir:name`, `dir/file.py:../name`, `//:reqs#attrs`.

use std::fmt::Write as _;

/// The address of a declared target. The root's default-named target is `//`.
#[must_use]
pub(crate) fn declared(dir: &str, name: &str) -> String {
    match (dir, name) {
        ("", "") => "//".to_owned(),
        ("", _) => format!("//:{name}"),
        _ => format!("{dir}:{name}"),
    }
}

/// The address of a target that was generated for a file, relative to the generator's folder.
#[must_use]
pub(crate) fn of_file(dir: &str, name: &str, file: &str) -> String {
    let mut address = String::with_capacity(dir.len() + name.len() + file.len() + 4);
    address.push_str(if dir.is_empty() { "//" } else { dir });
    if !dir.is_empty() {
        address.push('/');
    }
    address.push_str(file);
    let levels = file.matches('/').count();
    if levels > 0 || name != default_name(dir) {
        address.push(':');
        for _ in 0..levels {
            address.push_str("../");
        }
        address.push_str(name);
    }
    address
}

/// The address of a target that was generated under a name.
#[must_use]
pub(crate) fn generated(dir: &str, name: &str, part: &str) -> String {
    let mut address = declared(dir, name);
    let _infallible = write!(address, "#{part}");
    address
}

/// The name of a target that is declared without one: that of its folder.
#[must_use]
pub(crate) fn default_name(dir: &str) -> &str {
    dir.rsplit('/').next().unwrap_or_default()
}
