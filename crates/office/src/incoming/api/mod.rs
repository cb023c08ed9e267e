//! Endpoints of documents that come.

mod acts;
mod reading;

use super::model::{Arrival, Details};
use super::reading::{Waits, deadline, waits};
use super::rules::{State, status_code};
use super::{CLERK, ROUTE};
use crate::room::OfficeRoom;
use haidang_web::{Routes, Row};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An instant in the time of the city, RFC 3339.
fn instant(at: Timestamp) -> String {
    at.to_zoned(haidang_kernel::time::city_zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// What a paper says, as Appendix VI of Decree 30/2020/NĐ-CP names it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ArrivalDetails {
    /// Organ that issued it.
    from_name: String,
    /// Number.
    code_number: String,
    /// Notation.
    code_notation: String,
    /// Day of issue, `YYYY-MM-DD`.
    #[schema(value_type = Option<String>, format = "date")]
    issued_on: Option<jiff::civil::Date>,
    /// Name of the kind; empty for an official letter.
    kind: String,
    /// Summary.
    subject: String,
    /// Post and name of the signer.
    signer: String,
    /// 0 none, 1 khẩn, 2 thượng khẩn, 3 hỏa tốc.
    urgency: i64,
    /// Pages.
    pages: Option<i64>,
    /// Day by which the sender wants an answer, `YYYY-MM-DD`.
    #[schema(value_type = Option<String>, format = "date")]
    answer_by: Option<jiff::civil::Date>,
}

impl From<&Details> for ArrivalDetails {
    fn from(details: &Details) -> Self {
        let Details {
            from_name,
            code_number,
            code_notation,
            issued_on,
            kind,
            subject,
            signer,
            urgency,
            pages,
            answer_by,
        } = details.clone();
        Self { from_name, code_number, code_notation, issued_on, kind, subject, signer, urgency, pages, answer_by }
    }
}

impl From<ArrivalDetails> for Details {
    fn from(details: ArrivalDetails) -> Self {
        let ArrivalDetails {
            from_name,
            code_number,
            code_notation,
            issued_on,
            kind,
            subject,
            signer,
            urgency,
            pages,
            answer_by,
        } = details;
        Self { from_name, code_number, code_notation, issued_on, kind, subject, signer, urgency, pages, answer_by }
    }
}

/// A document that came.
#[derive(Serialize, ToSchema)]
pub(crate) struct ArrivalView {
    /// Id.
    id: String,
    /// Code of the organ it came to.
    agency: String,
    /// `upload`, `scan`, `city` or `exchange`.
    channel: &'static str,
    /// What the paper says.
    details: ArrivalDetails,
    /// `arrived`, `rejected`, `registered`, `submitted`, `assigned`, `in_progress`, `done`, `filed`, `withdrawn`.
    state: &'static str,
    /// Status code of the exchange for this state.
    status: &'static str,
    /// Whether it was changed after signing: `valid`, `invalid`, `unknown`, `absent`.
    integrity: &'static str,
    /// Whether the signer is who the certificate says.
    identity: &'static str,
    /// Whether a time stamp proves the time of signing.
    stamped: &'static str,
    /// What the signature of the message that brought it proves: `trusted`, `untrusted`, `whole`, `absent`, `weak`,
    /// `foreign`, `invalid`; nothing for what came otherwise.
    envelope: Option<String>,
    /// Name in the certificate of that signature.
    envelope_signer: Option<String>,
    /// What the record inside the document (Appendix VI) proposes, to be confirmed when registering.
    proposed: Option<ArrivalDetails>,
    /// When it came, RFC 3339.
    arrived_at: String,
    /// Arrival number.
    arrival_number: Option<i64>,
    /// Arrival date, `YYYY-MM-DD`.
    arrived_on: Option<String>,
    /// Who must act now: `clerk`, a name, or nothing.
    waits_for: Option<String>,
    /// Until when, `YYYY-MM-DD`.
    due_on: Option<String>,
    /// `red`, `amber` or `green`.
    colour: Option<&'static str>,
    /// Number of the document that answers it.
    result_document: Option<String>,
    /// What came of it.
    result: Option<String>,
    /// Work file.
    work_file: Option<String>,
    /// What the sender said later: `recall`, `replace`, `corrigendum`.
    notice: Option<String>,
    /// Grows with every change; send it back with a change to be refused when somebody was faster.
    revision: i64,
}

fn arrival_view(room: &OfficeRoom, arrival: &Arrival) -> ArrivalView {
    let due = deadline(arrival);
    ArrivalView {
        id: arrival.id.clone(),
        agency: arrival.agency.clone(),
        channel: arrival.channel.as_str(),
        details: ArrivalDetails::from(&arrival.details),
        state: State::as_str(arrival.state),
        status: status_code(arrival.state),
        integrity: arrival.integrity.as_str(),
        identity: arrival.identity.as_str(),
        stamped: arrival.stamped.as_str(),
        envelope: arrival.envelope.clone(),
        envelope_signer: arrival.envelope_signer.clone(),
        proposed: arrival.proposed.as_ref().map(ArrivalDetails::from),
        arrived_at: instant(arrival.arrived_at),
        arrival_number: arrival.arrival_number,
        arrived_on: arrival.arrived_on.map(|day| day.to_string()),
        waits_for: match waits(arrival) {
            Waits::Clerk(_) => Some("clerk".to_owned()),
            Waits::Leader(name, _) | Waits::Lead(name, _) => Some(name),
            Waits::Nobody => None,
        },
        due_on: due.map(|day| day.to_string()),
        colour: due.map(|day| match room.arrival_colour(day) {
            super::rules::Colour::Red => "red",
            super::rules::Colour::Amber => "amber",
            super::rules::Colour::Green => "green",
        }),
        result_document: arrival.result_document.clone(),
        result: arrival.result_words.clone(),
        work_file: arrival.work_file.clone(),
        notice: arrival.notice.as_ref().map(|notice| notice.kind.clone()),
        revision: arrival.revision,
    }
}

/// Adds the endpoints.
pub(super) fn routes(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    acts_routes(reading_routes(routes))
}

fn reading_routes(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    routes
        .api(
            Row::get("list_arrivals_api", "/api/v1/office/incoming")
                .official()
                .summary("Documents that came: what waits for the reader, the organ's, the clerk's")
                .query::<reading::ListArrivals>()
                .returns::<reading::ArrivalList>(200),
            reading::list_arrivals,
        )
        .api(
            Row::get("get_arrival", "/api/v1/office/incoming/{arrival}")
                .official()
                .summary("One document that came, with files, instructions and history; leaves a receipt")
                .returns::<reading::ArrivalDetail>(200),
            reading::get_arrival,
        )
        .api(
            Row::get("get_arrival_file", "/api/v1/office/incoming/{arrival}/files/{place}")
                .official()
                .summary("A file of a document that came")
                .returns_file(200, "application/octet-stream"),
            reading::get_arrival_file,
        )
        .api(
            Row::get("get_tracking_book", "/api/v1/office/tracking-book")
                .official()
                .summary("The tracking book of an organ between two days (Decree 30/2020/NĐ-CP, Appendix IV)")
                .query::<reading::BookSpan>()
                .returns::<reading::TrackingBook>(200),
            reading::get_tracking_book,
        )
}

fn acts_routes(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    routes
        .api(
            Row::post("receive_arrival_api", "/api/v1/office/incoming")
                .capability(CLERK)
                .upload(super::pages::LIMITS)
                .audit("office.arrival_received")
                .summary("Takes a document in: fields `agency`, `secrecy`, one or several `file`; the same file again is the same arrival")
                .returns::<acts::ArrivalTaken>(201)
                .returns::<acts::ArrivalTaken>(200),
            acts::receive_arrival,
        )
        .api(
            Row::post("register_arrival_api", "/api/v1/office/incoming/{arrival}/registration")
                .capability(CLERK)
                .audit("office.arrival_registered")
                .summary("Gives the document its arrival number")
                .body::<acts::RegisterArrival>()
                .returns::<acts::ArrivalNumber>(201),
            acts::register_arrival,
        )
        .api(
            Row::post("return_arrival_api", "/api/v1/office/incoming/{arrival}/return")
                .capability(CLERK)
                .audit("office.arrival_returned")
                .summary("Returns the document to its sender")
                .body::<acts::ReturnArrival>()
                .returns_nothing(204),
            acts::return_arrival,
        )
        .api(
            Row::post("submit_arrival_api", "/api/v1/office/incoming/{arrival}/submission")
                .capability(CLERK)
                .audit("office.arrival_submitted")
                .summary("Lays the document before a leader")
                .body::<acts::SubmitArrival>()
                .returns_nothing(204),
            acts::submit_arrival,
        )
        .api(
            Row::post("instruct_arrival_api", "/api/v1/office/incoming/{arrival}/instructions")
                .any_capability(&[ROUTE, "task.assign"])
                .audit("office.arrival_instructed")
                .summary("Says who leads, who co-operates, who is to know")
                .body::<acts::InstructArrival>()
                .returns_nothing(204),
            acts::instruct_arrival,
        )
        .api(
            Row::post("begin_arrival_api", "/api/v1/office/incoming/{arrival}/beginning")
                .official()
                .audit("office.arrival_begun")
                .summary("Whoever leads begins")
                .returns_nothing(204),
            acts::begin_arrival,
        )
        .api(
            Row::post("answer_routing_api", "/api/v1/office/incoming/{arrival}/instructions/{routing}/answer")
                .official()
                .audit("office.arrival_answered")
                .summary("A receiver answers an instruction or hands it back")
                .body::<acts::AnswerRouting>()
                .returns_nothing(204),
            acts::answer_routing,
        )
        .api(
            Row::post("finish_arrival_api", "/api/v1/office/incoming/{arrival}/result")
                .official()
                .audit("office.arrival_finished")
                .summary("Closes the document with its result")
                .body::<acts::FinishArrival>()
                .returns_nothing(204),
            acts::finish_arrival,
        )
        .api(
            Row::post("file_arrival_api", "/api/v1/office/incoming/{arrival}/work-file")
                .official()
                .audit("office.arrival_filed")
                .summary("Puts a handled document into a work file")
                .body::<acts::FileArrival>()
                .returns_nothing(204),
            acts::file_arrival,
        )
}
