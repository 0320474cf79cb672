//! Whatever a program does to a sandbox, the next action sees its own files.

use super::*;

struct Scene {
    _folder: tempfile::TempDir,
    root: Utf8PathBuf,
    contents: SandboxContents,
}

fn scene() -> Scene {
    let folder = tempfile::tempdir().unwrap();
    Scene {
        root: Utf8Path::from_path(folder.path()).unwrap().join("root"),
        _folder: folder,
        contents: SandboxContents::default(),
    }
}

fn tree(files: &[(&str, &str)]) -> InputTree {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), *text));
    InputTree::of_literals(files).unwrap()
}

impl Scene {
    fn correct(&mut self, tree: &InputTree) {
        let placing = Placing {
            folders: &["out/inner".to_owned()],
            store: None,
        };
        self.contents.correct(&self.root, tree, &placing).unwrap();
        assert_eq!(self.listing(), Self::listing_of(tree));
    }

    /// Paths with contents, as they are on the disk.
    fn listing(&self) -> Vec<String> {
        let mut found = Vec::new();
        walk(&self.root, &self.root, &mut found);
        found.sort();
        found
    }

    fn listing_of(tree: &InputTree) -> Vec<String> {
        let declared = declaration(tree, &["out/inner".to_owned()]);
        let mut lines: Vec<_> = declared
            .into_iter()
            .filter(|(path, _)| !path.is_empty())
            .map(|(path, node)| match node {
                TreeNode::EmptyFolder => format!("{path} folder"),
                TreeNode::Symlink(target) => format!("{path} -> {target}"),
                TreeNode::File(file) => format!("{path} {} {}", file.digest, file.executable),
            })
            .collect();
        lines.sort();
        lines
    }
}

fn walk(root: &Utf8Path, folder: &Utf8Path, found: &mut Vec<String>) {
    for entry in folder.read_dir_utf8().unwrap() {
        let path = entry.unwrap().into_path();
        let name = path.strip_prefix(root).unwrap();
        let metadata = path.symlink_metadata().unwrap();
        if metadata.is_dir() {
            found.push(format!("{name} folder"));
            walk(root, &path, found);
        } else if metadata.is_symlink() {
            found.push(format!("{name} -> {}", path.read_link_utf8().unwrap()));
        } else {
            let digest = hash_file(path.as_std_path()).unwrap();
            let executable = metadata.permissions().mode() & 0o100 != 0;
            found.push(format!("{name} {digest} {executable}"));
        }
    }
}

const FILES: &[(&str, &str)] = &[
    ("a", "a"),
    ("src/b.py", "b"),
    ("src/deep/c.py", "c"),
    ("src-d", "d"),
];

#[test]
fn a_sandbox_goes_from_any_tree_to_any_other() {
    let link = tree(&[("x", "x")])
        .with("a", TreeNode::Symlink("x".to_owned()))
        .unwrap();
    let executable = TreeNode::File(InputFile::literal("a").executable());
    let trees = [
        tree(FILES),
        InputTree::default(),
        tree(&[("a/b", "file below what was a file")]),
        tree(&[("src", "file that was a folder")]),
        InputTree::of_nodes([("a".to_owned(), executable)]).unwrap(),
        link,
        tree(&[("out/inner/x", "x"), ("out.x", "")]),
    ];
    let mut scene = scene();
    for one in &trees {
        for other in &trees {
            scene.correct(one);
            scene.contents.start();
            scene.correct(other);
        }
    }
}

/// What a program does to its sandbox, with its name.
type Deed = (&'static str, fn(&Utf8Path));

/// Each is done right after the files were put there, within one tick of the clock.
#[test]
fn what_a_program_does_is_made_good() {
    let deeds: &[Deed] = &[
        ("writes", |root| fs_err::write(root.join("a"), "b").unwrap()),
        ("adds", |root| {
            fs_err::write(root.join("src/new"), "").unwrap()
        }),
        ("adds below the root", |root| {
            fs_err::write(root.join("new"), "").unwrap()
        }),
        ("adds where outputs are", |root| {
            fs_err::write(root.join("out/inner/new"), "").unwrap()
        }),
        ("removes", |root| {
            fs_err::remove_file(root.join("src/b.py")).unwrap()
        }),
        ("removes a folder", |root| {
            fs_err::remove_dir_all(root.join("src")).unwrap()
        }),
        ("renames", |root| {
            fs_err::rename(root.join("src"), root.join("other")).unwrap()
        }),
        ("swaps", |root| {
            fs_err::rename(root.join("src/b.py"), root.join("a")).unwrap()
        }),
        ("takes rights", |root| {
            set_mode(&root.join("src/deep"), 0o000)
        }),
        ("takes rights of a file", |root| {
            set_mode(&root.join("a"), 0o000)
        }),
        ("gives rights", |root| set_mode(&root.join("a"), 0o777)),
        ("adds and takes rights", |root| {
            fs_err::create_dir_all(root.join("new/inner")).unwrap();
            set_mode(&root.join("new/inner"), 0o000);
            set_mode(&root.join("new"), 0o000);
        }),
        ("removes all", |root| fs_err::remove_dir_all(root).unwrap()),
        ("sets times back", |root| {
            let file = fs_err::OpenOptions::new()
                .write(true)
                .open(root.join("a"))
                .unwrap();
            let (mut file, _) = file.into_parts();
            let before = file.metadata().unwrap().modified().unwrap();
            file.write_all(b"b").unwrap();
            file.set_modified(before).unwrap();
        }),
    ];
    for (name, deed) in deeds {
        let mut scene = scene();
        scene.correct(&tree(FILES));
        for _ in 0..2 {
            scene.contents.start();
            deed(&scene.root);
            scene.correct(&tree(FILES));
        }
        println!("{name}");
    }
}

fn set_mode(path: &Utf8Path, mode: u32) {
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// A program that puts a link to another folder where one of its own was does not lead us there.
#[test]
fn a_link_in_the_place_of_a_folder_is_not_followed() {
    let mut scene = scene();
    let other = scene.root.with_file_name("other");
    fs_err::create_dir_all(other.join("deep")).unwrap();
    fs_err::write(other.join("b.py"), "of the user").unwrap();
    scene.correct(&tree(FILES));
    scene.contents.start();
    fs_err::remove_dir_all(scene.root.join("src")).unwrap();
    fs_err::os::unix::fs::symlink(&other, scene.root.join("src")).unwrap();
    fs_err::os::unix::fs::symlink(&other, scene.root.join("new")).unwrap();
    scene.correct(&InputTree::default());
    assert_eq!(
        fs_err::read_to_string(other.join("b.py")).unwrap(),
        "of the user"
    );
}

#[test]
fn an_input_that_changed_meanwhile_is_not_used() {
    let mut scene = scene();
    let source = scene.root.with_file_name("source");
    fs_err::write(&source, "new").unwrap();
    let file = InputFile {
        digest: Digest::of(b"old"),
        executable: false,
        origin: InputOrigin::Disk(source.as_std_path().into()),
    };
    let tree = InputTree::of_nodes([("src/a.py".to_owned(), TreeNode::File(file))]).unwrap();
    let placing = Placing {
        folders: &[],
        store: None,
    };
    let error = scene
        .contents
        .correct(&scene.root, &tree, &placing)
        .unwrap_err();
    insta::assert_snapshot!(error, @"`src/a.py` changed while it was being used");
    // What was written of it is no part of the next one.
    scene.correct(&InputTree::default());
}
