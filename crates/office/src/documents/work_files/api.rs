//! Endpoints of work files.

use super::model::{CaseFile, CaseFileForm, Entry, Laid};
use super::rules::{FileAct, FileState};
use super::{WantedFiles, keeping};
use crate::documents::pages::reader;
use crate::room::OfficeRoom;
use axum::body::Body;
use haidang_web::{Answer, Disposition, Json, Path, Query, State as Use, Visitor, created, file, json, no_content};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A work file.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaseFileView {
    /// Id.
    id: String,
    /// Code of the organ.
    agency: String,
    /// Year of the catalogue.
    year: i64,
    /// Ký hiệu.
    notation: String,
    /// Title.
    title: String,
    /// Class of retention.
    retention: String,
    /// Where it stands.
    state: FileState,
    /// To be sent along with the next step.
    revision: i64,
    /// First day, `YYYY-MM-DD`.
    opened_on: String,
    /// Last day of the work.
    closed_on: Option<String>,
    /// By when it is handed over.
    hand_over_by: Option<String>,
    /// First day on which it may be destroyed.
    destroy_from: Option<String>,
    /// Why nothing of it may be destroyed.
    legal_hold: Option<String>,
}

impl From<CaseFile> for CaseFileView {
    fn from(one: CaseFile) -> Self {
        let day = |date: Option<jiff::civil::Date>| date.map(|date| date.to_string());
        Self {
            id: one.id,
            agency: one.agency,
            year: one.year,
            notation: one.notation,
            title: one.title,
            retention: one.retention,
            state: one.state,
            revision: one.revision,
            opened_on: one.opened_on.to_string(),
            closed_on: day(one.closed_on),
            hand_over_by: day(one.hand_over_by),
            destroy_from: day(one.destroy_from),
            legal_hold: one.legal_hold,
        }
    }
}

/// Work files.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaseFileList {
    /// The newest year first.
    items: Vec<CaseFileView>,
}

/// A document in a work file.
#[derive(Serialize, ToSchema)]
pub(crate) struct LaidView {
    /// Id of the document.
    document: String,
    /// `out`, `internal`, `in`, `scan`, `task`.
    source: String,
    /// Place.
    ordinal: i64,
    /// Its line of the list.
    entry: Entry,
}

/// A work file with its list.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaseFileDetail {
    /// The file.
    file: CaseFileView,
    /// What lies in it.
    documents: Vec<LaidView>,
}

/// A file that was opened.
#[derive(Serialize, ToSchema)]
pub(crate) struct Opened {
    /// Its id.
    id: String,
}

/// Work files the caller may see.
pub(crate) async fn list_case_files_api(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Query(wanted): Query<WantedFiles>,
) -> Answer {
    let files = room.list_case_files(&reader(&visitor)?, &wanted).await?;
    json(200, &CaseFileList { items: files.into_iter().map(CaseFileView::from).collect() })
}

/// Opens a work file.
pub(crate) async fn open_case_file_api(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Json(form): Json<CaseFileForm>,
) -> Answer {
    let id = room.open_case_file(&reader(&visitor)?, &form).await?;
    created(&format!("/api/v1/office/case-files/{id}"), &Opened { id })
}

async fn shown(visitor: &Visitor, room: &OfficeRoom, id: &str) -> Answer {
    let (file, laid) = room.open_to_read(&reader(visitor)?, id).await?;
    let view =
        |one: Laid| LaidView { document: one.document, source: one.source, ordinal: one.ordinal, entry: one.entry };
    json(200, &CaseFileDetail { file: CaseFileView::from(file), documents: laid.into_iter().map(view).collect() })
}

/// One work file.
pub(crate) async fn get_case_file(visitor: Visitor, Use(room): Use<OfficeRoom>, Path(id): Path<String>) -> Answer {
    shown(&visitor, &room, &id).await
}

/// The package.
pub(crate) async fn get_case_file_package(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
) -> Answer {
    let (work_file, bytes) = room.read_package(&reader(&visitor)?, &id).await?;
    let length = bytes.len() as u64;
    let name = keeping::package_name(&work_file);
    file(Body::from(bytes), &name, "application/zip", Some(length), Disposition::Attachment)
}

/// Which document.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LayBody {
    /// Number such as `05/QĐ-UBND` or id of an issued document, or id of one that came, of a confirmed scan, of a finished
    /// task.
    document: String,
}

/// Lays a document in.
pub(crate) async fn lay_into_case_file_api(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    Json(body): Json<LayBody>,
) -> Answer {
    room.lay_into_file(&reader(&visitor)?, &id, &body.document).await?;
    shown(&visitor, &room, &id).await
}

/// Takes a document out.
pub(crate) async fn take_out_of_case_file_api(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path((id, document)): Path<(String, String)>,
) -> Answer {
    room.take_out_of_file(&reader(&visitor)?, &id, &document).await?;
    Ok(no_content())
}

/// A step.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActBody {
    /// What to do.
    act: FileAct,
    /// The revision it was decided on.
    revision: i64,
    /// Why, where it is asked.
    #[serde(default)]
    words: String,
}

/// A step of a work file.
pub(crate) async fn act_on_case_file_api(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    Json(body): Json<ActBody>,
) -> Answer {
    room.act_on_file(&reader(&visitor)?, &id, body.revision, body.act, &body.words).await?;
    shown(&visitor, &room, &id).await
}
