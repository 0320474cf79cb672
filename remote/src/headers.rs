//! What every call carries: headers of the settings, and the token.

use std::collections::BTreeMap;

use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue};
use tonic::service::Interceptor;
use tonic::{Request, Status};

use crate::error::RemoteError;
use crate::options::BearerToken;

/// Puts the headers into each call.
#[derive(Clone, Default)]
pub(crate) struct Headers {
    entries: Vec<(AsciiMetadataKey, AsciiMetadataValue)>,
}

impl Headers {
    /// The headers that `setting` names, and those of the token.
    ///
    /// # Errors
    /// Where one is no header, or the token's file cannot be read.
    pub(crate) fn new(
        setting: &'static str,
        headers: &BTreeMap<String, String>,
        token: Option<&BearerToken>,
    ) -> Result<Self, RemoteError> {
        let mut entries = Vec::new();
        for (name, value) in headers {
            entries.push(entry(setting, name, value)?);
        }
        if let Some(token) = token {
            let (setting, text) = self::token(token)?;
            let mut value = value(setting, "…", &format!("Bearer {text}"))?;
            value.set_sensitive(true);
            entries.push((AsciiMetadataKey::from_static("authorization"), value));
        }
        Ok(Self { entries })
    }

    /// Whether a server is told who we are.
    pub(crate) fn have_login(&self) -> bool {
        self.entries.iter().any(|(name, _)| name == "authorization")
    }
}

fn entry(
    setting: &'static str,
    name: &str,
    text: &str,
) -> Result<(AsciiMetadataKey, AsciiMetadataValue), RemoteError> {
    let key = AsciiMetadataKey::from_bytes(name.to_ascii_lowercase().as_bytes());
    let key = key.map_err(|_| RemoteError::Setting {
        setting,
        value: name.to_owned(),
        reason: "this is no name of a header".into(),
    })?;
    Ok((key, value(setting, name, text)?))
}

fn value(
    setting: &'static str,
    shown: &str,
    text: &str,
) -> Result<AsciiMetadataValue, RemoteError> {
    text.parse().map_err(|_| RemoteError::Setting {
        setting,
        value: shown.to_owned(),
        reason: "a header has one line of ASCII".into(),
    })
}

/// The setting that gave the token, and the token.
///
/// # Errors
/// Where its file cannot be read.
pub(crate) fn token(token: &BearerToken) -> Result<(&'static str, String), RemoteError> {
    match token {
        BearerToken::Text(text) => Ok(("remote_oauth_bearer_token", text.trim().to_owned())),
        BearerToken::File(path) => {
            let setting = "remote_oauth_bearer_token_path";
            let text = fs_err::read_to_string(path).map_err(|e| RemoteError::Setting {
                setting,
                value: path.to_string(),
                reason: transport::root_cause(&e),
            })?;
            Ok((setting, text.trim().to_owned()))
        }
    }
}

impl Interceptor for Headers {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        for (name, value) in &self.entries {
            request.metadata_mut().insert(name.clone(), value.clone());
        }
        Ok(request)
    }
}
