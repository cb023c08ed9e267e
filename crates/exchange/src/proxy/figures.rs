//! Figures for whoever runs the exchange: calls and their time by service, caller and outcome. Labels are ids out of the
//! directory and codes, never what a caller wrote: who is not known counts as `unknown`.

use std::collections::HashMap;
use std::sync::{OnceLock, PoisonError, RwLock};

use metrics::{Counter, Histogram};

use crate::rules::record::OperationalRecord;

/// Series that are found once and kept; beyond these each call finds its own.
const MOST_KNOWN: usize = 10_000;

type Labels = (String, String, String);
type Known = RwLock<HashMap<Labels, (Counter, Histogram)>>;

/// How a call ended, in one word: the code of the fault without its side, or what the provider said.
fn outcome(record: &OperationalRecord) -> String {
    match &record.fault_code {
        Some(code) => code.rsplit('.').next().unwrap_or_default().to_owned(),
        None if record.succeeded => "succeeded".to_owned(),
        None => "refused_by_provider".to_owned(),
    }
}

fn labels(record: &OperationalRecord) -> Labels {
    let unknown = || "unknown".to_owned();
    let joined = |parts: [&Option<String>; 4]| {
        let parts: Option<Vec<&str>> = parts.into_iter().map(|part| part.as_deref()).collect();
        parts.map(|parts| parts.join("/"))
    };
    let client = joined([
        &record.client_instance,
        &record.client_member_class,
        &record.client_member_code,
        &record.client_subsystem_code,
    ]);
    // A service has a type once it was found in the directory.
    let service = record.service_type.and_then(|_| {
        let of = [&record.service_member_class, &record.service_member_code, &record.service_subsystem_code];
        joined([of[0], of[1], of[2], &record.service_code])
    });
    (service.unwrap_or_else(unknown), client.unwrap_or_else(unknown), outcome(record))
}

/// Counts one call.
pub(super) fn count(record: &OperationalRecord) {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    let known = KNOWN.get_or_init(RwLock::default);
    let labels = labels(record);
    let seconds = (record.response_out_ts - record.request_in_ts).max(0) as f64 / 1000.0;
    let note = |(calls, time): &(Counter, Histogram)| {
        calls.increment(1);
        time.record(seconds);
    };
    if let Some(series) = known.read().unwrap_or_else(PoisonError::into_inner).get(&labels) {
        return note(series);
    }
    let (service, client, outcome) = labels.clone();
    let calls = metrics::counter!(
        "haidang_exchange_calls_total", "service" => service.clone(), "client" => client, "outcome" => outcome
    );
    let series = (calls, metrics::histogram!("haidang_exchange_call_seconds", "service" => service));
    note(&series);
    let mut known = known.write().unwrap_or_else(PoisonError::into_inner);
    if known.len() < MOST_KNOWN {
        known.insert(labels, series);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::identifier::{ClientId, ServiceId};

    #[test]
    fn labels_are_what_the_directory_knows() {
        let check = |made: fn(&mut OperationalRecord), expected: [&str; 3]| {
            let mut record = OperationalRecord::default();
            made(&mut record);
            let (service, client, outcome) = labels(&record);
            assert_eq!([service.as_str(), client.as_str(), outcome.as_str()], expected);
        };
        check(|_| {}, ["unknown", "unknown", "refused_by_provider"]);
        check(
            |record| {
                record.service(&ServiceId::parse("VN-HP/GOV/0002/B/whatever").unwrap());
                record.fault("server.serverproxy.unknown_service".to_owned(), "");
            },
            ["unknown", "unknown", "unknown_service"],
        );
        check(
            |record| {
                record.client(&ClientId::parse("VN-HP/GOV/0001/A").unwrap());
                record.service(&ServiceId::parse("VN-HP/GOV/0002/B/echo").unwrap());
                record.service_type = Some("REST");
                record.succeeded = true;
            },
            ["GOV/0002/B/echo", "VN-HP/GOV/0001/A", "succeeded"],
        );
    }
}
