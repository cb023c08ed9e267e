//! Proposing a mandate, answering it, ending it. Each act is audited and told to the rooms that gave something out on
//! its strength.

use super::model::{MandateRow, Proposal};
use super::rules::{self, Move, Side, State};
use super::sql;
use crate::room::{IdentityRoom, refused};
use haidang_contracts::actor::{Actor, EVERY_PROCEDURE, PersonId};
use haidang_contracts::events::{MANDATE_CHANGED, MandateChanged};
use haidang_contracts::identity::{Identity as _, NewPerson, PersonKind};
use haidang_contracts::{ActorKind, MandateKind};
use haidang_kernel::id::Id;
use haidang_kernel::number::CitizenNo;
use haidang_kernel::problem::Problem;
use haidang_kernel::text;
use haidang_store::{ActorRef, AuditEntry, StoreError, Value, args};
use serde_json::json;

/// Marker of a mandate.
pub enum MandateRecord {}

/// Clause under which people authorise each other in procedures.
const LEGAL_BASIS: &str = "91/2015/QH13 Điều 138, 140";

/// Mandates of one person, both ways.
#[derive(Debug, Clone, Default)]
pub struct Mandates {
    /// Given by the person, or by the organisation acted for.
    pub given: Vec<MandateRow>,
    /// Received by the human; empty while acting for somebody else.
    pub received: Vec<MandateRow>,
}

fn missing() -> Problem {
    Problem::not_found("mandate_not_found", "no such mandate of this person")
}

/// Who acts, by which door, in which request.
pub(crate) struct By<'r> {
    pub(crate) actor: &'r Actor,
    pub(crate) actor_ref: ActorRef,
    pub(crate) request: &'r str,
}

/// What an act writes besides its row.
struct Written {
    statement: &'static str,
    values: Vec<Value>,
    entry: AuditEntry,
    event: MandateChanged,
}

impl IdentityRoom {
    /// Mandates that this person gave and received.
    pub(crate) async fn mandates_of(&self, actor: &Actor) -> Result<Mandates, StoreError> {
        let today = self.today();
        let read = |rows: Vec<haidang_store::Row>| -> Result<Vec<MandateRow>, StoreError> {
            rows.iter().map(|row| MandateRow::read(row, today)).collect()
        };
        let db = &self.inner.db;
        let given = if actor.acts_in_full() {
            read(db.fetch_all(sql::GIVEN, args![actor.subject()]).await?)?
        } else {
            Vec::new() // whoever is authorised does not see whom else the principal trusts
        };
        let received = match actor.on_behalf_of {
            None => read(db.fetch_all(sql::RECEIVED, args![&actor.person]).await?)?,
            Some(_) => Vec::new(),
        };
        Ok(Mandates { given, received })
    }

    /// One mandate and the side on which the actor stands.
    pub(crate) async fn mandate_of(&self, actor: &Actor, id: &str) -> Result<(MandateRow, Side), Problem> {
        let row = self.inner.db.fetch_optional(sql::ONE, args![id]).await?.ok_or_else(missing)?;
        let mandate = MandateRow::read(&row, self.today())?;
        if mandate.principal == *actor.subject() && actor.acts_in_full() {
            return Ok((mandate, Side::Principal));
        }
        if mandate.delegate == actor.person && actor.on_behalf_of.is_none() {
            return Ok((mandate, Side::Delegate));
        }
        Err(missing())
    }

    /// Who may authorise others: a person for themselves, a legal representative for the organisation. Whoever was
    /// authorised does not hand it on (BLDS 91/2015/QH13 Điều 564 is left to paper).
    fn may_propose(actor: &Actor) -> Result<(), Problem> {
        if actor.kind != ActorKind::Resident {
            return Err(Problem::forbidden("not_allowed", "officials authorise nobody in their post"));
        }
        let by_law = |kind| actor.mandates.iter().any(|m| m.kind == kind && m.covers(EVERY_PROCEDURE));
        if actor.on_behalf_of.is_some() && !by_law(MandateKind::LegalRepresentative) {
            return Err(Problem::forbidden("sub_delegation", "a mandate is not handed on"));
        }
        Ok(())
    }

