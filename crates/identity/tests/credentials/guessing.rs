//! What somebody who guesses learns and gains: nothing.

use crate::ROOMS;
use crate::authenticator::Authenticator;
use crate::city::{Browser, NEW_PASSWORD, PASSWORD, Town};
use haidang_store::ActorRef;
use haidang_testkit::db_test;

db_test! {
    rooms = ROOMS;

    async fn t26_known_and_unknown_accounts_cost_and_say_the_same(db: TestDb) {
        let town = Town::open(&db).await;
        town.room.set_locked("tap.su", true, ActorRef::system()).await.unwrap();
        let mut seen = Vec::new();
        for (username, password) in [("quan.tri", "sai mật khẩu rồi"), ("nobody.x", "sai mật khẩu rồi"), ("tap.su", PASSWORD)] {
            let mut browser = Browser::new(&town);
            let before = town.room.hasher().runs();
            let answer = browser.password(username, password).await;
            seen.push((answer.status, town.room.hasher().runs() - before, answer.main(username)));
        }
        assert_eq!((seen[0].0, seen[0].1), (422, 1));
        assert!(seen.iter().all(|one| *one == seen[0]), "wrong, unknown and locked are one");
    }

    async fn t26_recovery_says_the_same_of_known_and_unknown_accounts(db: TestDb) {
        let town = Town::open(&db).await;
        let mut seen = Vec::new();
        for username in ["quan.tri", "nobody.x"] {
            let mut browser = Browser::new(&town);
            browser.get("/vi/dang-nhap/khoi-phuc").await;
            let fields = [("username", username), ("code", "abcd-efgh-jkmn-pqrs"), ("new", NEW_PASSWORD)];
            let before = town.room.hasher().runs();
            let answer = browser.post("/vi/dang-nhap/khoi-phuc", &fields).await;
            seen.push((answer.status, town.room.hasher().runs() - before, answer.main(username)));
        }
        assert_eq!(seen[0], seen[1]);
        assert_eq!(seen[0].0, 422);
    }

    async fn t26_the_keys_of_a_name_do_not_say_whether_it_exists(db: TestDb) {
        let town = Town::open(&db).await;
        let mut shapes = Vec::new();
        for username in ["quan.tri", "nobody.x", "nobody.x"] {
            let mut browser = Browser::new(&town);
            browser.get("/vi/dang-nhap/can-bo").await;
            let begun = browser.post("/vi/dang-nhap/khoa-truy-cap/bat-dau", &[("username", username)]).await;
            assert_eq!(begun.status, 200);
            let mut options = begun.json()["options"]["publicKey"].clone();
            options["challenge"] = "".into();
            let id = options["allowCredentials"][0]["id"].as_str().unwrap().to_owned();
            options["allowCredentials"][0]["id"] = id.len().into();
            shapes.push((options, id));
        }
        assert_eq!(shapes[0].0, shapes[1].0, "one key each, of one length, whether there is one or not");
        assert_ne!(shapes[0].1, shapes[1].1);
        assert_eq!(shapes[1].1, shapes[2].1, "the same name is told the same key each time");
    }

    async fn t27_a_run_of_failures_suspends_the_password_alone(db: TestDb) {
        let town = Town::open(&db).await;
        let mut key = Authenticator::new(1);
        let mut owner = town.official("quan.tri").await;
        owner.get("/vi/tai-khoan/khoa-truy-cap").await;
        let begun = owner.post("/vi/tai-khoan/khoa-truy-cap/bat-dau", &[]).await.json();
        let credential = key.create(&begun["options"]);
        let fields = [("ceremony", begun["ceremony"].as_str().unwrap()), ("credential", &credential)];
        assert_eq!(owner.post("/vi/tai-khoan/khoa-truy-cap", &fields).await.status, 303);
        for name in ["quan.tri", "nobody.x"] {
            for failure in 0..100 {
                town.wait(61);
                let refusal = town.room.check_password(name, "sai").await.unwrap_err();
                assert_eq!(refusal.to_string(), "not right", "{name} {failure}");
            }
        }
        town.wait(3_600);
        let mut texts = Vec::new();
        for name in ["quan.tri", "nobody.x"] {
            let answer = Browser::new(&town).password(name, PASSWORD).await;
            assert!(answer.status == 422 && answer.text.contains("tạm ngưng"), "{name} {}", answer.status);
            texts.push(answer.main(name));
        }
        assert_eq!(texts[0], texts[1], "an unknown name is suspended like a known one");
        // A known passkey passes.
        let mut browser = Browser::new(&town);
        browser.get("/vi/dang-nhap/can-bo").await;
        let begun = browser.post("/vi/dang-nhap/khoa-truy-cap/bat-dau", &[]).await.json();
        let proof = key.get(&begun["options"]);
        let fields = [("ceremony", begun["ceremony"].as_str().unwrap()), ("credential", proof.as_str())];
        assert_eq!(browser.post("/vi/dang-nhap/khoa-truy-cap", &fields).await.status, 303);
        // The sweep forgets failures, never that.
        town.wait(60 * 24 * 3_600);
        town.room.sweep().await.unwrap();
        assert_eq!(Browser::new(&town).password("quan.tri", PASSWORD).await.status, 422);
        town.room.wake_password("quan.tri", ActorRef::system()).await.unwrap();
        assert_eq!(Browser::new(&town).password("quan.tri", PASSWORD).await.status, 303);
    }

    async fn t27_many_guesses_at_once_are_as_many(db: TestDb) {
        let town = Town::open(&db).await;
        let guesses = (0..20).map(|_| {
            let room = town.room.clone();
            tokio::spawn(async move { room.check_password("quan.tri", "sai").await.unwrap_err().to_string() })
        });
        let mut wrong = 0;
        for guess in guesses.collect::<Vec<_>>() {
            wrong += usize::from(guess.await.unwrap() == "not right");
        }
        assert!((1..=5).contains(&wrong), "{wrong} of twenty were tried");
    }

    async fn t28_a_full_queue_answers_503_with_retry_after(db: TestDb) {
        let town = Town::open(&db).await;
        let mut browser = Browser::new(&town);
        let held: Vec<_> = std::iter::from_fn(|| town.room.hasher().hold()).collect();
        assert_eq!(held.len(), 64);
        for username in ["quan.tri", "nobody.x"] {
            let answer = browser.password(username, PASSWORD).await;
            assert_eq!((answer.status, answer.headers["retry-after"].to_str().unwrap()), (503, "2"), "{username}");
        }
        assert_eq!(browser.get("/vi/dang-nhap/can-bo").await.status, 200, "other pages go on");
        drop(held);
        assert_eq!(browser.password("quan.tri", PASSWORD).await.status, 303, "and being turned away is no failure");
    }

    async fn t29_a_new_password_follows_the_rules(db: TestDb) {
        let town = Town::open(&db).await;
        let mut browser = town.official("van.thu").await;
        let mut other = town.official("van.thu").await;
        let long = "ă1b".repeat(400);
        for (password, expected) in [
            ("ngắn quá", "ít nhất 12 ký tự"),
            ("matkhau12345678", "dễ đoán"),
            ("Hải Phòng 2026 !!!", "dễ đoán"),
            ("maatjkhaaur2026", "dễ đoán"),
            ("van.thu đi chợ sớm", "dễ đoán"),
            ("chị Ví Dụ đi chợ sớm", "dễ đoán"),
            (long.as_str(), "không được dài quá"),
        ] {
            browser.get("/vi/tai-khoan/mat-khau").await;
            let answer = browser.post("/vi/tai-khoan/mat-khau", &[("current", PASSWORD), ("new", password)]).await;
            assert!(answer.status == 422 && answer.text.contains(expected), "{password}: {}", answer.status);
            assert!(!answer.text.contains(password), "a password is never sent back");
        }
        let wrong = browser.post("/vi/tai-khoan/mat-khau", &[("current", "sai"), ("new", NEW_PASSWORD)]).await;
        assert_eq!(wrong.status, 422);
        let done = browser.post("/vi/tai-khoan/mat-khau", &[("current", PASSWORD), ("new", NEW_PASSWORD)]).await;
        assert_eq!(done.status, 200, "{}", done.text);
        assert_eq!(browser.get("/vi/tai-khoan").await.status, 200);
        assert_eq!(other.get("/vi/tai-khoan").await.status, 303, "other sessions end");
        assert_eq!(Browser::new(&town).password("van.thu", PASSWORD).await.status, 422);
        // Typed decomposed, as some keyboards do, it is the same password; 64 characters and more are welcome.
        let decomposed = "ta\u{301}m con vi\u{323}t lo\u{323}\u{302}i ao be\u{300}o";
        assert_eq!(Browser::new(&town).password("van.thu", decomposed).await.status, 303);
        let sentence = "mỗi sáng bà tôi gánh rau ra chợ Sắt rồi ngồi kể chuyện biển khơi";
        assert!(sentence.chars().count() >= 64);
        town.room.set_password("van.thu", sentence, ActorRef::system()).await.unwrap();
        assert_eq!(Browser::new(&town).password("van.thu", sentence).await.status, 303);
        let cut: String = sentence.chars().take(63).collect();
        assert_eq!(Browser::new(&town).password("van.thu", &cut).await.status, 422, "never cut");
    }

    async fn t29_a_hash_of_other_parameters_is_renewed_at_the_next_sign_in(db: TestDb) {
        let town = Town::open(&db).await;
        let dear = haidang_identity::password::PasswordHasher::new(db.ambient().clone()).unwrap().hash_now(PASSWORD).unwrap();
        db.execute("UPDATE identity_credential SET password_hash = $1 WHERE username = 'van.thu'", vec![dear.clone().into()]).await.unwrap();
        assert_eq!(Browser::new(&town).password("van.thu", PASSWORD).await.status, 303);
        let row = db.fetch_one("SELECT password_hash FROM identity_credential WHERE username = 'van.thu'", vec![]).await.unwrap();
        let renewed = row.text("password_hash").unwrap();
        assert!(renewed != dear && !town.room.hasher().is_outdated(&renewed));
        assert_eq!(Browser::new(&town).password("van.thu", PASSWORD).await.status, 303);
    }
}
