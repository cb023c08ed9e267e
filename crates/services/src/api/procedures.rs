//! `/api/v1/procedures`: what the city does for people, and what it takes.

use super::State;
use super::explained::{DueDate, Fee};
use crate::cases::filing;
use crate::model::Channel;
use crate::procedure::{ComponentKind, Facts, Version};
use haidang_kernel::problem::Problem;
use haidang_web::{Answer, Json, Path, Query, Routes, Row, State as Use, json};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What may be asked of the list.
#[derive(Debug, Deserialize, IntoParams)]
pub struct ListProcedures {
    /// Words, with or without accents.
    pub q: Option<String>,
    /// Code after which the page begins.
    pub cursor: Option<String>,
    /// 1 to 100, default 50.
    pub limit: Option<i64>,
}

/// One line of the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProcedureSummary {
    /// National code.
    pub code: String,
    /// Legal name.
    pub name: String,
    /// English name.
    pub name_en: Option<String>,
    /// Field.
    pub field: String,
    /// `published` or `listed`.
    pub state: String,
    /// Channels.
    pub channels: Vec<Channel>,
}

/// A page of procedures.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProcedureList {
    /// Lines.
    pub items: Vec<ProcedureSummary>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// A paper of the checklist.
#[derive(Debug, Serialize, ToSchema)]
pub struct Paper {
    /// Id in the procedure.
    pub id: String,
    /// National code.
    pub code: Option<String>,
    /// Name.
    pub name: String,
    /// `document` or `presented`.
    pub kind: String,
}

/// One procedure as in force today.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProcedureDetail {
    /// Summary.
    #[serde(flatten)]
    pub summary: ProcedureSummary,
    /// Version id, pinned by every case filed today.
    pub version: String,
    /// First day in force.
    pub effective_from: String,
    /// Last day in force.
    pub effective_to: Option<String>,
    /// Legal basis.
    pub legal_basis: Vec<String>,
    /// Least assurance of the sign-in with which people file online, 1 to 4.
    pub min_acr: Option<u8>,
    /// Papers.
    pub papers: Vec<Paper>,
    /// Facts that no source gives.
    pub missing: Vec<String>,
    /// JSON Schema 2020-12 of the answers.
    #[schema(value_type = Object)]
    pub form: serde_json::Value,
    /// SHA-256 of the version's files.
    pub sha256: String,
}

/// A question about date and fee before filing.
#[derive(Debug, Deserialize, ToSchema)]
pub struct QuoteRequest {
    /// Channel.
    pub channel: Channel,
    /// Answers as far as known.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub answers: serde_json::Value,
}

/// Date and fee if filed and accepted now.
#[derive(Debug, Serialize, ToSchema)]
pub struct Quote {
    /// Expected date with its days.
    pub due: Option<DueDate>,
    /// Charges with their law.
    pub fees: Vec<Fee>,
    /// Papers that would be needed: ids.
    pub papers: Vec<String>,
}

impl ProcedureSummary {
    fn of(version: &Version) -> Self {
        let procedure = &version.procedure;
        Self {
            code: procedure.code.clone(),
            name: procedure.name.clone(),
            name_en: procedure.name_en.clone(),
            field: procedure.field.name.clone(),
            state: if version.promises() { "published" } else { "listed" }.to_owned(),
            channels: procedure.channels.clone(),
        }
    }
}

/// Lists procedures in force today, best match first when words are given.
pub async fn list_procedures(Use(services): Use<State>, Query(ask): Query<ListProcedures>) -> Answer {
    let limit = usize::try_from(ask.limit.unwrap_or(50).clamp(1, 100)).unwrap_or(50);
    if let Some(words) = ask.q.as_deref().map(str::trim).filter(|q| !q.is_empty()) {
        let items =
            services.find_procedures(words, limit).iter().map(|version| ProcedureSummary::of(version)).collect();
        return json(200, &ProcedureList { items, next: None });
    }
    let mut all = services.catalogue().all_current(services.ambient.today());
    all.sort_by(|a, b| a.procedure.code.cmp(&b.procedure.code));
    let after = ask.cursor.unwrap_or_default();
    let mut items: Vec<ProcedureSummary> = all
        .iter()
        .filter(|v| v.procedure.code > after)
        .take(limit + 1)
        .map(|version| ProcedureSummary::of(version))
        .collect();
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|item| item.code.clone());
    json(200, &ProcedureList { items, next })
}

/// One procedure.
pub async fn get_procedure(Use(services): Use<State>, Path(code): Path<String>) -> Answer {
    let version = current(&services, &code)?;
    let procedure = &version.procedure;
    let papers = procedure
        .components
        .iter()
        .filter(|component| component.kind != ComponentKind::Note)
        .map(|component| Paper {
            id: component.id.clone(),
            code: component.code.clone(),
            name: component.name.clone().unwrap_or_default(),
            kind: if component.kind == ComponentKind::Presented { "presented" } else { "document" }.to_owned(),
        })
        .collect();
    json(
        200,
        &ProcedureDetail {
            summary: ProcedureSummary::of(&version),
            version: version.id.clone(),
            effective_from: procedure.effective.from.to_string(),
            effective_to: procedure.effective.to.map(|day| day.to_string()),
            legal_basis: procedure.legal_basis.clone(),
            min_acr: procedure.min_acr,
            papers,
            missing: procedure.missing.iter().map(|text| text.vi.clone()).collect(),
            form: version.form.schema().clone(),
            sha256: version.sha256.clone(),
        },
    )
}

/// Date and fee before filing.
pub async fn quote_procedure(
    Use(services): Use<State>,
    Path(code): Path<String>,
    Json(ask): Json<QuoteRequest>,
) -> Answer {
    let version = current(&services, &code)?;
    let answers = if ask.answers.is_object() { ask.answers } else { serde_json::json!({}) };
    let facts = Facts::new(ask.channel, services.ambient.today()).with_form(answers);
    let limit = filing::pinned(&version, &facts);
    let due =
        if version.promises() { services.clock().due(services.ambient.now(), &limit.limit, &[]).ok() } else { None };
    json(
        200,
        &Quote {
            due: due.map(|due| DueDate::of_limit(&due, &limit)),
            fees: version.fees(&facts).iter().map(Fee::quoted).collect(),
            papers: version.components(&facts).into_iter().filter(|need| need.required).map(|need| need.id).collect(),
        },
    )
}

fn current(services: &State, code: &str) -> Result<std::sync::Arc<Version>, Problem> {
    services
        .catalogue()
        .in_force(code, services.ambient.today())
        .ok_or_else(|| Problem::not_found("procedure_not_found", "no procedure with this code is in force today"))
}

/// Adds the routes of this file.
pub fn routes(routes: Routes<State>) -> Routes<State> {
    routes
        .api(
            Row::get("list_procedures", "/api/v1/procedures")
                .public()
                .query::<ListProcedures>()
                .returns::<ProcedureList>(200)
                .summary("Procedures in force today"),
            list_procedures,
        )
        .api(
            Row::get("get_procedure", "/api/v1/procedures/{code}")
                .public()
                .example("/api/v1/procedures/{procedure}")
                .returns::<ProcedureDetail>(200)
                .summary("One procedure with its form and papers"),
            get_procedure,
        )
        .api(
            Row::post("quote_procedure", "/api/v1/procedures/{code}/quote")
                .public()
                .no_mutation("only counts")
                .body::<QuoteRequest>()
                .returns::<Quote>(200)
                .summary("Date and fee if filed and accepted now"),
            quote_procedure,
        )
}
