//! How targets are named: `dir:name`, `dir/file.py:../name`, `//:reqs#attrs`.

use model::RepoPath;
use std::fmt::Write as _;
use std::sync::Arc;

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

/// The address of the target that stands for the lockfile of a resolve.
#[must_use]
pub(crate) fn of_lockfile(resolve: &str, path: &str) -> String {
    let (dir, file) = RepoPath::new(path).split();
    of_file(dir, &format!("_{resolve}_lockfile"), file)
}

/// The address of a target that was generated under a name. That of a folder's default target is
/// left out.
#[must_use]
pub(crate) fn generated(dir: &str, name: &str, part: &str) -> String {
    let mut address = match name == default_name(dir) && !dir.is_empty() {
        true => dir.to_owned(),
        false => declared(dir, name),
    };
    let _infallible = write!(address, "#{part}");
    address
}

/// The name of a target that is declared without one: that of its folder.
#[must_use]
pub(crate) fn default_name(dir: &str) -> &str {
    RepoPath::new(dir).file_name()
}

/// The address with its parameters: `base@field=alias,…`. With parameters, the name of a
/// folder's default target is left out.
pub(crate) fn with_parameters(base: &str, parameters: &[(Arc<str>, Arc<str>)]) -> Arc<str> {
    if parameters.is_empty() {
        return Arc::from(base);
    }
    let short = match base.split_once(':') {
        Some((dir, name)) if name == default_name(dir) => dir,
        _ => base,
    };
    let mut address = String::from(short);
    for (at, (name, alias)) in parameters.iter().enumerate() {
        address.push(if at == 0 { '@' } else { ',' });
        address.push_str(name);
        address.push('=');
        address.push_str(alias);
    }
    Arc::from(address)
}
