//! What `identity` answers: people, agencies and the rights of whoever signed in.

use crate::ContractError;
use crate::actor::{Actor, PersonId};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// A natural person or an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonKind {
    /// A natural person, known by a citizen number.
    Person,
    /// A business or another organisation, known by a tax number.
    Organisation,
    /// Another system.
    System,
}

/// What the city knows of a person; personal data, so every use is an access.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PersonRecord {
    /// Opaque id.
    pub id: PersonId,
    /// Person, organisation or system.
    pub kind: PersonKind,
    /// Full name as registered, NFC.
    pub full_name: String,
    /// 12 digits, for a natural person.
    pub citizen_no: Option<String>,
    /// Tax number, for an organisation.
    pub tax_no: Option<String>,
    /// `YYYY-MM-DD`.
    pub birth_date: Option<String>,
    /// `male` or `female`.
    pub sex: Option<String>,
    /// Code of the list of ethnic groups.
    pub ethnicity: Option<String>,
    /// Code of the list of countries.
    pub nationality: Option<String>,
    /// Five digits of the commune of residence or seat.
    pub commune_code: Option<String>,
    /// Street and house, free text.
    pub address: Option<String>,
    /// Ten digits from 0.
    pub phone: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
}

impl PersonRecord {
    /// The number by which the access log knows the person: citizen number, else tax number, else the opaque id.
    pub fn personal_number(&self) -> &str {
        self.citizen_no.as_deref().or(self.tax_no.as_deref()).unwrap_or(self.id.as_str())
    }
}

/// An agency or unit of the city.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agency {
    /// Code, such as `H24.11824`.
    pub code: String,
    /// `commune`, `department`, `office`, `centre`, `police`, `tax` …
    pub kind: String,
    /// Official Vietnamese name.
    pub name_vi: String,
    /// English name.
    pub name_en: String,
    /// Code of the agency above.
    pub parent: Option<String>,
    /// Five digits, when the agency is a commune's.
    pub commune_code: Option<String>,
    /// First day of existence, `YYYY-MM-DD`.
    pub valid_from: Option<String>,
    /// Last day of existence.
    pub valid_to: Option<String>,
    /// Agency that took over its cases.
    pub successor: Option<String>,
}

/// One post of an agency with whoever holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffMember {
    /// Who.
    pub person: PersonId,
    /// Full name.
    pub name: String,
    /// Role id of the pack.
    pub role: String,
    /// Title of the post in Vietnamese as printed.
    pub title: String,
    /// What the role allows.
    pub capabilities: std::collections::BTreeSet<String>,
}

/// What is needed to register a person met at the counter who has no account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewPerson {
    /// Person or organisation.
    pub kind: PersonKind,
    /// Full name as on the paper.
    pub full_name: String,
    /// 12 digits.
    pub citizen_no: Option<String>,
    /// Tax number.
    pub tax_no: Option<String>,
    /// `YYYY-MM-DD`.
    pub birth_date: Option<String>,
    /// Ten digits from 0.
    pub phone: Option<String>,
}

/// Turns a session or a token into an actor, and an id into a person.
#[async_trait]
pub trait Identity: Send + Sync {
    /// The actor behind a session's opaque person id, or `None` when the account is gone or locked.
    async fn actor(&self, person: &PersonId, on_behalf_of: Option<&PersonId>) -> Result<Option<Actor>, ContractError>;
    /// The actor behind an API token (given in clear, compared by hash), or `None`.
    async fn actor_by_token(&self, token: &str) -> Result<Option<Actor>, ContractError>;
    /// One person.
    async fn person(&self, id: &PersonId) -> Result<Option<PersonRecord>, ContractError>;
    /// One person by citizen or tax number.
    async fn person_by_number(&self, number: &str) -> Result<Option<PersonRecord>, ContractError>;
    /// Finds the person by number or creates the record; the same number always gives the same person.
    async fn find_or_create(&self, person: &NewPerson) -> Result<PersonRecord, ContractError>;
}

/// The tree of agencies and who serves where.
#[async_trait]
pub trait Directory: Send + Sync {
    /// One agency by code.
    async fn agency(&self, code: &str) -> Result<Option<Agency>, ContractError>;
    /// All agencies that exist today, by code.
    async fn agencies(&self) -> Result<Vec<Agency>, ContractError>;
    /// The agency that is competent for a commune today (old communes lead to their successor).
    async fn agency_of_commune(&self, commune_code: &str) -> Result<Option<Agency>, ContractError>;
    /// People who hold the role in the agency today: id and name.
    async fn holders(&self, role: &str, agency: &str) -> Result<Vec<(PersonId, String)>, ContractError>;
    /// Everybody who holds a post in the agency today, by name; somebody with two posts appears twice.
    async fn staff(&self, agency: &str) -> Result<Vec<StaffMember>, ContractError>;
    /// Whether somebody holds a post in the agency today that gives the capability, besides the person left out.
    async fn is_held(&self, capability: &str, agency: &str, besides: Option<&PersonId>) -> Result<bool, ContractError>;
}
