//! A server with the Remote Execution API on 127.0.0.1 that keeps everything in memory, and can
//! misbehave.

mod services;
mod streams;

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bazel_remote_apis::build::bazel::remote::execution::v2 as api;
use bazel_remote_apis::google::bytestream::byte_stream_server::ByteStreamServer;
use tokio::runtime::Runtime;
use tonic::transport::{Certificate, Identity, Server, ServerTlsConfig};

/// What is wrong with a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheFault {
    /// Each call is answered `UNAVAILABLE`.
    Unavailable,
    /// So many calls are answered `UNAVAILABLE`; the later ones well.
    UnavailableFirst(usize),
    /// Each answer takes this time.
    Slow(Duration),
    /// Nothing can be stored: `RESOURCE_EXHAUSTED`.
    Full,
    /// Each call is answered `UNAUTHENTICATED`.
    Unauthenticated,
    /// Each call that stores is answered `PERMISSION_DENIED`.
    ReadOnly,
    /// Blobs lack their second half.
    Truncated,
    /// Blobs have other bytes, as many as they should.
    WrongContent,
    /// Blobs are twice as long.
    TooLong,
    /// Everything is said to be there, and cannot be read.
    Forgetful,
    /// It has another instance than the one that is asked for.
    OtherInstance,
    /// Its blobs are known by SHA-1.
    OtherDigests,
    /// Results name outputs by what is no digest.
    BadResults,
    /// Each stream breaks off after half of what it had to carry, the first time.
    Interrupted,
}

/// What a [`CacheServer`] has, and what it was asked.
#[derive(Debug, Default)]
pub struct CacheState {
    /// Blobs by `HASH/SIZE`.
    pub blobs: HashMap<String, Vec<u8>>,
    /// Results by `HASH/SIZE` of their actions.
    pub results: HashMap<String, api::ActionResult>,
    /// What is wrong.
    pub fault: Option<CacheFault>,
    /// The number of calls of each method.
    pub calls: BTreeMap<&'static str, usize>,
    /// The headers of the last call.
    pub headers: BTreeMap<String, String>,
    /// The instance that it has; any if `None`.
    pub instance: Option<String>,
    /// What it says about the size of batches.
    pub batch_limit: i64,
    /// The largest sum of blobs that came in one call.
    pub largest_batch: usize,
    /// What is half there, by the name of the stream.
    partial: HashMap<String, Vec<u8>>,
    broken: HashMap<String, usize>,
}

/// A server with the Remote Execution API.
pub struct CacheServer {
    address: SocketAddr,
    scheme: &'static str,
    shared: Shared,
    _runtime: Runtime,
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<CacheState>>);

impl CacheServer {
    /// The certificate of a client.
    pub const CLIENT_CERTIFICATE: &str = include_str!("../tls/client.pem");

    /// Its key.
    pub const CLIENT_KEY: &str = include_str!("../tls/client.key");

    /// Starts a server without anything in it.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with("grpc", Server::builder())
    }

    /// Starts a server with TLS, whose certificate [`crate::TlsServer::AUTHORITY`] vouches for.
    #[must_use]
    pub fn start_tls() -> Self {
        Self::start_with("grpcs", tls(ServerTlsConfig::new()))
    }

    /// As [`Self::start_tls`], and clients need a certificate: [`Self::CLIENT_CERTIFICATE`].
    #[must_use]
    pub fn start_mutual_tls() -> Self {
        let authority = Certificate::from_pem(include_bytes!("../tls/client_authority.pem"));
        Self::start_with(
            "grpcs",
            tls(ServerTlsConfig::new().client_ca_root(authority)),
        )
    }

    fn start_with(scheme: &'static str, mut server: Server) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"));
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Shared::default();
        // Messages are not limited here: a test looks at what is sent.
        let router = server
            .add_service(api::capabilities_server::CapabilitiesServer::new(
                shared.clone(),
            ))
            .add_service(
                api::content_addressable_storage_server::ContentAddressableStorageServer::new(
                    shared.clone(),
                )
                .max_decoding_message_size(1 << 30)
                .max_encoding_message_size(1 << 30),
            )
            .add_service(api::action_cache_server::ActionCacheServer::new(
                shared.clone(),
            ))
            .add_service(api::execution_server::ExecutionServer::new(shared.clone()))
            .add_service(ByteStreamServer::new(shared.clone()));
        let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
        runtime.spawn(async move {
            router
                .serve_with_incoming(incoming)
                .await
                .expect("a server that goes on");
        });
        Self {
            address,
            scheme,
            shared,
            _runtime: runtime,
        }
    }

    /// `grpc://127.0.0.1:PORT`
    #[must_use]
    pub fn address(&self) -> String {
        match self.scheme {
            "grpc" => format!("grpc://{}", self.address),
            scheme => format!("{scheme}://localhost:{}", self.address.port()),
        }
    }

    /// From now on this is wrong.
    pub fn inject(&self, fault: CacheFault) {
        self.state().fault = Some(fault);
    }

    /// From now on nothing is wrong.
    pub fn heal(&self) {
        self.state().fault = None;
    }

    /// What it has, and what it was asked.
    ///
    /// # Panics
    /// Where a test does.
    pub fn state(&self) -> MutexGuard<'_, CacheState> {
        self.shared.state()
    }

    /// The number of calls of a method.
    #[must_use]
    pub fn calls(&self, method: &str) -> usize {
        self.state().calls.get(method).copied().unwrap_or_default()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, CacheState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tls(config: ServerTlsConfig) -> Server {
    let identity = Identity::from_pem(
        include_bytes!("../tls/server.pem"),
        include_bytes!("../tls/server.key"),
    );
    Server::builder()
        .tls_config(config.identity(identity))
        .expect("a certificate that fits its key")
}
