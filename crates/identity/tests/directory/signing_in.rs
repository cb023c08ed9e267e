//! The directory's password as the first factor of officials.

use crate::ROOMS;
use crate::city::{Browser, Town};
use crate::slapd::{PASSWORD, Slapd};
use haidang_identity::{DirectoryError, DirectorySettings, SignInRefusal, one_time};
use haidang_store::ActorRef;
use haidang_testkit::{TestDb, db_test};

const ENROL: &str = "/vi/tai-khoan/ma-xac-thuc";

async fn followed(db: &TestDb, settings: DirectorySettings) -> Town {
    let town = Town::open(db).await;
    town.room.use_directory(settings).await.unwrap();
    town.room.synchronise_directory(town.served.site(), false, ActorRef::system()).await.unwrap();
    town
}

async fn refusal(town: &Town, name: &str, password: &str) -> String {
    town.room.check_password(name, password).await.unwrap_err().to_string()
}

db_test! {
    rooms = ROOMS;

    async fn the_password_is_the_directorys_and_the_second_factor_is_ours(db: TestDb) {
        let slapd = Slapd::start();
        let town = followed(&db, slapd.settings()).await;
        let mut browser = Browser::new(&town);
        assert_eq!(browser.password("Lan.NT ", PASSWORD).await.status, 303);
        let me: serde_json::Value = browser.get("/api/v1/me").await.json();
        assert_eq!(me["positions"], serde_json::json!([]), "without a second factor the session bears no post: {me}");

        // The telephone is enrolled with this city; the directory knows nothing of it.
        browser.get(ENROL).await;
        browser.post("/vi/tai-khoan/ma-xac-thuc/bat-dau", &[]).await;
        let page = browser.get(ENROL).await.text;
        let shown = page.split("<code class=\"hd-figures\">").nth(1).unwrap().split('<').next().unwrap().replace(' ', "");
        let secret: one_time::Secret =
            data_encoding::BASE32_NOPAD.decode(shown.as_bytes()).unwrap().try_into().unwrap();
        let code = one_time::code_at(&secret, db.ambient().now());
        let done = browser.post(ENROL, &[("code", &code)]).await;
        assert!(done.status < 400, "{} {}", done.status, done.text);

        town.wait(60);
        let mut again = Browser::new(&town);
        let answer = again.password("lan.nt", PASSWORD).await;
        assert!(answer.location.contains("xac-thuc"), "{}", answer.location);
        let code = one_time::code_at(&secret, db.ambient().now());
        let answer = again.post("/vi/dang-nhap/xac-thuc", &[("code", &code)]).await;
        assert_eq!((answer.status, answer.location.as_str()), (303, "/vi/can-bo/viec"));
        let me: serde_json::Value = again.get("/api/v1/me").await.json();
        assert_eq!(me["positions"][0]["role"], "clerk", "{me}");
        assert_eq!(again.get("/vi/tai-khoan/mat-khau").await.status, 403, "its password is changed in the directory");
    }

    async fn t26_names_the_directory_knows_and_names_it_does_not_cost_and_say_the_same(db: TestDb) {
        let slapd = Slapd::start();
        let town = followed(&db, slapd.settings()).await;
        let mut seen = Vec::new();
        for name in ["lan.nt", "quan.tri", "nobody.x", "*", "lan.nt)(uid=*", "lan*", "\\2a"] {
            let mut browser = Browser::new(&town);
            let before = town.room.hasher().runs();
            let answer = browser.password(name, "sai mật khẩu rồi").await;
            assert_eq!(town.room.hasher().runs() - before, 1, "{name}");
            // What was typed stands in the form again, as HTML writes it.
            let typed = answer.text.split("name=\"username\"").nth(1).unwrap();
            let typed = typed.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
            seen.push((answer.status, answer.main(&format!("value=\"{typed}\""))));
        }
        assert_eq!(seen[0].0, 422);
        assert!(seen.iter().all(|one| *one == seen[0]), "one answer");
    }

    async fn no_password_and_no_trick_in_the_name_opens_anything(db: TestDb) {
        let slapd = Slapd::start();
        let town = followed(&db, slapd.settings()).await;
        // The server counts a bind without a password as a success of nobody's.
        for (name, password) in [
            ("lan.nt", ""),
            ("*", PASSWORD),
            ("lan*", PASSWORD),
            ("lan.nt)(objectClass=*", PASSWORD),
            ("hung.tv)(|(uid=lan.nt)", PASSWORD),
            ("uid=lan.nt,ou=people,dc=example,dc=vn", PASSWORD),
            ("reader", "reader's secret"),
        ] {
            assert_eq!(refusal(&town, name, password).await, "not right", "{name}");
        }
        assert!(town.room.check_password("lan.nt", PASSWORD).await.is_ok());
        assert!(town.room.set_password("lan.nt", "một mật khẩu của riêng tôi", ActorRef::system()).await.is_err());
    }

    async fn t27_guesses_at_the_directory_wait_like_all_others(db: TestDb) {
        let slapd = Slapd::start();
        let town = followed(&db, slapd.settings()).await;
        for name in ["lan.nt", "nobody.x"] {
            for _ in 0..5 {
                assert_eq!(refusal(&town, name, "sai").await, "not right");
            }
            assert_eq!(refusal(&town, name, PASSWORD).await, "wait 1 seconds");
        }
        town.wait(2);
        assert!(town.room.check_password("lan.nt", PASSWORD).await.is_ok());
    }

    async fn who_left_the_directory_is_refused_before_the_next_run(db: TestDb) {
        let slapd = Slapd::start();
        let town = followed(&db, slapd.settings()).await;
        slapd.remove("lan.nt").await;
        assert_eq!(refusal(&town, "lan.nt", PASSWORD).await, "not right");
        // Nor does somebody new of the same name come into the old account.
        slapd.add("lan.nt", "Phạm Ngọc Lan").await;
        assert_eq!(refusal(&town, "lan.nt", PASSWORD).await, "not right");
    }

    async fn a_silent_directory_keeps_nobody_of_the_house_out(db: TestDb) {
        let mut slapd = Slapd::start();
        let town = followed(&db, slapd.settings()).await;
        slapd.stop();
        assert!(town.room.check_password("quan.tri", crate::city::PASSWORD).await.is_ok());
        for name in ["lan.nt", "quan.tri", "nobody.x"] {
            for _ in 0..5 {
                let silent = town.room.check_password(name, "sai").await.unwrap_err();
                assert!(matches!(silent, SignInRefusal::Unavailable), "{silent}");
            }
            assert_eq!(refusal(&town, name, "sai").await, "wait 1 seconds", "guesses count while it is silent");
        }
        let mut browser = Browser::new(&town);
        let answer = browser.password("mai.lt", PASSWORD).await;
        assert_eq!((answer.status, answer.headers["retry-after"].to_str().unwrap()), (503, "60"));
        let fault = town.room.synchronise_directory(town.served.site(), false, ActorRef::system()).await.unwrap_err();
        assert!(matches!(fault, DirectoryError::Silent(_)), "{fault}");
    }

    async fn tls_is_checked_against_the_named_authority(db: TestDb) {
        let slapd = Slapd::start();
        let plain = DirectorySettings { groups: String::new(), posts: Vec::new(), ..slapd.settings() };
        let ca_file = Some(slapd.authority());
        for (url, start_tls) in [(slapd.tls_url(), false), (slapd.url(), true)] {
            let known = DirectorySettings { url: url.clone(), start_tls, ca_file: ca_file.clone(), ..plain.clone() };
            let town = Town::open_room(&db);
            town.use_directory(known).await.unwrap();
            assert_eq!(town.foresee_directory().await.unwrap().found, 3, "{url}");
            let stranger = Town::open_room(&db);
            stranger.use_directory(DirectorySettings { url, start_tls, ..plain.clone() }).await.unwrap();
            assert!(matches!(stranger.foresee_directory().await, Err(DirectoryError::Silent(_))), "an unknown authority");
        }
    }
}
