//! From a number to a signed file in the owner's vault. The number is drawn in one transaction; rendering, signing
//! and the file come after it, and a second transaction ties them together. A crash between the two leaves a
//! numbered result without a file, which the sweeper finishes: the number is never lost or given twice.

use super::command::Moved;
use super::deciding::{load, read_all};
use super::row::{CaseResult, CaseRow, Task};
use super::trail::ResultRow;
use super::{clock, escalation, route, writing};
use crate::form::{self, CodeLists};
use crate::model::{CaseState, DeliveryState, SyncState};
use crate::procedure::Version;
use crate::rules::StepNature;
use crate::service::{Services, system_actor, system_person};
use crate::sql;
use haidang_contracts::documents::{DocumentRequest, SignedDocument};
use haidang_contracts::events::{RESULT_ISSUED, ResultIssued};
use haidang_kernel::format::Lang;
use haidang_kernel::id::Id;
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_store::{ActorRef, AuditEntry, Stored, args};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// What a result says when the procedure has no template of its own.
const PLAIN_RESULT: &str =
    "<h1>{{ result.name }}</h1><p>{{ procedure.name }}</p><p>{{ case.no }} – {{ applicant.full_name }}</p>";

/// Adds the answers, as values and as display text, to the variables of a template.
fn with_answers(version: &Version, answers: &Json, codes: &CodeLists, mut data: Json) -> Json {
    if let Json::Object(map) = &mut data {
        map.insert("form".to_owned(), answers.clone());
        map.insert("view".to_owned(), form::view(version, answers, Lang::Vi, codes));
    }
    data
}

impl Services {
    /// Makes the file of a numbered result, signs it, and hands it to the vault through the outbox. Idempotent.
    ///
    /// # Errors
    /// What rendering, the blob store or the database say; the sweeper tries again.
    pub async fn complete_result(&self, result_id: &Id<CaseResult>) -> Result<Moved, Problem> {
        let row = self.db.fetch_one(sql::record::RESULT, args![result_id.as_str()]).await?;
        let result = ResultRow::read(&row)?;
        let case = self.case(&result.case_id).await?;
        if result.issued_at.is_some() {
            return Ok(Moved { case, form: None, result: Some(result.id) });
        }
        let signed = self.documents.produce(&self.document_of(&case, &result).await?).await?;
        let stored = self.blobs.put_bytes(&signed.bytes).await?;
        if stored.sha256 != signed.sha256 {
            return Err(Problem::internal("the stored file differs from the signed one"));
        }
        self.finish(case, result, signed).await
    }

    /// Finishes results that a crash interrupted. Answers how many.
    ///
    /// # Errors
    /// The first failure; the rest is tried next time.
    pub async fn sweep_results(&self) -> Result<usize, Problem> {
        let rows = read_all(self.db.fetch_all(sql::record::RESULTS_UNFINISHED, args![]).await?, ResultRow::read)?;
        for result in &rows {
            self.complete_result(&result.id).await?;
        }
        Ok(rows.len())
    }

    /// What the result would say if it were decided now, as safe HTML for those who propose and sign. None for a
    /// procedure whose result the pack does not describe.
    ///
    /// # Errors
    /// What the template lacks: better seen before the signature than after it.
    pub async fn draft_result(&self, case: &CaseRow, signer: &str) -> Result<Option<String>, Problem> {
        let version = self.version(&case.version_id)?;
        let Some(kind) = &version.procedure.result else { return Ok(None) };
        let draft = ResultRow {
            id: self.ambient.new_id(),
            case_id: case.id.clone(),
            code: kind.code.clone().unwrap_or_default(),
            title: kind.name.clone(),
            agency: case.deciding_agency().to_owned(),
            signer_name: signer.to_owned(),
            signer_title: String::new(),
            signed_at: self.ambient.now(),
            // Drawn when it is issued.
            number: Some("…".to_owned()),
            numbered_at: None,
            token: None,
            sha256: None,
            media_type: None,
            size: None,
            signature: None,
            key_id: None,
            issued_at: None,
            valid_until: None,
            revoked_at: None,
            revoked_reason: None,
        };
        let request = self.document_of(case, &draft).await?;
        Ok(Some(self.documents.preview(&request)?))
    }

