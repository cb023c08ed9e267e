//! Ten codes on paper, and the way back into an account for whoever lost everything else.

use haidang_contracts::actor::PersonId;
use haidang_kernel::ambient::Ambient;
use haidang_store::{ActorRef, AuditEntry, Row, StoreError, args};
use haidang_web::{Site, Visitor, session, tokens};
use jiff::Timestamp;

use super::notices::{self, Happened};
use super::{rules, sql};
use crate::account::{Guessed, SignInRefusal};
use crate::room::IdentityRoom;
use crate::rules::{AccountFault, normal_username};

/// What became of a recovery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Recovered {
    /// The new password holds, other factors are gone: enrol new ones.
    Done(PersonId),
    /// Whoever holds a post comes back with the same code at this time.
    Waits(Timestamp),
    /// The code is right and the new password is not.
    Password(AccountFault),
}

/// The fields of the form.
#[derive(Debug, Clone)]
pub(crate) struct Recovery<'form> {
    pub(crate) username: &'form str,
    pub(crate) code: &'form str,
    pub(crate) password: &'form str,
}

/// The account a right code belongs to.
struct Found {
    code: String,
    used: bool,
    person: PersonId,
    full_name: String,
}

fn found(row: &Row) -> Result<Found, StoreError> {
    Ok(Found {
        code: row.text("id")?,
        used: row.opt_timestamp("used_at")?.is_some(),
        person: row.id("person")?,
        full_name: row.text("full_name")?,
    })
}

fn new_codes(ambient: &Ambient) -> Vec<String> {
    (0..rules::CODES).map(|_| rules::recovery_code(ambient.bytes())).collect()
}

fn digest(code: &str) -> String {
    tokens::digest(&rules::normal_code(code))
}

/// Whoever recovers, as the audit names them.
fn recovering(person: &PersonId) -> ActorRef {
    crate::pages::signed_in("official", person)
}

impl IdentityRoom {
    /// How many codes are left.
    pub(crate) async fn codes_left(&self, person: &PersonId) -> Result<i64, StoreError> {
        self.inner.db.fetch_one(sql::CODES_LEFT, args![person]).await?.integer("n")
    }

    /// Ten new codes, told this once; earlier ones are void.
    pub(crate) async fn make_recovery_codes(
        &self,
        visitor: &Visitor,
        person: &PersonId,
    ) -> Result<Vec<String>, StoreError> {
        enum Code {}
        let codes = new_codes(&self.inner.ambient);
        let entry = visitor.audit("account.recovery_codes_made", "person", person.as_str());
        let (digests, device) = (codes.iter().map(|code| digest(code)).collect::<Vec<_>>(), visitor.device.clone());
        self.inner
            .db
            .transaction(|tx| {
                let (person, digests, entry) = (person.clone(), digests.clone(), entry.clone());
                let device = device.clone();
                Box::pin(async move {
                    let (ambient, now) = (tx.ambient().clone(), tx.ambient().now());
                    tx.execute(sql::DROP_CODES, args![&person]).await?;
                    let rows =
                        digests.iter().map(|digest| args![ambient.new_id::<Code>(), &person, digest, now, None::<i64>]);
                    tx.insert_rows(sql::INSERT_CODE, rows, "").await?;
                    tx.audit(entry).await?;
                    notices::tell(tx, &person, Happened::RecoveryCodesMade, device.as_deref()).await?;
                    Ok::<(), StoreError>(())
                })
            })
            .await?;
        Ok(codes)
    }

    /// Begins a recovery with a code, or completes the one it began. The answer is the same for an unknown account and
    /// a wrong code; failures are counted as those of passwords are.
    pub(crate) async fn recover(&self, site: &Site, form: &Recovery<'_>) -> Result<Recovered, SignInRefusal> {
        let username = normal_username(form.username);
        self.throttled(Guessed::Recovery, &username, self.recover_now(site, &username, form)).await
    }

