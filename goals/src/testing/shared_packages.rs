//! Which modules share a fork server: those whose environments have most of their packages in common. The server has
//! an environment with just these.

use install::environment::StoredWheel;
use model::Sha256;
use rustc_hash::FxHashSet;

/// So many modules of one environment have a server of their own, which imports all of it.
const MANY: usize = 16;

/// How much of the larger environment the common part is at least, of ten.
const MOST: usize = 7;

/// An environment that modules run in.
#[derive(Debug, Clone, Copy)]
pub(super) struct ModulePackages<'a> {
    /// The position of its Python.
    pub(super) python: usize,
    /// How many modules run in it.
    pub(super) modules: usize,
    /// Its packages, in the order in which they count.
    pub(super) wheels: &'a [StoredWheel],
}

/// Environments of one server.
#[derive(Debug)]
pub(super) struct ServerGroup {
    /// The position of their Python.
    pub(super) python: usize,
    /// Their positions.
    pub(super) members: Vec<usize>,
    modules: usize,
    /// The packages that all of them have.
    pub(super) common: Vec<StoredWheel>,
}

/// The groups of environments: each is in one.
pub(super) fn server_groups(environments: &[ModulePackages<'_>]) -> Vec<ServerGroup> {
    let hashes = environments.iter().map(|one| one.wheels.iter());
    let hashes = hashes.map(|wheels| wheels.map(|wheel| wheel.sha256).collect());
    let hashes: Vec<FxHashSet<Sha256>> = hashes.collect();
    let mut by_size: Vec<usize> = (0..environments.len()).collect();
    by_size.sort_by_key(|at| environments[*at].wheels.len());
    let alike = grouped(environments, &hashes, by_size, |common, all| {
        common * 10 >= all * MOST
    });
    let (alone, mut groups): (Vec<ServerGroup>, Vec<ServerGroup>) =
        alike.into_iter().partition(|group| group.modules == 1);
    let mut left = Vec::new();
    for at in alone.into_iter().flat_map(|group| group.members) {
        // A module that no other is like shares what others share anyway, where its environment has that.
        let has = |wheel: &StoredWheel| hashes[at].contains(&wheel.sha256);
        let python = environments[at].python;
        let having = groups.iter_mut();
        let having = having.filter(|group| group.python == python && group.common.iter().all(has));
        match having.max_by_key(|group| group.common.len()) {
            Some(group) => group.members.push(at),
            None => left.push(at),
        }
    }
    // What is left shares what there is: pytest at least.
    groups.extend(grouped(environments, &hashes, left, |_, _| true));
    groups
}

/// The groups of environments: each joins the first of its Python with which it has enough in common, by the numbers
/// of packages that are common and all that it has. `hashes` are those of the packages of each.
fn grouped(
    environments: &[ModulePackages<'_>],
    hashes: &[FxHashSet<Sha256>],
    members: Vec<usize>,
    is_enough: impl Fn(usize, usize) -> bool,
) -> Vec<ServerGroup> {
    let mut groups: Vec<ServerGroup> = Vec::new();
    for at in members {
        let one = &environments[at];
        let is_common = |wheel: &StoredWheel| hashes[at].contains(&wheel.sha256);
        let joined = groups
            .iter_mut()
            .filter(|group| group.python == one.python && group.modules.max(one.modules) < MANY)
            .find(|group| {
                let common = group.common.iter().filter(|one| is_common(one));
                is_enough(common.count(), one.wheels.len())
            });
        match joined {
            Some(group) => {
                group.members.push(at);
                group.modules += one.modules;
                group.common.retain(is_common);
            }
            None => groups.push(ServerGroup {
                python: one.python,
                members: vec![at],
                modules: one.modules,
                common: one.wheels.to_vec(),
            }),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::{ModulePackages, server_groups};
    use install::environment::StoredWheel;
    use model::Sha256;

    fn wheels(names: &str) -> Vec<StoredWheel> {
        let wheel = |name: &str| StoredWheel {
            name: name.parse().unwrap(),
            version: "1".parse().unwrap(),
            sha256: Sha256::of(name.as_bytes()),
            requested: false,
            direct_url: None,
            built_from: None,
            seed: false,
        };
        names.split(' ').map(wheel).collect()
    }

    /// The common packages of the servers of environments, each with how many modules it has.
    fn check(environments: &[(usize, &str)]) -> Vec<String> {
        let all: Vec<_> = environments
            .iter()
            .map(|(_, names)| wheels(names))
            .collect();
        let each = environments.iter().zip(&all);
        let each = each.map(|((modules, _), wheels)| ModulePackages {
            python: 0,
            modules: *modules,
            wheels,
        });
        let mut shared = vec![String::new(); environments.len()];
        for group in server_groups(&each.collect::<Vec<_>>()) {
            let names = group.common.iter().map(|wheel| wheel.name.to_string());
            let names = names.collect::<Vec<_>>().join(" ");
            for at in group.members {
                shared[at].clone_from(&names);
            }
        }
        shared
    }

    #[test]
    fn environments_that_are_alike_share_what_they_have_in_common() {
        let shared = check(&[(2, "a b c d e"), (1, "a b c d"), (3, "a x y z")]);
        assert_eq!(shared, ["a b c d", "a b c d", "a x y z"]);
    }

    #[test]
    fn those_of_one_module_share_what_there_is() {
        let shared = check(&[(1, "a b c d"), (1, "a x y z"), (2, "a p q r")]);
        assert_eq!(shared, ["a", "a", "a p q r"]);
    }

    #[test]
    fn an_environment_of_many_modules_shares_with_none() {
        let shared = check(&[(16, "a b c d e"), (1, "a b c d"), (1, "a b c d f")]);
        assert_eq!(shared, ["a b c d e", "a b c d", "a b c d"]);
    }
}
