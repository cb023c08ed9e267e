//! May this one do that to this thing, now, and by which rule: answered by `identity` from the policies of the pack.

use crate::ContractError;
use crate::actor::{Actor, PersonId};
use async_trait::async_trait;
use haidang_kernel::bilingual::Bilingual;
use jiff::Timestamp;
use std::sync::Arc;

/// Opening a case or a document to read it.
pub const VIEW: &str = "view";
/// Taking the file of a document away.
pub const EXTRACT: &str = "extract";
/// Using what is for whoever signed in.
pub const USE_ACCOUNT: &str = "account.use";
/// Using what is for residents and representatives.
pub const USE_RESIDENT: &str = "resident.use";
/// Using what is for officials in any post.
pub const USE_OFFICE: &str = "office.use";
/// Using what is for other systems.
pub const USE_SYSTEM: &str = "system.use";

/// What is acted upon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resource {
    /// A row of the permission table.
    Route {
        /// Its id.
        id: String,
        /// Least strength of the authentication, 1 to 4.
        minimum_acr: u8,
    },
    /// An administrative case.
    Case {
        /// Its id.
        id: String,
        /// Whose case it is.
        owner: PersonId,
        /// Agencies that receive or decide it.
        units: Vec<String>,
        /// Agencies asked for an opinion on it.
        consulted: Vec<String>,
        /// Procedure code.
        procedure: String,
    },
    /// A document in somebody's vault.
    Document {
        /// Its id.
        id: String,
        /// Whose document it is.
        owner: PersonId,
        /// Code of its kind.
        kind: String,
        /// The consent on which a reading rests, when it rests on one.
        consent: Option<String>,
    },
}

impl Resource {
    /// The kind in words of the policies: `Route`, `Case`, `Document`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Route { .. } => "Route",
            Self::Case { .. } => "Case",
            Self::Document { .. } => "Document",
        }
    }

    /// Its id.
    pub fn id(&self) -> &str {
        match self {
            Self::Route { id, .. } | Self::Case { id, .. } | Self::Document { id, .. } => id,
        }
    }
}

/// Under which circumstances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circumstances {
    /// Strength of the authentication, 1 to 4 (Decree 69/2024/NĐ-CP, Article 20).
    pub acr: u8,
    /// What for.
    pub purpose: Option<String>,
    /// For which case.
    pub case: Option<String>,
    /// Under which mandate.
    pub mandate: Option<String>,
    /// Consents that stand at this moment.
    pub consents: Vec<String>,
    /// When.
    pub at: Timestamp,
}

impl Circumstances {
    /// The plain circumstances of a request.
    pub fn of(actor: &Actor, at: Timestamp) -> Self {
        Self { acr: actor.assurance, purpose: None, case: None, mandate: None, consents: Vec::new(), at }
    }
}

/// One question.
#[derive(Debug, Clone)]
pub struct Question<'q> {
    /// Who asks.
    pub actor: &'q Actor,
    /// What for: a capability such as `case.receive`, or one of the words of this module.
    pub action: &'q str,
    /// On what.
    pub resource: &'q Resource,
    /// Under which circumstances.
    pub circumstances: &'q Circumstances,
}

/// One policy with its words for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// Its id.
    pub policy: String,
    /// Whether it permits or forbids.
    pub permits: bool,
    /// What it says.
    pub text: Bilingual,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it may be done.
    pub allowed: bool,
    /// The policies that decided, by id; empty when nothing permitted and nothing forbade.
    pub grounds: Vec<Arc<Ground>>,
    /// Policies that would have permitted and did not fit; empty when it was allowed.
    pub missed: Vec<Arc<Ground>>,
    /// SHA-256 of the whole set of policies, hex.
    pub policy_set: Arc<str>,
}

/// Decides by the policies of the city. Nothing else in the house says who may do what.
#[async_trait]
pub trait Authorizer: Send + Sync {
    /// The verdict on one question.
    async fn authorize(&self, question: &Question<'_>) -> Result<Verdict, ContractError>;
}
