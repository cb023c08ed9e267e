//! Writing decisions down and answering how somebody stands to a purpose.

use super::proof::OBJECT;
use super::purposes::text_hash;
use super::receipt::{Broken, Receipt, verify};
use super::rules::{self, Step};
use super::sql;
use crate::room::{IdentityRoom, refused};
use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::actor::PersonId;
use haidang_contracts::consent::{Consents, Decision, NewDecision, Purpose, Standing};
use haidang_contracts::events::{CONSENT_WITHDRAWN, ConsentWithdrawn};
use haidang_contracts::identity::Identity as _;
use haidang_kernel::chain::Hash;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_store::{ActorRef, AuditEntry, StoreError, Tx, args};
use serde_json::json;

/// Marker of a receipt.
pub enum ConsentRecord {}

fn standing(receipt: &Receipt) -> Standing {
    Standing { decision: receipt.decision, receipt: receipt.id.clone(), at: receipt.at, expires_at: receipt.expires_at }
}

/// Fault of a decision inside its transaction.
enum Fault {
    Store(StoreError),
    Refused(&'static str),
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Fault::Store(error)
    }
}

/// Everything of a decision that is known before its place in the chain is.
#[derive(Clone)]
struct Decided {
    new: NewDecision,
    purpose: Purpose,
    number: Option<String>,
}

impl IdentityRoom {
    /// A person's receipts, oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn receipts(&self, subject: &PersonId) -> Result<Vec<Receipt>, StoreError> {
        self.inner.db.fetch_all(sql::CHAIN, args![subject]).await?.iter().map(Receipt::read).collect()
    }

    /// Whether a person's chain proves itself.
    ///
    /// # Errors
    /// What the database says.
    pub async fn verify_receipts(&self, subject: &PersonId) -> Result<Result<(), Broken>, StoreError> {
        Ok(verify(&self.receipts(subject).await?))
    }

    /// A decision on the person's own page or endpoint: whoever is authorised for some procedures decides nothing here.
    pub(crate) async fn decide_own(&self, new: &NewDecision) -> Result<String, Problem> {
        if !new.actor.acts_in_full() {
            return Err(Problem::forbidden("outside_mandate", "the mandate is for procedures alone"));
        }
        self.decide(new).await.map_err(|error| match error {
            ContractError::NotFound(_) => Problem::not_found("purpose_not_found", "the city has no such purpose"),
            other => other.into(),
        })
    }

    async fn write_decision(&self, tx: &mut Tx<'_>, decided: Decided) -> Result<String, Fault> {
        let Decided { new, purpose, number } = decided;
        let last = tx.fetch_optional(sql::STANDING, args![&new.subject, &new.purpose]).await?;
        let last = last.as_ref().map(Receipt::read).transpose()?.as_ref().map(standing);
        let now = self.inner.ambient.now();
        match rules::step(&purpose, last.as_ref(), new.decision, now).map_err(Fault::Refused)? {
            Step::Stands => return Ok(last.map(|last| last.receipt).unwrap_or_default()),
            Step::Write => {}
        }
        let before = tx.fetch_optional(sql::LAST, args![&new.subject]).await?;
        let before = before.as_ref().map(Receipt::read).transpose()?;
        let id: Id<ConsentRecord> = self.inner.ambient.new_id();
        let receipt = Receipt {
            id: id.to_string(),
            subject: new.subject.to_string(),
            seq: before.as_ref().map_or(1, |receipt| receipt.seq + 1),
            purpose: purpose.code.clone(),
            controller: purpose.controller.clone(),
            processor: purpose.processor.clone(),
            data: purpose.data.clone(),
            legal_basis: purpose.legal_basis.clone(),
            text_version: purpose.version.clone(),
            text_hash: text_hash(&purpose).to_string(),
            decision: new.decision,
            at: now,
            channel: new.channel.clone(),
            assurance: new.actor.assurance,
            expires_at: rules::expiry(&purpose, new.decision, now),
            decided_by: new.actor.person.to_string(),
            mandate: new.actor.mandates.first().map(|mandate| mandate.id.clone()),
            about: new.about.clone(),
            prev_hash: before.map_or(Hash::GENESIS, |receipt| receipt.hash),
            hash: Hash::GENESIS,
        }
        .sealed();
        if tx.insert_rows(sql::INSERT, [receipt.values()], "ON CONFLICT (subject, seq) DO NOTHING").await? == 0 {
            return Err(Fault::Store(tx.again("the chain of receipts went on meanwhile")));
        }
        let mut entry = AuditEntry::mutation("consent.decided", ActorRef::of(&new.actor, &new.channel))
            .object(OBJECT, &receipt.id)
            .request(&new.request_id)
            .because(&purpose.legal_basis, &purpose.title.vi)
            .subjects(number)
            // The audit's own chain holds the last hash of this one: cutting off its end shows too.
            .detail(
                json!({ "purpose": purpose.code, "decision": new.decision, "seq": receipt.seq, "hash": receipt.hash }),
            );
        if *new.actor.subject() == new.subject {
            entry = entry.own();
        }
        tx.audit(entry).await?;
        if new.decision == Decision::Withdrawn {
            let event = ConsentWithdrawn {
                receipt: receipt.id.clone(),
                subject: receipt.subject.clone(),
                purpose: receipt.purpose.clone(),
                at: now.as_microsecond(),
            };
            tx.emit(CONSENT_WITHDRAWN, &receipt.subject, &event).await?;
        }
        Ok(receipt.id)
    }
}

#[async_trait]
impl Consents for IdentityRoom {
    fn purpose(&self, code: &str) -> Option<Purpose> {
        self.around().purposes().get(code).cloned()
    }

    async fn standing(&self, subject: &PersonId, purpose: &str) -> Result<Option<Standing>, ContractError> {
        let row = self.inner.db.fetch_optional(sql::STANDING, args![subject, purpose]).await.map_err(refused)?;
        let receipt = row.as_ref().map(Receipt::read).transpose().map_err(refused)?;
        Ok(receipt.as_ref().map(standing))
    }

    async fn decide(&self, new: &NewDecision) -> Result<String, ContractError> {
        let purpose = Consents::purpose(self, &new.purpose).ok_or(ContractError::NotFound("purpose"))?;
        let number = self.person(&new.subject).await?.map(|person| person.personal_number().to_owned());
        let decided = Decided { new: new.clone(), purpose, number };
        let written: Result<String, Fault> = self
            .inner
            .db
            .transaction(|tx| {
                let decided = decided.clone();
                Box::pin(self.write_decision(tx, decided))
            })
            .await;
        written.map_err(|fault| match fault {
            Fault::Store(error) => refused(error),
            Fault::Refused(code) => {
                ContractError::Refused { code, detail: "the decision does not follow from the last one".to_owned() }
            }
        })
    }
}
