//! A higher level of whoever is signed in, asked of the upstream.

use super::Stage;
use crate::city::Place;
use haidang_identity::provider::{NewClient, Profile};
use haidang_store::{ActorRef, args};
use serde_json::json;

async fn session(stage: &Stage) -> (String, i64, String) {
    let rows = stage.town.rows("SELECT sid, assurance, methods FROM web_session", args![]).await;
    assert_eq!(rows.len(), 1, "one browser, one session");
    (rows[0].text("sid").unwrap(), rows[0].integer("assurance").unwrap(), rows[0].text("methods").unwrap())
}

on_both! {
    async fn a_page_that_asks_for_more_leads_through_the_upstream_and_back(place: Place) {
        let stage = Stage::open(&place).await;
        let number = stage.number("owner");
        let mut browser = stage.browser();
        browser.sign_in("dvcqg", &number, &[("level", "1")]).await;
        let (sid, level, _) = session(&stage).await;
        assert_eq!(level, 1);
        let token = browser.session().unwrap();
        // Authorising somebody takes two factors: the page leads to the means that give them.
        let page = browser.open("/vi/uy-quyen/moi").await;
        let asked = "/dang-nhap/nang-muc?acr=urn%3Ahaidang%3And69%3Axt2&next=%2Fuy-quyen%2Fmoi";
        assert_eq!((page.status, page.path().as_str()), (200, asked));
        assert!(page.text.contains("Mức xác thực 02") && page.text.contains("Xác thực bằng VNeID"), "{}", page.text);
        let page = browser.open("/vi/dang-nhap/nang-muc?acr=urn:haidang:nd69:xt3&next=%2Fuy-quyen%2Fmoi").await;
        assert!(page.text.contains("Mức xác thực 03"), "{}", page.text);
        // Each manner has its word for the level; the simulator is as strong as it is asked to be.
        let door = "/vi/dang-nhap/dvcqg?acr=3&next=%2Fuy-quyen%2Fmoi";
        assert!(page.text.replace("&#38;", "&").replace("&amp;", "&").contains(door), "{}", page.text);
        let there = browser.open(door).await;
        assert!(there.is_simulator() && there.url.as_str().contains("acr_values=LoA3"), "{}", there.url);
        let shown = browser.submit(&[("person", "other"), ("citizen_no", &number)]).await;
        assert_eq!((shown.status, shown.path().as_str()), (200, "/uy-quyen/moi"), "{}", shown.text);
        let (same, level, methods) = session(&stage).await;
        assert_eq!((same, level), (sid, 3), "to the systems the person uses it is still one session");
        assert!(methods.contains("face") && methods.starts_with("dvcqg"), "{methods}");
        assert_ne!(browser.session().unwrap(), token, "the token changed");
        assert_eq!(stage.acts("session.stepped_up").await, 1);
    }

    async fn the_level_of_the_decree_is_read_from_the_words_of_each_upstream(place: Place) {
        let stage = Stage::open(&place).await;
        for upstream in ["vneid", "dvcqg", "oidc"] {
            for level in 1..=4_i64 {
                let mut browser = stage.browser();
                // Each upstream has somebody of its own: one account is not reached through two without a link.
                let persona = [("vneid", "adult_2"), ("dvcqg", "foreigner"), ("oidc", "representative_1")];
                let persona = persona.iter().find(|(known, _)| *known == upstream).unwrap().1;
                browser.begin(upstream, "/tai-khoan").await;
                let shown = browser.submit(&[("person", persona), ("level", &level.to_string())]).await;
                assert_eq!(shown.path(), "/tai-khoan", "{upstream} {level}: {}", shown.text);
                assert_eq!(session(&stage).await.1, level, "{upstream}");
                browser.sign_out().await;
            }
        }
        // How well somebody was identified is another thing: an account of level 1 stays one.
        let mut browser = stage.browser();
        browser.begin("vneid", "/tai-khoan").await;
        browser.submit(&[("person", "adult_1"), ("level", "4")]).await;
        assert_eq!(session(&stage).await.1, 4);
        let rows = stage.town.rows("SELECT account_level FROM identity_person WHERE citizen_no = $1", args![stage.listed("adult_1")]).await;
        assert_eq!(rows[0].integer("account_level").unwrap(), 1);
    }

    async fn a_system_that_asks_for_more_has_the_upstream_asked(place: Place) {
        let stage = Stage::open(&place).await;
        let provider = &stage.town.city.provider;
        let mut new = NewClient::from_json(&json!({
            "client_name": "Ứng dụng thử", "redirect_uris": ["https://rp.example.test/cb"], "scope": "openid",
            "token_endpoint_auth_method": "none", "grant_types": ["authorization_code"],
        }))
        .unwrap();
        new.profile = Some(Profile::Public);
        let client = provider.register(new, ActorRef::system()).await.unwrap().id;
        provider.approve(&client, None, ActorRef::system()).await.unwrap();
        let query = haidang_web::encode([
            ("response_type", "code"),
            ("client_id", &client),
            ("redirect_uri", "https://rp.example.test/cb"),
            ("scope", "openid"),
            ("state", "s"),
            ("nonce", "n"),
            ("code_challenge", "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"),
            ("code_challenge_method", "S256"),
            ("acr_values", "urn:haidang:nd69:xt3"),
        ]);
        let mut browser = stage.browser();
        let choose = browser.open(&format!("/oauth2/authorize?{query}")).await;
        let waiting = choose.url.query_pairs().find(|(name, _)| name == "next").unwrap().1.into_owned();
        assert!(waiting.starts_with("/cho-phep/"), "{}", choose.url);
        browser.begin("oidc", &waiting).await;
        let number = stage.number("owner");
        let page = browser.submit(&[("person", "other"), ("citizen_no", &number)]).await;
        assert!(page.path().starts_with("/dang-nhap/nang-muc?acr=urn%3Ahaidang%3And69%3Axt3&next="), "{}", page.url);
        let there = browser.open(&format!("/vi/dang-nhap/oidc?{}", haidang_web::encode([("acr", "3"), ("next", &waiting)]))).await;
        assert!(there.is_simulator(), "{}", there.url);
        let asked = browser.submit(&[("person", "other"), ("citizen_no", &number)]).await;
        assert_eq!((asked.status, asked.path()), (200, waiting));
        assert!(asked.text.contains("Ứng dụng thử"), "{}", asked.text);
        assert_eq!(session(&stage).await.1, 3);
    }

    async fn t19_less_than_was_asked_or_somebody_else_raises_nothing(place: Place) {
        let stage = Stage::open(&place).await;
        let number = stage.number("owner");
        let mut browser = stage.browser();
        browser.sign_in("oidc", &number, &[]).await;
        let before = session(&stage).await;
        let people = stage.people().await;
        let token = browser.session();
        for (fields, reason) in [
            (vec![("person", "other"), ("citizen_no", number.as_str()), ("fault", "lower_level")], "level"),
            (vec![("person", "other"), ("citizen_no", number.as_str()), ("level", "2")], "level"),
            (vec![("person", "representative_3")], "other-person"),
            (vec![("person", "other"), ("decision", "cancel")], "cancelled"),
        ] {
            browser.open("/vi/dang-nhap/oidc?acr=3&next=%2Ftai-khoan").await;
            let shown = browser.submit(&fields).await;
            assert_eq!(shown.reason(), reason, "{fields:?}");
            // Trying again asks for the same level and comes back to the same page.
            assert!(reason == "other-person" || shown.text.contains("acr=3"), "{}", shown.text);
            assert_eq!(session(&stage).await, before, "{fields:?}");
            assert_eq!(browser.session(), token);
        }
        assert_eq!((stage.acts("session.stepped_up").await, stage.acts("identity.linked").await), (0, 1));
        assert_eq!(stage.people().await, people, "of somebody else nothing was written");
    }
}
