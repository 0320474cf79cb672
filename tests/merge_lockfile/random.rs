//! Two hundred random pairs of branches, merged both ways, rebased and cherry-picked.
//!
//! What must hold follows from the locks of both sides alone: there is no conflict unless nothing
//! satisfies both sides; the merged lock is what the merged requirements ask for; what neither side
//! changed stays; and every way to merge gives the same bytes.

use std::collections::{BTreeMap, BTreeSet};

use testkit::{LoopbackIndex, Package, Repo};

use super::{git_repo, require, try_git};
use crate::{commit, git};

/// The number of sets of packages, and of pairs of branches for each: all of them if
/// `XTASK_ALL_PAIRS` is set.
const ALL: [u64; 2] = [20, 10];
const SOME: [u64; 2] = [4, 5];
const PACKAGES: u64 = 14;
const VERSIONS: u64 = 4;

/// A sequence that is the same in every run (xorshift64*).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound
    }
}

/// Packages that require others, most of them with bounds, some on one platform only.
fn world(random: &mut Random) -> LoopbackIndex {
    let mut packages = Vec::new();
    for name in 0..PACKAGES {
        for version in 1..=VERSIONS {
            let mut package = Package::new(&format!("p{name}"), &format!("{version}.0"));
            for _ in 0..random.below(3) {
                if name + 1 == PACKAGES {
                    break;
                }
                let other = name + 1 + random.below(PACKAGES - name - 1);
                let bound = match random.below(4) {
                    0 => format!(">={}", 1 + random.below(version)),
                    1 => format!("<={}", version + random.below(VERSIONS)),
                    _ => String::new(),
                };
                let marker = match random.below(6) {
                    0 => "; sys_platform == 'win32'",
                    1 => "; sys_platform != 'win32'",
                    _ => "",
                };
                package = package.requires(&format!("p{other}{bound}{marker}"));
            }
            packages.push(package);
        }
    }
    LoopbackIndex::start(packages)
}

type Requirements = BTreeMap<String, String>;

/// A requirement on a random package.
fn requirement(random: &mut Random) -> (String, String) {
    let name = format!("p{}", random.below(PACKAGES));
    let version = 1 + random.below(VERSIONS);
    let text = match random.below(5) {
        0 => format!("{name}=={version}.0"),
        1 => format!("{name}>={version}"),
        2 => format!("{name}<={version}"),
        3 => format!("{name} ; sys_platform == 'linux'"),
        _ => name.clone(),
    };
    (name, text)
}

/// Adds, removes, raises or loosens a requirement, or upgrades a package. Gives whether it locks.
fn edit(repo: &Repo, random: &mut Random, requirements: &mut Requirements) -> bool {
    let names: Vec<String> = requirements.keys().cloned().collect();
    let known = names[usize::try_from(random.below(names.len() as u64)).unwrap()].clone();
    let mut arguments = vec!["generate-lockfiles".to_owned()];
    match random.below(5) {
        0 if requirements.len() > 2 => {
            requirements.remove(&known);
        }
        1 => {
            requirements.insert(known.clone(), known);
        }
        2 => arguments.extend(["--upgrade-package".to_owned(), known]),
        _ => {
            let (name, text) = requirement(random);
            requirements.insert(name, text);
        }
    }
    write(repo, requirements);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    repo.xtask(&arguments).status == 0
}

fn write(repo: &Repo, requirements: &Requirements) {
    let folder = repo.root().join("reqs");
    if folder.exists() {
        fs_err::remove_dir_all(&folder).unwrap();
    }
    for (name, text) in requirements {
        require(repo, name, text);
    }
}

/// The requirements of a branch, and its lock.
struct Side {
    requirements: Requirements,
    lock: String,
}

impl Side {
    fn committed(repo: &Repo, message: &str, requirements: Requirements) -> Self {
        commit(repo, message);
        Self {
            requirements,
            lock: repo.read("python.lock"),
        }
    }
}

/// Starts a branch and edits it until it locks.
fn branch(repo: &Repo, random: &mut Random, name: &str, base: &Requirements) -> Side {
    git(repo, &["switch", "--quiet", "--create", name, "main"]);
    for _ in 0..20 {
        let mut requirements = base.clone();
        let edits = 1 + random.below(2);
        if (0..edits).all(|_| edit(repo, random, &mut requirements)) {
            return Side::committed(repo, name, requirements);
        }
        git(repo, &["reset", "--quiet", "--hard"]);
        git(repo, &["clean", "--quiet", "--force", "-d"]);
    }
    Side::committed(repo, name, base.clone())
}

fn locked(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let lock = lockfile::read(text, "python.lock".into()).unwrap();
    let mut versions = BTreeMap::<_, BTreeSet<_>>::new();
    for package in &lock.packages {
        let version = package.version.to_string();
        versions
            .entry(package.name.to_string())
            .or_default()
            .insert(version);
    }
    versions
}

/// Merges into the current branch. Gives the lock, or `None` if there is a conflict.
fn merged(repo: &Repo, arguments: &[&str]) -> Option<String> {
    let output = try_git(repo, arguments);
    let unmerged = git(repo, &["diff", "--name-only", "--diff-filter=U"]);
    if output.status != 0 {
        assert!(
            !unmerged.is_empty(),
            "git {}: {output}",
            arguments.join(" ")
        );
    }
    if unmerged.lines().any(|line| line == "python.lock") {
        return None;
    }
    Some(repo.read("python.lock"))
}

