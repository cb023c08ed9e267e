//! Asking the directory. Referrals are never followed, and nobody is bound without a password.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use haidang_kernel::text;
use ldap3::adapters::{Adapter, EntriesOnly, PagedResults};
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, Scope, SearchEntry};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::rules::{FoundGroup, FoundPerson};
use super::{Directory, DirectoryError, DirectorySettings, setting};
use crate::rules::normal_username;

/// A sign-in waits no longer than this.
const SIGN_IN: Duration = Duration::from_secs(8);
/// Reading everybody may take this long.
const READING: Duration = Duration::from_secs(120);
/// Entries of one page; directories cap answers, 1000 being the usual cap.
const PAGE: i32 = 500;
/// `success`, `invalidCredentials`, and the words by which directories say the same of an account that may not sign in
/// (`noSuchObject`, `inappropriateAuthentication`, `constraintViolation`, `unwillingToPerform`).
const SUCCESS: u32 = 0;
const WRONG: [u32; 5] = [49, 32, 48, 19, 53];

/// Everybody and every group, as the directory says it.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) people: Vec<FoundPerson>,
    /// `None` when groups are not read.
    pub(super) groups: Option<Vec<FoundGroup>>,
}

/// The trust of connections; `None` leaves it to the certificates of the system.
pub(super) fn tls(settings: &DirectorySettings) -> Result<Option<Arc<rustls::ClientConfig>>, DirectoryError> {
    // The crate's own default asks for a provider of the process; a second installation changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let Some(file) = &settings.ca_file else { return Ok(None) };
    let broken = |error: &dyn std::fmt::Display| setting("ca_file", error.to_string());
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| broken(&error))? {
        let certificate = certificate.map_err(|error| broken(&error))?;
        roots.add(certificate).map_err(|error| broken(&error))?;
    }
    if roots.is_empty() {
        return Err(setting("ca_file", "holds no certificate"));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| broken(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Some(Arc::new(config)))
}

/// The words of the library without its names of entries.
fn silent(error: &LdapError) -> DirectoryError {
    match error {
        LdapError::LdapResult { result } => DirectoryError::Refused(format!("result code {}", result.rc)),
        LdapError::Timeout { .. } => DirectoryError::Silent("too slow".to_owned()),
        LdapError::Io { source } => DirectoryError::Silent(source.kind().to_string()),
        LdapError::Rustls { .. } => DirectoryError::Silent("TLS".to_owned()),
        other => DirectoryError::Silent(other.to_string()),
    }
}

/// Runs in a task of its own: the library panics on answers that do not parse, and nobody else shall fall with it.
async fn apart<T: Send + 'static>(
    most: Duration,
    work: impl Future<Output = Result<T, DirectoryError>> + Send + 'static,
) -> Result<T, DirectoryError> {
    let task = tokio::spawn(tokio::time::timeout(most, work));
    match task.await {
        Ok(Ok(done)) => done,
        Ok(Err(_)) => Err(DirectoryError::Silent("too slow".to_owned())),
        Err(_) => Err(DirectoryError::Silent("an answer that does not read".to_owned())),
    }
}

struct Line {
    ldap: Ldap,
    settings: DirectorySettings,
}

impl Line {
    /// Connects and signs in as the account that reads.
    async fn open(settings: DirectorySettings, tls: Option<Arc<rustls::ClientConfig>>) -> Result<Line, DirectoryError> {
        let mut connection = LdapConnSettings::new().set_conn_timeout(SIGN_IN).set_starttls(settings.start_tls);
        if let Some(tls) = tls {
            connection = connection.set_config(tls);
        }
        let opened = LdapConnAsync::with_settings(connection, &settings.url).await;
        let (driver, mut ldap) = opened.map_err(|error| silent(&error))?;
        tokio::spawn(async move {
            if driver.drive().await.is_err() {
                tracing::debug!("the directory ended a connection");
            }
        });
        if !settings.bind_dn.is_empty() {
            let bound = ldap.simple_bind(&settings.bind_dn, &settings.bind_password).await;
            bound.and_then(ldap3::LdapResult::success).map_err(|error| silent(&error))?;
        }
        Ok(Line { ldap, settings })
    }

