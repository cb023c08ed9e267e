//! The line between the exchange and a provider fails in every way: each call ends in time with the right code, nothing
//! is delivered in part, others do not notice, and afterwards all is well again.

use std::time::{Duration, Instant};

use haidang_testkit::Direction::{self, ToCaller, ToTarget};
use haidang_testkit::{Disturbance, FaultProxy, Then};
use jiff::SignedDuration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::support::*;

/// Longer than anything here takes on a busy machine, shorter than the time-outs that are not meant.
const LONG: Duration = Duration::from_secs(20);
const MEGABYTES: usize = 3_000_000;
const NETWORK: &str = "500 server.serverproxy.network_error";
const BROKEN: &str = "500 server.serverproxy.io_error";

/// Time-outs in milliseconds; those that a case is not about are a minute.
#[derive(Clone, Copy)]
enum Limit {
    None,
    Connect(u64),
    FirstByte(u64),
    Total(u64),
}

impl Limit {
    fn settings(self) -> String {
        let minute = 60_000;
        let (connect, first_byte, total) = match self {
            Self::None => (minute, minute, minute),
            Self::Connect(time) => (time, minute, minute),
            Self::FirstByte(time) => (minute, time, minute),
            Self::Total(time) => (time, time, time),
        };
        format!("timeouts = {{ connect_ms = {connect}, first_byte_ms = {first_byte}, total_ms = {total} }}")
    }

    fn least(self) -> Duration {
        match self {
            Self::None => Duration::ZERO,
            Self::Connect(time) | Self::FirstByte(time) | Self::Total(time) => Duration::from_millis(time),
        }
    }
}

#[derive(Clone, Copy)]
enum Call {
    Small,
    LargeAnswer,
    LargeRequest,
    Filtered,
}

impl Call {
    async fn make(self, door: &Door) -> Reply {
        match self {
            Self::Small => door.get(ECHO).await,
            Self::LargeAnswer => door.get(&format!("{ECHO}/large?{MEGABYTES}")).await,
            Self::LargeRequest => door.call("PUT", ECHO, &[A], &vec![b'x'; MEGABYTES]).await,
            Self::Filtered => door.call("POST", PEOPLE, PERSON, b"").await,
        }
    }

    fn whole(self) -> Vec<u8> {
        match self {
            Self::Small => b"{\"length\":0}".to_vec(),
            Self::LargeAnswer => vec![b'x'; MEGABYTES],
            Self::LargeRequest => format!("{{\"length\":{MEGABYTES}}}").into_bytes(),
            Self::Filtered => "{\"hoTen\":\"Phạm Thị Đào\"}".into(),
        }
    }
}

struct Line {
    provider: Provider,
    proxy: FaultProxy,
    door: Door,
}

impl Line {
    async fn lay(limit: Limit) -> Self {
        let provider = Provider::start().await;
        let proxy = FaultProxy::start(provider.address).unwrap();
        // The service that cuts answers down has no time-outs of its own here; it is asked where none is meant.
        let text = split(proxy.address(), proxy.address(), &limit.settings());
        Self { provider, proxy, door: Door::open(&text).await }
    }
}

async fn check(disturbances: &[(Direction, Disturbance)], limit: Limit, call: Call, expected: &str) {
    let line = Line::lay(limit).await;
    for (direction, disturbance) in disturbances {
        line.proxy.disturb(*direction, *disturbance);
    }
    let case = format!("{disturbances:?} {} {expected}", limit.settings());
    ends(&line, limit, call, expected, &case).await;
}

