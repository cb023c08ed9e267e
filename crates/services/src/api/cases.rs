//! `/api/v1/cases`: filing in one call, following, acting.

use super::explained::{DueDate, Fee};
use super::{State, case_id, moment};
use crate::cases::command::Command;
use crate::cases::filing::{Receipt, SubmitWhole};
use crate::cases::reading::CaseView;
use crate::cases::row::CaseRow;
use crate::cases::trail::SupplementItem;
use crate::model::{ActionKind, CaseState, Channel, DeliveryState, FinanceState};
use haidang_kernel::problem::Problem;
use haidang_web::{
    Answer, Json, Path, Query, Routes, Row, State as Use, Visitor, created, json, no_content, or_stronger,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// A whole filing in one call.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SubmitCase {
    /// Procedure code.
    pub procedure: String,
    /// Channel.
    pub channel: Channel,
    /// Every answer.
    #[schema(value_type = Object)]
    pub answers: Value,
    /// One-stop unit that should receive, where the procedure lets any unit receive.
    pub receiving_agency: Option<String>,
    /// Documents of the vault to reuse: component id and vault item id.
    #[serde(default)]
    pub reuse: Vec<super::drafts::ReuseDocument>,
    /// `vi` or `en`, default `vi`.
    pub language: Option<String>,
}

/// What may be asked of the list.
#[derive(Debug, Deserialize, IntoParams)]
pub struct ListCases {
    /// Where the previous page ended.
    pub cursor: Option<String>,
    /// 1 to 100, default 20.
    pub limit: Option<i64>,
}

/// One line of a list of cases.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseSummary {
    /// Opaque id.
    pub id: String,
    /// Official number.
    pub case_no: String,
    /// Procedure code.
    pub procedure: String,
    /// State.
    pub state: CaseState,
    /// National status 1–10.
    pub national_status: i64,
    /// Finance track.
    pub finance_state: FinanceState,
    /// Delivery track.
    pub delivery_state: DeliveryState,
    /// RFC 3339.
    pub submitted_at: String,
    /// RFC 3339, from acceptance.
    pub accepted_at: Option<String>,
    /// The promised date.
    pub due_at: Option<String>,
    /// When work ended.
    pub ended_at: Option<String>,
    /// Grows with every change.
    pub revision: i64,
}

/// A page of cases.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseList {
    /// Lines.
    pub items: Vec<CaseSummary>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// One case with its trail.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseDetail {
    /// Summary.
    #[serde(flatten)]
    pub summary: CaseSummary,
    /// Procedure version.
    pub version: String,
    /// Receiving agency.
    pub receiving_agency: String,
    /// Competent agency.
    pub competent_agency: Option<String>,
    /// Step the case stands on.
    pub step: String,
    /// Answers.
    #[schema(value_type = Object)]
    pub answers: Value,
    /// Events.
    pub events: Vec<Event>,
    /// Supplements.
    pub supplements: Vec<SupplementDetail>,
    /// Files: (id, component, name).
    pub documents: Vec<Attached>,
    /// Charges.
    pub fees: Vec<Fee>,
    /// Issued results.
    pub results: Vec<ResultDetail>,
}

/// One event.
#[derive(Debug, Serialize, ToSchema)]
pub struct Event {
    /// Number within the case.
    pub seq: i64,
    /// What was done.
    pub action: String,
    /// State after.
    pub state: CaseState,
    /// Unit that did it; people are not named to the outside.
    pub agency: Option<String>,
    /// Reason in words.
    pub reason: Option<String>,
    /// Legal line.
    pub legal_basis: String,
    /// RFC 3339.
    pub at: String,
}

/// A request for a supplement.
#[derive(Debug, Serialize, ToSchema)]
pub struct SupplementDetail {
    /// 1 for the first.
    pub seq: i64,
    /// Why.
    pub reason: String,
    /// What is missing.
    pub items: Vec<SupplementItem>,
    /// RFC 3339.
    pub asked_at: String,
    /// RFC 3339.
    pub answered_at: Option<String>,
}

/// A file.
#[derive(Debug, Serialize, ToSchema)]
pub struct Attached {
    /// Id.
    pub id: String,
    /// Component id.
    pub component: String,
    /// File name.
    pub file_name: String,
    /// SHA-256, hex.
    pub sha256: String,
}

