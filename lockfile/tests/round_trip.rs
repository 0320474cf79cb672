//! What the format promises: a lock that was written is read back the same, the order in memory
//! does not matter, and both ways of reading agree.

#![allow(clippy::unwrap_used, reason = "a test")]

use lockfile::{Lock, read, read_inputs, write};
use model::{
    DistFile, ForkStrategy, IndexRole, InterpreterConstraints, LockInputs, LockedPackage,
    PackageSet, PackageSource, Platform, PrereleasePolicy,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

const REQUIREMENTS: [&str; 10] = [
    "a>=1",
    "b[x,y]~=1.4.2 ; sys_platform != 'win32'",
    "c==2.*,!=2.3",
    "d @ https://files.example/d-1.zip#subdirectory=py",
    "e @ git+https://git.example/e.git@v1",
    "f ; python_full_version < '3.13' and extra == 'x'",
    "g @ file:libs/g ; os_name == 'nt'",
    "h===1.0",
    "i>=1 ; 'arm' in platform_machine or implementation_name == 'pypy'",
    "j<2a0",
];

const MARKERS: [&str; 9] = [
    "",
    "sys_platform == 'win32'",
    "sys_platform != 'win32' and python_full_version >= '3.12.4'",
    "(sys_platform == 'linux' and platform_machine == 'x86_64') or os_name == 'nt'",
    "python_version == '3.12' and platform_python_implementation != 'PyPy'",
    "python_version not in '3.9, 3.10'",
    "platform_release == '20'",
    "'arm' not in platform_machine",
    "implementation_name == 'a' or (implementation_name == 'b' and os_name > 'c') or sys_platform == 'd'",
];

const TEXTS: [&str; 5] = [
    "",
    "broken",
    "a \"quote\"",
    "back\\slash\nnew line",
    "ünï \u{7f}",
];

fn parsed<T: std::str::FromStr<Err: std::fmt::Debug> + std::fmt::Debug>(
    texts: &'static [&'static str],
) -> impl Strategy<Value = Vec<T>> {
    subsequence(texts, 0..=texts.len())
        .prop_shuffle()
        .prop_map(|texts| texts.iter().map(|text| text.parse().unwrap()).collect())
}

fn file(name: String) -> impl Strategy<Value = DistFile> {
    (
        any::<Option<[u8; 32]>>(),
        any::<Option<u32>>(),
        proptest::option::of(0..2_000_000_000_000_i64),
        select(&[None, Some(">=3.8"), Some(">=3.8,<4,!=3.9.*")][..]),
        proptest::option::of(select(&TEXTS[..])),
    )
        .prop_map(move |(sha256, size, time, python, yanked)| DistFile {
            filename: name.clone(),
            sha256: sha256.map(model::Sha256),
            size: size.map(u64::from),
            upload_time: time.map(|ms| jiff::Timestamp::from_millisecond(ms).unwrap()),
            requires_python: python.map(|p| p.parse().unwrap()),
            yanked: yanked.map(str::to_owned),
        })
}

fn source() -> impl Strategy<Value = PackageSource> {
    let url: model::Url = "https://h.example/x%20y/z.git".parse().unwrap();
    select(vec![
        PackageSource::Index(IndexRole::Primary),
        PackageSource::Index(IndexRole::Further(2)),
        PackageSource::Index(IndexRole::FindLinks),
        PackageSource::Path {
            path: "libs/ü \"x\"".into(),
        },
        PackageSource::Url {
            url: url.clone(),
            subdirectory: Some("py".to_owned()),
        },
        PackageSource::Git {
            url,
            commit: "29932f3915935d773dc8d52c292cadd81c81071d".to_owned(),
            revision: Some("v1".to_owned()),
            subdirectory: None,
        },
    ])
}

fn package() -> impl Strategy<Value = LockedPackage> {
    let name = select(&["a", "b-c", "zope-interface", "d3", "e"][..]);
    let version = select(&["1.0", "2!1.0.post3", "1.0+cpu.1", "1.10", "1.9"][..]);
    (name, version).prop_flat_map(|(name, version)| {
        let wheels: Vec<_> = ["x86_64", "aarch64", "any"]
            .iter()
            .map(|tag| file(format!("{name}-{version}-py3-none-{tag}.whl")))
            .collect();
        (
            source(),
            select(&MARKERS[..]),
            select(&[None, Some(">=3.8")][..]),
            parsed(&["x", "y", "long-extra"]),
            parsed(&REQUIREMENTS),
            proptest::option::of(file(format!("{name}-{version}.tar.gz"))),
            wheels.prop_flat_map(|wheels| {
                let all = wheels.len();
                subsequence(wheels, 0..=all).prop_shuffle()
            }),
        )
            .prop_map(
                move |(source, marker, python, extras, dependencies, sdist, wheels)| {
                    LockedPackage {
                        name: name.parse().unwrap(),
                        version: version.parse().unwrap(),
                        source,
                        marker: marker.parse().unwrap(),
                        requires_python: python.map(|p| p.parse().unwrap()),
                        extras,
                        dependencies,
                        sdist,
                        wheels,
                    }
                },
            )
    })
}

