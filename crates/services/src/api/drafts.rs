//! `/api/v1/drafts`: filing step by step, as the pages do.

use super::explained::{DueDate, Fee};
use super::{State, draft_id, moment};
use crate::cases::drafts::{DraftView, NewDocument, NewDraft};
use crate::cases::filing::{Receipt, Review};
use crate::model::Channel;
use haidang_kernel::problem::Problem;
use haidang_web::{
    Answer, Json, Path, Routes, Row, State as Use, Upload, UploadLimits, Visitor, created, json, no_content,
    or_stronger,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Begins a draft.
#[derive(Debug, Deserialize, ToSchema)]
pub struct StartDraft {
    /// Procedure code.
    pub procedure: String,
    /// Channel.
    pub channel: Channel,
    /// At a counter: id of the person whose case it is.
    pub owner: Option<String>,
    /// At a counter: the clerk's unit.
    pub agency: Option<String>,
}

/// A draft begun.
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftStarted {
    /// Id.
    pub id: String,
}

/// Answers to keep; `null` removes one.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SaveAnswers {
    /// Answers by field key.
    #[schema(value_type = Object)]
    pub answers: Map<String, Value>,
}

/// A document of the vault to reuse.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ReuseDocument {
    /// Component id.
    pub component: String,
    /// Vault item id.
    pub item: String,
}

/// The unit that should receive.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ChooseUnit {
    /// Agency code.
    pub agency: String,
}

/// Exemptions claimed.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ClaimExemptions {
    /// Ids of exemptions.
    pub claimed: Vec<String>,
}

/// A draft with what is still missing.
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftDetail {
    /// Id.
    pub id: String,
    /// Procedure version.
    pub version: String,
    /// Answers so far.
    #[schema(value_type = Object)]
    pub answers: Value,
    /// Values the city already knows, by field key, with register, basis and day.
    #[schema(value_type = Object)]
    pub known: Value,
    /// Files.
    pub documents: Vec<DraftDocument>,
    /// Wrong or missing answers.
    pub errors: Vec<DraftError>,
    /// Papers without a file: component ids.
    pub missing: Vec<String>,
    /// Charges.
    pub fees: Vec<Fee>,
    /// Expected date if accepted now.
    pub expected: Option<DueDate>,
    /// When the draft is forgotten.
    pub expires_at: String,
}

/// A file of a draft.
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftDocument {
    /// Id.
    pub id: String,
    /// Component id.
    pub component: String,
    /// File name.
    pub file_name: String,
    /// Size in bytes.
    pub size: i64,
    /// SHA-256, hex.
    pub sha256: String,
}

/// A wrong answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftError {
    /// Field.
    pub field: String,
    /// Stable code.
    pub code: String,
    /// Words in Vietnamese.
    pub message: String,
}

impl DraftDetail {
    fn of(view: &DraftView, review: &Review) -> Self {
        Self {
            id: view.row.id.as_str().to_owned(),
            version: view.row.version_id.clone(),
            answers: view.row.answers.clone(),
            known: serde_json::to_value(&view.known).unwrap_or_default(),
            documents: view
                .documents
                .iter()
                .map(|d| DraftDocument {
                    id: d.id.as_str().to_owned(),
                    component: d.component.clone(),
                    file_name: d.file_name.clone(),
                    size: d.size,
                    sha256: d.sha256.clone(),
                })
                .collect(),
            errors: review
                .errors
                .iter()
                .map(|e| DraftError { field: e.field.clone(), code: e.code.to_string(), message: e.message.vi.clone() })
                .collect(),
            missing: review.missing.clone(),
            fees: review.fees.iter().map(Fee::quoted).collect(),
            expected: review.expected.as_ref().map(|due| DueDate::of_limit(due, &review.limit)),
            expires_at: moment(view.row.expires_at),
        }
    }
}

