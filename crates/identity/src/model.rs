//! What this room keeps, as other parts of the house hand it over.

use haidang_contracts::Mandate;
use haidang_contracts::actor::PersonId;
use haidang_contracts::identity::{Agency, PersonKind, PersonRecord};
use serde_json::Value;

use crate::one_time::Secret;
use crate::rules::RelationKind;

/// An agency of the pack, with where its code was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgencySeed {
    /// The agency.
    pub agency: Agency,
    /// `unverified` or a source; for administrators.
    pub evidence: Option<String>,
}

/// A person to be inserted in bulk.
#[derive(Debug, Clone)]
pub struct PersonSeed {
    /// The person; `id` is made by the caller.
    pub person: PersonRecord,
    /// Level of the national account, 1 or 2.
    pub account_level: u8,
}

/// A post to be inserted in bulk.
#[derive(Debug, Clone)]
pub struct PositionSeed {
    /// Who holds it.
    pub person: PersonId,
    /// Code of the agency.
    pub agency: String,
    /// Role of `positions.toml`.
    pub role: String,
    /// Title in Vietnamese, as printed on documents.
    pub title: String,
    /// First day, `YYYY-MM-DD`.
    pub valid_from: String,
    /// Last day.
    pub valid_to: Option<String>,
}

/// An official account to be inserted in bulk.
#[derive(Debug, Clone)]
pub struct CredentialSeed {
    /// Whose account.
    pub person: PersonId,
    /// Account name, already normal (lower case).
    pub username: String,
    /// PHC string of the password; many demonstration accounts may share one.
    pub password_hash: String,
    /// Secret of the one-time codes.
    pub totp_secret: Option<Secret>,
}

/// A token to be inserted in bulk: of a system, or (demonstration and test only) of a person.
#[derive(Debug, Clone)]
pub struct TokenSeed {
    /// Who acts with it.
    pub person: PersonId,
    /// What it is for.
    pub name: String,
    /// The token in clear; only its SHA-256 is stored.
    pub token: String,
    /// Agency of a system.
    pub agency: Option<String>,
    /// Capabilities of a system.
    pub capabilities: Vec<String>,
}

/// A relation to be inserted in bulk: `other` is the `kind` of `person`.
#[derive(Debug, Clone)]
pub struct RelationSeed {
    /// From whom it is read.
    pub person: PersonId,
    /// To whom.
    pub other: PersonId,
    /// What binds them.
    pub kind: RelationKind,
}

/// What a simulated register knows of one number.
#[derive(Debug, Clone)]
pub struct RegisterSeed {
    /// Citizen or tax number.
    pub number: String,
    /// Register id, such as `birth_notice`.
    pub register: String,
    /// Facts by key, nested where the source key has several parts.
    pub facts: Value,
    /// Day on which the register last confirmed them, `YYYY-MM-DD`.
    pub as_of: String,
}

/// Someone for whom a person may act now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Represented {
    /// Who is acted for.
    pub person: PersonId,
    /// Name.
    pub full_name: String,
    /// Person or organisation.
    pub entity: PersonKind,
    /// Citizen or tax number.
    pub number: Option<String>,
    /// Why, the widest first; at least one.
    pub mandates: Vec<Mandate>,
}

/// A person offered by the simulator's short list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SamplePerson {
    /// Name.
    pub full_name: String,
    /// 12 digits.
    pub citizen_no: String,
    /// `YYYY-MM-DD`.
    pub birth_date: Option<String>,
}

/// A token as administrators see it: never the token itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// Id.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// Agency of the system.
    pub agency: Option<String>,
    /// What it allows.
    pub capabilities: Vec<String>,
    /// When it was made, microseconds UTC.
    pub created_at: jiff::Timestamp,
    /// When it ends by itself.
    pub expires_at: Option<jiff::Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<jiff::Timestamp>,
}

/// An official account as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRow {
    /// Account name.
    pub username: String,
    /// Whose.
    pub person: PersonId,
    /// Name.
    pub full_name: String,
    /// Whether it is locked by an administrator.
    pub locked: bool,
}
