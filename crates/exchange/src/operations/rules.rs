//! How a call went, and how a service does, told from its records; pure.

use jiff::{SignedDuration, Timestamp};

use crate::rules::record::OperationalRecord;

/// Faults that say the provider, or the exchange, did not do its part. Every other fault is the caller's.
const FAILURES: &[&str] = &[
    "breakeropen",
    "databaseerror",
    "filterfailed",
    "httperror",
    "inconsistentresponse",
    "internalerror",
    "ioerror",
    "loggingfailed",
    "networkerror",
    "servicefailed",
    "servicemalformedurl",
    "servicemissingurl",
    "timestampingfailed",
    "unknownhost",
];

/// How a call went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The provider answered with success.
    Succeeded,
    /// The caller asked for what it may not have, or for what is not there.
    Refused,
    /// The provider or the exchange failed.
    Failed,
}

impl Outcome {
    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// How a call went.
pub fn outcome(record: &OperationalRecord) -> Outcome {
    let failed = match &record.fault_code {
        Some(code) => is_one_of(code, FAILURES),
        None => record.status_code >= 500,
    };
    match (record.succeeded, failed) {
        (true, _) => Outcome::Succeeded,
        (false, true) => Outcome::Failed,
        (false, false) => Outcome::Refused,
    }
}

/// Whether a fault says that what was asked for is not registered.
pub fn names_nothing(code: &str) -> bool {
    is_one_of(code, &["unknownservice", "unknownmember"])
}

/// Whether a code has one of these parts. Both spellings, `…service_failed.ssl_authentication_failed` and
/// `…ServiceFailed.SslAuthenticationFailed`, fold to the same.
fn is_one_of(code: &str, parts: &[&str]) -> bool {
    let folded = code.to_ascii_lowercase().replace('_', "");
    folded.split('.').any(|part| parts.contains(&part))
}

/// Calls counted over some time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// All calls.
    pub calls: i64,
    /// Of them, those refused.
    pub refused: i64,
    /// Of them, those that failed.
    pub failed: i64,
    /// Milliseconds of all calls together.
    pub millis: i64,
    /// Milliseconds of the slowest.
    pub slowest: i64,
}

impl Figures {
    /// Counts one call more.
    pub fn add(&mut self, outcome: Outcome, millis: i64) {
        self.calls += 1;
        self.refused += i64::from(outcome == Outcome::Refused);
        self.failed += i64::from(outcome == Outcome::Failed);
        self.millis = self.millis.saturating_add(millis);
        self.slowest = self.slowest.max(millis);
    }

    /// Milliseconds of a call in the mean.
    pub fn mean(&self) -> i64 {
        self.millis.checked_div(self.calls).unwrap_or(0)
    }
}

/// How a service does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It is switched off.
    Disabled,
    /// It is left alone after repeated failure.
    Resting,
    /// Half of its calls, and at least three, failed lately.
    Failing,
    /// It answers, and lets callers wait.
    Slow,
    /// It answers.
    Working,
    /// Nobody called lately.
    Quiet,
}

impl Health {
    /// The word of its text.
    pub fn word(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Resting => "resting",
            Self::Failing => "failing",
            Self::Slow => "slow",
            Self::Working => "working",
            Self::Quiet => "quiet",
        }
    }
}

/// From how many milliseconds on, in the mean, a service is slow: a form on which a resident waits gives a register not
/// even that long.
pub const SLOW_MILLIS: i64 = 3_000;

/// Calls without which nothing is said of a service as a whole.
const SEVERAL: i64 = 3;

/// How a service does, from what is known of it.
pub fn health(disabled: bool, resting: bool, lately: &Figures) -> Health {
    match () {
        () if disabled => Health::Disabled,
        () if resting => Health::Resting,
        () if lately.failed >= SEVERAL && lately.failed * 2 >= lately.calls => Health::Failing,
        () if lately.calls >= SEVERAL && lately.mean() >= SLOW_MILLIS => Health::Slow,
        () if lately.calls > 0 => Health::Working,
        () => Health::Quiet,
    }
}

/// The beginning of the hour of an instant.
pub fn hour_of(at: Timestamp) -> Timestamp {
    let second = at.as_second();
    at.checked_sub(SignedDuration::from_secs(second.rem_euclid(3600)))
        .ok()
        .and_then(|at| Timestamp::from_second(at.as_second()).ok())
        .unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(fault: Option<&str>, status: u16, succeeded: bool, expected: Outcome) {
        let fault_code = fault.map(str::to_owned);
        let record = OperationalRecord { fault_code, status_code: status, succeeded, ..OperationalRecord::default() };
        assert_eq!(outcome(&record), expected, "{fault:?} {status}");
    }

    #[test]
    fn a_refused_caller_is_no_failure_of_the_service() {
        check(None, 200, true, Outcome::Succeeded);
        check(None, 404, false, Outcome::Refused);
        check(None, 503, false, Outcome::Failed);
        check(Some("server.serverproxy.access_denied"), 500, false, Outcome::Refused);
        check(Some("client.quota_exceeded"), 400, false, Outcome::Refused);
        check(Some("server.clientproxy.ssl_authentication_failed"), 500, false, Outcome::Refused);
        check(Some("server.serverproxy.service_failed.ssl_authentication_failed"), 500, false, Outcome::Failed);
        check(Some("Server.ServerProxy.NetworkError"), 500, false, Outcome::Failed);
        check(Some("Server.ServerProxy.IOError"), 500, false, Outcome::Failed);
        check(Some("server.serverproxy.breaker_open"), 500, false, Outcome::Failed);
    }

    #[test]
    fn a_service_fails_when_half_of_several_calls_do() {
        let figures = |calls, failed| Figures { calls, failed, ..Figures::default() };
        let slow = |calls, millis| Figures { calls, millis, ..Figures::default() };
        for (disabled, resting, of, expected) in [
            (false, false, figures(0, 0), Health::Quiet),
            (false, false, figures(2, 2), Health::Working),
            (false, false, figures(6, 3), Health::Failing),
            (false, false, figures(7, 3), Health::Working),
            (false, false, slow(2, 60_000), Health::Working),
            (false, false, slow(3, 8_999), Health::Working),
            (false, false, slow(3, 9_000), Health::Slow),
            (false, false, Figures { millis: 60_000, ..figures(3, 3) }, Health::Failing),
            (false, true, figures(7, 0), Health::Resting),
            (true, true, figures(7, 7), Health::Disabled),
        ] {
            assert_eq!(health(disabled, resting, &of), expected, "{of:?}");
        }
    }

    #[test]
    fn hours_begin_on_the_hour() {
        let hour: Timestamp = "2026-06-01T02:00:00Z".parse().unwrap();
        for at in ["2026-06-01T02:00:00Z", "2026-06-01T02:00:00.000001Z", "2026-06-01T02:59:59.999999Z"] {
            assert_eq!(hour_of(at.parse().unwrap()), hour, "{at}");
        }
    }
}