/// Begins a draft.
pub async fn start_draft(visitor: Visitor, Use(services): Use<State>, Json(ask): Json<StartDraft>) -> Answer {
    let actor = visitor.require_actor()?;
    let owner = match &ask.owner {
        Some(id) => Some(
            haidang_kernel::id::Id::parse(id)
                .map_err(|_| Problem::invalid("owner_unknown", "no such person").field("owner", "unknown"))?,
        ),
        None => None,
    };
    let new = NewDraft {
        procedure: ask.procedure,
        channel: ask.channel,
        owner,
        agency: ask.agency,
        request_id: visitor.request_id.clone(),
    };
    match services.start_draft(actor, new).await {
        Ok(id) => created(&format!("/api/v1/drafts/{id}"), &DraftStarted { id: id.to_string() }),
        Err(problem) => or_stronger(&visitor, problem, "/"),
    }
}

/// One draft.
pub async fn get_draft(visitor: Visitor, Use(services): Use<State>, Path(id): Path<String>) -> Answer {
    let view = services.draft(visitor.require_actor()?, &draft_id(&id)?).await?;
    let review = services.review(&view.version, &view.facts, &view.documents)?;
    json(200, &DraftDetail::of(&view, &review))
}

/// Keeps answers; what is wrong is named but kept.
pub async fn save_answers(
    visitor: Visitor,
    Use(services): Use<State>,
    Path(id): Path<String>,
    Json(ask): Json<SaveAnswers>,
) -> Answer {
    let (actor, id) = (visitor.require_actor()?, draft_id(&id)?);
    let view = services.draft(actor, &id).await?;
    let unknown: Vec<&String> = ask.answers.keys().filter(|key| view.version.form.field(key).is_none()).collect();
    if let Some(key) = unknown.first() {
        return Err(Problem::invalid("field_unknown", "the form has no such field")
            .field((*key).clone(), "unknown")
            .into());
    }
    services.save_answers(actor, &id, "api", ask.answers, true, &visitor.request_id).await?;
    let view = services.draft(actor, &id).await?;
    let review = services.review(&view.version, &view.facts, &view.documents)?;
    json(200, &DraftDetail::of(&view, &review))
}

/// Attaches files; the multipart field is named by the component id.
pub async fn attach_document(
    visitor: Visitor,
    Use(services): Use<State>,
    Path(id): Path<String>,
    upload: Upload,
) -> Answer {
    let (actor, id) = (visitor.require_actor()?, draft_id(&id)?);
    services.draft(actor, &id).await?;
    upload.complete()?;
    let mut documents = Vec::new();
    for file in &upload.files {
        let new = services.keep_upload(file, "uploaded").await?;
        let document = services.attach(actor, &id, new, &visitor.request_id).await?;
        documents.push(DraftStarted { id: document.to_string() });
    }
    json(201, &documents)
}

/// Takes a file out.
pub async fn detach_document(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((id, document)): Path<(String, String)>,
) -> Answer {
    services.detach(visitor.require_actor()?, &draft_id(&id)?, &document, &visitor.request_id).await?;
    Ok(no_content())
}

/// Uses a document of the vault.
pub async fn reuse_document(
    visitor: Visitor,
    Use(services): Use<State>,
    Path(id): Path<String>,
    Json(ask): Json<ReuseDocument>,
) -> Answer {
    let document = services
        .reuse(visitor.require_actor()?, &draft_id(&id)?, &ask.component, &ask.item, &visitor.request_id)
        .await?;
    json(201, &DraftStarted { id: document.to_string() })
}

/// Chooses the one-stop unit.
pub async fn choose_unit(
    visitor: Visitor,
    Use(services): Use<State>,
    Path(id): Path<String>,
    Json(ask): Json<ChooseUnit>,
) -> Answer {
    services.choose_receiving(visitor.require_actor()?, &draft_id(&id)?, &ask.agency, &visitor.request_id).await?;
    Ok(no_content())
}

/// Claims exemptions from fees.
pub async fn claim_exemptions(
    visitor: Visitor,
    Use(services): Use<State>,
    Path(id): Path<String>,
    Json(ask): Json<ClaimExemptions>,
) -> Answer {
    services.claim_exemptions(visitor.require_actor()?, &draft_id(&id)?, &ask.claimed, &visitor.request_id).await?;
    Ok(no_content())
}

