//! The line between two exchanges fails in every way, with bodies of every size: the caller gets its answer or one fault
//! that says so, in time, and both logs stay whole.

use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use haidang_testkit::Direction::{self, ToCaller, ToTarget};
use haidang_testkit::{Disturbance, Then};
use tokio::time::timeout;

use super::pair::Pair;

/// Longer than anything here takes on a busy machine, shorter than the time-outs that are not meant.
const LONG: Duration = Duration::from_secs(100);
const NONE: usize = 0;
const SMALL: usize = 1024;
const LARGE: usize = 10_000_000;
const ANSWERED: &str = "200 -";
const NETWORK: &str = "500 server.clientproxy.network_error";
const BROKEN: &str = "500 server.clientproxy.io_error";
const NEVER: RangeInclusive<usize> = 0..=0;
const ONCE: RangeInclusive<usize> = 1..=1;
/// What a line held back goes on when it is well again: the call may still be carried out, and never twice.
const UNKNOWN: RangeInclusive<usize> = 0..=1;
/// Time-outs that no case is about.
const PATIENT: [u64; 3] = [120_000; 3];

#[derive(Debug, Clone, Copy)]
enum Failing {
    Disturbed(&'static [(Direction, Disturbance)]),
    HalfOpen,
    BlackHole,
}

/// Whether a connection is already there when the line fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Connected,
    Fresh,
}

async fn check(
    failing: Failing,
    before: Before,
    limits: [u64; 3],
    size: usize,
    expected: &str,
    asked: RangeInclusive<usize>,
) {
    let case = format!("{failing:?} {before:?} {size} {expected}");
    let [connect, first_byte, total] = limits;
    let settings = format!("timeouts = {{ connect_ms = {connect}, first_byte_ms = {first_byte}, total_ms = {total} }}");
    let pair = Pair::sqlite(&settings).await;
    if before == Before::Connected {
        assert_eq!(pair.both_ways(NONE).await.status, 200, "{case}");
    }
    let already = pair.provider.count();
    match failing {
        Failing::Disturbed(disturbances) => {
            for (direction, disturbance) in disturbances {
                pair.line.disturb(*direction, *disturbance);
            }
        }
        Failing::HalfOpen => pair.line.half_open(),
        Failing::BlackHole => pair.line.black_hole().await,
    }
    let began = Instant::now();
    let reply = timeout(LONG, pair.both_ways(size)).await.unwrap_or_else(|_| panic!("hangs: {case}"));
    assert_eq!(reply.said(), expected, "{case}");
    if expected == ANSWERED {
        assert!(reply.body.len() == size && reply.body.iter().all(|byte| *byte == b'x'), "{case}");
    } else {
        let fault: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(fault["type"], expected.split(' ').nth(1).unwrap(), "nothing of the answer: {case}");
        assert!(began.elapsed() < Duration::from_secs(60), "in time: {case}");
    }
    pair.line.normal().await;
    let after = timeout(LONG, pair.both_ways(SMALL)).await.unwrap_or_else(|_| panic!("hangs after: {case}"));
    assert_eq!((after.said().as_str(), after.body.len()), (ANSWERED, SMALL), "afterwards: {case}");
    let asked_now = pair.provider.count() - already - 1;
    assert!(asked.contains(&asked_now), "asked {asked_now} times: {case}");
    pair.near.whole().await;
    pair.far.whole().await;
}

#[tokio::test]
async fn a_late_line_is_waited_for() {
    const LATE: &[(Direction, Disturbance)] = &[
        (ToTarget, Disturbance::Delay(Duration::from_millis(60))),
        (ToCaller, Disturbance::Delay(Duration::from_millis(60))),
    ];
    const A_LITTLE: &[(Direction, Disturbance)] = &[
        (ToTarget, Disturbance::Delay(Duration::from_millis(1))),
        (ToCaller, Disturbance::Delay(Duration::from_millis(1))),
    ];
    for (late, size) in [(LATE, NONE), (LATE, SMALL), (A_LITTLE, LARGE)] {
        check(Failing::Disturbed(late), Before::Fresh, PATIENT, size, ANSWERED, ONCE).await;
    }
    const TOO_LATE: &[(Direction, Disturbance)] = &[(ToTarget, Disturbance::Delay(Duration::from_secs(30)))];
    check(Failing::Disturbed(TOO_LATE), Before::Connected, [60_000, 3_000, 60_000], SMALL, NETWORK, UNKNOWN).await;
}

