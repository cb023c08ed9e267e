//! What was agreed to is taken back: tokens, refresh tokens and the agreement end; the next sign-in asks anew.

use super::claims::{access, at_portal, people, portal, resident};
use super::support::*;
use haidang_contracts::consent::{Consents, Decision, NewDecision};
use haidang_identity::model::PersonSeed;
use haidang_store::Dispatcher;
use haidang_testkit::db_test;
use serde_json::{Value, json};

fn read() -> Value {
    json!([{ "type": "vn.haidang.vault.read", "locations": ["urn:haidang:vault"], "actions": ["view"], "datatypes": ["KQ.1"], "purpose": "vault_reuse", "case_id": "01900000-0000-7000-8000-00000000ffff" }])
}

async fn with_reading(world: &World, browser: &mut Browser) -> Value {
    let ask = Ask::new(world, "portal").with("authorization_details", &read().to_string());
    let code = ask.code(browser, "portal", Some(&world.dpop)).await;
    world.post_with("/oauth2/token", &ask.redeem(world, "portal", &code), Some(&world.dpop), &json!({})).await.json()
}

async fn withdraw(world: &World, who: &PersonSeed) {
    let actor = super::common::acting(&world.room, who, None).await;
    let new = NewDecision {
        subject: who.person.id.clone(),
        actor,
        purpose: "vault_reuse".into(),
        decision: Decision::Withdrawn,
        channel: "online".into(),
        about: None,
        request_id: "r".into(),
    };
    world.room.decide(&new).await.unwrap();
}

db_test! {
    rooms = ROOMS;

    async fn t44_a_withdrawn_consent_ends_what_rests_on_it(db: TestDb) {
        let world = World::open(&db).await;
        portal(&world, &json!({})).await;
        let people = people(&world).await;
        let mut browser = resident(&world, &people.mother).await;
        let mut other = resident(&world, &people.neighbour).await;
        let plain = at_portal(&world, &mut browser, "openid", None).await;
        let reading = with_reading(&world, &mut browser).await;
        let his = with_reading(&world, &mut other).await;
        let standing = world.room.standing(&people.mother.person.id, "vault_reuse").await.unwrap().unwrap();
        assert_eq!(standing.decision, Decision::Granted, "the yes at the provider is a receipt");
        let active = async |tokens: &Value| world.introspect(access(tokens), "portal").await["active"] == true;
        assert!(active(&reading).await && active(&plain).await && active(&his).await);
        withdraw(&world, &people.mother).await;
        Dispatcher::new(world.db.db()).run_due().await.unwrap();
        assert!(!active(&reading).await, "the token");
        world.refresh(reading["refresh_token"].as_str().unwrap(), "portal", &[]).await.assert_refused(400, "invalid_grant");
        assert!(active(&plain).await, "what rests on something else stands");
        assert!(active(&his).await, "another person's stands");
        // The agreement with the system is taken back too: it renews nothing, and the next sign-in asks.
        world.refresh(plain["refresh_token"].as_str().unwrap(), "portal", &[]).await.assert_refused(400, "invalid_grant");
        let ask = Ask::new(&world, "portal");
        let page = browser.look(&ask.pushed_address(&world, "portal", None).await).await.page();
        assert!(page.text.contains("dong_y"));
        let audits = world.db.fetch_all("SELECT detail FROM store_audit WHERE action = 'client_grant.withdrawn'", vec![]).await.unwrap();
        assert_eq!(audits.len(), 1);
        // Delivered twice, it does no more.
        assert_eq!(world.refresh(his["refresh_token"].as_str().unwrap(), "portal", &[]).await.status, 200);
    }

    async fn refusing_is_written_down_too(db: TestDb) {
        let world = World::open(&db).await;
        portal(&world, &json!({})).await;
        let people = people(&world).await;
        let mut browser = resident(&world, &people.mother).await;
        let ask = Ask::new(&world, "portal").with("authorization_details", &read().to_string());
        let page = browser.look(&ask.pushed_address(&world, "portal", None).await).await.page();
        assert_eq!(browser.submit(&page, &[("tu_choi", "1")]).await.error(), "access_denied");
        let standing = world.room.standing(&people.mother.person.id, "vault_reuse").await.unwrap().unwrap();
        assert_eq!(standing.decision, Decision::Refused);
    }

    async fn a_person_takes_back_what_a_system_may_know(db: TestDb) {
        let world = World::open(&db).await;
        portal(&world, &json!({})).await;
        let people = people(&world).await;
        let mut browser = resident(&world, &people.mother).await;
        let tokens = at_portal(&world, &mut browser, "openid profile", None).await;
        assert_eq!(world.userinfo(access(&tokens), &world.dpop).await.status, 200);
        let page = browser.look("/vi/tai-khoan/he-thong").await.page();
        assert!(page.text.contains("Cổng") && page.text.contains("họ và tên"), "{}", page.text);
        let page = browser.submit(&page, &[]).await.page();
        assert!(page.text.contains("chưa đồng ý với hệ thống nào"), "{}", page.text);
        world.userinfo(access(&tokens), &world.dpop).await.assert_refused(401, "invalid_token");
        world.refresh(tokens["refresh_token"].as_str().unwrap(), "portal", &[]).await.assert_refused(400, "invalid_grant");
        assert!(browser.look("/en/tai-khoan/he-thong").await.page().text.contains("You have not agreed"));
    }
}
