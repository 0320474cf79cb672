//! `changed-distributions`: the distributions whose contents a release changes.

use crate::fixtures::release::monorepo;
use crate::{commit, done};

#[test]
fn which_distributions_change() {
    let repo = monorepo();
    assert_eq!(done(&repo, &["changed-distributions"]).stdout, "");
    repo.write("src/acme/runner/run.py", "import sys\n");
    commit(&repo, "change");
    assert_eq!(
        done(&repo, &["changed-distributions"]).stdout,
        "acme-runner\tsrc/acme/runner/run.py\n"
    );
}
