//! The directory of an administration (LDAP): its password as the first factor of officials, and its people and groups
//! as accounts and posts.
//!
//! The directory says who serves and in which groups; what a group means is ours: a group named `role@agency`, or one
//! that `directory.posts` names, is the post of that role in that agency. The second factor stays with this city.
//! An account of the city's own is never taken over by an entry of the same name.

mod client;
mod rules;
mod sql;
mod synchronise;

pub use rules::TooMany;
pub use synchronise::Synchronised;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use haidang_contracts::actor::PersonId;
use haidang_store::{StoreError, args};
use tokio::sync::Semaphore;

use crate::room::IdentityRoom;
use rules::PostMap;

/// How the directory is reached and read; the words of `[directory]` in the configuration.
#[derive(Clone, Default)]
pub struct DirectorySettings {
    /// `ldaps://host`, or `ldap://host` with StartTLS or on the loopback address.
    pub url: String,
    /// Whether a plain connection becomes one of TLS before anything is said.
    pub start_tls: bool,
    /// Certificates (PEM) that the directory's own descends from; the system's when absent.
    pub ca_file: Option<PathBuf>,
    /// Name of the account that reads; empty to read without one.
    pub bind_dn: String,
    /// Its password.
    pub bind_password: String,
    /// Under which entry people stand.
    pub people: String,
    /// Which entries under it are people in service.
    pub people_filter: String,
    /// Attribute with the account name.
    pub name_attribute: String,
    /// Attribute that stays the same when a person is renamed.
    pub id_attribute: String,
    /// Attribute with the person's name.
    pub full_name_attribute: String,
    /// Attribute with the address for mail.
    pub mail_attribute: String,
    /// Under which entry groups stand; empty when posts are given here alone.
    pub groups: String,
    /// Which entries under it are groups.
    pub groups_filter: String,
    /// Attribute with the name of a group.
    pub group_name_attribute: String,
    /// Attribute with the members of a group, by their entries or account names.
    pub member_attribute: String,
    /// What groups mean that are not named `role@agency`: `group=role@agency`.
    pub posts: Vec<String>,
    /// Per cent of the accounts that one run may take away.
    pub largest_loss_percent: u64,
}

impl fmt::Debug for DirectorySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectorySettings")
            .field("url", &self.url)
            .field("people", &self.people)
            .finish_non_exhaustive()
    }
}

impl DirectorySettings {
    /// Whether the settings could work and are safe; what needs the city's pack is checked when the directory is used.
    ///
    /// # Errors
    /// The key that is not in order, and why.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        rules::check(self).map_err(|error| match error {
            DirectoryError::Setting { key, what } => (key, what),
            other => ("url", other.to_string()),
        })
    }
}

/// What went wrong with the directory. The texts hold no names of people.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// A setting is not in order.
    #[error("directory.{key}: {what}")]
    Setting {
        /// Key of `[directory]`.
        key: &'static str,
        /// What is wrong.
        what: String,
    },
    /// Nobody answers, or not in time, or not in words we know.
    #[error("the directory does not answer: {0}")]
    Silent(String),
    /// It answered, and not with what was asked.
    #[error("the directory refuses: {0}")]
    Refused(String),
    /// A run would take away more than it may.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// No directory is configured.
    #[error("no directory is configured (directory.url)")]
    None,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub(crate) fn setting(key: &'static str, what: impl Into<String>) -> DirectoryError {
    DirectoryError::Setting { key, what: what.into() }
}

/// Sign-ins that may wait for the directory at once.
const CALLS: usize = 32;

/// A directory that was found in order.
pub(crate) struct Directory {
    settings: DirectorySettings,
    tls: Option<Arc<rustls::ClientConfig>>,
    posts: PostMap,
    calls: Semaphore,
    /// Whether the last run was stopped for taking away too much: that is told once, not every minute.
    stopped: AtomicBool,
}

impl IdentityRoom {
    /// Attaches the directory; once, when the house is put together.
    ///
    /// # Errors
    /// Which setting is not in order, such as a post that the pack does not know.
    pub async fn use_directory(&self, settings: DirectorySettings) -> Result<(), DirectoryError> {
        rules::check(&settings)?;
        let tree = self.agency_tree().await?;
        let posts = PostMap::new(&settings.posts, &self.inner.settings.roles, &tree)?;
        let tls = client::tls(&settings)?;
        let (calls, stopped) = (Semaphore::new(CALLS), AtomicBool::new(false));
        self.around().attach(Directory { settings, tls, posts, calls, stopped });
        Ok(())
    }

    /// Whether the password of this person is kept by the directory, not here.
    pub(crate) async fn password_is_elsewhere(&self, person: &PersonId) -> Result<bool, StoreError> {
        if self.around().directory().is_none() {
            return Ok(false);
        }
        Ok(self.inner.db.fetch_optional(sql::KEPT, args![person]).await?.is_some())
    }
}
