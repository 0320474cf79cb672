//! A team's cache as a run uses it: what one machine made, another has; and whatever a server does,
//! it costs a warning and nothing else.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use remote::messages::{ActionResult, Directory, FileNode, OutputDirectory, Tree};
use remote::{
    Blob, BlobSource, CacheContentBehavior, CacheLookup, CacheObserver, Digest, LocalBlobs,
    LookUpAnswer, RemoteAction, RemoteOptions, RemoteProvider, RemoteRun, SharedCache,
};
use testkit::{CacheFault, CacheServer};

use crate::{action, bytes, options, options_at, result, without_port};

/// A machine with its own blobs, which hears what it is told.
struct Machine {
    folder: tempfile::TempDir,
    warnings: Mutex<Vec<String>>,
}

impl Machine {
    fn new() -> Arc<Self> {
        let machine = Self {
            folder: tempfile::tempdir().unwrap(),
            warnings: Mutex::default(),
        };
        fs_err::create_dir(machine.path("unfinished")).unwrap();
        Arc::new(machine)
    }

    fn path(&self, name: &str) -> Utf8PathBuf {
        Utf8Path::from_path(self.folder.path()).unwrap().join(name)
    }

    fn put(&self, bytes: &[u8]) -> Blob {
        let blob = Blob::of(bytes.to_vec());
        fs_err::write(self.path(&blob.digest.hex()), bytes).unwrap();
        blob
    }

    fn has(&self, digest: &Digest) -> bool {
        let bytes = fs_err::read(self.path(&digest.hex()));
        bytes.is_ok_and(|bytes| Digest::of(&bytes) == *digest)
    }

    fn cache(self: &Arc<Self>, options: &RemoteOptions) -> SharedCache {
        SharedCache::open(options, self.clone(), self.clone()).unwrap()
    }

    fn warnings(&self) -> String {
        let warnings = self.warnings.lock().unwrap();
        without_port(&warnings.join("\n"))
    }

    fn is_tidy(&self) -> bool {
        fs_err::read_dir(self.path("unfinished")).unwrap().count() == 0
    }
}

impl LocalBlobs for Machine {
    fn contains(&self, digest: &Digest) -> bool {
        self.path(&digest.hex()).exists()
    }

    fn source(&self, digest: &Digest) -> Option<BlobSource> {
        let path = self.path(&digest.hex());
        path.exists().then_some(BlobSource::File(path))
    }

    fn unfinished(&self) -> Utf8PathBuf {
        self.path("unfinished")
    }

    fn keep(&self, digest: &Digest, file: Utf8PathBuf) -> Result<(), String> {
        fs_err::rename(file, self.path(&digest.hex())).map_err(|e| e.to_string())
    }
}

impl CacheObserver for Machine {
    fn warning(&self, message: &str) {
        self.warnings.lock().unwrap().push(message.to_owned());
    }
}

const SOON: Duration = Duration::from_secs(20);

/// A machine whose result of the action `a` the server has, with everything that belongs to it.
fn shared_by_another(options: &RemoteOptions) -> ActionResult {
    let machine = Machine::new();
    let blobs = [bytes(10), bytes(5_000_000), b"in a folder".to_vec()].map(|b| machine.put(&b));
    let folder = Tree {
        root: Some(Directory {
            files: vec![FileNode {
                name: "file".into(),
                digest: Some(blobs[2].digest.to_message()),
                ..FileNode::default()
            }],
            ..Directory::default()
        }),
        children: Vec::new(),
    };
    let (digest, tree) = Digest::of_message(&folder);
    machine.put(&tree);
    let mut result = result(&blobs[0]);
    result.stdout_digest = Some(blobs[1].digest.to_message());
    result.output_directories.push(OutputDirectory {
        path: "folder".into(),
        tree_digest: Some(digest.to_message()),
        ..OutputDirectory::default()
    });
    let mut patient = options.clone();
    patient.limits.upload_patience = Some(SOON);
    let cache = machine.cache(&patient);
    cache.share(
        action("a"),
        result.clone(),
        vec![Blob::of(b"command".to_vec())],
    );
    cache.finish(Duration::ZERO);
    assert_eq!(cache.statistics().shared, 1);
    assert_eq!(machine.warnings(), "");
    result
}

fn blobs_of(result: &ActionResult) -> Vec<Digest> {
    let files = result.output_files.iter().map(|file| &file.digest);
    let folders = result.output_directories.iter();
    let folders = folders.map(|folder| &folder.tree_digest);
    let named = files.chain(folders).chain([&result.stdout_digest]);
    let digests = named.map(|digest| Digest::from_message(digest.as_ref()).unwrap());
    digests.chain([Digest::of(b"in a folder")]).collect()
}