/// A result.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResultDetail {
    /// Id.
    pub id: String,
    /// Result code.
    pub code: String,
    /// Title.
    pub title: String,
    /// Official number.
    pub number: Option<String>,
    /// Public verification address.
    pub verify: Option<String>,
    /// SHA-256 of the file.
    pub sha256: Option<String>,
    /// Whether it was declared void.
    pub revoked: bool,
}

impl CaseSummary {
    /// From a row.
    pub fn of(case: &CaseRow) -> Self {
        Self {
            id: case.id.to_string(),
            case_no: case.case_no.clone(),
            procedure: case.procedure_code.clone(),
            state: case.state,
            national_status: case.state.national(),
            finance_state: case.finance_state,
            delivery_state: case.delivery_state,
            submitted_at: moment(case.submitted_at),
            accepted_at: case.accepted_at.map(moment),
            due_at: case.due_at.map(moment),
            ended_at: case.ended_at.map(moment),
            revision: case.revision,
        }
    }
}

impl crate::service::Services {
    async fn detail(&self, view: &CaseView) -> Result<CaseDetail, Problem> {
        let case = &view.case;
        let results = self.results(&case.id).await?;
        Ok(CaseDetail {
            summary: CaseSummary::of(case),
            version: case.version_id.clone(),
            receiving_agency: case.receiving_agency.clone(),
            competent_agency: case.competent_agency.clone(),
            step: case.step.clone(),
            answers: case.answers.clone(),
            events: view
                .events
                .iter()
                .map(|e| Event {
                    seq: e.seq,
                    action: e.action.clone(),
                    state: e.to_state,
                    agency: e.agency.clone(),
                    reason: e.reason.clone(),
                    legal_basis: e.legal_basis.clone(),
                    at: moment(e.at),
                })
                .collect(),
            supplements: view
                .supplements
                .iter()
                .map(|s| SupplementDetail {
                    seq: s.seq,
                    reason: s.reason.clone(),
                    items: s.items.clone(),
                    asked_at: moment(s.asked_at),
                    answered_at: s.answered_at.map(moment),
                })
                .collect(),
            documents: view
                .documents
                .iter()
                .map(|d| Attached {
                    id: d.id.to_string(),
                    component: d.component.clone(),
                    file_name: d.file_name.clone(),
                    sha256: d.sha256.clone(),
                })
                .collect(),
            fees: view.fees.iter().map(Fee::of_case).collect(),
            results: results
                .iter()
                .map(|r| ResultDetail {
                    id: r.id.to_string(),
                    code: r.code.clone(),
                    title: r.title.clone(),
                    number: r.number.clone(),
                    verify: r.token.as_ref().map(|token| format!("{}/kq/{token}", self.settings.origin)),
                    sha256: r.sha256.clone(),
                    revoked: r.revoked_at.is_some(),
                })
                .collect(),
        })
    }

    /// The case as this visitor may see it: the owner's own, or an official's by unit.
    pub(crate) async fn visible_case(&self, visitor: &Visitor, id: &str) -> Result<CaseView, haidang_web::Fault> {
        let (actor, id) = (visitor.require_actor()?, case_id(id)?);
        Ok(match self.own_case(actor, &id, &visitor.request_id).await {
            Ok(view) => view,
            Err(_) => self.office_case(actor, &id, &visitor.request_id).await?,
        })
    }
}

/// Files a whole case in one call.
pub async fn submit_case(visitor: Visitor, Use(services): Use<State>, Json(ask): Json<SubmitCase>) -> Answer {
    let actor = visitor.require_actor()?;
    let whole = SubmitWhole {
        procedure: ask.procedure,
        channel: ask.channel,
        answers: ask.answers,
        receiving: ask.receiving_agency,
        reuse: ask.reuse.into_iter().map(|r| (r.component, r.item)).collect(),
        language: ask.language.filter(|l| l == "en").unwrap_or_else(|| "vi".to_owned()),
        request_id: visitor.request_id.clone(),
    };
    match services.submit_whole(actor, whole).await {
        Ok(receipt) => created(&format!("/api/v1/cases/{}", receipt.case_id), &receipt),
        Err(problem) => or_stronger(&visitor, problem, "/"),
    }
}

