//! Paying a fee through a gateway; a failed payment leaves the case with its fee due.

use crate::ContractError;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// One payment of one case's fees.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PaymentOrder {
    /// Our payment id, the idempotency key at the gateway.
    pub payment_id: String,
    /// Case number printed on the statement.
    pub case_no: String,
    /// Amount in đồng.
    pub amount: i64,
    /// Path to come back to after the gateway, without language prefix.
    pub return_path: String,
}

/// Where the payer goes next.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PaymentStart {
    /// Reference of the gateway.
    pub reference: String,
    /// Address of the gateway's page.
    pub redirect: String,
}

/// State of a payment at the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Not decided yet.
    Pending,
    /// Money received.
    Paid,
    /// Refused, cancelled or expired.
    Failed,
}

/// A payment gateway.
#[async_trait]
pub trait PaymentGateway: Send + Sync {
    /// Opens a payment; the same `payment_id` gives the same reference.
    async fn start(&self, order: &PaymentOrder) -> Result<PaymentStart, ContractError>;
    /// Asks the gateway itself; what a browser brings back proves nothing.
    async fn status(&self, reference: &str) -> Result<PaymentStatus, ContractError>;
}