/// The call ends as expected, and after the line has recovered so does the next one, with a right answer.
async fn ends(line: &Line, limit: Limit, call: Call, expected: &str, case: &str) {
    let began = Instant::now();
    let reply = timeout(LONG, call.make(&line.door)).await.unwrap_or_else(|_| panic!("hangs: {case}"));
    assert_eq!(reply.said(), expected, "{case}");
    let answered = expected == "200 -";
    assert!(answered || began.elapsed() >= limit.least(), "too early: {case}");
    if answered {
        assert!(reply.body == call.whole(), "{case}");
    } else {
        let fault: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(fault["type"], expected.split(' ').nth(1).unwrap(), "nothing of the answer: {case}");
    }
    line.proxy.normal().await;
    let after = timeout(LONG, Call::Small.make(&line.door)).await.unwrap_or_else(|_| panic!("hangs after: {case}"));
    assert_eq!((after.status, after.body), (200, Call::Small.whole()), "afterwards: {case}");
}

#[tokio::test]
async fn a_late_provider_is_waited_for_as_long_as_its_time_outs_say() {
    let late = |time| Disturbance::Delay(Duration::from_millis(time));
    check(&[(ToTarget, late(150)), (ToCaller, late(150))], Limit::FirstByte(10_000), Call::Small, "200 -").await;
    check(&[(ToCaller, late(5_000))], Limit::FirstByte(300), Call::Small, NETWORK).await;
    check(&[(ToTarget, late(5_000))], Limit::FirstByte(300), Call::Small, NETWORK).await;
    check(&[(ToCaller, late(150))], Limit::Total(10_000), Call::Filtered, "200 -").await;
    check(&[(ToCaller, late(100))], Limit::Total(400), Call::LargeAnswer, NETWORK).await;
}

#[tokio::test]
async fn slow_lines_carry_three_megabytes_whole_or_not_at_all() {
    let fast = Disturbance::Throttle(6_000_000);
    check(&[(ToCaller, fast)], Limit::None, Call::LargeAnswer, "200 -").await;
    check(&[(ToTarget, fast)], Limit::None, Call::LargeRequest, "200 -").await;
    let slow = Disturbance::Throttle(1_000_000);
    check(&[(ToCaller, slow)], Limit::Total(500), Call::LargeAnswer, NETWORK).await;
    check(&[(ToTarget, slow)], Limit::FirstByte(500), Call::LargeRequest, NETWORK).await;
}

#[tokio::test]
async fn a_line_that_breaks_off_is_told_as_broken_wherever_it_breaks() {
    for then in [Then::Reset, Then::Close] {
        for (direction, bytes, call) in [
            (ToTarget, 0, Call::Small),
            (ToTarget, 20, Call::Small),
            (ToTarget, 1_000_000, Call::LargeRequest),
            (ToCaller, 0, Call::Small),
            (ToCaller, 10, Call::Small),
            (ToCaller, 200, Call::LargeAnswer),
            (ToCaller, 1_000_000, Call::LargeAnswer),
            (ToCaller, 200, Call::Filtered),
        ] {
            check(&[(direction, Disturbance::After(bytes, then))], Limit::None, call, BROKEN).await;
        }
    }
}

#[tokio::test]
async fn a_silent_provider_is_given_up_in_time() {
    for then in [Then::Stall, Then::Swallow] {
        let at = |bytes| Disturbance::After(bytes, then);
        check(&[(ToTarget, at(0))], Limit::FirstByte(300), Call::Small, NETWORK).await;
        check(&[(ToTarget, at(1_000_000))], Limit::FirstByte(300), Call::LargeRequest, NETWORK).await;
        check(&[(ToCaller, at(0))], Limit::FirstByte(300), Call::Small, NETWORK).await;
        check(&[(ToCaller, at(10))], Limit::FirstByte(300), Call::Small, NETWORK).await;
        check(&[(ToCaller, at(1_000_000))], Limit::Total(800), Call::LargeAnswer, NETWORK).await;
    }
    let line = Line::lay(Limit::FirstByte(300)).await;
    line.proxy.half_open();
    ends(&line, Limit::FirstByte(300), Call::Small, NETWORK, "half open").await;
    let line = Line::lay(Limit::Connect(300)).await;
    line.proxy.black_hole().await;
    ends(&line, Limit::Connect(300), Call::Small, NETWORK, "black hole").await;
}

