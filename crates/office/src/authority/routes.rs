//! The rows of authority.

use crate::authority::giving::{MANAGE, NewDelegation, NewMandate};
use crate::authority::pages::AUTHORITY;
use crate::authority::{api, pages};
use crate::room::OfficeRoom;
use haidang_web::{Routes, Row};

/// Who may look: staff of the agency, and inspectors.
const READ: &[&str] = &["document.read_unit", "document.sign", "document.clerk", MANAGE, "register.inspect"];

/// Pages and endpoints of authority.
pub(crate) fn routes(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    endpoints(reading(managing(routes)))
}

fn reading(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    let read = |id, path| Row::get(id, path).any_capability(READ).role("leader");
    routes
        .page(read("list_authority", AUTHORITY).example(AUTHORITY), pages::list_authority)
        .page(read("show_why", "/can-bo/tham-quyen/vi-sao").example("/can-bo/tham-quyen/vi-sao"), pages::show_why)
        .page(
            read("show_certificates", "/can-bo/tham-quyen/chung-thu").example("/can-bo/tham-quyen/chung-thu"),
            pages::show_certificates,
        )
        .page(
            read("show_head_mandate", "/can-bo/tham-quyen/nguoi-dung-dau/{mandate}")
                .example("/can-bo/tham-quyen/nguoi-dung-dau/{office_mandate}"),
            pages::show_mandate,
        )
        .page(
            read("show_delegation", "/can-bo/tham-quyen/uy-quyen/{delegation}")
                .example("/can-bo/tham-quyen/uy-quyen/{office_delegation}"),
            pages::show_delegation,
        )
}

fn managing(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    routes
        .page(
            Row::get("show_head_mandate_form", "/can-bo/tham-quyen/nguoi-dung-dau")
                .capability(MANAGE)
                .role("leader")
                .example("/can-bo/tham-quyen/nguoi-dung-dau"),
            pages::show_mandate_form,
        )
        .page(
            Row::post("give_mandate", "/can-bo/tham-quyen/nguoi-dung-dau")
                .capability(MANAGE)
                .fresh_factor()
                .audit("authority.mandate_given"),
            pages::give_mandate,
        )
        .page(
            Row::post("end_head_mandate", "/can-bo/tham-quyen/nguoi-dung-dau/{mandate}/ket-thuc")
                .capability(MANAGE)
                .fresh_factor()
                .audit("authority.mandate_ended"),
            pages::end_mandate,
        )
        .page(
            Row::get("show_delegation_form", "/can-bo/tham-quyen/giao-quyen")
                .capability(MANAGE)
                .role("leader")
                .example("/can-bo/tham-quyen/giao-quyen"),
            pages::show_delegation_form,
        )
        .page(
            Row::post("give_delegation", "/can-bo/tham-quyen/giao-quyen")
                .capability(MANAGE)
                .fresh_factor()
                .audit("authority.delegation_given"),
            pages::give_delegation,
        )
        .page(
            Row::post("end_delegation", "/can-bo/tham-quyen/uy-quyen/{delegation}/ket-thuc")
                .capability(MANAGE)
                .fresh_factor()
                .audit("authority.delegation_ended"),
            pages::end_delegation,
        )
}

fn endpoints(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    routes
        .api(
            Row::get("get_authority", "/api/v1/office/authority/{agency}")
                .any_capability(READ)
                .summary("Heads of an agency and what they let others sign, past, present and to come")
                .example("/api/v1/office/authority/{agency}")
                .returns::<api::AuthorityView>(200),
            api::get_authority,
        )
        .api(
            Row::get("ask_signing", "/api/v1/office/authority/{agency}/signing")
                .any_capability(READ)
                .summary("Whether a person may sign something at a moment, in which form, and what was weighed")
                .example("/api/v1/office/authority/{agency}/signing")
                .query::<api::AskSigning>()
                .returns::<api::SigningView>(200),
            api::ask_signing,
        )
        .api(
            Row::get("list_certificates", "/api/v1/office/authority/{agency}/certificates")
                .any_capability(READ)
                .summary("Certificates of everybody who signs in an agency, the most urgent first")
                .example("/api/v1/office/authority/{agency}/certificates")
                .returns::<api::CertificateList>(200),
            api::list_certificates,
        )
        .api(
            Row::post("give_mandate_api", "/api/v1/office/authority/{agency}/mandates")
                .capability(MANAGE)
                .audit("authority.mandate_given")
                .summary("Names the head of an agency, or an acting head")
                .body::<NewMandate>()
                .returns::<api::GivenView>(201),
            api::give_mandate_api,
        )
        .api(
            Row::post("give_delegation_api", "/api/v1/office/authority/{agency}/delegations")
                .capability(MANAGE)
                .audit("authority.delegation_given")
                .summary("Lets somebody sign for the head of an agency")
                .body::<NewDelegation>()
                .returns::<api::GivenView>(201),
            api::give_delegation_api,
        )
        .api(
            Row::post("end_mandate_api", "/api/v1/office/mandates/{mandate}/end")
                .capability(MANAGE)
                .audit("authority.mandate_ended")
                .summary("Ends a mandate before its last day")
                .body::<api::Ending>()
                .returns_nothing(204),
            api::end_mandate_api,
        )
        .api(
            Row::post("end_delegation_api", "/api/v1/office/delegations/{delegation}/end")
                .capability(MANAGE)
                .audit("authority.delegation_ended")
                .summary("Ends a delegation before its last day")
                .body::<api::Ending>()
                .returns_nothing(204),
            api::end_delegation_api,
        )
}