#[test]
fn what_one_machine_made_another_has() {
    let server = CacheServer::start();
    let folder = tempfile::tempdir().unwrap();
    let mut shared_folder = options_at(&format!("file://{}", folder.path().to_str().unwrap()));
    shared_folder.provider = RemoteProvider::File;
    for options in [options(&server), shared_folder] {
        let expected = shared_by_another(&options);
        let machine = Machine::new();
        let cache = machine.cache(&options);
        let answer = cache.look_up(action("a")).wait(SOON);
        assert_eq!(answer, LookUpAnswer::Hit(Box::new(expected.clone())));
        assert!(blobs_of(&expected).iter().all(|blob| machine.has(blob)));
        assert_eq!(cache.look_up(action("b")).wait(SOON), LookUpAnswer::Miss);
        let statistics = cache.statistics();
        assert_eq!(
            (statistics.hits, statistics.misses, statistics.failures),
            (1, 1, 0)
        );
        assert_eq!(statistics.fetched.blobs, 4);
        assert!(machine.is_tidy());
        assert_eq!(machine.warnings(), "");
    }
}

#[test]
fn results_may_be_found_before_their_blobs_are_fetched() {
    let server = CacheServer::start();
    let expected = shared_by_another(&options(&server));
    for content in [CacheContentBehavior::Validate, CacheContentBehavior::Defer] {
        let mut options = options(&server);
        options.content = content;
        let machine = Machine::new();
        let cache = machine.cache(&options);
        let answer = cache.look_up(action("a")).wait(SOON);
        assert!(matches!(answer, LookUpAnswer::Hit(_)), "{answer:?}");
        let blobs = blobs_of(&expected);
        assert!(!blobs.iter().any(|blob| machine.has(blob)));
        assert!(cache.fetch(action("a"), &expected));
        assert!(blobs.iter().all(|blob| machine.has(blob)));
    }
}

#[test]
fn what_is_validated_and_gone_is_a_miss() {
    let server = CacheServer::start();
    shared_by_another(&options(&server));
    server.state().blobs.clear();
    let mut options = options(&server);
    options.content = CacheContentBehavior::Validate;
    let machine = Machine::new();
    let cache = machine.cache(&options);
    assert_eq!(cache.look_up(action("a")).wait(SOON), LookUpAnswer::Miss);
    assert_eq!(machine.warnings(), "");
}

/// Everything that a run does with a cache, `a` being in it; gives the answer, and what is told.
fn run_with(server: &CacheServer, fault: CacheFault) -> (LookUpAnswer, String) {
    let mut options = options(server);
    if matches!(fault, CacheFault::Slow(_)) {
        options.limits.cache_timeout = Duration::from_millis(200);
        options.limits.store_timeout = Duration::from_millis(500);
    }
    options.limits.upload_patience = Some(Duration::from_secs(5));
    shared_by_another(&self::options(server));
    server.inject(fault);
    let machine = Machine::new();
    let cache = machine.cache(&options);
    let start = Instant::now();
    let look_up = cache.look_up(action("a"));
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "a look-up does not wait"
    );
    let answer = look_up.wait(SOON);
    // The rest of a run: whatever it asks, it is not told twice.
    for n in 0..5 {
        let _ = cache.look_up(action(&format!("more {n}"))).wait(SOON);
    }
    let made = machine.put(b"made here");
    cache.share(action("c"), result(&made), Vec::new());
    cache.finish(Duration::ZERO);
    assert!(machine.has(&made.digest));
    assert!(machine.is_tidy());
    (answer, machine.warnings())
}

fn told(fault: CacheFault) -> String {
    let (answer, told) = run_with(&CacheServer::start(), fault);
    assert_eq!(answer, LookUpAnswer::Miss, "{fault:?}");
    told
}

