//! The same key asks for the same thing once.

use super::*;
use haidang_testkit::db_test;
use std::sync::atomic::Ordering;

async fn make(trial: &Trial, token: &str, key: &str, body: &str) -> Got {
    let request = Request::post("/api/v1/things")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .header("idempotency-key", key);
    trial.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

db_test! {
    rooms = ROOMS;

    async fn a_repeated_request_is_answered_again_and_done_once(db: TestDb) {
        let trial = trial(&db);
        let first = make(&trial, "token-resident", "k1", r#"{"name":"a"}"#).await;
        let second = make(&trial, "token-resident", "k1", r#"{"name":"a"}"#).await;
        assert_eq!((first.status.as_u16(), second.status.as_u16()), (201, 201));
        assert_eq!(first.body, second.body);
        assert_eq!((second.location(), second.header("content-type")), ("/api/v1/things/1", "application/json"));
        assert_eq!((first.header("idempotent-replayed"), second.header("idempotent-replayed")), ("", "true"));
        assert_eq!(trial.done.0.load(Ordering::SeqCst), 1);
        let other = make(&trial, "token-resident", "k1", r#"{"name":"b"}"#).await;
        assert_eq!((other.status.as_u16(), other.json()["code"].as_str()), (422, Some("idempotency_key_reused")));
        let somebody = make(&trial, "token-official", "k1", r#"{"name":"b"}"#).await;
        assert_eq!(somebody.status, 201, "keys belong to one actor");
        assert_eq!(make(&trial, "token-resident", "k2", r#"{"name":"a"}"#).await.json()["count"], 3);
    }

    async fn a_refusal_gives_the_key_back(db: TestDb) {
        let trial = trial(&db);
        for name in ["invalid", "broken"] {
            let body = format!(r#"{{"name":"{name}"}}"#);
            let before = trial.done.0.load(Ordering::SeqCst);
            for _ in 0..2 {
                assert!(!make(&trial, "token-resident", name, &body).await.status.is_success());
            }
            assert_eq!(trial.done.0.load(Ordering::SeqCst), before + 2, "{name}: both tries ran");
            assert_eq!(make(&trial, "token-resident", name, r#"{"name":"mended"}"#).await.status, 201, "{name}");
        }
    }

    async fn a_key_still_running_is_not_run_twice(db: TestDb) {
        let trial = trial(&db);
        assert_eq!(make(&trial, "token-resident", "k", r#"{"name":"a"}"#).await.status, 201);
        db.execute("UPDATE web_idempotency SET state = 'running'", vec![]).await.unwrap();
        let got = make(&trial, "token-resident", "k", r#"{"name":"a"}"#).await;
        assert_eq!((got.status.as_u16(), got.json()["code"].as_str()), (409, Some("idempotency_key_in_use")));
        db.ambient().advance(jiff::SignedDuration::from_secs(91));
        assert_eq!(make(&trial, "token-resident", "k", r#"{"name":"a"}"#).await.json()["count"], 2, "its request died long ago");
        for key in ["", "with space", "có dấu", &"k".repeat(256)] {
            let got = make(&trial, "token-resident", key, r#"{"name":"a"}"#).await;
            assert!(got.status == 400 || !key.is_ascii(), "{key:?}: {}", got.status);
        }
    }

    async fn many_at_once_make_one(db: TestDb) {
        let trial = trial(&db);
        let all = futures_util::future::join_all((0..20).map(|_| make(&trial, "token-resident", "same", r#"{"name":"a"}"#))).await;
        assert_eq!(trial.done.0.load(Ordering::SeqCst), 1);
        assert!(all.iter().any(|got| got.status == 201));
        assert!(all.iter().all(|got| matches!(got.status.as_u16(), 201 | 409)));
    }
}
