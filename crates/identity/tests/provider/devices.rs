//! Devices without a keyboard (RFC 8628), as a kiosk and as the person before it.

use super::support::*;
use haidang_testkit::db_test;
use serde_json::{Value, json};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

async fn kiosk(world: &World) {
    world
        .add(json!({
            "client_id": "kiosk", "client_name": "Ki-ốt phường xã", "client_name#en": "Commune kiosk",
            "token_endpoint_auth_method": "none", "grant_types": [GRANT, "refresh_token"], "scope": "openid profile",
        }))
        .await;
}

async fn begin(world: &World, more: &[(&str, &str)]) -> Got {
    let mut fields = vec![("client_id", "kiosk"), ("scope", "openid profile")];
    fields.extend_from_slice(more);
    world.post("/oauth2/device_authorization", &fields, &[]).await
}

async fn poll(world: &World, code: &str, client: &str) -> Got {
    world.post("/oauth2/token", &[("grant_type", GRANT), ("device_code", code), ("client_id", client)], &[]).await
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap().to_owned()
}

/// Signs in and types a code; what is shown then.
async fn typed(browser: &mut Browser, code: &str) -> Got {
    let page = browser.look("/vi/thiet-bi").await;
    let page = match page {
        End::Page(page) if page.text.contains("name=\"user_code\"") => page,
        _ => {
            browser.walk("/vi/dang-nhap/can-bo?next=%2Fthiet-bi").await;
            browser.look("/vi/thiet-bi").await.page()
        }
    };
    browser.submit(&page, &[("user_code", code)]).await.page()
}

