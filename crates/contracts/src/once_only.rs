//! What the city already knows, so that nobody is asked twice (architecture: walk "a reuse").

use crate::ContractError;
use crate::actor::PersonId;
use async_trait::async_trait;
use haidang_kernel::bilingual::Bilingual;
use serde::{Deserialize, Serialize};

/// A question a form asks of the registers before it asks the resident.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Question {
    /// Whose data is asked for.
    pub subject: PersonId,
    /// Source key of the pack, such as `population.birth_date` or `birth_notice.sex`.
    pub source: String,
}

/// A known value with everything the resident must see to agree to its use.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Known {
    /// Source key that was asked.
    pub source: String,
    /// The value in the form's own shape.
    pub value: serde_json::Value,
    /// Name of the register in both languages.
    pub register: Bilingual,
    /// Legal basis of the reuse.
    pub legal_basis: String,
    /// Day on which the register last confirmed it, `YYYY-MM-DD`.
    pub as_of: String,
}

/// Answers from one register or from several behind one face.
#[async_trait]
pub trait OnceOnly: Send + Sync {
    /// The known values among the questions; unknown ones are simply absent. The caller records the access.
    async fn known(&self, questions: &[Question]) -> Result<Vec<Known>, ContractError>;
}
