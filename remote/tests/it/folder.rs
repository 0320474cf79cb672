//! A cache that is a folder: shared by users, damaged, read-only, of another layout.

use camino::{Utf8Path, Utf8PathBuf};
use remote::{
    Blob, BlobSource, Digest, RemoteCallError, RemoteClient, RemoteOptions, RemoteProvider,
};

use crate::{action, bytes, options_at, result};

struct Shared {
    folder: tempfile::TempDir,
}

impl Shared {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self) -> Utf8PathBuf {
        Utf8Path::from_path(self.folder.path())
            .unwrap()
            .join("cache")
    }

    fn options(&self) -> RemoteOptions {
        let mut options = options_at(&format!("file://{}", self.path()));
        options.provider = RemoteProvider::File;
        options
    }

    fn client(&self) -> RemoteClient {
        RemoteClient::new(&self.options()).unwrap()
    }

    fn shown<T: std::fmt::Debug>(&self, result: Result<T, RemoteCallError>) -> String {
        let text = result.unwrap_err().to_string();
        text.replace(self.path().as_str(), "CACHE")
    }

    fn file_of(&self, kind: &str, digest: Digest) -> Utf8PathBuf {
        let hex = digest.hex();
        self.path().join(kind).join(&hex[..2]).join(&hex)
    }
}

#[test]
fn what_one_stores_another_reads() {
    let shared = Shared::new();
    let blobs = [Blob::of(bytes(0)), Blob::of(bytes(5_000_000))];
    let result = result(&blobs[1]);
    shared.client().upload(&blobs).unwrap();
    shared
        .client()
        .update_action_result(action("a"), &result)
        .unwrap();
    let other = shared.client();
    assert_eq!(other.action_result(action("a")).unwrap(), Some(result));
    assert_eq!(other.action_result(action("b")).unwrap(), None);
    let read = other.read(&[blobs[0].digest, blobs[1].digest]).unwrap();
    assert_eq!(blobs[1].source, BlobSource::Bytes(read[1].clone()));
    assert_eq!(
        other.missing(&[blobs[0].digest, action("a")]).unwrap(),
        [action("a")]
    );
}

#[test]
fn a_blob_that_rotted_is_forgotten() {
    let shared = Shared::new();
    let blob = Blob::of(bytes(10));
    shared.client().upload(std::slice::from_ref(&blob)).unwrap();
    let file = shared.file_of("blobs", blob.digest);
    fs_err::write(&file, bytes(9)).unwrap();
    let client = shared.client();
    insta::assert_snapshot!(shared.shown(client.read(&[blob.digest])), @"cannot read cb2534a80420 (10 bytes) at file://CACHE: it gives only 9 bytes of cb2534a80420 (10 bytes)");
    assert!(!file.exists());
    client.upload(std::slice::from_ref(&blob)).unwrap();
    client.read(&[blob.digest]).unwrap();
}

#[test]
fn a_result_that_rotted_is_none() {
    let shared = Shared::new();
    let client = shared.client();
    client
        .update_action_result(action("a"), &result(&Blob::of(bytes(1))))
        .unwrap();
    let file = shared.file_of("actions", action("a"));
    let mut text = fs_err::read(&file).unwrap();
    *text.last_mut().unwrap() ^= 1;
    fs_err::write(&file, text).unwrap();
    assert_eq!(client.action_result(action("a")).unwrap(), None);
}

#[test]
fn a_folder_of_another_layout_is_left_alone() {
    let shared = Shared::new();
    fs_err::create_dir_all(shared.path()).unwrap();
    fs_err::write(shared.path().join("format"), "7\n").unwrap();
    let client = shared.client();
    insta::assert_snapshot!(shared.shown(client.action_result(action("a"))), @"cannot look up the action ca978112ca1b (1 byte) at file://CACHE: it cannot be used: CACHE/format says that its layout is `7`, and this program knows `1`");
    insta::assert_snapshot!(shared.shown(client.upload(&[Blob::of(bytes(1))])), @"cannot store dabd3aff769f (1 byte) at file://CACHE: it cannot be used: CACHE/format says that its layout is `7`, and this program knows `1`");
    assert_eq!(fs_err::read_dir(shared.path()).unwrap().count(), 1);
}

#[test]
#[cfg(unix)]
fn a_folder_that_others_share_is_open_to_them_whatever_the_umask() {
    use std::os::unix::fs::PermissionsExt as _;

    for (mode, of_file, of_folder) in [(0o2775, 0o664, 0o2775), (0o700, 0o600, 0o700)] {
        let shared = Shared::new();
        fs_err::create_dir_all(shared.path()).unwrap();
        fs_err::set_permissions(shared.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        let blob = Blob::of(bytes(3));
        shared.client().upload(std::slice::from_ref(&blob)).unwrap();
        let file = shared.file_of("blobs", blob.digest);
        let mode = |path: &Utf8Path| fs_err::metadata(path).unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode(&file), of_file);
        assert_eq!(mode(file.parent().unwrap()), of_folder);
    }
}

#[test]
#[cfg(unix)]
fn a_folder_that_cannot_be_written_to_says_so() {
    // A file where a folder has to be keeps root out too.
    let shared = Shared::new();
    fs_err::create_dir_all(shared.path()).unwrap();
    fs_err::write(shared.path().join("format"), "1\n").unwrap();
    fs_err::write(shared.path().join("blobs"), "").unwrap();
    let client = shared.client();
    insta::assert_snapshot!(shared.shown(client.upload(&[Blob::of(bytes(1))])), @"cannot store dabd3aff769f (1 byte) at file://CACHE: CACHE/blobs/da/dabd3aff769f07eb2965401eb029974ebba3407afd02b26ddb564ea5f8efae72: failed to create directory `CACHE/blobs/da`: Not a directory (os error 20)");
    assert_eq!(client.action_result(action("a")).unwrap(), None);
}

#[test]
fn many_writers_of_the_same_blobs_do_not_disturb_each_other() {
    let shared = Shared::new();
    let blobs: Vec<_> = (0..40).map(|n| Blob::of(bytes(n * 100))).collect();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let client = shared.client();
                client.upload(&blobs).unwrap();
                let digests: Vec<_> = blobs.iter().map(|blob| blob.digest).collect();
                client.read(&digests).unwrap();
            });
        }
    });
    // Nothing but the blobs is left.
    let walk = fs_err::read_dir(shared.path().join("blobs")).unwrap();
    let files = walk.flat_map(|folder| fs_err::read_dir(folder.unwrap().path()).unwrap());
    assert_eq!(files.count(), blobs.len());
}

#[test]
fn a_folder_has_an_absolute_path() {
    let mut options = Shared::new().options();
    options.store_address = Some("file://cache".into());
    let error = RemoteClient::new(&options).err().unwrap();
    insta::assert_snapshot!(error, @"`[GLOBAL] remote_store_address` is `file://cache`: the path of a folder is absolute: `file:///srv/cache`");
}
