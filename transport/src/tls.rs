//! The certificates that servers are checked against: those of the system, and those that the
//! settings of pip and of the Python package `requests` name. And the certificate that servers ask
//! of this machine.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;

use camino::Utf8PathBuf;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::error::TransportError;
use crate::options::HttpOptions;
use crate::pip::{self, PipSetting};
use crate::trusted_hosts::LenientVerifier;

/// The TLS settings of a client. It trusts the certificates of the system (`SSL_CERT_FILE` and
/// `SSL_CERT_DIR` included), and those that pip's setting `cert` (`PIP_CERT`), `options` and the
/// first of the variables in it name: `REQUESTS_CA_BUNDLE` or, as in `requests`, `CURL_CA_BUNDLE`.
/// It shows the certificate that `options`, a variable in it, or pip's setting `client-cert` names to
/// servers that ask for one, and uses HTTP/2 if the server does.
///
/// # Errors
/// Where a setting names a file that cannot be read.
pub(crate) fn client_config(options: &HttpOptions) -> Result<TlsSettings, TransportError> {
    let environment = &options.environment;
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let variable = |name: &str| {
        Some(PipSetting {
            value: environment.get(name)?.to_owned(),
            place: name.to_owned(),
        })
    };
    // `load_native_certs` has read this file already.
    let mut seen: BTreeSet<String> = environment
        .get("SSL_CERT_FILE")
        .map(str::to_owned)
        .into_iter()
        .collect();
    let named = options.certificate_variables.iter();
    let named = named.copied().find_map(variable);
    let written = options
        .certificates
        .as_ref()
        .map(|(place, path)| PipSetting {
            value: path.to_string(),
            place: place.clone(),
        });
    let of_pip = pip::certificates(environment)?;
    let trusted = of_pip.trusted.into_iter().chain(named).chain(written);
    for PipSetting { value, place } in trusted {
        if seen.insert(value.clone()) {
            roots.add_parsable_certificates(read(&place, &value)?);
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = Arc::new(roots);
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| setting("TLS", "", e.to_string()))?
        .with_root_certificates(Arc::clone(&roots));
    let own = options
        .client_certificate
        .as_ref()
        .map(|(place, path)| PipSetting {
            value: path.to_string(),
            place: place.clone(),
        });
    let mut named = options.client_certificate_variables.iter();
    let own = own.or_else(|| named.find_map(|name| variable(name)));
    let mut config = match own.or(of_pip.client) {
        Some(PipSetting { value, place }) => {
            let (chain, key) = own_certificate(&place, &value)?;
            config
                .with_client_auth_cert(chain, key)
                .map_err(|e| setting(&place, &value, e.to_string()))?
        }
        None => config.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsSettings { config, roots })
}

/// The TLS settings of clients.
pub(crate) struct TlsSettings {
    config: ClientConfig,
    roots: Arc<RootCertStore>,
}

impl TlsSettings {
    /// The settings of a client that checks every server.
    pub(crate) fn strict(&self) -> ClientConfig {
        self.config.clone()
    }

    /// The settings of a client that checks every server but those with these names.
    pub(crate) fn trusting(&self, names: BTreeSet<String>) -> ClientConfig {
        let mut config = self.config.clone();
        if names.is_empty() {
            return config;
        }
        let provider = Arc::clone(config.crypto_provider());
        let schemes = provider
            .signature_verification_algorithms
            .supported_schemes();
        let usual = WebPkiServerVerifier::builder_with_provider(Arc::clone(&self.roots), provider);
        let verifier = LenientVerifier {
            usual: usual.build().ok(),
            names,
            schemes,
        };
        config
            .dangerous()
            .set_certificate_verifier(Arc::new(verifier));
        config
    }
}

/// The certificates and the key in a file of this machine's.
fn own_certificate(
    place: &str,
    value: &str,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TransportError> {
    let bytes = fs_err::read(value).map_err(|e| setting(place, value, e.to_string()))?;
    let key = PrivateKeyDer::from_pem_slice(&bytes).map_err(|e| {
        let reason = format!("it holds no private key in PEM beside the certificate: {e}");
        setting(place, value, reason)
    })?;
    Ok((read(place, value)?, key))
}

fn read(place: &str, value: &str) -> Result<Vec<CertificateDer<'static>>, TransportError> {
    let path = Utf8PathBuf::from(value);
    if path.is_dir() {
        return Ok(
            rustls_native_certs::load_certs_from_paths(None, Some(path.as_std_path())).certs,
        );
    }
    let bytes = fs_err::read(&path).map_err(|e| setting(place, value, e.to_string()))?;
    CertificateDer::pem_slice_iter(&bytes)
        .collect::<Result<_, _>>()
        .map_err(|e| setting(place, value, format!("it holds no certificates: {e}")))
}

fn setting(place: &str, value: &str, reason: String) -> TransportError {
    TransportError::Setting {
        setting: place.to_owned(),
        value: value.to_owned(),
        reason,
    }
}
