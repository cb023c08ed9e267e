//! What a device is told, and what a code is.
#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn waiting(state: DeviceState, polled: Option<i64>, interval: i64) -> Waiting {
    Waiting {
        id: "1".into(),
        client: "kiosk".into(),
        scopes: vec!["openid".into()],
        place: None,
        state,
        person: None,
        begun_at: at(0),
        expires_at: at(600),
        resource: None,
        family: "f".into(),
        facts: None,
        interval,
        polled_at: polled.map(at),
    }
}

#[test]
fn t33_a_device_is_told_how_it_stands() {
    use DeviceState::{Approved, Refused, Used, Waiting as Waits};
    for (state, polled, interval, now, expected) in [
        (Waits, None, 5, 0, Poll::Pending),
        (Waits, Some(0), 5, 4, Poll::SlowDown),
        (Waits, Some(0), 5, 5, Poll::Pending),
        (Waits, Some(0), 10, 9, Poll::SlowDown),
        (Waits, Some(0), 10, 10, Poll::Pending),
        (Waits, Some(595), 5, 600, Poll::Expired),
        (Approved, Some(10), 5, 11, Poll::Ready),
        (Approved, None, 5, 600, Poll::Expired),
        (Refused, Some(10), 5, 11, Poll::Denied),
        (Used, None, 5, 11, Poll::Used),
        (Used, None, 5, 700, Poll::Used),
    ] {
        assert_eq!(waiting(state, polled, interval).poll(at(now)), expected, "{state:?} {polled:?} {interval} {now}");
    }
}

#[test]
fn a_code_is_typed_as_people_type() {
    for typed in ["WDJB-MJHT", "wdjb-mjht", " wdjb mjht ", "WDJBMJHT", "wd-jb-mj-ht"] {
        assert_eq!(typed_code(typed).as_deref(), Some("WDJBMJHT"), "{typed}");
    }
    for typed in ["", "WDJB-MJH", "WDJB-MJHTT", "WDJA-MJHT", "1234-5678", "đdjb-mjht"] {
        assert_eq!(typed_code(typed), None, "{typed}");
    }
}

proptest! {
    /// Whatever the bytes, a code has eight of the twenty letters and is read back from how it is shown.
    #[test]
    fn a_code_is_read_back(bytes in any::<[u8; 64]>()) {
        if let Some(code) = code_of(&bytes) {
            let shown = shown(&code);
            prop_assert_eq!(shown.len(), 9);
            prop_assert_eq!(typed_code(&shown), Some(code));
        } else {
            prop_assert!(bytes.iter().filter(|byte| **byte < 240).count() < 8);
        }
    }
}