#[test]
fn a_server_that_fails_costs_a_warning() {
    insta::assert_snapshot!(told(CacheFault::Unavailable), @"cannot look up the action ca978112ca1b (1 byte) at grpc://127.0.0.1:PORT: it answers UNAVAILABLE: the backend restarts (3 attempts); nothing more is looked up or shared in this run");
    insta::assert_snapshot!(told(CacheFault::Unauthenticated), @"cannot look up the action ca978112ca1b (1 byte) at grpc://127.0.0.1:PORT: it refuses the login, of which none was sent: who are you?; nothing more is looked up or shared in this run (set PANTS_REMOTE_OAUTH_BEARER_TOKEN, `remote_oauth_bearer_token_path` or `remote_store_headers`)");
    insta::assert_snapshot!(told(CacheFault::OtherInstance), @"cannot look up the action ca978112ca1b (1 byte) at grpc://127.0.0.1:PORT: it answers INVALID_ARGUMENT: unknown instance name ''; nothing more is looked up or shared in this run (is `remote_instance_name` the one of this server?)");
    insta::assert_snapshot!(told(CacheFault::Slow(Duration::from_secs(60))), @"
    cannot look up the action ca978112ca1b (1 byte) at grpc://127.0.0.1:PORT: no answer within 0.2 s; the run goes on without it (`remote_cache_rpc_timeout_millis` and `remote_store_rpc_timeout_millis` say how long it may take)
    cannot look up the action 0ebeb76bcf97 (6 bytes) at grpc://127.0.0.1:PORT: no answer within 0.2 s; nothing more is looked up in this run (`remote_cache_rpc_timeout_millis` and `remote_store_rpc_timeout_millis` say how long it may take)
    cannot ask whether a blob is missing at grpc://127.0.0.1:PORT: no answer within 0.5 s; the run goes on without it (`remote_cache_rpc_timeout_millis` and `remote_store_rpc_timeout_millis` say how long it may take)
    ");
}

#[test]
fn a_server_that_lies_costs_a_warning() {
    // The small blobs and the large one are asked for at once, and the first that is wrong is told.
    for (fault, lie) in [
        (CacheFault::Truncated, "it gives only "),
        (CacheFault::WrongContent, "it gives other bytes for "),
        (CacheFault::TooLong, "it gives "),
        (CacheFault::Forgetful, "it has forgotten "),
    ] {
        let told = told(fault);
        let is_told = told.starts_with("cannot read ") && told.contains(lie);
        assert!(
            is_told && told.ends_with("; the run goes on without it"),
            "{told}"
        );
        assert_eq!(told.lines().count(), 1, "{told}");
    }
    insta::assert_snapshot!(told(CacheFault::BadResults), @"cannot look up the action ca978112ca1b (1 byte) at grpc://127.0.0.1:PORT: its answer is not usable: the output `out`: `elsewhere/1` is no digest: 64 hexadecimal digits, a slash and a size in bytes; the run goes on without it");
    insta::assert_snapshot!(told(CacheFault::OtherDigests), @"cannot ask for the capabilities at grpc://127.0.0.1:PORT: it cannot be used: it does not know blobs by SHA-256; nothing more is looked up or shared in this run (is this a server with the Remote Execution API v2?)");
}

#[test]
fn a_server_that_takes_nothing_is_read_all_the_same() {
    for fault in [CacheFault::Full, CacheFault::ReadOnly] {
        let (answer, told) = run_with(&CacheServer::start(), fault);
        assert!(matches!(answer, LookUpAnswer::Hit(_)));
        assert_eq!(told.lines().count(), 1, "{told}");
    }
    insta::assert_snapshot!(run_with(&CacheServer::start(), CacheFault::Full).1, @"cannot store a blob at grpc://127.0.0.1:PORT: it has no room, or too much to do: the disk is full (3 attempts); nothing more is shared in this run");
    insta::assert_snapshot!(run_with(&CacheServer::start(), CacheFault::ReadOnly).1, @"cannot store a blob at grpc://127.0.0.1:PORT: it refuses the login, of which none was sent: this token only reads; nothing more is shared in this run (ask who runs the server for the right to store; reading alone needs `remote_cache_write = false`)");
}

#[test]
fn a_server_that_is_down_costs_a_warning_and_no_time() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("grpc://{}", listener.local_addr().unwrap());
    drop(listener);
    let machine = Machine::new();
    let cache = machine.cache(&options_at(&address));
    let start = Instant::now();
    for n in 0..200 {
        let answer = cache.look_up(action(&n.to_string())).wait(SOON);
        assert_eq!(answer, LookUpAnswer::Miss);
    }
    assert!(start.elapsed() < Duration::from_secs(15));
    insta::assert_snapshot!(machine.warnings(), @"cannot look up the action 5feceb66ffc8 (1 byte) at grpc://127.0.0.1:PORT: it cannot be reached: Connection refused (os error 111) (3 attempts); nothing more is looked up or shared in this run (check `[GLOBAL] remote_store_address`, or do without: `remote_cache_read = false`)");
}

#[test]
fn nothing_is_shared_unless_the_settings_say_so() {
    let server = CacheServer::start();
    let mut options = options(&server);
    options.cache_write = false;
    let machine = Machine::new();
    let cache = machine.cache(&options);
    cache.share(action("a"), result(&machine.put(b"x")), Vec::new());
    cache.finish(Duration::ZERO);
    let state = server.state();
    assert!(state.blobs.is_empty() && state.results.is_empty() && state.calls.is_empty());
}