#[tokio::test]
async fn a_slow_line_carries_all_or_nothing() {
    const SLOW: &[(Direction, Disturbance)] =
        &[(ToTarget, Disturbance::Throttle(8_000)), (ToCaller, Disturbance::Throttle(8_000))];
    const FAST: &[(Direction, Disturbance)] =
        &[(ToTarget, Disturbance::Throttle(20_000_000)), (ToCaller, Disturbance::Throttle(20_000_000))];
    for (slow, size) in [(SLOW, NONE), (SLOW, SMALL), (FAST, LARGE)] {
        check(Failing::Disturbed(slow), Before::Fresh, PATIENT, size, ANSWERED, ONCE).await;
    }
    const TOO_SLOW: &[(Direction, Disturbance)] = &[(ToTarget, Disturbance::Throttle(100_000))];
    check(Failing::Disturbed(TOO_SLOW), Before::Connected, [60_000, 3_000, 60_000], LARGE, NETWORK, NEVER).await;
}

#[tokio::test]
async fn a_line_that_breaks_in_the_request_leaves_the_provider_unasked() {
    for (broken, size) in [(100, NONE), (1_000, SMALL), (1_000_000, LARGE)] {
        let disturbance: &'static [(Direction, Disturbance)] = match broken {
            100 => &[(ToTarget, Disturbance::After(100, Then::Reset))],
            1_000 => &[(ToTarget, Disturbance::After(1_000, Then::Reset))],
            _ => &[(ToTarget, Disturbance::After(1_000_000, Then::Reset))],
        };
        check(Failing::Disturbed(disturbance), Before::Connected, PATIENT, size, BROKEN, NEVER).await;
    }
}

#[tokio::test]
async fn a_line_that_breaks_in_the_answer_is_told_and_nobody_asks_twice() {
    const EARLY: &[(Direction, Disturbance)] = &[(ToCaller, Disturbance::After(100, Then::Reset))];
    const LATER: &[(Direction, Disturbance)] = &[(ToCaller, Disturbance::After(1_500, Then::Reset))];
    const LATE: &[(Direction, Disturbance)] = &[(ToCaller, Disturbance::After(1_000_000, Then::Reset))];
    const CLOSED: &[(Direction, Disturbance)] = &[(ToCaller, Disturbance::After(1_500, Then::Close))];
    for (broken, size) in [(EARLY, NONE), (LATER, SMALL), (LATE, LARGE), (CLOSED, SMALL)] {
        check(Failing::Disturbed(broken), Before::Connected, PATIENT, size, BROKEN, ONCE).await;
    }
}

#[tokio::test]
async fn a_silent_line_is_given_up_in_time() {
    for size in [NONE, SMALL, LARGE] {
        let kept_back = if size == LARGE { NEVER } else { UNKNOWN };
        check(Failing::HalfOpen, Before::Connected, [60_000, 3_000, 60_000], size, NETWORK, kept_back).await;
        check(Failing::HalfOpen, Before::Fresh, [2_000, 60_000, 60_000], size, NETWORK, NEVER).await;
        check(Failing::BlackHole, Before::Fresh, [2_000, 60_000, 60_000], size, NETWORK, NEVER).await;
    }
    const LOST: &[(Direction, Disturbance)] = &[(ToCaller, Disturbance::After(1_500, Then::Swallow))];
    check(Failing::Disturbed(LOST), Before::Connected, [3_000, 3_000, 3_000], SMALL, NETWORK, ONCE).await;
}
