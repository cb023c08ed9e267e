//! Decisions of this room over plain values: lifetimes, what follows in a series of stamps, when a list is too old.

use crate::model::Purpose;
use der::asn1::ObjectIdentifier;
use haidang_signing::time_stamp::{TimeStampError, TimeStampFailure, TimeStampRequest};
use jiff::{SignedDuration, Timestamp};

/// Days of validity where nobody asks for others.
pub fn usual_days(purpose: Purpose) -> i64 {
    match purpose {
        Purpose::Issuing => 3652,
        Purpose::TimeStamping => 1826,
        Purpose::Status => 365,
        Purpose::Seal | Purpose::Personal => 1096,
    }
}

/// Days of validity of the root.
pub const ROOT_DAYS: i64 = 7305;

/// Longest validity that may be asked for, in days.
pub const MOST_DAYS: i64 = 1826;

/// Certificates of the city's own services are replaced when fewer days than these are left.
const RENEWAL_DAYS: i64 = 30;

/// Clocks of those who check differ a little: a certificate is valid an hour before it was made.
const BACKDATED: SignedDuration = SignedDuration::from_hours(1);

/// First and last moment of a certificate made `now`; it never outlives its issuer.
pub fn validity(now: Timestamp, days: i64, issuer_ends: Option<Timestamp>) -> (Timestamp, Timestamp) {
    let from = now.saturating_sub(BACKDATED).unwrap_or(now);
    let until = now.saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(now);
    (from, issuer_ends.map_or(until, |end| until.min(end)))
}

/// Whether a certificate of the city's own services must be replaced.
pub fn is_due(now: Timestamp, not_after: Timestamp, revoked: bool) -> bool {
    revoked || not_after.duration_since(now) < SignedDuration::from_hours(24 * RENEWAL_DAYS)
}

/// Reads a request for a time stamp and decides whether it may be answered under `policy`.
///
/// # Errors
/// The reason to refuse with.
pub fn stamp_question(bytes: &[u8], policy: ObjectIdentifier) -> Result<TimeStampRequest, TimeStampFailure> {
    let asked = TimeStampRequest::from_der(bytes).map_err(|error| match error {
        TimeStampError::Algorithm(_) => TimeStampFailure::BadAlgorithm,
        _ => TimeStampFailure::BadDataFormat,
    })?;
    if asked.policy.is_some_and(|wanted| wanted != policy) {
        return Err(TimeStampFailure::UnacceptedPolicy);
    }
    // RFC 3161, 2.4.1: an unknown extension, critical or not, is refused; none is known.
    if asked.has_extensions {
        return Err(TimeStampFailure::UnacceptedExtension);
    }
    Ok(asked)
}

/// The clock is so far behind the last stamp that no honest time can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the clock is {behind_milliseconds} ms behind the last time stamp; correct it or wait")]
pub struct ClockBehind {
    /// How far, in milliseconds.
    pub behind_milliseconds: i64,
}

/// The time of the next stamps, in whole milliseconds and never before the last one.
///
/// A clock that was set back by no more than the accuracy that every stamp states is waited out by repeating the last
/// time, which is still true within that accuracy. One further behind gives no stamps.
///
/// # Errors
/// [`ClockBehind`] in that case.
pub fn next_time(now: Timestamp, last: Timestamp, accuracy_milliseconds: u64) -> Result<Timestamp, ClockBehind> {
    let (now, last) = (now.as_millisecond(), last.as_millisecond());
    let behind = last.saturating_sub(now);
    if behind > i64::try_from(accuracy_milliseconds).unwrap_or(i64::MAX) {
        return Err(ClockBehind { behind_milliseconds: behind });
    }
    Ok(Timestamp::from_millisecond(now.max(last)).unwrap_or(Timestamp::MAX))
}

/// How long answers and lists may be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// An answer about one certificate.
    pub answer: SignedDuration,
    /// A list of the issuing authority.
    pub list: SignedDuration,
    /// A list of the root, which has one certificate to speak of.
    pub root_list: SignedDuration,
}

impl Default for Freshness {
    fn default() -> Self {
        Self {
            answer: SignedDuration::from_hours(1),
            list: SignedDuration::from_hours(24),
            root_list: SignedDuration::from_hours(24 * 30),
        }
    }
}

/// Whether a list must be written anew: it does not show every revocation, or half of its time is over, so that whoever
/// fetched it last still has time to fetch the next.
pub fn is_stale(now: Timestamp, from: Timestamp, until: Timestamp, shown_revision: i64, revision: i64) -> bool {
    let half = from.saturating_add(until.duration_since(from) / 2).unwrap_or(from);
    // Before its own beginning a list is not believed: the clock was set back.
    shown_revision != revision || now >= half || now < from
}

