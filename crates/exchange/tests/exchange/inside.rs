//! Parts of the program itself call the exchange: judged as everybody, and nobody else may call in their name.

use std::time::Duration;

use bytes::Bytes;
use haidang_exchange::proxy::{InsideError, Insider};
use haidang_exchange::rules::identifier::SubsystemId;
use hyper::Request;

use super::support::*;

const PATIENCE: Duration = Duration::from_secs(20);

/// The directory of the tests, in which the first subsystem is a part of the program.
fn inside(provider: std::net::SocketAddr) -> String {
    at(provider).replacen("connection = \"http\"", "connection = \"inside\"", 1)
}

fn insider(door: &Door, subsystem: &str) -> Insider {
    Insider::new(door.exchange.clone(), SubsystemId::parse(subsystem).unwrap())
}

fn asking(target: &str) -> Request<Bytes> {
    let mut request = Request::post(target);
    for (name, value) in PERSON {
        request = request.header(*name, *value);
    }
    request.body(Bytes::from_static(b"{}")).unwrap()
}

#[tokio::test]
async fn a_part_of_the_program_is_answered_as_everybody() {
    let provider = Provider::start().await;
    let door = Door::open(&inside(provider.address)).await;
    let answer = insider(&door, "VN-HP/GOV/0001/A").call(asking(PEOPLE), 1000, PATIENCE).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.body().as_ref()), (200, "{\"hoTen\":\"Phạm Thị Đào\"}".as_bytes()));
    assert_eq!(provider.last().all("x-road-client"), ["VN-HP/GOV/0001/A"]);
    assert_eq!(door.log.recent().len(), 1);
    // It cannot take another name: the name is not its to give.
    let mut named = asking(PEOPLE);
    named.headers_mut().insert("x-road-client", "VN-HP/GOV/0001/A77".parse().unwrap());
    insider(&door, "VN-HP/GOV/0001/A").call(named, 1000, PATIENCE).await.unwrap();
    assert_eq!(provider.last().all("x-road-client"), ["VN-HP/GOV/0001/A"]);
}

#[tokio::test]
async fn rights_are_asked_of_it_too() {
    let provider = Provider::start().await;
    let door = Door::open(&inside(provider.address)).await;
    for (subsystem, target, code) in [
        ("VN-HP/GOV/0001/A", "/r1/VN-HP/GOV/0002/B/secret", "server.serverproxy.access_denied"),
        ("VN-HP/GOV/0001/A77", ECHO, "Server.ClientProxy.SslAuthenticationFailed"),
        ("VN-HP/GOV/0009/X", ECHO, "server.clientproxy.unknown_member"),
    ] {
        let answer = insider(&door, subsystem).call(asking(target), 1000, PATIENCE).await.unwrap();
        assert_eq!(answer.headers()["x-road-error"], code, "{subsystem}");
    }
    assert_eq!(provider.count(), 0);
}

#[tokio::test]
async fn nobody_speaks_for_a_part_of_the_program_from_outside() {
    let provider = Provider::start().await;
    let door = Door::open(&inside(provider.address)).await;
    assert_eq!(door.get(ECHO).await.said(), "500 server.clientproxy.ssl_authentication_failed");
    assert_eq!(provider.count(), 0);
}

#[tokio::test]
async fn it_waits_no_longer_and_takes_no_more_than_it_said() {
    let provider = Provider::start().await;
    let door = Door::open(&inside(provider.address)).await;
    let caller = insider(&door, "VN-HP/GOV/0001/A");
    let slow = caller.call(asking(&format!("{ECHO}/hang")), 1000, Duration::from_millis(50)).await;
    assert!(matches!(slow, Err(InsideError::Timeout(_))), "{slow:?}");
    let large = caller.call(asking(&format!("{ECHO}/large?2000")), 1000, PATIENCE).await;
    assert!(matches!(large, Err(InsideError::TooLarge(1000))), "{large:?}");
    let fits = caller.call(asking(&format!("{ECHO}/large?1000")), 1000, PATIENCE).await.unwrap();
    assert_eq!(fits.body().len(), 1000);
    for (size, taken, whole) in [("2000", 1000, false), ("1000", 1000, true), ("999", 999, true)] {
        let part = caller.begin(asking(&format!("{ECHO}/large?{size}")), 1000, PATIENCE).await.unwrap();
        assert_eq!((part.answer.body().len(), part.whole), (taken, whole), "{size}");
    }
}

#[tokio::test]
async fn a_call_is_tried_for_the_system_that_was_chosen_and_under_its_rights() {
    let provider = Provider::start().await;
    let door = Door::open(&at(provider.address)).await;
    for (subsystem, target, said) in [
        ("VN-HP/GOV/0001/A", PEOPLE, ""),
        ("VN-HP/GOV/0001/A", "/r1/VN-HP/GOV/0002/B/secret", "server.serverproxy.access_denied"),
        ("VN-HP/GOV/0009/X", ECHO, "server.clientproxy.unknown_member"),
    ] {
        let trying = Insider::trying(door.exchange.clone(), SubsystemId::parse(subsystem).unwrap());
        let answer = trying.call(asking(target), 1000, PATIENCE).await.unwrap();
        let code = answer.headers().get("x-road-error").map_or("", |code| code.to_str().unwrap());
        assert_eq!(code, said, "{subsystem} {target}");
    }
    assert_eq!(provider.count(), 1);
}
