//! Endpoints of authority.

use crate::authority::giving::{NewDelegation, NewMandate};
use crate::authority::looking::BoardRow;
use crate::authority::model::{Delegation, Form, HeadMandate, Refusal, Signing, Term};
use crate::authority::rules::{CertificateState, Fit, Ground};
use crate::frame::reader;
use crate::registers::moment;
use crate::room::OfficeRoom;
use axum::extract::State;
use haidang_contracts::actor::PersonId;
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_web::{Answer, Json, Path, Query, Visitor, created, json, no_content};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Between which days something holds, and when it was said and ended.
#[derive(Serialize, ToSchema)]
pub(crate) struct TermView {
    /// First day.
    #[schema(value_type = String, format = "date")]
    from: Date,
    /// Last day.
    #[schema(value_type = Option<String>, format = "date")]
    to: Option<Date>,
    /// When it was written down, RFC 3339.
    given_at: String,
    /// When it was ended before its last day, RFC 3339.
    ended_at: Option<String>,
    /// Whether it holds now.
    in_force: bool,
}

impl TermView {
    fn of(term: &Term, now: Timestamp) -> Self {
        Self {
            from: term.from,
            to: term.to,
            given_at: moment(term.given_at),
            ended_at: term.ended_at.map(moment),
            in_force: term.holds(now),
        }
    }
}

/// A head of an agency.
#[derive(Serialize, ToSchema)]
pub(crate) struct MandateView {
    /// Id.
    id: String,
    /// Opaque id of the person.
    person: String,
    /// `head`, `TM` or `Q`.
    form: Form,
    /// The block of a paper signed by this head.
    block_lines: Vec<String>,
    /// The decision it rests on.
    basis: String,
    /// When it holds.
    term: TermView,
    /// Why it was ended.
    end_reason: Option<String>,
}

impl MandateView {
    fn of(head: HeadMandate, now: Timestamp) -> Self {
        let ground = Ground::Head(&head);
        Self {
            form: ground.form(),
            block_lines: ground.block_lines(),
            term: TermView::of(&head.term, now),
            id: head.id,
            person: head.person.to_string(),
            basis: head.basis,
            end_reason: head.end_reason,
        }
    }
}

/// A delegation.
#[derive(Serialize, ToSchema)]
pub(crate) struct DelegationView {
    /// Id.
    id: String,
    /// Opaque id of the person.
    person: String,
    /// `KT`, `TL` or `TUQ`.
    form: Form,
    /// Post of the head it comes from.
    from_post: String,
    /// Post of the one who signs.
    post: String,
    /// Codes of kinds; empty for every kind.
    kinds: Vec<String>,
    /// Codes of fields; empty for every field.
    fields: Vec<String>,
    /// What it rests on.
    basis: String,
    /// Id of the document it rests on.
    basis_document: Option<String>,
    /// Why it was given.
    reason: String,
    /// When it holds.
    term: TermView,
    /// Why it was ended.
    end_reason: Option<String>,
}

impl DelegationView {
    fn of(one: Delegation, now: Timestamp) -> Self {
        Self {
            term: TermView::of(&one.term, now),
            id: one.id,
            person: one.person.to_string(),
            form: one.form,
            from_post: one.from_post,
            post: one.post,
            kinds: one.kinds,
            fields: one.fields,
            basis: one.basis,
            basis_document: one.basis_document,
            reason: one.reason,
            end_reason: one.end_reason,
        }
    }
}

/// Heads and delegations of an agency.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuthorityView {
    /// Heads, the newest first.
    mandates: Vec<MandateView>,
    /// Delegations, the newest first.
    delegations: Vec<DelegationView>,
}

/// What was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct GivenView {
    /// Its id.
    id: String,
}

/// Why it ends.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ending {
    /// In words.
    reason: String,
}

/// Who, what, when.
#[derive(Deserialize, IntoParams)]
pub(crate) struct AskSigning {
    /// Opaque id of the person.
    person: String,
    /// Code of the kind; empty for a công văn.
    #[serde(default)]
    kind: String,
    /// Code of the field of work.
    #[serde(default)]
    field: String,
    /// 0 for an open document.
    #[serde(default)]
    secrecy: i64,
    /// When, RFC 3339; now when absent.
    #[param(value_type = Option<String>, format = "date-time")]
    at: Option<Timestamp>,
}

/// How one delegation was weighed.
#[derive(Serialize, ToSchema)]
pub(crate) struct WeighedView {
    /// Id of the delegation.
    delegation: String,
    /// How.
    fit: Fit,
}

/// May this person sign this?
#[derive(Serialize, ToSchema)]
pub(crate) struct SigningView {
    /// Whether.
    allowed: bool,
    /// Why not: `NO_MANDATE`, `NO_DELEGATION`, …
    refusal: Option<Refusal>,
    /// In which form.
    form: Option<Form>,
    /// Id of the delegation it rests on.
    delegation: Option<String>,
    /// The block of the paper, line by line.
    block_lines: Vec<String>,
    /// Id of the mandate of the head at that moment.
    head: Option<String>,
    /// Every delegation to the person, with how it was weighed.
    weighed: Vec<WeighedView>,
    /// Serial of the certificate that counted.
    certificate: Option<String>,
}

