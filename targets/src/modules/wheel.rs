//! The modules that a wheel contains, from the names of its files.

use std::collections::BTreeSet;

/// The shortest module names that together cover everything importable in a wheel: packages with
/// an `__init__` file, single modules, and what lies within namespace packages. Type stubs
/// (PEP 561) count under the name of what they describe.
#[must_use]
pub fn modules_of_wheel<'f>(files: impl IntoIterator<Item = &'f str>) -> Vec<String> {
    let files: BTreeSet<Vec<&str>> = files.into_iter().filter_map(importable).collect();
    let packages: BTreeSet<&[&str]> = files
        .iter()
        .filter(|parts| parts.last().is_some_and(|last| *last == "__init__"))
        .map(|parts| &parts[..parts.len() - 1])
        .collect();
    let mut modules = BTreeSet::new();
    for parts in &files {
        let topmost = (1..=parts.len()).find(|length| packages.contains(&parts[..*length]));
        let shortest = match topmost {
            Some(length) => &parts[..length],
            None => &parts[..],
        };
        modules.insert(shortest.join(".").replacen("-stubs", "", 1));
    }
    modules.into_iter().collect()
}

/// The parts of the module that a file is, if it is one.
fn importable(path: &str) -> Option<Vec<&str>> {
    let mut parts: Vec<&str> = path.split('/').collect();
    if let Some(first) = parts.first()
        && first.ends_with(".data")
    {
        if !matches!(parts.get(1), Some(&"purelib" | &"platlib")) {
            return None;
        }
        parts.drain(..2);
    }
    if parts
        .first()
        .is_none_or(|first| first.ends_with(".dist-info"))
    {
        return None;
    }
    let name = parts.pop()?;
    let stem = [".py", ".pyi"]
        .iter()
        .find_map(|end| name.strip_suffix(end));
    // `_x.cpython-312-x86_64-linux-gnu.so`
    let extension = [".so", ".pyd", ".dylib"]
        .iter()
        .find_map(|end| name.strip_suffix(end))
        .and_then(|stem| stem.split('.').next());
    parts.push(stem.or(extension)?);
    parts
        .iter()
        .all(|part| !part.is_empty() && !part.contains(['.', ' ']))
        .then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::modules_of_wheel;

    #[track_caller]
    fn check(files: &[&str], modules: &[&str]) {
        assert_eq!(modules_of_wheel(files.iter().copied()), modules);
    }

    #[test]
    fn packages_modules_and_namespaces() {
        check(
            &["yaml/__init__.py", "yaml/nodes.py", "_yaml/__init__.py"],
            &["_yaml", "yaml"],
        );
        check(&["six.py", "six-1.dist-info/METADATA"], &["six"]);
        check(
            &[
                "google/protobuf/__init__.py",
                "google/protobuf/message.py",
                "google/_upb/_message.abi3.so",
            ],
            &["google._upb._message", "google.protobuf"],
        );
        check(
            &["_x.cpython-312-x86_64-linux-gnu.so", "lib/data.txt"],
            &["_x"],
        );
    }

    #[test]
    fn stubs_and_data_folders() {
        check(
            &["yaml-stubs/__init__.pyi", "yaml-stubs/nodes.pyi"],
            &["yaml"],
        );
        check(
            &["x-1.data/purelib/a/__init__.py", "x-1.data/scripts/run.py"],
            &["a"],
        );
        check(&["a,b.py", "bad name.py"], &["a,b"]);
    }
}
