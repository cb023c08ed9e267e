//! The line between a caller and the exchange fails: what was cut off goes nowhere, what is slow arrives whole, and whoever
//! stops in the middle holds nothing for long.

use std::time::Duration;

use haidang_exchange::proxy::Limits;
use haidang_testkit::Direction::{self, ToCaller, ToTarget};
use haidang_testkit::{Disturbance, FaultProxy, Then};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::support::*;

/// Longer than anything here takes on a busy machine.
const LONG: Duration = Duration::from_secs(20);
const MINUTE: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(300);
const MEGABYTES: usize = 3_000_000;
const REFUSED: &str = "400 client.bad_request";

/// Limits of which those a test is about are changed.
fn patient() -> Limits {
    Limits { head_time: MINUTE, body_silence: MINUTE, body_time: MINUTE, ..Limits::default() }
}

struct Line {
    provider: Provider,
    proxy: FaultProxy,
    direct: Door,
    /// The door at the far end of the line.
    door: Door,
}

impl Line {
    async fn lay(limits: Limits) -> Self {
        let provider = Provider::start().await;
        let direct = Door::with(&at(provider.address), limits).await;
        let proxy = FaultProxy::start(direct.address).unwrap();
        let door = direct.through(proxy.address());
        Self { provider, proxy, direct, door }
    }

    async fn put(&self) -> Reply {
        timeout(LONG, self.door.call("PUT", ECHO, &[A], &vec![b'x'; MEGABYTES])).await.expect("it ends")
    }

    async fn large(&self, bytes: usize) -> Reply {
        timeout(LONG, self.door.get(&format!("{ECHO}/large?{bytes}"))).await.expect("it ends")
    }

    /// The first record of operation; it is made when the call has ended, whoever still listens.
    async fn fault(&self) -> String {
        let recorded = async {
            loop {
                if let Some(record) = self.direct.log.recent().first() {
                    return record.fault_code.clone().unwrap_or_default();
                }
                tokio::task::yield_now().await;
            }
        };
        timeout(LONG, recorded).await.expect("the call is recorded")
    }
}

