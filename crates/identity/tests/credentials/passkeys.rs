//! Passkeys: registered, used, refused.

use crate::ROOMS;
use crate::authenticator::Authenticator;
use crate::city::{Browser, Got, PASSWORD, Town};
use haidang_testkit::db_test;

const KEYS: &str = "/vi/tai-khoan/khoa-truy-cap";
const SIGN_IN: &str = "/vi/dang-nhap/khoa-truy-cap";
const STEP_UP: &str = "/vi/dang-nhap/nang-muc/khoa";

/// Registers the key for whoever is signed in.
async fn register(browser: &mut Browser, key: &mut Authenticator) -> Got {
    browser.get(KEYS).await;
    let begun = browser.post(&format!("{KEYS}/bat-dau"), &[]).await;
    assert_eq!(begun.status, 200, "{}", begun.text);
    let begun = begun.json();
    let credential = key.create(&begun["options"]);
    let ceremony = begun["ceremony"].as_str().unwrap();
    browser.post(KEYS, &[("ceremony", ceremony), ("credential", &credential), ("name", "Máy cơ quan")]).await
}

/// Asks for a challenge at a new browser and gives back what the script would send.
async fn begin(browser: &mut Browser, key: &mut Authenticator, username: &str) -> (String, String) {
    browser.get("/vi/dang-nhap/can-bo").await;
    let begun = browser.post(&format!("{SIGN_IN}/bat-dau"), &[("username", username)]).await;
    assert_eq!(begun.status, 200, "{}", begun.text);
    let begun = begun.json();
    (begun["ceremony"].as_str().unwrap().to_owned(), key.get(&begun["options"]))
}

async fn finish(browser: &mut Browser, sent: &(String, String)) -> Got {
    browser.post(SIGN_IN, &[("ceremony", &sent.0), ("credential", &sent.1)]).await
}

async fn sign_in(town: &Town, key: &mut Authenticator, username: &str) -> (Browser, Got) {
    let mut browser = Browser::new(town);
    let sent = begin(&mut browser, key, username).await;
    let answer = finish(&mut browser, &sent).await;
    (browser, answer)
}

async fn refused(town: &Town, key: &mut Authenticator, what: &str) {
    let (mut browser, answer) = sign_in(town, key, "").await;
    assert_eq!(answer.status, 422, "{what}: {}", answer.location);
    assert_eq!(browser.get("/vi/tai-khoan").await.status, 303, "{what}: nobody is signed in");
}

