//! Rooms as those ask them that were made before: each holds a desk meanwhile, which passes questions on.

use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::cases::{CaseFacts, Cases, ProcedureName};
use haidang_contracts::issued::{Competence, IssuedPaper, IssuedPapers};
use haidang_contracts::papers::JudgedSignature;
use haidang_office::{OfficeHandle, OfficeRoom};
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

/// Passes questions about issued documents on to the office. It holds no strong handle, because the office holds the
/// signatures, which hold this desk.
#[derive(Default)]
pub struct IssuedDesk {
    office: OnceLock<OfficeHandle>,
}

impl IssuedDesk {
    /// Introduces the room; the first introduction counts.
    pub fn open(&self, office: &OfficeRoom) {
        let _ = self.office.set(office.handle());
    }

    /// The room; none while the city opens and after it closed: nothing is known then.
    fn room(&self) -> Option<OfficeRoom> {
        self.office.get().and_then(OfficeHandle::room)
    }
}

#[async_trait]
impl IssuedPapers for IssuedDesk {
    async fn by_token(&self, token: &str) -> Result<Option<IssuedPaper>, ContractError> {
        match self.room() {
            Some(room) => room.by_token(token).await,
            None => Ok(None),
        }
    }

    async fn by_digest(&self, sha256: &str) -> Result<Option<IssuedPaper>, ContractError> {
        match self.room() {
            Some(room) => room.by_digest(sha256).await,
            None => Ok(None),
        }
    }

    async fn competence(
        &self,
        paper: &IssuedPaper,
        signatures: &[JudgedSignature],
    ) -> Result<Competence, ContractError> {
        let room = self.room().ok_or_else(|| ContractError::Unavailable("the office is not open".to_owned()))?;
        room.competence(paper, signatures).await
    }
}
