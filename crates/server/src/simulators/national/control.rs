//! The tester's own endpoint, `/_control`: faults, what was asked, the clock, what callers left, and what officials at the
//! other end would do.

use axum::http::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::faults::{Kind, Rule};
use super::messages::{Answer, Asked, text};
use super::{Kept, NationalSimulator, civil_status, judicial, payment};

/// Rows of a list at most.
const ROWS: usize = 500;

/// What there is, told at `/_control`.
const DOORS: &[(&str, &str)] = &[
    ("GET /_control/faults", "the rules that stand, how often each was met and struck"),
    (
        "POST /_control/faults",
        "set a rule: system, fault; operation, milliseconds, status, code, skip, every, times, from, until",
    ),
    ("DELETE /_control/faults", "take all rules away; what hangs is reset"),
    ("DELETE /_control/faults/{id}", "take one away"),
    ("GET /_control/requests?system=&after=&limit=", "what was asked, personal numbers masked"),
    ("DELETE /_control/requests", "forget what was asked"),
    ("GET /_control/clock", "the simulator's time"),
    ("POST /_control/clock", "set {now} or {advance_seconds} of a simulator that was started with a clock of its own"),
    ("DELETE /_control/kept", "forget sessions, tokens and everything that callers left"),
    ("GET /_control/people?offset=&limit=", "who is known"),
    ("GET /_control/enterprises?offset=&limit=", "which businesses are"),
    ("GET /_control/portal/cases?offset=&limit=", "cases at the portal with every message and its arrivals"),
    ("GET /_control/portal/cases/{MaHoSo}", "one of them"),
    ("POST /_control/civil_status/{maHoSo}", "decide a case: {status: 1, 2, 3 or 4, note}"),
    ("POST /_control/judicial_records/{idReceivedDec}", "decide a case: {status: 3, 4 or 5}"),
    ("POST /_control/payment/{transactionId}", "settle a payment: {status: \"paid\" or \"failed\"}"),
];

/// Answers the tester.
pub(super) fn answer(simulator: &NationalSimulator, asked: &Asked) -> Answer {
    let parts: Vec<&str> = asked.path.split('/').filter(|part| !part.is_empty()).skip(1).collect();
    let given = if asked.method == Method::POST {
        // A page of another origin cannot send this type without asking first.
        let typed = asked.header("content-type").is_some_and(|kind| kind.starts_with("application/json"));
        match asked.object().filter(|_| typed) {
            Some(given) => given,
            None => {
                return Answer::problem(StatusCode::BAD_REQUEST, "not_json", "send a JSON object as application/json");
            }
        }
    } else {
        Value::Null
    };
    match (asked.method.as_str(), parts.as_slice()) {
        ("GET", []) => description(simulator),
        ("GET", ["faults"]) => Answer::good(json!({ "rules": simulator.state().faults.standing() })),
        ("POST", ["faults"]) => set(simulator, given),
        ("DELETE", ["faults"]) => {
            simulator.state().faults.clear();
            simulator.changed.notify_waiters();
            Answer::good(json!({ "rules": [] }))
        }
        ("DELETE", ["faults", id]) => remove(simulator, id),
        ("GET", ["requests"]) => requests(simulator, asked),
        ("DELETE", ["requests"]) => {
            simulator.state().requests.clear();
            Answer::good(json!({ "requests": [] }))
        }
        ("GET", ["clock"]) => clock(simulator),
        ("POST", ["clock"]) => set_clock(simulator, &given),
        ("DELETE", ["kept"]) => {
            simulator.state().kept = Kept::default();
            Answer::good(json!({ "kept": 0 }))
        }
        ("GET", ["people"]) => people(simulator, asked),
        ("GET", ["enterprises"]) => enterprises(simulator, asked),
        ("GET", ["portal", "cases"]) => {
            let (offset, limit) = window(asked);
            Answer::good(json!({ "cases": simulator.state().kept.portal.list(offset, limit) }))
        }
        ("GET", ["portal", "cases", number]) => {
            let found = simulator.state().kept.portal.told(number);
            found.map_or_else(|| unknown("no such case was received"), Answer::good)
        }
        ("POST", ["civil_status", number]) => civil_status::decide(simulator, number, &given),
        ("POST", ["judicial_records", number]) => judicial::decide(simulator, number, &given),
        ("POST", ["payment", transaction]) => payment::settle(simulator, transaction, &given),
        _ => unknown("no such door; GET /_control lists them"),
    }
}

