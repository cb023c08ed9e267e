//! One-time codes, recovery codes and the way back.

use crate::ROOMS;
use crate::city::{Browser, Got, NEW_PASSWORD, PASSWORD, Town};
use haidang_identity::one_time;
use haidang_testkit::db_test;

const CODES: &str = "/vi/tai-khoan/ma-khoi-phuc";
const ENROL: &str = "/vi/tai-khoan/ma-xac-thuc";

async fn make_codes(browser: &mut Browser) -> Vec<String> {
    browser.get(CODES).await;
    let page = browser.post(CODES, &[]).await;
    assert_eq!((page.status, page.headers["cache-control"].to_str().unwrap()), (200, "no-store"));
    page.text
        .split("<code class=\"hd-figures\">")
        .skip(1)
        .map(|part| part.split('<').next().unwrap().to_owned())
        .collect()
}

async fn recover(town: &Town, username: &str, code: &str, password: &str) -> (Browser, Got) {
    let mut browser = Browser::new(town);
    browser.get("/vi/dang-nhap/khoi-phuc").await;
    let fields = [("username", username), ("code", code), ("new", password)];
    let answer = browser.post("/vi/dang-nhap/khoi-phuc", &fields).await;
    (browser, answer)
}

/// The key on the page, as an app would keep it.
fn shown_secret(page: &str) -> one_time::Secret {
    let text = page.split("<code class=\"hd-figures\">").nth(1).unwrap().split('<').next().unwrap().replace(' ', "");
    data_encoding::BASE32_NOPAD.decode(text.as_bytes()).unwrap().try_into().unwrap()
}

