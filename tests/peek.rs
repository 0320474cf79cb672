//! `peek`: all fields of targets.

use crate::fixtures::graph::{answer, monorepo};

#[test]
fn peek() {
    let repo = monorepo();
    insta::assert_snapshot!(answer(&repo, "peek --exclude-defaults src/acme/core:core //:reqs#PyYAML"), @r#"
    [
      {
        "address": "//:reqs#PyYAML",
        "dependencies": [
          "//requirements.txt:reqs"
        ],
        "modules": [
          "yaml"
        ],
        "requirements": [
          "PyYAML>=6"
        ],
        "target_type": "python_requirement"
      },
      {
        "address": "src/acme/core:core",
        "dependencies": [
          "src/acme/core/__init__.py"
        ],
        "sources": [
          "src/acme/core/__init__.py"
        ],
        "tags": [
          "base"
        ],
        "target_type": "python_sources"
      }
    ]
    "#);
}
