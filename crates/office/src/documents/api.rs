//! Endpoints of documents: the same acts as on the pages, by the same functions.

use super::compare::{Change, changes};
use super::content::DraftForm;
use super::listing::Wanted;
use super::model::{Annex, Document, Recipient};
use super::pages;
use super::signing::Chosen;
use super::table::{Action, State};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use axum::body::Body;
use haidang_kernel::problem::Problem;
use haidang_web::upload::Upload;
use haidang_web::{
    Answer, Disposition, Fault, Json, Path, Query, State as Use, Visitor, created, file, json, no_content,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

fn reader(visitor: &Visitor) -> Result<Reader<'_>, Fault> {
    let actor = visitor.require_actor()?;
    Ok(Reader { actor, channel: visitor.channel.as_str(), request_id: &visitor.request_id })
}

/// An instant in the time of the city, RFC 3339.
fn instant(at: Timestamp) -> String {
    at.to_zoned(haidang_kernel::time::city_zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// A document in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct DocumentView {
    /// Id.
    id: String,
    /// Code of the organ.
    agency: String,
    /// `out` or `internal`.
    course: &'static str,
    /// Where it stands.
    state: State,
    /// To be sent along with the next step.
    revision: i64,
    /// Number of the newest version.
    version: i64,
    /// Id of the kind.
    kind: String,
    /// Trích yếu.
    subject: String,
    /// 0 to 3.
    urgency: i64,
    /// Number and notation, such as `05/QĐ-UBND`.
    code: Option<String>,
    /// Date of the number, `YYYY-MM-DD`.
    issued_on: Option<String>,
    /// SHA-256 of the newest form of the paper, hex.
    sha256: Option<String>,
    /// Opaque id of whoever is to sign.
    signer: String,
    /// When it last changed, RFC 3339.
    changed_at: String,
}

impl From<&Document> for DocumentView {
    fn from(one: &Document) -> Self {
        Self {
            id: one.id.clone(),
            agency: one.agency.clone(),
            course: one.course.as_str(),
            state: one.state,
            revision: one.revision,
            version: one.version,
            kind: one.kind.clone(),
            subject: one.subject.clone(),
            urgency: one.urgency,
            code: one.code(),
            issued_on: one.issued_on.map(|day| day.to_string()),
            sha256: one.file_sha256.clone(),
            signer: one.signer.clone(),
            changed_at: instant(one.changed_at),
        }
    }
}

/// A page of documents.
#[derive(Serialize, ToSchema)]
pub(crate) struct DocumentList {
    /// The last changed first.
    items: Vec<DocumentView>,
    /// Cursor of the next page; absent on the last.
    next: Option<String>,
}

/// A step that was done.
#[derive(Serialize, ToSchema)]
pub(crate) struct StepView {
    /// What was done.
    action: String,
    /// State before.
    from: String,
    /// State after.
    to: String,
    /// Reason or remark.
    words: String,
    /// The file as it stood.
    sha256: Option<String>,
    /// By whom.
    by: String,
    /// In which post.
    post: String,
    /// When, RFC 3339.
    at: String,
}

/// A receiver.
#[derive(Serialize, ToSchema)]
pub(crate) struct DispatchView {
    /// Id.
    id: String,
    /// `city`, `edxml`, `paper`.
    channel: String,
    /// Name.
    to: String,
    /// `waiting`, `sent`, `received`, `refused`, `withdrawn`.
    state: String,
}

/// A message to or from a receiver outside the city.
#[derive(Serialize, ToSchema)]
pub(crate) struct ToldView {
    /// Id of the dispatch.
    dispatch: String,
    /// `document`, `recall`, `update`, `replace` were sent; `status` was received.
    kind: String,
    /// Code of a status, `01` to `16`.
    code: Option<String>,
    /// Why, of a status.
    reason: Option<String>,
    /// When, RFC 3339.
    at: String,
}

/// One document with everything about it.
#[derive(Serialize, ToSchema)]
pub(crate) struct DocumentDetail {
    /// The document.
    document: DocumentView,
    /// Its text, part by part.
    blocks: Vec<super::body::Block>,
    /// Legal bases.
    bases: Vec<String>,
    /// Receivers as drafted.
    recipients: Vec<Recipient>,
    /// Files that travel with it.
    annexes: Vec<Annex>,
    /// Newest first.
    history: Vec<StepView>,
    /// Receivers once issued.
    dispatches: Vec<DispatchView>,
    /// What was sent to receivers outside the city and what they said of it, in its order.
    exchanged: Vec<ToldView>,
    /// Appendix VI record once issued.
    record: Option<serde_json::Value>,
    /// What the caller may do next.
    next: Vec<Action>,
}

/// Documents the caller may see.
pub(crate) async fn list_documents_api(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Query(wanted): Query<Wanted>,
) -> Answer {
    let (documents, next) = room.list_documents(&reader(&visitor)?, &wanted, 50).await?;
    json(200, &DocumentList { items: documents.iter().map(DocumentView::from).collect(), next })
}

/// One document.
pub(crate) async fn get_document(visitor: Visitor, Use(room): Use<OfficeRoom>, Path(id): Path<String>) -> Answer {
    let reader = reader(&visitor)?;
    let document = room.open_document(&reader, &id).await?;
    let content = room.content(&document, document.version).await?;
    let history = room.history(&document).await?.into_iter().map(|one| StepView {
        action: one.action,
        from: one.from,
        to: one.to,
        words: one.words,
        sha256: one.sha256,
        by: one.acted_name,
        post: one.post,
        at: instant(one.at),
    });
    let dispatches = room.dispatches(&document).await?.into_iter().map(|one| DispatchView {
        id: one.id,
        channel: one.channel,
        to: one.to_name,
        state: one.state,
    });
    let exchanged = room.told(&document).await?.into_iter().map(|one| ToldView {
        dispatch: one.dispatch,
        kind: one.kind,
        code: one.code,
        reason: one.reason,
        at: instant(one.at),
    });
    json(
        200,
        &DocumentDetail {
            blocks: super::body::blocks(&content.body),
            bases: content.bases,
            recipients: content.recipients,
            annexes: content.annexes,
            history: history.collect(),
            dispatches: dispatches.collect(),
            exchanged: exchanged.collect(),
            record: document.record.clone(),
            next: super::access::open_to(&document, reader.actor).iter().map(|step| step.action).collect(),
            document: DocumentView::from(&document),
        },
    )
}

/// The paper.
pub(crate) async fn get_document_paper(visitor: Visitor, Use(room): Use<OfficeRoom>, Path(id): Path<String>) -> Answer {
    let (_, bytes) = room.read_paper(&reader(&visitor)?, &id).await?;
    let length = bytes.len() as u64;
    file(Body::from(bytes), &format!("{id}.pdf"), "application/pdf", Some(length), Disposition::Attachment)
}

/// Which versions.
#[derive(Deserialize, IntoParams)]
pub(crate) struct Pair {
    /// The earlier one; by default that before the later.
    from: Option<i64>,
    /// The later one; by default the newest.
    to: Option<i64>,
}

/// A line of the comparison.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangeView {
    /// `same`, `gone`, `new`.
    change: &'static str,
    /// Its words.
    line: String,
}