fn inputs() -> impl Strategy<Value = LockInputs> {
    (
        parsed(&REQUIREMENTS),
        parsed(&REQUIREMENTS),
        select(vec![
            vec!["CPython==3.12.*"],
            vec!["CPython>=3.8", "PyPy==3.10.*"],
        ]),
        subsequence(&Platform::ALL[..], 0..=5).prop_shuffle(),
        parsed::<PackageSet>(&[":all:", "psycopg2", "numpy"]),
        select(
            &[
                PrereleasePolicy::IfNecessary,
                PrereleasePolicy::Allow,
                PrereleasePolicy::Disallow,
            ][..],
        ),
        any::<bool>(),
        parsed(&["a==1", "a=b>2", "c[x]"]),
        parsed(&["d", "e"]),
    )
        .prop_map(
            |(
                requirements,
                constraints,
                pythons,
                platforms,
                binary,
                prereleases,
                wheels,
                overrides,
                excludes,
            )| {
                LockInputs {
                    requirements,
                    constraints,
                    interpreter_constraints: InterpreterConstraints::parse(&pythons).unwrap(),
                    platforms,
                    overrides,
                    excludes,
                    no_binary: binary.iter().cloned().collect(),
                    only_binary: binary.into_iter().collect(),
                    prereleases,
                    require_wheels: wheels,
                    fork_strategy: if wheels {
                        ForkStrategy::Fewest
                    } else {
                        ForkStrategy::default()
                    },
                    ..LockInputs::default()
                }
            },
        )
}

fn any_lock() -> impl Strategy<Value = Lock> {
    let packages = proptest::collection::vec(package(), 0..6);
    (inputs(), packages, parsed(&MARKERS)).prop_map(|(inputs, mut packages, forks)| {
        let key = |p: &LockedPackage| (p.name.clone(), p.version.clone());
        packages.sort_by_key(key);
        packages.dedup_by_key(|p| key(p));
        Lock {
            resolve: "a \"resolve\"".to_owned(),
            inputs,
            forks,
            packages,
        }
    })
}

fn shuffled(lock: &Lock) -> impl Strategy<Value = Lock> + use<> {
    let lock = lock.clone();
    (
        Just(lock.packages.clone()).prop_shuffle(),
        Just(lock.inputs.requirements.clone()).prop_shuffle(),
        Just(lock.forks.clone()).prop_shuffle(),
        any::<bool>(),
    )
        .prop_map(move |(mut packages, requirements, forks, reverse)| {
            for package in packages.iter_mut().filter(|_| reverse) {
                package.wheels.reverse();
                package.dependencies.reverse();
                package.extras.reverse();
            }
            let mut lock = lock.clone();
            lock.packages = packages;
            lock.inputs.requirements = requirements;
            lock.forks = forks;
            lock
        })
}

/// What the format keeps: everything is sorted, and a file's `requires_python` is kept only if it
/// differs from its package's.
fn kept(mut lock: Lock) -> Lock {
    let inputs = &mut lock.inputs;
    inputs.requirements.sort();
    inputs.constraints.sort();
    inputs.overrides.sort();
    inputs.excludes.sort();
    inputs.platforms.sort();
    lock.forks.retain(|fork| !fork.is_true());
    lock.forks.sort_by_key(ToString::to_string);
    lock.packages
        .sort_by_key(|p| (p.name.clone(), p.version.clone(), p.source.clone()));
    for package in &mut lock.packages {
        package.dependencies.sort();
        package.extras.sort();
        package.wheels.sort_by_key(|w| w.filename.clone());
        for file in package.wheels.iter_mut().chain(&mut package.sdist) {
            if file.requires_python == package.requires_python {
                file.requires_python = None;
            }
        }
    }
    lock
}

proptest! {
    #[test]
    fn what_was_written_is_read(lock in any_lock()) {
        let text = write(&lock);
        let back = read(&text, "python.lock".into()).unwrap();
        prop_assert_eq!(&back, &kept(lock));
        prop_assert_eq!(write(&back), text);
    }

    #[test]
    fn order_does_not_show((lock, other) in any_lock().prop_flat_map(|lock| {
        let other = shuffled(&lock);
        (Just(lock), other)
    })) {
        prop_assert_eq!(write(&lock), write(&other));
    }

    #[test]
    fn the_inputs_are_read_alone(lock in any_lock()) {
        let lock = kept(lock);
        prop_assert_eq!(read_inputs(&write(&lock)), Some(lock.inputs));
    }

    /// A comment on each package sends the text to the TOML parser.
    #[test]
    fn the_layout_is_free(lock in any_lock()) {
        let text = write(&lock).replace("[[packages]]", "[[ packages ]] # one");
        let back = read(&text, "python.lock".into()).unwrap();
        prop_assert_eq!(back, kept(lock));
    }

    #[test]
    fn garbage_is_an_error_with_a_place(
        lock in any_lock(),
        at in any::<proptest::sample::Index>(),
        junk in "\\PC{0,3}",
    ) {
        let text = write(&lock);
        let mut at = at.index(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        for text in [format!("{}{junk}{}", &text[..at], &text[at..]), text[..at].to_owned()] {
            if let Err(error) = read(&text, "python.lock".into()) {
                prop_assert!(error.place.line <= text.lines().count() + 1);
                prop_assert!(error.place.column <= error.place.source_line.chars().count() + 1);
            }
        }
    }
}
