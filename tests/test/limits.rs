//! How many modules run at one time, and what each is told of that.

use super::repo;

/// A module that runs alone, and says which slot it has.
const ALONE: &str = "import os, time

def test_alone():
    mark = os.environ['MARK']
    open(mark, 'x').close()
    try:
        time.sleep(0.2)
        print('slot', int(os.environ['SLOT']))
    finally:
        os.remove(mark)
";

/// A repository with three such modules and settings; whether they all pass.
fn pass(settings: &str) -> Option<bool> {
    let (repo, _index) = repo(&[
        (
            "src/t/BUILD",
            "python_tests(name='tests', extra_env_vars=['MARK'])\n",
        ),
        ("src/t/test_a.py", ALONE),
        ("src/t/test_b.py", ALONE),
        ("src/t/test_c.py", ALONE),
    ])?;
    let settings = repo.read("Cargo.toml") + settings;
    let repo = repo.file("Cargo.toml", &settings);
    let mark = repo.root().join("mark");
    let output = repo.env("MARK", mark.as_str()).xtask(&["test", "::"]);
    Some(output.status == 0)
}

#[test]
fn memory_limits_how_many_modules_run() {
    let slot = "\n[workspace.metadata.xtask.pytest]\nexecution_slot_var = \"SLOT\"\n";
    let global = "\n[workspace.metadata.xtask.GLOBAL]\nprocess_execution_local_parallelism = 3\n";
    // Two of a gigabyte do not fit into one and a half.
    let memory = "process_total_child_memory_usage = \"1500MiB\"\nprocess_per_child_memory_usage = \"1GiB\"\n";
    let Some(alone) = pass(&format!("{slot}{global}{memory}")) else {
        return;
    };
    assert!(alone);
    assert_eq!(
        pass(&format!("{global}{memory}")),
        Some(false),
        "no slot is told"
    );
}
