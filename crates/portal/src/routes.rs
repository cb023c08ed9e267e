//! The rows of this room's pages, and its texts.

use crate::deciding::RECONCILE;
use crate::pages::{comparison, message, overview};
use crate::room::PortalRoom;
use haidang_ui::Lang;
use haidang_web::{Routes, Row};

/// Texts of this room, for `haidang_ui::texts::register`.
pub const TEXTS: &[(&str, Lang, &str)] = &[
    ("portal", Lang::Vi, include_str!("../locales/vi/portal.ftl")),
    ("portal", Lang::En, include_str!("../locales/en/portal.ftl")),
];

/// Longest time that a page waits for the portal itself.
const PORTAL: std::time::Duration = std::time::Duration::from_secs(60);

/// Pages for whoever keeps city and portal in step. They are there in a city without a connection too, and say so.
pub fn routes(room: PortalRoom) -> Routes<PortalRoom> {
    Routes::new("portal", room)
        .page(
            Row::get("show_portal_queue", overview::QUEUE)
                .capability(RECONCILE)
                .role("supervisor")
                .example(overview::QUEUE),
            overview::show_portal_queue,
        )
        .page(
            Row::get("show_portal_message", "/can-bo/dong-bo/thong-diep/{portal_message}")
                .capability(RECONCILE)
                .role("supervisor")
                .example("/can-bo/dong-bo/thong-diep/khong-con")
                .status(404),
            message::show_portal_message,
        )
        .page(
            Row::post("send_portal_message_again", "/can-bo/dong-bo/thong-diep/{portal_message}/gui-lai")
                .capability(RECONCILE)
                .audit("portal.sent_again"),
            message::send_portal_message_again,
        )
        .page(
            Row::post("leave_portal_message_out", "/can-bo/dong-bo/thong-diep/{portal_message}/bo-qua")
                .capability(RECONCILE)
                .audit("portal.left_out"),
            message::leave_portal_message_out,
        )
        .page(
            Row::post("compare_with_portal", "/can-bo/dong-bo/doi-chieu")
                .capability(RECONCILE)
                .audit("portal.compared"),
            comparison::compare_with_portal,
        )
        .page(
            Row::get("show_portal_comparison", "/can-bo/dong-bo/doi-chieu/{comparison}")
                .capability(RECONCILE)
                .role("supervisor")
                .example("/can-bo/dong-bo/doi-chieu/khong-con")
                .status(404),
            comparison::show_portal_comparison,
        )
        .page(
            Row::post("tell_portal_again", "/can-bo/dong-bo/doi-chieu/{comparison}/dong-bo-lai")
                .capability(RECONCILE)
                .audit("portal.told_again")
                .timeout(PORTAL),
            comparison::tell_portal_again,
        )
}
