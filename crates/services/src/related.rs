//! What this room answers others about its cases and procedures (`contracts::cases`).

use crate::procedure::Version;
use crate::service::Services;
use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::cases::{CaseFacts, Cases, ProcedureName};
use haidang_contracts::documents::{ResultPaper, ResultPapers};
use haidang_kernel::id::Id;
use haidang_kernel::problem::ProblemKind;

fn named(version: &Version) -> ProcedureName {
    ProcedureName { code: version.procedure.code.clone(), name: version.name() }
}

#[async_trait]
impl Cases for Services {
    async fn case_facts(&self, id: &str) -> Result<Option<CaseFacts>, ContractError> {
        let Ok(id) = Id::parse(id) else { return Ok(None) };
        let case = match self.case(&id).await {
            Ok(case) => case,
            Err(problem) if problem.kind == ProblemKind::NotFound => return Ok(None),
            Err(problem) => return Err(ContractError::Internal(problem.code.to_owned())),
        };
        let mut agencies = vec![case.receiving_agency.clone()];
        agencies.extend(case.competent_agency.clone());
        Ok(Some(CaseFacts {
            owner: case.owner_id,
            procedure: case.procedure_code,
            agencies,
            open: case.ended_at.is_none(),
        }))
    }

    async fn knows_document_kind(&self, code: &str) -> Result<bool, ContractError> {
        let catalogue = self.catalogue();
        let knows = catalogue.all().any(|version| {
            let procedure = &version.procedure;
            let own = code.strip_prefix(&procedure.code).and_then(|rest| rest.strip_prefix('/'));
            procedure.components.iter().any(|one| one.code.as_deref() == Some(code) || own == Some(one.id.as_str()))
                || procedure.result.as_ref().is_some_and(|result| result.code.as_deref() == Some(code))
        });
        Ok(knows)
    }

    async fn find_procedures(&self, words: &str, limit: usize) -> Result<Vec<ProcedureName>, ContractError> {
        Ok(Services::find_procedures(self, words, limit).iter().map(|version| named(version)).collect())
    }

    async fn procedure_names(&self, codes: &[String]) -> Result<Vec<ProcedureName>, ContractError> {
        let (catalogue, today) = (self.catalogue(), self.ambient.today());
        Ok(codes.iter().filter_map(|code| catalogue.in_force(code, today)).map(|version| named(&version)).collect())
    }
}

#[async_trait]
impl ResultPapers for Services {
    async fn result_paper(&self, token: &str) -> Result<Option<ResultPaper>, ContractError> {
        let row = match self.result_by_token(token).await {
            Ok(row) => row,
            Err(problem) if problem.kind == ProblemKind::NotFound => return Ok(None),
            Err(problem) => return Err(ContractError::Internal(problem.code.to_owned())),
        };
        let paper = row.issued_at.is_some() && row.media_type.as_deref() == Some("application/pdf");
        let title = match &row.number {
            Some(number) => format!("{} số {number}", row.title),
            None => row.title.clone(),
        };
        Ok(row.sha256.filter(|_| paper).map(|sha256| ResultPaper { title, sha256 }))
    }
}
