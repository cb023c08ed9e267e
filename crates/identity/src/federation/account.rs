//! From an asserted person to an account of this city, and what is written on the way.

use haidang_contracts::actor::PersonId;
use haidang_contracts::identity::{PersonKind, PersonRecord};
use haidang_kernel::text;
use haidang_store::{ActorRef, AuditEntry, StoreError, Tx, args};
use jiff::Timestamp;
use serde_json::json;

use super::claims::Asserted;
use super::rules::{self, Decision, Known};
use super::sql;
use crate::bulk;
use crate::model::PersonSeed;
use crate::pages::signed_in;
use crate::room::{IdentityRoom, StoredPerson};

/// How a sign-in through an upstream ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Admitted {
    /// The account.
    Person(PersonId),
    /// Another upstream must be shown too, fresh, before this one leads to the same account.
    Link(PersonId, String),
    /// Somebody else than was expected; nothing of them was written.
    Other,
    /// Not here.
    Refused(Decision),
}

/// Fields of a person that an upstream may bring up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fresh {
    full_name: String,
    birth_date: Option<String>,
    sex: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    address: Option<String>,
    nationality: Option<String>,
    account_level: u8,
}

/// The record after this assertion and the names of the fields that differ.
fn refreshed(stored: &StoredPerson, asserted: &Asserted) -> (Fresh, Vec<&'static str>) {
    let record = &stored.record;
    let mut changed = Vec::new();
    let mut take = |name: &'static str, old: &Option<String>, new: &Option<String>| match new {
        Some(new) if old.as_ref() != Some(new) => {
            changed.push(name);
            Some(new.clone())
        }
        _ => old.clone(),
    };
    let mut fresh = Fresh {
        full_name: record.full_name.clone(),
        birth_date: take("birth_date", &record.birth_date, &asserted.birth_date),
        sex: take("sex", &record.sex, &asserted.sex),
        phone: take("phone", &record.phone, &asserted.phone),
        email: take("email", &record.email, &asserted.email),
        address: take("address", &record.address, &asserted.address),
        nationality: take("nationality", &record.nationality, &asserted.nationality),
        account_level: asserted.account_level,
    };
    if rules::other_name(&record.full_name, &asserted.full_name) {
        fresh.full_name.clone_from(&asserted.full_name);
        changed.push("full_name");
    }
    if stored.account_level != asserted.account_level {
        changed.push("account_level");
    }
    (fresh, changed)
}

impl IdentityRoom {
    /// Finds, registers or brings up to date the account of an asserted person, who must be the `expected` one when a
    /// session is to be raised.
    pub(super) async fn admit(
        &self,
        upstream: &str,
        asserted: &Asserted,
        expected: Option<&PersonId>,
        request: &str,
    ) -> Result<Admitted, StoreError> {
        let db = &self.inner.db;
        let linked = db.fetch_optional(sql::PERSON_OF_SUBJECT, args![upstream, &asserted.subject]).await?;
        let linked: Option<PersonId> = linked.map(|row| row.id("person")).transpose()?;
        let stored = self.by_number(&asserted.personal_id).await?;
        let known = match &stored {
            Some(stored) => Some(self.known(upstream, stored).await?),
            None => None,
        };
        let decision = rules::decide(asserted, linked.as_ref(), known.as_ref(), self.today());
        let (person, link) = match &decision {
            Decision::Enter(person) => (person.clone(), None),
            Decision::First(person) => (person.clone(), Some("identity.linked")),
            Decision::Renamed(person) => (person.clone(), Some("identity.renamed")),
            Decision::Register => (self.inner.ambient.new_id(), Some("identity.linked")),
            Decision::Link(person, _) if expected.is_some_and(|expected| expected != person) => {
                return Ok(Admitted::Other);
            }
            Decision::Link(person, other) => return Ok(Admitted::Link(person.clone(), other.clone())),
            _ => return Ok(Admitted::Refused(decision)),
        };
        if expected.is_some_and(|expected| *expected != person) {
            return Ok(Admitted::Other);
        }
        let plan = Plan {
            upstream: upstream.to_owned(),
            asserted: asserted.clone(),
            person: person.clone(),
            register: decision == Decision::Register,
            refresh: stored.as_ref().map(|stored| refreshed(stored, asserted)),
            link,
            request: request.to_owned(),
            now: self.inner.ambient.now(),
        };
        let written = db
            .transaction(|tx| {
                let plan = plan.clone();
                Box::pin(async move { plan.write(tx).await })
            })
            .await;
        // Somebody with this number or identifier was registered in the same moment: the next attempt finds them.
        match written {
            Ok(true) => Ok(Admitted::Person(person)),
            Ok(false) | Err(StoreError::Unique(_)) => Ok(Admitted::Refused(Decision::Conflict)),
            Err(error) => Err(error),
        }
    }

