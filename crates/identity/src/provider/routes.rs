//! The rows of the provider's endpoints and pages.

use super::api;
use super::pages::{clients, consent, device as device_pages, grants, keys, registering, signing_out};
use super::{Provider, authorize, device, discovery, dynamic, introspect, logout, pushed, token, userinfo};
use axum::http::Method;
use haidang_web::{Routes, Row};

/// Largest body of a protocol request, in bytes.
const BODY: usize = 64 * 1024;

fn get(id: &'static str, path: &'static str) -> Row {
    Row::get(id, path).public()
}

fn post(id: &'static str, path: &'static str) -> Row {
    Row::post(id, path).public().body_limit(BODY)
}

fn preflight(id: &'static str, path: &'static str) -> Row {
    Row::new(Method::OPTIONS, id, path).public()
}

/// All routes of the provider.
pub fn routes(provider: Provider) -> Routes<Provider> {
    let parts = [
        protocol_routes(Routes::new("identity", provider.clone())),
        person_routes(Routes::new("identity", provider.clone())),
        client_pages(Routes::new("identity", provider.clone())),
        client_api(Routes::new("identity", provider.clone())),
        key_routes(Routes::new("identity", provider.clone())),
    ];
    parts.into_iter().fold(Routes::new("identity", provider), Routes::merge)
}

/// What programs ask.
fn protocol_routes(routes: Routes<Provider>) -> Routes<Provider> {
    routes
        .protocol(get("show_openid_metadata", "/.well-known/openid-configuration"), discovery::show_metadata)
        .protocol(preflight("allow_openid_metadata", "/.well-known/openid-configuration"), discovery::allow_browser)
        .protocol(get("show_oauth_metadata", "/.well-known/oauth-authorization-server"), discovery::show_metadata)
        .protocol(get("show_provider_keys", "/oauth2/jwks"), discovery::show_keys)
        .protocol(preflight("allow_provider_keys", "/oauth2/jwks"), discovery::allow_browser)
        .protocol(
            post("push_request", "/oauth2/par").no_mutation("keeps a question for a minute"),
            pushed::push_request,
        )
        .protocol(get("begin_authorization", "/oauth2/authorize"), authorize::begin_authorization)
        .protocol(
            post("post_authorization", "/oauth2/authorize").audit("authorization.granted"),
            authorize::post_authorization,
        )
        .protocol(post("give_tokens", "/oauth2/token").audit("token.issued"), token::give_tokens)
        .protocol(preflight("allow_tokens", "/oauth2/token"), discovery::allow_browser)
        .protocol(get("get_userinfo", "/oauth2/userinfo"), userinfo::get_userinfo)
        .protocol(post("post_userinfo", "/oauth2/userinfo").no_mutation("reads"), userinfo::post_userinfo)
        .protocol(preflight("allow_userinfo", "/oauth2/userinfo"), discovery::allow_browser)
        .protocol(post("introspect_token", "/oauth2/introspect").no_mutation("reads"), introspect::introspect_token)
        .protocol(post("revoke_issued_token", "/oauth2/revoke").audit("token.revoked"), introspect::revoke_issued_token)
        .protocol(get("begin_logout", "/oauth2/logout"), logout::begin_logout)
        .protocol(post("post_logout", "/oauth2/logout").audit("session.ended"), logout::post_logout)
        .protocol(
            post("begin_device", device::ENDPOINT).no_mutation("keeps a question for ten minutes"),
            device::begin_device,
        )
        .protocol(get("lead_to_device", "/oauth2/device"), device::lead_to_device)
        .protocol(post("register_client", dynamic::PATH).audit("client.registered"), dynamic::register_client)
        .protocol(get("show_registration", "/oauth2/register/{client}"), dynamic::show_registration)
        .protocol(
            Row::put("change_registration", "/oauth2/register/{client}")
                .public()
                .body_limit(BODY)
                .audit("client.changed"),
            dynamic::change_registration,
        )
        .protocol(
            Row::delete("end_registration", "/oauth2/register/{client}").public().audit("client.revoked"),
            dynamic::end_registration,
        )
}