    async fn entries(
        &mut self,
        base: &str,
        filter: &str,
        attributes: &[&str],
    ) -> Result<Vec<SearchEntry>, DirectoryError> {
        let attributes: Vec<String> = attributes.iter().map(|name| (*name).to_owned()).collect();
        let pages: Vec<Box<dyn Adapter<_, _>>> = vec![Box::new(EntriesOnly::new()), Box::new(PagedResults::new(PAGE))];
        let started = self.ldap.streaming_search_with(pages, base, Scope::Subtree, filter, attributes).await;
        let mut stream = started.map_err(|error| silent(&error))?;
        let mut entries = Vec::new();
        while let Some(entry) = stream.next().await.map_err(|error| silent(&error))? {
            entries.push(SearchEntry::construct(entry));
        }
        // An answer that was cut off, or that points elsewhere, is no answer: whoever is missing would lose everything.
        let end = stream.finish().await;
        if end.rc != SUCCESS {
            return Err(DirectoryError::Refused(format!("result code {}", end.rc)));
        }
        Ok(entries)
    }

    async fn people(&mut self, filter: &str) -> Result<Vec<FoundPerson>, DirectoryError> {
        let settings = self.settings.clone();
        let DirectorySettings { name_attribute, id_attribute, full_name_attribute, mail_attribute, .. } = &settings;
        let wanted: Vec<&str> = [name_attribute, id_attribute, full_name_attribute, mail_attribute]
            .into_iter()
            .filter(|name| !name.is_empty())
            .map(String::as_str)
            .collect();
        let mut people = Vec::new();
        for entry in self.entries(&settings.people, filter, &wanted).await? {
            let entry = Entry::of(entry);
            let id = entry.identity(id_attribute).ok_or_else(|| {
                // Without it everybody would be somebody new and somebody gone.
                DirectoryError::Refused(format!("an entry without {id_attribute}, or one that may not be read"))
            })?;
            let username = entry.first(name_attribute).map(|name| normal_username(&name));
            let full_name = entry.first(full_name_attribute).map(|name| text::tidy(&name)).unwrap_or_default();
            let email = entry.first(mail_attribute).map(|mail| mail.trim().to_owned());
            people.push(FoundPerson { id, dn: entry.dn, username, full_name, email });
        }
        Ok(people)
    }

    async fn groups(&mut self) -> Result<Option<Vec<FoundGroup>>, DirectoryError> {
        let settings = self.settings.clone();
        if settings.groups.is_empty() {
            return Ok(None);
        }
        let wanted = [settings.group_name_attribute.as_str(), settings.member_attribute.as_str()];
        let mut groups = Vec::new();
        for entry in self.entries(&settings.groups, &settings.groups_filter, &wanted).await? {
            let entry = Entry::of(entry);
            let Some(name) = entry.first(&settings.group_name_attribute) else { continue };
            let part = format!("{};range=", settings.member_attribute.to_lowercase());
            if entry.attributes.keys().any(|name| name.starts_with(&part)) {
                // Active Directory hands out the members of a large group in parts: a part must not look like the whole.
                return Err(DirectoryError::Refused("a group too large to be handed out whole".to_owned()));
            }
            groups.push(FoundGroup { name, members: entry.all(&settings.member_attribute) });
        }
        Ok(Some(groups))
    }

