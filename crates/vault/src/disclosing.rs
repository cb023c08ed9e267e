//! Documents handed to another system of the city: for a purpose, for a case, on the strength of a consent or a law.
//!
//! Nothing is trusted that was true a moment ago: consent, case and capability are asked for each read, and the access
//! is on the person's log before the first byte leaves.

use crate::model::ItemRow;
use crate::room::{Reader, VaultRoom};
use crate::{rules, sql};
use haidang_contracts::access::Delayed;
use haidang_contracts::actor::PersonId;
use haidang_contracts::consent::{Basis, Decision, Purpose};
use haidang_kernel::problem::Problem;
use haidang_store::{AuditEntry, StoreError, args};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// What a system may do that reads vaults.
pub(crate) const CAPABILITY: &str = "vault.read";
/// Kinds of documents in one grant.
const MOST_KINDS: usize = 20;

/// What a system asks for; the same as a granted `authorization_details` of type `vn.haidang.vault.read`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// Opaque id of the person whose documents are read.
    pub subject: String,
    /// Codes of kinds of documents.
    pub datatypes: Vec<String>,
    /// Code of the purpose.
    pub purpose: String,
    /// Id of the case for which they are read.
    pub case_id: String,
}

/// What a system received, and the record that says so.
#[derive(Debug)]
pub struct Disclosed {
    /// Id of the audit record.
    pub access: String,
    /// Documents.
    pub items: Vec<ItemRow>,
}

/// Everything about a grant that was checked.
struct Judged {
    owner: PersonId,
    number: String,
    purpose: Purpose,
    consent: Option<String>,
}

/// The same words for every detail that does not hold (RFC 9396).
fn invalid(detail: &str) -> Problem {
    Problem::bad_request("invalid_authorization_details", detail)
}

impl VaultRoom {
    async fn judge(&self, reader: &Reader<'_>, grant: &Grant) -> Result<Judged, Problem> {
        let agencies = reader.actor.agencies_with(CAPABILITY);
        if agencies.is_empty() {
            return Err(Problem::forbidden("not_allowed", "the token does not let this system read vaults"));
        }
        let purpose = self.inner().consents.purpose(&grant.purpose).ok_or_else(|| invalid("unknown purpose"))?;
        let distinct: BTreeSet<&String> = grant.datatypes.iter().collect();
        if distinct.is_empty() || distinct.len() != grant.datatypes.len() || distinct.len() > MOST_KINDS {
            return Err(invalid("kinds of documents: none, too many or repeated"));
        }
        for kind in distinct {
            if !self.inner().cases.knows_document_kind(kind).await? {
                return Err(invalid("unknown kind of document"));
            }
        }
        let owner = PersonId::parse(&grant.subject).map_err(|_| invalid("the subject is no id"))?;
        // Whether such a person exists is no business of a system without a case of theirs.
        let unrelated = || Problem::forbidden("case_unrelated", "no open case of this person at the system's agency");
        let number = self.personal_number(&owner).await?.ok_or_else(unrelated)?;
        let case = self.inner().cases.case_facts(&grant.case_id).await?;
        let related = case.is_some_and(|case| {
            case.owner == owner && case.open && case.agencies.iter().any(|agency| agencies.contains(agency))
        });
        if !related {
            return self.refuse(reader, grant, &purpose, number, unrelated()).await;
        }
        let mut consent = None;
        if purpose.basis == Basis::Consent {
            let standing = self.inner().consents.standing(&owner, &purpose.code).await?;
            let now = self.inner().ambient.now();
            match standing {
                Some(standing) if standing.allows(now) => consent = Some(standing.receipt),
                standing => {
                    let taken_back = standing.is_some_and(|s| s.decision == Decision::Withdrawn);
                    let code = if taken_back { "consent_withdrawn" } else { "consent_missing" };
                    let problem = Problem::forbidden(code, "the person has not agreed to this purpose");
                    return self.refuse(reader, grant, &purpose, number, problem).await;
                }
            }
        }
        Ok(Judged { owner, number, purpose, consent })
    }

