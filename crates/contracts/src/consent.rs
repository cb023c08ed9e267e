//! What a person agreed to, refused or took back, one purpose at a time (Law 91/2025/QH15 Điều 9).

use crate::ContractError;
use crate::actor::{Actor, PersonId};
use async_trait::async_trait;
use haidang_kernel::bilingual::Bilingual;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Decision {
    /// Agreed.
    Granted,
    /// Not agreed.
    Refused,
    /// Agreed before, taken back now.
    Withdrawn,
}

impl Decision {
    /// The word in the database and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Decision::Granted => "GRANTED",
            Decision::Refused => "REFUSED",
            Decision::Withdrawn => "WITHDRAWN",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Decision> {
        [Decision::Granted, Decision::Refused, Decision::Withdrawn].into_iter().find(|d| d.as_str() == word)
    }
}

/// On what a use of personal data rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// On the person's consent alone: without it nothing is read.
    Consent,
    /// On a law, which the purpose names.
    Law,
}

/// A purpose of the pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purpose {
    /// Code, such as `vault_reuse`.
    pub code: String,
    /// Name.
    pub title: Bilingual,
    /// What is done with the data, in plain words.
    pub text: Bilingual,
    /// What happens when the person does not agree.
    pub refusal: Bilingual,
    /// Who decides on the use.
    pub controller: Bilingual,
    /// Who works with the data on the controller's behalf.
    #[serde(default)]
    pub processor: Option<Bilingual>,
    /// Kinds of data, in plain words.
    pub data: Vec<Bilingual>,
    /// Consent or law.
    pub basis: Basis,
    /// The clause.
    pub legal_basis: String,
    /// Version of the text; a changed text takes a new version.
    pub version: String,
    /// Days after which a consent ends by itself.
    #[serde(default)]
    pub valid_days: Option<i64>,
    /// Days for which a read stays off the person's log, for an investigation.
    #[serde(default)]
    pub delay_days: Option<i64>,
    /// The clause that allows the delay.
    #[serde(default)]
    pub delay_basis: Option<String>,
}

/// How a person stands to a purpose now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The last decision.
    pub decision: Decision,
    /// Id of its receipt.
    pub receipt: String,
    /// When it was made.
    pub at: Timestamp,
    /// Until when a consent holds; `None` without end.
    pub expires_at: Option<Timestamp>,
}

impl Standing {
    /// Whether data may be used on the strength of this consent at this moment.
    pub fn allows(&self, now: Timestamp) -> bool {
        self.decision == Decision::Granted && self.expires_at.is_none_or(|end| now < end)
    }
}

/// A decision to be written down.
#[derive(Debug, Clone)]
pub struct NewDecision {
    /// Who decides, for oneself or by a mandate.
    pub actor: Actor,
    /// Whose data it is about.
    pub subject: PersonId,
    /// Code of the purpose.
    pub purpose: String,
    /// What is decided.
    pub decision: Decision,
    /// Door of entry: `online`, `counter`, `api`.
    pub channel: String,
    /// What it was given with, such as a case; without personal data.
    pub about: Option<String>,
    /// Id of the request.
    pub request_id: String,
}

/// Asked before data is read whose legal basis is consent.
#[async_trait]
pub trait Consents: Send + Sync {
    /// A purpose of the pack by its code.
    fn purpose(&self, code: &str) -> Option<Purpose>;
    /// How the person stands to the purpose; `None` when nothing was ever decided. Never answered from a cache: what
    /// was taken back a moment ago must not be read now.
    async fn standing(&self, subject: &PersonId, purpose: &str) -> Result<Option<Standing>, ContractError>;
    /// Writes a decision down; gives back the id of its receipt.
    async fn decide(&self, new: &NewDecision) -> Result<String, ContractError>;
}
