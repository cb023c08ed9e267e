//! The rows of certified copies.

use super::{AskCopy, WantedCopies, api, pages};
use crate::documents::access::{ANY, CLERK, DRAFT, SIGN};
use crate::room::OfficeRoom;
use haidang_ui::Lang;
use haidang_web::{Routes, Row};

/// Texts of this part.
pub(crate) const TEXTS: [(&str, Lang, &str); 2] = [
    ("office_copies", Lang::Vi, include_str!("../../../locales/vi/office_copies.ftl")),
    ("office_copies", Lang::En, include_str!("../../../locales/en/office_copies.ftl")),
];

/// Who asks for copies.
const ASK: &[&str] = &[CLERK, DRAFT];

fn page_rows(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    let get = |id, path| Row::get(id, path).any_capability(ANY).role("official");
    routes
        .page(get("list_copies", pages::LIST).example(pages::LIST), pages::list_copies)
        .page(
            Row::get("new_copy", "/can-bo/ban-sao/moi")
                .any_capability(ASK)
                .role("official")
                .example("/can-bo/ban-sao/moi?loai=arrival&ma={arrival}"),
            pages::new_copy,
        )
        .page(Row::post("ask_copy", "/can-bo/ban-sao/moi").any_capability(ASK).audit("copy.asked"), pages::ask_copy)
        .page(
            get("show_copy", "/can-bo/ban-sao/{copy}").example("/can-bo/ban-sao/chua-co").status(404),
            pages::show_copy,
        )
        .page(get("show_copy_file", "/can-bo/ban-sao/{copy}/tep").not_html(), pages::show_copy_file)
        .page(
            Row::post("sign_copy", "/can-bo/ban-sao/{copy}/ky").capability(SIGN).fresh_factor().audit("copy.signed"),
            pages::sign_copy,
        )
        .page(
            Row::post("seal_copy", "/can-bo/ban-sao/{copy}/cap-so")
                .capability(CLERK)
                .fresh_factor()
                .audit("copy.issued"),
            pages::seal_copy,
        )
        .page(
            Row::post("withdraw_copy", "/can-bo/ban-sao/{copy}/huy").any_capability(ASK).audit("copy.withdrawn"),
            pages::withdraw_copy,
        )
}

/// Adds the rows of copies.
pub(crate) fn routes(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    page_rows(routes)
        .api(
            Row::get("list_copies_api", "/api/v1/office/copies")
                .any_capability(ANY)
                .summary("Certified copies of the caller's organs, the last changed first")
                .query::<WantedCopies>()
                .returns::<api::CopyList>(200),
            api::list_copies_api,
        )
        .api(
            Row::post("ask_copy_api", "/api/v1/office/copies")
                .any_capability(ASK)
                .audit("copy.asked")
                .summary("Ask for a certified copy: sao y, sao lục, trích sao")
                .body::<AskCopy>()
                .returns::<api::AskedCopy>(201),
            api::ask_copy_api,
        )
        .api(
            Row::get("get_copy", "/api/v1/office/copies/{copy}")
                .any_capability(ANY)
                .summary("One certified copy with its history")
                .returns::<api::CopyDetail>(200),
            api::get_copy,
        )
        .api(
            Row::get("get_copy_file", "/api/v1/office/copies/{copy}/file")
                .any_capability(ANY)
                .summary("The file of a certified copy as it stands; the original lies inside it")
                .returns_file(200, "application/pdf"),
            api::get_copy_file,
        )
        .api(
            Row::post("sign_copy_api", "/api/v1/office/copies/{copy}/signature")
                .capability(SIGN)
                .fresh_factor()
                .audit("copy.signed")
                .summary("Sign a certified copy, pinned to the file that was shown")
                .body::<api::SignCopyBody>()
                .returns::<api::CopyDetail>(200),
            api::sign_copy_api,
        )
        .api(
            Row::post("seal_copy_api", "/api/v1/office/copies/{copy}/seal")
                .capability(CLERK)
                .fresh_factor()
                .audit("copy.issued")
                .summary("Take the number and close the copy; goes on where it was interrupted")
                .body::<api::SealCopyBody>()
                .returns::<api::CopyDetail>(200),
            api::seal_copy_api,
        )
        .api(
            Row::post("withdraw_copy_api", "/api/v1/office/copies/{copy}/withdrawal")
                .any_capability(ASK)
                .audit("copy.withdrawn")
                .summary("Give up a copy that has no number yet")
                .body::<api::WithdrawCopyBody>()
                .returns::<api::CopyDetail>(200),
            api::withdraw_copy_api,
        )
}
