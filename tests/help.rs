//! `help`: of commands, settings, target types and variables.

use insta::assert_snapshot;

use crate::command_line::{misused, pants, printed};

#[test]
fn help_of_everything() {
    let repo = pants("[test]\nbatch_size = 5\n");
    let help = |words: &str| printed(&repo, words);
    let all = help("help");
    assert!(all.starts_with("Lock, build, package"), "{all}");
    assert!(all.contains("Tests and checks:\n  test "), "{all}");
    assert_eq!(help("help goals"), all);
    assert!(
        help("help lint").contains("Example"),
        "{}",
        help("help lint")
    );
    assert!(help("lock diff --help").contains("Usage: cargo xtask lock diff"));
    let section = help("help test");
    assert!(
        section.contains("[test]"),
        "the goal's section too: {section}"
    );
    assert_snapshot!(help("help changed"), @"
    [changed] Which targets are selected by what changed.

      since  --changed-since=TEXT  PANTS_CHANGED_SINCE
          Those that changed since this commit.
          default: none

      diffspec  --changed-diffspec=TEXT  PANTS_CHANGED_DIFFSPEC
          Those that changed in this commit, or between two.
          default: none

      dependents  --changed-dependents=TEXT  PANTS_CHANGED_DEPENDENTS
          Whether targets that depend on them are selected too.
          default: none
    ");
    assert!(help("help subprocess-environment").contains("PANTS_SUBPROCESS_ENVIRONMENT_ENV_VARS"));
    assert!(help("help global").contains("--keep-sandboxes="));
    assert_snapshot!(help("help file"), @"
    file
      dependencies: dependencies
      source: file, must be set

    Every type has name, description, tags too.
    ");
    assert!(help("help black").contains("--black-args=LIST"));
    assert!(help("help settings").contains("[python-infer]"));
    assert!(help("help targets").contains("\npython_sources\n"));
    assert!(help("help variables").contains("XTASK_CACHE_DIR"));
    assert!(help("help all").contains("default: 128, here: 5"));
    assert_snapshot!(misused(&repo, "help pyton_sources"), @"
    error: there is no help for `pyton_sources`
     |
    hint: did you mean `python_sources`?
    ");
    assert_snapshot!(misused(&repo, "help help-advanced"), @"
    error: there is no help for `help-advanced`
     |
    hint: `cargo xtask help SECTION` lists settings, `cargo xtask help COMMAND` options
    ");
    // Where there is no repository, or its settings are wrong, there is help.
    repo.write("pants.toml", "[");
    assert!(help("help python").contains("PANTS_PYTHON_RESOLVES"));
}
