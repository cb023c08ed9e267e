//! The remote signing service: whoever has a token opens the keys of its person, and signs what its PIN authorised.

use std::sync::Arc;

use crate::city::{MORNING, Persona, Place, Town};
use crate::paper;
use axum::body::Body;
use axum::http::Request;
use data_encoding::BASE64;
use haidang_documents::pades::{Appearance, BatchFile, Level, SignatureOptions, sign_batch};
use haidang_signing::time_stamp::TimeStamp;
use haidang_signing::{
    CscConfig, CscSigner, DigestAlgorithm, DocumentSigner as _, DocumentSignerError, ServiceTransport,
    SignatureAlgorithm, TransportError,
};
use haidang_store::{ActorRef, args};
use haidang_trust::model::Reason;
use haidang_trust::{Holder, HolderKey};
use jiff::SignedDuration;
use serde_json::{Value as Json, json};

const PIN: &str = "271828";

/// An official with a key and a PIN.
struct Official {
    persona: Persona,
    holder: Holder,
    key: HolderKey,
}

async fn official(town: &Town, name: &str) -> Official {
    let (commune, agency) = town.communes().first().unwrap().clone();
    let persona = town.settle(name, town.resident("Nguyễn Thị Ví Dụ", &commune), None).await;
    let holder =
        Holder::Officer { person: persona.person.id.to_string(), agency, name: "Nguyễn Thị Ví Dụ".to_owned() };
    let trust = town.city.rooms.trust.clone().unwrap();
    let key = trust.ensure_holder_key(&holder, ActorRef::system()).await.unwrap();
    trust.set_pin(&key, PIN, ActorRef::system()).await.unwrap();
    Official { persona, holder, key }
}

async fn post(town: &Town, token: Option<&str>, method: &str, body: &Json) -> (u16, Json) {
    let mut request = Request::post(format!("/csc/v1/{method}")).header("content-type", "application/json");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let got = town.send(request.body(Body::from(body.to_string())).unwrap()).await;
    (got.status, got.json())
}

fn hash(content: &str) -> String {
    BASE64.encode(&DigestAlgorithm::Sha256.digest(content.as_bytes()))
}

/// The client's way to the service, without a network.
struct Inside(Arc<Town>);

#[async_trait::async_trait]
impl ServiceTransport for Inside {
    async fn post_json(&self, url: &str, token: &str, body: Vec<u8>) -> Result<(u16, Vec<u8>), TransportError> {
        let path = url.strip_prefix("https://city").unwrap().to_owned();
        let request = Request::post(path)
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {token}"));
        let got = self.0.send(request.body(Body::from(body)).unwrap()).await;
        Ok((got.status, got.bytes))
    }
}

async fn client(town: &Arc<Town>, official: &Official) -> CscSigner {
    let config = CscConfig {
        service: "https://city".to_owned(),
        credential: official.key.id.clone(),
        token: official.persona.token.clone(),
    };
    CscSigner::open(config, Arc::new(Inside(town.clone()))).await.unwrap()
}

