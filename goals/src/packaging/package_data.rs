//! Which package the files belong to that are no code, and which of them are left out, as setuptools sees it.

use std::collections::BTreeSet;

use model::{RepoPath, ShellPattern};

/// The folders with code, with dots.
pub(super) fn packages<'f>(members: impl Iterator<Item = &'f String>) -> BTreeSet<String> {
    let code = members.filter(|member| is_code(member));
    code.map(|member| RepoPath::new(member).folder().replace('/', "."))
        .collect()
}

fn is_code(member: &str) -> bool {
    member.ends_with(".py")
}

/// The nearest package above a file that is no code, and the file's path below it.
pub(super) fn place<'f>(member: &'f str, packages: &BTreeSet<String>) -> Option<(String, &'f str)> {
    let mut above = member.rmatch_indices('/').filter(|_| !is_code(member));
    above.find_map(|(at, _)| {
        let package = member[..at].replace('/', ".");
        packages
            .contains(&package)
            .then_some((package, &member[at + 1..]))
    })
}

/// Whether `exclude_package_data` names a file: patterns by package match paths below it as a whole, and those of the
/// empty package count for each.
pub(super) fn is_left_out(
    member: &str,
    packages: &BTreeSet<String>,
    excluded: &[(String, Vec<String>)],
) -> bool {
    let Some((package, path)) = place(member, packages) else {
        return false;
    };
    let meant = excluded
        .iter()
        .filter(|(of, _)| of.is_empty() || *of == package);
    let mut patterns = meant.flat_map(|(_, patterns)| patterns);
    patterns.any(|pattern| ShellPattern::parse(pattern).is_some_and(|it| it.matches(path)))
}
