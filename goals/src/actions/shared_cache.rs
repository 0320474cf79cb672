//! Whether the cache of the team works, for `doctor`.

use remote::{Digest, RemoteClient, RemoteError, RemoteOptions};
use workspace::settings::Settings;

use crate::error::GoalError;

/// What the shared cache answers; nothing if the settings use none.
///
/// # Errors
/// Where it does not answer, or is of no use.
pub fn ask_shared_cache(settings: &Settings) -> Option<Result<String, GoalError>> {
    let options = settings.remote_options();
    options.is_used().then(|| {
        ask(&options).map_err(|error| {
            let hint = error.hint();
            let failure = GoalError::failure(error.to_string());
            match hint {
                Some(hint) => failure.hint(hint),
                None => failure,
            }
        })
    })
}

fn ask(options: &RemoteOptions) -> Result<String, RemoteError> {
    let client = RemoteClient::new(options)?;
    // No action has this key.
    client.action_result(Digest::of(b"doctor"))?;
    let capabilities = client.capabilities()?;
    let address = options.store_address.as_deref().unwrap_or_default();
    let stores = match (options.cache_write, capabilities) {
        (false, _) => "what runs here is not stored",
        (true, Some(can)) if !can.update_enabled => "it does not take what runs here",
        (true, _) => "what runs here is stored",
    };
    Ok(format!("{address} answers, and {stores}"))
}
