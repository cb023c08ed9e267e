//! What a holder does with a key. Whoever calls has shown a fresh second factor.

use super::rules::{self, KeyAct, KeyState};
use crate::error::TrustError;
use crate::holders::{Holder, HolderKey};
use crate::model::Reason;
use crate::pin::{PinAnswer, is_acceptable};
use crate::room::TrustRoom;
use crate::sql;
use haidang_store::{ActorRef, AuditEntry, StoreError, args};
use jiff::SignedDuration;

/// How long a pass opens the signing service.
const PASS: SignedDuration = SignedDuration::from_hours(8);

/// A pass to the remote signing service; it is shown once.
pub(super) struct Pass {
    pub(super) secret: String,
    pub(super) until: jiff::Timestamp,
}

/// What was typed.
pub(super) struct Typed<'t> {
    pub(super) current: &'t str,
    pub(super) new: &'t str,
    pub(super) again: &'t str,
}

/// Why an act was not done.
#[derive(Debug)]
pub(super) enum KeyFault {
    /// The state of the key does not allow it.
    State,
    /// The chosen PIN is too easy.
    Easy,
    /// It was typed differently the second time.
    Different,
    /// The present PIN is another one.
    Wrong,
    /// Too many were wrong.
    Locked(jiff::Timestamp),
    /// What the room says.
    Room(TrustError),
}

impl From<TrustError> for KeyFault {
    fn from(error: TrustError) -> Self {
        Self::Room(error)
    }
}

impl TrustRoom {
    /// The key of a holder with its state now.
    pub(super) async fn key_state(&self, holder: &Holder) -> Result<(Option<HolderKey>, KeyState), TrustError> {
        let key = self.holder_key(holder).await?;
        let state = rules::state(key.as_ref(), self.now());
        Ok((key, state))
    }

    /// Does an act with the key of its holder.
    pub(super) async fn act_on_key(
        &self,
        holder: &Holder,
        act: KeyAct,
        typed: &Typed<'_>,
        actor: ActorRef,
    ) -> Result<Option<Pass>, KeyFault> {
        let (key, state) = self.key_state(holder).await?;
        if !state.acts().contains(&act) {
            return Err(KeyFault::State);
        }
        if act.chooses_pin() && !is_acceptable(typed.new) {
            return Err(KeyFault::Easy);
        }
        if act.chooses_pin() && typed.new != typed.again {
            return Err(KeyFault::Different);
        }
        if let Some(key) = key.as_ref().filter(|_| act.asks_pin()) {
            match self.try_pin(key, typed.current, actor.clone()).await? {
                PinAnswer::Right => {}
                PinAnswer::Wrong => return Err(KeyFault::Wrong),
                PinAnswer::Locked(until) => return Err(KeyFault::Locked(until)),
            }
        }
        match (act, key) {
            (KeyAct::Activate, _) => {
                let key = self.ensure_holder_key(holder, actor.clone()).await?;
                self.set_pin(&key, typed.new, actor).await?;
            }
            (KeyAct::ChangePin, Some(key)) => self.set_pin(&key, typed.new, actor).await?,
            (KeyAct::Suspend, Some(key)) => self.suspend_key(&key, true, actor).await?,
            (KeyAct::Resume, Some(key)) => self.suspend_key(&key, false, actor).await?,
            (KeyAct::Replace, Some(key)) => self.give_up(holder, &key, typed.new, actor).await?,
            (KeyAct::Pass, Some(key)) => return Ok(Some(self.make_pass(&key, actor).await?)),
            (_, None) => return Err(KeyFault::State),
        }
        Ok(None)
    }

