//! Endpoints of certified copies: the same acts as on the pages, by the same functions.

use super::model::{Copy, CopyStep, Original};
use super::rules::{CopyAct, CopyForm, CopyState, SourceKind};
use super::{AskCopy, WantedCopies};
use crate::documents::pages::reader;
use crate::reader::Reader;
use crate::registers::moment;
use crate::room::OfficeRoom;
use axum::body::Body;
use haidang_kernel::problem::Problem;
use haidang_web::{Answer, Disposition, Json, Path, Query, State as Use, Visitor, created, file, json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A certified copy.
#[derive(Serialize, ToSchema)]
pub(crate) struct CopyView {
    /// Id.
    id: String,
    /// Code of the organ that copies.
    agency: String,
    /// Sao y, sao lục, trích sao.
    form: CopyForm,
    /// Where it stands.
    state: CopyState,
    /// To be sent along with the next step.
    revision: i64,
    /// What is copied.
    source_kind: SourceKind,
    /// Its id.
    source: String,
    /// What it is.
    original: Original,
    /// Pages of an extract, from 1; empty for all.
    pages: Vec<usize>,
    /// Who receives it.
    recipients: Vec<String>,
    /// Number and notation, such as `01/SY-UBND`.
    code: Option<String>,
    /// Date of the number, `YYYY-MM-DD`.
    copied_on: Option<String>,
    /// Opaque id of whoever is to sign.
    signer: String,
    /// SHA-256 of the newest form of the file, hex.
    sha256: String,
}

impl From<Copy> for CopyView {
    fn from(one: Copy) -> Self {
        Self {
            code: one.code(),
            id: one.id,
            agency: one.agency,
            form: one.form,
            state: one.state,
            revision: one.revision,
            source_kind: one.source_kind,
            source: one.source,
            original: one.original,
            pages: one.pages,
            recipients: one.recipients,
            copied_on: one.copied_on.map(|day| day.to_string()),
            signer: one.signer,
            sha256: one.file_sha256,
        }
    }
}

/// A page of copies.
#[derive(Serialize, ToSchema)]
pub(crate) struct CopyList {
    /// The last changed first.
    items: Vec<CopyView>,
    /// Cursor of the next page; absent on the last.
    next: Option<String>,
}

/// A step that was done.
#[derive(Serialize, ToSchema)]
pub(crate) struct CopyStepView {
    /// `ask`, `sign`, `number`, `seal`, `withdraw`.
    action: String,
    /// Why.
    words: String,
    /// The file as it stood after it, SHA-256, hex.
    sha256: String,
    /// By whom.
    by: String,
    /// In which post.
    post: String,
    /// When, RFC 3339.
    at: String,
}

impl From<CopyStep> for CopyStepView {
    fn from(one: CopyStep) -> Self {
        let at = moment(one.at);
        Self { action: one.action, words: one.words, sha256: one.sha256, by: one.acted_name, post: one.post, at }
    }
}

/// One copy with its history.
#[derive(Serialize, ToSchema)]
pub(crate) struct CopyDetail {
    /// The copy.
    copy: CopyView,
    /// Newest first.
    history: Vec<CopyStepView>,
    /// What the caller may do next.
    next: Vec<CopyAct>,
}

/// A copy that was asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct AskedCopy {
    /// Its id.
    id: String,
}

/// A signature.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignCopyBody {
    /// Revision at which it was seen.
    revision: i64,
    /// SHA-256 of the file that was shown, hex.
    sha256: String,
    /// PIN or code of the key, when it wants one.
    #[serde(default)]
    activation: Option<String>,
}

/// Number and seal.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SealCopyBody {
    /// Revision at which it was seen.
    revision: i64,
    /// PIN or code of the key, when it wants one.
    #[serde(default)]
    activation: Option<String>,
}

/// Giving up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WithdrawCopyBody {
    /// Revision at which it was seen.
    revision: i64,
    /// Why.
    words: String,
}

/// Copies of the caller's organs.
pub(crate) async fn list_copies_api(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Query(wanted): Query<WantedCopies>,
) -> Answer {
    let (copies, next) = room.copies(&reader(&visitor)?, &wanted, 50).await?;
    json(200, &CopyList { items: copies.into_iter().map(CopyView::from).collect(), next })
}

/// Asks for a copy.
pub(crate) async fn ask_copy_api(visitor: Visitor, Use(room): Use<OfficeRoom>, Json(ask): Json<AskCopy>) -> Answer {
    let id = room.ask_copy(&reader(&visitor)?, &ask).await?;
    created(&format!("/api/v1/office/copies/{id}"), &AskedCopy { id })
}

async fn detail(room: &OfficeRoom, reader: &Reader<'_>, id: &str) -> Result<CopyDetail, Problem> {
    let (copy, steps) = room.open_copy(reader, id).await?;
    Ok(CopyDetail {
        next: room.copy_acts(reader, &copy),
        history: steps.into_iter().map(CopyStepView::from).collect(),
        copy: CopyView::from(copy),
    })
}

/// One copy.
pub(crate) async fn get_copy(visitor: Visitor, Use(room): Use<OfficeRoom>, Path(id): Path<String>) -> Answer {
    json(200, &detail(&room, &reader(&visitor)?, &id).await?)
}

/// Its file.
pub(crate) async fn get_copy_file(visitor: Visitor, Use(room): Use<OfficeRoom>, Path(id): Path<String>) -> Answer {
    let (_, bytes) = room.read_copy_file(&reader(&visitor)?, &id).await?;
    let length = bytes.len() as u64;
    file(Body::from(bytes), &format!("{id}.pdf"), "application/pdf", Some(length), Disposition::Attachment)
}

/// The person's signature.
pub(crate) async fn sign_copy_api(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    Json(body): Json<SignCopyBody>,
) -> Answer {
    let reader = reader(&visitor)?;
    room.sign_copy(&reader, &id, body.revision, &body.sha256, body.activation).await?;
    json(200, &detail(&room, &reader, &id).await?)
}

/// Number and the organ's signature.
pub(crate) async fn seal_copy_api(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    Json(body): Json<SealCopyBody>,
) -> Answer {
    let reader = reader(&visitor)?;
    room.seal_copy(&reader, &id, body.revision, body.activation).await?;
    json(200, &detail(&room, &reader, &id).await?)
}

/// Gives it up.
pub(crate) async fn withdraw_copy_api(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    Json(body): Json<WithdrawCopyBody>,
) -> Answer {
    let reader = reader(&visitor)?;
    room.withdraw_copy(&reader, &id, body.revision, &body.words).await?;
    json(200, &detail(&room, &reader, &id).await?)
}