    async fn document_of(&self, case: &CaseRow, result: &ResultRow) -> Result<DocumentRequest, Problem> {
        let version = self.version(&case.version_id)?;
        let agency =
            self.directory.agency(&result.agency).await?.ok_or_else(|| Problem::internal("issuing agency vanished"))?;
        let token = result.token.clone().unwrap_or_default();
        let issued_on = time::civil(result.numbered_at.unwrap_or(result.signed_at)).date();
        let data = json!({
            "case": { "no": case.case_no, "code": case.procedure_code, "channel": case.channel,
                      "submitted_on": time::civil(case.submitted_at).date().to_string(),
                      "accepted_on": case.accepted_at.map(|at| time::civil(at).date().to_string()) },
            "applicant": { "full_name": case.owner_name, "citizen_no": case.owner_number },
            "agency": { "code": agency.code, "name": agency.name_vi, "name_en": agency.name_en, "commune_code": agency.commune_code },
            "result": { "code": result.code, "name": result.title, "number": result.number, "issued_on": issued_on.to_string(),
                        "place": agency.name_vi, "register": result.number, "valid_until": result.valid_until,
                        "originals": version.procedure.result.as_ref().map_or(1, |kind| i64::from(kind.originals)) },
            "signer": { "name": result.signer_name, "title": result.signer_title },
            "procedure": { "code": version.procedure.code, "name": version.procedure.name, "name_en": version.procedure.name_en,
                           "legal_basis": version.procedure.legal_basis },
        });
        let data = with_answers(&version, &case.answers, &self.codes, data);
        Ok(DocumentRequest {
            title: result.title.clone(),
            language: "vi".to_owned(),
            template: version.result_template().unwrap_or(PLAIN_RESULT).to_owned(),
            paper: version
                .procedure
                .result
                .as_ref()
                .and_then(|kind| kind.template.as_ref())
                .map(|name| format!("results/{name}")),
            data,
            agency: result.agency.clone(),
            agency_name: agency.name_vi,
            number: result.number.clone(),
            verify_url: format!("{}/kq/{token}", self.settings.origin),
            token,
            issued_on: issued_on.to_string(),
            signer: Some(format!("{}, {}", result.signer_name, result.signer_title)),
        })
    }

