//! The registry: who takes part in the exchange, what can be called and under which agreements, in the record database.
//!
//! An entry holds what its writer gave, in the form of a directory ([`crate::directory::DirectoryDraft`]), and every
//! change is a new version with who, when and why; nothing is overwritten. A change is judged by building the whole
//! directory with it, in the transaction that writes it (`changes`). Every process on the database looks at the revision
//! and takes the new directory within a second (`following`). `pages` are for officials.

mod changes;
mod following;
mod importing;
pub mod model;
pub mod pages;
pub mod rules;
pub mod sql;

pub use importing::{Absent, Imported};

use std::collections::BTreeMap;
use std::sync::Arc;

use haidang_kernel::ambient::Ambient;
use haidang_kernel::problem::Problem;
use haidang_store::{Db, StoreError, args};

use crate::directory::{Complaints, Directory};
use model::Version;
use rules::entries::{Contents, Key, draft, join};

/// The registry of an exchange. Cheap to clone.
#[derive(Clone)]
pub struct Registry(Arc<Inner>);

struct Inner {
    db: Db,
    ambient: Ambient,
}

/// Why the registry does not do what it is asked for.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The directory would be wrong.
    #[error("{0}")]
    Refused(#[from] Complaints),
    /// Somebody else was faster.
    #[error("{0} was changed by somebody else; look at it again")]
    Outdated(Key),
    /// There is no such entry.
    #[error("{0} is not registered")]
    Unknown(Key),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<RegistryError> for Problem {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Refused(complaints) => Problem::invalid("directory_refused", complaints.to_string()),
            RegistryError::Outdated(_) => Problem::conflict("entry_changed", "somebody else changed the entry"),
            RegistryError::Unknown(_) => Problem::not_found("entry_not_found", "there is no such entry"),
            RegistryError::Store(error) => error.into(),
        }
    }
}

/// What is registered at one revision: the newest version of every entry that is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Registered {
    /// How often the registry was changed.
    pub revision: i64,
    /// Entries that are there, each with its content.
    pub entries: BTreeMap<Key, Version>,
}

impl Registered {
    /// What every entry holds.
    pub fn contents(&self) -> Contents {
        let entries = self.entries.iter();
        entries.filter_map(|(key, version)| Some((key.clone(), version.content.clone()?))).collect()
    }
}

impl Registry {
    /// Opens the registry over a database whose tables are there.
    ///
    /// # Errors
    /// What the database says.
    pub async fn open(db: Db, ambient: Ambient) -> Result<Self, StoreError> {
        db.execute(sql::BEGIN, args![]).await?;
        Ok(Self(Arc::new(Inner { db, ambient })))
    }

    /// How often it was changed; 0 when nothing was ever registered.
    ///
    /// # Errors
    /// What the database says.
    pub async fn revision(&self) -> Result<i64, StoreError> {
        self.0.db.fetch_one(sql::REVISION, args![]).await?.integer("revision")
    }

    /// All that is registered now.
    ///
    /// # Errors
    /// What the database says.
    pub async fn registered(&self) -> Result<Registered, StoreError> {
        let mut view = self.0.db.snapshot().await?;
        let revision = view.fetch_one(sql::REVISION, args![]).await?.integer("revision")?;
        let rows = view.fetch_all(sql::NEWEST, args![]).await?;
        let mut entries = BTreeMap::new();
        for row in &rows {
            let version = Version::read(row)?;
            if version.content.is_some() {
                entries.insert(version.key.clone(), version);
            }
        }
        Ok(Registered { revision, entries })
    }

    /// The directory as it is registered, with its revision.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when nothing is registered yet, or when this program judges stricter than the one
    /// that wrote; what the database says.
    pub async fn snapshot(&self) -> Result<(i64, Directory), RegistryError> {
        let registered = self.registered().await?;
        Ok((registered.revision, draft(&registered.contents())?.build()?))
    }

    /// The directory as TOML, to be read by people and by [`Registry::import`].
    ///
    /// # Errors
    /// As [`Registry::snapshot`].
    pub async fn export(&self) -> Result<String, RegistryError> {
        let directory = join(&self.registered().await?.contents())?;
        toml::to_string_pretty(&directory).map_err(|error| Complaints(vec![error.to_string()]).into())
    }

    /// The versions of one entry, the newest first, at most `most`.
    ///
    /// # Errors
    /// What the database says.
    pub async fn history(&self, key: &Key, most: i64) -> Result<Vec<Version>, StoreError> {
        let rows = self.0.db.fetch_all(sql::HISTORY, args![key.kind.word(), key.id.as_str(), most]).await?;
        rows.iter().map(Version::read).collect()
    }
}