/// One row of the board of certificates.
#[derive(Serialize, ToSchema)]
pub(crate) struct CertificateView {
    /// Opaque id of the person.
    person: String,
    /// Title of the post.
    title: String,
    /// What to do.
    state: CertificateState,
    /// Days that are left.
    days_left: Option<i64>,
    /// Who issued it.
    issuer: Option<String>,
    /// Serial, hex.
    serial: Option<String>,
    /// Last moment, RFC 3339.
    not_after: Option<String>,
}

impl From<BoardRow> for CertificateView {
    fn from(row: BoardRow) -> Self {
        let certificate = row.certificate;
        Self {
            person: row.person.to_string(),
            title: row.title,
            state: row.state,
            days_left: row.days_left,
            issuer: certificate.as_ref().map(|one| one.issuer.clone()),
            serial: certificate.as_ref().map(|one| one.serial.clone()),
            not_after: certificate.as_ref().map(|one| moment(time::from_micros(one.not_after))),
        }
    }
}

/// Certificates of an agency.
#[derive(Serialize, ToSchema)]
pub(crate) struct CertificateList {
    /// The most urgent first.
    items: Vec<CertificateView>,
}

/// Heads and delegations of an agency.
pub(crate) async fn get_authority(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path(agency): Path<String>,
) -> Answer {
    let (reader, now) = (reader(&visitor)?, room.ambient.now());
    let mandates = room.heads(&reader, &agency).await?;
    let delegations = room.delegations(&reader, &agency).await?;
    json(
        200,
        &AuthorityView {
            mandates: mandates.into_iter().map(|one| MandateView::of(one, now)).collect(),
            delegations: delegations.into_iter().map(|one| DelegationView::of(one, now)).collect(),
        },
    )
}

/// Names a head.
pub(crate) async fn give_mandate_api(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path(agency): Path<String>,
    Json(new): Json<NewMandate>,
) -> Answer {
    let id = room.give_mandate(&reader(&visitor)?, &agency, &new).await?;
    created(&format!("/api/v1/office/authority/{agency}"), &GivenView { id })
}

/// Gives a delegation.
pub(crate) async fn give_delegation_api(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path(agency): Path<String>,
    Json(new): Json<NewDelegation>,
) -> Answer {
    let id = room.give_delegation(&reader(&visitor)?, &agency, &new).await?;
    created(&format!("/api/v1/office/authority/{agency}"), &GivenView { id })
}

/// Ends a mandate.
pub(crate) async fn end_mandate_api(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path(id): Path<String>,
    Json(ending): Json<Ending>,
) -> Answer {
    room.end_mandate(&reader(&visitor)?, &id, &ending.reason).await?;
    Ok(no_content())
}

/// Ends a delegation.
pub(crate) async fn end_delegation_api(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path(id): Path<String>,
    Json(ending): Json<Ending>,
) -> Answer {
    room.end_delegation(&reader(&visitor)?, &id, &ending.reason).await?;
    Ok(no_content())
}

/// Whether a person may sign something, and what was weighed.
pub(crate) async fn ask_signing(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path(agency): Path<String>,
    Query(asked): Query<AskSigning>,
) -> Answer {
    let person = PersonId::parse(&asked.person);
    let person = person.map_err(|_| Problem::bad_request("person_invalid", "not an id").field("person", "invalid"))?;
    let what = Signing { kind: &asked.kind, field: &asked.field, secrecy: asked.secrecy };
    let at = asked.at.unwrap_or_else(|| room.ambient.now());
    let why = room.why_sign(&reader(&visitor)?, &agency, &person, &what, at).await?;
    let weigh = |(one, fit): (Delegation, Fit)| WeighedView { delegation: one.id, fit };
    let allowed = why.answer.as_ref().ok();
    json(
        200,
        &SigningView {
            allowed: allowed.is_some(),
            refusal: why.answer.as_ref().err().copied(),
            form: allowed.map(|allowed| allowed.form),
            delegation: allowed.and_then(|allowed| allowed.delegation.clone()),
            block_lines: allowed.map(|allowed| allowed.block_lines.clone()).unwrap_or_default(),
            head: why.head.map(|head| head.id),
            weighed: why.delegations.into_iter().map(weigh).collect(),
            certificate: why.certificate.ok().map(|one| one.serial),
        },
    )
}

/// The board of certificates.
pub(crate) async fn list_certificates(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path(agency): Path<String>,
) -> Answer {
    let board = room.certificate_board(&reader(&visitor)?, &agency).await?;
    json(200, &CertificateList { items: board.into_iter().map(CertificateView::from).collect() })
}
