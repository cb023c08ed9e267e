//! What passes between two exchanges, and what each side can prove afterwards.

use haidang_testkit::db_test;

use super::pair::{FAR, FAR_PEOPLE, Pair, ROOMS};
use crate::support::{A, PERSON};

const LARGE: usize = 10_000_000;
const NEAR: &str = "VN-HP/GOV/0001/A";
const PROVIDER: &str = "VN-HN/GOV/0002/B";

db_test! {
    rooms = ROOMS;

    async fn both_sides_hold_proof_that_the_other_has_signed(db: TestDb) {
        let pair = Pair::open(&db, "").await;
        let reply = pair.near.door.call("PUT", FAR, &[A, ("X-Road-Id", "one"), ("X-Custom", "kept")], b"abc").await;
        assert_eq!((reply.said().as_str(), reply.text().as_str()), ("200 -", "{\"length\":3}"));
        assert_eq!(reply.all("x-road-id"), ["one"]);
        assert_eq!(reply.all("x-road-service"), ["VN-HN/GOV/0002/B/echo"]);
        let seen = pair.provider.last();
        assert_eq!((seen.body.as_ref(), seen.all("x-custom")), (&b"abc"[..], vec!["kept"]));
        assert_eq!(seen.all("x-road-request-id"), reply.all("x-road-request-id"));
        for side in [&pair.near, &pair.far] {
            let checked = side.whole().await;
            assert_eq!(checked.messages, 2);
        }
        let whole = vec!["message.xml".to_owned(), "attachment1".to_owned()];
        assert_eq!(pair.near.containers(NEAR, "one").await, [whole.clone(), whole.clone()]);
        assert_eq!(pair.far.containers(PROVIDER, "one").await, [whole.clone(), whole]);
        let certificates = db.fetch_all("SELECT id FROM exchange_certificate", vec![]).await.unwrap();
        assert_eq!(certificates.len(), 2, "the own one and that of the other side");
        pair.remove().await;
    }

    async fn bodies_of_every_size_pass_whole(db: TestDb) {
        let pair = Pair::open(&db, "").await;
        for size in [0, 1, 1024, 70_000, LARGE] {
            let reply = pair.both_ways(size).await;
            assert_eq!((reply.said().as_str(), reply.body.len()), ("200 -", size));
            assert!(reply.body.iter().all(|byte| *byte == b'x'));
            let seen = pair.provider.last().body;
            assert!(seen.len() == size && seen.iter().all(|byte| *byte == b'y'));
        }
        assert_eq!((pair.near.whole().await.messages, pair.far.whole().await.messages), (10, 10));
        pair.remove().await;
    }
}

#[tokio::test]
async fn agreements_purposes_fields_and_quotas_are_judged_at_the_providers_side() {
    let pair = Pair::sqlite("").await;
    let near = &pair.near.door;
    let reply = near.call("POST", FAR_PEOPLE, PERSON, b"").await;
    assert_eq!(reply.text(), "{\"hoTen\":\"Phạm Thị Đào\"}");
    assert_eq!(near.call("POST", FAR_PEOPLE, &PERSON[..3], b"").await.said(), "400 client.purpose_missing");
    for expected in ["200 -", "200 -", "400 client.quota_exceeded"] {
        let reply = near.call("POST", FAR_PEOPLE, PERSON, b"").await;
        assert_eq!(reply.said(), expected);
        assert_eq!(reply.all("retry-after").len(), usize::from(reply.status == 400));
    }
    for (target, headers, expected) in [
        (FAR, &[("X-Road-Client", "VN-HP/GOV/0001/OTHER")][..], "500 server.serverproxy.unknown_member"),
        ("/r1/VN-HN/GOV/0002/B/gone", &[A], "500 server.serverproxy.unknown_service"),
        ("/r1/VN-HN/GOV/0002/B/never", &[A], "500 server.serverproxy.unknown_service"),
        ("/r1/VN-HN/GOV/0003/B/echo", &[A], "500 server.clientproxy.unknown_member"),
        (FAR, &[A, ("X-Road-Security-Server", "VN-HN/GOV/0002/haidang")], "200 -"),
        (
            FAR,
            &[A, ("X-Road-Security-Server", "VN-HP/GOV/0001/haidang")],
            "500 server.clientproxy.invalid_security_server",
        ),
        (&format!("{FAR}/status/404"), &[A], "404 -"),
        ("/r1/VN-HN/GOV/0002/B/listMethods", &[A], "200 -"),
    ] {
        assert_eq!(near.call("GET", target, headers, b"").await.said(), expected, "{target} {headers:?}");
    }
    let methods = near.call("GET", "/r1/VN-HN/GOV/0002/B/allowedMethods", &[A], b"").await;
    assert!(methods.text().contains("\"service_code\":\"people\""), "{}", methods.text());
    let listed = near.call("GET", "/listClients?xRoadInstance=VN-HN", &[("Accept", "application/json")], b"").await;
    assert!(listed.text().contains("\"subsystem_code\":\"B\"") && !listed.text().contains("0001"), "{}", listed.text());
    // Who is at another exchange calls there, and fetches its evidence there.
    let reply = pair.far.door.get(FAR).await;
    assert!(reply.text().contains("its own exchange, VN-HP/GOV/0001/haidang"), "{}", reply.text());
    pair.near.whole().await;
    pair.far.whole().await;
}

#[tokio::test]
async fn a_changed_agreement_holds_at_once() {
    let pair = Pair::sqlite("").await;
    assert_eq!(pair.near.door.get(FAR).await.status, 200);
    pair.change_far(
        "id = \"HD-1\"\nversion = 1\nstate = \"active\"",
        "id = \"HD-1\"\nversion = 2\nstate = \"suspended\"",
    );
    let reply = pair.near.door.get(FAR).await;
    assert_eq!(reply.said(), "500 server.serverproxy.access_denied");
    assert_eq!(pair.far.last_fault(), "server.serverproxy.access_denied");
    assert_eq!(
        (pair.near.whole().await.messages, pair.far.whole().await.messages),
        (3, 2),
        "refused, so not passed on"
    );
    assert_eq!(pair.provider.count(), 1);
}

#[tokio::test]
async fn connections_between_exchanges_are_used_again() {
    let pair = Pair::sqlite("").await;
    for _ in 0..10 {
        assert_eq!(pair.near.door.get(FAR).await.status, 200);
    }
    assert!(pair.line.counts().connections <= 3);
}
