//! The rows of work files.

use super::{CaseFileForm, WantedFiles, api, pages};
use crate::documents::access::{ANY, CLERK, DRAFT};
use crate::room::OfficeRoom;
use haidang_ui::Lang;
use haidang_web::{Routes, Row};

/// Texts of this part.
pub(crate) const TEXTS: [(&str, Lang, &str); 2] = [
    ("office_files", Lang::Vi, include_str!("../../../locales/vi/office_files.ftl")),
    ("office_files", Lang::En, include_str!("../../../locales/en/office_files.ftl")),
];

/// Who keeps files.
const KEEP: &[&str] = &[DRAFT, CLERK];

fn page_rows(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    let post = |id, path, audit| Row::post(id, path).any_capability(KEEP).audit(audit);
    routes
        .page(
            Row::get("list_case_files", pages::LIST).any_capability(ANY).role("official").example(pages::LIST),
            pages::list_case_files,
        )
        .page(
            Row::get("new_case_file", "/can-bo/ho-so-cong-viec/mo")
                .capability(DRAFT)
                .role("official")
                .example("/can-bo/ho-so-cong-viec/mo"),
            pages::new_case_file,
        )
        .page(
            Row::post("open_case_file", "/can-bo/ho-so-cong-viec/mo").capability(DRAFT).audit("case_file.opened"),
            pages::open_case_file,
        )
        .page(
            Row::get("show_case_file", "/can-bo/ho-so-cong-viec/{file}")
                .any_capability(ANY)
                .role("official")
                .example("/can-bo/ho-so-cong-viec/{office_file}"),
            pages::show_case_file,
        )
        .page(
            Row::get("show_case_file_package", "/can-bo/ho-so-cong-viec/{file}/goi-nop-luu")
                .any_capability(ANY)
                .not_html(),
            pages::show_case_file_package,
        )
        .page(
            post("lay_into_case_file", "/can-bo/ho-so-cong-viec/{file}/van-ban", "case_file.document_added"),
            pages::lay_into_case_file,
        )
        .page(
            post("take_out_of_case_file", "/can-bo/ho-so-cong-viec/{file}/bo-van-ban", "case_file.document_removed"),
            pages::take_out_of_case_file,
        )
        .page(
            post("act_on_case_file", "/can-bo/ho-so-cong-viec/{file}/buoc", "case_file.closed"),
            pages::act_on_case_file,
        )
}

/// Adds the rows of work files.
pub(crate) fn routes(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    page_rows(routes)
        .api(
            Row::get("list_case_files_api", "/api/v1/office/case-files")
                .any_capability(ANY)
                .summary("Work files the caller may see")
                .query::<WantedFiles>()
                .returns::<api::CaseFileList>(200),
            api::list_case_files_api,
        )
        .api(
            Row::post("open_case_file_api", "/api/v1/office/case-files")
                .capability(DRAFT)
                .audit("case_file.opened")
                .summary("Open a work file in this year's catalogue")
                .body::<CaseFileForm>()
                .returns::<api::Opened>(201),
            api::open_case_file_api,
        )
        .api(
            Row::get("get_case_file", "/api/v1/office/case-files/{file}")
                .any_capability(ANY)
                .summary("One work file with the list of what lies in it")
                .returns::<api::CaseFileDetail>(200),
            api::get_case_file,
        )
        .api(
            Row::get("get_case_file_package", "/api/v1/office/case-files/{file}/package")
                .any_capability(ANY)
                .summary("The package for the archive")
                .returns_file(200, "application/zip"),
            api::get_case_file_package,
        )
        .api(
            Row::post("lay_into_case_file_api", "/api/v1/office/case-files/{file}/documents")
                .any_capability(KEEP)
                .audit("case_file.document_added")
                .summary("Lay a document in")
                .body::<api::LayBody>()
                .returns::<api::CaseFileDetail>(200),
            api::lay_into_case_file_api,
        )
        .api(
            Row::delete("take_out_of_case_file_api", "/api/v1/office/case-files/{file}/documents/{document}")
                .any_capability(KEEP)
                .audit("case_file.document_removed")
                .summary("Take out a document that was laid in by mistake")
                .returns_nothing(204),
            api::take_out_of_case_file_api,
        )
        .api(
            Row::post("act_on_case_file_api", "/api/v1/office/case-files/{file}/steps")
                .any_capability(KEEP)
                .audit("case_file.closed")
                .summary("Close, reopen, hand over, hold, lift the hold")
                .body::<api::ActBody>()
                .returns::<api::CaseFileDetail>(200),
            api::act_on_case_file_api,
        )
}
