//! Forms 01 to 07 as signed files: typeset from what was fixed when they were issued, sealed by the agency, kept.

use crate::service::Services;
use crate::sql;
use haidang_contracts::actor::CaseId;
use haidang_contracts::documents::AgencyPaper;
use haidang_contracts::papers::PaperRequest;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_store::{ActorRef, AuditEntry, Row, StoreError, args};
use jiff::Timestamp;
use serde_json::json;
use std::sync::Arc;

/// Marker of a signed paper.
pub enum Paper {}

/// A signed paper that is kept.
#[derive(Debug, Clone)]
pub struct PaperRow {
    /// Opaque id.
    pub id: Id<Paper>,
    /// `01` to `07`.
    pub form_no: String,
    /// The case it is about; none for the register of a unit.
    pub case_id: Option<CaseId>,
    /// Code of the agency that sealed it.
    pub agency: String,
    /// Number of the case, or the month of a register: for the name of the file.
    pub about: String,
    /// Address of the file.
    pub sha256: String,
    /// Bytes.
    pub size: i64,
    /// When it was sealed.
    pub made_at: Timestamp,
}

impl PaperRow {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id("id")?,
            form_no: row.text("form_no")?,
            case_id: row.opt_id("case_id")?,
            agency: row.text("agency")?,
            about: row.text("about")?,
            sha256: row.text("sha256")?,
            size: row.integer("size")?,
            made_at: row.timestamp("made_at")?,
        })
    }
}

/// A paper to be made.
pub struct NewPaper<'p> {
    /// `01` to `07`.
    pub form_no: &'p str,
    /// The case it is about.
    pub case_id: Option<&'p CaseId>,
    /// The issued form it prints: it has one file for good. None for what is made as things stand now.
    pub form_id: Option<&'p str>,
    /// Code of the agency that seals it.
    pub agency: &'p str,
    /// The month of a register.
    pub period: Option<&'p str>,
    /// What is printed.
    pub request: PaperRequest,
    /// Address behind the QR code; empty for none.
    pub qr: &'p str,
    /// Code that also stands as bars; empty for none.
    pub bars: &'p str,
}

impl Services {
    /// Makes a signed paper, or hands out the one that a form has already. Two who ask at once get the same file.
    ///
    /// # Errors
    /// `certificate_missing` in a city without certificates; what typesetting, signing and the database say.
    pub async fn seal_paper(&self, actor: ActorRef, request_id: &str, new: NewPaper<'_>) -> Result<PaperRow, Problem> {
        if let Some(form) = new.form_id
            && let Some(paper) = self.paper_of_form(form).await?
        {
            return Ok(paper);
        }
        let agency = self.directory.agency(new.agency).await?;
        let agency = agency.ok_or_else(|| Problem::internal("the agency of a paper vanished"))?;
        let about = match (new.request.data.get("code").and_then(serde_json::Value::as_str), new.period) {
            (_, Some(period)) => period.to_owned(),
            (Some(code), None) => code.to_owned(),
            (None, None) => String::new(),
        };
        let named = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let (qr, bars) = (named(new.qr), named(new.bars));
        let paper =
            AgencyPaper { request: new.request, qr, bars, agency: agency.code.clone(), agency_name: agency.name_vi };
        let signed = self.documents.seal_paper(&paper).await?;
        let stored = self.blobs.put_bytes(&signed.bytes).await?;
        let id: Id<Paper> = self.ambient.new_id();
        let entry = AuditEntry::mutation("paper.sealed", actor.clone())
            .object("paper", id.as_str())
            .request(request_id)
            .because("03/2025/TT-VPCP", "lập bản điện tử có chữ ký số")
            .detail(json!({ "form": new.form_no, "agency": agency.code, "sha256": stored.sha256 }));
        let entry = match new.case_id {
            Some(case) => entry.case(case.as_str()),
            None => entry,
        };
        let values = (
            new.form_no.to_owned(),
            new.case_id.map(|case| case.as_str().to_owned()),
            new.form_id.map(str::to_owned),
            new.period.map(str::to_owned),
            self.ambient.now(),
            actor.person.clone().unwrap_or_default(),
        );
        let shared = Arc::new((id, values, stored, entry, agency.code, about));
        let row = self
            .db
            .transaction(move |tx| {
                let shared = shared.clone();
                Box::pin(async move {
                    let (id, (form_no, case, form, period, now, by), stored, entry, agency, about) = &*shared;
                    let size = i64::try_from(stored.size).unwrap_or(i64::MAX);
                    let added = tx
                        .execute(
                            sql::record::INSERT_PAPER,
                            args![
                                id.as_str(),
                                form_no.as_str(),
                                case.clone(),
                                form.clone(),
                                agency.as_str(),
                                about.as_str(),
                                period.clone(),
                                stored.sha256.as_str(),
                                size,
                                *now,
                                by.as_str()
                            ],
                        )
                        .await?;
                    if added == 0 {
                        let form = form.clone().unwrap_or_default();
                        return tx.fetch_one(sql::record::PAPER_OF_FORM, args![form]).await;
                    }
                    tx.keep_blob(stored).await?;
                    tx.audit(entry.clone()).await?;
                    tx.fetch_one(sql::record::PAPER, args![id.as_str()]).await
                })
            })
            .await?;
        Ok(PaperRow::read(&row)?)
    }

    /// The signed paper of an issued form, once somebody had it made.
    ///
    /// # Errors
    /// What the database says.
    pub async fn paper_of_form(&self, form: &str) -> Result<Option<PaperRow>, Problem> {
        let row = self.db.fetch_optional(sql::record::PAPER_OF_FORM, args![form]).await?;
        Ok(row.as_ref().map(PaperRow::read).transpose()?)
    }

    /// Whether a file is a paper this city sealed, by its digest.
    ///
    /// # Errors
    /// What the database says.
    pub async fn paper_by_hash(&self, sha256: &str) -> Result<Option<PaperRow>, Problem> {
        let row = self.db.fetch_optional(sql::record::PAPER_BY_HASH, args![sha256]).await?;
        Ok(row.as_ref().map(PaperRow::read).transpose()?)
    }
}
