//! What a tracker asks, read strictly.

use haidang_kernel::number::CitizenNo;
use hyper::header::HeaderMap;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;

use super::{Refusal, bad};
use crate::usage::Period;

/// Most entries of one answer.
const MOST: i64 = 1000;
/// The largest number of the service (int32).
const LARGEST: i64 = i32::MAX as i64;

/// Who asks about whom, about which time, for which part.
#[derive(Debug)]
pub(super) struct Question {
    /// Who asks.
    pub(super) user: CitizenNo,
    /// Whose log it is.
    pub(super) subject: CitizenNo,
    /// The time.
    pub(super) period: Period,
    /// Entries passed over.
    pub(super) offset: i64,
    /// Most entries of the answer.
    pub(super) limit: i64,
}

impl Question {
    pub(super) fn read(headers: &HeaderMap, query: Option<&str>) -> Result<Self, Refusal> {
        let mut users = headers.get_all("x-road-userid").iter();
        let (first, second) = (users.next(), users.next());
        let user = match (first.and_then(|value| value.to_str().ok()), second) {
            (Some(text), None) => text.strip_prefix("VN").and_then(|number| CitizenNo::parse(number).ok()),
            _ => None,
        };
        let user = user.ok_or_else(|| bad("X-Road-UserId must be there once: VN and the personal number"))?;
        let subject = parameter(query, "userCode")?.ok_or_else(|| bad("The parameter userCode is missing"))?;
        let subject = CitizenNo::parse(subject.strip_prefix("VN").unwrap_or(&subject))
            .map_err(|_| bad("userCode must be VN and a personal number"))?;
        let time = |name: &str, without: Timestamp| match parameter(query, name)? {
            None => Ok(without),
            Some(text) => text.parse().map_err(|_| bad(format!("{name} must be a time such as 2026-01-31T10:20:30Z"))),
        };
        let number = |name: &str, without: i64| match parameter(query, name)? {
            None => Ok(without),
            Some(text) => text
                .parse()
                .ok()
                .filter(|number| (0..=LARGEST).contains(number))
                .ok_or_else(|| bad(format!("{name} must be a whole number from 0 to {LARGEST}"))),
        };
        let period = Period { from: time("periodStart", Timestamp::MIN)?, until: time("periodEnd", Timestamp::MAX)? };
        if period.until < period.from {
            return Err(bad("periodEnd is before periodStart"));
        }
        let (offset, limit) = (number("offset", 0)?, number("limit", MOST)?.min(MOST));
        Ok(Self { user, subject, period, offset, limit })
    }
}

/// A parameter, decoded; refused when it is written twice.
fn parameter(query: Option<&str>, name: &str) -> Result<Option<String>, Refusal> {
    let pairs = query.unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    let mut values = pairs.filter(|(key, _)| *key == name).map(|(_, value)| value);
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(bad(format!("{name} is written twice")));
    }
    let text = percent_decode_str(value).decode_utf8().map_err(|_| bad(format!("{name} is not UTF-8")))?;
    Ok(Some(text.into_owned()))
}