    async fn finish(&self, case: CaseRow, result: ResultRow, signed: SignedDocument) -> Result<Moved, Problem> {
        let version = self.version(&case.version_id)?;
        let agency = self.directory.agency(&result.agency).await?;
        let issuer = agency.map(|agency| agency.name_vi).unwrap_or_default();
        let shared = Arc::new((result, signed, version, issuer, self.ambient.clone(), self.clock()));
        self.db
            .transaction(move |tx| {
                let shared = shared.clone();
                Box::pin(async move {
                    let (result, signed, version, issuer, ambient, clock) = &*shared;
                    let now = ambient.now();
                    let loaded = load(tx, &result.case_id).await?;
                    let size = signed.bytes.len() as i64;
                    let done = tx
                        .execute(
                            sql::record::COMPLETE_RESULT,
                            args![result.id.as_str(), signed.sha256.as_str(), signed.media_type.as_str(), size, signed.signature.as_str(), signed.key_id.as_str(), now],
                        )
                        .await?;
                    if done == 0 {
                        return Ok(Moved { case: loaded.case, form: None, result: Some(result.id.clone()) });
                    }
                    // The file belongs to the record from now on: it goes into backups and is never swept.
                    let file = Stored { sha256: signed.sha256.clone(), size: signed.bytes.len() as u64 };
                    tx.keep_blob(&file).await?;
                    let mut after = loaded.case.clone();
                    after.state = CaseState::ResultReady;
                    after.delivery_state = DeliveryState::Ready;
                    after.sync_state = SyncState::Queued;
                    after.ended_at = Some(now);
                    after.updated_at = now;
                    let hand_over = route::first_of(version, StepNature::HandOver);
                    let electronic = after.delivery_way == "electronic";
                    if electronic {
                        after.state = CaseState::Returned;
                        after.returned_at = Some(now);
                        after.delivery_state = DeliveryState::HandedOver;
                    }
                    if let Some(step) = hand_over {
                        after.step = step.id.clone();
                    }
                    writing::save_case(tx, &loaded.case, &after).await?;
                    after.revision += 1;
                    let task = loaded.task.as_ref();
                    if let Some(task) = task {
                        tx.execute(sql::task::CLOSE, args![task.id.as_str(), now, system_person().as_str(), "issue"]).await?;
                    }
                    escalation::cancel_of_case(tx, &after.id, now).await?;
                    if let Some(step) = hand_over.filter(|_| !electronic) {
                        let id: Id<Task> = ambient.new_id();
                        let agency = route::agency_of(version, step, &after).to_owned();
                        let budget = clock.budget_end(version, step, now)?;
                        tx.execute(
                            sql::task::INSERT,
                            args![
                                id.as_str(), after.id.as_str(), "step", step.id.as_str(), agency.as_str(), step.role.as_str(), None::<String>,
                                after.procedure_code.as_str(), after.state.as_str(), false, clock::due_sort(after.due_at), budget, now
                            ],
                        )
                        .await?;
                        // The limit has been met; only what the step itself declares may still fire.
                        let opened = escalation::Opened {
                            case_id: after.id.as_str(),
                            limit: (None, None),
                            step,
                            task: &id,
                            agency: &agency,
                            budget_end: budget,
                        };
                        escalation::plan_task(tx, clock, ambient, opened, now).await?;
                    }
                    let seq = loaded.events + 1;
                    let entry = AuditEntry::mutation("result.issued", ActorRef::system())
                        .object("case", after.id.as_str())
                        .because(writing::LEGAL_BASIS, "phát hành kết quả giải quyết thủ tục hành chính")
                        .subjects(after.owner_number.clone())
                        .detail(json!({ "case_no": after.case_no, "result": result.id.as_str(), "sha256": signed.sha256, "number": result.number }));
                    let audit_id = tx.audit(entry).await?;
                    let system = system_actor();
                    tx.execute(
                        sql::case::INSERT_EVENT,
                        args![
                            after.id.as_str(), seq, "result_issued", Some(loaded.case.state.as_str()), after.state.as_str(), loaded.case.step.as_str(),
                            system.person.as_str(), system.display_name.as_str(), None::<String>, Some(result.agency.clone()), None::<String>,
                            None::<String>, writing::LEGAL_BASIS, now, audit_id.as_str()
                        ],
                    )
                    .await?;
                    let event = ResultIssued {
                        result_id: result.id.as_str().to_owned(),
                        case_id: after.id.as_str().to_owned(),
                        owner: after.owner_id.as_str().to_owned(),
                        code: result.code.clone(),
                        title: result.title.clone(),
                        number: result.number.clone().unwrap_or_default(),
                        issuer: issuer.clone(),
                        issued_on: time::civil(result.numbered_at.unwrap_or(now)).date().to_string(),
                        valid_until: result.valid_until.clone(),
                        sha256: signed.sha256.clone(),
                        media_type: signed.media_type.clone(),
                        size,
                        token: result.token.clone().unwrap_or_default(),
                    };
                    tx.emit(RESULT_ISSUED, after.id.as_str(), &event).await?;
                    writing::emit_moved(tx, &after, seq, "result_issued", now).await?;
                    Ok(Moved { case: after, form: None, result: Some(result.id.clone()) })
                })
            })
            .await
    }

    /// A result by its public token, for the verification page.
    ///
    /// # Errors
    /// `result_not_found`; the same words for a wrong token and for one that never was.
    pub async fn result_by_token(&self, token: &str) -> Result<ResultRow, Problem> {
        let row = self.db.fetch_optional(sql::record::RESULT_BY_TOKEN, args![token]).await?;
        row.as_ref()
            .map(ResultRow::read)
            .transpose()?
            .ok_or_else(|| Problem::not_found("result_not_found", "no result with this token"))
    }

    /// Results of a case, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn results(&self, case_id: &haidang_contracts::actor::CaseId) -> Result<Vec<ResultRow>, Problem> {
        read_all(self.db.fetch_all(sql::record::RESULTS, args![case_id.as_str()]).await?, ResultRow::read)
    }
}