/// What people are asked.
fn person_routes(routes: Routes<Provider>) -> Routes<Provider> {
    routes
        .page(
            Row::get("show_device_entry", device::PAGE).signed_in().example(device::PAGE),
            device_pages::show_device_entry,
        )
        .page(
            Row::post("enter_device_code", device::PAGE)
                .signed_in()
                .no_mutation("finds a waiting device; the person's word is taken on the next page"),
            device_pages::enter_device_code,
        )
        .page(
            // A waiting device belongs to the one who typed its code: to everybody else it is over.
            Row::get("show_device", "/thiet-bi/{device}").signed_in().example("/thiet-bi/khong-con").status(400),
            device_pages::show_device,
        )
        .page(
            Row::post("decide_device", "/thiet-bi/{device}").signed_in().audit("device.approved"),
            device_pages::decide_device,
        )
        .page(
            Row::get("show_grants", "/tai-khoan/he-thong").signed_in().example("/tai-khoan/he-thong"),
            grants::show_grants,
        )
        .page(
            Row::post("withdraw_grant_page", "/tai-khoan/he-thong/{client}/rut-lai")
                .signed_in()
                .audit("client_grant.withdrawn"),
            grants::withdraw_grant_page,
        )
        .api(
            Row::get("list_my_grants", "/api/v1/me/grants")
                .signed_in()
                .returns::<api::grants::GrantList>(200)
                .summary("Systems that the caller agreed to tell something"),
            api::grants::list_my_grants,
        )
        .api(
            Row::delete("withdraw_my_grant", "/api/v1/me/grants/{client}")
                .signed_in()
                .audit("client_grant.withdrawn")
                .returns_nothing(204)
                .summary("Take back what was agreed to with a system; its tokens end at once"),
            api::grants::withdraw_my_grant,
        )
        .page(
            // A waiting request belongs to one browser and to ten minutes: to everybody else it is over.
            Row::get("show_authorization", "/cho-phep/{authorization}")
                .public()
                .example("/cho-phep/khong-con")
                .status(400),
            consent::show_authorization,
        )
        .page(
            Row::post("decide_authorization", "/cho-phep/{authorization}")
                .public()
                .unreferred()
                .audit("authorization.granted"),
            consent::decide_authorization,
        )
        .page(
            Row::get("show_sign_out", "/dang-xuat/xac-nhan").public().example("/dang-xuat/xac-nhan"),
            signing_out::show_sign_out,
        )
        .page(
            Row::post("confirm_sign_out", "/dang-xuat/xac-nhan").public().audit("session.ended"),
            signing_out::confirm_sign_out,
        )
}

/// A row of the city's administrator over clients.
fn manage(row: Row) -> Row {
    row.capability("client.manage")
}

/// The same, for what changes something.
fn manage_now(row: Row, event: &'static str) -> Row {
    manage(row).fresh_factor().audit(event)
}

/// Clients on pages.
fn client_pages(routes: Routes<Provider>) -> Routes<Provider> {
    let post = |id, path, event| manage_now(Row::post(id, path), event);
    routes
        .page(
            manage(Row::get("list_client_page", clients::PATH)).role("administrator").example(clients::PATH),
            clients::list_client_page,
        )
        .page(
            post("make_registration_token_page", "/quan-tri/he-thong/the-dang-ky", "registration_token.made"),
            clients::make_registration_token_page,
        )
        .page(
            manage(Row::get("show_client_form", "/quan-tri/he-thong/moi"))
                .role("administrator")
                .example("/quan-tri/he-thong/moi"),
            registering::show_client_form,
        )
        .page(
            post("register_client_page", "/quan-tri/he-thong/moi", "client.registered"),
            registering::register_client_page,
        )
        .page(
            manage(Row::get("show_client_page", "/quan-tri/he-thong/{client}"))
                .role("administrator")
                .example("/quan-tri/he-thong/{client}"),
            clients::show_client_page,
        )
        .page(
            post("approve_client_page", "/quan-tri/he-thong/{client}/phe-duyet", "client.approved"),
            clients::approve_client_page,
        )
        .page(
            post("refuse_client_page", "/quan-tri/he-thong/{client}/tu-choi", "client.refused"),
            clients::refuse_client_page,
        )
        .page(
            post("change_client_end_page", "/quan-tri/he-thong/{client}/thoi-han", "client.end_changed"),
            clients::change_client_end_page,
        )
        .page(
            post("suspend_client_page", "/quan-tri/he-thong/{client}/tam-dung", "client.suspended"),
            clients::suspend_client_page,
        )
        .page(
            post("resume_client_page", "/quan-tri/he-thong/{client}/mo-lai", "client.resumed"),
            clients::resume_client_page,
        )
        .page(
            post("shut_out_client_page", "/quan-tri/he-thong/{client}/cham-dut", "client.revoked"),
            clients::shut_out_client_page,
        )
        .page(
            post("make_client_secret_page", "/quan-tri/he-thong/{client}/khoa-bi-mat", "client.secret_made"),
            clients::make_client_secret_page,
        )
}

