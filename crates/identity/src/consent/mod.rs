//! What a person agreed to, refused or took back, one purpose at a time.
//!
//! Receipts are append-only and chained for each person; a change of mind is a further receipt. The log of who looked
//! at somebody's data belongs to the vault, which asks here before it reads on the strength of a consent.

mod acts;
pub(crate) mod api;
pub(crate) mod pages;
pub mod proof;
pub mod purposes;
pub mod rar;
pub mod receipt;
pub mod rules;
mod sql;

use crate::room::IdentityRoom;
use haidang_web::{Routes, Row};

/// Address of the page.
pub(crate) const PATH: &str = "/tai-khoan/dong-y";

/// Rows of this part.
pub(crate) fn routes(room: IdentityRoom) -> Routes<IdentityRoom> {
    Routes::new("identity", room)
        .page(Row::get("list_consents", PATH).resident().example(PATH), pages::list_consents)
        .page(
            Row::post("decide_consent", "/tai-khoan/dong-y/{purpose}").resident().audit("consent.decided"),
            pages::decide_consent,
        )
        .api(
            Row::get("list_my_consents", "/api/v1/me/consents")
                .resident()
                .summary("What one agreed to, refused or took back, with every receipt")
                .returns::<api::ConsentList>(200),
            api::list_my_consents,
        )
        .api(
            Row::post("decide_my_consent", "/api/v1/me/consents")
                .resident()
                .audit("consent.decided")
                .summary("Agree to one purpose, or refuse it")
                .body::<api::Decide>()
                .returns::<api::Decided>(201),
            api::decide_my_consent,
        )
        .api(
            Row::delete("withdraw_my_consent", "/api/v1/me/consents/{purpose}")
                .resident()
                .audit("consent.decided")
                .summary("Take a consent back; the next read is refused")
                .returns_nothing(204),
            api::withdraw_my_consent,
        )
}
