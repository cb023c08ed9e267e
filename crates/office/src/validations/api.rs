//! Reports of validation for programs.

use super::keeping::Asked;
use super::model::Validation;
use crate::frame::reader;
use crate::room::OfficeRoom;
use data_encoding::BASE64;
use haidang_kernel::problem::Problem;
use haidang_kernel::time;
use haidang_web::{Answer, Json, Path, Query, State, Visitor, created, json};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Reports of one answer.
const PAGE: i64 = 50;

/// What to judge: one of the three.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskValidation {
    /// Id of a document that came: each of its PDF files.
    #[serde(default)]
    arrival: Option<String>,
    /// Id of an issued document.
    #[serde(default)]
    document: Option<String>,
    /// Code printed on a result or a document.
    #[serde(default)]
    code: Option<String>,
}

/// Reports that were made.
#[derive(Serialize, ToSchema)]
pub(crate) struct ValidationsMade {
    /// Their ids, the main file first.
    ids: Vec<String>,
}

/// Which reports.
#[derive(Deserialize, IntoParams)]
pub(crate) struct ListValidations {
    /// SHA-256 of a file, hex; without it those of the reader's agency.
    sha256: Option<String>,
    /// Id of the last report of the page before.
    before: Option<String>,
}

/// A report in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct ValidationSummary {
    /// Id.
    id: String,
    /// `arrival`, `document` or `result`.
    about: &'static str,
    /// What the file is, in words.
    title: String,
    /// Code of the agency.
    agency: String,
    /// SHA-256 of the judged file, hex.
    sha256: String,
    /// Toàn vẹn: `valid`, `invalid`, `unknown`, or `absent` without a signature.
    integrity: &'static str,
    /// Danh tính, the same words.
    identity: &'static str,
    /// Thẩm quyền, the same words.
    authority: &'static str,
    /// Name of the official who had it judged.
    judged_by: String,
    /// When, RFC 3339.
    judged_at: String,
    /// Last day on which it is kept.
    keep_until: String,
}

/// Reports, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct ValidationList {
    items: Vec<ValidationSummary>,
    /// `before` of the next page.
    next: Option<String>,
}

/// A whole report.
#[derive(Serialize, ToSchema)]
pub(crate) struct ValidationDetail {
    #[serde(flatten)]
    summary: ValidationSummary,
    /// The report, as docs/guide/signing.md describes it: answers, policy, signatures with their reasons in both languages.
    report: serde_json::Value,
    /// The report, byte for byte as it was stamped.
    text: String,
    /// Time stamp over SHA-256 of `text` (RFC 3161 token, DER, Base64); absent when no authority answered.
    tst: Option<String>,
}

fn summary(one: &Validation) -> ValidationSummary {
    let [integrity, identity, authority] = one.answers();
    let at = one.judged_at.to_zoned(time::city_zone());
    ValidationSummary {
        id: one.id.clone(),
        about: one.about.as_str(),
        title: one.title.clone(),
        agency: one.agency.clone(),
        sha256: one.sha256.clone(),
        integrity,
        identity,
        authority,
        judged_by: one.judged_name.clone(),
        judged_at: at.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        keep_until: one.keep_until.to_string(),
    }
}

/// Judges a stored file and keeps the report.
pub(crate) async fn ask_validation(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Json(asked): Json<AskValidation>,
) -> Answer {
    let asked = match (asked.arrival, asked.document, asked.code) {
        (Some(id), None, None) => Asked::Arrival(id),
        (None, Some(id), None) => Asked::Document(id),
        (None, None, Some(code)) => Asked::Code(code),
        _ => return Err(Problem::invalid("validation_invalid", "name an arrival, a document or a code").into()),
    };
    let ids = room.validate(&reader(&visitor)?, &asked).await?;
    let first = ids.first().cloned().unwrap_or_default();
    created(&format!("/api/v1/office/validations/{first}"), &ValidationsMade { ids })
}

/// Reports, the newest first.
pub(crate) async fn list_validations_api(
    visitor: Visitor,
    State(room): State<OfficeRoom>,
    Query(asked): Query<ListValidations>,
) -> Answer {
    let reader = reader(&visitor)?;
    let found = room.validations(&reader, asked.sha256.as_deref(), asked.before.as_deref(), PAGE).await?;
    let next =
        (i64::try_from(found.len()).unwrap_or(0) == PAGE).then(|| found.last().map(|one| one.id.clone())).flatten();
    json(200, &ValidationList { items: found.iter().map(summary).collect(), next })
}

/// One report.
pub(crate) async fn get_validation(visitor: Visitor, State(room): State<OfficeRoom>, Path(id): Path<String>) -> Answer {
    let found = room.open_validation(&reader(&visitor)?, &id).await?;
    let detail = ValidationDetail {
        summary: summary(&found),
        tst: found.token.as_ref().map(|token| BASE64.encode(token)),
        report: found.report,
        text: found.text,
    };
    json(200, &detail)
}
