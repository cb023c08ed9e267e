//! What the room learns after it was made: procedures by name, purposes of the pack, the directory.

use crate::consent::purposes::Purposes;
use crate::directory::Directory;
use crate::mandates::rules::MOST_YEARS;
use crate::room::IdentityRoom;
use haidang_contracts::ContractError;
use haidang_contracts::cases::{Cases, ProcedureName};
use std::sync::{Arc, OnceLock};

/// Rooms and data around this one; set once, when the house is put together.
#[derive(Default)]
pub(crate) struct Around {
    cases: OnceLock<Arc<dyn Cases>>,
    purposes: OnceLock<Purposes>,
    mandate_years: OnceLock<i16>,
    directory: OnceLock<Directory>,
}

impl Around {
    /// Names of procedures; none when no room keeps procedures.
    pub(crate) async fn procedure_names(&self, codes: &[String]) -> Result<Vec<ProcedureName>, ContractError> {
        match self.cases.get() {
            Some(cases) => cases.procedure_names(codes).await,
            None => Ok(Vec::new()),
        }
    }

    /// Procedures that answer the words.
    pub(crate) async fn find_procedures(&self, words: &str, limit: usize) -> Result<Vec<ProcedureName>, ContractError> {
        match self.cases.get() {
            Some(cases) => cases.find_procedures(words, limit).await,
            None => Ok(Vec::new()),
        }
    }

    /// Whether a procedure of the city knows documents of this code.
    pub(crate) async fn knows_document_kind(&self, code: &str) -> Result<bool, ContractError> {
        match self.cases.get() {
            Some(cases) => cases.knows_document_kind(code).await,
            None => Ok(false),
        }
    }

    /// Purposes of the pack; none when the pack names none.
    pub(crate) fn purposes(&self) -> &Purposes {
        static NONE: OnceLock<Purposes> = OnceLock::new();
        self.purposes.get().unwrap_or_else(|| NONE.get_or_init(Purposes::default))
    }

    /// Years for which somebody may be authorised at most.
    pub(crate) fn mandate_years(&self) -> i16 {
        self.mandate_years.get().copied().unwrap_or(MOST_YEARS)
    }

    /// The directory of the administration; none when none is configured.
    pub(crate) fn directory(&self) -> Option<&Directory> {
        self.directory.get()
    }

    /// Attaches the directory; the first one counts.
    pub(crate) fn attach(&self, directory: Directory) {
        let _ = self.directory.set(directory);
    }
}

impl IdentityRoom {
    pub(crate) fn around(&self) -> &Around {
        &self.inner.around
    }

    /// Introduces the room that keeps procedures and cases; the first introduction counts.
    pub fn meet_cases(&self, cases: Arc<dyn Cases>) {
        let _ = self.inner.around.cases.set(cases);
    }

    /// Gives the purposes of the pack; the first time counts.
    pub fn settle_purposes(&self, purposes: Purposes) {
        let _ = self.inner.around.purposes.set(purposes);
    }

    /// Years for which somebody may be authorised at most in this city; the first time counts.
    pub fn settle_mandate_years(&self, years: i16) {
        let _ = self.inner.around.mandate_years.set(years);
    }
}