db_test! {
    rooms = ROOMS;

    async fn a_passkey_is_two_factors_and_opens_the_post(db: TestDb) {
        let town = Town::open(&db).await;
        let mut key = Authenticator::new(1);
        let mut browser = town.official("quan.tri").await;
        assert_eq!(register(&mut browser, &mut key).await.status, 303);
        assert!(browser.get(KEYS).await.text.contains("Máy cơ quan"));
        for username in ["", "quan.tri"] {
            let (mut again, answer) = sign_in(&town, &mut key, username).await;
            assert_eq!((answer.status, answer.location.as_str()), (303, "/vi/can-bo/viec"));
            assert_eq!(again.get("/vi/quan-tri/tai-khoan").await.status, 200, "the post counts at once");
            let sessions = again.send("GET", "/api/v1/me/sessions", None).await.json();
            let own = sessions["items"].as_array().unwrap().iter().find(|one| one["current"] == true).unwrap().clone();
            assert_eq!(own["methods"], serde_json::json!(["hwk", "user", "mfa"]));
            assert_eq!(own["acr"], "urn:haidang:nd69:xt2");
        }
    }

    async fn t20_the_session_token_changes_at_every_way_of_signing_in(db: TestDb) {
        let town = Town::open(&db).await;
        let mut key = Authenticator::new(1);
        let mut browser = Browser::new(&town);
        browser.get("/vi/dang-nhap/can-bo").await;
        let mut seen = vec![browser.session()];
        browser.password("quan.tri", PASSWORD).await;
        seen.push(browser.session());
        browser.post("/vi/dang-nhap/xac-thuc", &[("code", &town.code("quan.tri"))]).await;
        seen.push(browser.session());
        register(&mut browser, &mut key).await;
        browser.get("/vi/dang-nhap/nang-muc").await;
        let begun = browser.post(&format!("{STEP_UP}/bat-dau"), &[]).await.json();
        let proof = key.get(&begun["options"]);
        let fields = [("ceremony", begun["ceremony"].as_str().unwrap()), ("credential", &proof)];
        assert_eq!(browser.post(STEP_UP, &fields).await.status, 303);
        seen.push(browser.session());
        let mut other = Browser::new(&town);
        let sent = begin(&mut other, &mut key, "").await;
        seen.push(other.session());
        finish(&mut other, &sent).await;
        seen.push(other.session());
        let mut different = seen.clone();
        different.sort();
        different.dedup();
        assert_eq!(different.len(), seen.len(), "{seen:?}");
    }

    async fn t30_a_challenge_is_used_once_and_waits_five_minutes(db: TestDb) {
        let town = Town::open(&db).await;
        let mut key = Authenticator::new(1);
        let mut owner = town.official("quan.tri").await;
        register(&mut owner, &mut key).await;
        let mut browser = Browser::new(&town);
        let sent = begin(&mut browser, &mut key, "").await;
        assert_eq!(finish(&mut browser, &sent).await.status, 303);
        let mut replay = Browser::new(&town);
        replay.get("/vi/dang-nhap/can-bo").await;
        assert_eq!(finish(&mut replay, &sent).await.status, 422, "the same answer again");
        let mut stolen = Browser::new(&town);
        stolen.get("/vi/dang-nhap/can-bo").await;
        let fresh = begin(&mut browser, &mut key, "").await;
        assert_eq!(finish(&mut stolen, &fresh).await.status, 422, "the challenge of another browser");
        assert_eq!(finish(&mut browser, &fresh).await.status, 422, "which used it up");
        let mut late = Browser::new(&town);
        let sent = begin(&mut late, &mut key, "").await;
        town.wait(300);
        assert_eq!(finish(&mut late, &sent).await.status, 422, "five minutes are over");
        let mut wrong = Browser::new(&town);
        let sent = begin(&mut wrong, &mut key, "").await;
        assert_eq!(finish(&mut wrong, &(sent.0.clone(), "{}".to_owned())).await.status, 422);
        assert_eq!(finish(&mut wrong, &sent).await.status, 422, "a wrong answer uses it up too");
    }

    async fn t30_origin_party_and_owner_are_checked(db: TestDb) {
        let town = Town::open(&db).await;
        let mut key = Authenticator::new(1);
        register(&mut town.official("quan.tri").await, &mut key).await;
        key.origin = "http://localhost.evil.example".to_owned();
        refused(&town, &mut key, "another origin").await;
        key.origin = "http://localhost".to_owned();
        key.party = "evil.example".to_owned();
        refused(&town, &mut key, "another party").await;
        key.party = "localhost".to_owned();
        let own = std::mem::replace(&mut key.user, vec![3; 16]);
        refused(&town, &mut key, "a key that names somebody else").await;
        key.user = Vec::new();
        refused(&town, &mut key, "a key that names nobody").await;
        key.user = own;
        let mut stranger = Authenticator::new(2);
        stranger.user = key.user.clone();
        refused(&town, &mut stranger, "a key nobody registered").await;
        stranger.id = key.id.clone();
        refused(&town, &mut stranger, "the name of a key without the key").await;
        let (_, answer) = sign_in(&town, &mut key, "van.thu").await;
        assert_eq!(answer.status, 422, "a key of one account for the name of another");
        assert_eq!(sign_in(&town, &mut key, "").await.1.status, 303, "after all that the right one works");
    }

    async fn t30_a_counter_that_goes_back_stops_the_key(db: TestDb) {
        let town = Town::open(&db).await;
        let mut key = Authenticator::new(1);
        let mut owner = town.official("quan.tri").await;
        register(&mut owner, &mut key).await;
        key.counter = 50;
        assert_eq!(sign_in(&town, &mut key, "").await.1.status, 303);
        key.counter = 10;
        let (_, copied) = sign_in(&town, &mut key, "").await;
        assert!(copied.status == 422 && copied.text.contains("dấu hiệu bị sao chép"), "{}", copied.status);
        key.counter = 100;
        refused(&town, &mut key, "a flagged key, also the original").await;
        assert!(owner.get(KEYS).await.text.contains("đã ngừng dùng"));
        assert!(owner.get("/vi/tai-khoan").await.text.contains("dấu hiệu bị sao chép"), "the owner is told");
    }

    async fn t30_a_key_is_of_one_account_only(db: TestDb) {
        let town = Town::open(&db).await;
        let mut key = Authenticator::new(1);
        register(&mut town.official("quan.tri").await, &mut key).await;
        assert_eq!(register(&mut town.official("van.thu").await, &mut key).await.status, 422);
        // The challenge of one person's step-up is not another's.
        let mut other = town.official("van.thu").await;
        other.get("/vi/dang-nhap/nang-muc").await;
        let begun = other.post(&format!("{STEP_UP}/bat-dau"), &[]).await.json();
        let proof = key.get(&begun["options"]);
        let fields = [("ceremony", begun["ceremony"].as_str().unwrap()), ("credential", proof.as_str())];
        assert_eq!(other.post(STEP_UP, &fields).await.status, 422);
    }

    async fn t30_without_verification_a_key_is_one_factor(db: TestDb) {
        let town = Town::open(&db).await;
        let mut key = Authenticator::new(1);
        register(&mut town.official("quan.tri").await, &mut key).await;
        key.verifies = false;
        let (mut browser, answer) = sign_in(&town, &mut key, "").await;
        assert_eq!((answer.status, answer.location.split('?').next().unwrap()), (303, "/vi/dang-nhap/nang-muc"));
        let sessions = browser.send("GET", "/api/v1/me/sessions", None).await.json();
        assert!(sessions["items"].as_array().unwrap().iter().any(|one| one["current"] == true && one["acr"] == "urn:haidang:nd69:xt1"));
        assert_eq!(browser.get("/vi/quan-tri/tai-khoan").await.status, 303, "no post yet");
        // A telephone beside a key is the same kind of factor; the password is what is missing.
        browser.get("/vi/dang-nhap/nang-muc").await;
        town.wait(30);
        let code = browser.post("/vi/dang-nhap/xac-thuc", &[("code", &town.code("quan.tri"))]).await;
        assert_eq!((code.status, code.location.split('?').next().unwrap()), (303, "/vi/dang-nhap/nang-muc"));
        assert_eq!(browser.get("/vi/quan-tri/tai-khoan").await.status, 303);
        browser.get("/vi/dang-nhap/nang-muc").await;
        assert_eq!(browser.post("/vi/dang-nhap/nang-muc", &[("password", "sai mật khẩu")]).await.status, 422);
        assert_eq!(browser.post("/vi/dang-nhap/nang-muc", &[("password", PASSWORD)]).await.status, 303);
        assert_eq!(browser.get("/vi/quan-tri/tai-khoan").await.status, 200, "knowledge and possession");
        // Proving more with the key asks for verification.
        browser.get("/vi/dang-nhap/nang-muc").await;
        let begun = browser.post(&format!("{STEP_UP}/bat-dau"), &[]).await.json();
        assert_eq!(begun["options"]["publicKey"]["userVerification"], "required");
        let proof = key.get(&begun["options"]);
        let fields = [("ceremony", begun["ceremony"].as_str().unwrap()), ("credential", proof.as_str())];
        let unverified = browser.post(STEP_UP, &fields).await;
        assert!(unverified.status == 422 && unverified.text.contains("chưa xác minh"));
    }

    async fn the_last_factor_of_a_post_goes_only_after_a_warning(db: TestDb) {
        let town = Town::open(&db).await;
        let mut key = Authenticator::new(1);
        let mut browser = town.official("quan.tri").await;
        register(&mut browser, &mut key).await;
        db.execute("UPDATE identity_credential SET totp_sealed = NULL", vec![]).await.unwrap();
        let page = browser.get(KEYS).await.text;
        let id = page.split("/vi/tai-khoan/khoa-truy-cap/").find(|part| part.contains("/bo\"")).unwrap().split('/').next().unwrap().to_owned();
        let path = format!("{KEYS}/{id}/bo");
        let warning = browser.post(&path, &[]).await;
        assert!(warning.status == 409 && warning.text.contains("yếu tố thứ hai cuối cùng"), "{}", warning.status);
        assert_eq!(town.count("SELECT CAST(count(*) AS BIGINT) AS n FROM identity_passkey").await, 1);
        assert_eq!(browser.post(&path, &[("sure", "1")]).await.status, 303);
        assert_eq!(town.count("SELECT CAST(count(*) AS BIGINT) AS n FROM identity_passkey").await, 0);
        assert_eq!(browser.post(&path, &[("sure", "1")]).await.status, 404);
    }

    async fn a_key_is_added_only_by_who_just_proved_themself(db: TestDb) {
        let town = Town::open(&db).await;
        let mut key = Authenticator::new(1);
        let mut half = Browser::new(&town);
        half.password("quan.tri", PASSWORD).await;
        half.get("/vi/dang-nhap/xac-thuc").await;
        assert_eq!(half.post(&format!("{KEYS}/bat-dau"), &[]).await.status, 403, "a password alone adds no key");
        let mut browser = town.official("quan.tri").await;
        browser.get(KEYS).await;
        town.wait(301);
        assert_eq!(browser.post(&format!("{KEYS}/bat-dau"), &[]).await.status, 403);
        assert!(browser.get(KEYS).await.text.contains("nang-muc?next="));
        browser.get("/vi/dang-nhap/nang-muc").await;
        browser.post("/vi/dang-nhap/xac-thuc", &[("code", &town.code("quan.tri"))]).await;
        assert_eq!(register(&mut browser, &mut key).await.status, 303);
    }

    async fn without_scripts_the_pages_say_what_else_there_is(db: TestDb) {
        let town = Town::open(&db).await;
        let page = Browser::new(&town).get("/vi/dang-nhap/can-bo").await.text;
        assert!(page.contains("<noscript>") && page.contains("Khóa truy cập cần JavaScript"));
        assert!(page.contains("data-passkey=\"get\"") && page.contains("passkey.js"));
    }
}
