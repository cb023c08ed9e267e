//! Scanned papers for programs.

use super::confirming::Typed;
use super::extract::Proposal;
use super::model::{Facts, Scan, State};
use super::uploading::{ListScans, NewScan};
use crate::reader::Reader;
use crate::room::OfficeRoom;
use axum::extract::State as RoomState;
use haidang_kernel::problem::Problem;
use haidang_web::{Answer, Fault, Json, Path, Query, Upload, Visitor, json};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which scans.
#[derive(Deserialize, IntoParams)]
pub(crate) struct AskedScans {
    /// `uploaded`, `waiting`, `reading`, `read`, `confirmed` or `failed`.
    state: Option<String>,
    /// Where the previous page ended: `next` of the last answer.
    cursor: Option<String>,
}

/// A proposed fact with its place on the page, in thousandths of its width and height.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProposalView {
    /// `number`, `date`, `kind`, `organ`, `subject` or `secrecy`.
    field: String,
    /// What it says.
    value: String,
    /// 0 to 100.
    confidence: u8,
    /// Page, from 1.
    page: u32,
    /// Left, upper edge, width, height.
    place: [u32; 4],
    /// Letters were taken for digits, or could have been.
    doubtful: bool,
}

/// What a person confirmed.
#[derive(Serialize, ToSchema)]
pub(crate) struct FactsView {
    /// Number with notation.
    number: String,
    /// Day of issue.
    issued_on: Option<String>,
    /// Id of its kind.
    kind: String,
    /// Who issued it.
    organ: String,
    /// What it is about.
    subject: String,
}

/// A scanned paper.
#[derive(Serialize, ToSchema)]
pub(crate) struct ScanView {
    /// Id.
    id: String,
    /// Code of the agency that holds it.
    agency: String,
    /// Name of the file.
    name: String,
    /// Media type of the file.
    media_type: String,
    /// SHA-256 of the file, hex; the file never changes.
    sha256: String,
    /// Size in bytes.
    size: i64,
    /// `uploaded`, `waiting`, `reading`, `read`, `confirmed` or `failed`.
    state: &'static str,
    /// Pages, once it was looked at.
    pages: Option<i64>,
    /// Pages read.
    pages_read: i64,
    /// Lowest resolution, when the file says it.
    dpi: Option<i64>,
    /// What was proposed.
    proposals: Vec<ProposalView>,
    /// What was confirmed.
    facts: Option<FactsView>,
    /// Why it cannot be read: a stable code.
    failure: Option<String>,
    /// When it was handed in, RFC 3339.
    uploaded_at: String,
    /// Id of the incoming document it became.
    registered_as: Option<String>,
    /// Why it was withdrawn.
    withdrawn: Option<String>,
    /// To be sent back with what is confirmed.
    revision: i64,
}

/// A page of scans.
#[derive(Serialize, ToSchema)]
pub(crate) struct ScanList {
    /// Newest first.
    items: Vec<ScanView>,
    /// Cursor of the next page; absent on the last.
    next: Option<String>,
}

/// A file that was taken.
#[derive(Serialize, ToSchema)]
pub(crate) struct TakenView {
    /// Id of the scan.
    id: String,
    /// Whether it is new; the same file again is not.
    new: bool,
}

/// Files that were taken, in their order.
#[derive(Serialize, ToSchema)]
pub(crate) struct TakenList {
    /// One for each file.
    items: Vec<TakenView>,
}

/// A word of a page, in pixels of the page.
#[derive(Serialize, ToSchema)]
pub(crate) struct WordView {
    /// The word.
    text: String,
    /// Left, upper edge, width, height.
    place: [u32; 4],
    /// 0 to 100.
    confidence: u8,
    /// Line on the page, from 0.
    line: u32,
}

/// A page that was read.
#[derive(Serialize, ToSchema)]
pub(crate) struct PageView {
    /// Page, from 1.
    page: u32,
    /// Width in pixels.
    width: u32,
    /// Height in pixels.
    height: u32,
    /// What read it.
    engine: String,
    /// Its text.
    text: String,
    /// Its words.
    words: Vec<WordView>,
}

/// What a person confirms.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmScan {
    /// Number, such as `05`; empty when the paper has none.
    #[serde(default)]
    code_number: String,
    /// Notation, such as `QĐ-UBND`.
    #[serde(default)]
    code_notation: String,
    /// Day of issue, `YYYY-MM-DD`.
    issued_on: String,
    /// Id of its kind in the pack; empty when it is none of them.
    #[serde(default)]
    kind: String,
    /// Who issued it.
    organ: String,
    /// What it is about.
    subject: String,
    /// A person compared number and day with the picture.
    compared: bool,
    /// `revision` of the scan as it was shown.
    revision: i64,
}

fn reader(visitor: &Visitor) -> Result<Reader<'_>, Fault> {
    let actor = visitor.require_actor()?;
    Ok(Reader { actor, channel: visitor.channel.as_str(), request_id: &visitor.request_id })
}