/// What changed.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangeList {
    /// The earlier version.
    from: i64,
    /// The later version.
    to: i64,
    /// Lines in order.
    lines: Vec<ChangeView>,
}

/// What changed between two versions.
pub(crate) async fn compare_versions_api(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    Query(pair): Query<Pair>,
) -> Answer {
    let document = room.open_document(&reader(&visitor)?, &id).await?;
    let to = pair.to.unwrap_or(document.version);
    let from = pair.from.unwrap_or((to - 1).max(1));
    let (old, new) = (room.content(&document, from).await?, room.content(&document, to).await?);
    let view = |change: &Change| ChangeView {
        change: match change {
            Change::Same(_) => "same",
            Change::Gone(_) => "gone",
            Change::New(_) => "new",
        },
        line: change.line().to_owned(),
    };
    json(200, &ChangeList { from, to, lines: changes(&old, &new).iter().map(view).collect() })
}

/// A document that was begun.
#[derive(Serialize, ToSchema)]
pub(crate) struct Begun {
    /// Its id.
    id: String,
}

/// Begins a document.
pub(crate) async fn draft_document_api(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Json(form): Json<DraftForm>,
) -> Answer {
    let id = room.draft_document(&reader(&visitor)?, &form).await?;
    created(&format!("/api/v1/office/documents/{id}"), &Begun { id })
}

/// The revision a change was made from.
#[derive(Deserialize, IntoParams)]
pub(crate) struct AtRevision {
    /// `revision` of the document as it was read.
    revision: i64,
}

