//! SCIM 2.0 over HTTP: accounts and posts kept by a directory, and what ends when they end.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "common/town.rs"]
mod town;

use axum::body::Body;
use axum::http::{Request, header};
use haidang_contracts::actor::PersonId;
use haidang_contracts::identity::Identity as _;
use haidang_identity::{IdentityRoom, NewToken};
use haidang_store::{ActorRef, args};
use haidang_testkit::{Rooms, TestDb, db_test};
use haidang_web::Served;
use haidang_web::session::{self, SignIn};
use serde_json::{Value, json};

const ROOMS: Rooms = &[("web", haidang_web::MIGRATIONS), ("identity", haidang_identity::MIGRATIONS)];

const POSITIONS: &str = r#"
    [[role]]
    id = "clerk"
    vi = "Văn thư"
    capabilities = ["case.issue"]
    agencies = ["department"]
"#;

struct Trial {
    city: Served,
    room: IdentityRoom,
    token: String,
    weak: String,
}

struct Got {
    status: u16,
    etag: String,
    body: Value,
}

impl Trial {
    async fn open(db: &TestDb) -> Trial {
        let room = town::room_with(db, POSITIONS);
        town::departments(db, &["H24.S08"]).await;
        let maker: PersonId = db.ambient().new_id();
        let mut tokens = Vec::new();
        for capability in ["scim.manage", "audit.read"] {
            let new = NewToken {
                name: "Thư mục".into(),
                agency: "H24.S08".into(),
                capabilities: vec![capability.into()],
                expires_at: None,
            };
            tokens.push(room.make_token(&new, ActorRef::system(), &maker, "").await.unwrap().token);
        }
        let city = town::serve(db, &room);
        let weak = tokens.pop().unwrap();
        Trial { city, room, token: tokens.pop().unwrap(), weak }
    }

    async fn send(&self, token: &str, method: &str, path: &str, body: Option<Value>, headers: &[(&str, &str)]) -> Got {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/scim/v2{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/scim+json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.city.call(request.body(body).unwrap()).await;
        let status = response.status().as_u16();
        let etag = response.headers().get(header::ETAG).map(|tag| tag.to_str().unwrap().to_owned()).unwrap_or_default();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        Got { status, etag, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> Got {
        let body = (!body.is_null()).then_some(body);
        self.send(&self.token, method, path, body, &[]).await
    }

    async fn make(&self, name: &str) -> String {
        let made = self.ask("POST", "/Users", json!({ "userName": name, "displayName": "Nguyễn Thị Lan" })).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.body["id"].as_str().unwrap().to_owned()
    }

    /// A browser session of the account; whether it still lives is asked from the store, as every request does.
    async fn sign_in(&self, id: &str) -> PersonId {
        let person = PersonId::parse(id).unwrap();
        session::open(self.city.site(), &person, SignIn::official(true)).await.unwrap();
        person
    }

    async fn sessions(&self, person: &PersonId) -> usize {
        session::list(self.city.site(), person).await.unwrap().len()
    }

    async fn ended_events(&self) -> i64 {
        let count = "SELECT CAST(count(*) AS BIGINT) AS n FROM store_event WHERE kind = 'session.ended'";
        self.city.site().db.fetch_one(count, args![]).await.unwrap().integer("n").unwrap()
    }
}

fn patch(operations: Value) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations })
}

