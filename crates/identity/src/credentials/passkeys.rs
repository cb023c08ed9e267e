//! Passkeys: their registration, their use and what is kept of them.
//!
//! A challenge lives on the server, is bound to the browser that asked for it, waits five minutes and is used up by its
//! first answer, right or wrong. Keys that verify their owner are two factors; others are admitted and are one.

use std::time::Duration;

use haidang_contracts::actor::PersonId;
use haidang_kernel::keyed::hmac_sha256;
use haidang_store::{ActorRef, AuditEntry, Row, StoreError, args};
use haidang_web::{Site, Visitor, tokens};
use jiff::Timestamp;
use serde_json::{Value, json};
use webauthn_rs_core::WebauthnCore;
use webauthn_rs_core::error::WebauthnError;
use webauthn_rs_core::proto::{
    AllowCredentials, AuthenticationResult, AuthenticationState, COSEAlgorithm, Credential, PublicKeyCredential,
    RegisterPublicKeyCredential, RegistrationState, ResidentKeyRequirement, UserVerificationPolicy,
};

use super::notices::{self, Happened};
use super::{rules, sql};
use crate::room::IdentityRoom;

/// Longest name of a key, in characters.
pub(crate) const NAME_MAX: usize = 60;
/// Most keys of one account.
const MOST_KEYS: usize = 20;

/// A key as its owner manages it.
#[derive(Debug, Clone)]
pub(crate) struct Passkey {
    pub(crate) id: String,
    pub(crate) person: PersonId,
    pub(crate) name: String,
    pub(crate) verifies: bool,
    pub(crate) synced: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) last_used_at: Option<Timestamp>,
    pub(crate) flagged_at: Option<Timestamp>,
    credential: Credential,
    locked: bool,
}

/// Why a key or its answer was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyRefusal {
    /// The challenge is unknown, was answered before, is older than five minutes or belongs to another browser.
    #[error("the challenge is over")]
    Over,
    /// The answer is not right.
    #[error("the answer is not right")]
    Wrong,
    /// The key verified nobody, where that is asked.
    #[error("the key verified nobody")]
    Unverified,
    /// The counter of the key went back: it may have been copied.
    #[error("the counter went back")]
    Flagged,
    /// This key is registered already.
    #[error("known already")]
    Known,
    /// The account has as many keys as it may.
    #[error("too many keys")]
    TooMany,
    /// This city is reached under an address that no key can be bound to.
    #[error("no relying party")]
    Unavailable,
    /// The store failed.
    #[error("store: {0}")]
    Store(#[from] StoreError),
}

/// What a right answer proved.
#[derive(Debug, Clone)]
pub(crate) struct Proof {
    pub(crate) person: PersonId,
    pub(crate) verified: bool,
    pub(crate) synced: bool,
}

/// For whom a key is asked.
#[derive(Debug, Clone)]
pub(crate) enum Asked<'who> {
    /// For whoever the key says.
    Anyone,
    /// For an account name, which may be nobody's.
    Account(&'who str),
    /// For the person signed in, to prove more; the key must verify its owner.
    Person(&'who PersonId),
}

fn passkey(row: &Row) -> Result<Passkey, StoreError> {
    Ok(Passkey {
        id: row.text("id")?,
        person: row.id("person")?,
        name: row.text("name")?,
        verifies: row.boolean("verifies")?,
        synced: row.boolean("synced")?,
        created_at: row.timestamp("created_at")?,
        last_used_at: row.opt_timestamp("last_used_at")?,
        flagged_at: row.opt_timestamp("flagged_at")?,
        credential: row.json("state")?,
        locked: row.boolean("locked")?,
    })
}

/// The city as keys know it: its public origin, and the host of that as the id to which every key is bound.
fn relying_party(site: &Site) -> Result<WebauthnCore, KeyRefusal> {
    let origin = site.settings.origin.as_str();
    let uri: axum::http::Uri = origin.parse().map_err(|_| KeyRefusal::Unavailable)?;
    let host = uri.host().filter(|host| host.parse::<std::net::IpAddr>().is_err() && !host.starts_with('['));
    let host = host.ok_or(KeyRefusal::Unavailable)?;
    let origins = vec![origin.parse().map_err(|_| KeyRefusal::Unavailable)?];
    let name = &site.city.portal.vi;
    let life = Duration::from_secs(rules::CEREMONY.as_secs().unsigned_abs());
    Ok(WebauthnCore::new_unsafe_experts_only(name, host, origins, life, Some(false), Some(false)))
}

/// The sixteen bytes of the person's id, which the key keeps and gives back.
fn handle(person: &PersonId) -> Vec<u8> {
    let digits: String = person.as_str().chars().filter(char::is_ascii_hexdigit).collect();
    data_encoding::HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).unwrap_or_default()
}

