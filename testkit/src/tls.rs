//! An HTTPS server for tests, with a certificate of an authority that no system trusts.
//!
//! `tls/` has the certificate of the authority, that of the server with its key, and those of a client
//! and of its authority. They are valid until 2120, for tests only.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{WantsServerCert, WebPkiClientVerifier};
use rustls::{ConfigBuilder, RootCertStore, ServerConfig, WantsVerifier};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

/// Speaks TLS on 127.0.0.1 and passes everything on to a plain server.
pub struct TlsServer {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    _runtime: Runtime,
}

impl TlsServer {
    /// The certificate of the authority that issued the server's, in PEM.
    pub const AUTHORITY: &str = include_str!("tls/authority.pem");

    /// The certificate of a client and its key, in PEM.
    pub const CLIENT: &str = concat!(
        include_str!("tls/client.pem"),
        include_str!("tls/client.key")
    );

    /// Starts a TLS server in front of the plain server on this port of 127.0.0.1.
    #[must_use]
    pub fn before(port: u16) -> Self {
        Self::with_config(port, config().with_no_client_auth())
    }

    /// The same, for clients with the certificate in [`Self::CLIENT`] only.
    #[must_use]
    pub fn for_known_clients(port: u16) -> Self {
        let authority = CertificateDer::from_pem_slice(include_bytes!("tls/client_authority.pem"));
        let mut roots = RootCertStore::empty();
        roots
            .add(authority.expect("a certificate"))
            .expect("an authority");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .expect("an authority");
        Self::with_config(port, config().with_client_cert_verifier(verifier))
    }

    fn with_config(port: u16, config: ConfigBuilder<ServerConfig, WantsServerCert>) -> Self {
        let config = with_own_certificate(config);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = runtime
            .block_on(TcpListener::bind("127.0.0.1:0"))
            .expect("a free port");
        let address = listener.local_addr().expect("an address");
        let connections = Arc::new(AtomicUsize::new(0));
        let acceptor = TlsAcceptor::from(Arc::new(config));
        runtime.spawn(accept(listener, port, (acceptor, Arc::clone(&connections))));
        Self {
            address,
            connections,
            _runtime: runtime,
        }
    }

    /// The server's URL, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// The number of connections of clients so far, successful or not.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

async fn accept(
    listener: TcpListener,
    port: u16,
    (acceptor, connections): (TlsAcceptor, Arc<AtomicUsize>),
) {
    while let Ok((client, _)) = listener.accept().await {
        connections.fetch_add(1, Ordering::Relaxed);
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            // A client that does not trust the certificate ends the connection here.
            let mut client = acceptor.accept(client).await?;
            let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
            tokio::io::copy_bidirectional(&mut client, &mut server).await
        });
    }
}

fn config() -> ConfigBuilder<ServerConfig, WantsVerifier> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions of TLS")
}

fn with_own_certificate(config: ConfigBuilder<ServerConfig, WantsServerCert>) -> ServerConfig {
    let chain = CertificateDer::from_pem_slice(include_bytes!("tls/server.pem"));
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key"));
    config
        .with_single_cert(vec![chain.expect("a certificate")], key.expect("a key"))
        .expect("a certificate that fits its key")
}
