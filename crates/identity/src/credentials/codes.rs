//! One-time codes as the second factor: their secrets, sealed, and how a new one is enrolled.

use haidang_contracts::actor::PersonId;
use haidang_store::{Row, StoreError, args};
use haidang_web::Visitor;

use super::notices::{self, Happened};
use super::rules::{self, Means};
use super::sql;
use crate::account::{Guessed, SignInRefusal};
use crate::one_time::{self, Secret};
use crate::room::IdentityRoom;
use crate::sealed::{self, Sealer};

fn purpose(person: &PersonId) -> String {
    format!("totp:{person}")
}

/// A secret as it is stored.
pub(crate) fn seal_secret(sealer: &Sealer, person: &PersonId, secret: &Secret) -> Result<Vec<u8>, StoreError> {
    sealer.seal(&purpose(person), secret).map_err(sealed::failed)
}

fn unseal_secret(sealer: &Sealer, person: &PersonId, sealed: &[u8]) -> Result<Secret, StoreError> {
    let plain = sealer.unseal(&purpose(person), sealed).map_err(sealed::failed)?;
    plain.try_into().map_err(|_| StoreError::Corrupt("secret of one-time codes".to_owned()))
}

impl IdentityRoom {
    fn secret_in(&self, person: &PersonId, row: &Row) -> Result<Option<Secret>, StoreError> {
        if let Some(sealed) = row.opt_bytes("totp_sealed")? {
            return unseal_secret(self.sealer()?, person, &sealed).map(Some);
        }
        // From before secrets were sealed; the sweep seals it.
        Ok(row.opt_bytes("totp_secret")?.and_then(|bytes| bytes.try_into().ok()))
    }

    pub(crate) async fn secret_of(&self, person: &PersonId) -> Result<Option<Secret>, StoreError> {
        let row = self.inner.db.fetch_optional(sql::CREDENTIAL_OF, args![person]).await?;
        row.map(|row| self.secret_in(person, &row)).transpose().map(Option::flatten)
    }

    /// What the account can prove itself with beside the password.
    pub(crate) async fn means(&self, person: &PersonId) -> Result<Means, StoreError> {
        let codes = self.secret_of(person).await?.is_some();
        let keys = self.passkeys(person).await?;
        let passkeys = keys.iter().filter(|key| key.verifies && key.flagged_at.is_none()).count();
        Ok(Means { codes, passkeys })
    }

    /// Whether the account can show a second factor.
    pub async fn has_second_factor(&self, person: &PersonId) -> Result<bool, StoreError> {
        Ok(self.means(person).await?.any())
    }

    /// Account name of a person; `None` for whoever has no account of the city's own.
    pub(crate) async fn username_of(&self, person: &PersonId) -> Result<Option<String>, StoreError> {
        let row = self.inner.db.fetch_optional(sql::USERNAME, args![person]).await?;
        row.map(|row| row.text("username")).transpose()
    }

    /// Seals what was kept in clear by earlier releases; answers how many.
    pub(crate) async fn seal_clear_secrets(&self) -> Result<u64, StoreError> {
        let mut sealed = 0;
        for row in self.inner.db.fetch_all(sql::CLEAR_SECRETS, args![]).await? {
            let person: PersonId = row.id("person")?;
            let Some(secret) = row.opt_bytes("totp_secret")?.and_then(|bytes| bytes.try_into().ok()) else { continue };
            let secret = seal_secret(self.sealer()?, &person, &secret)?;
            sealed += self.inner.db.execute(sql::SEAL_SECRET, args![&person, secret]).await?;
        }
        Ok(sealed)
    }

    /// A new secret that counts once its first code is right.
    pub(crate) async fn begin_enrolment(&self, visitor: &Visitor, person: &PersonId) -> Result<(), StoreError> {
        let secret: Secret = self.inner.ambient.bytes();
        let sealed = seal_secret(self.sealer()?, person, &secret)?;
        let now = self.inner.ambient.now();
        let until = now.checked_add(rules::ENROLMENT).unwrap_or(now);
        let entry = visitor.audit("account.codes_begun", "person", person.as_str());
        self.inner
            .db
            .transaction(|tx| {
                let (person, sealed, entry) = (person.clone(), sealed.clone(), entry.clone());
                Box::pin(async move {
                    tx.audit(entry).await?;
                    tx.execute(sql::PUT_ENROLMENT, args![&person, sealed, until]).await?;
                    Ok::<(), StoreError>(())
                })
            })
            .await
    }

    /// The secret that waits for its first code.
    pub(crate) async fn enrolling(&self, person: &PersonId) -> Result<Option<Secret>, StoreError> {
        let now = self.inner.ambient.now();
        let row = self.inner.db.fetch_optional(sql::ENROLMENT, args![person, now]).await?;
        row.map(|row| unseal_secret(self.sealer()?, person, &row.bytes("sealed")?)).transpose()
    }

    /// Makes the waiting secret the account's, when the code is right. That code is used with it.
    pub(crate) async fn finish_enrolment(
        &self,
        visitor: &Visitor,
        person: &PersonId,
        typed: &str,
    ) -> Result<(), SignInRefusal> {
        self.throttled(Guessed::Code, person.as_str(), async {
            let now = self.inner.ambient.now();
            let secret = self.enrolling(person).await?.ok_or(SignInRefusal::Wrong)?;
            let step = one_time::matching_step(&secret, typed, now).ok_or(SignInRefusal::Wrong)?;
            let sealed = seal_secret(self.sealer()?, person, &secret)?;
            let entry = visitor.audit("account.codes_enrolled", "person", person.as_str());
            let device = visitor.device.clone();
            self.inner
                .db
                .transaction(|tx| {
                    let (person, sealed, entry) = (person.clone(), sealed.clone(), entry.clone());
                    let device = device.clone();
                    Box::pin(async move {
                        tx.execute(sql::SET_SECRET, args![&person, sealed, step, now]).await?;
                        tx.execute(sql::END_ENROLMENT, args![&person]).await?;
                        tx.audit(entry).await?;
                        notices::tell(tx, &person, Happened::CodesEnrolled, device.as_deref()).await?;
                        Ok::<(), StoreError>(())
                    })
                })
                .await?;
            Ok(())
        })
        .await
    }

    /// Forgets what is over: challenges, unfinished enrolments, old notices and devices not used for a year.
    pub(crate) async fn sweep_credentials(&self) -> Result<(), StoreError> {
        let now = self.inner.ambient.now();
        let year_ago = now.checked_sub(jiff::SignedDuration::from_hours(365 * 24)).unwrap_or(now);
        let db = &self.inner.db;
        db.execute(sql::SWEEP_CEREMONIES, args![now]).await?;
        db.execute(sql::SWEEP_ENROLMENTS, args![now]).await?;
        db.execute(sql::SWEEP_NOTICES, args![year_ago]).await?;
        db.execute(sql::SWEEP_DEVICES, args![year_ago]).await?;
        self.seal_clear_secrets().await?;
        Ok(())
    }
}
