//! What `services` answers about a case to rooms that must know whether somebody has to do with it.

use crate::ContractError;
use crate::actor::PersonId;
use async_trait::async_trait;

/// What binds a case to people and agencies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFacts {
    /// Whose case it is.
    pub owner: PersonId,
    /// Procedure code.
    pub procedure: String,
    /// Agencies that work on it: the receiving one, the competent one.
    pub agencies: Vec<String>,
    /// Whether it is still being worked on.
    pub open: bool,
}

/// Asked before somebody's documents are handed out for a case.
#[async_trait]
pub trait Cases: Send + Sync {
    /// The case with this id, or `None`.
    async fn case_facts(&self, id: &str) -> Result<Option<CaseFacts>, ContractError>;
    /// Whether a procedure of the city knows documents of this code.
    async fn knows_document_kind(&self, code: &str) -> Result<bool, ContractError>;
    /// Procedures in force whose name or code answers the words, best first: code and name in both languages.
    async fn find_procedures(&self, words: &str, limit: usize) -> Result<Vec<ProcedureName>, ContractError>;
    /// Names of the procedures with these codes; unknown ones are absent.
    async fn procedure_names(&self, codes: &[String]) -> Result<Vec<ProcedureName>, ContractError>;
}

/// A procedure by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcedureName {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: haidang_kernel::bilingual::Bilingual,
}