#[test]
fn nothing_is_looked_up_unless_the_settings_say_so() {
    let server = CacheServer::start();
    let mut options = options(&server);
    shared_by_another(&options);
    options.cache_read = false;
    let cache = Machine::new().cache(&options);
    assert_eq!(cache.look_up(action("a")).peek(), LookUpAnswer::Miss);
}

#[test]
fn failures_are_not_shared() {
    let server = CacheServer::start();
    let machine = Machine::new();
    let cache = machine.cache(&options(&server));
    let mut failed = result(&machine.put(b"x"));
    failed.exit_code = 1;
    cache.share(action("a"), failed.clone(), Vec::new());
    cache.finish(Duration::ZERO);
    assert!(server.state().results.is_empty());
    // Nor found, where a server keeps them.
    let key = action("a").to_string();
    server.state().results.insert(key, failed);
    assert_eq!(cache.look_up(action("a")).wait(SOON), LookUpAnswer::Miss);
}

/// How long a run of this length waits at its end for a server that takes nothing, and what is told.
fn end_of_run(run: Duration, patience: Option<Duration>) -> (Duration, String) {
    let server = CacheServer::start();
    server.inject(CacheFault::Slow(Duration::from_secs(60)));
    let mut options = options(&server);
    options.limits.upload_patience = patience;
    let machine = Machine::new();
    let cache = machine.cache(&options);
    for n in 0..3 {
        let made = result(&machine.put(b"x"));
        cache.share(action(&n.to_string()), made, Vec::new());
    }
    let start = Instant::now();
    cache.finish(run);
    drop(cache);
    (start.elapsed(), machine.warnings())
}

#[test]
fn a_run_does_not_wait_for_long_at_its_end() {
    let (waited, told) = end_of_run(Duration::ZERO, None);
    assert!(waited < Duration::from_secs(10), "{waited:?}");
    assert!(
        told.starts_with("3 results could not be sent to grpc://127.0.0.1:PORT within 0."),
        "{told}"
    );
    let (waited, _) = end_of_run(Duration::from_secs(8), None);
    assert!(waited >= Duration::from_millis(400), "{waited:?}");
    let (waited, _) = end_of_run(Duration::ZERO, Some(Duration::from_millis(700)));
    assert!(waited >= Duration::from_millis(700), "{waited:?}");
}

#[test]
fn a_run_waits_as_long_as_the_settings_say() {
    let server = CacheServer::start();
    server.inject(CacheFault::Slow(Duration::from_millis(100)));
    let mut options = options(&server);
    options.limits.upload_patience = Some(SOON);
    let machine = Machine::new();
    let cache = machine.cache(&options);
    let made = result(&machine.put(b"x"));
    cache.share(action("a"), made, Vec::new());
    cache.finish(Duration::ZERO);
    assert_eq!(machine.warnings(), "");
    assert_eq!(cache.statistics().shared, 1);
}

fn some_action(machine: &Machine) -> RemoteAction {
    let input = machine.put(b"an input");
    let message = Blob::of(b"an action".to_vec());
    RemoteAction {
        digest: message.digest,
        blobs: vec![message, input],
        lookup: CacheLookup::Allowed,
    }
}

#[test]
fn an_action_is_run_by_a_server_with_its_blobs() {
    let server = CacheServer::start();
    let made = Blob::of(b"made there".to_vec());
    let key = Digest::of(b"an action").to_string();
    {
        let mut state = server.state();
        state.results.insert(key, result(&made));
        state
            .blobs
            .insert(made.digest.to_string(), b"made there".to_vec());
    }
    let machine = Machine::new();
    let cache = machine.cache(&options(&server));
    let run = cache.execute(some_action(&machine), &|| false);
    assert!(
        matches!(run, RemoteRun::Ended { cached: true, .. }),
        "{run:?}"
    );
    assert!(machine.has(&made.digest));
    let input = Digest::of(b"an input").to_string();
    assert!(server.state().blobs.contains_key(&input));
    assert_eq!(cache.statistics().executed, 1);
}

#[test]
fn a_server_that_forgets_what_it_was_sent_is_of_no_use() {
    let server = CacheServer::start();
    server.inject(CacheFault::Forgetful);
    let machine = Machine::new();
    let cache = machine.cache(&options(&server));
    assert_eq!(
        cache.execute(some_action(&machine), &|| false),
        RemoteRun::Failed
    );
    insta::assert_snapshot!(machine.warnings(), @"cannot run the action a1d98dfadc18 (9 bytes) at grpc://127.0.0.1:PORT: it has forgotten a1d98dfadc18 (9 bytes), which it said it has; the run goes on without it");
}
