//! Naming heads, giving and ending delegations. Nothing is ever removed: what was said stays with when it was said.

use crate::authority::model::{Delegation, Form, HeadMandate, Refusal, Term};
use crate::authority::{rules, sql};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use haidang_contracts::actor::PersonId;
use haidang_contracts::identity::{Agency, StaffMember};
use haidang_kernel::id::Id;
use haidang_kernel::problem::{FieldError, Problem};
use haidang_kernel::text;
use haidang_store::{AuditEntry, StoreError, args};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

/// Markers of ids.
enum MandateRow {}
enum DelegationRow {}

/// What lets an official name heads and give delegations.
pub const MANAGE: &str = "authority.manage";
const LEGAL_BASIS: &str = "30/2020/NĐ-CP Điều 13";

/// A head to be named.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMandate {
    /// Opaque id of an official of the agency.
    #[schema(value_type = String)]
    pub person: PersonId,
    /// Acting head (Q).
    #[serde(default)]
    pub acting: bool,
    /// The decision: number, date, who decided.
    pub basis: String,
    /// First day.
    #[schema(value_type = String, format = "date")]
    pub from: Date,
    /// Last day, when one is known.
    #[schema(value_type = Option<String>, format = "date")]
    #[serde(default)]
    pub to: Option<Date>,
}

/// A delegation to be given.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDelegation {
    /// Opaque id of the head who lets sign.
    #[schema(value_type = String)]
    pub from_person: PersonId,
    /// Opaque id of the official who will sign.
    #[schema(value_type = String)]
    pub person: PersonId,
    /// `KT`, `TL` or `TUQ`.
    pub form: Form,
    /// Codes of kinds; empty for every kind.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// Codes of fields; empty for every field.
    #[serde(default)]
    pub fields: Vec<String>,
    /// The assignment of work, work rule or authorisation it rests on.
    pub basis: String,
    /// Id of the document it rests on; needed for `TUQ`.
    #[serde(default)]
    pub basis_document: Option<String>,
    /// Why.
    pub reason: String,
    /// First day.
    #[schema(value_type = String, format = "date")]
    pub from: Date,
    /// Last day; needed for `TUQ`.
    #[schema(value_type = Option<String>, format = "date")]
    #[serde(default)]
    pub to: Option<Date>,
}

impl OfficeRoom {
    /// Names the head of an agency, or an acting head, between two days.
    ///
    /// # Errors
    /// `not_allowed`, `agency_not_found`, `authority_invalid` with the fields, `mandate_overlaps`.
    pub async fn give_mandate(&self, reader: &Reader<'_>, agency: &str, new: &NewMandate) -> Result<String, Problem> {
        let organ = self.manageable(reader, agency).await?;
        let member = self.member(agency, &new.person).await?;
        let mut errors = rules::term_errors(new.from, new.to, self.ambient.today());
        errors.extend(rules::text_errors("basis", &new.basis));
        let Some(member) = member.filter(|_| errors.is_empty()) else {
            return Err(wrong(errors, "person", "not_staff"));
        };
        let settings = self.authority.organ(&organ);
        let post = printed(settings.map_or(member.title.as_str(), |organ| organ.head.as_str()));
        let collective = settings.and_then(|organ| organ.collective.as_deref()).map(printed);
        let id: Id<MandateRow> = self.ambient.new_id();
        let now = self.ambient.now();
        let term = Term { from: new.from, to: new.to, given_at: now, ended_at: None };
        let form = if new.acting { Form::Acting } else { Form::Head };
        let by = reader.actor.person.clone();
        let values = args![
            &id,
            agency,
            &new.person,
            form.as_str(),
            &post,
            &collective,
            text::tidy(&new.basis),
            new.from,
            new.to,
            &by,
            now
        ];
        let entry = self.entry(reader, agency, "authority.mandate_given", "mandate", id.as_str()).detail(json!({
            "person": new.person.as_str(), "form": form.as_str(), "from": new.from.to_string(),
            "to": new.to.map(|day| day.to_string())
        }));
        let agency = agency.to_owned();
        self.db
            .transaction(move |tx| {
                let (values, entry, agency, term) = (values.clone(), entry.clone(), agency.clone(), term.clone());
                Box::pin(async move {
                    // Two heads named at the same moment: the second waits here and then sees the first.
                    tx.execute(sql::TOUCH_AGENCY, args![&agency, now]).await?;
                    let others = tx.fetch_all(sql::MANDATES, args![&agency]).await?;
                    let others = others.iter().map(HeadMandate::read).collect::<Result<Vec<_>, StoreError>>()?;
                    if others.iter().any(|other| other.term.overlaps(&term)) {
                        let detail = format!("{agency} has a head on some of these days: end that mandate first");
                        return Err(Problem::conflict("mandate_overlaps", detail));
                    }
                    tx.execute(sql::INSERT_MANDATE, values).await?;
                    tx.audit(entry).await?;
                    Ok::<_, Problem>(())
                })
            })
            .await?;
        Ok(id.to_string())
    }