/// The caller's own cases, newest first.
pub async fn list_cases(visitor: Visitor, Use(services): Use<State>, Query(ask): Query<ListCases>) -> Answer {
    let limit = ask.limit.unwrap_or(20).clamp(1, 100);
    let before = match ask.cursor.as_deref() {
        Some(cursor) => {
            let bad = || Problem::bad_request("cursor_malformed", "the cursor is not one this list gave out");
            Some(haidang_kernel::time::from_micros(cursor.parse::<i64>().map_err(|_| bad())?))
        }
        None => None,
    };
    let mut rows = services.own_cases(visitor.require_actor()?, before, limit + 1).await?;
    let more = rows.len() as i64 > limit;
    rows.truncate(usize::try_from(limit).unwrap_or(20));
    let next = rows.last().filter(|_| more).map(|case| haidang_kernel::time::micros(case.submitted_at).to_string());
    json(200, &CaseList { items: rows.iter().map(CaseSummary::of).collect(), next })
}

/// One case.
pub async fn get_case(visitor: Visitor, Use(services): Use<State>, Path(id): Path<String>) -> Answer {
    let view = services.visible_case(&visitor, &id).await?;
    json(200, &services.detail(&view).await?)
}

/// The clock of a case, day by day.
pub async fn get_case_clock(visitor: Visitor, Use(services): Use<State>, Path(id): Path<String>) -> Answer {
    let view = services.visible_case(&visitor, &id).await?;
    let due = services.clock().explain(&view.case, &view.pauses)?;
    json(200, &DueDate::of_limit(&due, &view.case.limit))
}

/// The fees of a case.
pub async fn get_case_fees(visitor: Visitor, Use(services): Use<State>, Path(id): Path<String>) -> Answer {
    let view = services.visible_case(&visitor, &id).await?;
    json(200, &view.fees.iter().map(Fee::of_case).collect::<Vec<_>>())
}

/// Number and the code printed on the receipt, or the secret of its QR code.
#[derive(Debug, Deserialize, ToSchema)]
pub struct LookUp {
    /// Official number.
    pub case_no: Option<String>,
    /// Code printed on the receipt.
    pub code: Option<String>,
    /// Secret of the QR code, instead of both.
    pub token: Option<String>,
}

/// Status and dates, no personal data.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseStatus {
    /// Official number.
    pub case_no: String,
    /// Procedure code.
    pub procedure: String,
    /// State.
    pub state: CaseState,
    /// National status.
    pub national_status: i64,
    /// RFC 3339.
    pub submitted_at: String,
    /// The promised date.
    pub due_at: Option<String>,
    /// When work ended.
    pub ended_at: Option<String>,
}

/// Status and dates for the holder of a receipt.
pub async fn look_up_case(Use(services): Use<State>, Json(ask): Json<LookUp>) -> Answer {
    let view = match (&ask.token, &ask.case_no, &ask.code) {
        (Some(token), _, _) => services.look_up_token(token).await?,
        (None, Some(number), Some(code)) => services.look_up(number, code).await?,
        _ => {
            return Err(Problem::invalid("receipt_required", "give the number and the code, or the token")
                .field("code", "required")
                .into());
        }
    };
    let case = &view.case;
    json(
        200,
        &CaseStatus {
            case_no: case.case_no.clone(),
            procedure: case.procedure_code.clone(),
            state: case.state,
            national_status: case.state.national(),
            submitted_at: moment(case.submitted_at),
            due_at: case.due_at.map(moment),
            ended_at: case.ended_at.map(moment),
        },
    )
}

/// What an action needs besides its name.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct ActionRequest {
    /// Reason in words.
    pub reason: Option<String>,
    /// What the applicant must add.
    pub items: Vec<SupplementItem>,
    /// Agency that should take the case.
    pub to_agency: Option<String>,
    /// New date, `YYYY-MM-DD`.
    pub new_date: Option<String>,
    /// Agency to ask.
    pub consult_agency: Option<String>,
    /// The question.
    pub question: Option<String>,
    /// "A second supplement counts the case as late" was read and confirmed.
    pub confirm_second_supplement: bool,
    /// Revision the caller looked at.
    pub expected_revision: Option<i64>,
}

