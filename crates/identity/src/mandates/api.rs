//! Mandates of the one who asks.

use super::acts::By;
use super::model::{MandateRow, Proposal};
use crate::room::IdentityRoom;
use axum::extract::State;
use haidang_contracts::Actor;
use haidang_kernel::problem::Problem;
use haidang_web::{Answer, Fault, Json, Path, Visitor, acr, created, json, no_content};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Somebody one may act for now.
#[derive(Serialize, ToSchema)]
pub(crate) struct RepresentedView {
    /// Opaque id; goes into `/lam-thay` and into the header `Haidang-Representee`.
    person: String,
    /// Name.
    name: String,
    /// `NATURAL_PERSON` or `LEGAL_PERSON`.
    #[serde(rename = "type")]
    entity: &'static str,
    /// Why, the widest first.
    mandates: Vec<RightView>,
}

/// A right to act.
#[derive(Serialize, ToSchema)]
pub(crate) struct RightView {
    /// Id, as the audit names it.
    id: String,
    /// `LEGAL_REPRESENTATIVE`, `PARENT_GUARDIAN` or `AUTHORISED`.
    kind: &'static str,
    /// Codes of procedures, or `*` alone.
    procedures: Vec<String>,
    /// Lowest level of sign-in, such as `urn:haidang:nd69:xt2`.
    min_acr: String,
}

/// A written mandate.
#[derive(Serialize, ToSchema)]
pub(crate) struct MandateView {
    /// Id.
    id: String,
    /// Always `AUTHORISED`: the others come from registers and are not written here.
    kind: &'static str,
    /// Opaque id of the one acted for.
    principal: String,
    /// Their name.
    principal_name: String,
    /// Opaque id of the one who acts; absent until they accepted.
    delegate: Option<String>,
    /// Their name as the principal wrote it.
    delegate_name: String,
    /// Paper it rests on.
    source_document: Option<String>,
    /// Codes of procedures.
    procedures: Vec<String>,
    /// First day, `YYYY-MM-DD`.
    from: String,
    /// Last day.
    to: String,
    /// Whether the principal may end it.
    revocable: bool,
    /// Lowest level of sign-in.
    min_acr: String,
    /// `PROPOSED`, `ACTIVE`, `EXPIRED`, `REVOKED` or `REJECTED`.
    state: &'static str,
    /// Hash over the terms and the acceptance.
    evidence_hash: String,
    /// When it was proposed, RFC 3339.
    proposed_at: String,
    /// When it was answered.
    answered_at: Option<String>,
    /// When it was ended.
    revoked_at: Option<String>,
}

/// All mandates of one person.
#[derive(Serialize, ToSchema)]
pub(crate) struct MandateList {
    /// For whom one may act now.
    represented: Vec<RepresentedView>,
    /// What one gave, newest first.
    given: Vec<MandateView>,
    /// What one received, newest first.
    received: Vec<MandateView>,
}

/// A proposal.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Propose {
    /// Citizen number of the one who shall act.
    #[serde(default)]
    delegate_number: String,
    /// Their full name.
    #[serde(default)]
    delegate_name: String,
    /// Codes of procedures.
    #[serde(default)]
    procedures: Vec<String>,
    /// First day, `YYYY-MM-DD`; absent for today.
    #[serde(default)]
    from: Option<String>,
    /// Last day.
    #[serde(default)]
    to: String,
    /// Paper it rests on.
    #[serde(default)]
    source_document: Option<String>,
    /// Lowest level of sign-in at which it may be used, 1 to 4; absent for 2.
    #[serde(default)]
    min_acr: Option<u8>,
    /// Whether one may end it before its time; absent for yes.
    #[serde(default)]
    revocable: Option<bool>,
}

/// A proposal that was written down.
#[derive(Serialize, ToSchema)]
pub(crate) struct Proposed {
    /// Id of the mandate.
    id: String,
}