    fn entry(&self, reader: &Reader<'_>, grant: &Grant, purpose: &Purpose, number: String, object: &str) -> AuditEntry {
        let agency = reader.actor.agencies_with(CAPABILITY).into_iter().next().unwrap_or_default();
        AuditEntry::read("vault.disclosed", reader.actor_ref())
            .agency(&agency)
            .object("vault_item", object)
            .request(reader.request_id)
            .because(&purpose.legal_basis, &purpose.title.vi)
            .subjects([number])
            .detail(json!({ "purpose": purpose.code, "datatypes": grant.datatypes }))
            .case(&grant.case_id)
    }

    /// A refused attempt is on the person's log too.
    async fn refuse<T>(
        &self,
        reader: &Reader<'_>,
        grant: &Grant,
        purpose: &Purpose,
        number: String,
        problem: Problem,
    ) -> Result<T, Problem> {
        let entry = self.entry(reader, grant, purpose, number, "grant").refused();
        self.inner().db.record_read(entry).await?;
        Err(problem)
    }

    /// Until when an access stays off the person's log, where the pack and its clause say so.
    fn delay(&self, purpose: &Purpose) -> Option<Delayed> {
        let (days, clause) = purpose.delay_days.zip(purpose.delay_basis.clone())?;
        let from = self.inner().ambient.now().checked_add(SignedDuration::from_hours(24 * days)).ok()?;
        Some(Delayed { visible_from: from, legal_basis: clause })
    }

    /// Hands out what a grant covers, or one document of it. The access is durable when this answers.
    ///
    /// # Errors
    /// `not_allowed`, `invalid_authorization_details`, `case_unrelated`, `consent_missing`, `consent_withdrawn`,
    /// `item_not_found`.
    pub async fn disclose(&self, reader: &Reader<'_>, grant: &Grant, item: Option<&str>) -> Result<Disclosed, Problem> {
        let judged = self.judge(reader, grant).await?;
        let (at, limit) = (i64::MAX, 200_i64);
        let rows = self.inner().db.fetch_all(sql::OF_OWNER, args![judged.owner.as_str(), at, "", limit]).await?;
        let mut items: Vec<ItemRow> = rows.iter().map(ItemRow::read).collect::<Result<_, _>>()?;
        items.retain(|row| rules::fits(&row.item, &grant.datatypes));
        if let Some(id) = item {
            items.retain(|row| row.item.id == id);
            if items.is_empty() {
                return Err(Problem::not_found("item_not_found", "no such document under this grant"));
            }
        }
        let object = item.unwrap_or("grant");
        let mut entry = self.entry(reader, grant, &judged.purpose, judged.number, object);
        if let serde_json::Value::Object(facts) = &mut entry.detail {
            facts.insert("consent".to_owned(), json!(judged.consent));
            facts.insert("items".to_owned(), json!(items.iter().map(|row| &row.item.id).collect::<Vec<_>>()));
        }
        let access = self.record_disclosure(entry, &judged.purpose).await?;
        Ok(Disclosed { access, items })
    }

    async fn record_disclosure(&self, mut entry: AuditEntry, purpose: &Purpose) -> Result<String, Problem> {
        let Some(delayed) = self.delay(purpose) else {
            return Ok(self.inner().db.record_read(entry).await?.to_string());
        };
        entry = entry.delayed(&delayed);
        let (now, code) = (self.inner().ambient.now(), purpose.code.clone());
        let agency = entry.actor.agency.clone();
        let written = self
            .inner()
            .db
            .transaction(move |tx| {
                let (entry, agency, code, delayed) = (entry.clone(), agency.clone(), code.clone(), delayed.clone());
                Box::pin(async move {
                    let id = tx.audit(entry).await?;
                    let row = args![id.as_str(), agency, code, delayed.legal_basis, now, delayed.visible_from];
                    tx.execute(sql::INSERT_DELAYED, row).await?;
                    Ok::<_, StoreError>(id.to_string())
                })
            })
            .await?;
        Ok(written)
    }
}
