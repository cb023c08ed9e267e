//! Lists, one document, its files, the tracking book.

use super::{ArrivalView, arrival_view, instant};
use crate::incoming::model::{ArrivedFile, Routing};
use crate::incoming::pages::{before, cursor, reader, send_file};
use crate::incoming::reading::{Tray, Wanted};
use crate::incoming::rules::State;
use crate::room::OfficeRoom;
use axum::extract::State as Use;
use haidang_kernel::problem::Problem;
use haidang_web::{Answer, Path, Query, Visitor, json};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which documents.
#[derive(Deserialize, IntoParams)]
pub(crate) struct ListArrivals {
    /// `mine` (default), `unit` or `clerk`.
    tray: Option<String>,
    /// Only in this state; not with `mine`.
    state: Option<String>,
    /// Where the page before ended: `next` of the last answer.
    cursor: Option<String>,
    /// 1 to 100, default 50.
    limit: Option<i64>,
}

/// A page of documents.
#[derive(Serialize, ToSchema)]
pub(crate) struct ArrivalList {
    /// `mine` by deadline, else the newest first.
    items: Vec<ArrivalView>,
    /// Cursor of the next page; absent on the last.
    next: Option<String>,
}

/// Documents that came.
pub(crate) async fn list_arrivals(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Query(asked): Query<ListArrivals>,
) -> Answer {
    let wrong = |field: &str| Problem::invalid("query_invalid", "no such tray or state").field(field, "invalid");
    let tray = match asked.tray.as_deref() {
        None | Some("mine") => Tray::Mine,
        Some("unit") => Tray::Unit,
        Some("clerk") => Tray::Clerk,
        Some(_) => return Err(wrong("tray").into()),
    };
    let state = match asked.state.as_deref() {
        None => None,
        Some(word) => Some(State::parse(word).ok_or_else(|| wrong("state"))?),
    };
    let limit = asked.limit.unwrap_or(50).clamp(1, 100);
    let wanted = Wanted { tray, state, before: asked.cursor.as_deref().and_then(before), limit };
    let rows = room.arrivals(&reader(&visitor)?, &wanted).await?;
    let full = tray != Tray::Mine && i64::try_from(rows.len()).unwrap_or(0) >= limit;
    let next = rows.last().filter(|_| full).map(cursor);
    json(200, &ArrivalList { items: rows.iter().map(|one| arrival_view(&room, one)).collect(), next })
}

/// A signature as it was judged on arrival.
#[derive(Serialize, ToSchema)]
struct ArrivedSignature {
    /// Name in the certificate.
    signer: String,
    /// `valid`, `invalid`, `unknown`.
    integrity: &'static str,
    /// The same about the signer.
    identity: &'static str,
    /// Time of its stamp, RFC 3339.
    stamped_at: Option<String>,
    /// `B-B` to `B-LTA`.
    level: String,
}

/// A file of the document.
#[derive(Serialize, ToSchema)]
struct ArrivedFileView {
    /// Place; 0 is the document itself.
    place: i64,
    /// File name.
    name: String,
    /// Media type.
    media_type: String,
    /// Size in bytes.
    size: i64,
    /// SHA-256, hex.
    sha256: String,
    /// Its signatures.
    signatures: Vec<ArrivedSignature>,
    /// What the layout rules found: what is wanted, what was found, the clause.
    layout: Vec<[String; 3]>,
}

fn file_view(file: ArrivedFile) -> ArrivedFileView {
    let signature = |one: crate::incoming::model::Signed| ArrivedSignature {
        integrity: one.integrity.as_str(),
        identity: one.identity.as_str(),
        stamped_at: one.stamped_at.map(|at| instant(haidang_kernel::time::from_micros(at))),
        signer: one.signer,
        level: one.level,
    };
    ArrivedFileView {
        place: file.place,
        name: file.name,
        media_type: file.media_type,
        size: file.size,
        sha256: file.sha256,
        signatures: file.judgement.signatures.into_iter().map(signature).collect(),
        layout: file.layout.into_iter().map(|one| [one.wanted, one.found, one.article]).collect(),
    }
}

/// An instruction.
#[derive(Serialize, ToSchema)]
struct ArrivalRouting {
    /// Id.
    id: String,
    /// `lead`, `support` or `for_info`.
    part: &'static str,
    /// Receiver as shown.
    receiver: String,
    /// The leader's words.
    words: String,
    /// Until when, `YYYY-MM-DD`.
    due_on: Option<String>,
    /// Who gave it.
    given_by: String,
    /// When, RFC 3339.
    given_at: String,
    /// `open`, `begun`, `answered`, `handed_back`, `replaced`, `ended`.
    state: &'static str,
    /// When somebody meant by it first opened the document.
    read_at: Option<String>,
    /// Who that was.
    read_by: Option<String>,
    /// What was answered.
    answer: Option<String>,
}

