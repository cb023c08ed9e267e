//! Endpoints of the books.

use crate::frame::reader;
use crate::registers::model::{Direction, Entry, Line, NumberState, Register};
use crate::registers::reading::{BookFilter, PAGE};
use crate::registers::taking::moment;
use crate::room::OfficeRoom;
use axum::extract::State;
use haidang_kernel::bilingual::Bilingual;
use haidang_kernel::problem::Problem;
use haidang_web::{Answer, Path, Query, Visitor, json};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which books.
#[derive(Deserialize, IntoParams)]
pub(crate) struct ListRegisters {
    /// Code of the agency; all that one may see when absent.
    agency: Option<String>,
    /// Year; this one when absent.
    year: Option<i16>,
    /// Where the previous page ended.
    cursor: Option<String>,
}

/// Which lines.
#[derive(Deserialize, IntoParams)]
pub(crate) struct ListLines {
    /// `held`, `free`, `issued` or `voided`.
    state: Option<String>,
    /// Words, or a number.
    q: Option<String>,
    /// From this day, `YYYY-MM-DD`.
    #[param(value_type = Option<String>, format = "date")]
    from: Option<Date>,
    /// To this day, `YYYY-MM-DD`.
    #[param(value_type = Option<String>, format = "date")]
    to: Option<Date>,
    /// Where the previous page ended.
    cursor: Option<i64>,
}

/// A text in Vietnamese and English.
#[derive(Serialize, ToSchema)]
pub(crate) struct TitleView {
    /// Vietnamese.
    vi: String,
    /// English.
    en: Option<String>,
}

impl From<Bilingual> for TitleView {
    fn from(text: Bilingual) -> Self {
        Self { vi: text.vi, en: text.en }
    }
}

/// A book.
#[derive(Serialize, ToSchema)]
pub(crate) struct RegisterView {
    /// Id.
    id: String,
    /// Code of the agency.
    agency: String,
    /// Which way its documents go.
    direction: Direction,
    /// Group of kinds.
    group: String,
    /// Year.
    year: i16,
    /// Its name in events.
    name: String,
    /// Title.
    title: TitleView,
    /// The number that comes next.
    next_number: i64,
    /// Date of the highest number.
    #[schema(value_type = Option<String>, format = "date")]
    last_on: Option<Date>,
    /// How many events its chain has.
    events: i64,
    /// The last link of its chain.
    head: String,
    /// When it was closed for good, RFC 3339.
    frozen_at: Option<String>,
}

impl From<Register> for RegisterView {
    fn from(register: Register) -> Self {
        Self {
            id: register.id,
            agency: register.agency,
            direction: register.direction,
            group: register.group,
            year: register.year,
            name: register.name,
            title: register.title.into(),
            next_number: register.next,
            last_on: register.last_on,
            events: register.events,
            head: register.head.to_string(),
            frozen_at: register.frozen_at.map(moment),
        }
    }
}

/// Books.
#[derive(Serialize, ToSchema)]
pub(crate) struct RegisterList {
    /// By agency, direction and group.
    items: Vec<RegisterView>,
    /// Cursor of the next page; absent on the last.
    next: Option<String>,
}

/// A line of a book.
#[derive(Serialize, ToSchema)]
pub(crate) struct LineView {
    /// Id.
    id: String,
    /// The number.
    number: i64,
    /// What became of it.
    state: NumberState,
    /// Id of the document.
    document: Option<String>,
    /// The date of the line.
    #[schema(value_type = String, format = "date")]
    on: Date,
    /// The columns.
    summary: Entry,
    /// Until when it is held, RFC 3339.
    held_until: Option<String>,
    /// Why it is void.
    void_reason: Option<String>,
}

impl From<Line> for LineView {
    fn from(line: Line) -> Self {
        Self {
            id: line.id,
            number: line.number,
            state: line.state,
            document: line.document,
            on: line.on,
            summary: line.summary,
            held_until: line.held_until.map(moment),
            void_reason: line.void_reason,
        }
    }
}

/// Lines of a book.
#[derive(Serialize, ToSchema)]
pub(crate) struct LineList {
    /// The highest number first.
    items: Vec<LineView>,
    /// Cursor of the next page; absent on the last.
    next: Option<i64>,
}

/// Books of a year.
pub(crate) async fn list_registers_api(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Query(asked): Query<ListRegisters>,
) -> Answer {
    let year = asked.year.unwrap_or_else(|| room.ambient.today().year());
    let cursor = match asked.cursor.as_deref().map(|cursor| cursor.splitn(3, '/').collect::<Vec<_>>()) {
        None => None,
        Some(parts) => match parts.as_slice() {
            [agency, direction, group] => Some(((*agency).to_owned(), (*direction).to_owned(), (*group).to_owned())),
            _ => return Err(Problem::bad_request("cursor_invalid", "not a cursor of this list").into()),
        },
    };
    let mut registers = room.register_list(&reader(&visitor)?, asked.agency.as_deref(), year, cursor.as_ref()).await?;
    let full = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let more = asked.agency.is_none() && visitor.can(crate::authority::INSPECT) && registers.len() > full;
    if more {
        registers.truncate(full);
    }
    let key = |last: &Register| format!("{}/{}/{}", last.agency, last.direction.as_str(), last.group);
    let next = registers.last().filter(|_| more).map(key);
    json(200, &RegisterList { items: registers.into_iter().map(RegisterView::from).collect(), next })
}

/// One book.
pub(crate) async fn get_register(visitor: Visitor, State(room): State<OfficeRoom>, Path(id): Path<String>) -> Answer {
    json(200, &RegisterView::from(room.register(&reader(&visitor)?, &id).await?))
}

/// Lines of a book.
pub(crate) async fn list_register_lines(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path(id): Path<String>,
    Query(asked): Query<ListLines>,
) -> Answer {
    let reader = reader(&visitor)?;
    let state = match asked.state.as_deref() {
        None => None,
        Some(word) => Some(NumberState::parse(word).ok_or_else(|| {
            Problem::bad_request("state_unknown", "held, free, issued or voided").field("state", "unknown")
        })?),
    };
    let filter =
        BookFilter { state, words: asked.q.unwrap_or_default(), from: asked.from, to: asked.to, below: asked.cursor };
    let register = room.register(&reader, &id).await?;
    let page = room.register_lines(&reader, &register, &filter).await?;
    json(200, &LineList { items: page.lines.into_iter().map(LineView::from).collect(), next: page.next })
}

/// Verifies a book: chain, lines, numbers, roots.
pub(crate) async fn verify_register_api(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path(id): Path<String>,
) -> Answer {
    let reader = reader(&visitor)?;
    let register = room.register(&reader, &id).await?;
    room.record_look(&reader, &register, "register.verified").await?;
    json(200, &room.verify_register(&reader, &id).await?)
}

/// The proof of one line.
pub(crate) async fn get_register_proof(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Path(entry): Path<String>,
) -> Answer {
    json(200, &room.prove_entry(&reader(&visitor)?, &entry).await?)
}
