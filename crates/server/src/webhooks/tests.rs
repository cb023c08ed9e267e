//! Deliveries to a receiver on loopback, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap as Headers, StatusCode};
use axum::routing::post;
use haidang_contracts::events::{
    CASE_MOVED, CASE_SUBMITTED, CaseSubmitted, DOCUMENT_KEPT, RESULT_ISSUED, ResultIssued,
};
use haidang_contracts::identity::{NewPerson, PersonRecord};
use haidang_contracts::{Actor, ContractError};
use haidang_store::{Dispatcher, Jobs};
use haidang_testkit::{Rooms, TestDb, db_test};
use haidang_web::client::OutboundLimits;
use jiff::SignedDuration;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

const ROOMS: Rooms = &[("server", crate::MIGRATIONS)];

/// Marked values that lead to a person and must never leave.
const MARK: &str = "MARKED-VALUE";

fn person(number: u32) -> PersonId {
    PersonId::parse(&format!("01900000-0000-7000-8000-00000000000{number}")).unwrap()
}

/// Person 1 is a system account, person 2 an official.
struct Accounts;

#[async_trait]
impl Identity for Accounts {
    async fn actor(&self, _: &PersonId, _: Option<&PersonId>) -> Result<Option<Actor>, ContractError> {
        Ok(None)
    }
    async fn actor_by_token(&self, _: &str) -> Result<Option<Actor>, ContractError> {
        Ok(None)
    }
    async fn person(&self, id: &PersonId) -> Result<Option<PersonRecord>, ContractError> {
        let kind = if *id == person(1) { PersonKind::System } else { PersonKind::Person };
        Ok(Some(PersonRecord {
            id: id.clone(),
            kind,
            full_name: MARK.into(),
            citizen_no: None,
            tax_no: None,
            birth_date: None,
            sex: None,
            ethnicity: None,
            nationality: None,
            commune_code: None,
            address: None,
            phone: None,
            email: None,
        }))
    }
    async fn person_by_number(&self, _: &str) -> Result<Option<PersonRecord>, ContractError> {
        Ok(None)
    }
    async fn find_or_create(&self, _: &NewPerson) -> Result<PersonRecord, ContractError> {
        Err(ContractError::NotFound("person"))
    }
}