fn instant(at: Timestamp) -> String {
    at.to_zoned(haidang_kernel::time::city_zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

fn proposal(one: Proposal) -> ProposalView {
    let Proposal { field, value, confidence, page, place, doubtful } = one;
    ProposalView { field, value, confidence, page, place, doubtful }
}

fn view(scan: Scan) -> ScanView {
    let facts = scan.facts.map(|facts| FactsView {
        number: facts.number(),
        issued_on: facts.issued_on.map(|day| day.to_string()),
        kind: facts.kind,
        organ: facts.organ,
        subject: facts.subject,
    });
    ScanView {
        id: scan.id,
        agency: scan.agency,
        name: scan.name,
        media_type: scan.media_type,
        sha256: scan.sha256,
        size: scan.size,
        state: scan.state.as_str(),
        pages: scan.pages,
        pages_read: scan.pages_read,
        dpi: scan.dpi,
        proposals: scan.proposals.into_iter().map(proposal).collect(),
        facts,
        failure: scan.failure,
        uploaded_at: instant(scan.uploaded_at),
        registered_as: scan.registered_as,
        withdrawn: scan.withdrawn.map(|one| one.reason),
        revision: scan.revision,
    }
}

/// Scans of the caller's agency.
pub(crate) async fn list_scans_api(
    visitor: Visitor,
    RoomState(room): RoomState<OfficeRoom>,
    Query(asked): Query<AskedScans>,
) -> Answer {
    let unknown = || Problem::invalid("query_invalid", "no such state").field("state", "unknown");
    let state = asked.state.as_deref().map(|word| State::parse(word).ok_or_else(unknown)).transpose()?;
    let (scans, next) = room.scans(&reader(&visitor)?, &ListScans { state, before: asked.cursor }).await?;
    json(200, &ScanList { items: scans.into_iter().map(view).collect(), next })
}

/// Takes scanned papers; one bad file refuses all.
pub(crate) async fn upload_scan_api(
    visitor: Visitor,
    RoomState(room): RoomState<OfficeRoom>,
    upload: Upload,
) -> Answer {
    upload.complete()?;
    let reader = reader(&visitor)?;
    let secret = match upload.fields.text("secrecy") {
        "" | "0" => false,
        "1" | "2" | "3" => true,
        _ => return Err(Problem::invalid("scan_invalid", "secrecy is 0 to 3").field("secrecy", "unknown").into()),
    };
    if upload.files.is_empty() {
        return Err(Problem::invalid("scan_invalid", "no file was sent").field("file", "required").into());
    }
    let mut items = Vec::new();
    for file in &upload.files {
        let new = NewScan { path: file.path(), name: &file.name, media_type: file.media_type(), size: file.size };
        let taken = room.upload_scan(&reader, &new, secret).await?;
        items.push(TakenView { id: taken.id, new: taken.new });
    }
    json(201, &TakenList { items })
}

/// One scan.
pub(crate) async fn get_scan(
    visitor: Visitor,
    RoomState(room): RoomState<OfficeRoom>,
    Path(id): Path<String>,
) -> Answer {
    json(200, &view(room.open_scan(&reader(&visitor)?, &id).await?))
}

/// The words of a page.
pub(crate) async fn get_scan_page(
    visitor: Visitor,
    RoomState(room): RoomState<OfficeRoom>,
    Path((id, page)): Path<(String, i64)>,
) -> Answer {
    let scan = room.open_scan(&reader(&visitor)?, &id).await?;
    let (_, text) = room.scan_page(&scan, page).await?;
    let whole = text.text();
    let words = text.words.into_iter().map(|word| WordView {
        text: word.text,
        place: [word.left, word.top, word.width, word.height],
        confidence: word.confidence,
        line: word.line,
    });
    let words = words.collect();
    json(
        200,
        &PageView { page: text.page, width: text.width, height: text.height, engine: text.engine, text: whole, words },
    )
}

/// Confirms what a paper is.
pub(crate) async fn confirm_scan_api(
    visitor: Visitor,
    RoomState(room): RoomState<OfficeRoom>,
    Path(id): Path<String>,
    Json(sent): Json<ConfirmScan>,
) -> Answer {
    let reader = reader(&visitor)?;
    let issued_on = sent.issued_on.parse().ok();
    let typed = Typed {
        day_wrong: issued_on.is_none(),
        facts: Facts {
            code_number: sent.code_number,
            code_notation: sent.code_notation,
            issued_on,
            kind: sent.kind,
            organ: sent.organ,
            subject: sent.subject,
        },
        compared: sent.compared,
        revision: sent.revision,
    };
    room.confirm_scan(&reader, &id, &typed).await?;
    json(200, &view(room.open_scan(&reader, &id).await?))
}

/// Tries a scan again.
pub(crate) async fn retry_scan_api(
    visitor: Visitor,
    RoomState(room): RoomState<OfficeRoom>,
    Path(id): Path<String>,
) -> Answer {
    let reader = reader(&visitor)?;
    room.retry_scan(&reader, &id).await?;
    json(200, &view(room.open_scan(&reader, &id).await?))
}

/// Hands a confirmed scan to the incoming documents.
pub(crate) async fn register_scan_api(
    visitor: Visitor,
    RoomState(room): RoomState<OfficeRoom>,
    Path(id): Path<String>,
) -> Answer {
    let reader = reader(&visitor)?;
    room.register_scan(&reader, &id).await?;
    json(200, &view(room.open_scan(&reader, &id).await?))
}

/// Why a scan is withdrawn.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WithdrawScan {
    /// The reason, at most 500 characters.
    reason: String,
}

/// Withdraws a scan.
pub(crate) async fn withdraw_scan_api(
    visitor: Visitor,
    RoomState(room): RoomState<OfficeRoom>,
    Path(id): Path<String>,
    Json(why): Json<WithdrawScan>,
) -> Answer {
    let reader = reader(&visitor)?;
    room.withdraw_scan(&reader, &id, &why.reason).await?;
    json(200, &view(room.open_scan(&reader, &id).await?))
}
