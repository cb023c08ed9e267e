//! The line that fails to order, seen from both its ends.

#![allow(clippy::unwrap_used)]

use std::io;
use std::time::{Duration, Instant};

use haidang_testkit::Direction::{self, ToCaller, ToTarget};
use haidang_testkit::{Counts, Disturbance, FaultProxy, Then};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// Bytes of a piece.
const PIECE: usize = 16 * 1024;
/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);
/// Short, for what must not happen.
const SHORT: Duration = Duration::from_millis(100);

/// A target that sends back what it gets, and the line to it.
async fn echo() -> FaultProxy {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut reader, mut writer) = stream.split();
                let _ = tokio::io::copy(&mut reader, &mut writer).await;
                let _ = writer.shutdown().await;
            });
        }
    });
    FaultProxy::start(address).unwrap()
}

/// Sends all, says that it was all, and tells what came back and how it ended.
async fn talk(line: &FaultProxy, bytes: Vec<u8>) -> (Vec<u8>, io::Result<()>) {
    let (mut reader, mut writer) = TcpStream::connect(line.address()).await.unwrap().into_split();
    let writing = tokio::spawn(async move {
        let _ = writer.write_all(&bytes).await;
        let _ = writer.shutdown().await;
        writer
    });
    let mut back = Vec::new();
    let end = timeout(LONG, reader.read_to_end(&mut back)).await.unwrap().map(drop);
    drop(writing.await.unwrap());
    (back, end)
}

fn letters(length: usize) -> Vec<u8> {
    (0..length).map(|place| (place % 251) as u8).collect()
}

#[tokio::test]
async fn a_sound_line_changes_nothing_and_counts() {
    let line = echo().await;
    for length in [0, 1, PIECE, 300_000] {
        let (back, end) = talk(&line, letters(length)).await;
        assert!(back == letters(length) && end.is_ok(), "{length}");
    }
    let counts = timeout(LONG, line.until(|counts| counts.open == 0)).await.unwrap();
    let bytes = 300_001 + PIECE as u64;
    assert_eq!(counts, Counts { connections: 4, open: 0, to_target: bytes, to_caller: bytes });
}

async fn check(direction: Direction, bytes: u64, then: Then, length: usize, clean: bool) {
    let line = echo().await;
    line.disturb(direction, Disturbance::After(bytes, then));
    let (back, end) = talk(&line, letters(length)).await;
    let case = format!("{direction:?} {bytes} {then:?} {length}: {} {end:?}", back.len());
    assert_eq!(end.is_ok(), clean, "{case}");
    assert!(end.map_or_else(|error| error.kind() == io::ErrorKind::ConnectionReset, |()| true), "{case}");
    assert!(back.len() as u64 <= bytes && back == letters(back.len()), "{case}");
    assert!(direction == ToTarget || back.len() as u64 == bytes.min(length as u64), "{case}");
    let counts = timeout(LONG, line.until(|counts| counts.open == 0)).await.unwrap();
    let passed = if direction == ToTarget { counts.to_target } else { counts.to_caller };
    assert_eq!(passed, bytes.min(length as u64), "{case}");
}

#[tokio::test]
async fn connections_end_after_their_last_good_byte() {
    for direction in [ToTarget, ToCaller] {
        check(direction, 0, Then::Reset, 10, false).await;
        check(direction, 7, Then::Reset, 100_000, false).await;
        check(direction, 50_000, Then::Reset, 100_000, false).await;
        check(direction, 0, Then::Close, 10, true).await;
        check(direction, 50_000, Then::Close, 100_000, true).await;
        check(direction, 50_000, Then::Swallow, 100_000, true).await;
        check(direction, 200_000, Then::Close, 100_000, true).await;
    }
}

#[tokio::test]
async fn an_order_reaches_connections_that_are_open() {
    let line = echo().await;
    let mut caller = TcpStream::connect(line.address()).await.unwrap();
    let mut piece = [0; 4];
    caller.write_all(b"one.").await.unwrap();
    caller.read_exact(&mut piece).await.unwrap();
    line.disturb(ToCaller, Disturbance::After(2, Then::Stall));
    caller.write_all(b"two.").await.unwrap();
    timeout(LONG, line.until(|counts| counts.to_caller == 6)).await.unwrap();
    caller.read_exact(&mut piece[..2]).await.unwrap();
    assert!(timeout(SHORT, caller.read(&mut piece)).await.is_err(), "the rest is held back");
    line.normal().await;
    timeout(LONG, caller.read_exact(&mut piece[2..])).await.unwrap().unwrap();
    assert_eq!(&piece, b"two.");
    line.disturb(ToTarget, Disturbance::After(0, Then::Reset));
    let end = timeout(LONG, caller.read(&mut piece)).await.unwrap();
    assert_eq!(end.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn slow_lines_are_slow_and_lose_nothing() {
    for (disturbance, length, least) in [
        (Disturbance::Delay(Duration::from_millis(150)), 10, 150),
        (Disturbance::Throttle(100_000), 30_000, 250),
        (Disturbance::Throttle(10), 3, 200),
    ] {
        let line = echo().await;
        line.disturb(ToCaller, disturbance);
        let began = Instant::now();
        let (back, end) = talk(&line, letters(length)).await;
        assert!(back == letters(length) && end.is_ok(), "{disturbance:?}");
        assert!(began.elapsed() >= Duration::from_millis(least), "{disturbance:?} {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_half_open_peer_greets_and_says_nothing() {
    let line = echo().await;
    line.half_open();
    let mut caller = TcpStream::connect(line.address()).await.unwrap();
    caller.write_all(b"hello").await.unwrap();
    let mut piece = [0; 5];
    assert!(timeout(SHORT, caller.read(&mut piece)).await.is_err());
    assert_eq!(line.counts().to_target, 0);
    line.normal().await;
    timeout(LONG, caller.read_exact(&mut piece)).await.unwrap().unwrap();
    assert_eq!(&piece, b"hello");
}

#[tokio::test]
async fn a_black_hole_answers_nobody_until_it_ends() {
    let line = echo().await;
    let mut before = TcpStream::connect(line.address()).await.unwrap();
    timeout(LONG, line.until(|counts| counts.connections == 1)).await.unwrap();
    timeout(LONG, line.black_hole()).await.unwrap();
    assert!(timeout(SHORT, TcpStream::connect(line.address())).await.is_err());
    before.write_all(b"open").await.unwrap();
    let mut piece = [0; 4];
    timeout(LONG, before.read_exact(&mut piece)).await.unwrap().unwrap();
    timeout(LONG, line.normal()).await.unwrap();
    assert_eq!(talk(&line, letters(9)).await.0, letters(9));
    assert_eq!(line.counts().connections, 2, "what fills the queue is nobody's connection");
}

#[tokio::test]
async fn what_has_no_target_or_no_line_is_reset() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = gone.local_addr().unwrap();
    drop(gone);
    let line = FaultProxy::start(address).unwrap();
    assert!(talk(&line, Vec::new()).await.1.is_err());
    let line = echo().await;
    let mut caller = TcpStream::connect(line.address()).await.unwrap();
    timeout(LONG, line.until(|counts| counts.open == 1)).await.unwrap();
    let address = line.address();
    drop(line);
    assert!(timeout(LONG, caller.read(&mut [0; 1])).await.unwrap().is_err());
    let refused = async { while TcpStream::connect(address).await.is_ok() {} };
    timeout(LONG, refused).await.unwrap();
}
