//! What a program sees, and what it can change.

use engine::{Action, Location, Template, Workplace};

use crate::support::{Scene, shell};

#[test]
fn what_is_not_declared_is_not_there() {
    let scene = Scene::new();
    scene.write("src/a.py", "a");
    scene.write("src/b.py", "b");
    let script = "find . | sort; cat src/b.py 2>&1 || true; cat ../src/b.py 2>&1 || true";
    let outcome = scene.run(&shell(script).inputs(scene.inputs(&["src/a.py"])));
    insta::assert_snapshot!(outcome.stdout.text().unwrap(), @"
    .
    ./src
    ./src/a.py
    cat: src/b.py: No such file or directory
    cat: ../src/b.py: No such file or directory
    ");
}

/// The sandbox is kept: what one action left is not there for the next.
#[test]
fn what_one_wrote_another_does_not_see() {
    let scene = Scene::new();
    let mark = shell(
        "echo x > left; echo x > $HOME/left; echo x > $TMPDIR/left; mkdir src; echo y > src/b",
    );
    scene.run(&mark);
    let list = shell("find . $HOME $TMPDIR -name 'left' -o -name src");
    assert_eq!(scene.run(&list).stdout.text().unwrap(), "");
}

#[test]
fn the_files_of_the_user_and_the_cache_stay_what_they_are() {
    let scene = Scene::new();
    scene.write("src/a", "a");
    let script =
        "cat src/a; chmod 777 src/a; echo changed > src/a; echo more > src/new; rm -rf src";
    let action = shell(script).inputs(scene.inputs(&["src/a"]));
    let first = scene.run(&action);
    assert_eq!(scene.read("src/a"), "a");
    assert_eq!(
        scene.listing(&scene.root.join("repository")),
        ["src", "src/a"]
    );
    // An output is an input of the next, from the store.
    let made = scene.run(&shell("echo made > out").output("out"));
    for _ in 0..2 {
        let script = "cat out; echo changed >> out; chmod 777 out; echo again > out; exit 1";
        let next = scene.run(&shell(script).inputs(made.outputs.clone()));
        assert_eq!(next.stdout.text().unwrap(), "made\n");
    }
    assert_eq!(first.stdout.text().unwrap(), "a");
}

#[test]
fn the_environment_is_what_is_named() {
    let scene = Scene::new();
    let action = shell("env | sed 's/=.*HOME.*//' | cut -d= -f1 | grep -v '^_$' | sort | tr '\\n' ' '; echo $KEYED $PASSED")
        .variable("KEYED", "1")
        .passed("PASSED", "2");
    let outcome = scene.run(&action);
    insta::assert_snapshot!(outcome.stdout.text().unwrap(), @"HOME KEYED PASSED PATH PWD TMPDIR XTASK_SANDBOX 1 2");
}

#[test]
fn places_of_this_machine_have_names() {
    let scene = Scene::new();
    scene.write("tool/run", "");
    let place = |path: &str| Location::new("tool 1", scene.root.join(path));
    let arguments = [
        Template::from("/bin/echo"),
        Template::location("tool").then("/run"),
        Template::sandbox().then("/x"),
    ];
    let one = Action::new("one", arguments).location("tool", place("repository/tool"));
    let two = one.clone().location("tool", place("elsewhere"));
    assert_eq!(one.digest(), two.digest());
    let text = scene.run(&one).stdout.text().unwrap();
    let text = text.replace(scene.root.as_str(), "[root]");
    let text = text.replace('/', " ");
    insta::assert_snapshot!(text, @"[root] repository tool run [root] cache v1 sandboxes 0 root x");
}

#[test]
fn a_tool_may_work_in_place() {
    let scene = Scene::new();
    scene.write("a", "a");
    let mut action = shell("cat a; echo kept > cache").inputs(scene.inputs(&["a"]));
    action.workplace = Workplace::Tree(scene.root.join("repository"));
    assert_eq!(scene.run(&action).stdout.text().unwrap(), "a");
    assert_eq!(scene.read("cache"), "kept\n");
}
