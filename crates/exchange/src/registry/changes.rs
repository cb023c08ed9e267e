//! Changing the registry: one transaction, judged whole.

use std::collections::BTreeMap;

use haidang_store::{AuditEntry, Tx, args};
use jiff::Timestamp;
use serde_json::json;

use super::model::{Author, Change, Version};
use super::rules::entries::{Contents, Key, draft};
use super::{Registry, RegistryError, sql};
use crate::directory::Complaints;

/// Most bytes one entry may hold: room for an OpenAPI description.
pub const LARGEST_ENTRY: usize = 1024 * 1024;

/// Longest reason in characters.
const LONGEST_REASON: usize = 2000;

/// The newest version of every entry, also of those taken out.
pub(super) struct Newest(BTreeMap<Key, Version>);

impl Newest {
    pub(super) async fn read(tx: &mut Tx<'_>) -> Result<Self, RegistryError> {
        let rows = tx.fetch_all(sql::NEWEST, args![]).await?;
        let versions = rows.iter().map(Version::read);
        let keyed = versions.map(|version| version.map(|version| (version.key.clone(), version)));
        Ok(Self(keyed.collect::<Result<_, _>>()?))
    }

    pub(super) fn contents(&self) -> Contents {
        let entries = self.0.iter();
        entries.filter_map(|(key, version)| Some((key.clone(), version.content.clone()?))).collect()
    }

    fn version(&self, key: &Key) -> i64 {
        self.0.get(key).map_or(0, |version| version.version)
    }
}

/// What a change came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// The revision that holds now.
    pub revision: i64,
    /// Entries that have a new version; an entry that stays as it was has none.
    pub entries: usize,
}

impl Registry {
    /// Changes entries together, or none of them. The audit gets a record for each.
    ///
    /// # Errors
    /// [`RegistryError`]; nothing has changed.
    pub async fn change(&self, author: &Author, changes: &[Change]) -> Result<Changed, RegistryError> {
        let now = self.0.ambient.now();
        self.0
            .db
            .transaction_in_line(|tx| {
                Box::pin(async move {
                    let before = tx.lock_one(sql::REVISION, args![]).await?.integer("revision")?;
                    let newest = Newest::read(tx).await?;
                    write(tx, (before, now), &newest, author, changes).await
                })
            })
            .await
    }
}

/// Judges and writes changes to a revision at an instant; the row of the revision is locked.
pub(super) async fn write(
    tx: &mut Tx<'_>,
    (before, now): (i64, Timestamp),
    newest: &Newest,
    author: &Author,
    changes: &[Change],
) -> Result<Changed, RegistryError> {
    let mut contents = newest.contents();
    let mut written = Vec::new();
    for change in changes {
        let there = if contents.contains_key(&change.key) { newest.version(&change.key) } else { 0 };
        if change.seen.is_some_and(|seen| seen != there) {
            return Err(RegistryError::Outdated(change.key.clone()));
        }
        if contents.get(&change.key) == change.content.as_ref() {
            continue;
        }
        match &change.content {
            Some(content) => drop(contents.insert(change.key.clone(), content.clone())),
            None => drop(contents.remove(&change.key)),
        }
        written.push(change);
    }
    if written.is_empty() {
        return Ok(Changed { revision: before, entries: 0 });
    }
    draft(&contents)?.build()?;
    let revision = before + 1;
    for change in &written {
        keep(tx, (revision, now), newest.version(&change.key) + 1, author, change).await?;
    }
    tx.execute(sql::MOVE_REVISION, args![revision]).await?;
    Ok(Changed { revision, entries: written.len() })
}

async fn keep(
    tx: &mut Tx<'_>,
    (revision, now): (i64, Timestamp),
    version: i64,
    author: &Author,
    change: &Change,
) -> Result<(), RegistryError> {
    let Key { kind, id } = &change.key;
    let content = change.content.as_ref().map(ToString::to_string);
    if content.as_ref().is_some_and(|content| content.len() > LARGEST_ENTRY) {
        let why = format!("{}: more than {LARGEST_ENTRY} bytes; shorten its description", change.key);
        return Err(Complaints(vec![why]).into());
    }
    let reason: String = author.reason.chars().take(LONGEST_REASON).collect();
    let entry = AuditEntry::mutation(author.action, author.actor.clone())
        .object(&format!("exchange_{}", kind.word()), id)
        .request(&author.request)
        .detail(json!({ "version": version, "revision": revision, "removed": content.is_none() }));
    let audit = tx.audit(entry).await?;
    let values = args![
        kind.word(),
        id.as_str(),
        version,
        revision,
        now,
        author.actor.person.clone(),
        audit.as_str(),
        reason,
        content,
    ];
    tx.later(sql::INSERT_ENTRY, values).await?;
    Ok(())
}