    /// A pass to the remote signing service for one key. An earlier one ends with it.
    async fn make_pass(&self, key: &HolderKey, actor: ActorRef) -> Result<Pass, TrustError> {
        let secret = self.0.ambient.secret();
        let digest = &haidang_web::tokens::digest(&secret);
        let until = self.now().saturating_add(PASS).map_err(|_| TrustError::Request("the clock is at its end"))?;
        let entry = &AuditEntry::mutation("signing_key.pass_made", actor).object("signing_key", &key.id);
        let (id, person) = (key.id.as_str(), key.person.as_deref().unwrap_or_default());
        self.0
            .db
            .transaction(|tx| {
                Box::pin(async move {
                    let now = tx.ambient().now();
                    tx.execute(sql::END_PASSES, args![id, now]).await?;
                    tx.execute(sql::INSERT_PASS, args![digest.as_str(), id, person, now, until]).await?;
                    tx.audit(entry.clone()).await?;
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        Ok(Pass { secret, until })
    }

    /// Whose key a pass opens: id of the key and of the person; none for one that ended or never was.
    ///
    /// # Errors
    /// What the database says.
    pub(crate) async fn opened_by(&self, pass: &str) -> Result<Option<(String, String)>, TrustError> {
        let digest = haidang_web::tokens::digest(pass);
        let row = self.0.db.fetch_optional(sql::PASS, args![digest.as_str(), self.now()]).await?;
        row.map(|row| Ok((row.text("credential")?, row.text("person")?))).transpose()
    }

    /// A key whose PIN was forgotten or seen by others is revoked and followed by a new one. What it signed before stays.
    async fn give_up(&self, holder: &Holder, key: &HolderKey, pin: &str, actor: ActorRef) -> Result<(), TrustError> {
        if key.revoked.is_none() {
            match self.revoke(&key.certificate.serial_hex(), Reason::Superseded, actor.clone()).await {
                Ok(()) | Err(TrustError::AlreadyRevoked(_)) => {}
                Err(other) => return Err(other),
            }
        }
        let new = self.replace_holder_key(holder, actor.clone()).await?;
        self.set_pin(&new, pin, actor).await
    }

    async fn suspend_key(&self, key: &HolderKey, suspend: bool, actor: ActorRef) -> Result<(), TrustError> {
        let action = if suspend { "signing_key.suspended" } else { "signing_key.resumed" };
        let entry = &AuditEntry::mutation(action, actor).object("signing_key", &key.id);
        let id = key.id.as_str();
        self.0
            .db
            .transaction(|tx| {
                Box::pin(async move {
                    let now = tx.ambient().now();
                    let changed = match suspend {
                        true => {
                            tx.execute(sql::END_PASSES, args![id, now]).await?;
                            tx.execute(sql::SUSPEND_KEY, args![id, now]).await?
                        }
                        false => tx.execute(sql::RESUME_KEY, args![id]).await?,
                    };
                    if changed > 0 {
                        tx.audit(entry.clone()).await?;
                    }
                    Ok::<_, StoreError>(())
                })
            })
            .await
            .map_err(TrustError::from)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::open;
    use haidang_testkit::db_test;

    fn typed<'t>(current: &'t str, new: &'t str) -> Typed<'t> {
        Typed { current, new, again: new }
    }

    db_test! {
        rooms = &[("trust", crate::MIGRATIONS)];

        async fn a_key_is_activated_changed_suspended_opened_and_given_up(db: TestDb) {
            let room = open(&db).await;
            let holder = Holder::Officer { person: "p".to_owned(), agency: "A".to_owned(), name: "Lê Thị Mẫu".to_owned() };
            let act = async |act: KeyAct, typed: Typed<'_>| room.act_on_key(&holder, act, &typed, ActorRef::system()).await;
            let state = async || room.key_state(&holder).await.unwrap().1;
            assert_eq!(state().await, KeyState::Inactive);
            assert!(matches!(act(KeyAct::Suspend, typed("", "")).await, Err(KeyFault::State)));
            assert!(matches!(act(KeyAct::Activate, typed("", "123456")).await, Err(KeyFault::Easy)));
            let other = Typed { current: "", new: "271828", again: "271829" };
            assert!(matches!(act(KeyAct::Activate, other).await, Err(KeyFault::Different)));
            act(KeyAct::Activate, typed("", "271828")).await.unwrap();
            assert_eq!(state().await, KeyState::Active);
            let first = room.holder_key(&holder).await.unwrap().unwrap();
            assert!(matches!(act(KeyAct::Activate, typed("", "314159")).await, Err(KeyFault::State)), "only once");
            assert!(matches!(act(KeyAct::ChangePin, typed("271829", "314159")).await, Err(KeyFault::Wrong)));
            act(KeyAct::ChangePin, typed("271828", "314159")).await.unwrap();
            act(KeyAct::Suspend, typed("", "")).await.unwrap();
            assert_eq!(state().await, KeyState::Suspended);
            assert!(matches!(act(KeyAct::Resume, typed("271828", "")).await, Err(KeyFault::Wrong)), "the old PIN");
            act(KeyAct::Resume, typed("314159", "")).await.unwrap();
            assert_eq!(state().await, KeyState::Active);
            for _ in 0..5 {
                assert!(matches!(act(KeyAct::ChangePin, typed("000001", "161803")).await, Err(KeyFault::Wrong)));
            }
            assert!(matches!(act(KeyAct::ChangePin, typed("314159", "161803")).await, Err(KeyFault::Locked(_))));
            // Forgotten: the old certificate is revoked, the new key has its own PIN and no lock.
            act(KeyAct::Replace, typed("", "161803")).await.unwrap();
            let second = room.holder_key(&holder).await.unwrap().unwrap();
            assert_ne!((&second.id, &second.certificate), (&first.id, &first.certificate));
            assert_eq!(state().await, KeyState::Active);
            assert_eq!(room.try_pin(&second, "161803", ActorRef::system()).await.unwrap(), PinAnswer::Right);
            let revoked = room.certificates(None, 9).await.unwrap();
            assert_eq!(revoked.iter().filter(|row| row.revoked.is_some()).count(), 1);
        }
    }
}
