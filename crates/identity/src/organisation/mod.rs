//! Posts, delegation of duty, and the policies that decide who may do what, with the reason.

mod api;
mod deciding;
pub mod delegation;
mod entities;
mod pages;
pub mod policies;
pub mod posts;
mod sql;
mod statements;
#[cfg(test)]
mod tests;

use crate::room::IdentityRoom;
use haidang_web::{Routes, Row};
pub(crate) use pages::typed_date;
use pages::{delegations, posts as post_pages, rights, what_if};

const MANAGE: &str = "post.manage";

/// Rows of this part.
pub(crate) fn routes(room: IdentityRoom) -> Routes<IdentityRoom> {
    api_routes(Routes::new("identity", room))
        .page(
            Row::get("show_rights", haidang_ui::paths::MY_RIGHTS).official().example("/can-bo/quyen?action=case.sign"),
            rights::show_rights,
        )
        .page(
            Row::get("show_delegations", "/can-bo/uy-quyen").official().example("/can-bo/uy-quyen"),
            delegations::show_delegations,
        )
        .page(
            Row::post("propose_delegation", "/can-bo/uy-quyen").official().fresh_factor().audit("delegation.proposed"),
            delegations::propose_delegation,
        )
        .page(
            Row::post("step_delegation", "/can-bo/uy-quyen/{delegation}/{action}")
                .official()
                .audit("delegation.accepted"),
            delegations::step_delegation,
        )
        .page(
            Row::get("show_what_if", "/quan-tri/thu-quyen")
                .capability(MANAGE)
                .role("administrator")
                .example("/quan-tri/thu-quyen"),
            what_if::show_what_if,
        )
        .page(
            Row::post("ask_what_if", "/quan-tri/thu-quyen")
                .capability(MANAGE)
                .no_mutation("asks the policies; grants nothing and stores nothing"),
            what_if::ask_what_if,
        )
        .page(
            Row::get("list_agency_posts", "/quan-tri/vi-tri")
                .capability(MANAGE)
                .role("administrator")
                .example("/quan-tri/vi-tri"),
            post_pages::list_agency_posts,
        )
        .page(
            Row::get("show_agency_posts", "/quan-tri/vi-tri/{agency}")
                .capability(MANAGE)
                .role("administrator")
                .example("/quan-tri/vi-tri/{agency}"),
            post_pages::show_agency_posts,
        )
        .page(
            Row::post("give_post_page", "/quan-tri/vi-tri/{agency}")
                .capability(MANAGE)
                .fresh_factor()
                .audit("post.given"),
            post_pages::give_post_page,
        )
        .page(
            Row::post("end_post_page", "/quan-tri/vi-tri/{agency}/{post}/thoi")
                .capability(MANAGE)
                .fresh_factor()
                .audit("post.ended"),
            post_pages::end_post_page,
        )
}

fn api_routes(routes: Routes<IdentityRoom>) -> Routes<IdentityRoom> {
    routes
        .api(
            Row::get("list_own_rights", "/api/v1/me/rights")
                .signed_in()
                .returns::<api::RightList>(200)
                .summary("What the caller may do, and by which policies"),
            api::list_own_rights,
        )
        .api(
            Row::get("list_posts", "/api/v1/posts")
                .capability(MANAGE)
                .query::<api::ListPosts>()
                .example("/api/v1/posts?agency={agency}")
                .returns::<api::PostList>(200)
                .summary("Posts of an agency that have not ended"),
            api::list_posts,
        )
        .api(
            Row::post("give_post", "/api/v1/posts")
                .capability(MANAGE)
                .fresh_factor()
                .audit("post.given")
                .body::<api::GivePost>()
                .returns::<api::PostGiven>(201)
                .summary("Give a post"),
            api::give_post,
        )
        .api(
            Row::delete("end_post", "/api/v1/posts/{post}")
                .capability(MANAGE)
                .fresh_factor()
                .audit("post.ended")
                .returns_nothing(204)
                .summary("End a post at once, with every session of its holder"),
            api::end_post,
        )
}