on_both! {
    async fn our_client_signs_a_batch_with_one_pin_and_it_is_judged(place: Place) {
        let town = Arc::new(Town::open(&place, "mau", MORNING).await);
        let official = official(&town, "signer").await;
        let signer = client(&town, &official).await;
        assert_eq!(signer.certificate(), &official.key.certificate);
        let (one, other) = (paper::tagged("one"), paper::tagged("other"));
        let files = [&one, &other, &one].map(|bytes| BatchFile {
            source: Arc::new(bytes.clone()),
            options: SignatureOptions {
                field: "officer".to_owned(), tooltip: "Chữ ký".to_owned(), placement: None,
                appearance: Appearance::default(), at: town.ambient.now(), signer: None, reason: None, location: None,
                certification: None,
            },
        });
        let office = &town.city.office_signing;
        let (authorities, judge) = (office.authorities(), office.judge_now());
        let made = sign_batch(files.into(), &signer, Some(PIN), Level::LongTerm, &authorities, &judge).await.unwrap();
        assert_eq!(made.len(), 3);
        assert!(made.iter().all(|file| file.report.is_good() && file.report.level == Some(Level::LongTerm)));
        let wrong = signer.authorize(&[vec![0; 32]], Some("271829")).await;
        assert!(matches!(wrong, Err(DocumentSignerError::Refused(code)) if code == "invalid_pin"));
        town.prove().await;
    }

    async fn a_right_is_good_for_its_hashes_its_key_its_person_once_and_soon(place: Place) {
        let town = Town::open(&place, "mau", MORNING).await;
        let (official, other) = (official(&town, "signer").await, official(&town, "other signer").await);
        let (key, token) = (official.key.id.clone(), official.persona.token.clone());
        let ask = async |method: &str, body: Json| post(&town, Some(&token), method, &body).await;
        let authorise = async |hashes: Json| {
            let count = hashes.as_array().map_or(0, Vec::len);
            let body = json!({ "credentialID": key, "numSignatures": count, "hash": hashes, "PIN": PIN });
            let (status, answer) = ask("credentials/authorize", body).await;
            assert_eq!(status, 200, "{answer}");
            answer["SAD"].as_str().unwrap().to_owned()
        };
        let request = |sad: &str, hashes: Json| json!({
            "credentialID": key, "SAD": sad, "hash": hashes, "hashAlgo": "2.16.840.1.101.3.4.2.1",
            "signAlgo": "1.2.840.10045.4.3.2",
        });
        let (a, b) = (hash("a"), hash("b"));
        let sad = authorise(json!([a, a])).await;
        for (name, body) in [
            ("a hash outside", request(&sad, json!([a, b]))),
            ("once too often", request(&sad, json!([a, a, a]))),
            ("another activation", request("guess", json!([a]))),
            ("no hash", request(&sad, json!([]))),
            ("a hash of another length", request(&sad, json!(["AAAA"]))),
            ("another key's", json!({ "credentialID": other.key.id, "SAD": sad, "hash": [a], "signAlgo": "1.2.840.10045.4.3.2" })),
            ("another algorithm", json!({ "credentialID": key, "SAD": sad, "hash": [a], "signAlgo": "1.2.840.113549.1.1.11" })),
        ] {
            let (status, answer) = ask("signatures/signHash", body).await;
            assert_eq!((status, &answer["error"]), (400, &json!("invalid_request")), "{name}: {answer}");
            assert!(answer["error_description"].is_string(), "{name}");
        }
        let (status, _) = post(&town, Some(&other.persona.token), "signatures/signHash", &request(&sad, json!([a]))).await;
        assert_eq!(status, 400, "another person's token");
        let (status, answer) = ask("signatures/signHash", request(&sad, json!([a, a]))).await;
        assert_eq!(status, 200, "{answer}");
        for signature in answer["signatures"].as_array().unwrap() {
            let signature = BASE64.decode(signature.as_str().unwrap().as_bytes()).unwrap();
            let info = official.key.certificate.public_key();
            haidang_signing::verify(info, &SignatureAlgorithm::EcdsaP256.identifier(), None, b"a", &signature).unwrap();
        }
        assert_eq!(ask("signatures/signHash", request(&sad, json!([a]))).await.0, 400, "once");
        let sad = authorise(json!([a])).await;
        town.ambient.advance(SignedDuration::from_secs(301));
        assert_eq!(ask("signatures/signHash", request(&sad, json!([a]))).await.0, 400, "and soon");
        // Two at once: one signs.
        let sad = authorise(json!([a, b])).await;
        let (one, two) = tokio::join!(ask("signatures/signHash", request(&sad, json!([a]))), ask("signatures/signHash", request(&sad, json!([b]))));
        assert_eq!([one.0, two.0].iter().filter(|status| **status == 200).count(), 1);
        let rows = town.rows("SELECT digest FROM trust_activation", args![]).await;
        assert!(rows.iter().all(|row| row.text("digest").unwrap() != sad), "only its digest is kept");
        let trust = town.city.rooms.trust.clone().unwrap();
        trust.revoke(&official.key.certificate.serial_hex(), Reason::KeyCompromise, ActorRef::system()).await.unwrap();
        let body = json!({ "credentialID": key, "numSignatures": 1, "hash": [a], "PIN": PIN });
        assert_eq!(ask("credentials/authorize", body.clone()).await.0, 400, "revoked");
        trust.replace_holder_key(&official.holder, ActorRef::system()).await.unwrap();
        assert_eq!(ask("credentials/authorize", body).await.1["error_description"], "Invalid parameter credentialID", "a former key");
        town.prove().await;
    }

    async fn every_question_is_refused_in_the_words_of_the_standard(place: Place) {
        let town = Town::open(&place, "mau", MORNING).await;
        let (official, other) = (official(&town, "signer").await, official(&town, "other signer").await);
        let key = official.key.id.clone();
        let ask = async |method: &str, body: Json| post(&town, Some(&official.persona.token), method, &body).await;
        let (status, info) = post(&town, None, "info", &json!({})).await;
        assert_eq!((status, info["specs"].as_str()), (200, Some("1.0.4.0")));
        for method in ["credentials/list", "credentials/info", "credentials/authorize", "signatures/signHash", "signatures/timestamp"] {
            for token in [None, Some("hd_guess")] {
                let (status, answer) = post(&town, token, method, &json!({})).await;
                assert_eq!((status, &answer["error"]), (401, &json!("invalid_token")), "{method}");
            }
            let plain = Request::post(format!("/csc/v1/{method}")).header("authorization", format!("Bearer {}", official.persona.token));
            let got = town.send(plain.body(Body::from("{}")).unwrap()).await;
            assert_eq!((got.status, &got.json()["error"]), (400, &json!("invalid_request")), "{method}: another content type");
            let large = json!({ "credentialID": "x".repeat(70_000) });
            assert_eq!(ask(method, large).await.0, 413, "{method}");
        }
        let (_, list) = ask("credentials/list", json!({})).await;
        assert_eq!(list, json!({ "credentialIDs": [key] }));
        assert_eq!(ask("credentials/list", json!({ "userID": "somebody" })).await.0, 400);
        let (_, info) = ask("credentials/info", json!({ "credentialID": key, "certificates": "chain", "certInfo": true, "authInfo": true })).await;
        assert_eq!(info["cert"]["certificates"].as_array().unwrap().len(), 2);
        assert_eq!((&info["SCAL"], &info["PIN"]["presence"], &info["key"]["status"]), (&json!("2"), &json!("true"), &json!("enabled")));
        assert_eq!(info["cert"]["serialNumber"], official.key.certificate.serial_hex());
        assert_eq!(ask("credentials/info", json!({ "credentialID": other.key.id })).await.0, 400, "somebody else's");
        let a = hash("a");
        let good = json!({ "credentialID": key, "numSignatures": 1, "hash": [a], "PIN": PIN });
        for (name, change) in [
            ("no PIN", json!({ "PIN": null })),
            ("no hash", json!({ "hash": null })),
            ("another number", json!({ "numSignatures": 2 })),
            ("a number in words", json!({ "numSignatures": "one" })),
            ("no base64", json!({ "hash": ["?"] })),
            ("somebody else's key", json!({ "credentialID": other.key.id })),
        ] {
            let mut body = good.clone();
            body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let (status, answer) = ask("credentials/authorize", body).await;
            assert_eq!((status, &answer["error"]), (400, &json!("invalid_request")), "{name}: {answer}");
        }
        let mut wrong = good.clone();
        wrong["PIN"] = json!("000000");
        for _ in 0..5 {
            assert_eq!(ask("credentials/authorize", wrong.clone()).await.1["error"], "invalid_pin");
        }
        let (_, locked) = ask("credentials/authorize", good.clone()).await;
        assert!(locked["error_description"].as_str().unwrap().contains("locked"), "{locked}");
        town.ambient.advance(SignedDuration::from_mins(16));
        assert_eq!(ask("credentials/authorize", good).await.0, 200);
        let (status, stamp) = ask("signatures/timestamp", json!({ "hash": a, "hashAlgo": "2.16.840.1.101.3.4.2.1", "nonce": "00ff" })).await;
        assert_eq!(status, 200, "{stamp}");
        let token = BASE64.decode(stamp["timestamp"].as_str().unwrap().as_bytes()).unwrap();
        let stamp = TimeStamp::read(&token, &[]).unwrap();
        stamp.covers(b"a").unwrap();
        assert_eq!(stamp.info.nonce, Some(vec![0, 0xff]));
        for body in [json!({ "hash": a, "hashAlgo": "1.3.14.3.2.26" }), json!({ "hash": "AAAA", "hashAlgo": "2.16.840.1.101.3.4.2.1" })] {
            assert_eq!(ask("signatures/timestamp", body).await.0, 400);
        }
        town.prove().await;
    }
}