/// Submits a draft; repeating the call gives the same receipt.
pub async fn submit_draft(visitor: Visitor, Use(services): Use<State>, Path(id): Path<String>) -> Answer {
    let actor = visitor.require_actor()?;
    match services.submit(actor, &draft_id(&id)?, visitor.lang.code(), &visitor.request_id).await {
        Ok(receipt) => created(&format!("/api/v1/cases/{}", receipt.case_id), &receipt),
        Err(problem) => or_stronger(&visitor, problem, "/"),
    }
}

/// Forgets a draft.
pub async fn discard_draft(visitor: Visitor, Use(services): Use<State>, Path(id): Path<String>) -> Answer {
    services.discard_draft(visitor.require_actor()?, &draft_id(&id)?, &visitor.request_id).await?;
    Ok(no_content())
}

impl crate::service::Services {
    /// Puts an uploaded file, already sniffed and scanned, into the blob store.
    ///
    /// # Errors
    /// What the store says.
    pub async fn keep_upload(
        &self,
        file: &haidang_web::UploadedFile,
        origin: &'static str,
    ) -> Result<NewDocument, Problem> {
        let reader = tokio::fs::File::open(file.path()).await.map_err(|e| Problem::internal(e.to_string()))?;
        let stored = self.blobs.put(reader, file.size + 1).await?;
        Ok(NewDocument {
            component: file.field.clone(),
            file_name: file.name.clone(),
            media_type: file.media_type().to_owned(),
            size: i64::try_from(file.size).unwrap_or(i64::MAX),
            sha256: stored.sha256,
            origin,
            reused_from: None,
        })
    }
}

/// Adds the routes of this file.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .api(
            Row::post("start_draft", "/api/v1/drafts")
                .signed_in()
                .audit("draft.started")
                .body::<StartDraft>()
                .returns::<DraftStarted>(201)
                .summary("Begins a draft"),
            start_draft,
        )
        .api(
            Row::get("get_draft", "/api/v1/drafts/{draft}")
                .signed_in()
                .example("/api/v1/drafts/{draft}")
                .role("resident")
                .returns::<DraftDetail>(200)
                .summary("One draft with what is missing"),
            get_draft,
        )
        .api(
            Row::patch("save_answers", "/api/v1/drafts/{draft}")
                .signed_in()
                .audit("draft.saved")
                .body::<SaveAnswers>()
                .returns::<DraftDetail>(200)
                .summary("Keeps answers"),
            save_answers,
        )
        .api(
            Row::post("attach_document", "/api/v1/drafts/{draft}/documents")
                .signed_in()
                .audit("draft.file_attached")
                .upload(UploadLimits::DOCUMENTS)
                .returns::<Vec<DraftStarted>>(201)
                .summary("Attaches files"),
            attach_document,
        )
        .api(
            Row::delete("detach_document", "/api/v1/drafts/{draft}/documents/{document}")
                .signed_in()
                .audit("draft.file_removed")
                .returns_nothing(204)
                .summary("Takes a file out"),
            detach_document,
        )
        .api(
            Row::post("reuse_document", "/api/v1/drafts/{draft}/reuse")
                .signed_in()
                .audit("draft.file_attached")
                .body::<ReuseDocument>()
                .returns::<DraftStarted>(201)
                .summary("Uses a document of the vault"),
            reuse_document,
        )
        .api(
            Row::put("choose_unit", "/api/v1/drafts/{draft}/unit")
                .signed_in()
                .audit("draft.unit_chosen")
                .body::<ChooseUnit>()
                .returns_nothing(204)
                .summary("Chooses the one-stop unit"),
            choose_unit,
        )
        .api(
            Row::put("claim_exemptions", "/api/v1/drafts/{draft}/exemptions")
                .signed_in()
                .audit("draft.exemption_claimed")
                .body::<ClaimExemptions>()
                .returns_nothing(204)
                .summary("Claims exemptions from fees"),
            claim_exemptions,
        )
        .api(
            Row::post("submit_draft", "/api/v1/drafts/{draft}/submit")
                .signed_in()
                .audit("case.submitted")
                .returns::<Receipt>(201)
                .summary("Submits a draft"),
            submit_draft,
        )
        .api(
            Row::delete("discard_draft", "/api/v1/drafts/{draft}")
                .signed_in()
                .audit("draft.discarded")
                .returns_nothing(204)
                .summary("Forgets a draft"),
            discard_draft,
        )
}
