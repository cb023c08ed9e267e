//! The simulated payment gateway: a page with two buttons, demonstration and test cities only.

use std::sync::Arc;

use askama::Template;
use async_trait::async_trait;
use axum::extract::State;
use haidang_contracts::ContractError;
use haidang_contracts::payment::{PaymentGateway, PaymentOrder, PaymentStart, PaymentStatus};
use haidang_kernel::ambient::Ambient;
use haidang_kernel::format;
use haidang_kernel::money::Money;
use haidang_kernel::problem::Problem;
use haidang_store::{AuditEntry, Db, StoreError, args};
use haidang_ui::{Page, t};
use haidang_web::{Answer, FormFields, Path, Routes, Row, Visitor, html, redirect};

use crate::sql;

/// A gateway whose money is not real.
#[derive(Clone)]
pub struct SimulatedGateway {
    db: Db,
    ambient: Ambient,
}

impl SimulatedGateway {
    /// Keeps its payments in this database.
    pub fn new(db: Db, ambient: Ambient) -> Arc<SimulatedGateway> {
        Arc::new(SimulatedGateway { db, ambient })
    }
}

fn refused(error: StoreError) -> ContractError {
    match error {
        StoreError::Transient(reason) => ContractError::Unavailable(reason),
        other => ContractError::Internal(other.to_string()),
    }
}

fn status_of(word: &str) -> PaymentStatus {
    match word {
        "paid" => PaymentStatus::Paid,
        "failed" => PaymentStatus::Failed,
        _ => PaymentStatus::Pending,
    }
}

#[async_trait]
impl PaymentGateway for SimulatedGateway {
    async fn start(&self, order: &PaymentOrder) -> Result<PaymentStart, ContractError> {
        let row = args![
            self.ambient.token(),
            &order.payment_id,
            &order.case_no,
            order.amount,
            &order.return_path,
            self.ambient.now(),
        ];
        if self.db.execute(sql::INSERT_PAYMENT, row).await.map_err(refused)? == 0 {
            self.db.execute(sql::REOPEN_PAYMENT, args![&order.payment_id]).await.map_err(refused)?;
        }
        let row = self.db.fetch_one(sql::PAYMENT_BY_ID, args![&order.payment_id]).await.map_err(refused)?;
        let reference = row.text("reference").map_err(refused)?;
        Ok(PaymentStart { redirect: format!("/mo-phong/thanh-toan/{reference}"), reference })
    }

    async fn status(&self, reference: &str) -> Result<PaymentStatus, ContractError> {
        let row = self.db.fetch_optional(sql::PAYMENT, args![reference]).await.map_err(refused)?;
        let row = row.ok_or(ContractError::NotFound("payment"))?;
        Ok(status_of(&row.text("status").map_err(refused)?))
    }
}

/// Stands where no gateway is connected: fees are then paid at the counter.
pub struct NoGateway;

#[async_trait]
impl PaymentGateway for NoGateway {
    async fn start(&self, _: &PaymentOrder) -> Result<PaymentStart, ContractError> {
        Err(ContractError::Unavailable("no payment gateway is connected".to_owned()))
    }

    async fn status(&self, _: &str) -> Result<PaymentStatus, ContractError> {
        Err(ContractError::NotFound("payment"))
    }
}

/// The simulator's own pages.
pub fn routes(gateway: Arc<SimulatedGateway>) -> Routes<Arc<SimulatedGateway>> {
    Routes::new("server", gateway)
        .page(
            Row::get("show_simulated_payment", "/mo-phong/thanh-toan/{reference}")
                .public()
                .example("/mo-phong/thanh-toan/{payment_reference}"),
            show_simulated_payment,
        )
        .page(
            Row::post("decide_simulated_payment", "/mo-phong/thanh-toan/{reference}")
                .public()
                .audit("payment.simulated"),
            decide_simulated_payment,
        )
}

#[derive(Template)]
#[template(path = "payment.html")]
struct PaymentPage {
    page: Page,
    case_no: String,
    amount: String,
    words: String,
    action: String,
    pending: bool,
    back: String,
}

fn unknown() -> Problem {
    Problem::not_found("payment_not_found", "no payment has this reference")
}

async fn show_simulated_payment(
    visitor: Visitor,
    State(gateway): State<Arc<SimulatedGateway>>,
    Path(reference): Path<String>,
) -> Answer {
    let row = gateway.db.fetch_optional(sql::PAYMENT, args![&reference]).await?.ok_or_else(unknown)?;
    let amount = Money(row.integer("amount")?);
    let mut page = visitor.page(t(visitor.lang, "server-payment-title", &[]), "");
    page.navigation = Vec::new();
    page.private = true;
    html(PaymentPage {
        case_no: row.text("case_no")?,
        amount: format::money(visitor.lang, amount),
        words: format::money_words(visitor.lang, amount),
        action: page.href(format!("/mo-phong/thanh-toan/{reference}")),
        pending: row.text("status")? == "pending",
        back: page.href(row.text("return_path")?),
        page,
    })
}

async fn decide_simulated_payment(
    visitor: Visitor,
    State(gateway): State<Arc<SimulatedGateway>>,
    Path(reference): Path<String>,
    form: FormFields,
) -> Answer {
    let row = gateway.db.fetch_optional(sql::PAYMENT, args![&reference]).await?.ok_or_else(unknown)?;
    let status = match form.text("decision") {
        "pay" => "paid",
        "fail" => "failed",
        _ => return Err(Problem::invalid("form_invalid", "no such decision").field("decision", "invalid").into()),
    };
    let now = gateway.ambient.now();
    let entry = AuditEntry::mutation("payment.simulated", visitor.actor_ref())
        .object("payment_reference", &reference)
        .request(&visitor.request_id)
        .detail(serde_json::json!({ "status": status }));
    gateway
        .db
        .transaction(|tx| {
            let (reference, entry) = (reference.clone(), entry.clone());
            Box::pin(async move {
                if tx.execute(sql::DECIDE_PAYMENT, args![&reference, status, now]).await? > 0 {
                    tx.audit(entry).await?;
                }
                Ok::<(), StoreError>(())
            })
        })
        .await?;
    redirect(visitor.lang, &row.text("return_path")?)
}
