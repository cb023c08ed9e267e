//! "My signing key": an official activates it alone, it signs for its PIN alone, and in production for nobody before.

use crate::city::{Got, MORNING, Persona, Place, Town};
use crate::paper;
use axum::body::Body;
use axum::http::{Request, header};
use haidang_contracts::ContractError;
use haidang_contracts::papers::{FileToSign, OfficeSigning as _, SignatureRole, SigningOrder, SigningParty};
use haidang_server::config::Environment;
use haidang_store::args;
use serde_json::{Value as Json, json};

/// A browser of an official, with a second factor shown at this moment or not at all.
struct Browser<'t> {
    town: &'t Town,
    cookie: String,
    csrf: String,
}

impl<'t> Browser<'t> {
    async fn of(town: &'t Town, who: &Persona, fresh: bool) -> Browser<'t> {
        let token = format!("s{}{}", town.ambient.secret(), town.ambient.token());
        let now = town.ambient.now();
        let end = now.checked_add(jiff::SignedDuration::from_hours(12)).unwrap();
        let factor = if fresh { now } else { now.checked_sub(jiff::SignedDuration::from_mins(30)).unwrap() };
        let insert = "INSERT INTO web_session (id, person, assurance, second_factor_at, created_at, last_seen_at, idle_seconds, expires_at) VALUES ($1, $2, 2, $3, $4, $4, 43200, $5)";
        let values = args![haidang_web::tokens::digest(&token), &who.person.id, factor, now, end];
        town.city.db.execute(insert, values).await.unwrap();
        let mut browser = Browser { town, cookie: token, csrf: String::new() };
        let page = browser.open("/vi/tai-khoan").await.text();
        let after = page.split("name=\"csrf\" value=\"").nth(1).unwrap_or_default();
        browser.csrf = after.split('"').next().unwrap_or_default().to_owned();
        browser
    }

    async fn call(&self, method: &str, path: &str, body: String) -> Got {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost")
            .header("sec-fetch-site", "same-origin")
            .header(header::COOKIE, format!("hd_sid={}", self.cookie))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.town.send(request.body(Body::from(body)).unwrap()).await
    }

    async fn open(&self, path: &str) -> Got {
        self.call("GET", path, String::new()).await
    }

    async fn send(&self, act: &str, fields: &[(&str, &str)]) -> Got {
        let agency = self.town.communes().first().unwrap().1.clone();
        let fields = fields.iter().copied().chain([("csrf", self.csrf.as_str())]);
        self.call("POST", &format!("/vi/can-bo/khoa-ky/{agency}/{act}"), haidang_web::encode(fields)).await
    }
}

/// What came of a signature with this PIN.
async fn sign(town: &Town, who: &Persona, pin: Option<&str>) -> String {
    let file = FileToSign {
        bytes: paper::tagged("key"),
        place: None,
        fill: Default::default(),
        prepare: Default::default(),
        field: "officer".to_owned(),
        reason: String::new(),
    };
    let party = SigningParty::Officer {
        person: who.person.id.clone(),
        name: who.person.full_name.clone(),
        agency: town.communes().first().unwrap().1.clone(),
    };
    let activation = pin.map(str::to_owned);
    let order = SigningOrder { role: SignatureRole::Officer, party, files: vec![file], activation };
    match town.city.office_signing.sign(order).await {
        Ok(_) => "signed".to_owned(),
        Err(ContractError::Refused { code, .. }) => code.to_owned(),
        Err(other) => panic!("{other}"),
    }
}

on_both! {
    async fn a_key_signs_for_the_pin_its_holder_chose(place: Place) {
        let town = Town::open(&place, "mau", MORNING).await;
        let agency = town.communes().first().unwrap().1.clone();
        let chair = town.post("chair", &agency).await;
        assert_eq!(sign(&town, &chair, None).await, "signed", "a demonstration asks for no PIN that nobody chose");
        let stale = Browser::of(&town, &chair, false).await;
        let pins = [("new", "271828"), ("again", "271828")];
        let proving = stale.send("kich-hoat", &pins).await;
        assert!(proving.status == 303 && !proving.location.ends_with("/khoa-ky"), "{} {}", proving.status, proving.location);
        assert_eq!(sign(&town, &chair, None).await, "signed", "without a fresh factor nothing was done");
        let browser = Browser::of(&town, &chair, true).await;
        let shown = browser.open("/vi/can-bo/khoa-ky").await.text();
        assert!(shown.contains("Chưa kích hoạt"), "{shown}");
        let easy = browser.send("kich-hoat", &[("new", "123456"), ("again", "123456")]).await;
        assert!(easy.status == 422 && easy.text().contains("6 đến 12 chữ số") && !easy.text().contains("123456"));
        let other = browser.send("kich-hoat", &[("new", "271828"), ("again", "271829")]).await;
        assert!(other.status == 422 && other.text().contains("không giống nhau"), "{}", other.text());
        let done = browser.send("kich-hoat", &pins).await;
        assert_eq!((done.status, done.location.as_str()), (303, "/vi/can-bo/khoa-ky"));
        assert!(browser.open("/vi/can-bo/khoa-ky").await.text().contains("Đang dùng"));
        for (pin, expected) in [(None, "signature_not_authorised"), (Some("271829"), "signature_not_authorised"), (Some("271828"), "signed")] {
            assert_eq!(sign(&town, &chair, pin).await, expected, "{pin:?}");
        }
        // Suspended it signs nothing; opened by its PIN it does again.
        assert_eq!(browser.send("tam-ngung", &[]).await.status, 303);
        assert_eq!(sign(&town, &chair, Some("271828")).await, "signature_not_authorised");
        assert_eq!(browser.send("mo-lai", &[("current", "314159")]).await.status, 422);
        assert_eq!(browser.send("mo-lai", &[("current", "271828")]).await.status, 303);
        let change = [("current", "271828"), ("new", "314159"), ("again", "314159")];
        assert_eq!(browser.send("doi-ma-pin", &change).await.status, 303);
        assert_eq!(sign(&town, &chair, Some("271828")).await, "signature_not_authorised");
        assert_eq!(sign(&town, &chair, Some("314159")).await, "signed");
        // Given up: a new key, another certificate, another PIN.
        let certificate = async || {
            let party = SigningParty::Officer { person: chair.person.id.clone(), name: chair.person.full_name.clone(), agency: agency.clone() };
            town.city.office_signing.certificate(&party).await.unwrap().unwrap().serial
        };
        let before = certificate().await;
        assert_eq!(browser.send("cap-khoa-moi", &[("new", "161803"), ("again", "161803")]).await.status, 303);
        assert_ne!(certificate().await, before);
        assert_eq!(sign(&town, &chair, Some("161803")).await, "signed");
        // Nobody else's door: another agency, an act that is none, a resident.
        let elsewhere = town.communes().get(1).unwrap().1.clone();
        assert_eq!(browser.open(&format!("/vi/can-bo/khoa-ky/{elsewhere}/tam-ngung")).await.status, 404);
        assert_eq!(browser.open(&format!("/vi/can-bo/khoa-ky/{agency}/xoa")).await.status, 404);
        let acts = town.rows("SELECT action FROM store_audit WHERE action IN ('signing_key.suspended', 'signing_key.resumed', 'signing_key.pin_refused')", args![]).await;
        assert_eq!(acts.len(), 5, "one suspension, one opening, three wrong PINs");
        town.prove().await;
    }

    async fn in_production_a_key_that_nobody_activated_signs_for_nobody(place: Place) {
        let mut config = place.config("mau", "production");
        config.city.environment = Environment::Production;
        config.trust.own_authority_in_production = true;
        let town = Town::reopen(config, MORNING).await;
        let agency = town.communes().first().unwrap().1.clone();
        let chair = town.post("chair", &agency).await;
        assert_eq!(sign(&town, &chair, None).await, "signature_not_authorised");
        assert_eq!(sign(&town, &chair, Some("271828")).await, "signature_not_authorised", "no PIN is right before one was chosen");
        let browser = Browser::of(&town, &chair, true).await;
        assert_eq!(browser.send("kich-hoat", &[("new", "271828"), ("again", "271828")]).await.status, 303);
        assert_eq!(sign(&town, &chair, Some("271828")).await, "signed");

        // From outside: nobody has a token in production, but the official makes a pass for this key alone.
        let ask = async |pass: &str, method: &str, body: Json| {
            let request = Request::post(format!("/csc/v1/{method}"))
                .header("content-type", "application/json")
                .header("authorization", format!("Bearer {pass}"));
            let got = town.send(request.body(Body::from(body.to_string())).unwrap()).await;
            (got.status, got.json())
        };
        assert_eq!(browser.send("ky-tu-xa", &[("current", "271829")]).await.status, 422);
        let made = browser.send("ky-tu-xa", &[("current", "271828")]).await;
        assert_eq!(made.status, 200, "{}", made.text());
        let secrets = town.rows("SELECT digest FROM trust_key_pass", args![]).await;
        let digest = secrets[0].text("digest").unwrap();
        let words: Vec<String> = made.text().split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).map(str::to_owned).collect();
        let pass = words.iter().find(|word| haidang_web::tokens::digest(word) == digest).expect("shown once").clone();
        let (status, listed) = ask(&pass, "credentials/list", json!({})).await;
        assert_eq!((status, listed["credentialIDs"].as_array().unwrap().len()), (200, 1), "{listed}");
        let credential = listed["credentialIDs"][0].as_str().unwrap().to_owned();
        let hash = data_encoding::BASE64.encode(&[7; 32]);
        let authorize = |pin: &str| json!({ "credentialID": credential, "numSignatures": 1, "hash": [hash], "PIN": pin });
        assert_eq!(ask(&pass, "credentials/authorize", authorize("000007")).await.0, 400, "the pass alone signs nothing");
        assert_eq!(ask(&pass, "credentials/authorize", authorize("271828")).await.0, 200);
        assert_eq!(ask("another", "credentials/list", json!({})).await.0, 401);
        town.ambient.advance(jiff::SignedDuration::from_hours(9));
        assert_eq!(ask(&pass, "credentials/list", json!({})).await.0, 401, "the day is over");
        let browser = Browser::of(&town, &chair, true).await;
        let made = browser.send("ky-tu-xa", &[("current", "271828")]).await.text();
        let digest = town.rows("SELECT digest FROM trust_key_pass", args![]).await[0].text("digest").unwrap();
        let words: Vec<String> = made.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).map(str::to_owned).collect();
        let pass = words.iter().find(|word| haidang_web::tokens::digest(word) == digest).unwrap().clone();
        assert_eq!(ask(&pass, "credentials/list", json!({})).await.0, 200);
        assert_eq!(browser.send("tam-ngung", &[]).await.status, 303);
        assert_eq!(ask(&pass, "credentials/list", json!({})).await.0, 401, "suspended");
    }
}