db_test! {
    rooms = ROOMS;

    async fn t31_a_code_works_once_and_one_step_around_now(db: TestDb) {
        let town = Town::open(&db).await;
        let mut first = Browser::new(&town);
        first.password("van.thu", PASSWORD).await;
        let code = town.code("van.thu");
        assert_eq!(first.post("/vi/dang-nhap/xac-thuc", &[("code", &code)]).await.status, 303);
        let mut second = Browser::new(&town);
        second.password("van.thu", PASSWORD).await;
        assert_eq!(second.post("/vi/dang-nhap/xac-thuc", &[("code", &code)]).await.status, 422, "used");
        town.wait(30);
        let next = town.code("van.thu");
        town.wait(30);
        assert_eq!(second.post("/vi/dang-nhap/xac-thuc", &[("code", &next)]).await.status, 303, "one step old");
        let mut third = Browser::new(&town);
        third.password("van.thu", PASSWORD).await;
        let old = town.code("van.thu");
        town.wait(61);
        assert_eq!(third.post("/vi/dang-nhap/xac-thuc", &[("code", &old)]).await.status, 422, "two steps old");
    }

    async fn t31_another_telephone_is_enrolled_with_its_first_code(db: TestDb) {
        let town = Town::open(&db).await;
        let mut browser = town.official("van.thu").await;
        let mut other = town.official("van.thu").await;
        browser.get(ENROL).await;
        assert_eq!(browser.post(&format!("{ENROL}/bat-dau"), &[]).await.status, 303);
        let page = browser.get(ENROL).await.text;
        assert!(page.contains("<svg") && page.contains("hd-qr"));
        let secret = shown_secret(&page);
        assert_eq!(browser.post(ENROL, &[("code", "000000")]).await.status, 422);
        town.wait(30);
        assert_eq!(town.room.check_code(&person(&town, "van.thu").await, &town.code("van.thu")).await.ok(), Some(()), "the old one still holds");
        let code = one_time::code_at(&secret, db.ambient().now());
        assert_eq!(browser.post(ENROL, &[("code", &code)]).await.status, 303);
        assert_eq!(other.get("/vi/tai-khoan").await.status, 303, "other sessions end");
        assert!(!browser.get(ENROL).await.text.contains("<svg class=\"hd-qr\""), "the key is shown no more");
        let mut again = Browser::new(&town);
        again.password("van.thu", PASSWORD).await;
        assert_eq!(again.post("/vi/dang-nhap/xac-thuc", &[("code", &code)]).await.status, 422, "the enrolling code is used");
        town.wait(60);
        assert_eq!(again.post("/vi/dang-nhap/xac-thuc", &[("code", &town.code("van.thu"))]).await.status, 422, "the old telephone is out");
        let code = one_time::code_at(&secret, db.ambient().now());
        assert_eq!(again.post("/vi/dang-nhap/xac-thuc", &[("code", &code)]).await.status, 303);
    }

    async fn secrets_of_codes_are_sealed_also_those_of_earlier_releases(db: TestDb) {
        let town = Town::open(&db).await;
        let clear = "SELECT CAST(count(*) AS BIGINT) AS n FROM identity_credential WHERE totp_secret IS NOT NULL";
        assert_eq!(town.count(clear).await, 0);
        let row = db.fetch_one("SELECT totp_sealed FROM identity_credential WHERE username = 'van.thu'", vec![]).await.unwrap();
        let sealed = row.bytes("totp_sealed").unwrap();
        assert_eq!(sealed.len(), 1 + 12 + 20 + 16);
        let moved = "UPDATE identity_credential SET totp_sealed = (SELECT other.totp_sealed FROM identity_credential AS other WHERE other.username = 'van.thu') WHERE username = 'tap.su'";
        db.execute(moved, vec![]).await.unwrap();
        assert!(town.room.check_code(&person(&town, "tap.su").await, "123456").await.is_err(), "a sealed secret does not move");
        let secret = vec![7_u8; 20];
        let earlier = "UPDATE identity_credential SET totp_sealed = NULL, totp_secret = $1 WHERE username = 'van.thu'";
        db.execute(earlier, vec![secret.clone().into()]).await.unwrap();
        let person = person(&town, "van.thu").await;
        let code = |town: &Town| one_time::code_at(&[7; 20], town.db.ambient().now());
        town.room.check_code(&person, &code(&town)).await.unwrap();
        town.room.sweep().await.unwrap();
        assert_eq!(town.count(clear).await, 0);
        town.wait(30);
        town.room.check_code(&person, &code(&town)).await.unwrap();
    }

    async fn t32_who_holds_a_post_waits_a_day_and_can_stop_it(db: TestDb) {
        let town = Town::open(&db).await;
        let mut owner = town.official("van.thu").await;
        let codes = make_codes(&mut owner).await;
        assert_eq!(codes.len(), 10);
        assert!(!owner.get(CODES).await.text.contains(&codes[0]), "shown once");
        let stored = db.fetch_all("SELECT code_sha256 FROM identity_recovery_code", vec![]).await.unwrap();
        assert!(stored.iter().all(|row| row.text("code_sha256").unwrap().len() == 64));
        let (_, weak) = recover(&town, "van.thu", &codes[0], "ngắn").await;
        assert_eq!(weak.status, 422);
        let (_, begun) = recover(&town, "van.thu", &codes[0], NEW_PASSWORD).await;
        assert_eq!(begun.status, 202);
        assert_eq!(owner.get("/vi/tai-khoan").await.status, 303, "every session ends");
        town.wait(23 * 3_600);
        let (_, early) = recover(&town, "van.thu", &codes[0], NEW_PASSWORD).await;
        assert_eq!(early.status, 202, "not before a day is over");
        // The owner meets the notice and stops it.
        let mut owner = town.official("van.thu").await;
        let account = owner.get("/vi/tai-khoan").await.text;
        assert!(account.contains("bắt đầu khôi phục tài khoản") && account.contains("Dừng khôi phục"));
        assert_eq!(owner.post("/vi/tai-khoan/khoi-phuc/dung", &[]).await.status, 303);
        town.wait(2 * 3_600);
        let (_, stopped) = recover(&town, "van.thu", &codes[0], NEW_PASSWORD).await;
        assert_eq!(stopped.status, 422, "a stopped recovery is over, its code used");
        // Another one that nobody stops.
        let (_, begun) = recover(&town, "van.thu", &codes[1], NEW_PASSWORD).await;
        assert_eq!(begun.status, 202);
        town.wait(24 * 3_600);
        let (mut recovered, done) = recover(&town, "van.thu", &codes[1], NEW_PASSWORD).await;
        assert_eq!((done.status, done.location.as_str()), (303, "/vi/tai-khoan/ma-xac-thuc"));
        assert_eq!(owner.get("/vi/tai-khoan").await.status, 303, "every session ends again");
        assert_eq!(Browser::new(&town).password("van.thu", PASSWORD).await.status, 422, "the old password is void");
        let (_, again) = recover(&town, "van.thu", &codes[1], NEW_PASSWORD).await;
        assert_eq!(again.status, 422, "one code, once");
        // The old telephone is out; a new one is enrolled, and only then the post counts.
        recovered.get(ENROL).await;
        recovered.post(&format!("{ENROL}/bat-dau"), &[]).await;
        let secret = shown_secret(&recovered.get(ENROL).await.text);
        let code = one_time::code_at(&secret, db.ambient().now());
        assert_eq!(recovered.post(ENROL, &[("code", &code)]).await.status, 303);
    }

    async fn t32_without_a_post_nobody_waits(db: TestDb) {
        let town = Town::open(&db).await;
        let codes = make_codes(&mut town.official("van.thu").await).await;
        db.execute("UPDATE identity_position SET valid_to = '2026-01-01'", vec![]).await.unwrap();
        let (mut browser, done) = recover(&town, "van.thu", &codes[3].to_uppercase().replace('-', " "), NEW_PASSWORD).await;
        assert_eq!(done.status, 303);
        assert!(browser.get("/vi/tai-khoan").await.text.contains("được khôi phục"), "and is told");
        assert_eq!(Browser::new(&town).password("van.thu", NEW_PASSWORD).await.status, 303);
    }

    async fn new_codes_end_the_old_ones_and_a_wrong_one_is_throttled(db: TestDb) {
        let town = Town::open(&db).await;
        let mut owner = town.official("van.thu").await;
        let old = make_codes(&mut owner).await;
        let new = make_codes(&mut owner).await;
        assert!(old.iter().all(|code| !new.contains(code)));
        assert_eq!(recover(&town, "van.thu", &old[0], NEW_PASSWORD).await.1.status, 422);
        assert_eq!(recover(&town, "quan.tri", &new[0], NEW_PASSWORD).await.1.status, 422, "of another account");
        for _ in 0..4 {
            recover(&town, "van.thu", "abcd-efgh-jkmn-pqrs", NEW_PASSWORD).await;
        }
        let waits = recover(&town, "van.thu", &new[0], NEW_PASSWORD).await.1;
        assert_eq!((waits.status, waits.headers["retry-after"].to_str().unwrap()), (429, "1"));
    }
}

async fn person(town: &Town, username: &str) -> haidang_contracts::actor::PersonId {
    let accounts = town.room.managed_accounts(username, 1).await.unwrap();
    assert_eq!(accounts[0].username, username);
    accounts[0].person.clone()
}
