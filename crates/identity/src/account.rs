//! Accounts of officials: password, one-time code, throttling; and administration of accounts.

use haidang_contracts::actor::PersonId;
use haidang_contracts::identity::{PersonKind, PersonRecord};
use haidang_kernel::keyed;
use haidang_store::{ActorRef, AuditEntry, Row, StoreError, Tx, args};

use crate::bulk;
use crate::model::{CredentialSeed, PersonSeed, PositionSeed, SamplePerson};
use crate::one_time::{self, Secret};
use crate::password::HashError;
use crate::room::IdentityRoom;
use crate::rules::{self, AccountFault, Attempts};
use crate::sealed::Sealer;
use crate::sql;

/// Why a sign-in or a code was refused. Unknown account, wrong password and locked account are one answer.
#[derive(Debug, thiserror::Error)]
pub enum SignInRefusal {
    /// Account name or password, or the code, is not right.
    #[error("not right")]
    Wrong,
    /// Too many failures: seconds to wait.
    #[error("wait {0} seconds")]
    Wait(i64),
    /// Too many failures in a row: the password alone opens this account no more. The same for unknown accounts.
    #[error("the password sleeps")]
    Asleep,
    /// Too many sign-ins at once; come back in a moment.
    #[error("busy")]
    Busy,
    /// The directory that keeps the passwords of officials does not answer.
    #[error("the directory does not answer")]
    Unavailable,
    /// The store or the hash failed.
    #[error("store: {0}")]
    Store(#[from] StoreError),
}

impl From<HashError> for SignInRefusal {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => SignInRefusal::Busy,
            HashError::Failed => SignInRefusal::Store(StoreError::Corrupt("password hash".to_owned())),
        }
    }
}

/// Why an account could not be made.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Name or password do not follow the rules.
    #[error("account refused: {0:?}")]
    Fault(AccountFault),
    /// The account name is taken.
    #[error("account name is taken")]
    Taken,
    /// There is no such account.
    #[error("no such account")]
    Unknown,
    /// The agency does not hold the role, or one of them is not known.
    #[error("this agency does not hold this role")]
    Post,
    /// The directory keeps the password of this account.
    #[error("the directory keeps the password of this account")]
    Elsewhere,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The hash failed.
    #[error(transparent)]
    Hash(#[from] HashError),
}

/// A new official account with its first post.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Account name as typed.
    pub username: String,
    /// First password.
    pub password: String,
    /// Name of the official.
    pub full_name: String,
    /// Code of the agency.
    pub agency: String,
    /// Role of `positions.toml`.
    pub role: String,
}

/// What is guessed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guessed {
    /// The password of an account name.
    Password,
    /// The one-time code of a person.
    Code,
    /// A recovery code of an account name.
    Recovery,
    /// The code that a device shows; counted by who types.
    DeviceCode,
}

/// Attempts are counted under a keyed digest, so that the table of failures tells nobody which accounts exist.
fn attempt_key(kind: Guessed, name: &str) -> String {
    let kind = match kind {
        Guessed::Password => "password",
        Guessed::Code => "code",
        Guessed::Recovery => "recovery",
        Guessed::DeviceCode => "device",
    };
    keyed::subject_key(kind.as_bytes(), name)
}

fn attempts_of(row: &Row) -> Result<Attempts, StoreError> {
    let failures = row.integer("failures")?;
    Ok(Attempts {
        failures,
        first_at: row.timestamp("first_at")?,
        not_before: row.timestamp("not_before")?,
        run: row.opt_integer("run")?.unwrap_or(failures),
    })
}

impl IdentityRoom {
    /// Counts an attempt before it is made, so that many at once are as many; success forgets it again.
    async fn claim(&self, key: &str, kind: Guessed) -> Result<(), SignInRefusal> {
        let now = self.inner.ambient.now();
        self.inner
            .db
            .transaction(|tx| {
                let key = key.to_owned();
                Box::pin(async move {
                    // A row that is not there cannot be locked: without it the first ones at once would all be the first.
                    tx.execute(sql::BEGIN_ATTEMPTS, args![&key, now]).await?;
                    let known = tx.lock_optional(sql::ATTEMPTS, args![&key]).await?;
                    let known = known.as_ref().map(attempts_of).transpose()?;
                    if kind == Guessed::Password && rules::is_asleep(known.as_ref()) {
                        return Err(SignInRefusal::Asleep);
                    }
                    let wait = match kind {
                        Guessed::DeviceCode => rules::window_left(known.as_ref(), now),
                        _ => rules::wait_seconds(known.as_ref(), now),
                    };
                    match wait {
                        0 => {}
                        seconds => return Err(SignInRefusal::Wait(seconds)),
                    }
                    let next = rules::after_failure(known.as_ref(), now);
                    let values = args![&key, next.failures, next.first_at, next.not_before, next.run];
                    tx.execute(sql::PUT_ATTEMPTS, values).await?;
                    Ok(())
                })
            })
            .await
    }

