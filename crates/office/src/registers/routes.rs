//! The rows of the registers.

use crate::registers::evidence::Proof;
use crate::registers::pages::REGISTERS;
use crate::registers::verifying::Verdict;
use crate::registers::{api, pages};
use crate::room::OfficeRoom;
use haidang_web::{Routes, Row};

/// Who may look into books: staff into those of their agency, inspectors into all.
const READ: &[&str] = &["document.read_unit", "document.clerk", "register.inspect"];

/// Pages and endpoints of the registers.
pub(crate) fn routes(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    endpoints(routes)
        .page(
            Row::get("list_registers", REGISTERS).any_capability(READ).role("clerk").example(REGISTERS),
            pages::list_registers,
        )
        .page(
            Row::get("show_register_book", "/can-bo/so-van-ban/{register}")
                .any_capability(READ)
                .role("clerk")
                .example("/can-bo/so-van-ban/{office_register}"),
            pages::show_register_book,
        )
        .page(
            Row::get("print_register_book", "/can-bo/so-van-ban/{register}/in")
                .any_capability(READ)
                .role("clerk")
                .not_html()
                .example("/can-bo/so-van-ban/{office_register}/in"),
            pages::print_register_book,
        )
        .page(
            Row::get("inspect_register", "/can-bo/so-van-ban/{register}/kiem-tra")
                .any_capability(READ)
                .role("auditor")
                .example("/can-bo/so-van-ban/{office_register}/kiem-tra"),
            pages::inspect_register,
        )
        .page(
            Row::get("download_register_proof", "/can-bo/so-van-ban/{register}/dong/{entry}/chung-minh")
                .any_capability(READ)
                .role("clerk")
                .not_html()
                .example("/can-bo/so-van-ban/{office_register}/dong/{office_register_entry}/chung-minh"),
            pages::download_register_proof,
        )
}

fn endpoints(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    routes
        .api(
            Row::get("list_registers_api", "/api/v1/office/registers")
                .any_capability(READ)
                .summary("Registers of a year: those of one's agencies, for inspectors all")
                .query::<api::ListRegisters>()
                .returns::<api::RegisterList>(200),
            api::list_registers_api,
        )
        .api(
            Row::get("get_register", "/api/v1/office/registers/{register}")
                .any_capability(READ)
                .summary("One register")
                .example("/api/v1/office/registers/{office_register}")
                .returns::<api::RegisterView>(200),
            api::get_register,
        )
        .api(
            Row::get("list_register_lines", "/api/v1/office/registers/{register}/lines")
                .any_capability(READ)
                .summary("Lines of a register, the highest number first")
                .example("/api/v1/office/registers/{office_register}/lines")
                .query::<api::ListLines>()
                .returns::<api::LineList>(200),
            api::list_register_lines,
        )
        .api(
            Row::get("verify_register_api", "/api/v1/office/registers/{register}/verdict")
                .any_capability(READ)
                .summary("Whether a register is whole: chain, lines, numbers, stamped roots; and where it is not")
                .example("/api/v1/office/registers/{office_register}/verdict")
                .returns::<Verdict>(200),
            api::verify_register_api,
        )
        .api(
            Row::get("get_register_proof", "/api/v1/office/register-entries/{entry}/proof")
                .any_capability(READ)
                .summary("Proof that a number stood on its document on a day, for anyone to check")
                .example("/api/v1/office/register-entries/{office_register_entry}/proof")
                .returns::<Proof>(200),
            api::get_register_proof,
        )
}
