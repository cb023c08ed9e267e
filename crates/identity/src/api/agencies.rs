//! Agencies of the city: public facts.

use axum::extract::State;
use haidang_contracts::identity::Agency;
use haidang_kernel::problem::Problem;
use haidang_web::{Answer, Path, Query, json};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::room::IdentityRoom;

/// Which agencies.
#[derive(Deserialize, IntoParams)]
pub(crate) struct ListAgencies {
    /// Only of this kind, such as `commune`.
    kind: Option<String>,
    /// Where the previous page ended: `next` of the last answer.
    cursor: Option<String>,
    /// 1 to 500, default 100.
    limit: Option<usize>,
}

/// An agency.
#[derive(Serialize, ToSchema)]
pub(crate) struct AgencyView {
    /// Code.
    code: String,
    /// Kind.
    kind: String,
    /// Vietnamese name.
    name: String,
    /// English name.
    name_en: String,
    /// Agency above.
    parent: Option<String>,
    /// Five digits, for a commune's agency.
    commune_code: Option<String>,
    /// First day, `YYYY-MM-DD`.
    valid_from: Option<String>,
    /// Last day.
    valid_to: Option<String>,
    /// Agency that took over.
    successor: Option<String>,
}

/// A page of agencies.
#[derive(Serialize, ToSchema)]
pub(crate) struct AgencyList {
    /// Agencies by code.
    items: Vec<AgencyView>,
    /// Cursor of the next page; absent on the last.
    next: Option<String>,
}

fn view(agency: &Agency) -> AgencyView {
    AgencyView {
        code: agency.code.clone(),
        kind: agency.kind.clone(),
        name: agency.name_vi.clone(),
        name_en: agency.name_en.clone(),
        parent: agency.parent.clone(),
        commune_code: agency.commune_code.clone(),
        valid_from: agency.valid_from.clone(),
        valid_to: agency.valid_to.clone(),
        successor: agency.successor.clone(),
    }
}

/// Agencies that exist today, by code.
pub(crate) async fn list_agencies(State(room): State<IdentityRoom>, Query(asked): Query<ListAgencies>) -> Answer {
    let tree = room.agency_tree().await?;
    let limit = asked.limit.unwrap_or(100).clamp(1, 500);
    let after = asked.cursor.unwrap_or_default();
    let mut found: Vec<&Agency> = tree
        .on(room.today())
        .filter(|agency| agency.code > after && asked.kind.as_ref().is_none_or(|kind| *kind == agency.kind))
        .take(limit + 1)
        .collect();
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|agency| agency.code.clone());
    json(200, &AgencyList { items: found.into_iter().map(view).collect(), next })
}

/// One agency, also one that is no more.
pub(crate) async fn get_agency(State(room): State<IdentityRoom>, Path(code): Path<String>) -> Answer {
    let tree = room.agency_tree().await?;
    let agency = tree.get(&code).ok_or_else(|| Problem::not_found("agency_not_found", "no agency has this code"))?;
    json(200, &view(agency))
}