/// Checks that the merged lock is what the merged requirements ask for, and that resolving again
/// with its pins gives the same.
fn verify(repo: &Repo, lock: &str, all: &[&Requirements; 3]) {
    // Git does not merge a requirement that both sides edited. Here both edits count.
    write_merged(repo, all);
    repo.write("python.lock", lock);
    let check = repo.xtask(&["generate-lockfiles", "--check"]);
    assert_eq!(check.status, 0, "the merged lock is stale: {check}");
    let again = repo.xtask(&["generate-lockfiles", "--upgrade-package", "none"]);
    assert_eq!(again.status, 0, "{again}");
    assert_eq!(
        repo.read("python.lock"),
        lock,
        "resolving anew gives another lock"
    );
    clean(repo);
}

fn merge_requirements([base, ours, theirs]: &[&Requirements; 3]) -> BTreeMap<String, Vec<String>> {
    let names: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    let mut all = BTreeMap::<String, Vec<String>>::new();
    for name in names {
        let (b, o, t) = (base.get(name), ours.get(name), theirs.get(name));
        let merged: BTreeSet<&String> = match (o == b, t == b) {
            (true, _) => t.into_iter().collect(),
            (_, true) => o.into_iter().collect(),
            _ => o.into_iter().chain(t).collect(),
        };
        if !merged.is_empty() {
            all.insert(name.clone(), merged.into_iter().cloned().collect());
        }
    }
    all
}

fn write_merged(repo: &Repo, all: &[&Requirements; 3]) {
    fs_err::remove_dir_all(repo.root().join("reqs")).unwrap();
    for (name, texts) in merge_requirements(all) {
        require(repo, &name, &texts.join("\", \""));
    }
}

/// Whether nothing satisfies the requirements of both sides, even without pins.
fn contradict(repo: &Repo, all: &[&Requirements; 3]) -> bool {
    write_merged(repo, all);
    repo.write("python.lock", "");
    repo.xtask(&["generate-lockfiles"]).status != 0
}

fn clean(repo: &Repo) {
    for operation in ["merge", "rebase", "cherry-pick"] {
        try_git(repo, &[operation, "--abort"]);
    }
    git(repo, &["reset", "--quiet", "--hard"]);
    git(repo, &["clean", "--quiet", "--force", "-d"]);
}

struct Pair<'a> {
    repo: &'a Repo,
    /// The base, our side, their side.
    sides: [&'a Side; 3],
}

impl Pair<'_> {
    /// Makes a branch at `start` and merges there.
    fn ways(&self, start: &str, ways: &[&[&str]]) -> Option<String> {
        let all: Vec<Option<String>> = ways
            .iter()
            .map(|way| {
                git(
                    self.repo,
                    &["switch", "--quiet", "--force-create", "merged", start],
                );
                let lock = merged(self.repo, way);
                clean(self.repo);
                lock
            })
            .collect();
        assert!(
            all.iter().all(|lock| *lock == all[0]),
            "each way gives another lock"
        );
        all.into_iter().next().flatten()
    }

    fn requirements(&self) -> [&Requirements; 3] {
        self.sides.map(|side| &side.requirements)
    }

    fn check(&self) {
        let into_ours: [&[&str]; 2] = [
            &["merge", "--no-edit", "theirs"],
            &["cherry-pick", "--keep-redundant-commits", "theirs"],
        ];
        let into_theirs: [&[&str]; 2] = [&["merge", "--no-edit", "ours"], &["rebase", "ours"]];
        let lock = self.ours_then(&into_ours, &into_theirs);
        let Some(lock) = lock else {
            assert!(
                contradict(self.repo, &self.requirements()),
                "a conflict without need"
            );
            clean(self.repo);
            return;
        };
        verify(self.repo, &lock, &self.requirements());
        let [base, ours, theirs] = self.sides.map(|side| locked(&side.lock));
        for (name, versions) in locked(&lock) {
            let sides = [&ours, &theirs].map(|side| side.get(&name));
            if let [Some(ours), Some(theirs)] = sides
                && base.get(&name) == Some(ours)
                && ours == theirs
            {
                assert_eq!(&versions, ours, "{name} moved, and neither side moved it");
            }
        }
    }

    fn ours_then(&self, into_ours: &[&[&str]], into_theirs: &[&[&str]]) -> Option<String> {
        let one = self.ways("ours", into_ours);
        let other = self.ways("theirs", into_theirs);
        assert_eq!(one, other, "the direction shows");
        one
    }
}

fn run_world(seed: u64, pairs: u64) {
    let mut random = Random::new(seed);
    let index = world(&mut random);
    let repo = git_repo(&index);
    let mut base = Requirements::new();
    while base.len() < 4 {
        let (name, text) = requirement(&mut random);
        base.insert(name, text);
        write(&repo, &base);
        if repo.xtask(&["generate-lockfiles"]).status != 0 {
            base.pop_last();
        }
    }
    write(&repo, &base);
    assert_eq!(repo.xtask(&["generate-lockfiles"]).status, 0);
    let base = Side::committed(&repo, "main", base);
    for _ in 0..pairs {
        let ours = branch(&repo, &mut random, "ours", &base.requirements);
        let theirs = branch(&repo, &mut random, "theirs", &base.requirements);
        let pair = Pair {
            repo: &repo,
            sides: [&base, &ours, &theirs],
        };
        pair.check();
        git(&repo, &["switch", "--quiet", "main"]);
        git(
            &repo,
            &["branch", "--quiet", "-D", "ours", "theirs", "merged"],
        );
    }
}

#[test]
fn two_hundred_random_pairs() {
    let [worlds, pairs] = if std::env::var_os("XTASK_ALL_PAIRS").is_some() {
        ALL
    } else {
        testkit::skip("in part: only 20 pairs, since XTASK_ALL_PAIRS is not set");
        SOME
    };
    std::thread::scope(|scope| {
        for half in 0..2 {
            let seeds = (0..worlds).filter(move |seed| seed % 2 == half);
            scope.spawn(move || seeds.for_each(|seed| run_world(seed, pairs)));
        }
    });
}
