//! `completions`: what a shell needs to know.

use crate::command_line::printed;
use crate::repo;

#[test]
fn each_shell_is_given_a_script() {
    let repo = repo();
    for (shell, word) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef xt"),
        ("fish", "complete -c xt"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let script = printed(&repo, &format!("completions {shell}"));
        assert!(
            script.contains(word) && script.contains("generate-lockfiles"),
            "{shell}"
        );
    }
    let script = printed(&repo, "completions bash");
    let checked = repo.file("completions", &script).run(
        "bash".into(),
        &["-c", ". ./completions && complete -p xt cargo-xtask"],
    );
    assert_eq!(checked.status, 0, "{checked}");
}