    async fn recover_now(&self, site: &Site, username: &str, form: &Recovery<'_>) -> Result<Recovered, SignInRefusal> {
        let row = self.inner.db.fetch_optional(sql::CODE_OF_ACCOUNT, args![username, digest(form.code)]).await?;
        // A locked account is opened by whoever locked it, not by its owner's codes.
        let Some(row) = row else { return Err(SignInRefusal::Wrong) };
        if row.boolean("locked")? {
            return Err(SignInRefusal::Wrong);
        }
        let found = found(&row)?;
        if let Err(fault) = crate::rules::check_password(username, &found.full_name, form.password) {
            return Ok(Recovered::Password(fault));
        }
        let now = self.inner.ambient.now();
        let begun = self.inner.db.fetch_optional(sql::RECOVERY_OF_CODE, args![&found.code]).await?;
        let ready_at = match begun {
            Some(begun) => begun.timestamp("ready_at")?,
            None if found.used => return Err(SignInRefusal::Wrong),
            None => {
                let ready_at = rules::recovery_ready_at(now, self.holds_post(&found.person).await?);
                self.begin_recovery(site, &found, now, ready_at).await?;
                ready_at
            }
        };
        if now < ready_at {
            return Ok(Recovered::Waits(ready_at));
        }
        self.complete_recovery(site, username, &found, form.password).await?;
        Ok(Recovered::Done(found.person))
    }

    /// Whether the person holds any post today.
    pub(crate) async fn holds_post(&self, person: &PersonId) -> Result<bool, StoreError> {
        let rows = self.inner.db.fetch_all(crate::sql::PERSON_IN_POSTS, args![person, self.today()]).await?;
        Ok(!self.positions(&rows)?.is_empty())
    }

    async fn begin_recovery(
        &self,
        site: &Site,
        found: &Found,
        now: Timestamp,
        ready_at: Timestamp,
    ) -> Result<(), SignInRefusal> {
        enum Request {}
        let (person, code) = (&found.person, &found.code);
        self.inner
            .db
            .transaction(|tx| {
                let (person, code) = (person.clone(), code.clone());
                Box::pin(async move {
                    if tx.execute(sql::USE_CODE, args![&code, now]).await? == 0 {
                        return Err(SignInRefusal::Wrong);
                    }
                    let id = tx.ambient().new_id::<Request>();
                    tx.execute(sql::INSERT_RECOVERY, args![&id, &person, &code, now, ready_at]).await?;
                    let entry = AuditEntry::mutation("account.recovery_begun", recovering(&person));
                    tx.audit(entry.object("person", person.as_str())).await?;
                    notices::tell(tx, &person, Happened::RecoveryBegun, None).await?;
                    Ok(())
                })
            })
            .await?;
        // Whoever lost a device does not want its session to go on, and the owner must meet the notice.
        session::end_all_of(site, person).await?;
        Ok(())
    }

    async fn complete_recovery(
        &self,
        site: &Site,
        username: &str,
        found: &Found,
        password: &str,
    ) -> Result<(), SignInRefusal> {
        let hash = self.inner.hasher.hash(password).await?;
        let now = self.inner.ambient.now();
        let person = &found.person;
        self.inner
            .db
            .transaction(|tx| {
                let (person, hash) = (person.clone(), hash.clone());
                Box::pin(async move {
                    if tx.execute(sql::END_RECOVERIES, args![&person, now, "done"]).await? == 0 {
                        return Err(SignInRefusal::Wrong);
                    }
                    tx.execute(crate::sql::SET_PASSWORD, args![&person, hash, now]).await?;
                    tx.execute(sql::DROP_SECRET, args![&person, now]).await?;
                    let entry = AuditEntry::mutation("account.recovered", recovering(&person));
                    tx.audit(entry.object("person", person.as_str())).await?;
                    notices::tell(tx, &person, Happened::RecoveryDone, None).await?;
                    Ok(())
                })
            })
            .await?;
        session::end_all_of(site, person).await?;
        let woken = self.wake_password(username, recovering(person)).await;
        woken.map_err(|_| SignInRefusal::Store(StoreError::Corrupt("account of a recovery".to_owned())))
    }

    /// When a waiting recovery of this person may be completed.
    pub(crate) async fn waiting_recovery(&self, person: &PersonId) -> Result<Option<Timestamp>, StoreError> {
        let row = self.inner.db.fetch_optional(sql::OPEN_RECOVERY, args![person]).await?;
        row.map(|row| row.timestamp("ready_at")).transpose()
    }

    /// Stops a waiting recovery: the owner, signed in, did not ask for it.
    pub(crate) async fn stop_recovery(&self, visitor: &Visitor, person: &PersonId) -> Result<(), StoreError> {
        let entry = visitor.audit("account.recovery_stopped", "person", person.as_str());
        let now = self.inner.ambient.now();
        self.inner
            .db
            .transaction(|tx| {
                let (person, entry) = (person.clone(), entry.clone());
                Box::pin(async move {
                    if tx.execute(sql::END_RECOVERIES, args![&person, now, "stopped"]).await? > 0 {
                        tx.audit(entry).await?;
                    }
                    Ok::<(), StoreError>(())
                })
            })
            .await
    }
}