/// Clients for programs.
fn client_api(routes: Routes<Provider>) -> Routes<Provider> {
    use api::clients as door;
    routes
        .api(
            manage(Row::get("list_clients", "/api/v1/clients"))
                .query::<door::ListClients>()
                .returns::<door::ClientList>(200)
                .summary("Systems that sign people in through this city"),
            door::list_clients,
        )
        .api(
            manage(Row::get("get_client", "/api/v1/clients/{client}"))
                .returns::<door::ClientView>(200)
                .summary("One system; never its secret"),
            door::get_client,
        )
        .api(
            manage_now(Row::post("add_client", "/api/v1/clients"), "client.registered")
                .body::<door::RegisterClient>()
                .returns::<door::ClientRegistered>(201)
                .summary("Register a system; it waits for an approval"),
            door::add_client,
        )
        .api(
            manage_now(Row::post("approve_client", "/api/v1/clients/{client}/approval"), "client.approved")
                .body::<door::ApproveClient>()
                .returns_nothing(204)
                .summary("Let a system in, with the scopes it gets"),
            door::approve_client,
        )
        .api(
            manage_now(Row::post("refuse_client", "/api/v1/clients/{client}/refusal"), "client.refused")
                .returns_nothing(204)
                .summary("Refuse a system that waits"),
            door::refuse_client,
        )
        .api(
            manage_now(Row::delete("shut_out_client", "/api/v1/clients/{client}"), "client.revoked")
                .returns_nothing(204)
                .summary("Shut a system out for good"),
            door::shut_out_client,
        )
        .api(
            manage_now(Row::put("change_client_end", "/api/v1/clients/{client}/end"), "client.end_changed")
                .body::<door::ClientEnd>()
                .returns_nothing(204)
                .summary("Move the end of an approval"),
            door::change_client_end,
        )
        .api(
            manage_now(Row::put("suspend_client", "/api/v1/clients/{client}/suspension"), "client.suspended")
                .returns_nothing(204)
                .summary("Set a system aside; its tokens count for nothing meanwhile"),
            door::suspend_client,
        )
        .api(
            manage_now(Row::delete("resume_client", "/api/v1/clients/{client}/suspension"), "client.resumed")
                .returns_nothing(204)
                .summary("Take a system back that was set aside"),
            door::resume_client,
        )
        .api(
            manage_now(Row::post("make_client_secret", "/api/v1/clients/{client}/secret"), "client.secret_made")
                .returns::<door::SecretMade>(201)
                .summary("Make a new secret, told this once; the old one ends at once"),
            door::make_client_secret,
        )
        .api(
            manage_now(Row::post("make_registration_token", "/api/v1/registration-tokens"), "registration_token.made")
                .body::<door::MakeRegistrationToken>()
                .returns::<door::RegistrationTokenMade>(201)
                .summary("Make a token with which one system registers itself once"),
            door::make_registration_token,
        )
}

/// Signing keys.
fn key_routes(routes: Routes<Provider>) -> Routes<Provider> {
    use api::keys as door;
    let manage = |row: Row| row.capability("key.manage");
    let change = |row: Row, event| manage(row).fresh_factor().audit(event);
    routes
        .page(
            manage(Row::get("list_key_page", "/quan-tri/khoa-ky")).role("administrator").example("/quan-tri/khoa-ky"),
            keys::list_key_page,
        )
        .page(change(Row::post("announce_key_page", "/quan-tri/khoa-ky"), "signing_key.made"), keys::announce_key_page)
        .page(
            change(Row::post("rotate_key_page", "/quan-tri/khoa-ky/{key}/dung"), "signing_key.rotated"),
            keys::rotate_key_page,
        )
        .page(
            change(Row::post("retire_key_page", "/quan-tri/khoa-ky/{key}/thu-hoi"), "signing_key.retired"),
            keys::retire_key_page,
        )
        .api(
            manage(Row::get("list_signing_keys", "/api/v1/signing-keys"))
                .returns::<door::SigningKeyList>(200)
                .summary("Signing keys; never their private halves"),
            door::list_signing_keys,
        )
        .api(
            change(Row::post("announce_signing_key", "/api/v1/signing-keys"), "signing_key.made")
                .body::<door::AnnounceKey>()
                .returns_nothing(204)
                .summary("Announce the next key of an algorithm; it signs a day later"),
            door::announce_signing_key,
        )
        .api(
            change(Row::post("rotate_signing_key", "/api/v1/signing-keys/{key}/turn"), "signing_key.rotated")
                .returns_nothing(204)
                .summary("Let an announced key sign now, once it has been public for a day"),
            door::rotate_signing_key,
        )
        .api(
            change(Row::delete("retire_signing_key", "/api/v1/signing-keys/{key}"), "signing_key.retired")
                .returns_nothing(204)
                .summary("Take a key out at once; nothing that it signed counts any more"),
            door::retire_signing_key,
        )
}