    async fn check_terms(&self, actor: &Actor, new: &Proposal) -> Result<(), Problem> {
        let mut problem = Problem::invalid("mandate_invalid", "the terms are not acceptable");
        if CitizenNo::parse(&new.delegate_number).is_err() {
            problem = problem.field("delegate_number", "malformed");
        }
        if text::tidy(&new.delegate_name).is_empty() {
            problem = problem.field("delegate_name", "required");
        }
        if !(1..=4).contains(&new.min_assurance) {
            problem = problem.field("min_acr", "out_of_range");
        }
        let years = self.around().mandate_years();
        for (field, code) in rules::faults(&new.procedures, new.from, new.to, self.today(), years) {
            problem = problem.field(field, code);
        }
        if problem.errors.is_empty() {
            let known = self.around().procedure_names(&new.procedures).await?;
            if new.procedures.iter().any(|code| !known.iter().any(|name| name.code == *code)) {
                problem = problem.field("procedures", "unknown");
            }
            let own = self.stored(&actor.person).await?.and_then(|person| person.record.citizen_no);
            let principal = self.stored(actor.subject()).await?.and_then(|person| person.record.citizen_no);
            if [own, principal].into_iter().flatten().any(|number| number == new.delegate_number) {
                problem = problem.field("delegate_number", "oneself");
            }
        }
        if problem.errors.is_empty() { Ok(()) } else { Err(problem) }
    }