#[tokio::test]
async fn a_call_that_was_given_up_leaves_no_connection_behind() {
    let line = Line::lay(Limit::FirstByte(300)).await;
    for direction in [ToTarget, ToCaller] {
        line.proxy.disturb(direction, Disturbance::After(0, Then::Swallow));
        assert_eq!(line.door.get(ECHO).await.said(), NETWORK);
        timeout(LONG, line.proxy.until(|counts| counts.open == 0)).await.expect("it is closed");
        line.proxy.normal().await;
    }
}

/// What a provider says before it closes cleanly; never a whole answer.
#[tokio::test]
async fn half_an_answer_is_no_answer() {
    for said in [
        "",
        "HTTP/1.1 200 OK\r\nContent-Ty",
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nsecret",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nsecret\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\nsecret",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nsecret\r\n0\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nsecret\r\nzz\r\n\r\n",
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(said.as_bytes()).await;
        });
        let reply = timeout(LONG, Door::open(&at(address)).await.get(ECHO)).await.expect("it ends");
        assert_eq!(reply.said(), BROKEN, "{said:?}");
        assert!(!reply.text().contains("secret"), "{said:?}");
    }
}

#[tokio::test]
async fn who_asks_others_meanwhile_is_answered() {
    for black in [false, true] {
        let (far, near) = (Provider::start().await, Provider::start().await);
        let proxy = FaultProxy::start(far.address).unwrap();
        let door = Door::open(&split(proxy.address(), near.address, &Limit::None.settings())).await;
        if black {
            proxy.black_hole().await;
        } else {
            proxy.half_open();
        }
        let waiting = tokio::spawn({
            let door = door.through(door.address);
            async move { door.get(ECHO).await }
        });
        if !black {
            timeout(LONG, proxy.until(|counts| counts.connections == 1)).await.unwrap();
        }
        for _ in 0..3 {
            assert_eq!(timeout(LONG, door.call("POST", PEOPLE, PERSON, b"")).await.unwrap().status, 200);
        }
        assert!(!waiting.is_finished());
        proxy.normal().await;
        assert_eq!(timeout(LONG, waiting).await.unwrap().unwrap().status, 200, "what was held back goes on");
        assert_eq!(far.count(), 1);
    }
}

async fn opens(how: &str, limit: Limit, said: &str) {
    let line = Line::lay(limit).await;
    let fail = async || match how {
        "half open" => line.proxy.half_open(),
        "black hole" => line.proxy.black_hole().await,
        _ => line.proxy.disturb(ToCaller, Disturbance::After(10, Then::Reset)),
    };
    fail().await;
    for _ in 0..5 {
        assert_eq!(timeout(LONG, line.door.get(ECHO)).await.unwrap().said(), said, "{how}");
    }
    let open = "500 server.serverproxy.breaker_open";
    let before = line.proxy.counts().connections;
    assert_eq!(line.door.get(ECHO).await.said(), open, "{how}");
    assert_eq!(line.proxy.counts().connections, before, "{how}: nobody is asked");
    line.door.ambient.advance(SignedDuration::from_secs(30));
    assert_eq!(timeout(LONG, line.door.get(ECHO)).await.unwrap().said(), said, "{how}: the trial");
    line.proxy.normal().await;
    let tried = line.proxy.counts().connections;
    assert_eq!(line.door.get(ECHO).await.said(), open, "{how}");
    assert_eq!(line.proxy.counts().connections, tried, "{how}: nobody is asked while it is open");
    assert!(tried <= before + 1, "{how}: one trial");
    line.door.ambient.advance(SignedDuration::from_secs(30));
    for _ in 0..2 {
        assert_eq!(timeout(LONG, line.door.get(ECHO)).await.unwrap().status, 200, "{how}: closed again");
    }
    assert!(line.provider.count() >= 2);
}

#[tokio::test]
async fn the_breaker_opens_for_every_kind_of_failure_and_closes_after_recovery() {
    opens("reset", Limit::None, BROKEN).await;
    opens("half open", Limit::FirstByte(200), NETWORK).await;
    opens("black hole", Limit::Connect(200), NETWORK).await;
}