    /// Records that an attempt failed; it was counted before.
    async fn failed(&self, key: &str) -> Result<(), StoreError> {
        let entry =
            AuditEntry::mutation("account.refused", ActorRef::anonymous("web")).object("account_key", key).refused();
        crate::pages::audit(&self.inner.db, entry).await
    }

    async fn forget(&self, key: &str) -> Result<(), StoreError> {
        self.inner.db.execute(sql::FORGET_ATTEMPTS, args![key]).await.map(|_| ())
    }

    /// Counts one attempt of this kind at this name, makes it and forgets the count when it succeeds.
    pub(crate) async fn throttled<T>(
        &self,
        kind: Guessed,
        name: &str,
        attempt: impl Future<Output = Result<T, SignInRefusal>>,
    ) -> Result<T, SignInRefusal> {
        let key = attempt_key(kind, name);
        self.claim(&key, kind).await?;
        match attempt.await {
            Ok(found) => {
                self.forget(&key).await?;
                Ok(found)
            }
            Err(SignInRefusal::Wrong) => {
                self.failed(&key).await?;
                Err(SignInRefusal::Wrong)
            }
            // It stays counted: with the directory silent, a local password could else be guessed without end.
            Err(SignInRefusal::Unavailable) => Err(SignInRefusal::Unavailable),
            Err(other) => {
                // Neither right nor wrong: a crowd must not become somebody's wait.
                self.inner.db.execute(sql::UNCOUNT_ATTEMPT, args![&key, self.inner.ambient.now()]).await?;
                Err(other)
            }
        }
    }

    /// Checks account name and password. One run of the hash whoever asks, one answer for everything that is not right.
    pub async fn check_password(&self, username: &str, password: &str) -> Result<PersonId, SignInRefusal> {
        let username = rules::normal_username(username);
        self.throttled(Guessed::Password, &username, self.fitting_password(&username, password)).await
    }

    async fn fitting_password(&self, username: &str, password: &str) -> Result<PersonId, SignInRefusal> {
        let row = self.inner.db.fetch_optional(sql::CREDENTIAL_BY_USERNAME, args![username]).await?;
        let stored = row.as_ref().map(|row| row.text("password_hash")).transpose()?;
        let entry = row.as_ref().map(|row| row.opt_text("entry")).transpose()?.flatten();
        let tried = if password.len() > rules::PASSWORD_MAX_BYTES { "" } else { password };
        let fits_here = self.inner.hasher.verify(tried, stored.as_deref()).await?;
        let (fits, elsewhere) = match self.around().directory() {
            Some(directory) if entry.is_some() || !fits_here => {
                // Asked for every name, so that nobody learns by the time it takes whom the directory knows.
                let opens = directory.opens(username, entry.as_deref(), tried).await;
                (opens.map_err(|_| SignInRefusal::Unavailable)?, true)
            }
            _ => (fits_here, false),
        };
        let account = match row {
            Some(row) if fits && !row.boolean("locked")? => row,
            _ => return Err(SignInRefusal::Wrong),
        };
        let person: PersonId = account.id("person")?;
        if !elsewhere && stored.is_some_and(|stored| self.inner.hasher.is_outdated(&stored)) {
            let renewed = self.inner.hasher.hash(password).await?;
            let now = self.inner.ambient.now();
            self.inner.db.execute(sql::SET_PASSWORD, args![&person, renewed, now]).await?;
        }
        Ok(person)
    }

    /// The code that is right now, for the page of a demonstration city; `None` in production.
    pub async fn shown_code(&self, person: &PersonId) -> Result<Option<String>, StoreError> {
        if !self.inner.settings.simulated {
            return Ok(None);
        }
        let now = self.inner.ambient.now();
        Ok(self.secret_of(person).await?.map(|secret| one_time::code_at(&secret, now)))
    }

    /// Checks a one-time code and uses it up.
    ///
    /// In a demonstration city the shown code may be used again within its half minute: a judge who signs in to
    /// twenty pages would otherwise wait ten minutes.
    pub async fn check_code(&self, person: &PersonId, typed: &str) -> Result<(), SignInRefusal> {
        self.throttled(Guessed::Code, person.as_str(), self.fitting_code(person, typed)).await
    }

