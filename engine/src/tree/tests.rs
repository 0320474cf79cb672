//! Trees: digests, paths, merging.

use super::*;

fn tree(files: &[(&str, &str)]) -> InputTree {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), *text));
    InputTree::of_literals(files).unwrap()
}

fn paths(tree: &InputTree) -> Vec<String> {
    tree.nodes().into_iter().map(|(path, _)| path).collect()
}

/// The empty `Directory` is the empty message: its digest is that of no bytes.
#[test]
fn the_empty_tree_has_the_digest_of_no_bytes() {
    assert_eq!(InputTree::default().digest(), Digest::of(b""));
}

#[test]
fn the_order_of_files_and_where_they_come_from_make_no_difference() {
    let one = tree(&[("src/a.py", "a"), ("src/b/c.py", "c"), ("d", "d")]);
    let two = tree(&[("d", "d"), ("src/b/c.py", "c"), ("src/a.py", "a")]);
    assert_eq!(one.digest(), two.digest());
    let stored = InputFile::stored(Digest::of(b"d"));
    let three = tree(&[("src/b/c.py", "c"), ("src/a.py", "a")]).with("d", TreeNode::File(stored));
    assert_eq!(three.unwrap().digest(), one.digest());
}

#[test]
fn what_differs_has_another_digest() {
    let base = tree(&[("a", "a")]);
    let executable = TreeNode::File(InputFile::literal("a").executable());
    let others = [
        tree(&[("a", "b")]),
        tree(&[("b", "a")]),
        tree(&[("a", "a"), ("b", "")]),
        InputTree::of_nodes([("a".to_owned(), executable)]).unwrap(),
        InputTree::of_nodes([("a".to_owned(), TreeNode::Symlink("a".to_owned()))]).unwrap(),
        base.clone().with("empty", TreeNode::EmptyFolder).unwrap(),
        base.prefix("folder").unwrap(),
    ];
    for other in &others {
        assert_ne!(other.digest(), base.digest(), "{:?}", other.nodes());
    }
}

#[test]
fn trees_merge_where_they_agree() {
    let one = tree(&[("src/a.py", "a"), ("both", "x")]);
    let two = tree(&[("src/b.py", "b"), ("both", "x")]);
    let merged = one.merge(&two).unwrap();
    assert_eq!(paths(&merged), ["both", "src/a.py", "src/b.py"]);
    assert_eq!(merged.digest(), two.merge(&one).unwrap().digest());
    assert_eq!(
        one.digest(),
        tree(&[("src/a.py", "a"), ("both", "x")]).digest()
    );
    let other = tree(&[("src/a.py", "other")]);
    let error = one.merge(&other).unwrap_err();
    insta::assert_snapshot!(error, @"`src/a.py` is declared twice, with different contents");
}

#[test]
fn a_part_of_a_tree_is_a_tree() {
    let whole = tree(&[("src/a.py", "a"), ("src/b/c.py", "c"), ("d", "d")]);
    assert_eq!(paths(&whole.below("src")), ["a.py", "b/c.py"]);
    assert_eq!(
        whole
            .below("src")
            .prefix("src")
            .unwrap()
            .merge(&whole)
            .unwrap()
            .digest(),
        whole.digest()
    );
    assert_eq!(
        paths(&whole.subset(|path| path.ends_with(".py"))),
        ["src/a.py", "src/b/c.py"]
    );
    assert!(whole.below("absent").is_empty());
    assert!(matches!(whole.get("src/b/c.py"), Some(TreeNode::File(_))));
    assert_eq!(whole.get("src"), None);
}

#[test]
fn no_path_leads_out_of_a_tree() {
    for path in ["", "/a", "a/../b", "..", "a//b", "a/", "./a", "a\0b"] {
        let error = InputTree::of_literals([(path.to_owned(), "")]).err();
        assert!(
            matches!(error, Some(TreeError::Path { .. })),
            "{path}: {error:?}"
        );
        assert!(
            path.is_empty() || tree(&[("a", "")]).prefix(path).is_err(),
            "{path}"
        );
    }
    assert!(InputTree::of_literals([("a".to_owned(), ""), ("a/b".to_owned(), "")]).is_err());
}

#[test]
fn an_output_folder_becomes_a_message_and_comes_back() {
    let folder = tree(&[("x/y/z", "1"), ("same/y/z", "1"), ("top", "2")]);
    let folder = folder.with("empty/inner", TreeNode::EmptyFolder).unwrap();
    let folder = folder
        .with("link", TreeNode::Symlink("top".to_owned()))
        .unwrap();
    let message = folder.tree_message();
    assert_eq!(
        InputTree::of_tree_message(&message).unwrap().digest(),
        folder.digest()
    );
    let mut lying = message.clone();
    lying.children.pop();
    assert!(InputTree::of_tree_message(&lying).is_err());
}