/// Something that is not there.
pub(super) fn unknown(detail: &str) -> Answer {
    Answer::problem(StatusCode::NOT_FOUND, "not_found", detail)
}

/// Something that a tester asked wrongly.
pub(super) fn refused(detail: impl Into<String>) -> Answer {
    Answer::problem(StatusCode::BAD_REQUEST, "invalid", detail)
}

fn description(simulator: &NationalSimulator) -> Answer {
    let doors: Vec<Value> = DOORS.iter().map(|(door, what)| json!({ "door": door, "what": what })).collect();
    let faults: Vec<Value> =
        Kind::ALL.iter().map(|(kind, what)| json!({ "fault": kind.word(), "what": what })).collect();
    let systems: Vec<&str> =
        simulator.rows.iter().filter(|row| !row.base.is_empty()).map(|row| row.id.as_str()).collect();
    Answer::good(json!({ "doors": doors, "faults": faults, "systems": systems, "source": super::SOURCE_TEXT }))
}

fn set(simulator: &NationalSimulator, given: Value) -> Answer {
    let rule: Rule = match serde_json::from_value(given) {
        Ok(rule) => rule,
        Err(error) => return refused(error.to_string()),
    };
    match simulator.state().faults.set(rule, simulator.rows) {
        Ok(id) => Answer::json(StatusCode::CREATED, json!({ "id": id })),
        Err(reason) => refused(reason),
    }
}

fn remove(simulator: &NationalSimulator, id: &str) -> Answer {
    let gone = id.parse().is_ok_and(|id| simulator.state().faults.remove(id));
    simulator.changed.notify_waiters();
    if gone { Answer::good(json!({ "removed": id })) } else { unknown("no such rule stands") }
}

fn window(asked: &Asked) -> (usize, usize) {
    let number = |name, otherwise| asked.query(name).parse().unwrap_or(otherwise);
    (number("offset", 0), number("limit", 50).min(ROWS))
}

fn requests(simulator: &NationalSimulator, asked: &Asked) -> Answer {
    let after = asked.query("after").parse().unwrap_or(0);
    let limit = asked.query("limit").parse().unwrap_or(ROWS).min(ROWS);
    let state = simulator.state();
    Answer::good(json!({ "requests": state.requests.after(after, asked.query("system"), limit) }))
}

fn clock(simulator: &NationalSimulator) -> Answer {
    Answer::good(json!({ "now": simulator.ambient.now(), "own": simulator.ambient.is_fixed() }))
}

fn set_clock(simulator: &NationalSimulator, given: &Value) -> Answer {
    if !simulator.ambient.is_fixed() {
        return Answer::problem(
            StatusCode::CONFLICT,
            "clock_of_the_machine",
            "this simulator goes by the machine's clock; start it with --clock to move its time",
        );
    }
    let now: Option<Timestamp> = text(given, "now").parse().ok();
    match (now, given.get("advance_seconds").and_then(Value::as_i64)) {
        (Some(now), None) => simulator.ambient.set(now),
        (None, Some(seconds)) if seconds >= 0 => simulator.ambient.advance(SignedDuration::from_secs(seconds)),
        _ => return refused("give now (an instant with its offset) or advance_seconds (not negative)"),
    }
    clock(simulator)
}

fn people(simulator: &NationalSimulator, asked: &Asked) -> Answer {
    let (offset, limit) = window(asked);
    let citizens = &simulator.world.citizens;
    let rows: Vec<Value> = citizens
        .iter()
        .skip(offset)
        .take(limit)
        .map(|citizen| {
            json!({
                "citizen_no": citizen.number, "card_no": citizen.old_number, "full_name": citizen.record.full_name,
                "birth_date": citizen.record.birth_date, "sex": citizen.record.sex, "insurance_no": citizen.insurance,
                "commune_code": citizen.record.commune_code,
            })
        })
        .collect();
    Answer::good(json!({ "total": citizens.len(), "people": rows }))
}

fn enterprises(simulator: &NationalSimulator, asked: &Asked) -> Answer {
    let (offset, limit) = window(asked);
    let all = &simulator.world.enterprises;
    let row = |enterprise: &super::world::Enterprise| json!({ "tax_no": enterprise.tax_no, "name": enterprise.record.full_name, "journal_no": enterprise.journal });
    let rows: Vec<Value> = all.iter().skip(offset).take(limit).map(row).collect();
    Answer::good(json!({ "total": all.len(), "enterprises": rows }))
}