async fn now(visitor: &Visitor, room: &OfficeRoom, id: &str) -> Answer {
    let document = room.document(&reader(visitor)?, id).await?;
    json(200, &DocumentView::from(&document))
}

/// Saves the next version.
pub(crate) async fn revise_document_api(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    Query(at): Query<AtRevision>,
    Json(form): Json<DraftForm>,
) -> Answer {
    room.revise_document(&reader(&visitor)?, &id, at.revision, &form).await?;
    now(&visitor, &room, &id).await
}

/// A step.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepBody {
    /// What to do.
    action: Action,
    /// The revision it was decided on.
    revision: i64,
    /// Reason or remark.
    #[serde(default)]
    words: String,
    /// Who is asked to review, with `submit`.
    #[serde(default)]
    reviewer: Option<String>,
    /// Id or number of the document that replaces or corrects, with `replace` and `correct`.
    #[serde(default)]
    by_document: Option<String>,
}

/// A step that no key signs.
pub(crate) async fn move_document_api(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    Json(body): Json<StepBody>,
) -> Answer {
    let reader = reader(&visitor)?;
    let (revision, words) = (body.revision, body.words.as_str());
    match body.action {
        Action::Issue => room.issue_document(&reader, &id, revision).await?,
        Action::Number => room.number_document(&reader, &id, revision).await?,
        Action::Recall | Action::Replace | Action::Correct => {
            let by = body.by_document.as_deref();
            room.withdraw_document(&reader, &id, revision, body.action, words, by).await?;
        }
        action => room.pass_document(&reader, &id, revision, action, words, body.reviewer.as_deref()).await?,
    }
    now(&visitor, &room, &id).await
}

/// A remark.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommentBody {
    /// About which version.
    version: i64,
    /// What is said.
    words: String,
}

/// Adds a remark.
pub(crate) async fn comment_on_document_api(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    Json(body): Json<CommentBody>,
) -> Answer {
    room.comment(&reader(&visitor)?, &id, body.version, &body.words).await?;
    Ok(no_content())
}

/// A batch to be signed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignBody {
    /// Documents, each pinned to its file.
    documents: Vec<Chosen>,
    /// PIN or code of a remote key.
    #[serde(default)]
    activation: Option<String>,
}

/// Signs.
pub(crate) async fn sign_documents_api(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Json(body): Json<SignBody>,
) -> Answer {
    room.sign_documents(&reader(&visitor)?, &body.documents, body.activation).await?;
    Ok(no_content())
}

/// What a key needs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyBody {
    /// The revision it was decided on.
    revision: i64,
    /// PIN or code of a remote key.
    #[serde(default)]
    activation: Option<String>,
}

/// Initials.
pub(crate) async fn initial_document_api(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    Json(body): Json<KeyBody>,
) -> Answer {
    room.initial_document(&reader(&visitor)?, &id, body.revision, body.activation).await?;
    now(&visitor, &room, &id).await
}

/// Number and seal.
pub(crate) async fn seal_document_api(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    Json(body): Json<KeyBody>,
) -> Answer {
    room.number_and_seal(&reader(&visitor)?, &id, body.revision, body.activation).await?;
    now(&visitor, &room, &id).await
}

/// Adds files to the draft, as a new version.
pub(crate) async fn attach_files_api(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    Query(at): Query<AtRevision>,
    upload: Upload,
) -> Answer {
    upload.complete()?;
    room.document(&reader(&visitor)?, &id).await?;
    let mut files = Vec::with_capacity(upload.files.len());
    for uploaded in &upload.files {
        files.push(pages::keep(&room, uploaded).await?);
    }
    room.attach_files(&reader(&visitor)?, &id, at.revision, files).await?;
    now(&visitor, &room, &id).await
}

/// The text of a DOCX becomes the text of a new version.
pub(crate) async fn take_text_api(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    Query(at): Query<AtRevision>,
    upload: Upload,
) -> Answer {
    upload.complete()?;
    let none = || Problem::invalid("docx_refused", "no file").field("word", "required");
    let uploaded = upload.files.first().ok_or_else(none)?;
    room.document(&reader(&visitor)?, &id).await?;
    pages::take_text_of(&room, &reader(&visitor)?, &id, at.revision, uploaded).await?;
    now(&visitor, &room, &id).await
}
