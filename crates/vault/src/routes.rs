//! The rows of this room's pages and endpoints, and its texts.

use crate::answering::{ANSWER, AUDIT};
use crate::api;
use crate::disclosing::Grant;
use crate::pages::{accesses, deliveries, emergency, export, item, items, office};
use crate::room::VaultRoom;
use haidang_ui::Lang;
use haidang_web::{Routes, Row};

/// Texts of this room, for `haidang_ui::texts::register`.
pub const TEXTS: &[(&str, Lang, &str)] = &[
    ("vault", Lang::Vi, include_str!("../locales/vi/vault.ftl")),
    ("vault", Lang::En, include_str!("../locales/en/vault.ftl")),
];

/// Pages of those who answer for the audit, and of emergencies.
fn office_routes(routes: Routes<VaultRoom>) -> Routes<VaultRoom> {
    routes
        .page(
            Row::get("list_access_complaints", office::COMPLAINTS)
                .any_capability(&[ANSWER, AUDIT])
                .role("auditor")
                .example(office::COMPLAINTS),
            office::list_access_complaints,
        )
        .page(
            Row::get("show_access_complaint", "/can-bo/khieu-nai-truy-cap/{complaint}")
                .any_capability(&[ANSWER, AUDIT])
                .role("auditor")
                .example("/can-bo/khieu-nai-truy-cap/{complaint}"),
            office::show_access_complaint,
        )
        .page(
            Row::post("answer_access_complaint", "/can-bo/khieu-nai-truy-cap/{complaint}")
                .any_capability(&[ANSWER, AUDIT])
                .audit("vault.access_answered"),
            office::answer_access_complaint,
        )
        .page(
            Row::get("list_held_back_accesses", office::HELD_BACK)
                .capability("audit.read")
                .role("auditor")
                .example(office::HELD_BACK),
            office::list_held_back_accesses,
        )
        .page(
            Row::get("list_emergencies", emergency::EMERGENCIES)
                .capability("access.break_glass")
                .role("leader")
                .example(emergency::EMERGENCIES),
            emergency::list_emergencies,
        )
        .page(
            Row::post("ask_emergency", emergency::EMERGENCIES)
                .capability("access.break_glass")
                .fresh_factor()
                .audit("vault.emergency_asked"),
            emergency::ask_emergency,
        )
        .page(
            Row::get("show_emergency", "/can-bo/khan-cap/{emergency}")
                .capability("access.break_glass")
                .role("leader")
                .example("/can-bo/khan-cap/{emergency}"),
            emergency::show_emergency,
        )
        .page(
            Row::post("answer_emergency", "/can-bo/khan-cap/{emergency}/tra-loi")
                .capability("access.break_glass")
                .fresh_factor()
                .audit("vault.emergency_confirmed"),
            emergency::answer_emergency,
        )
        .page(
            Row::post("look_in_emergency", "/can-bo/khan-cap/{emergency}/giay-to")
                .capability("access.break_glass")
                .fresh_factor()
                .audit("vault.emergency_read"),
            emergency::look_in_emergency,
        )
        .page(
            Row::post("take_in_emergency", "/can-bo/khan-cap/{emergency}/giay-to/{item}/tep")
                .capability("access.break_glass")
                .fresh_factor()
                .audit("vault.emergency_taken"),
            emergency::take_in_emergency,
        )
}

/// All routes: everything here is for the owner alone, but for the list of questions, which auditors read.
pub fn routes(room: VaultRoom) -> Routes<VaultRoom> {
    office_routes(Routes::new("vault", room))
        .page(Row::get("list_vault_items", "/giay-to").resident().example("/giay-to"), items::list_vault_items)
        .page(
            Row::get("show_vault_item", "/giay-to/{item}").resident().example("/giay-to/{vault_item}"),
            item::show_vault_item,
        )
        .page(
            Row::get("download_vault_item", "/giay-to/{item}/tep")
                .resident()
                .not_html()
                .example("/giay-to/{vault_item}/tep"),
            item::download_vault_item,
        )
        .page(Row::get("list_accesses", "/ai-da-xem").resident().example("/ai-da-xem"), accesses::list_accesses)
        .page(
            Row::get("download_accesses", "/ai-da-xem/tai-ve").resident().not_html().example("/ai-da-xem/tai-ve"),
            export::download_accesses,
        )
        .page(
            Row::get("download_access_proof", "/ai-da-xem/{audit}/chung-cu")
                .resident()
                .not_html()
                .example("/ai-da-xem/{audit}/chung-cu"),
            deliveries::download_proof,
        )
        .page(
            Row::get("list_bulk_deliveries", deliveries::BULK).public().example(deliveries::BULK),
            deliveries::list_bulk_deliveries,
        )
        .page(
            Row::post("ask_about_access", "/ai-da-xem/{audit}/hoi").resident().audit("vault.access_questioned"),
            accesses::ask_about_access,
        )
        .api(
            Row::get("list_items", "/api/v1/vault/items")
                .resident()
                .summary("Documents in one's own vault")
                .query::<api::ListItems>()
                .returns::<api::ItemList>(200),
            api::list_items,
        )
        .api(
            Row::get("get_item", "/api/v1/vault/items/{item}")
                .resident()
                .summary("One document of one's own vault")
                .example("/api/v1/vault/items/{vault_item}")
                .returns::<api::ItemView>(200),
            api::get_item,
        )
        .api(
            Row::get("get_item_file", "/api/v1/vault/items/{item}/file")
                .resident()
                .summary("The file of a document of one's own vault")
                .example("/api/v1/vault/items/{vault_item}/file")
                .returns_file(200, "application/octet-stream"),
            api::get_item_file,
        )
        .api(
            Row::get("list_own_accesses", "/api/v1/vault/accesses")
                .resident()
                .summary("Who looked at one's own data")
                .query::<api::ListLog>()
                .returns::<api::AccessList>(200),
            api::list_own_accesses,
        )
        .api(
            Row::post("ask_about_access_api", "/api/v1/vault/accesses/{audit}/questions")
                .resident()
                .audit("vault.access_questioned")
                .summary("Ask why somebody looked; asking again is the same question")
                .returns::<api::AskedView>(201)
                .returns::<api::AskedView>(200),
            api::ask_about_access_api,
        )
        .api(
            Row::get("list_access_questions", "/api/v1/vault/access-questions")
                .capability("audit.read")
                .summary("Questions of residents about accesses, for auditors")
                .query::<api::ListLog>()
                .returns::<api::QuestionList>(200),
            api::list_access_questions,
        )
        .api(
            Row::post("read_under_grant", "/api/v1/vault/reads")
                .system()
                .audit("vault.disclosed")
                .summary("Documents of somebody for a case, under a purpose; on the person's log before it answers")
                .body::<Grant>()
                .returns::<api::Disclosure>(200),
            api::read_under_grant,
        )
        .api(
            Row::post("extract_under_grant", "/api/v1/vault/extracts")
                .system()
                .audit("vault.disclosed")
                .summary("The file of one document, under the same rules")
                .body::<api::Extract>()
                .returns_file(200, "application/octet-stream"),
            api::extract_under_grant,
        )
}
