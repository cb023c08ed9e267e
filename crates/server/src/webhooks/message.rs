//! What a receiver gets: named fields of known events, nothing else, and a signature over time and body.

use haidang_contracts::events::{CASE_MOVED, CASE_SUBMITTED, CaseMoved, CaseSubmitted, RESULT_ISSUED, ResultIssued};
use haidang_kernel::keyed::hmac_sha256;
use haidang_store::StoreError;
use haidang_store::outbox::Event;
use serde_json::{Value, json};

/// Kinds of events that may be asked for.
pub const OFFERED: &[&str] = &[CASE_SUBMITTED, CASE_MOVED, RESULT_ISSUED];

/// The body of a delivery. Owners, numbers of documents and verification tokens stay here: they lead to a person.
pub(crate) fn body(event: &Event) -> Result<String, StoreError> {
    let data: Value = match event.kind.as_str() {
        CASE_SUBMITTED => {
            let fact: CaseSubmitted = event.read()?;
            json!({
                "case_id": fact.case_id,
                "case_no": fact.case_no,
                "procedure": fact.procedure,
                "receiving_agency": fact.receiving_agency,
            })
        }
        CASE_MOVED => {
            let fact: CaseMoved = event.read()?;
            json!({
                "case_id": fact.case_id,
                "case_no": fact.case_no,
                "seq": fact.seq,
                "action": fact.action,
                "state": fact.state,
                "national_status": fact.national_status,
            })
        }
        _ => {
            let fact: ResultIssued = event.read()?;
            json!({
                "case_id": fact.case_id,
                "result_id": fact.result_id,
                "code": fact.code,
                "issuer": fact.issuer,
                "issued_on": fact.issued_on,
                "sha256": fact.sha256,
            })
        }
    };
    let at = event.at.to_zoned(haidang_kernel::time::city_zone()).strftime("%Y-%m-%dT%H:%M:%S%.f%:z").to_string();
    Ok(json!({ "id": event.id, "kind": event.kind, "at": at, "data": data }).to_string())
}

/// Value of `Haidang-Signature`: the time in seconds since 1970 and HMAC-SHA-256 over `time.body`, so that an old
/// delivery cannot be played again as a new one.
pub fn signature(secret: &[u8], seconds: i64, body: &str) -> String {
    let mac = hmac_sha256(secret, format!("{seconds}.{body}").as_bytes());
    format!("t={seconds},v1={}", data_encoding::HEXLOWER.encode(&mac))
}
