//! Who looked at the data of the one who asks, and questions about it.

use super::instant;
use crate::pages::reader;
use crate::room::VaultRoom;
use axum::extract::State;
use haidang_contracts::access::AccessRow;
use haidang_contracts::exchange::Delivery;
use haidang_web::{Answer, Path, Query, Visitor, json};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which part of a log.
#[derive(Deserialize, IntoParams)]
pub(crate) struct ListLog {
    /// Where the previous page ended: `next` of the last answer.
    cursor: Option<String>,
    /// 1 to 100, default 50.
    limit: Option<i64>,
}

/// One access to the data of the one who asks.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccessView {
    /// Id of the audit record.
    id: String,
    /// When, RFC 3339.
    at: String,
    /// Code of the agency of whoever looked.
    agency: Option<String>,
    /// `official`, `system`, `resident` or `anonymous`.
    actor_kind: String,
    /// Whether it was the owner.
    own: bool,
    /// What was done.
    action: String,
    /// Kind of what was opened.
    object_kind: String,
    /// Id of what was opened.
    object_id: String,
    /// Legal basis.
    legal_basis: Option<String>,
    /// Purpose.
    purpose: Option<String>,
    /// Whether it was refused.
    refused: bool,
    /// Post of the official who looked.
    post: Option<String>,
    /// Mandate under which somebody looked for another.
    mandate: Option<String>,
    /// Case for which it was looked at.
    case_id: Option<String>,
    /// Reason, for a look in an emergency.
    emergency: Option<String>,
    /// Clause that held the row back, for a row that shows late.
    delay_basis: Option<String>,
    /// When the owner asked about it.
    asked_at: Option<String>,
    /// For data that the exchange handed to another information system.
    delivery: Option<DeliveryView>,
}

/// What the data exchange handed on; names of fields, never what stood in them.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeliveryView {
    /// Name of the organisation that received it.
    receiver_name: String,
    /// Its information system.
    receiver_system: String,
    /// The service that was asked.
    service: String,
    /// The agreement that allowed it.
    agreement: String,
    /// Its version.
    agreement_version: i64,
    /// The fields that the agreement lets through.
    fields: Vec<String>,
    /// What people call them.
    field_names: Vec<String>,
    /// Whether it lets answers through as they are.
    whole: bool,
    /// Code of the procedure for which it was asked.
    procedure: Option<String>,
    /// SHA-512 of the signed answer, hex.
    digest: String,
    /// Address of the signed answer, when it is about the owner alone.
    proof: Option<String>,
}

fn delivered(delivery: Delivery, audit: &str) -> DeliveryView {
    DeliveryView {
        proof: delivery.sole.then(|| format!("/vi{}/{audit}/chung-cu", haidang_ui::paths::WHO_LOOKED)),
        receiver_name: delivery.receiver_name,
        receiver_system: delivery.receiver_system,
        service: delivery.service,
        agreement: delivery.agreement,
        agreement_version: i64::from(delivery.agreement_version),
        fields: delivery.fields,
        field_names: delivery.field_names,
        whole: delivery.whole,
        procedure: delivery.procedure,
        digest: delivery.digest,
    }
}

/// A page of accesses.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccessList {
    /// Accesses of others, newest first.
    items: Vec<AccessView>,
    /// The owner's own accesses in the same stretch of time, newest first, at most fifty.
    own: Vec<AccessView>,
    /// How many own accesses there were in that stretch.
    own_count: usize,
    /// Cursor of the next page; absent on the last.
    next: Option<String>,
}

/// Whether a question was new.
#[derive(Serialize, ToSchema)]
pub(crate) struct AskedView {
    /// Audit record it is about.
    access: String,
    /// `false` when the owner had asked before.
    new: bool,
}

/// A question about an access.
#[derive(Serialize, ToSchema)]
pub(crate) struct QuestionView {
    /// Id.
    id: String,
    /// Audit record it is about.
    access: String,
    /// Code of the agency of whoever looked.
    agency: Option<String>,
    /// What was done.
    action: String,
    /// When it was done, RFC 3339.
    access_at: String,
    /// When it was asked about, RFC 3339.
    asked_at: String,
}

/// A page of questions.
#[derive(Serialize, ToSchema)]
pub(crate) struct QuestionList {
    /// In the order they were asked.
    items: Vec<QuestionView>,
    /// Cursor of the next page; absent on the last.
    next: Option<String>,
}

fn view(row: AccessRow, asked_at: Option<String>) -> AccessView {
    AccessView {
        delivery: row.delivery.map(|delivery| delivered(delivery, &row.audit_id)),
        id: row.audit_id,
        at: instant(row.at),
        agency: row.agency,
        actor_kind: row.actor_kind,
        own: row.own,
        action: row.action,
        object_kind: row.object_kind,
        object_id: row.object_id,
        legal_basis: row.legal_basis,
        purpose: row.purpose,
        refused: row.refused,
        post: row.post,
        mandate: row.mandate,
        case_id: row.case_id,
        emergency: row.emergency,
        delay_basis: row.delayed.map(|delayed| delayed.legal_basis),
        asked_at,
    }
}

/// Who looked at the data of the one who asks.
pub(crate) async fn list_own_accesses(
    visitor: Visitor,
    State(room): State<VaultRoom>,
    Query(asked): Query<ListLog>,
) -> Answer {
    let limit = usize::try_from(asked.limit.unwrap_or(50).clamp(1, 100)).unwrap_or(50);
    let reader = reader(&visitor)?;
    let looks = room.looks(&reader, asked.cursor.as_deref(), limit).await?;
    let questions = room.asked(reader.actor.subject(), &looks.others).await?;
    let items = looks.others.into_iter().map(|row| {
        let asked_at = questions.get(&row.audit_id).map(|complaint| instant(complaint.asked_at));
        view(row, asked_at)
    });
    let items = items.collect();
    let own = looks.own.into_iter().map(|row| view(row, None)).collect();
    json(200, &AccessList { items, own, own_count: looks.own_count, next: looks.next })
}

/// The owner asks why somebody looked; asking again is the same question.
pub(crate) async fn ask_about_access_api(
    visitor: Visitor,
    State(room): State<VaultRoom>,
    Path(audit): Path<String>,
) -> Answer {
    let new = room.ask(&reader(&visitor)?, &audit).await?;
    json(if new { 201 } else { 200 }, &AskedView { access: audit, new })
}

/// Questions of residents, for those who answer for the audit; without the names of those who ask.
pub(crate) async fn list_access_questions(State(room): State<VaultRoom>, Query(asked): Query<ListLog>) -> Answer {
    let limit = asked.limit.unwrap_or(50).clamp(1, 100);
    let mut rows = room.questions(asked.cursor.as_deref().unwrap_or_default(), limit + 1).await?;
    let most = usize::try_from(limit).unwrap_or(100);
    let more = rows.len() > most;
    rows.truncate(most);
    let next = rows.last().filter(|_| more).map(|row| row.id.clone());
    let items = rows.into_iter().map(|row| QuestionView {
        id: row.id,
        access: row.audit_id,
        agency: row.agency,
        action: row.action,
        access_at: instant(row.access_at),
        asked_at: instant(row.asked_at),
    });
    json(200, &QuestionList { items: items.collect(), next })
}
