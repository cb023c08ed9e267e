//! The rows of documents.

use super::access::{ANY, CLERK, DRAFT, SIGN};
use super::pages;
use super::{DraftForm, Wanted, api};
use crate::room::OfficeRoom;
use haidang_ui::Lang;
use haidang_web::upload::UploadLimits;
use haidang_web::{Routes, Row};

/// Texts of this part.
pub(crate) const TEXTS: [(&str, Lang, &str); 2] = [
    ("office_documents", Lang::Vi, include_str!("../../locales/vi/office_documents.ftl")),
    ("office_documents", Lang::En, include_str!("../../locales/en/office_documents.ftl")),
];

/// Initials, for whoever reviews or checks.
const INITIALS: &[&str] = &["document.review", "document.clerk"];
/// Recall is a leader's, replacement and corrigendum a clerk's.
const AFTERWARDS: &[&str] = &["document.sign", "document.clerk"];

fn show(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    let get = |id, path| Row::get(id, path).any_capability(ANY).role("official");
    routes
        .page(get("list_documents", pages::LIST).example(pages::LIST), pages::list_documents)
        .page(
            Row::get("new_document", "/can-bo/van-ban/moi").capability(DRAFT).example("/can-bo/van-ban/moi"),
            pages::new_document,
        )
        .page(
            Row::get("list_documents_to_sign", "/can-bo/van-ban/ky")
                .capability(SIGN)
                .role("leader")
                .example("/can-bo/van-ban/ky"),
            pages::list_documents_to_sign,
        )
        .page(
            get("show_document", "/can-bo/van-ban/{document}").example("/can-bo/van-ban/{office_document}"),
            pages::show_document,
        )
        .page(
            Row::get("edit_document", "/can-bo/van-ban/{document}/sua")
                .capability(DRAFT)
                .role("official")
                .example("/can-bo/van-ban/{office_document}/sua"),
            pages::edit_document,
        )
        .page(
            Row::get("sign_one_document", "/can-bo/van-ban/{document}/ky")
                .capability(SIGN)
                .role("leader")
                .example("/can-bo/van-ban/{office_document_to_sign}/ky"),
            pages::sign_one_document,
        )
        .page(
            get("compare_versions", "/can-bo/van-ban/{document}/so-sanh")
                .example("/can-bo/van-ban/{office_document}/so-sanh"),
            pages::compare_versions,
        )
        .page(
            get("show_version", "/can-bo/van-ban/{document}/phien-ban/{number}")
                .example("/can-bo/van-ban/{office_document}/phien-ban/1"),
            pages::show_version,
        )
        .page(get("show_document_paper", "/can-bo/van-ban/{document}/ban-in").not_html(), pages::show_document_paper)
        .page(
            get("show_document_file", "/can-bo/van-ban/{document}/tep/{sha256}").not_html(),
            pages::show_document_file,
        )
}

fn act(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    let draft = |id, path, audit| Row::post(id, path).capability(DRAFT).audit(audit);
    routes
        .page(draft("draft_document", "/can-bo/van-ban/moi", "document.drafted"), pages::draft_document)
        .page(draft("revise_document", "/can-bo/van-ban/{document}/sua", "document.revised"), pages::revise_document)
        .page(
            draft("attach_document_files", "/can-bo/van-ban/{document}/tep", "document.revised")
                .upload(UploadLimits::DOCUMENTS),
            pages::attach_document_files,
        )
        .page(
            draft("detach_document_file", "/can-bo/van-ban/{document}/bo-tep", "document.revised"),
            pages::detach_document_file,
        )
        .page(
            draft("take_document_text", "/can-bo/van-ban/{document}/tep-word", "document.revised")
                .upload(pages::ONE_DOCX),
            pages::take_document_text,
        )
        .page(
            Row::post("move_document", "/can-bo/van-ban/{document}/buoc")
                .any_capability(ANY)
                .audit("document.submitted"),
            pages::move_document,
        )
        .page(
            Row::post("comment_on_document", "/can-bo/van-ban/{document}/gop-y")
                .any_capability(ANY)
                .audit("document.commented"),
            pages::comment_on_document,
        )
        .page(
            Row::post("renew_document_paper", "/can-bo/van-ban/{document}/dan-trang-lai")
                .any_capability(ANY)
                .audit("document.typeset"),
            pages::renew_document_paper,
        )
        .page(
            Row::post("initial_document_page", "/can-bo/van-ban/{document}/ky-nhay")
                .any_capability(INITIALS)
                .fresh_factor()
                .audit("document.initialled"),
            pages::initial_document_page,
        )
        .page(
            Row::post("sign_documents", "/can-bo/van-ban/ky").capability(SIGN).fresh_factor().audit("document.signed"),
            pages::sign_documents,
        )
        .page(
            Row::post("seal_document_page", "/can-bo/van-ban/{document}/cap-so")
                .capability(CLERK)
                .fresh_factor()
                .audit("document.sealed"),
            pages::seal_document_page,
        )
        .page(
            Row::post("issue_document_page", "/can-bo/van-ban/{document}/phat-hanh")
                .capability(CLERK)
                .audit("document.issued"),
            pages::issue_document_page,
        )
        .page(
            Row::post("mark_dispatch_sent", "/can-bo/van-ban/{document}/da-gui")
                .capability(CLERK)
                .audit("document.dispatch_sent"),
            pages::mark_dispatch_sent,
        )
        .page(
            Row::post("withdraw_document_page", "/can-bo/van-ban/{document}/sau-phat-hanh")
                .any_capability(AFTERWARDS)
                .audit("document.recalled"),
            pages::withdraw_document_page,
        )
}

