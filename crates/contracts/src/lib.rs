//! The types, traits and events by which rooms meet. One module per providing room; no logic, no input or output.
//!
//! A type enters here when a second room names it. Traits are object safe (`async-trait`), so that `server`
//! can wire any implementation as `Arc<dyn …>`.

pub mod access;
pub mod actor;
pub mod archive;
pub mod authorizer;
pub mod calendar;
pub mod cases;
pub mod consent;
pub mod documents;
pub mod events;
pub mod exchange;
pub mod files;
pub mod identity;
pub mod interconnection;
pub mod issued;
pub mod messages;
pub mod once_only;
pub mod papers;
pub mod payment;
pub mod recognition;
pub mod synchronisation;
pub mod vault;

pub use actor::{Actor, ActorKind, Mandate, MandateKind, Position};

/// What a trait of this crate answers when it cannot: the reason is for operators, never for residents.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ContractError {
    /// The thing asked for does not exist (or not for this caller).
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The request contradicts a rule of the providing room; `code` is a stable problem code.
    #[error("refused: {code}: {detail}")]
    Refused {
        /// Stable snake_case problem code.
        code: &'static str,
        /// What was refused, without personal data.
        detail: String,
    },
    /// The providing room or a partner behind it does not answer now.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A fault of our own.
    #[error("internal: {0}")]
    Internal(String),
}

impl From<ContractError> for haidang_kernel::problem::Problem {
    fn from(error: ContractError) -> Self {
        use haidang_kernel::problem::Problem;
        match error {
            ContractError::NotFound(what) => Problem::not_found("not_found", format!("{what} not found")),
            ContractError::Refused { code, detail } => Problem::conflict(code, detail),
            ContractError::Unavailable(detail) => Problem::unavailable("partner_unavailable", detail),
            ContractError::Internal(detail) => Problem::internal(detail),
        }
    }
}
