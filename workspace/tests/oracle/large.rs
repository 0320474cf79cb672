//! lablup/backend.ai 23.09.0: every list, edge, tag and closure that Pants 2.16 computed.

use std::path::Path;

use targets::imports::ImportCache;
use targets::query::{self, Reach, Specs};
use targets::{TargetGraph, TargetId};
use testkit::PublicRepository;

use crate::{cases, difference, settings, utf8};

/// Paths that Pants lists and that do not exist: BUILD files that it makes up for lockfiles.
const MADE_UP: &[&str] = &["BUILD.python-lockfiles", "tools/BUILD.python-lockfiles"];

#[test]
fn backend_ai() {
    let Some(recorded) = testkit::shared("oracle/backend.ai-23.09.0") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    if PublicRepository::BACKEND_AI
        .unpack("23.09.0", &[], root.as_path().try_into().unwrap())
        .is_none()
    {
        return;
    }
    let options = settings::options(&root);
    let repository =
        workspace::load(utf8(&root), options).unwrap_or_else(|error| panic!("{error}"));
    let cache = ImportCache::default();
    let graph = TargetGraph::build(&repository, &cache).unwrap_or_else(|error| panic!("{error}"));
    let comparison = Comparison {
        graph: &graph,
        recorded: recorded.as_std_path(),
    };
    let differences = comparison.run();
    for line in differences.iter().take(60) {
        println!("{line}");
    }
    assert!(differences.is_empty(), "{} differences", differences.len());
}

struct Comparison<'c> {
    graph: &'c TargetGraph<'c>,
    recorded: &'c Path,
}

impl Comparison<'_> {
    fn run(&self) -> Vec<String> {
        let all: Vec<TargetId> = self.graph.all().collect();
        let mut differences = self.file("list.txt", self.addresses(&all));
        differences.extend(self.file("targets.tsv", self.types_and_tags()));
        let edges = cases::edges(self.graph).unwrap();
        let edges = edges
            .iter()
            .map(|edge| edge.replace(" -> ", "\t"))
            .collect();
        differences.extend(self.file("graph.tsv", edges));
        for name in ["agent", "client", "common", "manager"] {
            for (target, suffix) in [("src", ""), ("dist", "_dist")] {
                let roots = self.select(&format!("src/ai/backend/{name}:{target}"));
                let found = query::dependencies(self.graph, &roots, Reach::Transitive).unwrap();
                let file = format!("deps_trans_{name}{suffix}.txt");
                differences.extend(self.file(&file, self.addresses(&found)));
            }
        }
        for (spec, file) in [
            ("src/ai/backend/common:", "dependents_common_dir.txt"),
            (
                "src/ai/backend/common/types.py",
                "dependents_common_files.txt",
            ),
        ] {
            let found = query::dependents(self.graph, &self.select(spec), Reach::Transitive);
            differences.extend(self.file(file, self.addresses(&found.unwrap())));
        }
        for (spec, reach, file) in [
            ("::", Reach::Direct, "filedeps_all.txt"),
            (
                "src/ai/backend/manager:dist",
                Reach::Transitive,
                "filedeps_manager_dist.txt",
            ),
        ] {
            let files = query::files(self.graph, &self.select(spec), reach).unwrap();
            let differing = self.file(file, files.into_iter().collect());
            let made_up = |line: &String| {
                MADE_UP
                    .iter()
                    .any(|path| line.ends_with(&format!("- {path}")))
            };
            differences.extend(differing.into_iter().filter(|line| !made_up(line)));
        }
        differences
    }

    fn select(&self, spec: &str) -> Vec<TargetId> {
        Specs::parse([spec], "").select(self.graph).unwrap()
    }

    fn addresses(&self, ids: &[TargetId]) -> Vec<String> {
        ids.iter()
            .map(|id| self.graph.target(*id).address.to_string())
            .collect()
    }

    fn types_and_tags(&self) -> Vec<String> {
        let line = |id: TargetId| {
            let target = self.graph.target(id);
            format!(
                "{}\t{}\t{}",
                target.address,
                target.kind,
                self.graph.tags(id).join(",")
            )
        };
        self.graph.all().map(line).collect()
    }

    fn file(&self, name: &str, actual: Vec<String>) -> Vec<String> {
        let text = fs_err::read_to_string(self.recorded.join(name)).unwrap();
        let expected: Vec<String> = text.lines().map(str::to_owned).collect();
        let differences = difference(&expected, &actual);
        println!(
            "{name}: {} lines, {} differences",
            expected.len(),
            differences.len()
        );
        differences
            .into_iter()
            .map(|line| format!("{name}: {line}"))
            .collect()
    }
}