fn credential_key(id: &[u8]) -> String {
    data_encoding::BASE64URL_NOPAD.encode(id)
}

/// The browser that asked; its token against forgery changes with the session.
fn bound_to(visitor: &Visitor) -> String {
    tokens::digest(&visitor.csrf())
}

fn library(error: WebauthnError) -> KeyRefusal {
    tracing::debug!(reason = %error, "passkey refused");
    match error {
        WebauthnError::UserNotVerified => KeyRefusal::Unverified,
        WebauthnError::CredentialPossibleCompromise => KeyRefusal::Flagged,
        WebauthnError::Configuration => KeyRefusal::Unavailable,
        _ => KeyRefusal::Wrong,
    }
}

impl IdentityRoom {
    /// The keys of a person, the first one first.
    pub(crate) async fn passkeys(&self, person: &PersonId) -> Result<Vec<Passkey>, StoreError> {
        let rows = self.inner.db.fetch_all(sql::PASSKEYS_OF, args![person]).await?;
        rows.iter().map(passkey).collect()
    }

    /// Asks the browser for a new key of the person signed in.
    pub(crate) async fn begin_registration(&self, visitor: &Visitor, person: &PersonId) -> Result<Value, KeyRefusal> {
        let party = relying_party(&visitor.site)?;
        let keys = self.passkeys(person).await?;
        if keys.len() >= MOST_KEYS {
            return Err(KeyRefusal::TooMany);
        }
        let username = self.username_of(person).await?.ok_or(KeyRefusal::Wrong)?;
        let name = self.stored(person).await?.map_or_else(|| username.clone(), |person| person.record.full_name);
        let known = keys.iter().map(|key| key.credential.cred_id.clone()).collect();
        let builder = party
            .new_challenge_register_builder(&handle(person), &username, &name)
            .map_err(library)?
            .credential_algorithms(COSEAlgorithm::secure_algs())
            .user_verification_policy(UserVerificationPolicy::Preferred)
            .exclude_credentials(Some(known));
        let (mut options, state) = party.generate_challenge_register(builder).map_err(library)?;
        if let Some(wish) = options.public_key.authenticator_selection.as_mut() {
            // Kept in the key where it has room, so that signing in needs no account name.
            wish.resident_key = Some(ResidentKeyRequirement::Preferred);
        }
        let id = self.keep_ceremony(visitor, "register", Some(person), &state).await?;
        Ok(json!({ "ceremony": id, "options": options }))
    }

    /// Keeps the key the browser made.
    pub(crate) async fn finish_registration(
        &self,
        visitor: &Visitor,
        person: &PersonId,
        ceremony: &str,
        answer: &str,
        name: &str,
    ) -> Result<(), KeyRefusal> {
        enum Key {}
        let party = relying_party(&visitor.site)?;
        let (state, _) = self.take_ceremony::<RegistrationState>(visitor, ceremony, "register", Some(person)).await?;
        let answer: RegisterPublicKeyCredential = serde_json::from_str(answer).map_err(|_| KeyRefusal::Wrong)?;
        let mut credential = party.register_credential(&answer, &state, None).map_err(library)?;
        // The library would turn a key away that verified its owner once and does not today; here it is one factor then.
        credential.registration_policy = UserVerificationPolicy::Discouraged_DO_NOT_USE;
        let id = self.inner.ambient.new_id::<Key>();
        let now = self.inner.ambient.now();
        let state = serde_json::to_string(&credential).map_err(StoreError::from)?;
        let key = credential_key(&credential.cred_id);
        let (verifies, synced) = (credential.user_verified, credential.backup_eligible);
        let counter = i64::from(credential.counter);
        let name: String = haidang_kernel::text::tidy(name).chars().take(NAME_MAX).collect();
        let entry = visitor.audit("passkey.added", "passkey", id.as_str());
        let device = visitor.device.clone();
        let written = self
            .inner
            .db
            .transaction(|tx| {
                let values = args![&id, person, &key, &name, &state, counter, verifies, synced, now];
                let (person, entry, device) = (person.clone(), entry.clone(), device.clone());
                Box::pin(async move {
                    tx.execute(sql::INSERT_PASSKEY, values).await?;
                    tx.audit(entry).await?;
                    notices::tell(tx, &person, Happened::PasskeyAdded, device.as_deref()).await?;
                    Ok::<(), StoreError>(())
                })
            })
            .await;
        match written {
            Err(error) if error.is_unique() => Err(KeyRefusal::Known),
            other => Ok(other?),
        }
    }

