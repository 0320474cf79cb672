//! Hosts whose certificates are not checked, as pip's setting `trusted-host` has it: `HOST` is meant at
//! each of its ports, `HOST:PORT` at one. Every other host is checked, also where a trusted one sends
//! a request on to it.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use url::Url;

use crate::environment::EnvironmentVariables;
use crate::error::TransportError;
use crate::pip::PipConfiguration;

/// Hosts whose certificates are not checked.
#[derive(Debug, Default)]
pub(crate) struct TrustedHosts(Vec<TrustedHost>);

#[derive(Debug)]
struct TrustedHost {
    name: String,
    port: Option<u16>,
    /// The place of the setting.
    place: String,
}

impl TrustedHosts {
    /// Those of pip's configuration on this machine.
    ///
    /// # Errors
    /// Where a configuration file cannot be read as pip reads it.
    pub(crate) fn of_pip(environment: &EnvironmentVariables) -> Result<Self, TransportError> {
        let mut settings = PipConfiguration::of_files(environment)?;
        settings.read_environment(environment);
        let hosts = settings
            .words("trusted-host")
            .filter_map(|(word, place)| TrustedHost::parse(word, place));
        Ok(Self(hosts.collect()))
    }

    /// Where it is said that this URL's host is trusted; none if it is not.
    pub(crate) fn place(&self, url: &Url) -> Option<&str> {
        self.of_url(url).map(|host| host.place.as_str())
    }

    /// Whether only this port of the URL's host is trusted.
    pub(crate) fn is_by_port(&self, url: &Url) -> bool {
        self.of_url(url).is_some_and(|host| host.port.is_some())
    }

    fn of_url(&self, url: &Url) -> Option<&TrustedHost> {
        let name = plain_name(url.host_str()?);
        let port = url.port_or_known_default();
        let meant =
            |host: &&TrustedHost| host.name == name && (host.port.is_none() || host.port == port);
        let is_encrypted = url.scheme() == "https";
        self.0
            .iter()
            .filter(meant)
            .min_by_key(|host| host.port.is_some())
            .filter(|_| is_encrypted)
    }

    /// The names of hosts that are trusted at each port.
    pub(crate) fn at_each_port(&self) -> BTreeSet<String> {
        let hosts = self.0.iter().filter(|host| host.port.is_none());
        hosts.map(|host| host.name.clone()).collect()
    }

    /// The names of all these hosts.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        self.0.iter().map(|host| host.name.clone()).collect()
    }
}

impl TrustedHost {
    /// Reads `HOST` or `HOST:PORT`; an IPv6 address may stand in brackets, and must before a port.
    fn parse(word: &str, place: &str) -> Option<Self> {
        let word = match word.matches(':').count() > 1 && !word.starts_with('[') {
            true => format!("[{word}]"),
            false => word.to_owned(),
        };
        // What is no host with a port is trusted by nobody.
        let url = Url::parse(&format!("https://{word}")).ok()?;
        let has_port = word
            .rsplit_once(':')
            .is_some_and(|(_, port)| !port.ends_with(']'));
        Some(Self {
            name: plain_name(url.host_str()?),
            port: url.port_or_known_default().filter(|_| has_port),
            place: place.to_owned(),
        })
    }
}

/// The name of a host in small letters, an address without brackets.
fn plain_name(host: &str) -> String {
    host.trim_matches(['[', ']']).to_ascii_lowercase()
}

/// Checks certificates, but for those of hosts with these names.
#[derive(Debug)]
pub(crate) struct LenientVerifier {
    /// The usual checks; none where this machine trusts nobody.
    pub(crate) usual: Option<Arc<WebPkiServerVerifier>>,
    pub(crate) names: BTreeSet<String>,
    pub(crate) schemes: Vec<SignatureScheme>,
}

impl ServerCertVerifier for LenientVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.names.contains(&plain_name(&server_name.to_str())) {
            return Ok(ServerCertVerified::assertion());
        }
        match &self.usual {
            Some(usual) => {
                usual.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            }
            None => Err(CertificateError::UnknownIssuer.into()),
        }
    }

    // A signature shows that the server has the key of its certificate: that certificate was judged
    // above, and without one that is trusted a signature shows nothing.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match &self.usual {
            Some(usual) => usual.verify_tls12_signature(message, certificate, signature),
            None => Ok(HandshakeSignatureValid::assertion()),
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match &self.usual {
            Some(usual) => usual.verify_tls13_signature(message, certificate, signature),
            None => Ok(HandshakeSignatureValid::assertion()),
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_ports() {
        let words = [
            "Index.example",
            "files.example:8443",
            "::1",
            "[fe80::1]:99",
            "a/b c",
        ];
        let hosts = TrustedHosts(
            words
                .iter()
                .filter_map(|word| TrustedHost::parse(word, "pip.conf"))
                .collect(),
        );
        for (url, trusted, by_port) in [
            ("https://index.example/simple/", true, false),
            ("https://INDEX.example:99/", true, false),
            ("https://files.example:8443/", true, true),
            ("https://files.example/", false, false),
            ("https://x.index.example/", false, false),
            ("https://[::1]:5/", true, false),
            ("https://[fe80::1]:99/", true, true),
            ("https://[fe80::1]/", false, false),
            ("http://index.example/", false, false),
        ] {
            let url = url.parse().unwrap();
            assert_eq!(
                (hosts.place(&url).is_some(), hosts.is_by_port(&url)),
                (trusted, by_port),
                "{url}"
            );
        }
    }
}