#[tokio::test]
async fn slow_callers_are_served_whole() {
    for disturbance in
        [Disturbance::None, Disturbance::Throttle(6_000_000), Disturbance::Delay(Duration::from_millis(1))]
    {
        let line = Line::lay(Limits::default()).await;
        line.proxy.disturb(ToTarget, disturbance);
        assert_eq!(line.put().await.text(), format!("{{\"length\":{MEGABYTES}}}"), "{disturbance:?}");
        assert!(line.provider.last().body == vec![b'x'; MEGABYTES]);
        line.proxy.disturb(ToCaller, disturbance);
        let reply = line.large(MEGABYTES).await;
        assert!(reply.status == 200 && reply.body == vec![b'x'; MEGABYTES], "{disturbance:?}");
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    for (limits, disturbance) in [
        (Limits { body_silence: SHORT, ..patient() }, Disturbance::After(100_000, Then::Stall)),
        (Limits { body_silence: SHORT, ..patient() }, Disturbance::After(100_000, Then::Swallow)),
        (Limits { body_time: SHORT, ..patient() }, Disturbance::After(100_000, Then::Stall)),
        (Limits { body_time: SHORT, ..patient() }, Disturbance::Throttle(100_000)),
    ] {
        let line = Line::lay(limits).await;
        line.proxy.disturb(ToTarget, disturbance);
        assert_eq!(line.put().await.said(), REFUSED, "{disturbance:?}");
        assert_eq!((line.fault().await.as_str(), line.provider.count()), ("client.bad_request", 0), "{disturbance:?}");
    }
    let line = Line::lay(Limits { head_time: SHORT, ..patient() }).await;
    line.proxy.disturb(ToTarget, Disturbance::After(30, Then::Stall));
    assert_eq!((line.put().await.status, line.provider.count()), (0, 0), "half a head is no request");
}

#[tokio::test]
async fn a_request_that_was_cut_off_goes_nowhere() {
    let chunked = format!(
        "POST {ECHO} HTTP/1.1\r\nHost: h\r\nX-Road-Client: {}\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nabcdefg\r\n",
        A.1
    );
    for then in [Then::Reset, Then::Close] {
        for (bytes, request) in [
            (100_000, None),
            (MEGABYTES as u64, None),
            // Its last chunk never comes.
            (chunked.len() as u64, Some(&chunked)),
        ] {
            let line = Line::lay(patient()).await;
            line.proxy.disturb(ToTarget, Disturbance::After(bytes, then));
            let reply = match request {
                Some(request) => timeout(LONG, line.door.raw(request.as_bytes())).await.expect("it ends"),
                None => line.put().await,
            };
            assert_ne!(reply.status, 200, "{then:?} {bytes}");
            assert_eq!(line.fault().await, "client.bad_request", "{then:?} {bytes}");
            assert_eq!(line.provider.count(), 0, "{then:?} {bytes}");
            line.proxy.normal().await;
            assert_eq!(line.large(10).await.status, 200, "afterwards");
        }
    }
}

#[tokio::test]
async fn an_answer_that_was_cut_off_shows_it() {
    for then in [Then::Reset, Then::Close] {
        let line = Line::lay(patient()).await;
        line.proxy.disturb(ToCaller, Disturbance::After(1_000_000, then));
        let reply = line.large(MEGABYTES).await;
        assert_eq!(reply.all("content-length"), [MEGABYTES.to_string()], "{then:?}");
        assert!(reply.body.len() < MEGABYTES, "{then:?}");
        assert_eq!(line.direct.get(ECHO).await.status, 200);
    }
}

/// One place for connections; whoever holds it does this, and the next is served all the same.
async fn frees(limits: Limits, direction: Direction, bytes: u64, request: String) {
    let line = Line::lay(Limits { connections: 1, ..limits }).await;
    line.proxy.disturb(direction, Disturbance::After(bytes, Then::Stall));
    let mut holder = TcpStream::connect(line.proxy.address()).await.unwrap();
    holder.write_all(request.as_bytes()).await.unwrap();
    let begun =
        line.proxy.until(|counts| counts.connections == 1 && (direction == ToTarget || counts.to_caller == bytes));
    timeout(LONG, begun).await.unwrap();
    let next = timeout(LONG, line.direct.get(ECHO)).await;
    assert_eq!(next.expect("the place is free again").status, 200, "{request}");
    drop(holder);
}

#[tokio::test]
async fn who_stops_in_the_middle_gives_up_its_place() {
    let asking = |path: &str| format!("GET {ECHO}{path} HTTP/1.1\r\nHost: h\r\nX-Road-Client: {}\r\n\r\n", A.1);
    let limits = Limits { head_time: SHORT, ..patient() };
    frees(limits.clone(), ToTarget, 0, String::new()).await;
    frees(limits.clone(), ToTarget, 0, asking("")).await;
    // Who keeps the connection after an answer.
    frees(limits, ToTarget, 1000, asking("")).await;
    // Who asks for much and takes little of it.
    frees(Limits { answer_silence: SHORT, ..patient() }, ToCaller, 100_000, asking("/large?30000000")).await;
}

#[tokio::test]
async fn a_refusal_reaches_who_is_still_sending() {
    for _ in 0..5 {
        let line = Line::lay(patient()).await;
        let body = vec![b'x'; 10 * MEGABYTES];
        let reply = timeout(LONG, line.direct.call("DELETE", &format!("{ECHO}/none/.."), &[A], &body)).await.unwrap();
        assert_eq!(reply.said(), REFUSED);
        let reply = timeout(LONG, line.direct.call("PUT", "/r1/VN-HP/GOV/0002/B/secret/x", &[A], &body)).await.unwrap();
        assert_eq!(reply.said(), "500 server.serverproxy.access_denied");
        assert_eq!(line.provider.count(), 0);
    }
}