fn routing_view(one: Routing) -> ArrivalRouting {
    ArrivalRouting {
        id: one.id,
        part: one.part.as_str(),
        receiver: one.receiver_name,
        words: one.words,
        due_on: one.due_on.map(|day| day.to_string()),
        given_by: one.given_name,
        given_at: instant(one.given_at),
        state: one.state.as_str(),
        read_at: one.read_at.map(instant),
        read_by: one.read_name,
        answer: one.answer,
    }
}

/// One step of the history.
#[derive(Serialize, ToSchema)]
struct ArrivalStep {
    /// When, RFC 3339.
    at: String,
    /// What.
    act: String,
    /// State after it.
    state: &'static str,
    /// Who; empty for the platform itself.
    by: String,
    /// What was said.
    words: String,
}

/// One document with everything that belongs to it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ArrivalDetail {
    /// The document.
    arrival: ArrivalView,
    /// Its files.
    files: Vec<ArrivedFileView>,
    /// Its instructions.
    instructions: Vec<ArrivalRouting>,
    /// Its history, oldest first.
    history: Vec<ArrivalStep>,
    /// Ids of others with the same organ, number and day.
    same: Vec<String>,
}

/// One document.
pub(crate) async fn get_arrival(visitor: Visitor, Use(room): Use<OfficeRoom>, Path(id): Path<String>) -> Answer {
    let view = room.open_arrival(&reader(&visitor)?, &id).await?;
    let step = |one: crate::incoming::model::Step| ArrivalStep {
        at: instant(one.at),
        act: one.act,
        state: one.state.as_str(),
        by: one.person_name,
        words: one.words,
    };
    json(
        200,
        &ArrivalDetail {
            arrival: arrival_view(&room, &view.arrival),
            files: view.files.into_iter().map(file_view).collect(),
            instructions: view.routings.into_iter().map(routing_view).collect(),
            history: view.steps.into_iter().map(step).collect(),
            same: view.same.into_iter().map(|one| one.id).collect(),
        },
    )
}

/// A file of a document.
pub(crate) async fn get_arrival_file(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path((id, place)): Path<(String, i64)>,
) -> Answer {
    let found = room.arrival_file(&reader(&visitor)?, &id, place).await?;
    send_file(&room, &found).await
}

/// Which book.
#[derive(Deserialize, IntoParams)]
pub(crate) struct BookSpan {
    /// Code of the organ.
    agency: String,
    /// First day, `YYYY-MM-DD`.
    from: String,
    /// Last day, `YYYY-MM-DD`.
    until: String,
}

/// One line of the tracking book, the seven columns in their order.
#[derive(Serialize, ToSchema)]
struct TrackingLine {
    /// Số đến.
    arrival_number: Option<i64>,
    /// Tên loại, số và ký hiệu, ngày, trích yếu: number and notation here.
    document: String,
    /// Summary.
    subject: String,
    /// Đơn vị hoặc người nhận.
    unit: String,
    /// Thời hạn, `YYYY-MM-DD`.
    due_on: Option<String>,
    /// Tiến độ: the state.
    progress: &'static str,
    /// Số, ký hiệu văn bản trả lời.
    answered_by: Option<String>,
    /// Ghi chú.
    note: String,
}

/// The tracking book.
#[derive(Serialize, ToSchema)]
pub(crate) struct TrackingBook {
    /// Lines by day and number.
    lines: Vec<TrackingLine>,
}

/// The tracking book of an organ.
pub(crate) async fn get_tracking_book(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Query(asked): Query<BookSpan>,
) -> Answer {
    let day = |field: &str, text: &str| {
        let wrong = |_| Problem::invalid("query_invalid", "no day").field(field, "invalid");
        text.parse::<Date>().map_err(wrong)
    };
    let span = (day("from", &asked.from)?, day("until", &asked.until)?);
    let lines = room.tracking_book(&reader(&visitor)?, &asked.agency, span).await?;
    let line = |(one, routings): (crate::incoming::model::Arrival, Vec<Routing>)| TrackingLine {
        arrival_number: one.arrival_number,
        document: one.details.code(),
        unit: crate::incoming::reading::unit(&one, &routings),
        subject: one.details.subject,
        due_on: one.due_on.map(|day| day.to_string()),
        progress: one.state.as_str(),
        answered_by: one.result_document,
        note: one.notice.map(|notice| notice.reason).unwrap_or_default(),
    };
    json(200, &TrackingBook { lines: lines.into_iter().map(line).collect() })
}
