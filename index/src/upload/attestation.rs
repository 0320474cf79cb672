//! The attestations (PEP 740) that lie beside a distribution, as `FILE.publish.attestation`.
//!
//! Source: <https://packaging.python.org/en/latest/specifications/index-hosted-attestations/>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use camino::{Utf8Path, Utf8PathBuf};
use model::Sha256;
use serde::Deserialize;
use serde_json::Value;

/// Why a file beside a distribution is no attestation of it.
#[derive(Debug, thiserror::Error)]
#[error("{path}: not an attestation of {name}: {reason}")]
pub struct AttestationError {
    /// The attestation.
    pub path: Utf8PathBuf,
    /// The distribution.
    pub name: String,
    /// What is wrong with it.
    pub reason: String,
}

/// The attestations of a file as a JSON list; `None` if there is none.
///
/// # Errors
/// Where one cannot be read, or is about another file: nothing is uploaded then.
pub(super) fn beside(path: &Utf8Path, sha256: Sha256) -> Result<Option<String>, AttestationError> {
    let name = path.file_name().unwrap_or_default();
    let mut list = Vec::new();
    for path in found(path, name) {
        let read = fs_err::read(&path).map_err(|error| error.to_string());
        let attestation = read.and_then(|bytes| checked(&bytes, name, sha256));
        list.push(attestation.map_err(|reason| AttestationError {
            path,
            name: name.to_owned(),
            reason,
        })?);
    }
    Ok(match list.is_empty() {
        true => None,
        false => Some(Value::Array(list).to_string()),
    })
}

/// The files `NAME.….attestation`, sorted.
fn found(path: &Utf8Path, name: &str) -> Vec<Utf8PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_str().is_empty());
    let entries = folder.unwrap_or(Utf8Path::new(".")).read_dir_utf8();
    let entries = entries.into_iter().flatten().filter_map(Result::ok);
    let is_own = |other: &str| {
        let rest = other.strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with('.') && rest.ends_with(".attestation"))
    };
    let mut found: Vec<Utf8PathBuf> = entries
        .filter(|entry| is_own(entry.file_name()))
        .map(|entry| entry.into_path())
        .collect();
    found.sort();
    found
}

#[derive(Deserialize)]
struct Envelope {
    statement: String,
}

#[derive(Deserialize)]
struct Statement {
    subject: Vec<Subject>,
}

#[derive(Deserialize)]
struct Subject {
    name: String,
    digest: Digest,
}

#[derive(Deserialize)]
struct Digest {
    sha256: String,
}

/// The attestation, if it is about this file.
fn checked(bytes: &[u8], name: &str, sha256: Sha256) -> Result<Value, String> {
    let attestation: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if attestation.get("version") != Some(&Value::from(1)) {
        return Err("its `version` is not 1".to_owned());
    }
    if !attestation["verification_material"].is_object() {
        return Err("it has no `verification_material`".to_owned());
    }
    let envelope = attestation["envelope"].clone();
    let envelope: Envelope =
        serde_json::from_value(envelope).map_err(|error| format!("`envelope`: {error}"))?;
    let text = STANDARD.decode(envelope.statement);
    let text = text.map_err(|error| format!("`statement`: {error}"))?;
    let Statement { subject } =
        serde_json::from_slice(&text).map_err(|error| format!("`statement`: {error}"))?;
    let [subject] = subject.as_slice() else {
        return Err(format!("it is about {} files", subject.len()));
    };
    if subject.name != name {
        return Err(format!("it is about {}", subject.name));
    }
    match subject
        .digest
        .sha256
        .eq_ignore_ascii_case(&sha256.to_string())
    {
        true => Ok(attestation),
        false => Err(format!(
            "it is about a file with the sha256 {}, and this one has {sha256}",
            subject.digest.sha256
        )),
    }
}
