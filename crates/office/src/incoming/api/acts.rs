//! What may be done with a document that came.

use super::ArrivalDetails;
use crate::incoming::pages::reader;
use crate::incoming::registering::Registering;
use crate::incoming::routing::{Instruction, Receiver, Until};
use crate::room::OfficeRoom;
use axum::extract::State as Use;
use haidang_kernel::problem::Problem;
use haidang_web::{Answer, Json, Path, Upload, Visitor, created, json, no_content};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What came of an upload.
#[derive(Serialize, ToSchema)]
pub(crate) struct ArrivalTaken {
    /// Id of the document that came.
    id: String,
    /// Whether it is new here.
    new: bool,
}

/// Takes a document in.
pub(crate) async fn receive_arrival(visitor: Visitor, Use(room): Use<OfficeRoom>, upload: Upload) -> Answer {
    upload.complete()?;
    let secrecy = upload.fields.text("secrecy").parse::<i64>().ok().filter(|level| (0..=3).contains(level));
    let wrong = || Problem::invalid("arrival_invalid", "secrecy is 0 to 3").field("secrecy", "required");
    let secrecy = secrecy.ok_or_else(wrong)?;
    let received = room.receive_upload(&visitor, upload.fields.text("agency"), secrecy, &upload.files).await?;
    let taken = ArrivalTaken { id: received.id, new: received.new };
    if taken.new { created(&format!("/api/v1/office/incoming/{}", taken.id), &taken) } else { json(200, &taken) }
}

/// What the clerk confirms.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegisterArrival {
    /// Revision the clerk saw.
    revision: Option<i64>,
    /// What the paper says.
    details: ArrivalDetails,
    /// The paper was checked by other means.
    #[serde(default)]
    checked: bool,
    /// It is another document than those with the same organ, number and day.
    #[serde(default)]
    different: bool,
}

/// The number.
#[derive(Serialize, ToSchema)]
pub(crate) struct ArrivalNumber {
    /// Arrival number.
    arrival_number: i64,
    /// Id of the register.
    register: String,
}

/// Gives the document its number.
pub(crate) async fn register_arrival(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    Json(order): Json<RegisterArrival>,
) -> Answer {
    let order = Registering {
        revision: order.revision,
        details: order.details.into(),
        checked: order.checked,
        different: order.different,
    };
    let registered = room.register_arrival(&reader(&visitor)?, &id, &order).await?;
    json(201, &ArrivalNumber { arrival_number: registered.number, register: registered.register })
}

/// A reason.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReturnArrival {
    /// Why, told to the sender.
    reason: String,
}

/// Returns the document.
pub(crate) async fn return_arrival(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    Json(why): Json<ReturnArrival>,
) -> Answer {
    room.return_arrival(&reader(&visitor)?, &id, &why.reason).await?;
    Ok(no_content())
}

/// To whom.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubmitArrival {
    /// Opaque id of the leader.
    leader: String,
}

/// Lays the document before a leader.
pub(crate) async fn submit_arrival(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    Json(to): Json<SubmitArrival>,
) -> Answer {
    room.submit_arrival(&reader(&visitor)?, &id, &to.leader).await?;
    Ok(no_content())
}

/// An instruction. Receivers are `person:<id>` or `role:<role>`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InstructArrival {
    /// Revision the leader saw.
    revision: Option<i64>,
    /// Who leads.
    lead: Option<String>,
    /// Who co-operates.
    #[serde(default)]
    support: Vec<String>,
    /// Who is to know.
    #[serde(default)]
    for_info: Vec<String>,
    /// The leader's words.
    words: String,
    /// Until this day, `YYYY-MM-DD`.
    #[schema(value_type = Option<String>, format = "date")]
    due_on: Option<Date>,
    /// Or so many working days after today.
    due_days: Option<i64>,
}

/// Instructs.
pub(crate) async fn instruct_arrival(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    Json(order): Json<InstructArrival>,
) -> Answer {
    let parsed = |field: &str, word: &str| {
        let wrong = || Problem::invalid("arrival_invalid", "no receiver").field(field, "unknown");
        Receiver::parse(word).ok_or_else(wrong)
    };
    let all =
        |field: &str, words: &[String]| words.iter().map(|word| parsed(field, word)).collect::<Result<Vec<_>, _>>();
    let order = Instruction {
        revision: order.revision,
        lead: order.lead.as_deref().map(|word| parsed("lead", word)).transpose()?,
        support: all("support", &order.support)?,
        for_info: all("for_info", &order.for_info)?,
        words: order.words,
        until: order.due_on.map(Until::Day).or(order.due_days.map(Until::Days)),
    };
    room.instruct_arrival(&reader(&visitor)?, &id, &order).await?;
    Ok(no_content())
}

/// Whoever leads begins.
pub(crate) async fn begin_arrival(visitor: Visitor, Use(room): Use<OfficeRoom>, Path(id): Path<String>) -> Answer {
    room.begin_arrival(&reader(&visitor)?, &id).await?;
    Ok(no_content())
}

/// An answer to an instruction.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerRouting {
    /// What the receiver says.
    words: String,
    /// Whether it is handed back.
    #[serde(default)]
    back: bool,
}

/// Answers an instruction.
pub(crate) async fn answer_routing(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path((id, routing)): Path<(String, String)>,
    Json(answer): Json<AnswerRouting>,
) -> Answer {
    room.answer_routing(&reader(&visitor)?, &id, &routing, answer.back, &answer.words).await?;
    Ok(no_content())
}

/// What came of the document.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FinishArrival {
    /// ArrivalNumber and notation of the document that answers it.
    #[serde(default)]
    document: String,
    /// Or the result in words.
    #[serde(default)]
    words: String,
}

/// Closes the document.
pub(crate) async fn finish_arrival(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    Json(result): Json<FinishArrival>,
) -> Answer {
    room.finish_arrival(&reader(&visitor)?, &id, &result.document, &result.words).await?;
    Ok(no_content())
}

/// A work file.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileArrival {
    /// Id or notation of an open work file that the caller keeps.
    work_file: String,
}

/// Puts the document into a work file.
pub(crate) async fn file_arrival(
    visitor: Visitor,
    Use(room): Use<OfficeRoom>,
    Path(id): Path<String>,
    Json(to): Json<FileArrival>,
) -> Answer {
    room.file_arrival(&reader(&visitor)?, &id, &to.work_file).await?;
    Ok(no_content())
}
