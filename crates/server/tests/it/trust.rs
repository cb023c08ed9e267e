//! What others call to trust the city, over its own doors: time stamps, status of certificates, lists, the kill of the
//! process in the middle of stamps.

use crate::city::{Got, MORNING, Place, Town};
use crate::process::{Serving, haidang, said};
use axum::body::Body;
use axum::http::Request;
use haidang_kernel::ambient::Ambient;
use haidang_server::config::Environment;
use haidang_signing::Certificate;
use haidang_signing::cms::SignedData;
use haidang_signing::time_stamp::{
    Imprint, TimeStampError, TimeStampFailure, TimeStampInfo, TimeStampRequest, token_of,
};
use haidang_store::args;
use haidang_trust::model::Role;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const QUERY: &str = "application/timestamp-query";
/// An OCSP request of `openssl ocsp` about an authority nobody here knows; its base64 has slashes and plus signs.
const FOREIGN: &str =
    "MFEwTzBNMEswSTAJBgUrDgMCGgUABBT////////77777777zJN0+0dsonQQUsMbplbVh3+4G84fErKNZ0Ob7lvsCEH43nqvO7zBzFkqfIH37ipM=";

async fn post(town: &Town, path: &str, media_type: &str, body: Vec<u8>) -> Got {
    let request = Request::post(path).header("content-type", media_type);
    town.send(request.body(Body::from(body)).unwrap()).await
}

fn question(content: &[u8]) -> TimeStampRequest {
    TimeStampRequest::new(Imprint::of(content), [5; 16], None)
}

/// What a stamp says, after its signature was checked against the certificates it carries and the root.
fn stamped(answer: &[u8], root: &Certificate) -> TimeStampInfo {
    let token = SignedData::parse(&token_of(answer).unwrap()).unwrap();
    let signer = token.verify_encapsulated().unwrap().certificate;
    let above = token.certificates().iter().find(|one| one.is_authority()).unwrap();
    signer.verify_signed_by(above).unwrap();
    above.verify_signed_by(root).unwrap();
    TimeStampInfo::from_der(token.content().unwrap()).unwrap()
}

fn number(info: &TimeStampInfo) -> u64 {
    info.serial.iter().fold(0, |sum, byte| sum * 256 + u64::from(*byte))
}

