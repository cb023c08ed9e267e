//! System 8, the national public-service portal, as older adapters of provinces speak to it: a session, then one address
//! for all services named in the body. Seen: services and members; ours: the paths and the values of `error_code` but 0.

use axum::http::{Method, StatusCode};
use haidang_services::procedure::Version;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::catalogue::ErrorRow;
use super::messages::{Answer, Asked, code, excess, text};
use super::portal_cases::Refusal;
use super::{CLIENT, NationalSimulator, SECRET, System};

/// Minutes that a session lives.
const SESSION_MINUTES: i64 = 30;
/// Header by which a caller numbers what it sends: `<case>:<number>`. Ours; the portal's own messages have no numbers.
pub(super) const KEY: &str = "idempotency-key";

/// The service that is asked for.
pub(super) fn operation(asked: &Asked) -> String {
    if asked.last() == "auth" {
        return "login".to_owned();
    }
    let service = asked.object().map(|given| text(&given, "service").to_owned()).unwrap_or_default();
    let plain = !service.is_empty() && service.len() <= 40 && service.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if plain { service } else { "unknown".to_owned() }
}

/// An answer that says why not.
pub(super) fn refused(error: &ErrorRow) -> Answer {
    let number: i64 = error.code.parse().unwrap_or(9);
    Answer::good(json!({ "error_code": number, "message": error.text, "result": [] }))
}

fn good(result: Value) -> Answer {
    Answer::good(json!({ "error_code": 0, "message": "", "result": result }))
}

/// Answers a request.
pub(super) fn answer(simulator: &NationalSimulator, asked: &Asked) -> Answer {
    let door = asked.path.trim_end_matches('/').strip_prefix("/dvcqg/").unwrap_or_default();
    if !matches!(door, "auth" | "share" | "integration") {
        return Answer::gateway(StatusCode::NOT_FOUND);
    }
    if asked.method != Method::POST {
        return Answer::gateway(StatusCode::METHOD_NOT_ALLOWED);
    }
    let error = |code: &str, detail: &str| {
        let mut row = simulator.error(System::ServicePortal, code);
        if !detail.is_empty() {
            row.text = format!("{}: {detail}", row.text);
        }
        refused(&row)
    };
    let Some(given) = asked.object() else { return Answer::gateway(StatusCode::BAD_REQUEST) };
    if let Some(name) = excess(&given, 0) {
        return error("4", &name);
    }
    if door == "auth" {
        return sign_in(simulator, &given).unwrap_or_else(|code| error(code, ""));
    }
    let now = simulator.ambient.now();
    let session = text(&given, "session");
    if !simulator.state().kept.portal.session_holds(session, now) {
        return error("2", "");
    }
    if simulator.world.pack.agency(text(&given, "madonvi")).is_none() {
        return error("4", "madonvi");
    }
    match text(&given, "service") {
        "LayDanhSachTTHC" => {
            let all = simulator.world.pack.catalogue.all_current(simulator.ambient.today());
            good(Value::Array(all.iter().map(|version| short(version)).collect()))
        }
        "LayThuTuc" => procedure(simulator, &code(&given, "maTTHC")),
        "LayDanhMucCoQuan" => {
            let day = simulator.ambient.today();
            let working = simulator.world.pack.agencies.iter().filter(|agency| agency.works_on(day));
            good(working.map(|agency| json!({ "MADONVI": agency.code, "TENDONVI": agency.name.vi })).collect())
        }
        // Ours: public documents show no list of a day.
        "TraCuuHoSo" if !text(&given, "tungay").is_empty() => {
            let page: usize = code(&given, "trang").parse().unwrap_or(1);
            let days = (text(&given, "tungay"), text(&given, "denngay"));
            good(Value::Array(simulator.state().kept.portal.of_days(days, page)))
        }
        "TraCuuHoSo" => {
            let number = [text(&given, "mahoso"), text(&given, "MaHoSo")].into_iter().find(|text| !text.is_empty());
            let found = simulator.state().kept.portal.case(number.unwrap_or_default());
            good(found.map_or_else(|| json!([]), |case| json!([case])))
        }
        service @ ("DongBoHoSoMC" | "CapNhatTienDoHoSoMC") => {
            let taken = take(simulator, service, &given, asked.header(KEY), now);
            taken.unwrap_or_else(|Refusal { code, detail }| error(code, &detail))
        }
        _ => error("3", ""),
    }
}

fn sign_in(simulator: &NationalSimulator, given: &Value) -> Result<Answer, &'static str> {
    if text(given, "username") != CLIENT || given.get("password").and_then(Value::as_str) != Some(SECRET) {
        return Err("1");
    }
    let session = simulator.ambient.token();
    let now = simulator.ambient.now();
    let ends = now.saturating_add(SignedDuration::from_mins(SESSION_MINUTES)).unwrap_or(now);
    if !simulator.state().kept.portal.open_session(session.clone(), now, ends) {
        return Err("9");
    }
    Ok(Answer::good(json!({ "session": session, "error_code": 0 })))
}

fn short(version: &Version) -> Value {
    let procedure = &version.procedure;
    json!({
        "MATTHC": procedure.code, "TENTTHC": procedure.name,
        "LINHVUCTHUCHIEN": [{ "MALINHVUC": procedure.field.code, "TENLINHVUC": procedure.field.name }],
    })
}

/// A procedure of the city's pack, as the national record would tell it.
fn procedure(simulator: &NationalSimulator, code: &str) -> Answer {
    let found = simulator.world.pack.catalogue.in_force(code, simulator.ambient.today());
    let Some(version) = found else { return good(json!([])) };
    let procedure = &version.procedure;
    let papers: Vec<Value> = procedure
        .components
        .iter()
        .map(|component| json!({ "MAGIAYTO": component.code, "TENGIAYTO": component.name }))
        .collect();
    let law: Vec<Value> =
        procedure.legal_basis.iter().map(|text| json!({ "SOVANBAN": "", "TENVANBAN": text })).collect();
    let mut record = short(&version);
    record["DOITUONGTHUCHIEN"] = json!(procedure.subjects);
    record["THANHPHANHOSO"] = json!([{ "TRUONGHOP": "", "GIAYTO": papers }]);
    record["CANCUPHAPLY"] = Value::Array(law);
    good(json!([record]))
}

/// Takes cases or progress, all of a message or nothing.
fn take(
    simulator: &NationalSimulator,
    service: &str,
    given: &Value,
    key: Option<&str>,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    let invalid = |detail: &str| Refusal { code: "4", detail: detail.to_owned() };
    let data = given.get("data").and_then(Value::as_array).filter(|data| !data.is_empty());
    let data = data.ok_or_else(|| invalid("data"))?;
    let updating = match code(given, "isUpdating").as_str() {
        "True" | "true" => true,
        "False" | "false" => false,
        "" if service == "CapNhatTienDoHoSoMC" => true,
        _ => return Err(invalid("isUpdating")),
    };
    let procedures = &simulator.world.pack.catalogue;
    let known = |code: &str| !procedures.versions(code).is_empty();
    let mut state = simulator.state();
    let portal = &mut state.kept.portal;
    let rows = if service == "DongBoHoSoMC" {
        portal.synchronise(data, updating, key, now, known)?
    } else {
        portal.progress(data, key, now)?
    };
    Ok(good(Value::Array(rows)))
}