/// Does one action.
pub async fn act_on_case(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((id, action)): Path<(String, String)>,
    Json(ask): Json<ActionRequest>,
) -> Answer {
    let (actor, id) = (visitor.require_actor()?, case_id(&id)?);
    let action = ActionKind::parse(&action).ok_or_else(|| Problem::not_found("action_unknown", "no such action"))?;
    let new_date = match ask.new_date.as_deref() {
        Some(text) => Some(text.parse().map_err(|_| {
            Problem::invalid("new_date_required", "the date cannot be read").field("new_date", "not_a_date")
        })?),
        None => None,
    };
    let command = Command {
        reason: ask.reason,
        items: ask.items,
        to_agency: ask.to_agency,
        new_date,
        consult: ask.consult_agency.zip(ask.question),
        confirm_second_supplement: ask.confirm_second_supplement,
        expected_revision: ask.expected_revision,
        ..Command::new(action, &visitor.request_id)
    };
    let moved = services.act(actor, &id, command).await?;
    json(200, &CaseSummary::of(&moved.case))
}

/// An answer to a consultation.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ConsultationAnswer {
    /// The answer.
    pub answer: String,
}

/// Answers another agency's question.
pub async fn answer_consultation(
    visitor: Visitor,
    Use(services): Use<State>,
    Path((id, consultation)): Path<(String, String)>,
    Json(ask): Json<ConsultationAnswer>,
) -> Answer {
    services
        .answer_consultation(visitor.require_actor()?, &case_id(&id)?, &consultation, &ask.answer, &visitor.request_id)
        .await?;
    Ok(no_content())
}

/// A rating, 1 to 5.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Rating {
    /// Overall.
    pub level: i64,
    /// Attitude.
    pub attitude: Option<i64>,
    /// Time.
    pub time: Option<i64>,
    /// Words, at most 2,000 characters.
    pub words: Option<String>,
}

/// Rates a finished case, once.
pub async fn rate_case(
    visitor: Visitor,
    Use(services): Use<State>,
    Path(id): Path<String>,
    Json(ask): Json<Rating>,
) -> Answer {
    services
        .rate(
            visitor.require_actor()?,
            &case_id(&id)?,
            ask.level,
            ask.attitude,
            ask.time,
            ask.words.as_deref(),
            &visitor.request_id,
        )
        .await?;
    Ok(no_content())
}

/// Adds the routes of this file.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .api(
            Row::post("submit_case", "/api/v1/cases")
                .signed_in()
                .audit("case.submitted")
                .body::<SubmitCase>()
                .returns::<Receipt>(201)
                .summary("Files a whole case in one call"),
            submit_case,
        )
        .api(
            Row::get("list_cases", "/api/v1/cases")
                .signed_in()
                .role("resident")
                .query::<ListCases>()
                .returns::<CaseList>(200)
                .summary("The caller's own cases"),
            list_cases,
        )
        .api(
            Row::post("look_up_case", "/api/v1/cases/look-up")
                .public()
                .no_mutation("only reads")
                .body::<LookUp>()
                .returns::<CaseStatus>(200)
                .summary("Status and dates for the holder of a receipt"),
            look_up_case,
        )
        .api(
            Row::get("get_case", "/api/v1/cases/{case}")
                .signed_in()
                .example("/api/v1/cases/{case}")
                .role("resident")
                .returns::<CaseDetail>(200)
                .summary("One case with its trail"),
            get_case,
        )
        .api(
            Row::get("get_case_clock", "/api/v1/cases/{case}/clock")
                .signed_in()
                .example("/api/v1/cases/{case}/clock")
                .role("resident")
                .returns::<DueDate>(200)
                .summary("The clock of a case, day by day"),
            get_case_clock,
        )
        .api(
            Row::get("get_case_fees", "/api/v1/cases/{case}/fees")
                .signed_in()
                .example("/api/v1/cases/{case}/fees")
                .role("resident")
                .returns::<Vec<Fee>>(200)
                .summary("The fees of a case"),
            get_case_fees,
        )
        .api(
            Row::post("act_on_case", "/api/v1/cases/{case}/actions/{action}")
                .signed_in()
                .audit("case.acted")
                .body::<ActionRequest>()
                .returns::<CaseSummary>(200)
                .summary("Does one action"),
            act_on_case,
        )
        .api(
            Row::post("answer_consultation", "/api/v1/cases/{case}/consultations/{consultation}")
                .official()
                .audit("case.consultation_answered")
                .body::<ConsultationAnswer>()
                .returns_nothing(204)
                .summary("Answers another agency's question"),
            answer_consultation,
        )
        .api(
            Row::post("rate_case", "/api/v1/cases/{case}/rating")
                .signed_in()
                .audit("case.rated")
                .body::<Rating>()
                .returns_nothing(204)
                .summary("Rates a finished case"),
            rate_case,
        )
}