    async fn known(&self, upstream: &str, stored: &StoredPerson) -> Result<Known, StoreError> {
        let mut known = Known {
            person: stored.record.id.clone(),
            locked: stored.locked,
            birth_date: stored.record.birth_date.clone(),
            subject: None,
            elsewhere: None,
        };
        for row in self.inner.db.fetch_all(sql::ACCOUNTS_OF, args![&known.person]).await? {
            let at = row.text("upstream")?;
            if at == upstream {
                known.subject = Some(row.text("subject")?);
            } else if known.elsewhere.is_none() && self.federation().is_some_and(|f| f.find(&at).is_some()) {
                known.elsewhere = Some(at);
            }
        }
        Ok(known)
    }

    /// Joins an identifier to an account after both were shown.
    pub(super) async fn link(
        &self,
        upstream: &str,
        subject: &str,
        person: &PersonId,
        actor: ActorRef,
        request: &str,
    ) -> Result<bool, StoreError> {
        let now = self.inner.ambient.now();
        self.inner
            .db
            .transaction(|tx| {
                let (upstream, subject, person) = (upstream.to_owned(), subject.to_owned(), person.clone());
                let (actor, request) = (actor.clone(), request.to_owned());
                Box::pin(async move {
                    let taken = tx.fetch_optional(sql::PERSON_OF_SUBJECT, args![&upstream, &subject]).await?;
                    if taken.map(|row| row.id("person")).transpose()?.is_some_and(|owner: PersonId| owner != person) {
                        return Ok(false);
                    }
                    tx.execute(sql::PUT_ACCOUNT, args![&upstream, &subject, &person, now]).await?;
                    let entry = AuditEntry::mutation("identity.linked", actor)
                        .object("person", person.as_str())
                        .request(&request)
                        .detail(json!({ "upstream": upstream }));
                    tx.audit(entry).await?;
                    Ok::<bool, StoreError>(true)
                })
            })
            .await
    }
}

#[derive(Clone)]
struct Plan {
    upstream: String,
    asserted: Asserted,
    person: PersonId,
    register: bool,
    refresh: Option<(Fresh, Vec<&'static str>)>,
    /// The act that notes a new identifier.
    link: Option<&'static str>,
    request: String,
    now: Timestamp,
}

impl Plan {
    fn entry(&self, action: &'static str) -> AuditEntry {
        AuditEntry::mutation(action, signed_in("resident", &self.person))
            .object("person", self.person.as_str())
            .request(&self.request)
            .subject(&self.asserted.personal_id)
            .own()
    }

    /// Writes everything; `false` when somebody was faster.
    async fn write(&self, tx: &mut Tx<'_>) -> Result<bool, StoreError> {
        if self.register && bulk::insert_persons(tx, &[self.seed()]).await? == 0 {
            return Ok(false);
        }
        if self.register {
            tx.audit(self.entry("person.registered").detail(json!({ "upstream": self.upstream }))).await?;
        }
        if let Some((fresh, changed)) = self.refresh.as_ref().filter(|(_, changed)| !changed.is_empty()) {
            let (key, sort) = (text::search_key(&fresh.full_name), text::person_sort_key(&fresh.full_name));
            let values = args![
                &self.person,
                &fresh.full_name,
                key,
                sort,
                &fresh.birth_date,
                &fresh.sex,
                &fresh.phone,
                &fresh.email,
                &fresh.address,
                &fresh.nationality,
                i64::from(fresh.account_level),
                self.now,
            ];
            tx.execute(sql::REFRESH_PERSON, values).await?;
            // Which fields, never their values: the record itself tells those.
            let detail = json!({ "upstream": self.upstream, "changed": changed });
            tx.audit(self.entry("person.refreshed").detail(detail)).await?;
        }
        let subject = &self.asserted.subject;
        match self.link {
            None => {
                tx.execute(sql::TOUCH_ACCOUNT, args![&self.upstream, subject, self.now]).await?;
            }
            Some(action) => {
                if tx.fetch_optional(sql::PERSON_OF_SUBJECT, args![&self.upstream, subject]).await?.is_some() {
                    return Ok(false);
                }
                tx.execute(sql::PUT_ACCOUNT, args![&self.upstream, subject, &self.person, self.now]).await?;
                tx.audit(self.entry(action).detail(json!({ "upstream": self.upstream }))).await?;
            }
        }
        Ok(true)
    }

    fn seed(&self) -> PersonSeed {
        let asserted = &self.asserted;
        PersonSeed {
            person: PersonRecord {
                id: self.person.clone(),
                kind: PersonKind::Person,
                full_name: asserted.full_name.clone(),
                citizen_no: Some(asserted.personal_id.clone()),
                tax_no: None,
                birth_date: asserted.birth_date.clone(),
                sex: asserted.sex.clone(),
                ethnicity: None,
                nationality: asserted.nationality.clone(),
                commune_code: None,
                address: asserted.address.clone(),
                phone: asserted.phone.clone(),
                email: asserted.email.clone(),
            },
            account_level: asserted.account_level,
        }
    }
}
