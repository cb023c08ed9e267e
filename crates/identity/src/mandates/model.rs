//! A mandate as stored and as proposed.

use super::rules::State;
use haidang_contracts::actor::PersonId;
use haidang_contracts::identity::PersonKind;
use haidang_contracts::{Mandate, MandateKind};
use haidang_kernel::chain::{Hash, record_hash};
use haidang_store::{Row, StoreError};
use jiff::Timestamp;
use jiff::civil::Date;

/// A written mandate.
#[derive(Debug, Clone)]
pub struct MandateRow {
    /// Id.
    pub id: String,
    /// Who is acted for.
    pub principal: PersonId,
    /// Their registered name.
    pub principal_name: String,
    /// Person or organisation.
    pub principal_kind: PersonKind,
    /// Citizen or tax number of the principal.
    pub principal_number: Option<String>,
    /// Who acts.
    pub delegate: PersonId,
    /// Name of the delegate as the principal wrote it.
    pub delegate_name: String,
    /// Paper it rests on.
    pub source_document: Option<String>,
    /// Codes of procedures.
    pub procedures: Vec<String>,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Whether the principal may end it.
    pub revocable: bool,
    /// Lowest assurance at which it may be used.
    pub min_assurance: u8,
    /// Hash over the terms and, once accepted, the acceptance.
    pub evidence_hash: String,
    /// State on the day it was read.
    pub state: State,
    /// When it was proposed.
    pub proposed_at: Timestamp,
    /// When the delegate answered.
    pub answered_at: Option<Timestamp>,
    /// When it was ended.
    pub revoked_at: Option<Timestamp>,
}

impl MandateRow {
    pub(crate) fn read(row: &Row, today: Date) -> Result<Self, StoreError> {
        let state = State::parse(&row.text("state")?);
        let to = row.date("valid_to")?;
        Ok(Self {
            id: row.text("id")?,
            principal: row.id("principal")?,
            principal_name: row.text("principal_name")?,
            principal_kind: crate::room::person_kind(&row.text("principal_kind")?)?,
            principal_number: row.opt_text("principal_citizen_no")?.or(row.opt_text("principal_tax_no")?),
            delegate: row.id("delegate")?,
            delegate_name: row.text("delegate_name")?,
            source_document: row.opt_text("source_document")?,
            procedures: row.json("procedures")?,
            from: row.date("valid_from")?,
            to,
            revocable: row.boolean("revocable")?,
            min_assurance: u8::try_from(row.integer("min_assurance")?).unwrap_or(u8::MAX),
            evidence_hash: row.text("evidence_hash")?,
            state: state.ok_or_else(|| StoreError::Corrupt("identity_mandate.state".to_owned()))?.on(to, today),
            proposed_at: row.timestamp("proposed_at")?,
            answered_at: row.opt_timestamp("answered_at")?,
            revoked_at: row.opt_timestamp("revoked_at")?,
        })
    }

    /// The right as an actor carries it.
    pub fn right(&self) -> Mandate {
        Mandate {
            id: self.id.clone(),
            kind: MandateKind::Authorised,
            procedures: self.procedures.clone(),
            min_assurance: self.min_assurance,
        }
    }

    /// The hash over the terms and the acceptance: what both sides agreed to, for whoever must prove it later.
    pub fn accepted_hash(&self, at: Timestamp, assurance: u8) -> String {
        let (at, assurance) = (at.as_microsecond().to_string(), assurance.to_string());
        record_hash(&[("terms", &self.evidence_hash), ("accepted_at", &at), ("assurance", &assurance)]).to_string()
    }
}

/// What a principal proposes.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// Citizen number of the one who shall act.
    pub delegate_number: String,
    /// Their name, as the principal knows it.
    pub delegate_name: String,
    /// Codes of procedures.
    pub procedures: Vec<String>,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Paper it rests on, such as a notarised authorisation.
    pub source_document: Option<String>,
    /// Lowest assurance at which it may be used, 1 to 4.
    pub min_assurance: u8,
    /// Whether the principal may end it before its time.
    pub revocable: bool,
}

impl Proposal {
    pub(crate) fn hash(&self, principal: &PersonId, delegate: &PersonId) -> Hash {
        let procedures = self.procedures.join(" ");
        let (from, to, assurance) = (self.from.to_string(), self.to.to_string(), self.min_assurance.to_string());
        record_hash(&[
            ("principal", principal.as_str()),
            ("delegate", delegate.as_str()),
            ("kind", MandateKind::Authorised.as_str()),
            ("procedures", &procedures),
            ("from", &from),
            ("to", &to),
            ("source_document", self.source_document.as_deref().unwrap_or_default()),
            ("min_assurance", &assurance),
            ("revocable", if self.revocable { "true" } else { "false" }),
        ])
    }
}

/// A guardianship to be inserted in bulk.
#[derive(Debug, Clone)]
pub struct GuardianshipSeed {
    /// Guardian.
    pub guardian: PersonId,
    /// Ward.
    pub ward: PersonId,
    /// Number of the decision.
    pub decision: String,
    /// Whether the ward is an adult without legal capacity.
    pub of_adult: bool,
}
