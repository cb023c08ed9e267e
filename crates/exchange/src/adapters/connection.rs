//! Where the provider of an adapter is reached, and with which secrets: what differs from one installation to the next,
//! while the mapping of an adapter is the same for everybody.

use std::path::{Path, PathBuf};
use std::time::Duration;

use haidang_signing::private_file;
use serde::Deserialize;

use super::authentication::{Authentication, Credentials};
use super::fault::AdapterFault;
use crate::directory::{ProviderAddress, ProviderTls, ProviderTlsDraft, judge_provider};

/// A connection as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConnectionDraft {
    base_url: String,
    #[serde(default)]
    tls: Option<ProviderTlsDraft>,
    #[serde(default = "yes")]
    tls_verify: bool,
    #[serde(default = "timeout")]
    timeout_ms: u64,
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    client: Option<String>,
    #[serde(default)]
    sign_url: Option<String>,
    #[serde(default)]
    secret_file: Option<PathBuf>,
    #[serde(default)]
    api_key_file: Option<PathBuf>,
}

fn yes() -> bool {
    true
}

fn timeout() -> u64 {
    20_000
}

/// The longest wait for a provider.
const LONGEST: u64 = 600_000;

/// Where a provider is reached, and with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Connection {
    pub(super) address: ProviderAddress,
    /// For one call, from connecting to the last byte of the answer.
    pub(super) timeout: Duration,
    user: String,
    client: String,
    sign_url: String,
    secret_file: Option<PathBuf>,
    api_key_file: Option<PathBuf>,
}

impl ConnectionDraft {
    /// Judges it for an adapter that proves itself so; files lie relative to `folder`.
    pub(super) fn judge(
        self,
        authentication: Authentication,
        folder: &Path,
        wrong: &mut Vec<String>,
    ) -> Option<Connection> {
        let mut complaints = Vec::new();
        let address = judge_provider(&self.base_url, self.tls, self.tls_verify, &mut complaints);
        if self.timeout_ms == 0 || self.timeout_ms > LONGEST {
            complaints.push(format!("timeout_ms: write 1 to {LONGEST}"));
        }
        let (user, secret, client) = authentication.needs();
        for (name, needed, written) in [
            ("user", user, self.user.is_some()),
            ("secret_file", secret, self.secret_file.is_some()),
            ("client", client, self.client.is_some()),
        ] {
            if needed != written {
                let what = if needed { "is needed" } else { "is not used" };
                complaints.push(format!("{name} {what} with this authentication"));
            }
        }
        if self.sign_url.is_some() && authentication != Authentication::C06 {
            complaints.push("sign_url is for authentication = \"c06\"".to_owned());
        }
        if let Some(address) = &address
            && (secret || self.api_key_file.is_some())
            && !carries_secrets(address)
        {
            complaints.push(
                "base_url: secrets go over https:// to a provider that proves itself, or to this machine".to_owned(),
            );
        }
        let address = address.filter(|_| complaints.is_empty());
        wrong.extend(complaints.into_iter().map(|what| format!("connection: {what}")));
        Some(Connection {
            address: address?,
            timeout: Duration::from_millis(self.timeout_ms),
            user: self.user.unwrap_or_default(),
            client: self.client.unwrap_or_default(),
            sign_url: self.sign_url.unwrap_or(self.base_url),
            secret_file: self.secret_file.map(|file| folder.join(file)),
            api_key_file: self.api_key_file.map(|file| folder.join(file)),
        })
    }
}

/// Whether a secret may be sent there.
fn carries_secrets(address: &ProviderAddress) -> bool {
    let here = address.host == "localhost"
        || address.host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    here || matches!(address.tls, Some(ProviderTls::Verified { .. }))
}

impl Connection {
    /// What proves the caller, as its files say now.
    ///
    /// # Errors
    /// The adapter is not ready; the log names the file.
    pub(super) async fn credentials(&self) -> Result<Credentials, AdapterFault> {
        let files = [self.secret_file.clone(), self.api_key_file.clone()];
        let reading = tokio::task::spawn_blocking(move || files.map(|file| file.map(|file| secret(&file))));
        let [secret, api_key] = reading.await.map_err(|error| {
            tracing::error!(error = %error, "the secrets of an adapter were not read");
            AdapterFault::unready()
        })?;
        Ok(Credentials {
            user: self.user.clone(),
            client: self.client.clone(),
            sign_url: self.sign_url.clone(),
            secret: secret.transpose()?.unwrap_or_default(),
            api_key: api_key.transpose()?,
        })
    }
}

/// The text of a file that only its owner may read, without the line end that editors add.
fn secret(file: &Path) -> Result<String, AdapterFault> {
    let unready = |why: String| {
        tracing::error!(file = %file.display(), why, "a secret of an adapter cannot be used");
        AdapterFault::unready()
    };
    let bytes = private_file::read(file).map_err(|error| unready(error.to_string()))?;
    let bytes = bytes.ok_or_else(|| unready("the file is not there".to_owned()))?;
    let text = String::from_utf8(bytes).map_err(|_| unready("it is not text in UTF-8".to_owned()))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() { Err(unready("the file is empty".to_owned())) } else { Ok(text.to_owned()) }
}
