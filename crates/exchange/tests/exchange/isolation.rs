//! A provider that is dead, slow or gone harms nobody else; quotas and breakers count.

use std::sync::Arc;

use async_trait::async_trait;
use haidang_exchange::proxy::{Evidence, EvidenceError, Limits, RequestRecord, ResponseRecord};
use haidang_exchange::rules::record::OperationalRecord;
use jiff::SignedDuration;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use super::support::*;

#[tokio::test]
async fn a_hanging_provider_holds_only_its_own_calls() {
    let (slow, good) = (Provider::start().await, Provider::start().await);
    let settings = "concurrency = 2\ntimeouts = { connect_ms = 50, first_byte_ms = 60000, total_ms = 60000 }";
    let door = Arc::new(Door::open(&split(slow.address, good.address, settings)).await);
    for _ in 0..2 {
        let door = door.clone();
        tokio::spawn(async move { door.get(&format!("{ECHO}/hang")).await });
        slow.hanging.notified().await;
    }
    assert_eq!(door.get(&format!("{ECHO}/x")).await.said(), "500 server.serverproxy.network_error");
    assert_eq!(slow.count(), 2, "the third call never left");
    assert_eq!(door.call("POST", PEOPLE, PERSON, b"").await.status, 200);
}

#[tokio::test]
async fn a_dead_provider_opens_its_breaker_and_one_trial_closes_it() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, good) = (gone.local_addr().unwrap(), Provider::start().await);
    drop(gone);
    let text = split(address, good.address, "");
    let door = Door::open(&text).await;
    for _ in 0..5 {
        assert_eq!(door.get(ECHO).await.said(), "500 server.serverproxy.network_error");
    }
    let refused = door.get(ECHO).await;
    assert_eq!(
        (refused.said().as_str(), refused.all("retry-after")),
        ("500 server.serverproxy.breaker_open", vec!["30"])
    );
    assert_eq!(door.call("POST", PEOPLE, PERSON, b"").await.status, 200);
    door.ambient.advance(SignedDuration::from_secs(30));
    assert_eq!(door.get(ECHO).await.said(), "500 server.serverproxy.network_error", "the trial");
    assert_eq!(door.get(ECHO).await.said(), "500 server.serverproxy.breaker_open");
    // Elsewhere it is another provider.
    door.exchange.replace(directory(&at(good.address)));
    assert_eq!(door.get(ECHO).await.status, 200);
    for _ in 0..5 {
        assert_eq!(door.get(&format!("{ECHO}/status/503")).await.status, 503);
    }
    assert_eq!(door.get(ECHO).await.said(), "500 server.serverproxy.breaker_open");
    door.ambient.advance(SignedDuration::from_secs(31));
    assert_eq!(door.get(ECHO).await.status, 200);
    assert_eq!(door.get(ECHO).await.status, 200);
}

#[tokio::test]
async fn a_provider_that_breaks_off_is_not_asked_twice() {
    let broken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = broken.local_addr().unwrap();
    let asked = tokio::spawn(async move {
        let mut asked = 0;
        while let Ok((mut stream, _)) = broken.accept().await {
            asked += 1;
            let _ = stream.read(&mut [0; 1024]).await;
            drop(stream);
            if asked == 2 {
                break;
            }
        }
        asked
    });
    let door = Door::open(&split(address, address, "")).await;
    assert_eq!(door.call("POST", ECHO, &[A], b"once").await.said(), "500 server.serverproxy.io_error");
    assert_eq!(door.get(ECHO).await.said(), "500 server.serverproxy.io_error");
    assert_eq!(asked.await.unwrap(), 2);
}

#[tokio::test]
async fn connections_are_used_again() {
    let provider = Provider::start().await;
    let door = Door::open(&at(provider.address)).await;
    for _ in 0..20 {
        assert_eq!(door.get(ECHO).await.status, 200);
    }
    assert!(*provider.connections.lock().unwrap() <= 3);
}

#[tokio::test]
async fn quotas_count_seconds_days_and_users() {
    let provider = Provider::start().await;
    let door = Door::open(&at(provider.address)).await;
    for _ in 0..3 {
        assert_eq!(door.call("POST", PEOPLE, PERSON, b"").await.status, 200);
    }
    let over = door.call("POST", PEOPLE, PERSON, b"").await;
    assert_eq!((over.said().as_str(), over.all("retry-after")), ("400 client.quota_exceeded", vec!["43200"]));
    let other: Vec<_> =
        PERSON.iter().map(|(name, value)| (*name, if *name == "X-Road-UserId" { "VN2" } else { *value })).collect();
    assert_eq!(door.call("POST", PEOPLE, &other, b"").await.status, 200);
    door.ambient.advance(SignedDuration::from_hours(19));
    assert_eq!(door.call("POST", PEOPLE, PERSON, b"").await.status, 200);
    assert_eq!(provider.count(), 5);
}

/// Evidence that fails at one of its two moments.
struct Failing {
    request: bool,
}

#[async_trait]
impl Evidence for Failing {
    async fn request(&self, _: &RequestRecord) -> Result<(), EvidenceError> {
        if self.request { Err(EvidenceError::Timestamping) } else { Ok(()) }
    }

    async fn response(&self, request: &RequestRecord, response: &ResponseRecord) -> Result<(), EvidenceError> {
        assert!(request.bytes.starts_with(b"POST\r\n/r1/") && response.bytes.starts_with(b"200\r\nOK\r\n"));
        assert!(response.unfiltered_digest.is_some() && response.unfiltered_digest != response.body_digest);
        assert_eq!(request.agreement, Some(("HD-2".to_owned(), 3)));
        Err(EvidenceError::Logging)
    }

    fn observe(&self, _: OperationalRecord) {}
}

#[tokio::test]
async fn nothing_passes_without_its_proof() {
    let provider = Provider::start().await;
    let text = at(provider.address);
    let door = Door::over(&text, Limits::default(), Arc::new(Failing { request: true })).await;
    assert_eq!(door.call("POST", PEOPLE, PERSON, b"").await.said(), "500 server.clientproxy.timestamping_failed");
    assert_eq!(provider.count(), 0);
    let door = Door::over(&text, Limits::default(), Arc::new(Failing { request: false })).await;
    let reply = door.call("POST", PEOPLE, PERSON, b"").await;
    assert_eq!(reply.said(), "500 server.serverproxy.logging_failed");
    assert!(!reply.text().contains("hoTen"));
}
