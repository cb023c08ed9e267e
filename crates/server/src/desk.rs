//! The room of cases as other rooms ask it. It is made last, so those made before it hold this desk meanwhile.

use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::cases::{CaseFacts, Cases, ProcedureName};
use haidang_services::Services;
use std::sync::{Arc, OnceLock, Weak};

/// Passes questions on to the room of cases. It holds no strong handle, because that room holds those who ask.
#[derive(Default)]
pub struct CaseDesk {
    services: OnceLock<Weak<Services>>,
}

impl CaseDesk {
    /// Introduces the room; the first introduction counts.
    pub fn open(&self, services: &Arc<Services>) {
        let _ = self.services.set(Arc::downgrade(services));
    }

    fn room(&self) -> Result<Arc<Services>, ContractError> {
        let room = self.services.get().and_then(Weak::upgrade);
        room.ok_or_else(|| ContractError::Unavailable("the room of cases is not open".to_owned()))
    }
}

#[async_trait]
impl Cases for CaseDesk {
    async fn case_facts(&self, id: &str) -> Result<Option<CaseFacts>, ContractError> {
        self.room()?.case_facts(id).await
    }

    async fn knows_document_kind(&self, code: &str) -> Result<bool, ContractError> {
        self.room()?.knows_document_kind(code).await
    }

    async fn find_procedures(&self, words: &str, limit: usize) -> Result<Vec<ProcedureName>, ContractError> {
        Cases::find_procedures(&*self.room()?, words, limit).await
    }

    async fn procedure_names(&self, codes: &[String]) -> Result<Vec<ProcedureName>, ContractError> {
        self.room()?.procedure_names(codes).await
    }
}
