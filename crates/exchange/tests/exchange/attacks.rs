//! What must not reach a provider.

use std::time::Duration;

use super::support::*;
use haidang_exchange::proxy::{Exchange, Limits, OperationalLog, Port, StartError, serve};
use haidang_kernel::ambient::Ambient;

#[tokio::test]
async fn paths_with_two_meanings_go_nowhere() {
    let provider = Provider::start().await;
    let door = Door::open(&at(provider.address)).await;
    for path in [
        "/p/../x",
        "/p/./x",
        "/..%2fx",
        "/%2e%2e/x",
        "/%2E%2e%2fx",
        "/p/.%2e/x",
        "/p%2fx",
        "/p%5cx",
        "/p\\x",
        "/..;/x",
        "//x",
        "/p//x",
        "/x/..",
        "/x/.",
        "/%252e%252e/x",
        "/%00x",
        "/x%0d%0aX-Evil:1",
        "/%c0%ae%c0%ae/x",
        "/x%",
        "/x%zz",
    ] {
        let reply = door.get(&format!("{ECHO}{path}")).await;
        assert_eq!(reply.said(), "400 client.bad_request", "{path}");
    }
    assert_eq!(door.get(&format!("{ECHO}/{}", "a".repeat(9000))).await.said(), "400 client.bad_request");
    assert_eq!(door.get("http://elsewhere.invalid/r1/VN-HP/GOV/0002/B/echo").await.said(), "400 client.bad_request");
    assert_eq!(
        door.call("DELETE", &format!("{ECHO}/%66orbidden"), &[A], b"").await.said(),
        "500 server.serverproxy.access_denied"
    );
    assert_eq!(provider.count(), 0);
}

#[tokio::test]
async fn no_second_request_hides_in_a_first() {
    let provider = Provider::start().await;
    // Connections that stay open end soon.
    let limits = Limits { head_time: Duration::from_millis(200), ..Limits::default() };
    let door = Door::with(&at(provider.address), limits).await;
    let inner = format!("0\r\n\r\nGET {ECHO}/smuggled HTTP/1.1\r\nHost: h\r\nX-Road-Client: {}\r\n\r\n", A.1);
    let length = inner.len();
    for (head, refused) in [
        (format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n"), false),
        (format!("Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n"), false),
        (format!("Content-Length: 5\r\nContent-Length: {length}\r\n"), true),
        (format!("Transfer-Encoding : chunked\r\nContent-Length: {length}\r\n"), true),
        ("Transfer-Encoding: xchunked\r\n".to_owned(), true),
        ("Transfer-Encoding: gzip, chunked\r\n".to_owned(), true),
        (format!("Content-Length: +{length}\r\n"), true),
    ] {
        let request = format!(
            "POST {ECHO}/outer HTTP/1.1\r\nHost: h\r\nX-Road-Client: {}\r\nConnection: close\r\n{head}\r\n{inner}",
            A.1
        );
        let reply = door.raw(request.as_bytes()).await;
        assert!(!refused || reply.status >= 400, "{head} {}", reply.status);
        let without_close = request.replace("Connection: close\r\n", "");
        let reply = door.raw(without_close.as_bytes()).await;
        assert!(!refused || reply.status >= 400, "{head} {}", reply.status);
    }
    let targets: Vec<_> = provider.seen.lock().unwrap().iter().map(|seen| seen.target.clone()).collect();
    assert!(!targets.iter().any(|target| target.contains("smuggled")), "{targets:?}");
    for header in [("X_Road_UserId", "VN1"), ("Content_Length", "0")] {
        assert_eq!(door.call("GET", ECHO, &[A, header], b"").await.said(), "400 client.bad_request", "{header:?}");
    }
    let twice = [A, ("X-Road-UserId", "VN1"), ("X-Road-UserId", "VN2")];
    assert_eq!(door.call("GET", ECHO, &twice, b"").await.said(), "400 client.duplicate_header_field");
}

#[tokio::test]
async fn dawdling_and_oversized_callers_are_sent_away() {
    let provider = Provider::start().await;
    let limits = Limits {
        head_time: Duration::from_millis(100),
        body_silence: Duration::from_millis(100),
        body_bytes: 1000,
        ..Limits::default()
    };
    let door = Door::with(&at(provider.address), limits).await;
    let head = format!("POST {ECHO} HTTP/1.1\r\nHost: h\r\nX-Road-Client: {}\r\n", A.1);
    assert_ne!(door.raw(head.as_bytes()).await.status, 200, "a head without an end");
    let slow = format!("{head}Content-Length: 100\r\n\r\nabc");
    assert_eq!(door.raw(slow.as_bytes()).await.said(), "400 client.bad_request");
    assert_eq!(door.call("POST", ECHO, &[A], &[b'x'; 1001]).await.said(), "400 client.bad_request");
    assert_eq!(door.call("POST", ECHO, &[A], &[b'x'; 1000]).await.status, 200);
    assert_eq!(door.get(&format!("{ECHO}/large?1001")).await.said(), "500 server.serverproxy.service_failed");
    assert_eq!(provider.count(), 2);
}

#[tokio::test]
async fn without_certificates_nobody_comes_from_elsewhere() {
    let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
    let log = std::sync::Arc::new(OperationalLog::new(1));
    let exchange = Exchange::new(directory(DIRECTORY), Ambient::system(), Limits::default(), log);
    let plain = serve(exchange.clone(), Port::Plain(listener), std::future::pending()).await;
    assert!(matches!(plain, Err(StartError::NotLoopback(_))));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let tls = serve(exchange, Port::Tls(listener), std::future::pending()).await;
    assert!(matches!(tls, Err(StartError::NoCertificate(_))));
    let door = Door::open(DIRECTORY).await;
    let reply = door.call("GET", ECHO, &[("X-Road-Client", "VN-HP/GOV/0001/CERT")], b"").await;
    assert_eq!(reply.said(), "500 server.clientproxy.ssl_authentication_failed");
}
