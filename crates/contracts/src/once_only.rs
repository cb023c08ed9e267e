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

/// Why registers are asked: what a register of another agency must hear and keep (Luật Căn cước 26/2023/QH15; Nghị định
/// 194/2025/NĐ-CP).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occasion {
    /// Code of the procedure.
    pub procedure: String,
    /// The form or case for which it is asked, by an id that says nothing to others.
    pub issue: String,
    /// Who fills in the form.
    pub acting: PersonId,
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
    /// The known values among the questions; unknown ones, and those of a register that is silent, are simply absent. The
    /// caller records the access.
    async fn known(&self, occasion: &Occasion, questions: &[Question]) -> Result<Vec<Known>, ContractError>;
}