/// A serial number as stored: capital hexadecimal digits, two a byte, no leading zero byte.
pub fn serial_text(bytes: &[u8]) -> String {
    let first = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len().saturating_sub(1));
    data_encoding::HEXUPPER.encode(bytes.get(first..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use der::asn1::{Any, OctetString};
    use der::{Encode as _, Tag};

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(milliseconds).unwrap()
    }

    #[test]
    fn time_never_runs_backwards_and_never_lies_by_more_than_it_says() {
        let table = [
            ("later", 5_000, 4_000, Ok(5_000)),
            ("the same", 5_000, 5_000, Ok(5_000)),
            ("set back a little", 4_500, 5_000, Ok(5_000)),
            ("set back by the accuracy", 4_000, 5_000, Ok(5_000)),
            ("set back by more", 3_999, 5_000, Err(ClockBehind { behind_milliseconds: 1_001 })),
            ("the first", 5_000, 0, Ok(5_000)),
        ];
        for (name, now, last, expected) in table {
            assert_eq!(next_time(at(now), at(last), 1_000), expected.map(at), "{name}");
        }
        let finer = Timestamp::from_microsecond(5_000_999).unwrap();
        assert_eq!(next_time(finer, at(0), 1_000), Ok(at(5_000)), "milliseconds are cut, not rounded");
    }

    /// A request of RFC 3161, part by part, in which the algorithm and what follows the imprint may be anything.
    fn request(algorithm: &str, hash: usize, rest: &[u8]) -> Vec<u8> {
        let sequence = |parts: &[&[u8]]| Any::new(Tag::Sequence, parts.concat()).unwrap().to_der().unwrap();
        let algorithm = sequence(&[&ObjectIdentifier::new(algorithm).unwrap().to_der().unwrap()]);
        let hash = OctetString::new(vec![7; hash]).unwrap().to_der().unwrap();
        sequence(&[&[2, 1, 1], &sequence(&[&algorithm, &hash]), rest])
    }

    #[test]
    fn a_stamp_is_refused_for_its_own_reason() {
        use TimeStampFailure::{BadAlgorithm, BadDataFormat, UnacceptedExtension, UnacceptedPolicy};
        let policy = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.1");
        let (sha256, sha384, sha512) = ("2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3");
        let own = policy.to_der().unwrap();
        let other = ObjectIdentifier::new_unwrap("1.2.3.4").to_der().unwrap();
        let extension = [0xa0, 9, 0x30, 7, 6, 3, 0x2a, 3, 4, 4, 0];
        let table: [(&str, Vec<u8>, Option<TimeStampFailure>); 13] = [
            ("SHA-256", request(sha256, 32, &[]), None),
            ("SHA-384", request(sha384, 48, &[]), None),
            ("SHA-512", request(sha512, 64, &[]), None),
            ("the own policy", request(sha256, 32, &own), None),
            ("SHA-1", request("1.3.14.3.2.26", 20, &[]), Some(BadAlgorithm)),
            ("MD5", request("1.2.840.113549.2.5", 16, &[]), Some(BadAlgorithm)),
            ("a short imprint", request(sha256, 31, &[]), Some(BadDataFormat)),
            ("an imprint of another hash", request(sha256, 48, &[]), Some(BadDataFormat)),
            ("another policy", request(sha256, 32, &other), Some(UnacceptedPolicy)),
            ("an extension", request(sha256, 32, &extension), Some(UnacceptedExtension)),
            ("something behind it", [request(sha256, 32, &[]), vec![0]].concat(), Some(BadDataFormat)),
            ("nothing", Vec::new(), Some(BadDataFormat)),
            ("a text", b"not asn1".to_vec(), Some(BadDataFormat)),
        ];
        for (name, bytes, expected) in table {
            assert_eq!(stamp_question(&bytes, policy).err(), expected, "{name}");
        }
    }

    #[test]
    fn nothing_outlives_its_issuer() {
        let now = at(1_700_000_000_000);
        let (from, until) = validity(now, 10, None);
        assert_eq!(
            (now.duration_since(from), until.duration_since(now)),
            (SignedDuration::from_hours(1), SignedDuration::from_hours(240))
        );
        let end = now.checked_add(SignedDuration::from_hours(5)).unwrap();
        assert_eq!(validity(now, 10, Some(end)).1, end);
    }

    #[test]
    fn own_certificates_are_replaced_in_time() {
        let now = at(1_700_000_000_000);
        for (days, revoked, expected) in [(31, false, false), (29, false, true), (-1, false, true), (400, true, true)] {
            let end = now.checked_add(SignedDuration::from_hours(24 * days)).unwrap();
            assert_eq!(is_due(now, end, revoked), expected, "{days} days, revoked: {revoked}");
        }
    }

    #[test]
    fn a_list_is_written_anew_when_it_hides_something_or_grows_old() {
        let (from, until) = (at(1_000), at(3_000));
        for (name, now, shown, revision, expected) in [
            ("fresh", 1_500, 1, 1, false),
            ("half its time", 2_000, 1, 1, true),
            ("a revocation since", 1_500, 1, 2, true),
            ("the clock was set back", 999, 1, 1, true),
        ] {
            assert_eq!(is_stale(at(now), from, until, shown, revision), expected, "{name}");
        }
    }

    #[test]
    fn a_serial_number_has_one_spelling() {
        for (bytes, expected) in [(&[0, 0x8f, 1][..], "8F01"), (&[0x0a], "0A"), (&[0], "00"), (&[0, 0], "00")] {
            assert_eq!(serial_text(bytes), expected);
        }
    }
}