    /// Asks the browser to prove a key.
    ///
    /// For an account name the answer looks the same whoever has it: an unknown account and one without keys are given
    /// a key that does not exist, always the same one.
    pub(crate) async fn begin_assertion(&self, visitor: &Visitor, asked: Asked<'_>) -> Result<Value, KeyRefusal> {
        let party = relying_party(&visitor.site)?;
        let (purpose, person, policy) = match &asked {
            Asked::Person(person) => ("step_up", Some((*person).clone()), UserVerificationPolicy::Required),
            Asked::Account(name) => ("sign_in", self.person_named(name).await?, UserVerificationPolicy::Preferred),
            Asked::Anyone => ("sign_in", None, UserVerificationPolicy::Preferred),
        };
        let keys = match &person {
            Some(person) => self.passkeys(person).await?,
            None => Vec::new(),
        };
        let usable = keys.into_iter().filter(|key| key.flagged_at.is_none()).map(|key| key.credential).collect();
        let builder = party.new_challenge_authenticate_builder(usable, Some(policy)).map_err(library)?;
        let (mut options, mut state) = party.generate_challenge_authenticate(builder).map_err(library)?;
        // What is known of the keys is read again with the answer: their counters move meanwhile.
        state.set_allowed_credentials(Vec::new());
        if let Asked::Account(name) = asked
            && options.public_key.allow_credentials.is_empty()
        {
            let name = crate::rules::normal_username(name);
            let id = hmac_sha256(&visitor.site.settings.secret, format!("passkey\u{0}{name}").as_bytes()).to_vec();
            options.public_key.allow_credentials.push(AllowCredentials {
                type_: "public-key".to_owned(),
                id,
                transports: None,
            });
        }
        for allowed in &mut options.public_key.allow_credentials {
            // How somebody's key is reached would tell a real one from one that does not exist.
            allowed.transports = None;
        }
        let id = self.keep_ceremony(visitor, purpose, person.as_ref(), &state).await?;
        Ok(json!({ "ceremony": id, "options": options }))
    }

    async fn person_named(&self, typed: &str) -> Result<Option<PersonId>, StoreError> {
        let name = crate::rules::normal_username(typed);
        let row = self.inner.db.fetch_optional(crate::sql::CREDENTIAL_BY_USERNAME, args![name]).await?;
        row.map(|row| row.id("person")).transpose()
    }

    /// Checks the browser's proof of a key.
    pub(crate) async fn finish_assertion(
        &self,
        visitor: &Visitor,
        ceremony: &str,
        answer: &str,
        signed_in: Option<&PersonId>,
    ) -> Result<Proof, KeyRefusal> {
        let party = relying_party(&visitor.site)?;
        let purpose = if signed_in.is_some() { "step_up" } else { "sign_in" };
        let (state, asked) = self.take_ceremony::<AuthenticationState>(visitor, ceremony, purpose, signed_in).await?;
        let answer: PublicKeyCredential = serde_json::from_str(answer).map_err(|_| KeyRefusal::Wrong)?;
        let known = credential_key(&answer.raw_id);
        let row = self.inner.db.fetch_optional(sql::PASSKEY_BY_CREDENTIAL, args![known]).await?;
        let key = row.as_ref().map(passkey).transpose()?.ok_or(KeyRefusal::Wrong)?;
        // The key is the asked person's, or it names its owner itself; what it names must always be its owner.
        let named = answer.get_user_unique_id().map(|named| named == handle(&key.person));
        let owner = match &asked {
            Some(person) => *person == key.person && named != Some(false),
            None => named == Some(true),
        };
        if !owner || key.locked {
            return Err(KeyRefusal::Wrong);
        }
        if key.flagged_at.is_some() {
            return Err(KeyRefusal::Flagged);
        }
        match party.authenticate_single_credential(&answer, &state, &key.credential) {
            Ok(result) => self.use_key(&key, &result).await,
            Err(error) => {
                let refusal = library(error);
                if matches!(refusal, KeyRefusal::Flagged) {
                    self.flag_key(visitor, &key).await?;
                }
                Err(refusal)
            }
        }
    }

