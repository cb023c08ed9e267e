//! What the books say of an issued document, for whoever holds it.

use super::rules::{self, Books, Part, Why};
use super::sql;
use crate::authority::rules as authority;
use crate::authority::{Refusal, Signing};
use crate::documents::copies::{Copy, CopyState};
use crate::documents::{Document, State};
use crate::room::OfficeRoom;
use async_trait::async_trait;
use haidang_contracts::ContractError;
use haidang_contracts::actor::PersonId;
use haidang_contracts::issued::{Competence, Competent, IssuedPaper, IssuedPapers, Standing};
use haidang_contracts::papers::JudgedSignature;
use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::time;
use haidang_store::{StoreError, args};
use haidang_ui::{Lang, t};
use jiff::Timestamp;

fn store(error: StoreError) -> ContractError {
    match error {
        StoreError::Transient(reason) => ContractError::Unavailable(reason),
        other => ContractError::Internal(other.to_string()),
    }
}

fn standing(state: State) -> Standing {
    match state {
        State::Recalled => Standing::Recalled,
        State::Replaced => Standing::Replaced,
        State::Corrected => Standing::Corrected,
        _ => Standing::Stands,
    }
}

/// A reason in both languages.
fn told(why: &Why) -> Competent {
    let key = match why {
        Why::Refused(refusal) => format!("authority-refusal-{}", refusal.problem_code().replace('_', "-")),
        other => format!("issued-why-{}", other.code().replace('_', "-")),
    };
    let (block, basis) = match why {
        Why::Granted(block, basis) => (block.as_str(), basis.as_str()),
        _ => ("", ""),
    };
    let words = |lang: Lang| t(lang, &key, &[("block", block.into()), ("basis", basis.into())]);
    Competent {
        answer: why.answer(),
        code: why.code().to_owned(),
        reason: Bilingual::new(words(Lang::Vi), words(Lang::En)),
    }
}

/// The acts behind an issued file, as its room wrote them down.
struct Acts {
    agency: String,
    signer: String,
    signer_name: String,
    /// Code of the kind, as mandates and delegations name it.
    kind: String,
    field: String,
    /// When the books say it was signed.
    written: Timestamp,
    /// Whether the organ's key closed this very file.
    sealed: bool,
    initials: Vec<String>,
}

impl OfficeRoom {
    async fn issued_paper(&self, document: Document) -> Result<Option<IssuedPaper>, ContractError> {
        let (Some(code), Some(sha256)) = (document.code(), document.file_sha256.clone()) else { return Ok(None) };
        let by = match &document.by_document {
            Some(id) => self.db.fetch_optional(crate::documents::sql::BY_ID, args![id]).await.map_err(store)?,
            None => None,
        };
        let by = by.map(|row| Document::read(&row)).transpose().map_err(store)?;
        let recorded = document.record.as_ref().and_then(|record| record.get("OrganName")?.as_str().map(str::to_owned));
        let organ = match recorded {
            Some(name) => name,
            None => self.directory.agency(&document.agency).await?.map(|one| one.name_vi).unwrap_or_default(),
        };
        let kind = self.documents.kind(&document.kind).map(|kind| kind.name.clone());
        Ok(Some(IssuedPaper {
            code,
            kind: kind.unwrap_or_else(|| Bilingual::vietnamese(&document.kind)),
            by: by.and_then(|other| Some((other.code()?, other.issued_on))),
            standing: standing(document.state),
            issued_on: document.issued_on,
            token: document.token,
            agency: document.agency,
            id: document.id,
            organ,
            sha256,
        }))
    }

    async fn copied_paper(&self, copy: Copy) -> Result<Option<IssuedPaper>, ContractError> {
        let Some(code) = copy.code() else { return Ok(None) };
        let organ = self.directory.agency(&copy.agency).await?.map(|one| one.name_vi).unwrap_or_default();
        let key = format!("copies-form-{}", copy.form.as_str());
        Ok(Some(IssuedPaper {
            kind: Bilingual::new(t(Lang::Vi, &key, &[]), t(Lang::En, &key, &[])),
            by: None,
            standing: Standing::Stands,
            issued_on: copy.copied_on,
            token: copy.token,
            agency: copy.agency,
            id: copy.id,
            sha256: copy.file_sha256,
            organ,
            code,
        }))
    }

