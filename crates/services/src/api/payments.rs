//! `/api/v1/cases/{case}/payments`: money, through a gateway or at the counter.

use super::{State, case_id};
use haidang_web::{Answer, Path, Routes, Row, State as Use, Visitor, json, no_content};
use serde::Serialize;
use utoipa::ToSchema;

/// Where the payer goes.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaymentStarted {
    /// Gateway's reference.
    pub reference: String,
    /// Gateway's page.
    pub redirect: String,
}

/// Opens a payment of what is due.
pub async fn start_payment(visitor: Visitor, Use(services): Use<State>, Path(id): Path<String>) -> Answer {
    let id = case_id(&id)?;
    let start =
        services.start_payment(visitor.require_actor()?, &id, &format!("/ho-so/{id}"), &visitor.request_id).await?;
    json(201, &PaymentStarted { reference: start.reference, redirect: start.redirect })
}

/// A clerk takes the money at the counter.
pub async fn collect_fee(visitor: Visitor, Use(services): Use<State>, Path(id): Path<String>) -> Answer {
    services.collect_at_counter(visitor.require_actor()?, &case_id(&id)?, &visitor.request_id).await?;
    Ok(no_content())
}

/// Adds the routes of this file.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .api(
            Row::post("start_payment", "/api/v1/cases/{case}/payments")
                .signed_in()
                .audit("payment.started")
                .returns::<PaymentStarted>(201)
                .summary("Opens a payment of what is due"),
            start_payment,
        )
        .api(
            Row::post("collect_fee", "/api/v1/cases/{case}/counter-payments")
                .any_capability(&["case.receive", "case.hand_over"])
                .audit("payment.taken")
                .returns_nothing(204)
                .summary("Takes the money at the counter"),
            collect_fee,
        )
}
