//! One HTTP client for all requests: connections, retries, proxies, logins, and the certificates
//! that servers are checked against.
//!
//! `http` is the client, and `body` what it sends. `connections` shares addresses and first connections, `tls` has the
//! certificates, `trusted_hosts` the hosts that need none, `logins` finds logins with the help of `netrc`, and `pip` reads pip's
//! configuration with the help of `ini`. `flight` lets several callers share one request.

mod body;
mod connections;
mod environment;
mod error;
mod flight;
mod http;
mod ini;
#[cfg(test)]
mod judge;
mod login;
mod logins;
mod netrc;
mod options;
mod pip;
mod tls;
mod trusted_hosts;

pub use body::RequestBody;
pub use environment::EnvironmentVariables;
pub use error::{RequestKind, RequestPurpose, TransportError, redacted, root_cause};
pub use flight::{Flight, FlightLead, FlightOutcome, Flights};
pub use http::{
    Authorization, HttpClient, HttpRequest, HttpResponse, RequestFailure, ResponseStream, Retries,
    plain_client, retry_after,
};
pub use ini::{Ini, IniError};
pub use login::{Login, LoginPlace, LoginVariables, WrittenLogin};
pub use logins::Logins;
pub use options::{HttpLimits, HttpOptions, KeyringProvider, NetworkAccess, RequestObserver};
pub use pip::PipConfiguration;
pub use reqwest::{Response, StatusCode, header};
