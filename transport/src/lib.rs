//! One HTTP client for everything that goes over the network: connections, retries, proxies, the
//! certificates that servers are checked against, and who logs in.
//!
//! `http` is the client; `connections` shares addresses and first connections, `tls` the
//! certificates, `credentials` the logins, `pip` what pip's files and variables say. `flight` lets
//! several askers share one request.

mod connections;
mod credentials;
mod error;
mod flight;
mod http;
mod options;
mod pip;
mod tls;

pub use credentials::{Credentials, Login};
pub use error::{Activity, TransportError, What, redacted, root_cause};
pub use flight::{Answer as FlightAnswer, Asked, Claim, Flights};
pub use http::{Answer, Failure, Get, Http, Sent, Tries};
pub use options::{HttpOptions, Keyring, Limits, Observer};
pub use pip::{EnvironmentVariables, PipConfiguration};
pub use reqwest::{Response, StatusCode, header};