    async fn fitting_code(&self, person: &PersonId, typed: &str) -> Result<(), SignInRefusal> {
        let now = self.inner.ambient.now();
        let secret = self.secret_of(person).await?;
        let step = secret.and_then(|secret| one_time::matching_step(&secret, typed, now));
        let used = match step {
            Some(_) if self.inner.settings.simulated => true,
            Some(step) => self.inner.db.execute(sql::USE_STEP, args![person, step]).await? > 0,
            None => false,
        };
        if used { Ok(()) } else { Err(SignInRefusal::Wrong) }
    }

    /// Whether the password of an account sleeps after too many failures in a row.
    pub async fn password_sleeps(&self, username: &str) -> Result<bool, StoreError> {
        let key = attempt_key(Guessed::Password, &rules::normal_username(username));
        let row = self.inner.db.fetch_optional(sql::ATTEMPTS, args![key]).await?;
        Ok(rules::is_asleep(row.as_ref().map(attempts_of).transpose()?.as_ref()))
    }

    /// Wakes the password of an account: its failures are forgotten.
    pub async fn wake_password(&self, username: &str, by: ActorRef) -> Result<(), AccountError> {
        let username = rules::normal_username(username);
        let row = self.inner.db.fetch_optional(sql::CREDENTIAL_BY_USERNAME, args![&username]).await?;
        let person: PersonId = row.ok_or(AccountError::Unknown)?.id("person")?;
        let key = attempt_key(Guessed::Password, &username);
        self.inner
            .db
            .transaction(|tx| {
                let (person, key, by) = (person.clone(), key.clone(), by.clone());
                Box::pin(async move {
                    tx.audit(AuditEntry::mutation("account.password_woken", by).object("person", person.as_str()))
                        .await?;
                    tx.execute(sql::FORGET_ATTEMPTS, args![&key]).await?;
                    Ok::<(), StoreError>(())
                })
            })
            .await?;
        Ok(())
    }

    /// Forgets failures older than a month that put no password to sleep, and everything of the credentials that is
    /// over; a job calls it now and then.
    pub async fn sweep(&self) -> Result<u64, StoreError> {
        let now = self.inner.ambient.now();
        let month_ago = now.checked_sub(jiff::SignedDuration::from_hours(30 * 24)).unwrap_or(now);
        let swept = self.inner.db.execute(sql::SWEEP_ATTEMPTS, args![month_ago, rules::RUN_THAT_SLEEPS]).await?;
        self.sweep_credentials().await?;
        self.sweep_upstreams().await?;
        Ok(swept)
    }

    /// Makes an official account with its first post and gives back the address for an authenticator app.
    pub async fn add_account(&self, new: &NewAccount, by: ActorRef) -> Result<String, AccountError> {
        let username = rules::normal_username(&new.username);
        rules::check_username(&username).map_err(AccountError::Fault)?;
        rules::check_password(&username, &new.full_name, &new.password).map_err(AccountError::Fault)?;
        let tree = self.agency_tree().await?;
        let agency = tree.get(&new.agency).ok_or(AccountError::Post)?;
        let role = self.inner.settings.roles.get(&new.role).ok_or(AccountError::Post)?;
        if !self.inner.settings.roles.held_by(&role.id, &agency.kind, &agency.code) {
            return Err(AccountError::Post);
        }
        if self.inner.db.fetch_optional(sql::CREDENTIAL_BY_USERNAME, args![&username]).await?.is_some() {
            return Err(AccountError::Taken);
        }
        let ambient = &self.inner.ambient;
        let secret: Secret = ambient.bytes();
        let person = official(ambient.new_id(), &new.full_name);
        let post = PositionSeed {
            person: person.person.id.clone(),
            agency: agency.code.clone(),
            role: role.id.clone(),
            title: role.title.vi.clone(),
            valid_from: self.today().to_string(),
            valid_to: None,
        };
        let credential = CredentialSeed {
            person: person.person.id.clone(),
            username: username.clone(),
            password_hash: self.inner.hasher.hash(&new.password).await?,
            totp_secret: Some(secret),
        };
        let sealer = self.sealer()?;
        let written = self
            .inner
            .db
            .transaction(|tx| {
                let (person, post, credential, by) = (person.clone(), post.clone(), credential.clone(), by.clone());
                Box::pin(async move { write_account(tx, sealer, &person, &post, &credential, by).await })
            })
            .await;
        match written {
            Ok(()) => Ok(one_time::otpauth_uri("Hải Đăng", &username, &secret)),
            Err(error) if error.is_unique() => Err(AccountError::Taken),
            Err(error) => Err(error.into()),
        }
    }

