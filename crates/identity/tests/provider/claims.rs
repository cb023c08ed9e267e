//! Claims that hold at this moment: posts, the level of the national account, who is acted for.

use super::common::{acting, person, proposal, seed};
use super::support::*;
use haidang_identity::model::{PersonSeed, RelationSeed};
use haidang_identity::provider::NewClient;
use haidang_identity::rules::RelationKind;
use haidang_store::Dispatcher;
use haidang_testkit::db_test;
use haidang_web::session::{self, SignIn};
use serde_json::{Value, json};

/// A client that may ask for everything of our own.
pub async fn portal(world: &World, more: &Value) {
    let mut client = json!({
        "client_id": "portal", "client_name": "Cổng", "token_endpoint_auth_method": "private_key_jwt",
        "redirect_uris": [REDIRECT], "grant_types": ["authorization_code", "refresh_token"],
        "scope": "openid profile roles account_level representee_list representee.*", "jwks": { "keys": [world.web.jwk] },
    });
    for (name, value) in more.as_object().unwrap() {
        client[name] = value.clone();
    }
    world.let_in(NewClient::from_json(&client).unwrap()).await;
}

/// A mother, her company, and a man who authorises her.
pub struct People {
    pub mother: PersonSeed,
    pub company: PersonSeed,
    pub neighbour: PersonSeed,
}

pub async fn people(world: &World) -> People {
    let people = People {
        mother: person(&world.db, "Lê Thị Ví Dụ", "031190000015", "1990-05-01"),
        company: person(&world.db, "Công ty Mẫu", "0200000011", ""),
        neighbour: person(&world.db, "Phạm Văn Thử", "031085000016", "1985-01-01"),
    };
    let relation = RelationSeed {
        person: people.mother.person.id.clone(),
        other: people.company.person.id.clone(),
        kind: RelationKind::Represents,
    };
    seed(&world.db, &[people.mother.clone(), people.company.clone(), people.neighbour.clone()], &[relation]).await;
    people
}

/// Somebody whom the national identity vouches for.
pub async fn resident(world: &World, who: &PersonSeed) -> Browser {
    let sign_in = SignIn::resident(2);
    let cookie = session::open(&world.site, &who.person.id, sign_in).await.unwrap_or_else(|_| panic!("no session"));
    let mut browser = world.browser();
    let (name, value) = cookie.split_once('=').unwrap();
    browser.cookies.insert(name.to_owned(), value.to_owned());
    browser
}

/// A whole sign-in at the portal, with what is picked on the way.
pub async fn at_portal(world: &World, browser: &mut Browser, scope: &str, picked: Option<&str>) -> Value {
    let ask = Ask::new(world, "portal").with("scope", scope);
    let address = ask.pushed_address(world, "portal", Some(&world.dpop)).await;
    let mut end = browser.look(&address).await;
    if let End::Page(page) = end {
        assert!(page.text.contains("dong_y"), "{}", page.text);
        let mut fields = vec![("dong_y", "1")];
        fields.extend(picked.map(|picked| ("thay_mat", picked)));
        end = browser.submit(&page, &fields).await;
    }
    let got = world
        .post_with("/oauth2/token", &ask.redeem(world, "portal", &end.code()), Some(&world.dpop), &json!({}))
        .await;
    assert_eq!(got.status, 200, "{}", got.text);
    got.json()
}

pub fn access(tokens: &Value) -> &str {
    tokens["access_token"].as_str().unwrap()
}

fn id_token(tokens: &Value) -> Value {
    claims_of(tokens["id_token"].as_str().unwrap())
}

