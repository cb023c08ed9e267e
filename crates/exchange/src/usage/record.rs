//! What the door knows of an answer about people.

use std::fmt;

use haidang_contracts::access::Delayed;
use haidang_contracts::exchange::Delivery;
use haidang_signing::{SealError, Sealer};
use haidang_store::StoreError;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Whom an answer is about, and what they are to learn of it. It holds names of fields, never what stood in them; at rest
/// it is sealed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageRecord {
    /// When the answer left.
    pub at: Timestamp,
    /// What for, in words.
    pub purpose: String,
    /// The act that allows it.
    pub legal_basis: String,
    /// Case, document or request for which it was asked, as the caller said it.
    pub case: Option<String>,
    /// Code of the procedure, as the caller said it.
    pub procedure: Option<String>,
    /// Code of the organisation that asked.
    pub receiver_code: String,
    /// Its name.
    pub receiver_name: String,
    /// Name of its information system, or the code.
    pub receiver_system: String,
    /// The service.
    pub service: String,
    /// The agreement.
    pub agreement: String,
    /// Its version.
    pub agreement_version: u32,
    /// The fields it lets through.
    pub fields: Vec<String>,
    /// What people call them; what was sealed before services named their fields has none.
    #[serde(default)]
    pub field_names: Vec<String>,
    /// Whether it lets bodies through as they are.
    pub whole: bool,
    /// Whether something was delivered: a provider that answers with an error delivers nothing.
    pub delivered: bool,
    /// Until when it is held back, and the clause.
    pub hidden: Option<(Timestamp, String)>,
    /// Whether it is about more people than are told one by one.
    pub bulk: bool,
    /// Whether it is about one person alone, as far as can be told.
    pub sole: bool,
    /// Personal numbers of the people.
    pub subjects: Vec<String>,
}

impl fmt::Debug for UsageRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UsageRecord({}, {} people)", self.service, self.subjects.len())
    }
}

impl UsageRecord {
    /// What the people read of it; `message` is the record of the signed answer, `digest` its SHA-512.
    pub fn delivery(&self, message: &str, digest: &str) -> Delivery {
        Delivery {
            at: self.at,
            receiver_code: self.receiver_code.clone(),
            receiver_name: self.receiver_name.clone(),
            receiver_system: self.receiver_system.clone(),
            service: self.service.clone(),
            agreement: self.agreement.clone(),
            agreement_version: self.agreement_version,
            fields: if self.delivered { self.fields.clone() } else { Vec::new() },
            field_names: if self.delivered { self.field_names.clone() } else { Vec::new() },
            whole: self.whole && self.delivered,
            procedure: self.procedure.clone(),
            message: message.to_owned(),
            digest: digest.to_owned(),
            sole: self.sole && self.delivered,
        }
    }

    /// What holds the entry back, if anything does.
    pub fn delayed(&self) -> Option<Delayed> {
        let (visible_from, legal_basis) = self.hidden.clone()?;
        Some(Delayed { visible_from, legal_basis })
    }
}

fn purpose(message: &str) -> String {
    format!("exchange message {message} usage")
}

/// Seals it for the record of its message, with the digest of that message.
pub(crate) fn seal(sealer: &Sealer, message: &str, usage: &UsageRecord, digest: &str) -> Result<Vec<u8>, SealError> {
    // Texts, numbers and lists of them: writing them as JSON cannot fail.
    let text = serde_json::to_vec(&(usage, digest)).unwrap_or_default();
    sealer.seal(&purpose(message), &text)
}

/// Opens what [`seal`] closed.
pub(super) fn unseal(sealer: &Sealer, message: &str, sealed: &[u8]) -> Result<(UsageRecord, String), StoreError> {
    let corrupt = |reason: &dyn fmt::Display| StoreError::Corrupt(format!("exchange_usage_open {message}: {reason}"));
    let text = sealer.unseal(&purpose(message), sealed).map_err(|error| corrupt(&error))?;
    // The fault itself would tell what stood there.
    serde_json::from_slice(&text).map_err(|_| corrupt(&"of another form"))
}