    /// Whether the password opens the entry of this id. For a name without one a bind is made all the same, to an entry
    /// that is not there and with no password of anybody's, so that both take the same turns.
    async fn opens(&mut self, username: &str, id: Option<&str>, password: &str) -> Result<bool, DirectoryError> {
        let settings = &self.settings;
        let name = ldap3::ldap_escape(username);
        let filter = format!("(&{}({}={name}))", settings.people_filter, settings.name_attribute);
        let found = self.people(&filter).await?;
        let entry = match (found.as_slice(), id) {
            ([one], Some(id)) if one.id == id && !password.is_empty() => Some(one),
            _ => None,
        };
        let (dn, password) = match entry {
            Some(entry) => (entry.dn.clone(), password),
            None => (format!("cn=nobody,{}", self.settings.people), "nobody's password"),
        };
        let answer = self.ldap.simple_bind(&dn, password).await.map_err(|error| silent(&error))?;
        match answer.rc {
            SUCCESS => Ok(entry.is_some()),
            code if WRONG.contains(&code) => Ok(false),
            // 10 is a referral: whoever the directory points at is not who we were told to ask.
            code => Err(DirectoryError::Refused(format!("result code {code}"))),
        }
    }

    async fn close(mut self) {
        let _ = self.ldap.unbind().await;
    }
}

/// An entry with its attributes in lower case: directories answer in letters of their own.
struct Entry {
    dn: String,
    attributes: HashMap<String, Vec<Vec<u8>>>,
}

impl Entry {
    fn of(entry: SearchEntry) -> Entry {
        let texts = entry.attrs.into_iter().map(|(name, values)| {
            (name.to_lowercase(), values.into_iter().map(String::into_bytes).collect::<Vec<_>>())
        });
        let mut attributes: HashMap<String, Vec<Vec<u8>>> = HashMap::new();
        for (name, values) in texts.chain(entry.bin_attrs.into_iter().map(|(name, bytes)| (name.to_lowercase(), bytes)))
        {
            attributes.entry(name).or_default().extend(values);
        }
        Entry { dn: entry.dn, attributes }
    }

    fn all(&self, name: &str) -> Vec<String> {
        let values = self.attributes.get(&name.to_lowercase()).map(Vec::as_slice).unwrap_or_default();
        values.iter().filter_map(|bytes| String::from_utf8(bytes.clone()).ok()).collect()
    }

    fn first(&self, name: &str) -> Option<String> {
        self.all(name).into_iter().find(|value| !value.trim().is_empty())
    }

    /// A value that names the entry for good: as it is when it is plain letters, else in hexadecimal (`objectGUID`).
    fn identity(&self, name: &str) -> Option<String> {
        let bytes = self.attributes.get(&name.to_lowercase())?.first().filter(|bytes| !bytes.is_empty())?;
        if bytes.iter().all(u8::is_ascii_graphic) {
            return String::from_utf8(bytes.clone()).ok();
        }
        Some(data_encoding::HEXLOWER.encode(bytes))
    }
}

impl Directory {
    /// Everybody in service, and every group.
    pub(super) async fn read(&self) -> Result<Reading, DirectoryError> {
        let (settings, tls) = (self.settings.clone(), self.tls.clone());
        apart(READING, async move {
            let mut line = Line::open(settings, tls).await?;
            let filter = line.settings.people_filter.clone();
            let people = line.people(&filter).await?;
            let groups = line.groups().await?;
            line.close().await;
            Ok(Reading { people, groups })
        })
        .await
    }

    /// Whether the password opens the entry `id` of this account name.
    pub(crate) async fn opens(&self, username: &str, id: Option<&str>, password: &str) -> Result<bool, DirectoryError> {
        let crowded = |_| DirectoryError::Silent("too many at once".to_owned());
        let _call = tokio::time::timeout(SIGN_IN, self.calls.acquire())
            .await
            .map_err(crowded)?
            .map_err(|_| DirectoryError::Silent("closed".to_owned()))?;
        let (settings, tls) = (self.settings.clone(), self.tls.clone());
        let (username, id, password) = (username.to_owned(), id.map(str::to_owned), password.to_owned());
        apart(SIGN_IN, async move {
            let mut line = Line::open(settings, tls).await?;
            let answer = line.opens(&username, id.as_deref(), &password).await?;
            line.close().await;
            Ok(answer)
        })
        .await
    }
}
