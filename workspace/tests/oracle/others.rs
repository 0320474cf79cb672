//! Other repositories that use Pants: all of their graph can be computed, and what is said about
//! it can be read. `XTASK_REPOSITORIES` names checkouts, separated as in `PATH`.

use targets::TargetGraph;
use targets::imports::ImportCache;

use crate::{cases, settings, utf8};

#[test]
fn other_repositories() {
    let Some(folders) = std::env::var_os("XTASK_REPOSITORIES") else {
        return testkit::skip("needs checkouts, and XTASK_REPOSITORIES names none");
    };
    for root in std::env::split_paths(&folders) {
        let cache = ImportCache::default();
        let repository = workspace::load(utf8(&root), settings::options(&root))
            .unwrap_or_else(|error| panic!("{}: {error}", root.display()));
        let graph = TargetGraph::build(&repository, &cache)
            .unwrap_or_else(|error| panic!("{}: {error}", root.display()));
        let edges =
            cases::edges(&graph).unwrap_or_else(|error| panic!("{}: {error}", root.display()));
        let warnings = graph.warnings();
        println!(
            "{}: {} targets, {} edges, {} warnings",
            root.display(),
            graph.all().count(),
            edges.len(),
            warnings.len()
        );
        for warning in warnings {
            let place = warning.place.map(|place| format!("{place}: "));
            println!("  {}{}", place.unwrap_or_default(), warning.message);
        }
    }
}
