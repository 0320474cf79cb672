//! What a stranger hands us, damaged at random: nothing may panic or write outside its folder.
//!
//! The same entries as cargo-fuzz has (`fuzz/`), from the same seeds, without being guided by
//! coverage. The damage is the same in each run; `XTASK_FUZZ_CASES` asks for more of it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use camino::Utf8Path;

#[path = "../fuzz/entries.rs"]
mod entries;

/// Damaged inputs of each seed where nothing else is asked for.
const CASES: u64 = 40;

/// Texts whose presence makes damage more interesting.
const WORDS: [&str; 16] = [
    "[",
    "(",
    "{",
    "\"",
    "'",
    "\\",
    "\n",
    "../",
    "\0",
    "é",
    "0",
    "99999999999999999999",
    "=",
    ";",
    "#",
    "%",
];

#[test]
fn sdists() {
    check("sdist");
}

#[test]
fn wheels() {
    check("wheel");
}

#[test]
fn build_files() {
    check("build_file");
}

#[test]
fn requirements() {
    check("requirements");
}

#[test]
fn settings() {
    check("settings");
}

#[test]
fn locks() {
    check("lock");
}

/// Hands the entry `name` its seeds, as they are and damaged.
#[track_caller]
fn check(name: &str) {
    let (_, entry) = entries::ENTRIES
        .into_iter()
        .find(|(other, _)| *other == name)
        .unwrap();
    let folder = Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fuzz/seeds")
        .join(name);
    let mut seeds: Vec<_> = fs_err::read_dir(folder)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    seeds.sort_by_key(fs_err::DirEntry::file_name);
    assert!(!seeds.is_empty());
    let cases = std::env::var("XTASK_FUZZ_CASES").ok();
    let cases = cases.map_or(CASES, |cases| cases.parse().unwrap());
    for seed in seeds {
        let bytes = fs_err::read(seed.path()).unwrap();
        entry(&bytes);
        for case in 0..cases {
            let damaged = Chance(case + 1).damaged(&bytes);
            if catch_unwind(AssertUnwindSafe(|| entry(&damaged))).is_err() {
                let kept = std::env::temp_dir().join(format!("fuzz-{name}-{case}"));
                fs_err::write(&kept, damaged).unwrap();
                panic!(
                    "{name}: see {}, of {}",
                    kept.display(),
                    seed.path().display()
                );
            }
        }
    }
}

/// Numbers that look random and are the same in each run (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % end.max(1)
    }

    /// `bytes` with a few bytes changed, cut out, doubled, or put in.
    fn damaged(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = bytes.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(out.len());
            let end = out.len().min(at + 1 + self.below(24));
            match self.below(5) {
                0 if !out.is_empty() => out[at] ^= 1 << self.below(8),
                1 => drop(out.drain(at..end)),
                2 => {
                    let twice = out[at..end].to_vec();
                    out.splice(at..at, twice);
                }
                3 => out.truncate(at),
                _ => {
                    let word = WORDS[self.below(WORDS.len())];
                    out.splice(at..at, word.bytes());
                }
            }
        }
        out
    }
}