on_both! {
    async fn every_door_answers_in_the_words_of_its_standard(place: Place) {
        let town = Town::open(&place, "mau", MORNING).await;
        let trust = town.city.rooms.trust.clone().unwrap();
        assert_eq!(town.city.anchors, [trust.root().clone()]);
        let good = question(b"a letter").to_der().unwrap();
        let got = post(&town, "/tsa", QUERY, good.clone()).await;
        assert_eq!(got.status, 200);
        assert_eq!(number(&stamped(&got.bytes, trust.root())), 1);

        let foreign_policy = TimeStampRequest {
            policy: Some(haidang_trust::Settings::policy("1.2.3.4").unwrap()), ..question(b"a letter")
        };
        for (name, body, status, expected) in [
            ("another policy", foreign_policy.to_der().unwrap(), 200, TimeStampFailure::UnacceptedPolicy),
            ("no request", b"not asn1".to_vec(), 400, TimeStampFailure::BadDataFormat),
            ("nothing", Vec::new(), 400, TimeStampFailure::BadDataFormat),
        ] {
            let got = post(&town, "/tsa", QUERY, body).await;
            assert_eq!(got.status, status, "{name}");
            let refused = token_of(&got.bytes);
            assert!(matches!(refused, Err(TimeStampError::Refused(Some(found))) if found == expected), "{name}");
        }
        post(&town, "/tsa", "text/plain", good.clone()).await.refused(415, "timestamp_query_expected", "a text");
        let large = post(&town, "/tsa", QUERY, vec![0; 64 * 1024 + 1]).await;
        assert_eq!(large.status, 413, "64 KiB and a byte");
        assert_eq!(town.ask(None, "GET", "/tsa", None).await.status, 405);
        let with_parameter = post(&town, "/tsa", "Application/Timestamp-Query; charset=x", good).await;
        assert_eq!(number(&stamped(&with_parameter.bytes, trust.root())), 2, "refusals took no number");

        let malformed = [0x30, 3, 0x0a, 1, 1];
        let got = post(&town, "/ocsp", "application/ocsp-request", b"not asn1".to_vec()).await;
        assert_eq!((got.status, got.bytes.as_slice()), (200, &malformed[..]));
        post(&town, "/ocsp", "text/plain", Vec::new()).await.refused(415, "ocsp_request_expected", "a text");
        for path in ["/ocsp/MA==", "/ocsp/not-base64", "/ocsp/%FF"] {
            let got = town.ask(None, "GET", path, None).await;
            assert!(got.status == 404 || got.bytes == malformed, "{path}: {}", got.status);
        }
        // The slash of the base64 as it is and escaped, as clients differ: the same bytes, kept for everybody.
        let plain = town.ask(None, "GET", &format!("/ocsp/{}", FOREIGN.replace('=', "%3D")), None).await;
        let escaped = FOREIGN.replace('/', "%2F").replace('=', "%3D").replace('+', "%2B");
        let escaped = town.ask(None, "GET", &format!("/ocsp/{escaped}"), None).await;
        for got in [&plain, &escaped] {
            assert_eq!((got.status, &got.bytes[..2]), (200, &[0x30, 0x82][..]), "an answer that is signed");
        }

        for role in [Role::Root, Role::Issuing] {
            let issuer = trust.issuer(role);
            let list = town.ask(None, "GET", issuer.list_address().trim_start_matches(&issuer.origin), None).await;
            assert_eq!(list.status, 200);
            let certificate = issuer.certificate_address();
            let certificate = town.ask(None, "GET", certificate.trim_start_matches(&issuer.origin), None).await;
            let known = if role == Role::Root { trust.root() } else { trust.issuing() };
            assert_eq!(certificate.bytes, known.der());
        }
        for path in ["/trust/crl/root-00000000.crl", "/trust/root-00000000.cer", "/trust/crl/x", "/trust/x"] {
            town.ask(None, "GET", path, None).await.refused(404, "authority_not_found", path);
        }
        town.prove().await;
    }

    async fn a_production_city_has_no_authority_unless_it_says_so(place: Place) {
        let mut config = place.config("mau", "city");
        config.city.environment = Environment::Production;
        let town = Town::reopen(config.clone(), MORNING).await;
        assert!(town.city.rooms.trust.is_none() && town.city.anchors.is_empty());
        assert_eq!(post(&town, "/tsa", QUERY, question(b"x").to_der().unwrap()).await.status, 404);
        assert!(!config.trust_keys().exists());
        town.city.db.close().await;

        config.trust.own_authority_in_production = true;
        let town = Town::reopen(config.clone(), MORNING).await;
        let trust = town.city.rooms.trust.clone().unwrap();
        assert_eq!(post(&town, "/tsa", QUERY, question(b"x").to_der().unwrap()).await.status, 200);
        town.city.db.close().await;

        // Anchors of others stand beside the own one.
        config.trust.anchors = place.folder().join("anchors.pem");
        std::fs::write(&config.trust.anchors, trust.issuing().to_pem()).unwrap();
        let town = Town::reopen(config, MORNING).await;
        assert_eq!(town.city.anchors, [trust.root().clone(), trust.issuing().clone()]);
    }

    async fn the_command_line_issues_and_revokes(place: Place) {
        let config = place.config("mau", "city");
        let command = |words: &[&str]| {
            let mut command = haidang(&config);
            command.arg("trust").args(words);
            command
        };
        let root = Certificate::from_bytes(said(command(&["authority", "--pem"])).as_bytes()).unwrap();
        let ids = said(command(&["authority"]));
        assert!(ids.lines().any(|line| line.starts_with("issuing-")), "{ids}");
        let key = place.folder().join("key.pem");
        let info = data_encoding::BASE64.encode(&root.public_key().subject_public_key.raw_bytes()[..4]);
        std::fs::write(&key, format!("-----BEGIN PUBLIC KEY-----\n{info}\n-----END PUBLIC KEY-----\n")).unwrap();
        let file = key.to_str().unwrap();
        let refused = command(&["issue", "seal", "--request", file, "--name", "A"]).output().unwrap();
        assert_eq!(refused.status.code(), Some(1), "a key that is none");

        let made = haidang_signing::FileKey::generate(haidang_signing::SignatureAlgorithm::EcdsaP256).unwrap();
        std::fs::write(&key, haidang_signing::PrivateKey::public_key_info(&made)).unwrap();
        let chain = said(command(&["issue", "seal", "--request", file, "--name", "Sở Tư pháp", "--days", "30"]));
        let chain = Certificate::read_bundle(chain.as_bytes()).unwrap();
        chain[0].verify_signed_by(&chain[1]).unwrap();
        chain[1].verify_signed_by(&root).unwrap();
        assert_eq!(chain[0].common_name().unwrap(), "Sở Tư pháp");
        let serial = chain[0].serial_hex();
        said(command(&["revoke", &serial, "--reason", "superseded"]));
        let list = said(command(&["list"]));
        let line = list.lines().find(|line| line.starts_with(&serial)).unwrap();
        assert!(line.contains("revoked") && line.contains("superseded"), "{line}");
        let again = command(&["revoke", &serial]).output().unwrap();
        assert_eq!(again.status.code(), Some(1), "the first reason stands");
    }

    async fn a_kill_in_the_middle_leaves_no_gap(place: Place) {
        const CLIENTS: usize = 50;
        const ENOUGH: usize = 200;
        let config = place.config("mau", "city");
        let now = Ambient::system().now().to_string();
        let mut serving = Serving::start(&config);
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answered = Arc::new(AtomicUsize::new(0));
        let mut running = tokio::task::JoinSet::new();
        for one in 0..CLIENTS {
            let (client, origin, answered) = (client.clone(), serving.origin.clone(), answered.clone());
            running.spawn(async move {
                let mut stamps = Vec::new();
                // Until the city is no more.
                for turn in 0.. {
                    let question = question(format!("{one} {turn}").as_bytes());
                    let request = client.post(format!("{origin}/tsa")).header("content-type", QUERY);
                    let Ok(response) = request.body(question.to_der().unwrap()).send().await else { break };
                    let Ok(bytes) = response.bytes().await else { break };
                    stamps.push((question.imprint.digest, bytes.to_vec()));
                    answered.fetch_add(1, Ordering::Relaxed);
                }
                stamps
            });
        }
        while answered.load(Ordering::Relaxed) < ENOUGH {
            tokio::task::yield_now().await;
        }
        serving.kill();
        let stamps: Vec<(Vec<u8>, Vec<u8>)> = running.join_all().await.into_iter().flatten().collect();
        assert!(stamps.len() >= ENOUGH);

        let town = Town::reopen(config.clone(), &now).await;
        let root = town.city.rooms.trust.clone().unwrap().root().clone();
        let rows = town.rows("SELECT number, at, imprint FROM trust_stamp ORDER BY number", args![]).await;
        let serials: Vec<i64> = rows.iter().map(|row| row.integer("number").unwrap()).collect();
        assert_eq!(serials, (1..=i64::try_from(rows.len()).unwrap()).collect::<Vec<i64>>(), "without a gap");
        let mut given = BTreeMap::new();
        for (digest, answer) in &stamps {
            let info = stamped(answer, &root);
            assert_eq!(&info.imprint.digest, digest);
            assert!(given.insert(number(&info), info).is_none(), "given twice");
        }
        for (serial, info) in &given {
            let row = &rows[usize::try_from(*serial).unwrap() - 1];
            assert_eq!(row.bytes("imprint").unwrap(), info.imprint.digest, "what was given is in the log");
            assert_eq!(row.timestamp("at").unwrap(), info.time);
        }
        assert!(given.values().zip(given.values().skip(1)).all(|(one, next)| one.time <= next.time));
        town.prove().await;
        town.city.db.close().await;

        // Up again, the series goes on where the log ends.
        let serving = Serving::start(&config);
        let request = client.post(format!("{}/tsa", serving.origin)).header("content-type", QUERY);
        let response = request.body(question(b"after").to_der().unwrap()).send().await.unwrap();
        let info = stamped(&response.bytes().await.unwrap(), &root);
        assert_eq!(number(&info), rows.len() as u64 + 1);
    }
}