fn read_api(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    let get = |id, path| Row::get(id, path).any_capability(ANY);
    routes
        .api(
            get("list_documents_api", "/api/v1/office/documents")
                .summary("Outgoing and internal documents the caller may see")
                .query::<Wanted>()
                .returns::<api::DocumentList>(200),
            api::list_documents_api,
        )
        .api(
            get("get_document", "/api/v1/office/documents/{document}")
                .summary("One document, its text, history and receivers")
                .returns::<api::DocumentDetail>(200),
            api::get_document,
        )
        .api(
            get("get_document_paper", "/api/v1/office/documents/{document}/paper")
                .summary("The paper as it stands")
                .returns_file(200, "application/pdf"),
            api::get_document_paper,
        )
        .api(
            get("compare_versions_api", "/api/v1/office/documents/{document}/changes")
                .summary("What changed between two versions")
                .query::<api::Pair>()
                .returns::<api::ChangeList>(200),
            api::compare_versions_api,
        )
}

fn write_api(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    routes
        .api(
            Row::post("draft_document_api", "/api/v1/office/documents")
                .capability(DRAFT)
                .audit("document.drafted")
                .summary("Begin a document")
                .body::<DraftForm>()
                .returns::<api::Begun>(201),
            api::draft_document_api,
        )
        .api(
            Row::put("revise_document_api", "/api/v1/office/documents/{document}")
                .capability(DRAFT)
                .audit("document.revised")
                .summary("Save the next version")
                .query::<api::AtRevision>()
                .body::<DraftForm>()
                .returns::<api::DocumentView>(200),
            api::revise_document_api,
        )
        .api(
            Row::post("move_document_api", "/api/v1/office/documents/{document}/steps")
                .any_capability(ANY)
                .audit("document.submitted")
                .summary("A step of the walk that no key signs: submit, pass, give back, issue, recall …")
                .body::<api::StepBody>()
                .returns::<api::DocumentView>(200),
            api::move_document_api,
        )
        .api(
            Row::post("attach_files_api", "/api/v1/office/documents/{document}/files")
                .capability(DRAFT)
                .audit("document.revised")
                .summary("Add files to the draft")
                .query::<api::AtRevision>()
                .upload(UploadLimits::DOCUMENTS)
                .returns::<api::DocumentView>(200),
            api::attach_files_api,
        )
        .api(
            Row::post("take_text_api", "/api/v1/office/documents/{document}/text")
                .capability(DRAFT)
                .audit("document.revised")
                .summary("Take the text of a DOCX into a new version")
                .query::<api::AtRevision>()
                .upload(pages::ONE_DOCX)
                .returns::<api::DocumentView>(200),
            api::take_text_api,
        )
        .api(
            Row::post("comment_on_document_api", "/api/v1/office/documents/{document}/comments")
                .any_capability(ANY)
                .audit("document.commented")
                .summary("A remark about a version")
                .body::<api::CommentBody>()
                .returns_nothing(204),
            api::comment_on_document_api,
        )
        .api(
            Row::post("sign_documents_api", "/api/v1/office/document-signatures")
                .capability(SIGN)
                .fresh_factor()
                .audit("document.signed")
                .summary("Sign documents with one act of will, each pinned to the file that was shown")
                .body::<api::SignBody>()
                .returns_nothing(204),
            api::sign_documents_api,
        )
        .api(
            Row::post("initial_document_api", "/api/v1/office/documents/{document}/initials")
                .any_capability(INITIALS)
                .fresh_factor()
                .audit("document.initialled")
                .summary("Put initials on the paper")
                .body::<api::KeyBody>()
                .returns::<api::DocumentView>(200),
            api::initial_document_api,
        )
        .api(
            Row::post("seal_document_api", "/api/v1/office/documents/{document}/seal")
                .capability(CLERK)
                .fresh_factor()
                .audit("document.sealed")
                .summary("Take the number and seal; goes on where it was interrupted")
                .body::<api::KeyBody>()
                .returns::<api::DocumentView>(200),
            api::seal_document_api,
        )
}

/// Adds the rows of documents.
pub(crate) fn routes(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    write_api(read_api(act(show(routes))))
}