    async fn use_key(&self, key: &Passkey, result: &AuthenticationResult) -> Result<Proof, KeyRefusal> {
        let mut credential = key.credential.clone();
        credential.counter = result.counter();
        credential.backup_state = result.backup_state();
        credential.backup_eligible = result.backup_eligible();
        let state = serde_json::to_string(&credential).map_err(StoreError::from)?;
        let now = self.inner.ambient.now();
        let values = args![&key.id, state, i64::from(result.counter()), result.backup_eligible(), now];
        if self.inner.db.execute(sql::USE_PASSKEY, values).await? == 0 {
            // Somebody used the same count a moment ago.
            return Err(KeyRefusal::Wrong);
        }
        let verified = result.user_verified();
        Ok(Proof { person: key.person.clone(), verified, synced: result.backup_eligible() })
    }

    async fn flag_key(&self, visitor: &Visitor, key: &Passkey) -> Result<(), StoreError> {
        let entry = AuditEntry::mutation("passkey.flagged", ActorRef::system())
            .object("passkey", &key.id)
            .request(&visitor.request_id);
        let now = self.inner.ambient.now();
        self.inner
            .db
            .transaction(|tx| {
                let (id, person, entry) = (key.id.clone(), key.person.clone(), entry.clone());
                Box::pin(async move {
                    if tx.execute(sql::FLAG_PASSKEY, args![&id, now]).await? > 0 {
                        tx.audit(entry).await?;
                        notices::tell(tx, &person, Happened::PasskeyFlagged, None).await?;
                    }
                    Ok::<(), StoreError>(())
                })
            })
            .await
    }

    /// Removes a key of the person; `false` when there is none of this id.
    pub(crate) async fn remove_key(&self, visitor: &Visitor, person: &PersonId, id: &str) -> Result<bool, StoreError> {
        let entry = visitor.audit("passkey.removed", "passkey", id);
        let device = visitor.device.clone();
        self.inner
            .db
            .transaction(|tx| {
                let (id, person, entry) = (id.to_owned(), person.clone(), entry.clone());
                let device = device.clone();
                Box::pin(async move {
                    if tx.execute(sql::DELETE_PASSKEY, args![&id, &person]).await? == 0 {
                        return Ok(false);
                    }
                    tx.audit(entry).await?;
                    notices::tell(tx, &person, Happened::PasskeyRemoved, device.as_deref()).await?;
                    Ok::<bool, StoreError>(true)
                })
            })
            .await
    }

    async fn keep_ceremony(
        &self,
        visitor: &Visitor,
        purpose: &str,
        person: Option<&PersonId>,
        state: &impl serde::Serialize,
    ) -> Result<String, StoreError> {
        let id = self.inner.ambient.secret();
        let now = self.inner.ambient.now();
        let until = now.checked_add(rules::CEREMONY).unwrap_or(now);
        let person = person.map(|person| person.as_str().to_owned());
        let state = serde_json::to_string(state)?;
        let values = args![tokens::digest(&id), purpose, person, bound_to(visitor), state, until];
        self.inner.db.execute(sql::INSERT_CEREMONY, values).await?;
        Ok(id)
    }

    /// Uses a ceremony up and gives back its state with the person it was for.
    async fn take_ceremony<S: serde::de::DeserializeOwned>(
        &self,
        visitor: &Visitor,
        id: &str,
        purpose: &str,
        signed_in: Option<&PersonId>,
    ) -> Result<(S, Option<PersonId>), KeyRefusal> {
        let digest = tokens::digest(id);
        let rows = self
            .inner
            .db
            .transaction(|tx| {
                let digest = digest.clone();
                Box::pin(async move { tx.fetch_all(sql::TAKE_CEREMONY, args![digest]).await })
            })
            .await?;
        let row = rows.first().ok_or(KeyRefusal::Over)?;
        let person: Option<PersonId> = row.opt_id("person")?;
        let same = row.text("purpose")? == purpose && row.text("bound_to")? == bound_to(visitor);
        let same_person = signed_in.is_none() || person.as_ref() == signed_in;
        if !same || !same_person || row.timestamp("expires_at")? <= self.inner.ambient.now() {
            return Err(KeyRefusal::Over);
        }
        Ok((row.json("state")?, person))
    }
}
