//! Acting for somebody else: legal representatives (business registry), parents and guardians (population registry),
//! persons authorised by both sides for named procedures.
//!
//! The human stays who they are; a mandate only says for whom, in what, until when. Nothing is kept between requests:
//! what ended a moment ago allows nothing now.

mod acts;
pub(crate) mod api;
pub mod claims;
mod holding;
pub mod model;
pub(crate) mod pages;
pub(crate) mod propose;
pub mod rules;
mod sql;

pub use claims::{MandateClaim, Representee, RepresenteeClaim, RepresenteeList, Status, representee, representee_list};

use crate::room::IdentityRoom;
use haidang_web::{Routes, Row};
use rules::ACCEPTANCE;

/// Address of the list.
pub(crate) const PATH: &str = "/uy-quyen";

/// Rows of this part.
pub(crate) fn routes(room: IdentityRoom) -> Routes<IdentityRoom> {
    Routes::new("identity", room)
        .page(Row::get("list_mandates", PATH).resident().example(PATH), pages::list_mandates)
        .page(
            Row::get("show_mandate_form", "/uy-quyen/moi")
                .resident()
                .min_assurance(ACCEPTANCE)
                .example("/uy-quyen/moi"),
            propose::show_mandate_form,
        )
        .page(
            Row::post("propose_mandate", "/uy-quyen/moi")
                .resident()
                .min_assurance(ACCEPTANCE)
                .audit("mandate.proposed"),
            propose::propose_mandate,
        )
        .page(
            Row::get("show_mandate", "/uy-quyen/{mandate}").resident().example("/uy-quyen/{mandate}"),
            pages::show_mandate,
        )
        .page(
            Row::post("accept_mandate", "/uy-quyen/{mandate}/nhan")
                .resident()
                .min_assurance(ACCEPTANCE)
                .audit("mandate.accepted"),
            pages::accept_mandate,
        )
        .page(
            Row::post("reject_mandate", "/uy-quyen/{mandate}/tu-choi").resident().audit("mandate.rejected"),
            pages::reject_mandate,
        )
        .page(
            Row::post("end_mandate", "/uy-quyen/{mandate}/ket-thuc").resident().audit("mandate.revoked"),
            pages::end_mandate,
        )
        .api(
            Row::get("list_my_mandates", "/api/v1/me/mandates")
                .resident()
                .summary("For whom one may act, whom one authorised, and what waits for an answer")
                .returns::<api::MandateList>(200),
            api::list_my_mandates,
        )
        .api(
            Row::post("propose_my_mandate", "/api/v1/me/mandates")
                .resident()
                .min_assurance(ACCEPTANCE)
                .audit("mandate.proposed")
                .summary("Propose that somebody acts for oneself in named procedures")
                .body::<api::Propose>()
                .returns::<api::Proposed>(201),
            api::propose_my_mandate,
        )
        .api(
            Row::post("accept_my_mandate", "/api/v1/me/mandates/{mandate}/acceptance")
                .resident()
                .min_assurance(ACCEPTANCE)
                .audit("mandate.accepted")
                .summary("Accept a mandate")
                .returns_nothing(204),
            api::accept_my_mandate,
        )
        .api(
            Row::post("reject_my_mandate", "/api/v1/me/mandates/{mandate}/refusal")
                .resident()
                .audit("mandate.rejected")
                .summary("Refuse a mandate")
                .returns_nothing(204),
            api::reject_my_mandate,
        )
        .api(
            Row::delete("end_my_mandate", "/api/v1/me/mandates/{mandate}")
                .resident()
                .audit("mandate.revoked")
                .summary("End a mandate, as either side; the next request is refused")
                .returns_nothing(204),
            api::end_my_mandate,
        )
}
