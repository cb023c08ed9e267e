//! The rows of this part.

use haidang_web::{Routes, Row};

use super::api;
use super::pages::{accounts, devices, one_time, passkeys, password, recovery, recovery_codes, step_up};
use crate::room::IdentityRoom;

const CHALLENGE: &str = "keeps a challenge for five minutes; nothing of the account changes";

/// Rows of this part.
pub(crate) fn routes(room: IdentityRoom) -> Routes<IdentityRoom> {
    let routes = Routes::new("identity", room);
    administration(own_account(own_factors(proving(routes))))
}

fn proving(routes: Routes<IdentityRoom>) -> Routes<IdentityRoom> {
    routes
        .page(
            Row::post("begin_passkey_sign_in", "/dang-nhap/khoa-truy-cap/bat-dau")
                .public()
                .office()
                .not_html()
                .no_mutation(CHALLENGE),
            step_up::begin_passkey_sign_in,
        )
        .page(
            Row::post("sign_in_with_passkey", "/dang-nhap/khoa-truy-cap").public().office().audit("session.started"),
            step_up::sign_in_with_passkey,
        )
        .page(
            Row::get("show_step_up", "/dang-nhap/nang-muc")
                .signed_in()
                .office()
                .role("official")
                .example("/dang-nhap/nang-muc?acr=urn:haidang:nd69:xt2"),
            step_up::show_step_up,
        )
        .page(
            Row::post("step_up_with_password", "/dang-nhap/nang-muc").signed_in().office().audit("session.stepped_up"),
            step_up::step_up_with_password,
        )
        .page(
            Row::post("begin_passkey_step_up", "/dang-nhap/nang-muc/khoa/bat-dau")
                .signed_in()
                .office()
                .not_html()
                .no_mutation(CHALLENGE),
            step_up::begin_passkey_step_up,
        )
        .page(
            Row::post("step_up_with_passkey", "/dang-nhap/nang-muc/khoa")
                .signed_in()
                .office()
                .audit("session.stepped_up"),
            step_up::step_up_with_passkey,
        )
        .page(
            Row::get("show_recovery", "/dang-nhap/khoi-phuc").public().office().example("/dang-nhap/khoi-phuc"),
            recovery::show_recovery,
        )
        .page(
            Row::post("recover_account", "/dang-nhap/khoi-phuc").public().office().audit("account.recovery_begun"),
            recovery::recover_account,
        )
}

fn own_factors(routes: Routes<IdentityRoom>) -> Routes<IdentityRoom> {
    routes
        .page(
            Row::get("list_passkeys", "/tai-khoan/khoa-truy-cap")
                .signed_in()
                .role("official")
                .example("/tai-khoan/khoa-truy-cap"),
            passkeys::list_passkeys,
        )
        .page(
            Row::post("begin_passkey", "/tai-khoan/khoa-truy-cap/bat-dau")
                .signed_in()
                .not_html()
                .no_mutation(CHALLENGE),
            passkeys::begin_passkey,
        )
        .page(
            Row::post("add_passkey", "/tai-khoan/khoa-truy-cap").signed_in().audit("passkey.added"),
            passkeys::add_passkey,
        )
        .page(
            Row::post("remove_passkey", "/tai-khoan/khoa-truy-cap/{passkey}/bo").signed_in().audit("passkey.removed"),
            passkeys::remove_passkey,
        )
        .page(
            Row::get("show_enrolment", "/tai-khoan/ma-xac-thuc")
                .signed_in()
                .role("official")
                .example("/tai-khoan/ma-xac-thuc"),
            one_time::show_enrolment,
        )
        .page(
            Row::post("begin_enrolment", "/tai-khoan/ma-xac-thuc/bat-dau").signed_in().audit("account.codes_begun"),
            one_time::begin_enrolment,
        )
        .page(
            Row::post("finish_enrolment", "/tai-khoan/ma-xac-thuc").signed_in().audit("account.codes_enrolled"),
            one_time::finish_enrolment,
        )
        .page(
            Row::get("show_recovery_codes", "/tai-khoan/ma-khoi-phuc")
                .signed_in()
                .role("official")
                .example("/tai-khoan/ma-khoi-phuc"),
            recovery_codes::show_recovery_codes,
        )
        .page(
            Row::post("make_recovery_codes", "/tai-khoan/ma-khoi-phuc")
                .signed_in()
                .audit("account.recovery_codes_made"),
            recovery_codes::make_recovery_codes,
        )
        .page(
            Row::get("show_password", "/tai-khoan/mat-khau")
                .signed_in()
                .role("official")
                .example("/tai-khoan/mat-khau"),
            password::show_password,
        )
        .page(
            Row::post("change_password", "/tai-khoan/mat-khau").signed_in().audit("account.password_changed"),
            password::change_password,
        )
}

fn own_account(routes: Routes<IdentityRoom>) -> Routes<IdentityRoom> {
    routes
        .page(
            Row::get("show_devices", "/tai-khoan/thiet-bi").signed_in().example("/tai-khoan/thiet-bi"),
            devices::show_devices,
        )
        .page(
            Row::post("end_device", "/tai-khoan/thiet-bi/{session}/ket-thuc").signed_in().audit("session.one_ended"),
            devices::end_device,
        )
        .page(
            Row::post("put_notices_away", "/tai-khoan/thong-bao").signed_in().audit("account.notices_seen"),
            devices::put_notices_away,
        )
        .page(
            Row::post("stop_recovery", "/tai-khoan/khoi-phuc/dung").signed_in().audit("account.recovery_stopped"),
            recovery::stop_recovery,
        )
        .api(
            Row::get("list_my_sessions", "/api/v1/me/sessions")
                .signed_in()
                .summary("Where the caller is signed in")
                .returns::<api::SessionList>(200),
            api::list_my_sessions,
        )
        .api(
            Row::delete("end_my_session", "/api/v1/me/sessions/{session}")
                .signed_in()
                .audit("session.one_ended")
                .returns_nothing(204)
                .summary("End one session of the caller"),
            api::end_my_session,
        )
}

fn administration(routes: Routes<IdentityRoom>) -> Routes<IdentityRoom> {
    let act = |id, path, event| Row::post(id, path).capability("user.manage").fresh_factor().audit(event);
    routes
        .page(
            Row::get("list_accounts", "/quan-tri/tai-khoan")
                .capability("user.manage")
                .role("administrator")
                .example("/quan-tri/tai-khoan"),
            accounts::list_accounts,
        )
        .page(act("lock_account", "/quan-tri/tai-khoan/{account}/khoa", "account.locked"), accounts::lock_account)
        .page(act("unlock_account", "/quan-tri/tai-khoan/{account}/mo", "account.unlocked"), accounts::unlock_account)
        .page(
            act("wake_account", "/quan-tri/tai-khoan/{account}/danh-thuc", "account.password_woken"),
            accounts::wake_account,
        )
        .page(
            act("end_account_sessions", "/quan-tri/tai-khoan/{account}/ket-thuc-phien", "account.sessions_ended"),
            accounts::end_account_sessions,
        )
}