    /// What the books say of the acts that made an issued file: a document's, else a certified copy's.
    async fn acts(&self, paper: &IssuedPaper) -> Result<Acts, ContractError> {
        let id = paper.id.as_str();
        if let Some(row) = self.db.fetch_optional(crate::documents::sql::BY_ID, args![id]).await.map_err(store)? {
            let document = Document::read(&row).map_err(store)?;
            let sealed = self.db.fetch_one(sql::SEALED, args![id, paper.sha256.as_str()]).await;
            let initials = self.db.fetch_all(sql::INITIALLED, args![id]).await.map_err(store)?;
            let initials: Result<Vec<String>, StoreError> = initials.iter().map(|row| row.text("acted_name")).collect();
            let kind = self.documents.kind(&document.kind).map(|kind| kind.code.clone());
            return Ok(Acts {
                written: document.signed_at.unwrap_or(document.changed_at),
                kind: kind.unwrap_or_default(),
                field: document.field.unwrap_or_default(),
                agency: document.agency,
                signer: document.signer,
                signer_name: document.signer_name,
                sealed: sealed.and_then(|row| row.integer("count")).map_err(store)? > 0,
                initials: initials.map_err(store)?,
            });
        }
        let copy = self.copy_by_id(id).await.map_err(store)?.ok_or(ContractError::NotFound("document"))?;
        Ok(Acts {
            written: copy.signed_at.unwrap_or(copy.changed_at),
            kind: copy.form.code().to_owned(),
            field: String::new(),
            sealed: copy.state == CopyState::Issued && copy.file_sha256 == paper.sha256,
            agency: copy.agency,
            signer: copy.signer,
            signer_name: copy.signer_name,
            initials: Vec::new(),
        })
    }

    async fn books(&self, acts: &Acts, paper: &IssuedPaper) -> Result<Books, ContractError> {
        let record = match PersonId::parse(&acts.signer).ok() {
            Some(person) => self.identity.person(&person).await?,
            None => None,
        };
        let agency = self.directory.agency(&acts.agency).await?;
        Ok(Books {
            signer: record.map(|one| one.full_name).into_iter().chain([acts.signer_name.clone()]).collect(),
            organ: agency.map(|one| one.name_vi).into_iter().chain([paper.organ.clone()]).collect(),
            sealed: acts.sealed,
            initials: acts.initials.clone(),
        })
    }

    /// What authority said at moments: mandates and delegations as they were on record then. The certificate is not asked
    /// here, for the signature itself is judged with its own.
    async fn granted_at(
        &self,
        acts: &Acts,
        moments: &[Timestamp],
    ) -> Result<Vec<Result<(String, String), Refusal>>, ContractError> {
        let person = PersonId::parse(&acts.signer).map_err(|_| ContractError::Internal("a signer is no id".into()))?;
        let heads = self.mandates(&acts.agency).await.map_err(store)?;
        let delegations = self.delegations_of(&acts.agency, &person).await.map_err(store)?;
        let what = Signing { kind: &acts.kind, field: &acts.field, secrecy: 0 };
        let judge = |at: &Timestamp| {
            let ground = authority::judge(&person, &heads, &delegations, &what, *at)?;
            Ok((ground.block_lines().join(", "), ground.basis().to_owned()))
        };
        Ok(moments.iter().map(judge).collect())
    }
}

#[async_trait]
impl IssuedPapers for OfficeRoom {
    async fn by_token(&self, token: &str) -> Result<Option<IssuedPaper>, ContractError> {
        match self.issued_by_token(token).await.map_err(store)? {
            Some(document) => self.issued_paper(document).await,
            None => match self.copy_by_token(token).await.map_err(store)? {
                Some(copy) => self.copied_paper(copy).await,
                None => Ok(None),
            },
        }
    }

    async fn by_digest(&self, sha256: &str) -> Result<Option<IssuedPaper>, ContractError> {
        let first = self.archive.original(sha256).await?;
        let found = self.db.fetch_optional(sql::BY_FILE, args![first.as_str()]).await.map_err(store)?;
        let Some(row) = found else {
            return match self.copy_by_file(&first).await.map_err(store)? {
                Some(copy) => self.copied_paper(copy).await,
                None => Ok(None),
            };
        };
        let id = row.text("id").map_err(store)?;
        let row = self.db.fetch_one(crate::documents::sql::BY_ID, args![id]).await.map_err(store)?;
        self.issued_paper(Document::read(&row).map_err(store)?).await
    }

    async fn competence(
        &self,
        paper: &IssuedPaper,
        signatures: &[JudgedSignature],
    ) -> Result<Competence, ContractError> {
        let acts = self.acts(paper).await?;
        let books = self.books(&acts, paper).await?;
        // By the time stamp of the signature; without one, when the books say that it was made.
        let moments: Vec<Timestamp> =
            signatures.iter().map(|one| one.stamped_at.map_or(acts.written, time::from_micros)).collect();
        let granted = self.granted_at(&acts, &moments).await?;
        let weighed: Vec<(Part, Why)> = signatures
            .iter()
            .zip(granted)
            .map(|(one, granted)| (rules::part(&one.field), rules::weigh(one, &books, granted)))
            .collect();
        Ok(Competence {
            whole: told(&rules::whole(&weighed)),
            signatures: weighed.iter().map(|(_, why)| told(why)).collect(),
        })
    }
}
