//! The rows of this room's pages and endpoints, and its texts.

use haidang_ui::Lang;
use haidang_web::{Routes, Row};

use crate::api;
use crate::pages::{account, behalf, choose, official, tokens};
use crate::room::IdentityRoom;

/// Texts of this room, for `haidang_ui::texts::register`.
pub const TEXTS: &[(&str, Lang, &str)] = &[
    ("identity", Lang::Vi, include_str!("../locales/vi/identity.ftl")),
    ("identity", Lang::En, include_str!("../locales/en/identity.ftl")),
    ("identity-provider", Lang::Vi, include_str!("../locales/vi/identity-provider.ftl")),
    ("identity-provider", Lang::En, include_str!("../locales/en/identity-provider.ftl")),
    ("identity-clients", Lang::Vi, include_str!("../locales/vi/identity-clients.ftl")),
    ("identity-clients", Lang::En, include_str!("../locales/en/identity-clients.ftl")),
    ("identity-credentials", Lang::Vi, include_str!("../locales/vi/identity-credentials.ftl")),
    ("identity-credentials", Lang::En, include_str!("../locales/en/identity-credentials.ftl")),
    ("identity-mandates", Lang::Vi, include_str!("../locales/vi/identity-mandates.ftl")),
    ("identity-mandates", Lang::En, include_str!("../locales/en/identity-mandates.ftl")),
    ("identity-consent", Lang::Vi, include_str!("../locales/vi/identity-consent.ftl")),
    ("identity-consent", Lang::En, include_str!("../locales/en/identity-consent.ftl")),
    ("identity-organisation", Lang::Vi, include_str!("../locales/vi/identity-organisation.ftl")),
    ("identity-organisation", Lang::En, include_str!("../locales/en/identity-organisation.ftl")),
    crate::federation::TEXTS[0],
    crate::federation::TEXTS[1],
];

/// All routes. Those of federation exist where the city is connected to an upstream by the time they are asked for.
pub fn routes(room: IdentityRoom) -> Routes<IdentityRoom> {
    let parts = [
        crate::credentials::routes(room.clone()),
        crate::organisation::routes(room.clone()),
        crate::provisioning::routes(room.clone()),
        crate::mandates::routes(room.clone()),
        crate::consent::routes(room.clone()),
        crate::federation::routes(room.clone()),
    ];
    let routes = Routes::new("identity", room)
        .page(Row::get("choose_sign_in", "/dang-nhap").public().example("/dang-nhap"), choose::choose_sign_in)
        .page(
            Row::get("show_official_sign_in", "/dang-nhap/can-bo").public().office().example("/dang-nhap/can-bo"),
            official::show_official_sign_in,
        )
        .page(
            Row::post("sign_in_official", "/dang-nhap/can-bo").public().office().audit("session.started"),
            official::sign_in_official,
        )
        .page(
            Row::get("show_second_factor", "/dang-nhap/xac-thuc")
                .signed_in()
                .office()
                .role("official")
                .example("/dang-nhap/xac-thuc"),
            official::show_second_factor,
        )
        .page(
            Row::post("check_second_factor", "/dang-nhap/xac-thuc").signed_in().office().audit("session.stepped_up"),
            official::check_second_factor,
        )
        .page(Row::post("sign_out", "/dang-xuat").public().audit("session.ended"), account::sign_out)
        .page(Row::get("show_account", "/tai-khoan").signed_in().example("/tai-khoan"), account::show_account)
        .page(
            Row::post("end_other_sessions", "/tai-khoan/phien-khac").signed_in().audit("session.others_ended"),
            account::end_other_sessions,
        )
        .page(
            Row::get("choose_representation", "/lam-thay").resident().example("/lam-thay"),
            behalf::choose_representation,
        )
        .page(
            Row::post("begin_representation", "/lam-thay").resident().audit("representation.begun"),
            behalf::begin_representation,
        )
        .page(
            Row::post("end_representation", "/lam-thay/ket-thuc").signed_in().audit("representation.ended"),
            behalf::end_representation,
        )
        .page(
            Row::get("list_token_page", "/quan-tri/ma-truy-cap")
                .capability("token.manage")
                .role("administrator")
                .example("/quan-tri/ma-truy-cap"),
            tokens::list_token_page,
        )
        .page(
            Row::post("make_token_page", "/quan-tri/ma-truy-cap")
                .capability("token.manage")
                .fresh_factor()
                .audit("token.created"),
            tokens::make_token_page,
        )
        .page(
            Row::post("revoke_token_page", "/quan-tri/ma-truy-cap/{token}/thu-hoi")
                .capability("token.manage")
                .fresh_factor()
                .audit("token.revoked"),
            tokens::revoke_token_page,
        )
        .api(
            Row::get("get_me", "/api/v1/me")
                .signed_in()
                .summary("Who is asking, with the rights of this moment")
                .returns::<api::Me>(200),
            api::get_me,
        )
        .api(
            Row::get("list_agencies", "/api/v1/agencies")
                .public()
                .summary("Agencies of the city that exist today")
                .query::<api::ListAgencies>()
                .returns::<api::AgencyList>(200),
            api::list_agencies,
        )
        .api(
            Row::get("get_agency", "/api/v1/agencies/{agency}")
                .public()
                .summary("One agency, also one that is no more")
                .returns::<api::AgencyView>(200),
            api::get_agency,
        )
        .api(
            Row::get("list_tokens", "/api/v1/tokens")
                .capability("token.manage")
                .summary("Tokens of systems")
                .query::<api::ListTokens>()
                .returns::<api::TokenList>(200),
            api::list_tokens,
        )
        .api(
            Row::post("make_token", "/api/v1/tokens")
                .capability("token.manage")
                .fresh_factor()
                .audit("token.created")
                .body::<api::MakeToken>()
                .returns::<api::TokenMade>(201)
                .summary("Make a token for a system; it is told this once"),
            api::make_token,
        )
        .api(
            Row::delete("revoke_token", "/api/v1/tokens/{token}")
                .capability("token.manage")
                .fresh_factor()
                .audit("token.revoked")
                .returns_nothing(204)
                .summary("Withdraw a token"),
            api::revoke_token,
        );
    parts.into_iter().fold(routes, Routes::merge)
}