    /// Sets a new password.
    pub async fn set_password(&self, username: &str, password: &str, by: ActorRef) -> Result<(), AccountError> {
        let username = rules::normal_username(username);
        let row = self.inner.db.fetch_optional(sql::CREDENTIAL_BY_USERNAME, args![&username]).await?;
        let person: PersonId = row.ok_or(AccountError::Unknown)?.id("person")?;
        if self.password_is_elsewhere(&person).await? {
            return Err(AccountError::Elsewhere);
        }
        let name = self.stored(&person).await?.map(|person| person.record.full_name).unwrap_or_default();
        rules::check_password(&username, &name, password).map_err(AccountError::Fault)?;
        let hash = self.inner.hasher.hash(password).await?;
        let now = self.inner.ambient.now();
        self.inner
            .db
            .transaction(|tx| {
                let (person, hash, by) = (person.clone(), hash.clone(), by.clone());
                Box::pin(async move {
                    tx.audit(AuditEntry::mutation("account.password_set", by).object("person", person.as_str()))
                        .await?;
                    tx.execute(sql::SET_PASSWORD, args![&person, hash, now]).await?;
                    Ok::<(), StoreError>(())
                })
            })
            .await?;
        Ok(())
    }

    /// Locks an account or opens it again. A locked person is nobody's actor at the next request.
    pub async fn set_locked(&self, username: &str, locked: bool, by: ActorRef) -> Result<(), AccountError> {
        let username = rules::normal_username(username);
        let row = self.inner.db.fetch_optional(sql::CREDENTIAL_BY_USERNAME, args![&username]).await?;
        let person: PersonId = row.ok_or(AccountError::Unknown)?.id("person")?;
        let now = self.inner.ambient.now();
        self.inner
            .db
            .transaction(|tx| {
                let (person, by) = (person.clone(), by.clone());
                Box::pin(async move {
                    let action = if locked { "account.locked" } else { "account.unlocked" };
                    tx.audit(AuditEntry::mutation(action, by).object("person", person.as_str())).await?;
                    tx.execute(sql::LOCK_PERSON, args![&person, locked, now]).await?;
                    Ok::<(), StoreError>(())
                })
            })
            .await?;
        Ok(())
    }

    /// A few adults for the simulator's short list.
    pub async fn sample_citizens(&self, limit: i64) -> Result<Vec<SamplePerson>, StoreError> {
        let adult =
            self.today().checked_sub(jiff::Span::new().years(20)).map(|day| day.to_string()).unwrap_or_default();
        let rows = self.inner.db.fetch_all(sql::SOME_CITIZENS, args![false, adult, limit]).await?;
        rows.iter()
            .map(|row| {
                Ok(SamplePerson {
                    full_name: row.text("full_name")?,
                    citizen_no: row.text("citizen_no")?,
                    birth_date: row.opt_text("birth_date")?,
                })
            })
            .collect()
    }
}

/// An official's row. It carries no citizen number: whoever serves in a post signs in as a resident for own business,
/// and the two never mix in one session.
fn official(id: PersonId, full_name: &str) -> PersonSeed {
    PersonSeed {
        person: PersonRecord {
            id,
            kind: PersonKind::Person,
            full_name: haidang_kernel::text::tidy(full_name),
            citizen_no: None,
            tax_no: None,
            birth_date: None,
            sex: None,
            ethnicity: None,
            nationality: None,
            commune_code: None,
            address: None,
            phone: None,
            email: None,
        },
        account_level: 2,
    }
}

async fn write_account(
    tx: &mut Tx<'_>,
    sealer: &Sealer,
    person: &PersonSeed,
    post: &PositionSeed,
    credential: &CredentialSeed,
    by: ActorRef,
) -> Result<(), StoreError> {
    bulk::insert_persons(tx, std::slice::from_ref(person)).await?;
    bulk::insert_positions(tx, std::slice::from_ref(post)).await?;
    bulk::insert_credentials(tx, sealer, std::slice::from_ref(credential)).await?;
    let detail = serde_json::json!({ "agency": post.agency, "role": post.role });
    tx.audit(AuditEntry::mutation("account.created", by).object("person", person.person.id.as_str()).detail(detail))
        .await?;
    Ok(())
}