db_test! {
    rooms = ROOMS;

    async fn posts_are_told_to_whom_they_were_agreed_and_only_with_two_factors(db: TestDb) {
        let world = World::open(&db).await;
        portal(&world, &json!({ "sign_in": "official", "subject_type": "public" })).await;
        let mut browser = world.browser();
        browser.user = "hai.yeu.to";
        let sign_in = async |browser: &mut Browser, scope: &str| {
            let ask = Ask::new(&world, "portal").with("scope", scope).with("acr_values", if browser.user == "hai.yeu.to" { "urn:haidang:nd69:xt2" } else { "" });
            let address = ask.pushed_address(&world, "portal", Some(&world.dpop)).await;
            let code = browser.walk(&address).await.code();
            world.post_with("/oauth2/token", &ask.redeem(&world, "portal", &code), Some(&world.dpop), &json!({})).await.json()
        };
        let tokens = sign_in(&mut browser, "openid roles account_level").await;
        let role = json!([{ "value": "administrator", "display": "Quản trị hệ thống", "agency": "H24.S08" }]);
        assert_eq!(claims_of(access(&tokens))["roles"], role);
        assert_eq!(world.userinfo(access(&tokens), &world.dpop).await.json()["roles"], role);
        assert_eq!(world.introspect(access(&tokens), "portal").await["roles"], role);
        assert!(id_token(&tokens).get("nd69_account_level").is_none(), "no upstream vouched for this sign-in");
        let without = sign_in(&mut browser, "openid").await;
        assert!(claims_of(access(&without)).get("roles").is_none());
        let mut weak = world.browser();
        let tokens = sign_in(&mut weak, "openid roles").await;
        assert!(claims_of(access(&tokens)).get("roles").is_none(), "one factor bears no post");
    }

    async fn the_level_of_the_national_account_is_told_by_scope_or_by_name(db: TestDb) {
        let world = World::open(&db).await;
        portal(&world, &json!({})).await;
        let people = people(&world).await;
        let mut browser = resident(&world, &people.mother).await;
        let tokens = at_portal(&world, &mut browser, "openid account_level", None).await;
        assert_eq!(id_token(&tokens)["nd69_account_level"], 2);
        assert_eq!(claims_of(access(&tokens))["nd69_account_level"], 2);
        let plain = at_portal(&world, &mut browser, "openid", None).await;
        assert!(id_token(&plain).get("nd69_account_level").is_none());
        let claims = json!({ "userinfo": { "nd69_account_level": null } }).to_string();
        let ask = Ask::new(&world, "portal").with("claims", &claims);
        let code = ask.code(&mut browser, "portal", Some(&world.dpop)).await;
        let tokens = world.post_with("/oauth2/token", &ask.redeem(&world, "portal", &code), Some(&world.dpop), &json!({})).await.json();
        assert_eq!(world.userinfo(access(&tokens), &world.dpop).await.json()["nd69_account_level"], 2);
        let metadata = world.get("/.well-known/openid-configuration", &[]).await.json();
        for claim in ["roles", "nd69_account_level", "representee", "representee_list"] {
            assert!(metadata["claims_supported"].as_array().unwrap().contains(&json!(claim)), "{claim}");
        }
    }

    async fn the_one_acted_for_is_picked_and_carried_once(db: TestDb) {
        let world = World::open(&db).await;
        portal(&world, &json!({})).await;
        let people = people(&world).await;
        let mut browser = resident(&world, &people.mother).await;
        let company = people.company.person.id.as_str().to_owned();
        let tokens = at_portal(&world, &mut browser, "openid representee.*", Some(&company)).await;
        let told = id_token(&tokens)["representee"].clone();
        assert_eq!((&told["status"], &told["type"], &told["name"]), (&json!("REQUESTED_REPRESENTEE_CURRENT"), &json!("LEGAL_PERSON"), &json!("Công ty Mẫu")));
        assert_eq!(told["mandates"][0]["kind"], "LEGAL_REPRESENTATIVE");
        assert_ne!(told["sub"], company, "by the pairwise name of this sector");
        assert_ne!(told["sub"], id_token(&tokens)["sub"], "the human stays sub");
        let carried = claims_of(access(&tokens))["representee"].clone();
        assert!(carried["sub"] == told["sub"] && carried.get("name").is_none(), "no name travels: {carried}");
        let rows = world.db.fetch_all("SELECT on_behalf FROM store_audit WHERE action IN ('token.issued', 'authorization.granted')", vec![]).await.unwrap();
        assert!(rows.iter().all(|row| row.opt_text("on_behalf").unwrap().as_deref() == Some(&company)), "the audit stores both");
        // Not carried on unless asked again.
        let refresh = tokens["refresh_token"].as_str().unwrap();
        let next = world.refresh(refresh, "portal", &[]).await.json();
        assert!(claims_of(access(&next)).get("representee").is_none() && next["scope"] == "openid", "{next}");
        let again = world.refresh(refresh, "portal", &[("scope", "openid representee.*")]).await.json();
        assert_eq!(claims_of(access(&again))["representee"]["sub"], told["sub"]);
        // For oneself there is no claim, and somebody else's company is not on offer.
        let own = at_portal(&world, &mut browser, "openid representee.*", Some("ban_than")).await;
        assert!(id_token(&own).get("representee").is_none());
        let ask = Ask::new(&world, "portal").with("scope", "openid representee.*");
        let page = browser.look(&ask.pushed_address(&world, "portal", Some(&world.dpop)).await).await.page();
        for picked in [vec![("dong_y", "1")], vec![("dong_y", "1"), ("thay_mat", people.neighbour.person.id.as_str())]] {
            let page = browser.submit(&page, &picked).await.page();
            assert!(page.text.contains("Hãy chọn ông/bà đang làm việc cho ai"), "{}", page.text);
        }
        Ask::new(&world, "portal").with("scope", "openid representee.* representee.x").push(&world, "portal", None).await.assert_refused(400, "invalid_scope");
        Ask::new(&world, "web").with("scope", "openid representee.x").push(&world, "web", None).await.assert_refused(400, "invalid_scope");
    }

    async fn t41_a_mandate_that_ended_is_in_no_later_token(db: TestDb) {
        let world = World::open(&db).await;
        portal(&world, &json!({})).await;
        let people = people(&world).await;
        let (mother, neighbour) = (acting(&world.room, &people.mother, None).await, acting(&world.room, &people.neighbour, None).await);
        let mandate = world.room.mandate_between(&neighbour, &mother, proposal(&db, &people.mother, "2026-12-31")).await.unwrap();
        let mut browser = resident(&world, &people.mother).await;
        let listed = at_portal(&world, &mut browser, "openid representee_list", None).await;
        let list = world.userinfo(access(&listed), &world.dpop).await.json()["representee_list"].clone();
        assert_eq!((&list["status"], list["list"].as_array().unwrap().len()), (&json!("REPRESENTEE_LIST_CURRENT"), 2), "{list}");
        let his = list["list"].as_array().unwrap().iter().find(|one| one["name"] == "Phạm Văn Thử").unwrap()["sub"].as_str().unwrap().to_owned();
        let scope = format!("openid representee.{his}");
        let tokens = at_portal(&world, &mut browser, &scope, None).await;
        assert_eq!(id_token(&tokens)["representee"]["name"], "Phạm Văn Thử");
        let refresh = tokens["refresh_token"].as_str().unwrap().to_owned();
        world.room.end_mandate_as(&neighbour, &mandate).await.unwrap();
        // The very next answer, before any notice is delivered.
        assert_eq!(world.userinfo(access(&tokens), &world.dpop).await.json()["representee"], json!({ "status": "REQUESTED_REPRESENTEE_NOT_ALLOWED" }));
        Dispatcher::new(world.db.db()).run_due().await.unwrap();
        world.userinfo(access(&tokens), &world.dpop).await.assert_refused(401, "invalid_token");
        world.refresh(&refresh, "portal", &[]).await.assert_refused(400, "invalid_grant");
        let nobody = at_portal(&world, &mut browser, &scope, None).await;
        assert_eq!(id_token(&nobody)["representee"], json!({ "status": "REQUESTED_REPRESENTEE_NOT_ALLOWED" }));
    }
}