    /// Lets somebody sign for the head of an agency.
    ///
    /// # Errors
    /// `not_allowed`, `agency_not_found`, `authority_invalid` with the fields, `no_mandate`, `no_further_delegation`.
    pub async fn give_delegation(
        &self,
        reader: &Reader<'_>,
        agency: &str,
        new: &NewDelegation,
    ) -> Result<String, Problem> {
        self.manageable(reader, agency).await?;
        let member = self.member(agency, &new.person).await?;
        let errors = rules::delegation_errors(new, &self.authority, self.ambient.today());
        let Some(member) = member.filter(|_| errors.is_empty()) else {
            return Err(wrong(errors, "person", "not_staff"));
        };
        let now = self.ambient.now();
        let term = Term { from: new.from, to: new.to, given_at: now, ended_at: None };
        let heads = self.mandates(agency).await?;
        let head = heads.iter().find(|head| head.person == new.from_person && head.term.overlaps(&term));
        let Some(head) = head else {
            // What was delegated is not delegated on (Decree 30/2020/NĐ-CP, Article 13, clause 4).
            if !self.delegations_of(agency, &new.from_person).await?.is_empty() {
                let detail = "whoever signs by delegation cannot let others sign: the head gives it";
                return Err(Problem::conflict("no_further_delegation", detail));
            }
            return Err(Refusal::NoMandate.into());
        };
        if head.person == new.person {
            return Err(wrong(Vec::new(), "person", "is_head"));
        }
        let id: Id<DelegationRow> = self.ambient.new_id();
        let values = args![
            &id,
            agency,
            &new.person,
            new.form.as_str(),
            &head.post,
            printed(&member.title),
            json!(new.kinds),
            json!(new.fields),
            text::tidy(&new.basis),
            new.basis_document.as_deref().filter(|id| !id.is_empty()),
            text::tidy(&new.reason),
            new.from,
            new.to,
            &reader.actor.person,
            now
        ];
        let entry = self.entry(reader, agency, "authority.delegation_given", "delegation", id.as_str()).detail(json!({
            "person": new.person.as_str(), "head": head.id, "form": new.form.as_str(), "kinds": new.kinds,
            "fields": new.fields, "basis_document": new.basis_document, "from": new.from.to_string(),
            "to": new.to.map(|day| day.to_string())
        }));
        self.write(sql::INSERT_DELEGATION, values, entry).await?;
        Ok(id.to_string())
    }

    /// Ends a mandate before its last day. What was signed before stays as it was.
    ///
    /// # Errors
    /// `not_allowed`, `mandate_not_found`, `authority_invalid`, `already_ended`.
    pub async fn end_mandate(&self, reader: &Reader<'_>, id: &str, reason: &str) -> Result<(), Problem> {
        let missing = || Problem::not_found("mandate_not_found", "no such mandate");
        let row = self.db.fetch_optional(sql::MANDATE, args![id]).await?.ok_or_else(missing)?;
        let mandate = HeadMandate::read(&row)?;
        self.end(reader, &mandate.agency, sql::END_MANDATE, id, reason, "mandate").await
    }

