//! Rows of reports.

use super::{api, pages};
use crate::room::OfficeRoom;
use haidang_ui::Lang;
use haidang_web::{Routes, Row};

/// Texts of this part.
pub(crate) const TEXTS: [(&str, Lang, &str); 2] = [
    ("office_validations", Lang::Vi, include_str!("../../locales/vi/office_validations.ftl")),
    ("office_validations", Lang::En, include_str!("../../locales/en/office_validations.ftl")),
];

/// Pages and endpoints. Any official may have a file judged; who reads a report is decided report by report.
pub(crate) fn routes(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    routes
        .page(
            Row::get("list_validations", pages::REPORTS).official().office().role("leader").example(pages::REPORTS),
            pages::list_validations,
        )
        .page(
            Row::post("keep_validation", pages::REPORTS).official().office().audit("validation.kept"),
            pages::keep_validation,
        )
        .page(
            Row::get("show_validation", "/can-bo/bao-cao-kiem-tra/{validation}")
                .official()
                .office()
                .role("official")
                .example("/can-bo/bao-cao-kiem-tra/{validation}"),
            pages::show_validation,
        )
        .api(
            Row::get("list_validations_api", "/api/v1/office/validations")
                .official()
                .summary("Reports of validation, the newest first")
                .query::<api::ListValidations>()
                .returns::<api::ValidationList>(200),
            api::list_validations_api,
        )
        .api(
            Row::post("ask_validation", "/api/v1/office/validations")
                .official()
                .audit("validation.kept")
                .summary("Judge a stored file and keep the report")
                .body::<api::AskValidation>()
                .returns::<api::ValidationsMade>(201),
            api::ask_validation,
        )
        .api(
            Row::get("get_validation", "/api/v1/office/validations/{validation}")
                .official()
                .summary("One report of validation")
                .returns::<api::ValidationDetail>(200),
            api::get_validation,
        )
}
