//! A directory in a file becomes entries: what is as it was stays, only differences become versions.

use haidang_store::args;
use serde_json::Value;

use super::changes::{Newest, write};
use super::model::{Author, Change};
use super::rules::entries::{Contents, Key, Kind, split};
use super::rules::process::may_follow;
use super::{Registry, RegistryError, sql};
use crate::directory::{Complaints, DirectoryDraft};

/// What becomes of entries that the file does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// They stay: the file adds and changes.
    Stay,
    /// They are taken out: the file is the whole truth.
    Go,
}

/// What an import came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Imported {
    /// The revision that holds now.
    pub revision: i64,
    /// Entries that are new or changed.
    pub written: usize,
    /// Entries that were taken out.
    pub removed: usize,
}

impl Registry {
    /// Takes a directory as TOML. Doing it again changes nothing.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] with all that is wrong with the file, or with the directory it would make; what the
    /// database says. Nothing has changed.
    pub async fn import(&self, toml: &str, absent: Absent, author: &Author) -> Result<Imported, RegistryError> {
        DirectoryDraft::from_toml(toml)?;
        let given: Value = toml::from_str(toml).map_err(|error| Complaints(vec![error.to_string()]))?;
        let given = split(given)?;
        let (given, now) = (&given, self.0.ambient.now());
        self.0
            .db
            .transaction_in_line(|tx| {
                Box::pin(async move {
                    let before = tx.lock_one(sql::REVISION, args![]).await?.integer("revision")?;
                    let newest = Newest::read(tx).await?;
                    let changes = differences(&newest.contents(), given, absent)?;
                    let changed = write(tx, (before, now), &newest, author, &changes).await?;
                    let removed = changes.iter().filter(|change| change.content.is_none()).count();
                    Ok(Imported { revision: changed.revision, written: changed.entries - removed, removed })
                })
            })
            .await
    }

    /// Takes a directory as TOML where nothing was ever registered; what officials registered since is left alone.
    ///
    /// # Errors
    /// As [`Registry::import`].
    pub async fn seed(&self, toml: &str) -> Result<Option<Imported>, RegistryError> {
        if self.revision().await? > 0 {
            return Ok(None);
        }
        self.import(toml, Absent::Stay, &Author::system("the directory of the pack")).await.map(Some)
    }
}

/// The changes that lead from what is registered to what is given.
fn differences(before: &Contents, given: &Contents, absent: Absent) -> Result<Vec<Change>, Complaints> {
    let mut wrong = Vec::new();
    let mut changes = Vec::new();
    for (key, content) in given {
        match before.get(key) {
            Some(old) if old == content => {}
            Some(old) if key.kind == Kind::Agreement && !may_follow(old, content) => wrong.push(format!(
                "{key}: other terms need a higher version, and what was refused or has ended does not come back"
            )),
            _ => changes.push(Change::put(key.clone(), content.clone())),
        }
    }
    if absent == Absent::Go {
        let gone = before.keys().filter(|key| !given.contains_key(*key));
        changes.extend(gone.cloned().map(Change::remove));
    }
    let renamed = match (before.get(&Key::head()), given.get(&Key::head())) {
        (Some(old), Some(new)) => old.get("instance") != new.get("instance"),
        _ => false,
    };
    if renamed {
        wrong.push("instance: the name of the exchange is part of every id; it does not change".to_owned());
    }
    if wrong.is_empty() { Ok(changes) } else { Err(Complaints(wrong)) }
}