    /// Ends a delegation before its last day. What was signed before stays as it was.
    ///
    /// # Errors
    /// `not_allowed`, `delegation_not_found`, `authority_invalid`, `already_ended`.
    pub async fn end_delegation(&self, reader: &Reader<'_>, id: &str, reason: &str) -> Result<(), Problem> {
        let missing = || Problem::not_found("delegation_not_found", "no such delegation");
        let row = self.db.fetch_optional(sql::DELEGATION, args![id]).await?.ok_or_else(missing)?;
        let delegation = Delegation::read(&row)?;
        self.end(reader, &delegation.agency, sql::END_DELEGATION, id, reason, "delegation").await
    }

    async fn end(
        &self,
        reader: &Reader<'_>,
        agency: &str,
        statement: &'static str,
        id: &str,
        reason: &str,
        what: &'static str,
    ) -> Result<(), Problem> {
        self.manageable(reader, agency).await?;
        let errors = rules::text_errors("reason", reason);
        if !errors.is_empty() {
            return Err(Problem::invalid("authority_invalid", "say why it ends").with_errors(errors));
        }
        let action = if what == "mandate" { "authority.mandate_ended" } else { "authority.delegation_ended" };
        let entry = self.entry(reader, agency, action, what, id);
        let values = args![id, &reader.actor.person, self.ambient.now(), text::tidy(reason)];
        self.write(statement, values, entry).await
    }

    async fn write(
        &self,
        statement: &'static str,
        values: Vec<haidang_store::Value>,
        entry: AuditEntry,
    ) -> Result<(), Problem> {
        self.db
            .transaction(move |tx| {
                let (values, entry) = (values.clone(), entry.clone());
                Box::pin(async move {
                    if tx.execute(statement, values).await? == 0 {
                        return Err(Problem::conflict("already_ended", "it was ended before"));
                    }
                    tx.audit(entry).await?;
                    Ok::<_, Problem>(())
                })
            })
            .await
    }

    /// The agency, if the reader names its heads.
    async fn manageable(&self, reader: &Reader<'_>, agency: &str) -> Result<Agency, Problem> {
        if !reader.actor.can_in(MANAGE, agency) {
            return Err(Problem::forbidden("not_allowed", format!("capability {MANAGE} is missing at this agency")));
        }
        let missing = || Problem::not_found("agency_not_found", "no such agency");
        self.directory.agency(agency).await?.ok_or_else(missing)
    }

    /// The post of a person in an agency: the one that signs, when there are several.
    async fn member(&self, agency: &str, person: &PersonId) -> Result<Option<StaffMember>, Problem> {
        let mut posts: Vec<StaffMember> =
            self.directory.staff(agency).await?.into_iter().filter(|member| member.person == *person).collect();
        posts.sort_by_key(|post| !post.capabilities.contains("document.sign"));
        Ok(posts.into_iter().next())
    }

    fn entry(&self, reader: &Reader<'_>, agency: &str, action: &'static str, what: &str, id: &str) -> AuditEntry {
        AuditEntry::mutation(action, reader.actor_ref(agency))
            .object(what, id)
            .request(reader.request_id)
            .because(LEGAL_BASIS, "giao quyền ký văn bản")
    }
}

/// A title as it stands on paper: upper case, composed.
fn printed(title: &str) -> String {
    text::tidy(title).to_uppercase()
}

fn wrong(mut errors: Vec<FieldError>, field: &str, code: &'static str) -> Problem {
    if errors.is_empty() {
        errors.push(FieldError::new(field, code));
    }
    Problem::invalid("authority_invalid", "the fields named do not hold").with_errors(errors)
}
