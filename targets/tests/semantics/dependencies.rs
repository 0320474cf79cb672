//! Explicit dependencies, exclusions, closures, dependents, special fields, changes.

use targets::query::{ChangedFiles, Dependents};

use crate::{addresses, ask_with, edges, options, run};

const CHAIN: &str = "== src/x/BUILD
python_sources()
pex_binary(name='bin', entry_point='main.py', dependencies=['!!./leaf.py'])
pex_binary(name='bin2', entry_point='main.py', dependencies=['!./main.py'])
python_distribution(name='dist', provides=python_artifact(name='d', version='1'), dependencies=[':x', '!!./leaf.py'])
== src/x/main.py
import x.mid
== src/x/mid.py
import x.leaf
== src/x/leaf.py
";

#[test]
fn generators_stand_for_what_they_generate() {
    insta::assert_snapshot!(run(CHAIN, "dependencies src/x:dist"), @"
    src/x/leaf.py
    src/x/main.py
    src/x/mid.py
    ");
    insta::assert_snapshot!(run(CHAIN, "dependencies src/x:x"), @"
    src/x/leaf.py
    src/x/main.py
    src/x/mid.py
    ");
}

#[test]
fn exclusions() {
    insta::assert_snapshot!(run(CHAIN, "dependencies --transitive src/x:bin"), @"
    src/x/main.py
    src/x/mid.py
    ");
    insta::assert_snapshot!(run(CHAIN, "dependencies --transitive src/x:bin2"), @"");
    insta::assert_snapshot!(run(CHAIN, "dependencies --transitive src/x:dist"), @"
    src/x/main.py
    src/x/mid.py
    ");
    let both = "== src/BUILD\npython_sources(dependencies=['!./b.py'])\n== src/a.py\nimport b\nimport c\n== src/b.py\n== src/c.py\n";
    insta::assert_snapshot!(edges(both), @"src/a.py -> src/c.py");
}

#[test]
fn dependents_of_a_generator_are_its_explicit_users() {
    insta::assert_snapshot!(run(CHAIN, "dependents src/x:x"), @"src/x:dist");
    insta::assert_snapshot!(run(CHAIN, "dependents src/x/leaf.py"), @"
    src/x/mid.py
    src/x:x
    ");
    insta::assert_snapshot!(run(CHAIN, "dependents --transitive src/x/leaf.py"), @"
    src/x/main.py
    src/x/mid.py
    src/x:bin
    src/x:dist
    src/x:x
    ");
}

#[test]
fn fields_that_hold_targets() {
    let files = "== a/BUILD
files(name='fs', sources=['*.dat'])
relocated_files(name='rel', files_targets=[':fs'], src='a', dest='b')
archive(name='ar', format='zip', files=[':fs'])
python_tests(name='t', runtime_package_dependencies=[':ar'])
== a/x.dat
== a/test_x.py
";
    insta::assert_snapshot!(edges(files), @"
    a/test_x.py:t -> a:ar
    a:ar -> a/x.dat:fs
    a:rel -> a/x.dat:fs
    ");
}

#[test]
fn platform_resources_pick_by_platform() {
    let files = "== a/BUILD
platform_resources(name='p', dependency_map={'linux_x86_64': ':l', 'macos_arm64': ':m'})
resources(name='l', sources=['*.l'])
resources(name='m', sources=['*.m'])
== a/x.l
== a/x.m
";
    insta::assert_snapshot!(edges(files), @"a:p -> a/x.l:l");
}

#[test]
fn circles_end() {
    let files = "== src/BUILD\npython_sources()\n== src/a.py\nimport b\n== src/b.py\nimport a\n";
    insta::assert_snapshot!(run(files, "dependencies --transitive src/a.py"), @"
    src/a.py
    src/b.py
    ");
    insta::assert_snapshot!(run(files, "dependents --transitive src/a.py"), @"
    src/b.py
    src:src
    ");
}

/// The targets that a change touches.
fn changed(edited: &[&str], deleted: &[&str], dependents: Dependents) -> String {
    let owned = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect();
    let change = ChangedFiles {
        edited: owned(edited),
        deleted: owned(deleted),
    };
    ask_with(CHAIN, options(), |graph| {
        Ok(addresses(graph, &change.targets(graph, None, dependents)?))
    })
}

#[test]
fn changes() {
    insta::assert_snapshot!(changed(&["src/x/mid.py"], &[], Dependents::None), @"src/x/mid.py");
    insta::assert_snapshot!(changed(&["src/x/mid.py"], &[], Dependents::Direct), @"
    src/x/main.py
    src/x/mid.py
    src/x:x
    ");
    insta::assert_snapshot!(changed(&["src/x/mid.py"], &[], Dependents::Transitive), @"
    src/x/main.py
    src/x/mid.py
    src/x:bin
    src/x:dist
    src/x:x
    ");
    insta::assert_snapshot!(changed(&["src/x/BUILD"], &[], Dependents::None), @"
    src/x/leaf.py
    src/x/main.py
    src/x/mid.py
    src/x:bin
    src/x:bin2
    src/x:dist
    src/x:x
    ");
    let two = "== a/BUILD\ntarget(name='t')\n== a/BUILD.more\ntarget(name='u')\n";
    let change = ChangedFiles {
        edited: vec!["a/BUILD.more".to_owned()],
        deleted: Vec::new(),
    };
    let found = ask_with(two, options(), |graph| {
        Ok(addresses(
            graph,
            &change.targets(graph, None, Dependents::None)?,
        ))
    });
    assert_eq!(found, "a:u");
    insta::assert_snapshot!(changed(&[], &["src/x/gone.py"], Dependents::None), @"src/x:x");
    insta::assert_snapshot!(changed(&["README.md"], &["docs/x"], Dependents::None), @"");
}

/// A BUILD file of targets that depend on each other, in circles too, and ignore some of what they reach.
fn random_targets(seed: u32) -> String {
    let mut state = seed;
    let mut next = move |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % below
    };
    let mut text = "== BUILD\n".to_owned();
    for number in 0..12 {
        let mut dependencies = Vec::new();
        for _ in 0..next(4) {
            dependencies.push(format!("':t{}'", next(12)));
        }
        if next(6) == 0 {
            dependencies.push(format!("'!!:t{}'", next(12)));
        }
        let dependencies = dependencies.join(", ");
        text += &format!("target(name='t{number}', dependencies=[{dependencies}])\n");
    }
    text
}

#[test]
fn what_each_of_many_sees_is_what_it_would_see_alone() {
    let cache = targets::imports::ImportCache::default();
    for seed in 0..300 {
        let files = random_targets(seed);
        let repository = crate::load(crate::in_memory(&files), options()).unwrap();
        let graph = targets::TargetGraph::build(&repository, &cache).unwrap();
        let all: Vec<_> = graph.all().collect();
        let pairs = all.iter().zip(all.iter().rev());
        let pairs = pairs.map(|(one, other)| vec![*one, *other]);
        let groups: Vec<_> = all.iter().map(|id| vec![*id]).chain(pairs).collect();
        let seen = graph.seen_by_each(&groups).unwrap();
        for (group, seen) in groups.iter().zip(seen) {
            let mut alone = graph.transitive_dependencies(group).unwrap();
            alone.extend(group);
            alone.sort();
            alone.dedup();
            assert_eq!(seen.iter().collect::<Vec<_>>(), alone, "{files}");
        }
    }
}
