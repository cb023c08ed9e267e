//! Consents of the one who asks.

use crate::room::IdentityRoom;
use axum::extract::State;
use haidang_contracts::consent::{Decision, NewDecision};
use haidang_kernel::problem::Problem;
use haidang_web::{Answer, Json, Path, Visitor, created, json, no_content};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::receipt::Receipt;

/// One receipt.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReceiptView {
    /// Id.
    id: String,
    /// Place in one's own chain, from 1.
    seq: i64,
    /// Code of the purpose.
    purpose: String,
    /// Who decides on the use.
    controller: String,
    /// Who works with the data for the controller.
    processor: Option<String>,
    /// Kinds of data.
    data_categories: Vec<String>,
    /// The clause.
    legal_basis: String,
    /// Version of the text that was shown.
    text_version: String,
    /// SHA-256 over what was shown.
    text_hash: String,
    /// `GRANTED`, `REFUSED` or `WITHDRAWN`.
    decision: &'static str,
    /// When, RFC 3339.
    at: String,
    /// `online`, `counter` or `api`.
    channel: String,
    /// Level of the sign-in, such as `urn:haidang:nd69:xt2`.
    acr: String,
    /// When a consent ends by itself.
    expires_at: Option<String>,
    /// Mandate under which somebody else decided.
    mandate: Option<String>,
    /// What it was given with.
    about: Option<String>,
    /// Hash of the receipt before it.
    prev_hash: String,
    /// Hash of this receipt.
    hash: String,
}

/// A purpose and how one stands to it.
#[derive(Serialize, ToSchema)]
pub(crate) struct PurposeView {
    /// Code.
    code: String,
    /// Name in the language of the request.
    title: String,
    /// `consent` or `law`.
    basis: &'static str,
    /// The clause.
    legal_basis: String,
    /// The last decision; absent when nothing was decided.
    decision: Option<&'static str>,
    /// Whether data may be used now on the strength of a consent.
    allowed: bool,
}

/// Everything one decided.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConsentList {
    /// Purposes of the city.
    purposes: Vec<PurposeView>,
    /// Receipts, oldest first.
    items: Vec<ReceiptView>,
    /// Whether the chain of receipts proves itself.
    intact: bool,
}

/// A decision.
#[derive(Deserialize, ToSchema)]
pub(crate) struct Decide {
    /// Code of the purpose.
    #[serde(default)]
    purpose: String,
    /// `GRANTED` or `REFUSED`.
    #[serde(default)]
    decision: String,
}

/// A decision that was written down.
#[derive(Serialize, ToSchema)]
pub(crate) struct Decided {
    /// Id of the receipt.
    receipt: String,
}

fn text(instant: jiff::Timestamp) -> String {
    instant.to_zoned(haidang_kernel::time::city_zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

fn view(visitor: &Visitor, receipt: Receipt) -> ReceiptView {
    let said = |words: &haidang_kernel::bilingual::Bilingual| words.text(visitor.lang).to_owned();
    ReceiptView {
        id: receipt.id,
        seq: receipt.seq,
        purpose: receipt.purpose,
        controller: said(&receipt.controller),
        processor: receipt.processor.as_ref().map(said),
        data_categories: receipt.data.iter().map(said).collect(),
        legal_basis: receipt.legal_basis,
        text_version: receipt.text_version,
        text_hash: receipt.text_hash,
        decision: receipt.decision.as_str(),
        at: text(receipt.at),
        channel: receipt.channel,
        acr: format!("urn:haidang:nd69:xt{}", receipt.assurance),
        expires_at: receipt.expires_at.map(text),
        mandate: receipt.mandate,
        about: receipt.about,
        prev_hash: receipt.prev_hash.to_string(),
        hash: receipt.hash.to_string(),
    }
}

/// What one agreed to, refused or took back.
pub(crate) async fn list_my_consents(visitor: Visitor, State(room): State<IdentityRoom>) -> Answer {
    let actor = visitor.require_actor()?;
    super::pages::in_full(actor)?;
    let receipts = room.receipts(actor.subject()).await?;
    let now = visitor.site.ambient.now();
    let purposes = room.around().purposes().all().iter().map(|purpose| {
        let last = receipts.iter().rev().find(|receipt| receipt.purpose == purpose.code);
        PurposeView {
            code: purpose.code.clone(),
            title: purpose.title.text(visitor.lang).to_owned(),
            basis: match purpose.basis {
                haidang_contracts::consent::Basis::Consent => "consent",
                haidang_contracts::consent::Basis::Law => "law",
            },
            legal_basis: purpose.legal_basis.clone(),
            decision: last.map(|receipt| receipt.decision.as_str()),
            allowed: last.is_some_and(|receipt| super::pages::holds(receipt, now)),
        }
    });
    let purposes = purposes.collect();
    let intact = super::receipt::verify(&receipts).is_ok();
    let items = receipts.into_iter().map(|receipt| view(&visitor, receipt)).collect();
    json(200, &ConsentList { purposes, items, intact })
}

fn decision(visitor: &Visitor, purpose: &str, decision: Decision) -> Result<NewDecision, haidang_web::Fault> {
    let actor = visitor.require_actor()?;
    Ok(NewDecision {
        actor: (**actor).clone(),
        subject: actor.subject().clone(),
        purpose: purpose.to_owned(),
        decision,
        channel: visitor.channel.as_str().to_owned(),
        about: None,
        request_id: visitor.request_id.clone(),
    })
}

/// Agrees to one purpose, or refuses it.
pub(crate) async fn decide_my_consent(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Json(body): Json<Decide>,
) -> Answer {
    let decided = match Decision::parse(&body.decision) {
        Some(Decision::Withdrawn) | None => {
            let problem = Problem::invalid("decision_invalid", "a decision is GRANTED or REFUSED");
            return Err(problem.field("decision", "unknown").into());
        }
        Some(decided) => decided,
    };
    let receipt = room.decide_own(&decision(&visitor, &body.purpose, decided)?).await?;
    created("/api/v1/me/consents", &Decided { receipt })
}

/// Takes a consent back; taking it back again changes nothing.
pub(crate) async fn withdraw_my_consent(
    visitor: Visitor,
    State(room): State<IdentityRoom>,
    Path(purpose): Path<String>,
) -> Answer {
    room.decide_own(&decision(&visitor, &purpose, Decision::Withdrawn)?).await?;
    Ok(no_content())
}
