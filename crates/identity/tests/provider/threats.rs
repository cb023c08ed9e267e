//! Threats of the handbook (3.12) that the provider answers for; the pure ones are tested beside their rules.

use super::support::*;
use haidang_testkit::db_test;
use serde_json::{Value, json};

db_test! {
    rooms = ROOMS;

    async fn t01_redirect_addresses_are_exact(db: TestDb) {
        let world = World::open(&db).await;
        for wrong in ["https://evil.example.test/cb", "https://rp.example.test/cb?x=1", "https://rp.example.test/cb/../cb2", "https://rp.example.test/cb#x"] {
            Ask::new(&world, "web").with("redirect_uri", wrong).push(&world, "web", None).await.assert_refused(400, "invalid_request");
            let page = world.browser().look(&Ask::new(&world, "public").with("redirect_uri", wrong).address()).await.page();
            assert_eq!(page.status, 400, "an error page, never a redirect: {wrong}");
        }
        let loopback = Ask::new(&world, "public").with("redirect_uri", "http://127.0.0.1:49152/cb");
        let end = world.browser().walk(&loopback.address()).await.callback();
        assert_eq!(end[""], "http://127.0.0.1:49152/cb", "the port of a loopback address may vary");
        Ask::new(&world, "web").with("redirect_uri", "http://127.0.0.1:1/cb").push(&world, "web", None).await.assert_refused(400, "invalid_request");
    }

    async fn t02_pkce_cannot_be_left_out_or_weakened(db: TestDb) {
        let world = World::open(&db).await;
        for (name, value) in [("code_challenge", ""), ("code_challenge_method", ""), ("code_challenge_method", "plain"), ("code_challenge_method", "s256"), ("code_challenge", "short")] {
            Ask::new(&world, "web").with(name, value).push(&world, "web", None).await.assert_refused(400, "invalid_request");
            let callback = world.browser().look(&Ask::new(&world, "public").with(name, value).address()).await.callback();
            assert_eq!((callback["error"].as_str(), callback["iss"].as_str(), callback["state"].as_str()), ("invalid_request", ISSUER, "a state"));
        }
    }

    async fn t03_a_code_without_a_challenge_takes_no_verifier(db: TestDb) {
        let world = World::open(&db).await;
        // No request leads to such a code (T2). Were one to lie there, a verifier brought later must not open it.
        let ask = Ask::new(&world, "public");
        let code = world.browser().walk(&ask.address()).await.code();
        let kept = world.db.fetch_one("SELECT request FROM identity_code", vec![]).await.unwrap().text("request").unwrap();
        let bare = kept.replace(&s256(&ask.verifier), "");
        assert_ne!(bare, kept);
        let put = async |request: String| {
            assert_eq!(world.db.execute("UPDATE identity_code SET request = $1", vec![request.into()]).await.unwrap(), 1);
        };
        put(bare).await;
        let right = ask.redeem(&world, "public", &code);
        for fields in [right.clone(), changed(right.clone(), "code_verifier", ""), changed(right.clone(), "code_verifier", &"a".repeat(43))] {
            world.post_with("/oauth2/token", &fields, None, &json!({})).await.assert_refused(400, "invalid_grant");
        }
        put(kept).await;
        world.post_with("/oauth2/token", &changed(right.clone(), "code_verifier", ""), None, &json!({})).await.assert_refused(400, "invalid_grant");
        assert_eq!(world.post_with("/oauth2/token", &right, None, &json!({})).await.status, 200);
    }

    async fn t04_a_code_used_twice_ends_what_it_gave(db: TestDb) {
        let world = World::open(&db).await;
        let ask = Ask::new(&world, "web");
        let code = ask.code(&mut world.browser(), "web", Some(&world.dpop)).await;
        let first = world.post_with("/oauth2/token", &ask.redeem(&world, "web", &code), Some(&world.dpop), &json!({})).await.json();
        let (access, refresh) = (first["access_token"].as_str().unwrap(), first["refresh_token"].as_str().unwrap());
        assert_eq!(world.userinfo(access, &world.dpop).await.status, 200);
        let again = world.post_with("/oauth2/token", &ask.redeem(&world, "web", &code), Some(&world.dpop), &json!({})).await;
        again.assert_refused(400, "invalid_grant");
        assert_eq!(world.userinfo(access, &world.dpop).await.status, 401);
        assert_eq!(world.introspect(access, "web").await, json!({ "active": false }));
        world.refresh(refresh, "web", &[]).await.assert_refused(400, "invalid_grant");
    }

    async fn t05_a_code_is_bound_to_client_address_verifier_and_key(db: TestDb) {
        let world = World::open(&db).await;
        let ask = Ask::new(&world, "web");
        let code = ask.code(&mut world.browser(), "web", Some(&world.dpop)).await;
        let right = || ask.redeem(&world, "web", &code);
        let wrong_client = changed(changed(ask.redeem(&world, "other", &code), "client_id", ""), "client_id", "other");
        for fields in [wrong_client, changed(right(), "redirect_uri", "https://rp.example.test/cb/x"), changed(right(), "redirect_uri", ""),
                       changed(right(), "code_verifier", &"a".repeat(43)), changed(right(), "code_verifier", "")] {
            world.post_with("/oauth2/token", &fields, Some(&world.dpop), &json!({})).await.assert_refused(400, "invalid_grant");
        }
        world.post_with("/oauth2/token", &right(), Some(&key()), &json!({})).await.assert_refused(400, "invalid_grant");
        world.post_with("/oauth2/token", &right(), None, &json!({})).await.assert_refused(400, "invalid_dpop_proof");
        // Nothing of this used the code up.
        assert_eq!(world.post_with("/oauth2/token", &right(), Some(&world.dpop), &json!({})).await.status, 200);
    }

    async fn t06_every_answer_names_its_issuer(db: TestDb) {
        let world = World::open(&db).await;
        let mut browser = world.browser();
        let end = browser.walk(&Ask::new(&world, "web").pushed_address(&world, "web", None).await).await.callback();
        assert!(end.contains_key("code") && end["iss"] == ISSUER, "a code: {end:?}");
        for (ask, error) in [
            (Ask::new(&world, "public").with("response_type", "token"), "unsupported_response_type"),
            (Ask::new(&world, "public").with("scope", "nonsense"), "invalid_scope"),
            (Ask::new(&world, "public").with("request", "a.b.c"), "request_not_supported"),
            (Ask::new(&world, "public").with("code_challenge", ""), "invalid_request"),
            (Ask::new(&world, "public").with("resource", "urn:no-such"), "invalid_target"),
            (Ask::new(&world, "public").with("prompt", "none"), "consent_required"),
        ] {
            let end = browser.look(&ask.address()).await.callback();
            assert_eq!((end["error"].as_str(), end["iss"].as_str(), end["state"].as_str()), (error, ISSUER, "a state"));
        }
        let unsigned = world.browser().look(&Ask::new(&world, "public").with("prompt", "none").address()).await.callback();
        assert_eq!((unsigned["error"].as_str(), unsigned["iss"].as_str()), ("login_required", ISSUER));
        let page = browser.look(&Ask::new(&world, "public").address()).await.page();
        let refused = browser.submit(&page, &[("tu_choi", "1")]).await.callback();
        assert_eq!((refused["error"].as_str(), refused["iss"].as_str()), ("access_denied", ISSUER));
        let form = Ask::new(&world, "web").with("response_mode", "form_post").pushed_address(&world, "web", None).await;
        let page = browser.look(&form).await.page();
        assert!(page.text.contains(&format!("name=\"iss\" value=\"{ISSUER}\"")) && page.text.contains("name=\"code\""), "{}", page.text);
    }

    async fn t08_after_a_form_the_browser_is_sent_on_by_303_and_never_with_the_form(db: TestDb) {
        let world = World::open(&db).await;
        let mut browser = world.browser();
        let address = Ask::new(&world, "web").pushed_address(&world, "web", None).await;
        // A request by POST, the sign-in with its password, and the yes: each answer that leads on is a 303.
        let fields: Vec<(String, String)> = Ask::new(&world, "public").params;
        let got = browser.open("POST", "/oauth2/authorize", Some(haidang_web::encode(fields))).await;
        assert_eq!((got.status, got.header("location").is_empty()), (303, false), "{}", got.text);
        let sign_in = browser.look(&address).await.page();
        let token = sign_in.text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let next = sign_in.text.split("name=\"next\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        browser.origin = "null";
        let body = haidang_web::encode([("csrf", token.as_str()), ("username", "mot.yeu.to"), ("password", PASSWORD), ("next", &next)]);
        let got = browser.open("POST", "/vi/dang-nhap/can-bo", Some(body)).await;
        assert_eq!(got.status, 303, "{}", got.text);
        assert!(!got.header("location").contains("password") && got.text.is_empty(), "nothing of the form goes on");
        let question = browser.look(got.header("location")).await.page();
        let asked = question.text.split("<main").nth(1).unwrap();
        let action = asked.split("<form action=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let token = asked.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let got = browser.open("POST", &action, Some(haidang_web::encode([("csrf", token.as_str()), ("dong_y", "1")]))).await;
        assert_eq!(got.status, 303, "307 would send the form to the system: {}", got.text);
        assert!(got.header("location").starts_with(REDIRECT));
    }

    async fn where_forms_may_lead_is_known_after_a_restart(db: TestDb) {
        let world = World::open(&db).await;
        let policy = async |world: &World| world.browser().look("/vi/dang-nhap/can-bo").await.page().header("content-security-policy").to_owned();
        world.add(json!({ "client_id": "waiting", "client_name": "w", "token_endpoint_auth_method": "none", "redirect_uris": ["https://late.example.test/cb"], "scope": "openid" })).await;
        for world in [&world, &world.restarted().await] {
            let policy = policy(world).await;
            for origin in ["https://rp.example.test", "https://other.example.test", "https://late.example.test"] {
                assert!(policy.contains(&format!(" {origin}")), "{origin}: {policy}");
            }
        }
        world.provider.suspend("waiting", true, haidang_store::ActorRef::system()).await.unwrap();
        assert!(!policy(&world).await.contains("late.example.test"), "a system that was set aside is no place to go");
        let fresh = world.restarted().await;
        let policy = policy(&fresh).await;
        assert!(!policy.contains("late.example.test") && policy.contains("rp.example.test"), "{policy}");
    }

    async fn t07_there_is_no_implicit_and_no_password_grant(db: TestDb) {
        let world = World::open(&db).await;
        for word in ["token", "id_token", "code id_token", "code token", "none"] {
            Ask::new(&world, "web").with("response_type", word).push(&world, "web", None).await.assert_refused(400, "unsupported_response_type");
        }
        let mut fields = vec![("grant_type".to_owned(), "password".to_owned()), ("username".into(), "mot.yeu.to".into()), ("password".into(), "x".into())];
        fields.extend(world.proven("web"));
        world.post_with("/oauth2/token", &fields, Some(&world.dpop), &json!({})).await.assert_refused(400, "unsupported_grant_type");
    }

    async fn t10_a_parameter_is_given_once(db: TestDb) {
        let world = World::open(&db).await;
        let mut ask = Ask::new(&world, "web");
        ask.params.push(("scope".into(), "openid".into()));
        ask.push(&world, "web", None).await.assert_refused(400, "invalid_request");
        let page = world.browser().look(&format!("{}&scope=openid", Ask::new(&world, "public").address())).await.page();
        assert_eq!(page.status, 400);
        let mut fields = vec![("grant_type".to_owned(), "client_credentials".to_owned()), ("grant_type".into(), "client_credentials".into())];
        fields.extend(world.proven("web"));
        world.post_with("/oauth2/token", &fields, None, &json!({})).await.assert_refused(400, "invalid_request");
    }

    async fn t11_a_pushed_request_is_its_clients_for_a_minute_and_once(db: TestDb) {
        let world = World::open(&db).await;
        let mut browser = world.browser();
        let address = Ask::new(&world, "web").pushed_address(&world, "web", None).await;
        let foreign = address.replace("client_id=web", "client_id=other");
        assert_eq!(world.browser().look(&foreign).await.page().status, 400);
        assert_eq!(browser.look(&address).await.page().status, 200, "seen, not finished");
        let callback = browser.walk(&address).await.callback();
        assert!(callback.contains_key("code"), "a reload before the end works");
        assert_eq!(browser.look(&address).await.page().status, 400, "used");
        let late = Ask::new(&world, "web").pushed_address(&world, "web", None).await;
        world.wait(60);
        assert_eq!(browser.look(&late).await.page().status, 400, "over");
        let unknown = "/oauth2/authorize?client_id=web&request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3Anone";
        assert_eq!(browser.look(unknown).await.page().status, 400);
        assert_eq!(browser.look("/oauth2/authorize?client_id=web&request_uri=https%3A%2F%2Fevil.example").await.page().status, 400);
    }

    async fn t12_a_token_is_never_in_an_address(db: TestDb) {
        let world = World::open(&db).await;
        let tokens = world.signed_in().await;
        let token = tokens["access_token"].as_str().unwrap();
        let proof = world.proof(&world.dpop, "GET", "/oauth2/userinfo", Some(token), &json!({}));
        let got = world.get(&format!("/oauth2/userinfo?access_token={token}"), &[("dpop", &proof)]).await;
        got.assert_refused(400, "invalid_request");
    }

    async fn t13_a_rotated_refresh_token_ends_its_family(db: TestDb) {
        let world = World::open(&db).await;
        let ask = Ask::new(&world, "public");
        let code = world.browser().walk(&ask.address()).await.code();
        let first = world.post_with("/oauth2/token", &ask.redeem(&world, "public", &code), None, &json!({})).await.json();
        let old = first["refresh_token"].as_str().unwrap();
        let second = world.refresh(old, "public", &[]).await.json();
        let new = second["refresh_token"].as_str().unwrap();
        assert_ne!(new, old);
        world.refresh(old, "public", &[]).await.assert_refused(400, "invalid_grant");
        world.refresh(new, "public", &[]).await.assert_refused(400, "invalid_grant");
        let access = second["access_token"].as_str().unwrap();
        let got = world.get("/oauth2/userinfo", &[("authorization", &format!("Bearer {access}"))]).await;
        got.assert_refused(401, "invalid_token");
    }

    async fn t14_a_refresh_only_narrows(db: TestDb) {
        let world = World::open(&db).await;
        let ask = Ask::new(&world, "web").with("scope", "openid email");
        let tokens = world.tokens(&mut world.browser(), &ask).await;
        let refresh = tokens["refresh_token"].as_str().unwrap();
        world.refresh(refresh, "web", &[("scope", "openid email profile")]).await.assert_refused(400, "invalid_scope");
        assert_eq!(world.refresh(refresh, "web", &[("scope", "openid")]).await.json()["scope"], "openid");
        assert_eq!(world.refresh(refresh, "web", &[]).await.json()["scope"], "openid email", "and the next may be as wide as before");
    }

    async fn t15_a_token_for_another_resource_is_refused(db: TestDb) {
        let world = World::open(&db).await;
        for resource in [API, API_OPAQUE] {
            let ask = Ask::new(&world, "web").with("scope", "openid api:read").with("resource", resource);
            let tokens = world.tokens(&mut world.browser(), &ask).await;
            let token = tokens["access_token"].as_str().unwrap();
            assert_eq!(world.introspect(token, "web").await["aud"], resource);
            world.userinfo(token, &world.dpop).await.assert_refused(401, "invalid_token");
        }
    }

    async fn t16_a_token_signed_otherwise_is_none(db: TestDb) {
        let world = World::open(&db).await;
        let tokens = world.signed_in().await;
        let token = tokens["access_token"].as_str().unwrap();
        let pieces: Vec<&str> = token.split('.').collect();
        let encode = |value: &Value| data_encoding::BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let header = part(token, 0);
        let mut forged = vec![format!("{}.{}.", encode(&json!({ "alg": "none", "typ": "at+jwt" })), pieces[1])];
        for (name, value) in [("alg", json!("HS256")), ("typ", json!("JWT")), ("kid", json!("another")), ("crit", json!(["x"])), ("jku", json!("https://evil.example/keys"))] {
            let mut header = header.clone();
            header[name] = value;
            forged.push(format!("{}.{}.{}", encode(&header), pieces[1], pieces[2]));
        }
        let mut claims = claims_of(token);
        claims["scope"] = "openid profile".into();
        forged.push(format!("{}.{}.{}", pieces[0], encode(&claims), pieces[2]));
        forged.push(world.signed_proof(&key(), "at+jwt", &claims_of(token)));
        // An identity token is no access token.
        forged.push(tokens["id_token"].as_str().unwrap().to_owned());
        for token in forged {
            assert_eq!(world.introspect(&token, "web").await, json!({ "active": false }), "{token}");
            assert_eq!(world.userinfo(&token, &world.dpop).await.status, 401, "{token}");
        }
    }

    async fn t17_a_key_is_announced_before_it_signs_and_stays_after(db: TestDb) {
        let world = World::open(&db).await;
        let keys = async || world.get("/oauth2/jwks", &[]).await.json()["keys"].as_array().unwrap().len();
        let before = world.signed_in().await["id_token"].as_str().unwrap().to_owned();
        world.provider.announce_keys().await.unwrap();
        assert_eq!(keys().await, 2, "the successor is public");
        world.wait(23 * 3_600);
        let still = world.signed_in().await["id_token"].as_str().unwrap().to_owned();
        assert_eq!(part(&still, 0)["kid"], part(&before, 0)["kid"], "and does not sign yet");
        world.wait(3_600);
        let after = world.signed_in().await["id_token"].as_str().unwrap().to_owned();
        assert_ne!(part(&after, 0)["kid"], part(&before, 0)["kid"]);
        world.verified(&before).await;
        world.verified(&after).await;
        world.wait(25 * 3_600);
        world.provider.sweep().await.unwrap();
        assert_eq!(keys().await, 1, "nothing signed by the old key is valid any more");
    }

    async fn t19_a_level_that_was_asked_for_is_reached(db: TestDb) {
        let world = World::open(&db).await;
        let ask = |level: &str| Ask::new(&world, "web").with("acr_values", &format!("urn:haidang:nd69:{level}"));
        let address = ask("xt2").pushed_address(&world, "web", None).await;
        assert_eq!(world.browser().walk(&address).await.error(), "unmet_authentication_requirements", "one factor is all this account has");
        let mut browser = world.browser();
        browser.user = "hai.yeu.to";
        let tokens = world.tokens(&mut browser, &ask("xt2")).await;
        let claims = claims_of(tokens["id_token"].as_str().unwrap());
        assert_eq!(claims["acr"], "urn:haidang:nd69:xt2");
        assert!(claims["amr"].as_array().unwrap().contains(&json!("mfa")), "{claims}");
        let address = ask("xt3").pushed_address(&world, "web", None).await;
        assert_eq!(browser.walk(&address).await.error(), "unmet_authentication_requirements");
        let claims = json!({ "id_token": { "acr": { "essential": true, "values": ["urn:haidang:nd69:xt4"] } } }).to_string();
        let address = Ask::new(&world, "web").with("claims", &claims).pushed_address(&world, "web", None).await;
        assert_eq!(browser.walk(&address).await.error(), "unmet_authentication_requirements");
    }

    async fn t21_a_waiting_request_is_bound_to_its_browser(db: TestDb) {
        let world = World::open(&db).await;
        let mut mine = world.browser();
        let address = Ask::new(&world, "web").pushed_address(&world, "web", None).await;
        let got = mine.open("GET", &address, None).await;
        let next = got.header("location").split("next=").nth(1).unwrap().replace("%2F", "/");
        assert!(next.starts_with("/cho-phep/"), "{next}");
        // Another browser, signed in, is given the address of this one's request.
        let mut other = world.browser();
        Ask::new(&world, "web").code(&mut other, "web", None).await;
        assert_eq!(other.look(&format!("/vi{next}")).await.page().status, 400);
        assert_eq!(mine.walk(got.header("location")).await.callback()["state"], "a state");
    }

    async fn t23_identity_claims_posted_from_the_browser_have_no_effect(db: TestDb) {
        let world = World::open(&db).await;
        let mut browser = world.browser();
        let claimed = [("sub", "somebody"), ("name", "Kẻ Giả"), ("citizen_no", "031190000015"), ("acr", "urn:haidang:nd69:xt4"), ("amr", "vneid"), ("nd69_account_level", "2"), ("person", "somebody"), ("facts", "{}")];
        let mut ask = Ask::new(&world, "web").with("scope", "openid profile");
        ask.params.extend(claimed.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        let page = browser.look(&ask.pushed_address(&world, "web", Some(&world.dpop)).await).await.page();
        let mut fields = vec![("username", "mot.yeu.to"), ("password", PASSWORD)];
        fields.extend(claimed);
        let page = browser.submit(&page, &fields).await.page();
        let mut fields = vec![("dong_y", "1")];
        fields.extend(claimed);
        let code = browser.submit(&page, &fields).await.code();
        let mut redeem = ask.redeem(&world, "web", &code);
        redeem.extend(claimed.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())));
        let tokens = world.post_with("/oauth2/token", &redeem, Some(&world.dpop), &json!({})).await.json();
        let told = world.userinfo(tokens["access_token"].as_str().unwrap(), &world.dpop).await.json();
        let claims = claims_of(tokens["id_token"].as_str().unwrap());
        assert_eq!((told["name"].as_str(), claims["acr"].as_str(), &claims["amr"]), (Some("Trần Một Yếu"), Some("urn:haidang:nd69:xt1"), &json!(["pwd"])));
        assert!(claims["sub"] != "somebody" && claims.get("nd69_account_level").is_none(), "{claims}");
    }

    async fn t36_a_secret_is_random_told_once_and_kept_as_a_digest(db: TestDb) {
        let world = World::open(&db).await;
        assert_eq!(data_encoding::BASE64URL_NOPAD.decode(world.secret.as_bytes()).unwrap().len(), 32);
        let rows = world.db.fetch_all("SELECT secret_sha256, metadata FROM identity_client", vec![]).await.unwrap();
        let mut digests = 0;
        for row in rows {
            let kept = row.opt_text("secret_sha256").unwrap();
            digests += usize::from(kept.is_some());
            assert!(kept.is_none_or(|kept| kept == haidang_web::tokens::digest(&world.secret)));
            assert!(!row.text("metadata").unwrap().contains(&world.secret));
        }
        assert_eq!(digests, 1);
    }

    async fn t37_an_assertion_is_exact_and_used_once(db: TestDb) {
        let world = World::open(&db).await;
        let now = world.now();
        let pushed = async |assertion: String| world.push_under(assertion).await;
        let refused = [
            json!({ "aud": [ISSUER] }),
            json!({ "aud": format!("{ISSUER}/oauth2/par") }),
            json!({ "aud": format!("{ISSUER}/oauth2/token") }),
            json!({ "aud": "https://other.example.test" }),
            json!({ "iat": now - 400, "exp": now - 300 }),
            json!({ "iat": now + 90, "nbf": now + 90, "exp": now + 150 }),
            json!({ "exp": now + 3_600 }),
            json!({ "jti": null }),
            json!({ "iss": "other" }),
        ];
        for changes in refused {
            pushed(world.assertion("web", &world.web, &changes)).await.assert_refused(401, "invalid_client");
        }
        let ahead = json!({ "iat": now + 8, "nbf": now + 8, "exp": now + 68 });
        assert_eq!(pushed(world.assertion("web", &world.web, &ahead)).await.status, 201, "T49");
        pushed(world.assertion("web", &key(), &json!({}))).await.assert_refused(401, "invalid_client");
        let once = world.assertion("web", &world.web, &json!({}));
        assert_eq!(pushed(once.clone()).await.status, 201);
        pushed(once).await.assert_refused(401, "invalid_client");
    }

    async fn t38_a_bound_token_needs_its_key_at_the_resource(db: TestDb) {
        let world = World::open(&db).await;
        let tokens = world.signed_in().await;
        let token = tokens["access_token"].as_str().unwrap();
        let ask = async |scheme: &str, proofs: &[String]| world.show(scheme, token, proofs).await;
        let proof = |key: &Key, changes: Value| world.shown(token, key, &changes);
        let good = proof(&world.dpop, json!({}));
        let got = ask("DPoP", &[]).await;
        got.assert_refused(401, "invalid_dpop_proof");
        assert!(got.header("www-authenticate").starts_with("DPoP error=\"invalid_dpop_proof\""));
        ask("Bearer", &[]).await.assert_refused(401, "invalid_token");
        ask("Bearer", std::slice::from_ref(&good)).await.assert_refused(401, "invalid_token");
        ask("DPoP", &[good.clone(), proof(&world.dpop, json!({}))]).await.assert_refused(401, "invalid_dpop_proof");
        assert_eq!(ask("DPoP", std::slice::from_ref(&good)).await.status, 200, "a refusal uses nothing up");
        ask("DPoP", &[good]).await.assert_refused(401, "invalid_dpop_proof");
        ask("DPoP", &[proof(&key(), json!({}))]).await.assert_refused(401, "invalid_dpop_proof");
        ask("DPoP", &[proof(&world.dpop, json!({ "ath": s256("another") }))]).await.assert_refused(401, "invalid_dpop_proof");
        ask("DPoP", &[proof(&world.dpop, json!({ "htm": "POST" }))]).await.assert_refused(401, "invalid_dpop_proof");
        let got = ask("DPoP", &[proof(&world.dpop, json!({ "nonce": "old" }))]).await;
        got.assert_refused(401, "use_dpop_nonce");
        assert!(!got.header("dpop-nonce").is_empty());
    }

    async fn t39_introspection_tells_owner_and_audience_alone(db: TestDb) {
        let world = World::open(&db).await;
        let tokens = world.signed_in().await;
        let (access, refresh) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
        let known = world.introspect(access, "web").await;
        assert_eq!((&known["active"], &known["client_id"], &known["cnf"]["jkt"]), (&json!(true), &json!("web"), &json!(world.dpop.jkt)));
        assert_eq!(world.introspect(refresh, "web").await["active"], true);
        for token in [access, refresh, "unknown", ""] {
            if !token.is_empty() {
                assert_eq!(world.introspect(token, "other").await, json!({ "active": false }));
            }
        }
        world.post("/oauth2/introspect", &[("token", access)], &[]).await.assert_refused(401, "invalid_client");
        world.post("/oauth2/introspect", &[("token", access), ("client_id", "public")], &[]).await.assert_refused(401, "invalid_client");
        // Nor may another client end it.
        let mut fields = vec![("token".to_owned(), access.to_owned())];
        fields.extend(world.proven("other"));
        assert_eq!(world.post_with("/oauth2/revoke", &fields, None, &json!({})).await.status, 200);
        assert_eq!(world.introspect(access, "web").await["active"], true);
    }

    async fn t40_two_sectors_know_a_person_by_two_names(db: TestDb) {
        let world = World::open(&db).await;
        let mut browser = world.browser();
        let mut names = Vec::new();
        for client in ["web", "other", "web"] {
            let ask = Ask::new(&world, client);
            let code = ask.code(&mut browser, client, Some(&world.dpop)).await;
            let got = world.post_with("/oauth2/token", &ask.redeem(&world, client, &code), Some(&world.dpop), &json!({})).await.json();
            names.push(claims_of(got["id_token"].as_str().unwrap())["sub"].clone());
        }
        assert_eq!(names[0], names[2]);
        assert_ne!(names[0], names[1]);
    }

    async fn t47_pages_of_signing_in_cannot_be_framed_or_kept(db: TestDb) {
        let world = World::open(&db).await;
        let mut browser = world.browser();
        let sign_in = browser.look(&Ask::new(&world, "web").pushed_address(&world, "web", None).await).await.page();
        let question = browser.submit(&sign_in, &[("username", "mot.yeu.to"), ("password", "một mật khẩu đủ dài")]).await.page();
        assert!(question.text.contains("dong_y") && question.text.contains("tu_choi") && question.text.contains("Hệ thống web"));
        for page in [sign_in, question] {
            assert_eq!(page.status, 200);
            let policy = page.header("content-security-policy");
            for part in ["default-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'", "form-action 'self' http"] {
                assert!(policy.contains(part), "{policy}");
            }
            assert!(policy.contains("https://rp.example.test"), "the answer may leave for the registered origin: {policy}");
            assert_eq!((page.header("x-frame-options"), page.header("referrer-policy")), ("DENY", "no-referrer"));
            assert!(page.header("cache-control").contains("no-store") || page.header("cache-control").contains("no-cache"));
        }
    }

    async fn t48_codes_and_tokens_lie_nowhere_in_clear(db: TestDb) {
        let world = World::open(&db).await;
        let ask = Ask::new(&world, "web").with("scope", "openid api:read").with("resource", API_OPAQUE);
        let code = ask.code(&mut world.browser(), "web", Some(&world.dpop)).await;
        let tokens = world.post_with("/oauth2/token", &ask.redeem(&world, "web", &code), Some(&world.dpop), &json!({})).await.json();
        let secrets = [code.as_str(), tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap(), &ask.verifier];
        for (table, columns) in [
            ("identity_code", "code_sha256 || request || facts"),
            ("identity_issued_token", "id || content"),
            ("identity_refresh_token", "token_sha256 || content"),
            ("identity_pushed_request", "id || request"),
            ("store_audit", "object_id || coalesce(detail, '')"),
        ] {
            let statement: &'static str = Box::leak(format!("SELECT {columns} AS kept FROM {table}").into_boxed_str());
            let rows = world.db.fetch_all(statement, vec![]).await.unwrap();
            assert!(!rows.is_empty(), "{table}");
            for row in rows {
                let kept = row.text("kept").unwrap();
                assert!(secrets.iter().all(|secret| !kept.contains(secret)), "{table}: {kept}");
            }
        }
    }

    async fn a_client_is_let_in_and_shut_out(db: TestDb) {
        use haidang_store::ActorRef;
        let world = World::open(&db).await;
        let asked = async || world.browser().look(&Ask::new(&world, "public").address()).await.page().status;
        assert_eq!(asked().await, 200);
        world.provider.shut_out("public", ActorRef::system()).await.unwrap();
        assert_eq!(asked().await, 400);
        let old = json!({
            "client_id": "old", "client_name": "Cũ", "token_endpoint_auth_method": "client_secret_basic",
            "redirect_uris": [REDIRECT], "scope": "openid profile", "id_token_signed_response_alg": "RS256",
        });
        let new = haidang_identity::provider::NewClient::from_json(&old).unwrap();
        let made = world.provider.register(new, ActorRef::system()).await.unwrap();
        assert!(world.provider.approve("old", None, ActorRef::system()).await.is_err(), "an old system may not stay for ever");
        let month = world.db.ambient().now().checked_add(jiff::SignedDuration::from_hours(24 * 30)).unwrap();
        world.provider.approve("old", Some(month), ActorRef::system()).await.unwrap();
        let ask = Ask::new(&world, "old");
        let mut browser = world.browser();
        let page = browser.look(&ask.address()).await.page();
        assert!(page.status == 200 && page.text.contains("/vi/dang-nhap/can-bo"), "every door is offered");
        let door = "/vi/dang-nhap/can-bo?next=%2F";
        browser.walk(door).await;
        let code = browser.walk(&ask.address()).await.code();
        let basic = format!("Basic {}", data_encoding::BASE64.encode(format!("old:{}", made.secret.unwrap()).as_bytes()));
        let fields = [("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", REDIRECT), ("code_verifier", &ask.verifier)];
        let tokens = world.post("/oauth2/token", &fields, &[("authorization", &basic)]).await.json();
        let id_token = tokens["id_token"].as_str().unwrap();
        assert_eq!(part(id_token, 0)["alg"], "RS256");
        world.verified(id_token).await;
        world.wait(31 * 86_400);
        assert_eq!(world.browser().look(&ask.address()).await.page().status, 400, "the end date has come");
    }
}
