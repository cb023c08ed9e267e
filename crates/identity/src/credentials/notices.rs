//! What a person should know of their account, and from which devices they sign in.

use haidang_contracts::actor::PersonId;
use haidang_contracts::events::{ACCOUNT_NOTICED, AccountNoticed};
use haidang_kernel::keyed;
use haidang_store::{StoreError, Tx, args};
use haidang_ui::{Lang, t};
use haidang_web::Visitor;
use jiff::Timestamp;

use super::sql;
use crate::room::IdentityRoom;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Happened {
    /// A sign-in from a kind of device this person never used here.
    NewDevice,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was removed.
    PasskeyRemoved,
    /// The counter of a passkey went back: it may have been copied, and is used no more.
    PasskeyFlagged,
    /// A new password.
    PasswordChanged,
    /// A new secret of one-time codes.
    CodesEnrolled,
    /// New recovery codes; the old ones are void.
    RecoveryCodesMade,
    /// Somebody began a recovery of the account.
    RecoveryBegun,
    /// The account was recovered.
    RecoveryDone,
}

impl Happened {
    /// The word in the database and in the names of its texts.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Happened::NewDevice => "new_device",
            Happened::PasskeyAdded => "passkey_added",
            Happened::PasskeyRemoved => "passkey_removed",
            Happened::PasskeyFlagged => "passkey_flagged",
            Happened::PasswordChanged => "password_changed",
            Happened::CodesEnrolled => "codes_enrolled",
            Happened::RecoveryCodesMade => "recovery_codes_made",
            Happened::RecoveryBegun => "recovery_begun",
            Happened::RecoveryDone => "recovery_done",
        }
    }
}

/// A notice the person has not put away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) kind: String,
    pub(crate) device: Option<String>,
    pub(crate) at: Timestamp,
}

impl Notice {
    /// The notice in words.
    pub(crate) fn text(&self, lang: Lang) -> String {
        let device = self.device.clone().unwrap_or_else(|| t(lang, "identity-devices-unknown", &[]));
        let time = haidang_kernel::format::date_time_text(lang, self.at);
        let key = format!("identity-notice-{}", self.kind.replace('_', "-"));
        t(lang, &key, &[("device", device.into()), ("time", time.into())])
    }
}

/// Writes a notice and its fact for other channels, in the transaction of what happened.
pub(crate) async fn tell(
    tx: &mut Tx<'_>,
    person: &PersonId,
    what: Happened,
    device: Option<&str>,
) -> Result<(), StoreError> {
    let (id, now) = (tx.ambient().new_id::<Notice>(), tx.ambient().now());
    tx.execute(sql::INSERT_NOTICE, args![&id, person, what.as_str(), device, now]).await?;
    let fact = AccountNoticed { person: person.to_string(), kind: what.as_str().to_owned(), at: now.as_microsecond() };
    tx.emit(ACCOUNT_NOTICED, person.as_str(), &fact).await?;
    Ok(())
}

/// The kind of device as this person's list keeps it: a digest that says nothing without person and description, and
/// is another one for everybody else.
fn device_key(person: &PersonId, device: &str) -> String {
    keyed::subject_key(person.as_str().as_bytes(), device)
}

impl IdentityRoom {
    /// Notes that the person signed in with this browser, and tells them when its kind is new. Every way of signing in
    /// calls it once the session has begun.
    ///
    /// # Errors
    /// When the store does not answer.
    pub(crate) async fn note_sign_in(&self, visitor: &Visitor, person: &PersonId) -> Result<(), StoreError> {
        // A browser that says nothing of itself is one kind too.
        let device = visitor.device.clone().unwrap_or_default();
        let key = device_key(person, &device);
        self.inner
            .db
            .transaction(|tx| {
                let (person, device, key) = (person.clone(), device.clone(), key.clone());
                Box::pin(async move {
                    let rows = tx.fetch_all(sql::DEVICES, args![&person]).await?;
                    let known = rows.iter().map(|row| row.text("device_key")).collect::<Result<Vec<_>, _>>()?;
                    let now = tx.ambient().now();
                    tx.execute(sql::PUT_DEVICE, args![&person, &key, now]).await?;
                    // The first device of all is no news.
                    if !known.is_empty() && !known.contains(&key) {
                        let shown = Some(device.as_str()).filter(|device| !device.is_empty());
                        tell(tx, &person, Happened::NewDevice, shown).await?;
                    }
                    Ok::<(), StoreError>(())
                })
            })
            .await
    }

    /// Notices not put away yet, the newest first.
    pub(crate) async fn notices(&self, person: &PersonId) -> Result<Vec<Notice>, StoreError> {
        let rows = self.inner.db.fetch_all(sql::NOTICES, args![person]).await?;
        rows.iter()
            .map(|row| {
                Ok(Notice {
                    kind: row.text("kind")?,
                    device: row.opt_text("device")?,
                    at: row.timestamp("created_at")?,
                })
            })
            .collect()
    }

    /// Puts all notices away.
    pub(crate) async fn see_notices(&self, visitor: &Visitor, person: &PersonId) -> Result<(), StoreError> {
        let entry = visitor.audit("account.notices_seen", "person", person.as_str());
        let now = self.inner.ambient.now();
        self.inner
            .db
            .transaction(|tx| {
                let (entry, person) = (entry.clone(), person.clone());
                Box::pin(async move {
                    if tx.execute(sql::SEE_NOTICES, args![&person, now]).await? > 0 {
                        tx.audit(entry).await?;
                    }
                    Ok::<(), StoreError>(())
                })
            })
            .await
    }
}
