//! Search over every document of the office: what each part says of its documents, an index that follows it, and what
//! a reader may find.

mod api;
mod finding;
mod following;
mod indexing;
mod model;
mod pages;
pub mod snippet;
pub mod sql;

pub use finding::{Find, Found, FoundDocument};
pub use following::{FollowTexts, Texts};
pub use indexing::{forget_document, index_document};
pub use model::{DocumentText, Part, Readers};

use crate::room::OfficeRoom;
use haidang_web::{Routes, Row};

/// Rows of this part.
pub(crate) fn routes(routes: Routes<OfficeRoom>) -> Routes<OfficeRoom> {
    const WHY: &str = "only finds; the look is recorded";
    routes
        .page(
            Row::get("show_document_search", pages::SEARCH)
                .capability("document.read_unit")
                .role("clerk")
                .example(pages::SEARCH),
            pages::show_document_search,
        )
        .page(
            Row::post("search_documents", pages::SEARCH).capability("document.read_unit").no_mutation(WHY),
            pages::search_documents,
        )
        .api(
            Row::post("find_documents", "/api/v1/office/document-searches")
                .capability("document.read_unit")
                .no_mutation(WHY)
                .summary("Find documents by words, numbers, days, kinds and issuers; only what the caller may read")
                .body::<api::AskedSearch>()
                .returns::<api::FoundList>(200),
            api::find_documents,
        )
}
