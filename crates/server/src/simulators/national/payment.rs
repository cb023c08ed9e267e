//! System 9, the payment platform. Seen: the members partnerCode, accessKey, docCode, paids and otherInfo (Base64) and a
//! checksum that is SHA-256 over a concatenation with a secret. Ours: the addresses, the order of the concatenation (as
//! below, then the secret), the answers.

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::catalogue::ErrorRow;
use super::messages::{Answer, Asked, code, excess, text};
use super::{CLIENT, NationalSimulator, SECRET, System, control};

/// Payments kept.
const PAYMENTS: usize = 5_000;
/// Most that one payment may be, in đồng: a thousand million.
const MOST: i64 = 1_000_000_000;
/// Members of a start in the order of its checksum.
const START: &[&str] =
    &["partnerCode", "accessKey", "payerId", "payerName", "docCode", "amount", "paids", "otherInfo", "returnUrl"];
/// Members of a question.
const ASK: &[&str] = &["partnerCode", "accessKey", "transactionId"];
/// Members of an answer.
const TOLD: &[&str] = &["transactionId", "docCode", "amount", "status"];

/// A payment.
#[derive(Clone)]
struct Payment {
    doc_code: String,
    amount: i64,
    digest: String,
    status: &'static str,
}

/// Payments by their number.
#[derive(Default)]
pub(super) struct Payments {
    all: BTreeMap<String, Payment>,
}

/// SHA-256 in hexadecimal over the members in their order and the secret.
fn checksum(value: &Value, members: &[&str]) -> String {
    let mut digest = Sha256::new();
    for name in members {
        digest.update(code(value, name).as_bytes());
    }
    digest.update(SECRET.as_bytes());
    HEXLOWER.encode(&digest.finalize())
}

/// An answer that says why not.
pub(super) fn refused(error: &ErrorRow) -> Answer {
    Answer::good(json!({ "errorCode": error.code, "message": error.text }))
}

fn told(transaction: &str, payment: &Payment) -> Answer {
    let mut value = json!({
        "errorCode": "00", "message": "", "transactionId": transaction, "docCode": payment.doc_code,
        "amount": payment.amount, "status": payment.status,
    });
    value["checksum"] = json!(checksum(&value, TOLD));
    Answer::good(value)
}

/// Answers a request: `start` or `status`.
pub(super) fn answer(simulator: &NationalSimulator, asked: &Asked) -> Answer {
    let door = asked.path.trim_end_matches('/').strip_prefix("/paygov/").unwrap_or_default();
    let members = match door {
        "start" => START,
        "status" => ASK,
        _ => return Answer::gateway(StatusCode::NOT_FOUND),
    };
    if asked.method != Method::POST {
        return Answer::gateway(StatusCode::METHOD_NOT_ALLOWED);
    }
    let error = |code| refused(&simulator.error(System::Payment, code));
    let Some(given) = asked.object().filter(|given| excess(given, 0).is_none()) else { return error("03") };
    if text(&given, "partnerCode") != CLIENT || text(&given, "accessKey") != CLIENT {
        return error("01");
    }
    if text(&given, "checksum") != checksum(&given, members) {
        return error("02");
    }
    let done = if door == "start" { start(simulator, &given) } else { status(simulator, &given) };
    done.unwrap_or_else(error)
}

/// The sum of the items of `paids`: Base64 of a JSON list of `{code, amount}`.
fn sum(given: &Value) -> Option<i64> {
    let bytes = BASE64.decode(text(given, "paids").as_bytes()).ok()?;
    let items: Vec<Value> = serde_json::from_slice(&bytes).ok()?;
    let amount = |item: &Value| item.get("amount").and_then(Value::as_i64).filter(|amount| (1..=MOST).contains(amount));
    items.iter().try_fold(0_i64, |sum, item| Some(sum + amount(item)?)).filter(|sum| (1..=MOST).contains(sum))
}

fn start(simulator: &NationalSimulator, given: &Value) -> Result<Answer, &'static str> {
    let doc_code = text(given, "docCode").to_owned();
    let other = text(given, "otherInfo");
    let encoded = other.is_empty() || BASE64.decode(other.as_bytes()).is_ok();
    let amount = sum(given).ok_or("03")?;
    if doc_code.is_empty() || doc_code.len() > 100 || !encoded || code(given, "amount") != amount.to_string() {
        return Err("03");
    }
    let digest = checksum(given, START);
    let transaction = simulator.ambient.token();
    let mut state = simulator.state();
    let payments = &mut state.kept.payment.all;
    // The same order again leads to the payment that is there; another sum under its number does not.
    if let Some((transaction, payment)) = payments.iter().find(|(_, payment)| payment.doc_code == doc_code) {
        return if payment.digest == digest { Ok(told(transaction, payment)) } else { Err("05") };
    }
    if payments.len() >= PAYMENTS {
        return Err("99");
    }
    let payment = Payment { doc_code, amount, digest, status: "pending" };
    let answer = told(&transaction, &payment);
    payments.insert(transaction, payment);
    Ok(answer)
}

fn status(simulator: &NationalSimulator, given: &Value) -> Result<Answer, &'static str> {
    let transaction = text(given, "transactionId");
    let state = simulator.state();
    let payment = state.kept.payment.all.get(transaction).ok_or("04")?;
    Ok(told(transaction, payment))
}

/// Settles a payment as the payer's bank would; what is settled stays.
pub(super) fn settle(simulator: &NationalSimulator, transaction: &str, given: &Value) -> Answer {
    let status = match text(given, "status") {
        "paid" => "paid",
        "failed" => "failed",
        _ => return control::refused("status is paid or failed"),
    };
    let mut state = simulator.state();
    let Some(payment) = state.kept.payment.all.get_mut(transaction) else {
        return control::unknown("no such payment was started");
    };
    if payment.status != "pending" && payment.status != status {
        return Answer::problem(StatusCode::CONFLICT, "settled", "the payment is settled already");
    }
    payment.status = status;
    Answer::good(json!({ "transactionId": transaction, "status": status }))
}