db_test! {
    rooms = ROOMS;

    async fn t33_a_device_is_let_in_by_the_person_before_it(db: TestDb) {
        let world = World::open(&db).await;
        kiosk(&world).await;
        let got = begin(&world, &[("place", "H24.S08")]).await;
        assert_eq!((got.status, got.header("cache-control")), (200, "no-store"));
        let begun = got.json();
        assert_eq!((begun["expires_in"].as_i64(), begun["interval"].as_i64()), (Some(600), Some(5)));
        assert_eq!(begun["verification_uri"], format!("{ISSUER}/thiet-bi"));
        assert!(begun.get("verification_uri_complete").is_none(), "no link that somebody could send");
        let (device, code) = (text(&begun, "device_code"), text(&begun, "user_code"));
        assert!(code.len() == 9 && code.replace('-', "").bytes().all(|b| b"BCDFGHJKLMNPQRSTVWXZ".contains(&b)), "{code}");

        poll(&world, &device, "kiosk").await.assert_refused(400, "authorization_pending");
        world.wait(4);
        poll(&world, &device, "kiosk").await.assert_refused(400, "slow_down");
        world.wait(9);
        poll(&world, &device, "kiosk").await.assert_refused(400, "slow_down");
        world.wait(15);
        poll(&world, &device, "kiosk").await.assert_refused(400, "authorization_pending");
        poll(&world, &device, "public").await.assert_refused(400, "unauthorized_client");
        poll(&world, "unknown", "kiosk").await.assert_refused(400, "invalid_grant");

        let mut browser = world.browser();
        let page = typed(&mut browser, &code.to_lowercase().replace('-', " ")).await;
        for shown in ["Ki-ốt phường xã", "Sở Mẫu", "lừa đảo", "dong_y", "tu_choi"] {
            assert!(page.text.contains(shown), "{shown}: {}", page.text);
        }
        assert!(!page.text.contains(&code), "the page does not repeat the code");
        // Somebody else who knows the address sees nothing of it.
        let place = page.text.split("action=\"/vi/thiet-bi/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let mut other = world.browser();
        other.user = "hai.yeu.to";
        other.walk("/vi/dang-nhap/can-bo?next=%2F").await;
        assert_eq!(other.look(&format!("/vi/thiet-bi/{place}")).await.page().status, 400);
        let again = typed(&mut other, &code).await;
        assert_eq!(again.status, 422, "the code is taken: {}", again.text);

        let done = browser.submit(&page, &[("dong_y", "1")]).await.page();
        assert!(done.text.contains("Đã cho phép thiết bị"), "{}", done.text);
        let tokens = poll(&world, &device, "kiosk").await;
        assert_eq!(tokens.status, 200, "{}", tokens.text);
        let tokens = tokens.json();
        assert_eq!(world.verified(tokens["id_token"].as_str().unwrap()).await["aud"], "kiosk");
        let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        assert_eq!(world.get("/oauth2/userinfo", &[("authorization", &bearer)]).await.json()["name"], "Trần Một Yếu");
        assert_eq!(world.refresh_public(tokens["refresh_token"].as_str().unwrap(), "kiosk").await.status, 200);
        // The second use of the code ends what the first gave.
        poll(&world, &device, "kiosk").await.assert_refused(400, "invalid_grant");
        world.get("/oauth2/userinfo", &[("authorization", &bearer)]).await.assert_refused(401, "invalid_token");
        let audits = world.db.fetch_all("SELECT action FROM store_audit WHERE action = 'device.approved'", vec![]).await.unwrap();
        assert_eq!(audits.len(), 1);
    }

    async fn t33_a_refused_or_forgotten_device_gets_nothing(db: TestDb) {
        let world = World::open(&db).await;
        kiosk(&world).await;
        let mut browser = world.browser();
        let begun = begin(&world, &[]).await.json();
        let page = typed(&mut browser, &text(&begun, "user_code")).await;
        assert!(page.text.contains("thiết bị không cho biết"), "{}", page.text);
        let end = browser.submit(&page, &[("tu_choi", "1")]).await.page();
        assert!(end.text.contains("Đã từ chối"));
        poll(&world, &text(&begun, "device_code"), "kiosk").await.assert_refused(400, "access_denied");
        let late = begin(&world, &[]).await.json();
        world.wait(600);
        poll(&world, &text(&late, "device_code"), "kiosk").await.assert_refused(400, "expired_token");
        assert_eq!(typed(&mut browser, &text(&late, "user_code")).await.status, 422, "a code that is over is none");
        world.provider.sweep().await.unwrap();
        for (more, error) in [
            (("place", "H24.NOWHERE"), "invalid_request"),
            (("authorization_details", "[]"), "invalid_authorization_details"),
            (("resource", "urn:no-such"), "invalid_target"),
        ] {
            begin(&world, &[more]).await.assert_refused(400, error);
        }
        for scope in ["openid email", "nonsense", "openid representee.*"] {
            let fields = [("client_id", "kiosk"), ("scope", scope)];
            world.post("/oauth2/device_authorization", &fields, &[]).await.assert_refused(400, "invalid_scope");
        }
        world.post("/oauth2/device_authorization", &[("client_id", "public"), ("scope", "openid")], &[]).await.assert_refused(400, "unauthorized_client");
        world.post("/oauth2/device_authorization", &[("client_id", "web"), ("scope", "openid")], &[]).await.assert_refused(401, "invalid_client");
    }

    async fn t33_five_wrong_codes_end_it_and_codes_lie_nowhere_in_clear(db: TestDb) {
        let world = World::open(&db).await;
        kiosk(&world).await;
        let begun = begin(&world, &[]).await.json();
        let (device, code) = (text(&begun, "device_code"), text(&begun, "user_code"));
        let mut browser = world.browser();
        for wrong in ["BBBB-BBBB", "nonsense", "CCCC-CCCC", "1234-5678", "DDDD-DDDD"] {
            let page = typed(&mut browser, wrong).await;
            assert_eq!(page.status, 422, "{wrong}: {}", page.text);
        }
        let over = typed(&mut browser, &code).await;
        assert_eq!(over.status, 429, "also the right one: {}", over.text);
        assert!(over.header("retry-after").parse::<i64>().unwrap() > 600);
        world.wait(60);
        assert_eq!(typed(&mut browser, &code).await.status, 429, "not after a minute either");
        let plain = code.replace('-', "");
        for row in world.db.fetch_all("SELECT id || device_sha256 || user_code_hmac || scopes AS kept FROM identity_device_grant", vec![]).await.unwrap() {
            let kept = row.text("kept").unwrap();
            assert!(!kept.contains(&device) && !kept.contains(&code) && !kept.contains(&plain));
            assert!(!kept.contains(&haidang_web::tokens::digest(&plain)), "eight letters are found again from a plain digest");
        }
        world.wait(15 * 60);
        let fresh = text(&begin(&world, &[]).await.json(), "user_code");
        assert_eq!(typed(&mut browser, &fresh).await.status, 200, "nobody is kept out for good");
    }

    async fn a_device_is_found_by_its_metadata_and_its_other_address(db: TestDb) {
        let world = World::open(&db).await;
        let metadata = world.get("/.well-known/oauth-authorization-server", &[]).await.json();
        assert_eq!(metadata["device_authorization_endpoint"], format!("{ISSUER}/oauth2/device_authorization"));
        assert!(metadata["grant_types_supported"].as_array().unwrap().contains(&json!(GRANT)));
        let got = world.get("/oauth2/device", &[]).await;
        assert_eq!((got.status, got.header("location").ends_with("/thiet-bi")), (303, true));
        let page = world.browser().look("/en/thiet-bi").await.page();
        assert!(page.text.contains("/en/dang-nhap"), "a person signs in first");
    }
}