fn text(instant: jiff::Timestamp) -> String {
    instant.to_zoned(haidang_kernel::time::city_zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

fn view(row: MandateRow) -> MandateView {
    let accepted =
        matches!(row.state, super::rules::State::Active | super::rules::State::Revoked) && row.answered_at.is_some();
    MandateView {
        kind: row.right().kind.as_str(),
        id: row.id,
        principal: row.principal.to_string(),
        principal_name: row.principal_name,
        delegate: accepted.then(|| row.delegate.to_string()),
        delegate_name: row.delegate_name,
        source_document: row.source_document,
        procedures: row.procedures,
        from: row.from.to_string(),
        to: row.to.to_string(),
        revocable: row.revocable,
        min_acr: acr(row.min_assurance),
        state: row.state.as_str(),
        evidence_hash: row.evidence_hash,
        proposed_at: text(row.proposed_at),
        answered_at: row.answered_at.map(text),
        revoked_at: row.revoked_at.map(text),
    }
}

/// For whom one may act, whom one authorised, and what waits for an answer.
pub(crate) async fn list_my_mandates(visitor: Visitor, State(room): State<IdentityRoom>) -> Answer {
    let actor = visitor.require_actor()?;
    let people = room.represented_by(&actor.person).await?.into_iter().map(|other| RepresentedView {
        entity: match other.entity {
            haidang_contracts::identity::PersonKind::Organisation => "LEGAL_PERSON",
            _ => "NATURAL_PERSON",
        },
        person: other.person.to_string(),
        name: other.full_name,
        mandates: other
            .mandates
            .into_iter()
            .map(|right| RightView {
                id: right.id,
                kind: right.kind.as_str(),
                procedures: right.procedures,
                min_acr: acr(right.min_assurance),
            })
            .collect(),
    });
    let represented = people.collect();
    let all = room.mandates_of(actor).await?;
    let given = all.given.into_iter().map(view).collect();
    let received = all.received.into_iter().map(view).collect();
    json(200, &MandateList { represented, given, received })
}

pub(super) fn by<'r>(visitor: &'r Visitor, actor: &'r Actor) -> By<'r> {
    By { actor, actor_ref: visitor.actor_ref(), request: &visitor.request_id }
}

fn day(field: &'static str, text: &str) -> Result<Date, Fault> {
    text.parse()
        .map_err(|_| Problem::invalid("mandate_invalid", "a day is YYYY-MM-DD").field(field, "malformed").into())
}

/// Proposes that somebody acts for the one who asks.
pub(crate) async fn propose_my_mandate(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Json(body): Json<Propose>,
) -> Answer {
    let from = match body.from.as_deref() {
        Some(from) => day("from", from)?,
        None => visitor.site.ambient.today(),
    };
    let new = Proposal {
        delegate_number: body.delegate_number,
        delegate_name: body.delegate_name,
        procedures: body.procedures,
        from,
        to: day("to", &body.to)?,
        source_document: body.source_document.filter(|text| !text.trim().is_empty()),
        min_assurance: body.min_acr.unwrap_or(super::rules::ACCEPTANCE),
        revocable: body.revocable.unwrap_or(true),
    };
    let actor = visitor.require_actor()?;
    let id = room.propose_mandate(by(&visitor, actor), new).await?;
    created(&format!("/api/v1/me/mandates/{id}"), &Proposed { id: id.clone() })
}

/// Accepts a mandate.
pub(crate) async fn accept_my_mandate(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(id): Path<String>,
) -> Answer {
    room.answer_mandate(by(&visitor, visitor.require_actor()?), &id, true).await?;
    Ok(no_content())
}

/// Refuses a mandate.
pub(crate) async fn reject_my_mandate(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(id): Path<String>,
) -> Answer {
    room.answer_mandate(by(&visitor, visitor.require_actor()?), &id, false).await?;
    Ok(no_content())
}

/// Ends a mandate as either side.
pub(crate) async fn end_my_mandate(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(id): Path<String>,
) -> Answer {
    room.end_mandate(by(&visitor, visitor.require_actor()?), &id).await?;
    Ok(no_content())
}
