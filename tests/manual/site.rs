//! The manual as a site: mdbook builds it, and a browser opens it. Both are skipped by name where they are
//! missing.

use camino::Utf8PathBuf;

use super::root;
use testkit::peer;

/// Opens the pages as a telephone and as a desk do, and looks for a setting.
const BROWSE: &str = include_str!("browse.py");

/// The built site, in a temporary folder; `None` without mdbook.
fn site() -> Option<(tempfile::TempDir, Utf8PathBuf)> {
    let mdbook = peer("mdbook")?;
    let folder = tempfile::tempdir().unwrap();
    let path = Utf8PathBuf::from_path_buf(folder.path().join("site")).unwrap();
    let built = duct::cmd!(
        mdbook.as_std_path(),
        "build",
        "--dest-dir",
        &path,
        root().join("docs")
    )
    .stderr_to_stdout()
    .stdout_capture()
    .unchecked()
    .run()
    .unwrap();
    let said = String::from_utf8_lossy(&built.stdout).into_owned();
    assert!(built.status.success(), "{said}");
    assert!(!said.contains("WARN") && !said.contains("ERROR"), "{said}");
    Some((folder, path))
}

#[test]
fn mdbook_builds_the_manual() {
    let Some((_folder, site)) = site() else {
        return;
    };
    for page in ["index.html", "tutorial.html", "reference/settings.html"] {
        assert!(site.join(page).is_file(), "{page}");
    }
}

#[test]
fn a_browser_opens_the_manual() {
    let Some(python) = peer("python") else { return };
    let Some((_folder, site)) = site() else {
        return;
    };
    let looked = duct::cmd!(python.as_std_path(), "-c", BROWSE, site)
        .stderr_to_stdout()
        .stdout_capture()
        .unchecked()
        .run()
        .unwrap();
    let said = String::from_utf8_lossy(&looked.stdout).into_owned();
    if looked.status.code() == Some(77) {
        testkit::skip(said.trim());
        return;
    }
    assert!(looked.status.success(), "{said}");
}
