//! What officials do with signing keys: announce a successor, let it sign before its day, take a key out.

use super::keys::{ALGORITHMS, ANNOUNCED, SigningKey, broken};
use super::register::By;
use super::{Provider, sql};
use haidang_kernel::problem::Problem;
use haidang_store::{AuditEntry, StoreError, Value as Bound, args};
use jiff::Timestamp;
use serde_json::json;
use std::sync::Arc;

/// What a key does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Public, and not yet signing.
    Announced,
    /// Signs.
    Signing,
    /// Signed before; what it signed is still valid.
    Verifying,
}

impl KeyState {
    /// The word in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Announced => "announced",
            Self::Signing => "signing",
            Self::Verifying => "verifying",
        }
    }
}

/// A signing key as officials see it: never its private half.
#[derive(Debug, Clone)]
pub struct KeyView {
    /// `kid`.
    pub id: String,
    /// Algorithm.
    pub algorithm: String,
    /// When it was made and became public.
    pub created_at: Timestamp,
    /// From when it signs.
    pub active_from: Timestamp,
    /// What it does now.
    pub state: KeyState,
    /// Whether it may sign from now on: it has been public for a day.
    pub may_sign: bool,
}

fn conflict(code: &'static str, what: &'static str) -> Problem {
    Problem::conflict(code, what)
}

impl Provider {
    /// All signing keys, by algorithm and in their order.
    ///
    /// # Errors
    /// What the database says, or a key that this house cannot open.
    pub async fn signing_keys(&self) -> Result<Vec<KeyView>, Problem> {
        self.forget_keys();
        let (ring, now) = (self.keys().await?, self.now());
        let view = |key: &Arc<SigningKey>| {
            let signs = ring.signing(&key.name, now).is_some_and(|signing| signing.kid == key.kid);
            let state = match key.active_from > now {
                true => KeyState::Announced,
                false if signs => KeyState::Signing,
                false => KeyState::Verifying,
            };
            KeyView {
                id: key.kid.clone(),
                algorithm: key.name.clone(),
                created_at: key.created_at,
                active_from: key.active_from,
                state,
                may_sign: state == KeyState::Announced && now.duration_since(key.created_at) >= ANNOUNCED,
            }
        };
        let mut keys: Vec<KeyView> = ring.keys.iter().filter(|key| !ring.is_over(key, now)).map(view).collect();
        let place = |name: &str| ALGORITHMS.iter().position(|known| *known == name);
        keys.sort_by_key(|key| (place(&key.algorithm), key.active_from));
        Ok(keys)
    }

    /// Makes the next key of an algorithm public; it signs a day later, or from a later moment on.
    ///
    /// # Errors
    /// `key_announced` when one waits already, `key_too_early` for a moment within a day.
    pub async fn announce_key(&self, algorithm: &str, from: Option<Timestamp>, by: By) -> Result<(), Problem> {
        if !ALGORITHMS.contains(&algorithm) {
            return Err(Problem::invalid("key_refused", "the algorithm is unknown").field("algorithm", "unknown"));
        }
        let waits = |key: &KeyView| key.algorithm == algorithm && key.state == KeyState::Announced;
        if self.signing_keys().await?.iter().any(waits) {
            return Err(conflict("key_announced", "a successor of this algorithm waits already"));
        }
        let earliest = self.now().checked_add(ANNOUNCED).map_err(|_| broken("no next day"))?;
        let active_from = from.unwrap_or(earliest);
        if active_from < earliest {
            return Err(
                Problem::invalid("key_refused", "a key is public for a day before it signs").field("from", "too_early")
            );
        }
        self.make_key(algorithm, active_from, by).await
    }

    async fn known_key(&self, id: &str) -> Result<KeyView, Problem> {
        let found = self.signing_keys().await?.into_iter().find(|key| key.id == id);
        found.ok_or_else(|| Problem::not_found("key_not_found", "no signing key has this id"))
    }

    /// Lets an announced key sign from now on.
    ///
    /// # Errors
    /// `key_too_new` before it was public for a day: systems that keep the set would not know it.
    pub async fn rotate_key(&self, id: &str, by: By) -> Result<(), Problem> {
        let key = self.known_key(id).await?;
        if key.state != KeyState::Announced {
            return Err(conflict("key_signs", "the key has begun to sign"));
        }
        if !key.may_sign {
            return Err(conflict("key_too_new", "the key has not been public for a day"));
        }
        let entry = by.entry("signing_key.rotated", "signing_key", id).detail(json!({ "algorithm": key.algorithm }));
        self.change_keys(vec![(sql::ACTIVATE_KEY, args![id, self.now()])], entry).await
    }

    /// Takes a key out at once, as when it may be known to others: nothing that it signed counts any more. Where it was
    /// the one that signs, the announced one signs now, or a new one, whoever does not know it yet.
    ///
    /// # Errors
    /// `key_not_found`, or what the database says.
    pub async fn retire_key(&self, id: &str, by: By) -> Result<(), Problem> {
        let key = self.known_key(id).await?;
        let mut changes: Vec<(&'static str, Vec<Bound>)> = vec![(sql::DELETE_KEY, args![id])];
        if key.state == KeyState::Signing {
            let keys = self.signing_keys().await?;
            let next = keys.iter().find(|next| next.algorithm == key.algorithm && next.state == KeyState::Announced);
            match next {
                Some(next) => changes.push((sql::ACTIVATE_KEY, args![&next.id, self.now()])),
                None => self.make_key(&key.algorithm, self.now(), by.clone()).await?,
            }
        }
        let entry = by
            .entry("signing_key.retired", "signing_key", id)
            .detail(json!({ "algorithm": key.algorithm, "state": key.state.as_str() }));
        self.change_keys(changes, entry).await
    }

    async fn change_keys(&self, changes: Vec<(&'static str, Vec<Bound>)>, entry: AuditEntry) -> Result<(), Problem> {
        self.db()
            .transaction(|tx| {
                let (changes, entry) = (changes.clone(), entry.clone());
                Box::pin(async move {
                    for (statement, row) in changes {
                        tx.execute(statement, row).await?;
                    }
                    tx.audit(entry).await?;
                    Ok::<(), StoreError>(())
                })
            })
            .await?;
        self.forget_keys();
        Ok(())
    }
}