    /// Proposes that somebody acts for the subject of the actor. Nothing tells whether the number was known before.
    pub(crate) async fn propose_mandate(&self, by: By<'_>, new: Proposal) -> Result<String, Problem> {
        Self::may_propose(by.actor)?;
        self.check_terms(by.actor, &new).await?;
        let delegate = NewPerson {
            kind: PersonKind::Person,
            full_name: new.delegate_name.clone(),
            citizen_no: Some(new.delegate_number.clone()),
            tax_no: None,
            birth_date: None,
            phone: None,
        };
        let delegate = self.find_or_create(&delegate).await?;
        let ambient = &self.inner.ambient;
        let id: Id<MandateRecord> = ambient.new_id();
        let (principal, now) = (by.actor.subject(), ambient.now());
        let hash = new.hash(principal, &delegate.id).to_string();
        let values = args![
            id.as_str(),
            principal,
            &delegate.id,
            MandateKind::Authorised.as_str(),
            text::tidy(&new.delegate_name),
            &new.source_document,
            json!(new.procedures),
            new.from,
            new.to,
            new.revocable,
            i64::from(new.min_assurance),
            &hash,
            &by.actor.person,
            i64::from(by.actor.assurance),
            None::<i64>,
            State::Proposed.as_str(),
            now,
            None::<i64>,
        ];
        let entry = self
            .entry("mandate.proposed", &by, id.as_str(), principal, &delegate.id)
            .await?
            .detail(json!({ "procedures": new.procedures, "from": new.from, "to": new.to, "evidence": hash }));
        let event = self.changed(id.as_str(), principal, &delegate.id, State::Proposed);
        self.inner
            .db
            .transaction(|tx| {
                let (values, entry, event) = (values.clone(), entry.clone(), event.clone());
                Box::pin(async move {
                    tx.insert_rows(sql::INSERT, [values], "").await?;
                    tx.audit(entry).await?;
                    tx.emit(MANDATE_CHANGED, &event.mandate, &event).await?;
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        Ok(id.to_string())
    }

    /// The delegate says yes or no.
    pub(crate) async fn answer_mandate(&self, by: By<'_>, id: &str, accepts: bool) -> Result<(), Problem> {
        let (mandate, side) = self.mandate_of(by.actor, id).await?;
        let act = if accepts { Move::Accept } else { Move::Reject };
        let state = rules::after(mandate.state, side, act, mandate.revocable).map_err(closed)?;
        if accepts {
            // A number with one digit wrong is somebody else's: the name that the principal wrote must be one's own.
            if text::search_key(&mandate.delegate_name) != text::search_key(&by.actor.display_name) {
                return Err(Problem::conflict("name_differs", "the proposal names somebody else"));
            }
        }
        let now = self.inner.ambient.now();
        let hash = mandate.accepted_hash(now, by.actor.assurance);
        let hash = if accepts { hash } else { mandate.evidence_hash.clone() };
        let action = if accepts { "mandate.accepted" } else { "mandate.rejected" };
        let entry = self.entry(action, &by, id, &mandate.principal, &mandate.delegate).await?;
        let written = Written {
            statement: sql::ANSWER,
            values: args![id, state.as_str(), now, i64::from(by.actor.assurance), &hash],
            entry: entry.detail(json!({ "evidence": hash })),
            event: self.changed(id, &mandate.principal, &mandate.delegate, state),
        };
        self.write_mandate(written).await
    }

    /// Either side ends it; from the next request on nobody acts by it.
    pub(crate) async fn end_mandate(&self, by: By<'_>, id: &str) -> Result<(), Problem> {
        let (mandate, side) = self.mandate_of(by.actor, id).await?;
        let state = rules::after(mandate.state, side, Move::End, mandate.revocable).map_err(closed)?;
        let entry = self.entry("mandate.revoked", &by, id, &mandate.principal, &mandate.delegate).await?;
        let written = Written {
            statement: sql::END,
            values: args![id, self.inner.ambient.now(), &by.actor.person],
            entry,
            event: self.changed(id, &mandate.principal, &mandate.delegate, state),
        };
        self.write_mandate(written).await
    }

    async fn write_mandate(&self, written: Written) -> Result<(), Problem> {
        let moved = self
            .inner
            .db
            .transaction(|tx| {
                let (values, entry, event) = (written.values.clone(), written.entry.clone(), written.event.clone());
                let statement = written.statement;
                Box::pin(async move {
                    if tx.execute(statement, values).await? == 0 {
                        return Ok(false); // the other side was faster
                    }
                    tx.audit(entry).await?;
                    tx.emit(MANDATE_CHANGED, &event.mandate, &event).await?;
                    Ok::<_, StoreError>(true)
                })
            })
            .await?;
        if moved { Ok(()) } else { Err(closed("mandate_closed")) }
    }

    /// The record of an act on a mandate; both sides read it in their own log.
    async fn entry(
        &self,
        action: &'static str,
        by: &By<'_>,
        id: &str,
        principal: &PersonId,
        delegate: &PersonId,
    ) -> Result<AuditEntry, Problem> {
        let mut numbers = Vec::new();
        for person in [principal, delegate] {
            let person = self.person(person).await.map_err(Problem::from)?;
            numbers.extend(person.map(|person| person.personal_number().to_owned()));
        }
        Ok(AuditEntry::mutation(action, by.actor_ref.clone())
            .object("mandate", id)
            .request(by.request)
            .because(LEGAL_BASIS, "uỷ quyền làm thủ tục hành chính")
            .subjects(numbers))
    }

    fn changed(&self, id: &str, principal: &PersonId, delegate: &PersonId, state: State) -> MandateChanged {
        MandateChanged {
            mandate: id.to_owned(),
            principal: principal.to_string(),
            delegate: delegate.to_string(),
            state: state.as_str().to_owned(),
            at: self.inner.ambient.now().as_microsecond(),
        }
    }

    /// Puts guardianships of the population registry into the records; for imports and demonstration cities.
    ///
    /// # Errors
    /// What the database says.
    pub async fn put_guardianships(&self, seeds: &[super::model::GuardianshipSeed]) -> Result<(), Problem> {
        let rows: Vec<Vec<Value>> = seeds
            .iter()
            .map(|s| args![&s.guardian, &s.ward, &s.decision, s.of_adult, None::<String>, None::<String>])
            .collect();
        let entry = AuditEntry::mutation("guardianship.imported", ActorRef::system())
            .object("register", "population")
            .detail(json!({ "count": rows.len() }));
        self.inner
            .db
            .transaction(|tx| {
                let (rows, entry) = (rows.clone(), entry.clone());
                Box::pin(async move {
                    tx.insert_rows(sql::INSERT_WARD, rows, "ON CONFLICT DO NOTHING").await?;
                    tx.audit(entry).await?;
                    Ok::<_, StoreError>(())
                })
            })
            .await
            .map_err(|error| Problem::from(refused(error)))
    }

    /// Proposes and accepts in one call, for demonstration cities and tests that are about what comes after.
    ///
    /// # Errors
    /// As proposing and accepting.
    pub async fn mandate_between(&self, principal: &Actor, delegate: &Actor, new: Proposal) -> Result<String, Problem> {
        let by = |actor| By { actor, actor_ref: ActorRef::of(actor, "online"), request: "" };
        let id = self.propose_mandate(by(principal), new).await?;
        self.answer_mandate(by(delegate), &id, true).await?;
        Ok(id)
    }

    /// Proposes alone, for demonstration cities.
    ///
    /// # Errors
    /// As proposing.
    pub async fn propose_for(&self, principal: &Actor, new: Proposal) -> Result<String, Problem> {
        self.propose_mandate(By { actor: principal, actor_ref: ActorRef::of(principal, "online"), request: "" }, new)
            .await
    }

    /// Ends a mandate as one of its sides, for tests that are about what comes after.
    ///
    /// # Errors
    /// As ending.
    pub async fn end_mandate_as(&self, actor: &Actor, id: &str) -> Result<(), Problem> {
        self.end_mandate(By { actor, actor_ref: ActorRef::of(actor, "online"), request: "" }, id).await
    }
}

fn closed(code: &'static str) -> Problem {
    match code {
        "not_the_delegate" => Problem::forbidden(code, "only the one who shall act answers"),
        "not_revocable" => Problem::conflict(code, "the terms do not let the principal end it"),
        _ => Problem::conflict(code, "the mandate has been answered or ended"),
    }
}