/// A receiver: what came, and what it will answer next (200 when nothing is said).
#[derive(Default, Clone)]
struct Receiver {
    came: Arc<Mutex<Vec<(Headers, String)>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Receiver {
    async fn listen(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let receiver = self.clone();
        let take = move |headers: Headers, body: Bytes| async move {
            receiver.came.lock().unwrap().push((headers, String::from_utf8(body.to_vec()).unwrap()));
            let answer = receiver.answers.lock().unwrap().pop_front().unwrap_or(200);
            StatusCode::from_u16(answer).unwrap()
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/hook", post(take))).await });
        format!("http://localhost:{port}/hook")
    }

    fn answer(&self, statuses: &[u16]) {
        self.answers.lock().unwrap().extend(statuses);
    }

    fn came(&self) -> Vec<(Headers, String)> {
        self.came.lock().unwrap().clone()
    }
}

fn webhooks(db: &TestDb, names: &[&str]) -> Webhooks {
    let limits = OutboundLimits { timeout: Duration::from_secs(2), ..OutboundLimits::default() };
    let client = Guarded::new(names.iter().map(|name| (*name).to_owned()), limits).unwrap();
    Webhooks::new(db.db(), db.ambient().clone(), Arc::new(Accounts), [9; 32], Some(client))
}

fn new(url: &str, kinds: &[&str]) -> NewWebhook {
    NewWebhook { owner: None, url: url.into(), kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect() }
}

async fn make(webhooks: &Webhooks, new: &NewWebhook) -> Result<(Webhook, String), Problem> {
    webhooks.make(new, ActorRef::system(), &person(2), "r1").await
}

async fn submit(db: &TestDb) {
    let fact = CaseSubmitted {
        case_id: "c1".into(),
        case_no: "H24.11824-20260303-0000001".into(),
        procedure: "1.001193".into(),
        owner: MARK.into(),
        receiving_agency: "H24.11824".into(),
        at: 0,
    };
    emit(db, CASE_SUBMITTED, fact).await;
}

async fn emit(db: &TestDb, kind: &'static str, fact: impl Serialize + Clone + Send + Sync) {
    db.transaction(|tx| {
        let fact = fact.clone();
        Box::pin(async move { tx.emit(kind, "c1", &fact).await.map(drop) })
    })
    .await
    .unwrap();
}

/// Everything that is due now.
async fn work(db: &TestDb, webhooks: &Webhooks) {
    Dispatcher::new(db.db()).run_due().await.unwrap();
    Jobs::new(db.db()).with(Arc::new(Deliveries(webhooks.clone()))).run_due().await.unwrap();
}

db_test! {
    rooms = ROOMS;

    async fn a_fact_arrives_signed_and_without_a_person(db: TestDb) {
        let receiver = Receiver::default();
        let url = receiver.listen().await;
        let webhooks = webhooks(&db, &["localhost"]);
        db.register(Arc::new(webhooks.clone()));
        let (hook, secret) = make(&webhooks, &new(&url, &[CASE_SUBMITTED, RESULT_ISSUED])).await.unwrap();
        submit(&db).await;
        emit(&db, CASE_MOVED, serde_json::json!({ "not": "wanted" })).await;
        emit(&db, DOCUMENT_KEPT, serde_json::json!({ "never": "offered" })).await;
        let result = ResultIssued {
            result_id: "k1".into(), case_id: "c1".into(), owner: MARK.into(), code: "KQ.G15.000031".into(),
            title: MARK.into(), number: MARK.into(), issuer: "UBND xã Mẫu".into(), issued_on: "2026-03-03".into(),
            valid_until: None, sha256: "b".repeat(64), media_type: "text/html".into(), size: 1, token: MARK.into(),
        };
        emit(&db, RESULT_ISSUED, result).await;
        work(&db, &webhooks).await;
        work(&db, &webhooks).await;
        let came = receiver.came();
        assert_eq!(came.len(), 2, "{came:?}");
        for (headers, body) in &came {
            assert!(!body.contains(MARK), "{body}");
            let given = headers["haidang-signature"].to_str().unwrap();
            let seconds = given.strip_prefix("t=").unwrap().split(',').next().unwrap().parse().unwrap();
            assert_eq!(given, signature(secret.as_bytes(), seconds, body));
            assert_ne!(given, signature(b"another", seconds, body));
            assert_eq!(seconds, db.ambient().now().as_second());
            let said: serde_json::Value = serde_json::from_str(body).unwrap();
            assert_eq!(headers["haidang-event"].to_str().unwrap(), said["kind"]);
            let delivery = format!("{}.{}", said["id"].as_str().unwrap(), hook.id);
            assert_eq!(headers["haidang-delivery"].to_str().unwrap(), delivery);
        }
        let mut kinds: Vec<_> = came.iter().map(|(headers, _)| headers["haidang-event"].to_str().unwrap()).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, [CASE_SUBMITTED, RESULT_ISSUED]);
    }

    async fn a_receiver_that_is_down_is_asked_again_and_holds_up_nobody(db: TestDb) {
        let (broken, sound) = (Receiver::default(), Receiver::default());
        broken.answer(&[500, 503]);
        let webhooks = webhooks(&db, &["localhost"]);
        db.register(Arc::new(webhooks.clone()));
        for receiver in [&broken, &sound] {
            make(&webhooks, &new(&receiver.listen().await, &[CASE_SUBMITTED])).await.unwrap();
        }
        submit(&db).await;
        for (seconds, expected) in [(0, (1, 1)), (0, (1, 1)), (2, (2, 1)), (4, (3, 1)), (3600, (3, 1))] {
            db.ambient().advance(SignedDuration::from_secs(seconds));
            work(&db, &webhooks).await;
            assert_eq!((broken.came().len(), sound.came().len()), expected, "after {seconds} s");
        }
        let deliveries: std::collections::BTreeSet<_> =
            broken.came().iter().map(|(headers, _)| headers["haidang-delivery"].to_str().unwrap().to_owned()).collect();
        assert_eq!(deliveries.len(), 1, "one delivery, whatever the attempt");
    }

    async fn a_receiver_that_is_gone_and_a_webhook_that_ended_get_nothing_more(db: TestDb) {
        let receiver = Receiver::default();
        receiver.answer(&[410, 500]);
        let webhooks = webhooks(&db, &["localhost"]);
        db.register(Arc::new(webhooks.clone()));
        let (hook, _) = make(&webhooks, &new(&receiver.listen().await, &[CASE_SUBMITTED])).await.unwrap();
        submit(&db).await;
        work(&db, &webhooks).await;
        db.ambient().advance(SignedDuration::from_hours(2));
        work(&db, &webhooks).await;
        assert_eq!(receiver.came().len(), 1, "410 ends the attempts");
        submit(&db).await;
        work(&db, &webhooks).await;
        webhooks.remove(hook.id.as_str(), ActorRef::system(), "r1").await.unwrap();
        webhooks.remove(hook.id.as_str(), ActorRef::system(), "r1").await.unwrap();
        submit(&db).await;
        db.ambient().advance(SignedDuration::from_hours(2));
        work(&db, &webhooks).await;
        assert_eq!(receiver.came().len(), 2, "what waited for an ended webhook is not sent");
        assert!(webhooks.list("", 10).await.unwrap().is_empty());
        let gone = webhooks.remove(person(9).as_str(), ActorRef::system(), "r1").await;
        assert_eq!(gone.unwrap_err().code, "webhook_not_found");
        let audit = db.fetch_all("SELECT action FROM store_audit ORDER BY id", vec![]).await.unwrap();
        let audit: Vec<_> = audit.iter().map(|row| row.text("action").unwrap()).collect();
        assert_eq!(audit, ["webhook.created", "webhook.removed"]);
    }

    async fn what_does_not_fit_is_refused_by_field(db: TestDb) {
        let receiver = Receiver::default();
        let url = receiver.listen().await;
        let named = webhooks(&db, &["localhost"]);
        let stranger = webhooks(&db, &[]);
        let check = async |webhooks: &Webhooks, new: NewWebhook, expected: &[(&str, &str)]| {
            let problem = make(webhooks, &new).await.unwrap_err();
            let errors: Vec<_> = problem.errors.iter().map(|e| (e.field.as_str(), e.code.as_ref())).collect();
            assert_eq!((problem.code, errors.as_slice()), ("webhook_invalid", expected), "{new:?}");
        };
        let kinds = [CASE_MOVED];
        check(&stranger, new(&url, &kinds), &[("/url", "address_not_allowed")]).await;
        check(&stranger, new("https://127.0.0.1/hook", &kinds), &[("/url", "private_address")]).await;
        check(&stranger, new("https://169.254.169.254/", &kinds), &[("/url", "private_address")]).await;
        check(&named, new("https://10.0.0.1/", &kinds), &[("/url", "private_address")]).await;
        check(&named, new("nonsense", &[]), &[("/url", "address_not_allowed"), ("/kinds", "required")]).await;
        check(&named, new(&url, &[DOCUMENT_KEPT]), &[("/kinds", "unknown")]).await;
        let of = |owner: &str| NewWebhook { owner: Some(owner.to_owned()), ..new(&url, &kinds) };
        check(&named, of("nobody"), &[("/owner", "unknown")]).await;
        check(&named, of(person(2).as_str()), &[("/owner", "unknown")]).await;
        let (made, _) = make(&named, &of(person(1).as_str())).await.unwrap();
        assert_eq!(made.owner, person(1));
    }

    async fn a_name_that_leads_inside_is_never_called(db: TestDb) {
        let receiver = Receiver::default();
        let url = receiver.listen().await;
        let named = webhooks(&db, &["localhost"]);
        make(&named, &new(&url, &[CASE_SUBMITTED])).await.unwrap();
        // The configuration changed since: the host is named no longer.
        let stranger = webhooks(&db, &[]);
        db.register(Arc::new(stranger.clone()));
        submit(&db).await;
        work(&db, &stranger).await;
        db.ambient().advance(SignedDuration::from_hours(2));
        work(&db, &stranger).await;
        assert!(receiver.came().is_empty());
    }

    async fn the_database_holds_no_secret(db: TestDb) {
        let webhooks = webhooks(&db, &[]);
        let (first, secret) = make(&webhooks, &new("https://example.org/hook", &[CASE_MOVED])).await.unwrap();
        let (_, other) = make(&webhooks, &new("https://example.org/hook", &[CASE_MOVED])).await.unwrap();
        assert_ne!(secret, other);
        assert!(secret.starts_with("whsec_") && secret.len() > 40);
        assert_eq!(webhooks.secret(&first.id), secret, "derived again for every delivery");
        let rows = db.fetch_all("SELECT id, owner, url, kinds, created_by FROM server_webhook", vec![]).await.unwrap();
        for row in rows {
            for column in ["id", "owner", "url", "kinds", "created_by"] {
                assert!(!secret.contains(&row.text(column).unwrap()));
            }
        }
    }
}

#[test]
fn the_signature_is_the_documented_one() {
    // Calculated with: printf '1700000000.{}' | openssl dgst -sha256 -hmac secret
    let mac = "b8569b78799ff9e3cbff0fc2d63a33a2b57f3282abd07c37ae5e8e7d79a5f163";
    assert_eq!(signature(b"secret", 1_700_000_000, "{}"), format!("t=1700000000,v1={mac}"));
}
