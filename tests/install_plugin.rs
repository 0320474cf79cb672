//! `install-plugin`: clones a plug-in to `plugins/` and links it into the environment.

use insta::assert_snapshot;

use crate::done;
use crate::fixtures::environments::{exported, said};

#[test]
fn a_plugin_is_cloned_and_linked() {
    let Some((_index, repo)) = exported() else {
        return;
    };
    let plugin = repo.root().join("../plugin");
    fs_err::create_dir_all(&plugin).unwrap();
    fs_err::write(
        plugin.join("setup.cfg"),
        "[metadata]\nname = acme-late\nversion = 0.3\n",
    )
    .unwrap();
    fs_err::write(plugin.join("acme_late.py"), "x = 1\n").unwrap();
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=t", "-c", "user.email=t@t.example"];
        let folder = ["-C", plugin.as_str()];
        let output = repo.run(
            "git".into(),
            &[&folder[..], &identity[..], arguments].concat(),
        );
        assert_eq!(output.status, 0, "{output}");
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "one"]);
    assert_snapshot!(said(&done(&repo, &["install-plugin", "../plugin"])), @"
    cloned acme-late 0.3 into plugins/plugin
    hint: run `cargo xtask export` to link it into the environment
    ");
    let again = repo.xtask(&["install-plugin", "../plugin"]);
    assert_eq!(again.status, 1);
    assert_snapshot!(said(&again), @"
    error: plugins/plugin is there already
     |
    hint: bring it up to date with `git -C plugins/plugin pull`, or remove it first
    ");
    let code = "import acme_late, importlib.metadata as m; print(m.version('acme-late'))";
    assert_eq!(done(&repo, &["run", "--", "-c", code]).stdout, "0.3\n");
    let missing = repo.xtask(&["install-plugin", "../nothing"]);
    assert_eq!(missing.status, 1);
    let left: Vec<_> = repo
        .root()
        .join("plugins")
        .read_dir_utf8()
        .unwrap()
        .collect();
    assert_eq!(left.len(), 1);
}
