//! Where the provider of an adapter is reached, and with which secrets: what differs from one installation to the next,
//! while the mapping of an adapter is the same for everybody.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use haidang_signing::private_file;
use haidang_store::Outside;
use serde::Deserialize;
use tokio::sync::OnceCell;

use super::authentication::{Authentication, Credentials};
use super::database::{self, Place};
use super::draft::Kind;
use super::fault::AdapterFault;
use crate::directory::{ProviderAddress, ProviderTls, ProviderTlsDraft, judge_provider};

/// A connection as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConnectionDraft {
    #[serde(default)]
    base_url: Option<String>,
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
    /// A file of SQLite.
    #[serde(default)]
    database: Option<PathBuf>,
    /// A file that holds the address of a database, with its password.
    #[serde(default)]
    database_file: Option<PathBuf>,
    /// Connections to the database at a time.
    #[serde(default)]
    connections: Option<u32>,
    /// Where files arrive.
    #[serde(default)]
    folder: Option<PathBuf>,
}

fn yes() -> bool {
    true
}

fn timeout() -> u64 {
    20_000
}

/// The longest wait for a provider.
const LONGEST: u64 = 600_000;

/// Connections to one database where nothing is said, and at most.
const CONNECTIONS: u32 = 4;
const MOST_CONNECTIONS: u32 = 64;

/// Where a provider is reached.
#[derive(Debug, Clone)]
pub(super) enum Connection {
    Http(Box<HttpConnection>),
    Database(DatabaseConnection),
    Folder(PathBuf),
}

/// A provider over HTTP, and with what it is called.
#[derive(Debug, Clone)]
pub(super) struct HttpConnection {
    pub(super) address: ProviderAddress,
    /// For one call, from connecting to the last byte of the answer.
    pub(super) timeout: Duration,
    user: String,
    client: String,
    sign_url: String,
    secret_file: Option<PathBuf>,
    api_key_file: Option<PathBuf>,
}

/// A database, opened at the first call.
#[derive(Debug, Clone)]
pub(super) struct DatabaseConnection {
    place: Place,
    connections: u32,
    timeout: Duration,
    opened: Arc<OnceCell<Outside>>,
}

impl ConnectionDraft {
    /// Judges it for an adapter of this kind that proves itself so; files lie relative to `folder`.
    pub(super) fn judge(
        self,
        kind: Kind,
        authentication: Authentication,
        folder: &Path,
        wrong: &mut Vec<String>,
    ) -> Option<Connection> {
        let mut complaints = Vec::new();
        if self.timeout_ms == 0 || self.timeout_ms > LONGEST {
            complaints.push(format!("timeout_ms: write 1 to {LONGEST}"));
        }
        let http = matches!(kind, Kind::Rest | Kind::Soap);
        let for_database = self.database.is_some() || self.database_file.is_some() || self.connections.is_some();
        let for_http = self.tls.is_some() || !self.tls_verify || self.api_key_file.is_some();
        for (what, of, is) in [
            ("database, database_file and connections are for kind = \"sql\"", kind == Kind::Sql, for_database),
            ("folder is for kind = \"file\"", kind == Kind::File, self.folder.is_some()),
            ("tls, tls_verify and api_key_file are for providers over HTTP", http, for_http),
            ("base_url is for providers over HTTP", http, self.base_url.is_some()),
        ] {
            if is && !of {
                complaints.push(what.to_owned());
            }
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
        let found = match kind {
            Kind::Rest | Kind::Soap => self.http(secret, folder, &mut complaints),
            Kind::Sql => self.database(folder, &mut complaints),
            Kind::File => {
                let found = self.folder.as_ref().map(|name| Connection::Folder(folder.join(name)));
                if found.is_none() {
                    complaints.push("folder: write where files arrive".to_owned());
                }
                found
            }
        };
        let found = found.filter(|_| complaints.is_empty());
        wrong.extend(complaints.into_iter().map(|what| format!("connection: {what}")));
        found
    }

    fn http(self, secret: bool, folder: &Path, wrong: &mut Vec<String>) -> Option<Connection> {
        let Some(url) = self.base_url else {
            wrong.push("base_url: write http://host[:port][/path] or https://…".to_owned());
            return None;
        };
        let address = judge_provider(&url, self.tls, self.tls_verify, wrong)?;
        if (secret || self.api_key_file.is_some()) && !carries_secrets(&address) {
            wrong.push(
                "base_url: secrets go over https:// to a provider that proves itself, or to this machine".to_owned(),
            );
        }
        Some(Connection::Http(Box::new(HttpConnection {
            address,
            timeout: Duration::from_millis(self.timeout_ms),
            user: self.user.unwrap_or_default(),
            client: self.client.unwrap_or_default(),
            sign_url: self.sign_url.unwrap_or(url),
            secret_file: self.secret_file.map(|file| folder.join(file)),
            api_key_file: self.api_key_file.map(|file| folder.join(file)),
        })))
    }

    fn database(self, folder: &Path, wrong: &mut Vec<String>) -> Option<Connection> {
        let place = match (self.database, self.database_file) {
            (Some(file), None) => Place::Sqlite(folder.join(file)),
            (None, Some(file)) => Place::Secret(folder.join(file)),
            _ => {
                wrong.push("write database (a file of SQLite) or database_file (a file with the address)".to_owned());
                return None;
            }
        };
        let connections = self.connections.unwrap_or(CONNECTIONS);
        if connections == 0 || connections > MOST_CONNECTIONS {
            wrong.push(format!("connections: write 1 to {MOST_CONNECTIONS}"));
        }
        let timeout = Duration::from_millis(self.timeout_ms);
        Some(Connection::Database(DatabaseConnection { place, connections, timeout, opened: Arc::default() }))
    }
}

impl DatabaseConnection {
    /// The database.
    ///
    /// # Errors
    /// The adapter is not ready; the log says why.
    pub(super) async fn database(&self) -> Result<&Outside, AdapterFault> {
        let opening = || async {
            let (place, connections, timeout) = (self.place.clone(), self.connections, self.timeout);
            // Connections are made by the runtime; only the file with the address is read here.
            let url = tokio::task::spawn_blocking(move || database::address(&place)).await;
            let url = url.map_err(|error| {
                tracing::error!(error = %error, "the address of a database was not read");
                AdapterFault::unready()
            })?;
            database::open(&url?, connections, timeout)
        };
        self.opened.get_or_try_init(opening).await
    }
}

/// Whether a secret may be sent there.
fn carries_secrets(address: &ProviderAddress) -> bool {
    let here = address.host == "localhost"
        || address.host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    here || matches!(address.tls, Some(ProviderTls::Verified { .. }))
}

impl HttpConnection {
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