db_test! {
    rooms = ROOMS;

    async fn only_a_token_for_it_may_provision(db: TestDb) {
        let trial = Trial::open(&db).await;
        let refused = trial.send(&trial.weak, "GET", "/Users", None, &[]).await;
        assert_eq!(refused.status, 403);
        assert_eq!(refused.body["schemas"][0], "urn:ietf:params:scim:api:messages:2.0:Error");
        assert_eq!(trial.send("hd_unknown", "GET", "/Users", None, &[]).await.status, 401);
        assert_eq!(trial.ask("GET", "/Users", Value::Null).await.status, 200);
        for path in ["/Users/x", "/Groups/x", "/Schemas/x", "/ResourceTypes/x", "/Nothing/at/all"] {
            let missing = trial.ask("GET", path, Value::Null).await;
            assert_eq!((missing.status, missing.body["status"].as_str()), (404, Some("404")), "{path}");
        }
    }

    async fn an_account_lives_from_post_to_delete(db: TestDb) {
        let trial = Trial::open(&db).await;
        let id = trial.make("Lan.NTH").await;
        let taken = trial.ask("POST", "/Users", json!({ "userName": "lan.nth" })).await;
        assert_eq!((taken.status, taken.body["scimType"].as_str()), (409, Some("uniqueness")));
        let found = trial.ask("GET", "/Users?filter=userName%20eq%20%22lan.nth%22", Value::Null).await;
        assert_eq!((found.body["totalResults"].as_i64(), found.body["Resources"][0]["id"].as_str()), (Some(1), Some(id.as_str())));
        let got = trial.ask("GET", &format!("/Users/{id}"), Value::Null).await;
        assert_eq!(got.etag, "W/\"1\"");
        let put = json!({ "userName": "lan.nth", "displayName": "Nguyễn Thị Lan Anh", "emails": [{ "value": "lan@hp.vn" }] });
        let stale = trial.send(&trial.token, "PUT", &format!("/Users/{id}"), Some(put.clone()), &[("if-match", "W/\"9\"")]).await;
        assert_eq!(stale.status, 412);
        let replaced = trial.send(&trial.token, "PUT", &format!("/Users/{id}"), Some(put), &[("if-match", "W/\"1\"")]).await;
        assert_eq!((replaced.status, replaced.etag.as_str()), (200, "W/\"2\""));
        let person = PersonId::parse(&id).unwrap();
        let known = trial.room.person(&person).await.unwrap().unwrap();
        assert_eq!((known.full_name.as_str(), known.email.as_deref()), ("Nguyễn Thị Lan Anh", Some("lan@hp.vn")));
        let same = trial.send(&trial.token, "GET", &format!("/Users/{id}"), None, &[("if-none-match", "W/\"2\"")]).await;
        assert_eq!(same.status, 304);
        assert_eq!(trial.ask("DELETE", &format!("/Users/{id}"), Value::Null).await.status, 204);
        assert_eq!(trial.ask("GET", &format!("/Users/{id}"), Value::Null).await.status, 404);
        assert!(trial.room.actor(&person, None).await.unwrap().is_none(), "a removed account is nobody's actor");
        trial.make("lan.nth").await;
    }

    async fn lists_are_cut_into_pages(db: TestDb) {
        let trial = Trial::open(&db).await;
        for number in 0..5 {
            trial.make(&format!("user.{number}")).await;
        }
        for (query, items, first) in [("count=2", 2, 1), ("startIndex=5&count=2", 1, 5), ("count=0", 0, 1), ("startIndex=-3", 5, 1), ("count=-1", 0, 1), ("startIndex=99", 0, 99)] {
            let page = trial.ask("GET", &format!("/Users?{query}"), Value::Null).await.body;
            let seen = (page["totalResults"].as_i64(), page["itemsPerPage"].as_i64(), page["startIndex"].as_i64());
            assert_eq!(seen, (Some(5), Some(items), Some(first)), "{query}");
            assert_eq!(page["Resources"].as_array().unwrap().len() as i64, items, "{query}");
        }
        let wrong = trial.ask("GET", "/Users?filter=userName%20like%20%22x%22", Value::Null).await;
        assert_eq!((wrong.status, wrong.body["scimType"].as_str()), (400, Some("invalidFilter")));
    }

    async fn t46_an_account_set_inactive_loses_every_session_at_once(db: TestDb) {
        let trial = Trial::open(&db).await;
        let id = trial.make("lan.nth").await;
        let person = trial.sign_in(&id).await;
        trial.sign_in(&id).await;
        assert_eq!((trial.sessions(&person).await, trial.ended_events().await), (2, 0));
        let body = patch(json!([{ "op": "Replace", "path": "active", "value": "False" }]));
        let off = trial.ask("PATCH", &format!("/Users/{id}"), body).await;
        assert_eq!((off.status, off.body["active"].as_bool()), (200, Some(false)));
        assert_eq!(trial.sessions(&person).await, 0);
        assert_eq!(trial.ended_events().await, 2, "the provider is told of both, and ends what hangs on them");
        assert!(trial.room.actor(&person, None).await.unwrap().is_none());
        // Taking the attribute away, and whatever is changed after it, unlocks nobody.
        for body in [
            patch(json!([{ "op": "remove", "path": "active" }])),
            patch(json!([{ "op": "replace", "path": "title", "value": "Văn thư" }])),
        ] {
            let answer = trial.ask("PATCH", &format!("/Users/{id}"), body).await;
            assert_eq!((answer.status, answer.body.get("active")), (200, None));
            assert!(trial.room.actor(&person, None).await.unwrap().is_none());
        }
        let body = patch(json!([{ "op": "replace", "value": { "active": true } }]));
        assert_eq!(trial.ask("PATCH", &format!("/Users/{id}"), body).await.body["active"], true);
        assert!(trial.room.actor(&person, None).await.unwrap().is_some());
    }

    async fn t46_leaving_the_group_of_a_post_ends_the_post_and_every_session(db: TestDb) {
        let trial = Trial::open(&db).await;
        let id = trial.make("lan.nth").await;
        let members = json!([{ "value": id }]);
        let plain = trial.ask("POST", "/Groups", json!({ "displayName": "Bóng đá", "members": members })).await;
        assert_eq!(plain.status, 201, "{}", plain.body);
        let person = trial.sign_in(&id).await;
        let actor = || async { trial.room.actor(&person, None).await.unwrap().unwrap() };
        assert!(!actor().await.can("case.issue"), "a group with any other name bears no right");
        let made = trial.ask("POST", "/Groups", json!({ "displayName": "clerk@H24.S08", "members": members })).await;
        assert_eq!(made.status, 201, "{}", made.body);
        assert!(actor().await.can_in("case.issue", "H24.S08"));
        assert_eq!(made.body["members"][0]["$ref"], format!("http://localhost/scim/v2/Users/{id}"));
        let user = trial.ask("GET", &format!("/Users/{id}"), Value::Null).await;
        assert_eq!(user.body["groups"].as_array().unwrap().len(), 2);
        assert_eq!(trial.sessions(&person).await, 1, "a new right ends nothing");
        let group = made.body["id"].as_str().unwrap();
        let body = patch(json!([{ "op": "remove", "path": format!("members[value eq \"{id}\"]") }]));
        let left = trial.ask("PATCH", &format!("/Groups/{group}"), body).await;
        assert_eq!((left.status, left.body.get("members")), (200, None));
        assert!(!actor().await.can("case.issue"));
        assert_eq!(trial.sessions(&person).await, 0);
        let body = patch(json!([{ "op": "add", "path": "members", "value": [{ "value": id }] }]));
        assert_eq!(trial.ask("PATCH", &format!("/Groups/{group}"), body).await.status, 200);
        assert!(actor().await.can("case.issue"), "the post is given again");
        let body = patch(json!([{ "op": "replace", "path": "displayName", "value": "Không là vị trí nào" }]));
        assert_eq!(trial.ask("PATCH", &format!("/Groups/{group}"), body).await.status, 200);
        assert!(!actor().await.can("case.issue"), "a renamed group gives no post any more");
        let stranger: PersonId = db.ambient().new_id();
        let body = json!({ "displayName": "x", "members": [{ "value": stranger.as_str() }] });
        assert_eq!(trial.ask("POST", "/Groups", body).await.body["scimType"], "invalidValue");
    }

    async fn accounts_of_the_house_are_seen_by_the_directory(db: TestDb) {
        let trial = Trial::open(&db).await;
        let account = haidang_identity::NewAccount {
            username: "van.thu".into(),
            password: "con mèo trèo cây cau".into(),
            full_name: "Trần Văn Thử".into(),
            agency: "H24.S08".into(),
            role: "clerk".into(),
        };
        trial.room.add_account(&account, ActorRef::system()).await.unwrap();
        let list = trial.ask("GET", "/Users", Value::Null).await.body;
        assert_eq!((list["Resources"][0]["userName"].as_str(), list["Resources"][0]["displayName"].as_str()), (Some("van.thu"), Some("Trần Văn Thử")));
        trial.room.set_locked("van.thu", true, ActorRef::system()).await.unwrap();
        let id = list["Resources"][0]["id"].as_str().unwrap();
        assert_eq!(trial.ask("GET", &format!("/Users/{id}"), Value::Null).await.body["active"], false);
    }
}
